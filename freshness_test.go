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
	missed atomic.Int64 // how often it was asked while it was gone
}

var errGone = errors.Join(errors.New("nobody there"), rolecall.ErrUnavailable)

func (l *loose) store() (rolecall.Store, error) {
	if l.gone.Load() {
		l.missed.Add(1)
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

// eventually waits for something to be so, which has to stay so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !so(); time.Sleep(10 * time.Millisecond) {
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
	const staleFor = rolecall.FreshFor + time.Second
	rc, err := rolecall.New(ctx, l, rolecall.WithStaleFor(staleFor))
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
		can, failed := rc.Can(ctx, "ann", "p", "")
		if err == nil && failed == nil && can != d.Allowed {
			t.Errorf("Can says %v, Check %v", can, d.Allowed)
		}
		return err == nil && d.Allowed
	}
	time.Sleep(rolecall.FreshFor + 500*time.Millisecond)
	eventually(t, "fresh, with its store", func() bool { return rc.Stale() == 0 && allowed() })
	l.gone.Store(true)
	gone := time.Now()
	eventually(t, "missed", func() bool { return l.missed.Load() > 0 }) // what was asked before it went is answered
	// It knows how old its snapshot is, and goes by that: however late we look.
	eventually(t, "without an answer", func() bool {
		silent := time.Since(gone)
		if stale := rc.Stale(); silent > rolecall.FreshFor && stale == 0 {
			t.Errorf("%v after its store went it is fresh", silent)
		} else if older := rc.Age(); stale != 0 && older <= rolecall.FreshFor {
			t.Errorf("it is stale by %v at an age of %v", stale, older)
		}
		answers := allowed()
		if answers && silent > staleFor {
			t.Errorf("%v after its store went it decides", silent)
		} else if older := rc.Age(); !answers && older <= staleFor {
			t.Errorf("it decides nothing at an age of %v", older)
		}
		return !answers
	})
	for what, err := range map[string]error{
		"check":     second(rc.Check(ctx, rolecall.Request{Subject: "ann", Permission: "p"})),
		"can":       second(rc.Can(ctx, "ann", "p", "")),
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

// A waker is a store that wakes the Service when the test says so.
type waker struct {
	rolecall.Store
	heads atomic.Int64 // how often the head was looked at
	wakes chan func()
}

func (w *waker) Head(ctx context.Context) (rolecall.Head, error) {
	w.heads.Add(1)
	return w.Store.Head(ctx)
}

func (w *waker) Watch(ctx context.Context, wake func()) {
	w.wakes <- wake
	<-ctx.Done()
}

func (w *waker) Follow(ctx context.Context, f func(rolecall.Reader) error) error {
	return w.Read(ctx, f)
}

// A Service looks at the head four times a second, and whenever it is woken.
func TestAServiceLooksWhenItIsWoken(t *testing.T) {
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &waker{Store: store, wakes: make(chan func(), 1)}
	began := time.Now()
	rc, err := rolecall.New(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	wake := <-w.wakes
	eventually(t, "looking more often than by itself", func() bool {
		wake()
		return w.heads.Load() > int64(time.Since(began)/(250*time.Millisecond))+10
	})
}
