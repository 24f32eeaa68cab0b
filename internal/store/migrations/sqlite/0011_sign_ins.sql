-- The sign-in log: who signed in or out, or tried to. It is neither a record nor
-- in the journal: old events are forgotten, and of each share the oldest when
-- there are too many. seq is that of the journal's last entry when the event was
-- written down. Subjects and tenants may be gone.

CREATE TABLE sign_ins (
	id       INTEGER NOT NULL PRIMARY KEY,
	seq      INTEGER NOT NULL,
	time     INTEGER NOT NULL,
	share    INTEGER NOT NULL,
	kind     TEXT    NOT NULL,
	failure  TEXT    NOT NULL,
	detail   TEXT    NOT NULL,
	subject  TEXT    NOT NULL,
	login    TEXT    NOT NULL,
	client   TEXT    NOT NULL,
	tenant   TEXT    NOT NULL,
	audience TEXT    NOT NULL,
	address  TEXT    NOT NULL,
	agent    TEXT    NOT NULL,
	door     TEXT    NOT NULL,
	repeats  INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_ins_seq     ON sign_ins (seq);
CREATE INDEX sign_ins_share   ON sign_ins (share, id);
CREATE INDEX sign_ins_subject ON sign_ins (subject, id);
CREATE INDEX sign_ins_tenant  ON sign_ins (tenant, id);
