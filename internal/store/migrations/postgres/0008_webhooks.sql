-- How far each webhook has been told, and its secret, sealed if the server has
-- one to seal with. The webhook itself is a setting. Another process may deliver
-- when held_until is over.

CREATE TABLE webhooks (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	secret     BYTEA            NOT NULL,
	revision   BIGINT           NOT NULL,
	failures   BIGINT           NOT NULL,
	next_at    BIGINT           NOT NULL,
	error      TEXT COLLATE "C" NOT NULL,
	tried_at   BIGINT           NOT NULL,
	holder     TEXT COLLATE "C" NOT NULL,
	held_until BIGINT           NOT NULL
);
