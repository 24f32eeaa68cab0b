-- Tickets that were mailed to users: for a new password, or to verify an
-- address. They are sign-in state, as logins are. A ticket counts if no entry of
-- the journal after its revision ends it.

CREATE TABLE tickets (
	hash       BYTEA            NOT NULL PRIMARY KEY,
	purpose    TEXT COLLATE "C" NOT NULL,
	subject    TEXT COLLATE "C" NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	email      TEXT COLLATE "C" NOT NULL,
	proves     BIGINT           NOT NULL,
	return_url TEXT COLLATE "C" NOT NULL,
	revision   BIGINT           NOT NULL,
	created_at BIGINT           NOT NULL,
	expires_at BIGINT           NOT NULL
);
CREATE INDEX tickets_subject    ON tickets (subject);
CREATE INDEX tickets_expires_at ON tickets (expires_at);

-- Whether presenting an invitation's ticket proves the address.
ALTER TABLE invitations ADD COLUMN proves BIGINT NOT NULL DEFAULT 0;
