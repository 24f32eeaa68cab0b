package rolecall

import (
	"cmp"
	"slices"
	"time"
)

// Bounds of an explanation.
const (
	maxPaths   = 1000 // and as many that nearly grant
	maxGivenBy = 100
)

// Explain answers req at now with everything that the answer rests on. Shorter
// paths come first, and there are at most 1000. A path to any permission or to
// any role ends with the first role on it; a path to a group, with the group.
func (p *Policy) Explain(req Request, now time.Time) Explanation {
	e := Explanation{Request: req, Decision: p.Decide(req, now), Paths: []Path{}}
	if !req.valid() {
		return e
	}
	var q question
	reason := p.resolve(&q, &req, now)
	if reason != "" && reason != UnknownTenant {
		return e
	}
	if s, number, ok := p.subjects.find(string(req.Subject)); ok {
		counts := always
		if req.Session != "" {
			session, open := p.open(req.Session, number, &q)
			counts = func(path Path) bool { return open && (!q.byRole() || p.passes(session, path, &q)) }
		}
		paths, near := p.paths(s, &q, Scope{req.Tenant, req.Resource}, counts)
		if e.Allowed {
			e.Paths = append(e.Paths, paths...)
		} else {
			e.Near = near
		}
	}
	if !e.Allowed && reason == "" && q.ask == askPermission {
		e.GivenBy = p.givenBy(&q)
	}
	return e
}

// givenBy returns the ids of roles that give q's permission and may be assigned
// in q's tenant.
func (p *Policy) givenBy(q *question) []RoleID {
	var ids []RoleID
	for n := range p.roles.count {
		if p.roles.gives(n, q.permission) {
			if tenant := p.roles.titles.space(n); tenant == 0 || tenant == q.tenant {
				ids = append(ids, RoleID(p.roles.ids.of(n)))
			}
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), maxGivenBy)]
}

// always lets every path count, where there is no session.
func always(Path) bool { return true }

// paths returns the paths by which a subject has what q asks, and those that
// only one obstacle keeps from counting. Asked is the scope that q is about;
// active reports whether q's session, if it has one, lets a path count.
func (p *Policy) paths(s subject, q *question, asked Scope, active func(Path) bool) (paths []Path, near []Near) {
	for _, h := range p.candidates(s, q) {
		obstacles := h.obstacles(asked, s.blocked(), q.now)
		if len(obstacles) > 1 {
			continue
		}
		for _, path := range p.routes(s, h, q, maxPaths-min(len(paths), len(near))) {
			switch on := active(path); {
			case on && len(obstacles) == 0:
				paths = append(paths, path)
			case on:
				near = append(near, Near{path, obstacles[0]})
			case len(obstacles) == 0:
				near = append(near, Near{path, NotActive})
			}
		}
	}
	slices.SortFunc(paths, comparePaths)
	slices.SortFunc(near, func(a, b Near) int { return comparePaths(a.Path, b.Path) })
	return paths[:min(len(paths), maxPaths)], near[:min(len(near), maxPaths)]
}

// candidates returns the holdings that may answer q. Being there and being in a
// group are held by nobody: those get a holding for each way.
func (p *Policy) candidates(s subject, q *question) []holding {
	switch q.ask {
	case askAnyUser:
		return []holding{{}}
	case askGroup, askAnyGroup:
		var all []holding
		for _, way := range p.ways(s) {
			if q.ask == askAnyGroup || way[len(way)-1] == q.group {
				all = append(all, holding{groups: p.groupIDs(way)})
			}
		}
		return all
	}
	return p.holdings(SubjectID(s.name()))
}

// obstacles returns what keeps h from counting for a question.
func (h *holding) obstacles(asked Scope, blocked bool, now time.Time) (all []Obstacle) {
	if blocked {
		all = append(all, SubjectBlocked)
	}
	switch {
	case h.At(now):
	case now.Before(h.StartsAt):
		all = append(all, NotStarted)
	default:
		all = append(all, Expired)
	}
	if h.Tenant != "" && h.Tenant != asked.Tenant {
		all = append(all, OtherTenant)
	}
	if h.Resource != "" && h.Resource != asked.Resource {
		all = append(all, OtherResource)
	}
	return all
}

// routes returns up to limit paths that answer q from a subject through its
// holding h.
func (p *Policy) routes(s subject, h holding, q *question, limit int) []Path {
	steps := []Step{p.subjectStep(s)}
	for _, id := range h.groups {
		group, _, _ := p.subjects.find(string(id))
		steps = append(steps, p.subjectStep(group))
	}
	path := func(more ...Step) Path {
		return Path{append(slices.Clip(steps), more...), h.Scope, h.Validity}
	}
	switch {
	case limit == 0:
		return nil
	case h.role == "" && h.permission == "":
		return []Path{path()}
	case h.role == "":
		n, _ := p.number(KindPermission, string(h.permission))
		if q.ask == askAnyPermission || q.ask == askPermission && n == q.permission {
			return []Path{path(p.permissionStep(n))}
		}
		return nil
	}
	role, _ := p.number(KindRole, string(h.role))
	switch {
	case !p.answers(role, q):
		return nil
	case q.ask == askAnyPermission || q.ask == askAnyRole:
		return []Path{path(p.roleStep(role))}
	}
	var paths []Path
	var down func(steps []Step, role uint32)
	down = func(steps []Step, role uint32) {
		steps = append(slices.Clip(steps), p.roleStep(role))
		node := *p.roles.all.at(role)
		switch {
		case q.ask == askRole && (role == q.roles[0] || role == q.roles[1]):
			paths = append(paths, path(steps...))
		case q.ask == askPermission && node.grants.has(q.permission):
			paths = append(paths, path(append(steps, p.permissionStep(q.permission))...))
		}
		for _, junior := range node.juniors { // all that answer lead to a path, so this ends soon
			if len(paths) < limit && p.answers(junior, q) {
				down(steps, junior)
			}
		}
	}
	down(nil, role)
	return paths
}

func (p *Policy) subjectStep(s subject) Step {
	step := Step{Kind: s.kind(), ID: string(s.name())}
	if step.Kind == KindGroup {
		step.Name = p.groups.titles.of(s.extra.group)
	}
	return step
}

func (p *Policy) roleStep(n uint32) Step {
	return Step{KindRole, p.roles.ids.of(n), p.roles.titles.of(n)}
}

func (p *Policy) permissionStep(n uint32) Step {
	return Step{KindPermission, p.permissions.ids.of(n), p.permissions.titles.of(n)}
}

// comparePaths puts shorter paths first, and the rest in an order that depends
// on nothing but the paths.
func comparePaths(a, b Path) int {
	return cmp.Or(
		cmp.Compare(len(a.Steps), len(b.Steps)),
		slices.CompareFunc(a.Steps, b.Steps, func(a, b Step) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
		}),
		cmp.Compare(a.Tenant, b.Tenant),
		cmp.Compare(a.Resource, b.Resource),
		a.StartsAt.Compare(b.StartsAt),
		a.ExpiresAt.Compare(b.ExpiresAt),
	)
}
