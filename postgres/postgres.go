// Package postgres opens a project that is kept in PostgreSQL, so that any number
// of nodes may work on it.
//
// A project has a schema of a database to itself: the first of the connection's
// search_path, which is "public" unless the data source says otherwise. Its
// tables, and a transaction that locks one row, are all that a write asks of the
// database; LISTEN and NOTIFY wake the other nodes where the database has them.
// Everything else is the package internal/store, which this package only gives
// what is PostgreSQL's own: how to connect, what its errors mean, and when to
// keep off a database.
package postgres

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
)

// Database returns the opener of the project in the database that source names:
//
//	postgres://user@db.example.com:5432/app?sslmode=verify-full
//
// What source leaves out comes from the variables and files that PostgreSQL's
// own programs read, such as PGPASSWORD and ~/.pgpass, so that a password need
// not stand in it. The parameter search_path names the schema. An empty schema
// is filled; one that holds anything else than a project is refused.
func Database(source string) rolecall.Opener { return opener{source} }

type opener struct{ source string }

// OpenStore implements [rolecall.Opener].
func (o opener) OpenStore(ctx context.Context) (rolecall.Store, error) {
	return Open(ctx, o.source)
}

// Is reports whether source looks like the name of a PostgreSQL database.
func Is(source string) bool {
	return strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://")
}

// limits are what tests choose.
type limits struct {
	// idle is how long a node may be silent in the middle of a write before the
	// database gives up on it, and so how long a stopped node can keep the others
	// from writing.
	idle time.Duration
	// lock is how long a write waits for those before it.
	lock time.Duration
	// patience is how long any statement of a write may take.
	patience time.Duration
	// clock is the node's, and skew how far it may be from the database's. Two nodes
	// are then at most a minute apart, as a token's verifier may be from its issuer.
	clock func() time.Time
	skew  time.Duration
}

var usual = limits{idle: 10 * time.Second, lock: 15 * time.Second, patience: 30 * time.Second, clock: time.Now, skew: 30 * time.Second}

// Open opens the project in the database that source names, as [Database] does.
// Errors name the database, and never hold its password.
func Open(ctx context.Context, source string) (*store.DB, error) {
	config, err := parse(source)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, config, usual)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name(config), err)
	}
	return db, nil
}

// Version returns the number of the last migration of the project in the database
// that source names, 0 if there is none, and the number that a program must know
// to work with it. It does not touch the database.
func Version(ctx context.Context, source string) (version, least int, err error) {
	config, err := parse(source)
	if err != nil {
		return 0, 0, err
	}
	traits, err := inspect(ctx, config, usual)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", name(config), err)
	}
	return traits.version, traits.least, nil
}

func open(ctx context.Context, config *pgx.ConnConfig, l limits) (*store.DB, error) {
	traits, err := inspect(ctx, config, l)
	if err != nil {
		return nil, err
	}
	if traits.pooled && !strings.Contains(config.ConnString(), "default_query_exec_mode=") {
		// A connection may be another's the next time, with others' prepared statements.
		config = config.Copy()
		config.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	connector := stdlib.GetConnector(*config)
	engine := store.Engine{
		Name:       "postgres",
		Writer:     connector,
		Reader:     connector,
		Writers:    max(4, runtime.GOMAXPROCS(0)),
		Readers:    max(4, 2*runtime.GOMAXPROCS(0)),
		BeginRead:  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		BeginWrite: beginWrite(config, traits, l),
		ForUpdate:  " FOR UPDATE",
		Found:      lock,
		Patience:   l.patience,
		Stream:     stream,
		Version:    version,
		SetVersion: fmt.Sprintf("UPDATE rolecall_schema SET version = %%d, oldest = %d", oldest),
		Migrate:    "SET LOCAL lock_timeout = '10min'; " + lock + "; SET LOCAL lock_timeout = " + milliseconds(l.lock),
		Check:      check,
		Explain:    explain,
		Tables: `SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = current_schema()::regnamespace
			AND relkind IN ('r', 'p') AND relname <> 'rolecall_schema' ORDER BY oid`,
		Bulk:   bulk,
		Copied: "ANALYZE",
		Backup: refuseBackup,
	}
	if traits.notifies {
		engine.Announce = "NOTIFY " + channel + "; COMMIT"
		engine.Watch = func(ctx context.Context, wake func()) { watch(ctx, config, wake) }
	}
	return store.Open(ctx, engine)
}

// lock makes those wait for one another who make a project or change the schema,
// until their transactions end.
const lock = "SELECT pg_advisory_xact_lock(8245930621947)"

// beginWrite begins a transaction that waits for the project's row and then reads
// what is there, statement by statement: nobody else writes until it ends.
func beginWrite(config *pgx.ConnConfig, t traits, l limits) string {
	begin := "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	set := func(name, value string) {
		if _, chosen := config.RuntimeParams[name]; !chosen {
			begin += "; SET LOCAL " + name + " = " + value
		}
	}
	set("idle_in_transaction_session_timeout", milliseconds(l.idle))
	set("lock_timeout", milliseconds(l.lock))
	if !t.durable {
		set("synchronous_commit", "on") // what is acknowledged is on the disk
	}
	return begin
}

// stream reads rows by COPY, which costs the database least, and us no values
// of single columns.
func stream(ctx context.Context, c any, query string, to io.Writer) error {
	_, err := c.(*stdlib.Conn).Conn().PgConn().CopyTo(ctx, to, "COPY ("+query+") TO STDOUT")
	return err
}

// bulk inserts rows by COPY.
func bulk(ctx context.Context, c any, table string, columns []string, next func() ([]any, error)) (int64, error) {
	return c.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(next))
}

// milliseconds is how settings spell a duration.
func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// refuseBackup implements Engine.Backup.
func refuseBackup(context.Context, string) error {
	return store.Say(rolecall.ErrInvalid, "a project in PostgreSQL is backed up by PostgreSQL's own tools: pg_dump, or a base backup with its log; "+
		"'rolecall copy' makes a data file of it")
}
