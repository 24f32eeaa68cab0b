// Package storetest is the conformance suite of [rolecall.Store]: what every
// engine must do alike, whatever its database would do by itself.
//
// An engine's own tests call [Run] and add only what is its own: damaged files,
// lost connections, the text of errors.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
	"pgregory.net/rapid"
)

// An Engine is what is tested.
type Engine struct {
	// New returns the opener of a new and empty project. If Lasting, each store
	// that it opens is of this project; otherwise each has its own.
	New     func(t *testing.T) rolecall.Opener
	Lasting bool
	// Restore returns the opener of the project in a file that Backup wrote.
	Restore func(path string) rolecall.Opener
}

// Run runs the whole suite.
func Run(t *testing.T, e Engine) {
	tests := []struct {
		name string
		run  func(*testing.T, Engine)
	}{
		{"records come back as they went in", roundTrip},
		{"fields take every shape of text", awkwardText},
		{"text is told apart by byte", apart},
		{"text is sorted by byte", byteOrder},
		{"what is unique is refused with its field", conflicts},
		{"a refused write leaves the transaction usable", refusalIsHarmless},
		{"what is not there is not found", missing},
		{"what is referred to can't be deleted", referenced},
		{"a reference to nothing is refused", dangling},
		{"what refers to a record is found in an order to delete it in", referring},
		{"many referring records are deleted while they are visited", referringMany},

		{"lists agree with a plain filter and sort", listModel},
		{"lists select by tenant and group", listScope},
		{"lists search ids, names and e-mail addresses", listSearch},
		{"lists refuse what they can't do", listRefusals},
		{"pages hold everything once", paging},
		{"pages hold once what stays, while other rows come and go", pagingWhileWriting},

		{"a write that fails or panics changes nothing", rollback},
		{"a write sees itself, and others see it when it is committed", isolation},
		{"a cancelled write changes nothing", cancelled},
		{"writers do not lose each other's writes", concurrentWriters},
		{"readers never see half a write", concurrentReaders},

		{"the journal is followed whoever reads", followersFirst},

		{"the journal is selected", entries},
		{"the head moves with the journal", heads},
		{"idempotency keys are kept for a day", remember},
		{"when a credential was used is kept beside the journal", credentialUses},
		{"logins are kept beside the journal", logins},
		{"interactions of browsers are kept until they end", interactions},
		{"tokens of the OpenID provider hang on grants, and those on logins", grants},
		{"what is used by many at once has one first user", firstUse},
		{"consents are kept", consents},
		{"tickets are kept beside the journal, and taken once", tickets},
		{"the sign-in log is kept beside the journal, in one order with it", events},
		{"who follows the sign-in log misses nothing", eventsFollowed},
		{"webhooks are kept beside the journal, and told by one process", webhooks},
		{"loading visits what a policy keeps, from one state", load},
		{"a visitor's error ends the visit", visitorErrors},
		{"a closed store says so", closed},
		{"what was written is there after reopening", reopening},
		{"a backup made while writing is complete", backup},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, e) })
	}
}

// A store adds to a Store what tests do all the time. It fails the test itself.
type store struct {
	rolecall.Store
	t rapid.TB
}

// open opens a new project, and closes it when the test ends.
func (e Engine) open(t *testing.T) store {
	t.Helper()
	return opened(t, e.New(t))
}

func opened(t *testing.T, from rolecall.Opener) store {
	t.Helper()
	s, err := from.OpenStore(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return store{s, t}
}

const project = "P000000000000000000000000001"

// start is the time of the first write.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// write makes a transaction that must succeed.
func (s store) write(f func(rolecall.Tx) error) {
	s.t.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// read makes a reading transaction that must succeed.
func (s store) read(f func(rolecall.Reader) error) {
	s.t.Helper()
	if err := s.Read(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// put inserts records and journals them, in one write.
func (s store) put(records ...rolecall.Record) {
	s.t.Helper()
	s.write(func(tx rolecall.Tx) error { return put(tx, records...) })
}

func put(tx rolecall.Tx, records ...rolecall.Record) error {
	var changes []rolecall.Entry
	for _, r := range records {
		if err := tx.Insert(context.Background(), r); err != nil {
			return fmt.Errorf("insert %s %q: %w", r.Kind(), r.Key(), err)
		}
		changes = append(changes, rolecall.Entry{Kind: r.Kind(), Key: r.Key(), After: []byte(`{}`)})
	}
	return journal(tx, changes...)
}

// journal appends changes as the entries of the next revision.
func journal(tx rolecall.Tx, changes ...rolecall.Entry) error {
	head := tx.Head()
	revision := head.Revision + 1
	var entries []*rolecall.Entry
	for _, e := range changes {
		if e.Time.IsZero() {
			e.Time = start.Add(time.Duration(revision) * time.Second)
		}
		if e.Actor == "" {
			e.Actor = rolecall.SystemSubject
		}
		head = e.Seal(head, revision)
		entries = append(entries, &e)
	}
	return tx.Append(context.Background(), project, entries)
}

// get returns a record that must be there.
func (s store) get(kind rolecall.Kind, key string) rolecall.Record {
	s.t.Helper()
	var record rolecall.Record
	s.read(func(r rolecall.Reader) (err error) {
		record, err = r.Get(context.Background(), kind, key)
		return err
	})
	return record
}

// list returns a page that must be had.
func (s store) list(q rolecall.Query) rolecall.Page {
	s.t.Helper()
	var page rolecall.Page
	s.read(func(r rolecall.Reader) (err error) {
		page, err = r.List(context.Background(), q)
		return err
	})
	return page
}

func keys(records []rolecall.Record) []string {
	all := []string{}
	for _, r := range records {
		all = append(all, r.Key())
	}
	return all
}

// same reports a difference.
func same[T any](t rapid.TB, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s is not as it should be (-want +got):\n%s", what, d)
	}
}

// wants reports an error that is not of a kind and, if field is not "", not of a field.
func wants(t rapid.TB, what string, err, kind error, field string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got error %v, want one that is %q", what, err, kind)
		return
	}
	var named *rolecall.FieldError
	if field != "" && (!errors.As(err, &named) || named.Field != field) {
		t.Errorf("%s: got error %v, want one that names %q", what, err, field)
	}
}
