package oidc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	asked := b.authorize(spa()...)
	page, _ := b.page(asked)
	if !strings.Contains(page.Body, "Single page") {
		t.Errorf("the page does not name the application: %s", page.Body)
	}
	back := b.login(asked, "maya@example.com")
	got := back.callback(t)
	if got.Get("state") != "a+b/c==&d" || got.Get("iss") != w.URL+"/" || got.Get("code") == "" {
		t.Fatalf("the application gets %v", got)
	}
	tokens := w.exchange(got.Get("code"))
	if tokens.Status != http.StatusOK || tokens.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", tokens.Status, tokens.Header, tokens.Body)
	}
	access := w.claims(tokens.text("access_token"), api)
	if got, want := fmt.Sprintln(access["scope"], access["permissions"], access["aud"], access["azp"], access["sub"]),
		"openid profile email offline_access read:messages [read:messages write:messages] ["+api+" "+w.URL+"/userinfo] spa auth0|maya\n"; got != want {
		t.Errorf("the access token says %s, want %s", got, want)
	}
	id := w.claims(tokens.text("id_token"), "spa")
	if id["nonce"] != "n-0" || id["email"] != "maya@example.com" || id["name"] != "Maya" {
		t.Errorf("the ID token says %v", id)
	}
	info := w.browser().send("GET", "/userinfo", "", "Authorization", "Bearer "+tokens.text("access_token"))
	if info.Status != http.StatusOK || info.text("sub") != "auth0|maya" || info.text("family_name") != "Lopez" {
		t.Errorf("/userinfo = %d %s", info.Status, info.Body)
	}

	silent := b.authorize(spa("prompt", "none")...).callback(t)
	if silent.Get("code") == "" {
		t.Errorf("a browser that is signed in gets %v", silent)
	}
	if other := w.browser().authorize(spa("prompt", "none")...).callback(t); other.Get("error") != "login_required" {
		t.Errorf("another browser gets %v", other)
	}

	again := w.token("grant_type", "refresh_token", "client_id", "spa", "refresh_token", tokens.text("refresh_token"))
	if again.Status != http.StatusOK || again.text("refresh_token") == tokens.text("refresh_token") || again.text("id_token") == "" {
		t.Fatalf("a refresh = %d %s", again.Status, again.Body)
	}
	if id := w.claims(again.text("id_token"), "spa"); id["nonce"] != nil {
		t.Errorf("a refreshed ID token has the nonce %v", id["nonce"])
	}
}

func TestClientCredentials(t *testing.T) {
	w := newWorld(t)
	got := w.token("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", api)
	if got.Status != http.StatusOK {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	claims := w.claims(got.text("access_token"), api)
	if got, want := fmt.Sprintln(claims["sub"], claims["scope"], claims["permissions"], claims["gty"]), "machine@clients read:messages [read:messages] client-credentials\n"; got != want {
		t.Errorf("the token says %s, want %s", got, want)
	}
	got = w.token("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", w.URL+"/api/v2/")
	if got.text("scope") != "read:users" {
		t.Errorf("the management token = %d %s", got.Status, got.Body)
	}
}
