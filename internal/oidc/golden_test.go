package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Each token of testdata/tokens is what the vendor's own would say in the same
// case: contract of the profile, claim by claim.
func TestGoldenTokens(t *testing.T) {
	rules := func(change func(*rolecall.TokenRules)) func(*world) {
		return func(w *world) {
			w.write(rolecall.Modify(&rolecall.API{ID: "api"}, func(a *rolecall.API) error {
				change(&a.Tokens)
				return nil
			}))
		}
	}
	member := func(w *world) {
		w.write(rolecall.Create(&rolecall.Membership{Tenant: "org_acme", Subject: "machine"}))
	}
	profile9068 := rules(func(r *rolecall.TokenRules) { r.Profile = rolecall.ProfileRFC9068 })
	for _, tt := range []struct {
		name  string
		set   func(*world)
		get   func(*world) answer
		which string // of the answer
	}{
		{"user", nil, func(w *world) answer { return w.signIn("maya@example.com") }, "access_token"},
		{"user_without_openid", nil, func(w *world) answer { return w.signIn("maya@example.com", "scope", "read:messages nonsense") }, "access_token"},
		{"user_who_asks_for_nothing", nil, func(w *world) answer { return w.signIn("maya@example.com", "scope", "") }, "access_token"},
		{"user_who_holds_nothing", nil, func(w *world) answer { return w.signIn("noah@example.com") }, "access_token"},
		{"user_in_organization", nil, func(w *world) answer { return w.signIn("maya@example.com", "organization", "org_acme") }, "access_token"},
		{"user_not_enforced", rules(func(r *rolecall.TokenRules) { r.Enforce, r.Permissions = false, false }), func(w *world) answer { return w.signIn("noah@example.com") }, "access_token"},
		{"user_enforced_without_permissions", rules(func(r *rolecall.TokenRules) { r.Permissions = false }), func(w *world) answer { return w.signIn("maya@example.com") }, "access_token"},
		{"user_rfc9068", profile9068, func(w *world) answer { return w.signIn("maya@example.com") }, "access_token"},
		{"user_short_lived", rules(func(r *rolecall.TokenRules) { r.Lifetime = 300 }), func(w *world) answer { return w.signIn("maya@example.com") }, "access_token"},
		{"user_refreshed", nil, func(w *world) answer { return w.refresh(w.signIn("maya@example.com").text("refresh_token")) }, "access_token"},
		{"user_by_password", nil, func(w *world) answer { return w.passwordGrant("audience", api, "scope", "openid read:messages") }, "access_token"},
		{"machine", nil, func(w *world) answer { return w.machine() }, "access_token"},
		{"machine_in_organization", member, func(w *world) answer { return w.machine("organization", "acme") }, "access_token"},
		{"machine_rfc9068", profile9068, func(w *world) answer { return w.machine() }, "access_token"},
		{"machine_management", nil, func(w *world) answer { return w.machine("audience", w.URL+"/"+management) }, "access_token"},
		{"machine_own_api", nil, func(w *world) answer { return w.machine("audience", "rolecall") }, "access_token"},
		{"id", nil, func(w *world) answer { return w.signIn("maya@example.com") }, "id_token"},
		{"id_without_profile", nil, func(w *world) answer { return w.signIn("maya@example.com", "scope", "openid", "nonce", "") }, "id_token"},
		{"id_in_organization", nil, func(w *world) answer { return w.signIn("maya@example.com", "organization", "acme") }, "id_token"},
		{"id_refreshed", nil, func(w *world) answer { return w.refresh(w.signIn("maya@example.com").text("refresh_token")) }, "id_token"},
		{"id_short_lived", func(w *world) { w.change("spa", func(o *rolecall.OAuth) { o.IDTokenLifetime = 60 }) }, func(w *world) answer { return w.signIn("noah@example.com") }, "id_token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.set != nil {
				tt.set(w)
			}
			a := tt.get(w)
			if a.Status != 200 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			got := golden(t, w, a, tt.which)
			file := filepath.Join("testdata", "tokens", tt.name+".json")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s; if it should be so, run go test -update (-want +got):\n%s", file, d)
			}
		})
	}
}

// golden shows what an answer and its token say, with … for what is random.
func golden(t *testing.T, w *world, a answer, which string) string {
	parts := strings.Split(a.text(which), ".")
	if len(parts) != 3 {
		t.Fatalf("%s is no token in %s", which, a.Body)
	}
	shown := map[string]any{}
	for i, name := range []string{"header", "claims"} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		var part map[string]any
		if err == nil {
			err = json.Unmarshal(text, &part)
		}
		if err != nil {
			t.Fatal(err)
		}
		shown[name] = part
	}
	about := map[string]any{}
	for name, value := range a.JSON {
		if about[name] = value; strings.HasSuffix(name, "_token") {
			about[name] = "…"
		}
	}
	shown["answer"] = about
	text, err := json.MarshalIndent(shown, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	out := strings.ReplaceAll(string(text), w.URL, "https://auth.example.com")
	return regexp.MustCompile(`"(kid|sid|jti)": "[^"]+"`).ReplaceAllString(out, `"$1": "…"`) + "\n"
}
