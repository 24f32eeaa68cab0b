package storetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
)

// needed returns what Load fills of a record, nil if it does not visit the kind.
func needed(r rolecall.Record) rolecall.Record {
	switch r := r.(type) {
	case *rolecall.API:
		return &rolecall.API{ID: r.ID, Identifier: r.Identifier, Name: r.Name}
	case *rolecall.Permission:
		return &rolecall.Permission{ID: r.ID, API: r.API, Name: r.Name}
	case *rolecall.Tenant:
		return &rolecall.Tenant{ID: r.ID, Name: r.Name}
	case *rolecall.Constraint:
		return &rolecall.Constraint{ID: r.ID, Name: r.Name, Type: r.Type, Tenant: r.Tenant, MaxAllowed: r.MaxAllowed}
	case *rolecall.Session:
		return &rolecall.Session{ID: r.ID, Subject: r.Subject, Tenant: r.Tenant, Validity: r.Validity}
	case *rolecall.Role:
		return &rolecall.Role{ID: r.ID, Tenant: r.Tenant, Name: r.Name, Default: r.Default, Private: r.Private}
	case *rolecall.User:
		return &rolecall.User{ID: r.ID, Blocked: r.Blocked}
	case *rolecall.Client:
		return &rolecall.Client{ID: r.ID, Blocked: r.Blocked}
	case *rolecall.Group:
		return &rolecall.Group{ID: r.ID, Name: r.Name}
	case *rolecall.Assignment:
		return &rolecall.Assignment{Subject: r.Subject, Role: r.Role, Scope: r.Scope, Source: r.Source, Validity: r.Validity}
	case *rolecall.DirectGrant:
		return &rolecall.DirectGrant{Subject: r.Subject, Permission: r.Permission, Scope: r.Scope, Source: r.Source, Validity: r.Validity}
	case *rolecall.LoginID, *rolecall.Credential, *rolecall.SigningKey, *rolecall.Setting,
		*rolecall.ClientGrant, *rolecall.Invitation, *rolecall.InvitationRole:
		return nil
	}
	return clone(r)
}

// clone copies a record that is about to be used again.
func clone(r rolecall.Record) rolecall.Record {
	switch r := r.(type) {
	case *rolecall.API:
		return copied(r)
	case *rolecall.Permission:
		return copied(r)
	case *rolecall.Tenant:
		return copied(r)
	case *rolecall.Role:
		return copied(r)
	case *rolecall.Inheritance:
		return copied(r)
	case *rolecall.Grant:
		return copied(r)
	case *rolecall.User:
		return copied(r)
	case *rolecall.Client:
		return copied(r)
	case *rolecall.Group:
		return copied(r)
	case *rolecall.GroupMember:
		return copied(r)
	case *rolecall.Membership:
		return copied(r)
	case *rolecall.Assignment:
		return copied(r)
	case *rolecall.DirectGrant:
		return copied(r)
	case *rolecall.Constraint:
		return copied(r)
	case *rolecall.ConstraintRole:
		return copied(r)
	case *rolecall.Session:
		return copied(r)
	case *rolecall.SessionRole:
		return copied(r)
	}
	panic(fmt.Sprintf("%T is not loaded", r))
}

func copied[T any](r *T) *T {
	c := *r
	return &c
}

func load(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	want := map[string]rolecall.Record{}
	for _, records := range s.populate(30) {
		for _, r := range records {
			if r := needed(r); r != nil {
				want[fmt.Sprint(r.Kind(), " ", r.Key())] = r
			}
		}
	}
	got := map[string]rolecall.Record{}
	place := map[rolecall.Kind]int{}
	for i, kind := range rolecall.Kinds {
		place[kind] = i
	}
	at := 0
	head, err := s.Load(ctx, func(r rolecall.Record) error {
		if place[r.Kind()] < at {
			t.Errorf("a %s was visited after a %s", r.Kind(), rolecall.Kinds[at])
		}
		at = place[r.Kind()]
		got[fmt.Sprint(r.Kind(), " ", r.Key())] = clone(r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what was loaded", got, want)
	same(t, "the head", head, first(s.Head(ctx)))

	// One state: each write adds a user and blocks all that are there.
	s = e.open(t)
	s.put(&rolecall.Tenant{ID: "t", Name: "t"})
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		defer close(done)
		for n := range 60 {
			s.write(func(tx rolecall.Tx) error {
				if err := tx.Update(ctx, &rolecall.Tenant{ID: "t", Name: fmt.Sprint(n + 1)}); err != nil {
					return err
				}
				return put(tx, &rolecall.User{ID: rolecall.SubjectID(fmt.Sprint("u", n))})
			})
		}
	})
	defer group.Wait()
	for {
		users, name := 0, ""
		head, err := s.Load(ctx, func(r rolecall.Record) error {
			switch r := r.(type) {
			case *rolecall.Tenant:
				name = r.Name
			case *rolecall.User:
				users++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if users > 0 && (name != fmt.Sprint(users) || head.Revision != rolecall.Revision(1+users)) {
			t.Fatalf("loaded %d users and name %q at revision %d", users, name, head.Revision)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func closed(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(&rolecall.User{ID: "u"})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	for what, err := range map[string]error{
		"head":   second(s.Head(ctx)),
		"load":   second(s.Load(ctx, func(rolecall.Record) error { return nil })),
		"read":   s.Read(ctx, func(rolecall.Reader) error { return nil }),
		"write":  s.Write(ctx, func(rolecall.Tx) error { return nil }),
		"backup": s.Backup(ctx, filepath.Join(t.TempDir(), "backup")),
	} {
		wants(t, what, err, rolecall.ErrClosed, "")
	}
}

// contents reads everything that a store holds.
func contents(s store) (all []rolecall.Record, journal []*rolecall.Entry, head rolecall.Head) {
	s.t.Helper()
	s.read(func(r rolecall.Reader) error {
		head = r.Head()
		for _, kind := range rolecall.Kinds {
			page, err := r.List(context.Background(), rolecall.Query{Kind: kind})
			if err != nil {
				return err
			}
			all = append(all, page.Records...)
		}
		return errors.Join(verify(r), r.Entries(context.Background(), rolecall.EntryQuery{}, func(e *rolecall.Entry) error {
			journal = append(journal, e)
			return nil
		}))
	})
	return all, journal, head
}

func reopening(t *testing.T, e Engine) {
	if !e.Lasting {
		t.Skip("what this engine keeps does not outlive its store")
	}
	from := e.New(t)
	s := opened(t, from)
	s.put(town()...)
	records, journal, head := contents(s)
	s.Close()
	again := opened(t, from)
	gotRecords, gotJournal, gotHead := contents(again)
	same(t, "the records", gotRecords, records)
	same(t, "the journal", gotJournal, journal)
	same(t, "the head", gotHead, head)
	again.put(&rolecall.User{ID: "new"})
	same(t, "the next revision", first(again.Head(context.Background())).Revision, head.Revision+1)
}

func backup(t *testing.T, e Engine) {
	if e.Restore == nil {
		t.Skip("this engine's backups are tested by itself")
	}
	ctx := context.Background()
	s := e.open(t)
	s.put(town()...)
	s.put(&rolecall.Setting{Name: "a", Value: []byte("0")}, &rolecall.Setting{Name: "b", Value: []byte("0")})

	still := filepath.Join(t.TempDir(), "still")
	if err := s.Backup(ctx, still); err != nil {
		t.Fatal(err)
	}
	records, journal, head := contents(s)
	gotRecords, gotJournal, gotHead := contents(opened(t, e.Restore(still)))
	same(t, "the records", gotRecords, records)
	same(t, "the journal", gotJournal, journal)
	same(t, "the head", gotHead, head)
	if err := s.Backup(ctx, still); !errors.Is(err, rolecall.ErrConflict) {
		t.Errorf("a backup over another: got error %v, want one that is %q", err, rolecall.ErrConflict)
	}

	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				s.write(func(tx rolecall.Tx) error { return count(tx, "a", "b") })
			}
		}
	})
	var last rolecall.Revision
	for n := range 5 {
		path := filepath.Join(t.TempDir(), fmt.Sprint("moving", n))
		if err := s.Backup(ctx, path); err != nil {
			t.Error(err)
			break
		}
		copied := opened(t, e.Restore(path))
		copied.read(func(r rolecall.Reader) error {
			a, err := numberOf(r, "a")
			if err != nil {
				return err
			}
			b, err := numberOf(r, "b")
			if d := cmp.Diff(a, b); d != "" || r.Head().Revision != rolecall.Revision(2+a) {
				t.Errorf("a backup holds a = %d and b = %d at %v", a, b, r.Head())
			}
			if r.Head().Revision < last {
				t.Errorf("a backup at revision %d after one at %d", r.Head().Revision, last)
			}
			last = r.Head().Revision
			return errors.Join(err, verify(r))
		})
		copied.put(&rolecall.User{ID: "only here"})
	}
	close(done)
	group.Wait()
}
