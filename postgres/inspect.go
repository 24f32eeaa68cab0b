package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
)

// traits are what a database can do and how it is set.
type traits struct {
	durable  bool // a commit returns when it is on the disk
	notifies bool // it has LISTEN and NOTIFY
	pooled   bool // a pooler stands before it: who answers is not whom we are connected to
	version  int  // the number of the last migration; 0 if there is no project
	least    int  // the migration that a program must know to work with it
}

// oldest is the last migration of the release before this one. Programs that
// know it go on working while and after this one migrates, so that nodes are
// replaced one by one; those that don't are refused. A migration that adds a column
// which narrows what is allowed sets it to itself: who does not read the column
// would allow more.
const oldest = 1

const (
	// found counts rolecall's table, and all others, in the project's schema.
	found = `
		SELECT current_schema(), count(*) FILTER (WHERE tablename = 'rolecall_schema'), count(*)
		FROM pg_catalog.pg_tables WHERE schemaname = current_schema()`
	settings = `
		SELECT current_setting('synchronous_commit'), current_setting('server_encoding'), pg_is_in_recovery(),
			CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT), pg_backend_pid(), current_setting('search_path')`
)

// inspect connects, and looks at a database without touching it. It returns an
// error, a sentence, if the database is not ours to open.
func inspect(ctx context.Context, config *pgx.ConnConfig, l limits) (t traits, err error) {
	config = config.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // whatever stands between
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return t, explain(err)
	}
	defer c.Close(context.WithoutCancel(ctx))

	var synchronous, encoding string
	var standby bool
	var clock int64
	var backend uint32
	var path string
	asked := l.clock()
	if err := c.QueryRow(ctx, settings).Scan(&synchronous, &encoding, &standby, &clock, &backend, &path); err != nil {
		return t, explain(err)
	}
	told := l.clock()
	t.durable, t.pooled = synchronous != "off", backend != c.PgConn().PID()
	switch asked := config.RuntimeParams["search_path"]; {
	case asked != "" && path != asked:
		// Another schema may hold another project.
		return t, store.Say(rolecall.ErrInvalid, "a pooler before it drops the search_path of its name: give the user one, by ALTER ROLE … SET search_path")
	case encoding != "UTF8":
		return t, store.Say(rolecall.ErrInvalid, "its encoding is %s, and must be UTF8: make a database with ENCODING 'UTF8'", encoding)
	case standby:
		return t, store.Say(rolecall.ErrUnavailable, "it is a standby, which can't be written: name the primary")
	}
	// Both clocks end what has an end: a node whose clock is wrong would go by
	// assignments that are over.
	if ahead, behind := asked.Sub(time.UnixMilli(clock)), time.UnixMilli(clock).Sub(told); max(ahead, behind) > l.skew {
		return t, store.Say(rolecall.ErrUnavailable, "its clock and this machine's are %v apart, and at most %v are allowed: set both by NTP",
			max(ahead, behind).Round(time.Second), l.skew)
	}
	var schema *string
	var ours, all int
	if err := c.QueryRow(ctx, found).Scan(&schema, &ours, &all); err != nil {
		return t, explain(err)
	}
	switch {
	case schema == nil:
		return t, store.Say(rolecall.ErrInvalid, "the schema that search_path names does not exist: make it with CREATE SCHEMA")
	case ours == 0 && all > 0:
		return t, store.Say(rolecall.ErrInvalid, "its schema %q holds tables that are not rolecall's: give rolecall a database or a schema of its own", *schema)
	case ours == 0:
		var may bool
		if err := c.QueryRow(ctx, "SELECT has_schema_privilege(current_schema(), 'CREATE')").Scan(&may); err != nil {
			return t, explain(err)
		}
		if !may {
			return t, store.Say(rolecall.ErrUnavailable, "the user %q may not make tables in its schema %q: let the database's owner GRANT CREATE ON SCHEMA %[2]s TO %[1]s", config.User, *schema)
		}
	default:
		if err := mayWrite(ctx, c, config.User); err != nil {
			return t, err
		}
		if err := c.QueryRow(ctx, "SELECT version, oldest FROM rolecall_schema").Scan(&t.version, &t.least); err != nil {
			return t, explain(err)
		}
	}
	_, err = c.Exec(ctx, "NOTIFY "+channel)
	t.notifies = err == nil
	return t, nil
}

// mayWrite returns an error unless the user may do everything with every table
// of the project.
func mayWrite(ctx context.Context, c *pgx.Conn, user string) error {
	var table string
	err := c.QueryRow(ctx, `
		SELECT min(tablename) FROM pg_catalog.pg_tables
		WHERE schemaname = current_schema() AND NOT (
			has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'SELECT') AND
			has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'INSERT') AND
			has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'UPDATE') AND
			has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'DELETE'))
		HAVING count(*) > 0`).Scan(&table)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return explain(err)
	}
	return store.Say(rolecall.ErrUnavailable, "the user %q may not read and write its table %s: let the table's owner GRANT SELECT, INSERT, UPDATE, DELETE on all of the schema's tables", user, table)
}

// version reads the number of the last migration, 0 if there is no project.
func version(ctx context.Context, from store.Queryer) (n int, err error) {
	var schema *string
	var ours, all int
	if err := from.QueryRowContext(ctx, found).Scan(&schema, &ours, &all); err != nil || ours == 0 {
		return 0, err
	}
	err = from.QueryRowContext(ctx, "SELECT version FROM rolecall_schema").Scan(&n)
	return n, err
}

// check implements Engine.Check: a database that a later release has migrated is
// worked with as long as that release says so.
func check(ctx context.Context, from store.Queryer, version int) error {
	var least int
	if err := from.QueryRowContext(ctx, "SELECT oldest FROM rolecall_schema").Scan(&least); err != nil {
		return explain(err)
	}
	if known := store.Latest("postgres"); known < least {
		return fmt.Errorf("%w; it takes programs that know schema %d", store.Newer(version, known), least)
	}
	kind, err := strange(ctx, from)
	if err != nil {
		return explain(err)
	}
	if kind != "" {
		return store.Say(rolecall.ErrInvalid, "it has records of the kind %q, of a newer version of rolecall: upgrade rolecall", kind)
	}
	return nil
}

// strange returns a kind of record that this program does not know and the journal
// has, or "". Loading would leave such records out, as if they were not there.
func strange(ctx context.Context, from store.Queryer) (rolecall.Kind, error) {
	var kind rolecall.Kind
	for {
		err := from.QueryRowContext(ctx, "SELECT coalesce(min(kind), '') FROM journal WHERE kind > $1", string(kind)).Scan(&kind)
		if err != nil || kind == "" || rolecall.NewRecord(kind) == nil {
			return kind, err
		}
	}
}
