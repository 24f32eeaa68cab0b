package descope

import (
	"context"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// A role is one of the project or, with TenantID, of a tenant.
type role struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Description     string   `json:"description"`
	PermissionNames []string `json:"permissionNames"`
	CreatedTime     int64    `json:"createdTime"`
	TenantID        string   `json:"tenantId"`
	Default         bool     `json:"default"`
	Private         bool     `json:"private"`
}

type roleList struct {
	Roles []role `json:"roles"`
}

// allRoles serves GET /v1/mgmt/role/all: the project's roles and every tenant's.
func (c *call) allRoles(*none) (reply roleList, err error) {
	return c.rolesWhere()
}

// rolesWhere returns the roles on a condition, with their permissions.
func (c *call) rolesWhere(where ...rolecall.Condition) (reply roleList, err error) {
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := rolecall.All[*rolecall.Role](ctx, v, rolecall.Query{Kind: rolecall.KindRole, Sort: "name", Where: where})
		if err == nil {
			reply.Roles, err = describeRoles(ctx, v, found)
		}
		return err
	})
}

// describeRoles adds to roles the names of the permissions that are granted to
// them. Permissions of other APIs have no place here.
func describeRoles(ctx context.Context, v *rolecall.View, roles []*rolecall.Role) ([]role, error) {
	all, err := permissions(ctx, v)
	if err != nil {
		return nil, err
	}
	name := make(map[rolecall.PermissionID]string, len(all))
	for _, p := range all {
		name[p.ID] = p.Name
	}
	grants, err := related[*rolecall.Grant](ctx, v, rolecall.KindGrant, "role", keysOf(roles))
	if err != nil {
		return nil, err
	}
	given := map[rolecall.RoleID][]string{}
	for _, g := range grants {
		if n, ok := name[g.Permission]; ok {
			given[g.Role] = append(given[g.Role], n)
		}
	}
	described := make([]role, len(roles))
	for i, r := range roles {
		slices.Sort(given[r.ID])
		described[i] = role{
			ID: string(r.ID), Name: r.Name, Description: r.Description, PermissionNames: list(given[r.ID]),
			CreatedTime: seconds(r.CreatedAt), TenantID: string(r.Tenant), Default: r.Default, Private: r.Private,
		}
	}
	return described, nil
}

// A roleRef names a role by its id, or by its name and the tenant that it belongs to.
type roleRef struct {
	ID       rolecall.RoleID   `json:"id"`
	Name     string            `json:"name"`
	TenantID rolecall.TenantID `json:"tenantId"`
}

func (ref roleRef) find(ctx context.Context, v *rolecall.View) (*rolecall.Role, error) {
	q := rolecall.Query{Kind: rolecall.KindRole, Tenant: ref.TenantID}
	missing := noRole.because("role %q does not exist", ref.Name)
	switch {
	case ref.ID != "":
		q.Where = append(q.Where, rolecall.Where("id", ref.ID))
		missing = noRole.byID().because("role with the id %q does not exist", ref.ID)
	case ref.Name != "":
		q.Where = append(q.Where, rolecall.Where("tenant", ref.TenantID), rolecall.Where("name", ref.Name))
		if ref.TenantID != "" {
			missing = noRole.because("role %q does not exist in tenant %q", ref.Name, ref.TenantID)
		}
	default:
		return nil, missingArgument.because("name or id is required")
	}
	if err := tenantExistsIn(ctx, v, ref.TenantID); err != nil {
		return nil, err
	}
	found, err := rolecall.All[*rolecall.Role](ctx, v, q)
	if err == nil && len(found) == 0 {
		err = missing
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// tenantExistsIn refuses a tenant that there is not. No tenant is fine.
func tenantExistsIn(ctx context.Context, v *rolecall.View, id rolecall.TenantID) error {
	if id == "" {
		return nil
	}
	_, err := findTenant(ctx, v, id)
	return err
}

// freeRole refuses a name that another role of a tenant, or of the project, has.
func freeRole(ctx context.Context, v *rolecall.View, name string, tenant rolecall.TenantID, id rolecall.RoleID) error {
	found, err := rolecall.All[*rolecall.Role](ctx, v, rolecall.Query{Kind: rolecall.KindRole, Tenant: tenant, Where: []rolecall.Condition{
		rolecall.Where("tenant", tenant), rolecall.Where("name", name),
	}})
	if err == nil && len(found) > 0 && found[0].ID != id {
		err = roleExists.because("role %q exists already", name)
	}
	return err
}

// roleContent is what a role is made of, and what an update puts in its place.
type roleContent struct {
	Description     string   `json:"description"`
	PermissionNames []string `json:"permissionNames"`
	Default         bool     `json:"default"`
	Private         bool     `json:"private"`
}

// grants returns the operations that leave a role with in's permissions of the
// default API, and with those of other APIs that it has.
func (in roleContent) grants(ctx context.Context, v *rolecall.View, id rolecall.RoleID) (ops []rolecall.Op, err error) {
	all, err := permissions(ctx, v)
	if err != nil {
		return nil, err
	}
	wanted := map[rolecall.PermissionID]bool{}
	for _, name := range in.PermissionNames {
		i := slices.IndexFunc(all, func(p *rolecall.Permission) bool { return p.Name == name })
		if i < 0 {
			return nil, noPermission.because("permission %q does not exist", name)
		}
		wanted[all[i].ID] = true
	}
	had, err := related[*rolecall.Grant](ctx, v, rolecall.KindGrant, "role", []string{string(id)})
	if err != nil {
		return nil, err
	}
	has := map[rolecall.PermissionID]bool{}
	for _, g := range had {
		has[g.Permission] = true
	}
	for _, p := range all {
		switch g := (&rolecall.Grant{Role: id, Permission: p.ID}); {
		case wanted[p.ID] && !has[p.ID]:
			ops = append(ops, rolecall.Create(g))
		case has[p.ID] && !wanted[p.ID]:
			ops = append(ops, rolecall.Delete(g))
		}
	}
	return ops, nil
}

// A newRole is one to be made.
type newRole struct {
	Name     string            `json:"name"`
	TenantID rolecall.TenantID `json:"tenantId"`
	roleContent
}

func (in newRole) create(id rolecall.RoleID) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		err := required("name", in.Name)
		if err == nil {
			err = tenantExistsIn(ctx, v, in.TenantID)
		}
		if err == nil {
			err = freeRole(ctx, v, in.Name, in.TenantID, "")
		}
		if err != nil {
			return nil, err
		}
		grants, err := in.grants(ctx, v, id)
		return append([]rolecall.Op{rolecall.Create(&rolecall.Role{
			ID: id, Tenant: in.TenantID, Name: in.Name,
			Description: in.Description, Default: in.Default, Private: in.Private,
		})}, grants...), err
	})
}

func newRoleID() rolecall.RoleID { return rolecall.RoleID(rolecall.NewID("ROL")) }

// createRole serves POST /v1/mgmt/role/create.
func (c *call) createRole(in *newRole) (none, error) { return c.do(in.create(newRoleID())) }

// createRoles serves POST /v1/mgmt/role/create/batch.
func (c *call) createRoles(in *struct {
	Roles []newRole `json:"roles"`
}) (roleList, error) {
	var made []rolecall.RoleID
	_, err := each(c, "roles", in.Roles, func(one newRole) rolecall.Op {
		id := newRoleID()
		made = append(made, id)
		return one.create(id)
	})
	if err != nil {
		return roleList{}, err
	}
	return c.rolesWithIDs(made)
}

// rolesWithIDs returns roles in the order of their ids in ids.
func (c *call) rolesWithIDs(ids []rolecall.RoleID) (reply roleList, err error) {
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		found := make([]*rolecall.Role, 0, len(ids))
		for _, id := range ids {
			r, err := rolecall.Look(ctx, v, &rolecall.Role{ID: id})
			if err != nil {
				return err
			}
			found = append(found, r)
		}
		reply.Roles, err = describeRoles(ctx, v, found)
		return err
	})
}

// A roleUpdate puts all that a role is made of in the place of what is there.
// It moves no role to another tenant.
type roleUpdate struct {
	roleRef
	NewName string `json:"newName"`
	roleContent
}

// update calls found, if it is not nil, with the id of the role.
func (in roleUpdate) update(found func(rolecall.RoleID)) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		r, err := in.find(ctx, v)
		if err == nil {
			err = required("newName", in.NewName)
		}
		if err == nil {
			err = freeRole(ctx, v, in.NewName, r.Tenant, r.ID)
		}
		if err != nil {
			return nil, err
		}
		if found != nil {
			found(r.ID)
		}
		r.Name, r.Description, r.Default, r.Private = in.NewName, in.Description, in.Default, in.Private
		grants, err := in.grants(ctx, v, r.ID)
		return append([]rolecall.Op{rolecall.Update(r)}, grants...), err
	})
}

// updateRole serves POST /v1/mgmt/role/update.
func (c *call) updateRole(in *roleUpdate) (none, error) { return c.do(in.update(nil)) }

// updateRoles serves POST /v1/mgmt/role/update/batch.
func (c *call) updateRoles(in *struct {
	Roles []roleUpdate `json:"roles"`
}) (roleList, error) {
	var changed []rolecall.RoleID
	_, err := each(c, "roles", in.Roles, func(one roleUpdate) rolecall.Op {
		return one.update(func(id rolecall.RoleID) { changed = append(changed, id) })
	})
	if err != nil {
		return roleList{}, err
	}
	return c.rolesWithIDs(changed)
}

// delete takes the role from everybody who has it, too.
func (ref roleRef) delete() rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		r, err := ref.find(ctx, v)
		if err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Delete(r)}, nil
	})
}

// deleteRole serves POST /v1/mgmt/role/delete.
func (c *call) deleteRole(in *roleRef) (none, error) { return c.do(in.delete()) }

// deleteRoles serves POST /v1/mgmt/role/delete/batch. It deletes what is named,
// and refuses to be told nothing.
func (c *call) deleteRoles(in *struct {
	RoleNames []string          `json:"roleNames"`
	RoleIDs   []rolecall.RoleID `json:"roleIds"`
	TenantID  rolecall.TenantID `json:"tenantId"`
}) (none, error) {
	var refs []roleRef
	for _, name := range in.RoleNames {
		refs = append(refs, roleRef{Name: name, TenantID: in.TenantID})
	}
	for _, id := range in.RoleIDs {
		refs = append(refs, roleRef{ID: id, TenantID: in.TenantID})
	}
	return each(c, "roleNames or roleIds", refs, roleRef.delete)
}

// searchRoles serves POST /v1/mgmt/role/search. All filters that are given must
// hold; without any, every role is found.
func (c *call) searchRoles(in *struct {
	TenantIDs           []rolecall.TenantID `json:"tenantIds"`
	RoleNames           []string            `json:"roleNames"`
	RoleIDs             []string            `json:"roleIds"`
	RoleNameLike        string              `json:"roleNameLike"`
	PermissionNames     []string            `json:"permissionNames"`
	IncludeProjectRoles *bool               `json:"includeProjectRoles"`
}) (roleList, error) {
	project := in.IncludeProjectRoles
	reply, err := c.rolesWhere()
	if err != nil {
		return reply, err
	}
	like := strings.ToLower(in.RoleNameLike)
	reply.Roles = slices.DeleteFunc(reply.Roles, func(r role) bool {
		switch {
		case len(in.TenantIDs) > 0 && r.TenantID == "" && (project == nil || !*project),
			len(in.TenantIDs) > 0 && r.TenantID != "" && !slices.Contains(in.TenantIDs, rolecall.TenantID(r.TenantID)),
			len(in.TenantIDs) == 0 && r.TenantID == "" && project != nil && !*project,
			len(in.RoleNames) > 0 && !slices.Contains(in.RoleNames, r.Name),
			len(in.RoleIDs) > 0 && !slices.Contains(in.RoleIDs, r.ID),
			!strings.Contains(strings.ToLower(r.Name), like):
			return true
		}
		return slices.ContainsFunc(in.PermissionNames, func(name string) bool { return !slices.Contains(r.PermissionNames, name) })
	})
	return reply, nil
}
