package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// readOrganizations makes organizations and, at the end, their members.
func (m *migration) readOrganizations(context.Context) error {
	for _, e := range m.found["organizations"] {
		if err := m.organization(e); err != nil {
			m.problem(e.Place, err)
		}
	}
	return nil
}

func (m *migration) organization(e *element) error {
	var id string
	var joined []named
	if err := errors.Join(e.take("id", &id), e.take("members", &joined)); err != nil {
		return err
	}
	for _, name := range []string{"enabled_connections", "connections", "token_quota"} {
		if len(e.members[name]) > 2 {
			m.note("organizations: %s are not imported", name)
		}
		delete(e.members, name)
	}
	name := e.text("name")
	there, taken := m.tenants[name]
	switch {
	case name == "" && m.tenants[id] != "": // of one that is here, or elsewhere in the files
		return m.joined(e, m.tenants[id], joined)
	case name == "":
		return errors.New("name is required")
	case id == "" && taken && m.made[string(there)]: // of one that the files have with its id
		return m.joined(e, there, joined)
	case id == "" && taken:
		id = string(there)
	case id == "":
		id = rolecall.NewID("org")
	case taken && string(there) != id:
		return fmt.Errorf("the organization %q is here already, with the id %s", name, there)
	}
	o := &organization{Tenant: &rolecall.Tenant{ID: rolecall.TenantID(id)}}
	if err := o.set(e.members); err != nil {
		return err
	}
	m.tenants[name], m.tenants[id], m.made[id] = o.ID, o.ID, true
	m.item("organization", name, e, migrate.Part{Record: o.Tenant})
	return m.joined(e, o.ID, joined)
}

// joined notes members of an organization, for when roles and users are known.
func (m *migration) joined(e *element, id rolecall.TenantID, members []named) error {
	for i, member := range members {
		user := member.UserID + member.ID
		if user == "" {
			return fmt.Errorf("members[%d].user_id is required", i)
		}
		m.members = append(m.members, membership{e, fmt.Sprintf("members[%d]", i), id, user, member.Roles})
	}
	return nil
}

// A membership is one that is yet to be made.
type membership struct {
	*element
	field  string
	tenant rolecall.TenantID
	user   string
	roles  []named
}

// parts returns the records that make m.
func (m *migration) parts(j membership) ([]migrate.Part, error) {
	subject := rolecall.SubjectID(j.user)
	parts := []migrate.Part{{Field: j.field, Record: &rolecall.Membership{Tenant: j.tenant, Subject: subject, Source: rolecall.SourceImport}}}
	assigned, err := m.assign(j.field+".roles", subject, j.tenant, j.roles)
	return append(parts, assigned...), err
}

// readServers makes resource servers with their permissions.
func (m *migration) readServers(context.Context) error {
	for _, e := range m.found["resource_servers"] {
		if err := m.server(e); err != nil {
			m.problem(e.Place, err)
		}
	}
	return nil
}

func (m *migration) server(e *element) error {
	var id, identifier, alg string
	var system bool
	if err := errors.Join(e.take("id", &id), e.take("identifier", &identifier), e.take("is_system", &system), e.take("signing_alg", &alg)); err != nil {
		return err
	}
	switch {
	case system || isManagement(identifier):
		m.note("Auth0's own Management API is not imported: this one is here already")
		return nil
	case identifier == "":
		return errors.New("identifier is required")
	case identifier == string(rolecall.AdminAPI):
		return errors.New("identifier is that of the API that administers this project")
	}
	if alg != "" && alg != "RS256" {
		m.note("%s: tokens are signed by RS256, not %s", identifier, alg)
	}
	there, taken := m.apis[identifier]
	switch {
	case taken: // the identifier is what callers know it by
		id = string(there)
	case id == "":
		id = hexID()
	}
	for _, name := range []string{"client", "client_id"} {
		delete(e.members, name)
	}
	s := &resourceServer{API: &rolecall.API{ID: rolecall.APIID(id), Identifier: identifier, Name: identifier}}
	if err := s.set(e.members); err != nil {
		return err
	}
	m.apis[identifier] = s.ID
	parts := []migrate.Part{{Record: s.API}}
	if s.ID == rolecall.DefaultAPI {
		parts = nil
	}
	for i, scope := range s.scopes {
		at := permissionName{identifier, scope.Value}
		p := newPermission(s.ID, scope)
		if there, ok := m.permissions[at]; ok {
			p.ID = there
		}
		m.permissions[at] = p.ID
		parts = append(parts, migrate.Part{Field: fmt.Sprintf("scopes[%d]", i), Record: p})
	}
	m.item("resource server", identifier, e, parts...)
	return nil
}

// isManagement reports whether an identifier is that of a Management API.
func isManagement(identifier string) bool { return strings.HasSuffix(identifier, "/api/v2/") }

// readRoles makes roles, with what they give and, at the end, who holds them.
func (m *migration) readRoles(context.Context) error {
	for _, e := range m.found["roles"] {
		if err := m.role(e); err != nil {
			m.problem(e.Place, err)
		}
	}
	return nil
}

func (m *migration) role(e *element) error {
	var in struct {
		id, name, description string
		permissions           []permissionName
		users                 []named
	}
	for member, to := range map[string]any{"id": &in.id, "name": &in.name, "description": &in.description, "permissions": &in.permissions, "users": &in.users} {
		if err := e.take(member, to); err != nil {
			return err
		}
	}
	wanted := in.name
	if to, ok := m.options.Roles[in.name]; ok {
		wanted = to
	}
	r := &rolecall.Role{ID: rolecall.RoleID(in.id), Name: wanted, Description: in.description}
	meant := false // a role that is here already
	there, taken := m.roles[wanted]
	builtIn, administers := m.builtIn[wanted]
	switch {
	case rolecall.BuiltIn(r): // of another Rolecall
		m.note("built-in roles are here already, and who holds them is not imported")
		return nil
	case in.name == "" && m.names[m.roles[in.id]] != "":
		r.ID, meant = m.roles[in.id], true
	case in.name == "":
		return errors.New("name is required")
	case administers && wanted == in.name:
		return fmt.Errorf(`%q is the name of a role that administers this project: give the files' role another name with --role "%s=NEW NAME" or, to have its holders hold that one, --role "%s=%s"`, wanted, wanted, wanted, wanted)
	case administers:
		r.ID, meant = builtIn, true
	case taken && wanted != in.name:
		r.ID, meant = there, true
	case taken && in.id != "" && there != r.ID:
		return fmt.Errorf(`the role %q is here already, with the id %s: give the files' role another name with --role "%s=NEW NAME"`, wanted, there, in.name)
	case taken:
		r.ID, meant = there, m.made[string(there)]
	case r.ID == "":
		r.ID = rolecall.RoleID(rolecall.NewID("rol"))
	}
	for _, name := range []string{in.id, in.name} {
		if name != "" {
			m.roles[name] = r.ID
		}
	}
	m.names[r.ID], m.made[string(r.ID)] = wanted, true
	parts, err := m.grants(in.permissions, func(field string, id rolecall.PermissionID) migrate.Part {
		return migrate.Part{Field: field, Record: &rolecall.Grant{Role: r.ID, Permission: id}}
	})
	if err != nil {
		return err
	}
	if administers && len(parts) > 0 {
		return fmt.Errorf("the role %q administers this project, and what it gives can't be changed", wanted)
	}
	if !meant {
		parts = append([]migrate.Part{{Record: r}}, parts...)
	}
	if old := m.items[r.ID]; old != nil {
		old.Parts = append(old.Parts, parts...)
	} else if len(parts) > 0 {
		m.item("role", wanted, e, parts...)
		m.items[r.ID] = m.out.Items[len(m.out.Items)-1]
	}
	for i, u := range in.users {
		m.belongs("assignment", u.UserID+u.ID, e, migrate.Part{Field: fmt.Sprintf("users[%d]", i), Record: &rolecall.Assignment{
			Subject: rolecall.SubjectID(u.UserID + u.ID), Role: r.ID, Source: rolecall.SourceImport,
		}})
	}
	return nil
}

// grants returns what f makes of the permissions with names.
func (m *migration) grants(names []permissionName, f func(field string, id rolecall.PermissionID) migrate.Part) (parts []migrate.Part, err error) {
	for i, n := range names {
		field := fmt.Sprintf("permissions[%d]", i)
		if isManagement(n.API) {
			m.note("permissions to administer Auth0 itself are not imported: give roles those of the API %q", rolecall.AdminAPI)
			continue
		}
		id, ok := m.permissions[n]
		if !ok {
			return nil, fmt.Errorf("%s: the resource server %q has no permission %q", field, n.API, n.Name)
		}
		parts = append(parts, f(field, id))
	}
	return parts, nil
}

// assign returns the records that give a subject roles in a tenant, or everywhere.
func (m *migration) assign(field string, subject rolecall.SubjectID, tenant rolecall.TenantID, roles []named) (parts []migrate.Part, err error) {
	for i, n := range roles {
		at := fmt.Sprintf("%s[%d]", field, i)
		id, ok := m.roles[n.ID]
		if !ok && n.Name != "" {
			id, ok = m.roles[n.Name]
		}
		if !ok {
			return nil, fmt.Errorf("%s: the role %q does not exist", at, n.ID+n.Name)
		}
		parts = append(parts, migrate.Part{Field: at, Record: &rolecall.Assignment{
			Subject: subject, Role: id, Scope: rolecall.Scope{Tenant: tenant}, Source: rolecall.SourceImport,
		}})
	}
	return parts, nil
}

// hashOf returns the password hash in a user's members.
func hashOf(e *element) (hash, algorithm string, err error) {
	if err := e.take("password_hash", &hash); err != nil {
		return "", "", err
	}
	var custom struct {
		Algorithm string `json:"algorithm"`
		Hash      struct {
			Value string `json:"value"`
		} `json:"hash"`
	}
	if value := e.members["custom_password_hash"]; len(value) > 0 && json.Unmarshal(value, &custom) != nil {
		return "", "", errors.New("custom_password_hash must be an object of algorithm and hash")
	}
	delete(e.members, "custom_password_hash")
	if custom.Algorithm != "" {
		hash, algorithm = custom.Hash.Value, custom.Algorithm
	}
	return hash, algorithm, nil
}
