package rolecall

import (
	"context"
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
