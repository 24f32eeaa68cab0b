package descope

import (
	"context"
	"slices"

	"github.com/rolecall/rolecall"
)

// This file is what users and access keys hold: roles of the project
// everywhere, and in each of their tenants roles of the project or the tenant.
// What is narrowed to a resource, and what comes by a group, has no place in
// this API; the tokens and permissions that it answers count it all the same.

// roleNames returns the names of the roles with ids.
func roleNames(ctx context.Context, v *rolecall.View, ids []string) (map[rolecall.RoleID]string, error) {
	slices.Sort(ids)
	roles, err := related[*rolecall.Role](ctx, v, rolecall.KindRole, "id", slices.Compact(ids))
	names := make(map[rolecall.RoleID]string, len(roles))
	for _, r := range roles {
		names[r.ID] = r.Name
	}
	return names, err
}

// rolesNamed returns the roles with names: in a tenant its own or else the
// project's, the project's alone if tenant is empty.
func rolesNamed(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, names []string) (ids []rolecall.RoleID, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	found, err := related[*rolecall.Role](ctx, v, rolecall.KindRole, "name", names,
		rolecall.Condition{Field: "tenant", Op: rolecall.In, Values: []string{string(tenant), ""}})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var id rolecall.RoleID
		for _, r := range found {
			if r.Name == name && (id == "" || r.Tenant != "") {
				id = r.ID
			}
		}
		switch {
		case id == "" && tenant != "":
			return nil, noRole.because("role %q does not exist in tenant %q or in the project", name, tenant)
		case id == "":
			return nil, noRole.because("role %q does not exist", name)
		case !slices.Contains(ids, id):
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// held are the assignments of subjects that count in this API.
func held(ctx context.Context, v *rolecall.View, subjects []string) ([]*rolecall.Assignment, error) {
	return related[*rolecall.Assignment](ctx, v, rolecall.KindAssignment, "subject", subjects, rolecall.Where("resource", ""))
}

// holdings are the roles that somebody holds now, by tenant. Every tenant that
// they belong to is there; "" is everywhere.
type holdings map[rolecall.TenantID][]rolecall.RoleID

// holdingsOf returns the holdings of subjects.
func holdingsOf(ctx context.Context, v *rolecall.View, subjects []string) (map[rolecall.SubjectID]holdings, error) {
	all := make(map[rolecall.SubjectID]holdings, len(subjects))
	for _, s := range subjects {
		all[rolecall.SubjectID(s)] = holdings{}
	}
	members, err := memberships(ctx, v, subjects)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		all[m.Subject][m.Tenant] = nil
	}
	assigned, err := held(ctx, v, subjects)
	for _, a := range assigned {
		if of := all[a.Subject]; a.Validity.At(v.Now()) && !slices.Contains(of[a.Tenant], a.Role) {
			of[a.Tenant] = append(of[a.Tenant], a.Role)
		}
	}
	return all, err
}

// How a call changes the roles that somebody holds in one place.
type roleChange int

const (
	setRoles    roleChange = iota // these and no others
	addRoles                      // these too
	removeRoles                   // these no more
)

// changeRoles returns the operations that change subject's roles in a tenant, or
// everywhere if that is empty. What it removes it removes from whatever source.
func changeRoles(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, tenant rolecall.TenantID, how roleChange, names []string) (ops []rolecall.Op, err error) {
	named, err := rolesNamed(ctx, v, tenant, names)
	if err != nil {
		return nil, err
	}
	had, err := held(ctx, v, []string{string(subject)})
	if err != nil {
		return nil, err
	}
	has := map[rolecall.RoleID]bool{}
	for _, a := range had {
		if a.Tenant != tenant {
			continue
		}
		if how == setRoles && !slices.Contains(named, a.Role) || how == removeRoles && slices.Contains(named, a.Role) {
			ops = append(ops, rolecall.Delete(a))
		} else if a.Validity.At(v.Now()) {
			has[a.Role] = true
		}
	}
	if how == removeRoles {
		return ops, nil
	}
	for _, id := range named {
		if !has[id] {
			ops = append(ops, rolecall.Put(&rolecall.Assignment{Subject: subject, Role: id, Scope: rolecall.Scope{Tenant: tenant}}))
		}
	}
	return ops, nil
}

// called returns the names of roles, sorted.
func called(names map[rolecall.RoleID]string, roles []rolecall.RoleID) []string {
	all := []string{}
	for _, id := range roles {
		all = append(all, names[id])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A place is a tenant that somebody belongs to, with the roles that they hold there.
type place struct {
	TenantID  rolecall.TenantID `json:"tenantId"`
	RoleNames []string          `json:"roleNames"`
}

// join returns the operations that make subject a member of a tenant, with the
// tenant's default roles if it is new there.
func join(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, id rolecall.TenantID) (ops []rolecall.Op, err error) {
	if err := required("tenantId", string(id)); err != nil {
		return nil, err
	}
	t, err := findTenant(ctx, v, id)
	if err != nil {
		return nil, err
	}
	if member, err := isMember(ctx, v, subject, id); err != nil || member {
		return nil, err
	}
	kept, err := more[tenantMore](t.Attributes)
	if err != nil {
		return nil, err
	}
	there, err := roleNames(ctx, v, texts(kept.DefaultRoles))
	ops = append(ops, rolecall.Create(&rolecall.Membership{Tenant: id, Subject: subject}))
	for _, role := range kept.DefaultRoles {
		if _, ok := there[role]; ok {
			ops = append(ops, rolecall.Put(&rolecall.Assignment{
				Subject: subject, Role: role, Scope: rolecall.Scope{Tenant: id}, Source: rolecall.SourceDefault,
			}))
		}
	}
	return ops, err
}

func isMember(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, id rolecall.TenantID) (bool, error) {
	all, err := memberships(ctx, v, []string{string(subject)})
	return slices.ContainsFunc(all, func(m *rolecall.Membership) bool { return m.Tenant == id }), err
}

func memberships(ctx context.Context, v *rolecall.View, subjects []string) ([]*rolecall.Membership, error) {
	return related[*rolecall.Membership](ctx, v, rolecall.KindMembership, "subject", subjects)
}

// leave returns the operations that end what subject has in a tenant.
func leave(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, id rolecall.TenantID) (ops []rolecall.Op, err error) {
	if err := required("tenantId", string(id)); err != nil {
		return nil, err
	}
	if _, err := findTenant(ctx, v, id); err != nil {
		return nil, err
	}
	for _, kind := range []rolecall.Kind{rolecall.KindMembership, rolecall.KindAssignment, rolecall.KindDirectGrant} {
		found, err := rolecall.All[rolecall.Record](ctx, v, rolecall.Query{Kind: kind, Where: []rolecall.Condition{
			rolecall.Where("subject", subject), rolecall.Where("tenant", id),
		}})
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			ops = append(ops, rolecall.Delete(r))
		}
	}
	return ops, nil
}

// settle returns the operations that leave subject with roles everywhere and
// with places. What is nil stays as it is.
func settle(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, roles []string, places []place) (ops []rolecall.Op, err error) {
	if roles != nil {
		if ops, err = changeRoles(ctx, v, subject, "", setRoles, roles); err != nil {
			return nil, err
		}
	}
	if places == nil {
		return ops, nil
	}
	add := func(more []rolecall.Op, err error) error {
		ops = append(ops, more...)
		return err
	}
	old, err := holdingsOf(ctx, v, []string{string(subject)})
	if err != nil {
		return nil, err
	}
	for id := range old[subject] {
		if id != "" && !slices.ContainsFunc(places, func(p place) bool { return p.TenantID == id }) {
			if err := add(leave(ctx, v, subject, id)); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range places {
		if err := add(join(ctx, v, subject, p.TenantID)); err != nil {
			return nil, err
		}
		if err := add(changeRoles(ctx, v, subject, p.TenantID, setRoles, p.RoleNames)); err != nil {
			return nil, err
		}
	}
	return ops, nil
}
