-- Applications that sign people in: what clients and APIs ask of OAuth 2.0,
-- which client gets tokens for which API, and who is invited. Documents are
-- JSON, NULL if they hold nothing.

ALTER TABLE clients ADD COLUMN oauth  TEXT;
ALTER TABLE apis    ADD COLUMN tokens TEXT;

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
CREATE INDEX client_grants_client ON client_grants (client);
CREATE INDEX client_grants_api    ON client_grants (api);

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
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_tenant ON invitations (tenant);
CREATE INDEX invitations_email  ON invitations (email);

CREATE TABLE invitation_roles (
	invitation TEXT NOT NULL REFERENCES invitations (id),
	role       TEXT NOT NULL REFERENCES roles (id),
	tenant     TEXT NOT NULL,
	PRIMARY KEY (invitation, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_roles_role   ON invitation_roles (role);
CREATE INDEX invitation_roles_tenant ON invitation_roles (tenant);

-- A login may be a browser's, which holds a cookie: its SHA-256 is kept.
ALTER TABLE logins ADD COLUMN cookie BLOB;
ALTER TABLE logins ADD COLUMN agent  TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX logins_cookie ON logins (cookie) WHERE cookie IS NOT NULL;
