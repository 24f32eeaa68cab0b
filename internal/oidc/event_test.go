package oidc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// logged returns what the sign-in log has since it was last asked.
func (w *world) logged(since *int64) (lines []string) {
	w.t.Helper()
	all, err := w.id.Events(context.Background(), rolecall.System("test"), identity.EventQuery{After: *since})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range all {
		*since = e.ID
		line := fmt.Sprintf("%s %s %s %s %s", e.Kind, e.Failure, e.Subject, e.Client, e.Tenant)
		lines = append(lines, strings.Join(strings.Fields(line), " "))
		if text, _ := json.Marshal(e); e.Door != "oidc" || e.Address != "127.0.0.1" || strings.Contains(string(text), password) || strings.Contains(string(text), secret) {
			w.t.Errorf("the log says %s", text)
		}
	}
	return lines
}

func TestTheSignInLogFollowsPeopleAndPrograms(t *testing.T) {
	w := newWorld(t)
	var since int64
	b := w.browser()
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"nobody is asked for a password", func() { b.authorize(spa("prompt", "none")...); b.authorize(spa()...) }, nil},
		{"a wrong password, then the right one", func() {
			_, state := b.page(b.authorize(spa()...))
			b.post("/u/login", "state", state, "username", "maya@example.com", "password", "wrong")
			b.post("/u/login", "state", state, "username", "maya@example.com", "password", password)
		}, []string{"sign_in wrong_password auth0|maya spa", "sign_in auth0|maya spa"}},
		{"another request, with the browser's login", func() { b.authorize(spa()...) }, []string{"session auth0|maya spa"}},
		{"silently, in an organization", func() { b.authorize(spa("prompt", "none", "organization", "acme")...) }, []string{"silent auth0|maya spa org_acme"}},
		{"silently, in somebody else's organization", func() { b.authorize(spa("prompt", "none", "organization", "globex")...) }, []string{"silent refused auth0|maya spa org_globex"}},
		{"a code, and again", func() {
			code := b.code("maya@example.com", spa()...)
			w.exchange(code)
			w.exchange(code)
		}, []string{"session auth0|maya spa", "code auth0|maya spa", "code used_again auth0|maya spa"}},
		{"refresh tokens, and an old one", func() {
			first := w.signIn("noah@example.com").text("refresh_token")
			w.token("grant_type", "refresh_token", "client_id", "spa", "refresh_token", first)
			w.later(time.Minute)
			w.token("grant_type", "refresh_token", "client_id", "spa", "refresh_token", first)
			w.token("grant_type", "refresh_token", "client_id", "spa", "refresh_token", "nonsense")
		}, []string{"sign_in auth0|noah spa", "code auth0|noah spa", "refresh auth0|noah spa", "refresh used_again auth0|noah spa", "refresh refused spa"}},
		{"machines", func() {
			w.token("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", api)
			w.token("grant_type", "client_credentials", "client_id", "machine", "client_secret", "wrong", "audience", api)
			w.token("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", "nothing")
			w.token("grant_type", "client_credentials", "client_id", "nobody", "client_secret", secret, "audience", api)
		}, []string{"client_credentials machine machine", "client_credentials wrong_secret machine", "client_credentials refused machine machine", "client_credentials wrong_secret"}},
		{"passwords for tokens", func() {
			w.token("grant_type", "password", "client_id", "web", "client_secret", secret, "username", "maya@example.com", "password", password)
			w.token("grant_type", "password", "client_id", "web", "client_secret", secret, "username", "maya@example.com", "password", "wrong")
		}, []string{"password_grant auth0|maya web", "password_grant wrong_password auth0|maya web"}},
		{"signing out, and once more", func() { b.send("GET", "/v2/logout?client_id=spa", ""); b.send("GET", "/v2/logout", "") }, []string{"sign_out auth0|maya spa"}},
	}
	for _, step := range steps {
		step.do()
		if d := cmp.Diff(step.want, w.logged(&since)); d != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, d)
		}
	}
}
