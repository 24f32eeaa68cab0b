package oidc_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc"
	"github.com/rolecall/rolecall/internal/outbound"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// A world is a provider with a project behind it: a company that sells to acme
// and globex, and an API whose permissions maya, an editor, and noah, who may
// nothing, do and don't hold.
type world struct {
	*httptest.Server
	t     testing.TB
	rc    *rolecall.Service
	id    *identity.Identity
	keys  *token.Keys
	log   *safeLog
	quiet bool // what is logged is expected

	store oidc.Store

	mu sync.Mutex
	at time.Time
}

const (
	api        = "https://api.example.com"
	secret     = "a-secret-of-the-shop-that-is-long-enough-0123456789"
	verifier   = "the-verifier-of-a-code-that-nobody-else-knows-1"
	spaURI     = "https://app.example.com/callback"
	webURI     = "https://shop.example.com/callback?keep=a%20b"
	password   = "correct horse battery"
	start      = "2030-01-02T03:04:05.678Z"
	management = "api/v2/" // after the issuer
)

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

// interaction returns what is kept of an interaction.
func (w *world) interaction(t testing.TB, id string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(id))
	i, err := w.store.FindInteraction(context.Background(), sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return i.Data
}

// later moves the clock.
func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

type safeLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newWorld(t testing.TB, options ...identity.Option) *world {
	t.Helper()
	return newWorldWith(t, nil, options...)
}

func newWorldWith(t testing.TB, more []oidc.Option, options ...identity.Option) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t, log: new(safeLog)}
	w.at, _ = time.Parse(time.RFC3339Nano, start)
	store, err := sqlite.Memory().OpenStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	if w.rc, err = rolecall.New(ctx, store, rolecall.WithClock(w.now), rolecall.WithLogger(logger)); err != nil {
		t.Fatal(err)
	}
	w.Server = httptest.NewUnstartedServer(nil)
	issuer := "http://" + w.Listener.Addr().String() + "/"
	w.keys = token.New(w.rc, token.WithIssuer(issuer))
	options = append([]identity.Option{
		identity.WithSealer(w.keys.Box("test")), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}),
	}, options...)
	w.id = identity.New(w.rc, store.(identity.Store), options...)
	alias := oidc.Alias{Audience: issuer + management, API: rolecall.AdminAPI, Scopes: map[string][]string{
		"read:users":   {"rolecall:users.read", "rolecall:members.read"},
		"update:users": {"rolecall:users.read", "rolecall:users.write"},
	}}
	w.store = store.(oidc.Store)
	more = append(more, oidc.WithAlias(alias), oidc.WithWay(outbound.Way{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}))
	provider := oidc.New(w.rc, w.id, w.keys, store.(oidc.Store), logger, more...)
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("/.well-known/jwks.json", func(rw http.ResponseWriter, r *http.Request) {
		set, err := w.keys.JWKS(r.Context())
		if err != nil {
			t.Error(err)
		}
		json.NewEncoder(rw).Encode(set)
	})
	w.Config.Handler = mux
	w.Start()
	t.Cleanup(func() {
		w.Close()
		w.id.Close()
		w.rc.Close()
		if log := w.log.String(); log != "" && !w.quiet {
			t.Errorf("the server logged %s", log)
		}
	})
	w.write(rolecall.Create(signingKey()))
	w.company()
	return w
}

// signingKey returns a key that all worlds sign with: making one takes longer
// than most tests.
var signingKey = sync.OnceValue(func() *rolecall.SigningKey {
	ctx := context.Background()
	store, err := sqlite.Memory().OpenStore(ctx)
	if err != nil {
		panic(err)
	}
	rc, err := rolecall.New(ctx, store)
	if err != nil {
		panic(err)
	}
	defer rc.Close()
	if _, err := token.New(rc).JWKS(ctx); err != nil {
		panic(err)
	}
	keys, err := rc.List(ctx, rolecall.System("test"), rolecall.Query{Kind: rolecall.KindSigningKey})
	if err != nil {
		panic(err)
	}
	made := keys.Records[0].(*rolecall.SigningKey)
	made.StartsAt = time.Time{}
	return made
})

// company makes what the tests are about.
func (w *world) company() {
	w.t.Helper()
	secretOf := func(id rolecall.SubjectID) rolecall.Op {
		c, _, err := identity.NewSecret(id, secret)
		if err != nil {
			w.t.Fatal(err)
		}
		return rolecall.Create(c)
	}
	w.write(
		rolecall.Create(&rolecall.API{ID: "api", Identifier: api, Name: "Messages", Tokens: rolecall.TokenRules{Enforce: true, Permissions: true, Offline: true}}),
		rolecall.Create(&rolecall.API{ID: "loose", Identifier: "loose", Name: "Loose", Tokens: rolecall.TokenRules{Lifetime: 600}}),
		rolecall.Create(&rolecall.Permission{ID: "read", API: "api", Name: "read:messages", Description: "Read messages"}),
		rolecall.Create(&rolecall.Permission{ID: "write", API: "api", Name: "write:messages"}),
		rolecall.Create(&rolecall.Permission{ID: "admin", API: "api", Name: "read:admin-messages"}),
		rolecall.Create(&rolecall.Permission{ID: "loose-read", API: "loose", Name: "read:loose"}),
		rolecall.Create(&rolecall.Role{ID: "rol_editor", Name: "Editor"}),
		rolecall.Create(&rolecall.Role{ID: "rol_admin", Name: "Admin"}),
		rolecall.Create(&rolecall.Grant{Role: "rol_editor", Permission: "read"}),
		rolecall.Create(&rolecall.Grant{Role: "rol_editor", Permission: "write"}),
		rolecall.Create(&rolecall.Grant{Role: "rol_admin", Permission: "admin"}),
		rolecall.Create(&rolecall.Tenant{ID: "org_acme", Name: "acme"}),
		rolecall.Create(&rolecall.Tenant{ID: "org_globex", Name: "globex"}),
		rolecall.Create(&rolecall.Client{ID: "spa", Name: "Single page", OAuth: rolecall.OAuth{
			Type: rolecall.SinglePage, RedirectURIs: []string{spaURI, "https://app.example.com/other"}, WebOrigins: []string{"https://app.example.com"},
			LogoutURIs: []string{"https://app.example.com/", "https://app.example.com/bye?x=1"}, Rotate: true, RefreshLeeway: 10, Tenants: rolecall.TenantsAllowed,
		}}),
		rolecall.Create(&rolecall.Client{ID: "web", Name: "Shop", OAuth: rolecall.OAuth{
			Type: rolecall.WebApplication, RedirectURIs: []string{webURI},
			GrantTypes: []rolecall.GrantType{rolecall.GrantCode, rolecall.GrantRefresh, rolecall.GrantPassword, rolecall.GrantPasswordIn},
		}}),
		rolecall.Create(&rolecall.Client{ID: "partner", Name: "Partner", OAuth: rolecall.OAuth{
			Type: rolecall.WebApplication, RedirectURIs: []string{"https://partner.example/cb"}, ThirdParty: true,
		}}),
		rolecall.Create(&rolecall.Client{ID: "machine", Name: "Machine", OAuth: rolecall.OAuth{Type: rolecall.MachineToMachine}}),
		secretOf("web"), secretOf("partner"), secretOf("machine"),
		rolecall.Create(&rolecall.ClientGrant{ID: "cgr_1", Client: "machine", API: "api", Scope: []string{"read:messages", "write:messages"}, Tenants: rolecall.TenantsAllowed}),
		rolecall.Create(&rolecall.ClientGrant{ID: "cgr_2", Client: "machine", API: rolecall.AdminAPI, Scope: []string{"read:users", "update:users"}}),
		rolecall.Create(&rolecall.DirectGrant{Subject: "machine", Permission: "read", Source: rolecall.SourceGrant}),
		rolecall.Create(&rolecall.DirectGrant{Subject: "machine", Permission: "admin"}),
		rolecall.Create(&rolecall.DirectGrant{Subject: "machine", Permission: "rolecall:users.read", Source: rolecall.SourceGrant}),
		rolecall.Create(&rolecall.DirectGrant{Subject: "machine", Permission: "rolecall:members.read", Source: rolecall.SourceGrant}),
	)
	w.user(identity.NewUser{
		User:  rolecall.User{ID: "auth0|maya", Name: "Maya", Email: "maya@example.com", EmailVerified: true, Attributes: []byte(`{"given_name":"Maya","family_name":"Lopez"}`)},
		Roles: []rolecall.Assignment{{Role: "rol_editor"}, {Role: "rol_admin", Scope: rolecall.Scope{Tenant: "org_acme"}}}, Tenants: []rolecall.TenantID{"org_acme"},
	})
	w.user(identity.NewUser{User: rolecall.User{ID: "auth0|noah", Email: "noah@example.com"}})
}

func (w *world) user(u identity.NewUser) {
	w.t.Helper()
	u.Password = password
	if _, _, err := w.id.CreateUser(context.Background(), rolecall.System("test"), u); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(ops ...rolecall.Op) {
	w.t.Helper()
	if _, err := w.rc.Write(context.Background(), rolecall.System("test"), ops...); err != nil {
		w.t.Fatal(err)
	}
}

// change changes a client.
func (w *world) change(id rolecall.SubjectID, f func(*rolecall.OAuth)) {
	w.t.Helper()
	w.write(rolecall.Modify(&rolecall.Client{ID: id}, func(c *rolecall.Client) error {
		f(&c.OAuth)
		return nil
	}))
}

// An answer is one to a request.
type answer struct {
	Status int
	Header http.Header
	Body   string
	JSON   map[string]any // of the body, nil if it has none
}

func (a answer) text(name string) string {
	s, _ := a.JSON[name].(string)
	return s
}

// A browser keeps cookies, and follows no redirect.
type browser struct {
	*world
	http *http.Client
}

func (w *world) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send makes a request. Headers are pairs.
func (b *browser) send(method, target, body string, headers ...string) answer {
	b.t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = b.URL + target
	}
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	got, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := answer{Status: got.StatusCode, Header: got.Header, Body: string(text)}
	json.Unmarshal(text, &a.JSON)
	return a
}

// values makes parameters of pairs. A name that comes again with "" is left out.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if v.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

func (b *browser) post(path string, pairs ...string) answer {
	b.t.Helper()
	return b.send("POST", path, values(pairs...).Encode())
}

// token asks the token endpoint.
func (w *world) token(pairs ...string) answer { return w.browser().post("/oauth/token", pairs...) }

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// spa are the parameters of the single page's request, and more.
func spa(more ...string) []string {
	return append([]string{
		"client_id", "spa", "redirect_uri", spaURI, "response_type", "code", "scope", "openid profile email offline_access read:messages read:admin-messages",
		"audience", api, "state", "a+b/c==&d", "nonce", "n-0", "code_challenge", challenge(), "code_challenge_method", "S256",
	}, more...)
}

// authorize asks /authorize.
func (b *browser) authorize(pairs ...string) answer {
	b.t.Helper()
	return b.send("GET", "/authorize?"+values(pairs...).Encode(), "")
}

var hidden = regexp.MustCompile(`name="state" value="([^"]*)"`)

// page opens the page that an answer leads to, and returns its interaction.
func (b *browser) page(a answer) (page answer, state string) {
	b.t.Helper()
	to := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/u/") {
		b.t.Fatalf("%d %s leads to no page: %s", a.Status, to, a.Body)
	}
	page = b.send("GET", to, "")
	found := hidden.FindStringSubmatch(page.Body)
	if page.Status != http.StatusOK || found == nil {
		b.t.Fatalf("GET %s = %d %s", to, page.Status, page.Body)
	}
	return page, found[1]
}

// login goes through the login page.
func (b *browser) login(asked answer, email string) answer {
	b.t.Helper()
	_, state := b.page(asked)
	return b.post("/u/login", "state", state, "username", email, "password", password)
}

// callback returns the parameters of an answer in the mode query.
func (a answer) callback(t testing.TB) url.Values {
	t.Helper()
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.Status != http.StatusSeeOther && a.Status != http.StatusFound || to.Host == "" {
		t.Fatalf("%d %q is no answer to the application: %s", a.Status, a.Header.Get("Location"), a.Body)
	}
	return to.Query()
}

// code signs in and returns a code.
func (b *browser) code(email string, pairs ...string) string {
	b.t.Helper()
	asked := b.authorize(pairs...)
	if strings.HasPrefix(asked.Header.Get("Location"), "/u/") {
		asked = b.login(asked, email)
	}
	code := asked.callback(b.t).Get("code")
	if code == "" {
		b.t.Fatalf("no code: %s", asked.Header.Get("Location"))
	}
	return code
}

// exchange turns a code of the single page into tokens.
func (w *world) exchange(code string, more ...string) answer {
	return w.token(append([]string{"grant_type", "authorization_code", "client_id", "spa", "code", code, "redirect_uri", spaURI, "code_verifier", verifier}, more...)...)
}

// signIn gets tokens for somebody.
func (w *world) signIn(email string, more ...string) answer {
	w.t.Helper()
	a := w.exchange(w.browser().code(email, spa(more...)...))
	if a.Status != http.StatusOK {
		w.t.Fatalf("%d %s", a.Status, a.Body)
	}
	return a
}

// claims verifies a token for an audience.
func (w *world) claims(raw, audience string) map[string]any {
	w.t.Helper()
	v, err := w.keys.Verify(context.Background(), raw, token.Expect{Audience: audience})
	if err != nil {
		w.t.Fatalf("%v: %s", err, raw)
	}
	return v.Claims
}
