package rolecall

import (
	"hash/maphash"
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

// counts reports whether holding or activating role counts for c.
func (p *Policy) counts(c *constraint, role uint32) bool {
	return slices.ContainsFunc(c.roles, func(r uint32) bool { return p.roles.inherits(role, r) })
}

// crowds returns a place in which a subject holds, or will hold, more of c's
// roles at one time than c allows, and the roles.
func (p *Policy) crowds(subject SubjectID, c *constraint, now time.Time) (roles []RoleID, where Scope, found bool) {
	type held struct {
		holding
		role uint32
	}
	var all []held
	tenants, resources, times := []TenantID{""}, []string{""}, []time.Time{now}
	if c.tenant != 0 {
		tenants[0] = p.tenantID(c.tenant)
	}
	for _, h := range p.holdings(subject) {
		n, ok := p.number(KindRole, string(h.role))
		if !ok || !p.counts(c, n) || !h.ExpiresAt.IsZero() && !now.Before(h.ExpiresAt) {
			continue
		}
		all = append(all, held{h, n})
		if c.tenant == 0 && !slices.Contains(tenants, h.Tenant) {
			tenants = append(tenants, h.Tenant)
		}
		if !slices.Contains(resources, h.Resource) {
			resources = append(resources, h.Resource)
		}
		if h.StartsAt.After(now) && !slices.Contains(times, h.StartsAt) { // the number grows only when something begins
			times = append(times, h.StartsAt)
		}
	}
	if len(all) == 0 {
		return nil, Scope{}, false
	}
	for _, tenant := range tenants {
		for _, resource := range resources {
			where := Scope{tenant, resource}
			for _, at := range times {
				roles = roles[:0]
				for _, r := range c.roles {
					if slices.ContainsFunc(all, func(h held) bool { return h.Scope.Covers(where) && h.At(at) && p.roles.inherits(h.role, r) }) {
						roles = append(roles, RoleID(p.roles.ids.of(r)))
					}
				}
				if len(roles) > c.most {
					slices.Sort(roles)
					return roles, where, true
				}
			}
		}
	}
	return nil, Scope{}, false
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
