-- The state of the OpenID provider: what browsers do on its pages, what sign-ins
-- gave to applications, and what users allowed. It is sign-in state, so it is
-- neither a record nor in the journal. Of every secret there is the SHA-256.
-- Documents are JSON.

CREATE TABLE interactions (
	hash       BYTEA            NOT NULL PRIMARY KEY,
	browser    BYTEA            NOT NULL,
	data       TEXT COLLATE "C" NOT NULL,
	created_at BIGINT           NOT NULL,
	expires_at BIGINT           NOT NULL
);
CREATE INDEX interactions_expires_at ON interactions (expires_at);

-- What one sign-in gave to one client. It counts while the login does.
CREATE TABLE oauth_grants (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	login      TEXT COLLATE "C" NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
	client     TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	data       TEXT COLLATE "C" NOT NULL,
	created_at BIGINT           NOT NULL,
	expires_at BIGINT           NOT NULL,
	ended_at   BIGINT
);
CREATE INDEX oauth_grants_login      ON oauth_grants (login);
CREATE INDEX oauth_grants_client     ON oauth_grants (client);
CREATE INDEX oauth_grants_expires_at ON oauth_grants (expires_at);

-- Authorization codes, refresh tokens, and access tokens for /userinfo.
CREATE TABLE oauth_tokens (
	hash       BYTEA            NOT NULL PRIMARY KEY,
	kind       TEXT COLLATE "C" NOT NULL,
	grant_id   TEXT COLLATE "C" NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
	code       TEXT COLLATE "C" NOT NULL,
	created_at BIGINT           NOT NULL,
	expires_at BIGINT           NOT NULL,
	used_at    BIGINT
);
CREATE INDEX oauth_tokens_grant_id   ON oauth_tokens (grant_id);
CREATE INDEX oauth_tokens_expires_at ON oauth_tokens (expires_at);

-- What users allowed clients that ask them.
CREATE TABLE consents (
	subject    TEXT COLLATE "C" NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	client     TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	audience   TEXT COLLATE "C" NOT NULL,
	scope      TEXT COLLATE "C" NOT NULL,
	updated_at BIGINT           NOT NULL,
	PRIMARY KEY (subject, client, audience)
);
CREATE INDEX consents_client ON consents (client);
