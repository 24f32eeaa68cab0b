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

// Who lets an application read users in their name, lets it do no more than that,
// whatever they may do themselves.
func TestAnApplicationDoesNoMoreThanItsScope(t *testing.T) {
	s := start(t, Config{})
	ctx := context.Background()
	setup := rolecall.System("test")
	if _, _, err := s.Identity.CreateUser(ctx, setup, identity.NewUser{
		User: rolecall.User{ID: "olga", Email: "olga@example.com"}, Password: "correct horse battery",
		Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rolecall.Write(ctx, setup,
		rolecall.Create(&rolecall.Client{ID: "app", Name: "App", OAuth: rolecall.OAuth{
			Type: rolecall.NativeApplication, GrantTypes: []rolecall.GrantType{rolecall.GrantPassword},
		}}),
		rolecall.Create(&rolecall.ClientGrant{ID: "cgr", Client: "app", API: rolecall.AdminAPI, For: rolecall.ForUser, Scope: []string{
			"rolecall:users.read", "rolecall:members.write", "rolecall:members.read", "rolecall:roles.read",
		}}),
		rolecall.Create(&rolecall.Role{ID: "empty", Name: "Empty"}),
		rolecall.Create(&rolecall.User{ID: "bob"}),
	); err != nil {
		t.Fatal(err)
	}
	send := func(method, path, bearer, body string) (int, map[string]any) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var got map[string]any
		json.Unmarshal(w.Body.Bytes(), &got)
		return w.Code, got
	}
	token := func(audience, scope string) string {
		body, _ := json.Marshal(map[string]string{"grant_type": "password", "client_id": "app", "username": "olga@example.com",
			"password": "correct horse battery", "audience": audience, "scope": scope})
		status, got := send("POST", "/oauth/token", "", string(body))
		text, _ := got["access_token"].(string)
		if text == "" {
			t.Fatalf("no token: %d %v", status, got)
		}
		return text
	}
	reads, writes, says := token("rolecall", "rolecall:users.read"), token("rolecall", "rolecall:members.write"), token("rolecall", "")
	vendors := token(s.URL()+"api/v2/", "create:role_members")
	_, own := send("POST", "/api/v1/token", "", `{"login":"olga@example.com","password":"correct horse battery","api":"rolecall"}`)
	hers, _ := own["access_token"].(string)
	for _, tt := range []struct {
		name, method, path, bearer, body string
		status                           int
	}{
		{"what it may", "GET", "/api/v1/users", reads, "", http.StatusOK},
		{"what it did not ask for", "PUT", "/api/v1/assignments", reads, `{"subject":"app","role":"auditor"}`, http.StatusForbidden},
		{"what its grant lacks", "POST", "/api/v1/roles", reads, `{"name":"New"}`, http.StatusForbidden},
		{"to read what its grant lacks", "GET", "/api/v1/settings", reads, "", http.StatusForbidden},
		{"to ask about others", "POST", "/api/v1/check", reads, `{"subject":"app","permission":"x"}`, http.StatusForbidden},
		{"the metrics", "GET", "/metrics", reads, "", http.StatusForbidden},
		{"AuthZEN", "POST", "/access/v1/evaluation", reads, `{"subject":{"type":"user","id":"app"},"action":{"name":"x"},"resource":{"type":"t","id":"1"}}`, http.StatusForbidden},
		{"to give an empty role", "PUT", "/api/v1/assignments", writes, `{"subject":"app","role":"empty"}`, http.StatusCreated},
		{"to give more than its scope", "PUT", "/api/v1/assignments", writes, `{"subject":"app","role":"owner"}`, http.StatusForbidden},
		{"to give what is not in it", "PUT", "/api/v1/assignments", writes, `{"subject":"app","role":"auditor"}`, http.StatusForbidden},
		{"without a scope", "GET", "/api/v1/users", says, "", http.StatusForbidden},
		{"at the vendor's, to give an empty role", "POST", "/api/v2/users/bob/roles", vendors, `{"roles":["empty"]}`, http.StatusNoContent},
		{"at the vendor's, to give more than its scope", "POST", "/api/v2/users/bob/roles", vendors, `{"roles":["owner"]}`, http.StatusForbidden},
		{"she herself", "PUT", "/api/v1/assignments", hers, `{"subject":"app","role":"auditor"}`, http.StatusCreated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, got := send(tt.method, tt.path, tt.bearer, tt.body); status != tt.status {
				t.Errorf("%s %s = %d %v, want %d", tt.method, tt.path, status, got, tt.status)
			}
		})
	}
}
