package main

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/descope/go-sdk/descope"
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
			if d := time.Until(time.Unix(at, 0)); d > want+time.Minute || d < want/2 { // however long ago it was made
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
		if left := time.Until(time.Unix(token.Expiration, 0)); left > 121*time.Second || left < 0 {
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
