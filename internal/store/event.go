package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall/internal/identity"
)

const eventColumns = "id, seq, time, share, kind, failure, detail, subject, login, client, tenant, audience, address, agent, door, repeats"

// eventRows is how many rows one statement inserts, if there are as many.
const eventRows = 25

// AddEvents implements [identity.Store]. It holds the lock of the project while
// it writes, which is what puts the events in one order with the journal.
func (db *DB) AddEvents(ctx context.Context, events []*identity.Event) error {
	if len(events) == 0 {
		return nil
	}
	return db.small(ctx, func(c *sql.Conn) error {
		return db.look(ctx, c, db.engine.ForUpdate, func(x *tx) error {
			if err := x.arrange(ctx, events); err != nil {
				return err
			}
			for part := range slices.Chunk(events, eventRows) {
				if len(part) == eventRows {
					if err := x.insertEvents(ctx, part); err != nil {
						return err
					}
					continue
				}
				for i := range part {
					if err := x.insertEvents(ctx, part[i:i+1]); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}

// arrange gives events their places, after all that is there.
func (x *tx) arrange(ctx context.Context, events []*identity.Event) error {
	var id, last, entry int64
	err := x.row(ctx, "SELECT id, time FROM sign_ins ORDER BY id DESC LIMIT 1", nil, &id, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = x.row(ctx, "SELECT time FROM journal WHERE seq = $1", []any{x.head.Seq}, &entry)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	at := max(last, entry)
	for _, e := range events {
		at = max(at, e.Time.UnixMilli())
		id = max(id+1, at*1000)
		e.ID, e.Seq, e.Time = id, x.head.Seq, instant(at)
	}
	return nil
}

func (x *tx) insertEvents(ctx context.Context, events []*identity.Event) error {
	const width = 16
	var rows []string
	var args []any
	for _, e := range events {
		rows = append(rows, "("+places(len(args)+1, width)+")")
		args = append(args, e.ID, e.Seq, e.Time.UnixMilli(), int64(e.Share()), string(e.Kind), string(e.Failure), e.Detail,
			string(e.Subject), e.Login, string(e.Client), string(e.Tenant), e.Audience, e.Address, e.Agent, e.Door, e.Repeats)
	}
	_, err := x.exec(ctx, "INSERT INTO sign_ins ("+eventColumns+") VALUES "+strings.Join(rows, ", "), args...)
	return err
}

// Events implements [identity.Store].
func (db *DB) Events(ctx context.Context, q identity.EventQuery) ([]*identity.Event, error) {
	var s selection
	for _, t := range []struct{ column, value string }{
		{"subject", string(q.Subject)}, {"client", string(q.Client)}, {"tenant", string(q.Tenant)}, {"kind", string(q.Kind)},
	} {
		if !storable(t.value) {
			return nil, bad(t.column, notStorable)
		}
		if t.value != "" {
			s.add(t.column+" = $1", t.value)
		}
	}
	if q.Failed != nil {
		if *q.Failed {
			s.add("share = $1", int64(identity.ShareFailures))
		} else {
			s.add("share < $1", int64(identity.ShareFailures))
		}
	}
	if !q.From.IsZero() {
		s.add("time >= $1", ceil(q.From))
		s.add("id >= $1", ceil(q.From)*1000) // which is what they are sorted by
	}
	if !q.To.IsZero() {
		s.add("time < $1", ceil(q.To))
	}
	order := " ORDER BY id"
	if q.Newest {
		order += " DESC"
		if q.After != 0 {
			s.add("id < $1", q.After)
		}
		if q.Seq != 0 {
			s.add("seq < $1", q.Seq)
		}
	} else {
		s.add("id > $1", q.After)
		if q.Seq != 0 {
			s.add("seq >= $1", q.Seq)
		}
	}
	s.args = append(s.args, int64(q.Limit))
	rows, err := db.short.QueryContext(ctx, "SELECT "+eventColumns+" FROM sign_ins"+s.where()+order+" LIMIT "+placeholder(len(s.args)), s.args...)
	if err != nil {
		return nil, db.explain(ctx, err)
	}
	defer rows.Close()
	var all []*identity.Event
	for rows.Next() {
		e := new(identity.Event)
		var at, share int64
		err := rows.Scan(&e.ID, &e.Seq, &at, &share, &e.Kind, &e.Failure, &e.Detail, &e.Subject, &e.Login, &e.Client, &e.Tenant,
			&e.Audience, &e.Address, &e.Agent, &e.Door, &e.Repeats)
		if err != nil {
			return nil, db.explain(ctx, err)
		}
		e.Time = instant(at)
		all = append(all, e)
	}
	return all, db.explain(ctx, rows.Err())
}

// ForgetEvents implements [identity.Store]. It deletes a few at a time, so that
// nobody waits for long.
func (db *DB) ForgetEvents(ctx context.Context, before time.Time, most int) error {
	if err := db.forgetEvents(ctx, "id < $1", before.UnixMilli()*1000); err != nil {
		return err
	}
	for share := range identity.Shares {
		var last int64 // of those that are too many
		err := db.short.QueryRowContext(ctx, "SELECT id FROM sign_ins WHERE share = $1 ORDER BY id DESC LIMIT 1 OFFSET $2", int64(share), int64(most)).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return db.explain(ctx, err)
		}
		if err := db.forgetEvents(ctx, "share = $1 AND id <= $2", int64(share), last); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) forgetEvents(ctx context.Context, which string, args ...any) error {
	const few = 1000
	for {
		var n int64
		err := db.small(ctx, func(c *sql.Conn) error {
			result, err := c.ExecContext(ctx, "DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE "+which+" ORDER BY id LIMIT 1000)", args...)
			if err != nil {
				return db.explain(ctx, err)
			}
			n, err = result.RowsAffected()
			return err
		})
		if err != nil || n < few {
			return err
		}
	}
}
