package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"maps"
	"strings"
	"time"

	driversqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// keeping connects to a database and keeps the statements that each connection
// has prepared: compiling one costs more than running it.
type keeping struct {
	dsn  string
	wait time.Duration // for locks of other processes
}

// Connect implements driver.Connector.
func (k *keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := driversqlite.NewConnector(k.dsn)
	if err != nil {
		return nil, err
	}
	var inner driver.Conn
	err = patiently(ctx, k.wait, func() (err error) {
		inner, err = c.Connect(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &conn{innerConn: inner.(innerConn), wait: k.wait, kept: map[string]*statement{}}, nil
}

// Driver implements driver.Connector.
func (k *keeping) Driver() driver.Driver { return &driversqlite.Driver{} }

// moment is how long SQLite itself waits for a lock. It hears of nothing meanwhile,
// so it is asked again and again, for as long as somebody waits for the answer.
const moment = 50 * time.Millisecond

// patiently calls f until no other process's lock is in its way, for as long as
// wait, and as ctx goes on: then the error is the context's. A statement that met
// a lock has changed nothing, also inside a transaction.
func patiently(ctx context.Context, wait time.Duration, f func() error) error {
	err := f()
	if !busy(err) {
		return err
	}
	for end := time.Now().Add(wait - moment); busy(err) && time.Now().Before(end); err = f() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return err
}

// busy reports whether err is a lock that may soon be gone.
func busy(err error) bool {
	var e *driversqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY && e.Code() != sqlite3.SQLITE_BUSY_SNAPSHOT
}

// innerConn is all that database/sql asks of the driver's connections.
type innerConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// maxKept bounds the statements of a connection. Queries that users put together
// come in many forms; when there are too many, all are compiled again as needed.
const maxKept = 300

type conn struct {
	innerConn
	wait time.Duration
	kept map[string]*statement
}

type innerStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type statement struct {
	innerStatement
	busy bool // its rows are being read
}

// statement returns a prepared statement, and whether it is kept.
func (c *conn) statement(ctx context.Context, query string) (s *statement, kept bool, err error) {
	s = c.kept[query]
	if s != nil && !s.busy {
		return s, true, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, false, err
	}
	fresh := &statement{innerStatement: prepared.(innerStatement)}
	if s != nil {
		return fresh, false, nil // its twin is busy
	}
	if len(c.kept) >= maxKept {
		maps.DeleteFunc(c.kept, func(_ string, s *statement) bool {
			if !s.busy {
				s.Close()
			}
			return !s.busy
		})
	}
	c.kept[query] = fresh
	return fresh, true, nil
}

// ExecContext implements driver.ExecerContext. A script is run once and not kept.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.Contains(query, ";") {
		return c.innerConn.ExecContext(ctx, query, args)
	}
	run := ctx
	if strings.HasPrefix(query, "BEGIN") {
		run = context.WithoutCancel(ctx) // either it has begun, or it has not
	}
	var result driver.Result
	err := patiently(ctx, c.wait, func() error {
		s, kept, err := c.statement(run, query)
		if err != nil {
			return err
		}
		if !kept {
			defer s.Close()
		}
		result, err = s.ExecContext(run, args)
		return err
	})
	return result, err
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (r driver.Rows, err error) {
	err = patiently(ctx, c.wait, func() error {
		r, err = c.query(ctx, query, args)
		return err
	})
	return r, err
}

func (c *conn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, kept, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(ctx, args)
	if err != nil {
		if !kept {
			s.Close()
		}
		return nil, err
	}
	s.busy = true
	return &rows{Rows: r, of: s, kept: kept}, nil
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	for _, s := range c.kept {
		s.Close()
	}
	return c.innerConn.Close()
}

type rows struct {
	driver.Rows
	of   *statement
	kept bool
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	err := r.Rows.Close()
	r.of.busy = false
	if !r.kept {
		r.of.Close()
	}
	return err
}
