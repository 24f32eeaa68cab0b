package auth0

import (
	"context"
	"slices"

	"github.com/rolecall/rolecall"
)

// The effective routes of newer SDKs count what a user has by groups too.

// groupsOf returns a subject, and every group that it is in, directly or through
// other groups.
func groupsOf(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID) ([]rolecall.SubjectID, error) {
	all := []rolecall.SubjectID{subject}
	for next := []string{string(subject)}; len(next) > 0; {
		edges, err := related[*rolecall.GroupMember](ctx, v, rolecall.KindGroupMember, "member", next)
		if err != nil {
			return nil, err
		}
		next = nil
		for _, e := range edges {
			if !slices.Contains(all, e.Group) {
				all = append(all, e.Group)
				next = append(next, string(e.Group))
			}
		}
	}
	return all, nil
}

// An effectiveRole is a role that a user has, by which groups, and whether
// directly too.
type effectiveRole struct {
	*rolecall.Role
	direct bool
	groups []rolecall.SubjectID
}

func (r effectiveRole) describe() object {
	o := describeRole(r.Role)
	sources := []string{}
	if r.direct {
		sources = append(sources, "direct")
	}
	if len(r.groups) > 0 {
		sources = append(sources, "groups")
	}
	o["sources"] = sources
	return o
}

// effectiveRoles returns the roles that a user has in a tenant, or everywhere.
func effectiveRoles(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, user rolecall.SubjectID) ([]effectiveRole, error) {
	subjects, err := groupsOf(ctx, v, user)
	if err != nil {
		return nil, err
	}
	assigned, err := held(ctx, v, tenant, texts(subjects)...)
	if err != nil {
		return nil, err
	}
	roles, err := rolesOf(ctx, v, assigned)
	all := make([]effectiveRole, len(roles))
	for i, r := range roles {
		all[i].Role = r
		for _, a := range assigned {
			switch {
			case a.Role != r.ID:
			case a.Subject == user:
				all[i].direct = true
			case !slices.Contains(all[i].groups, a.Subject):
				all[i].groups = append(all[i].groups, a.Subject)
			}
		}
	}
	return all, err
}

// listEffectiveRoles serves GET /users/{id}/effective-roles.
func listEffectiveRoles(c *call) (reply, error) {
	c.checkpoints()
	return c.userList("roles", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		roles, err := effectiveRoles(ctx, v, "", u.ID)
		return each(roles, effectiveRole.describe), err
	})
}

// listMemberEffectiveRoles serves GET
// /organizations/{id}/members/{user_id}/effective-roles.
func listMemberEffectiveRoles(c *call) (reply, error) {
	return c.memberEffective("roles", func(_ context.Context, _ *rolecall.View, roles []effectiveRole) ([]object, error) {
		return each(roles, effectiveRole.describe), nil
	})
}

// memberEffective answers with what f makes of a member's roles.
func (c *call) memberEffective(name string, f func(context.Context, *rolecall.View, []effectiveRole) ([]object, error)) (answer reply, err error) {
	c.checkpoints()
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err != nil {
			return err
		}
		u, err := findUser(ctx, v, c.named["user_id"])
		if err != nil {
			return err
		}
		roles, err := effectiveRoles(ctx, v, o.ID, u.ID)
		if err != nil {
			return err
		}
		all, err := f(ctx, v, roles)
		if err != nil {
			return err
		}
		found, err := part(p, all, keyOf)
		if err == nil {
			answer, err = c.answer(p, name, found.items, found.total, found.next, nil)
		}
		return err
	})
}

// sourceGroups returns the groups by which a user has the role that the query names.
func (c *call) sourceGroups(ctx context.Context, v *rolecall.View, roles []effectiveRole) ([]object, error) {
	at := slices.IndexFunc(roles, func(r effectiveRole) bool { return string(r.ID) == c.text("role_id") })
	if c.text("role_id") == "" {
		return nil, invalidQuery.because("Query validation error: 'Missing required property: role_id'.")
	}
	if at < 0 {
		return []object{}, nil
	}
	groups, err := related[*rolecall.Group](ctx, v, rolecall.KindGroup, "id", texts(roles[at].groups))
	return each(groups, func(g *rolecall.Group) object {
		return object{"id": g.ID, "name": g.Name, "description": g.Description}
	}), err
}

// listRoleSourceGroups serves GET /users/{id}/effective-roles/sources/groups.
func listRoleSourceGroups(c *call) (reply, error) {
	c.checkpoints()
	return c.userList("groups", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		roles, err := effectiveRoles(ctx, v, "", u.ID)
		if err != nil {
			return nil, err
		}
		return c.sourceGroups(ctx, v, roles)
	})
}

// listMemberRoleSourceGroups serves GET
// /organizations/{id}/members/{user_id}/effective-roles/sources/groups.
func listMemberRoleSourceGroups(c *call) (reply, error) {
	return c.memberEffective("groups", c.sourceGroups)
}

// listEffectivePermissions serves GET /users/{id}/effective-permissions.
func listEffectivePermissions(c *call) (reply, error) {
	c.checkpoints()
	return c.userList("permissions", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		all, err := c.effectivePermissions(ctx, v, u.ID)
		for _, o := range all {
			direct, roles := false, false
			for _, s := range o["sources"].([]object) {
				direct = direct || s["source_type"] == "DIRECT"
				roles = roles || s["source_type"] == "ROLE"
			}
			sources := []string{}
			if direct {
				sources = append(sources, "direct")
			}
			if roles {
				sources = append(sources, "roles")
			}
			o["sources"] = sources
		}
		return all, err
	})
}

// effectivePermissions returns the permissions that a user has everywhere, of the
// API that the query names, with their sources as describePermissions has them.
func (c *call) effectivePermissions(ctx context.Context, v *rolecall.View, user rolecall.SubjectID) ([]object, error) {
	subjects, err := groupsOf(ctx, v, user)
	if err != nil {
		return nil, err
	}
	effective, err := effectiveRoles(ctx, v, "", user)
	if err != nil {
		return nil, err
	}
	roles := make([]*rolecall.Role, len(effective))
	for i, r := range effective {
		roles[i] = r.Role
	}
	all, err := c.describePermissions(ctx, v, subjects, roles)
	if only := c.text("resource_server_identifier"); only != "" {
		all = slices.DeleteFunc(all, func(o object) bool { return o["resource_server_identifier"] != only })
	}
	return all, err
}

// listPermissionSourceRoles serves GET
// /users/{id}/effective-permissions/sources/effective-roles: the roles by which a
// user has a permission.
func listPermissionSourceRoles(c *call) (reply, error) {
	c.checkpoints()
	for _, name := range []string{"resource_server_identifier", "permission_name"} {
		if c.text(name) == "" {
			return reply{}, invalidQuery.because("Query validation error: 'Missing required property: %s'.", name)
		}
	}
	return c.userList("roles", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		all, err := c.effectivePermissions(ctx, v, u.ID)
		if err != nil {
			return nil, err
		}
		roles, err := effectiveRoles(ctx, v, "", u.ID)
		if err != nil {
			return nil, err
		}
		shown := []object{}
		for _, o := range all {
			if o["permission_name"] != c.text("permission_name") {
				continue
			}
			for _, s := range o["sources"].([]object) {
				if at := slices.IndexFunc(roles, func(r effectiveRole) bool { return string(r.ID) == s["source_id"] }); at >= 0 {
					shown = append(shown, roles[at].describe())
				}
			}
		}
		return shown, nil
	})
}

// checkpoints has a list answered from checkpoint to checkpoint, if nothing is
// asked.
func (c *call) checkpoints() {
	if !c.query.Has("take") && !c.query.Has("page") && !c.query.Has("include_totals") {
		c.query.Set("take", "50")
	}
}
