package rolecall_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// host is an application's own users; down makes it fail.
type host struct {
	users []*rolecall.User
	down  bool
}

var errDown = errors.New("the application's database is away")

func (h *host) all(context.Context) ([]*rolecall.User, error) {
	if h.down {
		return nil, errDown
	}
	return h.users, nil
}

// hosted opens a project whose users are the application's: ann and bob.
func hosted(t *testing.T) (*stage, *host) {
	h := &host{users: []*rolecall.User{
		{ID: "1", Name: "Bob", Email: "bob@example.com", Blocked: true}, // which is not for the application to say
		{ID: "2", Name: "Ann", Email: "ann@example.com"},
	}}
	s := &stage{t: t, now: noon}
	var err error
	s.Service, err = rolecall.Open(t.Context(), sqlite.Memory(), rolecall.WithDirectory(rolecall.UserList(h.all)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.add(permission("post"), role("writer"), grant("writer", "post"), tenant("acme"))
	return s, h
}

func usersOf(t *testing.T, s *stage, q rolecall.Query) (names []string) {
	t.Helper()
	q.Kind = rolecall.KindUser
	page, err := s.List(t.Context(), system, q)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Records {
		u := r.(*rolecall.User)
		names = append(names, fmt.Sprintf("%s %s %v", u.ID, u.Name, u.Blocked))
	}
	return names
}

func TestAnApplicationsUsersAreThere(t *testing.T) {
	s, h := hosted(t)
	for _, tt := range []struct {
		name string
		q    rolecall.Query
		want []string
	}{
		{"all", rolecall.Query{}, []string{"1 Bob false", "2 Ann false"}},
		{"by name", rolecall.Query{Sort: "name"}, []string{"2 Ann false", "1 Bob false"}},
		{"by name, downwards", rolecall.Query{Sort: "name", Desc: true}, []string{"1 Bob false", "2 Ann false"}},
		{"one page", rolecall.Query{Limit: 1}, []string{"1 Bob false"}},
		{"the next", rolecall.Query{Limit: 1, After: "1"}, []string{"2 Ann false"}},
		{"found", rolecall.Query{Search: "ANN@"}, []string{"2 Ann false"}},
		{"by e-mail address", rolecall.Query{Where: []rolecall.Condition{rolecall.Where("email", "bob@example.com")}}, []string{"1 Bob false"}},
		{"blocked ones, who are known here", rolecall.Query{Where: []rolecall.Condition{rolecall.Where("blocked", "true")}}, nil},
		{"members of a tenant, who are known here", rolecall.Query{Tenant: "acme"}, nil},
	} {
		if diff := cmp.Diff(tt.want, usersOf(t, s, tt.q)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	u, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.User{ID: "2"})
	if err != nil || u.Name != "Ann" {
		t.Errorf("Find = %+v, %v", u, err)
	}
	if _, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.User{ID: "3"}); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("one whom nobody has: %v", err)
	}
	if _, err := s.List(t.Context(), rolecall.Actor{Subject: "1", Door: "test"}, rolecall.Query{Kind: rolecall.KindUser}); !errors.Is(err, rolecall.ErrForbidden) {
		t.Errorf("listed by who may not: %v", err)
	}
	h.down = true
	if _, err := s.List(t.Context(), system, rolecall.Query{Kind: rolecall.KindUser}); !errors.Is(err, errDown) {
		t.Errorf("without the application's database: %v", err)
	}
}

func TestWhoeverIsGivenSomethingIsAdopted(t *testing.T) {
	s, h := hosted(t)
	s.add(&rolecall.Role{ID: "guest", Name: "guest", Default: true})
	before := s.Revision()
	if err := s.as("nobody", rolecall.Put(assigned("2", "writer", everywhere))); !errors.Is(err, rolecall.ErrForbidden) || s.Revision() != before {
		t.Errorf("by who may not: %v, revision %d", err, s.Revision())
	}
	receipt, err := s.Write(t.Context(), system, rolecall.Put(assigned("2", "writer", everywhere)))
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for _, c := range receipt.Changes {
		made = append(made, string(c.After.Kind())+" "+c.After.Key())
	}
	if want := []string{"user 2", "assignment 2\tguest\t\t\tdefault", "assignment 2\twriter\t\t\tmanual"}; !cmp.Equal(made, want) {
		t.Errorf("the write made %q, want %q", made, want)
	}
	if !s.can("2", "post", everywhere) || s.can("1", "post", everywhere) {
		t.Error("the wrong one may post")
	}
	if err := s.as("olga", rolecall.Put(assigned("3", "writer", everywhere))); err == nil {
		t.Error("one whom nobody has was given a role")
	}
	if _, err := s.Write(t.Context(), system, rolecall.Put(assigned("3", "writer", everywhere))); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("one whom nobody has: %v", err)
	}
	s.add(&rolecall.Membership{Tenant: "acme", Subject: "1"})
	if _, err := s.Write(t.Context(), system, rolecall.Modify(&rolecall.User{ID: "1"}, func(u *rolecall.User) error { u.Blocked = true; return nil })); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 Bob true"}, usersOf(t, s, rolecall.Query{Tenant: "acme"})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1 Bob true"}, usersOf(t, s, rolecall.Query{Where: []rolecall.Condition{rolecall.Where("blocked", "true")}})); diff != "" {
		t.Error(diff)
	}
	h.users = h.users[1:] // Bob left the application
	if u, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.User{ID: "1"}); err != nil || !u.Blocked {
		t.Errorf("one who left is not known any more: %+v, %v", u, err)
	}
	h.down = true
	if _, err := s.Write(t.Context(), system, rolecall.Put(assigned("9", "writer", everywhere))); !errors.Is(err, errDown) {
		t.Errorf("without the application's database: %v", err)
	}
	if _, err := s.VerifyAudit(t.Context(), system, nil); err != nil {
		t.Error(err)
	}
}
