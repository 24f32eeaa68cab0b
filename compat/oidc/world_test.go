// Package oidc_test signs in with OpenID clients that others wrote, against a
// real server: what they check, nobody here has thought out.
package oidc_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/rolecalltest"
)

const (
	api      = "https://api.example.com"
	callback = "https://app.example.com/callback"
	goodbye  = "https://app.example.com/bye"
	secret   = "a-secret-of-the-application-that-is-long-enough"
)

// world is a server with an application, a single page, and an API.
func world(t *testing.T) *rolecalltest.Server {
	credential, _, err := identity.NewSecret("web", secret)
	if err != nil {
		t.Fatal(err)
	}
	app := rc.OAuth{
		Type: rc.WebApplication, RedirectURIs: []string{callback}, LogoutURIs: []string{goodbye}, Rotate: true,
		GrantTypes: []rc.GrantType{rc.GrantCode, rc.GrantRefresh, rc.GrantClient},
	}
	page := app
	page.Type, page.GrantTypes = rc.SinglePage, nil
	return rolecalltest.New(t,
		rc.Create(&rc.API{ID: "api", Identifier: api, Name: "Messages", Tokens: rc.TokenRules{Enforce: true, Permissions: true, Offline: true}}),
		rc.Create(&rc.Permission{ID: "read", API: "api", Name: "read:messages"}),
		rc.Create(&rc.Client{ID: "web", Name: "Application", OAuth: app}),
		rc.Create(&rc.Client{ID: "spa", Name: "Single page", OAuth: page}),
		rc.Create(credential),
		rc.Create(&rc.DirectGrant{Subject: "web", Permission: "read"}),
		rc.Create(&rc.ClientGrant{ID: "cgr", Client: "web", API: "api", AllScopes: true}),
	)
}

var state = regexp.MustCompile(`name="state" value="([^"]+)"`)

// signIn plays the owner of a server in a browser that begins at address, and
// returns what the application gets in the end.
func signIn(t *testing.T, s *rolecalltest.Server, address string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), s.URL) {
			return nil
		}
		return http.ErrUseLastResponse
	}}
	page, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := state.FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("there is no login page at %s: %d %s", address, page.StatusCode, text)
	}
	back, err := browser.PostForm(page.Request.URL.String(), url.Values{
		"state": {found[1]}, "username": {s.OwnerEmail}, "password": {s.OwnerPassword},
	})
	if err != nil {
		t.Fatal(err)
	}
	back.Body.Close()
	to := back.Header.Get("Location")
	if !strings.HasPrefix(to, callback+"?") {
		t.Fatalf("the sign-in ends at %d %q", back.StatusCode, to)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}
