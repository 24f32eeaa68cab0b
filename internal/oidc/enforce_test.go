package oidc_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc"
)

// requireSSO makes acme's members sign in at their company, among them Robin, who
// has a password.
func (w *world) requireSSO() *company {
	w.t.Helper()
	c := w.newCompany()
	c.save()
	w.user(identity.NewUser{User: rolecall.User{ID: "auth0|robin", Email: "robin@acme.example"}, Tenants: []rolecall.TenantID{"org_acme", "org_globex"}})
	w.write(rolecall.Modify(&rolecall.Tenant{ID: "org_acme"}, func(t *rolecall.Tenant) error { t.SSO.Required = true; return nil }))
	c.person("sub", "robin-7", "email", "robin@acme.example")
	return c
}

func TestThePagesLeadThoseElsewhereWhoHaveTo(t *testing.T) {
	const leads = "Your organization has you sign in at its own provider"
	for _, asked := range []string{"", "acme", "globex"} {
		w := newWorld(t)
		w.quiet = true
		c := w.requireSSO()
		b := w.browser()
		_, state := b.page(b.authorize(spa("organization", asked)...))
		says(t, b.post("/u/login", "state", state, "username", "robin@acme.example", "password", "wrong"), http.StatusBadRequest, "Wrong email or password.")
		page := b.post("/u/login", "state", state, "username", "robin@acme.example", "password", password)
		says(t, page, http.StatusBadRequest, leads, "Continue with Acme")
		if b.authorize(spa("prompt", "none")...).callback(t).Get("error") != "login_required" {
			t.Error("somebody is signed in")
		}
		got := b.send("GET", b.leave(c, page), "").callback(t)
		if sub := w.claims(w.exchange(got.Get("code")).text("access_token"), api)["sub"]; sub != "auth0|robin" {
			t.Errorf("asked for %q, the provider signs in %v, want auth0|robin", asked, sub)
		}
	}
	w, _ := mailWorld(t)
	w.quiet = true
	w.requireSSO()
	b := w.browser()
	page, _ := b.page(b.authorize(spa()...))
	_, state := b.follow(page, "signup")
	says(t, b.post("/u/signup", "state", state, "email", "new@acme.example", "password", password), http.StatusBadRequest, leads, "Continue with Acme")
	if w.userBy("new@acme.example") != nil {
		t.Error("a user was made")
	}
	invited, err := w.id.Invite(t.Context(), rolecall.System("test"), identity.NewInvitation{Tenant: "org_acme", Email: "new@acme.example"})
	if err != nil {
		t.Fatal(err)
	}
	_, state = b.open("/u/invitation?ticket=" + invited.Ticket)
	says(t, b.post("/u/invitation", "state", state, "as", "signup", "password", password), http.StatusBadRequest, leads, "Continue with Acme")
}

// TestTheLandingGetsALoginOfItsOwn: who comes from the console signs in elsewhere,
// and to the console alone.
func TestTheLandingGetsALoginOfItsOwn(t *testing.T) {
	var began *identity.Login
	w := newWorldWith(t, []oidc.Option{oidc.WithLanding(oidc.Landing{
		Path: "/console/", Back: "/console/sign-in", Lifetime: time.Hour,
		Begin: func(w http.ResponseWriter, _ *http.Request, l *identity.Login) {
			began = l
			http.SetCookie(w, &http.Cookie{Name: "landed", Value: l.Cookie, Path: "/"})
		},
	})})
	w.quiet = true
	c := w.requireSSO()
	b := w.browser()
	form, state := b.page(b.send("GET", "/u/sso", ""))
	says(t, form, http.StatusOK, `href="/console/sign-in"`)
	back := b.leave(c, b.post("/u/sso", "state", state, "email", "robin@acme.example"))
	c.person("nonce", "another")
	refused := b.send("GET", back, "")
	says(t, refused, http.StatusBadGateway, "You are not signed in", `href="/console/sign-in"`)
	if began != nil {
		t.Fatal("a login began")
	}
	c.person("nonce", nil)
	_, state = b.page(b.send("GET", "/u/sso", ""))
	back = b.leave(c, b.post("/u/sso", "state", state, "email", "robin@acme.example"))
	got := b.send("GET", back, "")
	if got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/console/" || began == nil || began.Subject != "auth0|robin" {
		t.Fatalf("%d %s as %+v: %s", got.Status, got.Header.Get("Location"), began, got.Body)
	}
	if lasts := began.ExpiresAt.Sub(began.CreatedAt); lasts != time.Hour {
		t.Errorf("the login lasts %v", lasts)
	}
	if b.authorize(spa("prompt", "none")...).callback(t).Get("error") != "login_required" {
		t.Error("applications are signed in to, too")
	}
	if again := b.send("GET", back, ""); again.Status < 400 {
		t.Errorf("the answer counts twice: %d", again.Status)
	}
}

func TestWithoutALandingNobodyBeginsThere(t *testing.T) {
	w := newWorld(t)
	w.quiet = true
	if got := w.browser().send("GET", "/u/sso", ""); got.Status < 400 {
		t.Errorf("%d %s", got.Status, got.Header.Get("Location"))
	}
}

func TestProgramsAreToldWhoHasToSignInElsewhere(t *testing.T) {
	w := newWorld(t)
	w.requireSSO()
	got := w.passwordGrant("username", "robin@acme.example")
	if got.Status != http.StatusForbidden || got.text("error") != "access_denied" {
		t.Errorf("the password grant: %d %s", got.Status, got.Body)
	}
	if got := w.passwordGrant("username", "robin@acme.example", "password", "wrong"); got.Status != http.StatusForbidden || got.text("error") != "invalid_grant" {
		t.Errorf("with a wrong password: %d %s", got.Status, got.Body)
	}
	if got := w.passwordGrant(); got.Status != http.StatusOK {
		t.Errorf("somebody else: %d %s", got.Status, got.Body)
	}
	got = w.browser().post("/dbconnections/signup", "client_id", "spa", "connection", identity.FirstConnectionName, "email", "new@acme.example", "password", password)
	if got.Status != http.StatusBadRequest || got.text("code") != "invalid_signup" {
		t.Errorf("a sign-up: %d %s", got.Status, got.Body)
	}
}
