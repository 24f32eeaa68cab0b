package rolecall_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

var system = rolecall.System("test")

// blog is a small world: editors write and publish, readers read.
func blog() []rolecall.Record {
	return []rolecall.Record{
		permission("post.read"), permission("post.write"), permission("post.publish"),
		role("reader"), grant("reader", "post.read"),
		role("editor"), grant("editor", "post.write"), grant("editor", "post.publish"), inherits("editor", "reader"),
		tenant("acme"), tenant("globex"),
		user("alice"), user("bob"),
		assigned("alice", "editor", everywhere), assigned("bob", "reader", in("acme")),
	}
}

func TestWriteRefusesBadRecords(t *testing.T) {
	long := strings.Repeat("x", 201)
	for _, tt := range []struct {
		name  string
		op    rolecall.Op
		want  error
		field string
	}{
		{"a name of 201 characters", rolecall.Create(&rolecall.Role{ID: "r", Name: long}), rolecall.ErrInvalid, "name"},
		{"no name", rolecall.Create(&rolecall.Role{ID: "r"}), rolecall.ErrInvalid, "name"},
		{"a blank name", rolecall.Create(&rolecall.Role{ID: "r", Name: "  "}), rolecall.ErrInvalid, "name"},
		{"a name that is not UTF-8", rolecall.Create(&rolecall.Role{ID: "r", Name: "a\xff"}), rolecall.ErrInvalid, "name"},
		{"a name with a line break", rolecall.Create(&rolecall.Role{ID: "r", Name: "a\nb"}), rolecall.ErrInvalid, "name"},
		{"no id", rolecall.Create(&rolecall.Role{Name: "r"}), rolecall.ErrInvalid, "id"},
		{"an id of 256 bytes", rolecall.Create(user(rolecall.SubjectID(strings.Repeat("x", 256)))), rolecall.ErrInvalid, "id"},
		{"attributes that are no object", rolecall.Create(&rolecall.User{ID: "u", Attributes: []byte(`[1]`)}), rolecall.ErrInvalid, "attributes"},
		{"a duplicate id", rolecall.Create(user("alice")), rolecall.ErrConflict, "id"},
		{"a group with a user's id", rolecall.Create(group("alice")), rolecall.ErrConflict, "id"},
		{"a duplicate role name", rolecall.Create(&rolecall.Role{ID: "r", Name: "editor"}), rolecall.ErrConflict, "name"},
		{"a duplicate permission name", rolecall.Create(&rolecall.Permission{ID: "p", Name: "post.read"}), rolecall.ErrConflict, "name"},
		{"the system's id", rolecall.Create(user("system")), rolecall.ErrConflict, "id"},
		{"a permission of an unknown API", rolecall.Create(&rolecall.Permission{ID: "p", API: "nope", Name: "p"}), rolecall.ErrNotFound, "api"},
		{"an unknown role", rolecall.Create(assigned("alice", "nope", everywhere)), rolecall.ErrNotFound, "role"},
		{"an unknown subject", rolecall.Create(assigned("nobody", "editor", everywhere)), rolecall.ErrNotFound, "subject"},
		{"an unknown tenant", rolecall.Create(assigned("alice", "editor", in("nope"))), rolecall.ErrNotFound, "tenant"},
		{"an unknown permission", rolecall.Create(grant("editor", "nope")), rolecall.ErrNotFound, "permission"},
		{"a resource without a type", rolecall.Create(assigned("alice", "editor", rolecall.Scope{Resource: "seven"})), rolecall.ErrInvalid, "resource"},
		{"an expiry in the past", rolecall.Create(until(assigned("bob", "editor", everywhere), noon.Add(-time.Hour))), rolecall.ErrInvalid, "expires_at"},
		{"an expiry before the start", rolecall.Create(&rolecall.Assignment{Subject: "bob", Role: "editor",
			Validity: rolecall.Validity{StartsAt: noon.Add(2 * time.Hour), ExpiresAt: noon.Add(time.Hour)}}), rolecall.ErrInvalid, "expires_at"},
		{"an unknown source", rolecall.Create(&rolecall.Assignment{Subject: "bob", Role: "editor", Source: "rumour"}), rolecall.ErrInvalid, "source"},
		{"a role that inherits from itself", rolecall.Create(inherits("editor", "editor")), rolecall.ErrInvalid, "junior"},
		{"a cycle of two roles", rolecall.Create(inherits("reader", "editor")), rolecall.ErrInvalid, "junior"},
		{"changing an API's identifier", rolecall.Update(&rolecall.API{ID: "shop", Identifier: "https://other", Name: "Shop"}), rolecall.ErrInvalid, "identifier"},
		{"changing a role's tenant", rolecall.Update(tenantRole("acme", "editor")), rolecall.ErrInvalid, "tenant"},
		{"updating what is not there", rolecall.Update(role("nope")), rolecall.ErrNotFound, "role"},
		{"deleting what is not there", rolecall.Delete(role("nope")), rolecall.ErrNotFound, "role"},
		{"unassigning what is not assigned", rolecall.Unassign(*assigned("bob", "editor", everywhere)), rolecall.ErrNotFound, "assignment"},
		{"a member that is nobody", rolecall.Create(member("team", "nobody")), rolecall.ErrNotFound, "member"},
		{"a group in itself", rolecall.Create(member("team", "team")), rolecall.ErrInvalid, "member"},
		{"a tenant's role in another tenant", rolecall.Create(assigned("bob", "acme-only", in("globex"))), rolecall.ErrInvalid, "tenant"},
		{"a tenant's role everywhere", rolecall.Create(assigned("bob", "acme-only", everywhere)), rolecall.ErrInvalid, "tenant"},
		{"inheriting from a tenant's role", rolecall.Create(inherits("editor", "acme-only")), rolecall.ErrInvalid, "junior"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, append(blog(), group("team"), tenantRole("acme", "acme-only"),
				&rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Shop"})...)
			s.unchanged(func() {
				_, err := s.Write(t.Context(), system, tt.op)
				wantError(t, err, tt.want)
				var field *rolecall.FieldError
				if !errors.As(err, &field) || field.Field != tt.field {
					t.Errorf("got %v, want an error that names %q", err, tt.field)
				}
			})
		})
	}
}

func TestSameNamesInDifferentHomes(t *testing.T) {
	s := newStage(t, blog()...)
	s.add(
		&rolecall.Role{ID: "r1", Name: "editor", Tenant: "acme"}, &rolecall.Role{ID: "r2", Name: "editor", Tenant: "globex"},
		&rolecall.Role{ID: "r3", Name: "Editor"},
		&rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Shop"},
		&rolecall.Permission{ID: "p1", API: "shop", Name: "post.read"},
	)
}

func TestAWriteIsAllOrNothing(t *testing.T) {
	s := newStage(t, blog()...)
	s.unchanged(func() {
		_, err := s.Write(t.Context(), system,
			rolecall.Create(user("carol")),
			rolecall.Create(assigned("carol", "nope", everywhere)),
			rolecall.Create(assigned("carol", "editor", everywhere)),
			rolecall.Create(user("alice")))
		var rows []string
		for _, e := range rolecall.OpErrors(err) {
			rows = append(rows, fmt.Sprint(e.Index, " ", e.Err))
		}
		want := []string{`1 role "nope" does not exist`, `3 id is taken`}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
	})
	if _, err := rolecall.Find(t.Context(), s.Service, system, user("carol")); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("carol is there: %v", err)
	}
}

func TestDecisionsFollowWritesAtOnce(t *testing.T) {
	s := newStage(t, blog()...)
	steps := []struct {
		op   rolecall.Op
		want bool // may bob publish in acme afterwards?
	}{
		{rolecall.Create(assigned("bob", "editor", in("acme"))), true},
		{rolecall.Modify(user("bob"), func(u *rolecall.User) error { u.Blocked = true; return nil }), false},
		{rolecall.Modify(user("bob"), func(u *rolecall.User) error { u.Blocked = false; return nil }), true},
		{rolecall.Delete(grant("editor", "post.publish")), false},
		{rolecall.Put(grant("editor", "post.publish")), true},
		{rolecall.Unassign(*assigned("bob", "editor", in("acme"))), false},
		{rolecall.Create(direct("bob", "post.publish", everywhere)), true},
		{rolecall.Revoke(*direct("bob", "post.publish", everywhere)), false},
		{rolecall.Put(assigned("bob", "editor", in("acme"))), true},
		{rolecall.Delete(tenant("acme")), false},
		{rolecall.Create(tenant("acme")), false},
		{rolecall.Put(assigned("bob", "editor", everywhere)), true},
		{rolecall.Delete(role("editor")), false},
	}
	for i, step := range steps {
		if _, err := s.Write(t.Context(), system, step.op); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if got := s.can("bob", "post.publish", in("acme")); got != step.want {
			t.Errorf("after step %d: got %v, want %v", i, got, step.want)
		}
	}
	if _, err := s.VerifyAudit(t.Context(), system, nil); err != nil {
		t.Error(err)
	}
}

func TestARenameKeepsEveryReference(t *testing.T) {
	s := newStage(t, blog()...)
	_, err := s.Write(t.Context(), system,
		rolecall.Modify(role("editor"), func(r *rolecall.Role) error { r.Name = "Chief"; return nil }),
		rolecall.Modify(permission("post.publish"), func(p *rolecall.Permission) error { p.Name = "release"; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if !s.can("alice", "release", everywhere) || s.can("alice", "post.publish", everywhere) {
		t.Error("alice can't release, or can still post.publish")
	}
}

func TestADeleteTakesWhatRefersToIt(t *testing.T) {
	s := newStage(t, blog()...)
	receipt, err := s.Write(t.Context(), system, rolecall.Delete(role("editor")))
	if err != nil {
		t.Fatal(err)
	}
	var gone []string
	for _, c := range receipt.Changes {
		if c.After != nil {
			t.Errorf("%s was left", c.After.Kind())
		}
		gone = append(gone, strings.ReplaceAll(string(c.Before.Kind())+" "+c.Before.Key(), "\t", "·"))
	}
	if n := len(gone); n != 5 || gone[n-1] != "role editor" {
		t.Errorf("gone: %q, want two grants, an inheritance, an assignment, and last the role", gone)
	}
}

func TestAPutThatChangesNothingIsNoWrite(t *testing.T) {
	s := newStage(t, blog()...)
	s.now = s.now.Add(time.Hour)
	s.unchanged(func() {
		receipt, err := s.Write(t.Context(), system, rolecall.Put(role("editor")), rolecall.Put(assigned("alice", "editor", everywhere)))
		if err != nil || len(receipt.Changes) != 0 || receipt.Revision != s.Revision() {
			t.Errorf("got %+v, %v", receipt, err)
		}
	})
}

func TestSourcesKeepToTheirOwn(t *testing.T) {
	s := newStage(t, blog()...)
	sso := *assigned("bob", "editor", everywhere)
	sso.Source = rolecall.SourceSSO
	s.add(&sso, assigned("bob", "editor", everywhere))
	if _, err := s.Write(t.Context(), system, rolecall.Unassign(sso)); err != nil {
		t.Fatal(err)
	}
	if !s.can("bob", "post.publish", everywhere) {
		t.Error("ending the assignment by sso ended the manual one")
	}
	s.add(&sso)
	if _, err := s.Write(t.Context(), system, rolecall.Unassign(*assigned("bob", "editor", everywhere))); err != nil {
		t.Fatal(err)
	}
	if s.can("bob", "post.publish", everywhere) {
		t.Error("unassigning without a source left one")
	}
}

func TestDefaultRolesComeWithNewUsersAndMembers(t *testing.T) {
	s := newStage(t, permission("p"), permission("q"), tenant("acme"),
		&rolecall.Role{ID: "everyone", Name: "everyone", Default: true}, grant("everyone", "p"),
		&rolecall.Role{ID: "staff", Name: "staff", Default: true, Tenant: "acme"}, grant("staff", "q"),
		user("alice"), &rolecall.Client{ID: "bot", Name: "bot"})
	if !s.can("alice", "p", everywhere) || s.can("bot", "p", everywhere) || s.can("alice", "q", in("acme")) {
		t.Error("the project's default role is for every new user, and only that")
	}
	s.add(&rolecall.Membership{Tenant: "acme", Subject: "alice"})
	if !s.can("alice", "q", in("acme")) || s.can("alice", "q", everywhere) {
		t.Error("the tenant's default role is for its new members, there")
	}
	a, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.Assignment{Subject: "alice", Role: "everyone", Source: rolecall.SourceDefault})
	if err != nil || a.Source != rolecall.SourceDefault {
		t.Errorf("got %v, %v, want an assignment of source default", a, err)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	s := newStage(t, blog()...)
	by := rolecall.Actor{Subject: "alice", IdempotencyKey: "k1", Fingerprint: rolecall.Hash{1}}
	s.add(assigned("alice", rolecall.RoleOwner, everywhere))
	first, err := s.Write(t.Context(), by, rolecall.Create(user("carol")))
	if err != nil {
		t.Fatal(err)
	}
	s.add(user("dave"))
	s.unchanged(func() {
		again, err := s.Write(t.Context(), by, rolecall.Create(user("carol")))
		if err != nil || !again.Replayed || again.Revision != first.Revision {
			t.Errorf("got %+v, %v", again, err)
		}
		if diff := cmp.Diff(first.Changes[0].After, again.Changes[0].After); diff != "" {
			t.Errorf("the record (-first +again):\n%s", diff)
		}
		by.Fingerprint = rolecall.Hash{2}
		_, err = s.Write(t.Context(), by, rolecall.Create(user("erin")))
		wantError(t, err, rolecall.ErrReplay)
	})
	s.now = s.now.Add(24*time.Hour + time.Millisecond) // a day later the key is free
	if fresh, err := s.Write(t.Context(), by, rolecall.Create(user("erin"))); err != nil || fresh.Replayed {
		t.Errorf("a day later: %+v, %v", fresh, err)
	}
	by.Subject = rolecall.SystemSubject // keys are the actor's own
	_, err = s.Write(t.Context(), rolecall.Actor{Subject: "bob", IdempotencyKey: "k1"}, rolecall.Create(user("frank")))
	wantError(t, err, rolecall.ErrForbidden)
}

func TestADryRunChangesNothingAndSaysWhatWould(t *testing.T) {
	s := newStage(t, append(blog(), group("team"), member("team", "bob"))...)
	dry := system
	dry.DryRun = true
	effect := func(s rolecall.SubjectID, name string, where rolecall.Scope) rolecall.Effect {
		return rolecall.Effect{Subject: s, PermissionRef: rolecall.PermissionRef{API: "default", Name: name}, Scope: where}
	}
	for _, tt := range []struct {
		name         string
		op           rolecall.Op
		gained, lost []rolecall.Effect
	}{
		{"assigning what is partly held", rolecall.Create(assigned("bob", "editor", in("acme"))),
			[]rolecall.Effect{effect("bob", "post.publish", in("acme")), effect("bob", "post.write", in("acme"))}, nil},
		{"widening what is held in one tenant", rolecall.Create(assigned("bob", "reader", everywhere)),
			[]rolecall.Effect{effect("bob", "post.read", everywhere)}, nil},
		{"assigning to a group", rolecall.Create(assigned("team", "reader", in("globex"))),
			[]rolecall.Effect{effect("bob", "post.read", in("globex"))}, nil},
		{"assigning what is held already", rolecall.Create(assigned("alice", "reader", in("acme"))), nil, nil},
		{"deleting a role", rolecall.Delete(role("editor")), nil,
			[]rolecall.Effect{effect("alice", "post.publish", everywhere), effect("alice", "post.read", everywhere), effect("alice", "post.write", everywhere)}},
		{"taking a permission out of an inherited role", rolecall.Delete(grant("reader", "post.read")), nil,
			[]rolecall.Effect{effect("alice", "post.read", everywhere), effect("bob", "post.read", in("acme"))}},
		{"blocking", rolecall.Modify(user("bob"), func(u *rolecall.User) error { u.Blocked = true; return nil }), nil,
			[]rolecall.Effect{effect("bob", "post.read", in("acme"))}},
		{"describing", rolecall.Modify(role("editor"), func(r *rolecall.Role) error { r.Description = "x"; return nil }), nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.unchanged(func() {
				receipt, err := s.Write(t.Context(), dry, tt.op)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.gained, receipt.Gained); diff != "" {
					t.Errorf("gained (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.lost, receipt.Lost); diff != "" {
					t.Errorf("lost (-want +got):\n%s", diff)
				}
			})
		})
	}
	if !s.can("alice", "post.publish", everywhere) || s.can("bob", "post.publish", in("acme")) {
		t.Error("a dry run left something behind")
	}
}

func TestTheJournalTellsWhoDidWhat(t *testing.T) {
	s := newStage(t, blog()...)
	by := rolecall.System("console")
	by.OnBehalfOf, by.RequestID, by.Reason = "olga", "req-1", "moved to another team"
	if _, err := s.Write(t.Context(), by, rolecall.Delete(assigned("bob", "reader", in("acme")))); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Audit(t.Context(), system, rolecall.EntryQuery{Newest: true, Limit: 1})
	if err != nil || len(entries) != 1 {
		t.Fatalf("got %v, %v", entries, err)
	}
	e := *entries[0]
	e.Prev, e.Hash, e.Seq = rolecall.Hash{}, rolecall.Hash{}, 0
	want := rolecall.Entry{
		Revision: s.Revision(), Time: noon,
		Actor: rolecall.SystemSubject, OnBehalfOf: "olga", Door: "console", RequestID: "req-1", Reason: "moved to another team",
		Kind: rolecall.KindAssignment, Key: "bob\treader\tacme\t\tmanual", Subject: "bob", Tenant: "acme",
		Before: []byte(`{"subject":"bob","role":"reader","tenant":"acme","source":"manual"}`),
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

func TestThePastCanBeRead(t *testing.T) {
	s := newStage(t, blog()...)
	then := s.Revision()
	if _, err := s.Write(t.Context(), system, rolecall.Delete(role("editor"))); err != nil {
		t.Fatal(err)
	}
	past, err := s.AsOf(t.Context(), system, then)
	if err != nil {
		t.Fatal(err)
	}
	asked := rolecall.Request{Subject: "alice", Permission: "post.publish"}
	if d := past.Decide(asked, noon); !d.Allowed || d.Revision != then {
		t.Errorf("then: %+v", d)
	}
	if d := s.Policy().Decide(asked, noon); d.Allowed {
		t.Errorf("now: %+v", d)
	}
	for _, at := range []rolecall.Revision{0, -1, s.Revision() + 1} {
		_, err := s.AsOf(t.Context(), system, at)
		wantError(t, err, rolecall.ErrInvalid)
	}
}

// A heldStore holds whoever reads it with a context that says so.
type heldStore struct {
	rolecall.Store
	entered, leave chan struct{}
}

type heldHere struct{}

func (s *heldStore) Read(ctx context.Context, f func(rolecall.Reader) error) error {
	if ctx.Value(heldHere{}) != nil {
		s.entered <- struct{}{}
		<-s.leave
	}
	return s.Store.Read(ctx, f)
}

func TestThePastIsReadByOneAtATime(t *testing.T) {
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	held := &heldStore{store, make(chan struct{}, 2), make(chan struct{})}
	s, err := rolecall.New(t.Context(), held)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	past := func(ctx context.Context) error {
		_, err := s.AsOf(ctx, system, 1)
		return err
	}

	ctx := context.WithValue(t.Context(), heldHere{}, true)
	first := make(chan error)
	go func() { first <- past(ctx) }()
	<-held.entered
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if err := past(impatient); !errors.Is(err, context.Canceled) {
		t.Errorf("a second, who does not wait: %v, want %v", err, context.Canceled)
	}
	waits, cancel := context.WithCancel(ctx)
	second := make(chan error)
	go func() { second <- past(waits) }()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("a second, who waits no longer: %v, want %v", err, context.Canceled)
	}
	if len(held.entered) > 0 {
		t.Error("a second reads the journal beside the first")
	}
	close(held.leave)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
	if err := past(t.Context()); err != nil {
		t.Errorf("the next: %v", err)
	}
}

func TestSecretsStayOutOfTheJournal(t *testing.T) {
	s := newStage(t, user("alice"))
	c := password("alice")
	c.Hash = rolecall.Secret("hunter2-hash")
	s.add(c)
	entries, err := s.Audit(t.Context(), system, rolecall.EntryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(fmt.Sprintf("%s %s %+v", e.Before, e.After, e), "hunter2") {
			t.Errorf("entry %d shows the secret", e.Seq)
		}
	}
	stored, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.Credential{ID: c.ID})
	if err != nil || string(stored.Hash) != "hunter2-hash" {
		t.Errorf("stored hash is %q, %v", string(stored.Hash), err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", *stored, *stored, *stored, stored.Hash); strings.Contains(text, "hunter2") {
		t.Errorf("printing a credential shows the secret: %s", text)
	}
}

func TestReadingTakesPermission(t *testing.T) {
	s := escalationStage(t)
	s.add(&rolecall.Membership{Tenant: "acme", Subject: "bob"})
	for _, tt := range []struct {
		name string
		by   rolecall.SubjectID
		read func(by rolecall.Actor) error
		want error
	}{
		{"a role, by the administrator", "adam", get(s, role("reader")), nil},
		{"a role, by anybody", "bob", get(s, role("reader")), rolecall.ErrForbidden},
		{"the tenant's role, by its owner", "tina", get(s, role("acme-writer")), nil},
		{"the project's role, by a tenant's owner", "tina", get(s, role("reader")), rolecall.ErrNotFound},
		{"a member, by the tenant's owner", "tina", get(s, user("bob")), nil},
		{"another user, by a tenant's owner", "tina", get(s, user("wendy")), rolecall.ErrNotFound},
		{"all users, by a tenant's owner", "tina", list(s, rolecall.Query{Kind: rolecall.KindUser}), rolecall.ErrForbidden},
		{"the tenant's users, by its owner", "tina", list(s, rolecall.Query{Kind: rolecall.KindUser, Tenant: "acme"}), nil},
		{"another tenant's users, by a tenant's owner", "tina", list(s, rolecall.Query{Kind: rolecall.KindUser, Tenant: "globex"}), rolecall.ErrForbidden},
		{"the journal, by the administrator", "adam", journal(s, rolecall.EntryQuery{}), nil},
		{"the journal, by a tenant's owner", "tina", journal(s, rolecall.EntryQuery{}), rolecall.ErrForbidden},
		{"the tenant's journal, by its owner", "tina", journal(s, rolecall.EntryQuery{Tenant: "acme"}), nil},
		{"a decision about oneself", "bob", decide(s, rolecall.Request{Subject: "bob", Permission: "read"}), nil},
		{"a decision about another", "bob", decide(s, rolecall.Request{Subject: "adam", Permission: "read"}), rolecall.ErrForbidden},
		{"a decision about another in one's tenant", "tina", decide(s, rolecall.Request{Subject: "bob", Permission: "read", Tenant: "acme"}), nil},
		{"a decision about another elsewhere", "tina", decide(s, rolecall.Request{Subject: "bob", Permission: "read"}), rolecall.ErrForbidden},
		{"a decision about nobody, by nobody", "", decide(s, rolecall.Request{Permission: "read"}), rolecall.ErrForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.read(rolecall.Actor{Subject: tt.by}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func get(s *stage, like rolecall.Record) func(rolecall.Actor) error {
	return func(by rolecall.Actor) error {
		_, err := s.Get(context.Background(), by, like.Kind(), like.Key())
		return err
	}
}

func list(s *stage, q rolecall.Query) func(rolecall.Actor) error {
	return func(by rolecall.Actor) error {
		_, err := s.List(context.Background(), by, q)
		return err
	}
}

func journal(s *stage, q rolecall.EntryQuery) func(rolecall.Actor) error {
	return func(by rolecall.Actor) error {
		_, err := s.Audit(context.Background(), by, q)
		return err
	}
}

func decide(s *stage, req rolecall.Request) func(rolecall.Actor) error {
	return func(by rolecall.Actor) error {
		_, err := s.Decide(context.Background(), by, req)
		return err
	}
}

func TestReadersNeverSeeHalfAWrite(t *testing.T) {
	s := newStage(t, permission("p"), permission("q"), role("r"), grant("r", "p"), grant("r", "q"), user("a"), user("b"))
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				p := s.Policy()
				a := p.Decide(rolecall.Request{Subject: "a", Permission: "p"}, noon)
				b := p.Decide(rolecall.Request{Subject: "b", Permission: "q"}, noon)
				if a.Allowed != b.Allowed || a.Revision != b.Revision {
					t.Errorf("at one snapshot: %+v and %+v", a, b)
					return
				}
			}
		})
	}
	for range 50 {
		for _, ops := range [][]rolecall.Op{
			{rolecall.Create(assigned("a", "r", everywhere)), rolecall.Create(assigned("b", "r", everywhere))},
			{rolecall.Delete(assigned("b", "r", everywhere)), rolecall.Delete(assigned("a", "r", everywhere))},
		} {
			if _, err := s.Write(t.Context(), system, ops...); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(done)
	readers.Wait()
}

func TestWaitForReadsYourWrites(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	wantError(t, s.WaitFor(ctx, s.Revision()+1), rolecall.ErrStale)

	reached := make(chan error, 1)
	next := s.Revision() + 1
	go func() { reached <- s.WaitFor(t.Context(), next) }()
	s.add(user("alice"))
	if err := <-reached; err != nil {
		t.Error(err)
	}
}
