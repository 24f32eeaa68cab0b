-- When each credential was last used, in Unix milliseconds. It is sign-in
-- state, so it is neither a record nor in the journal.

CREATE TABLE credential_uses (
	credential TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
	used_at    BIGINT           NOT NULL
);
