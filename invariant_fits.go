package rolecall

import (
	"context"
	"errors"
	"fmt"
)

// fits reports whether a record agrees with the rest of the state: what it
// refers to exists, what can't change stays, it goes with those around it, and it
// does not end in the past.
func (d *draft) fits(ctx context.Context, before, after Record) error {
	for _, ref := range after.refs() {
		if !d.edit.p.exists(ref.kind, ref.id) {
			return unknown(ref.field, ref.id)
		}
	}
	if before != nil {
		if err := stays(before, after); err != nil {
			return err
		}
	}
	if err := d.agrees(ctx, before, after); err != nil {
		return err
	}
	return d.notPast(before, after)
}

// stays refuses to change what a record keeps for as long as it is there.
func stays(before, after Record) error {
	switch a := after.(type) {
	case *API:
		if before.(*API).Identifier != a.Identifier {
			return invalid("identifier", "can't be changed")
		}
	case *Permission:
		if before.(*Permission).API != a.API {
			return invalid("api", "can't be changed")
		}
	case *Role:
		if before.(*Role).Tenant != a.Tenant {
			return invalid("tenant", "can't be changed")
		}
	case *Constraint:
		if before.(*Constraint).Tenant != a.Tenant {
			return invalid("tenant", "can't be changed")
		}
	case *Session:
		if b := before.(*Session); b.Subject != a.Subject || b.Tenant != a.Tenant {
			return invalid("subject", "can't be changed, nor can tenant")
		}
	case *Invitation:
		return invalid("invitation", "can't be changed: delete it, and invite again")
	case *ClientGrant:
		if b := before.(*ClientGrant); b.Client != a.Client || b.API != a.API || b.For != a.For {
			return invalid("client", "can't be changed, nor can api and for")
		}
	case *LoginID:
		if before.(*LoginID).Subject != a.Subject {
			return conflict("login", "belongs to another user")
		}
	case *Credential:
		if b := before.(*Credential); b.Subject != a.Subject || b.Type != a.Type {
			return invalid("subject", "can't be changed")
		}
	}
	return nil
}

// agrees reports whether a record goes with those that it refers to: edges make
// no cycle, a tenant's role stays in its tenant, and nothing grows past its bound.
func (d *draft) agrees(ctx context.Context, before, after Record) error {
	p := d.edit.p
	switch r := after.(type) {
	case *User:
		return notReserved(r.ID)
	case *Client:
		return notReserved(r.ID)
	case *Group:
		return notReserved(r.ID)
	case *Inheritance:
		if p.inherits(r.Junior, r.Senior) {
			return invalid("junior", "inherits from the senior role already: roles can't form a cycle")
		}
		if t := p.roleTenant(r.Junior); t != "" && t != p.roleTenant(r.Senior) {
			return d.known(t, "junior", r.Junior, invalid("junior", "belongs to a tenant, and only roles of that tenant can inherit from it"))
		}
		if id, found := p.tooManyBelow(r.Senior, r.Junior); found {
			return invalid("junior", "would have role %q inherit from more than %d roles", id, MaxInherited)
		}
	case *GroupMember:
		if p.within(r.Group, r.Member) {
			return invalid("member", "contains the group already: groups can't form a cycle")
		}
		if id, found := p.tooManyAbove(r.Group, r.Member); found {
			return invalid("group", "would have group %q be in more than %d groups", id, MaxWithin)
		}
	case *Membership:
		return p.notGroup(r.Subject)
	case *Assignment:
		return d.inRolesTenant(r.Role, r.Tenant)
	case *ConstraintRole:
		if t := p.roleTenant(r.Role); t != "" && t != p.constraintTenant(r.Constraint) {
			return d.known(t, "role", r.Role, invalid("role", "belongs to a tenant, and only a constraint of that tenant can have it"))
		}
		if before == nil && p.constraintRoles(r.Constraint) >= maxConstraintRoles {
			return invalid("role", "can't be added: the constraint has %d roles, as many as one may have", maxConstraintRoles)
		}
	case *Session:
		return p.notGroup(r.Subject)
	case *SessionRole:
		if !p.mayActivate(r.Session, r.Role, d.now) {
			return invalid("role", "is not one that the session's subject holds there")
		}
	case *InvitationRole:
		if err := d.inRolesTenant(r.Role, r.Tenant); err != nil {
			return err
		}
		return d.ofItsInvitation(ctx, r)
	case *Setting:
		return d.mapsRoles(r)
	case *LoginID:
		return p.notGroup(r.Subject)
	case *Credential:
		return p.notGroup(r.Subject)
	}
	return nil
}

func notReserved(id SubjectID) error {
	if id == SystemSubject {
		return conflict("id", "is reserved")
	}
	return nil
}

// notGroup refuses a group, which signs in nowhere and belongs to no tenant.
func (p *Policy) notGroup(id SubjectID) error {
	if p.exists(KindGroup, string(id)) {
		return invalid("subject", "must be a user or a client")
	}
	return nil
}

// inRolesTenant refuses to give a tenant's role elsewhere than in its tenant.
func (d *draft) inRolesTenant(role RoleID, in TenantID) error {
	if t := d.edit.p.roleTenant(role); t != "" && t != in {
		return d.known(t, "role", role, invalid("tenant", "must be the role's own tenant, %q", t))
	}
	return nil
}

// ofItsInvitation refuses a role in another tenant than its invitation's, where
// it will be given. Who may not see the invitation is not told that there is one.
func (d *draft) ofItsInvitation(ctx context.Context, r *InvitationRole) error {
	found, err := d.tx.Get(ctx, KindInvitation, string(r.Invitation))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if of, ok := found.(*Invitation); !ok || of.Tenant != r.Tenant {
		return &FieldError{Field: "invitation", Rule: fmt.Sprintf("%q is not one to %s", r.Invitation, owned(Scope{Tenant: r.Tenant})), Kind: ErrNotFound}
	}
	return nil
}

// mapsRoles refuses a setting of a tenant's single sign-on by which a role would
// be given that is not there, or where the actor assigns none.
func (d *draft) mapsRoles(r *Setting) error {
	sso, err := r.sso()
	if sso == nil || err != nil {
		return err
	}
	for _, id := range sso.roles() {
		if !d.edit.p.exists(KindRole, string(id)) {
			return unknown("role", id)
		}
		if err := mayDo(d.base, d.by, adminOf[KindAssignment]+".write", Scope{Tenant: sso.Tenant}, d.now); err != nil {
			return err
		}
	}
	return nil
}

// notPast refuses an expiry that has passed, unless it was there before.
func (d *draft) notPast(before, after Record) error {
	v := validityOf(after)
	if before != nil && validityOf(before) == v {
		return nil
	}
	if !v.ExpiresAt.IsZero() && !v.ExpiresAt.After(d.now) {
		return invalid("expires_at", "must be in the future")
	}
	return nil
}

// validityOf returns when a record counts: at any time, if it does not say.
func validityOf(r Record) Validity {
	switch r := r.(type) {
	case *Assignment:
		return r.Validity
	case *DirectGrant:
		return r.Validity
	case *Session:
		return r.Validity
	case *Invitation:
		return r.Validity
	case *Credential:
		return r.Validity
	}
	return Validity{}
}
