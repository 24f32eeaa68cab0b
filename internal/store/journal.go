package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
)

// A Queryer is a pool or a transaction.
type Queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readHead reads where the journal ends, and locks it if lock says so.
func readHead(ctx context.Context, from Queryer, lock string) (rolecall.Head, error) {
	var head rolecall.Head
	row := from.QueryRowContext(ctx, "SELECT id, revision, seq, hash FROM project"+lock)
	err := row.Scan(&head.Project, &head.Revision, &head.Seq, hashCell{&head.Hash})
	if errors.Is(err, sql.ErrNoRows) {
		return rolecall.Head{}, nil
	}
	return head, err
}

// hashCell scans a hash from bytes.
type hashCell struct{ at *rolecall.Hash }

func (c hashCell) Scan(from any) error {
	v, ok := from.([]byte)
	if !ok || len(v) != len(c.at) {
		return mismatch(from, "a hash")
	}
	copy(c.at[:], v)
	return nil
}

const appendEntry = `
	INSERT INTO journal (seq, revision, time, actor, on_behalf_of, door, request_id, reason,
		kind, key, subject, tenant, before, after, prev, hash)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

// Append implements [rolecall.Tx].
func (x *tx) Append(ctx context.Context, project string, entries []*rolecall.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	for _, e := range entries {
		_, err := x.exec(ctx, appendEntry, e.Seq, int64(e.Revision), e.Time.UnixMilli(),
			string(e.Actor), string(e.OnBehalfOf), e.Door, e.RequestID, e.Reason,
			string(e.Kind), e.Key, string(e.Subject), string(e.Tenant),
			objectCell{&e.Before}, objectCell{&e.After}, e.Prev[:], e.Hash[:])
		if err != nil {
			return err
		}
	}
	last := entries[len(entries)-1]
	head := rolecall.Head{Project: x.head.Project, Revision: last.Revision, Seq: last.Seq, Hash: last.Hash}
	move := "UPDATE project SET revision = $2, seq = $3, hash = $4 WHERE id = $1"
	if head.Project == "" {
		head.Project = project
		move = "INSERT INTO project (id, revision, seq, hash) VALUES ($1, $2, $3, $4)"
	}
	if _, err := x.exec(ctx, move, head.Project, int64(head.Revision), head.Seq, head.Hash[:]); err != nil {
		return err
	}
	x.head = head
	return nil
}

const entryColumns = `
	SELECT seq, revision, time, actor, on_behalf_of, door, request_id, reason,
		kind, key, subject, tenant, before, after, prev, hash
	FROM journal`

func scanEntry(rows *sql.Rows, e *rolecall.Entry) error {
	return rows.Scan(&e.Seq, &e.Revision, momentCell{&e.Time}, &e.Actor, &e.OnBehalfOf, &e.Door, &e.RequestID, &e.Reason,
		&e.Kind, &e.Key, &e.Subject, &e.Tenant, objectCell{&e.Before}, objectCell{&e.After}, hashCell{&e.Prev}, hashCell{&e.Hash})
}

// Entries implements [rolecall.Reader]. It reads in chunks, so that visit may use
// the transaction.
func (v *view) Entries(ctx context.Context, q rolecall.EntryQuery, visit func(*rolecall.Entry) error) error {
	s, err := v.selectEntries(ctx, q)
	if err != nil {
		return err
	}
	left := q.Limit
	for {
		size := chunk
		if q.Limit > 0 {
			size = min(size, left)
		}
		entries, err := v.entries(ctx, s, q.Newest, size)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := visit(e); err != nil {
				return err
			}
		}
		if left -= len(entries); len(entries) < size || q.Limit > 0 && left == 0 {
			return nil
		}
		if last := entries[len(entries)-1].Seq; q.Newest {
			s.below = last
		} else {
			s.above = last
		}
	}
}

// An entrySelection selects entries by terms and by their place in the journal:
// every bound becomes one of seq, which is what they are sorted by.
type entrySelection struct {
	selection
	above, below int64 // seq is more than the one and less than the other
}

func (v *view) selectEntries(ctx context.Context, q rolecall.EntryQuery) (*entrySelection, error) {
	s := &entrySelection{above: 0, below: math.MaxInt64}
	kind := "kind = $1"
	if q.Key != "" {
		kind = "kind || '' = $1" // so that the index of keys is used, which are nearly unique
	}
	texts := []struct{ column, value, term string }{
		{"actor", string(q.Actor), "actor = $1"},
		{"kind", string(q.Kind), kind},
		{"key", q.Key, "key = $1"},
		{"subject", string(q.Subject), "subject = $1 AND subject <> ''"}, // as the index has it
		{"tenant", string(q.Tenant), "tenant = $1 AND tenant <> ''"},
	}
	for _, t := range texts {
		if !storable(t.value) {
			return nil, bad(t.column, notStorable)
		}
		if t.value != "" {
			s.add(t.term, t.value)
		}
	}
	if q.Revision != 0 {
		s.add("revision = $1", int64(q.Revision))
	}
	if q.After != 0 && q.Newest {
		s.below = q.After
	} else {
		s.above = q.After
	}
	if q.Since != 0 {
		last, err := v.lastOf(ctx, q.Since)
		if err != nil {
			return nil, err
		}
		s.above = max(s.above, last)
	}
	if q.Through != 0 {
		last, err := v.lastOf(ctx, q.Through)
		if err != nil {
			return nil, err
		}
		s.below = min(s.below, last+1)
	}
	if q.From.IsZero() && q.To.IsZero() {
		return s, nil
	}
	// A clock may have been turned back, so that times are not in order.
	var times selection
	if !q.From.IsZero() {
		times.add("time >= $1", ceil(q.From))
		s.add("time >= $1", ceil(q.From))
	}
	if !q.To.IsZero() {
		times.add("time < $1", ceil(q.To))
		s.add("time < $1", ceil(q.To))
	}
	var first, last int64
	err := v.row(ctx, "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM journal"+times.where(), times.args, &first, &last)
	s.above, s.below = max(s.above, first-1), min(s.below, last+1)
	return s, err
}

// lastOf returns the seq of the last entry up to a revision.
func (v *view) lastOf(ctx context.Context, r rolecall.Revision) (seq int64, err error) {
	err = v.row(ctx, "SELECT seq FROM journal WHERE revision <= $1 ORDER BY revision DESC, seq DESC LIMIT 1", []any{int64(r)}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// entries reads one chunk.
func (v *view) entries(ctx context.Context, s *entrySelection, newest bool, limit int) ([]*rolecall.Entry, error) {
	part := selection{terms: slices.Clone(s.terms), args: slices.Clone(s.args)}
	part.add("seq > $1", s.above)
	part.add("seq < $1", s.below)
	part.args = append(part.args, int64(limit))
	query := entryColumns + part.where() + " ORDER BY seq"
	if newest {
		query += " DESC"
	}
	var all []*rolecall.Entry
	err := v.query(ctx, query+" LIMIT "+placeholder(len(part.args)), part.args, func(rows *sql.Rows) error {
		e := new(rolecall.Entry)
		all = append(all, e)
		return scanEntry(rows, e)
	})
	return all, err
}

// ceil rounds up to whole milliseconds.
func ceil(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

// Recall implements [rolecall.Reader].
func (v *view) Recall(ctx context.Context, actor rolecall.SubjectID, key string) (rolecall.Remembered, bool, error) {
	m := rolecall.Remembered{Actor: actor, Key: key}
	if !storable(string(actor)) || !storable(key) {
		return rolecall.Remembered{}, false, nil
	}
	err := v.row(ctx, "SELECT fingerprint, revision, time FROM idempotency_keys WHERE actor = $1 AND key = $2",
		[]any{string(actor), key}, hashCell{&m.Fingerprint}, &m.Revision, momentCell{&m.Time})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return rolecall.Remembered{}, false, nil
	case err != nil:
		return rolecall.Remembered{}, false, err
	}
	return m, true, nil
}

const rememberFor = 24 * time.Hour

// Remember implements [rolecall.Tx].
func (x *tx) Remember(ctx context.Context, m rolecall.Remembered) error {
	if !storable(string(m.Actor)) || !storable(m.Key) {
		return bad("idempotency_key", notStorable)
	}
	if _, err := x.exec(ctx, "DELETE FROM idempotency_keys WHERE time < $1", m.Time.Add(-rememberFor).UnixMilli()); err != nil {
		return err
	}
	n, err := x.exec(ctx, `
		INSERT INTO idempotency_keys (actor, key, fingerprint, revision, time)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		string(m.Actor), m.Key, m.Fingerprint[:], int64(m.Revision), m.Time.UnixMilli())
	if err == nil && n == 0 {
		return taken("idempotency_key")
	}
	return err
}
