package main

import (
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/descope/go-sdk/descope"
)

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
