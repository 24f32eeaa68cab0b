package rolecall

import (
	"slices"
	"time"
)

// explain returns what an Explanation of req must list: the paths that count,
// and those that only one thing keeps from counting. Paths of two records that
// differ in their source alone appear twice.
func (w world) explain(req Request, now time.Time) (paths []Path, near []Near) {
	switch w.reason(req, now) {
	case InvalidRequest, UnknownSubject, UnknownAPI, UnknownPermission, UnknownRole, UnknownGroup:
		return nil, nil
	}
	if !w.exists(req) { // of a blocked subject
		return nil, nil
	}
	_, blocked := w.subject(req.Subject)
	asked := Scope{req.Tenant, req.Resource}
	for _, path := range w.candidates(req) {
		var blocks []Obstacle
		if blocked {
			blocks = append(blocks, SubjectBlocked)
		}
		if !path.StartsAt.IsZero() && path.StartsAt.After(now) {
			blocks = append(blocks, NotStarted)
		} else if !path.ExpiresAt.IsZero() && !path.ExpiresAt.After(now) {
			blocks = append(blocks, Expired)
		}
		if path.Tenant != "" && path.Tenant != asked.Tenant {
			blocks = append(blocks, OtherTenant)
		}
		if path.Resource != "" && path.Resource != asked.Resource {
			blocks = append(blocks, OtherResource)
		}
		if req.Session != "" && !w.passes(req, path, now) {
			blocks = append(blocks, NotActive)
		}
		if len(blocks) == 0 {
			paths = append(paths, path)
		}
		if len(blocks) == 1 {
			near = append(near, Near{path, blocks[0]})
		}
	}
	if w.allowed(req, now) {
		return paths, nil
	}
	return nil, near
}

// passes reports whether a path goes through a role that is active in req's
// session. Groups, and being there, need no role.
func (w world) passes(req Request, path Path, now time.Time) bool {
	active, _, open := w.switchedOn(req, nil, now)
	if !open {
		return false
	}
	if req.Group != "" || req.Any == KindGroup || req.Any == KindUser {
		return true
	}
	for r := range each[*SessionRole](w) {
		if r.Session == req.Session && w[KindSession][string(r.Session)].(*Session).Tenant == req.Tenant {
			active[r.Role] = req.Any != KindPermission || len(w.permissionsOf(r.Role)) > 0
		}
	}
	for _, step := range path.Steps {
		if step.Kind != KindRole {
			continue
		}
		if active[RoleID(step.ID)] {
			return true
		}
		for junior := range w.closure(RoleID(step.ID)) {
			if req.Any != "" && active[junior] { // such a path names no juniors
				return true
			}
		}
	}
	return false
}

// exists reports whether what req asks for exists.
func (w world) exists(req Request) bool {
	switch {
	case req.Permission != "":
		api := w.api(req.API)
		return api != nil && w.permission(api.ID, req.Permission) != ""
	case req.Role != "":
		return len(w.rolesNamed(req.Role, req.Tenant)) > 0
	case req.Group != "":
		return w.group(req.Group) != ""
	}
	return true
}

// candidates returns every path from req's subject to what req asks for,
// wherever and whenever it counts.
func (w world) candidates(req Request) (all []Path) {
	for _, way := range w.waysUp(req.Subject) {
		var steps []Step
		for _, id := range way {
			kind, _ := w.subject(id)
			step := Step{Kind: kind, ID: string(id)}
			if kind == KindGroup {
				step.Name = w[KindGroup][string(id)].(*Group).Name
			}
			steps = append(steps, step)
		}
		holder := way[len(way)-1]
		switch {
		case req.Any == KindUser:
			if len(way) == 1 {
				all = append(all, Path{Steps: steps})
			}
		case req.Any == KindGroup, req.Group != "" && w.group(req.Group) == holder:
			if len(way) > 1 {
				all = append(all, Path{Steps: steps})
			}
		}
		for a := range each[*Assignment](w) {
			if a.Subject == holder {
				for _, tail := range w.waysDown(a.Role, req) {
					all = append(all, Path{append(slices.Clone(steps), tail...), a.Scope, a.Validity})
				}
			}
		}
		for g := range each[*DirectGrant](w) {
			p := w[KindPermission][string(g.Permission)].(*Permission)
			if g.Subject == holder && (req.Any == KindPermission || w.asks(req, p)) {
				all = append(all, Path{append(slices.Clone(steps), permissionStep(p)), g.Scope, g.Validity})
			}
		}
	}
	return all
}

// waysUp returns every list of subjects that begins with one and goes on from
// member to group.
func (w world) waysUp(from SubjectID) [][]SubjectID {
	all := [][]SubjectID{{from}}
	for m := range each[*GroupMember](w) {
		if m.Member == from {
			for _, rest := range w.waysUp(m.Group) {
				all = append(all, append([]SubjectID{from}, rest...))
			}
		}
	}
	return all
}

// waysDown returns the ends of paths that begin with a role.
func (w world) waysDown(id RoleID, req Request) (all [][]Step) {
	role := w[KindRole][string(id)].(*Role)
	step := Step{KindRole, string(role.ID), role.Name}
	switch {
	case req.Any == KindRole, req.Any == KindPermission && len(w.permissionsOf(id)) > 0:
		return [][]Step{{step}}
	case req.Role != "" && slices.Contains(w.rolesNamed(req.Role, req.Tenant), id):
		all = append(all, []Step{step})
	}
	for g := range each[*Grant](w) {
		if p := w[KindPermission][string(g.Permission)].(*Permission); g.Role == id && w.asks(req, p) {
			all = append(all, []Step{step, permissionStep(p)})
		}
	}
	for i := range each[*Inheritance](w) {
		if i.Senior == id && req.Any == "" {
			for _, rest := range w.waysDown(i.Junior, req) {
				all = append(all, append([]Step{step}, rest...))
			}
		}
	}
	return all
}

// asks reports whether req asks for p.
func (w world) asks(req Request, p *Permission) bool {
	api := w.api(req.API)
	return api != nil && p.API == api.ID && p.Name == req.Permission
}

func permissionStep(p *Permission) Step { return Step{KindPermission, string(p.ID), p.Name} }

// givenBy returns the roles that an Explanation of a denial must list.
func (w world) givenBy(req Request, now time.Time) (ids []RoleID) {
	if req.Permission == "" || w.allowed(req, now) || w.reason(req, now) == InvalidRequest || !w.exists(req) ||
		req.Tenant != "" && w[KindTenant][string(req.Tenant)] == nil {
		return nil
	}
	for r := range each[*Role](w) {
		for id := range w.permissionsOf(r.ID) {
			if w.asks(req, w[KindPermission][string(id)].(*Permission)) && (r.Tenant == "" || r.Tenant == req.Tenant) {
				ids = append(ids, r.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// holdings returns what Policy.holdings must.
func (w world) holdings(subject SubjectID) (all []holding) {
	for _, way := range w.waysUp(subject) {
		holder, groups := way[len(way)-1], way[1:]
		for a := range each[*Assignment](w) {
			if a.Subject == holder {
				all = append(all, holding{role: a.Role, Scope: a.Scope, Validity: a.Validity, groups: groups})
			}
		}
		for g := range each[*DirectGrant](w) {
			if g.Subject == holder {
				all = append(all, holding{permission: g.Permission, Scope: g.Scope, Validity: g.Validity, groups: groups})
			}
		}
	}
	return all
}
