package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/auth0"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/pgtest"
)

// What is random or the time of day in an answer.
var passing = regexp.MustCompile(`127\.0\.0\.1:\d+|[A-Za-z0-9_-]{16,}|\d{4}-\d\d-\d\d[T ][0-9:.]+Z?|\d{3,}`)

// Texts and numbers that databases read in ways of their own: PostgreSQL knows no
// zero byte and only UTF-8, numbers end earlier than JSON's, and years do.
var (
	awkwardTexts = []string{
		"plain", "\x00", "a\x00b", "\xff\xfe", "\xc3", "\xed\xa0\x80", "tab\there", `\`, `a\`, "%", "_", "'", `"`, "''--", "$1", "{}", "Ä", "ä", "ﬁ", "İ",
		"trailing ", " leading", "\u2028", "\ufeff", "\u0000fffd", "😀", "𐏿", "null", strings.Repeat("x", 300), strings.Repeat("ü", 200), strings.Repeat("x", 9000),
	}
	awkwardNumbers = []string{
		"0", "-1", "1", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999",
		"1e3", "1e400", "0.5", "253402300800", "-62135596801", "32503680000000",
	}
)

// A probe is a request in which each § stands for an awkward text, and each # for a
// number. One whose path ends in ?in-headers has the text in headers, too.
type probe struct{ method, path, body string }

var probes = []probe{
	// native
	{"POST", "/api/v1/check", `{"subject":"§","permission":"§","tenant":"§","resource":"§"}`},
	{"POST", "/api/v1/explain", `{"subject":"ann","permission":"§","api":"§"}`},
	{"POST", "/api/v1/who-can", `{"permission":"read","tenant":"§","cursor":"§"}`},
	{"POST", "/api/v1/who-can", `{"permission":"read","resource":"§","limit":#}`},
	{"POST", "/api/v1/what-can", `{"subject":"§","limit":#}`},
	{"GET", "/api/v1/users?search=§", ""},
	{"GET", "/api/v1/users?name=§", ""},
	{"GET", "/api/v1/users?email=§&sort=-name", ""},
	{"GET", "/api/v1/users?sort=§", ""},
	{"GET", "/api/v1/users?limit=#", ""},
	{"GET", "/api/v1/users?cursor=§", ""},
	{"GET", "/api/v1/users/§", ""},
	{"POST", "/api/v1/users", `{"id":"§","name":"§","email":"§"}`},
	{"PATCH", "/api/v1/users/§", `{"email":"§"}`},
	{"PATCH", "/api/v1/users/ann", `{"name":"§","attributes":{"§":"§"}}`},
	{"PATCH", "/api/v1/users/ann", `{"attributes":{"n":#}}`},
	{"DELETE", "/api/v1/users/§", ""},
	{"POST", "/api/v1/roles", `{"name":"§","description":"§"}`},
	{"POST", "/api/v1/permissions", `{"name":"§","description":"§"}`},
	{"PUT", "/api/v1/assignments", `{"subject":"ann","role":"reader","resource":"doc:§","reason":"§"}`},
	{"PUT", "/api/v1/assignments", `{"subject":"ann","role":"reader","starts_at":"#-01-01T00:00:00Z"}`},
	{"PUT", "/api/v1/assignments", `{"subject":"ann","role":"reader","expires_at":"9999-12-31T23:59:59-01:00"}`},
	{"PUT", "/api/v1/assignments", `{"subject":"ann","role":"reader","starts_at":"0000-01-01T00:00:00+01:00"}`},
	{"PUT", "/api/v1/assignments", `{"subject":"ann","role":"reader","expires_at":"9999-12-31T23:59:59.999999999Z"}`},
	{"PUT", "/api/v1/assignments", `{"subject":"ann","role":"reader","starts_at":"0000-01-01T00:00:00Z"}`},
	{"POST", "/api/v1/keys", `{"name":"§","subject":"ann"}`},
	{"POST", "/api/v1/write", `{"ops":[{"op":"put","kind":"tenant","record":{"id":"§","name":"§"}}]}`},
	{"GET", "/api/v1/audit?subject=§", ""},
	{"GET", "/api/v1/audit?actor=§&kind=§&tenant=§", ""},
	{"GET", "/api/v1/audit?revision=#", ""},
	{"GET", "/api/v1/audit?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", ""},
	{"GET", "/api/v1/audit?after=#", ""},
	{"GET", "/api/v1/audit/sign-ins?subject=§", ""},
	{"POST", "/api/v1/token", `{"login":"§","password":"§"}`},
	{"POST", "/api/v1/webhooks", `{"url":"https://example.com/§","description":"§"}`},
	{"POST", "/api/v1/invitations", `{"email":"§@example.com","inviter":"§","show":true}`},
	// AuthZEN
	{"POST", "/access/v1/evaluation", `{"subject":{"type":"user","id":"§"},"action":{"name":"§"},"resource":{"type":"§","id":"§"}}`},
	{"POST", "/access/v1/search/subject", `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"doc","id":"§"},"page":{"limit":#}}`},
	// Descope
	{"POST", "/v1/mgmt/user/create", `{"loginId":"§","name":"§","customAttributes":{"§":"§"}}`},
	{"GET", "/v1/mgmt/user?loginId=§", ""},
	{"POST", "/v2/mgmt/user/search", `{"text":"§","loginIds":["§"],"customAttributes":{"§":"§"}}`},
	{"POST", "/v2/mgmt/user/search", `{"limit":#,"page":#}`},
	{"POST", "/v2/mgmt/user/search", `{"fromCreatedTime":#,"toCreatedTime":#,"fromModifiedTime":#}`},
	{"POST", "/v1/mgmt/audit/search", `{"from":#,"to":#,"text":"§","userIds":["§"],"size":#,"page":#}`},
	{"POST", "/v1/mgmt/audit/event", `{"userId":"§","action":"§","type":"info","actorId":"§","tenantId":"acme","data":{"§":"§"}}`},
	{"POST", "/v1/mgmt/accesskey/create", `{"name":"§","expireTime":#}`},
	{"POST", "/v1/mgmt/tenant/create", `{"name":"§","id":"§","selfProvisioningDomains":["§"]}`},
	{"POST", "/v1/mgmt/role/search", `{"roleNames":["§"],"roleNameLike":"§","tenantIds":["§"]}`},
	{"POST", "/v1/auth/password/signin", `{"loginId":"§","password":"§"}`},
	{"POST", "/v1/auth/password/signup", `{"loginId":"§@example.com","password":"correct horse battery","user":{"name":"§"}}`},
	// Auth0
	{"GET", "/api/v2/users?q=§", ""},
	{"GET", "/api/v2/users?q=name:§*&sort=§:1", ""},
	{"GET", "/api/v2/users?page=#&per_page=#", ""},
	{"GET", "/api/v2/users?q=created_at:[# TO #]", ""},
	{"GET", "/api/v2/users-by-email?email=§", ""},
	{"GET", "/api/v2/roles?name_filter=§", ""},
	{"GET", "/api/v2/logs?q=§&from=§&take=#", ""},
	{"POST", "/api/v2/roles", `{"name":"§","description":"§"}`},
	{"POST", "/api/v2/users", `{"connection":"Username-Password-Authentication","email":"§@example.com","password":"Correct-horse-7","user_id":"§","user_metadata":{"§":"§"}}`},
	{"POST", "/api/v2/organizations", `{"name":"§","display_name":"§","metadata":{"§":"§"}}`},
	{"POST", "/api/v2/clients", `{"name":"§","callbacks":["https://example.com/§"],"app_type":"spa"}`},
	{"POST", "/api/v2/resource-servers", `{"identifier":"§","name":"§","token_lifetime":#}`},
	// OpenID Connect
	{"GET", "/authorize?client_id=§&redirect_uri=§&response_type=code&state=§&nonce=§&scope=§", ""},
	{"GET", "/authorize?client_id=app&redirect_uri=https://app.example.com/cb&response_type=code&state=§&nonce=§&code_challenge=§&login_hint=§&audience=§", ""},
	{"GET", "/authorize?client_id=app&redirect_uri=https://app.example.com/cb&response_type=code&max_age=#&organization=§", ""},
	{"POST", "/oauth/token", `grant_type=password&username=§&password=§&client_id=§`},
	{"POST", "/oauth/token", `grant_type=authorization_code&code=§&client_id=app&redirect_uri=§`},
	{"POST", "/oauth/token", `grant_type=refresh_token&refresh_token=§&client_id=app`},
	{"POST", "/oauth/revoke", `token=§&client_id=app`},
	{"GET", "/v2/logout?client_id=§&returnTo=§", ""},
	{"POST", "/dbconnections/signup", `{"client_id":"app","email":"§@example.com","password":"Correct-horse-7","connection":"Username-Password-Authentication","name":"§","user_metadata":{"§":"§"}}`},
	{"POST", "/dbconnections/change_password", `{"client_id":"app","email":"§","connection":"Username-Password-Authentication"}`},
	// the same in headers
	{"POST", "/api/v1/check?in-headers", `{"subject":"ann","permission":"read"}`},
	{"PATCH", "/api/v1/users/ann?in-headers", `{"name":"§"}`},
	{"POST", "/api/v1/token?in-headers", `{"login":"somebody§","password":"x"}`},
	{"POST", "/v1/auth/password/signin?in-headers", `{"loginId":"somebody§","password":"x"}`},
	{"POST", "/oauth/token?in-headers", `grant_type=password&username=somebody§&password=x&client_id=app`},
	{"GET", "/authorize?in-headers&client_id=app&redirect_uri=https://app.example.com/cb&response_type=code", ""},
	// console, before signing in
	{"GET", "/console/?q=§&page=#", ""},
}

// fill puts an awkward text and number into a part of a request: escaped as an
// address or a form is, or as JSON, in which bytes that are no UTF-8 stay.
func fill(part, text, number string, asJSON bool) string {
	if asJSON {
		escaped, _ := json.Marshal(text)
		text = string(escaped[1 : len(escaped)-1])
		if !utf8.ValidString(text) || strings.Contains(text, `\ufffd`) {
			text = "\xff"
		}
	} else {
		text = url.QueryEscape(text)
	}
	return strings.NewReplacer("§", text, "#", number).Replace(part)
}

// Whatever a request says, a project in PostgreSQL answers as one in a data file
// does, and neither breaks.
func TestBothStoresAnswerAlike(t *testing.T) {
	if testing.Short() {
		t.Skip("two thousand requests")
	}
	type project struct {
		*Server
		key, token string // of an owner, and for Auth0's Management API
	}
	open := func(c Config) project {
		c.Dev = true
		s := start(t, c)
		ctx, setup := context.Background(), rolecall.System("test")
		if _, err := s.Rolecall.Write(ctx, setup,
			rolecall.Create(&rolecall.Permission{ID: "read", Name: "read"}),
			rolecall.Create(&rolecall.Role{ID: "reader", Name: "Reader"}),
			rolecall.Create(&rolecall.Grant{Role: "reader", Permission: "read"}),
			rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
			rolecall.Create(&rolecall.User{ID: "ann", Name: "Ann", Email: "ann@example.com"}),
			rolecall.Create(&rolecall.Client{ID: "app", Name: "App", OAuth: rolecall.OAuth{
				Type: rolecall.NativeApplication, GrantTypes: []rolecall.GrantType{rolecall.GrantCode, rolecall.GrantPassword, rolecall.GrantRefresh},
				RedirectURIs: []string{"https://app.example.com/cb"},
			}}),
		); err != nil {
			t.Fatal(err)
		}
		made, err := s.Identity.CreateKey(ctx, setup, identity.NewKey{Name: "owner", Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}}})
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"grant_type": {"client_credentials"}, "audience": {auth0.Audience(s.URL())},
			"client_id": {string(s.Dev.ManagementClientID)}, "client_secret": {s.Dev.ManagementClientSecret}}
		r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var got struct {
			Token string `json:"access_token"`
		}
		if json.Unmarshal(w.Body.Bytes(), &got); got.Token == "" {
			t.Fatal(w.Body)
		}
		return project{s, made.Secret, got.Token}
	}
	file, base := open(Config{}), open(Config{Store: pgtest.Source(t)})

	asked, rotate := 0, 5
	send := func(s project, p probe, text, number string) (int, string) {
		path, query, _ := strings.Cut(p.path, "?")
		path = strings.ReplaceAll(path, "§", url.PathEscape(text))
		inHeaders := query == "in-headers"
		if query = strings.TrimPrefix(query, "in-headers&"); query != "" && !inHeaders {
			path += "?" + strings.ReplaceAll(fill(query, text, number, false), " ", "+")
		}
		isJSON := strings.HasPrefix(p.body, "{")
		r := httptest.NewRequest(p.method, path, strings.NewReader(fill(p.body, text, number, isJSON)))
		r.Header.Set("Content-Type", map[bool]string{true: "application/json", false: "application/x-www-form-urlencoded"}[isJSON])
		if inHeaders || strings.Contains(p.path, "?in-headers&") {
			r.Header.Set("User-Agent", text)
			r.Header.Set("X-Request-ID", text)
			r.Header.Set("Idempotency-Key", text)
			r.Header.Set("Rolecall-Reason", text)
			r.Header.Set("Referer", text)
			r.Header.Set("Accept-Language", text)
		}
		switch {
		case strings.HasPrefix(p.path, "/v1/auth/"):
			r.Header.Set("Authorization", "Bearer "+s.Rolecall.Project())
		case strings.HasPrefix(p.path, "/v1/"), strings.HasPrefix(p.path, "/v2/mgmt"):
			r.Header.Set("Authorization", "Bearer "+s.Rolecall.Project()+":"+s.key)
		case strings.HasPrefix(p.path, "/api/v2/"):
			r.Header.Set("Authorization", "Bearer "+s.token)
		case strings.HasPrefix(p.path, "/a"):
			r.Header.Set("Authorization", "Bearer "+s.key)
		}
		r.RemoteAddr = fmt.Sprintf("10.%d.%d.1:1", asked/250, asked%250) // nobody asks so often that it matters when
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		body := strings.ReplaceAll(w.Body.String(), s.Rolecall.Project(), "(project)")
		if strings.Contains(p.path, "per_page") || strings.Contains(p.body, `"limit":#`) {
			body = "" // which of many are on a page, depends on ids
		}
		parts := strings.FieldsFunc(passing.ReplaceAllString(body, "*"), func(r rune) bool { return strings.ContainsRune("{}[],\n", r) })
		slices.Sort(parts) // and so does their order
		return w.Code, strings.Join(parts, " ")
	}
	for _, p := range probes {
		texts, numbers := awkwardTexts, awkwardNumbers
		if !strings.Contains(p.path+p.body, "§") && !strings.Contains(p.path, "?in-headers") {
			texts = []string{"plain"}
		}
		if !strings.Contains(p.path+p.body, "#") {
			numbers = []string{"7"}
		}
		if strings.Contains(p.body, "password") { // each costs a hash
			texts = append([]string{awkwardTexts[rotate%len(awkwardTexts)]}, awkwardTexts[:5]...)
			rotate += 7
		}
		for i := range max(len(texts), len(numbers)) {
			text, number := texts[i%len(texts)], numbers[i%len(numbers)]
			asked++
			status, body := send(file, p, text, number)
			other, otherBody := send(base, p, text, number)
			if status >= 500 || other >= 500 || status != other || body != otherBody {
				t.Errorf("%s %s %s with %.20q and %s:\n  data file  %d %.300s\n  PostgreSQL %d %.300s", p.method, p.path, p.body, text, number, status, body, other, otherBody)
			}
		}
	}
}
