package rolecall

import (
	"cmp"
	"context"
	"reflect"
)

// noEscalation: no write gives anyone a permission in a scope, or for a time,
// that the actor does not hold there, unless the actor holds PermissionEscalate
// there. What counts as giving is listed in given.
func noEscalation(ctx context.Context, d *draft) (int, error) {
	if d.by.trusted {
		return 0, nil
	}
	held := coverOf(d.lent())
	joined := map[SubjectID]bool{} // groups, each of which gives all its new members the same
	for i, c := range d.changes {
		if m, ok := c.After.(*GroupMember); ok {
			if joined[m.Group] {
				continue
			}
			joined[m.Group] = true
		}
		if err := d.mayGive(c, held); err != nil {
			return d.ops[i], err
		}
		hands, err := d.handsOver(ctx, c)
		if err != nil {
			return d.ops[i], err
		}
		if hands != "" && mayDo(d.base, d.by, PermissionEscalate, Scope{}, d.now) != nil {
			return d.ops[i], &MissingError{Permission: hands, Kind: ErrEscalation}
		}
	}
	return 0, nil
}

// lent returns what d's actor may give: all that it holds, and of the permissions
// to administer those that it may use.
func (d *draft) lent() []entitlement {
	held := d.base.entitlements(d.by.Subject)
	if d.by.Within == nil {
		return held
	}
	var kept permissionSet
	for _, p := range adminPermissions {
		if n, ok := d.base.permissionNumber(PermissionID(p.name)); ok && !d.by.lends(p.name) {
			kept = kept.with(single(uint32(n)))
		}
	}
	return without(held, kept)
}

// mayGive reports whether d's actor, who holds held, may give what a change gives.
func (d *draft) mayGive(c Change, held cover) error {
	for _, gift := range given(d.edit.p, d.by, c) {
		rest := gift.beyond(held, d.now)
		if rest.empty() || mayDo(d.base, d.by, PermissionEscalate, gift.Scope, d.now) == nil {
			continue
		}
		_, missing := d.edit.p.permissionRef(rest.first())
		return &MissingError{Permission: missing.Name, API: missing.API, Scope: gift.Scope, Kind: ErrEscalation}
	}
	return nil
}

// given lists what a change gives, as p, the policy after the write, has it. It
// counts what the change makes possible, not only who has it today: granting to
// a role gives wherever the role may be assigned.
func given(p *Policy, by Actor, c Change) []entitlement {
	role := func(id RoleID, s Scope, v Validity) []entitlement {
		return []entitlement{{s, v, p.gives(holding{role: id})}}
	}
	switch r := c.After.(type) {
	case *Grant:
		return []entitlement{{Scope{Tenant: p.roleTenant(r.Role)}, Validity{}, p.gives(holding{permission: r.Permission})}}
	case *Inheritance:
		return role(r.Junior, Scope{Tenant: p.roleTenant(r.Senior)}, Validity{})
	case *Role:
		b, _ := c.Before.(*Role)
		var all []entitlement
		if r.Default && (b == nil || !b.Default) {
			all = role(r.ID, Scope{Tenant: r.Tenant}, Validity{})
		}
		if b == nil || b.Name != r.Name {
			for _, other := range p.namesakes(r) {
				all = append(all, role(other, Scope{Tenant: cmp.Or(r.Tenant, p.roleTenant(other))}, Validity{})...)
			}
		}
		return all
	case *Assignment:
		return role(r.Role, r.Scope, r.Validity)
	case *DirectGrant:
		return []entitlement{{r.Scope, r.Validity, p.gives(holding{permission: r.Permission})}}
	case *InvitationRole:
		return role(r.Role, Scope{Tenant: r.Tenant}, Validity{})
	case *GroupMember:
		return p.entitlements(r.Group)
	case *API:
		// Tokens of an API that enforces no longer say what was asked for.
		if b, _ := c.Before.(*API); b != nil && b.Tokens.Enforce && !r.Tokens.Enforce {
			return []entitlement{{set: p.permissionsOf(r.ID)}}
		}
	case *User:
		// Whoever sets the address that a password is reset by can sign in.
		b, _ := c.Before.(*User)
		if b != nil && (b.Blocked && !r.Blocked || (b.Email != r.Email || b.Phone != r.Phone) && r.ID != by.Subject) {
			return p.entitlements(r.ID)
		}
	case *Client:
		if b, _ := c.Before.(*Client); b != nil && b.Blocked && !r.Blocked {
			return p.entitlements(r.ID)
		}
	case *Setting:
		sso, err := r.sso()
		if sso == nil || err != nil { // which fits has refused
			return nil
		}
		var all []entitlement
		for _, id := range sso.roles() {
			all = append(all, role(id, Scope{Tenant: sso.Tenant}, Validity{})...)
		}
		if sso.speaks() {
			all = append(all, role(RoleOwner, Scope{}, Validity{})...)
		}
		return all
	case *LoginID:
		if r.Subject != by.Subject {
			return p.entitlements(r.Subject)
		}
	case *Credential:
		if r.Subject != by.Subject && !r.Disabled {
			return p.entitlements(r.Subject)
		}
	}
	return nil
}

// namesakes lists the roles that a role can be taken for: a question that names a
// role in a tenant means the project's and the tenant's.
func (p *Policy) namesakes(r *Role) (ids []RoleID) {
	find := func(tenant uint32) {
		if n, ok := p.roles.titles.find(tenant, r.Name); ok {
			ids = append(ids, RoleID(p.roles.ids.of(n)))
		}
	}
	if r.Tenant != "" {
		find(0)
		return ids
	}
	for n := uint32(1); n < p.tenants.ids.count; n++ {
		if p.tenants.ids.of(n) != "" {
			find(n)
		}
	}
	return ids
}

// inUsersNames is what an application may do that has a ClientGrant for users on AdminAPI.
const inUsersNames = "to administer in users' names"

// handsOver names what a change gives that no entitlement describes, "" for
// nothing: a permission's new name, which applications may ask for already, a
// key that signs anybody's tokens, and leave for an application to administer in
// its users' names. Who decides where such an application's sign-in leads, or
// knows its secret, has that leave too.
func (d *draft) handsOver(ctx context.Context, c Change) (what string, err error) {
	switch r := c.After.(type) {
	case *Permission:
		if b, _ := c.Before.(*Permission); b != nil && b.Name != r.Name {
			return r.Name, nil
		}
	case *SigningKey:
		return "to sign tokens", nil
	case *ClientGrant:
		if r.API == AdminAPI && r.For == ForUser {
			return inUsersNames, nil
		}
	case *Client:
		b, _ := c.Before.(*Client)
		if b != nil && (b.Blocked && !r.Blocked || !reflect.DeepEqual(b.OAuth, r.OAuth)) {
			return d.administers(ctx, r.ID)
		}
	case *Credential:
		if r.Subject != d.by.Subject && !r.Disabled {
			return d.administers(ctx, r.Subject)
		}
	}
	return "", nil
}

// administers returns inUsersNames if a client has leave for that, "" if not.
func (d *draft) administers(ctx context.Context, client SubjectID) (string, error) {
	page, err := d.tx.List(ctx, Query{Kind: KindClientGrant, Limit: 1, Where: []Condition{
		Where("client", client), Where("api", AdminAPI), Where("for", ForUser),
	}})
	if err != nil || len(page.Records) == 0 {
		return "", err
	}
	return inUsersNames, nil
}
