package server

import (
	"fmt"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/auth0"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

var requestIDs = regexp.MustCompile(`req_[A-Za-z0-9]+`)

// TestNoDoorTellsATenantsAdministratorWhatIsHidden: what is another tenant's is
// answered as what is not there, by whichever door it is named. The command line
// comes by the native one, or is the system's own.
func TestNoDoorTellsATenantsAdministratorWhatIsHidden(t *testing.T) {
	s := start(t, Config{})
	ctx := t.Context()
	by := rolecall.System("test")
	in := func(tenant rolecall.TenantID) rolecall.Scope { return rolecall.Scope{Tenant: tenant} }
	if _, err := s.Rolecall.Write(ctx, by,
		rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}), rolecall.Create(&rolecall.Tenant{ID: "hidden", Name: "hidden"}),
		rolecall.Create(&rolecall.Role{ID: "hidden", Tenant: "hidden", Name: "hidden"}), rolecall.Create(&rolecall.Role{ID: "mine", Tenant: "acme", Name: "mine"}),
		rolecall.Create(&rolecall.Constraint{ID: "hidden", Tenant: "hidden", Name: "hidden", MaxAllowed: 1}),
		rolecall.Create(&rolecall.Group{ID: "hidden-group", Name: "hidden"}), rolecall.Create(&rolecall.API{ID: "hidden", Identifier: "hidden", Name: "hidden"}),
		rolecall.Create(&rolecall.User{ID: "bob", Name: "Bob"}), rolecall.Create(&rolecall.Membership{Tenant: "acme", Subject: "bob"}),
	); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Identity.CreateUser(ctx, by, identity.NewUser{User: rolecall.User{ID: "hidden", Name: "hidden", Email: "hidden@example.com"}}); err != nil {
		t.Fatal(err)
	}
	key, err := s.Identity.CreateKey(ctx, by, identity.NewKey{Name: "tina", Roles: []rolecall.Assignment{{Role: rolecall.RoleTenantOwner, Scope: in("acme")}}})
	if err != nil {
		t.Fatal(err)
	}
	var scopes []string
	for _, scope := range auth0.Scopes {
		scopes = append(scopes, scope.Name)
	}
	raw, err := s.Tokens.Issue(ctx, token.Claims{Subject: key.Client.ID + "@clients", Audience: []string{auth0.Audience(s.URL())}, Expires: time.Now().Add(time.Hour),
		Extra: map[string]any{"azp": key.Client.ID, "gty": "client-credentials", "scope": strings.Join(scopes, " ")}})
	if err != nil {
		t.Fatal(err)
	}
	bearers := map[string]string{"/api/v1": key.Secret, "/v1/mg": s.Rolecall.Project() + ":" + key.Secret, "/v2/mg": s.Rolecall.Project() + ":" + key.Secret, "/api/v2": raw}
	send := func(method, path, body, name string) string {
		path, body = strings.ReplaceAll(path, "${it}", name), strings.ReplaceAll(body, "${it}", name)
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		for prefix, bearer := range bearers {
			if strings.HasPrefix(path, prefix) {
				r.Header.Set("Authorization", "Bearer "+bearer)
			}
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		got, _ := io.ReadAll(w.Result().Body)
		return fmt.Sprintf("%d %s", w.Code, strings.ReplaceAll(requestIDs.ReplaceAllString(string(got), "req"), name, "it"))
	}
	for _, tt := range []struct{ method, path, body string }{
		{"POST", "/api/v1/users", `{"id":"${it}","name":"X"}`},
		{"POST", "/api/v1/users", `{"name":"X","email":"${it}@example.com"}`},
		{"POST", "/api/v1/roles", `{"id":"${it}","name":"X"}`},
		{"POST", "/api/v1/tenants", `{"id":"${it}","name":"X"}`},
		{"POST", "/api/v1/tenants", `{"name":"${it}"}`},
		{"POST", "/api/v1/groups", `{"name":"${it}"}`},
		{"POST", "/api/v1/apis", `{"identifier":"${it}","name":"X"}`},
		{"GET", "/api/v1/roles/${it}", ""},
		{"PATCH", "/api/v1/roles/${it}", `{"description":"X"}`},
		{"DELETE", "/api/v1/roles/${it}", ""},
		{"DELETE", "/api/v1/users/${it}", ""},
		{"PATCH", "/api/v1/tenants/${it}", `{"name":"X"}`},
		{"PUT", "/api/v1/assignments", `{"subject":"bob","role":"${it}","tenant":"acme"}`},
		{"PUT", "/api/v1/assignments", `{"subject":"bob","role":"mine","tenant":"${it}"}`},
		{"PUT", "/api/v1/grants", `{"role":"${it}","permission":"rolecall:check"}`},
		{"PUT", "/api/v1/inheritances", `{"senior":"mine","junior":"${it}"}`},
		{"PUT", "/api/v1/constraint-roles", `{"constraint":"${it}","role":"mine"}`},
		{"POST", "/api/v1/invitations", `{"email":"x@example.com","tenant":"acme","roles":["${it}"]}`},
		{"POST", "/v1/mgmt/user/create", `{"loginId":"${it}@example.com"}`},
		{"POST", "/v2/mgmt/user/update/role/add", `{"loginId":"${it}@example.com","tenantId":"acme","roleNames":["mine"]}`},
		{"POST", "/v1/mgmt/user/delete", `{"loginId":"${it}@example.com"}`},
		{"POST", "/v1/mgmt/user/update/status", `{"loginId":"${it}@example.com","status":"disabled"}`},
		{"POST", "/v1/mgmt/role/update", `{"name":"${it}","newName":"X","tenantId":"acme"}`},
		{"POST", "/v1/mgmt/role/update", `{"name":"${it}","newName":"X","tenantId":"${it}"}`},
		{"POST", "/v1/mgmt/tenant/create", `{"id":"${it}","name":"X"}`},
		{"POST", "/v1/mgmt/tenant/create", `{"name":"${it}"}`},
		{"POST", "/v1/mgmt/tenant/update", `{"id":"${it}","name":"X"}`},
		{"POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"X","parent":"${it}"}`},
		{"GET", "/v1/mgmt/tenant?id=${it}", ""},
		{"POST", "/v1/mgmt/sso/oidc", `{"tenantId":"${it}","settings":{"clientId":"x","issuer":"https://x.example/"}}`},
		{"GET", "/v2/mgmt/sso/settings?tenantId=${it}", ""},
		{"POST", "/api/v2/users", `{"email":"${it}@example.com","connection":"` + identity.FirstConnectionName + `"}`},
		{"GET", "/api/v2/users/${it}", ""},
		{"PATCH", "/api/v2/users/${it}", `{"name":"X"}`},
		{"GET", "/api/v2/users-by-email?email=${it}@example.com", ""},
		{"POST", "/api/v2/roles", `{"name":"${it}"}`},
		{"GET", "/api/v2/roles/${it}", ""},
		{"POST", "/api/v2/organizations", `{"name":"${it}"}`},
		{"GET", "/api/v2/organizations/${it}", ""},
		{"GET", "/api/v2/organizations/name/${it}", ""},
		{"POST", "/api/v2/organizations/acme/members/bob/roles", `{"roles":["${it}"]}`},
		{"POST", "/api/v2/resource-servers", `{"identifier":"${it}","name":"X"}`},
	} {
		there, not := send(tt.method, tt.path, tt.body, "hidden"), send(tt.method, tt.path, tt.body, "absent")
		if there != not {
			t.Errorf("%s %s %s\n  of one that is there: %s\n  of one that is not: %s", tt.method, tt.path, tt.body, there, not)
		}
		if strings.HasPrefix(there, "404") && strings.Contains(there, "no-route") || strings.HasPrefix(there, "5") || strings.HasPrefix(there, "401") || strings.Contains(there, "nothing at this path") {
			t.Errorf("%s %s is not what it was to be: %s", tt.method, tt.path, there)
		}
	}
}
