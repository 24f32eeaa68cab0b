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
	gives := map[uint32][]int{}               // of each role that is held
	posts := map[Scope][]post{}               // by where they are held
	anywhere := make(map[int]bool)            // c's roles that are held at all
	tenants, wide := []TenantID{}, []string{} // that something is held in, and resources of every tenant
	resources := map[TenantID][]string{}      // of each tenant
	for _, h := range held {
		if h.role == "" || !c.counts[h.number] || !h.ExpiresAt.IsZero() && !now.Before(h.ExpiresAt) {
			continue
		}
		if c.tenant != 0 && h.Tenant != "" && h.Tenant != p.tenantID(c.tenant) {
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
		if posts[h.Scope] == nil {
			switch {
			case h.Tenant == "" && h.Resource != "":
				wide = append(wide, h.Resource)
			case h.Tenant != "":
				if resources[h.Tenant] == nil {
					tenants = append(tenants, h.Tenant)
				}
				resources[h.Tenant] = append(resources[h.Tenant], h.Resource)
			}
		}
		posts[h.Scope] = append(posts[h.Scope], post{h.Scope, h.Validity, of})
	}
	if len(anywhere) <= c.most {
		return nil, Scope{}, false
	}
	look := func(at Scope) bool {
		var here []post
		here = append(here, posts[Scope{}]...)
		if at.Tenant != "" {
			here = append(here, posts[Scope{Tenant: at.Tenant}]...)
		}
		if at.Resource != "" {
			here = append(here, posts[Scope{Resource: at.Resource}]...)
		}
		if at.Tenant != "" && at.Resource != "" {
			here = append(here, posts[at]...)
		}
		which := c.together(here, now)
		for _, i := range which {
			roles = append(roles, RoleID(p.roles.ids.of(c.roles[i])))
		}
		slices.Sort(roles)
		where, found = at, which != nil
		return found
	}
	places := func(yield func(Scope) bool) {
		if c.tenant == 0 {
			if !yield(Scope{}) {
				return
			}
			for _, resource := range wide {
				if !yield(Scope{"", resource}) {
					return
				}
			}
		}
		if c.tenant != 0 {
			tenants = []TenantID{p.tenantID(c.tenant)}
		}
		for _, tenant := range tenants {
			all := append([]string{""}, resources[tenant]...)
			if c.tenant != 0 || posts[Scope{Tenant: tenant}] != nil { // else they are as outside of the tenant
				all = append(all, wide...)
			}
			slices.Sort(all)
			for _, resource := range slices.Compact(all) {
				if !yield(Scope{tenant, resource}) {
					return
				}
			}
		}
	}
	for at := range places {
		if look(at) {
			return roles, where, true
		}
	}
	return nil, Scope{}, false
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
