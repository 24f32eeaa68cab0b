package auth0

import (
	"context"
	"slices"

	"github.com/rolecall/rolecall"
)

// listUserRoles serves GET /users/{id}/roles: those held everywhere.
func listUserRoles(c *call) (reply, error) {
	return c.userList("roles", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		assigned, err := held(ctx, v, "", string(u.ID))
		if err != nil {
			return nil, err
		}
		roles, err := rolesOf(ctx, v, assigned)
		return each(roles, describeRole), err
	})
}

// userList answers with what f finds of the user that the path names. Each
// object is told by its first member of id, name or key.
func (c *call) userList(name string, f func(context.Context, *rolecall.View, *rolecall.User) ([]object, error)) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		u, err := findUser(ctx, v, c.named["id"])
		if err != nil {
			return err
		}
		all, err := f(ctx, v, u)
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

// keyOf tells an object in a list apart from the others.
func keyOf(o object) (key string) {
	for _, name := range []string{"resource_server_identifier", "permission_name", "name", "id", "user_id", "client_id"} {
		switch text := o[name].(type) {
		case string:
			key += text + "\t"
		case rolecall.RoleID:
			key += string(text) + "\t"
		case rolecall.TenantID:
			key += string(text) + "\t"
		case rolecall.SubjectID:
			key += string(text) + "\t"
		}
	}
	return key
}

// addUserRoles serves POST /users/{id}/roles.
func addUserRoles(c *call) (reply, error) {
	return c.changeUserRoles(func(ctx context.Context, v *rolecall.View, u *rolecall.User, ids []string) ([]rolecall.Op, error) {
		roles, err := rolesWithIDs(ctx, v, ids)
		if err != nil {
			return nil, err
		}
		return assign(ctx, v, u.ID, "", roles)
	})
}

// removeUserRoles serves DELETE /users/{id}/roles. Roles that the user does not
// have are no error.
func removeUserRoles(c *call) (reply, error) {
	return c.changeUserRoles(func(ctx context.Context, v *rolecall.View, u *rolecall.User, ids []string) ([]rolecall.Op, error) {
		return unassign(ctx, v, u.ID, "", ids)
	})
}

type rolesBody struct {
	Roles []string `json:"roles"`
}

func (c *call) changeUserRoles(change func(context.Context, *rolecall.View, *rolecall.User, []string) ([]rolecall.Op, error)) (reply, error) {
	var in rolesBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return done, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		u, err := findUser(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		return change(ctx, v, u, in.Roles)
	})
}

// listUserPermissions serves GET /users/{id}/permissions: those held everywhere,
// and from where.
func listUserPermissions(c *call) (reply, error) {
	return c.userList("permissions", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		assigned, err := held(ctx, v, "", string(u.ID))
		if err != nil {
			return nil, err
		}
		roles, err := rolesOf(ctx, v, assigned)
		if err != nil {
			return nil, err
		}
		return c.describePermissions(ctx, v, []rolecall.SubjectID{u.ID}, roles)
	})
}

// describePermissions returns what subjects and roles give, with the sources of each.
func (c *call) describePermissions(ctx context.Context, v *rolecall.View, subjects []rolecall.SubjectID, roles []*rolecall.Role) ([]object, error) {
	from := map[rolecall.PermissionID][]source{}
	for i, s := range subjects {
		if i > 0 {
			roles = nil // they are all of all subjects
		}
		some, err := permissionSources(ctx, v, s, roles)
		if err != nil {
			return nil, err
		}
		for p, sources := range some {
			for _, s := range sources {
				if !slices.Contains(from[p], s) {
					from[p] = append(from[p], s)
				}
			}
		}
	}
	ids := make([]rolecall.PermissionID, 0, len(from))
	for id := range from {
		ids = append(ids, id)
	}
	named, err := c.permissionsWithIDs(ctx, v, ids)
	return each(named, func(p permission) object {
		o := p.describe()
		o["sources"] = each(from[p.ID], source.describe)
		return o
	}), err
}

// addUserPermissions serves POST /users/{id}/permissions.
func addUserPermissions(c *call) (reply, error) {
	return c.changeUserPermissions(reply{201, object{}}, true, func(g *rolecall.DirectGrant, old []*rolecall.DirectGrant, now *rolecall.View) (ops []rolecall.Op) {
		if slices.ContainsFunc(old, func(g *rolecall.DirectGrant) bool { return g.Validity.At(now.Now()) }) {
			return nil
		}
		return []rolecall.Op{rolecall.Put(g)}
	})
}

// removeUserPermissions serves DELETE /users/{id}/permissions, from whatever
// source the user has them directly.
func removeUserPermissions(c *call) (reply, error) {
	return c.changeUserPermissions(done, false, func(_ *rolecall.DirectGrant, old []*rolecall.DirectGrant, _ *rolecall.View) (ops []rolecall.Op) {
		for _, g := range old {
			ops = append(ops, rolecall.Delete(g))
		}
		return ops
	})
}

func (c *call) changeUserPermissions(answer reply, strict bool, change func(g *rolecall.DirectGrant, old []*rolecall.DirectGrant, v *rolecall.View) []rolecall.Op) (reply, error) {
	var in permissionsBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		u, err := findUser(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		named, err := c.permissionsNamed(ctx, v, in.Permissions, strict)
		if err != nil {
			return nil, err
		}
		direct, err := related[*rolecall.DirectGrant](ctx, v, rolecall.KindDirectGrant, "subject", []string{string(u.ID)},
			rolecall.Where("tenant", ""), rolecall.Where("resource", ""))
		for _, p := range named {
			var old []*rolecall.DirectGrant
			for _, g := range direct {
				if g.Permission == p.ID {
					old = append(old, g)
				}
			}
			ops = append(ops, change(&rolecall.DirectGrant{Subject: u.ID, Permission: p.ID}, old, v)...)
		}
		return ops, err
	})
}
