// Package store keeps a project in an SQL database: the one implementation of
// [rolecall.Store], for every engine.
//
// The SQL is written by hand in what the engines have in common: placeholders
// like $1, text and 64-bit integers and bytes, ON CONFLICT DO NOTHING. Each
// statement stands beside the Go that scans it. The statements for records are
// put together from the descriptions in table.go, so that there is one Insert
// and not one for each kind. What differs between engines is in [Engine], which
// the packages sqlite and postgres fill, and in the folder of migrations.
//
// The package leaves all rules about what may be written to [rolecall.Service].
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rolecall/rolecall"
)

// An Engine is what one database engine does in its own way.
type Engine struct {
	Name string // of its folder of migrations

	// Writer makes connections for transactions that write, at most Writers at a
	// time, and Reader for those that only read, at most Readers. Connections
	// keep the statements that they have prepared.
	Writer, Reader   driver.Connector
	Writers, Readers int

	// BeginRead and BeginWrite begin a transaction: one that reads one state, and
	// one that writes. ForUpdate ends a SELECT that locks the row it reads until
	// the transaction ends; "" if BeginWrite excludes all other writers anyway.
	BeginRead, BeginWrite, ForUpdate string

	// Yields is true if a statement that begins a transaction may wait, and ends
	// when its context does, without harm to the connection.
	Yields bool

	// Found, if not "", makes those wait for one another who find no row to lock,
	// because the project is still to be made.
	Found string

	// Announce, if not "", commits a transaction that moved the head, and wakes
	// whoever watches. Watch, if not nil, calls wake when another process may have
	// moved the head, until ctx is done. What it misses is found by looking.
	Announce string
	Watch    func(ctx context.Context, wake func())

	// Patience, if not 0, is how long a statement of a write may take.
	Patience time.Duration

	// Stream, if not nil, reads whole tables faster than the driver's rows.
	Stream Stream

	// Version reads the number of the last migration, 0 before the first, and
	// SetVersion is a statement that writes it, with %d for the number. Migrate, if
	// not "", makes those who are about to run a migration wait for one another.
	Version    func(context.Context, Queryer) (int, error)
	SetVersion string
	Migrate    string

	// Check returns an error, a sentence, if this program must not work with a
	// database whose last migration is version, which is later than those it
	// knows. nil refuses all.
	Check func(ctx context.Context, from Queryer, version int) error

	// Explain gives an error of the driver its meaning: an error that is one of
	// rolecall's kinds, or a *Dangling, and says in a sentence what to do. It
	// returns an error that it does not know as it is.
	Explain func(error) error

	// Copied, if not "", is run when a whole project has been copied into the
	// database, so that it plans well from the beginning.
	Copied string

	// Tables lists the names of the schema's tables in the order in which they
	// were made. Bulk, if not nil, inserts the rows that next returns, until it
	// returns nil, on the driver's connection c, faster than one by one.
	Tables string
	Bulk   func(ctx context.Context, c any, table string, columns []string, next func() ([]any, error)) (int64, error)

	// Backup copies one state of the database to a new file.
	Backup func(ctx context.Context, path string) error

	// Closed, if not nil, is called when the store has been closed.
	Closed func() error
}

// Say returns an error that reads as a sentence for the person in front of the
// database and is of one of rolecall's kinds.
func Say(kind error, format string, args ...any) error {
	return &said{fmt.Sprintf(format, args...), kind}
}

type said struct {
	sentence string
	kind     error
}

func (s *said) Error() string { return s.sentence }
func (s *said) Unwrap() error { return s.kind }

// Dangling is what Engine.Explain makes of a broken foreign key. Column is the
// one that holds it, "" if the engine does not say.
type Dangling struct{ Column string }

func (*Dangling) Error() string { return "refers to what does not exist" }

func isDangling(err error) bool {
	var d *Dangling
	return errors.As(err, &d)
}

// What Engine.Explain makes of transactions that came to nothing. Both are
// rolecall.ErrUnavailable.
var (
	// ErrAgain means that the database undid the transaction in favour of another
	// and that the same transaction is worth another try.
	ErrAgain = fmt.Errorf("undone in favour of another: %w", rolecall.ErrUnavailable)
	// ErrLost means that the connection is of no more use.
	ErrLost = fmt.Errorf("connection lost: %w", rolecall.ErrUnavailable)
)

// A DB is an open store.
type DB struct {
	engine      Engine
	write, read *sql.DB
	// short is for reads of one statement, which wait for nothing while they hold
	// a connection. Who reads a state holds one of read's meanwhile.
	short    *sql.DB
	follow   *sql.DB // for those who follow the journal, of two connections
	closed   atomic.Bool
	checked  atomic.Int64 // when the schema was last looked at, in Unix nanoseconds
	outdated atomic.Pointer[error]
}

var _ rolecall.Store = (*DB)(nil)

// Open opens the database behind engine and brings its schema up to date.
func Open(ctx context.Context, engine Engine) (*DB, error) {
	db := &DB{engine: engine, write: sql.OpenDB(engine.Writer), read: sql.OpenDB(engine.Reader), short: sql.OpenDB(engine.Reader), follow: sql.OpenDB(engine.Reader)}
	db.write.SetMaxOpenConns(engine.Writers)
	db.write.SetMaxIdleConns(engine.Writers)
	db.read.SetMaxOpenConns(engine.Readers)
	db.read.SetMaxIdleConns(engine.Readers)
	db.short.SetMaxOpenConns(engine.Readers)
	db.short.SetMaxIdleConns(engine.Readers)
	db.follow.SetMaxOpenConns(2)
	db.follow.SetMaxIdleConns(2)
	if err := db.migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// Close implements [rolecall.Store].
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	err := errors.Join(db.read.Close(), db.short.Close(), db.follow.Close(), db.write.Close()) // the writer last: it tidies up the files
	if db.engine.Closed != nil {
		err = errors.Join(err, db.engine.Closed())
	}
	return err
}

// Head implements [rolecall.Store].
func (db *DB) Head(ctx context.Context) (head rolecall.Head, err error) {
	if err := db.recheck(ctx); err != nil {
		return head, err
	}
	for range 3 { // connections that broke while nobody used them
		head, err = readHead(ctx, db.follow, "")
		if err = db.explain(ctx, err); !errors.Is(err, ErrLost) {
			break
		}
	}
	return head, err
}

// explain gives an error that came from the database its meaning.
func (db *DB) explain(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, sql.ErrNoRows):
		return err
	case db.closed.Load():
		return Say(rolecall.ErrClosed, "the store is closed")
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return db.engine.Explain(err)
}

// Backup implements [rolecall.Store].
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.closed.Load() {
		return db.explain(ctx, rolecall.ErrClosed)
	}
	return db.explain(ctx, db.engine.Backup(ctx, path))
}

// RecheckEvery is how often an open store looks whether it may still be used.
const RecheckEvery = 2 * time.Second

// recheck returns an error, and makes the store of no more use, if a program that
// does not go together with this one has changed the schema meanwhile.
func (db *DB) recheck(ctx context.Context) error {
	if gone := db.outdated.Load(); gone != nil {
		return *gone
	}
	last, now := db.checked.Load(), time.Now().UnixNano()
	if db.engine.Check == nil || now-last < int64(RecheckEvery) || !db.checked.CompareAndSwap(last, now) {
		return nil
	}
	version, err := db.version(ctx, db.follow)
	if err != nil {
		return nil // whoever asked meets it, too
	}
	if version > Latest(db.engine.Name) {
		if err := db.engine.Check(ctx, db.follow, version); errors.Is(err, rolecall.ErrInvalid) {
			err = fmt.Errorf("%w: %w", err, rolecall.ErrUnavailable)
			db.outdated.Store(&err)
			return err
		}
	}
	return nil
}

// Watch calls wake when another process may have written, until ctx is done. An
// engine that can't tell returns at once.
func (db *DB) Watch(ctx context.Context, wake func()) {
	if db.engine.Watch != nil {
		db.engine.Watch(ctx, wake)
	}
}

// A view reads in one transaction. It is a [rolecall.Reader].
type view struct {
	db     *DB
	c      *sql.Conn
	head   rolecall.Head
	spoilt error // by a statement that failed: nothing can be committed any more
}

// A tx also writes. It is a [rolecall.Tx].
type tx struct{ view }

// Head implements [rolecall.Reader].
func (v *view) Head() rolecall.Head { return v.head }

// spoil makes the transaction end with err, whatever its function returns: the
// engine may have rolled it back already.
func (v *view) spoil(err error) error {
	if v.spoilt == nil {
		v.spoilt = err
	}
	return err
}

// check gives the error of a statement its meaning. A broken foreign key is for
// the caller, who can say more of it.
func (v *view) check(ctx context.Context, err error) error {
	err = v.db.explain(ctx, err)
	if err == nil || errors.Is(err, sql.ErrNoRows) || isDangling(err) {
		return err
	}
	return v.spoil(err)
}

// exec runs a statement and returns how many rows it changed.
func (v *view) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := v.usable(ctx); err != nil {
		return 0, err
	}
	patient, cancel := v.db.patient(ctx)
	defer cancel()
	result, err := v.c.ExecContext(patient, query, args...)
	if err != nil {
		return 0, v.check(ctx, err)
	}
	return result.RowsAffected()
}

// usable returns an error if there is no use in another statement.
func (v *view) usable(ctx context.Context) error {
	if v.spoilt == nil && ctx.Err() != nil {
		v.spoilt = ctx.Err()
	}
	return v.spoilt
}

// query calls scan for each row. scan must not use the transaction.
func (v *view) query(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	if err := v.usable(ctx); err != nil {
		return err
	}
	rows, err := v.c.QueryContext(ctx, query, args...)
	if err != nil {
		return v.check(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return v.check(ctx, err)
		}
	}
	return v.check(ctx, rows.Err())
}

// row scans the one row that a query finds by its key, or returns sql.ErrNoRows.
func (v *view) row(ctx context.Context, query string, args []any, into ...any) error {
	if err := v.usable(ctx); err != nil {
		return err
	}
	patient, cancel := v.db.patient(ctx)
	defer cancel()
	found := false
	err := v.query(patient, query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// exists reports whether a query, which finds its rows by an index, finds any.
func (v *view) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var one int
	err := v.row(ctx, query, args, &one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// records reads what a query of all of t's columns selects.
func (v *view) records(ctx context.Context, t *table, query string, args []any) ([]rolecall.Record, error) {
	var all []rolecall.Record
	err := v.query(ctx, query, args, func(rows *sql.Rows) error {
		r := rolecall.NewRecord(t.kind)
		all = append(all, r)
		return rows.Scan(cells(t.fields(r))...)
	})
	return all, err
}
