package oidc_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// memberOf makes somebody a member of organizations.
func (w *world) memberOf(user rolecall.SubjectID, tenants ...rolecall.TenantID) {
	w.t.Helper()
	for _, t := range tenants {
		w.write(rolecall.Put(&rolecall.Membership{Tenant: t, Subject: user}))
	}
}

// requiring is a world whose single page requires an organization: maya is in
// two, paul in one, and noah in none.
func requiring(t *testing.T) *world {
	w := newWorld(t)
	w.change("spa", func(o *rolecall.OAuth) { o.Tenants = rolecall.TenantsRequired })
	w.memberOf("auth0|maya", "org_globex")
	w.user(identity.NewUser{User: rolecall.User{ID: "auth0|paul", Email: "paul@example.com"}, Tenants: []rolecall.TenantID{"org_globex"}})
	return w
}

func TestWhoBelongsToSeveralOrganizationsChooses(t *testing.T) {
	w := requiring(t)
	b := w.browser()
	page, state := b.page(b.login(b.authorize(spa()...), "maya@example.com"))
	says(t, page, http.StatusOK, "Choose an organization", "<strong>Single page</strong> works in one at a time.", "You are signed in as <strong>maya@example.com</strong>.",
		`value="org_acme" class="second">acme<`, `value="org_globex" class="second">globex<`)
	if strings.Contains(page.Body, `type="search"`) {
		t.Error("a list of two has a search")
	}
	says(t, b.post("/u/organization", "state", state, "organization", "org_nowhere"), http.StatusForbidden, "user is not part of the organization")
	says(t, b.post("/u/organization", "state", state), http.StatusForbidden, "user is not part of the organization")
	says(t, w.browser().post("/u/organization", "state", state, "organization", "org_globex"), http.StatusBadRequest, "This page has expired")

	code := b.post("/u/organization", "state", state, "organization", "org_globex").callback(t).Get("code")
	got := w.claims(w.exchange(code).text("id_token"), "spa")
	if got["org_id"] != "org_globex" || got["org_name"] != "globex" {
		t.Errorf("the token is of %v, %v, want globex", got["org_id"], got["org_name"])
	}
	says(t, b.post("/u/organization", "state", state, "organization", "org_acme"), http.StatusBadRequest, "This page has expired")

	// The next request asks again, without a password.
	_, state = b.page(b.authorize(spa()...))
	code = b.post("/u/organization", "state", state, "organization", "org_acme").callback(t).Get("code")
	if got := w.claims(w.exchange(code).text("access_token"), api); got["org_id"] != "org_acme" || !slices.Contains(strings.Fields(got["scope"].(string)), "read:admin-messages") {
		t.Errorf("the token says %v, %v, want what maya holds in acme", got["org_id"], got["scope"])
	}
	_, state = b.page(b.authorize(spa()...))
	b.send("GET", "/v2/logout", "")
	says(t, b.post("/u/organization", "state", state, "organization", "org_acme"), http.StatusBadRequest, "This page has expired")
}

func TestAnApplicationThatRequiresAnOrganization(t *testing.T) {
	for _, test := range []struct {
		name, who string
		more      []string
		org       string // of the answer
		err       string
	}{
		{"names one of several", "maya@example.com", []string{"organization", "acme"}, "org_acme", ""},
		{"names somebody else's", "paul@example.com", []string{"organization", "acme"}, "", "access_denied"},
		{"gets the only one", "paul@example.com", nil, "org_globex", ""},
		{"gets nobody who has none", "noah@example.com", nil, "", "access_denied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := requiring(t)
			b := w.browser()
			back := b.login(b.authorize(spa(test.more...)...), test.who).callback(t)
			if back.Get("error") != test.err {
				t.Fatalf("got %v, want error %q", back, test.err)
			}
			if test.err != "" {
				return
			}
			if got := w.claims(w.exchange(back.Get("code")).text("id_token"), "spa"); got["org_id"] != test.org {
				t.Errorf("the token is of %v, want %s", got["org_id"], test.org)
			}
			silent := b.authorize(spa(append(test.more, "prompt", "none")...)...).callback(t)
			if got := w.claims(w.exchange(silent.Get("code")).text("id_token"), "spa"); got["org_id"] != test.org {
				t.Errorf("silently the token is of %v, want %s", got["org_id"], test.org)
			}
		})
	}
}

func TestNobodyChoosesSilently(t *testing.T) {
	w := requiring(t)
	b := w.browser()
	b.login(b.authorize(spa("organization", "acme")...), "maya@example.com")
	if got := b.authorize(spa("prompt", "none")...).callback(t); got.Get("error") != "interaction_required" {
		t.Errorf("got %v", got)
	}
	// The vendor's application says that nobody is to be asked.
	w.write(rolecall.Modify(&rolecall.Client{ID: "spa"}, func(c *rolecall.Client) error {
		c.Attributes = []byte(`{"auth0":{"extra":{"organization_require_behavior":"no_prompt"}}}`)
		return nil
	}))
	if got := b.authorize(spa()...).callback(t); got.Get("error") != "invalid_request" || got.Get("error_description") != "parameter organization is required for this client" {
		t.Errorf("got %v", got)
	}
}

func TestWhoChoseAnOrganizationIsAskedForConsentThere(t *testing.T) {
	w := requiring(t)
	w.change("spa", func(o *rolecall.OAuth) { o.ThirdParty = true })
	b := w.browser()
	_, state := b.page(b.login(b.authorize(spa()...), "maya@example.com"))
	page, state := b.page(b.post("/u/organization", "state", state, "organization", "org_acme"))
	says(t, page, http.StatusOK, "Allow access?")
	code := b.post("/u/consent", "state", state, "answer", "allow").callback(t).Get("code")
	if got := w.claims(w.exchange(code).text("id_token"), "spa"); got["org_id"] != "org_acme" {
		t.Errorf("the token is of %v", got["org_id"])
	}
}

func TestAmongManyOrganizationsOneIsFound(t *testing.T) {
	w := requiring(t)
	for n := range 60 {
		id := rolecall.TenantID(fmt.Sprintf("org_%02d", n))
		w.write(rolecall.Create(&rolecall.Tenant{ID: id, Name: fmt.Sprintf("Branch <%02d>", n)}))
		w.memberOf("auth0|maya", id)
	}
	b := w.browser()
	page, state := b.page(b.login(b.authorize(spa()...), "maya@example.com"))
	says(t, page, http.StatusOK, `type="search"`, "And 12 more")
	if n := strings.Count(page.Body, `name="organization"`); n != 50 {
		t.Errorf("%d are shown, want 50", n)
	}
	found := b.send("GET", "/u/organization?"+values("state", state, "q", "branch <5").Encode(), "")
	says(t, found, http.StatusOK, `value="branch <5"`, "Branch <57>")
	if n := strings.Count(found.Body, `name="organization"`); n != 10 || strings.Contains(found.Body, "<57>") {
		t.Errorf("%d are found, want 10, and escaped", n)
	}
	says(t, b.send("GET", "/u/organization?"+values("state", state, "q", "zebra").Encode(), ""), http.StatusOK, "None of your organizations")
}
