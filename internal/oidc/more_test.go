package oidc_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc"
)

func TestRequestsMayBePosted(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	if got := b.login(b.post("/authorize", spa()...), "maya@example.com").callback(t); got.Get("code") == "" {
		t.Errorf("the application gets %v", got)
	}
	if got := b.send("POST", "/authorize", `{"client_id":"spa"}`, "Content-Type", "application/json"); got.Status != http.StatusBadRequest {
		t.Errorf("JSON = %d", got.Status)
	}
}

// An application on a device has an address of its own scheme, which the login
// page's policy lets its form lead to.
func TestApplicationsOnDevices(t *testing.T) {
	w := newWorld(t)
	const uri = "com.example.app:/callback"
	w.write(rolecall.Create(&rolecall.Client{ID: "app", Name: "App", OAuth: rolecall.OAuth{Type: rolecall.NativeApplication, RedirectURIs: []string{uri}}}))
	b := w.browser()
	asked := b.authorize(spa("client_id", "app", "redirect_uri", uri)...)
	page, state := b.page(asked)
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' com.example.app:;") {
		t.Errorf("the policy is %s", policy)
	}
	got := b.post("/u/login", "state", state, "username", "maya@example.com", "password", password)
	if to := got.Header.Get("Location"); got.Status != http.StatusSeeOther || !strings.HasPrefix(to, uri+"?code=") {
		t.Errorf("the sign-in leads to %s", to)
	}
}

func TestLogoutAddressesOfTheProject(t *testing.T) {
	w := newWorld(t)
	w.write(rolecall.Put(&rolecall.Setting{Name: oidc.LogoutSetting, Value: []byte(`["https://www.example.com/"]`)}))
	if got := w.browser().send("GET", "/v2/logout?"+values("returnTo", "https://www.example.com/").Encode(), ""); got.Header.Get("Location") != "https://www.example.com/" {
		t.Errorf("%d %v", got.Status, got.Header)
	}
}

func TestAnIDTokenEndsItsSession(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	hint := w.exchange(b.code("maya@example.com", spa()...)).text("id_token")
	w.later(20 * time.Hour) // the token has expired
	b.authorize(spa()...)
	got := b.send("GET", "/oidc/logout?"+values("id_token_hint", hint, "post_logout_redirect_uri", "https://app.example.com/").Encode(), "")
	if got.Header.Get("Location") != "https://app.example.com/" {
		t.Fatalf("%d %v %s", got.Status, got.Header, got.Body)
	}
	if got := unlessBack(w, b.authorize(spa("prompt", "none")...), "login_required"); got != "" {
		t.Error(got)
	}
}

func TestOriginsFollowTheirClients(t *testing.T) {
	w := newWorld(t)
	allowed := func(origin string) bool {
		got := w.browser().send("OPTIONS", "/oauth/token", "", "Origin", origin, "Access-Control-Request-Method", "POST")
		return got.Header.Get("Access-Control-Allow-Origin") == origin
	}
	const fresh = "https://new.example.com"
	if allowed(fresh) {
		t.Fatal("an origin of nobody is allowed")
	}
	w.change("spa", func(o *rolecall.OAuth) { o.CORSOrigins = []string{fresh} })
	if !allowed(fresh) {
		t.Error("a client's new origin is not allowed")
	}
	w.write(rolecall.Put(&rolecall.Tenant{ID: "org_new", Name: "new"})) // no client's change
	w.change("spa", func(o *rolecall.OAuth) { o.CORSOrigins = nil })
	if allowed(fresh) {
		t.Error("what a client has lost is allowed")
	}
}

func TestPasswordsThatHaveToBeChanged(t *testing.T) {
	w := newWorld(t)
	change := identity.PasswordChange{Password: password, Temporary: true}
	if _, err := w.id.SetPassword(context.Background(), rolecall.System("test"), "auth0|maya", change); err != nil {
		t.Fatal(err)
	}
	if got := w.passwordGrant(); !refused(got, 403, "invalid_grant") || !strings.Contains(got.Body, "changed") {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if got := w.passwordGrant("password", "wrong"); strings.Contains(got.Body, "changed") {
		t.Errorf("a wrong password tells: %s", got.Body)
	}
}

func TestBlockedPeopleAreToldIfTheyKnowTheirPassword(t *testing.T) {
	w := newWorld(t)
	w.block("auth0|maya")
	if got := w.passwordGrant(); !refused(got, 403, "unauthorized") {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}

// A failure of ours says nothing, and is logged.
func TestWithoutAStore(t *testing.T) {
	w := newWorld(t)
	w.quiet = true
	refresh := w.signIn("maya@example.com").text("refresh_token")
	w.rc.Close()
	if got := w.refresh(refresh); got.Status != http.StatusServiceUnavailable || got.text("error") != "temporarily_unavailable" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if log := w.log.String(); !strings.Contains(log, "internal error") || strings.Contains(log, refresh) {
		t.Errorf("the log is %s", log)
	}
}

func TestChangePasswordMailsALinkToWhoIsThere(t *testing.T) {
	w, box := mailWorld(t)
	ask := func(email string) answer {
		return w.browser().post("/dbconnections/change_password", "client_id", "spa", "email", email, "connection", "Username-Password-Authentication")
	}
	there, not := ask("maya@example.com"), ask("nobody@example.com")
	if there.Status != http.StatusOK || !strings.HasPrefix(there.Header.Get("Content-Type"), "text/html") || there.Body == "" || there.Body != not.Body || not.Status != there.Status {
		t.Errorf("%d %s and %d %s", there.Status, there.Body, not.Status, not.Body)
	}
	if link := box.link(t, 1); !strings.Contains(link, "ticket=") {
		t.Errorf("the mail leads to %s", link)
	}
	w.id.Close() // which waits for mails
	if n := box.count(); n != 1 {
		t.Errorf("%d mails were sent", n)
	}
	for range 10 {
		if got := ask("maya@example.com"); got.Status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("anybody may fill a mailbox")
}
