package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

func entries(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	// 1300 entries, more than a store reads at a time, two in each revision.
	var all []*rolecall.Entry
	s.write(func(tx rolecall.Tx) error {
		for n := range 650 {
			base := rolecall.Entry{Time: start.Add(time.Duration(n) * time.Millisecond), Actor: rolecall.SubjectID(fmt.Sprint("actor", n%3))}
			one, two := base, base
			one.Kind, one.Key, one.After = rolecall.KindUser, fmt.Sprint("u", n%5), []byte(fmt.Sprintf(`{"n": %d, "é": "e\u0301"}`, n))
			one.Subject = rolecall.SubjectID(one.Key)
			one.OnBehalfOf, one.Door, one.RequestID, one.Reason = "boss", "native", "req-1", "because of Straße"
			two.Kind, two.Key, two.Before = rolecall.KindRole, fmt.Sprint("r", n%7), []byte(`{}`)
			if n%4 == 0 {
				two.Tenant = "acme"
			}
			if err := journal(tx, one, two); err != nil {
				return err
			}
		}
		return nil
	})
	s.read(func(r rolecall.Reader) error {
		return r.Entries(ctx, rolecall.EntryQuery{}, func(e *rolecall.Entry) error { all = append(all, e); return nil })
	})
	same(t, "the number of entries", len(all), 1300)
	s.read(verify)
	same(t, "an entry's before", string(all[1].Before), `{}`)
	same(t, "an entry's after", string(all[0].After), `{"n": 0, "é": "e\u0301"}`)
	same(t, "an entry's absent after", all[1].After == nil, true)
	same(t, "an entry's time", all[2].Time, start.Add(time.Millisecond))

	tests := []struct {
		name string
		q    rolecall.EntryQuery
		want func(*rolecall.Entry) bool
	}{
		{"all", rolecall.EntryQuery{}, func(*rolecall.Entry) bool { return true }},
		{"an actor's", rolecall.EntryQuery{Actor: "actor1"}, func(e *rolecall.Entry) bool { return e.Actor == "actor1" }},
		{"a kind's", rolecall.EntryQuery{Kind: rolecall.KindRole}, func(e *rolecall.Entry) bool { return e.Kind == rolecall.KindRole }},
		{"a record's", rolecall.EntryQuery{Kind: rolecall.KindRole, Key: "r3"}, func(e *rolecall.Entry) bool { return e.Key == "r3" }},
		{"a subject's", rolecall.EntryQuery{Subject: "u2"}, func(e *rolecall.Entry) bool { return e.Subject == "u2" }},
		{"a tenant's", rolecall.EntryQuery{Tenant: "acme"}, func(e *rolecall.Entry) bool { return e.Tenant == "acme" }},
		{"nobody's", rolecall.EntryQuery{Actor: "Actor1"}, func(e *rolecall.Entry) bool { return false }},
		{"from a time", rolecall.EntryQuery{From: all[600].Time}, func(e *rolecall.Entry) bool { return !e.Time.Before(all[600].Time) }},
		{"to a time", rolecall.EntryQuery{To: all[600].Time}, func(e *rolecall.Entry) bool { return e.Time.Before(all[600].Time) }},
		{"to just after a time", rolecall.EntryQuery{To: all[600].Time.Add(1)}, func(e *rolecall.Entry) bool { return !e.Time.After(all[600].Time) }},
		{"of a revision", rolecall.EntryQuery{Revision: 44}, func(e *rolecall.Entry) bool { return e.Revision == 44 }},
		{"since a revision", rolecall.EntryQuery{Since: 640}, func(e *rolecall.Entry) bool { return e.Revision > 640 }},
		{"through a revision", rolecall.EntryQuery{Through: 640}, func(e *rolecall.Entry) bool { return e.Revision <= 640 }},
		{"between revisions, of a tenant and an actor", rolecall.EntryQuery{Since: 10, Through: 600, Tenant: "acme", Actor: "actor2"},
			func(e *rolecall.Entry) bool {
				return e.Revision > 10 && e.Revision <= 600 && e.Tenant == "acme" && e.Actor == "actor2"
			}},
	}
	for _, test := range tests {
		for _, newest := range []bool{false, true} {
			for _, limit := range []int{0, 1, 3, 500, 501} {
				for _, after := range []int64{0, 1, 700} {
					q := test.q
					q.Newest, q.Limit, q.After = newest, limit, after
					var got, want []int64
					s.read(func(r rolecall.Reader) error {
						return r.Entries(ctx, q, func(e *rolecall.Entry) error { got = append(got, e.Seq); return nil })
					})
					order := slices.Clone(all)
					if newest {
						slices.Reverse(order)
					}
					for _, e := range order {
						beyond := after == 0 || !newest && e.Seq > after || newest && e.Seq < after
						if beyond && test.want(e) && (limit == 0 || len(want) < limit) {
							want = append(want, e.Seq)
						}
					}
					same(t, fmt.Sprintf("%s, newest %v, limit %d, after %d", test.name, newest, limit, after), got, want)
				}
			}
		}
	}
	err := s.Read(ctx, func(r rolecall.Reader) error {
		return r.Entries(ctx, rolecall.EntryQuery{Actor: "\xff"}, func(*rolecall.Entry) error { return nil })
	})
	wants(t, "entries of bytes that are not UTF-8", err, rolecall.ErrInvalid, "actor")
}

func heads(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	same(t, "the first head", first(s.Head(ctx)), rolecall.Head{})
	s.write(func(tx rolecall.Tx) error {
		same(t, "the first head in a write", tx.Head(), rolecall.Head{})
		if err := journal(tx, rolecall.Entry{}, rolecall.Entry{}); err != nil {
			return err
		}
		same(t, "the project", tx.Head().Project, project)
		same(t, "the revision", tx.Head().Revision, 1)
		same(t, "the entries", tx.Head().Seq, 2)
		if err := tx.Append(ctx, "another", nil); err != nil { // no entries: nothing happens
			return err
		}
		return journal(tx, rolecall.Entry{})
	})
	head := first(s.Head(ctx))
	same(t, "the revision after two", head.Revision, 2)
	same(t, "the entries after two", head.Seq, 3)
	s.read(func(r rolecall.Reader) error { same(t, "the reader's head", r.Head(), head); return verify(r) })

	err := s.Write(ctx, func(tx rolecall.Tx) error { // an entry's place is taken
		e := &rolecall.Entry{Time: start}
		e.Seal(rolecall.Head{}, 3)
		return tx.Append(ctx, project, []*rolecall.Entry{e})
	})
	if err == nil {
		t.Error("a second entry 1 was appended")
	}
	same(t, "the head after that", first(s.Head(ctx)), head)
}

func remember(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	m := rolecall.Remembered{Actor: "ann", Key: "k", Fingerprint: rolecall.Hash{1, 2, 255}, Revision: 7, Time: start}
	recall := func(actor rolecall.SubjectID, key string) (got rolecall.Remembered, known bool) {
		t.Helper()
		s.read(func(r rolecall.Reader) (err error) {
			got, known, err = r.Recall(ctx, actor, key)
			return err
		})
		return got, known
	}
	if got, known := recall("ann", "k"); known || got != (rolecall.Remembered{}) {
		t.Errorf("recalled %v before it was remembered", got)
	}
	s.write(func(tx rolecall.Tx) error {
		if err := tx.Remember(ctx, m); err != nil {
			return err
		}
		got, known, err := tx.Recall(ctx, "ann", "k")
		same(t, "what the write itself recalls", got, m)
		same(t, "that it is known", known, true)
		wants(t, "the same key again", tx.Remember(ctx, m), rolecall.ErrConflict, "idempotency_key")
		return err
	})
	if got, known := recall("ann", "k"); !known || got != m {
		t.Errorf("recalled %v, %v, want %v", got, known, m)
	}
	for _, other := range [][2]string{{"Ann", "k"}, {"ann", "K"}, {"bob", "k"}, {"ann", ""}, {"ann", "\x00"}} {
		if _, known := recall(rolecall.SubjectID(other[0]), other[1]); known {
			t.Errorf("recalled %q", other)
		}
	}
	later := func(key string, after time.Duration) {
		s.write(func(tx rolecall.Tx) error {
			return tx.Remember(ctx, rolecall.Remembered{Actor: "bob", Key: key, Time: start.Add(after)})
		})
	}
	later("a day later", 24*time.Hour)
	if _, known := recall("ann", "k"); !known {
		t.Error("a key was forgotten within a day")
	}
	later("a week later", 7*24*time.Hour)
	if _, known := recall("ann", "k"); known {
		t.Error("a key was kept for a week") // they may be kept, but not for ever
	}
	if _, known := recall("bob", "a week later"); !known {
		t.Error("a new key was forgotten")
	}
}

func visitorErrors(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(town()...)
	stop := errors.New("stop")
	visited := 0
	record := func(rolecall.Record) error { visited++; return stop }
	tests := map[string]func() error{
		"load": func() error { return second(s.Load(ctx, record)) },
		"entries": func() error {
			return s.Read(ctx, func(r rolecall.Reader) error {
				return r.Entries(ctx, rolecall.EntryQuery{}, func(*rolecall.Entry) error { visited++; return stop })
			})
		},
		"referring": func() error {
			return s.Read(ctx, func(r rolecall.Reader) error { return r.Referring(ctx, rolecall.KindUser, "ann", record) })
		},
	}
	for name, visit := range tests {
		visited = 0
		if err := visit(); err != stop || visited != 1 {
			t.Errorf("%s: got error %v after %d visits, want the visitor's after one", name, err, visited)
		}
	}
}
