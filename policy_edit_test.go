package rolecall

import (
	"fmt"
	"strings"
	"testing"
)

// build returns the policy of records, in their order, at revision 1.
func build(records ...Record) *Policy {
	e := newPolicy().edit()
	for _, r := range records {
		e.apply(nil, r)
	}
	return e.done(1)
}

// A policy of before does not learn of names that came later, not even of those
// that took the numbers of others.
func TestOldPoliciesKeepTheirNames(t *testing.T) {
	first := build(&User{ID: "ann"}, &Tenant{ID: "acme"})
	e := first.edit()
	e.apply(&User{ID: "ann"}, nil)
	e.apply(&Tenant{ID: "acme"}, nil)
	e.apply(nil, &User{ID: "bob"})
	e.apply(nil, &Tenant{ID: "beta"})
	for i := range 100 { // the tables grow
		e.apply(nil, &User{ID: SubjectID(fmt.Sprint(i))})
		e.apply(nil, &Tenant{ID: TenantID(fmt.Sprint(i))})
	}
	second := e.done(2)
	for _, tt := range []struct {
		kind         Kind
		id           string
		first, later bool
	}{
		{KindUser, "ann", true, false}, {KindUser, "bob", false, true}, {KindUser, "7", false, true}, {KindUser, "", false, false},
		{KindTenant, "acme", true, false}, {KindTenant, "beta", false, true}, {KindTenant, "7", false, true}, {KindTenant, "", false, false},
	} {
		if got := first.exists(tt.kind, tt.id); got != tt.first {
			t.Errorf("the first policy has %s %q: %v, want %v", tt.kind, tt.id, got, tt.first)
		}
		if got := second.exists(tt.kind, tt.id); got != tt.later {
			t.Errorf("the second policy has %s %q: %v, want %v", tt.kind, tt.id, got, tt.later)
		}
	}
}

// A change that can't be made is a fault of the caller, and is not passed over.
func TestImpossibleChangesPanic(t *testing.T) {
	base := []Record{
		&API{ID: DefaultAPI, Identifier: "default"}, &Permission{ID: "p", API: DefaultAPI, Name: "p"},
		&Role{ID: "r", Name: "r"}, &Role{ID: "s", Name: "s"}, &Tenant{ID: "t"}, &User{ID: "u"}, &Client{ID: "c"}, &Group{ID: "g", Name: "g"},
	}
	soon := Validity{ExpiresAt: noon}
	for _, tt := range []struct {
		what          string
		before, after Record
	}{
		{"a user that is there", nil, &User{ID: "u"}},
		{"a user with a client's id", nil, &User{ID: "c"}},
		{"a user without an id", nil, &User{}},
		{"a user with a long id", nil, &User{ID: SubjectID(strings.Repeat("x", MaxIDBytes+1))}},
		{"a role that is there", nil, &Role{ID: "r", Name: "other"}},
		{"a tenant that is there", nil, &Tenant{ID: "t"}},
		{"a permission that is there", nil, &Permission{ID: "p", API: DefaultAPI, Name: "other"}},
		{"a permission of no API", nil, &Permission{ID: "q", API: "a", Name: "q"}},
		{"an API that is there", nil, &API{ID: DefaultAPI, Identifier: "other"}},
		{"a grant to no role", nil, &Grant{"x", "p"}},
		{"a grant of no permission", nil, &Grant{"r", "x"}},
		{"an assignment of no role", nil, &Assignment{Subject: "u", Role: "x"}},
		{"an assignment in no tenant", nil, &Assignment{Subject: "u", Role: "r", Scope: Scope{Tenant: "x"}}},
		{"an assignment to nobody", nil, &Assignment{Subject: "x", Role: "r"}},
		{"a member of no group", nil, &GroupMember{Group: "u", Member: "c"}},
		{"a membership in no tenant", nil, &Membership{Tenant: "x", Subject: "u"}},
		{"deleting no user", &User{ID: "c"}, nil},
		{"deleting no role", &Role{ID: "x"}, nil},
		{"deleting no grant", &Grant{"r", "p"}, nil},
		{"deleting no inheritance", &Inheritance{"r", "s"}, nil},
		{"deleting no member", &GroupMember{Group: "g", Member: "u"}, nil},
		{"deleting no membership", &Membership{Tenant: "t", Subject: "u"}, nil},
		{"deleting no assignment", &Assignment{Subject: "u", Role: "r"}, nil},
		{"deleting no assignment for a time", &Assignment{Subject: "u", Role: "r", Validity: soon}, nil},
		{"deleting no direct grant", &DirectGrant{Subject: "u", Permission: "p"}, nil},
		{"deleting one of two direct grants that are not there", &DirectGrant{Subject: "g", Permission: "p"}, nil},
		{"changing no user", &User{ID: "x"}, &User{ID: "x"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			e := build(base...).edit()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			e.apply(tt.before, tt.after)
		})
	}
}

// Questions of the Service about what is not there have an answer too.
func TestWhatIsNotThere(t *testing.T) {
	p := build(&API{ID: DefaultAPI, Identifier: "default"}, &User{ID: "u"})
	if got := p.gives(holding{role: "x"}); got != nil {
		t.Errorf("an unknown role gives %v", got)
	}
	if got := p.gives(holding{permission: "x"}); got != nil {
		t.Errorf("an unknown permission gives %v", got)
	}
	if got := p.roleTenant("x"); got != "" {
		t.Errorf("an unknown role belongs to %q", got)
	}
	if got := p.Decide(Request{Subject: "u", Permission: "x"}, noon).Reason; got != UnknownPermission {
		t.Errorf("Decide = %v, want %v", got, UnknownPermission)
	}
	empty := newPolicy()
	empty.edit().apply(nil, &User{ID: "u"}) // and dropped
	if got := empty.Decide(Request{Subject: "u", Permission: "x"}, noon).Reason; got != UnknownSubject {
		t.Errorf("an empty policy decides %v, want %v", got, UnknownSubject)
	}
	if got := build(&User{ID: "u"}).Decide(Request{Subject: "u", Permission: "x"}, noon).Reason; got != UnknownAPI {
		t.Errorf("without a default API, Decide = %v, want %v", got, UnknownAPI)
	}
}

// What can change of a record that stays: names, whether a subject is blocked,
// and how long something is held.
func TestUpdates(t *testing.T) {
	p := build(
		&API{ID: DefaultAPI, Identifier: "default"}, &Permission{ID: "p", API: DefaultAPI, Name: "read"},
		&Role{ID: "r", Name: "reader"}, &Grant{"r", "p"}, &User{ID: "u"}, &Client{ID: "c"},
		&Group{ID: "g", Name: "staff"}, &GroupMember{Group: "g", Member: "u", Source: SourceManual}, &GroupMember{Group: "g", Member: "c"},
		&Assignment{Subject: "g", Role: "r"},
	)
	for _, tt := range []struct {
		what          string
		before, after Record
		req           Request
		was, is       Reason
	}{
		{"a user is blocked", &User{ID: "u"}, &User{ID: "u", Blocked: true}, Request{Subject: "u", Permission: "read"}, Granted, Blocked},
		{"a client is blocked", &Client{ID: "c"}, &Client{ID: "c", Blocked: true}, Request{Subject: "c", Permission: "read"}, Granted, Blocked},
		{"a permission has a new name", &Permission{ID: "p", API: DefaultAPI, Name: "read"}, &Permission{ID: "p", API: DefaultAPI, Name: "view"},
			Request{Subject: "u", Permission: "view"}, UnknownPermission, Granted},
		{"a permission has its old name no more", &Permission{ID: "p", API: DefaultAPI, Name: "read"}, &Permission{ID: "p", API: DefaultAPI, Name: "view"},
			Request{Subject: "u", Permission: "read"}, Granted, UnknownPermission},
		{"a role has a new name", &Role{ID: "r", Name: "reader"}, &Role{ID: "r", Name: "viewer"}, Request{Subject: "u", Role: "viewer"}, UnknownRole, Granted},
		{"a group has a new name", &Group{ID: "g", Name: "staff"}, &Group{ID: "g", Name: "team"}, Request{Subject: "u", Group: "staff"}, Granted, UnknownGroup},
		{"an assignment ends", &Assignment{Subject: "g", Role: "r"}, &Assignment{Subject: "g", Role: "r", Validity: Validity{ExpiresAt: noon}},
			Request{Subject: "u", Permission: "read"}, Granted, NotGranted},
		{"a member has another source", &GroupMember{Group: "g", Member: "u", Source: SourceManual}, &GroupMember{Group: "g", Member: "u", Source: SourceSCIM},
			Request{Subject: "u", Group: "g"}, Granted, Granted},
	} {
		t.Run(tt.what, func(t *testing.T) {
			e := p.edit()
			e.apply(tt.before, tt.after)
			if got := p.Decide(tt.req, noon).Reason; got != tt.was {
				t.Errorf("before, Decide(%+v) = %v, want %v", tt.req, got, tt.was)
			}
			if got := e.done(2).Decide(tt.req, noon).Reason; got != tt.is {
				t.Errorf("after, Decide(%+v) = %v, want %v", tt.req, got, tt.is)
			}
		})
	}
}
