package console

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestATenantRequiresSingleSignOn(t *testing.T) {
	s := newStage(t)
	if w := s.get(nobody, "/sign-in"); strings.Contains(w.Body.String(), "/u/sso") {
		t.Error("the sign-in page names a way that there is none of")
	}
	s.write(s.id.SaveSSO(identity.SSO{Tenant: "acme", DisplayName: "Acme directory", Domains: []string{"acme.example"},
		OIDC: &identity.SSOOIDC{Issuer: "https://login.acme.example/", ClientID: "rolecall"}}, ""))
	if w := s.get(owner, "/tenants/acme"); !strings.Contains(w.Body.String(), "Members may use passwords") || !strings.Contains(w.Body.String(), "Acme directory") {
		t.Errorf("the page before:\n%s", mainOf(w.Body.String()))
	}
	if w := s.post(owner, "/tenants/acme/sso", "required", "yes", "except", "peter\r\n peter \n"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "must name nobody twice") {
		t.Errorf("naming somebody twice: %d\n%s", w.Code, mainOf(w.Body.String()))
	}
	s.post(owner, "/tenants/acme/sso", "required", "yes", "except", "peter\r\n kim@acme.example \n")
	acme, err := rolecall.Find(t.Context(), s.rc, rolecall.System("test"), &rolecall.Tenant{ID: "acme"})
	if err != nil || !acme.SSO.Required || !slices.Equal(acme.SSO.Except, []string{"peter", "kim@acme.example"}) {
		t.Fatalf("the tenant says %+v, %v", acme.SSO, err)
	}
	if w := s.get(owner, "/tenants/acme"); !strings.Contains(w.Body.String(), "and not with a password") || !strings.Contains(w.Body.String(), "kim@acme.example") {
		t.Errorf("the page after:\n%s", mainOf(w.Body.String()))
	}
	if w := s.get(owner, "/tenants/acme/sso"); !strings.Contains(w.Body.String(), "peter\nkim@acme.example") {
		t.Errorf("the form:\n%s", mainOf(w.Body.String()))
	}

	if _, _, err := s.id.CreateUser(t.Context(), rolecall.System("test"), identity.NewUser{
		User: rolecall.User{ID: "robin", Email: "robin@acme.example"}, Password: secretWord, Tenants: []rolecall.TenantID{"acme"},
		Roles: []rolecall.Assignment{{Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: "acme"}}},
	}); err != nil {
		t.Fatal(err)
	}
	w := s.post(nobody, "/sign-in", "login", "robin@acme.example", "password", secretWord)
	if w.Code != http.StatusForbidden || loginOf(w) != nil || !strings.Contains(w.Body.String(), `href="/u/sso"`) || !strings.Contains(w.Body.String(), "own provider: Acme directory") {
		t.Errorf("signing in with a password: %d %v\n%s", w.Code, loginOf(w), mainOf(w.Body.String()))
	}
	if w := s.post(nobody, "/sign-in", "login", "robin@acme.example", "password", "wrong"); strings.Contains(w.Body.String(), "own provider") {
		t.Error("a wrong password is told more")
	}
	s.withPassword("eve@acme.example", false)
	if w := s.post(nobody, "/sign-in", "login", "eve@acme.example", "password", secretWord); loginOf(w) == nil {
		t.Errorf("a super admin is locked out: %d\n%s", w.Code, mainOf(w.Body.String()))
	}

	// A login that began there is one of the console.
	l, err := s.id.BeginLogin(t.Context(), identity.NewLogin{Subject: "robin", Browser: true, Lifetime: LoginLifetime})
	if err != nil {
		t.Fatal(err)
	}
	r := s.request(nobody, http.MethodGet, "/t/acme/tenants/acme", nil)
	r.AddCookie(LoginCookie(l, "/console", true))
	if w := s.send(r); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "login.acme.example") {
		t.Errorf("with a login from elsewhere: %d\n%s", w.Code, mainOf(w.Body.String()))
	}
}
