package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func tickets(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	state, ok := s.Store.(identity.Store)
	if !ok {
		t.Fatalf("a %T is no identity.Store", s.Store)
	}
	s.put(&rolecall.User{ID: "maya"}, &rolecall.User{ID: "noah"})
	head, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made := func(hash string, subject rolecall.SubjectID, at time.Time, lasts time.Duration) *identity.Ticket {
		t.Helper()
		ticket := &identity.Ticket{
			Hash: []byte(hash), Purpose: identity.ForReset, Subject: subject, Email: "zoë@example.com", Proves: subject == "maya",
			ReturnURL: "https://app.example.com/?a=b", Revision: 7, CreatedAt: at, ExpiresAt: at.Add(lasts),
		}
		if err := state.AddTicket(ctx, ticket); err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	there := func(what string, want *identity.Ticket) {
		t.Helper()
		got, err := state.FindTicket(ctx, want.Hash)
		if err != nil {
			t.Error(err)
		}
		same(t, what, got, want)
	}
	gone := func(what, hash string) {
		t.Helper()
		if _, err := state.FindTicket(ctx, []byte(hash)); !errors.Is(err, rolecall.ErrNotFound) {
			t.Errorf("%s: %v, want %v", what, err, rolecall.ErrNotFound)
		}
	}

	if err := state.AddTicket(ctx, &identity.Ticket{Hash: []byte("x"), Subject: "nobody", CreatedAt: start, ExpiresAt: start}); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("of nobody: %v, want %v", err, rolecall.ErrNotFound)
	}
	mayas, noahs := made("\x00\xff maya's", "maya", start, time.Hour), made("noah's", "noah", start, time.Minute)
	there("a new one", mayas)
	there("another", noahs)
	gone("one by another hash", "\x00\xff maya")
	if state.AddTicket(ctx, mayas) == nil {
		t.Error("two tickets have one hash")
	}

	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if ok, err := state.TakeTicket(ctx, mayas.Hash); err != nil {
				t.Error(err)
			} else if ok {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("one ticket was taken %d times", taken.Load())
	}
	gone("a taken one", string(mayas.Hash))
	there("another than the one taken", noahs)

	late := made("late", "maya", start.Add(time.Minute), time.Hour)
	gone("one that had expired when another was made", "noah's")
	there("the one that was made then", late)
	if after, err := s.Head(ctx); err != nil || after != head {
		t.Errorf("the head went from %v to %v, %v", head, after, err)
	}
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.User{ID: "maya"}) })
	gone("a deleted user's", "late")
}
