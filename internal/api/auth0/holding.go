package auth0

import (
	"context"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// This file is what users hold: roles everywhere, or in one organization, and
// permissions that they hold directly. What is narrowed to a resource has no
// place in this API; tokens and decisions count it all the same.

// held returns the assignments, valid now, of a subject in a tenant, or
// everywhere if that is empty.
func held(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, subjects ...string) ([]*rolecall.Assignment, error) {
	all, err := relatedIn[*rolecall.Assignment](ctx, v, tenant, rolecall.KindAssignment, "subject", subjects,
		rolecall.Where("tenant", tenant), rolecall.Where("resource", ""))
	return slices.DeleteFunc(all, func(a *rolecall.Assignment) bool { return !a.Validity.At(v.Now()) }), err
}

// rolesOf returns the roles of assignments, in the order of their names.
func rolesOf(ctx context.Context, v *rolecall.View, assigned []*rolecall.Assignment) ([]*rolecall.Role, error) {
	ids := make([]rolecall.RoleID, len(assigned))
	for i, a := range assigned {
		ids[i] = a.Role
	}
	roles, err := related[*rolecall.Role](ctx, v, rolecall.KindRole, "id", texts(ids))
	slices.SortFunc(roles, byName)
	return roles, err
}

func byName(a, b *rolecall.Role) int {
	return strings.Compare(a.Name+"\t"+string(a.ID), b.Name+"\t"+string(b.ID))
}

// assign returns the operations that give a subject roles in a tenant, or
// everywhere. What is held already, from whatever source, stays as it is.
func assign(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, tenant rolecall.TenantID, roles []*rolecall.Role) (ops []rolecall.Op, err error) {
	has, err := held(ctx, v, tenant, string(subject))
	for _, r := range roles {
		if !slices.ContainsFunc(has, func(a *rolecall.Assignment) bool { return a.Role == r.ID }) {
			ops = append(ops, rolecall.Put(&rolecall.Assignment{Subject: subject, Role: r.ID, Scope: rolecall.Scope{Tenant: tenant}}))
		}
	}
	return ops, err
}

// unassign returns the operations that take roles away from a subject, from
// whatever source it has them.
func unassign(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, tenant rolecall.TenantID, roles []string) (ops []rolecall.Op, err error) {
	if len(roles) == 0 {
		return nil, required("roles")
	}
	all, err := relatedIn[*rolecall.Assignment](ctx, v, tenant, rolecall.KindAssignment, "subject", []string{string(subject)},
		rolecall.Where("tenant", tenant), rolecall.Where("resource", ""))
	for _, a := range all {
		if slices.Contains(roles, string(a.Role)) {
			ops = append(ops, rolecall.Delete(a))
		}
	}
	return ops, err
}

// inherited returns roles with all that each inherits from.
func inherited(ctx context.Context, v *rolecall.View, roles []string) (map[string][]string, error) {
	juniors := map[string][]string{}
	seen := map[string]bool{}
	for next := roles; len(next) > 0; {
		edges, err := related[*rolecall.Inheritance](ctx, v, rolecall.KindInheritance, "senior", next)
		if err != nil {
			return nil, err
		}
		next = nil
		for _, e := range edges {
			juniors[string(e.Senior)] = append(juniors[string(e.Senior)], string(e.Junior))
			if !seen[string(e.Junior)] && !slices.Contains(roles, string(e.Junior)) {
				seen[string(e.Junior)] = true
				next = append(next, string(e.Junior))
			}
		}
	}
	all := map[string][]string{}
	for _, r := range roles {
		reached := []string{r}
		for i := 0; i < len(reached); i++ {
			for _, j := range juniors[reached[i]] {
				if !slices.Contains(reached, j) {
					reached = append(reached, j)
				}
			}
		}
		all[r] = reached
	}
	return all, nil
}

// A source is what a user has a permission from.
type source struct{ id, name, kind string }

func (s source) describe() object {
	return object{"source_id": s.id, "source_name": s.name, "source_type": s.kind}
}

// permissionSources returns the permissions that a user holds everywhere,
// directly and by roles, with where each comes from.
func permissionSources(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, roles []*rolecall.Role) (map[rolecall.PermissionID][]source, error) {
	from := map[rolecall.PermissionID][]source{}
	direct, err := related[*rolecall.DirectGrant](ctx, v, rolecall.KindDirectGrant, "subject", []string{string(subject)},
		rolecall.Where("tenant", ""), rolecall.Where("resource", ""))
	if err != nil {
		return nil, err
	}
	for _, g := range direct {
		if g.Validity.At(v.Now()) && len(from[g.Permission]) == 0 {
			from[g.Permission] = []source{{kind: "DIRECT"}}
		}
	}
	ids := make([]string, len(roles))
	for i, r := range roles {
		ids[i] = string(r.ID)
	}
	reached, err := inherited(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	var wanted []string
	for _, some := range reached {
		wanted = append(wanted, some...)
	}
	grants, err := related[*rolecall.Grant](ctx, v, rolecall.KindGrant, "role", texts(wanted))
	if err != nil {
		return nil, err
	}
	gives := map[string][]rolecall.PermissionID{}
	for _, g := range grants {
		gives[string(g.Role)] = append(gives[string(g.Role)], g.Permission)
	}
	for _, r := range roles {
		s := source{string(r.ID), r.Name, "ROLE"}
		for _, junior := range reached[string(r.ID)] {
			for _, p := range gives[junior] {
				if !slices.Contains(from[p], s) {
					from[p] = append(from[p], s)
				}
			}
		}
	}
	return from, nil
}
