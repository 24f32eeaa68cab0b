package main

import (
	"net/url"
	"strings"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/authentication/oauth"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

// invited plays a service that sells to organizations: somebody is invited, makes
// an account on the server's page, and is what the invitation says.
func (s *suite) invited() {
	const api = "https://invited.example.com"
	s.api(api, enforced, "manage:it")
	o, app, admin := s.organization("hiring"), s.application("Hires", "authorization_code"), s.role("Hired Admin", api, "manage:it")
	check.OK(s.Client.Update(s, app.GetClientID(), &management.Client{OrganizationUsage: auth0.String("require")}))
	a, browser := s.authenticate(app), s.server.Browser()
	i := &management.OrganizationInvitation{
		Inviter: &management.OrganizationInvitationInviter{Name: auth0.String("Ada")}, Invitee: &management.OrganizationInvitationInvitee{Email: auth0.String("new@hiring.example.com")},
		ClientID: app.ClientID, Roles: []string{admin.GetID()}, SendInvitationEmail: auth0.Bool(false),
	}
	check.OK(s.Organization.CreateInvitation(s, o.GetID(), i))
	link := check.Must(url.Parse(i.GetInvitationURL())).Query()
	address := s.authorize(app, url.Values{"audience": {api}, "invitation": {link.Get("invitation")}, "organization": {link.Get("organization")}})
	var who string
	s.Check("invited: an account, membership, the role, and a token with its permission", func() {
		got := browser.Submit(address, url.Values{"as": {"signup"}, "name": {"New"}, "password": {password}})
		tokens := check.Must(a.OAuth.LoginWithAuthCodeWithPKCE(s, oauth.LoginWithAuthCodeWithPKCERequest{
			Code: got.Get("code"), CodeVerifier: verifier, RedirectURI: callback,
		}, oauth.IDTokenValidationOptions{Nonce: "n-0S6", Organization: o.GetID()}))
		access := claims(tokens.AccessToken)
		permissions, _ := list(access, "permissions")
		check.SameSet("permissions", permissions, "manage:it")
		who = access["sub"].(string)
		members := check.Must(s.Organization.Members(s, o.GetID()))
		check.Same("members", len(members.Members), 1)
		check.Same("member", members.Members[0].GetUserID(), who)
		check.Same("address is verified", check.Must(s.User.Read(s, who)).GetEmailVerified(), true)
	})
	s.Check("invited: once", func() {
		_, text := s.server.Browser().Open(address)
		check.Holds("a page, and no form to join", !strings.Contains(text, `name="as"`))
	})
	s.Check("organization: the only one is taken where one is required, unless nobody is to be asked", func() {
		got := browser.Return(s.authorize(app, url.Values{"audience": {api}}))
		tokens := check.Must(a.OAuth.LoginWithAuthCodeWithPKCE(s, oauth.LoginWithAuthCodeWithPKCERequest{
			Code: got.Get("code"), CodeVerifier: verifier, RedirectURI: callback,
		}, oauth.IDTokenValidationOptions{Nonce: "n-0S6"}))
		check.Same("organization", claims(tokens.AccessToken)["org_id"].(string), o.GetID())
		check.OK(s.Client.Update(s, app.GetClientID(), &management.Client{OrganizationRequireBehavior: auth0.String("no_prompt")}))
		got = browser.Return(s.authorize(app, nil))
		check.Holds("refused without one", got.Get("code") == "" && got.Get("error") != "")
	})
	s.Check("sessions: whoever signed in has one, until it is ended", func() {
		sessions := check.Must(s.User.ListUserSessions(s, who)).Sessions
		check.Same("sessions", len(sessions), 1)
		check.Same("whose", sessions[0].GetUserID(), who)
		check.OK(s.User.DeleteUserSessions(s, who))
		check.Same("sessions", len(check.Must(s.User.ListUserSessions(s, who)).Sessions), 0)
		got := browser.Return(s.authorize(app, url.Values{"prompt": {"none"}, "organization": {o.GetID()}}))
		check.Same("error", got.Get("error"), "login_required")
	})
}

func (s *suite) signIns() {
	app := s.application("Sign-ins", "password", passwordRealm)
	a := s.authenticate(app)
	login := func(name, password, realm string) (*oauth.TokenSet, error) {
		return a.OAuth.LoginWithPassword(s, oauth.LoginWithPasswordRequest{Username: name, Password: password, Realm: realm, Scope: "openid"}, oauth.IDTokenValidationOptions{})
	}
	s.Check("sign-in: by a username", func() {
		u := &management.User{
			Connection: auth0.String(database), Email: auth0.String("named@example.com"), Username: auth0.String("named"), Password: auth0.String(password),
		}
		check.OK(s.User.Create(s, u))
		check.Same("username", check.Must(s.User.Read(s, u.GetID())).GetUsername(), "named")
		check.Same("sub", claims(check.Must(login("named", password, "")).IDToken)["sub"], any(u.GetID()))
	})
	s.Check("sign-in: by the password that was set last", func() {
		u := s.user("resets@example.com")
		check.OK(s.User.Update(s, u.GetID(), &management.User{Password: auth0.String("Another-Horse-7-Battery"), Connection: auth0.String(database)}))
		_, err := login("resets@example.com", password, "")
		refusedAs(err, 403, "invalid_grant", "Wrong email or password.")
		check.Must(login("resets@example.com", "Another-Horse-7-Battery", ""))
	})
	s.Check("sign-in: nobody of a connection that the application is not enabled for, or that is unknown", func() {
		id := check.Must(s.Connection.ReadByName(s, database)).GetID()
		enable := func(on bool) {
			check.OK(s.Connection.UpdateEnabledClients(s, id, []management.ConnectionEnabledClient{{ClientID: app.ClientID, Status: &on}}))
		}
		enable(false)
		_, err := login("named@example.com", password, database)
		enable(true)
		check.Refused(err, 403)
		_, err = login("named@example.com", password, "Nowhere")
		check.Refused(err, 400)
		check.Must(login("named@example.com", password, database))
	})
}

func (s *suite) machinesOfOrganizations() {
	const api = "https://machines-of-organizations.example.com"
	s.api(api, enforced, "read:it")
	o, other, app := s.organization("machined"), s.organization("unmachined"), s.application("Organization's machine", "client_credentials")
	g := &management.ClientGrant{
		ClientID: app.ClientID, Audience: auth0.String(api), Scope: &[]string{"read:it"}, OrganizationUsage: auth0.String("require"), AllowAnyOrganization: auth0.Bool(false),
	}
	check.OK(s.ClientGrant.Create(s, g))
	check.OK(s.Organization.AssociateClientGrant(s, o.GetID(), g.GetID()))
	a := s.authenticate(app)
	login := func(organization string) (*oauth.TokenSet, error) {
		return a.OAuth.LoginWithClientCredentials(s, oauth.LoginWithClientCredentialsRequest{Audience: api, Organization: organization}, oauth.IDTokenValidationOptions{})
	}
	s.Check("client credentials: for an organization that has the grant alone", func() {
		got := claims(check.Must(login(o.GetID())).AccessToken)
		check.Same("org_id", got["org_id"], any(o.GetID()))
		check.Same("scope", got["scope"], any("read:it"))
		_, err := login(other.GetID())
		check.Holds("another is refused", err != nil)
		_, err = login("")
		check.Holds("none is refused", err != nil)
	})
	s.Check("logs: searched", func() {
		for _, entry := range check.Must(s.Log.Search(s, management.Query("type:sapi"), management.PerPage(3))) {
			check.Same("type", entry.GetType(), "sapi")
		}
	})
}
