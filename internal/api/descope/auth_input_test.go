package descope

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/token"
)

// nativeToken returns a token that this server signed for its native API.
func nativeToken(t testing.TB, s *server) string {
	t.Helper()
	raw, _, err := s.keys.TokenFor(t.Context(), token.TokenRequest{Subject: "key_management", API: string(rolecall.AdminAPI)})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// routeOf returns the route of a call.
func (s *server) routeOf(t *testing.T, method, path string) route {
	t.Helper()
	for _, rt := range authentication {
		if rt.method == method && rt.path == path {
			return rt
		}
	}
	t.Fatalf("%s %s is no route", method, path)
	return route{}
}

type badInput struct {
	name, body string
	status     int
	code       string
}

// Each bad input is refused with its status and code, and changes nothing.
func TestBadInputToAuthentication(t *testing.T) {
	s := newServer(t)
	s.town(t)
	project := s.rc.Project()
	signedIn := s.signIn(t, "{}")
	refresh, session := fmt.Sprint(signedIn["refreshJwt"]), fmt.Sprint(signedIn["sessionJwt"])
	again := fmt.Sprint(s.signIn(t, "{}")["refreshJwt"])
	key := s.key
	tried := map[string]bool{"/v2/keys/": true} // which anybody may ask, in TestTokensAreVerifiedByThePublishedKeys
	long := strings.Repeat("a", 1000)

	passwords := []badInput{
		{"nobody", `{"password":"correct horse"}`, 400, "E011002"},
		{"an unknown user", `{"loginId":"nobody","password":"correct horse"}`, 404, "E112102"},
		{"no password", `{"loginId":"bob"}`, 400, "E011002"},
		{"a short password", `{"loginId":"bob","password":"short"}`, 400, "E011003"},
		{"the login id as password", `{"loginId":"alice@example.com","password":"alice@example.com"}`, 400, "E011003"},
		{"a password of another type", `{"loginId":"bob","password":12345678}`, 400, "E011003"},
	}
	for _, route := range []struct {
		method, path string
		good         string // accepted, but for what a case changes
		bearer       []string
		bad          []badInput
	}{
		{"POST", "/v1/auth/password/signup", `{"loginId":"new","password":"correct horse"}`, []string{project}, []badInput{
			{"no login id", `{"password":"correct horse"}`, 400, "E011002"},
			{"an empty login id", `{"loginId":"","password":"correct horse"}`, 400, "E011002"},
			{"a blank login id", `{"loginId":" ","password":"correct horse"}`, 400, "E011003"},
			{"a long login id", `{"loginId":"` + long + `","password":"correct horse"}`, 400, "E011003"},
			{"a login id of another type", `{"loginId":7,"password":"correct horse"}`, 400, "E011003"},
			{"no password", `{"loginId":"new"}`, 400, "E011002"},
			{"a null password", `{"loginId":"new","password":null}`, 400, "E011002"},
			{"a short password", `{"loginId":"new","password":"short"}`, 400, "E011003"},
			{"a long password", `{"loginId":"new","password":"` + long + long + `"}`, 400, "E011003"},
			{"the login id as password", `{"loginId":"new user","password":"New User"}`, 400, "E011003"},
			{"a long name", `{"loginId":"new","password":"correct horse","user":{"name":"` + long + `"}}`, 400, "E011003"},
			{"a user of another type", `{"loginId":"new","password":"correct horse","user":[]}`, 400, "E011003"},
			{"somebody who is there", `{"loginId":"ALICE@example.com","password":"correct horse"}`, 400, "E062107"},
			{"another's user id", `{"loginId":"key_management","password":"correct horse"}`, 400, "E062107"},
			{"claims of another type", `{"loginId":"new","password":"correct horse","loginOptions":{"customClaims":[]}}`, 400, "E011003"},
			{"long claims", `{"loginId":"new","password":"correct horse","loginOptions":{"customClaims":{"a":"` + strings.Repeat(long, 17) + `"}}}`, 400, "E011004"},
		}},
		{"POST", "/v1/auth/password/signin", `{"loginId":"alice@example.com","password":"correct horse"}`, []string{project}, []badInput{
			{"no login id", `{"password":"correct horse"}`, 400, "E011002"},
			{"no password", `{"loginId":"alice@example.com"}`, 400, "E011002"},
			{"a password of another type", `{"loginId":"alice@example.com","password":{}}`, 400, "E011003"},
			{"a long password", `{"loginId":"alice@example.com","password":"` + long + long + `"}`, 401, "E011401"},
			{"a wrong password", `{"loginId":"alice@example.com","password":"wrong"}`, 401, "E011401"},
			{"an unknown login id", `{"loginId":"nobody","password":"correct horse"}`, 401, "E011401"},
			{"a long login id", `{"loginId":"` + long + `","password":"correct horse"}`, 401, "E011401"},
		}},
		{"POST", "/v1/auth/password/replace", "", []string{project}, []badInput{
			{"no login id", `{"oldPassword":"correct horse","newPassword":"battery staple"}`, 400, "E011002"},
			{"no old password", `{"loginId":"alice@example.com","newPassword":"battery staple"}`, 400, "E011002"},
			{"no new password", `{"loginId":"alice@example.com","oldPassword":"correct horse"}`, 400, "E011002"},
			{"a wrong old password", `{"loginId":"alice@example.com","oldPassword":"wrong","newPassword":"battery staple"}`, 401, "E011401"},
			{"an unknown login id", `{"loginId":"nobody","oldPassword":"wrong","newPassword":"battery staple"}`, 401, "E011401"},
			{"a short new password", `{"loginId":"alice@example.com","oldPassword":"correct horse","newPassword":"short"}`, 400, "E011003"},
			{"the old password", `{"loginId":"alice@example.com","oldPassword":"correct horse","newPassword":"correct horse"}`, 400, "E011003"},
		}},
		{"POST", "/v1/auth/password/update", "", []string{project, refresh}, []badInput{
			{"no login id", `{"newPassword":"battery staple"}`, 400, "E011002"},
			{"no new password", `{"loginId":"alice@example.com"}`, 400, "E011002"},
			{"a short new password", `{"loginId":"alice@example.com","newPassword":"short"}`, 400, "E011003"},
			{"another's login id", `{"loginId":"bob","newPassword":"battery staple"}`, 403, "E011403"},
			{"an unknown login id", `{"loginId":"nobody","newPassword":"battery staple"}`, 403, "E011403"},
		}},
		{"GET", "/v1/auth/password/policy", "", []string{project}, nil},
		{"POST", "/v1/auth/refresh", "", []string{project, refresh}, nil},
		{"POST", "/v1/auth/me/tenants", `{"ids":null,"dct":null}`, []string{project, refresh}, []badInput{
			{"tenants of another type", `{"ids":"acme"}`, 400, "E011003"},
		}},
		{"GET", "/v1/auth/me", "", []string{project, refresh}, nil},
		{"POST", "/v1/auth/tenant/select", `{"tenant":"acme"}`, []string{project, refresh}, []badInput{
			{"no tenant", `{}`, 400, "E011002"},
			{"a null tenant", `{"tenant":null}`, 400, "E011002"},
			{"a tenant of another type", `{"tenant":["acme"]}`, 400, "E011003"},
			{"an unknown tenant", `{"tenant":"nowhere"}`, 403, "E011403"},
		}},
		{"POST", "/v1/auth/accesskey/exchange", `{"loginOptions":null}`, []string{project, key}, []badInput{
			{"another's tenant", `{"loginOptions":{"selectedTenant":"acme"}}`, 403, "E011403"},
			{"claims of another type", `{"loginOptions":{"customClaims":7}}`, 400, "E011003"},
			{"long claims", `{"loginOptions":{"customClaims":{"a":"` + strings.Repeat(long, 17) + `"}}}`, 400, "E011004"},
		}},
		{"POST", "/v1/mgmt/jwt/update", `{"jwt":"` + session + `","customClaims":null}`, []string{project, key}, []badInput{
			{"no token", `{}`, 400, "E011002"},
			{"no token at all", `{"jwt":"a.b.c"}`, 401, "E011401"},
			{"a token of another kind", `{"jwt":7}`, 400, "E011003"},
			{"a claim that is ours", `{"jwt":"` + session + `","customClaims":{"tenants":{}}}`, 400, "E011004"},
			{"a long time", `{"jwt":"` + session + `","refreshDuration":2592001}`, 400, "E011004"},
			{"less than no time", `{"jwt":"` + session + `","refreshDuration":-1}`, 400, "E011004"},
		}},
		{"POST", "/v1/mgmt/auth/signin", `{"loginId":"bob"}`, []string{project, key}, []badInput{
			{"nobody", `{}`, 400, "E011002"},
			{"an unknown user", `{"loginId":"nobody"}`, 404, "E112102"},
			{"a claim that is ours", `{"loginId":"bob","customClaims":{"drn":"DSR"}}`, 400, "E011004"},
			{"a long time", `{"loginId":"bob","refreshDuration":2592001}`, 400, "E011004"},
			{"a time of another type", `{"loginId":"bob","refreshDuration":"1h"}`, 400, "E011003"},
		}},
		{"POST", "/v1/mgmt/user/logout", `{"loginId":"bob"}`, []string{project, key}, []badInput{
			{"nobody", `{}`, 400, "E011002"},
			{"an unknown login id", `{"loginId":"nobody"}`, 404, "E112102"},
			{"an unknown user", `{"userId":"nobody"}`, 404, "E112102"},
		}},
		{"POST", "/v1/mgmt/user/password/set/active", "", []string{project, key}, passwords},
		{"POST", "/v1/mgmt/user/password/set/temporary", "", []string{project, key}, passwords},
		{"POST", "/v1/mgmt/user/password/set", "", []string{project, key}, passwords},
		{"POST", "/v1/mgmt/user/password/expire", "", []string{project, key}, []badInput{
			{"nobody", `{}`, 400, "E011002"},
			{"an unknown user", `{"loginId":"nobody"}`, 404, "E112102"},
		}},
		{"POST", "/v1/auth/logout", "", []string{project, refresh}, nil},
		{"POST", "/v1/auth/logoutall", "", []string{project, again}, nil},
	} {
		tried[route.path] = true
		head := s.rc.Revision()
		refused := func(name, body string, status int, code string, bearer ...string) {
			t.Helper()
			gotStatus, gotCode, reply := s.call(t, route.method, route.path, body, bearer...)
			if gotStatus != status || gotCode != code {
				t.Errorf("%s %s with %s = %d %.200v, want %d %s", route.method, route.path, name, gotStatus, fmt.Sprint(reply), status, code)
			}
			for _, text := range []string{"errorDescription", "errorMessage"} {
				if said, _ := reply[text].(string); said == "" || strings.Contains(said, "correct horse") {
					t.Errorf("%s %s with %s: %s is %q", route.method, route.path, name, text, said)
				}
			}
		}
		body := route.good
		for _, tt := range []struct {
			name   string
			bearer []string
		}{
			{"no project", []string{""}},
			{"another project", append([]string{"P" + project[1:27] + "?"}, route.bearer[1:]...)},
			{"a project in another case", append([]string{strings.ToLower(project)}, route.bearer[1:]...)},
			{"something instead of a token or key", []string{project, "anything"}},
			{"an unsigned token", []string{project, "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIn0."}},
			{"another's key", []string{project, "rck_unknown_" + strings.Repeat("a", 43)}},
			{"a part too many", append(append([]string{}, route.bearer...), key, key)},
			{"a bad key behind", append(append([]string{}, route.bearer...), "rck_unknown_"+strings.Repeat("a", 43))},
		} {
			refused(tt.name, body, 401, "E011401", tt.bearer...)
		}
		if len(route.bearer) > 1 {
			refused("the project alone", body, 401, "E011401", project)
		}
		for _, header := range [][]string{{"Authorization", ""}, {"Authorization", "Bearer"}, {"Authorization", "Basic " + strings.Join(route.bearer, ":")}} {
			r := s.Send(t, route.method, route.path, body, header...)
			var e errorBody
			if json.Unmarshal([]byte(r.Body), &e); r.Status != 401 || e.Code != "E011401" {
				t.Errorf("%s %s with the header %q = %d %s, want 401 E011401", route.method, route.path, header, r.Status, r.Body)
			}
		}
		for _, f := range api.FieldsOf(s.routeOf(t, route.method, route.path).in).All() {
			wrong := `{"a":[1]}`
			switch kind := f.Type.Kind(); {
			case f.Type == reflect.TypeFor[json.RawMessage]():
				continue
			case kind == reflect.Struct, kind == reflect.Map, kind == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
				wrong = `"text"`
			}
			members := parsed(t, route.good)
			members[f.Name] = json.RawMessage(wrong)
			text, _ := json.Marshal(members)
			refused(f.Name+" of a wrong type", string(text), 400, "E011003", route.bearer...)
		}
		if route.method == "POST" {
			refused("no JSON", `{"loginId"`, 400, "E011001", route.bearer...)
			refused("a list", `[]`, 400, "E011001", route.bearer...)
		}
		for _, tt := range route.bad {
			refused(tt.name, tt.body, tt.status, tt.code, route.bearer...)
		}
		if s.rc.Revision() != head {
			t.Errorf("%s %s: bad input changed something", route.method, route.path)
		}
		if route.good != "" || route.bad == nil {
			s.do(t, route.method, route.path, route.good, route.bearer...)
		}
	}
	for _, rt := range authentication {
		if !tried[rt.path] {
			t.Errorf("%s %s is not tried", rt.method, rt.path)
		}
	}
	if log := s.log.String(); log != "" {
		t.Errorf("the server logged %s", log)
	}
}
