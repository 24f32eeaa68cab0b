package store

import (
	"context"
	"fmt"

	"github.com/rolecall/rolecall"
)

// chunk is how many rows are read before they are shown to a visitor, who may
// then use the same transaction.
const chunk = 500

// A link is one way in which rows of a table refer to a record: by a column, or
// by a column that names a row that does.
type link struct {
	table *table
	// where selects the rows, by the record's id as $1. No row is selected by
	// two links of a table.
	where  string
	direct bool // by a column of its own
}

// links holds, for each kind, the links to all that refers to it, in an order in
// which it can be deleted. Users, clients and groups have one space of ids, and
// one entry here, subject.
var links = func() map[rolecall.Kind][]link {
	all := map[rolecall.Kind][]link{}
	for _, kind := range append([]rolecall.Kind{subject}, rolecall.Kinds...) {
		for i := len(tables) - 1; i >= 0; i-- {
			direct, through := conditions(tables[i], kind)
			every := append(direct, through...)
			for j, where := range every {
				for _, earlier := range every[:j] {
					where += " AND NOT (" + earlier + ")"
				}
				all[kind] = append(all[kind], link{tables[i], where, j < len(direct)})
			}
		}
	}
	return all
}()

// conditions returns those on which a row of t refers to the record of kind with
// the id $1: by a column of its own, and through another row.
func conditions(t *table, kind rolecall.Kind) (direct, through []string) {
	for _, ref := range t.refs {
		if ref.to == kind || kind == subject && isSubject(ref.to) {
			direct = append(direct, quote(ref.column)+" = $1")
		} else if between := byKind[ref.to]; between != nil {
			near, far := conditions(between, kind)
			for _, where := range append(near, far...) {
				through = append(through, fmt.Sprintf("%s IN (SELECT id FROM %s WHERE %s)", quote(ref.column), between.name, where))
			}
		}
	}
	return direct, through
}

func linksTo(kind rolecall.Kind) []link {
	if isSubject(kind) {
		kind = subject
	}
	return links[kind]
}

// Referring implements [rolecall.Reader]. It reads in chunks, in the order of
// keys, so that visit may delete what it is given.
func (v *view) Referring(ctx context.Context, kind rolecall.Kind, id string, visit func(rolecall.Record) error) error {
	if _, err := tableOf(kind); err != nil {
		return err
	}
	if !storable(id) {
		return nil
	}
	for _, l := range linksTo(kind) {
		if err := v.along(ctx, l, id, visit); err != nil {
			return err
		}
	}
	return nil
}

func (v *view) along(ctx context.Context, l link, id string, visit func(rolecall.Record) error) error {
	t := l.table
	keys := t.keys()
	base := "SELECT " + quoted(names(t.columns)) + " FROM " + t.name + " WHERE " + l.where
	order := fmt.Sprintf(" ORDER BY %s LIMIT %d", quoted(keys), chunk)
	next := fmt.Sprintf(" AND (%s) > (%s)", quoted(keys), places(2, t.key))

	query, args := base+order, []any{id}
	for {
		records, err := v.records(ctx, t, query, args)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := visit(r); err != nil {
				return err
			}
		}
		if len(records) < chunk {
			return nil
		}
		last, _ := t.split(records[len(records)-1].Key())
		query, args = base+next+order, append([]any{id}, last...)
	}
}

// unused returns an error that is ErrReferenced if a record refers to the one of
// kind with id.
func (x *tx) unused(ctx context.Context, kind rolecall.Kind, id string) error {
	for _, l := range linksTo(kind) {
		if !l.direct {
			continue // the record between the two refers directly
		}
		found, err := x.exists(ctx, "SELECT 1 FROM "+l.table.name+" WHERE "+l.where+" LIMIT 1", id)
		if err != nil {
			return err
		}
		if found {
			return fmt.Errorf("%s %q: a record of kind %s refers to it: %w", kind, id, l.table.kind, rolecall.ErrReferenced)
		}
	}
	return nil
}
