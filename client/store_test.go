package client_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/store"
	"github.com/rolecall/rolecall/postgres"
	"github.com/rolecall/rolecall/sqlite"
)

// A moving store is one database or another, or none.
type moving struct {
	*store.DB // what is not asked below
	now       atomic.Pointer[store.DB]
}

var errAway = fmt.Errorf("the store is away: %w", rolecall.ErrUnavailable)

func (m *moving) Head(ctx context.Context) (rolecall.Head, error) {
	if db := m.now.Load(); db != nil {
		return db.Head(ctx)
	}
	return rolecall.Head{}, errAway
}

func (m *moving) Load(ctx context.Context, visit func(rolecall.Record) error) (rolecall.Head, error) {
	if db := m.now.Load(); db != nil {
		return db.Load(ctx, visit)
	}
	return rolecall.Head{}, errAway
}

func (m *moving) Read(ctx context.Context, f func(rolecall.Reader) error) error {
	if db := m.now.Load(); db != nil {
		return db.Read(ctx, f)
	}
	return errAway
}

func (m *moving) Follow(ctx context.Context, f func(rolecall.Reader) error) error {
	return m.Read(ctx, f)
}

func (m *moving) Write(ctx context.Context, f func(rolecall.Tx) error) error {
	if db := m.now.Load(); db != nil {
		return db.Write(ctx, f)
	}
	return errAway
}

func newMoving(t *testing.T) *moving {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rolecall.db"))
	if err != nil {
		t.Fatal(err)
	}
	m := &moving{DB: db}
	m.now.Store(db)
	return m
}

// TestAServerWithoutItsStore: a feed that goes on does not make a copy fresh when
// the server itself can't know what is new.
func TestAServerWithoutItsStore(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many seconds")
	}
	t.Parallel()
	m := newMoving(t)
	s := newServerOn(t, m)
	blog(t, s.dial(t, ""))
	r := s.replicate(t, "", client.MaxStale(3*time.Second))
	db := m.now.Swap(nil)
	untilStale(t, r, 3*time.Second, time.Now())
	if st := r.Status(); !st.Connected || !st.Stale {
		t.Errorf("Status = %+v", st)
	}
	m.now.Store(db)
	eventually(t, "fresh again", func() bool { _, err := r.Check(t.Context(), alicePublishes); return err == nil })
	if n := r.Status().Snapshots; n != 1 {
		t.Errorf("%d snapshots", n)
	}
}

// TestARestoredDatabase: a copy that followed what a backup does not know is
// made anew, whether the backup is behind it, or has gone on to the same
// revision or beyond.
func TestARestoredDatabase(t *testing.T) {
	for name, ahead := range map[string]int{"behind": 0, "at the same revision": 2, "ahead": 5} {
		t.Run(name, func(t *testing.T) {
			m := newMoving(t)
			s := newServerOn(t, m)
			blog(t, s.dial(t, ""))
			path := filepath.Join(t.TempDir(), "backup.db")
			if err := m.Backup(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			r := s.replicate(t, "")
			part := s.replicate(t, "", client.OnlyTenant("acme"))
			for i := range 2 {
				s.system(t, rolecall.Create(&rolecall.Assignment{Subject: "carol", Role: "editor", Scope: rolecall.Scope{Tenant: "acme", Resource: fmt.Sprint("doc:", i)}}))
			}
			lost := rolecall.Request{Subject: "carol", Permission: "post.publish", Tenant: "acme", Resource: "doc:0"}
			eventually(t, "followed", func() bool { return allowed(t, r, lost) && allowed(t, part, lost) })

			restored, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { restored.Close() })
			if ahead > 0 {
				other, err := rolecall.New(t.Context(), sameStore{restored})
				if err != nil {
					t.Fatal(err)
				}
				for i := range ahead {
					_, err := other.Write(t.Context(), rolecall.System("test"), rolecall.Create(&rolecall.User{ID: rolecall.SubjectID(fmt.Sprint("new", i))}))
					if err != nil {
						t.Fatal(err)
					}
				}
				other.Close()
			}
			m.now.Store(restored)
			eventually(t, "put back", func() bool { return !allowed(t, r, lost) && !allowed(t, part, lost) })
			at := s.system(t, rolecall.Create(&rolecall.Assignment{Subject: "carol", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}))
			eventually(t, "followed again", func() bool { return allowed(t, r, lost) && allowed(t, part, lost) })
			if got := r.Revision(); got != at {
				t.Errorf("it is at revision %d, want %d", got, at)
			}
		})
	}
}

// sameStore does not close.
type sameStore struct{ *store.DB }

func (sameStore) Close() error { return nil }

// BenchmarkVisibilityAcrossNodes measures how long a change that one of three
// nodes on one PostgreSQL makes takes to be visible in every one of 30 replicas,
// ten of each node: from the beginning of the write that makes it.
func BenchmarkVisibilityAcrossNodes(b *testing.B) {
	source := pgtest.Source(b)
	var nodes []*server
	var replicas []*client.Replica
	for range 3 {
		db, err := postgres.Open(b.Context(), source)
		if err != nil {
			b.Fatal(err)
		}
		nodes = append(nodes, newServerOn(b, db))
	}
	blog(b, nodes[0].dial(b, ""))
	for _, node := range nodes {
		if err := node.rc.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
		for range 10 {
			replicas = append(replicas, node.replicate(b, ""))
		}
	}
	var took []time.Duration
	var n int
	for b.Loop() {
		n++
		began := time.Now()
		at := nodes[n%3].system(b, rolecall.Put(&rolecall.User{ID: "alice", Blocked: n%2 == 0}))
		for _, r := range replicas {
			if err := r.WaitFor(b.Context(), at); err != nil {
				b.Fatal(err)
			}
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(0, "ns/op")
}
