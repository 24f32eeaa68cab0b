package rolecall

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// Whatever is written, in whatever order, a policy answers as the reference
// does; and the policies before go on answering as they did.
func TestAPolicyIsTheRule(t *testing.T) { rapid.Check(t, policyIsTheRule) }

func FuzzDecide(f *testing.F) { f.Fuzz(rapid.MakeFuzz(policyIsTheRule)) }

func policyIsTheRule(t *rapid.T) {
	type state struct {
		p *Policy
		w world
	}
	w := drawWorld(t, 150)
	now := state{w.policy(1), w}
	history := []state{now}
	for range rapid.IntRange(1, 8).Draw(t, "writes") {
		w, e := now.w.clone(), now.p.edit()
		for range rapid.IntRange(1, 8).Draw(t, "size") {
			for _, c := range drawChange(t, w, true) {
				w.apply(c.Before, c.After)
				e.apply(c.Before, c.After)
			}
		}
		answersAgree(t, e.p, w, drawRequest(t), drawTime(t, "now"))
		if rapid.IntRange(0, 3).Draw(t, "dropped") == 0 {
			continue
		}
		now = state{e.done(now.p.Revision() + 1), w}
		history = append(history, now)
		wordsAgree(t, now.p, now.w)
	}
	for range 10 {
		req, at := drawRequest(t), drawTime(t, "now")
		for i, old := range history {
			if got, want := old.p.Revision(), Revision(i+1); got != want {
				t.Fatalf("Revision() = %d, want %d", got, want)
			}
			answersAgree(t, old.p, old.w, req, at)
		}
	}
}

// answersAgree holds everything that a policy says about a request against the reference.
func answersAgree(t *rapid.T, p *Policy, w world, req Request, now time.Time) {
	t.Helper()
	want := Decision{w.allowed(req, now), w.reason(req, now), p.Revision()}
	if got := p.Decide(req, now); got != want {
		t.Fatalf("Decide(%+v, %v) = %+v, want %+v", req, now, got, want)
	}
	plain := Request{Subject: req.Subject, Permission: req.Permission, Tenant: req.Tenant}
	if got, want := p.Can(plain.Subject, plain.Permission, plain.Tenant, now), w.allowed(plain, now); got != want {
		t.Fatalf("Can(%q, %q, %q, %v) = %v, want %v", plain.Subject, plain.Permission, plain.Tenant, now, got, want)
	}

	e := p.Explain(req, now)
	if e.Decision != want || e.Request != req {
		t.Errorf("Explain(%+v) is about %+v, %+v, want %+v", req, e.Request, e.Decision, want)
	}
	paths, near := w.explain(req, now)
	equal(t, "paths of", req, texts(e.Paths), texts(paths))
	equal(t, "near paths of", req, nearTexts(e.Near), nearTexts(near))
	equal(t, "roles that give", req, e.GivenBy, w.givenBy(req, now))
	if e.Allowed != (len(e.Paths) > 0) {
		t.Errorf("Explain(%+v) allows %v with %d paths", req, e.Allowed, len(e.Paths))
	}

	limit := 1 + len(req.Resource)%3
	who := WhoCanQuery{Permission: req.Permission, API: req.API, Tenant: req.Tenant, Resource: req.Resource, Limit: limit}
	equal(t, "who can", who, pages(t, limit, func(after SubjectID) ([]SubjectID, SubjectID) {
		who.After = after
		return p.WhoCan(who, now)
	}), w.whoCan(who, now))

	what := WhatCanQuery{Subject: req.Subject, API: req.API, Tenant: req.Tenant, Resource: req.Resource, Limit: limit}
	var refs []PermissionRef
	for _, one := range pages(t, limit, func(after PermissionRef) ([]EffectivePermission, PermissionRef) {
		what.After = after
		return p.WhatCan(what, now)
	}) {
		refs = append(refs, one.PermissionRef)
		why := Request{Subject: req.Subject, Permission: one.Name, API: one.PermissionRef.API, Tenant: req.Tenant, Resource: req.Resource}
		paths, _ := w.explain(why, now)
		equal(t, "paths of", why, texts(one.Paths), texts(paths))
	}
	equal(t, "what can", what, refs, w.whatCan(what, now))

	var roles []RoleID
	scope := Scope{req.Tenant, req.Resource}
	effective := p.EffectiveRoles(req.Subject, scope, now)
	for _, r := range effective {
		roles = append(roles, r.ID)
		of := w[KindRole][string(r.ID)].(*Role)
		if r.Name != of.Name || r.Tenant != of.Tenant || len(r.Paths) == 0 {
			t.Errorf("role %+v, want one like %+v with paths", r, of)
		}
		for _, path := range r.Paths {
			if last := path.Steps[len(path.Steps)-1]; last.Kind != KindRole || last.ID != string(r.ID) {
				t.Errorf("a path to role %q ends with %v", r.ID, last)
			}
		}
		s, _, _ := p.subjects.find(string(req.Subject))
		n, _ := p.number(KindRole, string(r.ID))
		paths, _ := p.reach(s).paths(&question{ask: askRole, roles: [2]uint32{n}, now: now}, scope, always, listed(len(effective)))
		equal(t, "paths to role", r.ID, texts(r.Paths), texts(paths))
	}
	equal(t, "roles of", req, roles, w.effectiveRoles(req.Subject, scope, now))

	wantAuthority := w.authority(req.Subject, req.API, req.Tenant, now)
	wantAuthority.Revision = p.Revision()
	equal(t, "authority of", req, p.Authority(req.Subject, req.API, req.Tenant, now), wantAuthority)
}

// wordsAgree holds what a policy tells the Service against the reference.
func wordsAgree(t *rapid.T, p *Policy, w world) {
	t.Helper()
	for permission := range each[*Permission](w) {
		n, ok := p.permissionNumber(permission.ID)
		if !ok {
			t.Fatalf("permission %q has no number", permission.ID)
		}
		id, ref := p.permissionRef(n)
		equal(t, "permission", permission, ref, PermissionRef{w[KindAPI][string(permission.API)].(*API).Identifier, permission.Name})
		equal(t, "permission", permission, id, permission.ID)
		equal(t, "permissions of", permission, p.permissionIDs(holding{permission: permission.ID}), []PermissionID{permission.ID})
	}
	for _, id := range append(slices.Clone(madeIDs), "", "x", string(DefaultAPI)) {
		for _, kind := range Kinds {
			_, want := w[kind][id]
			equal(t, "exists "+string(kind), id, p.exists(kind, id), want && kind != KindSetting)
		}
		kind, _ := w.subject(SubjectID(id))
		equal(t, "exists subject", id, p.exists(kindSubject, id), kind != "")
		equal(t, "holdings of", id, holdingTexts(p.holdings(SubjectID(id))), holdingTexts(w.holdings(SubjectID(id))))

		memberships := []Scope{{}}
		for m := range each[*Membership](w) {
			if string(m.Subject) == id {
				memberships = append(memberships, Scope{Tenant: m.Tenant})
			}
		}
		equal(t, "memberships of", id, sorted(p.memberships(SubjectID(id))), sorted(memberships))

		role, _ := w[KindRole][id].(*Role)
		if role != nil {
			equal(t, "tenant of", id, p.roleTenant(RoleID(id)), role.Tenant)
			equal(t, "permissions of", id, sorted(p.permissionIDs(holding{role: role.ID})), sorted(slices.Collect(maps.Keys(w.permissionsOf(role.ID)))))
		}
		for _, other := range append(slices.Clone(madeIDs), "x") {
			equal(t, id+" inherits", other, p.inherits(RoleID(id), RoleID(other)),
				role != nil && w[KindRole][other] != nil && w.closure(RoleID(id))[RoleID(other)])
			equal(t, id+" within", other, p.within(SubjectID(id), SubjectID(other)),
				w[KindGroup][other] != nil && kind != "" && (id == other || w.groupsOf(SubjectID(id))[SubjectID(other)]))
		}

		var holders, members []SubjectID
		for _, kind := range []Kind{KindUser, KindClient} {
			for person := range w[kind] {
				assignments, _ := w.everythingOf(SubjectID(person))
				if id == "" || slices.ContainsFunc(assignments, func(a *Assignment) bool { return w.closure(a.Role)[RoleID(id)] }) {
					holders = append(holders, SubjectID(person))
				}
				if w.groupsOf(SubjectID(person))[SubjectID(id)] {
					members = append(members, SubjectID(person))
				}
			}
		}
		equal(t, "holders of", id, visited(func(visit func(SubjectID) bool) { p.eachHolder(RoleID(id), visit) }), sorted(holders))
		equal(t, "members of", id, visited(func(visit func(SubjectID) bool) { p.eachMember(SubjectID(id), visit) }), sorted(members))
	}
}

// permissionIDs returns what a holding gives.
func (p *Policy) permissionIDs(h holding) (ids []PermissionID) {
	for n := range p.gives(h).numbers() {
		id, _ := p.permissionRef(n)
		ids = append(ids, id)
	}
	return ids
}

// visited returns all that a visitor sees, in order, and makes sure that it
// stops when told.
func visited(each func(visit func(SubjectID) bool)) (all []SubjectID) {
	each(func(id SubjectID) bool { all = append(all, id); return true })
	calls := 0
	each(func(SubjectID) bool { calls++; return false })
	if calls != min(1, len(all)) {
		panic("the visitor goes on when told to stop")
	}
	return sorted(all)
}

// pages puts pages together, and makes sure that none is too long.
func pages[T any, Cursor comparable](t *rapid.T, limit int, page func(after Cursor) ([]T, Cursor)) (all []T) {
	t.Helper()
	var after, end Cursor
	for {
		part, next := page(after)
		if len(part) > limit || len(part) < limit && next != end {
			t.Fatalf("a page of %d after %v goes on at %v, with a limit of %d", len(part), after, next, limit)
		}
		if all = append(all, part...); next == end {
			return all
		}
		after = next
	}
}

func equal[T any](t *rapid.T, what string, of any, got, want T) {
	t.Helper()
	if diff := cmp.Diff(got, want, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s %+v (-got +want):\n%s", what, of, diff)
	}
}

func sorted[T any](all []T) []T {
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all
}

func text(p Path) string { return fmt.Sprintf("%v %v %v", p.Steps, p.Scope, p.Validity) }

func texts(paths []Path) (all []string) {
	for _, path := range paths {
		all = append(all, text(path))
	}
	return sorted(all)
}

func nearTexts(near []Near) (all []string) {
	for _, one := range near {
		all = append(all, fmt.Sprint(one.Blocks, " ", text(one.Path)))
	}
	return sorted(all)
}

func holdingTexts(holdings []holding) (all []string) {
	for _, h := range holdings {
		all = append(all, fmt.Sprintf("%q %q %v %v %q", h.role, h.permission, h.Scope, h.Validity, h.groups))
	}
	return sorted(all)
}

// holdings returns all that counts for a subject, once for each way to it.
func (p *Policy) holdings(subject SubjectID) (all []holding) {
	s, _, ok := p.subjects.find(string(subject))
	if !ok {
		return nil
	}
	p.reach(s).each(func(*holding) bool { return true }, func(h holding) bool {
		all = append(all, h)
		return true
	})
	return all
}
