package rolecall

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Merging keeps what is in either, once and in order, as sets do.
func TestMergeIsTheUnionOfSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) []uint32 {
			all := rapid.SliceOfN(rapid.Uint32Range(0, 20), 0, 12).Draw(t, what)
			slices.Sort(all)
			return slices.Compact(all)
		}
		a, b := draw("a"), draw("b")
		want := slices.Concat(a, b)
		slices.Sort(want)
		want = slices.Compact(want)
		if got := lacks(a, b); got != len(want)-len(a) {
			t.Fatalf("%v lacks %d of %v, want %d", a, got, b, len(want)-len(a))
		}
		if got := merge(slices.Clone(a), b); !slices.Equal(got, want) {
			t.Fatalf("merge(%v, %v) = %v, want %v", a, b, got, want)
		}
	})
}

// What is below a role and above a group is the same whether it grew edge by
// edge, in any order, or is derived anew.
func TestClosuresGrowToWhatTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := []Record{}
		const n = 8
		for i := range n {
			records = append(records, &Role{ID: RoleID(fmt.Sprint(i)), Name: fmt.Sprint(i)}, &Group{ID: SubjectID(fmt.Sprint("g", i)), Name: fmt.Sprint(i)})
		}
		e := build(records...).edit()
		edge := [n][n]bool{}
		for range rapid.IntRange(0, 20).Draw(t, "edges") {
			i, j := rapid.IntRange(0, n-2).Draw(t, "senior"), 0
			j = rapid.IntRange(i+1, n-1).Draw(t, "junior")
			inherits := &Inheritance{RoleID(fmt.Sprint(i)), RoleID(fmt.Sprint(j))}
			in := &GroupMember{Group: SubjectID(fmt.Sprint("g", j)), Member: SubjectID(fmt.Sprint("g", i))}
			if edge[i][j] = !edge[i][j]; edge[i][j] {
				e.apply(nil, inherits)
				e.apply(nil, in)
			} else {
				e.apply(inherits, nil)
				e.apply(in, nil)
			}
			if rapid.Bool().Draw(t, "settle") {
				e = e.done(1).edit()
			}
		}
		leads := edge
		for k := range n {
			for i := range n {
				for j := range n {
					leads[i][j] = leads[i][j] || leads[i][k] && leads[k][j]
				}
			}
		}
		for i := range n {
			for j := range n {
				if i == j {
					continue
				}
				if got := e.p.inherits(RoleID(fmt.Sprint(i)), RoleID(fmt.Sprint(j))); got != leads[i][j] {
					t.Fatalf("role %d inherits from %d: %v, want %v", i, j, got, leads[i][j])
				}
				if got := e.p.within(SubjectID(fmt.Sprint("g", i)), SubjectID(fmt.Sprint("g", j))); got != leads[i][j] {
					t.Fatalf("group %d is in %d: %v, want %v", i, j, got, leads[i][j])
				}
			}
		}
	})
}

// The paths of a list are bounded together, and everything in it has one: layers
// of roles, each inheriting from all of the next, have more ways than atoms.
func TestPathsOfAListAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a large world")
	}
	const layers, wide = 60, 10
	records := []Record{&API{ID: DefaultAPI, Identifier: "default"}, &User{ID: "u"}}
	id := func(layer, i int) RoleID { return RoleID(fmt.Sprint(layer, ".", i)) }
	for layer := range layers {
		for i := range wide {
			records = append(records, &Role{ID: id(layer, i), Name: string(id(layer, i))},
				&Permission{ID: PermissionID(id(layer, i)), API: DefaultAPI, Name: string(id(layer, i))},
				&Grant{id(layer, i), PermissionID(id(layer, i))})
		}
	}
	for layer := range layers - 1 {
		for i := range wide {
			for j := range wide {
				records = append(records, &Inheritance{id(layer, i), id(layer+1, j)})
			}
		}
	}
	for i := range wide {
		records = append(records, &Assignment{Subject: "u", Role: id(0, i)})
	}
	p := build(records...)

	paths, steps := 0, 0
	count := func(what string, all []Path) {
		if len(all) == 0 {
			t.Errorf("%s has no path", what)
		}
		for _, path := range all {
			paths, steps = paths+1, steps+len(path.Steps)
		}
	}
	roles := p.EffectiveRoles("u", Scope{}, noon)
	for _, r := range roles {
		count(string(r.ID), r.Paths)
	}
	const most = layers * wide
	if len(roles) != most || paths > maxListed || steps > maxSteps+most*layers {
		t.Errorf("%d roles with %d paths of %d steps", len(roles), paths, steps)
	}
	paths, steps = 0, 0
	can, _ := p.WhatCan(WhatCanQuery{Subject: "u", Limit: MaxPage}, noon)
	for _, c := range can {
		count(c.Name, c.Paths)
	}
	if len(can) != most || paths > maxListed || steps > maxSteps+most*layers {
		t.Errorf("%d permissions with %d paths of %d steps", len(can), paths, steps)
	}
}

// crowds, which looks where holdings meet, finds what looking everywhere and at
// every time finds.
func TestACrowdIsFoundWhereverItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenants, resources := []TenantID{"", "a", "b"}, []string{"", "doc:1", "doc:2"}
		records := []Record{&Tenant{ID: "a"}, &Tenant{ID: "b"}, &User{ID: "u"}, &Group{ID: "g", Name: "g"}, &GroupMember{Group: "g", Member: "u"}}
		kept := []RoleID{"r0", "r1", "r2"}
		for i := range 5 {
			records = append(records, &Role{ID: RoleID(fmt.Sprint("r", i)), Name: fmt.Sprint("r", i)})
		}
		records = append(records, &Inheritance{"r3", "r0"}, &Inheritance{"r3", "r1"}, // r4 has nothing to do with it
			&Constraint{ID: "c", Name: "c", Type: Static, Tenant: rapid.SampledFrom(tenants).Draw(t, "constraint in"), MaxAllowed: rapid.IntRange(1, 2).Draw(t, "most")})
		for _, r := range kept {
			records = append(records, &ConstraintRole{"c", r})
		}
		held := map[string]Record{}
		for i := range rapid.IntRange(0, 8).Draw(t, "holdings") {
			a := &Assignment{
				Subject:  rapid.SampledFrom([]SubjectID{"u", "g"}).Draw(t, "subject"),
				Role:     RoleID(fmt.Sprint("r", rapid.IntRange(0, 4).Draw(t, "role"))),
				Scope:    Scope{rapid.SampledFrom(tenants).Draw(t, "tenant"), rapid.SampledFrom(resources).Draw(t, "resource")},
				Validity: drawValidity(t),
				Source:   Source(fmt.Sprint(i % 2)),
			}
			held[a.Key()] = a
		}
		for _, key := range sorted(slices.Collect(func(yield func(string) bool) {
			for key := range held {
				if !yield(key) {
					return
				}
			}
		})) {
			records = append(records, held[key])
		}
		p := build(records...)

		c := p.duties()[0]
		want := map[Scope]bool{}
		for _, tenant := range tenants {
			for _, resource := range resources {
				for later := time.Duration(0); later <= 6; later++ {
					at, where, roles := noon.Add(later*time.Hour/2), Scope{tenant, resource}, 0
					for _, r := range kept {
						if slices.ContainsFunc(p.holdings("u"), func(h holding) bool {
							return h.Covers(where) && h.At(at) && p.inherits(h.role, r)
						}) {
							roles++
						}
					}
					if roles > c.most && (c.tenant == 0 || tenant == p.tenantID(c.tenant)) {
						want[where] = true
					}
				}
			}
		}
		roles, where, found := p.crowds(p.counted("u"), &c, noon)
		if found != (len(want) > 0) || found && (!want[where] || len(roles) <= c.most) {
			t.Fatalf("found %v: %v %+v, want one of %v", found, roles, where, want)
		}
	})
}

// Thousands of holdings of a constrained role, each elsewhere and from another
// time on, are no reason to keep everybody else from writing.
func TestManyHoldingsOfAConstrainedRole(t *testing.T) {
	records := []Record{&User{ID: "u"}, &Tenant{ID: "acme"}, &Constraint{ID: "c", Name: "c", Type: Static, MaxAllowed: 1}}
	for _, r := range []RoleID{"payer", "approver"} {
		records = append(records, &Role{ID: r, Name: string(r)}, &ConstraintRole{"c", r})
	}
	const many = 10_000
	for i := range many {
		records = append(records, &Assignment{
			Subject: "u", Role: []RoleID{"payer", "approver"}[i%2],
			Scope: Scope{"acme", fmt.Sprint("doc:", i)}, Validity: Validity{StartsAt: noon.Add(time.Duration(i) * time.Second)},
		})
	}
	p := build(records...)
	if broken := p.heldApart("u", p.duties(), noon); broken != nil {
		t.Error(broken)
	}
	e := p.edit()
	e.apply(nil, &Assignment{Subject: "u", Role: "payer", Scope: Scope{"acme", "doc:7777"}})
	want := &SeparationError{Constraint: "c", MaxAllowed: 1, Subject: "u", Roles: []RoleID{"approver", "payer"}, Scope: Scope{"acme", "doc:7777"}}
	if diff := cmp.Diff(want, e.p.heldApart("u", e.p.duties(), noon)); diff != "" {
		t.Error(diff)
	}
}

// The wider scopes of one are those that cover it, among all.
func TestWiderScopesAreThoseThatCover(t *testing.T) {
	var all []Scope
	for _, tenant := range []TenantID{"", "a", "b"} {
		for _, resource := range []string{"", "doc:1", "doc:2"} {
			all = append(all, Scope{tenant, resource})
		}
	}
	for _, s := range all {
		for _, other := range all {
			count := 0
			for _, wide := range s.wider() {
				if wide == other {
					count++
				}
			}
			if want := map[bool]int{true: 1}[other.Covers(s)]; count != want {
				t.Errorf("%+v is %d times among what is wider than %+v, want %d", other, count, s, want)
			}
		}
	}
}
