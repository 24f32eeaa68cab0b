package rolecall

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A world of several pages of everything.
func TestManySubjectsRolesAndPermissions(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a large world")
	}
	random := rand.New(rand.NewPCG(3, 4))
	const users, roles, permissions, tenants = 700, 300, 300, 150
	name := func(what string, n int) string { return fmt.Sprint(what, random.IntN(n)) }
	w := newWorld()
	w.apply(nil, &API{ID: DefaultAPI, Identifier: "default"})
	for i := range permissions {
		w.apply(nil, &Permission{ID: PermissionID(fmt.Sprint("p", i)), API: DefaultAPI, Name: fmt.Sprint("p", i)})
	}
	for i := range tenants {
		w.apply(nil, &Tenant{ID: TenantID(fmt.Sprint("t", i))})
	}
	for i := range roles {
		w.apply(nil, &Role{ID: RoleID(fmt.Sprint("r", i)), Name: fmt.Sprint("r", i)})
		for range 3 {
			w.apply(nil, &Grant{RoleID(fmt.Sprint("r", i)), PermissionID(name("p", permissions))})
		}
		if i > 0 {
			w.apply(nil, &Inheritance{RoleID(fmt.Sprint("r", i)), RoleID(name("r", i))})
		}
	}
	for i := range users {
		w.apply(nil, &User{ID: SubjectID(fmt.Sprint("u", i))})
		w.apply(nil, &Assignment{Subject: SubjectID(fmt.Sprint("u", i)), Role: RoleID(name("r", roles)), Scope: Scope{Tenant: TenantID(name("t", tenants))}})
	}
	p := w.policy(1)
	for range 200 {
		a := w[KindAssignment]
		keys := make([]string, 0, len(a))
		for key := range a {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		of := a[keys[random.IntN(len(keys))]].(*Assignment)
		req := Request{Subject: of.Subject, Permission: name("p", permissions), Tenant: of.Tenant}
		if got, want := p.Decide(req, noon).Reason, w.reason(req, noon); got != want {
			t.Errorf("Decide(%+v) = %v, want %v", req, got, want)
		}
	}
	q := WhoCanQuery{Permission: "p7", Tenant: "t3", Limit: MaxPage}
	for _, q.Tenant = range []TenantID{"t3", "t4", ""} {
		got, _ := p.WhoCan(q, noon)
		if want := w.whoCan(q, noon); !slices.Equal(got, want) {
			t.Errorf("WhoCan(%+v) = %v, want %v", q, got, want)
		}
	}
}

// Pages of WhoCan are cut in order, however many there are and however few are asked for.
func TestWhoCanPages(t *testing.T) {
	records := []Record{&API{ID: DefaultAPI, Identifier: "default"}, &Permission{ID: "p", API: DefaultAPI, Name: "read"}}
	var want []SubjectID
	for _, i := range rand.New(rand.NewPCG(5, 6)).Perm(2500) {
		id := SubjectID(fmt.Sprintf("u%04d", i))
		records = append(records, &User{ID: id}, &DirectGrant{Subject: id, Permission: "p"})
		want = append(want, id)
	}
	slices.Sort(want)
	p := build(records...)
	for asked, limit := range map[int]int{0: DefaultPage, -1: DefaultPage, 7: 7, 1000: 1000, 5000: MaxPage} {
		var got []SubjectID
		q := WhoCanQuery{Permission: "read", Limit: asked}
		for {
			page, next := p.WhoCan(q, noon)
			if len(page) > limit {
				t.Fatalf("asked for %d, got a page of %d", asked, len(page))
			}
			got = append(got, page...)
			if q.After = next; next == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %d subjects, want %d", asked, len(got), len(want))
		}
	}
}

// Stacked diamonds have more ways through them than can be listed. Every group
// is reached all the same, and what is listed is bounded.
func TestWaysAreBounded(t *testing.T) {
	records := []Record{
		&API{ID: DefaultAPI, Identifier: "default"}, &Permission{ID: "p", API: DefaultAPI, Name: "read"},
		&User{ID: "u"}, &Group{ID: "g", Name: "g"}, &GroupMember{Group: "g", Member: "u"},
		&Role{ID: "r", Name: "r"},
	}
	below, senior := SubjectID("g"), RoleID("r")
	for i := range 20 {
		left, right, top := SubjectID(fmt.Sprint("l", i)), SubjectID(fmt.Sprint("r", i)), SubjectID(fmt.Sprint("t", i))
		for _, id := range []SubjectID{left, right, top} {
			records = append(records, &Group{ID: id, Name: string(id)})
		}
		records = append(records, &GroupMember{Group: left, Member: below}, &GroupMember{Group: right, Member: below},
			&GroupMember{Group: top, Member: left}, &GroupMember{Group: top, Member: right})
		below = top

		a, b, c := RoleID(fmt.Sprint("a", i)), RoleID(fmt.Sprint("b", i)), RoleID(fmt.Sprint("c", i))
		for _, id := range []RoleID{a, b, c} {
			records = append(records, &Role{ID: id, Name: string(id)})
		}
		records = append(records, &Inheritance{senior, a}, &Inheritance{senior, b}, &Inheritance{a, c}, &Inheritance{b, c})
		senior = c
	}
	records = append(records, &Grant{senior, "p"}, &Assignment{Subject: below, Role: senior})
	p := build(records...)
	if got := len(p.holdings("u")); got == 0 || got > maxWays+60 {
		t.Errorf("%d holdings, want at most about %d", got, maxWays)
	}
	e := p.Explain(Request{Subject: "u", Permission: "read"}, noon)
	if !e.Allowed || len(e.Paths) == 0 || len(e.Paths) > maxPaths {
		t.Errorf("allowed %v by %d paths, want 1 to %d", e.Allowed, len(e.Paths), maxPaths)
	}

	edit := p.edit()
	edit.apply(nil, &User{ID: "v"})
	edit.apply(nil, &Assignment{Subject: "v", Role: "r"})
	edit.apply(nil, &Assignment{Subject: "v", Role: "a0", Scope: Scope{Resource: "doc:1"}})
	p = edit.done(2)
	e = p.Explain(Request{Subject: "v", Permission: "read", Resource: "doc:1"}, noon)
	if !e.Allowed || len(e.Paths) != maxPaths {
		t.Errorf("allowed %v by %d paths, want %d", e.Allowed, len(e.Paths), maxPaths)
	}
	if !slices.IsSortedFunc(e.Paths, comparePaths) {
		t.Errorf("paths are not in order")
	}
	if got := len(p.EffectiveRoles("v", Scope{}, noon)); got != 61 {
		t.Errorf("%d effective roles, want 61", got)
	}
}

// Names that come and go, in writes that are kept or not, leave the tables as
// large as what is there needs.
func TestTablesStaySmall(t *testing.T) {
	p := build(&API{ID: DefaultAPI, Identifier: "default"})
	for i := range 5000 {
		id := fmt.Sprint(i)
		e := p.edit()
		e.apply(nil, &User{ID: SubjectID(id)})
		e.apply(nil, &Role{ID: RoleID(id), Name: id})
		e.apply(nil, &Tenant{ID: TenantID(id)})
		e.apply(nil, &Permission{ID: PermissionID(id), API: DefaultAPI, Name: id})
		e.apply(nil, &Group{ID: SubjectID("g" + id), Name: id})
		e.apply(nil, &API{ID: APIID(id), Identifier: id})
		switch i % 3 {
		case 0: // not wanted
			continue
		case 1:
			p = e.done(p.Revision() + 1)
			e = p.edit()
			fallthrough
		case 2:
			e.apply(&User{ID: SubjectID(id)}, nil)
			e.apply(&Role{ID: RoleID(id), Name: id}, nil)
			e.apply(&Tenant{ID: TenantID(id)}, nil)
			e.apply(&Permission{ID: PermissionID(id), API: DefaultAPI, Name: id}, nil)
			e.apply(&Group{ID: SubjectID("g" + id), Name: id}, nil)
			e.apply(&API{ID: APIID(id), Identifier: id}, nil)
			p = e.done(p.Revision() + 1)
		}
	}
	for what, got := range map[string]int{
		"subjects": int(p.subjects.count), "subject slots": len(p.subjects.slots),
		"roles": int(p.roles.count), "role slots": len(p.roles.titles.slots),
		"tenants": int(p.tenants.count), "tenant slots": len(p.tenants.ids.slots),
		"permissions": int(p.permissions.count), "permission slots": len(p.permissions.titles.slots),
		"groups": int(p.groups.count), "group slots": len(p.groups.titles.slots),
		"APIs": int(p.apis.count), "API slots": len(p.apis.identifiers.slots),
	} {
		if got > 16 {
			t.Errorf("%d %s after all came and went, want at most 16", got, what)
		}
	}
}
