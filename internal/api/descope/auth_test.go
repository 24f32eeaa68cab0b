package descope

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// call makes a request with the parts of a bearer, and returns the answer's
// status, its errorCode and its members.
func (s *server) call(t testing.TB, method, path, body string, bearer ...string) (status int, code string, reply map[string]any) {
	t.Helper()
	r := s.Send(t, method, path, body, "Authorization", "Bearer "+strings.Join(bearer, ":"))
	if err := json.Unmarshal([]byte(r.Body), &reply); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, r.Body, err)
	}
	code, _ = reply["errorCode"].(string)
	return r.Status, code, reply
}

// do makes a call that must succeed.
func (s *server) do(t testing.TB, method, path, body string, bearer ...string) map[string]any {
	t.Helper()
	if len(bearer) == 0 {
		bearer = []string{s.rc.Project(), s.key}
	}
	status, _, reply := s.call(t, method, path, body, bearer...)
	if status != http.StatusOK {
		t.Fatalf("%s %s = %d %v", method, path, status, reply)
	}
	return reply
}

// town makes a user, alice, with a role everywhere, roles in the tenant acme, and
// nothing in the tenant globex that she belongs to.
func (s *server) town(t testing.TB) {
	t.Helper()
	for _, call := range [][2]string{
		{"permission/create/batch", `{"permissions":[{"name":"Read"},{"name":"Edit"},{"name":"Publish"}]}`},
		{"role/create", `{"name":"Reader","permissionNames":["Read"]}`},
		{"role/create", `{"name":"Editor","permissionNames":["Read","Edit"]}`},
		{"tenant/create", `{"id":"acme","name":"Acme"}`},
		{"tenant/create", `{"id":"globex","name":"Globex"}`},
		{"role/create", `{"name":"Publisher","tenantId":"acme","permissionNames":["Publish"]}`},
		{"user/create", `{"loginId":"alice@example.com","roleNames":["Reader"],"userTenants":[{"tenantId":"acme","roleNames":["Editor","Publisher"]},{"tenantId":"globex"}]}`},
		{"user/create", `{"loginId":"bob"}`},
		{"user/password/set/active", `{"loginId":"alice@example.com","password":"correct horse"}`},
		{"user/password/set/active", `{"loginId":"bob","password":"battery staple"}`},
	} {
		s.do(t, "POST", "/v1/mgmt/"+call[0], call[1])
	}
}

func (s *server) signIn(t testing.TB, options string) map[string]any {
	t.Helper()
	return s.do(t, "POST", "/v1/auth/password/signin",
		`{"loginId":"alice@example.com","password":"correct horse","loginOptions":`+options+`}`, s.rc.Project())
}

func TestRefreshingReadsRolesAnew(t *testing.T) {
	s := newServer(t)
	s.town(t)
	refresh := fmt.Sprint(s.signIn(t, "{}")["refreshJwt"])
	session := func() map[string]any {
		_, claims := parts(t, s.do(t, "POST", "/v1/auth/refresh", "", s.rc.Project(), refresh)["sessionJwt"])
		return claims
	}
	in := func(names ...any) map[string]any { return map[string]any{"roles": names[:1], "permissions": names[1:]} }
	for _, step := range []struct {
		name, path, body string
		claim            string
		want             any
	}{
		{"a role", "/v2/mgmt/user/update/role/add", `{"loginId":"alice@example.com","roleNames":["Editor"]}`, "roles", []any{"Editor", "Reader"}},
		{"and what it gives", "/v1/mgmt/permission/create", `{"name":"x"}`, "permissions", []any{"Edit", "Read"}},
		{"a role less", "/v1/mgmt/user/update/role/remove", `{"loginId":"alice@example.com","roleNames":["Editor","Reader"]}`, "roles", nil},
		{"in a tenant", "/v1/mgmt/user/update/role/set", `{"loginId":"alice@example.com","tenantId":"acme","roleNames":["Publisher"]}`,
			"tenants", map[string]any{"acme": in("Publisher", "Publish"), "globex": map[string]any{"roles": []any{}, "permissions": []any{}}}},
		{"a tenant less", "/v1/mgmt/user/update/tenant/remove", `{"loginId":"alice@example.com","tenantId":"globex"}`,
			"tenants", map[string]any{"acme": in("Publisher", "Publish")}},
		{"a new name", "/v1/mgmt/role/update", `{"name":"Publisher","newName":"Printer","tenantId":"acme","permissionNames":["Publish"]}`,
			"tenants", map[string]any{"acme": in("Printer", "Publish")}},
		{"no tenant", "/v1/mgmt/tenant/delete", `{"id":"acme"}`, "tenants", map[string]any{}},
	} {
		s.do(t, "POST", step.path, step.body)
		if d := cmp.Diff(step.want, session()[step.claim]); d != "" {
			t.Errorf("%s: %s (-want +got):\n%s", step.name, step.claim, d)
		}
	}
}

func TestATenantThatWasLeftIsSelectedNoLonger(t *testing.T) {
	s := newServer(t)
	s.town(t)
	refresh := fmt.Sprint(s.signIn(t, "{}")["refreshJwt"])
	s.do(t, "POST", "/v1/auth/tenant/select", `{"tenant":"globex"}`, s.rc.Project(), refresh)
	s.do(t, "POST", "/v1/mgmt/user/update/tenant/remove", `{"loginId":"alice@example.com","tenantId":"globex"}`)
	_, claims := parts(t, s.do(t, "POST", "/v1/auth/refresh", "", s.rc.Project(), refresh)["sessionJwt"])
	if claims["dct"] != nil {
		t.Errorf("dct is %v, want none", claims["dct"])
	}
}

// Each secret opens what it is for, and nothing else.
func TestNoSecretIsAnother(t *testing.T) {
	s := newServer(t)
	s.town(t)
	signedIn := s.signIn(t, "{}")
	weak := s.newKey(t, "key_weak")
	secrets := map[string]string{
		"session": fmt.Sprint(signedIn["sessionJwt"]), "refresh": fmt.Sprint(signedIn["refreshJwt"]), "key": s.key, "weak key": weak,
		"native token": nativeToken(t, s), "text": "anything", "nothing": "",
	}
	for _, tt := range []struct {
		method, path, body string
		opens              string
		also               map[string]int // statuses of others, 401 if not said
	}{
		{"POST", "/v1/auth/refresh", "", "refresh", nil},
		{"GET", "/v1/auth/me", "", "refresh", nil},
		{"POST", "/v1/auth/me/tenants", "{}", "refresh", nil},
		{"POST", "/v1/auth/tenant/select", `{"tenant":"acme"}`, "refresh", nil},
		{"POST", "/v1/auth/accesskey/exchange", "{}", "key", map[string]int{"weak key": 200}},
		{"GET", "/v1/mgmt/role/all", "", "key", map[string]int{"weak key": 403}},
		{"POST", "/v1/mgmt/user/logout", `{"loginId":"bob"}`, "key", map[string]int{"weak key": 403}},
		{"POST", "/v1/mgmt/auth/signin", `{"loginId":"bob"}`, "key", map[string]int{"weak key": 403}},
		{"POST", "/v1/mgmt/jwt/update", fmt.Sprintf(`{"jwt":%q}`, secrets["session"]), "key", map[string]int{"weak key": 403}},
		{"POST", "/v1/mgmt/user/password/set/active", `{"loginId":"bob","password":"battery staple"}`, "key", map[string]int{"weak key": 403}},
		{"POST", "/v1/mgmt/user/password/expire", `{"loginId":"bob"}`, "key", map[string]int{"weak key": 403}},
		{"POST", "/v1/auth/logout", "", "refresh", nil},
	} {
		for name, secret := range secrets {
			want := http.StatusUnauthorized
			if name == tt.opens {
				continue
			} else if other, ok := tt.also[name]; ok {
				want = other
			}
			if status, code, _ := s.call(t, tt.method, tt.path, tt.body, s.rc.Project(), secret); status != want {
				t.Errorf("%s %s with %s = %d %s, want %d", tt.method, tt.path, name, status, code, want)
			}
		}
		if status, code, _ := s.call(t, tt.method, tt.path, tt.body, s.rc.Project(), secrets[tt.opens]); status != http.StatusOK {
			t.Errorf("%s %s with %s = %d %s, want 200", tt.method, tt.path, tt.opens, status, code)
		}
	}
}

func TestAKeyMaySignInOnlyThoseItCouldActAs(t *testing.T) {
	s := newServer(t)
	s.town(t)
	admin := s.newKey(t, "key_admin", rolecall.RoleAdministrator)
	if _, _, err := s.id.CreateUser(t.Context(), rolecall.System("test"), identity.NewUser{
		User: rolecall.User{ID: "root", Email: "root@example.com"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
	}); err != nil {
		t.Fatal(err)
	}
	for login, want := range map[string]int{"bob": 200, "root@example.com": 403} {
		status, code, _ := s.call(t, "POST", "/v1/mgmt/auth/signin", fmt.Sprintf(`{"loginId":%q}`, login), s.rc.Project(), admin)
		if status != want {
			t.Errorf("%s: %d %s, want %d", login, status, code, want)
		}
	}
}

// A key of a user's own is not that user: it makes no key and no login that
// would outlive it, and sets no password.
func TestAUsersKeyMakesNothingThatOutlivesIt(t *testing.T) {
	s := newServer(t)
	s.town(t)
	bob := s.do(t, "GET", "/v1/mgmt/user?loginId=bob", "")["user"].(map[string]any)["userId"]
	s.do(t, "POST", "/v1/mgmt/user/update/role/set", `{"loginId":"bob","roleNames":["Auditor"]}`) // who sees users
	key := fmt.Sprint(s.do(t, "POST", "/v1/mgmt/accesskey/create", fmt.Sprintf(`{"name":"bob's","userId":%q}`, bob))["cleartext"])
	before := s.rc.Revision()
	for path, body := range map[string]string{
		"accesskey/create":         fmt.Sprintf(`{"name":"another","userId":%q}`, bob),
		"auth/signin":              `{"loginId":"bob"}`,
		"user/password/set/active": `{"loginId":"bob","password":"correct horse"}`,
	} {
		if status, code, _ := s.call(t, "POST", "/v1/mgmt/"+path, body, s.rc.Project(), key); status != 403 || code != "E011403" {
			t.Errorf("%s = %d %s, want 403 E011403", path, status, code)
		}
	}
	if s.rc.Revision() != before {
		t.Error("something was written")
	}
}

func TestSignInIsSlowedDown(t *testing.T) {
	s := newServer(t)
	s.town(t)
	sign := func(password string) (int, string, http.Header) {
		r := s.Send(t, "POST", "/v1/auth/password/signin", fmt.Sprintf(`{"loginId":"alice@example.com","password":%q}`, password),
			"Authorization", "Bearer "+s.rc.Project())
		var e errorBody
		json.Unmarshal([]byte(r.Body), &e)
		return r.Status, e.Code, r.Header
	}
	for n := range identity.DefaultLimits.Login.Burst {
		if status, code, _ := sign("wrong"); status != 401 {
			t.Fatalf("attempt %d: %d %s", n, status, code)
		}
	}
	for _, password := range []string{"wrong", "correct horse"} {
		status, code, header := sign(password)
		if status != 429 || code != "E130429" || header.Get("Retry-After") != "30" {
			t.Errorf("%d %s, Retry-After %q, want 429 E130429 and 30", status, code, header.Get("Retry-After"))
		}
	}
	s.clock.Move(30 * time.Second)
	if status, code, _ := sign("correct horse"); status != 200 {
		t.Errorf("later: %d %s, want 200", status, code)
	}
}

func TestAKeyCountsFromItsAddressesOnly(t *testing.T) {
	s := newServer(t)
	s.town(t)
	for addresses, want := range map[string]int{`["127.0.0.1"]`: 200, `["127.0.0.0/8"]`: 200, `["192.0.2.1"]`: 401, `[]`: 200} {
		key := s.do(t, "POST", "/v1/mgmt/accesskey/create", `{"name":"robot","permittedIps":`+addresses+`}`)["cleartext"]
		if status, code, _ := s.call(t, "POST", "/v1/auth/accesskey/exchange", "", s.rc.Project(), fmt.Sprint(key)); status != want {
			t.Errorf("%s: exchange = %d %s, want %d", addresses, status, code, want)
		}
		if want == 200 {
			want = 403 // it holds nothing
		}
		if status, code, _ := s.call(t, "GET", "/v1/mgmt/role/all", "", s.rc.Project(), fmt.Sprint(key)); status != want {
			t.Errorf("%s: management = %d %s, want %d", addresses, status, code, want)
		}
	}
}

func TestAKeyAddsNoClaimOfOurs(t *testing.T) {
	s := newServer(t)
	key := s.do(t, "POST", "/v1/mgmt/accesskey/create", `{"name":"robot"}`)["key"].(map[string]any)
	for path, body := range map[string]string{
		"create": `{"name":"another","customClaims":{"roles":["Owner"]}}`,
		"update": fmt.Sprintf(`{"id":%q,"name":"robot","customClaims":{"dsub":"root"}}`, key["id"]),
	} {
		if status, code, _ := s.call(t, "POST", "/v1/mgmt/accesskey/"+path, body, s.rc.Project(), s.key); status != 400 || code != "E011004" {
			t.Errorf("%s: %d %s, want 400 E011004", path, status, code)
		}
	}
}

func TestASignUpThatFailsLeavesNoUser(t *testing.T) {
	s := newServer(t)
	var roles []string // more than a token takes, and every new user gets them
	for n := range 400 {
		roles = append(roles, fmt.Sprintf(`{"name":"%s %d","default":true}`, strings.Repeat("a", 150), n))
	}
	s.do(t, "POST", "/v1/mgmt/role/create/batch", `{"roles":[`+strings.Join(roles, ",")+`]}`)
	body := `{"loginId":"carol","password":"correct horse"}`
	if status, code, _ := s.call(t, "POST", "/v1/auth/password/signup", body, s.rc.Project()); status != 400 || code != "E011003" {
		t.Fatalf("%d %s, want 400 E011003", status, code)
	}
	if status, code, _ := s.call(t, "GET", "/v1/mgmt/user?loginId=carol", "", s.rc.Project(), s.key); status != 404 || code != "E112102" {
		t.Errorf("afterwards: %d %s, want no such user", status, code)
	}
	s.do(t, "POST", "/v1/mgmt/role/delete/batch", `{"roleIds":`+roleIDs(t, s)+`}`)
	if reply := s.do(t, "POST", "/v1/auth/password/signup", body, s.rc.Project()); reply["firstSeen"] != true {
		t.Errorf("again: %v", reply)
	}
}

// roleIDs returns the ids of the roles that new users get, as JSON.
func roleIDs(t testing.TB, s *server) string {
	t.Helper()
	var ids []string
	for _, r := range s.do(t, "GET", "/v1/mgmt/role/all", "")["roles"].([]any) {
		if role := r.(map[string]any); role["default"] == true {
			ids = append(ids, fmt.Sprint(role["id"]))
		}
	}
	text, err := json.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAUserIDComesBeforeALoginID(t *testing.T) {
	s := newServer(t)
	s.town(t)
	carol := s.do(t, "POST", "/v1/auth/password/signup", `{"loginId":"MALLORY@example.com","password":"correct horse"}`, s.rc.Project())
	if _, _, err := s.id.CreateUser(t.Context(), rolecall.System("test"), identity.NewUser{User: rolecall.User{ID: "Mallory@example.com"}}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]any{
		"Mallory@example.com": "Mallory@example.com", "mallory@example.com": carol["user"].(map[string]any)["userId"],
	} {
		got := s.do(t, "POST", "/v2/mgmt/user/update/role/add", fmt.Sprintf(`{"loginId":%q,"roleNames":["Reader"]}`, id))
		if got := got["user"].(map[string]any)["userId"]; got != want {
			t.Errorf("%s is %v, want %v", id, got, want)
		}
	}
}

// Closing the first connection to those who sign up closes it at this door too.
func TestSignUpIsClosedAndBoundedAsElsewhere(t *testing.T) {
	s := newServer(t)
	sign := func(id string) (int, string) {
		status, code, _ := s.call(t, "POST", "/v1/auth/password/signup", `{"loginId":"`+id+`","password":"correct horse"}`, s.rc.Project())
		return status, code
	}
	for range 5 {
		sign("carol")
	}
	if status, code := sign("carol"); status != 429 || code != "E130429" {
		t.Errorf("the sixth try for one login id: %d %s, want 429 E130429", status, code)
	}
	if _, err := s.rc.Write(t.Context(), rolecall.System("test"), identity.SaveConnection(identity.Connection{
		ID: identity.FirstConnectionID, Name: identity.FirstConnectionName, Strategy: identity.PasswordStrategy, AllClients: true, DisableSignup: true,
	})); err != nil {
		t.Fatal(err)
	}
	before := s.rc.Revision()
	if status, code := sign("dave"); status != 403 || code != "E011403" || s.rc.Revision() != before {
		t.Errorf("closed: %d %s, want 403 E011403 and nothing changed", status, code)
	}
}
