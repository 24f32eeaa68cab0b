package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auth0/go-auth0/v2/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

func roleName(r *management.Role) string { return r.GetName() }

func (s *suite) resourceServers() {
	const identifier = "https://orders.example.com/v1"
	var id string
	s.Check("resource server: create, and read by id and by identifier", func() {
		id = s.api(identifier, "read:orders", "write:orders")
		for _, key := range []string{id, identifier} {
			got := check.Must(s.ResourceServers.Get(s, key, &management.GetResourceServerRequestParameters{}))
			check.Same("id", got.GetID(), id)
			check.Same("RBAC", got.GetEnforcePolicies(), true)
			check.Same("dialect", string(got.GetTokenDialect()), "access_token_authz")
			check.Same("scopes", len(got.Scopes), 2)
		}
	})
	s.Check("resource server: update", func() {
		got := check.Must(s.ResourceServers.Update(s, id, &management.UpdateResourceServerRequestContent{
			TokenLifetime: number(600), Scopes: []*management.ResourceServerScope{{Value: "read:orders"}},
		}))
		check.Same("lifetime", got.GetTokenLifetime(), 600)
		check.Same("scopes", len(got.Scopes), 1)
		check.Same("identifier", got.GetIdentifier(), identifier)
	})
	s.Check("resource server: list", func() {
		page, err := s.ResourceServers.List(s, &management.ListResourceServerRequestParameters{Page: number(0), IncludeTotals: yes()})
		found := all(s, page, err)((*management.ResourceServer).GetIdentifier)
		check.Holds("ours and the Management API", slices.Contains(found, identifier) && slices.Contains(found, s.server.ManagementAudience()))
	})
	s.Check("resource server: an identifier is unique", func() {
		_, err := s.ResourceServers.Create(s, &management.CreateResourceServerRequestContent{Identifier: identifier})
		refused(err, 409)
	})
	s.Check("resource server: delete, twice", func() {
		check.OK(s.ResourceServers.Delete(s, id))
		check.OK(s.ResourceServers.Delete(s, id))
		_, err := s.ResourceServers.Get(s, id, &management.GetResourceServerRequestParameters{})
		refused(err, 404)
	})
}

func (s *suite) roles() {
	const api = "https://stock.example.com"
	s.api(api, "read:stock", "write:stock")
	var id string
	s.Check("role: create, read, update", func() {
		id = s.role("Keeper")
		got := check.Must(s.Roles.Update(s, id, &management.UpdateRoleRequestContent{Description: text("Keeps")}))
		check.Same("name", got.GetName(), "Keeper")
		check.Same("description", check.Must(s.Roles.Get(s, id)).GetDescription(), "Keeps")
	})
	s.Check("role: list and filter, page by page", func() {
		for i := range 5 {
			s.role(fmt.Sprintf("Paged %d", i))
		}
		page, err := s.Roles.List(s, &management.ListRolesRequestParameters{Page: number(0), IncludeTotals: yes(), NameFilter: text("paged"), PerPage: number(2)})
		check.SameSet("roles", all(s, page, err)(roleName), "Paged 0", "Paged 1", "Paged 2", "Paged 3", "Paged 4")
	})
	s.Check("role: a name is unique", func() {
		_, err := s.Roles.Create(s, &management.CreateRoleRequestContent{Name: "Keeper"})
		refused(err, 409)
	})
	s.Check("role permissions: add, list, remove", func() {
		held := func() []string {
			page, err := s.Roles.Permissions.List(s, id, &management.ListRolePermissionsRequestParameters{Page: number(0), IncludeTotals: yes()})
			return all(s, page, err)((*management.PermissionsResponsePayload).GetPermissionName)
		}
		check.OK(s.Roles.Permissions.Add(s, id, &management.AddRolePermissionsRequestContent{Permissions: named(api, "read:stock", "write:stock")}))
		check.SameSet("permissions", held(), "read:stock", "write:stock")
		check.OK(s.Roles.Permissions.Delete(s, id, &management.DeleteRolePermissionsRequestContent{Permissions: named(api, "write:stock")}))
		check.SameSet("permissions", held(), "read:stock")
		refused(s.Roles.Permissions.Add(s, id, &management.AddRolePermissionsRequestContent{Permissions: named(api, "burn:stock")}), 400, 404)
	})
	s.Check("role users: assign, and list from checkpoint to checkpoint", func() {
		users := []string{s.user("a@keepers.example.com"), s.user("b@keepers.example.com"), s.user("c@keepers.example.com")}
		check.OK(s.Roles.Users.Assign(s, id, &management.AssignRoleUsersRequestContent{Users: users}))
		page, err := s.Roles.Users.List(s, id, &management.ListRoleUsersRequestParameters{Take: number(2)})
		check.SameSet("users", all(s, page, err)((*management.RoleUser).GetUserID), users...)
	})
	s.Check("role: delete", func() {
		check.OK(s.Roles.Delete(s, id))
		_, err := s.Roles.Get(s, id)
		refused(err, 404)
		refused(s.Roles.Delete(s, id), 404)
	})
}

func (s *suite) users() {
	var id string
	s.Check("user: create with metadata, and read", func() {
		made := check.Must(s.Users.Create(s, &management.CreateUserRequestContent{
			Connection: database, Email: text("grace@example.com"), Password: text(password), GivenName: text("Grace"),
			AppMetadata: &management.AppMetadata{"plan": "pro"}, UserMetadata: &management.UserMetadata{"colour": "red"},
		}))
		id = made.GetUserID()
		check.Holds("an id that begins with auth0|", strings.HasPrefix(id, "auth0|"))
		got := check.Must(s.Users.Get(s, id, &management.GetUserRequestParameters{}))
		check.Same("name", got.GetGivenName(), "Grace")
		check.Same("identities", got.Identities[0].GetConnection(), database)
		check.Same("plan", got.GetAppMetadata()["plan"], any("pro"))
	})
	s.Check("user: update merges metadata", func() {
		got := check.Must(s.Users.Update(s, id, &management.UpdateUserRequestContent{
			Name: text("Grace Hopper"), Blocked: yes(), AppMetadata: &management.AppMetadata{"seats": 3},
		}))
		check.Same("name", got.GetName(), "Grace Hopper")
		check.Same("blocked", got.GetBlocked(), true)
		check.Same("plan", got.GetAppMetadata()["plan"], any("pro"))
		check.Same("seats", got.GetAppMetadata()["seats"], any(3.0))
	})
	s.Check("user: by address", func() {
		check.Same("found", len(check.Must(s.Users.ListUsersByEmail(s, &management.ListUsersByEmailRequestParameters{Email: "grace@example.com"}))), 1)
	})
	s.Check("user: search, page by page", func() {
		for _, name := range []string{"one", "two", "three"} {
			s.user(name + "@search.example.com")
		}
		page, err := s.Users.List(s, &management.ListUsersRequestParameters{Page: number(0), IncludeTotals: yes(), Q: text("email:*@search.example.com"), PerPage: number(2), Sort: text("email:1")})
		found := all(s, page, err)((*management.UserResponseSchema).GetEmail)
		check.Same("users", found, []string{"one@search.example.com", "three@search.example.com", "two@search.example.com"})
	})
	s.Check("user: an address is taken; a password is weak; a connection is required", func() {
		create := func(connection, email, password string) error {
			_, err := s.Users.Create(s, &management.CreateUserRequestContent{Connection: connection, Email: &email, Password: &password})
			return err
		}
		refused(create(database, "grace@example.com", password), 409)
		refused(create(database, "weak@example.com", "abc"), 400)
		refused(create("", "none@example.com", password), 400)
	})
	s.Check("user: delete, twice", func() {
		check.OK(s.Users.Delete(s, id))
		check.OK(s.Users.Delete(s, id))
		_, err := s.Users.Get(s, id, &management.GetUserRequestParameters{})
		refused(err, 404)
	})
}

func (s *suite) holdings() {
	const api = "https://held.example.com"
	s.api(api, "read:it", "write:it")
	id, one, two := s.user("holder@example.com"), s.role("One"), s.role("Two")
	s.Check("user roles: assign, list, remove", func() {
		held := func() []string {
			page, err := s.Users.Roles.List(s, id, &management.ListUserRolesRequestParameters{Page: number(0), IncludeTotals: yes()})
			return all(s, page, err)(roleName)
		}
		check.OK(s.Users.Roles.Assign(s, id, &management.AssignUserRolesRequestContent{Roles: []string{one, two}}))
		check.SameSet("roles", held(), "One", "Two")
		check.OK(s.Users.Roles.Delete(s, id, &management.DeleteUserRolesRequestContent{Roles: []string{one}}))
		check.SameSet("roles", held(), "Two")
		refused(s.Users.Roles.Assign(s, nobody, &management.AssignUserRolesRequestContent{Roles: []string{one}}), 404)
	})
	s.Check("user permissions: direct and by role, list, remove", func() {
		held := func() []string {
			page, err := s.Users.Permissions.List(s, id, &management.ListUserPermissionsRequestParameters{Page: number(0), IncludeTotals: yes()})
			return all(s, page, err)((*management.UserPermissionSchema).GetPermissionName)
		}
		check.OK(s.Roles.Permissions.Add(s, two, &management.AddRolePermissionsRequestContent{Permissions: named(api, "read:it")}))
		check.OK(s.Users.Permissions.Create(s, id, &management.CreateUserPermissionsRequestContent{Permissions: named(api, "write:it")}))
		check.SameSet("permissions", held(), "read:it", "write:it")
		check.OK(s.Users.Permissions.Delete(s, id, &management.DeleteUserPermissionsRequestContent{Permissions: named(api, "write:it")}))
		check.SameSet("permissions", held(), "read:it")
	})
	s.Check("user: logs, sessions, refresh tokens", func() {
		page, err := s.Users.Logs.List(s, id, &management.ListUserLogsRequestParameters{Page: number(0), IncludeTotals: yes()})
		check.Holds("there are logs", len(all(s, page, err)((*management.Log).GetLogID)) > 0)
		sessions, err := s.Users.Sessions.List(s, id, &management.ListUserSessionsRequestParameters{Take: number(50)})
		check.Same("sessions", len(all(s, sessions, err)((*management.SessionResponseContent).GetID)), 0)
		check.OK(s.Users.Sessions.Delete(s, id))
		check.OK(s.Users.RefreshToken.Delete(s, id))
	})
}
