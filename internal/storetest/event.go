package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func events(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	log := s.Store.(identity.Store)
	s.put(&rolecall.User{ID: "maya"}) // the journal's first entry, a second after start
	add := func(all ...*identity.Event) {
		t.Helper()
		if err := log.AddEvents(ctx, all); err != nil {
			t.Fatal(err)
		}
	}
	read := func(q identity.EventQuery) (all []*identity.Event) {
		t.Helper()
		if q.Limit == 0 {
			q.Limit = 100
		}
		all, err := log.Events(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	at := start.Add(time.Minute)
	one := &identity.Event{
		Time: at, Kind: identity.EventSignIn, Subject: "maya", Login: "zoë@example.com", Client: "app", Tenant: "acme",
		Audience: "https://api.example.com", Address: "192.0.2.1", Agent: "Firefox", Door: "oidc", Detail: "d", Repeats: 7,
	}
	early := &identity.Event{Time: start, Kind: identity.EventSignIn, Failure: identity.FailPassword, Subject: "maya"} // happened before, comes after
	add(one, early)
	same(t, "when what is written down later is said to have happened", early.Time, at)
	s.put(&rolecall.User{ID: "noah"})
	code := &identity.Event{Time: at.Add(time.Hour), Kind: identity.EventCode, Subject: "noah", Client: "app"}
	add(code)

	if one.ID < at.UnixMilli()*1000 || early.ID <= one.ID || code.ID <= early.ID {
		t.Errorf("ids %d, %d, %d, want them to grow, from %d", one.ID, early.ID, code.ID, at.UnixMilli()*1000)
	}
	same(t, "the entries of the journal before the events", []int64{one.Seq, early.Seq, code.Seq}, []int64{1, 1, 2})
	same(t, "all events", read(identity.EventQuery{}), []*identity.Event{one, early, code})
	for _, test := range []struct {
		name string
		q    identity.EventQuery
		want []*identity.Event
	}{
		{"the newest first", identity.EventQuery{Newest: true}, []*identity.Event{code, early, one}},
		{"as many as asked for", identity.EventQuery{Newest: true, Limit: 1}, []*identity.Event{code}},
		{"after one", identity.EventQuery{After: one.ID}, []*identity.Event{early, code}},
		{"before one", identity.EventQuery{After: code.ID, Newest: true}, []*identity.Event{early, one}},
		{"after an entry of the journal", identity.EventQuery{Seq: 2}, []*identity.Event{code}},
		{"before an entry of the journal", identity.EventQuery{Seq: 2, Newest: true}, []*identity.Event{early, one}},
		{"of a subject", identity.EventQuery{Subject: "noah"}, []*identity.Event{code}},
		{"of a client", identity.EventQuery{Client: "app"}, []*identity.Event{one, code}},
		{"of a tenant", identity.EventQuery{Tenant: "acme"}, []*identity.Event{one}},
		{"of a kind", identity.EventQuery{Kind: identity.EventCode}, []*identity.Event{code}},
		{"that failed", identity.EventQuery{Failed: new(true)}, []*identity.Event{early}},
		{"that went well", identity.EventQuery{Failed: new(false)}, []*identity.Event{one, code}},
		{"from a time on", identity.EventQuery{From: at.Add(time.Hour)}, []*identity.Event{code}},
		{"before a time", identity.EventQuery{To: at.Add(time.Hour)}, []*identity.Event{one, early}},
	} {
		same(t, "events "+test.name, read(test.q), test.want)
	}
	_, err := log.Events(ctx, identity.EventQuery{Subject: "a\x00", Limit: 1})
	wants(t, "a subject with a zero byte", err, rolecall.ErrInvalid, "subject")

	if err := log.ForgetEvents(ctx, at.Add(time.Minute), 10); err != nil {
		t.Fatal(err)
	}
	same(t, "events after the old ones were forgotten", read(identity.EventQuery{}), []*identity.Event{code})
	var many []*identity.Event
	for i := range 2100 {
		many = append(many, &identity.Event{Time: at.Add(time.Hour), Kind: identity.EventSignIn, Failure: identity.FailUnknown, Detail: fmt.Sprint(i)})
	}
	add(many...)
	if err := log.ForgetEvents(ctx, start, 3); err != nil {
		t.Fatal(err)
	}
	same(t, "events after too many failed", read(identity.EventQuery{}), append([]*identity.Event{code}, many[2097:]...))
}

// Whoever follows the log by ids and entries sees every event, whoever writes.
func eventsFollowed(t *testing.T, e Engine) {
	s := e.open(t)
	log := s.Store.(identity.Store)
	s.put(&rolecall.User{ID: "maya"})
	const writers, each = 4, 15
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				event := &identity.Event{Time: start, Kind: identity.EventSignIn, Detail: fmt.Sprint(w, " ", i)}
				if err := log.AddEvents(t.Context(), []*identity.Event{event}); err != nil {
					t.Error(err)
				}
				if i%5 == 0 {
					s.put(&rolecall.User{ID: rolecall.SubjectID(fmt.Sprint("u", w, "-", i))})
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	seen := map[string]int{}
	var last *identity.Event
	for over := false; ; {
		q := identity.EventQuery{Limit: 7}
		if last != nil {
			q.After = last.ID
		}
		all, err := log.Events(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range all {
			if last != nil && (event.Seq < last.Seq || event.Time.Before(last.Time)) {
				t.Errorf("an event after entry %d at %s comes after one after entry %d at %s", event.Seq, event.Time, last.Seq, last.Time)
			}
			last = event
			seen[event.Detail]++
		}
		if len(all) > 0 {
			continue
		}
		if over {
			break
		}
		select {
		case <-done:
			over = true // one more look
		default:
		}
	}
	if len(seen) != writers*each {
		t.Errorf("who followed saw %d events, want %d", len(seen), writers*each)
	}
}
