package rolecall

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// This file holds what must be true of every write, whatever its door.

// invariants are asked once all operations of a write are done, against the
// policy before and after. Each returns the index of the operation at fault.
var invariants = []func(context.Context, *draft) (op int, err error){noEscalation, noLockOut, separation}

// allow reports whether d.by may make the change at all.
func (d *draft) allow(before, after Record) error {
	r := Change{before, after}.record()
	if BuiltIn(r) && !d.founding {
		return &FieldError{Field: string(r.Kind()), Rule: fmt.Sprintf("%q is built in and can't be changed", r.Key()), Kind: ErrForbidden}
	}
	if d.by.trusted {
		return nil
	}
	if d.ownCredential(before, after) {
		return nil
	}
	if who := d.owns(r); who != "" && d.by.Within == nil && who == d.by.Subject && d.base.Decide(Request{Subject: who, Any: KindUser}, d.now).Allowed {
		return nil // one's own: it only narrows what one may
	}
	where := d.place(r)
	if t, ok := r.(*Tenant); ok && before != nil && after != nil {
		where = Scope{Tenant: t.ID}
	}
	right := adminOf[r.Kind()] + ".write"
	err := mayDo(d.base, d.by, right, where, d.now)
	if err != nil && d.hides(r, where.Tenant) {
		return mayDo(d.base, d.by, right, Scope{}, d.now) // as for a part of what is not there
	}
	return err
}

// ownCredential reports whether a change is of one's own password or key, and
// one that everybody may make. Who comes with no more than a token or a key may
// only weaken and delete keys: what they came with could be stolen, and must not
// become something that outlives it. An access key may give itself a new secret.
func (d *draft) ownCredential(before, after Record) bool {
	c, ok := Change{before, after}.record().(*Credential)
	if !ok || d.by.Within != nil || c.Subject != d.by.Subject || !d.base.Decide(Request{Subject: d.by.Subject, Any: KindUser}, d.now).Allowed {
		return false
	}
	b, _ := before.(*Credential)
	a, _ := after.(*Credential)
	switch {
	case d.by.proven:
		return true
	case b == nil || b.Type != AccessKey:
		return false
	case a == nil:
		return true
	}
	rest := *a // a without what weakens it
	rest.Name, rest.Stamps = b.Name, b.Stamps
	if a.Disabled {
		rest.Disabled = b.Disabled
	}
	if !a.ExpiresAt.IsZero() && (b.ExpiresAt.IsZero() || a.ExpiresAt.Before(b.ExpiresAt)) {
		rest.ExpiresAt = b.ExpiresAt
	}
	if b.ID == d.by.Credential {
		rest.Hash = b.Hash
	}
	return reflect.DeepEqual(&rest, b)
}

// owns returns whose session a record is or is part of.
func (d *draft) owns(r Record) SubjectID {
	switch r := r.(type) {
	case *Session:
		return r.Subject
	case *SessionRole:
		who, _ := d.edit.p.sessionOf(r.Session)
		return who
	}
	return ""
}

// place returns the scope in which a record is administered.
func (d *draft) place(r Record) Scope {
	switch r := r.(type) {
	case *Role:
		return Scope{Tenant: r.Tenant}
	case *Grant:
		return Scope{Tenant: d.edit.p.roleTenant(r.Role)}
	case *Inheritance:
		return Scope{Tenant: d.edit.p.roleTenant(r.Senior)}
	case *Membership:
		return Scope{Tenant: r.Tenant}
	case *Assignment:
		return r.Scope
	case *DirectGrant:
		return r.Scope
	case *Constraint:
		return Scope{Tenant: r.Tenant}
	case *ConstraintRole:
		return Scope{Tenant: d.edit.p.constraintTenant(r.Constraint)}
	case *Session:
		return Scope{Tenant: r.Tenant}
	case *SessionRole:
		_, tenant := d.edit.p.sessionOf(r.Session)
		return Scope{Tenant: tenant}
	case *Invitation:
		return Scope{Tenant: r.Tenant}
	case *InvitationRole:
		return Scope{Tenant: r.Tenant}
	}
	return Scope{}
}

// fits reports whether a record agrees with the rest of the state: what it
// refers to exists, edges make no cycle, and what can't change stays.
func (d *draft) fits(ctx context.Context, before, after Record) error {
	p := d.edit.p
	for _, ref := range after.refs() {
		if !p.exists(ref.kind, ref.id) {
			return unknown(ref.field, ref.id)
		}
	}
	switch r := after.(type) {
	case *API:
		if b, ok := before.(*API); ok && b.Identifier != r.Identifier {
			return invalid("identifier", "can't be changed")
		}
	case *Permission:
		if b, ok := before.(*Permission); ok && b.API != r.API {
			return invalid("api", "can't be changed")
		}
	case *Role:
		if b, ok := before.(*Role); ok && b.Tenant != r.Tenant {
			return invalid("tenant", "can't be changed")
		}
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
		if p.exists(KindGroup, string(r.Subject)) {
			return invalid("subject", "must be a user or a client")
		}
	case *Assignment:
		if t := p.roleTenant(r.Role); t != "" && t != r.Tenant {
			return d.known(t, "role", r.Role, invalid("tenant", "must be the role's own tenant, %q", t))
		}
		b, _ := before.(*Assignment)
		return d.notPast(r.Validity, b != nil && b.Validity == r.Validity)
	case *DirectGrant:
		b, _ := before.(*DirectGrant)
		return d.notPast(r.Validity, b != nil && b.Validity == r.Validity)
	case *Constraint:
		if b, ok := before.(*Constraint); ok && b.Tenant != r.Tenant {
			return invalid("tenant", "can't be changed")
		}
	case *ConstraintRole:
		if t := p.roleTenant(r.Role); t != "" && t != p.constraintTenant(r.Constraint) {
			return d.known(t, "role", r.Role, invalid("role", "belongs to a tenant, and only a constraint of that tenant can have it"))
		}
		if before == nil && p.constraintRoles(r.Constraint) >= maxConstraintRoles {
			return invalid("role", "can't be added: the constraint has %d roles, as many as one may have", maxConstraintRoles)
		}
	case *Session:
		if b, ok := before.(*Session); ok && (b.Subject != r.Subject || b.Tenant != r.Tenant) {
			return invalid("subject", "can't be changed, nor can tenant")
		}
		if p.exists(KindGroup, string(r.Subject)) {
			return invalid("subject", "must be a user or a client")
		}
		b, _ := before.(*Session)
		return d.notPast(r.Validity, b != nil && b.Validity == r.Validity)
	case *SessionRole:
		if !p.mayActivate(r.Session, r.Role, d.now) {
			return invalid("role", "is not one that the session's subject holds there")
		}
	case *Invitation:
		if before != nil {
			return invalid("invitation", "can't be changed: delete it, and invite again")
		}
		return d.notPast(r.Validity, false)
	case *InvitationRole:
		if t := p.roleTenant(r.Role); t != "" && t != r.Tenant {
			return d.known(t, "role", r.Role, invalid("tenant", "must be the role's own tenant, %q", t))
		}
		// It is given in the invitation's tenant, so it must be allowed there, in r's.
		// Who may not see the invitation is not told that there is one.
		found, err := d.tx.Get(ctx, KindInvitation, string(r.Invitation))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if of, ok := found.(*Invitation); !ok || of.Tenant != r.Tenant {
			return &FieldError{Field: "invitation", Rule: fmt.Sprintf("%q is not one to %s", r.Invitation, owned(Scope{Tenant: r.Tenant})), Kind: ErrNotFound}
		}
	case *ClientGrant:
		if b, ok := before.(*ClientGrant); ok && (b.Client != r.Client || b.API != r.API || b.For != r.For) {
			return invalid("client", "can't be changed, nor can api and for")
		}
	case *Setting:
		sso, err := r.sso()
		if sso == nil || err != nil {
			return err
		}
		for _, id := range sso.roles() {
			if !p.exists(KindRole, string(id)) {
				return unknown("role", id)
			}
			if err := mayDo(d.base, d.by, adminOf[KindAssignment]+".write", Scope{Tenant: sso.Tenant}, d.now); err != nil {
				return err
			}
		}
	case *LoginID:
		if b, ok := before.(*LoginID); ok && b.Subject != r.Subject {
			return conflict("login", "belongs to another user")
		}
		if p.exists(KindGroup, string(r.Subject)) {
			return invalid("subject", "must be a user or a client")
		}
	case *Credential:
		if b, ok := before.(*Credential); ok && (b.Subject != r.Subject || b.Type != r.Type) {
			return invalid("subject", "can't be changed")
		}
		if p.exists(KindGroup, string(r.Subject)) {
			return invalid("subject", "must be a user or a client")
		}
		b, _ := before.(*Credential)
		return d.notPast(r.Validity, b != nil && b.Validity == r.Validity)
	}
	return nil
}

func notReserved(id SubjectID) error {
	if id == SystemSubject {
		return conflict("id", "is reserved")
	}
	return nil
}

// notPast refuses an expiry that has passed, unless it was there before.
func (d *draft) notPast(v Validity, unchanged bool) error {
	if !unchanged && !v.ExpiresAt.IsZero() && !v.ExpiresAt.After(d.now) {
		return invalid("expires_at", "must be in the future")
	}
	return nil
}

// noLockOut: the project keeps a user who owns it, and so does each tenant, if
// they had one. An owner is active and holds the role for good.
func noLockOut(_ context.Context, d *draft) (int, error) {
	type place struct {
		role  RoleID
		scope Scope
	}
	asked := map[place]bool{}
	after := d.edit.p
	for i, c := range d.changes {
		for _, h := range lost(d.base, c) {
			for _, owner := range []RoleID{RoleOwner, RoleTenantOwner} {
				at := place{owner, h.Scope}
				if (owner == RoleOwner) != (h.Tenant == "") || h.Resource != "" || asked[at] || !d.base.inherits(h.role, owner) {
					continue
				}
				asked[at] = true
				if h.Tenant != "" && !after.exists(KindTenant, string(h.Tenant)) {
					continue
				}
				if d.base.hasOwner(owner, h.Scope, d.now) && !after.hasOwner(owner, h.Scope, d.now) {
					return d.ops[i], fmt.Errorf("nobody would own %s: %w", owned(h.Scope), ErrLockOut)
				}
			}
		}
	}
	return 0, nil
}

func owned(s Scope) string {
	if s.Tenant == "" {
		return "the project"
	}
	return fmt.Sprintf("tenant %q", s.Tenant)
}

// lost lists the holdings of a role that a change ends or may end, as p, the
// policy before the write, has them.
func lost(p *Policy, c Change) []holding {
	switch b := c.Before.(type) {
	case *Assignment:
		return []holding{{role: b.Role, Scope: b.Scope, Validity: b.Validity}}
	case *GroupMember:
		return p.counted(b.Group)
	case *User:
		if a, _ := c.After.(*User); a == nil || a.Blocked {
			return p.counted(b.ID)
		}
	case *Inheritance:
		var all []holding
		if p.inherits(b.Junior, RoleOwner) || p.inherits(b.Junior, RoleTenantOwner) {
			p.eachHolder(b.Senior, func(s SubjectID) bool {
				all = append(all, p.counted(s)...)
				return true
			})
		}
		return all
	}
	return nil
}

// hasOwner reports whether an active user holds role in exactly scope, for good.
func (p *Policy) hasOwner(role RoleID, scope Scope, now time.Time) (found bool) {
	p.eachHolder(role, func(s SubjectID) bool {
		found = p.isOwner(s, role, scope, now)
		return !found
	})
	return found
}

// isOwner reports whether s is an active user who holds role in exactly scope, for good.
func (p *Policy) isOwner(s SubjectID, role RoleID, scope Scope, now time.Time) bool {
	return p.exists(KindUser, string(s)) && p.Decide(Request{Subject: s, Any: KindUser}, now).Allowed &&
		slices.ContainsFunc(p.counted(s), func(h holding) bool {
			return h.role != "" && h.Scope == scope && h.ExpiresAt.IsZero() && h.Validity.At(now) && p.inherits(h.role, role)
		})
}
