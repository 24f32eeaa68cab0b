package rolecall

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// An edit is a policy in the making. It answers like a Policy at any time,
// through p, and shares with its ancestor all that it has not changed.
// At most one edit of a line of policies is in use at a time; one that is not
// wanted is dropped.
type edit struct {
	p     *Policy
	owner uint64 // of all that the edit has copied
}

// edit returns a draft of p's successor. p stays as it is.
func (p *Policy) edit() *edit {
	p.line.edits++
	draft := *p
	return &edit{&draft, p.line.edits}
}

// done freezes the edit into the policy of a revision. The edit is not used again.
func (e *edit) done(r Revision) *Policy {
	p := e.p
	e.p = nil
	p.revision = r
	p.subjects.clip()
	for _, n := range []*numbers{&p.subjects.numbers, &p.groups.numbers, &p.roles.numbers, &p.tenants.numbers, &p.apis.numbers, &p.permissions.numbers, &p.constraints.numbers, &p.sessions.numbers} {
		n.settle()
	}
	return p
}

// apply makes one change: before is nil for a creation, after for a deletion.
// Kinds that a Policy does not keep are ignored. References must exist and
// edges make no cycle: the Service has checked. Deleting what others refer to
// takes deleting those first. A change that can't be made panics, because
// what followed would be decided wrongly.
func (e *edit) apply(before, after Record) {
	switch {
	case before == nil:
		e.create(after)
	case after == nil:
		e.delete(before)
	default:
		e.change(before, after)
	}
}

func (e *edit) create(r Record) {
	p := e.p
	switch r := r.(type) {
	case *API:
		e.absent(KindAPI, string(r.ID))
		n := uint32(0)
		if r.ID != DefaultAPI {
			n = p.apis.take()
		}
		p.apis.ids.set(n, 0, string(r.ID), e.owner)
		p.apis.identifiers.set(n, 0, r.Identifier, e.owner)
	case *Permission:
		e.absent(KindPermission, string(r.ID))
		n := p.permissions.take()
		p.permissions.ids.set(n, 0, string(r.ID), e.owner)
		p.permissions.titles.set(n, e.number(KindAPI, string(r.API)), r.Name, e.owner)
	case *Tenant:
		e.absent(KindTenant, string(r.ID))
		p.tenants.ids.set(p.tenants.take(), 0, string(r.ID), e.owner)
	case *Role:
		e.absent(KindRole, string(r.ID))
		p.roles.add(string(r.ID), e.tenant(r.Tenant), r.Name, e.owner)
	case *Inheritance:
		p.roles.inherit(e.number(KindRole, string(r.Senior)), e.number(KindRole, string(r.Junior)), e.owner)
	case *Grant:
		p.roles.grant(e.number(KindRole, string(r.Role)), e.number(KindPermission, string(r.Permission)), e.owner)
	case *Constraint:
		e.absent(KindConstraint, string(r.ID))
		p.constraints.put(p.constraints.take(), string(r.ID), e.constraint(r), e.owner)
	case *ConstraintRole:
		c := p.constraints.constraint(e.number(KindConstraint, string(r.Constraint)), e.owner)
		c.roles = append(c.roles, e.number(KindRole, string(r.Role)))
	case *Session:
		e.absent(KindSession, string(r.ID))
		p.sessions.add(string(r.ID), e.session(r), e.owner)
	case *SessionRole:
		s := p.sessions.session(e.number(KindSession, string(r.Session)), e.owner)
		s.roles = append(s.roles, e.number(KindRole, string(r.Role)))
	case *User:
		e.addSubject(r.ID, flagUser, r.Blocked)
	case *Client:
		e.addSubject(r.ID, flagClient, r.Blocked)
	case *Group:
		n := e.addSubject(r.ID, flagGroup, false)
		p.subjects.extra(n, e.owner).group = p.groups.add(r.Name, n, e.owner)
	case *GroupMember:
		member, group := e.membership(r)
		p.subjects.addPair(member, newPair(inGroup, group), e.owner)
		if nested, ok := p.groupOf(member); ok {
			p.groups.nest(nested, group, e.owner)
		}
	case *Membership:
		p.subjects.addPair(e.number(kindSubject, string(r.Subject)), newPair(e.tenant(r.Tenant), 0), e.owner)
	case *Assignment:
		n, pair, s, common := e.assignment(r)
		if common {
			p.subjects.addPair(n, pair, e.owner)
		} else {
			p.subjects.addSpecial(n, s, e.owner)
		}
	case *DirectGrant:
		n, s := e.directGrant(r)
		p.subjects.addSpecial(n, s, e.owner)
	}
}

func (e *edit) delete(r Record) {
	p := e.p
	there := true
	switch r := r.(type) {
	case *API:
		n := e.number(KindAPI, string(r.ID))
		p.apis.ids.clear(n, e.owner)
		p.apis.identifiers.clear(n, e.owner)
		if n != 0 {
			p.apis.give(n)
		}
	case *Permission:
		n := e.number(KindPermission, string(r.ID))
		p.permissions.ids.clear(n, e.owner)
		p.permissions.titles.clear(n, e.owner)
		p.permissions.give(n)
	case *Tenant:
		n := e.number(KindTenant, string(r.ID))
		p.tenants.ids.clear(n, e.owner)
		p.tenants.give(n)
	case *Role:
		p.roles.remove(e.number(KindRole, string(r.ID)), e.owner)
	case *Inheritance:
		there = p.roles.disinherit(e.number(KindRole, string(r.Senior)), e.number(KindRole, string(r.Junior)), e.owner)
	case *Grant:
		there = p.roles.revoke(e.number(KindRole, string(r.Role)), e.number(KindPermission, string(r.Permission)), e.owner)
	case *Constraint:
		p.constraints.remove(e.number(KindConstraint, string(r.ID)), e.owner)
	case *ConstraintRole:
		c := p.constraints.constraint(e.number(KindConstraint, string(r.Constraint)), e.owner)
		c.roles, there = drop(c.roles, e.number(KindRole, string(r.Role)))
	case *Session:
		p.sessions.remove(e.number(KindSession, string(r.ID)), e.owner)
	case *SessionRole:
		s := p.sessions.session(e.number(KindSession, string(r.Session)), e.owner)
		s.roles, there = drop(s.roles, e.number(KindRole, string(r.Role)))
	case *User:
		p.subjects.remove(e.number(KindUser, string(r.ID)), e.owner)
	case *Client:
		p.subjects.remove(e.number(KindClient, string(r.ID)), e.owner)
	case *Group:
		n := e.number(KindGroup, string(r.ID))
		group, _ := p.groupOf(n)
		p.groups.remove(group, e.owner)
		p.subjects.remove(n, e.owner)
	case *GroupMember:
		member, group := e.membership(r)
		there = p.subjects.removePair(member, newPair(inGroup, group), e.owner)
		if nested, ok := p.groupOf(member); ok {
			p.groups.unnest(nested, group, e.owner)
		}
	case *Membership:
		there = p.subjects.removePair(e.number(kindSubject, string(r.Subject)), newPair(e.tenant(r.Tenant), 0), e.owner)
	case *Assignment:
		n, pair, s, common := e.assignment(r)
		if common {
			there = p.subjects.removePair(n, pair, e.owner)
		} else {
			there = p.subjects.removeSpecial(n, s, e.owner)
		}
	case *DirectGrant:
		n, s := e.directGrant(r)
		there = p.subjects.removeSpecial(n, s, e.owner)
	}
	if !there {
		panic(fmt.Sprintf("rolecall: the policy has no %s %q", r.Kind(), r.Key()))
	}
}

// change makes an update. Of most kinds nothing that a policy keeps can change.
func (e *edit) change(before, after Record) {
	p := e.p
	switch r := after.(type) {
	case *Permission:
		n := e.number(KindPermission, string(r.ID))
		p.permissions.titles.set(n, e.number(KindAPI, string(r.API)), r.Name, e.owner)
	case *Role:
		p.roles.titles.set(e.number(KindRole, string(r.ID)), e.tenant(r.Tenant), r.Name, e.owner)
	case *Constraint:
		p.constraints.put(e.number(KindConstraint, string(r.ID)), string(r.ID), e.constraint(r), e.owner)
	case *Session:
		s := p.sessions.session(e.number(KindSession, string(r.ID)), e.owner)
		s.from, s.until = r.Validity.bounds()
	case *User:
		p.subjects.block(e.number(KindUser, string(r.ID)), r.Blocked, e.owner)
	case *Client:
		p.subjects.block(e.number(KindClient, string(r.ID)), r.Blocked, e.owner)
	case *Group:
		group, _ := p.groupOf(e.number(KindGroup, string(r.ID)))
		p.groups.titles.set(group, 0, r.Name, e.owner)
	case *Assignment, *DirectGrant:
		e.delete(before)
		e.create(after)
	}
}

// number returns the number of what must be there.
func (e *edit) number(kind Kind, id string) uint32 {
	n, ok := e.p.number(kind, id)
	if !ok {
		panic(fmt.Sprintf("rolecall: the policy has no %s %q", kind, id))
	}
	return n
}

// absent makes sure that an id is free.
func (e *edit) absent(kind Kind, id string) {
	if e.p.exists(kind, id) {
		panic(fmt.Sprintf("rolecall: the policy has %s %q already", kind, id))
	}
}

// tenant returns the number of a tenant, 0 of none.
func (e *edit) tenant(id TenantID) uint32 {
	if id == "" {
		return 0
	}
	return e.number(KindTenant, string(id))
}

func (e *edit) addSubject(id SubjectID, flags byte, blocked bool) uint32 {
	e.absent(kindSubject, string(id))
	if blocked {
		flags |= flagBlocked
	}
	return e.p.subjects.add(string(id), flags, e.owner)
}

// membership returns the numbers that a GroupMember names: the member's among
// subjects and the group's among groups.
func (e *edit) membership(r *GroupMember) (member, group uint32) {
	group, _ = e.p.groupOf(e.number(KindGroup, string(r.Group)))
	return e.number(kindSubject, string(r.Member)), group
}

// assignment returns the number of an assignment's subject and how its row
// keeps it: as a pair if it is common, as a special if not.
func (e *edit) assignment(r *Assignment) (subject uint32, p pair, s special, common bool) {
	subject = e.number(kindSubject, string(r.Subject))
	tenant, role := e.tenant(r.Tenant), e.number(KindRole, string(r.Role))
	if r.Resource == "" && r.Validity == (Validity{}) {
		return subject, newPair(tenant, role), special{}, true
	}
	s = newSpecial(r.Resource, r.Validity)
	s.tenant, s.role = tenant, role
	return subject, 0, s, false
}

func (e *edit) directGrant(r *DirectGrant) (subject uint32, s special) {
	s = newSpecial(r.Resource, r.Validity)
	s.tenant, s.permission = e.tenant(r.Tenant), e.number(KindPermission, string(r.Permission))
	return e.number(kindSubject, string(r.Subject)), s
}

func newSpecial(resource string, v Validity) special {
	s := special{resource: resource}
	s.from, s.until = v.bounds()
	return s
}

func (e *edit) constraint(r *Constraint) constraint {
	return constraint{dynamic: r.Type == Dynamic, tenant: e.tenant(r.Tenant), most: r.MaxAllowed}
}

func (e *edit) session(r *Session) session {
	s := session{subject: e.number(kindSubject, string(r.Subject)), tenant: e.tenant(r.Tenant)}
	s.from, s.until = r.Validity.bounds()
	return s
}

// drop returns numbers without one of them, and whether it was there.
func drop(numbers []uint32, one uint32) ([]uint32, bool) {
	at := slices.Index(numbers, one)
	if at < 0 {
		return numbers, false
	}
	return slices.Delete(numbers, at, at+1), true
}

func (s *special) validity() (v Validity) {
	if s.from != math.MinInt64 {
		v.StartsAt = time.UnixMilli(s.from).UTC()
	}
	if s.until != math.MaxInt64 {
		v.ExpiresAt = time.UnixMilli(s.until).UTC()
	}
	return v
}
