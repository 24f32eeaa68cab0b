package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A machine administers by a token of the OpenID provider: at our own API by one
// for it, at Auth0's by one for that, and with neither at the other.
func TestMachinesAdministerByTokens(t *testing.T) {
	s := start(t, Config{})
	secret, text, err := identity.NewSecret("robot", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Rolecall.Write(context.Background(), rolecall.System("test"),
		rolecall.Create(&rolecall.Client{ID: "robot", Name: "Robot", OAuth: rolecall.OAuth{Type: rolecall.MachineToMachine}}),
		rolecall.Create(secret),
		rolecall.Create(&rolecall.ClientGrant{ID: "cgr_robot", Client: "robot", API: rolecall.AdminAPI, AllScopes: true}),
		rolecall.Create(&rolecall.Assignment{Subject: "robot", Role: rolecall.RoleAuditor}),
	)
	if err != nil {
		t.Fatal(err)
	}
	token := func(audience string) string {
		body, _ := json.Marshal(map[string]string{"grant_type": "client_credentials", "client_id": "robot", "client_secret": text, "audience": audience})
		r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var got struct {
			AccessToken string `json:"access_token"`
			Scope       string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || !strings.Contains(got.Scope, "rolecall:roles.read") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return got.AccessToken
	}
	own, vendors := token("rolecall"), token(s.URL()+"api/v2/")
	for _, tt := range []struct {
		name, method, path, token string
		status                    int
	}{
		{"its own", "GET", "/api/v1/roles", own, http.StatusOK},
		{"its own, for what it may not", "POST", "/api/v1/roles", own, http.StatusForbidden},
		{"the vendor's", "GET", "/api/v1/roles", vendors, http.StatusUnauthorized},
	} {
		r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(`{"name":"New"}`))
		r.Header.Set("Authorization", "Bearer "+tt.token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s: %s %s = %d %s, want %d", tt.name, tt.method, tt.path, w.Code, w.Body, tt.status)
		}
	}
}
