package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/authentication"
	db "github.com/auth0/go-auth0/authentication/database"
	"github.com/auth0/go-auth0/authentication/oauth"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

const passwordRealm = "http://auth0.com/oauth/grant-type/password-realm"

// claims reads the payload of a token, as an API does once it has verified it.
func claims(token string) (read map[string]any) {
	parts := strings.Split(token, ".")
	check.Same("parts of a token", len(parts), 3)
	check.OK(json.Unmarshal(check.Must(base64.RawURLEncoding.DecodeString(parts[1])), &read))
	return read
}

// list returns a claim that is a list of texts, and whether it is there.
func list(read map[string]any, claim string) (texts []string, ok bool) {
	values, ok := read[claim].([]any)
	for _, v := range values {
		texts = append(texts, v.(string))
	}
	return texts, ok
}

// refusedAs fails the check if the Authentication API did not refuse, with a code.
func refusedAs(err error, status int, code, part string) {
	check.RefusedAs(err, status, part)
	var e *authentication.Error
	check.Holds("an error of the Authentication API", errors.As(err, &e))
	check.Same("code", e.Err, code)
}

func (s *suite) machines() {
	const api = "https://machines.example.com"
	s.api(api, func(rs *management.ResourceServer) { enforced(rs); rs.TokenLifetime = auth0.Int(600) }, "read:it", "write:it")
	app := s.application("Machine", "client_credentials")
	a := s.authenticate(app)
	login := func(audience string) (*oauth.TokenSet, error) {
		return a.OAuth.LoginWithClientCredentials(s, oauth.LoginWithClientCredentialsRequest{Audience: audience}, oauth.IDTokenValidationOptions{})
	}
	s.Check("client credentials: refused without a client grant", func() {
		_, err := login(api)
		refusedAs(err, 403, "access_denied", "Client is not authorized to access")
	})
	s.Check("client credentials: a token of what the grant says", func() {
		check.OK(s.ClientGrant.Create(s, &management.ClientGrant{ClientID: app.ClientID, Audience: auth0.String(api), Scope: &[]string{"read:it"}}))
		tokens := check.Must(login(api))
		check.Same("type", tokens.TokenType, "Bearer")
		check.Same("lifetime", tokens.ExpiresIn, int64(600))
		check.Same("no id token", tokens.IDToken, "")
		check.Same("no refresh token", tokens.RefreshToken, "")
		got := claims(tokens.AccessToken)
		check.Same("iss", got["iss"], any(s.server.URL))
		check.Same("sub", got["sub"], any(app.GetClientID()+"@clients"))
		check.Same("aud", got["aud"], any(api))
		check.Same("azp", got["azp"], any(app.GetClientID()))
		check.Same("gty", got["gty"], any("client-credentials"))
		check.Same("scope", got["scope"], any("read:it"))
		permissions, _ := list(got, "permissions")
		check.SameSet("permissions", permissions, "read:it")
	})
	s.Check("client credentials: refused for an API that does not exist", func() {
		_, err := login("https://nowhere.example.com")
		refusedAs(err, 403, "access_denied", "Service not found")
	})
	s.Check("client credentials: refused with another secret", func() {
		_, err := a.OAuth.LoginWithClientCredentials(s, oauth.LoginWithClientCredentialsRequest{
			ClientAuthentication: oauth.ClientAuthentication{ClientSecret: "wrong"}, Audience: api,
		}, oauth.IDTokenValidationOptions{})
		refusedAs(err, 401, "access_denied", "Unauthorized")
	})
	s.Check("client credentials: refused to a client without that grant type", func() {
		other := s.authenticate(s.application("No machine", "authorization_code"))
		_, err := other.OAuth.LoginWithClientCredentials(s, oauth.LoginWithClientCredentialsRequest{Audience: api}, oauth.IDTokenValidationOptions{})
		refusedAs(err, 403, "unauthorized_client", "not allowed for the client")
	})
}

func (s *suite) passwords() {
	const api = "https://passwords.example.com"
	s.api(api, enforced, "read:it")
	u, app := s.user("password@example.com"), s.application("Passwords", "password", passwordRealm)
	a := s.authenticate(app)
	login := func(password, realm string) (*oauth.TokenSet, error) {
		return a.OAuth.LoginWithPassword(s, oauth.LoginWithPasswordRequest{
			Username: "password@example.com", Password: password, Realm: realm, Audience: api, Scope: "openid profile email",
		}, oauth.IDTokenValidationOptions{})
	}
	for _, realm := range []string{"", database} {
		name := map[string]string{"": "password", database: "password realm"}[realm]
		s.Check(name+": signs in, and the SDK verifies the id token", func() {
			tokens := check.Must(login(password, realm))
			id := claims(tokens.IDToken)
			check.Same("sub", id["sub"], any(u.GetID()))
			check.Same("aud", id["aud"], any(app.GetClientID()))
			check.Same("email", id["email"], any("password@example.com"))
			access := claims(tokens.AccessToken)
			check.Same("gty", access["gty"], any("password"))
			audience, _ := list(access, "aud")
			check.SameSet("aud", audience, api, s.server.URL+"userinfo")
			info := check.Must(a.UserInfo(s, tokens.AccessToken))
			check.Same("userinfo sub", info.Sub, u.GetID())
			check.Same("userinfo email", info.Email, "password@example.com")
			check.Holds("userinfo updated_at", !info.UpdatedAt.IsZero())
		})
		s.Check(name+": another one is refused", func() {
			_, err := login("wrong", realm)
			refusedAs(err, 403, "invalid_grant", "Wrong email or password.")
		})
	}
	s.Check("password: somebody who is blocked is refused", func() {
		check.OK(s.User.Update(s, u.GetID(), &management.User{Blocked: auth0.Bool(true)}))
		_, err := login(password, "")
		refusedAs(err, 403, "unauthorized", "user is blocked")
	})
	s.Check("userinfo: refused with a token of no use there", func() {
		_, err := a.UserInfo(s, "nonsense")
		check.Refused(err, 401)
	})
}

func (s *suite) refresh() {
	const api = "https://refreshed.example.com"
	s.api(api, enforced, "read:it")
	u := s.user("refresh@example.com")
	rotating := s.application("Rotating", "password", "refresh_token")
	check.OK(s.Client.Update(s, rotating.GetClientID(), &management.Client{RefreshToken: &management.ClientRefreshToken{
		RotationType: auth0.String("rotating"), ExpirationType: auth0.String("expiring"), Leeway: auth0.Int(0), TokenLifetime: auth0.Int(86400), IdleTokenLifetime: auth0.Int(3600),
		InfiniteTokenLifetime: auth0.Bool(false), InfiniteIdleTokenLifetime: auth0.Bool(false),
	}}))
	staying := s.application("Staying", "password", "refresh_token")
	login := func(a *authentication.Authentication) *oauth.TokenSet {
		return check.Must(a.OAuth.LoginWithPassword(s, oauth.LoginWithPasswordRequest{
			Username: "refresh@example.com", Password: password, Audience: api, Scope: "openid offline_access read:it",
		}, oauth.IDTokenValidationOptions{}))
	}
	renew := func(a *authentication.Authentication, token string) (*oauth.TokenSet, error) {
		return a.OAuth.RefreshToken(s, oauth.RefreshTokenRequest{RefreshToken: token}, oauth.IDTokenValidationOptions{})
	}
	s.Check("refresh: a token that does not rotate", func() {
		a := s.authenticate(staying)
		first := check.Must(renew(a, login(a).RefreshToken))
		check.Holds("tokens", first.AccessToken != "" && first.IDToken != "")
		check.Same("no nonce", claims(first.IDToken)["nonce"], nil)
	})
	s.Check("refresh: permissions are worked out again", func() {
		a := s.authenticate(staying)
		tokens := login(a)
		permissions, there := list(claims(tokens.AccessToken), "permissions")
		check.Holds("none, but said", there && len(permissions) == 0)
		check.OK(s.User.AssignRoles(s, u.GetID(), []*management.Role{s.role("Refreshed", api, "read:it")}))
		renewed := claims(check.Must(renew(a, tokens.RefreshToken)).AccessToken)
		permissions, _ = list(renewed, "permissions")
		check.SameSet("permissions", permissions, "read:it")
	})
	s.Check("refresh: rotates, and an old token revokes them all", func() {
		a := s.authenticate(rotating)
		first := login(a).RefreshToken
		second := check.Must(renew(a, first)).RefreshToken
		check.Holds("another", second != "" && second != first)
		_, err := renew(a, first)
		refusedAs(err, 403, "invalid_grant", "Unknown or invalid refresh token.")
		_, err = renew(a, second)
		refusedAs(err, 403, "invalid_grant", "Unknown or invalid refresh token.")
	})
	s.Check("revoke: a refresh token, and one that is unknown", func() {
		a := s.authenticate(staying)
		token := login(a).RefreshToken
		check.OK(a.OAuth.RevokeRefreshToken(s, oauth.RevokeRefreshTokenRequest{Token: token}))
		_, err := renew(a, token)
		refusedAs(err, 403, "invalid_grant", "Unknown or invalid refresh token.")
		check.OK(a.OAuth.RevokeRefreshToken(s, oauth.RevokeRefreshTokenRequest{Token: "unknown"}))
	})
	s.Check("sessions: the Management API ends what refresh tokens go on from", func() {
		a := s.authenticate(staying)
		token := login(a).RefreshToken
		check.OK(s.User.DeleteRefreshTokens(s, u.GetID()))
		_, err := renew(a, token)
		check.Refused(err, 403)
	})
}

func (s *suite) database() {
	app := s.application("Sign-up", "password")
	a := s.authenticate(app)
	signup := func(email, password string) (*db.SignupResponse, error) {
		return a.Database.Signup(s, db.SignupRequest{Email: email, Password: password, Connection: database, GivenName: "New", UserMetadata: &map[string]any{"colour": "red"}})
	}
	s.Check("signup: makes a user who signs in", func() {
		made := check.Must(signup("new@example.com", password))
		check.Same("email", made.Email, "new@example.com")
		u := check.Must(s.User.Read(s, "auth0|"+made.ID))
		check.Same("given name", u.GetGivenName(), "New")
		check.Same("metadata", u.GetUserMetadata(), map[string]any{"colour": "red"})
		check.Must(a.OAuth.LoginWithPassword(s, oauth.LoginWithPasswordRequest{Username: "new@example.com", Password: password, Scope: "openid"}, oauth.IDTokenValidationOptions{}))
	})
	s.Check("signup: an address that is taken, or a weak password", func() {
		_, err := signup("new@example.com", password)
		check.Refused(err, 400)
		_, err = signup("newer@example.com", "abc")
		check.Refused(err, 400)
		check.Same("users", len(check.Must(s.User.ListByEmail(s, "newer@example.com"))), 0)
	})
	s.Check("change password: says the same of anybody", func() {
		ask := func(email string) string {
			return check.Must(a.Database.ChangePassword(s, db.ChangePasswordRequest{Email: email, Connection: database}))
		}
		check.Same("answer", ask("nobody@example.com"), ask("new@example.com"))
		check.Holds("says something", ask("nobody@example.com") != "")
	})
}

const verifier = "a-verifier-that-is-long-enough-to-be-one-of-rfc-7636"

// authorize returns an address of /authorize for an application.
func (s *suite) authorize(app *management.Client, more url.Values) string {
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"client_id": {app.GetClientID()}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid profile email"}, "state": {"a+b/c="}, "nonce": {"n-0S6"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	for name, values := range more {
		query[name] = values
	}
	return s.server.URL + "authorize?" + query.Encode()
}

func (s *suite) codes() {
	u, app := s.user("code@example.com"), s.application("Codes", "authorization_code", "refresh_token")
	a, browser := s.authenticate(app), s.server.Browser()
	exchange := func(code, verifier string, expect oauth.IDTokenValidationOptions) (*oauth.TokenSet, error) {
		return a.OAuth.LoginWithAuthCodeWithPKCE(s, oauth.LoginWithAuthCodeWithPKCERequest{Code: code, CodeVerifier: verifier, RedirectURI: callback}, expect)
	}
	var code string
	s.Check("code: a person signs in, and the SDK exchanges the code with PKCE and checks nonce and age", func() {
		got := browser.SignIn(s.authorize(app, url.Values{"max_age": {"600"}}), "code@example.com", password)
		check.Same("state", got.Get("state"), "a+b/c=")
		code = got.Get("code")
		tokens := check.Must(exchange(code, verifier, oauth.IDTokenValidationOptions{Nonce: "n-0S6", MaxAge: 600e9}))
		check.Same("sub", claims(tokens.IDToken)["sub"], any(u.GetID()))
	})
	s.Check("code: once", func() {
		_, err := exchange(code, verifier, oauth.IDTokenValidationOptions{})
		refusedAs(err, 403, "invalid_grant", "Invalid authorization code")
	})
	s.Check("code: another without being asked, which another verifier does not redeem", func() {
		again := browser.Return(s.authorize(app, url.Values{"prompt": {"none"}}))
		_, err := exchange(again.Get("code"), "another-verifier-that-is-long-enough-for-rfc-7636", oauth.IDTokenValidationOptions{})
		check.Refused(err, 403)
	})
	s.Check("code: without PKCE, by the secret alone", func() {
		got := browser.Return(s.authorize(app, url.Values{"code_challenge": nil, "code_challenge_method": nil}))
		check.Must(a.OAuth.LoginWithAuthCode(s, oauth.LoginWithAuthCodeRequest{Code: got.Get("code"), RedirectURI: callback}, oauth.IDTokenValidationOptions{Nonce: "n-0S6"}))
	})
	s.Check("code: the SDK refuses another nonce", func() {
		got := browser.Return(s.authorize(app, nil))
		_, err := exchange(got.Get("code"), verifier, oauth.IDTokenValidationOptions{Nonce: "another"})
		check.Holds("refused", err != nil)
		check.Contains("error", err.Error(), "nonce")
	})
	s.Check("code: nobody is signed in, and nobody may be asked", func() {
		check.Same("error", s.server.Browser().Return(s.authorize(app, url.Values{"prompt": {"none"}})).Get("error"), "login_required")
	})
}

func (s *suite) organizationLogin() {
	const api = "https://organization-login.example.com"
	s.api(api, enforced, "read:it", "write:it")
	app, o := s.application("Organizations", "authorization_code"), s.organization("signing")
	member, other := s.user("member@signing.example.com"), s.user("other@signing.example.com")
	check.OK(s.Client.Update(s, app.GetClientID(), &management.Client{OrganizationUsage: auth0.String("allow")}))
	check.OK(s.Organization.AddMembers(s, o.GetID(), []string{member.GetID()}))
	check.OK(s.Organization.AssignMemberRoles(s, o.GetID(), member.GetID(), []string{s.role("Inside", api, "read:it").GetID()}))
	check.OK(s.User.AssignRoles(s, member.GetID(), []*management.Role{s.role("Outside", api, "write:it")}))
	a, browser := s.authenticate(app), s.server.Browser()
	permissions := func(got url.Values, organization string) []string {
		tokens := check.Must(a.OAuth.LoginWithAuthCodeWithPKCE(s, oauth.LoginWithAuthCodeWithPKCERequest{
			Code: got.Get("code"), CodeVerifier: verifier, RedirectURI: callback,
		}, oauth.IDTokenValidationOptions{Nonce: "n-0S6", Organization: organization}))
		access := claims(tokens.AccessToken)
		if organization != "" {
			check.Same("org_id", access["org_id"], any(organization))
		}
		names, _ := list(access, "permissions")
		return names
	}
	s.Check("organization login: the roles there alone, and the SDK checks which", func() {
		got := browser.SignIn(s.authorize(app, url.Values{"organization": {o.GetID()}, "audience": {api}}), "member@signing.example.com", password)
		check.SameSet("permissions", permissions(got, o.GetID()), "read:it")
	})
	s.Check("organization login: without one, the roles outside alone", func() {
		check.SameSet("permissions", permissions(browser.Return(s.authorize(app, url.Values{"audience": {api}})), ""), "write:it")
	})
	s.Check("organization login: nobody who is no member", func() {
		got := s.server.Browser().SignIn(s.authorize(app, url.Values{"organization": {o.GetID()}, "audience": {api}}), other.GetEmail(), password)
		check.Same("error", got.Get("error"), "access_denied")
	})
}

func (s *suite) rbac() {
	const enforcing, open, quiet = "https://enforcing.example.com", "https://open.example.com", "https://quiet.example.com"
	s.api(enforcing, enforced, "read:it", "write:it")
	s.api(open, nil, "read:it", "write:it")
	s.api(quiet, func(rs *management.ResourceServer) { rs.EnforcePolicies = auth0.Bool(true) }, "read:it", "write:it")
	u, a := s.user("rbac@example.com"), s.authenticate(s.application("RBAC", "password"))
	reader := s.role("Reads all three", enforcing, "read:it")
	check.OK(s.Role.AssociatePermissions(s, reader.GetID(), append(named(open, "read:it"), named(quiet, "read:it")...)))
	token := func(api, scope string) map[string]any {
		return claims(check.Must(a.OAuth.LoginWithPassword(s, oauth.LoginWithPasswordRequest{
			Username: u.GetEmail(), Password: password, Audience: api, Scope: scope,
		}, oauth.IDTokenValidationOptions{})).AccessToken)
	}
	scope := func(read map[string]any) []string { text, _ := read["scope"].(string); return strings.Fields(text) }
	const asked = "openid read:it write:it burn:it"
	s.Check("RBAC: before a role, no permission", func() {
		got := token(enforcing, asked)
		permissions, there := list(got, "permissions")
		check.Holds("none, but said", there && len(permissions) == 0)
		check.SameSet("scope", scope(got), "openid")
	})
	s.Check("RBAC: with a role, what it gives and was asked for", func() {
		check.OK(s.User.AssignRoles(s, u.GetID(), []*management.Role{reader}))
		got := token(enforcing, asked)
		permissions, _ := list(got, "permissions")
		check.SameSet("permissions", permissions, "read:it")
		check.SameSet("scope", scope(got), "openid", "read:it")
	})
	s.Check("RBAC: all permissions, asked for or not", func() {
		got := token(enforcing, "openid")
		permissions, _ := list(got, "permissions")
		check.SameSet("permissions", permissions, "read:it")
		check.SameSet("scope", scope(got), "openid")
	})
	s.Check("RBAC: a direct permission counts", func() {
		check.OK(s.User.AssignPermissions(s, u.GetID(), named(enforcing, "write:it")))
		permissions, _ := list(token(enforcing, "openid"), "permissions")
		check.SameSet("permissions", permissions, "read:it", "write:it")
		check.OK(s.User.RemovePermissions(s, u.GetID(), named(enforcing, "write:it")))
	})
	s.Check("RBAC off: what was asked for and is there, and no permissions", func() {
		got := token(open, asked)
		_, there := list(got, "permissions")
		check.Holds("no permissions", !there)
		check.SameSet("scope", scope(got), "openid", "read:it", "write:it")
	})
	s.Check("RBAC on, permissions not in the token", func() {
		got := token(quiet, asked)
		_, there := list(got, "permissions")
		check.Holds("no permissions", !there)
		check.SameSet("scope", scope(got), "openid", "read:it")
	})
	s.Check("RBAC: without the role again", func() {
		check.OK(s.User.RemoveRoles(s, u.GetID(), []*management.Role{reader}))
		permissions, there := list(token(enforcing, asked), "permissions")
		check.Holds("none, but said", there && len(permissions) == 0)
	})
}
