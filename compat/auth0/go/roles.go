package main

import (
	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

func (s *suite) resourceServers() {
	const identifier = "https://orders.example.com/v1"
	var rs *management.ResourceServer
	s.Check("resource server: create", func() {
		rs = s.api(identifier, nil, "read:orders", "write:orders")
		check.Same("id", len(rs.GetID()) > 0, true)
		check.Same("dialect", rs.GetTokenDialect(), "access_token")
		check.Same("lifetime", rs.GetTokenLifetime(), 86400)
		check.Same("lifetime for the web", rs.GetTokenLifetimeForWeb(), 7200)
		check.Same("algorithm", rs.GetSigningAlgorithm(), "RS256")
		check.Same("RBAC", rs.GetEnforcePolicies(), false)
	})
	s.Check("resource server: read by id", func() {
		got := check.Must(s.ResourceServer.Read(s, rs.GetID()))
		check.Same("identifier", got.GetIdentifier(), identifier)
		check.Same("scopes", len(got.GetScopes()), 2)
	})
	s.Check("resource server: read by identifier, whose slashes are escaped", func() {
		check.Same("id", check.Must(s.ResourceServer.Read(s, identifier)).GetID(), rs.GetID())
	})
	s.Check("resource server: update switches RBAC on, with permissions in tokens", func() {
		change := &management.ResourceServer{EnforcePolicies: auth0.Bool(true), TokenDialect: auth0.String("access_token_authz")}
		check.OK(s.ResourceServer.Update(s, rs.GetID(), change))
		check.Same("the answer is whole", change.GetIdentifier(), identifier)
		got := check.Must(s.ResourceServer.Read(s, rs.GetID()))
		check.Same("RBAC", got.GetEnforcePolicies(), true)
		check.Same("dialect", got.GetTokenDialect(), "access_token_authz")
	})
	s.Check("resource server: scopes are replaced", func() {
		scopes := []management.ResourceServerScope{{Value: auth0.String("read:orders")}, {Value: auth0.String("cancel:orders"), Description: auth0.String("Cancel")}}
		check.OK(s.ResourceServer.Update(s, rs.GetID(), &management.ResourceServer{Scopes: &scopes}))
		var got []string
		for _, scope := range check.Must(s.ResourceServer.Read(s, rs.GetID())).GetScopes() {
			got = append(got, scope.GetValue())
		}
		check.SameSet("scopes", got, "read:orders", "cancel:orders")
	})
	s.Check("resource server: list holds it and the Management API", func() {
		var system, ours bool
		for _, r := range check.Must(s.ResourceServer.List(s)).ResourceServers {
			system = system || r.GetIsSystem() && r.GetIdentifier() == s.server.ManagementAudience()
			ours = ours || r.GetID() == rs.GetID()
		}
		check.Holds("the Management API is there", system)
		check.Holds("ours is there", ours)
	})
	s.Check("resource server: list by identifier", func() {
		list := check.Must(s.ResourceServer.List(s, management.Parameter("identifiers", identifier)))
		check.Same("found", len(list.ResourceServers), 1)
	})
	s.Check("resource server: an identifier is unique", func() {
		check.Refused(s.ResourceServer.Create(s, &management.ResourceServer{Identifier: auth0.String(identifier)}), 409)
	})
	s.Check("resource server: delete, twice", func() {
		check.OK(s.ResourceServer.Delete(s, rs.GetID()))
		check.OK(s.ResourceServer.Delete(s, rs.GetID()))
		_, err := s.ResourceServer.Read(s, rs.GetID())
		check.Refused(err, 404)
	})
}

func (s *suite) roles() {
	var r *management.Role
	s.Check("role: create", func() {
		r = s.role("Editor", "")
		check.Holds("an id that begins with rol_", len(r.GetID()) > 4 && r.GetID()[:4] == "rol_")
	})
	s.Check("role: read", func() {
		got := check.Must(s.Role.Read(s, r.GetID()))
		check.Same("name", got.GetName(), "Editor")
		check.Same("description", got.GetDescription(), "Editor")
	})
	s.Check("role: update of the description leaves the name", func() {
		change := &management.Role{Description: auth0.String("Edits")}
		check.OK(s.Role.Update(s, r.GetID(), change))
		check.Same("name in the answer", change.GetName(), "Editor")
		check.Same("description", check.Must(s.Role.Read(s, r.GetID())).GetDescription(), "Edits")
	})
	s.Check("role: rename", func() {
		check.OK(s.Role.Update(s, r.GetID(), &management.Role{Name: auth0.String("Chief Editor")}))
		check.Same("name", check.Must(s.Role.Read(s, r.GetID())).GetName(), "Chief Editor")
	})
	s.Check("role: list, and filter by name", func() {
		check.SameSet("found", roleNames(check.Must(s.Role.List(s, management.Parameter("name_filter", "chief"))).Roles), "Chief Editor")
		all := check.Must(s.Role.List(s))
		check.Holds("total counts them", all.Total == len(all.Roles) && all.Total > 1)
	})
	s.Check("role: a name is unique", func() {
		check.Refused(s.Role.Create(s, &management.Role{Name: auth0.String("Chief Editor")}), 409)
	})
	s.Check("role: a name is required", func() {
		check.Refused(s.Role.Create(s, &management.Role{Description: auth0.String("?")}), 400)
	})
	s.Check("role: delete, and then it does not exist", func() {
		check.OK(s.Role.Delete(s, r.GetID()))
		_, err := s.Role.Read(s, r.GetID())
		check.RefusedAs(err, 404, "The role does not exist.")
		check.Refused(s.Role.Delete(s, r.GetID()), 404)
	})
}

func (s *suite) rolePermissions() {
	const api = "https://stock.example.com"
	s.api(api, nil, "read:stock", "write:stock", "count:stock")
	r := s.role("Keeper", "")
	s.Check("role permissions: add and list", func() {
		check.OK(s.Role.AssociatePermissions(s, r.GetID(), named(api, "read:stock", "write:stock")))
		list := check.Must(s.Role.Permissions(s, r.GetID()))
		check.SameSet("permissions", names(list.Permissions), "read:stock", "write:stock")
		check.Same("total", list.Total, 2)
		check.Same("API", list.Permissions[0].GetResourceServerIdentifier(), api)
		check.Same("API's name", list.Permissions[0].GetResourceServerName(), "API "+api)
		check.Holds("description", list.Permissions[0].GetDescription() != "")
	})
	s.Check("role permissions: adding again is no error", func() {
		check.OK(s.Role.AssociatePermissions(s, r.GetID(), named(api, "read:stock")))
		check.Same("total", check.Must(s.Role.Permissions(s, r.GetID())).Total, 2)
	})
	s.Check("role permissions: remove", func() {
		check.OK(s.Role.RemovePermissions(s, r.GetID(), named(api, "write:stock")))
		check.SameSet("permissions", names(check.Must(s.Role.Permissions(s, r.GetID())).Permissions), "read:stock")
	})
	s.Check("role permissions: an unknown one is refused, and none is added", func() {
		err := s.Role.AssociatePermissions(s, r.GetID(), named(api, "count:stock", "burn:stock"))
		check.Holds("refused with 400 or 404", status(err) == 400 || status(err) == 404)
		check.SameSet("permissions", names(check.Must(s.Role.Permissions(s, r.GetID())).Permissions), "read:stock")
	})
	s.Check("role permissions: of a role that does not exist", func() {
		_, err := s.Role.Permissions(s, "rol_0000000000000000")
		check.RefusedAs(err, 404, "The role does not exist.")
	})
	s.Check("role users: assign and list", func() {
		ada, bob := s.user("ada@keepers.example.com"), s.user("bob@keepers.example.com")
		check.OK(s.Role.AssignUsers(s, r.GetID(), []*management.User{ada, bob}))
		list := check.Must(s.Role.Users(s, r.GetID()))
		check.Same("total", list.Total, 2)
		check.SameSet("users", []string{list.Users[0].GetID(), list.Users[1].GetID()}, ada.GetID(), bob.GetID())
		check.Holds("with addresses", list.Users[0].GetEmail() != "")
		check.SameSet("roles of a user", roleNames(check.Must(s.User.Roles(s, ada.GetID())).Roles), "Keeper")
	})
	s.Check("role users: by checkpoints", func() {
		first := check.Must(s.Role.Users(s, r.GetID(), management.Take(1)))
		check.Same("first", len(first.Users), 1)
		check.Holds("there is a next", first.HasNext())
		second := check.Must(s.Role.Users(s, r.GetID(), management.Take(1), management.From(first.Next)))
		check.Same("second", len(second.Users), 1)
		check.Holds("another user", first.Users[0].GetID() != second.Users[0].GetID())
		check.Same("no more", second.Next, "")
	})
	s.Check("role users: a deleted role is gone from its users", func() {
		u := s.user("cleo@keepers.example.com")
		gone := s.role("Passing", "")
		check.OK(s.User.AssignRoles(s, u.GetID(), []*management.Role{gone}))
		check.OK(s.Role.Delete(s, gone.GetID()))
		check.Same("roles", len(check.Must(s.User.Roles(s, u.GetID())).Roles), 0)
	})
}
