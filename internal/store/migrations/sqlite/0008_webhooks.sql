-- How far each webhook has been told, and its secret, sealed if the server has
-- one to seal with. The webhook itself is a setting. Another process may deliver
-- when held_until is over.

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
