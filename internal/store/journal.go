package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// queryer is a pool or a transaction.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readHead reads where the journal ends, and locks it if lock says so.
func readHead(ctx context.Context, from queryer, lock string) (rolecall.Head, error) {
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

const selectEntries = `
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
	left := q.Limit
	for {
		size := chunk
		if q.Limit > 0 {
			size = min(size, left)
		}
		entries, err := v.entries(ctx, q, size)
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
		q.After = entries[len(entries)-1].Seq
	}
}

// entries reads one chunk.
func (v *view) entries(ctx context.Context, q rolecall.EntryQuery, limit int) ([]*rolecall.Entry, error) {
	var terms []string
	var args []any
	where := func(term string, value any) {
		args = append(args, value)
		terms = append(terms, strings.ReplaceAll(term, "$1", placeholder(len(args))))
	}
	texts := []struct{ column, value string }{
		{"actor", string(q.Actor)}, {"kind", string(q.Kind)}, {"key", q.Key},
		{"subject", string(q.Subject)}, {"tenant", string(q.Tenant)},
	}
	for _, t := range texts {
		if !storable(t.value) {
			return nil, bad(t.column, notStorable)
		}
		if t.value != "" {
			where(t.column+" = $1 AND "+t.column+" <> ''", t.value) // the indexes leave '' out
		}
	}
	if !q.From.IsZero() {
		where("time >= $1", ceil(q.From))
	}
	if !q.To.IsZero() {
		where("time < $1", ceil(q.To))
	}
	if q.Revision != 0 {
		where("revision = $1", int64(q.Revision))
	}
	if q.Since != 0 {
		where("revision > $1", int64(q.Since))
	}
	if q.Through != 0 {
		where("revision <= $1", int64(q.Through))
	}
	order := " ORDER BY seq"
	switch {
	case !q.Newest && q.After != 0:
		where("seq > $1", q.After)
	case q.Newest:
		order += " DESC"
		if q.After != 0 {
			where("seq < $1", q.After)
		}
	}
	query := selectEntries
	if len(terms) > 0 {
		query += " WHERE " + strings.Join(terms, " AND ")
	}
	query += fmt.Sprintf("%s LIMIT %d", order, limit)

	var all []*rolecall.Entry
	err := v.query(ctx, query, args, func(rows *sql.Rows) error {
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
