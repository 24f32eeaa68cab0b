-- The state of the OpenID provider: what browsers do on its pages, what sign-ins
-- gave to applications, and what users allowed. It is sign-in state, so it is
-- neither a record nor in the journal. Of every secret there is the SHA-256.
-- Documents are JSON.

CREATE TABLE interactions (
	hash       BLOB    NOT NULL PRIMARY KEY,
	browser    BLOB    NOT NULL,
	data       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX interactions_expires_at ON interactions (expires_at);

-- What one sign-in gave to one client. It counts while the login does.
CREATE TABLE oauth_grants (
	id         TEXT    NOT NULL PRIMARY KEY,
	login      TEXT    NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
	client     TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	data       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	ended_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_grants_login      ON oauth_grants (login);
CREATE INDEX oauth_grants_client     ON oauth_grants (client);
CREATE INDEX oauth_grants_expires_at ON oauth_grants (expires_at);

-- Authorization codes, refresh tokens, and access tokens for /userinfo.
CREATE TABLE oauth_tokens (
	hash       BLOB    NOT NULL PRIMARY KEY,
	kind       TEXT    NOT NULL,
	grant_id   TEXT    NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
	code       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_tokens_grant_id   ON oauth_tokens (grant_id);
CREATE INDEX oauth_tokens_expires_at ON oauth_tokens (expires_at);

-- What users allowed clients that ask them.
CREATE TABLE consents (
	subject    TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	client     TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	audience   TEXT    NOT NULL,
	scope      TEXT    NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (subject, client, audience)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_client ON consents (client);
