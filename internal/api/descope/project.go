package descope

import (
	"context"
	"encoding/json"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// license serves GET /v1/mgmt/license, which SDKs ask for when they start.
func (c *call) license(*none) (reply struct {
	RateLimitTier string `json:"rateLimitTier"`
}, err error) {
	reply.RateLimitTier = "tier1"
	return reply, nil
}

// A snapshot holds the project's permissions and roles. Users, tenants and what
// belongs to one are no part of it.
type snapshot struct {
	Files map[string]json.RawMessage `json:"files"`
}

const (
	permissionFile = "authorization/permissions.json"
	roleFile       = "authorization/roles.json"
)

// exportSnapshot serves POST /v1/mgmt/project/snapshot/export.
func (c *call) exportSnapshot(*none) (reply snapshot, err error) {
	permissions, err := c.allPermissions(nil)
	if err != nil {
		return reply, err
	}
	roles, err := c.rolesWhere(rolecall.Where("tenant", ""))
	if err != nil {
		return reply, err
	}
	own := roleList{Roles: []role{}}
	for _, r := range roles.Roles {
		if !rolecall.BuiltIn(&rolecall.Role{ID: rolecall.RoleID(r.ID)}) {
			own.Roles = append(own.Roles, r)
		}
	}
	reply.Files = map[string]json.RawMessage{}
	for name, content := range map[string]any{permissionFile: permissions, roleFile: own} {
		if reply.Files[name], err = json.Marshal(content); err != nil {
			return reply, err
		}
	}
	return reply, nil
}

// importSnapshot serves POST /v1/mgmt/project/snapshot/import. It makes what is
// not there, by name, and puts its content in the place of what is. What is not
// in the snapshot stays.
func (c *call) importSnapshot(in *snapshot) (none, error) {
	ops, err := in.restore()
	if err != nil {
		return none{}, err
	}
	return c.do(ops...)
}

// validateSnapshot serves POST /v1/mgmt/project/snapshot/validate: it imports,
// and keeps nothing.
func (c *call) validateSnapshot(in *snapshot) (reply struct {
	OK             bool              `json:"ok"`
	Failures       []string          `json:"failures"`
	MissingSecrets map[string]string `json:"missingSecrets"`
}, err error) {
	reply.Failures, reply.MissingSecrets = []string{}, map[string]string{}
	ops, err := in.restore()
	if err == nil {
		c.by.DryRun = true
		_, err = c.write(ops...)
	}
	if err != nil {
		why := describe(err)
		if why.status >= 401 {
			return reply, err
		}
		reply.Failures = append(reply.Failures, why.message)
	}
	reply.OK = len(reply.Failures) == 0
	return reply, nil
}

// restore returns the operations that import a snapshot.
func (in *snapshot) restore() (ops []rolecall.Op, err error) {
	if len(in.Files) == 0 {
		return nil, missingArgument.because("files is required")
	}
	for name := range in.Files {
		if name != permissionFile && name != roleFile {
			return nil, invalidRequest.because("files: %q is no file of a snapshot of this project", name)
		}
	}
	var permissions struct {
		Permissions []newPermission `json:"permissions"`
	}
	var roles struct {
		Roles []newRole `json:"roles"`
	}
	for name, to := range map[string]any{permissionFile: &permissions, roleFile: &roles} {
		if text := in.Files[name]; len(text) > 0 {
			if err := api.DecodeLenient(string(text), to); err != nil {
				return nil, invalidRequest.because("files: %s: %v", name, err)
			}
		}
	}
	for _, p := range permissions.Permissions {
		ops = append(ops, either(
			func(ctx context.Context, v *rolecall.View) error {
				_, err := permissionRef{Name: p.Name}.find(ctx, v)
				return err
			}, noPermission,
			permissionUpdate{permissionRef{Name: p.Name}, p.Name, p.Description}.update(), p.create()))
	}
	for _, r := range roles.Roles {
		r.TenantID = ""
		ops = append(ops, either(
			func(ctx context.Context, v *rolecall.View) error {
				_, err := roleRef{Name: r.Name}.find(ctx, v)
				return err
			}, noRole,
			roleUpdate{roleRef{Name: r.Name}, r.Name, r.roleContent}.update(nil), r.create(newRoleID())))
	}
	return ops, nil
}

// either returns the operation that does there if find finds something, and
// missing if it is refused for none.
func either(find func(context.Context, *rolecall.View) error, none reason, there, missing rolecall.Op) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		err := find(ctx, v)
		switch {
		case err == nil:
			return []rolecall.Op{there}, nil
		case isReason(err, none):
			return []rolecall.Op{missing}, nil
		}
		return nil, err
	})
}
