-- The state of a project, and the journal of every change to it.
--
-- A table holds the records of one kind, under its name in the plural; a column
-- is a field, named as in JSON. Times are Unix milliseconds, NULL if absent;
-- booleans are 0 or 1; JSON is text, NULL if absent; other text that is absent
-- is ''. Text is compared by byte. A tenant column may be '', which is no
-- tenant, so it has no foreign key: the store checks it.

-- One row, which also marks the schema as Rolecall's: the number of the last
-- migration, and that of the oldest program that still works with the schema.
CREATE TABLE rolecall_schema (
	version BIGINT           NOT NULL,
	oldest  BIGINT           NOT NULL
);
INSERT INTO rolecall_schema (version, oldest) VALUES (0, 0);

-- One row: where the journal ends.
CREATE TABLE project (
	id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	revision BIGINT           NOT NULL,
	seq      BIGINT           NOT NULL,
	hash     BYTEA            NOT NULL
);

CREATE TABLE journal (
	seq          BIGINT           NOT NULL PRIMARY KEY,
	revision     BIGINT           NOT NULL,
	time         BIGINT           NOT NULL,
	actor        TEXT COLLATE "C" NOT NULL,
	on_behalf_of TEXT COLLATE "C" NOT NULL,
	door         TEXT COLLATE "C" NOT NULL,
	request_id   TEXT COLLATE "C" NOT NULL,
	reason       TEXT COLLATE "C" NOT NULL,
	kind         TEXT COLLATE "C" NOT NULL,
	key          TEXT COLLATE "C" NOT NULL,
	subject      TEXT COLLATE "C" NOT NULL,
	tenant       TEXT COLLATE "C" NOT NULL,
	before       TEXT COLLATE "C",
	after        TEXT COLLATE "C",
	prev         BYTEA            NOT NULL,
	hash         BYTEA            NOT NULL
);
-- With seq in them, since entries are asked for in its order, and a planner that
-- finds it elsewhere reads the journal from its end instead.
CREATE INDEX journal_revision ON journal (revision, seq);
CREATE INDEX journal_time     ON journal (time, seq);
CREATE INDEX journal_actor    ON journal (actor, seq);
CREATE INDEX journal_kind     ON journal (kind, seq);
CREATE INDEX journal_key      ON journal (key, seq);
CREATE INDEX journal_subject  ON journal (subject, seq) WHERE subject <> '';
CREATE INDEX journal_tenant   ON journal (tenant, seq) WHERE tenant <> '';

CREATE TABLE idempotency_keys (
	actor       TEXT COLLATE "C" NOT NULL,
	key         TEXT COLLATE "C" NOT NULL,
	fingerprint BYTEA            NOT NULL,
	revision    BIGINT           NOT NULL,
	time        BIGINT           NOT NULL,
	PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_time ON idempotency_keys (time);

CREATE TABLE apis (
	id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	identifier  TEXT COLLATE "C" NOT NULL UNIQUE,
	name        TEXT COLLATE "C" NOT NULL UNIQUE,
	description TEXT COLLATE "C" NOT NULL,
	attributes  TEXT COLLATE "C",
	created_at  BIGINT,
	updated_at  BIGINT
);

CREATE TABLE permissions (
	id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	api         TEXT COLLATE "C" NOT NULL REFERENCES apis (id),
	name        TEXT COLLATE "C" NOT NULL,
	description TEXT COLLATE "C" NOT NULL,
	created_at  BIGINT,
	updated_at  BIGINT,
	UNIQUE (api, name)
);

CREATE TABLE tenants (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	name       TEXT COLLATE "C" NOT NULL UNIQUE,
	attributes TEXT COLLATE "C",
	created_at BIGINT,
	updated_at BIGINT
);

CREATE TABLE roles (
	id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	tenant      TEXT COLLATE "C" NOT NULL,
	name        TEXT COLLATE "C" NOT NULL,
	description TEXT COLLATE "C" NOT NULL,
	"default"   BIGINT           NOT NULL,
	private     BIGINT           NOT NULL,
	attributes  TEXT COLLATE "C",
	created_at  BIGINT,
	updated_at  BIGINT,
	UNIQUE (tenant, name)
);

CREATE TABLE inheritances (
	senior TEXT COLLATE "C" NOT NULL REFERENCES roles (id),
	junior TEXT COLLATE "C" NOT NULL REFERENCES roles (id),
	PRIMARY KEY (senior, junior)
);
CREATE INDEX inheritances_junior ON inheritances (junior);

CREATE TABLE grants (
	role       TEXT COLLATE "C" NOT NULL REFERENCES roles (id),
	permission TEXT COLLATE "C" NOT NULL REFERENCES permissions (id),
	PRIMARY KEY (role, permission)
);
CREATE INDEX grants_permission ON grants (permission);

-- Users, clients and groups share one space of ids.
CREATE TABLE subjects (
	id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	kind TEXT COLLATE "C" NOT NULL
);

CREATE TABLE users (
	id             TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES subjects (id),
	name           TEXT COLLATE "C" NOT NULL,
	blocked        BIGINT           NOT NULL,
	email          TEXT COLLATE "C" NOT NULL,
	email_verified BIGINT           NOT NULL,
	phone          TEXT COLLATE "C" NOT NULL,
	phone_verified BIGINT           NOT NULL,
	picture        TEXT COLLATE "C" NOT NULL,
	attributes     TEXT COLLATE "C",
	created_at     BIGINT,
	updated_at     BIGINT
);
CREATE INDEX users_name  ON users (name);
CREATE INDEX users_email ON users (email);

CREATE TABLE clients (
	id          TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES subjects (id),
	name        TEXT COLLATE "C" NOT NULL,
	description TEXT COLLATE "C" NOT NULL,
	blocked     BIGINT           NOT NULL,
	attributes  TEXT COLLATE "C",
	created_at  BIGINT,
	updated_at  BIGINT
);

CREATE TABLE groups (
	id          TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES subjects (id),
	name        TEXT COLLATE "C" NOT NULL UNIQUE,
	description TEXT COLLATE "C" NOT NULL,
	attributes  TEXT COLLATE "C",
	created_at  BIGINT,
	updated_at  BIGINT
);

CREATE TABLE group_members (
	"group" TEXT COLLATE "C" NOT NULL REFERENCES groups (id),
	member  TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
	source  TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY ("group", member)
);
CREATE INDEX group_members_member ON group_members (member);

CREATE TABLE memberships (
	tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
	subject TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
	source  TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (tenant, subject)
);
CREATE INDEX memberships_subject ON memberships (subject);

CREATE TABLE assignments (
	subject    TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
	role       TEXT COLLATE "C" NOT NULL REFERENCES roles (id),
	tenant     TEXT COLLATE "C" NOT NULL,
	resource   TEXT COLLATE "C" NOT NULL,
	source     TEXT COLLATE "C" NOT NULL,
	starts_at  BIGINT,
	expires_at BIGINT,
	reason     TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (subject, role, tenant, resource, source)
);
CREATE INDEX assignments_role   ON assignments (role);
CREATE INDEX assignments_tenant ON assignments (tenant);

CREATE TABLE direct_grants (
	subject    TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
	permission TEXT COLLATE "C" NOT NULL REFERENCES permissions (id),
	tenant     TEXT COLLATE "C" NOT NULL,
	resource   TEXT COLLATE "C" NOT NULL,
	source     TEXT COLLATE "C" NOT NULL,
	starts_at  BIGINT,
	expires_at BIGINT,
	reason     TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (subject, permission, tenant, resource, source)
);
CREATE INDEX direct_grants_permission ON direct_grants (permission);
CREATE INDEX direct_grants_tenant     ON direct_grants (tenant);

CREATE TABLE login_ids (
	login   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	subject TEXT COLLATE "C" NOT NULL REFERENCES subjects (id)
);
CREATE INDEX login_ids_subject ON login_ids (subject);

CREATE TABLE credentials (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	subject    TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
	type       TEXT COLLATE "C" NOT NULL,
	name       TEXT COLLATE "C" NOT NULL,
	hash       BYTEA,
	temporary  BIGINT           NOT NULL,
	disabled   BIGINT           NOT NULL,
	attributes TEXT COLLATE "C",
	starts_at  BIGINT,
	expires_at BIGINT,
	created_at BIGINT,
	updated_at BIGINT
);
CREATE INDEX credentials_subject ON credentials (subject);
CREATE UNIQUE INDEX credentials_password ON credentials (subject) WHERE type = 'password';

CREATE TABLE signing_keys (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	algorithm  TEXT COLLATE "C" NOT NULL,
	public     TEXT COLLATE "C",
	private    BYTEA,
	starts_at  BIGINT,
	expires_at BIGINT,
	created_at BIGINT,
	updated_at BIGINT
);

CREATE TABLE settings (
	name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	value      TEXT COLLATE "C",
	created_at BIGINT,
	updated_at BIGINT
);
