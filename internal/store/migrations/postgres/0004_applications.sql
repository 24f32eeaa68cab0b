-- Applications that sign people in: what clients and APIs ask of OAuth 2.0,
-- which client gets tokens for which API, and who is invited. Documents are
-- JSON, NULL if they hold nothing.

ALTER TABLE clients ADD COLUMN oauth  TEXT COLLATE "C";
ALTER TABLE apis    ADD COLUMN tokens TEXT COLLATE "C";

CREATE TABLE client_grants (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	client     TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
	api        TEXT COLLATE "C" NOT NULL REFERENCES apis (id),
	"for"      TEXT COLLATE "C" NOT NULL,
	scope      TEXT COLLATE "C",
	all_scopes BIGINT           NOT NULL,
	tenants    TEXT COLLATE "C" NOT NULL,
	any_tenant BIGINT           NOT NULL,
	attributes TEXT COLLATE "C",
	created_at BIGINT,
	updated_at BIGINT,
	UNIQUE ("for", client, api)
);
CREATE INDEX client_grants_client ON client_grants (client);
CREATE INDEX client_grants_api    ON client_grants (api);

CREATE TABLE invitations (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	tenant     TEXT COLLATE "C" NOT NULL,
	email      TEXT COLLATE "C" NOT NULL,
	client     TEXT COLLATE "C" NOT NULL,
	inviter    TEXT COLLATE "C" NOT NULL,
	ticket     BYTEA,
	attributes TEXT COLLATE "C",
	starts_at  BIGINT,
	expires_at BIGINT,
	created_at BIGINT,
	updated_at BIGINT
);
CREATE INDEX invitations_tenant ON invitations (tenant);
CREATE INDEX invitations_email  ON invitations (email);

CREATE TABLE invitation_roles (
	invitation TEXT COLLATE "C" NOT NULL REFERENCES invitations (id),
	role       TEXT COLLATE "C" NOT NULL REFERENCES roles (id),
	tenant     TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (invitation, role)
);
CREATE INDEX invitation_roles_role   ON invitation_roles (role);
CREATE INDEX invitation_roles_tenant ON invitation_roles (tenant);

-- A login may be a browser's, which holds a cookie: its SHA-256 is kept.
ALTER TABLE logins ADD COLUMN cookie BYTEA;
ALTER TABLE logins ADD COLUMN agent  TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE UNIQUE INDEX logins_cookie ON logins (cookie) WHERE cookie IS NOT NULL;
