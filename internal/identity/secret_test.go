package identity_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestAClientProvesItselfByASecret(t *testing.T) {
	w := newWorld(t)
	w.write(t, rolecall.Create(&rolecall.Client{ID: "app", Name: "App"}), rolecall.Create(&rolecall.Client{ID: "other", Name: "Other"}))
	secret, text, err := identity.NewSecret("app", "")
	must(t, err)
	w.write(t, rolecall.Create(secret))
	key, err := w.CreateKey(t.Context(), owner, identity.NewKey{Name: "app's key", Subject: "app"})
	must(t, err)

	check := func(what string, client rolecall.SubjectID, text string, ok bool) {
		t.Helper()
		for range 2 { // read, then remembered
			c, err := w.VerifySecret(t.Context(), client, text, "")
			switch {
			case ok && (err != nil || c.Subject != client):
				t.Errorf("%s: %v, %v", what, c, err)
			case !ok && !errors.Is(err, identity.ErrBadCredentials):
				t.Errorf("%s: %v, want %v", what, err, identity.ErrBadCredentials)
			}
		}
	}
	check("its secret", "app", text, true)
	check("its access key", "app", key.Secret, true)
	check("another's secret", "other", text, false)
	check("another's access key", "other", key.Secret, false)
	check("a wrong one", "app", strings.Repeat("x", 64), false)
	check("none", "app", "", false)
	check("nobody's", "", text, false)
	check("an unknown client", "nobody", text, false)
	if _, err := w.VerifyKey(t.Context(), text, ""); !errors.Is(err, identity.ErrBadCredentials) {
		t.Errorf("a secret is taken for an access key: %v", err)
	}

	ops, fresh, err := identity.RotateSecret("app")
	must(t, err)
	w.write(t, ops...)
	check("the old secret after a rotation", "app", text, false)
	check("the new secret", "app", fresh, true)

	w.write(t, rolecall.Modify(&rolecall.Client{ID: "app"}, func(c *rolecall.Client) error { c.Blocked = true; return nil }))
	check("a blocked client's", "app", fresh, false)
}

func TestASecretFromElsewhereIsLong(t *testing.T) {
	for text, ok := range map[string]bool{
		strings.Repeat("a", 32):          true,
		strings.Repeat("a", 31):          false,
		strings.Repeat("a", 257):         false,
		strings.Repeat("a", 40) + " ":    false,
		strings.Repeat("a", 40) + "é":    false,
		"rck_" + strings.Repeat("a", 40): false,
		strings.Repeat("a-_.~:/+=", 5):   true,
	} {
		if _, _, err := identity.NewSecret("app", text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestABrowserPresentsItsCookie(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	l := w.login(t, identity.NewLogin{Browser: true, Agent: "Lynx\r\n/2.8" + strings.Repeat("é", 300)})
	if len(l.Cookie) != 43 || len(l.Agent) > 255 || strings.ContainsAny(l.Agent, "\r\n") {
		t.Errorf("a browser's login has the cookie %q and the agent %q", l.Cookie, l.Agent)
	}
	plain := w.login(t, identity.NewLogin{})
	if plain.Cookie != "" || plain.CookieHash != nil {
		t.Error("a login that is none of a browser has a cookie")
	}
	got, err := w.FindBrowser(t.Context(), l.Cookie)
	if err != nil || got.ID != l.ID || got.Cookie != "" {
		t.Errorf("FindBrowser = %+v, %v", got, err)
	}
	all, err := w.Logins(t.Context(), "alice")
	if err != nil || len(all) != 2 {
		t.Errorf("alice has %d logins, %v, want 2", len(all), err)
	}
	for _, cookie := range []string{"", l.ID, plain.ID, l.Cookie[1:], strings.Repeat("x", 43)} {
		if _, err := w.FindBrowser(t.Context(), cookie); !errors.Is(err, identity.ErrLoginEnded) {
			t.Errorf("the cookie %q: %v, want %v", cookie, err, identity.ErrLoginEnded)
		}
	}
	must(t, w.EndLogin(t.Context(), l.ID))
	if _, err := w.FindBrowser(t.Context(), l.Cookie); !errors.Is(err, identity.ErrLoginEnded) {
		t.Errorf("after logging out: %v", err)
	}
}
