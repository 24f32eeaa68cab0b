package rolecall_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// A loose store stands before others: it can lose the one behind it, and get
// another.
type loose struct {
	behind atomic.Pointer[rolecall.Store]
	gone   atomic.Bool
}

var errGone = errors.Join(errors.New("nobody there"), rolecall.ErrUnavailable)

func (l *loose) store() (rolecall.Store, error) {
	if l.gone.Load() {
		return nil, errGone
	}
	return *l.behind.Load(), nil
}

func (l *loose) Head(ctx context.Context) (rolecall.Head, error) {
	s, err := l.store()
	if err != nil {
		return rolecall.Head{}, err
	}
	return s.Head(ctx)
}

func (l *loose) Load(ctx context.Context, visit func(rolecall.Record) error) (rolecall.Head, error) {
	s, err := l.store()
	if err != nil {
		return rolecall.Head{}, err
	}
	return s.Load(ctx, visit)
}

func (l *loose) Read(ctx context.Context, f func(rolecall.Reader) error) error {
	s, err := l.store()
	if err != nil {
		return err
	}
	return s.Read(ctx, f)
}

func (l *loose) Write(ctx context.Context, f func(rolecall.Tx) error) error {
	s, err := l.store()
	if err != nil {
		return err
	}
	return s.Write(ctx, f)
}

func (l *loose) Backup(ctx context.Context, path string) error {
	s, err := l.store()
	if err != nil {
		return err
	}
	return s.Backup(ctx, path)
}

func (l *loose) Close() error { return (*l.behind.Load()).Close() }

func (l *loose) put(t *testing.T, path string) {
	t.Helper()
	s, err := sqlite.File(path).OpenStore(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	l.behind.Store(&s)
}

var freshnessActor = rolecall.System("test")

// eventually waits for something to be so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("never %s", what)
		}
	}
}

func TestAStoreThatDoesNotAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for seconds")
	}
	t.Parallel()
	ctx := context.Background()
	l := new(loose)
	l.put(t, filepath.Join(t.TempDir(), "app.db"))
	rc, err := rolecall.New(ctx, l, rolecall.WithStaleFor(rolecall.FreshFor+time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if _, err := rc.Write(ctx, freshnessActor, rolecall.Create(&rolecall.User{ID: "ann"}),
		rolecall.Create(&rolecall.Permission{ID: "p", Name: "p"}), rolecall.Create(&rolecall.DirectGrant{Subject: "ann", Permission: "p"})); err != nil {
		t.Fatal(err)
	}
	allowed := func() bool {
		d, err := rc.Check(ctx, rolecall.Request{Subject: "ann", Permission: "p"})
		return err == nil && d.Allowed
	}
	time.Sleep(rolecall.FreshFor + 500*time.Millisecond)
	if rc.Stale() != 0 || !allowed() {
		t.Errorf("with its store, it is stale by %v and ann is allowed: %v", rc.Stale(), allowed())
	}
	began := time.Now()
	l.gone.Store(true)
	eventually(t, "stale", func() bool {
		if !allowed() {
			t.Errorf("after %v ann is not allowed", time.Since(began))
		}
		return rc.Stale() > 0
	})
	if took := time.Since(began); took > rolecall.FreshFor+500*time.Millisecond {
		t.Errorf("it was stale only after %v", took)
	}
	eventually(t, "without an answer", func() bool { return !allowed() })
	if took := time.Since(began); took < rolecall.FreshFor || took > rolecall.FreshFor+2*time.Second {
		t.Errorf("it decided for %v", took)
	}
	for what, err := range map[string]error{
		"check":     second(rc.Check(ctx, rolecall.Request{Subject: "ann", Permission: "p"})),
		"check all": second(rc.CheckAll(ctx, []rolecall.Request{{Subject: "ann", Permission: "p"}})),
		"decide":    second(rc.Decide(ctx, freshnessActor, rolecall.Request{Subject: "ann", Permission: "p"})),
		"explain":   second(rc.Explain(ctx, freshnessActor, rolecall.Request{Subject: "ann", Permission: "p"})),
		"snapshot":  second(rc.Snapshot(freshnessActor, "")),
		"view":      rc.View(ctx, freshnessActor, func(*rolecall.View) error { return nil }),
		"write":     second(rc.Write(ctx, freshnessActor, rolecall.Create(&rolecall.User{ID: "bob"}))),
	} {
		if !errors.Is(err, rolecall.ErrUnavailable) {
			t.Errorf("%s: got error %v, want one that is %q", what, err, rolecall.ErrUnavailable)
		}
	}
	l.gone.Store(false)
	eventually(t, "allowed again", func() bool { return allowed() && rc.Stale() == 0 })
}

func second[T any](_ T, err error) error { return err }

// A store may be restored from a backup while services use it, or be taken over
// by a server that had not seen all.
func TestAStoreThatIsPutBack(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	l := new(loose)
	l.put(t, filepath.Join(folder, "one.db"))
	rc, err := rolecall.New(ctx, l)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	user := func(rc *rolecall.Service, ids ...rolecall.SubjectID) {
		t.Helper()
		for _, id := range ids {
			if _, err := rc.Write(ctx, freshnessActor, rolecall.Create(&rolecall.User{ID: id})); err != nil {
				t.Fatal(err)
			}
		}
	}
	knows := func(id rolecall.SubjectID) bool { return rc.Policy().KindOf(id) != "" }
	user(rc, "ann")
	before := filepath.Join(folder, "before.db")
	if err := l.Backup(ctx, before); err != nil {
		t.Fatal(err)
	}
	user(rc, "bob", "eve")

	old := *l.behind.Load()
	l.put(t, before)
	eventually(t, "without bob", func() bool { return knows("ann") && !knows("bob") && rc.Revision() == 2 })
	old.Close()

	// The other history has grown longer than ours when we see it.
	user(rc, "kim")
	other := filepath.Join(folder, "other.db")
	if err := l.Backup(ctx, other); err != nil {
		t.Fatal(err)
	}
	user(rc, "lou")
	elsewhere, err := rolecall.Open(ctx, sqlite.File(other))
	if err != nil {
		t.Fatal(err)
	}
	user(elsewhere, "max", "ned", "ole")
	elsewhere.Close()
	l.put(t, other)
	eventually(t, "with ole and without lou", func() bool { return knows("kim") && knows("ole") && !knows("lou") && rc.Revision() == 6 })
	user(rc, "pat")
	if _, err := rc.VerifyAudit(ctx, freshnessActor, nil); err != nil {
		t.Error(err)
	}
}
