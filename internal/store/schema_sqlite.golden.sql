PRAGMA application_id = 1919705964;
PRAGMA user_version = 12;

CREATE TABLE apis (
	id          TEXT NOT NULL PRIMARY KEY,
	identifier  TEXT NOT NULL UNIQUE,
	name        TEXT NOT NULL UNIQUE,
	description TEXT NOT NULL,
	attributes  TEXT,
	created_at  INTEGER,
	updated_at  INTEGER
, tokens TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE assignments (
	subject    TEXT NOT NULL REFERENCES subjects (id),
	role       TEXT NOT NULL REFERENCES roles (id),
	tenant     TEXT NOT NULL,
	resource   TEXT NOT NULL,
	source     TEXT NOT NULL,
	starts_at  INTEGER,
	expires_at INTEGER,
	reason     TEXT NOT NULL,
	PRIMARY KEY (subject, role, tenant, resource, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX assignments_role   ON assignments (role);

CREATE INDEX assignments_tenant ON assignments (tenant);

CREATE TABLE client_grants (
	id         TEXT    NOT NULL PRIMARY KEY,
	client     TEXT    NOT NULL REFERENCES clients (id),
	api        TEXT    NOT NULL REFERENCES apis (id),
	"for"      TEXT    NOT NULL,
	scope      TEXT,
	all_scopes INTEGER NOT NULL,
	tenants    TEXT    NOT NULL,
	any_tenant INTEGER NOT NULL,
	attributes TEXT,
	created_at INTEGER,
	updated_at INTEGER,
	UNIQUE ("for", client, api)
) STRICT, WITHOUT ROWID;

CREATE INDEX client_grants_api    ON client_grants (api);

CREATE INDEX client_grants_client ON client_grants (client);

CREATE TABLE clients (
	id          TEXT    NOT NULL PRIMARY KEY REFERENCES subjects (id),
	name        TEXT    NOT NULL,
	description TEXT    NOT NULL,
	blocked     INTEGER NOT NULL,
	attributes  TEXT,
	created_at  INTEGER,
	updated_at  INTEGER
, oauth  TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
	subject    TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	client     TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	audience   TEXT    NOT NULL,
	scope      TEXT    NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (subject, client, audience)
) STRICT, WITHOUT ROWID;

CREATE INDEX consents_client ON consents (client);

CREATE TABLE constraint_roles (
	"constraint" TEXT NOT NULL REFERENCES constraints (id),
	role         TEXT NOT NULL REFERENCES roles (id),
	PRIMARY KEY ("constraint", role)
) STRICT, WITHOUT ROWID;

CREATE INDEX constraint_roles_role ON constraint_roles (role);

CREATE TABLE constraints (
	id          TEXT    NOT NULL PRIMARY KEY,
	name        TEXT    NOT NULL UNIQUE,
	description TEXT    NOT NULL,
	type        TEXT    NOT NULL,
	tenant      TEXT    NOT NULL,
	max_allowed INTEGER NOT NULL,
	attributes  TEXT,
	created_at  INTEGER,
	updated_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX constraints_tenant ON constraints (tenant);

CREATE TABLE credential_uses (
	credential TEXT    NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
	used_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
	id         TEXT    NOT NULL PRIMARY KEY,
	subject    TEXT    NOT NULL REFERENCES subjects (id),
	type       TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	hash       BLOB,
	temporary  INTEGER NOT NULL,
	disabled   INTEGER NOT NULL,
	attributes TEXT,
	starts_at  INTEGER,
	expires_at INTEGER,
	created_at INTEGER,
	updated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX credentials_password ON credentials (subject) WHERE type = 'password';

CREATE INDEX credentials_subject ON credentials (subject);

CREATE TABLE direct_grants (
	subject    TEXT NOT NULL REFERENCES subjects (id),
	permission TEXT NOT NULL REFERENCES permissions (id),
	tenant     TEXT NOT NULL,
	resource   TEXT NOT NULL,
	source     TEXT NOT NULL,
	starts_at  INTEGER,
	expires_at INTEGER,
	reason     TEXT NOT NULL,
	PRIMARY KEY (subject, permission, tenant, resource, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX direct_grants_permission ON direct_grants (permission);

CREATE INDEX direct_grants_tenant     ON direct_grants (tenant);

CREATE TABLE grants (
	role       TEXT NOT NULL REFERENCES roles (id),
	permission TEXT NOT NULL REFERENCES permissions (id),
	PRIMARY KEY (role, permission)
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_permission ON grants (permission);

CREATE TABLE group_members (
	"group" TEXT NOT NULL REFERENCES groups (id),
	member  TEXT NOT NULL REFERENCES subjects (id),
	source  TEXT NOT NULL,
	PRIMARY KEY ("group", member)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_members_member ON group_members (member);

CREATE TABLE groups (
	id          TEXT NOT NULL PRIMARY KEY REFERENCES subjects (id),
	name        TEXT NOT NULL UNIQUE,
	description TEXT NOT NULL,
	attributes  TEXT,
	created_at  INTEGER,
	updated_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
	actor       TEXT    NOT NULL,
	key         TEXT    NOT NULL,
	fingerprint BLOB    NOT NULL,
	revision    INTEGER NOT NULL,
	time        INTEGER NOT NULL,
	PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_time ON idempotency_keys (time);

CREATE TABLE inheritances (
	senior TEXT NOT NULL REFERENCES roles (id),
	junior TEXT NOT NULL REFERENCES roles (id),
	PRIMARY KEY (senior, junior)
) STRICT, WITHOUT ROWID;

CREATE INDEX inheritances_junior ON inheritances (junior);

CREATE TABLE interactions (
	hash       BLOB    NOT NULL PRIMARY KEY,
	browser    BLOB    NOT NULL,
	data       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX interactions_expires_at ON interactions (expires_at);

CREATE TABLE invitation_roles (
	invitation TEXT NOT NULL REFERENCES invitations (id),
	role       TEXT NOT NULL REFERENCES roles (id),
	tenant     TEXT NOT NULL,
	PRIMARY KEY (invitation, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX invitation_roles_role   ON invitation_roles (role);

CREATE INDEX invitation_roles_tenant ON invitation_roles (tenant);

CREATE TABLE invitations (
	id         TEXT NOT NULL PRIMARY KEY,
	tenant     TEXT NOT NULL,
	email      TEXT NOT NULL,
	client     TEXT NOT NULL,
	inviter    TEXT NOT NULL,
	ticket     BLOB,
	attributes TEXT,
	starts_at  INTEGER,
	expires_at INTEGER,
	created_at INTEGER,
	updated_at INTEGER
, proves INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_email  ON invitations (email);

CREATE INDEX invitations_tenant ON invitations (tenant);

CREATE TABLE journal (
	seq          INTEGER NOT NULL PRIMARY KEY,
	revision     INTEGER NOT NULL,
	time         INTEGER NOT NULL,
	actor        TEXT    NOT NULL,
	on_behalf_of TEXT    NOT NULL,
	door         TEXT    NOT NULL,
	request_id   TEXT    NOT NULL,
	reason       TEXT    NOT NULL,
	kind         TEXT    NOT NULL,
	key          TEXT    NOT NULL,
	subject      TEXT    NOT NULL,
	tenant       TEXT    NOT NULL,
	before       TEXT,
	after        TEXT,
	prev         BLOB    NOT NULL,
	hash         BLOB    NOT NULL
) STRICT;

CREATE INDEX journal_actor    ON journal (actor);

CREATE INDEX journal_key      ON journal (key);

CREATE INDEX journal_kind     ON journal (kind);

CREATE INDEX journal_revision ON journal (revision);

CREATE INDEX journal_subject  ON journal (subject) WHERE subject <> '';

CREATE INDEX journal_tenant   ON journal (tenant) WHERE tenant <> '';

CREATE INDEX journal_time     ON journal (time);

CREATE TABLE login_ids (
	login   TEXT NOT NULL PRIMARY KEY,
	subject TEXT NOT NULL REFERENCES subjects (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_ids_subject ON login_ids (subject);

CREATE TABLE logins (
	id           TEXT    NOT NULL PRIMARY KEY,
	subject      TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	tenant       TEXT    NOT NULL,
	address      TEXT    NOT NULL,
	revision     INTEGER NOT NULL,
	created_at   INTEGER NOT NULL,
	refreshed_at INTEGER NOT NULL,
	expires_at   INTEGER NOT NULL,
	ended_at     INTEGER
, cookie BLOB, agent  TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX logins_cookie ON logins (cookie) WHERE cookie IS NOT NULL;

CREATE INDEX logins_expires_at ON logins (expires_at);

CREATE INDEX logins_subject    ON logins (subject);

CREATE TABLE memberships (
	tenant  TEXT NOT NULL REFERENCES tenants (id),
	subject TEXT NOT NULL REFERENCES subjects (id),
	source  TEXT NOT NULL,
	PRIMARY KEY (tenant, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_subject ON memberships (subject);

CREATE TABLE oauth_grants (
	id         TEXT    NOT NULL PRIMARY KEY,
	login      TEXT    NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
	client     TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	data       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	ended_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_grants_client     ON oauth_grants (client);

CREATE INDEX oauth_grants_expires_at ON oauth_grants (expires_at);

CREATE INDEX oauth_grants_login      ON oauth_grants (login);

CREATE TABLE oauth_tokens (
	hash       BLOB    NOT NULL PRIMARY KEY,
	kind       TEXT    NOT NULL,
	grant_id   TEXT    NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
	code       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_tokens_expires_at ON oauth_tokens (expires_at);

CREATE INDEX oauth_tokens_grant_id   ON oauth_tokens (grant_id);

CREATE TABLE permissions (
	id          TEXT NOT NULL PRIMARY KEY,
	api         TEXT NOT NULL REFERENCES apis (id),
	name        TEXT NOT NULL,
	description TEXT NOT NULL,
	created_at  INTEGER,
	updated_at  INTEGER,
	UNIQUE (api, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE project (
	id       TEXT    NOT NULL PRIMARY KEY,
	revision INTEGER NOT NULL,
	seq      INTEGER NOT NULL,
	hash     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (
	id          TEXT    NOT NULL PRIMARY KEY,
	tenant      TEXT    NOT NULL,
	name        TEXT    NOT NULL,
	description TEXT    NOT NULL,
	"default"   INTEGER NOT NULL,
	private     INTEGER NOT NULL,
	attributes  TEXT,
	created_at  INTEGER,
	updated_at  INTEGER,
	UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_roles (
	session TEXT NOT NULL REFERENCES sessions (id),
	role    TEXT NOT NULL REFERENCES roles (id),
	PRIMARY KEY (session, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_roles_role ON session_roles (role);

CREATE TABLE sessions (
	id         TEXT NOT NULL PRIMARY KEY,
	subject    TEXT NOT NULL REFERENCES subjects (id),
	tenant     TEXT NOT NULL,
	starts_at  INTEGER,
	expires_at INTEGER,
	created_at INTEGER,
	updated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_subject ON sessions (subject);

CREATE INDEX sessions_tenant  ON sessions (tenant);

CREATE TABLE settings (
	name       TEXT NOT NULL PRIMARY KEY,
	value      TEXT,
	created_at INTEGER,
	updated_at INTEGER
, secret BLOB) STRICT, WITHOUT ROWID;

CREATE TABLE sign_ins (
	id       INTEGER NOT NULL PRIMARY KEY,
	seq      INTEGER NOT NULL,
	time     INTEGER NOT NULL,
	share    INTEGER NOT NULL,
	kind     TEXT    NOT NULL,
	failure  TEXT    NOT NULL,
	detail   TEXT    NOT NULL,
	subject  TEXT    NOT NULL,
	login    TEXT    NOT NULL,
	client   TEXT    NOT NULL,
	tenant   TEXT    NOT NULL,
	audience TEXT    NOT NULL,
	address  TEXT    NOT NULL,
	agent    TEXT    NOT NULL,
	door     TEXT    NOT NULL,
	repeats  INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_ins_seq     ON sign_ins (seq);

CREATE INDEX sign_ins_share   ON sign_ins (share, id);

CREATE INDEX sign_ins_subject ON sign_ins (subject, id);

CREATE INDEX sign_ins_tenant  ON sign_ins (tenant, id);

CREATE TABLE signing_keys (
	id         TEXT NOT NULL PRIMARY KEY,
	algorithm  TEXT NOT NULL,
	public     TEXT,
	private    BLOB,
	starts_at  INTEGER,
	expires_at INTEGER,
	created_at INTEGER,
	updated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE subjects (
	id   TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
	id         TEXT NOT NULL PRIMARY KEY,
	name       TEXT NOT NULL UNIQUE,
	attributes TEXT,
	created_at INTEGER,
	updated_at INTEGER
, sso TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE tickets (
	hash       BLOB    NOT NULL PRIMARY KEY,
	purpose    TEXT    NOT NULL,
	subject    TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	email      TEXT    NOT NULL,
	proves     INTEGER NOT NULL,
	return_url TEXT    NOT NULL,
	revision   INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tickets_expires_at ON tickets (expires_at);

CREATE INDEX tickets_subject    ON tickets (subject);

CREATE TABLE users (
	id             TEXT    NOT NULL PRIMARY KEY REFERENCES subjects (id),
	name           TEXT    NOT NULL,
	blocked        INTEGER NOT NULL,
	email          TEXT    NOT NULL,
	email_verified INTEGER NOT NULL,
	phone          TEXT    NOT NULL,
	phone_verified INTEGER NOT NULL,
	picture        TEXT    NOT NULL,
	attributes     TEXT,
	created_at     INTEGER,
	updated_at     INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX users_created_at ON users ((coalesce(created_at, -4611686018427387904)), id);

CREATE INDEX users_email ON users (email);

CREATE INDEX users_name  ON users (name);

CREATE TABLE webhooks (
	id         TEXT    NOT NULL PRIMARY KEY,
	secret     BLOB    NOT NULL,
	revision   INTEGER NOT NULL,
	failures   INTEGER NOT NULL,
	next_at    INTEGER NOT NULL,
	error      TEXT    NOT NULL,
	tried_at   INTEGER NOT NULL,
	holder     TEXT    NOT NULL,
	held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
