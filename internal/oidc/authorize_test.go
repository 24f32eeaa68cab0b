package oidc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// What /authorize does with a browser in which maya signed in an hour ago.
func TestPrompts(t *testing.T) {
	const asks, answers = "asks", "answers"
	for _, tt := range []struct {
		name   string
		params []string
		want   string // asks, answers or an error code
	}{
		{"who is signed in is not asked", nil, answers},
		{"nor silently", []string{"prompt", "none"}, answers},
		{"but if the application wants it", []string{"prompt", "login"}, asks},
		{"or wants another account", []string{"prompt", "select_account"}, asks},
		{"or if the sign-in is too old", []string{"max_age", "3599"}, asks},
		{"but not if it is young enough", []string{"max_age", "3601"}, answers},
		{"a sign-in of no age is a new one", []string{"max_age", "0"}, asks},
		{"too old and silent is an error", []string{"max_age", "60", "prompt", "none"}, "login_required"},
		{"none stands alone", []string{"prompt", "none login"}, "invalid_request"},
		{"a max_age that is no number", []string{"max_age", "soon"}, "invalid_request"},
		{"a max_age below zero", []string{"max_age", "-1"}, "invalid_request"},
		{"consent, though the application is our own", []string{"prompt", "consent"}, asks},
		{"a prompt that is unknown", []string{"prompt", "dance"}, answers},
		{"ui_locales and others are left to others", []string{"ui_locales", "de", "auth0Client", "x", "dpop_jkt", "y"}, answers},
		{"a request object", []string{"request", "eyJ"}, "request_not_supported"},
		{"a request by reference", []string{"request_uri", "https://app.example.com/r"}, "request_uri_not_supported"},
		{"a response type that is not served", []string{"response_type", "code id_token"}, "unsupported_response_type"},
		{"a scope with a quote", []string{"scope", `openid "`}, "invalid_scope"},
		{"an audience that is not there", []string{"audience", "nowhere"}, "access_denied"},
		{"a connection that is not there", []string{"connection", "nowhere"}, "invalid_request"},
		{"an organization by id", []string{"organization", "org_acme"}, answers},
		{"an organization by name", []string{"organization", "ACME"}, answers},
		{"an organization that is not there", []string{"organization", "nowhere"}, "invalid_request"},
		{"an organization of others", []string{"organization", "globex"}, "access_denied"},
		{"an ID token that is nonsense as a hint", []string{"id_token_hint", "nonsense"}, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			b.code("maya@example.com", spa()...)
			w.later(time.Hour)
			a := b.authorize(spa(tt.params...)...)
			got := asks
			if !strings.HasPrefix(a.Header.Get("Location"), "/u/") {
				if got = a.callback(t).Get("error"); got == "" {
					got = answers
				}
			}
			if got != tt.want {
				t.Errorf("it %s, want %s: %s", got, tt.want, a.Header.Get("Location"))
			}
		})
	}
}

func TestASessionEnds(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.code("maya@example.com", spa()...)
	w.later(7*24*time.Hour + time.Second)
	if got := unlessBack(w, b.authorize(spa("prompt", "none")...), "login_required"); got != "" {
		t.Errorf("a week later: %s", got)
	}
}

func TestAHintOfAnotherPersonAsksForThatPerson(t *testing.T) {
	w := newWorld(t)
	hint := w.signIn("noah@example.com").text("id_token")
	b := w.browser()
	b.code("maya@example.com", spa()...)
	if got := unlessBack(w, b.authorize(spa("prompt", "none", "id_token_hint", hint)...), "login_required"); got != "" {
		t.Error(got)
	}
}

func TestRefreshTokensOutliveANewSignInOfTheSamePerson(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	refresh := w.exchange(b.code("maya@example.com", spa()...)).text("refresh_token")
	b.code("maya@example.com", spa("prompt", "login")...)
	again := w.refresh(refresh)
	if again.Status != http.StatusOK {
		t.Fatalf("%d %s", again.Status, again.Body)
	}
	b.code("noah@example.com", spa("prompt", "login")...)
	if got := w.refresh(again.text("refresh_token")); got.Status != http.StatusForbidden {
		t.Errorf("it outlives another's: %d %s", got.Status, got.Body)
	}
}

func TestALostAnswerToARefreshMayBeAskedForAgain(t *testing.T) {
	w := newWorld(t)
	refresh := w.signIn("maya@example.com").text("refresh_token")
	w.refresh(refresh)
	w.later(10 * time.Second)
	if got := w.refresh(refresh); got.Status != http.StatusOK || got.text("refresh_token") == "" {
		t.Errorf("within the leeway: %d %s", got.Status, got.Body)
	}
}

func TestSilentSignIn(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.code("maya@example.com", spa()...)
	a := b.authorize(spa("prompt", "none", "response_mode", "web_message", "state", `"'</script>`)...)
	found := regexp.MustCompile(`postMessage\((\{.*\}), "https://app\.example\.com"\)`).FindStringSubmatch(a.Body)
	if a.Status != http.StatusOK || found == nil || a.Header.Get("X-Frame-Options") != "" {
		t.Fatalf("%d %v %s", a.Status, a.Header, a.Body)
	}
	object := strings.Replace(strings.Replace(found[1], "{type:", `{"type":`, 1), ", response:", `, "response":`, 1)
	var got struct {
		Type     string
		Response struct{ Code, State string }
	}
	if err := json.Unmarshal([]byte(object), &got); err != nil || got.Type != "authorization_response" || got.Response.State != `"'</script>` {
		t.Fatalf("the message is %s, %v", found[1], err)
	}
	if tokens := w.exchange(got.Response.Code); tokens.Status != http.StatusOK {
		t.Errorf("%d %s", tokens.Status, tokens.Body)
	}
}

func TestFormPost(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	a := b.login(b.authorize(web("response_mode", "form_post", "state", `"><b>`)...), "maya@example.com")
	policy := a.Header.Get("Content-Security-Policy")
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `action="https://shop.example.com/callback?keep=a%20b"`) || !strings.Contains(policy, "form-action https://shop.example.com;") {
		t.Fatalf("%d %s %s", a.Status, policy, a.Body)
	}
	if !strings.Contains(a.Body, `name="state" value="&#34;&gt;&lt;b&gt;"`) || !strings.Contains(a.Body, `name="iss"`) {
		t.Errorf("the form is %s", a.Body)
	}
	code := regexp.MustCompile(`name="code" value="([^"]+)"`).FindStringSubmatch(a.Body)
	if got := w.webExchange(code[1]); got.Status != http.StatusOK {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}

func TestConsent(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	asked := b.login(b.authorize(partner("scope", "openid read:messages")...), "maya@example.com")
	page, state := b.page(asked)
	if !strings.Contains(page.Body, "Partner") || !strings.Contains(page.Body, "Messages") || !strings.Contains(page.Body, "Read messages") {
		t.Errorf("the page does not say who asks for what: %s", page.Body)
	}
	if got := b.post("/u/consent", "state", state, "answer", "deny").callback(t); got.Get("error") != "access_denied" {
		t.Errorf("a no = %v", got)
	}
	_, state = b.page(b.authorize(partner("scope", "openid read:messages")...))
	if got := b.post("/u/consent", "state", state, "answer", "allow").callback(t); got.Get("code") == "" {
		t.Errorf("a yes = %v", got)
	}
	if got := b.authorize(partner("scope", "openid", "prompt", "none")...).callback(t); got.Get("code") == "" {
		t.Errorf("once allowed, %v", got)
	}
}

// A connection of an organization may make members of those who sign in.
func TestSignInMakesMembers(t *testing.T) {
	w := newWorld(t)
	tenant := &rolecall.Tenant{ID: "org_globex", Name: "globex"}
	if err := identity.SetTenantConnections(tenant, []identity.TenantConnection{{Connection: identity.FirstConnectionID, Join: true}}); err != nil {
		t.Fatal(err)
	}
	w.write(rolecall.Put(tenant))
	got := w.claims(w.signIn("noah@example.com", "organization", "globex").text("id_token"), "spa")
	if got["org_id"] != "org_globex" {
		t.Errorf("the token says %v", got)
	}
	if _, err := rolecall.Find(context.Background(), w.rc, rolecall.System("test"), &rolecall.Membership{Tenant: "org_globex", Subject: "auth0|noah"}); err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreEnabledForClients(t *testing.T) {
	w := newWorld(t)
	c, err := w.id.Connection(context.Background(), identity.FirstConnectionID)
	if err != nil {
		t.Fatal(err)
	}
	c.Enable("web", false)
	w.write(identity.SaveConnection(*c))
	if got := w.passwordGrant(); !refused(got, 403, "access_denied") {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if got := unlessBack(w, w.browser().authorize(web()...), "access_denied"); got != "" {
		t.Error(got)
	}
}

// An application may administer in its users' names if it has a grant for that.
func TestManagementTokensOfUsers(t *testing.T) {
	w := newWorld(t)
	w.write(
		rolecall.Create(&rolecall.ClientGrant{ID: "cgr_u", Client: "spa", API: rolecall.AdminAPI, For: rolecall.ForUser, Scope: []string{"read:users"}}),
		rolecall.Create(&rolecall.Assignment{Subject: "auth0|noah", Role: rolecall.RoleAdministrator}),
	)
	params := []string{"audience", w.URL + "/" + management, "scope", "openid read:users update:users"}
	for _, tt := range []struct{ email, scope string }{
		{"noah@example.com", "openid read:users"}, // holds both, and the grant names one
		{"maya@example.com", "openid"},            // holds neither
	} {
		if got := w.signIn(tt.email, params...); got.text("scope") != tt.scope {
			t.Errorf("%s gets %q, want %q", tt.email, got.text("scope"), tt.scope)
		}
	}
}

func TestOtherAlgorithms(t *testing.T) {
	for _, algorithm := range []string{token.ES256, token.EdDSA} {
		t.Run(algorithm, func(t *testing.T) {
			w := newWorld(t)
			w.write(rolecall.Modify(&rolecall.API{ID: "api"}, func(a *rolecall.API) error {
				a.Tokens.Algorithm = algorithm
				return nil
			}))
			got := w.signIn("maya@example.com")
			for name, want := range map[string]string{"access_token": algorithm, "id_token": token.RS256} {
				header, _, _ := strings.Cut(got.text(name), ".")
				if !strings.Contains(unb64(t, header), `"alg":"`+want+`"`) {
					t.Errorf("the %s's header is %s", name, unb64(t, header))
				}
			}
		})
	}
}

func TestExpiredPagesShowTheWayOn(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	_, state := b.page(b.authorize(spa()...))
	w.later(time.Hour)
	for _, a := range []answer{
		b.send("GET", "/u/login?state="+state, ""), b.send("GET", "/u/login", ""), b.send("GET", "/u/login?state=nonsense", ""),
		b.post("/u/login", "state", state, "username", "maya@example.com", "password", password),
	} {
		if a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "Go back to the application") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
}

func TestLoginPage(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	page, _ := b.page(b.authorize(spa("login_hint", "maya@example.com")...))
	for _, want := range []string{`<html lang="en">`, `<label for="username">`, `<label for="password">`, `autocomplete="current-password"`, `value="maya@example.com"`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page lacks %s: %s", want, page.Body)
		}
	}
	if css := b.send("GET", "/u/pages.css", ""); css.Status != http.StatusOK || !strings.HasPrefix(css.Header.Get("Content-Type"), "text/css") || strings.Contains(strings.ReplaceAll(css.Body, `url("/u/`, ""), "url(") {
		t.Errorf("the style sheet is %d %v", css.Status, css.Header)
	}
	if got := b.send("GET", "/u/nothing", ""); got.Status != http.StatusNotFound {
		t.Errorf("another page is %d", got.Status)
	}
}

// Over https cookies have a name that no other host can set, and the session's
// goes with frames of other sites.
func TestCookiesOverHTTPS(t *testing.T) {
	ctx := context.Background()
	store, err := sqlite.Memory().OpenStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rc, err := rolecall.New(ctx, store)
	if err != nil {
		t.Fatal(err)
	}
	id := identity.New(rc, store.(identity.Store), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}))
	t.Cleanup(func() {
		id.Close()
		rc.Close()
	})
	w := &world{t: t, rc: rc, id: id, keys: token.New(rc, token.WithIssuer("https://auth.example.com/"))}
	w.company()
	provider := oidc.New(rc, id, w.keys, store.(oidc.Store), nil)
	var jar []*http.Cookie
	ask := func(method, target, body string) *http.Response {
		r := httptest.NewRequest(method, "https://auth.example.com"+target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://auth.example.com")
		for _, c := range jar {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
		rec := httptest.NewRecorder()
		provider.ServeHTTP(rec, r)
		jar = append(jar, rec.Result().Cookies()...)
		return rec.Result()
	}
	to, _ := url.Parse(ask("GET", "/authorize?"+values(spa()...).Encode(), "").Header.Get("Location"))
	ask("POST", "/u/login", values("state", to.Query().Get("state"), "username", "maya@example.com", "password", password).Encode())
	var got []string
	for _, c := range jar {
		c.Value, c.MaxAge = "", 0
		got = append(got, c.String())
	}
	want := "[__Host-rolecall_browser=; Path=/; HttpOnly; Secure; SameSite=Lax __Host-rolecall_session=; Path=/; HttpOnly; Secure; SameSite=None]"
	if fmt.Sprint(got) != want {
		t.Errorf("the cookies are %s, want %s", got, want)
	}
}
