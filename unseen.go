package rolecall

import "time"

// This file is what is said of a record that somebody names by its key and may not
// see: the same, whether it is there or not.

// unseen returns what by is told of a record that is not there, or that by may not
// see. Who has the right, a permission of AdminAPI, in no place is told that it is
// missing; who has it somewhere is told that there is no such record.
func unseen(p *Policy, by Actor, kind Kind, key, right string, now time.Time) error {
	if hasSomewhere(p, by, right, now) {
		return unknown(string(kind), key)
	}
	return &MissingError{Permission: right, API: string(AdminAPI), Kind: ErrForbidden}
}

// hasSomewhere reports whether by has a permission of AdminAPI everywhere or in a
// tenant.
func hasSomewhere(p *Policy, by Actor, right string, now time.Time) bool {
	if mayDo(p, by, right, Scope{}, now) == nil {
		return true
	}
	tried := map[TenantID]bool{"": true}
	for _, h := range p.counted(by.Subject) {
		if !tried[h.Tenant] && mayDo(p, by, right, Scope{Tenant: h.Tenant}, now) == nil {
			return true
		}
		tried[h.Tenant] = true
	}
	return false
}

// show returns an error unless the actor may know that a record is there: it may
// read or write it, or the record is its own.
func (d *draft) show(r Record) error {
	if d.by.trusted || BuiltIn(r) || d.by.Subject != "" && d.owns(r) == d.by.Subject {
		return nil
	}
	if c, ok := r.(*Credential); ok && c.Subject == d.by.Subject {
		return nil
	}
	where := places(d.edit.p, r)
	right := adminOf[r.Kind()] + ".write"
	if mayRead(d.base, d.by, r.Kind(), where, d.now) == nil || mayDo(d.base, d.by, right, d.place(r), d.now) == nil {
		return nil
	}
	if t, ok := r.(*Tenant); ok && mayDo(d.base, d.by, right, Scope{Tenant: t.ID}, d.now) == nil {
		return nil
	}
	return unseen(d.base, d.by, r.Kind(), r.Key(), right, d.now)
}

// hides reports whether a record is part of another, in a tenant, that the actor
// may not know of: so that which tenant it is does not show.
func (d *draft) hides(r Record, tenant TenantID) bool {
	switch r.(type) {
	case *Grant, *Inheritance, *ConstraintRole, *SessionRole:
		return tenant != "" && mayRead(d.base, d.by, r.Kind(), []Scope{{Tenant: tenant}}, d.now) != nil
	}
	return false
}

// known returns err, which says of a role that it is a tenant's, to an actor who
// may know of that. To others there is no such role.
func (d *draft) known(tenant TenantID, field string, id RoleID, err error) error {
	right := adminOf[KindRole]
	in := Scope{Tenant: tenant}
	if d.by.trusted || mayDo(d.base, d.by, right+".read", in, d.now) == nil || mayDo(d.base, d.by, right+".write", in, d.now) == nil {
		return err
	}
	return unknown(field, id)
}
