package rolecall

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var resourcesNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// recordsWorld is a small world in which reading is held in every way there is.
func recordsWorld(more ...Record) []Record {
	over := Validity{ExpiresAt: resourcesNow}
	return append([]Record{
		&API{ID: DefaultAPI, Identifier: "default", Name: "Default"},
		&Permission{ID: "read", API: DefaultAPI, Name: "read"},
		&Permission{ID: "edit", API: DefaultAPI, Name: "edit"},
		&Tenant{ID: "acme", Name: "Acme"},
		&Tenant{ID: "beta", Name: "Beta"},
		&Role{ID: "reader", Name: "Reader"},
		&Role{ID: "editor", Name: "Editor"},
		&Inheritance{Senior: "editor", Junior: "reader"},
		&Grant{Role: "reader", Permission: "read"},
		&Grant{Role: "editor", Permission: "edit"},
		&User{ID: "alice"},
		&User{ID: "bob"},
		&User{ID: "mallory", Blocked: true},
		&Client{ID: "robot"},
		&Group{ID: "staff", Name: "Staff"},
		&Group{ID: "board", Name: "Board"},
		&GroupMember{Group: "staff", Member: "bob"},
		&GroupMember{Group: "board", Member: "staff"},
		&Assignment{Subject: "alice", Role: "reader"},
		&Assignment{Subject: "mallory", Role: "reader"},
		&Assignment{Subject: "bob", Role: "editor", Scope: Scope{Resource: "doc:1"}},
		&Assignment{Subject: "bob", Role: "reader", Scope: Scope{Resource: "doc:old"}, Validity: over},
		&Assignment{Subject: "staff", Role: "reader", Scope: Scope{Resource: "doc:2"}},
		&Assignment{Subject: "board", Role: "reader", Scope: Scope{Tenant: "acme", Resource: "doc:3"}},
		&Assignment{Subject: "robot", Role: "editor", Scope: Scope{Tenant: "beta"}},
		&DirectGrant{Subject: "robot", Permission: "edit", Scope: Scope{Tenant: "beta", Resource: "doc:4"}},
		&DirectGrant{Subject: "robot", Permission: "edit", Scope: Scope{Resource: "document:1"}},
		&DirectGrant{Subject: "robot", Permission: "edit", Scope: Scope{Resource: "doc:a:b"}},
	}, more...)
}

func policyOf(records []Record) *Policy {
	e := newPolicy().edit()
	for _, r := range records {
		e.apply(nil, r)
	}
	return e.done(1)
}

func TestWhichResources(t *testing.T) {
	p := policyOf(recordsWorld())
	for _, tt := range []struct {
		name  string
		q     WhichResourcesQuery
		want  []string
		every bool
	}{
		{"all that are known outside tenants, to who holds it everywhere",
			WhichResourcesQuery{Subject: "alice", Permission: "read", Type: "doc"},
			[]string{"doc:1", "doc:2", "doc:a:b", "doc:old"}, true},
		{"those of the asked tenant too",
			WhichResourcesQuery{Subject: "alice", Permission: "read", Type: "doc", Tenant: "acme"},
			[]string{"doc:1", "doc:2", "doc:3", "doc:a:b", "doc:old"}, true},
		{"only what is valid and gives the permission: inherited, or a group's, at any depth",
			WhichResourcesQuery{Subject: "bob", Permission: "read", Type: "doc", Tenant: "acme"},
			[]string{"doc:1", "doc:2", "doc:3"}, false},
		{"not what is held in a tenant that is not asked about",
			WhichResourcesQuery{Subject: "bob", Permission: "read", Type: "doc"},
			[]string{"doc:1", "doc:2"}, false},
		{"not what gives another permission",
			WhichResourcesQuery{Subject: "bob", Permission: "edit", Type: "doc"},
			[]string{"doc:1"}, false},
		{"a tenant's, to who holds it in that tenant",
			WhichResourcesQuery{Subject: "robot", Permission: "edit", Type: "doc", Tenant: "beta"},
			[]string{"doc:1", "doc:2", "doc:4", "doc:a:b", "doc:old"}, true},
		{"not resources of a type that begins alike",
			WhichResourcesQuery{Subject: "alice", Permission: "read", Type: "document"},
			[]string{"document:1"}, true},
		{"none of a type that nothing names",
			WhichResourcesQuery{Subject: "alice", Permission: "read", Type: "spaceship"}, nil, true},
		{"what is before the first colon is the type",
			WhichResourcesQuery{Subject: "alice", Permission: "read", Type: "doc:a"}, nil, false},
		{"none without a type", WhichResourcesQuery{Subject: "alice", Permission: "read"}, nil, false},
		{"none to the blocked", WhichResourcesQuery{Subject: "mallory", Permission: "read", Type: "doc"}, nil, false},
		{"none to the unknown", WhichResourcesQuery{Subject: "nobody", Permission: "read", Type: "doc"}, nil, false},
		{"none in an unknown tenant",
			WhichResourcesQuery{Subject: "alice", Permission: "read", Type: "doc", Tenant: "gone"}, nil, false},
		{"none for an unknown permission",
			WhichResourcesQuery{Subject: "alice", Permission: "fly", Type: "doc"}, nil, false},
		{"none without a permission", WhichResourcesQuery{Subject: "alice", Type: "doc"}, nil, false},
		{"what comes after a page",
			WhichResourcesQuery{Subject: "alice", Permission: "read", Type: "doc", After: "doc:2"},
			[]string{"doc:a:b", "doc:old"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := p.WhichResources(tt.q, resourcesNow)
			if diff := cmp.Diff(tt.want, got.Page); diff != "" || got.Every != tt.every || got.Next != "" {
				t.Errorf("Every %v, want %v; Next %q, want none; page (-want +got):\n%s", got.Every, tt.every, got.Next, diff)
			}
		})
	}
}

// Over random holdings and any page size, the pages together are the resources
// that are named in the tenant and that Decide allows.
func TestWhichResourcesAgreesWithDecide(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for world := range 200 {
		var scopes []Scope
		add := []Record{}
		for range random.IntN(60) {
			scope := Scope{
				Tenant:   TenantID(pick("", "acme", "beta")),
				Resource: pick("", "doc:", "doc:", "docs:") + fmt.Sprint(random.IntN(30)),
			}
			if scope.Resource[0] != 'd' {
				scope.Resource = ""
			}
			var v Validity
			switch random.IntN(6) {
			case 0:
				v.ExpiresAt = resourcesNow
			case 1:
				v.StartsAt = resourcesNow.Add(time.Millisecond)
			}
			scopes = append(scopes, scope)
			who := SubjectID(pick("alice", "bob", "robot", "mallory", "staff", "board"))
			if random.IntN(2) == 0 {
				add = append(add, &Assignment{Subject: who, Role: RoleID(pick("reader", "editor")), Scope: scope, Validity: v})
			} else {
				add = append(add, &DirectGrant{Subject: who, Permission: PermissionID(pick("read", "edit")), Scope: scope, Validity: v})
			}
		}
		var base []Record
		for _, r := range recordsWorld() {
			if r.Kind() != KindAssignment && r.Kind() != KindDirectGrant {
				base = append(base, r)
			}
		}
		p := policyOf(append(base, add...))

		for _, subject := range []SubjectID{"alice", "bob", "robot", "mallory", "staff", "board", "nobody"} {
			for _, tenant := range []TenantID{"", "acme", "beta", "gone"} {
				for _, permission := range []string{"read", "edit"} {
					var want []string
					asked := Request{Subject: subject, Permission: permission, Tenant: tenant}
					for _, s := range scopes {
						asked.Resource = s.Resource
						if (s.Tenant == "" || s.Tenant == tenant) && len(s.Resource) > 4 && s.Resource[:4] == "doc:" && p.Decide(asked, resourcesNow).Allowed {
							want = append(want, s.Resource)
						}
					}
					slices.Sort(want)
					want = slices.Compact(want)

					q := WhichResourcesQuery{Subject: subject, Permission: permission, Tenant: tenant, Type: "doc", Limit: 1 + random.IntN(12)}
					var got []string
					for pages := 0; ; pages++ {
						found := p.WhichResources(q, resourcesNow)
						got = append(got, found.Page...)
						if len(found.Page) > q.Limit || pages > 100 {
							t.Fatalf("world %d: page %d of %v has %d resources", world, pages, q, len(found.Page))
						}
						asked.Resource = ""
						if every := p.Decide(asked, resourcesNow).Allowed; found.Every != every {
							t.Errorf("world %d: %v: Every is %v, want %v", world, q, found.Every, every)
						}
						if q.After = found.Next; found.Next == "" {
							break
						}
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("world %d: %v (-want +got):\n%s", world, q, diff)
					}
				}
			}
		}
	}
}

func TestWhoCanOfAKind(t *testing.T) {
	p := policyOf(recordsWorld())
	for kind, want := range map[Kind][]SubjectID{
		"":         {"alice", "bob", "robot"},
		KindUser:   {"alice", "bob"},
		KindClient: {"robot"},
		KindGroup:  nil, // a group does nothing itself
	} {
		got, _ := p.WhoCan(WhoCanQuery{Permission: "read", Tenant: "beta", Resource: "doc:2", Kind: kind}, resourcesNow)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of kind %q (-want +got):\n%s", kind, diff)
		}
	}
}

func TestPolicyKnows(t *testing.T) {
	p := policyOf(recordsWorld(
		&API{ID: "shop", Identifier: "https://shop.example/", Name: "Shop"},
		&Permission{ID: "buy", API: "shop", Name: "buy"},
	))
	for _, tt := range []struct {
		name string
		ref  PermissionRef
		want bool
	}{
		{"a permission of the default API, which needs no name", PermissionRef{"", "read"}, true},
		{"or goes by its identifier", PermissionRef{"default", "read"}, true},
		{"another API's by that one's identifier", PermissionRef{"https://shop.example/", "buy"}, true},
		{"not by its id", PermissionRef{"shop", "buy"}, false},
		{"not as another API's", PermissionRef{"", "buy"}, false},
		{"no permission without a name", PermissionRef{"", ""}, false},
	} {
		if got := p.Knows(tt.ref); got != tt.want {
			t.Errorf("%s: Knows(%v) = %v, want %v", tt.name, tt.ref, got, tt.want)
		}
	}
	for id, want := range map[SubjectID]Kind{"alice": KindUser, "robot": KindClient, "staff": KindGroup, "nobody": "", "": ""} {
		if got := p.KindOf(id); got != want {
			t.Errorf("KindOf(%q) = %q, want %q", id, got, want)
		}
	}
}
