package server

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/auth0"
	"github.com/rolecall/rolecall/internal/identity"
)

// Bodies of a size or a depth that nobody means are refused by every door, in the
// form that its callers read.
func TestMonstersAreRefusedInEachDoorsForm(t *testing.T) {
	if testing.Short() {
		t.Skip("gigabytes of bodies")
	}
	s := start(t, Config{Dev: true})
	made, err := s.Identity.CreateKey(context.Background(), rolecall.System("test"),
		identity.NewKey{Name: "owner", Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}}})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, authorization, mediaType, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", mediaType)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const form = "application/x-www-form-urlencoded"
	_, text := send("POST", "/oauth/token", "", form, url.Values{"grant_type": {"client_credentials"}, "audience": {auth0.Audience(s.URL())},
		"client_id": {string(s.Dev.ManagementClientID)}, "client_secret": {s.Dev.ManagementClientSecret}}.Encode())
	var got struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal([]byte(text), &got); got.Token == "" {
		t.Fatal(text)
	}
	key, descope, token := "Bearer "+made.Secret, "Bearer "+s.Rolecall.Project()+":"+made.Secret, "Bearer "+got.Token

	const depth, count, size = 100_000, 100_000, 10 << 20
	monsters := map[string]string{ // § is a member that the door knows
		"arrays in arrays":          `{"§":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}`,
		"objects in objects":        strings.Repeat(`{"§":`, depth) + "1" + strings.Repeat("}", depth),
		"arrays that do not end":    strings.Repeat("[", depth),
		"a member very many times":  `{` + strings.Repeat(`"§":[],`, count) + `"§":[]}`,
		"a text of megabytes":       `{"§":"` + strings.Repeat("x", size) + `"}`,
		"a number of megabytes":     `{"§":` + strings.Repeat("9", size) + `}`,
		"a name of megabytes":       `{"` + strings.Repeat("x", size) + `":1}`,
		"nothing but white space":   strings.Repeat(" ", size),
		"very many empty elements":  `{"§":[` + strings.Repeat(`{},`, count) + `{}]}`,
		"a text that does not end":  `{"§":"` + strings.Repeat(`\u0000`, count),
		"a million escaped letters": `{"§":"` + strings.Repeat(`\u0041`, 1<<20) + `"}`,
	}
	for _, door := range []struct {
		name, method, path, authorization, member string
		form                                      string // a member that each of the door's errors has; "" where errors are text
	}{
		{"a question", "POST", "/api/v1/check", key, "checks", "type"},
		{"a write", "POST", "/api/v1/write", key, "ops", "type"},
		{"a user", "POST", "/api/v1/users", key, "name", "type"},
		{"a sign-in", "POST", "/api/v1/token", "", "password", "type"},
		{"AuthZEN", "POST", "/access/v1/evaluations", key, "evaluations", ""},
		{"Descope's users", "POST", "/v1/mgmt/user/create/batch", descope, "users", "errorCode"},
		{"Descope's permissions", "POST", "/v1/mgmt/permission/create/batch", descope, "permissions", "errorCode"},
		{"Descope's sign-in", "POST", "/v1/auth/password/signin", "Bearer " + s.Rolecall.Project(), "loginId", "errorCode"},
		{"Auth0's users", "POST", "/api/v2/users", token, "email", "statusCode"},
		{"Auth0's roles", "POST", "/api/v2/roles", token, "name", "statusCode"},
		{"OAuth", "POST", "/oauth/token", "", "grant_type", "error"},
		{"Auth0's sign-up", "POST", "/dbconnections/signup", "", "client_id", "error"},
	} {
		for name, body := range monsters {
			before := s.Rolecall.Revision()
			status, answer := send(door.method, door.path, door.authorization, "application/json", strings.ReplaceAll(body, "§", door.member))
			var object map[string]any
			if status < 400 || status >= 500 || door.form != "" && (json.Unmarshal([]byte(answer), &object) != nil || object[door.form] == nil) {
				t.Errorf("%s, %s: %d %.300s", door.name, name, status, answer)
			}
			if len(answer) > 4096 {
				t.Errorf("%s, %s: the refusal has %d bytes", door.name, name, len(answer))
			}
			if s.Rolecall.Revision() != before {
				t.Errorf("%s, %s: something was changed", door.name, name)
			}
		}
	}
	for _, page := range []string{"/console/sign-in", "/u/login", "/oauth/token", "/authorize"} {
		for name, body := range map[string]string{
			"very many fields":     strings.Repeat("a=1&", count*10),
			"a field of megabytes": "username=" + strings.Repeat("x", size),
		} {
			if status, answer := send("POST", page, "", form, body); status < 400 || status >= 500 {
				t.Errorf("%s, %s: %d %.200s", page, name, status, answer)
			}
		}
	}
}
