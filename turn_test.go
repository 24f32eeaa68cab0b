package rolecall_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// A write whose context has ended does not wait for the one before it.
func TestAWriteWaitsNoLongerThanItsContext(t *testing.T) {
	s := newStage(t)
	holds, release := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		_, err := s.Write(context.Background(), rolecall.System("test"), rolecall.Plan(func(context.Context, *rolecall.View) ([]rolecall.Op, error) {
			close(holds)
			<-release
			return []rolecall.Op{rolecall.Create(user("first"))}, nil
		}))
		first <- err
	}()
	<-holds
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() {
		_, err := s.Write(ctx, rolecall.System("test"), rolecall.Create(user("second")))
		second <- err
	}()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("the second write: %v, want the context's error", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the first write: %v", err)
	}
	s.add(user("third"))
}

// A store that takes no writes says so in the log, once, with the reason that
// callers are not told, and so does one that takes them again.
func TestTheLogSaysWhyTheStoreTakesNoWrites(t *testing.T) {
	inner, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	full := &fullStore{Store: inner}
	var log strings.Builder
	s, err := rolecall.New(t.Context(), full, rolecall.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	write := func(id rolecall.SubjectID) error {
		_, err := s.Write(t.Context(), rolecall.System("test"), rolecall.Create(user(id)))
		return err
	}
	full.err = rolecall.ErrUnavailable
	for range 3 {
		if err := write("a"); !errors.Is(err, rolecall.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	full.err = nil
	for _, id := range []rolecall.SubjectID{"a", "a", "b"} {
		write(id) // the second of which is refused
	}
	s.Close()
	for text, want := range map[string]int{"takes no writes": 1, "takes writes again": 1} {
		if n := strings.Count(log.String(), text); n != want {
			t.Errorf("the log says %d times %q, want %d:\n%s", n, text, want, log.String())
		}
	}
}

// A fullStore fails to write with err, if there is one.
type fullStore struct {
	rolecall.Store
	err error
}

func (s *fullStore) Write(ctx context.Context, f func(rolecall.Tx) error) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.Write(ctx, f)
}
