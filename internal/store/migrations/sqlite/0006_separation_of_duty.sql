-- Separation of duty, and sessions: sets of roles that somebody has switched on.

CREATE TABLE constraints (
	id          TEXT    NOT NULL PRIMARY KEY,
	name        TEXT    NOT NULL UNIQUE,
	description TEXT    NOT NULL,
	type        TEXT    NOT NULL,
	tenant      TEXT    NOT NULL,
	max_allowed INTEGER NOT NULL,
	attributes  TEXT,
	created_at  INTEGER,
	updated_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX constraints_tenant ON constraints (tenant);

CREATE TABLE constraint_roles (
	"constraint" TEXT NOT NULL REFERENCES constraints (id),
	role         TEXT NOT NULL REFERENCES roles (id),
	PRIMARY KEY ("constraint", role)
) STRICT, WITHOUT ROWID;
CREATE INDEX constraint_roles_role ON constraint_roles (role);

CREATE TABLE sessions (
	id         TEXT NOT NULL PRIMARY KEY,
	subject    TEXT NOT NULL REFERENCES subjects (id),
	tenant     TEXT NOT NULL,
	starts_at  INTEGER,
	expires_at INTEGER,
	created_at INTEGER,
	updated_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_subject ON sessions (subject);
CREATE INDEX sessions_tenant  ON sessions (tenant);

CREATE TABLE session_roles (
	session TEXT NOT NULL REFERENCES sessions (id),
	role    TEXT NOT NULL REFERENCES roles (id),
	PRIMARY KEY (session, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_roles_role ON session_roles (role);
