package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"strings"

	"github.com/rolecall/rolecall"
)

// loaded reports whether a decision needs a column of a kind.
func loaded(kind rolecall.Kind, column string) bool {
	switch kind {
	case rolecall.KindUser, rolecall.KindClient:
		return column == "id" || column == "blocked"
	}
	switch column {
	case "description", "reason", "attributes", "tokens", "sso", "created_at", "updated_at":
		return false
	}
	return true
}

// lastLoaded is the last of rolecall.Kinds that a Policy keeps.
const lastLoaded = rolecall.KindSessionRole

// A batch is a number of rows of one table, as the driver gave them.
type batch struct {
	table  *table
	values []driver.Value // row after row, or
	text   string         // lines, of an engine that streams
}

const batchRows = 512

// Load implements [rolecall.Store]. A goroutine reads rows, below database/sql,
// while the caller visits those before them: what bounds a load is the slower of
// the two, and half of the rest would be copies between layers.
func (db *DB) Load(ctx context.Context, visit func(rolecall.Record) error) (head rolecall.Head, err error) {
	err = db.transact(ctx, db.read, db.engine.BeginRead, func(c *sql.Conn) error {
		if head, err = readHead(ctx, c, ""); err != nil {
			return db.explain(ctx, err)
		}
		return db.load(ctx, c, visit)
	})
	return head, err
}

func (db *DB) load(ctx context.Context, c *sql.Conn, visit func(rolecall.Record) error) error {
	reading, stop := context.WithCancel(ctx)
	batches, failed := make(chan *batch, 4), make(chan error, 1)
	go func() {
		defer close(batches)
		failed <- c.Raw(func(c any) error { return db.readAll(reading, c, batches) })
	}()
	var stopped error
	for b := range batches {
		if stopped == nil {
			if stopped = b.visit(visit); stopped != nil {
				stop() // and take what is on its way
			}
		}
	}
	stop()
	if err := <-failed; stopped == nil {
		return db.explain(ctx, err)
	}
	return stopped
}

// readAll sends the rows of every loaded table.
func (db *DB) readAll(ctx context.Context, from any, to chan<- *batch) (err error) {
	for _, t := range tables {
		if stream := db.engine.Stream; stream != nil {
			err = t.stream(ctx, stream, from, to)
		} else {
			err = t.readAll(ctx, from.(driver.QueryerContext), to)
		}
		if err != nil || t.kind == lastLoaded {
			break
		}
	}
	return err
}

// loading returns the statement that reads a table in the order of keys, which
// is the order that its rows lie in. A row's key is read as one text, since a
// column costs a hundred nanoseconds, whatever is in it.
func (t *table) loading() string {
	columns := []string{quoted(t.keys())}
	if t.key > 1 {
		columns[0] = "concat_ws('\t', " + columns[0] + ")"
	}
	for _, f := range t.columns[t.key:] {
		if loaded(t.kind, f.name) {
			columns = append(columns, quote(f.name))
		}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + t.name + " ORDER BY " + quoted(t.keys())
}

func (t *table) readAll(ctx context.Context, from driver.QueryerContext, to chan<- *batch) error {
	rows, err := from.QueryContext(ctx, t.loading(), nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	width := len(rows.Columns())
	for err == nil {
		b := &batch{table: t, values: make([]driver.Value, 0, batchRows*width)}
		for len(b.values) < cap(b.values) && err == nil {
			end := len(b.values) + width
			if err = rows.Next(b.values[end-width : end]); err == nil {
				b.values = b.values[:end]
			}
		}
		select {
		case to <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// visit makes a record of each row and calls f with it.
func (b *batch) visit(f func(rolecall.Record) error) error {
	if b.text != "" {
		return b.visitLines(f)
	}
	r := rolecall.NewRecord(b.table.kind)
	var key []texter
	var rest []cell
	for i, f := range b.table.fields(r) {
		if i < b.table.key {
			key = append(key, f.cell.(texter))
		} else if loaded(b.table.kind, f.name) {
			rest = append(rest, f.cell)
		}
	}
	for row := b.values; len(row) > 0; row = row[1+len(rest):] {
		text, ok := row[0].(string)
		if !ok {
			return mismatch(row[0], "text")
		}
		for _, part := range key[:len(key)-1] {
			var first string
			first, text, _ = strings.Cut(text, "\t")
			part.set(first)
		}
		key[len(key)-1].set(text)
		for i, c := range rest {
			if err := c.Scan(row[1+i]); err != nil {
				return err
			}
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}
