package rolecall

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A world is a project's records, and the rule read off them with sets and
// loops: slow, and meant to be obviously right. It shares no code with Policy,
// which is held against it.
//
//	w := newWorld()
//	w.apply(nil, &User{ID: "alice"}) // as an edit of a policy, or a Service's change
//	w.allowed(Request{Subject: "alice", Any: KindUser}, now)
type world map[Kind]map[string]Record

func newWorld() world {
	w := world{}
	for _, kind := range Kinds {
		w[kind] = map[string]Record{}
	}
	return w
}

// apply makes a change: before is nil for a creation, after for a deletion.
func (w world) apply(before, after Record) {
	if before != nil {
		delete(w[before.Kind()], before.Key())
	}
	if after != nil {
		w[after.Kind()][after.Key()] = clone(after)
	}
}

// clone returns a world that does not change with w.
func (w world) clone() world {
	c := world{}
	for kind, records := range w {
		c[kind] = maps.Clone(records)
	}
	return c
}

// records returns everything in w, each record after those that it refers to.
func (w world) records() []Record {
	var all []Record
	for _, kind := range Kinds {
		for _, key := range slices.Sorted(maps.Keys(w[kind])) {
			all = append(all, w[kind][key])
		}
	}
	return all
}

// policy returns a policy of everything in w.
func (w world) policy(r Revision) *Policy {
	e := newPolicy().edit()
	for _, record := range w.records() {
		e.apply(nil, record)
	}
	return e.done(r)
}

// withDependents returns r after everything that refers to it, in an order in
// which all can be deleted.
func (w world) withDependents(r Record) []Record {
	var all []Record
	for _, kind := range Kinds {
		for _, other := range w.records() {
			if other.Kind() == kind && slices.ContainsFunc(other.refs(), func(ref ref) bool { return w.is(r, ref) }) {
				for _, one := range w.withDependents(other) {
					if !slices.Contains(all, one) {
						all = append(all, one)
					}
				}
			}
		}
	}
	return append(all, r)
}

// is reports whether ref refers to r.
func (w world) is(r Record, ref ref) bool {
	subject := r.Kind() == KindUser || r.Kind() == KindClient || r.Kind() == KindGroup
	return ref.id == r.Key() && (ref.kind == r.Kind() || ref.kind == kindSubject && subject)
}

// each yields the records of the type of T.
func each[T Record](w world) func(yield func(T) bool) {
	var kind T
	return func(yield func(T) bool) {
		for _, key := range slices.Sorted(maps.Keys(w[kind.Kind()])) {
			if !yield(w[kind.Kind()][key].(T)) {
				return
			}
		}
	}
}

// subject returns what kind of subject has an id, and whether it is blocked.
func (w world) subject(id SubjectID) (kind Kind, blocked bool) {
	if u, ok := w[KindUser][string(id)]; ok {
		return KindUser, u.(*User).Blocked
	}
	if c, ok := w[KindClient][string(id)]; ok {
		return KindClient, c.(*Client).Blocked
	}
	if _, ok := w[KindGroup][string(id)]; ok {
		return KindGroup, false
	}
	return "", false
}

// groupsOf returns every group that a subject is in, through any number of groups.
func (w world) groupsOf(subject SubjectID) map[SubjectID]bool {
	in := map[SubjectID]bool{}
	for grown := true; grown; {
		grown = false
		for m := range each[*GroupMember](w) {
			if (m.Member == subject || in[m.Member]) && !in[m.Group] {
				in[m.Group], grown = true, true
			}
		}
	}
	return in
}

// closure returns a role and all that it inherits from.
func (w world) closure(role RoleID) map[RoleID]bool {
	below := map[RoleID]bool{role: true}
	for grown := true; grown; {
		grown = false
		for i := range each[*Inheritance](w) {
			if below[i.Senior] && !below[i.Junior] {
				below[i.Junior], grown = true, true
			}
		}
	}
	return below
}

// permissionsOf returns what a role gives, itself or by inheritance.
func (w world) permissionsOf(role RoleID) map[PermissionID]bool {
	given := map[PermissionID]bool{}
	for junior := range w.closure(role) {
		for g := range each[*Grant](w) {
			if g.Role == junior {
				given[g.Permission] = true
			}
		}
	}
	return given
}

// everythingOf returns every assignment and direct grant that may count for a
// subject: its own, and those of its groups.
func (w world) everythingOf(subject SubjectID) (assignments []*Assignment, grants []*DirectGrant) {
	groups := w.groupsOf(subject)
	for a := range each[*Assignment](w) {
		if a.Subject == subject || groups[a.Subject] {
			assignments = append(assignments, a)
		}
	}
	for g := range each[*DirectGrant](w) {
		if g.Subject == subject || groups[g.Subject] {
			grants = append(grants, g)
		}
	}
	return assignments, grants
}

// counts reports whether what is held in a scope for a time counts for a
// question about a scope at now.
func counts(held Scope, v Validity, asked Scope, now time.Time) bool {
	if held.Tenant != "" && held.Tenant != asked.Tenant {
		return false
	}
	if held.Resource != "" && held.Resource != asked.Resource {
		return false
	}
	if !v.StartsAt.IsZero() && v.StartsAt.After(now) {
		return false
	}
	return v.ExpiresAt.IsZero() || v.ExpiresAt.After(now)
}

// held returns the roles that a subject holds in a scope at now, inherited ones
// too, and the permissions that they and direct grants give it. It asks neither
// whether the subject is blocked nor whether the tenant exists.
func (w world) held(subject SubjectID, asked Scope, now time.Time) (map[RoleID]bool, map[PermissionID]bool) {
	roles, permissions := map[RoleID]bool{}, map[PermissionID]bool{}
	assignments, grants := w.everythingOf(subject)
	for _, a := range assignments {
		if counts(a.Scope, a.Validity, asked, now) {
			maps.Copy(roles, w.closure(a.Role))
			maps.Copy(permissions, w.permissionsOf(a.Role))
		}
	}
	for _, g := range grants {
		if counts(g.Scope, g.Validity, asked, now) {
			permissions[g.Permission] = true
		}
	}
	return roles, permissions
}

// allowed is the rule.
func (w world) allowed(req Request, now time.Time) bool { return w.reason(req, now) == Granted }

// reason is the rule with its reason.
func (w world) reason(req Request, now time.Time) Reason {
	asked := map[string]bool{"permission": req.Permission != "", "role": req.Role != "", "group": req.Group != "", "any": req.Any != ""}
	maps.DeleteFunc(asked, func(_ string, set bool) bool { return !set })
	if len(asked) != 1 || req.Any != "" && !slices.Contains([]Kind{KindPermission, KindRole, KindGroup, KindUser}, req.Any) {
		return InvalidRequest
	}
	kind, blocked := w.subject(req.Subject)
	if kind == "" {
		return UnknownSubject
	}
	if blocked {
		return Blocked
	}
	roles, permissions := w.held(req.Subject, Scope{req.Tenant, req.Resource}, now)
	inSession := true
	if req.Session != "" {
		roles, permissions, inSession = w.switchedOn(req, roles, now)
	}
	groups := w.groupsOf(req.Subject)
	holds := false
	switch {
	case req.Permission != "":
		api := w.api(req.API)
		if api == nil {
			return UnknownAPI
		}
		id := w.permission(api.ID, req.Permission)
		if id == "" {
			return UnknownPermission
		}
		holds = permissions[id]
	case req.Role != "":
		meant := w.rolesNamed(req.Role, req.Tenant)
		if len(meant) == 0 {
			return UnknownRole
		}
		for _, id := range meant {
			holds = holds || roles[id]
		}
	case req.Group != "":
		id := w.group(req.Group)
		if id == "" {
			return UnknownGroup
		}
		holds = groups[id]
	case req.Any == KindPermission:
		holds = len(permissions) > 0
	case req.Any == KindRole:
		holds = len(roles) > 0
	case req.Any == KindGroup:
		holds = len(groups) > 0
	case req.Any == KindUser:
		holds = true
	}
	if req.Tenant != "" && w[KindTenant][string(req.Tenant)] == nil {
		return UnknownTenant
	}
	if !inSession {
		return UnknownSession
	}
	if !holds {
		return NotGranted
	}
	return Granted
}

// switchedOn returns what counts in a request's session, of the roles that its
// subject holds, and whether the session is open.
func (w world) switchedOn(req Request, held map[RoleID]bool, now time.Time) (map[RoleID]bool, map[PermissionID]bool, bool) {
	roles, permissions := map[RoleID]bool{}, map[PermissionID]bool{}
	session, ok := w[KindSession][string(req.Session)].(*Session)
	if !ok || session.Subject != req.Subject || !counts(Scope{}, session.Validity, Scope{}, now) {
		return roles, permissions, false
	}
	for r := range each[*SessionRole](w) {
		if r.Session == session.ID && held[r.Role] && session.Tenant == req.Tenant {
			maps.Copy(roles, w.closure(r.Role))
			maps.Copy(permissions, w.permissionsOf(r.Role))
		}
	}
	return roles, permissions, true
}

// api returns the API with an identifier; "" means the default API.
func (w world) api(identifier string) *API {
	for a := range each[*API](w) {
		if identifier == "" && a.ID == DefaultAPI || identifier != "" && a.Identifier == identifier {
			return a
		}
	}
	return nil
}

func (w world) permission(api APIID, name string) PermissionID {
	for p := range each[*Permission](w) {
		if p.API == api && p.Name == name {
			return p.ID
		}
	}
	return ""
}

// rolesNamed returns the project's role of a name, and that of a tenant that exists.
func (w world) rolesNamed(name string, tenant TenantID) (ids []RoleID) {
	for r := range each[*Role](w) {
		if r.Name == name && (r.Tenant == "" || r.Tenant == tenant) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// group returns the group with an id or else with a name.
func (w world) group(idOrName string) SubjectID {
	if _, ok := w[KindGroup][idOrName]; ok {
		return SubjectID(idOrName)
	}
	for g := range each[*Group](w) {
		if g.Name == idOrName {
			return g.ID
		}
	}
	return ""
}

// whoCan returns all that a query asks for, whatever its After and Limit.
func (w world) whoCan(q WhoCanQuery, now time.Time) []SubjectID {
	var all []SubjectID
	for _, kind := range []Kind{KindUser, KindClient} {
		for id := range w[kind] {
			req := Request{Subject: SubjectID(id), Permission: q.Permission, API: q.API, Tenant: q.Tenant, Resource: q.Resource}
			if w.allowed(req, now) {
				all = append(all, SubjectID(id))
			}
		}
	}
	slices.Sort(all)
	return all
}

// whatCan returns all that a query asks for, whatever its After and Limit.
func (w world) whatCan(q WhatCanQuery, now time.Time) []PermissionRef {
	var all []PermissionRef
	for p := range each[*Permission](w) {
		ref := PermissionRef{w[KindAPI][string(p.API)].(*API).Identifier, p.Name}
		req := Request{Subject: q.Subject, Permission: p.Name, API: ref.API, Tenant: q.Tenant, Resource: q.Resource}
		if (q.API == "" || q.API == ref.API) && w.allowed(req, now) {
			all = append(all, ref)
		}
	}
	slices.SortFunc(all, func(a, b PermissionRef) int { return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Name, b.Name)) })
	return all
}

// active reports whether a subject exists and is not blocked, and a tenant exists or is "".
func (w world) active(subject SubjectID, tenant TenantID) bool {
	kind, blocked := w.subject(subject)
	return kind != "" && !blocked && (tenant == "" || w[KindTenant][string(tenant)] != nil)
}

// effectiveRoles returns the ids of the roles that a subject holds in a scope.
func (w world) effectiveRoles(subject SubjectID, asked Scope, now time.Time) []RoleID {
	if !w.active(subject, asked.Tenant) {
		return nil
	}
	roles, _ := w.held(subject, asked, now)
	return slices.Sorted(maps.Keys(roles))
}

// authority returns what a token says of a subject.
func (w world) authority(subject SubjectID, api string, tenant TenantID, now time.Time) (a Authority) {
	if !w.active(subject, tenant) {
		return a
	}
	names := func(roles map[RoleID]bool, permissions map[PermissionID]bool) (permissionNames, roleNames []string) {
		of := w.api(api)
		for id := range permissions {
			if p := w[KindPermission][string(id)].(*Permission); of != nil && p.API == of.ID {
				permissionNames = append(permissionNames, p.Name)
			}
		}
		for id := range roles {
			roleNames = append(roleNames, w[KindRole][string(id)].(*Role).Name)
		}
		slices.Sort(permissionNames)
		slices.Sort(roleNames)
		return permissionNames, slices.Compact(roleNames)
	}
	a.Permissions, a.Roles = names(w.held(subject, Scope{Tenant: tenant}, now))

	// What is held in one tenant is what would be held there if nothing were
	// held everywhere.
	local := w.clone()
	assignments, grants := w.everythingOf(subject)
	tenants := map[TenantID]bool{}
	note := func(s Scope, v Validity) {
		if !counts(s, v, s, now) || s.Tenant == "" && s.Resource != "" {
			return
		}
		tenants[s.Tenant] = true
		if !v.ExpiresAt.IsZero() && (a.Until.IsZero() || v.ExpiresAt.Before(a.Until)) {
			a.Until = v.ExpiresAt
		}
	}
	for _, r := range assignments {
		note(r.Scope, r.Validity)
		if r.Tenant == "" {
			local.apply(r, nil)
		}
	}
	for _, r := range grants {
		note(r.Scope, r.Validity)
		if r.Tenant == "" {
			local.apply(r, nil)
		}
	}
	for m := range each[*Membership](w) {
		if m.Subject == subject {
			tenants[m.Tenant] = true
		}
	}
	delete(tenants, "")
	for _, id := range slices.Sorted(maps.Keys(tenants)) {
		t := TenantAuthority{Tenant: id}
		t.Permissions, t.Roles = names(local.held(subject, Scope{Tenant: id}, now))
		a.Tenants = append(a.Tenants, t)
	}
	return a
}
