package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
)

// statements are the texts of the SQL that one record of a table needs.
type statements struct {
	get, insert, update, delete string
	taken                       []string // for each unique: is there another row with these values?
}

func (t *table) statements() statements {
	all, keys := names(t.columns), t.keys()
	s := statements{
		get:    "SELECT " + quoted(all) + " FROM " + t.name + " WHERE " + equals(keys, 1),
		insert: "INSERT INTO " + t.name + " (" + quoted(all) + ") VALUES (" + places(1, len(all)) + ") ON CONFLICT DO NOTHING",
		delete: "DELETE FROM " + t.name + " WHERE " + equals(keys, 1),
	}
	// A row that is only a key is replaced by writing the same again.
	set := all[t.key:]
	from := t.key + 1
	if len(set) == 0 {
		set, from = keys, 1
	}
	s.update = "UPDATE " + t.name + " SET " + strings.ReplaceAll(equals(set, from), " AND ", ", ") + " WHERE " + equals(keys, 1)

	for _, u := range t.unique {
		q := "SELECT 1 FROM " + t.name + " WHERE " + equals(u.columns, 1) + " AND NOT (" + equals(keys, 1+len(u.columns)) + ")"
		if u.where != "" {
			q += " AND " + u.where
		}
		s.taken = append(s.taken, q)
	}
	return s
}

// Get implements [rolecall.Reader].
func (v *view) Get(ctx context.Context, kind rolecall.Kind, key string) (rolecall.Record, error) {
	t, err := tableOf(kind)
	if err != nil {
		return nil, err
	}
	missing := fmt.Errorf("%s %q: %w", kind, key, rolecall.ErrNotFound)
	values, ok := t.split(key)
	if !ok {
		return nil, missing
	}
	r := rolecall.NewRecord(kind)
	err = v.row(ctx, t.sql.get, values, cells(t.fields(r))...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Insert implements [rolecall.Tx].
func (x *tx) Insert(ctx context.Context, r rolecall.Record) error {
	t, fields, err := x.open(ctx, r)
	if err != nil {
		return err
	}
	if isSubject(t.kind) {
		n, err := x.exec(ctx, "INSERT INTO subjects (id, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING", r.Key(), string(t.kind))
		if err != nil {
			return err
		}
		if n == 0 {
			return taken("id")
		}
	}
	n, err := x.exec(ctx, t.sql.insert, cells(fields)...)
	switch {
	case isDangling(err):
		return x.dangling(ctx, t, fields, err)
	case err != nil:
		return err
	case n > 0:
		return nil
	case t.key == 1:
		return taken(t.columns[0].name)
	default:
		return &rolecall.FieldError{Field: t.columns[1].name, Rule: "is already there", Kind: rolecall.ErrConflict}
	}
}

// Update implements [rolecall.Tx].
func (x *tx) Update(ctx context.Context, r rolecall.Record) error {
	t, fields, err := x.open(ctx, r)
	if err != nil {
		return err
	}
	n, err := x.exec(ctx, t.sql.update, cells(fields)...)
	switch {
	case isDangling(err):
		return x.dangling(ctx, t, fields, err)
	case err != nil:
		return err
	case n == 0:
		return fmt.Errorf("%s %q: %w", t.kind, r.Key(), rolecall.ErrNotFound)
	}
	return nil
}

// Delete implements [rolecall.Tx].
func (x *tx) Delete(ctx context.Context, r rolecall.Record) error {
	t, err := tableOf(r.Kind())
	if err != nil {
		return err
	}
	if err := x.unused(ctx, t.kind, r.Key()); err != nil {
		return err
	}
	n, err := x.exec(ctx, t.sql.delete, cells(t.fields(r)[:t.key])...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s %q: %w", t.kind, r.Key(), rolecall.ErrNotFound)
	}
	if isSubject(t.kind) {
		_, err = x.exec(ctx, "DELETE FROM subjects WHERE id = $1", r.Key())
	}
	return err
}

// open prepares to write r: it finds its table and fields, and refuses values
// that another row holds. The write lock keeps that true until the commit, and
// unlike a failed statement it leaves a PostgreSQL transaction usable.
func (x *tx) open(ctx context.Context, r rolecall.Record) (*table, []field, error) {
	t, err := tableOf(r.Kind())
	if err != nil {
		return nil, nil, err
	}
	fields := t.fields(r)
	for i, u := range t.unique {
		found, err := x.exists(ctx, t.sql.taken[i], values(fields, append(u.columns[:len(u.columns):len(u.columns)], t.keys()...))...)
		if err != nil {
			return nil, nil, err
		}
		if found {
			return nil, nil, taken(u.columns[len(u.columns)-1])
		}
	}
	for _, ref := range t.refs {
		if !ref.optional {
			continue
		}
		id := values(fields, []string{ref.column})[0]
		if id == "" {
			continue
		}
		found, err := x.exists(ctx, "SELECT 1 FROM "+parent(ref.to)+" WHERE id = $1", id)
		if err != nil {
			return nil, nil, err
		}
		if !found {
			return nil, nil, x.spoil(absent(ref.column, id))
		}
	}
	return t, fields, nil
}

// dangling says which of a row's references broke a foreign key, if the engine
// says so, or still answers in this transaction.
func (x *tx) dangling(ctx context.Context, t *table, fields []field, broken error) error {
	var d *Dangling
	errors.As(broken, &d)
	for _, ref := range t.refs {
		id := values(fields, []string{ref.column})[0]
		if d.Column == ref.column {
			return x.spoil(absent(ref.column, id))
		} else if d.Column != "" {
			continue
		}
		found, err := x.exists(ctx, "SELECT 1 FROM "+parent(ref.to)+" WHERE id = $1", id)
		if err != nil {
			return err
		}
		if !found && id != "" {
			return x.spoil(absent(ref.column, id))
		}
	}
	return x.spoil(broken)
}

func parent(kind rolecall.Kind) string {
	if kind == subject {
		return "subjects"
	}
	return byKind[kind].name
}

func taken(column string) error {
	return &rolecall.FieldError{Field: column, Rule: "is taken", Kind: rolecall.ErrConflict}
}

func absent(column string, id any) error {
	return &rolecall.FieldError{Field: column, Rule: fmt.Sprintf("%q does not exist", id), Kind: rolecall.ErrNotFound}
}

// cells returns what reads and writes each field's column.
func cells(fields []field) []any {
	all := make([]any, len(fields))
	for i, f := range fields {
		all[i] = f.cell
	}
	return all
}

// values returns the database values of the named columns.
func values(fields []field, columns []string) []any {
	all := make([]any, len(columns))
	for i, c := range columns {
		for _, f := range fields {
			if f.name == c {
				all[i], _ = f.cell.Value()
			}
		}
	}
	return all
}

// placeholder returns the n-th argument's place in a statement, counted from 1.
func placeholder(n int) string { return "$" + strconv.Itoa(n) }
