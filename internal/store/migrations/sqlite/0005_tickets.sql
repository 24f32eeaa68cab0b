-- Tickets that were mailed to users: for a new password, or to verify an
-- address. They are sign-in state, as logins are. A ticket counts if no entry of
-- the journal after its revision ends it.

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
CREATE INDEX tickets_subject    ON tickets (subject);
CREATE INDEX tickets_expires_at ON tickets (expires_at);

-- Whether presenting an invitation's ticket proves the address.
ALTER TABLE invitations ADD COLUMN proves INTEGER NOT NULL DEFAULT 0;
