// This program makes every call of version 1 of Auth0's Go SDK that Rolecall
// answers, good and bad, against the server named by the JSON file in
// ROLECALL_DEV_INFO. SSL_CERT_FILE names the authority to trust.
package main

import (
	"context"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/authentication"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

// A suite is what all groups of checks share.
type suite struct {
	check.Report
	context.Context
	server check.Server
	*management.Management
}

func main() {
	s := &suite{Context: context.Background(), server: check.Dev()}
	s.Management = s.manage(s.server.ClientID, s.server.ClientSecret)
	for _, group := range []func(){
		s.resourceServers, s.roles, s.rolePermissions,
		s.users, s.metadata, s.search, s.userRoles, s.userPermissions,
		s.clients, s.grants, s.connections,
		s.organizations, s.members, s.organizationConnections, s.invitations, s.organizationGrants,
		s.logs, s.tickets, s.sessions, s.paging, s.refusals,
		s.machines, s.passwords, s.refresh, s.database, s.codes, s.organizationLogin, s.rbac,
		s.invited, s.signIns, s.machinesOfOrganizations,
	} {
		group()
	}
	s.End()
}

// manage returns a client of the Management API, changed by domain and
// credentials and nothing else.
func (s *suite) manage(id, secret string) *management.Management {
	return check.Must(management.New(s.server.Domain(), management.WithClientCredentials(s, id, secret)))
}

// authenticate returns a client of the Authentication API for an application.
func (s *suite) authenticate(app *management.Client) *authentication.Authentication {
	return check.Must(authentication.New(s, s.server.Domain(),
		authentication.WithClientID(app.GetClientID()), authentication.WithClientSecret(app.GetClientSecret())))
}

const (
	database = "Username-Password-Authentication"
	password = "Correct-Horse-9-Battery"
	callback = "https://app.example.com/callback"
)

// api makes a resource server with permissions.
func (s *suite) api(identifier string, change func(*management.ResourceServer), permissions ...string) *management.ResourceServer {
	scopes := []management.ResourceServerScope{}
	for _, name := range permissions {
		scopes = append(scopes, management.ResourceServerScope{Value: auth0.String(name), Description: auth0.String("May " + name)})
	}
	rs := &management.ResourceServer{Name: auth0.String("API " + identifier), Identifier: &identifier, Scopes: &scopes}
	if change != nil {
		change(rs)
	}
	check.OK(s.ResourceServer.Create(s, rs))
	return rs
}

// enforced is the change that switches RBAC on, with permissions in the token.
func enforced(rs *management.ResourceServer) {
	rs.EnforcePolicies, rs.TokenDialect = auth0.Bool(true), auth0.String("access_token_authz")
	rs.AllowOfflineAccess = auth0.Bool(true)
}

// role makes a role with permissions of an API.
func (s *suite) role(name, api string, permissions ...string) *management.Role {
	r := &management.Role{Name: &name, Description: auth0.String(name)}
	check.OK(s.Role.Create(s, r))
	if len(permissions) > 0 {
		check.OK(s.Role.AssociatePermissions(s, r.GetID(), named(api, permissions...)))
	}
	return r
}

// named returns permissions of an API as the SDK takes them.
func named(api string, permissions ...string) (all []*management.Permission) {
	for _, name := range permissions {
		all = append(all, &management.Permission{Name: auth0.String(name), ResourceServerIdentifier: &api})
	}
	return all
}

func names(all []*management.Permission) (names []string) {
	for _, p := range all {
		names = append(names, p.GetName())
	}
	return names
}

func roleNames(all []*management.Role) (names []string) {
	for _, r := range all {
		names = append(names, r.GetName())
	}
	return names
}

// user makes a user who signs in with the password.
func (s *suite) user(email string) *management.User {
	u := &management.User{Connection: auth0.String(database), Email: &email, Password: auth0.String(password)}
	check.OK(s.User.Create(s, u))
	return u
}

// application makes a client that may use grants.
func (s *suite) application(name string, grants ...string) *management.Client {
	c := &management.Client{
		Name: &name, AppType: auth0.String("regular_web"), GrantTypes: &grants,
		Callbacks: &[]string{callback}, InitiateLoginURI: auth0.String("https://app.example.com/login"),
	}
	check.OK(s.Client.Create(s, c))
	return c
}
