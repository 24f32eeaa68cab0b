package store

import (
	"context"
	"database/sql"

	"github.com/rolecall/rolecall"
)

// notLoaded names the columns that no decision needs.
var notLoaded = map[string]bool{
	"description": true, "reason": true, "attributes": true, "created_at": true, "updated_at": true,
	"email": true, "email_verified": true, "phone": true, "phone_verified": true, "picture": true,
}

// lastLoaded is the last of rolecall.Kinds that a Policy keeps.
const lastLoaded = rolecall.KindDirectGrant

// Load implements [rolecall.Store].
func (db *DB) Load(ctx context.Context, visit func(rolecall.Record) error) (rolecall.Head, error) {
	var head rolecall.Head
	err := db.transact(ctx, db.read, &sql.TxOptions{ReadOnly: true}, "", func(x *tx) error {
		head = x.head
		for _, t := range tables {
			if err := x.load(ctx, t, visit); err != nil {
				return err
			}
			if t.kind == lastLoaded {
				break
			}
		}
		return nil
	})
	return head, err
}

// load visits the rows of one table in the order of keys, which is the order
// that they lie in.
func (v *view) load(ctx context.Context, t *table, visit func(rolecall.Record) error) error {
	r := rolecall.NewRecord(t.kind)
	var fields []field
	for _, f := range t.fields(r) {
		if !notLoaded[f.name] {
			fields = append(fields, f)
		}
	}
	into := cells(fields)
	query := "SELECT " + quoted(names(fields)) + " FROM " + t.name + " ORDER BY " + quoted(t.keys())
	var stopped error
	err := v.query(ctx, query, nil, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		stopped = visit(r)
		return stopped
	})
	if stopped != nil {
		return stopped
	}
	return err
}
