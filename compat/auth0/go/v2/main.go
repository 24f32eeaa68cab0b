// This program makes the calls of version 2 of Auth0's Go SDK that Rolecall
// answers, which are written by a machine from Auth0's own description of its
// API, against the server named by the JSON file in ROLECALL_DEV_INFO.
// SSL_CERT_FILE names the authority to trust.
package main

import (
	"context"
	"errors"

	"github.com/auth0/go-auth0/v2/management"
	"github.com/auth0/go-auth0/v2/management/client"
	"github.com/auth0/go-auth0/v2/management/core"
	"github.com/auth0/go-auth0/v2/management/option"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

// A suite is what all groups of checks share.
type suite struct {
	check.Report
	context.Context
	server check.Server
	*client.Management
}

func main() {
	s := &suite{Context: context.Background(), server: check.Dev()}
	s.Management = s.manage(s.server.ClientID, s.server.ClientSecret)
	for _, group := range []func(){
		s.resourceServers, s.roles, s.users, s.holdings, s.applications, s.connections,
		s.organizations, s.invitations, s.operations, s.refusals, s.tokens,
	} {
		group()
	}
	s.End()
}

// manage returns a client of the Management API, changed by domain and
// credentials and nothing else.
func (s *suite) manage(id, secret string) *client.Management {
	return check.Must(client.New(s.server.Domain(), option.WithClientCredentials(s, id, secret)))
}

// refused fails the check if a call was not refused with one of the statuses.
func refused(err error, statuses ...int) {
	if err == nil {
		check.Fail("accepted, want it refused with %d", statuses)
	}
	var e *core.APIError
	if !errors.As(err, &e) {
		check.Fail("got %v, want an error of the SDK", err)
	}
	for _, status := range statuses {
		if e.StatusCode == status {
			return
		}
	}
	check.Fail("got %v, want status %d", err, statuses)
}

// all follows a list from page to page, and returns what each entry is called.
//
// A list by pages has to be asked for page 0 and with totals, and one by
// checkpoints with a size: the SDK reads no array, which is the answer otherwise.
func all[T any](ctx context.Context, first *core.Page[T], err error) func(name func(T) string) []string {
	check.OK(err)
	return func(name func(T) string) (names []string) {
		for i := first.Iterator(); ; {
			if !i.Next(ctx) {
				check.OK(i.Err())
				return names
			}
			names = append(names, name(i.Current()))
		}
	}
}

const (
	database = "Username-Password-Authentication"
	password = "Correct-Horse-9-Battery"
	nobody   = "auth0|000000000000000000000000"
)

func text(s string) *string { return &s }
func yes() *bool            { b := true; return &b }
func number(n int) *int     { return &n }

// api makes a resource server with permissions, which enforces RBAC.
func (s *suite) api(identifier string, permissions ...string) string {
	request := &management.CreateResourceServerRequestContent{
		Identifier: identifier, Name: text("API " + identifier), EnforcePolicies: yes(),
		TokenDialect: management.ResourceServerTokenDialectSchemaEnumAccessTokenAuthz.Ptr(),
	}
	for _, name := range permissions {
		request.Scopes = append(request.Scopes, &management.ResourceServerScope{Value: name, Description: text("May " + name)})
	}
	return check.Must(s.ResourceServers.Create(s, request)).GetID()
}

func named(api string, permissions ...string) (all []*management.PermissionRequestPayload) {
	for _, name := range permissions {
		all = append(all, &management.PermissionRequestPayload{ResourceServerIdentifier: api, PermissionName: name})
	}
	return all
}

func (s *suite) role(name string) string {
	return check.Must(s.Roles.Create(s, &management.CreateRoleRequestContent{Name: name})).GetID()
}

func (s *suite) user(email string) string {
	return check.Must(s.Users.Create(s, &management.CreateUserRequestContent{Connection: database, Email: &email, Password: text(password)})).GetUserID()
}
