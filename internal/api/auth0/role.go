package auth0

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// describeRole returns a role as this API shows it.
func describeRole(r *rolecall.Role) object {
	return object{"id": r.ID, "name": r.Name, "description": r.Description}
}

// findRole returns the role with an id.
func findRole(ctx context.Context, v *rolecall.View, id string) (*rolecall.Role, error) {
	r, err := rolecall.Look(ctx, v, &rolecall.Role{ID: rolecall.RoleID(id)})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = notFound.because("The role does not exist.")
	}
	return r, err
}

// rolesWithIDs returns the roles with ids, which a body named: each must exist.
func rolesWithIDs(ctx context.Context, v *rolecall.View, ids []string) ([]*rolecall.Role, error) {
	if len(ids) == 0 {
		return nil, required("roles")
	}
	ids = texts(ids)
	roles, err := related[*rolecall.Role](ctx, v, rolecall.KindRole, "id", ids)
	if err == nil && len(roles) < len(ids) {
		there := byKey(roles)
		missing := slices.IndexFunc(ids, func(id string) bool { return there[id] == nil })
		err = invalidBody.because("roles: the role %q does not exist", ids[missing])
	}
	return roles, err
}

// listRoles serves GET /roles: the project's, in the order of their names.
func listRoles(c *call) (reply, error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	where := []rolecall.Condition{rolecall.Where("tenant", "")}
	if name := c.text("name_filter"); name != "" {
		where = append(where, rolecall.Condition{Field: "name", Op: rolecall.Contains, Values: []string{name}})
	}
	var found list[*rolecall.Role]
	err = c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err = fetch[*rolecall.Role](ctx, v, p, rolecall.Query{Kind: rolecall.KindRole, Where: where, Sort: "name"})
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return c.answer(p, "roles", each(found.items, describeRole), found.total, found.next, nil)
}

// each returns what f makes of all.
func each[T any](all []T, f func(T) object) []object {
	made := make([]object, len(all))
	for i, one := range all {
		made[i] = f(one)
	}
	return made
}

// A roleBody is what is sent of a role.
type roleBody struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
}

// createRole serves POST /roles, which answers 200.
func createRole(c *call) (reply, error) {
	var in roleBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	if in.Name == nil {
		return reply{}, required("name")
	}
	r := &rolecall.Role{ID: rolecall.RoleID(rolecall.NewID("rol")), Name: *in.Name}
	if in.Description != nil {
		r.Description = *in.Description
	}
	err := c.write(rolecall.Create(r))
	return ok(describeRole(r)), err
}

// getRole serves GET /roles/{id}.
func getRole(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		r, err := findRole(ctx, v, c.named["id"])
		if err == nil {
			answer, err = c.one(describeRole(r))
		}
		return err
	})
}

// updateRole serves PATCH /roles/{id}.
func updateRole(c *call) (answer reply, err error) {
	var in roleBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		r, err := findRole(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		if in.Name != nil {
			r.Name = *in.Name
		}
		if in.Description != nil {
			r.Description = *in.Description
		}
		answer = ok(describeRole(r))
		return []rolecall.Op{rolecall.Update(r)}, nil
	})
}

// deleteRole serves DELETE /roles/{id}: one that is not there is 404, unlike
// with other things.
func deleteRole(c *call) (reply, error) {
	return ok(object{}), c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		r, err := findRole(ctx, v, c.named["id"])
		return []rolecall.Op{rolecall.Delete(r)}, err
	})
}

// listRolePermissions serves GET /roles/{id}/permissions: what the role itself
// gives, not what it inherits.
func listRolePermissions(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		r, err := findRole(ctx, v, c.named["id"])
		if err != nil {
			return err
		}
		grants, err := related[*rolecall.Grant](ctx, v, rolecall.KindGrant, "role", []string{string(r.ID)})
		if err != nil {
			return err
		}
		ids := make([]rolecall.PermissionID, len(grants))
		for i, g := range grants {
			ids[i] = g.Permission
		}
		named, err := c.permissionsWithIDs(ctx, v, ids)
		if err != nil {
			return err
		}
		found, err := part(p, named, permission.key)
		if err == nil {
			answer, err = c.answer(p, "permissions", each(found.items, permission.describe), found.total, found.next, nil)
		}
		return err
	})
}

// addRolePermissions serves POST /roles/{id}/permissions.
func addRolePermissions(c *call) (reply, error) {
	return c.changeRolePermissions(reply{201, object{}}, true, func(g *rolecall.Grant) rolecall.Op { return rolecall.Put(g) })
}

// removeRolePermissions serves DELETE /roles/{id}/permissions.
func removeRolePermissions(c *call) (reply, error) {
	return c.changeRolePermissions(done, false, func(g *rolecall.Grant) rolecall.Op { return rolecall.Delete(g) })
}

func (c *call) changeRolePermissions(answer reply, strict bool, change func(*rolecall.Grant) rolecall.Op) (reply, error) {
	var in permissionsBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		r, err := findRole(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		named, err := c.permissionsNamed(ctx, v, in.Permissions, strict)
		if err != nil {
			return nil, err
		}
		grants, err := related[*rolecall.Grant](ctx, v, rolecall.KindGrant, "role", []string{string(r.ID)})
		has := byKey(grants)
		for _, p := range named {
			g := &rolecall.Grant{Role: r.ID, Permission: p.ID}
			if (has[g.Key()] == nil) == strict { // what is given already, or not given any more, is no change
				ops = append(ops, change(g))
			}
		}
		return ops, err
	})
}

// listRoleUsers serves GET /roles/{id}/users: who holds the role everywhere.
func listRoleUsers(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		r, err := findRole(ctx, v, c.named["id"])
		if err != nil {
			return err
		}
		assigned, err := related[*rolecall.Assignment](ctx, v, rolecall.KindAssignment, "role", []string{string(r.ID)},
			rolecall.Where("tenant", ""), rolecall.Where("resource", ""))
		if err != nil {
			return err
		}
		var holders []rolecall.SubjectID
		for _, a := range assigned {
			if a.Validity.At(v.Now()) {
				holders = append(holders, a.Subject)
			}
		}
		users, err := related[*rolecall.User](ctx, v, rolecall.KindUser, "id", texts(holders))
		if err != nil {
			return err
		}
		slices.SortFunc(users, func(a, b *rolecall.User) int { return strings.Compare(a.Key(), b.Key()) })
		found, err := part(p, users, (*rolecall.User).Key)
		if err == nil {
			answer, err = c.answer(p, "users", each(found.items, summary), found.total, found.next, nil)
		}
		return err
	})
}

// addRoleUsers serves POST /roles/{id}/users.
func addRoleUsers(c *call) (reply, error) {
	var in struct {
		Users []string `json:"users"`
	}
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return ok(object{}), c.plan(func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		r, err := findRole(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		users, err := usersWithIDs(ctx, v, "users", in.Users)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			more, err := assign(ctx, v, u.ID, "", []*rolecall.Role{r})
			if err != nil {
				return nil, err
			}
			ops = append(ops, more...)
		}
		return ops, nil
	})
}
