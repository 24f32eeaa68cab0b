-- The sign-in log: who signed in or out, or tried to. It is neither a record nor
-- in the journal: old events are forgotten, and of each share the oldest when
-- there are too many. seq is that of the journal's last entry when the event was
-- written down. Subjects and tenants may be gone.

CREATE TABLE sign_ins (
	id       BIGINT           NOT NULL PRIMARY KEY,
	seq      BIGINT           NOT NULL,
	time     BIGINT           NOT NULL,
	share    BIGINT           NOT NULL,
	kind     TEXT COLLATE "C" NOT NULL,
	failure  TEXT COLLATE "C" NOT NULL,
	detail   TEXT COLLATE "C" NOT NULL,
	subject  TEXT COLLATE "C" NOT NULL,
	login    TEXT COLLATE "C" NOT NULL,
	client   TEXT COLLATE "C" NOT NULL,
	tenant   TEXT COLLATE "C" NOT NULL,
	audience TEXT COLLATE "C" NOT NULL,
	address  TEXT COLLATE "C" NOT NULL,
	agent    TEXT COLLATE "C" NOT NULL,
	door     TEXT COLLATE "C" NOT NULL,
	repeats  BIGINT           NOT NULL
);
CREATE INDEX sign_ins_seq     ON sign_ins (seq);
CREATE INDEX sign_ins_share   ON sign_ins (share, id);
CREATE INDEX sign_ins_subject ON sign_ins (subject, id);
CREATE INDEX sign_ins_tenant  ON sign_ins (tenant, id);
