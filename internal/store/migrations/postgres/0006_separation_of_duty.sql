-- Separation of duty, and sessions: sets of roles that somebody has switched on.

CREATE TABLE constraints (
	id          TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
	name        TEXT COLLATE "C"    NOT NULL UNIQUE,
	description TEXT COLLATE "C"    NOT NULL,
	type        TEXT COLLATE "C"    NOT NULL,
	tenant      TEXT COLLATE "C"    NOT NULL,
	max_allowed BIGINT NOT NULL,
	attributes  TEXT COLLATE "C",
	created_at  BIGINT,
	updated_at  BIGINT
);
CREATE INDEX constraints_tenant ON constraints (tenant);

CREATE TABLE constraint_roles (
	"constraint" TEXT COLLATE "C" NOT NULL REFERENCES constraints (id),
	role         TEXT COLLATE "C" NOT NULL REFERENCES roles (id),
	PRIMARY KEY ("constraint", role)
);
CREATE INDEX constraint_roles_role ON constraint_roles (role);

CREATE TABLE sessions (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	subject    TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
	tenant     TEXT COLLATE "C" NOT NULL,
	starts_at  BIGINT,
	expires_at BIGINT,
	created_at BIGINT,
	updated_at BIGINT
);
CREATE INDEX sessions_subject ON sessions (subject);
CREATE INDEX sessions_tenant  ON sessions (tenant);

CREATE TABLE session_roles (
	session TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
	role    TEXT COLLATE "C" NOT NULL REFERENCES roles (id),
	PRIMARY KEY (session, role)
);
CREATE INDEX session_roles_role ON session_roles (role);
