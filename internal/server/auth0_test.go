package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/auth0"
)

// call sends a request and reads its answer into to.
func call(t *testing.T, r *http.Request, status int, to any) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != status {
		t.Fatalf("%s %s = %d %s, want %d", r.Method, r.URL.Path, answer.StatusCode, text, status)
	}
	if to != nil {
		if err := json.Unmarshal(text, to); err != nil {
			t.Fatal(err)
		}
	}
}

// machineToken gets a client's own token for the Management API.
func machineToken(t *testing.T, s *Server, id, secret string) (token, scope string) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "audience": {auth0.Audience(s.URL())}}
	r, err := http.NewRequest("POST", s.URL()+"oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	var got struct {
		Token string `json:"access_token"`
		Scope string `json:"scope"`
	}
	call(t, r, 200, &got)
	return got.Token, got.Scope
}

func management(t *testing.T, s *Server, token, method, path, body string, status int, to any) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL()+"api/v2"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	call(t, r, status, to)
}

func TestTheDevelopmentClientAdministersByAuth0sAPI(t *testing.T) {
	s := start(t, Config{Dev: true})
	run(t, s)
	token, scope := machineToken(t, s, string(s.Dev.ManagementClientID), s.Dev.ManagementClientSecret)
	for _, name := range auth0.Scopes {
		if !strings.Contains(" "+scope+" ", " "+name.Name+" ") {
			t.Errorf("the token lacks %s", name.Name)
		}
	}
	var server struct{ ID, Name string }
	management(t, s, token, "POST", "/resource-servers", `{"identifier":"https://api.example.com/v1","scopes":[{"value":"read"}]}`, 201, &server)
	management(t, s, token, "GET", "/resource-servers/https:%2F%2Fapi.example.com%2Fv1", "", 200, &server)
	if server.Name != "https://api.example.com/v1" {
		t.Errorf("by its identifier: %+v", server)
	}

	// Another machine, which gets what its grant says.
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	management(t, s, token, "POST", "/clients", `{"name":"Backend"}`, 201, &client)
	management(t, s, token, "POST", "/client-grants", `{"client_id":"`+client.ID+`","audience":"`+auth0.Audience(s.URL())+`","scope":["read:roles","create:roles"]}`, 201, nil)
	other, scope := machineToken(t, s, client.ID, client.Secret)
	if scope != "create:roles read:roles" {
		t.Errorf("its scope is %q", scope)
	}
	var role struct{ ID rolecall.RoleID }
	management(t, s, other, "POST", "/roles", `{"name":"Editor"}`, 200, &role)
	management(t, s, other, "GET", "/users", "", 403, nil)
	if _, err := rolecall.Find(t.Context(), s.Rolecall, rolecall.System("test"), &rolecall.Role{ID: role.ID}); err != nil {
		t.Errorf("the role is not every door's: %v", err)
	}
}
