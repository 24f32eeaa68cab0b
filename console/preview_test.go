package console

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// The preview says what the provider puts into tokens, and how large they are.
func TestAPreviewIsWhatTheProviderIssues(t *testing.T) {
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, cookies: map[rolecall.SubjectID]string{}}
	if s.rc, err = rolecall.New(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.rc.Close() })
	s.id = identity.New(s.rc, store.(identity.Store), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}))
	t.Cleanup(func() { s.id.Close() })
	keys := token.New(s.rc, token.WithIssuer("https://rolecall.example.com/"))
	s.h = Handler(s.rc, OfServer(s.id, keys, nil, ""), Server("https://rolecall.example.com"), Prefix("/console"))
	provider := oidc.New(s.rc, s.id, keys, store.(oidc.Store), slog.New(slog.DiscardHandler))
	s.write(worldOf()...)
	const secret = "a-secret-that-is-long-enough-0123456789"
	credential, _, err := identity.NewSecret("site", secret)
	if err != nil {
		t.Fatal(err)
	}
	s.write(
		rolecall.Create(credential),
		rolecall.Update(&rolecall.Client{ID: "site", Name: "Site", OAuth: rolecall.OAuth{
			Type: rolecall.WebApplication, Tenants: rolecall.TenantsAllowed, GrantTypes: []rolecall.GrantType{rolecall.GrantPassword, rolecall.GrantClient},
		}}),
		rolecall.Create(&rolecall.Permission{ID: "print", API: "blog", Name: "post.print"}),
		rolecall.Put(&rolecall.Grant{Role: "acme-writer", Permission: "print"}),
		rolecall.Put(&rolecall.Assignment{Subject: "site", Role: "editor"}),
	)
	if _, err := s.id.SetPassword(t.Context(), rolecall.System("test"), "ada", identity.PasswordChange{Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	s.write(rolecall.Put(&rolecall.LoginID{Login: "ada@example.com", Subject: "ada"}))
	connection, err := s.id.Connection(t.Context(), identity.FirstConnectionID)
	if err != nil {
		t.Fatal(err)
	}
	connection.Enable("site", true)
	s.write(identity.SaveConnection(*connection))

	machine := url.Values{"grant_type": {"client_credentials"}}
	person := url.Values{"grant_type": {"password"}, "username": {"ada@example.com"}, "password": {"correct horse battery"}, "scope": {"openid profile email post.publish post.print"}}
	for _, tt := range []struct {
		name  string
		rules rolecall.TokenRules
		query []string
		form  url.Values
	}{
		{"a machine's", rolecall.TokenRules{}, nil, machine},
		{"a machine's, with permissions, of RFC 9068", rolecall.TokenRules{Enforce: true, Permissions: true, Profile: rolecall.ProfileRFC9068, Lifetime: 600}, nil, machine},
		{"a person's", rolecall.TokenRules{Enforce: true, Permissions: true}, []string{"subject", "ada"}, person},
		{"a person's, without permissions, by ES256", rolecall.TokenRules{Enforce: true, Algorithm: "ES256"}, []string{"subject", "ada"}, person},
		{"nobody's", rolecall.TokenRules{Users: rolecall.DenyAll}, []string{"subject", "ada"}, person},
		{"no machine's", rolecall.TokenRules{Clients: rolecall.DenyAll}, nil, machine},
		{"a person's without the grant that it takes", rolecall.TokenRules{Users: rolecall.RequireGrant}, []string{"subject", "ada"}, person},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.write(rolecall.Update(&rolecall.API{ID: "blog", Identifier: "https://blog.example.com", Name: "Blog", Tokens: tt.rules}))
			form := url.Values{"client_id": {"site"}, "client_secret": {secret}, "audience": {"https://blog.example.com"}}
			for name, values := range tt.form {
				form[name] = values
			}
			r := httptest.NewRequest(http.MethodPost, "https://rolecall.example.com/oauth/token", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			answer := httptest.NewRecorder()
			provider.ServeHTTP(answer, r)
			page := mainOf(s.get(owner, asked("/applications/site/preview", append(tt.query, "api", "Blog")...)).Body.String())

			var issued struct {
				Token string `json:"access_token"`
			}
			json.Unmarshal(answer.Body.Bytes(), &issued)
			if issued.Token == "" {
				if answer.Code != http.StatusForbidden || !strings.Contains(page, "<b>None</b>") {
					t.Errorf("the provider answers %d %s; the preview:\n%s", answer.Code, answer.Body, page)
				}
				return
			}
			payload, err := base64.RawURLEncoding.DecodeString(strings.Split(issued.Token, ".")[1])
			if err != nil {
				t.Fatal(err)
			}
			_, text, _ := strings.Cut(page, `<pre class="claims" tabindex="0">`)
			text, _, _ = strings.Cut(text, "</pre>")
			want, got := map[string]any{}, map[string]any{}
			if json.Unmarshal(payload, &want) != nil || json.Unmarshal([]byte(html.UnescapeString(text)), &got) != nil {
				t.Fatalf("claims: %s and\n%s", payload, page)
			}
			for _, c := range []map[string]any{want, got} {
				c["exp"] = c["exp"].(float64) - c["iat"].(float64)
				delete(c, "iat")
				delete(c, "jti")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(page, "<b>"+strconv.Itoa(len(issued.Token))+"</b> bytes") {
				t.Errorf("the token has %d bytes; the preview says otherwise", len(issued.Token))
			}
		})
	}
}
