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

// marks is when credentials were used.
type marks = map[rolecall.CredentialID]time.Time

func credentialUses(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	uses, ok := s.Store.(identity.Store)
	if !ok {
		t.Fatalf("a %T is no identity.Store", s.Store)
	}
	s.put(town()...)
	head, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	mark := func(at marks) {
		t.Helper()
		if err := uses.MarkUsed(ctx, at); err != nil {
			t.Error(err)
		}
	}
	last := func(what string, want marks, ids ...rolecall.CredentialID) {
		t.Helper()
		got, err := uses.LastUsed(ctx, ids...)
		if err != nil {
			t.Error(err)
		}
		same(t, what, got, want)
	}

	last("nothing asked", marks{})
	last("nothing marked", marks{}, "key", "secret", "nobody's")
	mark(nil)
	mark(marks{"key": start, "nobody's": start})
	last("one of two", marks{"key": start}, "key", "secret", "nobody's")
	mark(marks{"key": start.Add(-time.Millisecond), "secret": start.Add(time.Hour)})
	last("an earlier time", marks{"key": start, "secret": start.Add(time.Hour)}, "secret", "key", "key")
	mark(marks{"key": start.Add(time.Millisecond)})
	last("a later time", marks{"key": start.Add(time.Millisecond)}, "key")

	s.write(func(tx rolecall.Tx) error {
		c := *s.get(rolecall.KindCredential, "key").(*rolecall.Credential)
		c.Disabled = true
		return tx.Update(ctx, &c)
	})
	last("a changed credential", marks{"key": start.Add(time.Millisecond)}, "key")
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.Credential{ID: "key"}) })
	last("a deleted credential", marks{}, "key")
	s.put(&rolecall.Credential{ID: "key", Subject: "robot", Type: rolecall.AccessKey})
	last("one made anew", marks{}, "key")

	many := marks{}
	var ids []rolecall.CredentialID
	var records []rolecall.Record
	for n := range 1100 {
		id := rolecall.CredentialID(fmt.Sprintf("key %d", n))
		ids, many[id] = append(ids, id), start.Add(time.Duration(n)*time.Second)
		records = append(records, &rolecall.Credential{ID: id, Subject: "robot", Type: rolecall.AccessKey})
	}
	s.put(records...)
	var wg sync.WaitGroup
	for range 3 { // at the same time as one another and as a write
		wg.Go(func() { mark(many) })
	}
	s.put(&rolecall.Tenant{ID: "globex", Name: "globex"})
	wg.Wait()
	last("many", many, ids...)

	after, err := s.Head(ctx)
	if err != nil || after.Revision != head.Revision+3 {
		t.Errorf("the revision went from %d to %d, %v, want the three writes of records", head.Revision, after.Revision, err)
	}
}
