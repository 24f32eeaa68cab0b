version 12, works with programs that know 1

apis
	id text COLLATE C NOT NULL
	identifier text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	description text COLLATE C NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint
	tokens text COLLATE C

assignments
	subject text COLLATE C NOT NULL
	role text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	resource text COLLATE C NOT NULL
	source text COLLATE C NOT NULL
	starts_at bigint
	expires_at bigint
	reason text COLLATE C NOT NULL

client_grants
	id text COLLATE C NOT NULL
	client text COLLATE C NOT NULL
	api text COLLATE C NOT NULL
	for text COLLATE C NOT NULL
	scope text COLLATE C
	all_scopes bigint NOT NULL
	tenants text COLLATE C NOT NULL
	any_tenant bigint NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint

clients
	id text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	description text COLLATE C NOT NULL
	blocked bigint NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint
	oauth text COLLATE C

consents
	subject text COLLATE C NOT NULL
	client text COLLATE C NOT NULL
	audience text COLLATE C NOT NULL
	scope text COLLATE C NOT NULL
	updated_at bigint NOT NULL

constraint_roles
	constraint text COLLATE C NOT NULL
	role text COLLATE C NOT NULL

constraints
	id text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	description text COLLATE C NOT NULL
	type text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	max_allowed bigint NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint

credential_uses
	credential text COLLATE C NOT NULL
	used_at bigint NOT NULL

credentials
	id text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL
	type text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	hash bytea
	temporary bigint NOT NULL
	disabled bigint NOT NULL
	attributes text COLLATE C
	starts_at bigint
	expires_at bigint
	created_at bigint
	updated_at bigint

direct_grants
	subject text COLLATE C NOT NULL
	permission text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	resource text COLLATE C NOT NULL
	source text COLLATE C NOT NULL
	starts_at bigint
	expires_at bigint
	reason text COLLATE C NOT NULL

grants
	role text COLLATE C NOT NULL
	permission text COLLATE C NOT NULL

group_members
	group text COLLATE C NOT NULL
	member text COLLATE C NOT NULL
	source text COLLATE C NOT NULL

groups
	id text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	description text COLLATE C NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint

idempotency_keys
	actor text COLLATE C NOT NULL
	key text COLLATE C NOT NULL
	fingerprint bytea NOT NULL
	revision bigint NOT NULL
	time bigint NOT NULL

inheritances
	senior text COLLATE C NOT NULL
	junior text COLLATE C NOT NULL

interactions
	hash bytea NOT NULL
	browser bytea NOT NULL
	data text COLLATE C NOT NULL
	created_at bigint NOT NULL
	expires_at bigint NOT NULL

invitation_roles
	invitation text COLLATE C NOT NULL
	role text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL

invitations
	id text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	email text COLLATE C NOT NULL
	client text COLLATE C NOT NULL
	inviter text COLLATE C NOT NULL
	ticket bytea
	attributes text COLLATE C
	starts_at bigint
	expires_at bigint
	created_at bigint
	updated_at bigint
	proves bigint NOT NULL DEFAULT 0

journal
	seq bigint NOT NULL
	revision bigint NOT NULL
	time bigint NOT NULL
	actor text COLLATE C NOT NULL
	on_behalf_of text COLLATE C NOT NULL
	door text COLLATE C NOT NULL
	request_id text COLLATE C NOT NULL
	reason text COLLATE C NOT NULL
	kind text COLLATE C NOT NULL
	key text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	before text COLLATE C
	after text COLLATE C
	prev bytea NOT NULL
	hash bytea NOT NULL

login_ids
	login text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL

logins
	id text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	address text COLLATE C NOT NULL
	revision bigint NOT NULL
	created_at bigint NOT NULL
	refreshed_at bigint NOT NULL
	expires_at bigint NOT NULL
	ended_at bigint
	cookie bytea
	agent text COLLATE C NOT NULL DEFAULT ''::text

memberships
	tenant text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL
	source text COLLATE C NOT NULL

oauth_grants
	id text COLLATE C NOT NULL
	login text COLLATE C NOT NULL
	client text COLLATE C NOT NULL
	data text COLLATE C NOT NULL
	created_at bigint NOT NULL
	expires_at bigint NOT NULL
	ended_at bigint

oauth_tokens
	hash bytea NOT NULL
	kind text COLLATE C NOT NULL
	grant_id text COLLATE C NOT NULL
	code text COLLATE C NOT NULL
	created_at bigint NOT NULL
	expires_at bigint NOT NULL
	used_at bigint

permissions
	id text COLLATE C NOT NULL
	api text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	description text COLLATE C NOT NULL
	created_at bigint
	updated_at bigint

project
	id text COLLATE C NOT NULL
	revision bigint NOT NULL
	seq bigint NOT NULL
	hash bytea NOT NULL

rolecall_schema
	version bigint NOT NULL
	oldest bigint NOT NULL

roles
	id text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	description text COLLATE C NOT NULL
	default bigint NOT NULL
	private bigint NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint

session_roles
	session text COLLATE C NOT NULL
	role text COLLATE C NOT NULL

sessions
	id text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	starts_at bigint
	expires_at bigint
	created_at bigint
	updated_at bigint

settings
	name text COLLATE C NOT NULL
	value text COLLATE C
	created_at bigint
	updated_at bigint
	secret bytea

sign_ins
	id bigint NOT NULL
	seq bigint NOT NULL
	time bigint NOT NULL
	share bigint NOT NULL
	kind text COLLATE C NOT NULL
	failure text COLLATE C NOT NULL
	detail text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL
	login text COLLATE C NOT NULL
	client text COLLATE C NOT NULL
	tenant text COLLATE C NOT NULL
	audience text COLLATE C NOT NULL
	address text COLLATE C NOT NULL
	agent text COLLATE C NOT NULL
	door text COLLATE C NOT NULL
	repeats bigint NOT NULL

signing_keys
	id text COLLATE C NOT NULL
	algorithm text COLLATE C NOT NULL
	public text COLLATE C
	private bytea
	starts_at bigint
	expires_at bigint
	created_at bigint
	updated_at bigint

subjects
	id text COLLATE C NOT NULL
	kind text COLLATE C NOT NULL

tenants
	id text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint
	sso text COLLATE C

tickets
	hash bytea NOT NULL
	purpose text COLLATE C NOT NULL
	subject text COLLATE C NOT NULL
	email text COLLATE C NOT NULL
	proves bigint NOT NULL
	return_url text COLLATE C NOT NULL
	revision bigint NOT NULL
	created_at bigint NOT NULL
	expires_at bigint NOT NULL

users
	id text COLLATE C NOT NULL
	name text COLLATE C NOT NULL
	blocked bigint NOT NULL
	email text COLLATE C NOT NULL
	email_verified bigint NOT NULL
	phone text COLLATE C NOT NULL
	phone_verified bigint NOT NULL
	picture text COLLATE C NOT NULL
	attributes text COLLATE C
	created_at bigint
	updated_at bigint

webhooks
	id text COLLATE C NOT NULL
	secret bytea NOT NULL
	revision bigint NOT NULL
	failures bigint NOT NULL
	next_at bigint NOT NULL
	error text COLLATE C NOT NULL
	tried_at bigint NOT NULL
	holder text COLLATE C NOT NULL
	held_until bigint NOT NULL

apis: PRIMARY KEY (id)
apis: UNIQUE (identifier)
apis: UNIQUE (name)
assignments: FOREIGN KEY (role) REFERENCES roles(id)
assignments: FOREIGN KEY (subject) REFERENCES subjects(id)
assignments: PRIMARY KEY (subject, role, tenant, resource, source)
client_grants: FOREIGN KEY (api) REFERENCES apis(id)
client_grants: FOREIGN KEY (client) REFERENCES clients(id)
client_grants: PRIMARY KEY (id)
client_grants: UNIQUE ("for", client, api)
clients: FOREIGN KEY (id) REFERENCES subjects(id)
clients: PRIMARY KEY (id)
consents: FOREIGN KEY (client) REFERENCES clients(id) ON DELETE CASCADE
consents: FOREIGN KEY (subject) REFERENCES subjects(id) ON DELETE CASCADE
consents: PRIMARY KEY (subject, client, audience)
constraint_roles: FOREIGN KEY ("constraint") REFERENCES constraints(id)
constraint_roles: FOREIGN KEY (role) REFERENCES roles(id)
constraint_roles: PRIMARY KEY ("constraint", role)
constraints: PRIMARY KEY (id)
constraints: UNIQUE (name)
credential_uses: FOREIGN KEY (credential) REFERENCES credentials(id) ON DELETE CASCADE
credential_uses: PRIMARY KEY (credential)
credentials: FOREIGN KEY (subject) REFERENCES subjects(id)
credentials: PRIMARY KEY (id)
direct_grants: FOREIGN KEY (permission) REFERENCES permissions(id)
direct_grants: FOREIGN KEY (subject) REFERENCES subjects(id)
direct_grants: PRIMARY KEY (subject, permission, tenant, resource, source)
grants: FOREIGN KEY (permission) REFERENCES permissions(id)
grants: FOREIGN KEY (role) REFERENCES roles(id)
grants: PRIMARY KEY (role, permission)
group_members: FOREIGN KEY ("group") REFERENCES groups(id)
group_members: FOREIGN KEY (member) REFERENCES subjects(id)
group_members: PRIMARY KEY ("group", member)
groups: FOREIGN KEY (id) REFERENCES subjects(id)
groups: PRIMARY KEY (id)
groups: UNIQUE (name)
idempotency_keys: PRIMARY KEY (actor, key)
inheritances: FOREIGN KEY (junior) REFERENCES roles(id)
inheritances: FOREIGN KEY (senior) REFERENCES roles(id)
inheritances: PRIMARY KEY (senior, junior)
interactions: PRIMARY KEY (hash)
invitation_roles: FOREIGN KEY (invitation) REFERENCES invitations(id)
invitation_roles: FOREIGN KEY (role) REFERENCES roles(id)
invitation_roles: PRIMARY KEY (invitation, role)
invitations: PRIMARY KEY (id)
journal: PRIMARY KEY (seq)
login_ids: FOREIGN KEY (subject) REFERENCES subjects(id)
login_ids: PRIMARY KEY (login)
logins: FOREIGN KEY (subject) REFERENCES subjects(id) ON DELETE CASCADE
logins: PRIMARY KEY (id)
memberships: FOREIGN KEY (subject) REFERENCES subjects(id)
memberships: FOREIGN KEY (tenant) REFERENCES tenants(id)
memberships: PRIMARY KEY (tenant, subject)
oauth_grants: FOREIGN KEY (client) REFERENCES clients(id) ON DELETE CASCADE
oauth_grants: FOREIGN KEY (login) REFERENCES logins(id) ON DELETE CASCADE
oauth_grants: PRIMARY KEY (id)
oauth_tokens: FOREIGN KEY (grant_id) REFERENCES oauth_grants(id) ON DELETE CASCADE
oauth_tokens: PRIMARY KEY (hash)
permissions: FOREIGN KEY (api) REFERENCES apis(id)
permissions: PRIMARY KEY (id)
permissions: UNIQUE (api, name)
project: PRIMARY KEY (id)
roles: PRIMARY KEY (id)
roles: UNIQUE (tenant, name)
session_roles: FOREIGN KEY (role) REFERENCES roles(id)
session_roles: FOREIGN KEY (session) REFERENCES sessions(id)
session_roles: PRIMARY KEY (session, role)
sessions: FOREIGN KEY (subject) REFERENCES subjects(id)
sessions: PRIMARY KEY (id)
settings: PRIMARY KEY (name)
sign_ins: PRIMARY KEY (id)
signing_keys: PRIMARY KEY (id)
subjects: PRIMARY KEY (id)
tenants: PRIMARY KEY (id)
tenants: UNIQUE (name)
tickets: FOREIGN KEY (subject) REFERENCES subjects(id) ON DELETE CASCADE
tickets: PRIMARY KEY (hash)
users: FOREIGN KEY (id) REFERENCES subjects(id)
users: PRIMARY KEY (id)
webhooks: PRIMARY KEY (id)

CREATE INDEX assignments_role ON assignments USING btree (role)
CREATE INDEX assignments_tenant ON assignments USING btree (tenant)
CREATE INDEX client_grants_api ON client_grants USING btree (api)
CREATE INDEX client_grants_client ON client_grants USING btree (client)
CREATE INDEX consents_client ON consents USING btree (client)
CREATE INDEX constraint_roles_role ON constraint_roles USING btree (role)
CREATE INDEX constraints_tenant ON constraints USING btree (tenant)
CREATE INDEX credentials_subject ON credentials USING btree (subject)
CREATE INDEX direct_grants_permission ON direct_grants USING btree (permission)
CREATE INDEX direct_grants_tenant ON direct_grants USING btree (tenant)
CREATE INDEX grants_permission ON grants USING btree (permission)
CREATE INDEX group_members_member ON group_members USING btree (member)
CREATE INDEX idempotency_keys_time ON idempotency_keys USING btree ("time")
CREATE INDEX inheritances_junior ON inheritances USING btree (junior)
CREATE INDEX interactions_expires_at ON interactions USING btree (expires_at)
CREATE INDEX invitation_roles_role ON invitation_roles USING btree (role)
CREATE INDEX invitation_roles_tenant ON invitation_roles USING btree (tenant)
CREATE INDEX invitations_email ON invitations USING btree (email)
CREATE INDEX invitations_tenant ON invitations USING btree (tenant)
CREATE INDEX journal_actor ON journal USING btree (actor, seq)
CREATE INDEX journal_key ON journal USING btree (key, seq)
CREATE INDEX journal_kind ON journal USING btree (kind, seq)
CREATE INDEX journal_revision ON journal USING btree (revision, seq)
CREATE INDEX journal_subject ON journal USING btree (subject, seq) WHERE (subject <> ''::text)
CREATE INDEX journal_tenant ON journal USING btree (tenant, seq) WHERE (tenant <> ''::text)
CREATE INDEX journal_time ON journal USING btree ("time", seq)
CREATE INDEX login_ids_subject ON login_ids USING btree (subject)
CREATE INDEX logins_expires_at ON logins USING btree (expires_at)
CREATE INDEX logins_subject ON logins USING btree (subject)
CREATE INDEX memberships_subject ON memberships USING btree (subject)
CREATE INDEX oauth_grants_client ON oauth_grants USING btree (client)
CREATE INDEX oauth_grants_expires_at ON oauth_grants USING btree (expires_at)
CREATE INDEX oauth_grants_login ON oauth_grants USING btree (login)
CREATE INDEX oauth_tokens_expires_at ON oauth_tokens USING btree (expires_at)
CREATE INDEX oauth_tokens_grant_id ON oauth_tokens USING btree (grant_id)
CREATE INDEX session_roles_role ON session_roles USING btree (role)
CREATE INDEX sessions_subject ON sessions USING btree (subject)
CREATE INDEX sessions_tenant ON sessions USING btree (tenant)
CREATE INDEX sign_ins_seq ON sign_ins USING btree (seq)
CREATE INDEX sign_ins_share ON sign_ins USING btree (share, id)
CREATE INDEX sign_ins_subject ON sign_ins USING btree (subject, id)
CREATE INDEX sign_ins_tenant ON sign_ins USING btree (tenant, id)
CREATE INDEX tickets_expires_at ON tickets USING btree (expires_at)
CREATE INDEX tickets_subject ON tickets USING btree (subject)
CREATE INDEX users_created_at ON users USING btree (COALESCE(created_at, '-4611686018427387904'::bigint), id)
CREATE INDEX users_email ON users USING btree (email)
CREATE INDEX users_name ON users USING btree (name)
CREATE UNIQUE INDEX apis_identifier_key ON apis USING btree (identifier)
CREATE UNIQUE INDEX apis_name_key ON apis USING btree (name)
CREATE UNIQUE INDEX apis_pkey ON apis USING btree (id)
CREATE UNIQUE INDEX assignments_pkey ON assignments USING btree (subject, role, tenant, resource, source)
CREATE UNIQUE INDEX client_grants_for_client_api_key ON client_grants USING btree ("for", client, api)
CREATE UNIQUE INDEX client_grants_pkey ON client_grants USING btree (id)
CREATE UNIQUE INDEX clients_pkey ON clients USING btree (id)
CREATE UNIQUE INDEX consents_pkey ON consents USING btree (subject, client, audience)
CREATE UNIQUE INDEX constraint_roles_pkey ON constraint_roles USING btree ("constraint", role)
CREATE UNIQUE INDEX constraints_name_key ON constraints USING btree (name)
CREATE UNIQUE INDEX constraints_pkey ON constraints USING btree (id)
CREATE UNIQUE INDEX credential_uses_pkey ON credential_uses USING btree (credential)
CREATE UNIQUE INDEX credentials_password ON credentials USING btree (subject) WHERE (type = 'password'::text)
CREATE UNIQUE INDEX credentials_pkey ON credentials USING btree (id)
CREATE UNIQUE INDEX direct_grants_pkey ON direct_grants USING btree (subject, permission, tenant, resource, source)
CREATE UNIQUE INDEX grants_pkey ON grants USING btree (role, permission)
CREATE UNIQUE INDEX group_members_pkey ON group_members USING btree ("group", member)
CREATE UNIQUE INDEX groups_name_key ON groups USING btree (name)
CREATE UNIQUE INDEX groups_pkey ON groups USING btree (id)
CREATE UNIQUE INDEX idempotency_keys_pkey ON idempotency_keys USING btree (actor, key)
CREATE UNIQUE INDEX inheritances_pkey ON inheritances USING btree (senior, junior)
CREATE UNIQUE INDEX interactions_pkey ON interactions USING btree (hash)
CREATE UNIQUE INDEX invitation_roles_pkey ON invitation_roles USING btree (invitation, role)
CREATE UNIQUE INDEX invitations_pkey ON invitations USING btree (id)
CREATE UNIQUE INDEX journal_pkey ON journal USING btree (seq)
CREATE UNIQUE INDEX login_ids_pkey ON login_ids USING btree (login)
CREATE UNIQUE INDEX logins_cookie ON logins USING btree (cookie) WHERE (cookie IS NOT NULL)
CREATE UNIQUE INDEX logins_pkey ON logins USING btree (id)
CREATE UNIQUE INDEX memberships_pkey ON memberships USING btree (tenant, subject)
CREATE UNIQUE INDEX oauth_grants_pkey ON oauth_grants USING btree (id)
CREATE UNIQUE INDEX oauth_tokens_pkey ON oauth_tokens USING btree (hash)
CREATE UNIQUE INDEX permissions_api_name_key ON permissions USING btree (api, name)
CREATE UNIQUE INDEX permissions_pkey ON permissions USING btree (id)
CREATE UNIQUE INDEX project_pkey ON project USING btree (id)
CREATE UNIQUE INDEX roles_pkey ON roles USING btree (id)
CREATE UNIQUE INDEX roles_tenant_name_key ON roles USING btree (tenant, name)
CREATE UNIQUE INDEX session_roles_pkey ON session_roles USING btree (session, role)
CREATE UNIQUE INDEX sessions_pkey ON sessions USING btree (id)
CREATE UNIQUE INDEX settings_pkey ON settings USING btree (name)
CREATE UNIQUE INDEX sign_ins_pkey ON sign_ins USING btree (id)
CREATE UNIQUE INDEX signing_keys_pkey ON signing_keys USING btree (id)
CREATE UNIQUE INDEX subjects_pkey ON subjects USING btree (id)
CREATE UNIQUE INDEX tenants_name_key ON tenants USING btree (name)
CREATE UNIQUE INDEX tenants_pkey ON tenants USING btree (id)
CREATE UNIQUE INDEX tickets_pkey ON tickets USING btree (hash)
CREATE UNIQUE INDEX users_pkey ON users USING btree (id)
CREATE UNIQUE INDEX webhooks_pkey ON webhooks USING btree (id)
