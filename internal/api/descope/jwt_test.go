package descope

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

var update = flag.Bool("update", false, "rewrite golden files")

// parts returns the header and the claims of a token, as indented JSON.
func parts(t testing.TB, raw any) (header, claims map[string]any) {
	t.Helper()
	pieces := strings.Split(fmt.Sprint(raw), ".")
	if len(pieces) != 3 {
		t.Fatalf("%v is no token", raw)
	}
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(pieces[i])
		if err != nil || json.Unmarshal(text, into) != nil {
			t.Fatalf("%v is no token", raw)
		}
	}
	return header, claims
}

// What SDKs read in a token, byte for byte but for what is random.
func TestClaims(t *testing.T) {
	s := newServer(t)
	s.town(t)
	project := s.rc.Project()
	signedIn := s.signIn(t, `{"customClaims":{"plan":"gold","seats":[1,{"a":null}],"roles":["Owner"],"sub":"root"}}`)
	refresh := fmt.Sprint(signedIn["refreshJwt"])
	selected := s.do(t, "POST", "/v1/auth/tenant/select", `{"tenant":"acme"}`, project, refresh)
	refreshed := s.do(t, "POST", "/v1/auth/refresh", "", project, refresh)
	bob := s.do(t, "POST", "/v1/auth/password/signin", `{"loginId":"bob","password":"battery staple"}`, project)
	as := s.do(t, "POST", "/v1/mgmt/auth/signin", `{"loginId":"bob","customClaims":{"by":"app"}}`)
	key := s.do(t, "POST", "/v1/mgmt/accesskey/create",
		`{"name":"robot","roleNames":["Reader"],"keyTenants":[{"tenantId":"acme","roleNames":["Publisher"]}],"customClaims":{"team":"ops"}}`)
	exchange := s.do(t, "POST", "/v1/auth/accesskey/exchange",
		`{"loginOptions":{"customClaims":{"job":7},"selectedTenant":"acme"}}`, project, fmt.Sprint(key["cleartext"]))
	updated := s.do(t, "POST", "/v1/mgmt/jwt/update",
		fmt.Sprintf(`{"jwt":%q,"customClaims":{"plan":"iron","new":true},"refreshDuration":120}`, signedIn["sessionJwt"]))
	updatedKey := s.do(t, "POST", "/v1/mgmt/jwt/update", fmt.Sprintf(`{"jwt":%q,"customClaims":{"new":true}}`, exchange["sessionJwt"]))

	for name, raw := range map[string]any{
		"session": signedIn["sessionJwt"], "refresh": signedIn["refreshJwt"],
		"selected_session": selected["sessionJwt"], "selected_refresh": selected["refreshJwt"], "refreshed_session": refreshed["sessionJwt"],
		"nothing_held": bob["sessionJwt"], "signed_in_by_management": as["sessionJwt"],
		"access_key": exchange["sessionJwt"], "updated": updated["jwt"], "updated_access_key": updatedKey["jwt"],
	} {
		header, claims := parts(t, raw)
		if header["alg"] != "RS256" || header["typ"] != "JWT" || header["kid"] == "" || len(header) != 3 {
			t.Errorf("%s: the header is %v", name, header)
		}
		for _, random := range []string{"sub", "jti", "sid"} {
			if claims[random] != nil {
				claims[random] = "(" + random + ")"
			}
		}
		for _, is := range []string{"iss", "aud"} {
			if claims[is] != project {
				t.Errorf("%s: %s is %v, want the project id", name, is, claims[is])
			}
			claims[is] = "(project)"
		}
		got, _ := json.MarshalIndent(claims, "", "  ")
		got = append(got, '\n')
		file := filepath.Join("testdata", "claims", name+".json")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(string(want), string(got)))
		}
	}
}

func TestTokensAreVerifiedByThePublishedKeys(t *testing.T) {
	s := newServer(t)
	s.town(t)
	if _, err := s.id.CreateKey(t.Context(), rolecall.System("test"), identity.NewKey{Name: "any"}); err != nil {
		t.Fatal(err)
	}
	header, _ := parts(t, s.signIn(t, "{}")["sessionJwt"])
	for _, bearer := range []string{"", "Bearer " + s.rc.Project()} { // SDKs send the project id, and it is public
		r := s.Send(t, "GET", "/v2/keys/"+s.rc.Project(), "", "Authorization", bearer)
		var set struct{ Keys []map[string]string }
		if err := json.Unmarshal([]byte(r.Body), &set); err != nil || r.Status != http.StatusOK || len(set.Keys) != 1 {
			t.Fatalf("%d %s, %v, want one key", r.Status, r.Body, err)
		}
		got := set.Keys[0]
		if got["kid"] != header["kid"] || got["kty"] != "RSA" || got["alg"] != "RS256" || got["use"] != "sig" || got["e"] != "AQAB" || len(got["n"]) < 342 || len(got) != 6 {
			t.Errorf("the key is %v, the token's kid %v", got, header["kid"])
		}
	}
	if status, code, _ := s.call(t, "GET", "/v2/keys/Pother", "", "Pother"); status != http.StatusNotFound || code != noRoute.code {
		t.Errorf("another project's keys: %d %s, want not found", status, code)
	}
}

func TestASessionEndsWithWhatItSays(t *testing.T) {
	s := newServer(t)
	s.town(t)
	alice := s.do(t, "GET", "/v1/mgmt/user?loginId=alice@example.com", "")["user"].(map[string]any)["userId"]
	end := s.clock.Now().Add(90 * time.Second)
	if _, err := s.rc.AssignRoles(t.Context(), rolecall.System("test"), rolecall.Assignment{
		Subject: rolecall.SubjectID(alice.(string)), Role: rolecall.RoleAuditor, Validity: rolecall.Validity{ExpiresAt: end},
	}); err != nil {
		t.Fatal(err)
	}
	signedIn := s.signIn(t, "{}")
	for claim, want := range map[string]time.Time{"sessionJwt": end, "refreshJwt": s.clock.Now().Add(identity.LoginLifetime)} {
		if _, claims := parts(t, signedIn[claim]); claims["exp"] != float64(want.Unix()) {
			t.Errorf("%s: exp is %v, want %d", claim, claims["exp"], want.Unix())
		}
	}
	s.clock.Move(90 * time.Second)
	_, claims := parts(t, s.do(t, "POST", "/v1/auth/refresh", "", s.rc.Project(), fmt.Sprint(signedIn["refreshJwt"]))["sessionJwt"])
	if d := cmp.Diff([]any{"Reader"}, claims["roles"]); d != "" {
		t.Errorf("afterwards (-want +got):\n%s", d)
	}
}

// A token names every tenant of its user, and must still fit into a header.
func TestAUserInManyTenantsHasTokens(t *testing.T) {
	s := newServer(t)
	s.town(t)
	for _, tenants := range []int{1, 10, 200} {
		reply := s.memberOf(t, tenants)
		refresh := fmt.Sprint(reply["refreshJwt"])
		_, claims := parts(t, s.do(t, "POST", "/v1/auth/refresh", "", s.rc.Project(), refresh, s.key)["sessionJwt"])
		if got := len(claims["tenants"].(map[string]any)); got != tenants {
			t.Errorf("the token names %d tenants, want %d", got, tenants)
		}
		t.Logf("in %d tenants, with a role of two permissions in each: %d bytes", tenants, len(refresh))
	}
}

// An updated token lasts no longer than what it belongs to, and there is none of
// what has ended.
func TestAnUpdatedTokenEndsWithItsLoginOrKey(t *testing.T) {
	s := newServer(t)
	s.town(t)
	project, start := s.rc.Project(), s.clock.Now()
	key := s.do(t, "POST", "/v1/mgmt/accesskey/create", fmt.Sprintf(`{"name":"robot","expireTime":%d}`, start.Add(time.Minute).Unix()))
	exchange := s.do(t, "POST", "/v1/auth/accesskey/exchange", "", project, fmt.Sprint(key["cleartext"]))
	login := s.do(t, "POST", "/v1/mgmt/auth/signin", `{"loginId":"bob","refreshDuration":300}`)

	update := func(raw any) (int, string, map[string]any) {
		return s.call(t, "POST", "/v1/mgmt/jwt/update", fmt.Sprintf(`{"jwt":%q,"refreshDuration":3600}`, raw), project, s.key)
	}
	for _, tt := range []struct {
		name  string
		token any
		lasts time.Duration
		ends  [2]string // a call that ends what the token belongs to
		code  string
	}{
		{"a key's", exchange["sessionJwt"], time.Minute,
			[2]string{"accesskey/deactivate", fmt.Sprintf(`{"id":%q}`, key["key"].(map[string]any)["id"])}, "E011401"},
		{"a session's", login["sessionJwt"], 5 * time.Minute, [2]string{"user/logout", `{"loginId":"bob"}`}, "E064001"},
		{"a login's", login["refreshJwt"], 5 * time.Minute, [2]string{"user/logout", `{"loginId":"bob"}`}, "E064001"},
	} {
		if tt.name == "a login's" { // the session's ended it
			login = s.do(t, "POST", "/v1/mgmt/auth/signin", `{"loginId":"bob","refreshDuration":300}`)
			tt.token = login["refreshJwt"]
		}
		_, before := parts(t, tt.token)
		if got := time.Unix(int64(before["exp"].(float64)), 0).Sub(start); got > tt.lasts {
			t.Errorf("%s token lasts %s, want at most %s", tt.name, got, tt.lasts)
		}
		status, _, reply := update(tt.token)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %v", tt.name, status, reply)
		}
		if _, claims := parts(t, reply["jwt"]); claims["exp"] != float64(start.Add(tt.lasts).Unix()) {
			t.Errorf("%s: exp is %v after the update, want %d", tt.name, claims["exp"], start.Add(tt.lasts).Unix())
		}
		s.do(t, "POST", "/v1/mgmt/"+tt.ends[0], tt.ends[1])
		if status, code, _ := update(tt.token); status != http.StatusUnauthorized || code != tt.code {
			t.Errorf("%s, when it has ended: %d %s, want 401 %s", tt.name, status, code, tt.code)
		}
	}
}
