package rolecall

import (
	"hash/maphash"
	"maps"
	"slices"
	"time"
)

// constraints keeps which roles are to be kept apart. There are few.
type constraints struct {
	numbers
	ids names
	all vector[*constraint]
}

type constraint struct {
	owner   uint64
	dynamic bool
	tenant  uint32 // 0 is each, and none
	most    int
	roles   []uint32
}

func newConstraints(seed maphash.Seed) constraints { return constraints{ids: newNames(seed)} }

// put makes a constraint, or replaces all but its roles.
func (c *constraints) put(number uint32, id string, one constraint, owner uint64) {
	at := c.all.edit(number, owner)
	if was := *at; was != nil {
		one.roles = slices.Clone(was.roles)
	}
	one.owner = owner
	c.ids.set(number, 0, id, owner)
	*at = &one
}

func (c *constraints) remove(number uint32, owner uint64) {
	c.ids.clear(number, owner)
	*c.all.edit(number, owner) = nil
	c.give(number)
}

// constraint returns a constraint for owner to change.
func (c *constraints) constraint(number uint32, owner uint64) *constraint {
	at := c.all.edit(number, owner)
	if was := *at; was.owner != owner {
		changed := *was
		changed.owner, changed.roles = owner, slices.Clone(was.roles)
		*at = &changed
	}
	return *at
}

// constraintTenant returns the tenant that a constraint is about, "" for each.
func (p *Policy) constraintTenant(id ConstraintID) TenantID {
	n, ok := p.number(KindConstraint, string(id))
	if !ok {
		return ""
	}
	return p.tenantID((*p.constraints.all.at(n)).tenant)
}

// constraintRoles returns how many roles a constraint has.
func (p *Policy) constraintRoles(id ConstraintID) int {
	n, ok := p.number(KindConstraint, string(id))
	if !ok {
		return 0
	}
	return len((*p.constraints.all.at(n)).roles)
}

// each yields the constraints of a type.
func (c *constraints) each(dynamic bool) func(yield func(id string, c *constraint) bool) {
	return func(yield func(string, *constraint) bool) {
		for n := range c.count {
			if one := *c.all.at(n); one != nil && one.dynamic == dynamic && !yield(c.ids.of(n), one) {
				return
			}
		}
	}
}

// A duty is a static constraint, ready to be asked about many subjects.
type duty struct {
	id string
	*constraint
	counts []bool // roles that are one of it or inherit from one
}

// duties returns all static constraints.
func (p *Policy) duties() (all []duty) {
	for id, c := range p.constraints.each(false) {
		all = append(all, duty{id, c, p.roles.above(c.roles)})
	}
	return all
}

// A post is a holding that counts for a constraint, and which of its roles it gives.
type post struct {
	Scope
	Validity
	gives []int // indexes of the constraint's roles
}

// crowds returns a place in which a subject holds, or will hold, more of c's
// roles at one time than c allows, and the roles. It looks only where holdings
// meet: who holds much in many places is looked through in time that is little
// more than what it holds.
func (p *Policy) crowds(held []holding, c *duty, now time.Time) (roles []RoleID, where Scope, found bool) {
	m := p.muster(held, c, now)
	if m.roles <= c.most {
		return nil, Scope{}, false
	}
	for at := range m.places {
		which := c.together(m.at(at), now)
		if which == nil {
			continue
		}
		for _, i := range which {
			roles = append(roles, RoleID(p.roles.ids.of(c.roles[i])))
		}
		slices.Sort(roles)
		return roles, at, true
	}
	return nil, Scope{}, false
}

// A muster is what a subject holds that counts for a constraint, by where.
type muster struct {
	posts     map[Scope][]post
	roles     int                   // how many of the constraint's are held at all
	only      TenantID              // where the constraint counts, "" for everywhere
	tenants   []TenantID            // that something is held in
	wide      []string              // resources of every tenant
	resources map[TenantID][]string // of each tenant
}

func (p *Policy) muster(held []holding, c *duty, now time.Time) *muster {
	m := &muster{posts: map[Scope][]post{}, resources: map[TenantID][]string{}}
	if c.tenant != 0 {
		m.only = p.tenantID(c.tenant)
	}
	gives := map[uint32][]int{} // of each role that is held
	anywhere := map[int]bool{}
	for _, h := range held {
		if h.role == "" || !c.counts[h.number] || !h.ExpiresAt.IsZero() && !now.Before(h.ExpiresAt) {
			continue
		}
		if m.only != "" && h.Tenant != "" && h.Tenant != m.only {
			continue
		}
		of, known := gives[h.number]
		if !known {
			for i, r := range c.roles {
				if p.roles.inherits(h.number, r) {
					of = append(of, i)
					anywhere[i] = true
				}
			}
			gives[h.number] = of
		}
		if m.posts[h.Scope] == nil {
			switch {
			case h.Tenant == "" && h.Resource != "":
				m.wide = append(m.wide, h.Resource)
			case h.Tenant != "":
				if m.resources[h.Tenant] == nil {
					m.tenants = append(m.tenants, h.Tenant)
				}
				m.resources[h.Tenant] = append(m.resources[h.Tenant], h.Resource)
			}
		}
		m.posts[h.Scope] = append(m.posts[h.Scope], post{h.Scope, h.Validity, of})
	}
	m.roles = len(anywhere)
	return m
}

// places yields each place where holdings meet.
func (m *muster) places(yield func(Scope) bool) {
	tenants := m.tenants
	if m.only != "" {
		tenants = []TenantID{m.only}
	} else {
		if !yield(Scope{}) {
			return
		}
		for _, resource := range m.wide {
			if !yield(Scope{"", resource}) {
				return
			}
		}
	}
	for _, tenant := range tenants {
		all := append([]string{""}, m.resources[tenant]...)
		if m.only != "" || m.posts[Scope{Tenant: tenant}] != nil { // else they are as outside of the tenant
			all = append(all, m.wide...)
		}
		slices.Sort(all)
		for _, resource := range slices.Compact(all) {
			if !yield(Scope{tenant, resource}) {
				return
			}
		}
	}
}

// at returns what counts in a place.
func (m *muster) at(at Scope) []post {
	here := slices.Clone(m.posts[Scope{}])
	if at.Tenant != "" {
		here = append(here, m.posts[Scope{Tenant: at.Tenant}]...)
	}
	if at.Resource != "" {
		here = append(here, m.posts[Scope{Resource: at.Resource}]...)
	}
	if at.Tenant != "" && at.Resource != "" {
		here = append(here, m.posts[at]...)
	}
	return here
}

// together returns the indexes of more of c's roles than it allows that posts, all
// held in one place, give at one time from now on, nil if there is no such time.
func (c *duty) together(posts []post, now time.Time) []int {
	if len(posts) <= 1 && (len(posts) == 0 || len(posts[0].gives) <= c.most) {
		return nil
	}
	type turn struct {
		at   time.Time
		ends bool
		post int
	}
	var turns []turn
	for i, one := range posts {
		begins := now // whatever it was that began earlier
		if one.StartsAt.After(now) {
			begins = one.StartsAt
		}
		turns = append(turns, turn{begins, false, i})
		if !one.ExpiresAt.IsZero() {
			turns = append(turns, turn{one.ExpiresAt, true, i})
		}
	}
	slices.SortStableFunc(turns, func(a, b turn) int { // what ends at a time ends before another begins
		if order := a.at.Compare(b.at); order != 0 || a.ends == b.ends {
			return order
		}
		if a.ends {
			return -1
		}
		return 1
	})
	counts := map[int]int{}
	for _, t := range turns {
		for _, i := range posts[t.post].gives {
			if t.ends {
				if counts[i]--; counts[i] == 0 {
					delete(counts, i)
				}
			} else {
				counts[i]++
			}
		}
		if len(counts) > c.most {
			return slices.Collect(maps.Keys(counts))
		}
	}
	return nil
}

// activeTogether returns the roles of c that are active in a session, the
// inherited ones counted, if they are more than c allows.
func (p *Policy) activeTogether(s *session, c *constraint) (roles []RoleID, found bool) {
	if c.tenant != 0 && c.tenant != s.tenant {
		return nil, false
	}
	for _, r := range c.roles {
		if slices.ContainsFunc(s.roles, func(active uint32) bool { return p.roles.inherits(active, r) }) {
			roles = append(roles, RoleID(p.roles.ids.of(r)))
		}
	}
	slices.Sort(roles)
	return roles, len(roles) > c.most
}
