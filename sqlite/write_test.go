package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

// BenchmarkWrite makes one assignment through the Store, which is a row, a
// journal entry and the head, and beside it the same three statements by the
// bare driver in a file with the same schema. Both are on the disk when they
// return. The ratio is of medians, of pairs made in turn.
func BenchmarkWrite(b *testing.B) {
	ctx := b.Context() // can be cancelled, like a request's
	folder := b.TempDir()
	db, err := Open(ctx, filepath.Join(folder, "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	other, err := Open(ctx, filepath.Join(folder, "bare.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer other.Close()
	for _, s := range []rolecall.Store{db, other} {
		if err := s.Write(ctx, founding(ctx)); err != nil {
			b.Fatal(err)
		}
	}
	bare, err := newBare(ctx, filepath.Join(folder, "bare.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer bare.conn.Close()

	var through, beside []time.Duration
	n := 0
	for b.Loop() {
		n++
		// Each is first every other time: what follows a sync finds a quieter disk.
		for i := range 2 {
			began := time.Now()
			if i == n%2 {
				err = db.Write(ctx, func(tx rolecall.Tx) error { return assign(ctx, tx, n) })
				through = append(through, time.Since(began))
			} else {
				err = bare.assign(n)
				beside = append(beside, time.Since(began))
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	a, c := median(through), median(beside)
	b.ReportMetric(float64(a.Microseconds()), "store-µs")
	b.ReportMetric(float64(c.Microseconds()), "bare-µs")
	b.ReportMetric(float64(a)/float64(c), "ratio")
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func founding(ctx context.Context) func(rolecall.Tx) error {
	return func(tx rolecall.Tx) error {
		e := &rolecall.Entry{Time: time.Now(), Actor: rolecall.SystemSubject}
		e.Seal(rolecall.Head{}, 1)
		for _, r := range []rolecall.Record{&rolecall.User{ID: "ann"}, &rolecall.Role{ID: "clerk", Name: "clerk"}} {
			if err := tx.Insert(ctx, r); err != nil {
				return err
			}
		}
		return tx.Append(ctx, "P", []*rolecall.Entry{e})
	}
}

func assign(ctx context.Context, tx rolecall.Tx, n int) error {
	a, e, err := assignment(n)
	if err != nil {
		return err
	}
	if err := tx.Insert(ctx, a); err != nil {
		return err
	}
	e.Seal(tx.Head(), tx.Head().Revision+1)
	return tx.Append(ctx, "P", []*rolecall.Entry{e})
}

func assignment(n int) (*rolecall.Assignment, *rolecall.Entry, error) {
	a := &rolecall.Assignment{Subject: "ann", Role: "clerk", Source: rolecall.SourceManual, Reason: "new here"}
	a.Resource = fmt.Sprintf("doc:%07d", n*7919%1_000_000)
	after, err := json.Marshal(a)
	e := &rolecall.Entry{Time: time.Now(), Actor: "bob", Door: "native", RequestID: "req-123456", Kind: a.Kind(), Key: a.Key(), Subject: a.Subject, After: after}
	return a, e, err
}

// bare is SQLite with prepared statements and nothing else.
type bare struct {
	conn             driver.Conn
	row, entry, head driver.Stmt
	begin, commit    driver.Stmt
	seq              int64
}

func newBare(ctx context.Context, path string) (*bare, error) {
	c, err := connector(path, "WAL", settings{synchronous: "FULL", wait: time.Second}).Connect(ctx)
	if err != nil {
		return nil, err
	}
	b := &bare{conn: c, seq: 1}
	for query, at := range map[string]*driver.Stmt{
		"BEGIN IMMEDIATE": &b.begin,
		"COMMIT":          &b.commit,
		"INSERT INTO assignments VALUES (?, ?, ?, ?, ?, ?, ?, ?)":                     &b.row,
		"INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)": &b.entry,
		"UPDATE project SET revision = ?, seq = ?, hash = ?":                          &b.head,
	} {
		if *at, err = c.Prepare(query); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bare) assign(n int) error {
	a, e, err := assignment(n)
	if err != nil {
		return err
	}
	b.seq++
	e.Seal(rolecall.Head{Seq: b.seq - 1}, rolecall.Revision(b.seq))
	for _, step := range []struct {
		s    driver.Stmt
		args []driver.Value
	}{
		{b.begin, nil},
		{b.row, []driver.Value{string(a.Subject), string(a.Role), "", a.Resource, string(a.Source), nil, nil, a.Reason}},
		{b.entry, []driver.Value{e.Seq, int64(e.Revision), e.Time.UnixMilli(), string(e.Actor), "", e.Door, e.RequestID, "",
			string(e.Kind), e.Key, string(e.Subject), "", nil, string(e.After), e.Prev[:], e.Hash[:]}},
		{b.head, []driver.Value{int64(e.Revision), e.Seq, e.Hash[:]}},
		{b.commit, nil},
	} {
		//lint:ignore SA1019 the floor is what the driver does without a context
		if _, err := step.s.Exec(step.args); err != nil {
			return err
		}
	}
	return nil
}
