package rolecall

import (
	"cmp"
	"slices"
	"time"
)

// WhoCan returns a page of the subjects whom q's request allows, and the After
// of the next page, "" if this is the last.
func (p *Policy) WhoCan(q WhoCanQuery, now time.Time) (page []SubjectID, next SubjectID) {
	asked := Request{Permission: q.Permission, API: q.API, Tenant: q.Tenant, Resource: q.Resource}
	var resolved question
	if !asked.valid() || p.resolve(&resolved, &asked, now) != "" {
		return nil, ""
	}
	// Users are in no order, so all are asked. Of those found, little more than
	// a page is kept at a time.
	limit := pageLimit(q.Limit)
	var last SubjectID // of the ids kept, once there are enough
	p.eachPerson(func(s subject) bool {
		id := s.name()
		if (q.Kind == "" || q.Kind == s.kind()) && string(id) > string(q.After) && (last == "" || string(id) < string(last)) &&
			!s.blocked() && p.allows(s, &resolved) {
			if page = append(page, SubjectID(id)); len(page) >= 2*limit+2 {
				slices.Sort(page)
				page = page[:limit+1]
				last = page[limit]
			}
		}
		return true
	})
	slices.Sort(page)
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1]
	}
	return page, next
}

func pageLimit(asked int) int {
	if asked <= 0 {
		return DefaultPage
	}
	return min(asked, MaxPage)
}

// WhatCan returns a page of the permissions that q's subject holds, and the
// After of the next page, zero if this is the last.
func (p *Policy) WhatCan(q WhatCanQuery, now time.Time) (page []EffectivePermission, next PermissionRef) {
	s, _, _ := p.subjects.find(string(q.Subject))
	asked := Scope{q.Tenant, q.Resource}
	var held permissionSet
	for _, h := range p.counting(q.Subject, asked, now) {
		held = held.with(p.gives(h))
	}
	for n := range held.numbers() {
		id, ref := p.permissionRef(n)
		if (q.API == "" || q.API == ref.API) && comparePermissions(ref, q.After) > 0 {
			page = append(page, EffectivePermission{PermissionRef: ref, ID: id})
		}
	}
	slices.SortFunc(page, func(a, b EffectivePermission) int {
		return comparePermissions(a.PermissionRef, b.PermissionRef)
	})
	if limit := pageLimit(q.Limit); len(page) > limit {
		page = page[:limit]
		next = page[limit-1].PermissionRef
	}
	if len(page) == 0 {
		return nil, next
	}
	reach, most := p.reach(s), listed(len(page))
	for i := range page {
		n, _ := p.number(KindPermission, string(page[i].ID))
		page[i].Paths, _ = reach.paths(&question{permission: n, now: now}, asked, always, most)
	}
	return page, next
}

func comparePermissions(a, b PermissionRef) int {
	return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Name, b.Name))
}

// counting returns the holdings that count for a subject in a scope at now:
// none if the subject is blocked or something does not exist.
func (p *Policy) counting(subject SubjectID, asked Scope, now time.Time) []holding {
	if !p.Decide(Request{Subject: subject, Any: KindUser, Tenant: asked.Tenant}, now).Allowed {
		return nil
	}
	return slices.DeleteFunc(p.counted(subject), func(h holding) bool {
		return !h.Covers(asked) || !h.At(now)
	})
}

// EffectiveRoles returns the roles that subject holds in scope, in byte order of ids.
func (p *Policy) EffectiveRoles(subject SubjectID, scope Scope, now time.Time) []EffectiveRole {
	s, _, _ := p.subjects.find(string(subject))
	held := p.rolesOf(p.counting(subject, scope, now))
	if len(held) == 0 {
		return nil
	}
	toRole, most := p.reach(s).byRole(), listed(len(held))
	all := make([]EffectiveRole, 0, len(held))
	for _, role := range held {
		e := EffectiveRole{
			ID:     RoleID(p.roles.ids.of(role)),
			Name:   p.roles.titles.of(role),
			Tenant: p.tenantID(p.roles.titles.space(role)),
		}
		e.Paths, _ = toRole(role).paths(&question{ask: askRole, roles: [2]uint32{role}, now: now}, scope, always, most)
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b EffectiveRole) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// rolesOf returns the numbers of the roles of holdings, with those inherited.
func (p *Policy) rolesOf(holdings []holding) []uint32 {
	var all []uint32
	for _, h := range holdings {
		if role, ok := p.number(KindRole, string(h.role)); ok {
			all = append(append(all, role), (*p.roles.all.at(role)).below...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
