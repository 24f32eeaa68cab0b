package main

import (
	"slices"

	"github.com/descope/go-sdk/descope"
)

// inTenant returns the roles that a user has in a tenant.
func inTenant(u *descope.UserResponse, tenant string) []string {
	return membership(u, tenant).Roles
}

func membership(u *descope.UserResponse, tenant string) *descope.UserResponseAssociatedTenant {
	i := slices.IndexFunc(u.UserTenants, func(t *descope.UserResponseAssociatedTenant) bool { return t.TenantID == tenant })
	if i < 0 {
		fail("the user is not in tenant %q", tenant)
	}
	return u.UserTenants[i]
}

func (s *suite) memberships() {
	u := s.User()
	s.check("user roles: create a user", func() { must(u.Create(s, "rita", &descope.UserRequest{})) })
	s.check("user roles: set", func() { sameSet("roles", must(u.SetRoles(s, "rita", []string{"Reader"})).RoleNames, "Reader") })
	s.check("user roles: add unites", func() {
		sameSet("roles", must(u.AddRoles(s, "rita", []string{"Editor", "Reader"})).RoleNames, "Reader", "Editor")
	})
	s.check("user roles: remove subtracts", func() {
		sameSet("roles", must(u.RemoveRoles(s, "rita", []string{"Editor"})).RoleNames, "Reader")
	})
	s.check("user roles: set replaces", func() {
		sameSet("roles", must(u.SetRoles(s, "rita", []string{"Editor"})).RoleNames, "Editor")
		sameSet("roles, loaded", must(u.Load(s, "rita")).RoleNames, "Editor")
	})
	s.check("user roles: set of none clears", func() { sameSet("roles", must(u.SetRoles(s, "rita", nil)).RoleNames) })
	s.check("user roles: an unknown role is refused, and changes nothing", func() {
		must(u.SetRoles(s, "rita", []string{"Reader"}))
		_, err := u.AddRoles(s, "rita", []string{"Editor", "Ghost"})
		refused(err, bad, unknown)
		sameSet("roles", must(u.Load(s, "rita")).RoleNames, "Reader")
	})
	s.check("user roles: a tenant's role is not given to the whole project", func() {
		_, err := u.AddRoles(s, "rita", []string{"Steward"})
		refused(err, bad, unknown)
	})
	s.check("user roles: an unknown user is refused", func() {
		_, err := u.SetRoles(s, "nobody", []string{"Reader"})
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user tenants: roles where the user is no member are refused", func() {
		_, err := u.SetTenantRoles(s, "rita", "acme", []string{"Steward"})
		refused(err, bad, unknown, forbidden)
	})
	s.check("user tenants: add", func() {
		m := membership(must(u.AddTenant(s, "rita", "acme")), "acme")
		same("name", m.TenantName, "Acme")
		sameSet("roles", m.Roles)
	})
	s.check("user tenants: add again is harmless", func() { same("tenants", len(must(u.AddTenant(s, "rita", "acme")).UserTenants), 1) })
	s.check("user tenants: add of an unknown tenant is refused", func() {
		_, err := u.AddTenant(s, "rita", "no-such-tenant")
		refused(err, bad, unknown)
	})
	s.check("user tenants: set the roles in one, its own and the project's", func() {
		m := membership(must(u.SetTenantRoles(s, "rita", "acme", []string{"Steward", "Reader"})), "acme")
		sameSet("roles", m.Roles, "Steward", "Reader")
		sameSet("permissions", m.Permissions, "notes.read", "notes.write")
	})
	s.check("user tenants: roles in a tenant are not the project's", func() {
		sameSet("roles", must(u.Load(s, "rita")).RoleNames, "Reader")
	})
	s.check("user tenants: add roles in one", func() {
		sameSet("roles", inTenant(must(u.AddTenantRoles(s, "rita", "acme", []string{"Editor"})), "acme"), "Steward", "Reader", "Editor")
	})
	s.check("user tenants: remove roles in one", func() {
		sameSet("roles", inTenant(must(u.RemoveTenantRoles(s, "rita", "acme", []string{"Reader", "Editor"})), "acme"), "Steward")
	})
	s.check("user tenants: another tenant's role is refused", func() {
		must(u.AddTenant(s, "rita", "globex"))
		_, err := u.SetTenantRoles(s, "rita", "globex", []string{"Steward"})
		refused(err, bad, unknown)
	})
	s.check("user tenants: a role renamed is renamed for its users", func() {
		ok(s.Role().Update(s, "Steward", "acme", "Master", "", []string{"notes.read", "notes.write"}, false, false))
		sameSet("roles", inTenant(must(u.Load(s, "rita")), "acme"), "Master")
		ok(s.Role().Update(s, "Master", "acme", "Steward", "", []string{"notes.read", "notes.write"}, false, false))
	})
	s.check("user tenants: a role deleted is gone from its users", func() {
		ok(s.Role().Create(s, "Passing", "", nil, "acme", false, false))
		must(u.AddTenantRoles(s, "rita", "acme", []string{"Passing"}))
		ok(s.Role().Delete(s, "Passing", "acme"))
		sameSet("roles", inTenant(must(u.Load(s, "rita")), "acme"), "Steward")
	})
	s.check("user tenants: remove ends the roles in it", func() {
		same("tenants", len(must(u.RemoveTenant(s, "rita", "acme")).UserTenants), 1)
		sameSet("roles", inTenant(must(u.AddTenant(s, "rita", "acme")), "acme"))
	})
	s.check("user tenants: the login id may be a user id", func() {
		id := must(u.Load(s, "rita")).UserID
		sameSet("roles", inTenant(must(u.SetTenantRoles(s, id, "acme", []string{"Steward"})), "acme"), "Steward")
	})
}
