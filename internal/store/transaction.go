package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rolecall/rolecall"
)

// Read implements [rolecall.Store].
func (db *DB) Read(ctx context.Context, f func(rolecall.Reader) error) error {
	return db.transact(ctx, db.read, db.engine.BeginRead, func(c *sql.Conn) error {
		return db.look(ctx, c, "", func(x *tx) error { return f(&x.view) })
	})
}

// Follow implements [rolecall.Watcher].
func (db *DB) Follow(ctx context.Context, f func(rolecall.Reader) error) error {
	return db.transact(ctx, db.follow, db.engine.BeginRead, func(c *sql.Conn) error {
		return db.look(ctx, c, "", func(x *tx) error { return f(&x.view) })
	})
}

// Write implements [rolecall.Store].
func (db *DB) Write(ctx context.Context, f func(rolecall.Tx) error) error {
	return db.retried(ctx, func() error {
		var end rolecall.Head // if the transaction moves it
		commit := func() string {
			if end != (rolecall.Head{}) && db.engine.Announce != "" {
				return db.engine.Announce
			}
			return "COMMIT"
		}
		err := db.transaction(ctx, db.write, db.engine.BeginWrite, commit, func(c *sql.Conn) error {
			return db.look(ctx, c, db.engine.ForUpdate, func(x *tx) error {
				start := x.head
				err := f(x)
				if x.head != start {
					end = x.head
				}
				return err
			})
		})
		var unknown *unknownEnd
		if errors.As(err, &unknown) && end != (rolecall.Head{}) {
			return db.settle(context.WithoutCancel(ctx), end, unknown)
		}
		return err
	})
}

// look calls f with the view of a transaction, and fails if a statement has
// spoilt it, whatever f returns.
func (db *DB) look(ctx context.Context, c *sql.Conn, lock string, f func(*tx) error) error {
	patient, cancel := db.patient(ctx)
	defer cancel()
	x := &tx{view{db: db, c: c}}
	var err error
	x.head, err = readHead(patient, c, lock)
	if err == nil && lock != "" && x.head.Project == "" && db.engine.Found != "" {
		if _, err = c.ExecContext(patient, db.engine.Found); err == nil {
			x.head, err = readHead(patient, c, lock)
		}
	}
	if err != nil {
		return db.explain(ctx, err)
	}
	if err := f(x); err != nil {
		return err
	}
	return x.spoilt
}

// small calls f in a transaction that writes outside the journal and without the
// lock of the project: for state that is not policy. It may call f again.
func (db *DB) small(ctx context.Context, f func(*sql.Conn) error) error {
	return db.retried(ctx, func() error {
		return db.transact(ctx, db.write, db.engine.BeginWrite, f)
	})
}

// retried calls f until the database does not undo what it does.
func (db *DB) retried(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if try == 10 || !errors.Is(err, ErrAgain) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Duration(try) * 10 * time.Millisecond)):
		}
	}
}

// transact calls f with a connection on which the statement begin has begun a
// transaction, and commits it if f returns nil. Otherwise, and if f panics, it
// is rolled back. Afterwards the connection is no longer f's to use.
//
// It does without sql.Tx, which starts a goroutine with each query to wait for
// ctx: the statements of a transaction are short, and so ctx is looked at between
// them instead.
func (db *DB) transact(ctx context.Context, pool *sql.DB, begin string, f func(*sql.Conn) error) error {
	return db.transaction(ctx, pool, begin, func() string { return "COMMIT" }, f)
}

// transaction is transact with the statement that commits, asked for at the end.
func (db *DB) transaction(ctx context.Context, pool *sql.DB, begin string, commit func() string, f func(*sql.Conn) error) error {
	if gone := db.outdated.Load(); gone != nil {
		return *gone
	}
	c, err := db.begin(ctx, pool, begin)
	if err != nil {
		return err
	}
	defer c.Close()
	committed := false
	defer func() {
		if !committed {
			db.rollback(c)
		}
	}()
	if err := f(c); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	patient, cancel := db.patient(ctx)
	defer cancel()
	_, err = c.ExecContext(patient, commit())
	committed = err == nil
	if err = db.explain(context.WithoutCancel(ctx), err); errors.Is(err, ErrLost) {
		return &unknownEnd{err}
	}
	return err
}

// begin returns a connection in a new transaction. Those of the pool that broke
// while nobody used them are thrown away.
func (db *DB) begin(ctx context.Context, pool *sql.DB, begin string) (*sql.Conn, error) {
	patient, cancel := ctx, func() {}
	if !db.engine.Yields {
		patient, cancel = db.patient(ctx)
	}
	defer cancel()
	for try := 0; ; try++ {
		c, err := pool.Conn(ctx)
		if err != nil {
			return nil, db.explain(ctx, err)
		}
		if _, err = c.ExecContext(patient, begin); err == nil {
			return c, nil
		}
		err = db.explain(ctx, err)
		db.rollback(c)
		c.Close()
		if !errors.Is(err, ErrLost) || try > pool.Stats().MaxOpenConnections {
			return nil, err
		}
	}
}

// rollback ends a transaction. A connection that has none any more, or does not
// say, is thrown away.
func (db *DB) rollback(c *sql.Conn) {
	ctx := context.Background()
	if db.engine.Patience != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, min(db.engine.Patience, 2*time.Second))
		defer cancel()
	}
	if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil {
		c.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// patient returns the context of a statement: it is not interrupted, but does
// not wait for ever for a database that has gone.
func (db *DB) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = context.WithoutCancel(ctx)
	if db.engine.Patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, db.engine.Patience)
}

// An unknownEnd is the error of a transaction whose connection was lost while it
// was committed.
type unknownEnd struct{ lost error }

func (e *unknownEnd) Error() string {
	return e.lost.Error() + "; it may have happened while the write was committed, so look before you repeat it"
}

func (e *unknownEnd) Unwrap() error { return e.lost }

// settleFor is how long settle asks.
const settleFor = 15 * time.Second

// settle finds out whether the transaction that moved the head to end, and whose
// connection was lost, was committed: it waits for the lock that the transaction
// held, and looks for its last entry.
func (db *DB) settle(ctx context.Context, end rolecall.Head, unknown *unknownEnd) error {
	ctx, cancel := context.WithTimeout(ctx, settleFor)
	defer cancel()
	for {
		var found bool
		err := db.transact(ctx, db.write, db.engine.BeginWrite, func(c *sql.Conn) error {
			return db.look(ctx, c, db.engine.ForUpdate, func(x *tx) (err error) {
				found, err = x.exists(ctx, "SELECT 1 FROM journal WHERE seq = $1 AND hash = $2", end.Seq, end.Hash[:])
				return err
			})
		})
		switch {
		case err == nil && found:
			return nil
		case err == nil:
			return unknown.lost
		}
		select {
		case <-ctx.Done():
			return unknown
		case <-time.After(100 * time.Millisecond):
		}
	}
}
