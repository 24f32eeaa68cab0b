package oidc_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

// What the attacks are made of.

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// refused reports whether a program was refused as it should be.
func refused(a answer, status int, code string) bool {
	return a.Status == status && a.text("error") == code && a.text("access_token") == ""
}

func unless(a answer, status int, code string) string {
	if refused(a, status, code) {
		return ""
	}
	return fmt.Sprintf("%d %s, want %d %s", a.Status, a.Body, status, code)
}

// unlessPage wants an answer that leads nowhere.
func unlessPage(a answer) string {
	if a.Status >= 400 && a.Status < 500 && a.Header.Get("Location") == "" && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		return ""
	}
	return fmt.Sprintf("%d %s %s", a.Status, a.Header.Get("Location"), a.Body)
}

// unlessBack wants an error for the application.
func unlessBack(w *world, a answer, code string) string {
	w.t.Helper()
	if got := a.callback(w.t); got.Get("error") != code || got.Has("code") {
		return fmt.Sprint(got)
	}
	return ""
}

func web(more ...string) []string {
	return append([]string{"client_id", "web", "redirect_uri", webURI, "response_type", "code", "scope", "openid"}, more...)
}

func partner(more ...string) []string {
	return append([]string{"client_id", "partner", "redirect_uri", "https://partner.example/cb", "response_type", "code", "scope", "openid", "audience", api}, more...)
}

func (w *world) webExchange(code string, more ...string) answer {
	return w.token(append([]string{"grant_type", "authorization_code", "client_id", "web", "client_secret", secret, "code", code, "redirect_uri", webURI}, more...)...)
}

func (w *world) refresh(text string) answer {
	return w.token("grant_type", "refresh_token", "client_id", "spa", "refresh_token", text)
}

func (w *world) userinfo(raw string) answer {
	return w.browser().send("GET", "/userinfo", "", "Authorization", "Bearer "+raw)
}

func (w *world) machine(more ...string) answer {
	return w.token(append([]string{"grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", api}, more...)...)
}

func (w *world) basic(id, password string, more ...string) answer {
	form := values(append([]string{"grant_type", "client_credentials", "audience", api}, more...)...).Encode()
	header := "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+password))
	return w.browser().send("POST", "/oauth/token", form, "Authorization", header)
}

func (w *world) json(body string) answer {
	return w.browser().send("POST", "/oauth/token", body, "Content-Type", "application/json")
}

func (w *world) passwordGrant(more ...string) answer {
	return w.token(append([]string{"grant_type", "password", "client_id", "web", "client_secret", secret, "username", "maya@example.com",
		"password", password, "scope", "openid"}, more...)...)
}

// redirects asks for an answer at a redirect URI.
func (w *world) redirects(uri string) string {
	return unlessPage(w.browser().authorize(spa("redirect_uri", uri)...))
}

// logsOut logs a person out, which must lead nowhere and change nothing.
func (w *world) logsOut(path string, pairs ...string) string {
	b := w.browser()
	b.code("maya@example.com", spa()...)
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	got := b.send("GET", path+join+values(pairs...).Encode(), "")
	if got.Status != http.StatusBadRequest || got.Header.Get("Location") != "" {
		return fmt.Sprint(got.Status, got.Header)
	}
	if after := b.authorize(spa("prompt", "none")...).callback(w.t); after.Get("code") == "" {
		return "the session has ended"
	}
	return ""
}

func (w *world) block(id rolecall.SubjectID) {
	w.t.Helper()
	w.write(rolecall.Modify(&rolecall.User{ID: id}, func(u *rolecall.User) error {
		u.Blocked = true
		return nil
	}))
}

func unb64(t testing.TB, text string) string {
	t.Helper()
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}
