package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/auth0/go-auth0/v2/authentication"
	"github.com/auth0/go-auth0/v2/authentication/oauth"
	"github.com/auth0/go-auth0/v2/management"
	"github.com/auth0/go-auth0/v2/management/client"
	"github.com/auth0/go-auth0/v2/management/jobs/verificationemail"
	"github.com/auth0/go-auth0/v2/management/option"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

// application makes a client that may use grants.
func (s *suite) application(name string, grants ...string) *management.CreateClientResponseContent {
	return check.Must(s.Clients.Create(s, &management.CreateClientRequestContent{
		Name: name, GrantTypes: grants, InitiateLoginURI: text("https://app.example.com/login"),
		AppType: management.ClientAppTypeEnumRegularWeb.Ptr(), Callbacks: []string{"https://app.example.com/callback"},
	}))
}

func (s *suite) applications() {
	const api = "https://granted.example.com"
	s.api(api, "read:it", "write:it")
	var app *management.CreateClientResponseContent
	s.Check("client: create and read", func() {
		app = s.application("Machine", "client_credentials")
		check.Same("a secret of 64 characters", len(app.GetClientSecret()), 64)
		got := check.Must(s.Clients.Get(s, app.GetClientID(), &management.GetClientRequestParameters{}))
		check.Same("name", got.GetName(), "Machine")
		check.Same("type", string(got.GetAppType()), "regular_web")
	})
	s.Check("client: update", func() {
		got := check.Must(s.Clients.Update(s, app.GetClientID(), &management.UpdateClientRequestContent{Description: text("Works"), WebOrigins: []string{"https://app.example.com"}}))
		check.Same("description", got.GetDescription(), "Works")
		check.Same("name", got.GetName(), "Machine")
		check.SameSet("origins", got.WebOrigins, "https://app.example.com")
	})
	s.Check("client: another secret", func() {
		check.Holds("another", check.Must(s.Clients.RotateSecret(s, app.GetClientID())).GetClientSecret() != app.GetClientSecret())
	})
	s.Check("client: list, and its connections", func() {
		page, err := s.Clients.List(s, &management.ListClientsRequestParameters{Page: number(0), IncludeTotals: yes()})
		check.Holds("there", slices.Contains(all(s, page, err)((*management.Client).GetClientID), app.GetClientID()))
		connections, err := s.Clients.Connections.Get(s, app.GetClientID(), &management.ConnectionsGetRequest{Take: number(50)})
		check.Holds("the database", slices.Contains(all(s, connections, err)((*management.ConnectionForList).GetName), database))
	})
	s.Check("client grant: create, update, list, delete", func() {
		request := &management.CreateClientGrantRequestContent{ClientID: app.GetClientID(), Audience: api, Scope: []string{"read:it"}}
		g := check.Must(s.ClientGrants.Create(s, request))
		_, err := s.ClientGrants.Create(s, request)
		refused(err, 409)
		check.SameSet("scope", check.Must(s.ClientGrants.Update(s, g.GetID(), &management.UpdateClientGrantRequestContent{Scope: []string{"write:it"}})).Scope, "write:it")
		page, err := s.ClientGrants.List(s, &management.ListClientGrantsRequestParameters{Take: number(50), ClientID: text(app.GetClientID())})
		check.SameSet("grants", all(s, page, err)((*management.ClientGrantResponseContent).GetID), g.GetID())
		check.OK(s.ClientGrants.Delete(s, g.GetID()))
		check.OK(s.ClientGrants.Delete(s, g.GetID()))
	})
	s.Check("client: delete, twice", func() {
		check.OK(s.Clients.Delete(s, app.GetClientID()))
		check.OK(s.Clients.Delete(s, app.GetClientID()))
		_, err := s.Clients.Get(s, app.GetClientID(), &management.GetClientRequestParameters{})
		refused(err, 404)
	})
}

// connection returns the id of the database.
func (s *suite) connection() string {
	page, err := s.Connections.List(s, &management.ListConnectionsQueryParameters{Take: number(50), Name: text(database)})
	found := all(s, page, err)((*management.ConnectionForList).GetID)
	check.Same("connections", len(found), 1)
	return found[0]
}

func (s *suite) connections() {
	s.Check("connection: read, by name and by id", func() {
		got := check.Must(s.Connections.Get(s, s.connection(), &management.GetConnectionRequestParameters{}))
		check.Same("name", got.GetName(), database)
		check.Same("strategy", got.GetStrategy(), "auth0")
	})
	s.Check("connection: clients, off and on", func() {
		id, app := s.connection(), s.application("Connected", "password")
		for _, on := range []bool{false, true} {
			check.OK(s.Connections.Clients.Update(s, id, management.UpdateEnabledClientConnectionsRequestContent{{ClientID: app.GetClientID(), Status: on}}))
			page, err := s.Connections.Clients.Get(s, id, &management.GetConnectionEnabledClientsRequestParameters{Take: number(1)})
			check.Same("enabled", slices.Contains(all(s, page, err)((*management.ConnectionEnabledClient).GetClientID), app.GetClientID()), on)
		}
	})
}

func (s *suite) organizations() {
	var id string
	s.Check("organization: create, update, read by id and by name", func() {
		id = check.Must(s.Organizations.Create(s, &management.CreateOrganizationRequestContent{Name: "acme", DisplayName: text("Acme")})).GetID()
		check.Same("name", check.Must(s.Organizations.Update(s, id, &management.UpdateOrganizationRequestContent{DisplayName: text("Acme Inc.")})).GetName(), "acme")
		check.Same("display name", check.Must(s.Organizations.Get(s, id)).GetDisplayName(), "Acme Inc.")
		check.Same("id", check.Must(s.Organizations.GetByName(s, "acme")).GetID(), id)
	})
	s.Check("organization: list from checkpoint to checkpoint", func() {
		want := []string{"acme"}
		for i := range 4 {
			name := fmt.Sprintf("paged-%d", i)
			check.Must(s.Organizations.Create(s, &management.CreateOrganizationRequestContent{Name: name}))
			want = append(want, name)
		}
		page, err := s.Organizations.List(s, &management.ListOrganizationsRequestParameters{Take: number(2)})
		check.SameSet("organizations", all(s, page, err)((*management.Organization).GetName), want...)
	})
	s.Check("members: add, list, their roles, remove", func() {
		user, admin := s.user("member@example.com"), s.role("Admin there")
		check.OK(s.Organizations.Members.Create(s, id, &management.CreateOrganizationMemberRequestContent{Members: []string{user}}))
		check.OK(s.Organizations.Members.Roles.Assign(s, id, user, &management.AssignOrganizationMemberRolesRequestContent{Roles: []string{admin}}))
		roles := func() []string {
			page, err := s.Organizations.Members.Roles.List(s, id, user, &management.ListOrganizationMemberRolesRequestParameters{Page: number(0), IncludeTotals: yes()})
			return all(s, page, err)(roleName)
		}
		members := func() []string {
			page, err := s.Organizations.Members.List(s, id, &management.ListOrganizationMembersRequestParameters{Take: number(50)})
			return all(s, page, err)((*management.OrganizationMember).GetUserID)
		}
		check.SameSet("roles", roles(), "Admin there")
		check.SameSet("members", members(), user)
		page, err := s.Users.Organizations.List(s, user, &management.ListUserOrganizationsRequestParameters{Page: number(0), IncludeTotals: yes()})
		check.SameSet("organizations", all(s, page, err)((*management.Organization).GetName), "acme")
		check.OK(s.Organizations.Members.Roles.Delete(s, id, user, &management.DeleteOrganizationMemberRolesRequestContent{Roles: []string{admin}}))
		check.SameSet("roles", roles())
		check.OK(s.Organizations.Members.Delete(s, id, &management.DeleteOrganizationMembersRequestContent{Members: []string{user}}))
		check.SameSet("members", members())
	})
	s.Check("enabled connection: add, read, update, list, remove", func() {
		connection := s.connection()
		check.Must(s.Organizations.EnabledConnections.Add(s, id, &management.AddOrganizationConnectionRequestContent{ConnectionID: connection, AssignMembershipOnLogin: yes()}))
		got := check.Must(s.Organizations.EnabledConnections.Get(s, id, connection))
		check.Same("membership", got.GetAssignMembershipOnLogin(), true)
		no := false
		check.Must(s.Organizations.EnabledConnections.Update(s, id, connection, &management.UpdateOrganizationConnectionRequestContent{AssignMembershipOnLogin: &no}))
		page, err := s.Organizations.EnabledConnections.List(s, id, &management.ListOrganizationConnectionsRequestParameters{Page: number(0), IncludeTotals: yes()})
		check.SameSet("connections", all(s, page, err)((*management.OrganizationConnection).GetConnectionID), connection)
		check.OK(s.Organizations.EnabledConnections.Delete(s, id, connection))
		_, err = s.Organizations.EnabledConnections.Get(s, id, connection)
		refused(err, 404)
	})
	s.Check("organization: delete, and then it does not exist", func() {
		check.OK(s.Organizations.Delete(s, id))
		_, err := s.Organizations.Get(s, id)
		refused(err, 404)
		refused(s.Organizations.Delete(s, id), 404)
	})
}

func (s *suite) invitations() {
	id := check.Must(s.Organizations.Create(s, &management.CreateOrganizationRequestContent{Name: "inviting"})).GetID()
	app, role := s.application("Invites", "authorization_code"), s.role("Invited")
	s.Check("invitation: create, read, list, delete", func() {
		no := false
		i := check.Must(s.Organizations.Invitations.Create(s, id, &management.CreateOrganizationInvitationRequestContent{
			Inviter: &management.OrganizationInvitationInviter{Name: "Ada"}, Invitee: &management.OrganizationInvitationInvitee{Email: "new@example.com"},
			ClientID: app.GetClientID(), Roles: []string{role}, SendInvitationEmail: &no,
		}))
		check.Contains("link", i.GetInvitationURL(), "https://app.example.com/login?invitation="+i.GetTicketID())
		got := check.Must(s.Organizations.Invitations.Get(s, id, i.GetID(), &management.GetOrganizationInvitationRequestParameters{}))
		check.SameSet("roles", got.Roles, role)
		page, err := s.Organizations.Invitations.List(s, id, &management.ListOrganizationInvitationsRequestParameters{Page: number(0), IncludeTotals: yes()})
		check.SameSet("invitations", all(s, page, err)((*management.OrganizationInvitation).GetID), i.GetID())
		check.OK(s.Organizations.Invitations.Delete(s, id, i.GetID()))
		_, err = s.Organizations.Invitations.Get(s, id, i.GetID(), &management.GetOrganizationInvitationRequestParameters{})
		refused(err, 404)
	})
	s.Check("organization's client grant: add, list, remove", func() {
		const api = "https://organized.example.com"
		s.api(api, "read:it")
		g := check.Must(s.ClientGrants.Create(s, &management.CreateClientGrantRequestContent{
			ClientID: app.GetClientID(), Audience: api, Scope: []string{"read:it"}, OrganizationUsage: management.ClientGrantOrganizationUsageEnumAllow.Ptr(),
		}))
		check.Must(s.Organizations.ClientGrants.Create(s, id, &management.AssociateOrganizationClientGrantRequestContent{GrantID: g.GetID()}))
		page, err := s.Organizations.ClientGrants.List(s, id, &management.ListOrganizationClientGrantsRequestParameters{Page: number(0), IncludeTotals: yes()})
		check.SameSet("grants", all(s, page, err)((*management.OrganizationClientGrant).GetID), g.GetID())
		check.OK(s.Organizations.ClientGrants.Delete(s, id, g.GetID()))
	})
}

func (s *suite) operations() {
	user := s.user("operated@example.com")
	s.Check("logs: list, and one by its id", func() {
		page := check.Must(s.Logs.List(s, &management.ListLogsRequestParameters{Page: number(0), IncludeTotals: yes(), PerPage: number(3)}))
		check.Same("entries", len(page.Results), 3)
		one := check.Must(s.Logs.Get(s, page.Results[1].GetLogID()))
		check.Same("id", one.GetLogID(), page.Results[1].GetLogID())
	})
	s.Check("tickets and jobs", func() {
		password := check.Must(s.Tickets.ChangePassword(s, &management.ChangePasswordTicketRequestContent{UserID: &user}))
		check.Holds("a link to the server", strings.HasPrefix(password.GetTicket(), s.server.URL))
		address := check.Must(s.Tickets.VerifyEmail(s, &management.VerifyEmailTicketRequestContent{UserID: user}))
		check.Holds("a link to the server", strings.HasPrefix(address.GetTicket(), s.server.URL))
		var jobs *verificationemail.Client = s.Jobs.VerificationEmail
		check.Holds("a job", strings.HasPrefix(check.Must(jobs.Create(s, &management.CreateVerificationEmailRequestContent{UserID: user})).GetID(), "job_"))
	})
}

func (s *suite) refusals() {
	with := func(token string) error {
		_, err := check.Must(client.New(s.server.Domain(), option.WithToken(token))).Roles.List(s, &management.ListRolesRequestParameters{Page: number(0), IncludeTotals: yes()})
		return err
	}
	s.Check("refused: what is no token, and a forged one", func() {
		refused(with("nonsense"), 400)
		refused(with("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."), 401)
	})
	s.Check("refused: a scope that the token lacks", func() {
		app := s.application("Reads roles", "client_credentials")
		check.Must(s.ClientGrants.Create(s, &management.CreateClientGrantRequestContent{ClientID: app.GetClientID(), Audience: s.server.ManagementAudience(), Scope: []string{"read:roles"}}))
		m := s.manage(app.GetClientID(), app.GetClientSecret())
		check.Must(m.Roles.List(s, &management.ListRolesRequestParameters{Page: number(0), IncludeTotals: yes()}))
		_, err := m.Roles.Create(s, &management.CreateRoleRequestContent{Name: "Theirs"})
		refused(err, 403)
		check.Contains("message", err.Error(), "Insufficient scope, expected any of: create:roles")
	})
	s.Check("refused: a page that is too large", func() {
		_, err := s.Roles.List(s, &management.ListRolesRequestParameters{Page: number(0), IncludeTotals: yes(), PerPage: number(101)})
		refused(err, 400)
	})
}

func (s *suite) tokens() {
	s.Check("authentication: the package of version 2 signs in too", func() {
		app := s.application("Passwords", "password")
		s.user("signs-in@example.com")
		a := check.Must(authentication.New(context.Background(), s.server.Domain(),
			authentication.WithClientID(app.GetClientID()), authentication.WithClientSecret(app.GetClientSecret())))
		tokens := check.Must(a.OAuth.LoginWithPassword(s, oauth.LoginWithPasswordRequest{
			Username: "signs-in@example.com", Password: password, Scope: "openid email",
		}, oauth.IDTokenValidationOptions{}))
		check.Same("email", check.Must(a.UserInfo(s, tokens.AccessToken)).Email, "signs-in@example.com")
	})
}
