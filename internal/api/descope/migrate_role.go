package descope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/migrate"
)

// known are the permissions and roles that names of the files may mean: those
// of the files and of the project. Built-in roles are not among them, so that a
// role which happens to have the name of one administers nothing here.
type known struct {
	permissions map[string]rolecall.PermissionID
	roles       map[roleName]rolecall.RoleID
	builtIn     map[string]rolecall.RoleID
	instead     map[string]rolecall.RoleID // by the files' names: roles that the options say are meant
}

type roleName struct {
	tenant rolecall.TenantID
	name   string
}

// names reads what the project has.
func (m *migration) names(ctx context.Context) error {
	m.known = known{
		map[string]rolecall.PermissionID{}, map[roleName]rolecall.RoleID{}, map[string]rolecall.RoleID{}, map[string]rolecall.RoleID{},
	}
	permissions, err := migrate.All[*rolecall.Permission](ctx, m.there, rolecall.Query{
		Kind: rolecall.KindPermission, Where: []rolecall.Condition{rolecall.Where("api", rolecall.DefaultAPI)},
	})
	if err != nil {
		return err
	}
	for _, p := range permissions {
		m.permissions[p.Name] = p.ID
	}
	roles, err := migrate.All[*rolecall.Role](ctx, m.there, rolecall.Query{Kind: rolecall.KindRole})
	for _, r := range roles {
		if rolecall.BuiltIn(r) {
			m.builtIn[r.Name] = r.ID
		} else {
			m.roles[roleName{r.Tenant, r.Name}] = r.ID
		}
	}
	for from, to := range m.options.Roles {
		if id, ok := m.builtIn[to]; ok {
			m.instead[from] = id
		} else if id, ok := m.roles[roleName{"", to}]; ok {
			m.instead[from] = id
		}
	}
	return err
}

// readPermissions makes permissions of the default API.
func (m *migration) readPermissions(context.Context) error {
	elements(m, "permissions", func(e element, in struct {
		ID          rolecall.PermissionID `json:"id"`
		Name        string                `json:"name"`
		Description string                `json:"description"`
	}) {
		there, taken := m.permissions[in.Name]
		switch {
		case m.again("permission", or(string(in.ID), in.Name), e):
			return
		case in.ID == "" && taken:
			in.ID = there
		case in.ID == "":
			in.ID = rolecall.PermissionID(rolecall.NewID("PERM"))
		case taken && there != in.ID:
			e.Field = "name"
			m.problem(e.Place, fmt.Errorf("the permission %q is here already, with the id %s", in.Name, there))
			return
		}
		m.permissions[in.Name] = in.ID
		m.item("permission", in.Name, e, migrate.Part{Record: &rolecall.Permission{
			ID: in.ID, API: rolecall.DefaultAPI, Name: in.Name, Description: in.Description,
		}})
	})
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// readRoles makes roles, of the project and of tenants, with their grants.
func (m *migration) readRoles(context.Context) error {
	elements(m, "roles", func(e element, in role) {
		at := roleName{rolecall.TenantID(in.TenantID), in.Name}
		if m.again("role", or(in.ID, in.TenantID+"\t"+in.Name), e) {
			return
		}
		record := &rolecall.Role{
			ID: rolecall.RoleID(in.ID), Tenant: at.tenant, Name: in.Name,
			Description: in.Description, Default: in.Default, Private: in.Private,
		}
		made, err := m.place(at, record)
		if err != nil {
			e.Field = "name"
			m.problem(e.Place, err)
		}
		if !made || err != nil {
			return
		}
		parts := []migrate.Part{{Record: record}}
		for i, name := range in.PermissionNames {
			field := fmt.Sprintf("permissionNames[%d]", i)
			id, ok := m.permissions[name]
			if !ok {
				e.Field = field
				m.problem(e.Place, fmt.Errorf("permission %q does not exist", name))
				return
			}
			parts = append(parts, migrate.Part{Field: field, Record: &rolecall.Grant{Role: record.ID, Permission: id}})
		}
		m.item("role", in.Name, e, parts...)
	})
	return nil
}

// place gives a role of the files its id and its name here. made is false if it
// is one that is there under another id, which the options say.
func (m *migration) place(at roleName, r *rolecall.Role) (made bool, err error) {
	if m.builtIn[r.Name] == r.ID && r.ID != "" { // of another Rolecall
		m.note("built-in roles are here already")
		return false, nil
	}
	if rolecall.BuiltIn(&rolecall.Role{ID: r.ID}) {
		return false, fmt.Errorf("the id %q is a built-in role's", r.ID)
	}
	to, renamed := "", false
	if at.tenant == "" {
		to, renamed = m.options.Roles[at.name]
	}
	if renamed {
		if there, ok := m.instead[at.name]; ok && there != r.ID {
			return false, nil
		}
		r.Name = to
	}
	if _, ok := m.builtIn[r.Name]; ok && at.tenant == "" {
		return false, fmt.Errorf(`%q is the name of a role that administers this project: give the files' role another name with --role "%s=NEW NAME" or, to have its holders hold that one, --role "%s=%s"`,
			at.name, at.name, at.name, at.name)
	}
	there, taken := m.roles[roleName{at.tenant, r.Name}]
	switch {
	case r.Name == "":
		return false, errors.New("is required")
	case r.ID == "" && taken:
		r.ID = there
	case r.ID == "":
		r.ID = newRoleID()
	case taken && there != r.ID && at.tenant == "":
		return false, fmt.Errorf(`the role %q is here already, with the id %s: give the files' role another name with --role "%s=NEW NAME" or, to use that one, --role "%s=%s"`,
			r.Name, there, at.name, at.name, r.Name)
	case taken && there != r.ID:
		return false, fmt.Errorf("tenant %q has a role %q already, with the id %s", at.tenant, r.Name, there)
	}
	m.roles[at] = r.ID
	return true, nil
}

// role returns the role that a name means in a tenant, or everywhere: in a
// tenant its own or else the project's.
func (m *migration) role(tenant rolecall.TenantID, name string) (rolecall.RoleID, error) {
	if id, ok := m.roles[roleName{tenant, name}]; ok && tenant != "" {
		return id, nil
	}
	if id, ok := m.instead[name]; ok {
		return id, nil
	}
	if id, ok := m.roles[roleName{"", name}]; ok {
		return id, nil
	}
	if id, ok := m.builtIn[name]; ok {
		return "", fmt.Errorf(`role %q does not exist, except for a built-in one that administers this project: to mean that one, say --role "%s=%s" (its id is %s)`, name, name, name, id)
	}
	if tenant != "" {
		return "", fmt.Errorf("role %q does not exist in tenant %q or in the project", name, tenant)
	}
	return "", fmt.Errorf("role %q does not exist", name)
}

// readTenants makes tenants, with what this API keeps beside them.
func (m *migration) readTenants(context.Context) error {
	elements(m, "tenants", func(e element, in tenant) {
		if m.again("tenant", or(in.ID, "\t"+in.Name), e) {
			return
		}
		kept := tenantMore{
			tenantContent: tenantContent{
				SelfProvisioningDomains: some(in.SelfProvisioningDomains), CustomAttributes: in.CustomAttributes.set(),
				EnforceSSO: in.EnforceSSO, EnforceSSOExclusions: some(in.EnforceSSOExclusions), Disabled: in.Disabled,
				RoleInheritance: in.RoleInheritance, FederatedAppIDs: some(in.FederatedAppIDs),
			},
			Parent: rolecall.TenantID(in.Parent), Domains: some(in.Domains),
		}
		if in.AuthType != "none" {
			kept.AuthType = in.AuthType
		}
		err := kept.check()
		if err == nil && in.ID == "" {
			e.Field, err = "id", errors.New("is required")
		}
		for i, name := range in.DefaultRoles {
			if err == nil {
				var id rolecall.RoleID
				if id, err = m.role("", name); err != nil {
					e.Field = fmt.Sprintf("defaultRoles[%d]", i)
				}
				kept.DefaultRoles = append(kept.DefaultRoles, id)
			}
		}
		t := &rolecall.Tenant{ID: rolecall.TenantID(in.ID), Name: in.Name}
		kept.putIn(t)
		if err == nil {
			t.Attributes, err = withMore(nil, kept)
		}
		if err != nil {
			m.problem(e.Place, err)
			return
		}
		m.item("tenant", in.Name, e, migrate.Part{Record: t})
	})
	return nil
}

// tenantsOfSSO adds the tenants that SSO configurations show, and no list does.
func (m *migration) tenantsOfSSO() {
	listed := map[string]bool{}
	for _, e := range m.found["tenants"] {
		var in tenantID
		if api.DecodeLenient(string(e.raw), &in) == nil {
			listed[string(in.ID)] = true
		}
	}
	for _, e := range m.found["SSOSettings"] {
		var in struct {
			Tenant json.RawMessage `json:"tenant"`
		}
		var id tenantID
		if api.DecodeLenient(string(e.raw), &in) != nil || isNull(in.Tenant) || api.DecodeLenient(string(in.Tenant), &id) != nil {
			continue // readSSO says so
		}
		if !listed[string(id.ID)] {
			m.found["tenants"] = append(m.found["tenants"], element{e.Place, in.Tenant})
			listed[string(id.ID)] = true
		}
	}
}

// some returns a list, nil if it is empty.
func some(all []string) []string {
	if len(all) == 0 {
		return nil
	}
	return all
}
