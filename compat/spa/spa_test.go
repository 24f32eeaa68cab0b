package spa_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/rolecall/rolecall/compat/browser"
)

// A token is what an access token says, as the application reads it.
type token struct {
	Sub, Scope, Azp string
	Aud             []string
	Permissions     []string
	Org             string `json:"org_id"`
}

func TestTheSDK(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a server and a browser are started")
	}
	browser.Find(t)
	w := newWorld(t, "127.0.0.1")
	checks := 0
	for _, part := range []struct {
		name string
		play func(*check)
	}{
		{"in frames", inFrames},
		{"a guarded API", guardedAPI},
		{"in a popup", inAPopup},
		{"refresh tokens", refreshTokens},
		{"reuse of a refresh token", reuse},
		{"organizations", organizations},
		{"logout", logout},
		{"origins", origins},
	} {
		t.Run(part.name, func(t *testing.T) {
			c := &check{tab: newTab(t, w)}
			part.play(c)
			checks += c.made
		})
	}
	t.Logf("%d checks", checks)
}

// Where the application and the server are different sites, a frame's cookies are
// a third party's. Many browsers let none along, whatever the server says of
// them, and then the vendor's advice is refresh tokens.
func TestTheSDKAcrossSites(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a server and a browser are started")
	}
	browser.Find(t)
	w := newWorld(t, "localhost", "--tls")
	c := &check{tab: newTab(t, w, chromedp.Flag("ignore-certificate-errors", true))}
	c.open(w.site+"/frames", "You are nobody")
	c.has("before the sign-in", c.outcome(silent), "login_required")
	c.press("login").signIn("Ada").sees("You are Ada.")

	reasons := c.blocked("__Host-rolecall_session")
	got := c.outcome("renew().then(c => c.sub)")
	why, seen := reasons()
	c.is("the cookie belongs to the request of the frame, sent or kept back", seen, true)
	switch {
	case len(why) == 0:
		c.is("a frame renews", got, w.ada)
	case len(why) == 1 && (why[0] == network.CookieBlockedReasonUserPreferences || why[0] == network.CookieBlockedReasonThirdPartyPhaseout):
		t.Log("this browser lets no cookie of a third party along")
		c.has("a frame without its cookie", got, "login_required")
	default:
		t.Errorf("the cookie of the session does not go along: %v", why)
	}

	c.open(w.site+"/rotating", "You are")
	c.press("login").sees("You are Ada.")
	for range 2 {
		c.is("a refresh token renews", eval[token](c.tab, "renew()").Sub, w.ada)
	}
	c.press("logout").sees("You are nobody")
	c.has("after the logout", c.outcome(silent), "Missing Refresh Token")
	t.Logf("%d checks", c.made)
}

// A check is a tab that counts what it has seen.
type check struct {
	*tab
	made int
}

// is compares, and says what it was about if it does not fit.
func (c *check) is(what string, got, want any) {
	c.T.Helper()
	c.made++
	if got != want {
		c.T.Errorf("%s: %v, want %v", what, got, want)
	}
}

// has is for texts.
func (c *check) has(what, got, part string) {
	c.T.Helper()
	c.made++
	if part == "" || !strings.Contains(got, part) {
		c.T.Errorf("%s: %q has no %q", what, got, part)
	}
}

const silent = "client.getTokenSilently({cacheMode: 'off'})"

// Tokens are kept in memory, and renewed in a frame that nobody sees.
func inFrames(c *check) {
	const frame = "response_mode=web_message"
	c.open(c.w.site+"/frames", "You are nobody")
	c.has("before the sign-in", c.outcome(silent), "login_required")
	c.press("login").signIn("Ada").sees("You are Ada.")
	c.is("the callback leaves nothing in the address", c.At(), c.w.site+"/frames")

	frames := c.asked(frame)
	at := eval[token](c.tab, "client.getTokenSilently().then(claims)")
	c.is("the cache needs no frame", c.asked(frame), frames)
	c.is("sub", at.Sub, c.w.ada)
	c.is("azp", at.Azp, c.w.client)
	c.is("aud", strings.Join(at.Aud, " "), audience+" "+c.w.server+"userinfo")
	c.is("a scope that Ada does not hold is not granted", at.Scope, "openid profile email")
	c.is("permissions", len(at.Permissions), 0)
	c.is("the ID token's name", eval[string](c.tab, "client.getIdTokenClaims().then(c => c.email)"), "ada@example.com")

	c.is("a frame renews", eval[token](c.tab, "renew()").Sub, c.w.ada)
	c.is("it is a frame that does", c.comesTo(frame, frames+1), frames+1)
	c.open(c.w.site+"/frames", "You are Ada.")
	c.is("a page that is loaded anew signs in by a frame", c.comesTo(frame, frames+2), frames+2)
}

// 403, and 200 as soon as a role is assigned. Who believes the token alone waits
// for the next one.
func guardedAPI(c *check) {
	call := func(path string) int { c.T.Helper(); return eval[int](c.tab, "call('/api/"+path+"')") }
	c.open(c.w.site+"/frames", "You are nobody")
	c.is("without a token", eval[int](c.tab, "fetch('/api/live').then(r => r.status)"), 401)
	c.press("login").signIn("Ada").sees("You are Ada.")
	c.is("without a role", call("live"), 403)
	c.is("without a role, by the token", call("token"), 403)

	c.w.assign(c.T, "POST")
	c.is("with a role", call("live"), 200)
	c.is("with a role, by the old token", call("token"), 403)
	at := eval[token](c.tab, "renew()")
	c.is("scope", at.Scope, "openid profile email read:messages")
	c.is("permissions", strings.Join(at.Permissions, " "), "read:messages")
	c.is("with a role, by the new token", call("token"), 200)

	c.w.assign(c.T, "DELETE")
	c.is("when the role is gone", call("live"), 403)
	c.is("when the role is gone, by the old token", call("token"), 200)
	c.is("permissions when the role is gone", len(eval[token](c.tab, "renew()").Permissions), 0)
	c.is("when the role is gone, by the new token", call("token"), 403)
}

// The popup's page tells the one that opened it.
func inAPopup(c *check) {
	c.open(c.w.site+"/frames", "You are nobody")
	c.popup("popup").signIn("Ada")
	c.sees("You are Ada.")
	c.is("the page stays where it is", c.At(), c.w.site+"/frames")
	c.is("the popup's token", eval[token](c.tab, "client.getTokenSilently().then(claims)").Sub, c.w.ada)
}

// Each refresh gives the next token. In memory a worker keeps it from the page.
func refreshTokens(c *check) {
	c.open(c.w.site+"/rotating", "You are nobody")
	c.press("login").signIn("Ada").sees("You are Ada.")
	frames, asked := c.asked("/authorize?"), eval[int](c.tab, "localStorage.length")
	c.is("the page has nothing to steal", asked, 0)
	for range 2 {
		c.is("a refresh token renews", eval[token](c.tab, "renew()").Sub, c.w.ada)
	}
	c.is("without a frame", c.asked("/authorize?"), frames)
	c.w.assign(c.T, "POST")
	c.is("a refresh works permissions out anew", strings.Join(eval[token](c.tab, "renew()").Permissions, " "), "read:messages")
	c.w.assign(c.T, "DELETE")

	c.open(c.w.site+"/stored", "You are nobody")
	c.press("login").sees("You are Ada.") // the browser's login is enough
	seen := map[string]bool{eval[string](c.tab, "kept()"): true}
	for range 3 {
		eval[token](c.tab, "renew()")
		seen[eval[string](c.tab, "kept()")] = true
	}
	c.is("different refresh tokens", len(seen), 4)
	c.is("no refresh token", seen[""], false)
	c.open(c.w.site+"/stored", "You are Ada.")
	frames = c.asked("/authorize?")
	c.is("a page that is loaded anew goes on", eval[token](c.tab, "renew()").Sub, c.w.ada)
	c.is("without a frame, either", c.asked("/authorize?"), frames)
}

// A refresh token that is used again is in two hands: none of its family counts
// any more.
func reuse(c *check) {
	c.open(c.w.site+"/stored", "You are nobody")
	c.press("login").signIn("Ada").sees("You are Ada.")
	old := eval[string](c.tab, "kept()")
	eval[token](c.tab, "renew()")
	status, got := c.w.refresh(c.T, old)
	c.is("the old token", status, 403)
	c.is("the old token's error", got["error"], "invalid_grant")
	c.has("the SDK's token, which is newer", c.outcome(silent), "invalid refresh token")
	c.press("login").sees("You are Ada.")
	c.is("a new sign-in", eval[token](c.tab, "renew()").Sub, c.w.ada)

	// A thief who is first is found out by the SDK, and put out with it.
	status, got = c.w.refresh(c.T, eval[string](c.tab, "kept()"))
	c.is("a thief who is first", status, 200)
	stolen, _ := got["refresh_token"].(string)
	c.has("the SDK's token, which the thief has used", c.outcome(silent), "invalid refresh token")
	status, _ = c.w.refresh(c.T, stolen)
	c.is("the thief's next token", status, 403)

	c.open(c.w.site+"/fallback", "You are")
	c.press("login").sees("You are Ada.")
	old = eval[string](c.tab, "kept()")
	eval[token](c.tab, "renew()")
	status, _ = c.w.refresh(c.T, old)
	c.is("the old token of another family", status, 403)
	c.is("an SDK that may fall back to a frame", eval[token](c.tab, "renew()").Sub, c.w.ada)

}

// In an organization counts what is held there, and outside what is not.
func organizations(c *check) {
	c.open(c.w.site+"/frames", "You are nobody")
	c.press("organization").signIn("Ada").sees("You are Ada of " + c.w.acme)
	at := eval[token](c.tab, "client.getTokenSilently().then(claims)")
	c.is("org_id", at.Org, c.w.acme)
	c.is("permissions in the organization", strings.Join(at.Permissions, " "), "read:messages")
	c.is("the API of the organization", eval[int](c.tab, "call('/api/organization')"), 200)
	c.is("the API of everybody", eval[int](c.tab, "call('/api/live')"), 403)
	c.is("a frame stays in the organization", eval[token](c.tab, "renew({authorizationParams: {organization: config.organization}})").Org, c.w.acme)

	c.press("login").sees("You are Ada.")
	at = eval[token](c.tab, "client.getTokenSilently().then(claims)")
	c.is("org_id outside", at.Org, "")
	c.is("permissions outside", len(at.Permissions), 0)
	c.is("the API of the organization, outside", eval[int](c.tab, "call('/api/organization')"), 403)

	bob := &check{tab: newTab(c.T, c.w)}
	bob.open(c.w.site+"/frames", "You are nobody")
	bob.press("organization").signIn("Bob").sees("access_denied")
	c.made++
	c.is("somebody else's organization", strings.HasPrefix(bob.At(), c.w.site), true)
}

func logout(c *check) {
	c.open(c.w.site+"/stored", "You are nobody")
	c.press("login").signIn("Ada").sees("You are Ada.")
	refresh := eval[string](c.tab, "kept()")
	eval[bool](c.tab, "(client.logout({logoutParams: {returnTo: location.origin + '/elsewhere'}}), true)")
	c.sees("The address to return to")
	c.has("an address that is not listed", c.At(), c.w.server+"v2/logout")

	c.open(c.w.site+"/frames", "You are")
	c.is("it has signed nobody out", eval[token](c.tab, "renew()").Sub, c.w.ada)
	c.press("logout").sees("You are nobody")
	c.is("a logout leads back", c.At(), c.w.site+"/frames")
	c.has("after the logout", c.outcome(silent), "login_required")
	status, got := c.w.refresh(c.T, refresh)
	c.is("a refresh token after the logout", status, 403)
	c.is("its error", got["error"], "invalid_grant")
	c.press("login").sees("Password")
	c.has("the next login", c.At(), c.w.server+"u/")
}

// Scripts of the application's origin read answers, and others do not.
func origins(c *check) {
	c.open(c.w.site+"/frames", "You are nobody")
	c.press("login").signIn("Ada").sees("You are Ada.")
	access := eval[string](c.tab, "client.getTokenSilently()")
	userinfo := "fetch('" + c.w.server + "userinfo', {headers: {Authorization: 'Bearer " + access + "'}}).then(r => r.status)"
	send := func(headers string) string {
		return "fetch('" + c.w.server + "oauth/token', {method: 'POST', headers: {" + headers + "}, body: new URLSearchParams({grant_type: 'refresh_token', refresh_token: 'x', client_id: '" + c.w.client + "'})}).then(r => r.status)"
	}
	const sdk = "'Auth0-Client': 'e30='"
	c.is("/oauth/token with a preflight", c.outcome(send(sdk)), "403")
	c.is("/oauth/token without one", c.outcome(send("")), "403")
	c.is("/userinfo", c.outcome(userinfo), "200")

	c.open(c.w.stranger+"/frames", "You are nobody")
	c.has("a stranger's /oauth/token with a preflight", c.outcome(send(sdk)), "Failed to fetch")
	c.has("a stranger's /oauth/token without one", c.outcome(send("")), "Failed to fetch")
	c.has("a stranger's /userinfo", c.outcome(userinfo), "Failed to fetch")
	c.has("a stranger's frame gets no message", c.outcome("client.getTokenSilently({cacheMode: 'off', timeoutInSeconds: 2})"), "timeout")
	c.has("nor with the application's address", c.outcome("client.getTokenSilently({cacheMode: 'off', timeoutInSeconds: 2, authorizationParams: {redirect_uri: '"+c.w.site+"/frames'}})"), "timeout")

	c.press("login").sees("redirect")
	at, err := url.Parse(c.At())
	if err != nil {
		c.T.Fatal(err)
	}
	c.is("a stranger's login goes nowhere", at.Scheme+"://"+at.Host+at.Path, c.w.server+"authorize")
}
