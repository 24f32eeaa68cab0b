package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/descope/go-sdk/descope"
)

const (
	bcryptPassword = "Hashed-Elsewhere-1"
	bcryptHash     = "$2a$10$wy9t9rjwg4LC81ggavGGxOX/U/lAVhPGlXbMUGXN.kwPb8NH/fOSi"
)

// request is one of a browser that holds a refresh token.
func (s *suite) request(refresh string) *http.Request {
	r := must(http.NewRequestWithContext(s, http.MethodGet, "https://app.example/", nil))
	r.AddCookie(&http.Cookie{Name: descope.RefreshCookieName, Value: refresh})
	return r
}

func (s *suite) signIn(login string) *descope.AuthenticationInfo {
	info := must(s.auth.Password().SignIn(s, login, password, nil))
	if info.SessionToken == nil || info.RefreshToken == nil {
		fail("sign-in without both tokens: the drn claims are not DS and DSR")
	}
	return info
}

func (s *suite) refresh(token string) (*descope.Token, error) {
	_, session, err := s.auth.RefreshSessionWithToken(s, token)
	return session, err
}

// over fails the check unless a refresh token no longer works.
func (s *suite) over(refresh string, codes ...*descope.Error) {
	_, err := s.refresh(refresh)
	e := refused(err, unproven)
	for _, code := range codes {
		if !errors.Is(e, code) {
			fail("got code %s (%v), want %s", e.Code, e, code.Code)
		}
	}
}

// newUser makes a user who signs in with the password.
func (s *suite) newUser(login string, user *descope.UserRequest) *descope.UserResponse {
	u := must(s.User().Create(s, login, user))
	ok(s.User().SetActivePassword(s, login, password))
	return u
}

func (s *suite) passwords() {
	a, u := s.auth.Password(), s.User()
	const changed = "Another-Horse-7-Battery"
	s.check("password: policy", func() {
		holds("a least length", must(a.GetPasswordPolicy(s)).MinLength > 0)
	})
	s.check("password: sign-up signs in", func() {
		info := must(a.SignUp(s, "pam@acme.example", &descope.User{Name: "Pam"}, password, nil))
		holds("both tokens", info.SessionToken != nil && info.RefreshToken != nil)
		same("name", info.User.Name, "Pam")
		same("status", info.User.Status, "enabled")
		same("password", info.User.Password, true)
		same("first seen", info.FirstSeen, true)
	})
	s.check("password: sign-up without a user", func() { must(a.SignUp(s, "pim", nil, password, nil)) })
	s.check("password: sign-up with a login id that is taken is refused", func() {
		_, err := a.SignUp(s, "pam@acme.example", nil, password, nil)
		refusedAs(descope.ErrUserAlreadyExists, err, bad)
	})
	s.check("password: sign-up with a password against the policy is refused, and nobody is created", func() {
		_, err := a.SignUp(s, "weak", nil, "1", nil)
		refused(err, bad)
		_, err = u.Load(s, "weak")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("password: sign-in", func() {
		info := s.signIn("pam@acme.example")
		same("first seen", info.FirstSeen, false)
		same("user id", info.SessionToken.ID, info.User.UserID)
		holds("a user id", info.User.UserID != "")
	})
	s.check("password: a wrong password and an unknown user are refused alike", func() {
		_, err := a.SignIn(s, "pam@acme.example", "Wrong-Horse-9-Battery", nil)
		wrong := refused(err, unproven)
		_, err = a.SignIn(s, "nobody", password, nil)
		same("code", refused(err, unproven).Code, wrong.Code)
	})
	s.check("password: an empty password is refused", func() {
		_, err := a.SignIn(s, "pam@acme.example", "", nil)
		refused(err, bad, unproven)
	})
	s.check("password: replace", func() {
		info := must(a.ReplaceUserPassword(s, "pam@acme.example", password, changed, nil))
		holds("both tokens", info.SessionToken != nil && info.RefreshToken != nil)
		must(a.SignIn(s, "pam@acme.example", changed, nil))
		_, err := a.SignIn(s, "pam@acme.example", password, nil)
		refused(err, unproven)
	})
	s.check("password: replace with a wrong old password is refused", func() {
		_, err := a.ReplaceUserPassword(s, "pam@acme.example", password, changed, nil)
		refused(err, unproven)
	})
	s.check("password: update", func() {
		info := must(a.SignIn(s, "pam@acme.example", changed, nil))
		ok(a.UpdateUserPassword(s, "pam@acme.example", password, s.request(info.RefreshToken.JWT)))
		s.signIn("pam@acme.example")
		_, err := a.SignIn(s, "pam@acme.example", changed, nil)
		refused(err, unproven)
	})
	s.check("password: update of another user's is refused", func() {
		info := s.signIn("pam@acme.example")
		refused(a.UpdateUserPassword(s, "pim", changed, s.request(info.RefreshToken.JWT)), bad, unproven, forbidden)
		s.signIn("pim")
	})
	s.check("password: update against the policy is refused", func() {
		info := s.signIn("pim")
		refused(a.UpdateUserPassword(s, "pim", "1", s.request(info.RefreshToken.JWT)), bad)
	})
	s.check("password: set active works at once", func() {
		ok(u.SetActivePassword(s, "pim", changed))
		must(a.SignIn(s, "pim", changed, nil))
	})
	s.check("password: set active against the policy is refused", func() { refused(u.SetActivePassword(s, "pim", "1"), bad) })
	s.check("password: set active for an unknown user is refused", func() {
		refusedAs(descope.ErrManagementUserNotFound, u.SetActivePassword(s, "nobody", changed), bad, unknown)
	})
	s.check("password: set temporary has to be replaced", func() {
		ok(u.SetTemporaryPassword(s, "pim", "Passing-Horse-1"))
		_, err := a.SignIn(s, "pim", "Passing-Horse-1", nil)
		refusedAs(descope.ErrPasswordExpired, err, bad, unproven, forbidden)
		must(a.ReplaceUserPassword(s, "pim", "Passing-Horse-1", password, nil))
		s.signIn("pim")
	})
	s.check("password: set, the old name of set temporary", func() {
		//lint:ignore SA1019 what the vendor deprecates is still called
		ok(u.SetPassword(s, "pim", "Passing-Horse-2"))
		_, err := a.SignIn(s, "pim", "Passing-Horse-2", nil)
		refusedAs(descope.ErrPasswordExpired, err, bad, unproven, forbidden)
		must(a.ReplaceUserPassword(s, "pim", "Passing-Horse-2", password, nil))
	})
	s.check("password: expire has it replaced", func() {
		ok(u.ExpirePassword(s, "pim"))
		_, err := a.SignIn(s, "pim", password, nil)
		refusedAs(descope.ErrPasswordExpired, err, bad, unproven, forbidden)
		must(a.ReplaceUserPassword(s, "pim", password, changed, nil))
		must(a.SignIn(s, "pim", changed, nil))
	})
	s.check("password: a wrong password does not tell that it is expired", func() {
		ok(u.ExpirePassword(s, "pim"))
		_, err := a.SignIn(s, "pim", "Wrong-Horse-9-Battery", nil)
		if e := refused(err, unproven); errors.Is(e, descope.ErrPasswordExpired) {
			fail("got %v", e)
		}
	})
}

func (s *suite) sessions() {
	var info *descope.AuthenticationInfo
	s.check("session: a sign-in is validated, and its user told", func() {
		s.newUser("sam@acme.example", &descope.UserRequest{User: descope.User{Name: "Sam"}, Tenants: []*descope.AssociatedTenant{{TenantID: "acme"}, {TenantID: "globex"}}})
		info = s.signIn("sam@acme.example")
		valid, token, err := s.auth.ValidateSessionWithToken(s, info.SessionToken.JWT)
		ok(err)
		holds("valid", valid)
		same("user id", token.ID, info.User.UserID)
		same("project id", token.ProjectID, s.server.ProjectID)
	})
	s.check("session: lives ten minutes, and is refreshed for thirty days", func() {
		near := func(what string, at int64, want time.Duration) {
			if d := time.Until(time.Unix(at, 0)); d > want+time.Minute || d < want-time.Minute {
				fail("%s lives %v, want %v", what, d, want)
			}
		}
		near("the session", info.SessionToken.Expiration, 10*time.Minute)
		near("the refresh token", info.RefreshToken.Expiration, 30*24*time.Hour)
	})
	s.check("session: a token that was changed is not valid", func() {
		parts := strings.Split(info.SessionToken.JWT, ".")
		valid, _, err := s.auth.ValidateSessionWithToken(s, parts[0]+"."+parts[1]+".AAAA"+parts[2][4:])
		holds("not valid", !valid && err != nil)
		valid, _, err = s.auth.ValidateSessionWithToken(s, "none")
		holds("one that is none is not valid", !valid && err != nil)
	})
	s.check("session: refresh", func() {
		token := must(s.refresh(info.RefreshToken.JWT))
		same("user id", token.ID, info.User.UserID)
		valid, _, err := s.auth.ValidateSessionWithToken(s, token.JWT)
		ok(err)
		holds("valid", valid)
	})
	s.check("session: refresh again with the same token", func() { must(s.refresh(info.RefreshToken.JWT)) })
	s.check("session: refresh with a session token is refused", func() { s.over(info.SessionToken.JWT) })
	s.check("session: validate and refresh", func() {
		valid, _, err := s.auth.ValidateAndRefreshSessionWithTokens(s, "", info.RefreshToken.JWT)
		ok(err)
		holds("valid", valid)
	})
	s.check("session: me", func() {
		me := must(s.auth.Me(s.request(info.RefreshToken.JWT)))
		same("user id", me.UserID, info.User.UserID)
		same("name", me.Name, "Sam")
		sameSet("login ids", me.LoginIDs, "sam@acme.example")
		same("tenants", len(me.UserTenants), 2)
	})
	mine := func(dct bool, ids ...string) (names []string) {
		for _, t := range must(s.auth.MyTenants(s, s.request(info.RefreshToken.JWT), dct, ids)).Tenants {
			names = append(names, t.ID+"="+t.Name)
		}
		return names
	}
	s.check("session: my tenants", func() { sameSet("tenants", mine(false), "acme=Acme", "globex=Globex") })
	s.check("session: my tenants among some", func() { sameSet("tenants", mine(false, "globex", "umbrella"), "globex=Globex") })
	s.check("session: the keys are public, and named by kid", func() {
		req := must(http.NewRequestWithContext(s, http.MethodGet, strings.TrimRight(s.server.URL, "/")+"/v2/keys/"+s.server.ProjectID, nil))
		req.Header.Set("Authorization", "Bearer "+s.server.ProjectID)
		res := must(http.DefaultClient.Do(req))
		defer res.Body.Close()
		same("status", res.StatusCode, http.StatusOK)
	})
}

// cookies are how an app in Go hands tokens to a browser and takes them back.
func (s *suite) cookies() {
	browser := func(w *httptest.ResponseRecorder) *http.Request {
		r := must(http.NewRequestWithContext(s, http.MethodGet, "https://app.example/", nil))
		for _, c := range w.Result().Cookies() {
			if c.MaxAge >= 0 && c.Value != "" {
				r.AddCookie(c)
			}
		}
		return r
	}
	var r *http.Request
	s.check("cookies: sign-in sets one for the refresh token, that lives as long and is kept from scripts", func() {
		s.newUser("cook", &descope.UserRequest{Tenants: []*descope.AssociatedTenant{{TenantID: "acme"}}})
		w := httptest.NewRecorder()
		info := must(s.auth.Password().SignIn(s, "cook", password, w))
		r = browser(w)
		c := must(r.Cookie(descope.RefreshCookieName))
		same("value", c.Value, info.RefreshToken.JWT)
		for _, set := range w.Result().Cookies() {
			if set.Name == descope.RefreshCookieName {
				same("path", set.Path, "/")
				holds("kept from scripts", set.HttpOnly && set.Secure)
				holds("thirty days", time.Duration(set.MaxAge)*time.Second > 29*24*time.Hour)
			}
		}
	})
	s.check("cookies: refresh a request, and validate the one after", func() {
		w := httptest.NewRecorder()
		valid, token, err := s.auth.RefreshSessionWithRequest(r, w)
		ok(err)
		holds("valid", valid)
		next := r.Clone(s)
		next.Header.Set("Authorization", "Bearer "+token.JWT)
		next.AddCookie(&http.Cookie{Name: descope.SessionCookieName, Value: token.JWT})
		valid, _, err = s.auth.ValidateSessionWithRequest(next)
		ok(err)
		holds("valid", valid)
	})
	s.check("cookies: validate and refresh a request without a session", func() {
		valid, _, err := s.auth.ValidateAndRefreshSessionWithRequest(r, httptest.NewRecorder())
		ok(err)
		holds("valid", valid)
	})
	s.check("cookies: select a tenant by a request", func() {
		info := must(s.auth.SelectTenantWithRequest(s, "acme", r, httptest.NewRecorder()))
		same("dct", info.SessionToken.Claims["dct"], any("acme"))
	})
	s.check("cookies: logout of a request ends the session, and clears the cookie", func() {
		w := httptest.NewRecorder()
		ok(s.auth.Logout(r, w))
		_, err := browser(w).Cookie(descope.RefreshCookieName)
		holds("no cookie is left", err != nil)
		s.over(must(r.Cookie(descope.RefreshCookieName)).Value)
	})
	s.check("cookies: logout of all by a request", func() {
		w := httptest.NewRecorder()
		must(s.auth.Password().SignIn(s, "cook", password, w))
		r := browser(w)
		ok(s.auth.LogoutAll(r, httptest.NewRecorder()))
		_, err := s.auth.Me(r)
		refused(err, unproven)
	})
}

func (s *suite) claims() {
	a := s.auth
	var token *descope.Token
	var refresh string
	s.check("claims: of a user with roles in the project, in one tenant, and none in another", func() {
		ok(s.Permission().Create(s, "notes.delete", ""))
		ok(s.Role().Create(s, "Shredder", "", []string{"notes.delete"}, "acme", false, false))
		s.newUser("cleo", &descope.UserRequest{
			Roles:   []string{"Reader"},
			Tenants: []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Shredder", "Editor"}}, {TenantID: "globex"}},
		})
		info := s.signIn("cleo")
		token, refresh = info.SessionToken, info.RefreshToken.JWT
	})
	s.check("claims: drn, amr, and no tenant that was not selected", func() {
		same("drn", token.Claims["drn"], any("DS"))
		same("amr", token.AuthFactors(), []descope.AuthFactor{descope.AuthFactorPassword})
		same("dct", token.Claims["dct"], nil)
	})
	s.check("claims: tenants", func() { sameSet("tenants", token.GetTenants(), "acme", "globex") })
	s.check("claims: IsPermitted", func() {
		same("read", token.IsPermitted("notes.read"), true)
		same("delete, a tenant's", token.IsPermitted("notes.delete"), false)
		same("delete in acme", token.IsPermittedPerTenant("acme", "notes.delete"), true)
		same("read in globex", token.IsPermittedPerTenant("globex", "notes.read"), false)
	})
	// session returns the token, of which the SDK's helpers would deny all if it were none.
	session := func() *descope.Token {
		holds("a session of the user", token != nil)
		return token
	}
	for _, c := range []struct {
		name        string
		permissions []string
		want        bool
	}{
		{"one granted", []string{"notes.read"}, true},
		{"none asked", nil, true},
		{"one granted in a tenant alone", []string{"notes.delete"}, false},
		{"one granted and one not", []string{"notes.read", "notes.write"}, false},
		{"one that does not exist", []string{"nothing"}, false},
	} {
		s.check("claims: validate permissions, "+c.name, func() { same("valid", a.ValidatePermissions(s, session(), c.permissions), c.want) })
	}
	for _, c := range []struct {
		name, tenant string
		permissions  []string
		want         bool
	}{
		{"all granted", "acme", []string{"notes.read", "notes.write", "notes.delete"}, true},
		{"none asked", "globex", nil, true},
		{"one of the project's roles alone", "globex", []string{"notes.read"}, false},
		{"one that does not exist", "acme", []string{"nothing"}, false},
		{"another tenant", "umbrella", nil, false},
	} {
		s.check("claims: validate tenant permissions, "+c.name, func() {
			same("valid", a.ValidateTenantPermissions(s, session(), c.tenant, c.permissions), c.want)
		})
	}
	for _, c := range []struct {
		name, tenant string
		roles        []string
		want         bool
	}{
		{"the project's", "", []string{"Reader"}, true},
		{"one of a tenant, in the project", "", []string{"Shredder"}, false},
		{"a tenant's own and a project's there", "acme", []string{"Shredder", "Editor"}, true},
		{"one of the project, in a tenant", "acme", []string{"Reader"}, false},
		{"none asked, of a tenant without roles", "globex", nil, true},
		{"one asked, of a tenant without roles", "globex", []string{"Editor"}, false},
		{"another tenant", "umbrella", nil, false},
	} {
		s.check("claims: validate roles, "+c.name, func() {
			if c.tenant == "" {
				same("valid", a.ValidateRoles(s, session(), c.roles), c.want)
			} else {
				same("valid", a.ValidateTenantRoles(s, session(), c.tenant, c.roles), c.want)
			}
		})
	}
	s.check("claims: get matched permissions", func() {
		same("matched", a.GetMatchedPermissions(s, session(), []string{"notes.delete", "notes.read"}), []string{"notes.read"})
	})
	s.check("claims: get matched roles", func() {
		same("matched", a.GetMatchedRoles(s, session(), []string{"Editor", "Reader"}), []string{"Reader"})
	})
	s.check("claims: get matched tenant permissions", func() {
		same("matched", a.GetMatchedTenantPermissions(s, session(), "acme", []string{"notes.write", "nothing", "notes.delete"}), []string{"notes.write", "notes.delete"})
		sameSet("of another tenant", a.GetMatchedTenantPermissions(s, session(), "umbrella", []string{"notes.write"}))
	})
	s.check("claims: get matched tenant roles", func() {
		same("matched", a.GetMatchedTenantRoles(s, session(), "acme", []string{"Reader", "Shredder"}), []string{"Shredder"})
	})
	s.check("claims: the refresh token has the same authority", func() {
		same("valid", a.ValidateTenantRoles(s, must(s.parse(refresh)), "acme", []string{"Shredder"}), true)
	})
	s.check("claims: a role taken away is gone at the next refresh", func() {
		must(s.User().RemoveRoles(s, "cleo", []string{"Reader"}))
		must(s.User().RemoveTenantRoles(s, "cleo", "acme", []string{"Shredder"}))
		fresh := must(s.refresh(refresh))
		same("Reader", a.ValidateRoles(s, fresh, []string{"Reader"}), false)
		same("Shredder", a.ValidateTenantRoles(s, fresh, "acme", []string{"Shredder"}), false)
		same("Editor", a.ValidateTenantRoles(s, fresh, "acme", []string{"Editor"}), true)
	})
	s.check("claims: a membership that ended is gone at the next refresh", func() {
		must(s.User().RemoveTenant(s, "cleo", "globex"))
		sameSet("tenants", must(s.refresh(refresh)).GetTenants(), "acme")
	})
	s.check("claims: a permission renamed has its new name at the next refresh", func() {
		ok(s.Permission().Update(s, "notes.write", "notes.alter", ""))
		fresh := must(s.refresh(refresh))
		ok(s.Permission().Update(s, "notes.alter", "notes.write", ""))
		same("new name", fresh.IsPermittedPerTenant("acme", "notes.alter"), true)
		same("old name", fresh.IsPermittedPerTenant("acme", "notes.write"), false)
	})
}

// parse validates a token and returns its claims.
func (s *suite) parse(jwt string) (*descope.Token, error) {
	_, token, err := s.auth.ValidateSessionWithToken(s, jwt)
	return token, err
}

func (s *suite) selection() {
	var info *descope.AuthenticationInfo
	s.check("select: a tenant", func() {
		s.newUser("selma", &descope.UserRequest{Roles: []string{"Reader"}, Tenants: []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Editor"}}, {TenantID: "globex"}}})
		info = must(s.auth.SelectTenantWithToken(s, "acme", s.signIn("selma").RefreshToken.JWT))
		same("dct", info.SessionToken.Claims["dct"], any("acme"))
	})
	s.check("select: the token keeps its map of tenants", func() {
		sameSet("tenants", info.SessionToken.GetTenants(), "acme", "globex")
		same("Editor in acme", s.auth.ValidateTenantRoles(s, info.SessionToken, "acme", []string{"Editor"}), true)
		same("Editor in the project", s.auth.ValidateRoles(s, info.SessionToken, []string{"Editor"}), false)
		same("Reader in the project", s.auth.ValidateRoles(s, info.SessionToken, []string{"Reader"}), true)
	})
	s.check("select: lasts over a refresh", func() {
		same("dct", must(s.refresh(info.RefreshToken.JWT)).Claims["dct"], any("acme"))
	})
	s.check("select: my tenants tells the selected one", func() {
		got := must(s.auth.MyTenants(s, s.request(info.RefreshToken.JWT), true, nil)).Tenants
		same("tenants", len(got), 1)
		same("tenant", got[0].ID, "acme")
	})
	s.check("select: another", func() {
		again := must(s.auth.SelectTenantWithToken(s, "globex", info.RefreshToken.JWT))
		same("dct", again.SessionToken.Claims["dct"], any("globex"))
	})
	s.check("select: a tenant of others is refused", func() {
		_, err := s.auth.SelectTenantWithToken(s, "umbrella", info.RefreshToken.JWT)
		refused(err, bad, unproven, forbidden, unknown)
	})
	s.check("select: an unknown tenant is refused", func() {
		_, err := s.auth.SelectTenantWithToken(s, "no-such-tenant", info.RefreshToken.JWT)
		refused(err, bad, unproven, forbidden, unknown)
	})
}

func (s *suite) endings() {
	s.check("logout: ends this session and no other", func() {
		s.newUser("lou", &descope.UserRequest{})
		one, two := s.signIn("lou"), s.signIn("lou")
		ok(s.auth.LogoutWithToken(one.RefreshToken.JWT, nil))
		s.over(one.RefreshToken.JWT, descope.ErrTokenExpiredByLoggedOut)
		must(s.refresh(two.RefreshToken.JWT))
	})
	s.check("logout: after it, me is refused", func() {
		one := s.signIn("lou")
		ok(s.auth.LogoutWithToken(one.RefreshToken.JWT, nil))
		_, err := s.auth.Me(s.request(one.RefreshToken.JWT))
		refused(err, unproven)
	})
	s.check("logout: all ends every session", func() {
		one, two := s.signIn("lou"), s.signIn("lou")
		ok(s.auth.LogoutAllWithToken(one.RefreshToken.JWT, nil))
		s.over(one.RefreshToken.JWT)
		s.over(two.RefreshToken.JWT)
	})
	for _, c := range []struct {
		name string
		end  func(u *descope.UserResponse) error
	}{
		{"logout by management", func(u *descope.UserResponse) error { return s.User().LogoutUser(s, u.LoginIDs[0]) }},
		{"logout by management, by user id", func(u *descope.UserResponse) error { return s.User().LogoutUserByUserID(s, u.UserID) }},
		{"a new password", func(u *descope.UserResponse) error { return s.User().SetActivePassword(s, u.LoginIDs[0], password) }},
	} {
		s.check("logout: "+c.name+" ends the sessions", func() {
			one := s.signIn("lou")
			ok(c.end(one.User))
			s.over(one.RefreshToken.JWT)
			s.signIn("lou")
		})
	}
	s.check("logout: of an unknown user is refused", func() {
		refusedAs(descope.ErrManagementUserNotFound, s.User().LogoutUser(s, "nobody"), bad, unknown)
	})
	s.check("logout: a user deactivated neither refreshes nor signs in, until activated", func() {
		one := s.signIn("lou")
		must(s.User().Deactivate(s, "lou"))
		_, err := s.refresh(one.RefreshToken.JWT)
		refused(err, unproven, forbidden)
		_, err = s.auth.Password().SignIn(s, "lou", password, nil)
		refused(err, bad, unproven, forbidden)
		must(s.User().Activate(s, "lou"))
		s.signIn("lou")
	})
	s.check("logout: a user deleted does not refresh", func() {
		one := s.signIn("lou")
		ok(s.User().Delete(s, "lou"))
		_, err := s.refresh(one.RefreshToken.JWT)
		refused(err, unproven)
	})
}

func (s *suite) managedSessions() {
	m := s.JWT()
	s.check("management sign-in: gives both tokens", func() {
		s.newUser("mia", &descope.UserRequest{Roles: []string{"Reader"}})
		info := must(m.SignIn(s, "mia", &descope.MgmLoginOptions{CustomClaims: map[string]any{"shift": "night"}}))
		holds("both tokens", info.SessionToken != nil && info.RefreshToken != nil)
		same("claim", info.SessionToken.CustomClaim("shift"), any("night"))
		same("Reader", s.auth.ValidateRoles(s, info.SessionToken, []string{"Reader"}), true)
		must(s.refresh(info.RefreshToken.JWT))
	})
	s.check("management sign-in: of an unknown user is refused", func() {
		_, err := m.SignIn(s, "nobody", nil)
		refused(err, bad, unknown)
	})
	s.check("jwt update: adds claims to a session, and keeps what it is", func() {
		info := s.signIn("mia")
		token := must(s.parse(must(m.UpdateJWTWithCustomClaims(s, info.SessionToken.JWT, map[string]any{"floor": "third"}, 0))))
		same("claim", token.CustomClaim("floor"), any("third"))
		same("drn", token.Claims["drn"], any("DS"))
		same("user id", token.ID, info.User.UserID)
		same("expiry", token.Expiration, info.SessionToken.Expiration)
	})
	s.check("jwt update: has new authority", func() {
		info := s.signIn("mia")
		must(s.User().AddRoles(s, "mia", []string{"Editor"}))
		token := must(s.parse(must(m.UpdateJWTWithCustomClaims(s, info.SessionToken.JWT, nil, 0))))
		same("Editor", s.auth.ValidateRoles(s, token, []string{"Editor"}), true)
	})
	s.check("jwt update: a new lifetime", func() {
		info := s.signIn("mia")
		token := must(s.parse(must(m.UpdateJWTWithCustomClaims(s, info.SessionToken.JWT, nil, 120))))
		if left := time.Until(time.Unix(token.Expiration, 0)); left > 121*time.Second || left < 60*time.Second {
			fail("it lives %v, want 2m", left)
		}
	})
	s.check("jwt update: claims that decide who one is are not taken", func() {
		info := s.signIn("mia")
		jwt, err := m.UpdateJWTWithCustomClaims(s, info.SessionToken.JWT, map[string]any{"sub": "owner", "roles": []string{"Tenant Admin"}, "permissions": []string{"all"}, "drn": "DSR"}, 0)
		if err != nil {
			refused(err, bad)
			return
		}
		token := must(s.parse(jwt))
		same("user id", token.ID, info.User.UserID)
		same("drn", token.Claims["drn"], any("DS"))
		same("role", s.auth.ValidateRoles(s, token, []string{"Tenant Admin"}), false)
		same("permission", token.IsPermitted("all"), false)
	})
	s.check("jwt update: a token that was changed is refused", func() {
		parts := strings.Split(s.signIn("mia").SessionToken.JWT, ".")
		_, err := m.UpdateJWTWithCustomClaims(s, parts[0]+"."+parts[1]+".AAAA"+parts[2][4:], nil, 0)
		refused(err, bad, unproven)
	})
}

// limits is last: it leaves no more attempts to sign in from here.
func (s *suite) limits() {
	s.check("limits: guessing is slowed down, with when to try again", func() {
		s.newUser("guessed", &descope.UserRequest{})
		for range 60 {
			_, err := s.auth.Password().SignIn(s, "guessed", "Wrong-Horse-9-Battery", nil)
			if errors.Is(err, descope.ErrRateLimitExceeded) {
				e := refused(err, tooMany)
				after, _ := e.Info[descope.ErrorInfoKeys.RateLimitExceededRetryAfter].(int)
				holds("a time to wait", after > 0)
				return
			}
			refused(err, unproven)
		}
		fail("60 wrong passwords were tried")
	})
}
