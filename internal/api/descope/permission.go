package descope

import (
	"context"

	"github.com/rolecall/rolecall"
)

// A permission is one of the project's own, which this API keeps in one flat
// list: those of the default API.
type permission struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Description   string `json:"description"`
	SystemDefault bool   `json:"systemDefault"`
}

type permissionList struct {
	Permissions []permission `json:"permissions"`
}

// allPermissions serves GET /v1/mgmt/permission/all.
func (c *call) allPermissions(*none) (reply permissionList, err error) {
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		all, err := permissions(ctx, v)
		for _, p := range all {
			reply.Permissions = append(reply.Permissions, permission{ID: string(p.ID), Name: p.Name, Description: p.Description})
		}
		reply.Permissions = list(reply.Permissions)
		return err
	})
}

// permissions returns the default API's permissions in the order of their names.
func permissions(ctx context.Context, v *rolecall.View, where ...rolecall.Condition) ([]*rolecall.Permission, error) {
	return rolecall.All[*rolecall.Permission](ctx, v, rolecall.Query{
		Kind: rolecall.KindPermission, Sort: "name",
		Where: append(where, rolecall.Where("api", rolecall.DefaultAPI)),
	})
}

// A permissionRef names a permission by its id or its name.
type permissionRef struct {
	ID   rolecall.PermissionID `json:"id"`
	Name string                `json:"name"`
}

func (ref permissionRef) find(ctx context.Context, v *rolecall.View) (*rolecall.Permission, error) {
	field, value := "name", ref.Name
	missing := noPermission.because("permission %q does not exist", ref.Name)
	switch {
	case ref.ID != "":
		field, value = "id", string(ref.ID)
		missing = noPermission.byID().because("permission with the id %q does not exist", ref.ID)
	case ref.Name == "":
		return nil, missingArgument.because("name or id is required")
	}
	found, err := permissions(ctx, v, rolecall.Where(field, value))
	if err == nil && len(found) == 0 {
		err = missing
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// freePermission refuses a name that another permission than id has.
func freePermission(ctx context.Context, v *rolecall.View, name string, id rolecall.PermissionID) error {
	found, err := permissions(ctx, v, rolecall.Where("name", name))
	if err == nil && len(found) > 0 && found[0].ID != id {
		err = permissionExists.because("permission %q exists already", name)
	}
	return err
}

// A newPermission is one to be made.
type newPermission struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (in newPermission) create() rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := required("name", in.Name); err != nil {
			return nil, err
		}
		if err := freePermission(ctx, v, in.Name, ""); err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Create(&rolecall.Permission{
			ID: rolecall.PermissionID(rolecall.NewID("PERM")), Name: in.Name, Description: in.Description,
		})}, nil
	})
}

// createPermission serves POST /v1/mgmt/permission/create.
func (c *call) createPermission(in *newPermission) (none, error) { return c.do(in.create()) }

// createPermissions serves POST /v1/mgmt/permission/create/batch.
func (c *call) createPermissions(in *struct {
	Permissions []newPermission `json:"permissions"`
}) (none, error) {
	return each(c, "permissions", in.Permissions, newPermission.create)
}

// A permissionUpdate puts a name and a description in the place of those that
// are there. What refers to the permission goes on referring to it.
type permissionUpdate struct {
	permissionRef
	NewName     string `json:"newName"`
	Description string `json:"description"`
}

func (in permissionUpdate) update() rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		p, err := in.find(ctx, v)
		if err == nil {
			err = required("newName", in.NewName)
		}
		if err == nil {
			err = freePermission(ctx, v, in.NewName, p.ID)
		}
		if err != nil {
			return nil, err
		}
		p.Name, p.Description = in.NewName, in.Description
		return []rolecall.Op{rolecall.Update(p)}, nil
	})
}

// updatePermission serves POST /v1/mgmt/permission/update.
func (c *call) updatePermission(in *permissionUpdate) (none, error) { return c.do(in.update()) }

// updatePermissions serves POST /v1/mgmt/permission/update/batch.
func (c *call) updatePermissions(in *struct {
	Permissions []permissionUpdate `json:"permissions"`
}) (none, error) {
	return each(c, "permissions", in.Permissions, permissionUpdate.update)
}

// delete takes the permission out of every role, too.
func (ref permissionRef) delete() rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		p, err := ref.find(ctx, v)
		if err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Delete(p)}, nil
	})
}

// deletePermission serves POST /v1/mgmt/permission/delete.
func (c *call) deletePermission(in *permissionRef) (none, error) { return c.do(in.delete()) }

// deletePermissions serves POST /v1/mgmt/permission/delete/batch.
func (c *call) deletePermissions(in *struct {
	Names []string                `json:"names"`
	IDs   []rolecall.PermissionID `json:"ids"`
}) (none, error) {
	var refs []permissionRef
	for _, name := range in.Names {
		refs = append(refs, permissionRef{Name: name})
	}
	for _, id := range in.IDs {
		refs = append(refs, permissionRef{ID: id})
	}
	return each(c, "names or ids", refs, permissionRef.delete)
}
