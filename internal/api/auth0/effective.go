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

// effectiveRoles returns the roles that a user has in a tenant, or everywhere,
// with where each comes from.
func effectiveRoles(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, user rolecall.SubjectID) (roles []*rolecall.Role, sources map[rolecall.RoleID][]object, err error) {
	subjects, err := groupsOf(ctx, v, user)
	if err != nil {
		return nil, nil, err
	}
	assigned, err := held(ctx, v, tenant, texts(subjects)...)
	if err != nil {
		return nil, nil, err
	}
	if roles, err = rolesOf(ctx, v, assigned); err != nil {
		return nil, nil, err
	}
	groups, err := related[*rolecall.Group](ctx, v, rolecall.KindGroup, "id", texts(subjects[1:]))
	if err != nil {
		return nil, nil, err
	}
	names := byKey(groups)
	sources = map[rolecall.RoleID][]object{}
	for _, a := range assigned {
		s := object{"type": "direct"}
		if a.Subject != user {
			s = object{"type": "group", "group_id": a.Subject}
			if g := names[string(a.Subject)]; g != nil {
				s["group_name"] = g.Name
			}
		}
		sources[a.Role] = append(sources[a.Role], s)
	}
	return roles, sources, nil
}

func describeEffective(roles []*rolecall.Role, sources map[rolecall.RoleID][]object) []object {
	return each(roles, func(r *rolecall.Role) object {
		o := describeRole(r)
		o["sources"] = sources[r.ID]
		return o
	})
}

// listEffectiveRoles serves GET /users/{id}/effective-roles.
func listEffectiveRoles(c *call) (reply, error) {
	c.checkpoints()
	return c.userList("roles", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		roles, sources, err := effectiveRoles(ctx, v, "", u.ID)
		return describeEffective(roles, sources), err
	})
}

// listEffectivePermissions serves GET /users/{id}/effective-permissions.
func listEffectivePermissions(c *call) (reply, error) {
	c.checkpoints()
	return c.userList("permissions", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		subjects, err := groupsOf(ctx, v, u.ID)
		if err != nil {
			return nil, err
		}
		roles, _, err := effectiveRoles(ctx, v, "", u.ID)
		if err != nil {
			return nil, err
		}
		all, err := c.describePermissions(ctx, v, subjects, roles)
		if only := c.text("resource_server_identifier"); only != "" {
			all = slices.DeleteFunc(all, func(o object) bool { return o["resource_server_identifier"] != only })
		}
		return all, err
	})
}

// listMemberEffectiveRoles serves GET
// /organizations/{id}/members/{user_id}/effective-roles.
func listMemberEffectiveRoles(c *call) (answer reply, err error) {
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
		roles, sources, err := effectiveRoles(ctx, v, o.ID, u.ID)
		if err != nil {
			return err
		}
		found, err := part(p, describeEffective(roles, sources), keyOf)
		if err == nil {
			answer, err = c.answer(p, "roles", found.items, found.total, found.next, nil)
		}
		return err
	})
}

// checkpoints has a list answered from checkpoint to checkpoint, if nothing is
// asked.
func (c *call) checkpoints() {
	if !c.query.Has("take") && !c.query.Has("page") && !c.query.Has("include_totals") {
		c.query.Set("take", "50")
	}
}
