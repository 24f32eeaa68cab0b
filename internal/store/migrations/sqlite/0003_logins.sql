-- The logins of users: sessions that refresh tokens name. They are sign-in
-- state, so they are neither records nor in the journal. A login that has not
-- ended counts if no entry of the journal after its revision ends it.

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
) STRICT, WITHOUT ROWID;
CREATE INDEX logins_subject    ON logins (subject);
CREATE INDEX logins_expires_at ON logins (expires_at);
