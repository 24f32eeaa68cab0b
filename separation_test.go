package rolecall_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"pgregory.net/rapid"
)

// bank has two duties to keep apart, roles that inherit from them, and people.
func bank(t testing.TB, more ...rolecall.Record) *stage {
	return newStage(t, append([]rolecall.Record{
		permission("pay"), permission("approve"), tenant("acme"), tenant("globex"),
		role("payer"), grant("payer", "pay"), role("approver"), grant("approver", "approve"),
		role("chief payer"), inherits("chief payer", "payer"), role("clerk"),
		user("ann"), user("bob"), user("olga"), assigned("olga", rolecall.RoleOwner, everywhere),
		group("payers"), assigned("payers", "payer", everywhere),
	}, more...)...)
}

func apart(typ rolecall.ConstraintType, most int, roles ...rolecall.RoleID) []rolecall.Record {
	all := []rolecall.Record{&rolecall.Constraint{ID: "four eyes", Name: "Four eyes", Type: typ, MaxAllowed: most}}
	for _, r := range roles {
		all = append(all, &rolecall.ConstraintRole{Constraint: "four eyes", Role: r})
	}
	return all
}

// and returns all records and more, sharing nothing.
func and(all []rolecall.Record, more ...rolecall.Record) []rolecall.Record {
	return append(slices.Clone(all), more...)
}

func creates(records ...rolecall.Record) (ops []rolecall.Op) {
	for _, r := range records {
		ops = append(ops, rolecall.Create(r))
	}
	return ops
}

// Static separation of duty, INCITS 359 section SSD with hierarchy.
func TestNobodyHoldsDutiesThatAreKeptApart(t *testing.T) {
	pair := apart(rolecall.Static, 1, "payer", "approver")
	hour := time.Hour
	for _, tt := range []struct {
		name string
		has  []rolecall.Record
		op   []rolecall.Op
		ok   bool
	}{
		{"one of the two", pair, creates(assigned("ann", "payer", everywhere)), true},
		{"the other one, too", and(pair, assigned("ann", "payer", everywhere)), creates(assigned("ann", "approver", everywhere)), false},
		{"both in one write", pair, creates(assigned("ann", "payer", everywhere), assigned("ann", "approver", everywhere)), false},
		{"each by another person", pair, creates(assigned("ann", "payer", everywhere), assigned("bob", "approver", everywhere)), true},
		{"a role that is not kept apart", and(pair, assigned("ann", "payer", everywhere)), creates(assigned("ann", "clerk", everywhere)), true},
		{"by inheritance", and(pair, assigned("ann", "approver", everywhere)), creates(assigned("ann", "chief payer", everywhere)), false},
		{"an edge that gives somebody both", and(pair, assigned("ann", "approver", everywhere), assigned("ann", "clerk", everywhere)), creates(inherits("clerk", "chief payer")), false},
		{"an edge that gives nobody both", and(pair, assigned("ann", "approver", everywhere)), creates(inherits("clerk", "chief payer")), true},
		{"by a group", and(pair, assigned("ann", "approver", everywhere)), creates(member("payers", "ann")), false},
		{"by what a group gets", and(pair, member("payers", "ann")), creates(assigned("payers", "approver", everywhere)), false},
		{"by a group in a group", and(pair, group("outer"), assigned("outer", "approver", everywhere), member("payers", "ann")), creates(member("outer", "payers")), false},
		{"a group of nobody", pair, creates(assigned("payers", "approver", everywhere)), true},

		{"in two tenants", and(pair, assigned("ann", "payer", in("acme"))), creates(assigned("ann", "approver", in("globex"))), true},
		{"in one tenant", and(pair, assigned("ann", "payer", in("acme"))), creates(assigned("ann", "approver", in("acme"))), false},
		{"one everywhere, one in a tenant", and(pair, assigned("ann", "payer", everywhere)), creates(assigned("ann", "approver", in("acme"))), false},
		{"on two resources", and(pair, assigned("ann", "payer", rolecall.Scope{Resource: "doc:1"})), creates(assigned("ann", "approver", rolecall.Scope{Resource: "doc:2"})), true},
		{"on one resource", and(pair, assigned("ann", "payer", rolecall.Scope{Resource: "doc:1"})), creates(assigned("ann", "approver", rolecall.Scope{Resource: "doc:1"})), false},
		{"one on a resource, one on all", and(pair, assigned("ann", "payer", rolecall.Scope{Resource: "doc:1"})), creates(assigned("ann", "approver", in("acme"))), false},

		{"one after the other", and(pair, until(assigned("ann", "payer", everywhere), noon.Add(hour))), creates(from(assigned("ann", "approver", everywhere), noon.Add(hour))), true},
		{"at once, later", and(pair, until(assigned("ann", "payer", everywhere), noon.Add(2*hour))), creates(from(assigned("ann", "approver", everywhere), noon.Add(hour))), false},
		{"a longer time for the first", and(pair, until(assigned("ann", "payer", everywhere), noon.Add(hour)), from(assigned("ann", "approver", everywhere), noon.Add(hour))),
			[]rolecall.Op{rolecall.Put(until(assigned("ann", "payer", everywhere), noon.Add(2*hour)))}, false},

		{"a set that somebody breaks already", []rolecall.Record{assigned("ann", "payer", everywhere), assigned("ann", "approver", everywhere)}, creates(pair...), false},
		{"a role more, that makes somebody break it", and(apart(rolecall.Static, 1, "payer"), assigned("ann", "payer", everywhere), assigned("ann", "clerk", everywhere)),
			creates(&rolecall.ConstraintRole{Constraint: "four eyes", Role: "clerk"}), false},
		{"fewer allowed than somebody holds", and(apart(rolecall.Static, 2, "payer", "approver"), assigned("ann", "payer", everywhere), assigned("ann", "approver", everywhere)),
			[]rolecall.Op{rolecall.Modify(&rolecall.Constraint{ID: "four eyes"}, func(c *rolecall.Constraint) error { c.MaxAllowed = 1; return nil })}, false},
		{"two of three", and(apart(rolecall.Static, 2, "payer", "approver", "clerk"), assigned("ann", "payer", everywhere)), creates(assigned("ann", "clerk", everywhere)), true},
		{"three of three", and(apart(rolecall.Static, 2, "payer", "approver", "clerk"), assigned("ann", "payer", everywhere), assigned("ann", "clerk", everywhere)), creates(assigned("ann", "approver", everywhere)), false},
		{"a swap in one write", and(pair, assigned("ann", "payer", everywhere)),
			[]rolecall.Op{rolecall.Unassign(*assigned("ann", "payer", everywhere)), rolecall.Create(assigned("ann", "approver", everywhere))}, true},
		{"when the constraint is gone", and(pair, assigned("ann", "payer", everywhere)),
			[]rolecall.Op{rolecall.Delete(&rolecall.Constraint{ID: "four eyes"}), rolecall.Create(assigned("ann", "approver", everywhere))}, true},
		{"a default role that a new user may not have beside another", and(pair, defaultRole("payer 2"), inherits("payer 2", "payer"), defaultRole("approver 2"), inherits("approver 2", "approver")),
			creates(user("new")), false},
		{"one tenant's constraint, in that tenant", and([]rolecall.Record{&rolecall.Constraint{ID: "four eyes", Name: "x", Tenant: "acme", MaxAllowed: 1}}, and(apart("", 1, "payer", "approver")[1:], assigned("ann", "payer", everywhere))...),
			creates(assigned("ann", "approver", in("acme"))), false},
		{"one tenant's constraint, elsewhere", and([]rolecall.Record{&rolecall.Constraint{ID: "four eyes", Name: "x", Tenant: "acme", MaxAllowed: 1}}, and(apart("", 1, "payer", "approver")[1:], assigned("ann", "payer", in("globex")))...),
			creates(assigned("ann", "approver", in("globex"))), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := bank(t, tt.has...)
			both := func() bool { return s.can("ann", "pay", everywhere) && s.can("ann", "approve", everywhere) }
			before := both()
			err := s.as("olga", tt.op...)
			var broken *rolecall.SeparationError
			switch {
			case tt.ok && err != nil:
				t.Errorf("refused: %v", err)
			case !tt.ok && (!errors.Is(err, rolecall.ErrSeparation) || !errors.As(err, &broken) || broken.Constraint != "four eyes"):
				t.Errorf("got %v, want %v", err, rolecall.ErrSeparation)
			case !tt.ok && both() != before:
				t.Error("it was done all the same")
			}
		})
	}
}

// Two writes may each be right and break the constraint together.
func TestDutiesStayApartInARace(t *testing.T) {
	s := bank(t, apart(rolecall.Static, 1, "payer", "approver")...)
	for i := range 50 {
		who := rolecall.SubjectID(fmt.Sprint("racer", i))
		s.add(user(who))
		var both sync.WaitGroup
		for _, r := range []rolecall.RoleID{"payer", "approver"} {
			both.Go(func() { s.as("olga", rolecall.Create(assigned(who, r, everywhere))) })
		}
		both.Wait()
		if pays, approves := s.can(who, "pay", everywhere), s.can(who, "approve", everywhere); pays == approves {
			t.Fatalf("%s pays: %v, approves: %v, want one of the two", who, pays, approves)
		}
	}
}

// Sessions and dynamic separation of duty, INCITS 359 sections Core and DSD.
func TestASessionHasTheRolesThatAreActive(t *testing.T) {
	s := bank(t, and(apart(rolecall.Dynamic, 1, "payer", "approver"),
		assigned("ann", "chief payer", everywhere), assigned("ann", "approver", everywhere), direct("ann", "approve", everywhere),
		assigned("bob", "payer", in("acme")))...)
	open := func(by, of rolecall.SubjectID, id rolecall.SessionID, tenant rolecall.TenantID) error {
		return s.as(by, rolecall.Create(&rolecall.Session{ID: id, Subject: of, Tenant: tenant, Validity: rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}}))
	}
	activate := func(by rolecall.SubjectID, id rolecall.SessionID, role rolecall.RoleID) error {
		return s.as(by, rolecall.Create(&rolecall.SessionRole{Session: id, Role: role}))
	}
	may := func(who rolecall.SubjectID, id rolecall.SessionID, permission string, tenant rolecall.TenantID) bool {
		d, _ := s.Check(t.Context(), rolecall.Request{Subject: who, Session: id, Permission: permission, Tenant: tenant})
		return d.Allowed
	}
	is := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	refused := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}

	refused("one's own session", open("ann", "ann", "a", ""), nil)
	refused("another's session", open("ann", "bob", "b", ""), rolecall.ErrForbidden)
	refused("another's, by who may", open("olga", "bob", "b", "acme"), nil)
	refused("a group's", open("olga", "payers", "g", ""), rolecall.ErrInvalid)

	is("nothing is active at first", may("ann", "a", "pay", ""), false)
	is("outside of the session everything counts", may("ann", "", "pay", ""), true)
	refused("an inherited role", activate("ann", "a", "payer"), nil)
	is("the active role's permission", may("ann", "a", "pay", ""), true)
	is("in another tenant than the session's", may("ann", "a", "pay", "acme"), false)
	is("another's session id", may("bob", "a", "pay", ""), false)
	is("a direct grant in a session", may("ann", "a", "approve", ""), false)
	refused("a role that is kept apart from it", activate("ann", "a", "approver"), rolecall.ErrSeparation)
	refused("a role that one does not hold", activate("ann", "a", "clerk"), rolecall.ErrInvalid)
	refused("in another's session", activate("ann", "b", "payer"), rolecall.ErrForbidden)
	refused("dropping it", s.as("ann", rolecall.Delete(&rolecall.SessionRole{Session: "a", Role: "payer"})), nil)
	refused("then the other one", activate("ann", "a", "approver"), nil)
	is("what the dropped role gave", may("ann", "a", "pay", ""), false)
	refused("a senior of the one kept apart", activate("ann", "a", "chief payer"), rolecall.ErrSeparation)

	refused("in a tenant", activate("bob", "b", "payer"), nil)
	is("there", may("bob", "b", "pay", "acme"), true)
	is("elsewhere", may("bob", "b", "pay", ""), false)
	s.as("olga", rolecall.Unassign(*assigned("bob", "payer", in("acme"))))
	is("a role that was taken away while active", may("bob", "b", "pay", "acme"), false)

	e := s.Policy().Explain(rolecall.Request{Subject: "ann", Session: "a", Permission: "pay"}, noon)
	if len(e.Near) != 1 || e.Near[0].Blocks != rolecall.NotActive {
		t.Errorf("why not in the session: %+v", e.Near)
	}

	refused("an edge that joins what is active", s.as("olga", rolecall.Create(inherits("approver", "payer"))), rolecall.ErrSeparation)
	s.now = noon.Add(time.Hour)
	is("when the session is over", may("ann", "a", "approve", ""), false)
	refused("a new session", s.as("ann", rolecall.Create(&rolecall.Session{ID: "c", Subject: "ann", Validity: rolecall.Validity{ExpiresAt: noon.Add(2 * time.Hour)}})), nil)
	if _, err := rolecall.Find(t.Context(), s.Service, rolecall.System("test"), &rolecall.Session{ID: "a"}); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("the expired session is kept: %v", err)
	}
}

// Whatever is written, nobody ever holds what a constraint keeps apart: counted
// anew with sets and loops.
func TestNoWriteBreaksAConstraint(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := bank(t, and(apart(rolecall.Static, rapid.IntRange(1, 2).Draw(rt, "most"), "payer", "approver", "clerk"), group("others"))...)
		model := rolecall.NewReference()
		note := func(r rolecall.Receipt) {
			for _, c := range r.Changes {
				model.Apply(c.Before, c.After)
			}
		}
		all, err := s.Audit(t.Context(), system, rolecall.EntryQuery{Limit: rolecall.MaxPage})
		if err != nil {
			rt.Fatal(err)
		}
		for _, e := range all {
			before, _ := rolecall.DecodeRecord(e.Kind, e.Before)
			after, _ := rolecall.DecodeRecord(e.Kind, e.After)
			model.Apply(before, after)
		}
		roles := []rolecall.RoleID{"payer", "approver", "clerk", "chief payer"}
		subjects := []rolecall.SubjectID{"ann", "bob", "payers", "others"}
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			one := func(label string) rolecall.RoleID { return rapid.SampledFrom(roles).Draw(rt, label) }
			who := func(label string) rolecall.SubjectID { return rapid.SampledFrom(subjects).Draw(rt, label) }
			var op rolecall.Op
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				op = rolecall.Put(inherits(one("senior"), one("junior")))
			case 1:
				op = rolecall.Put(member(rapid.SampledFrom(subjects[2:]).Draw(rt, "group"), who("member")))
			case 2:
				op = rolecall.Put(&rolecall.Constraint{ID: "four eyes", Name: "Four eyes", MaxAllowed: rapid.IntRange(1, 3).Draw(rt, "most")})
			default:
				a := assigned(who("subject"), one("role"), rapid.SampledFrom([]rolecall.Scope{everywhere, in("acme"), {Tenant: "acme", Resource: "doc:1"}, {Resource: "doc:1"}}).Draw(rt, "scope"))
				if rapid.Bool().Draw(rt, "limited") {
					a.ExpiresAt = noon.Add(time.Duration(rapid.IntRange(1, 3).Draw(rt, "until")) * time.Hour)
				}
				if rapid.Bool().Draw(rt, "later") {
					a.StartsAt = noon.Add(time.Duration(rapid.IntRange(-1, 2).Draw(rt, "from")) * time.Hour)
				}
				op = rolecall.Put(a)
			}
			receipt, err := s.Write(t.Context(), system, op)
			if err == nil {
				note(receipt)
			}
			found, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.Constraint{ID: "four eyes"})
			if err != nil {
				rt.Fatal(err)
			}
			for _, subject := range []rolecall.SubjectID{"ann", "bob"} {
				for _, where := range []rolecall.Scope{everywhere, in("acme"), {Tenant: "acme", Resource: "doc:1"}, {Resource: "doc:1"}, in("globex")} {
					for hour := range 4 {
						held := model.Roles(subject, where, noon.Add(time.Duration(hour)*time.Hour))
						if n := count(held, "payer", "approver", "clerk"); n > found.MaxAllowed {
							rt.Fatalf("%s holds %d of the roles %v, hour %d, allowed are %d", subject, n, where, hour, found.MaxAllowed)
						}
					}
				}
			}
		}
	})
}

func count(held []rolecall.RoleID, of ...rolecall.RoleID) (n int) {
	for _, h := range held {
		for _, r := range of {
			if h == r {
				n++
			}
		}
	}
	return n
}
