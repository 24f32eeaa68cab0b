package rolecall

import (
	"cmp"
	"slices"
	"time"
)

// Bounds of an explanation. Of a long list of things, each with its paths, each
// has at least one, and the list not many more than these.
const (
	maxPaths   = 1000 // and as many that nearly grant
	maxSteps   = 100_000
	maxListed  = 20_000 // paths of all things in a list
	maxGivenBy = 100
)

// A limit bounds how many paths are looked for, and of how many steps in all.
// What there is, is found by one at least.
type limit struct {
	paths, near, steps int
}

// listed bounds the paths of each of n things in a list.
func listed(n int) limit {
	n = max(n, 1)
	return limit{paths: max(1, min(maxPaths, maxListed/n)), steps: maxSteps / n}
}

// Explain answers req at now with everything that the answer rests on. Shorter
// paths come first, and there are at most 1000, or fewer of more than 100,000
// steps. A path to any permission or to
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
		most := limit{paths: maxPaths, steps: maxSteps}
		if !e.Allowed {
			most.near = maxPaths
		}
		paths, near := p.reach(s).paths(&q, Scope{req.Tenant, req.Resource}, counts, most)
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
func (r *reach) paths(q *question, asked Scope, active func(Path) bool, most limit) (paths []Path, near []Near) {
	blocked := r.s.blocked()
	r.candidates(q, func(h holding) bool {
		obstacles := h.obstacles(asked, blocked, q.now)
		if len(obstacles) > 1 {
			return true
		}
		room := most.near - len(near)
		if len(obstacles) == 0 {
			room = max(room, most.paths-len(paths))
		}
		for _, path := range r.p.routes(r.s, h, q, room, most.steps) {
			most.steps -= len(path.Steps)
			switch on := active(path); {
			case on && len(obstacles) == 0:
				paths = append(paths, path)
			case on:
				near = append(near, Near{path, obstacles[0]})
			case len(obstacles) == 0:
				near = append(near, Near{path, NotActive})
			}
		}
		return most.steps > 0 && (len(paths) < most.paths || len(near) < most.near)
	})
	slices.SortFunc(paths, comparePaths)
	slices.SortFunc(near, func(a, b Near) int { return comparePaths(a.Path, b.Path) })
	return paths[:min(len(paths), most.paths)], near[:min(len(near), most.near)]
}

// candidates calls visit with the holdings that answer q, until visit returns
// false. Being there and being in a group are held by nobody: those get a holding
// for each way.
func (r *reach) candidates(q *question, visit func(holding) bool) {
	switch q.ask {
	case askAnyUser:
		visit(holding{})
	case askGroup, askAnyGroup:
		for _, way := range r.ways {
			if (q.ask == askAnyGroup || way[len(way)-1] == q.group) && !visit(holding{groups: r.p.groupIDs(way)}) {
				return
			}
		}
	default:
		r.each(func(h *holding) bool {
			if h.role != "" {
				return r.p.answers(h.number, q)
			}
			return q.ask == askAnyPermission || q.ask == askPermission && h.number == q.permission
		}, visit)
	}
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

// routes returns up to most paths that answer q from a subject through its
// holding h, which does, or fewer that have more than a number of steps.
func (p *Policy) routes(s subject, h holding, q *question, most, steps int) (paths []Path) {
	if most <= 0 {
		return nil
	}
	begin := []Step{p.subjectStep(s)}
	for _, id := range h.groups {
		group, _, _ := p.subjects.find(string(id))
		begin = append(begin, p.subjectStep(group))
	}
	found := func(more ...Step) {
		path := Path{slices.Concat(begin, more), h.Scope, h.Validity}
		paths = append(paths, path)
		steps -= len(path.Steps)
	}
	switch {
	case h.role == "" && h.permission == "":
		found()
		return paths
	case h.role == "":
		found(p.permissionStep(h.number))
		return paths
	case q.ask == askAnyPermission || q.ask == askAnyRole:
		found(p.roleStep(h.number))
		return paths
	}
	var trail []Step
	var down func(role uint32)
	down = func(role uint32) {
		trail = append(trail, p.roleStep(role))
		node := *p.roles.all.at(role)
		switch {
		case q.ask == askRole && (role == q.roles[0] || role == q.roles[1]):
			found(trail...)
		case q.ask == askPermission && node.grants.has(q.permission):
			found(append(trail, p.permissionStep(q.permission))...)
		}
		for _, junior := range node.juniors { // all that answer lead to a path, so this ends soon
			if len(paths) < most && (steps > 0 || len(paths) == 0) && p.answers(junior, q) {
				down(junior)
			}
		}
		trail = trail[:len(trail)-1]
	}
	down(h.number)
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
