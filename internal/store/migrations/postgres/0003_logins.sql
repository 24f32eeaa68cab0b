-- The logins of users: sessions that refresh tokens name. They are sign-in
-- state, so they are neither records nor in the journal. A login that has not
-- ended counts if no entry of the journal after its revision ends it.

CREATE TABLE logins (
	id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	subject      TEXT COLLATE "C" NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	tenant       TEXT COLLATE "C" NOT NULL,
	address      TEXT COLLATE "C" NOT NULL,
	revision     BIGINT           NOT NULL,
	created_at   BIGINT           NOT NULL,
	refreshed_at BIGINT           NOT NULL,
	expires_at   BIGINT           NOT NULL,
	ended_at     BIGINT
);
CREATE INDEX logins_subject    ON logins (subject);
CREATE INDEX logins_expires_at ON logins (expires_at);
