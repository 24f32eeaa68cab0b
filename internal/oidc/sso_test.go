package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A company is the OpenID provider of acme's, where Rowan is somebody.
type company struct {
	*httptest.Server
	w      *world
	key    *ecdsa.PrivateKey
	mu     sync.Mutex
	claims map[string]any // of the person who signs in, beside those of every ID token
	info   map[string]any // what userinfo says beside sub
	asked  url.Values     // the last request for a code
	sent   http.Header    // with the last code
	form   url.Values
	forge  func(header, claims map[string]any) string // makes the ID token, if not nil
	issuer string                                     // that its document names, "" for its own
	keys   []any                                      // more of them
}

const (
	clientAtCompany = "rolecall"
	secretAtCompany = "the-secret-that-we-have-at-acme"
)

func (w *world) newCompany() *company {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &company{w: w, key: key, claims: map[string]any{"sub": "rowan-1", "email": "rowan@acme.example", "name": "Rowan", "groups": []string{"eng"}}}
	mux := http.NewServeMux()
	answer := func(rw http.ResponseWriter, what any) {
		rw.Header().Set("Content-Type", "application/json")
		json.NewEncoder(rw).Encode(what)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(rw http.ResponseWriter, r *http.Request) {
		issuer := c.URL
		if c.issuer != "" {
			issuer = c.issuer
		}
		answer(rw, map[string]any{
			"issuer": issuer, "authorization_endpoint": c.URL + "/authorize", "token_endpoint": c.URL + "/token",
			"jwks_uri": c.URL + "/keys", "userinfo_endpoint": c.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"ES256", "HS256"},
		})
	})
	mux.HandleFunc("/keys", func(rw http.ResponseWriter, r *http.Request) {
		answer(rw, map[string]any{"keys": append([]any{jose.JSONWebKey{Key: &key.PublicKey, KeyID: "k", Algorithm: "ES256", Use: "sig"}}, c.keys...)})
	})
	mux.HandleFunc("POST /token", func(rw http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		r.ParseForm()
		c.sent, c.form = r.Header.Clone(), r.PostForm
		answer(rw, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": c.idToken()})
	})
	mux.HandleFunc("/userinfo", func(rw http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		says := map[string]any{"sub": c.claims["sub"]}
		maps.Copy(says, c.info)
		answer(rw, says)
	})
	c.Server = httptest.NewServer(mux)
	w.t.Cleanup(c.Close)
	return c
}

// idToken is about the last request.
func (c *company) idToken() string {
	claims := map[string]any{"iss": c.URL, "aud": clientAtCompany, "nonce": c.asked.Get("nonce"), "iat": c.w.now().Unix(), "exp": c.w.now().Add(time.Minute).Unix()}
	maps.Copy(claims, c.claims)
	header := map[string]any{"alg": "ES256", "kid": "k", "typ": "JWT"}
	if c.forge != nil {
		return c.forge(header, claims)
	}
	return c.sign(claims)
}

func (c *company) sign(claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: c.key, KeyID: "k"}}, nil)
	if err != nil {
		panic(err)
	}
	text, _ := json.Marshal(claims)
	signed, err := signer.Sign(text)
	if err != nil {
		panic(err)
	}
	raw, _ := signed.CompactSerialize()
	return raw
}

// sso is how members of acme sign in at c: engineers are editors.
func (c *company) sso(change ...func(*identity.SSO)) identity.SSO {
	s := identity.SSO{
		Tenant: "org_acme", DisplayName: "Acme's directory", OIDC: &identity.SSOOIDC{Issuer: c.URL, ClientID: clientAtCompany},
		Mapping: []identity.SSOMapping{{Role: "rol_editor", Groups: []string{"eng", "docs"}}, {Role: "rol_admin", Groups: []string{"ops"}}},
		Domains: []string{"acme.example"},
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

func (c *company) save(change ...func(*identity.SSO)) {
	c.w.write(c.w.id.SaveSSO(c.sso(change...), secretAtCompany))
}

// person changes what the company says of who signs in.
func (c *company) person(pairs ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := 0; i < len(pairs); i += 2 {
		if c.claims[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
			delete(c.claims, pairs[i].(string))
		}
	}
}

// away follows the login page to the company, and returns the address to which it
// sends the browser back.
func (b *browser) away(c *company, asked answer) (back string) {
	b.t.Helper()
	page, _ := b.page(asked)
	return b.leave(c, page)
}

func (b *browser) leave(c *company, page answer) (back string) {
	b.t.Helper()
	return b.depart(c, b.send("GET", b.href(page, "/u/sso-start/"), ""))
}

// href returns the address of a page's link that begins so.
func (b *browser) href(page answer, prefix string) string {
	b.t.Helper()
	found := regexp.MustCompile(`href="(` + regexp.QuoteMeta(prefix) + `[^"]*)"`).FindStringSubmatch(page.Body)
	if found == nil {
		b.t.Fatalf("no link to %s: %s", prefix, page.Body)
	}
	return html.UnescapeString(found[1])
}

// depart signs in at the company, where an answer leads.
func (b *browser) depart(c *company, leads answer) (back string) {
	b.t.Helper()
	to, err := url.Parse(leads.Header.Get("Location"))
	if err != nil || leads.Status != http.StatusSeeOther || !strings.HasPrefix(to.String(), c.URL+"/authorize?") {
		b.t.Fatalf("%d %s does not lead to the company: %s", leads.Status, to, leads.Body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = to.Query()
	return c.asked.Get("redirect_uri") + "?" + url.Values{"state": {c.asked.Get("state")}, "code": {"the-code"}}.Encode()
}

// arrive signs in at the company on the way to the application.
func (b *browser) arrive(c *company) answer {
	b.t.Helper()
	return b.send("GET", b.away(c, b.authorize(spa("organization", "acme")...)), "")
}

// assigned lists a user's roles in acme by their source.
func (w *world) assigned(user rolecall.SubjectID) (all []string) {
	w.t.Helper()
	page, err := w.rc.List(context.Background(), rolecall.System("test"), rolecall.Query{Kind: rolecall.KindAssignment, Where: []rolecall.Condition{
		rolecall.Where("subject", user), rolecall.Where("tenant", "org_acme"),
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range page.Records {
		a := r.(*rolecall.Assignment)
		all = append(all, fmt.Sprintf("%s by %s", a.Role, a.Source))
	}
	slices.Sort(all)
	return all
}

func TestMembersSignInAtTheirOwnProvider(t *testing.T) {
	w := newWorld(t)
	c := w.newCompany()
	c.save()
	b := w.browser()
	back := b.away(c, b.authorize(spa("organization", "acme", "login_hint", "rowan@acme.example")...))
	for name, want := range map[string]string{
		"response_type": "code", "client_id": clientAtCompany, "scope": "openid profile email", "code_challenge_method": "S256",
		"redirect_uri": w.URL + "/u/sso-callback/" + new(c.sso()).Path(), "login_hint": "rowan@acme.example",
	} {
		if got := c.asked.Get(name); got != want {
			t.Errorf("%s at the company: %q, want %q", name, got, want)
		}
	}
	code := b.send("GET", back, "").callback(t).Get("code")
	got := w.exchange(code)
	if got.Status != http.StatusOK {
		t.Fatal(got.Status, got.Body)
	}
	claims := w.claims(got.text("access_token"), api)
	user := rolecall.SubjectID(claims["sub"].(string))
	if diff := cmp.Diff([]any{"read:messages", "write:messages"}, claims["permissions"]); diff != "" || claims["org_id"] != "org_acme" {
		t.Errorf("permissions: %s; %v", diff, claims)
	}
	if diff := cmp.Diff([]string{"rol_editor by sso"}, w.assigned(user)); diff != "" || !w.member("org_acme", user) {
		t.Error("in the tenant:", diff)
	}
	made, err := rolecall.Find(t.Context(), w.rc, rolecall.System("test"), &rolecall.User{ID: user})
	if err != nil || made.Name != "Rowan" || made.Email != "rowan@acme.example" || !made.EmailVerified {
		t.Errorf("the user is %+v, %v", made, err)
	}
	if name, pass, _ := (&http.Request{Header: c.sent}).BasicAuth(); name != clientAtCompany || pass != secretAtCompany || c.form.Get("code_verifier") == "" {
		t.Errorf("the code came with %v %v", c.sent, c.form)
	}
}

// What the groups give follows the groups; nothing else is touched.
func TestRolesFollowGroups(t *testing.T) {
	w := newWorld(t)
	c := w.newCompany()
	w.write(rolecall.Create(&rolecall.Role{ID: "rol_member", Name: "Member"}), rolecall.Create(&rolecall.Role{ID: "rol_given", Name: "Given"}))
	c.save(func(s *identity.SSO) { s.Defaults = []rolecall.RoleID{"rol_member"} })
	sign := func() rolecall.SubjectID {
		t.Helper()
		got := w.exchange(w.browser().arrive(c).callback(t).Get("code"))
		return rolecall.SubjectID(w.claims(got.text("access_token"), api)["sub"].(string))
	}
	user := sign()
	w.write(rolecall.Create(&rolecall.Assignment{Subject: user, Role: "rol_given", Scope: rolecall.Scope{Tenant: "org_acme"}, Source: rolecall.SourceManual}),
		rolecall.Create(&rolecall.Assignment{Subject: user, Role: "rol_editor", Scope: rolecall.Scope{Tenant: "org_globex"}, Source: rolecall.SourceSSO}))
	for _, tt := range []struct {
		name   string
		groups any
		want   []string
	}{
		{"the same", []string{"eng"}, []string{"rol_editor by sso", "rol_given by manual", "rol_member by sso"}},
		{"two groups for one role", []string{"eng", "docs"}, []string{"rol_editor by sso", "rol_given by manual", "rol_member by sso"}},
		{"others", []string{"ops", "unmapped"}, []string{"rol_admin by sso", "rol_given by manual", "rol_member by sso"}},
		{"one, as a text", "eng", []string{"rol_editor by sso", "rol_given by manual", "rol_member by sso"}},
		{"none", []string{}, []string{"rol_given by manual", "rol_member by sso"}},
		{"no such claim", nil, []string{"rol_given by manual", "rol_member by sso"}},
		{"what is no list", map[string]any{"eng": true}, []string{"rol_given by manual", "rol_member by sso"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.person("groups", tt.groups)
			if again := sign(); again != user {
				t.Errorf("the same person is %s and %s", user, again)
			}
			if diff := cmp.Diff(tt.want, w.assigned(user)); diff != "" {
				t.Error(diff)
			}
		})
	}
	at := w.rc.Revision()
	if sign(); w.rc.Revision() != at {
		t.Error("signing in again as before is a change")
	}
	w.write(rolecall.Delete(&rolecall.Role{ID: "rol_admin"}))
	c.person("groups", []string{"ops", "eng"})
	sign()
	if diff := cmp.Diff([]string{"rol_editor by sso", "rol_given by manual", "rol_member by sso"}, w.assigned(user)); diff != "" {
		t.Error("a role that is gone:", diff)
	}
	c.info = map[string]any{"groups": []string{"ops", "docs"}, "name": "Rowan R."}
	c.person("groups", nil)
	sign()
	if found, _ := rolecall.Find(t.Context(), w.rc, rolecall.System("test"), &rolecall.User{ID: user}); found.Name != "Rowan R." {
		t.Errorf("userinfo's name is not taken: %+v", found)
	}
}

// A provider signs in to accounts of its own tenant's members, by addresses that
// it speaks for, and to no others.
func TestWhoseAccountAProviderSignsInTo(t *testing.T) {
	in := func(tenants ...rolecall.TenantID) identity.NewUser { return identity.NewUser{Tenants: tenants} }
	holds := func(u identity.NewUser, role rolecall.RoleID, tenant rolecall.TenantID) identity.NewUser {
		u.Roles = append(u.Roles, rolecall.Assignment{Role: role, Scope: rolecall.Scope{Tenant: tenant}})
		return u
	}
	later := func(u identity.NewUser, role rolecall.RoleID, tenant rolecall.TenantID) identity.NewUser {
		u = holds(u, role, tenant)
		u.Roles[0].StartsAt = time.Now().AddDate(50, 0, 0)
		return u
	}
	for _, tt := range []struct {
		name  string
		user  identity.NewUser
		says  []any
		maps  func(*identity.SSO)
		taken bool
	}{
		{"a member", in("org_acme"), nil, nil, true},
		{"a member, in other letters", in("org_acme"), []any{"email", "Robin@ACME.example"}, nil, true},
		{"a member of two", in("org_acme", "org_globex"), nil, nil, true},
		{"an admin of the tenant", holds(in("org_acme"), rolecall.RoleTenantAdmin, "org_acme"), nil, nil, true},
		{"no member", in(), nil, nil, false},
		{"a member of another", in("org_globex"), nil, nil, false},
		{"an address that the provider has not verified", in("org_acme"), []any{"email_verified", false}, nil, false},
		{"the same as a text", in("org_acme"), []any{"email_verified", "false"}, nil, false},
		{"a domain that it does not speak for", in("org_acme"), nil, func(s *identity.SSO) { s.Domains = []string{"acme.test"} }, false},
		{"no domain at all", in("org_acme"), nil, func(s *identity.SSO) { s.Domains = nil }, false},
		{"the vendor's owner", holds(in("org_acme"), rolecall.RoleOwner, ""), nil, nil, false},
		{"the vendor's auditor", holds(in("org_acme"), rolecall.RoleAuditor, ""), nil, nil, false},
		{"an admin of another tenant", holds(in("org_acme", "org_globex"), rolecall.RoleTenantAdmin, "org_globex"), nil, nil, false},
		{"who will be the vendor's owner", later(in("org_acme"), rolecall.RoleOwner, ""), nil, nil, false},
		{"who will be an admin of another tenant", later(in("org_acme"), rolecall.RoleTenantAdmin, "org_globex"), nil, nil, false},
		{"who will be an admin of the tenant", later(in("org_acme"), rolecall.RoleTenantAdmin, "org_acme"), nil, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.quiet = true
			c := w.newCompany()
			c.save(func(s *identity.SSO) {
				if tt.maps != nil {
					tt.maps(s)
				}
			})
			tt.user.ID, tt.user.Email, tt.user.EmailVerified = "auth0|robin", "robin@acme.example", true
			w.user(tt.user)
			c.person("sub", "robin-7", "email", "robin@acme.example", "name", "Somebody")
			c.person(tt.says...)
			at := w.rc.Revision()
			b := w.browser()
			got := b.arrive(c)
			if !tt.taken {
				says(t, got, http.StatusForbidden, "There is an account with your address")
				if w.rc.Revision() != at || b.authorize(spa("prompt", "none")...).callback(t).Get("error") != "login_required" {
					t.Error("something was changed, or somebody is signed in")
				}
				return
			}
			claims := w.claims(w.exchange(got.callback(t).Get("code")).text("access_token"), api)
			if claims["sub"] != "auth0|robin" || !slices.Contains(w.assigned("auth0|robin"), "rol_editor by sso") {
				t.Errorf("signed in as %v with %v", claims["sub"], w.assigned("auth0|robin"))
			}
		})
	}
	t.Run("a blocked user", func(t *testing.T) {
		w := newWorld(t)
		w.quiet = true
		c := w.newCompany()
		c.save()
		user := rolecall.SubjectID(w.claims(w.exchange(w.browser().arrive(c).callback(t).Get("code")).text("access_token"), api)["sub"].(string))
		w.write(rolecall.Modify(&rolecall.User{ID: user}, func(u *rolecall.User) error { u.Blocked = true; return nil }))
		says(t, w.browser().arrive(c), http.StatusForbidden, "Your account is blocked.")
	})
}

// TestForgedArrivals: each is refused, signs nobody in and makes nobody.
func TestForgedArrivals(t *testing.T) {
	set := func(name string, value any) func(*company, *browser, string) string {
		return func(c *company, _ *browser, back string) string {
			c.forge = func(_, claims map[string]any) string { claims[name] = value; return c.sign(claims) }
			return back
		}
	}
	raw := func(alg string, seal func(signed string) string) func(*company, *browser, string) string {
		return func(c *company, _ *browser, back string) string {
			c.forge = func(header, claims map[string]any) string {
				header["alg"] = alg
				h, _ := json.Marshal(header)
				p, _ := json.Marshal(claims)
				signed := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(p)
				return signed + "." + seal(signed)
			}
			return back
		}
	}
	for name, forge := range map[string]func(c *company, b *browser, back string) string{
		"a nonce of another sign-in":      set("nonce", "another"),
		"no nonce":                        set("nonce", ""),
		"another issuer":                  set("iss", "https://elsewhere.example"),
		"another audience":                set("aud", "another"),
		"two audiences, and another azp":  set("aud", []string{clientAtCompany, "another"}),
		"it has expired":                  set("exp", 1),
		"nobody's":                        set("sub", ""),
		"not signed":                      raw("none", func(string) string { return "" }),
		"a signature by nobody":           raw("ES256", func(string) string { return base64.RawURLEncoding.EncodeToString(make([]byte, 64)) }),
		"a signature with what all know":  raw("HS256", func(string) string { return base64.RawURLEncoding.EncodeToString(make([]byte, 32)) }),
		"userinfo is about somebody else": func(c *company, _ *browser, back string) string { c.info = map[string]any{"sub": "boss"}; return back },
		"a signature that takes hours to check": func(c *company, b *browser, back string) string {
			huge := strings.Repeat("_", 600_000)
			c.keys = append(c.keys, map[string]any{"kty": "RSA", "kid": "huge", "n": huge, "e": "AQAB"})
			c.forge = func(_, claims map[string]any) string {
				p, _ := json.Marshal(claims)
				return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"huge"}`)) + "." +
					base64.RawURLEncoding.EncodeToString(p) + ".A" + huge[1:]
			}
			return back
		},
		"an error":                         func(_ *company, _ *browser, back string) string { return strings.Replace(back, "code=", "error=", 1) },
		"no code":                          func(_ *company, _ *browser, back string) string { return strings.Replace(back, "code=", "coda=", 1) },
		"two codes":                        func(_ *company, _ *browser, back string) string { return back + "&code=another" },
		"another provider's answer":        func(_ *company, _ *browser, back string) string { return back + "&iss=https%3A%2F%2Felsewhere.example" },
		"its document names another issue": func(c *company, _ *browser, back string) string { c.issuer = "https://elsewhere.example"; return back },
		"another way's callback": func(c *company, b *browser, back string) string {
			c.save(func(s *identity.SSO) { s.ID = "second" })
			second := c.sso(func(s *identity.SSO) { s.ID = "second" })
			return strings.Replace(back, new(c.sso()).Path(), second.Path(), 1)
		},
		"another browser": func(_ *company, b *browser, back string) string { *b = *b.world.browser(); return back },
		"a state that was used": func(_ *company, b *browser, back string) string {
			b.send("GET", back, "").callback(b.t)
			return back
		},
		"the state of the page itself": func(_ *company, b *browser, back string) string {
			_, state := b.page(b.authorize(spa("organization", "acme", "prompt", "login")...))
			u, _ := url.Parse(back)
			q := u.Query()
			q.Set("state", state)
			u.RawQuery = q.Encode()
			return u.String()
		},
		"an hour too late": func(c *company, b *browser, back string) string { c.w.later(2 * time.Hour); return back },
		"the way is gone": func(c *company, b *browser, back string) string {
			c.w.write(rolecall.Delete(&rolecall.Setting{Name: rolecall.SSOName("org_acme", "")}))
			return back
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.quiet = true
			c := w.newCompany()
			c.save()
			b := w.browser()
			back := forge(c, b, b.away(c, b.authorize(spa("organization", "acme")...)))
			at := w.rc.Revision()
			got := b.send("GET", back, "")
			if got.Status < 400 {
				t.Errorf("%d %s", got.Status, got.Header.Get("Location"))
			}
			if w.rc.Revision() != at {
				t.Error("something was changed")
			}
			if name != "a state that was used" && b.authorize(spa("prompt", "none")...).callback(t).Get("error") != "login_required" {
				t.Error("somebody is signed in")
			}
			if long := len(w.log.String()); long > 10_000 {
				t.Errorf("the log has %d bytes", long)
			}
			if strings.Contains(w.log.String(), secretAtCompany) {
				t.Error("the log shows the secret")
			}
		})
	}
}

func TestAProviderIsFoundByAnAddress(t *testing.T) {
	w := newWorld(t)
	w.quiet = true
	c := w.newCompany()
	b := w.browser()
	page, _ := b.page(b.authorize(spa()...))
	if strings.Contains(page.Body, "/u/sso") {
		t.Error("the login page names ways that there are none of")
	}
	c.save()
	page, _ = b.page(b.authorize(spa()...))
	if strings.Contains(page.Body, "sso-start") {
		t.Error("the login page tells anybody who the customers are")
	}
	form, state := b.follow(page, "sso")
	says(t, form, http.StatusOK, "Sign in with your organization")
	says(t, b.post("/u/sso", "state", state, "email", "rowan@elsewhere.example"), http.StatusBadRequest, "No organization signs in here by addresses like this one.")
	found := b.post("/u/sso", "state", state, "email", " rowan@ACME.example ")
	says(t, found, http.StatusOK, "Continue to Acme's directory")
	if !strings.HasPrefix(found.Header.Get("Refresh"), "0; url=/u/sso-start/") {
		t.Errorf("Refresh: %q", found.Header.Get("Refresh"))
	}
	b.send("GET", b.leave(c, found), "").callback(t)
	if got := c.asked.Get("login_hint"); got != "rowan@ACME.example" {
		t.Errorf("login_hint %q", got)
	}
}

func TestASecretAtAProviderIsItsOwn(t *testing.T) {
	w := newWorld(t)
	c := w.newCompany()
	c.save()
	ctx, by := t.Context(), rolecall.System("test")
	find := func() *rolecall.Setting {
		t.Helper()
		s, err := rolecall.Find(ctx, w.rc, by, &rolecall.Setting{Name: rolecall.SSOName("org_acme", "")})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	shown, _ := json.Marshal(find())
	entries, err := w.rc.Audit(ctx, by, rolecall.EntryQuery{Kind: rolecall.KindSetting})
	if err != nil {
		t.Fatal(err)
	}
	journal, _ := json.Marshal(entries)
	if all := string(shown) + string(journal); strings.Contains(all, secretAtCompany) || !strings.Contains(all, clientAtCompany) {
		t.Errorf("shown: %s", all)
	}
	kept := func(change func(*identity.SSO)) string {
		t.Helper()
		s := c.sso(change)
		w.write(w.id.SaveSSO(s, ""))
		secret, err := w.id.SSOSecret(ctx, &s)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	if got := kept(func(s *identity.SSO) { s.DisplayName = "Acme" }); got != secretAtCompany {
		t.Errorf("saved without a secret, it is %q", got)
	}
	if got := kept(func(s *identity.SSO) { s.OIDC.TokenURL = "https://thief.example/token" }); got != "" {
		t.Errorf("for another address it is %q", got)
	}
	c.save()
	w.write(rolecall.Modify(&rolecall.Setting{Name: find().Name}, func(s *rolecall.Setting) error { // past SaveSSO
		s.Value = []byte(strings.Replace(string(s.Value), `"tokenUrl":""`, `"tokenUrl":"https://thief.example/token"`, 1))
		return nil
	}))
	all, err := w.id.SSOs(ctx, "org_acme")
	if err != nil || len(all) != 1 || all[0].OIDC.TokenURL == "" {
		t.Fatal(all, err)
	}
	if got, err := w.id.SSOSecret(ctx, all[0]); err == nil || got != "" {
		t.Errorf("after its setting was changed, it is %q, %v", got, err)
	}
}

// Who configures a provider gives what it will give, and with a domain the
// accounts that have addresses there.
func TestConfiguringAProviderTakesWhatItGives(t *testing.T) {
	w := newWorld(t)
	c := w.newCompany()
	w.user(identity.NewUser{User: rolecall.User{ID: "admin", Email: "admin@example.com"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleAdministrator}, {Role: "rol_editor"}}})
	w.user(identity.NewUser{User: rolecall.User{ID: "owner", Email: "owner@example.com"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}}})
	plain := func(s *identity.SSO) { s.Mapping, s.Domains = nil, nil }
	for _, tt := range []struct {
		name   string
		by     rolecall.SubjectID
		change func(*identity.SSO)
		ok     bool
	}{
		{"nothing but a way in", "admin", plain, true},
		{"a role that he holds", "admin", func(s *identity.SSO) { plain(s); s.Defaults = []rolecall.RoleID{"rol_editor"} }, true},
		{"a role that he lacks, by a group", "admin", func(s *identity.SSO) { s.Domains = nil }, false},
		{"a role that he lacks, to all", "admin", func(s *identity.SSO) { plain(s); s.Defaults = []rolecall.RoleID{"rol_admin"} }, false},
		{"others' accounts", "admin", func(s *identity.SSO) { s.Mapping = nil }, false},
		{"keys of his own, which could sign anybody in who came before", "admin", func(s *identity.SSO) { plain(s); s.OIDC.JWKsURL = "https://evil.example/keys" }, false},
		{"a token endpoint of his own", "admin", func(s *identity.SSO) { plain(s); s.OIDC.TokenURL = "https://evil.example/token" }, false},
		{"addresses of his own, for a provider that signs nobody in", "admin", func(s *identity.SSO) {
			plain(s)
			s.OIDC.Issuer, s.OIDC.JWKsURL = "", "https://evil.example/keys"
		}, true},
		{"all of it", "owner", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := c.sso(func(s *identity.SSO) {
				if tt.change != nil {
					tt.change(s)
				}
			})
			_, err := w.rc.Write(t.Context(), rolecall.Actor{Subject: tt.by}, w.id.SaveSSO(s, "x"))
			if (err == nil) != tt.ok {
				t.Errorf("error %v, want ok %v", err, tt.ok)
			}
		})
	}
}

// What SaveSSO takes, every other way to write the setting takes, too.
func TestWhatAProviderGivesIsAskedOfEveryWayToWriteIt(t *testing.T) {
	w := newWorld(t)
	c := w.newCompany()
	w.user(identity.NewUser{User: rolecall.User{ID: "admin", Email: "admin@example.com"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleAdministrator}}})
	w.user(identity.NewUser{User: rolecall.User{ID: "owner", Email: "owner@example.com"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}}})
	value, err := json.Marshal(c.sso())
	if err != nil {
		t.Fatal(err)
	}
	made := &rolecall.Setting{Name: rolecall.SSOName("org_acme", ""), Value: value}
	c.save()
	for name, op := range map[string]rolecall.Op{
		"put": rolecall.Put(made), "update": rolecall.Update(made),
		"modify": rolecall.Modify(made, func(s *rolecall.Setting) error { s.Value = value; return nil }),
	} {
		if _, err := w.rc.Write(t.Context(), rolecall.Actor{Subject: "admin", Door: "test"}, rolecall.Delete(made), rolecall.Create(made)); !errors.Is(err, rolecall.ErrEscalation) {
			t.Errorf("delete and create by admin: %v, want an escalation", err)
		}
		s := *made
		s.Value = []byte(`{"tenant":"org_acme"}`)
		w.write(rolecall.Put(&s)) // which gives nothing
		if _, err := w.rc.Write(t.Context(), rolecall.Actor{Subject: "admin", Door: "test"}, op); !errors.Is(err, rolecall.ErrEscalation) {
			t.Errorf("%s by admin: %v, want an escalation", name, err)
		}
		if _, err := w.rc.Write(t.Context(), rolecall.Actor{Subject: "owner", Door: "test"}, op); err != nil {
			t.Errorf("%s by owner: %v", name, err)
		}
	}
	if _, err := w.rc.Write(t.Context(), rolecall.Actor{Subject: "admin", Door: "test"}, rolecall.Delete(made)); err != nil {
		t.Errorf("to delete it gives nothing: %v", err)
	}
}

// A provider's address is an administrator's choice, and leads nowhere inside.
func TestAProviderIsNotWhereTheServerIs(t *testing.T) {
	w := newWorld(t)
	w.quiet = true
	c := w.newCompany()
	c.save(func(s *identity.SSO) { s.OIDC.Issuer = "http://10.0.0.1" })
	b := w.browser()
	page, _ := b.page(b.authorize(spa("organization", "acme")...))
	says(t, b.send("GET", b.href(page, "/u/sso-start/"), ""), http.StatusBadGateway, "You are not signed in", "Acme's directory did not sign you in")
	if !strings.Contains(w.log.String(), "the address is not public") {
		t.Errorf("the log does not say why: %s", w.log)
	}
}
