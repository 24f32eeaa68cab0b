package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/rolecall/rolecall"
)

// A Copied is what Copy copied.
type Copied struct {
	Head   rolecall.Head `json:"head"`
	Tables []CopiedTable `json:"tables"` // in the order in which they were made
}

// A CopiedTable counts the rows of a table.
type CopiedTable struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// Copy copies a whole project, sign-in state included, into an open store that
// holds none, in one transaction. Before it commits, it reads all of the copy
// again: each table must hold the same rows, byte for byte, the journal must be
// one chain, and end where the other's does. If anything fails, nothing is left.
func Copy(ctx context.Context, from, to *DB) (copied Copied, err error) {
	err = from.transact(ctx, from.read, from.engine.BeginRead, func(source *sql.Conn) error {
		if copied.Head, err = readHead(ctx, source, ""); err != nil {
			return from.explain(ctx, err)
		}
		if copied.Head.Project == "" {
			return Say(rolecall.ErrNotFound, "there is no project to copy")
		}
		return to.transact(ctx, to.write, to.engine.BeginWrite, func(target *sql.Conn) error {
			copied.Tables, err = copyInto(ctx, from, to, source, target)
			if err != nil {
				return err
			}
			return to.verifyCopy(ctx, target, copied.Head)
		})
	})
	if err == nil && to.engine.Copied != "" {
		to.write.ExecContext(ctx, to.engine.Copied) // which is for speed, and comes by itself later
	}
	return copied, err
}

func copyInto(ctx context.Context, from, to *DB, source, target *sql.Conn) ([]CopiedTable, error) {
	if to.engine.Found != "" {
		if _, err := target.ExecContext(ctx, to.engine.Found); err != nil {
			return nil, to.explain(ctx, err)
		}
	}
	tables, err := from.tables(ctx, source)
	if err != nil {
		return nil, err
	}
	theirs, err := to.tables(ctx, target)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(slices.Sorted(slices.Values(tables)), slices.Sorted(slices.Values(theirs))) {
		return nil, Say(rolecall.ErrCorrupt, "the tables are not the same: %v and %v", tables, theirs)
	}
	for _, t := range theirs {
		var n int
		if err := target.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+quote(t)+" LIMIT 1) AS one").Scan(&n); err != nil {
			return nil, to.explain(ctx, err)
		}
		if n > 0 {
			return nil, Say(rolecall.ErrConflict, "the target is not empty: it has rows in its table %s", t)
		}
	}
	var done []CopiedTable
	for _, t := range theirs { // which migrations made: those of a restored dump stand in the dump's order
		n, err := copyTable(ctx, from, to, source, target, t)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t, err)
		}
		done = append(done, CopiedTable{t, n})
	}
	return done, nil
}

// tables lists the tables of a schema in the order in which they were made, so
// that a table follows those it refers to.
func (db *DB) tables(ctx context.Context, c *sql.Conn) (all []string, err error) {
	rows, err := c.QueryContext(ctx, db.engine.Tables)
	if err != nil {
		return nil, db.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, db.explain(ctx, rows.Err())
}

// copyTable copies the rows of a table, reads them again, and returns how many
// they are.
func copyTable(ctx context.Context, from, to *DB, source, target *sql.Conn, table string) (int64, error) {
	in, err := from.scan(ctx, source, table, nil)
	if err != nil {
		return 0, err
	}
	defer in.rows.Close()
	if _, err := to.bulk(ctx, target, table, in.columns, in.next); err != nil {
		return 0, to.explain(ctx, err)
	}
	out, err := to.scan(ctx, target, table, in.columns)
	if err != nil {
		return 0, err
	}
	defer out.rows.Close()
	for {
		row, err := out.next()
		if err != nil {
			return 0, to.explain(ctx, err)
		}
		if row == nil {
			break
		}
	}
	if out.sum != in.sum || out.n != in.n {
		return 0, Say(rolecall.ErrCorrupt, "the copy differs: %d rows were read and %d written, and not all are the same", in.n, out.n)
	}
	return in.n, nil
}

// A scan reads a table's rows, and sums them up: their number, and a sum of their
// hashes, which does not depend on their order.
type scan struct {
	rows    *sql.Rows
	columns []string
	row, at []any
	n       int64
	sum     uint64
	bytes   []byte
}

var seed = maphash.MakeSeed()

func (db *DB) scan(ctx context.Context, c *sql.Conn, table string, columns []string) (*scan, error) {
	list := "*"
	if columns != nil {
		list = quoted(columns)
	}
	rows, err := c.QueryContext(ctx, "SELECT "+list+" FROM "+quote(table))
	if err != nil {
		return nil, db.explain(ctx, err)
	}
	s := &scan{rows: rows}
	if s.columns, err = rows.Columns(); err != nil {
		rows.Close()
		return nil, db.explain(ctx, err)
	}
	s.row, s.at = make([]any, len(s.columns)), make([]any, len(s.columns))
	for i := range s.row {
		s.at[i] = &s.row[i]
	}
	return s, nil
}

// next returns the next row, which is valid until the next call, or nil.
func (s *scan) next() ([]any, error) {
	if !s.rows.Next() {
		return nil, s.rows.Err()
	}
	if err := s.rows.Scan(s.at...); err != nil {
		return nil, err
	}
	s.bytes = s.bytes[:0]
	for i, value := range s.row {
		switch v := value.(type) {
		case nil:
			s.bytes = append(s.bytes, 'n')
		case int64:
			s.bytes = binary.LittleEndian.AppendUint64(append(s.bytes, 'i'), uint64(v))
		case string:
			s.bytes = binary.LittleEndian.AppendUint64(append(s.bytes, 't'), uint64(len(v)))
			s.bytes = append(s.bytes, v...)
		case []byte:
			s.bytes = binary.LittleEndian.AppendUint64(append(s.bytes, 'b'), uint64(len(v)))
			s.bytes = append(s.bytes, v...)
		default:
			return nil, mismatch(value, "text, a number or bytes in "+s.columns[i])
		}
	}
	s.n++
	s.sum += maphash.Bytes(seed, s.bytes)
	return s.row, nil
}

// bulk inserts the rows that next returns, until that is nil.
func (db *DB) bulk(ctx context.Context, c *sql.Conn, table string, columns []string, next func() ([]any, error)) (n int64, err error) {
	if db.engine.Bulk != nil {
		err = c.Raw(func(c any) error {
			n, err = db.engine.Bulk(ctx, c, table, columns, next)
			return err
		})
		return n, err
	}
	insert := "INSERT INTO " + quote(table) + " (" + quoted(columns) + ") VALUES (" + places(1, len(columns)) + ")"
	for {
		row, err := next()
		if err != nil || row == nil {
			return n, err
		}
		if _, err := c.ExecContext(ctx, insert, row...); err != nil {
			return n, err
		}
		n++
	}
}

// verifyCopy checks that the journal on a connection is one chain up to head.
func (db *DB) verifyCopy(ctx context.Context, c *sql.Conn, head rolecall.Head) error {
	return db.look(ctx, c, "", func(x *tx) error {
		var at rolecall.Head
		err := x.Entries(ctx, rolecall.EntryQuery{}, func(e *rolecall.Entry) error {
			if err := e.Verify(at); err != nil {
				return err
			}
			at = rolecall.Head{Project: head.Project, Revision: e.Revision, Seq: e.Seq, Hash: e.Hash}
			return nil
		})
		if err != nil {
			return err
		}
		if at != head || x.head != head {
			return Say(rolecall.ErrCorrupt, "the journal ends at entry %d of revision %d, and the project at entry %d of revision %d", at.Seq, at.Revision, head.Seq, head.Revision)
		}
		return nil
	})
}
