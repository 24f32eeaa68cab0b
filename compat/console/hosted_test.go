package console_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// TestEveryHostedPage opens the pages that people sign in on, in both colours,
// wide and narrow: none has a serious finding of axe, asks another host, breaks its
// policy, or is wider than a screen of 360 pixels. On the way somebody of two
// organizations chooses one. SCREENSHOTS names a folder for pictures.
func TestEveryHostedPage(t *testing.T) {
	script := axe(t)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!DOCTYPE html><link rel="icon" href="data:,"><title>app</title><p id="came">`+r.URL.Path+"</p>")
	}))
	defer app.Close()
	oauth := rc.OAuth{Type: rc.SinglePage, RedirectURIs: []string{app.URL + "/callback"}}
	shop, choosy, partner := oauth, oauth, oauth
	shop.Tenants, choosy.Tenants, partner.ThirdParty = rc.TenantsAllowed, rc.TenantsRequired, true
	srv := rolecalltest.New(t, append(world(),
		rc.Create(&rc.Client{ID: "shop", Name: "Shop", OAuth: shop}),
		rc.Create(&rc.Client{ID: "choosy", Name: "Orders", OAuth: choosy}),
		rc.Create(&rc.Client{ID: "partner", Name: "Partner", OAuth: partner}),
		rc.Create(&rc.Membership{Tenant: "globex", Subject: "ada"}),
		rc.Create(&rc.Membership{Tenant: "initech", Subject: "ada"}),
	)...)
	word := password(t, srv, "ada", "ada.lovelace@example.com")
	if _, err := srv.Client().SetPassword(t.Context(), "grace", "a word for one day", true); err != nil {
		t.Fatal(err)
	}
	srv.Write(rc.Put(&rc.LoginID{Login: "grace", Subject: "grace"}))
	sum := sha256.Sum256([]byte(strings.Repeat("v", 43)))
	ask := func(client string, more ...string) string {
		q := url.Values{
			"client_id": {client}, "redirect_uri": {app.URL + "/callback"}, "response_type": {"code"}, "scope": {"openid profile email"},
			"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		}
		for i := 0; i < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return srv.URL + "authorize?" + q.Encode()
	}

	b := newTab(t, srv)
	asked, complaints := b.elsewhere(), b.complaints()
	// at looks at the page that the browser is at, which must have a heading.
	at := func(name, heading string) {
		t.Helper()
		b.Until("document.querySelector('h1') && document.querySelector('h1').innerText === " + browser.JS(heading))
		for _, colour := range []string{"light", "dark"} {
			b.prefers(colour)
			b.finds(t, script, name+", "+colour)
			b.picture(name + "-" + colour)
		}
		b.prefers("light")
		b.Size(360, 800)
		if wide := browser.Eval[int](b.Tab, "document.documentElement.scrollWidth"); wide > 360 {
			t.Errorf("%s is %d wide", name, wide)
		}
		b.Size(1440, 900)
	}
	visit := func(address string) { t.Helper(); b.Open(address) }
	fill := func(values ...string) {
		t.Helper()
		for i := 0; i < len(values); i += 2 {
			b.Type("input[name="+values[i]+"]", values[i+1])
		}
		b.Leads(func() { b.Click("main form button[type=submit]") })
	}

	visit(ask("shop"))
	at("login", "Sign in")
	fill("username", "ada.lovelace@example.com", "password", "wrong")
	b.Until("document.querySelector('.trouble')")
	at("login-refused", "Sign in")
	b.click("Sign up")
	at("signup", "Make an account")
	fill("email", "new@example.com", "password", "short")
	b.Until("document.querySelector('.trouble')")
	at("signup-refused", "Make an account")
	visit(ask("shop"))
	b.click("Forgot your password?")
	at("forgot", "Forgot your password?")
	fill("email", "ada.lovelace@example.com")
	at("forgot-sent", "Look into your mail")
	visit(b.mailed(t, "/u/reset-password"))
	at("reset", "Choose a new password")
	visit(ask("shop"))
	fill("username", "grace", "password", "a word for one day")
	at("change", "Choose your own password")

	made, _, err := srv.Client().Invite(t.Context(), client.NewInvitation{Email: "new@example.com", Tenant: "acme", Show: true, Inviter: "Ada Lovelace"})
	if err != nil {
		t.Fatal(err)
	}
	visit(made.Link)
	at("invitation", "Join Acme Corporation")

	// A tenant's own provider, which can't be reached: it is not at a public address.
	srv.Write(rc.Put(&rc.Setting{Name: rc.SSOName("acme", ""), Value: []byte(`{"tenant": "acme", "displayName": "Acme directory",
		"domains": ["acme.example"], "oidc": {"issuer": "https://127.0.0.1:1/", "clientId": "rolecall"}}`)}),
		rc.Modify(&rc.Tenant{ID: "acme"}, func(t *rc.Tenant) error { t.SSO.Required = true; return nil }),
		rc.Create(&rc.User{ID: "robin", Email: "robin@acme.example"}), rc.Create(&rc.LoginID{Login: "robin@acme.example", Subject: "robin"}),
		rc.Create(&rc.Membership{Tenant: "acme", Subject: "robin"}))
	if _, err := srv.Client().SetPassword(t.Context(), "robin", "a word for one day", false); err != nil {
		t.Fatal(err)
	}
	visit(ask("shop"))
	fill("username", "robin@acme.example", "password", "a word for one day")
	b.Until("document.querySelector('.trouble a')")
	at("login-elsewhere", "Sign in")
	visit(ask("shop"))
	b.click("Sign in with your organization")
	at("sso", "Sign in with your organization")
	fill("email", "robin@elsewhere.example")
	b.Until("document.querySelector('.trouble')")
	at("sso-refused", "Sign in with your organization")
	visit(ask("shop", "organization", "acme"))
	b.click("Continue with Acme directory")
	at("sso-failed", "You are not signed in")

	visit(ask("choosy"))
	fill("username", "ada.lovelace@example.com", "password", word)
	at("organization", "Choose an organization")
	b.click("Initech")
	b.Until("document.title === 'app'")
	if here := b.At(); !strings.HasPrefix(here, app.URL+"/callback?code=") {
		t.Errorf("who has chosen is at %s", here)
	}
	visit(ask("partner"))
	at("consent", "Allow access?")
	visit(ask("shop", "prompt", "login"))
	b.click("Sign up")
	fill("email", "second@example.com", "password", word)
	b.Until("document.title === 'app'")
	visit(b.mailed(t, "/u/verify-email"))
	at("verify", "Confirm your address")
	fill()
	at("verified", "Your address is confirmed")
	visit(srv.URL + "oidc/logout")
	at("signed-out", "You are signed out")
	visit(srv.URL + "u/login?state=" + strings.Repeat("x", 43))
	at("expired", "This page has expired")
	visit(ask("nobody"))
	at("error", "That did not work")

	for _, address := range asked() {
		if !strings.HasPrefix(address, app.URL) {
			t.Errorf("another host was asked: %s", address)
		}
	}
	for _, text := range complaints() {
		if !strings.Contains(text, "status of 502") { // of the provider that can't be reached
			t.Errorf("the browser complains: %s", text)
		}
	}
}

// prefers makes pages light or dark.
func (b *tab) prefers(colour string) {
	b.T.Helper()
	b.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colour}},
		})
		return chromedp.Void{}, err
	})
}

// finds reports serious findings of axe.
func (b *tab) finds(t *testing.T, script, name string) {
	t.Helper()
	browser.Eval[bool](b.Tab, script+"; true")
	for _, finding := range browser.Eval[[]string](b.Tab, `axe.run({resultTypes: ['violations']}).then(r => r.violations
		.filter(v => v.impact === 'serious' || v.impact === 'critical')
		.map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html + ' ' + (n.any[0]?.message || '')).join(' | ')))`) {
		t.Errorf("%s: %s", name, finding)
	}
}

// picture takes one of the page, if a folder is named for them.
func (b *tab) picture(name string) {
	b.T.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.Ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "hosted-"+name+".png"), picture, 0o644)
	}
	if err != nil {
		b.T.Error(err)
	}
}

// mailed waits for a mail with a link to a page, and returns the link.
func (b *tab) mailed(t *testing.T, page string) string {
	t.Helper()
	for try := 0; ; try++ {
		var all []struct{ Links []string }
		answer, err := http.Get(b.srv.URL + "dev/mail.json")
		if err == nil {
			err = json.NewDecoder(answer.Body).Decode(&all)
			answer.Body.Close()
		}
		if err != nil || try > 1200 {
			t.Fatalf("no mail with a link to %s came: %v", page, err)
		}
		for _, mail := range all {
			for _, link := range mail.Links {
				if strings.Contains(link, page) {
					return link
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
}
