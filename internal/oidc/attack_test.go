package oidc_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// The attacks that we know of. Each does what the attacker does, and says how it
// went: refused is all that it may return "" for. What is new belongs here.
var attacks = []struct {
	name   string
	attack func(w *world) (succeeded string)
}{
	// Authorization codes.
	{"a code is used twice", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		first := w.exchange(code)
		if got := w.exchange(code); !refused(got, 403, "invalid_grant") {
			return got.Body
		}
		if got := w.refresh(first.text("refresh_token")); !refused(got, 403, "invalid_grant") {
			return "the refresh token that was made from it counts: " + got.Body
		}
		if got := w.userinfo(first.text("access_token")); got.Status != 401 {
			return "the access token that was made from it counts: " + got.Body
		}
		return ""
	}},
	{"a code is used by many at once", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		var all sync.WaitGroup
		got := make([]answer, 6)
		for i := range got {
			all.Go(func() { got[i] = w.exchange(code) })
		}
		all.Wait()
		n := 0
		for _, g := range got {
			if g.Status == 200 {
				n++
			}
		}
		if n > 1 {
			return fmt.Sprintf("%d got tokens", n)
		}
		return ""
	}},
	{"a code is used late", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		w.later(time.Minute)
		return unless(w.exchange(code), 403, "invalid_grant")
	}},
	{"a code is used by another client", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		return unless(w.token("grant_type", "authorization_code", "client_id", "web", "client_secret", secret, "code", code,
			"redirect_uri", spaURI, "code_verifier", verifier), 403, "invalid_grant")
	}},
	{"a code is used with another redirect URI of the client", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		return unless(w.exchange(code, "redirect_uri", "https://app.example.com/other"), 403, "invalid_grant")
	}},
	{"a code is used without the redirect URI", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		return unless(w.exchange(code, "redirect_uri", ""), 403, "invalid_grant")
	}},
	{"a code is guessed", func(w *world) string {
		return unless(w.exchange(rolecall.RandomText(43)), 403, "invalid_grant")
	}},
	{"a refresh token is passed off as a code", func(w *world) string {
		return unless(w.exchange(w.signIn("maya@example.com").text("refresh_token")), 403, "invalid_grant")
	}},
	{"a code is passed off as a refresh token", func(w *world) string {
		return unless(w.refresh(w.browser().code("maya@example.com", spa()...)), 403, "invalid_grant")
	}},
	{"a code is used after its person was blocked", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		w.block("auth0|maya")
		return unless(w.exchange(code), 403, "invalid_grant")
	}},
	{"a code is used after its person has logged out", func(w *world) string {
		b := w.browser()
		code := b.code("maya@example.com", spa()...)
		b.send("GET", "/v2/logout", "")
		return unless(w.exchange(code), 403, "invalid_grant")
	}},

	// PKCE, RFC 7636 and RFC 9700 section 4.8.
	{"a code is used with another verifier", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		return unless(w.exchange(code, "code_verifier", strings.Repeat("x", 43)), 403, "invalid_grant")
	}},
	{"a code is used without its verifier", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		return unless(w.exchange(code, "code_verifier", ""), 403, "invalid_grant")
	}},
	{"the challenge is presented as the verifier", func(w *world) string {
		code := w.browser().code("maya@example.com", spa()...)
		return unless(w.exchange(code, "code_verifier", challenge()), 403, "invalid_grant")
	}},
	{"the method is plain", func(w *world) string {
		return unlessBack(w, w.browser().authorize(spa("code_challenge_method", "plain")...), "invalid_request")
	}},
	{"the method is left out, which means plain", func(w *world) string {
		return unlessBack(w, w.browser().authorize(spa("code_challenge_method", "")...), "invalid_request")
	}},
	{"a public client asks without a challenge", func(w *world) string {
		return unlessBack(w, w.browser().authorize(spa("code_challenge_method", "", "code_challenge", "")...), "invalid_request")
	}},
	{"a confidential client's code is used without the verifier of its challenge", func(w *world) string {
		code := w.browser().code("maya@example.com", web("code_challenge", challenge(), "code_challenge_method", "S256")...)
		return unless(w.webExchange(code), 403, "invalid_grant")
	}},
	{"the challenge was taken out of the request", func(w *world) string {
		code := w.browser().code("maya@example.com", web()...)
		return unless(w.webExchange(code, "code_verifier", verifier), 403, "invalid_grant")
	}},

	// Redirect URIs.
	{"the redirect URI is another", func(w *world) string { return w.redirects("https://evil.example/callback") }},
	{"the redirect URI has a path below", func(w *world) string { return w.redirects(spaURI + "/../evil") }},
	{"the redirect URI has a slash at its end", func(w *world) string { return w.redirects(spaURI + "/") }},
	{"the redirect URI has a query", func(w *world) string { return w.redirects(spaURI + "?next=https://evil.example") }},
	{"the redirect URI has a fragment", func(w *world) string { return w.redirects(spaURI + "#") }},
	{"the redirect URI has a user", func(w *world) string { return w.redirects("https://app.example.com@evil.example/callback") }},
	{"the redirect URI's host is in other letters", func(w *world) string { return w.redirects("https://APP.example.com/callback") }},
	{"the redirect URI has a port", func(w *world) string { return w.redirects("https://app.example.com:443/callback") }},
	{"the redirect URI is http", func(w *world) string { return w.redirects("http://app.example.com/callback") }},
	{"the redirect URI is encoded in another way", func(w *world) string { return w.redirects("https://app.example.com/%63allback") }},
	{"the redirect URI has a line break", func(w *world) string { return w.redirects(spaURI + "\r\nX-Evil: 1") }},
	{"the redirect URI has white space", func(w *world) string { return w.redirects(" " + spaURI) }},
	{"the redirect URI is a script", func(w *world) string { return w.redirects("javascript:alert(1)//app.example.com") }},
	{"the redirect URI's host goes on", func(w *world) string { return w.redirects("https://app.example.com.evil.example/callback") }},
	{"there is no redirect URI", func(w *world) string { return w.redirects("") }},
	{"the redirect URI is taken away while somebody signs in", func(w *world) string {
		b := w.browser()
		asked := b.authorize(spa()...)
		w.change("spa", func(o *rolecall.OAuth) { o.RedirectURIs = []string{"https://app.example.com/new"} })
		return unlessPage(b.login(asked, "maya@example.com"))
	}},
	{"there are two redirect URIs", func(w *world) string {
		return unlessPage(w.browser().send("GET", "/authorize?"+values(spa()...).Encode()+"&redirect_uri=https%3A%2F%2Fevil.example", ""))
	}},
	{"there are two client ids", func(w *world) string {
		return unlessPage(w.browser().send("GET", "/authorize?client_id=web&"+values(spa()...).Encode(), ""))
	}},
	{"a page posts parameters beside the query's", func(w *world) string {
		return unlessPage(w.browser().send("POST", "/authorize?"+values(spa()...).Encode(), "redirect_uri=https%3A%2F%2Fevil.example"))
	}},
	{"the client is unknown", func(w *world) string { return unlessPage(w.browser().authorize(spa("client_id", "nobody")...)) }},
	{"the client has a zero byte", func(w *world) string { return unlessPage(w.browser().authorize(spa("client_id", "spa\x00")...)) }},
	{"a message is asked for by an origin that is not the client's", func(w *world) string {
		w.change("spa", func(o *rolecall.OAuth) { o.WebOrigins = []string{"https://else.example.com"} })
		return unlessPage(w.browser().authorize(spa("response_mode", "web_message", "prompt", "none")...))
	}},

	// State, nonce and mix-up (RFC 9207).
	{"the state holds parameters of its own", func(w *world) string {
		b := w.browser()
		state := "x&code=evil&iss=https://evil.example#\r\nSet-Cookie: a=b"
		got := b.login(b.authorize(spa("state", state)...), "maya@example.com").callback(w.t)
		if got.Get("state") != state || len(got["code"]) != 1 || len(got["iss"]) != 1 || got.Get("iss") != w.URL+"/" {
			return fmt.Sprint(got)
		}
		return ""
	}},
	{"the state comes twice", func(w *world) string {
		return unlessBack(w, w.browser().send("GET", "/authorize?"+values(spa()...).Encode()+"&state=other", ""), "invalid_request")
	}},
	{"the nonce comes twice", func(w *world) string {
		return unlessBack(w, w.browser().send("GET", "/authorize?"+values(spa()...).Encode()+"&nonce=other", ""), "invalid_request")
	}},
	{"an error does not say who answers", func(w *world) string {
		if got := w.browser().authorize(spa("prompt", "none")...).callback(w.t); got.Get("iss") != w.URL+"/" {
			return fmt.Sprint(got)
		}
		return ""
	}},
	{"an ID token has the nonce of another sign-in", func(w *world) string {
		b := w.browser()
		b.code("maya@example.com", spa("nonce", "mine")...)
		if id := w.claims(w.exchange(b.code("maya@example.com", spa("nonce", "")...)).text("id_token"), "spa"); id["nonce"] != nil {
			return fmt.Sprint(id)
		}
		return ""
	}},

	// Refresh tokens.
	{"an old refresh token is used again", func(w *world) string {
		first := w.signIn("maya@example.com").text("refresh_token")
		second := w.refresh(first).text("refresh_token")
		w.later(11 * time.Second)
		if got := w.refresh(first); !refused(got, 403, "invalid_grant") || !strings.Contains(got.Body, "invalid refresh token") {
			return got.Body
		}
		return unless(w.refresh(second), 403, "invalid_grant")
	}},
	{"an old refresh token is used again at once, by a client without leeway", func(w *world) string {
		w.change("spa", func(o *rolecall.OAuth) { o.RefreshLeeway = 0 })
		first := w.signIn("maya@example.com").text("refresh_token")
		w.refresh(first)
		return unless(w.refresh(first), 403, "invalid_grant")
	}},
	{"an old refresh token is used again once its client rotates no more", func(w *world) string {
		first := w.signIn("maya@example.com").text("refresh_token")
		second := w.refresh(first).text("refresh_token")
		w.change("spa", func(o *rolecall.OAuth) { o.Rotate = false })
		if got := w.refresh(second); refused(got, 403, "invalid_grant") {
			return "the newest one does not count: " + got.Body
		}
		return unless(w.refresh(first), 403, "invalid_grant")
	}},
	{"a refresh token is used by another client", func(w *world) string {
		r := w.signIn("maya@example.com").text("refresh_token")
		return unless(w.token("grant_type", "refresh_token", "client_id", "web", "client_secret", secret, "refresh_token", r), 403, "invalid_grant")
	}},
	{"a refresh asks for more than was granted", func(w *world) string {
		r := w.signIn("maya@example.com", "scope", "openid offline_access").text("refresh_token")
		if got := w.token("grant_type", "refresh_token", "client_id", "spa", "refresh_token", r, "scope", "openid read:messages"); strings.Contains(got.text("scope"), "read:messages") {
			return got.Body
		}
		return ""
	}},
	{"a refresh token is used after its person was blocked", func(w *world) string {
		r := w.signIn("maya@example.com").text("refresh_token")
		w.block("auth0|maya")
		return unless(w.refresh(r), 403, "invalid_grant")
	}},
	{"a refresh token is used after the password was changed", func(w *world) string {
		r := w.signIn("maya@example.com").text("refresh_token")
		if _, err := w.id.SetPassword(context.Background(), rolecall.System("test"), "auth0|maya", identity.PasswordChange{Password: "another good one"}); err != nil {
			w.t.Fatal(err)
		}
		return unless(w.refresh(r), 403, "invalid_grant")
	}},
	{"a refresh token is used after its person has logged out", func(w *world) string {
		b := w.browser()
		r := w.exchange(b.code("maya@example.com", spa()...)).text("refresh_token")
		b.send("GET", "/v2/logout", "")
		return unless(w.refresh(r), 403, "invalid_grant")
	}},
	{"a refresh token is used after it was revoked", func(w *world) string {
		r := w.signIn("maya@example.com").text("refresh_token")
		w.browser().post("/oauth/revoke", "client_id", "spa", "token", r)
		return unless(w.refresh(r), 403, "invalid_grant")
	}},
	{"a refresh token is used after it was idle for too long", func(w *world) string {
		r := w.signIn("maya@example.com").text("refresh_token")
		w.later(15*24*time.Hour + time.Second)
		return unless(w.refresh(r), 403, "invalid_grant")
	}},
	{"a refreshed token says what was lost since", func(w *world) string {
		r := w.signIn("maya@example.com").text("refresh_token")
		w.write(rolecall.Delete(&rolecall.Assignment{Subject: "auth0|maya", Role: "rol_editor", Source: rolecall.SourceManual}))
		if got := w.claims(w.refresh(r).text("access_token"), api); strings.Contains(fmt.Sprint(got["scope"], got["permissions"]), "messages") {
			return fmt.Sprint(got)
		}
		return ""
	}},
	{"a member who left refreshes a token of the organization", func(w *world) string {
		r := w.signIn("maya@example.com", "organization", "org_acme").text("refresh_token")
		w.write(rolecall.Delete(&rolecall.Membership{Tenant: "org_acme", Subject: "auth0|maya"}))
		return unless(w.refresh(r), 403, "access_denied")
	}},
	{"another client revokes a refresh token", func(w *world) string {
		r := w.signIn("maya@example.com").text("refresh_token")
		w.browser().post("/oauth/revoke", "client_id", "web", "client_secret", secret, "token", r)
		if got := w.refresh(r); got.Status != 200 {
			return got.Body
		}
		return ""
	}},

	{"a code is revoked, by whoever saw it", func(w *world) string { // RFC 7009 is about tokens; a code that comes twice ends what it gave
		code := w.browser().code("maya@example.com", spa()...)
		if got := w.browser().post("/oauth/revoke", "client_id", "spa", "token", code); got.Status != 200 {
			return got.Body
		}
		if got := w.exchange(code); got.Status != 200 {
			return got.Body
		}
		return ""
	}},

	// Clients.
	{"the secret is wrong", func(w *world) string {
		return unless(w.token("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret[1:]+"x", "audience", api), 401, "access_denied")
	}},
	{"there is no secret", func(w *world) string {
		return unless(w.token("grant_type", "client_credentials", "client_id", "machine", "audience", api), 401, "access_denied")
	}},
	{"another client's secret is right", func(w *world) string {
		w.write(rolecall.Create(&rolecall.Client{ID: "other", Name: "Other", OAuth: rolecall.OAuth{Type: rolecall.MachineToMachine}}))
		return unless(w.token("grant_type", "client_credentials", "client_id", "other", "client_secret", secret, "audience", api), 401, "access_denied")
	}},
	{"a public client asks for a token of its own", func(w *world) string {
		w.change("spa", func(o *rolecall.OAuth) { o.GrantTypes = []rolecall.GrantType{rolecall.GrantClient} })
		w.write(rolecall.Create(&rolecall.ClientGrant{ID: "cgr_spa", Client: "spa", API: "api", AllScopes: true}))
		return unless(w.token("grant_type", "client_credentials", "client_id", "spa", "audience", api), 401, "access_denied")
	}},
	{"a client proves itself in two ways", func(w *world) string {
		return unless(w.basic("machine", secret, "client_secret", secret), 400, "invalid_request")
	}},
	{"a client names another than it proves", func(w *world) string {
		return unless(w.basic("machine", secret, "client_id", "web"), 400, "invalid_request")
	}},
	{"the header of Basic has a bad escape", func(w *world) string { return unless(w.basic("machine", "%zz"), 401, "access_denied") }},
	{"a token outlives the key that proved its client", func(w *world) string {
		key, err := w.id.CreateKey(context.Background(), rolecall.System("test"), identity.NewKey{
			Subject: "machine", Name: "short", ExpiresAt: w.now().Add(time.Minute),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if got := w.machine("client_secret", key.Secret); got.Status != 200 || got.JSON["expires_in"].(float64) > 60 {
			return got.Body
		}
		return ""
	}},
	{"a blocked client asks", func(w *world) string {
		w.write(rolecall.Modify(&rolecall.Client{ID: "machine"}, func(c *rolecall.Client) error { c.Blocked = true; return nil }))
		return unless(w.token("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", api), 401, "access_denied")
	}},
	{"a client uses a grant that it does not have", func(w *world) string {
		return unless(w.token("grant_type", "password", "client_id", "machine", "client_secret", secret, "username", "maya@example.com", "password", password), 403, "unauthorized_client")
	}},
	{"a machine asks for what it does not hold", func(w *world) string {
		if got := w.machine("scope", "write:messages"); got.text("scope") != "" {
			return got.Body
		}
		return ""
	}},
	{"a machine asks for what its grant does not name", func(w *world) string {
		if got := w.machine("scope", "read:admin-messages"); got.text("scope") != "" {
			return got.Body
		}
		return ""
	}},
	{"a machine asks for an API that it has no grant for", func(w *world) string {
		return unless(w.machine("audience", "loose"), 403, "access_denied")
	}},
	{"a machine asks for an organization that it is no member of", func(w *world) string {
		return unless(w.machine("organization", "org_acme"), 403, "access_denied")
	}},

	// Audiences and issuers.
	{"an application asks to administer in a user's name", func(w *world) string {
		return unlessBack(w, w.browser().authorize(spa("audience", w.URL+"/"+management)...), "access_denied")
	}},
	{"an application asks so by the API's own name", func(w *world) string {
		return unlessBack(w, w.browser().authorize(spa("audience", "rolecall")...), "access_denied")
	}},
	{"a password is turned into a token to administer", func(w *world) string {
		return unless(w.passwordGrant("audience", "rolecall"), 403, "access_denied")
	}},
	{"a client is named like an API, to get ID tokens for it", func(w *world) string {
		w.write(rolecall.Create(&rolecall.Client{ID: "rolecall", Name: "Evil", OAuth: rolecall.OAuth{Type: rolecall.SinglePage, RedirectURIs: []string{spaURI}}}))
		return unlessPage(w.browser().authorize(spa("client_id", "rolecall", "audience", "")...))
	}},
	{"a client is named like an alias of an API", func(w *world) string {
		id := rolecall.SubjectID(w.URL + "/" + management)
		w.write(rolecall.Create(&rolecall.Client{ID: id, Name: "Evil", OAuth: rolecall.OAuth{Type: rolecall.SinglePage, RedirectURIs: []string{spaURI}}}))
		return unlessPage(w.browser().authorize(spa("client_id", string(id), "audience", "")...))
	}},
	{"an ID token is used as an access token", func(w *world) string {
		id := w.signIn("maya@example.com").text("id_token")
		if _, err := w.keys.Verify(context.Background(), id, token.Expect{Audience: api}); err == nil {
			return "the API takes it"
		}
		if got := w.userinfo(id); got.Status != 401 {
			return got.Body
		}
		return ""
	}},
	{"a token for one API is used for another", func(w *world) string {
		if _, err := w.keys.Verify(context.Background(), w.signIn("maya@example.com").text("access_token"), token.Expect{Audience: "loose"}); err == nil {
			return "the API takes it"
		}
		return ""
	}},
	{"a token without openid is used for /userinfo", func(w *world) string {
		if got := w.userinfo(w.signIn("maya@example.com", "scope", "read:messages").text("access_token")); got.Status != 401 {
			return got.Body
		}
		return ""
	}},
	{"a machine's token is used for /userinfo", func(w *world) string {
		if got := w.userinfo(w.machine().text("access_token")); got.Status != 401 {
			return got.Body
		}
		return ""
	}},
	{"a user's id looks like a machine's", func(w *world) string {
		w.user(identity.NewUser{User: rolecall.User{ID: "machine@clients", Email: "evil@example.com"}})
		if got := w.exchange(w.browser().code("evil@example.com", spa()...)); got.Status == 200 {
			return got.Body
		}
		return ""
	}},
	{"the Host header names another issuer", func(w *world) string {
		r := httptest.NewRequest("GET", "/.well-known/openid-configuration", nil)
		r.Host = "evil.example"
		rec := httptest.NewRecorder()
		w.Config.Handler.ServeHTTP(rec, r)
		if strings.Contains(rec.Body.String(), "evil.example") {
			return rec.Body.String()
		}
		return ""
	}},

	// Forged tokens: the package token's own table is longer.
	{"a hint of a logout is not signed", func(w *world) string {
		forged := b64(`{"alg":"none","typ":"JWT","kid":"x"}`) + "." + b64(`{"iss":"`+w.URL+`/","aud":"spa","sub":"auth0|maya","iat":1,"exp":9999999999}`) + "."
		return unlessPage(w.browser().send("GET", "/oidc/logout?"+values("id_token_hint", forged, "post_logout_redirect_uri", "https://app.example.com/").Encode(), ""))
	}},
	{"a token's payload is changed", func(w *world) string {
		parts := strings.Split(w.signIn("maya@example.com").text("access_token"), ".")
		if got := w.userinfo(parts[0] + "." + b64(`{"sub":"auth0|noah"}`) + "." + parts[2]); got.Status != 401 {
			return got.Body
		}
		return ""
	}},

	// Organizations.
	{"somebody signs in to an organization that is not theirs", func(w *world) string {
		b := w.browser()
		return unlessBack(w, b.login(b.authorize(spa("organization", "org_globex")...), "maya@example.com"), "access_denied")
	}},
	{"an organization takes another's name in other letters", func(w *world) string {
		w.write(rolecall.Put(&rolecall.Tenant{ID: "org_acme", Name: "GLOBEX"}))
		for _, asked := range []string{"org_acme", "GLOBEX"} {
			if got := w.claims(w.signIn("maya@example.com", "organization", asked).text("id_token"), "spa"); got["org_name"] == "globex" || got["org_id"] != "org_acme" {
				return fmt.Sprint(got)
			}
		}
		return ""
	}},
	{"an organization takes another's id for its name", func(w *world) string {
		w.write(rolecall.Create(&rolecall.Tenant{ID: "initech", Name: "Initech Ltd"}), rolecall.Put(&rolecall.Tenant{ID: "org_acme", Name: "initech"}))
		if got := w.claims(w.signIn("maya@example.com", "organization", "org_acme").text("id_token"), "spa"); got["org_name"] != nil {
			return fmt.Sprint(got)
		}
		return ""
	}},
	{"an organization's refreshed token has a name that is another's by now", func(w *world) string {
		r := w.signIn("maya@example.com", "organization", "acme").text("refresh_token")
		w.write(rolecall.Put(&rolecall.Tenant{ID: "org_acme", Name: "old"}), rolecall.Put(&rolecall.Tenant{ID: "org_globex", Name: "acme"}))
		if got := w.claims(w.refresh(r).text("access_token"), api); got["org_name"] != nil || got["org_id"] != "org_acme" {
			return fmt.Sprint(got)
		}
		return ""
	}},
	{"roles of an organization count outside", func(w *world) string {
		if got := w.claims(w.signIn("maya@example.com").text("access_token"), api); strings.Contains(fmt.Sprint(got["permissions"], got["scope"]), "admin") {
			return fmt.Sprint(got)
		}
		return ""
	}},
	{"an application that does not use organizations asks for one", func(w *world) string {
		return unlessBack(w, w.browser().authorize(web("organization", "org_acme")...), "invalid_request")
	}},

	// The login page.
	{"a login form is sent from another site", func(w *world) string {
		b := w.browser()
		_, state := b.page(b.authorize(spa()...))
		form := values("state", state, "username", "maya@example.com", "password", password).Encode()
		for _, header := range [][]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
			if got := b.send("POST", "/u/login", form, header...); got.Status != 403 || len(got.Header.Values("Set-Cookie")) > 0 {
				return fmt.Sprint(header, got.Status)
			}
		}
		return ""
	}},
	{"a victim's browser sends the attacker's login form", func(w *world) string {
		attacker, victim := w.browser(), w.browser()
		_, state := attacker.page(attacker.authorize(spa()...))
		victim.authorize(spa()...) // has a cookie of its own
		if got := victim.post("/u/login", "state", state, "username", "noah@example.com", "password", password); got.Status == http.StatusSeeOther {
			return "the victim is signed in as the attacker"
		}
		return ""
	}},
	{"a login form has no state", func(w *world) string {
		b := w.browser()
		b.authorize(spa()...)
		if got := b.post("/u/login", "username", "maya@example.com", "password", password); got.Status == http.StatusSeeOther {
			return got.Header.Get("Location")
		}
		return ""
	}},
	{"a login form is sent again", func(w *world) string {
		b := w.browser()
		_, state := b.page(b.authorize(spa()...))
		b.post("/u/login", "state", state, "username", "maya@example.com", "password", password)
		if got := b.post("/u/login", "state", state, "username", "noah@example.com", "password", password); got.Status == http.StatusSeeOther {
			return got.Header.Get("Location")
		}
		return ""
	}},
	{"a session cookie is set before the login", func(w *world) string {
		b := w.browser()
		fixed := strings.Repeat("a", 43)
		home, _ := url.Parse(w.URL)
		b.http.Jar.SetCookies(home, []*http.Cookie{{Name: "rolecall_session", Value: fixed}})
		b.code("maya@example.com", spa()...)
		for _, c := range b.http.Jar.Cookies(home) {
			if c.Name == "rolecall_session" && c.Value == fixed {
				return "the cookie is the attacker's"
			}
		}
		return ""
	}},
	{"the old session's cookie is used after another login", func(w *world) string {
		b := w.browser()
		b.code("maya@example.com", spa()...)
		home, _ := url.Parse(w.URL)
		old := b.http.Jar.Cookies(home)
		b.code("maya@example.com", spa("prompt", "login")...)
		thief := w.browser()
		thief.http.Jar.SetCookies(home, old)
		return unlessBack(w, thief.authorize(spa("prompt", "none")...), "login_required")
	}},
	{"a login page is put into a frame", func(w *world) string {
		b := w.browser()
		page, _ := b.page(b.authorize(spa()...))
		if page.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(page.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			return fmt.Sprint(page.Header)
		}
		return ""
	}},
	{"a login page runs a script", func(w *world) string {
		b := w.browser()
		page, _ := b.page(b.authorize(spa("login_hint", `"><script>alert(1)</script>`)...))
		if strings.Contains(page.Body, "<script") || !strings.HasPrefix(page.Header.Get("Content-Security-Policy"), "default-src 'none'") ||
			strings.Contains(page.Header.Get("Content-Security-Policy"), "script-src") {
			return page.Body
		}
		return ""
	}},
	{"an error page runs a script", func(w *world) string {
		got := w.browser().authorize(spa("client_id", "<script>alert(1)</script>", "redirect_uri", "<script>")...)
		if strings.Contains(got.Body, "<script") {
			return got.Body
		}
		return ""
	}},
	{"the page of a message runs the state", func(w *world) string {
		got := w.browser().authorize(spa("state", "</script><script>alert(1)</script>", "response_mode", "web_message", "prompt", "none")...)
		if got.Status != 200 || strings.Count(got.Body, "<script") != 1 {
			return got.Body
		}
		return ""
	}},
	{"an address that has no account is found out by the answer", func(w *world) string {
		b := w.browser()
		_, state := b.page(b.authorize(spa()...))
		one := b.post("/u/login", "state", state, "username", "maya@example.com", "password", "wrong")
		two := b.post("/u/login", "state", state, "username", "nobody@example.com", "password", "wrong")
		if one.Status != two.Status || strings.ReplaceAll(one.Body, "maya@example.com", "") != strings.ReplaceAll(two.Body, "nobody@example.com", "") {
			return one.Body + two.Body
		}
		three, four := w.passwordGrant("password", "wrong"), w.passwordGrant("password", "wrong", "username", "nobody@example.com")
		if three.Status != four.Status || three.Body != four.Body {
			return three.Body + four.Body
		}
		return unless(three, 403, "invalid_grant")
	}},
	{"a blocked person is found out without the password", func(w *world) string {
		w.block("auth0|maya")
		return unless(w.passwordGrant("password", "wrong"), 403, "invalid_grant")
	}},
	{"an address that has an account is found out by signing up", func(w *world) string {
		one := w.browser().send("POST", "/dbconnections/signup", `{"client_id":"spa","email":"maya@example.com","password":"a long password","connection":"Username-Password-Authentication"}`, "Content-Type", "application/json")
		if one.Status != 400 || one.text("code") != "invalid_signup" || strings.Contains(one.Body, "exist") {
			return one.Body
		}
		return ""
	}},
	{"a password is guessed on the login page", func(w *world) string {
		b := w.browser()
		_, state := b.page(b.authorize(spa()...))
		for range 20 {
			if got := b.post("/u/login", "state", state, "username", "maya@example.com", "password", "wrong"); got.Status == http.StatusTooManyRequests {
				if got.Header.Get("Retry-After") == "" {
					return "it does not say when to come back"
				}
				return ""
			}
		}
		return "20 guesses"
	}},
	{"a password is guessed at the token endpoint", func(w *world) string {
		for range 20 {
			if got := w.passwordGrant("password", "wrong"); got.Status == http.StatusTooManyRequests {
				return unless(got, 429, "too_many_attempts")
			}
		}
		return "20 guesses"
	}},

	// Cookies.
	{"cookies are readable, or go where they should not", func(w *world) string {
		b := w.browser()
		_, state := b.page(b.authorize(spa()...))
		got := b.post("/u/login", "state", state, "username", "maya@example.com", "password", password)
		for _, c := range (&http.Response{Header: got.Header}).Cookies() {
			if !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
				return c.String()
			}
		}
		return ""
	}},

	// Logout.
	{"a logout leads elsewhere", func(w *world) string {
		return w.logsOut("/v2/logout", "client_id", "spa", "returnTo", "https://evil.example/")
	}},
	{"a logout leads to a path below", func(w *world) string {
		return w.logsOut("/v2/logout", "client_id", "spa", "returnTo", "https://app.example.com/evil")
	}},
	{"a logout leads elsewhere without a client", func(w *world) string {
		return w.logsOut("/v2/logout", "returnTo", "https://app.example.com/")
	}},
	{"a logout leads to another client's address", func(w *world) string {
		return w.logsOut("/v2/logout", "client_id", "web", "returnTo", "https://app.example.com/")
	}},
	{"a logout leads where its query says twice", func(w *world) string {
		return w.logsOut("/v2/logout?returnTo=https%3A%2F%2Fevil.example", "client_id", "spa", "returnTo", "https://app.example.com/")
	}},
	{"an OpenID logout leads elsewhere", func(w *world) string {
		return w.logsOut("/oidc/logout", "client_id", "spa", "post_logout_redirect_uri", "//evil.example")
	}},
	{"an OpenID logout leads elsewhere without a client", func(w *world) string {
		return w.logsOut("/oidc/logout", "post_logout_redirect_uri", "https://app.example.com/")
	}},
	{"an OpenID logout ends another's session", func(w *world) string {
		hint := w.signIn("noah@example.com").text("id_token")
		b := w.browser()
		b.code("maya@example.com", spa()...)
		b.send("GET", "/oidc/logout?"+values("id_token_hint", hint).Encode(), "")
		if got := b.authorize(spa("prompt", "none")...).callback(w.t); got.Get("code") == "" {
			return fmt.Sprint(got)
		}
		return ""
	}},

	// Bodies.
	{"a form's parameter comes twice", func(w *world) string {
		body := "grant_type=client_credentials&client_id=machine&client_secret=" + secret + "&audience=" + url.QueryEscape(api)
		return unless(w.browser().send("POST", "/oauth/token", body+"&client_id=web"), 400, "invalid_request")
	}},
	{"a JSON member comes twice", func(w *world) string {
		return unless(w.json(`{"grant_type":"client_credentials","client_id":"web","client_id":"machine","client_secret":"`+secret+`","audience":"`+api+`"}`), 400, "invalid_request")
	}},
	{"a JSON member is a list", func(w *world) string {
		return unless(w.json(`{"grant_type":"client_credentials","client_id":["machine"],"client_secret":"`+secret+`"}`), 400, "invalid_request")
	}},
	{"something follows the JSON", func(w *world) string {
		return unless(w.json(`{"grant_type":"client_credentials","client_id":"machine","client_secret":"`+secret+`","audience":"`+api+`"}{}`), 400, "invalid_request")
	}},
	{"JSON is sent as text", func(w *world) string {
		return unless(w.browser().send("POST", "/oauth/token", `{"grant_type":"client_credentials"}`, "Content-Type", "text/plain"), 400, "invalid_request")
	}},
	{"a form is sent as JSON", func(w *world) string {
		return unless(w.json("grant_type=client_credentials&client_id=machine"), 400, "invalid_request")
	}},
	{"parameters of the body are in the query", func(w *world) string {
		q := values("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", api).Encode()
		if got := w.browser().send("POST", "/oauth/token?"+q, "x=y"); got.Status == 200 {
			return got.Body
		}
		return ""
	}},
	{"a token is asked for by GET", func(w *world) string {
		q := values("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", api).Encode()
		if got := w.browser().send("GET", "/oauth/token?"+q, ""); got.Status != http.StatusMethodNotAllowed {
			return got.Body
		}
		return ""
	}},
	{"a body is too large", func(w *world) string {
		if got := w.browser().send("POST", "/oauth/token", "grant_type="+strings.Repeat("x", 1<<20)); got.Status != http.StatusRequestEntityTooLarge {
			return fmt.Sprint(got.Status)
		}
		return ""
	}},

	// Scripts of other origins.
	{"a script of another origin reads an answer", func(w *world) string {
		for _, path := range []string{"/oauth/token", "/oauth/revoke", "/dbconnections/signup", "/userinfo"} {
			got := w.browser().send("OPTIONS", path, "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
			if got.Header.Get("Access-Control-Allow-Origin") != "" {
				return path + fmt.Sprint(got.Header)
			}
		}
		b := w.browser()
		got := b.send("POST", "/oauth/token", values("grant_type", "authorization_code", "client_id", "spa", "code", b.code("maya@example.com", spa()...), "redirect_uri", spaURI, "code_verifier", verifier).Encode(), "Origin", "https://shop.example.com")
		if got.Header.Get("Access-Control-Allow-Origin") != "" {
			return "another client's origin: " + fmt.Sprint(got.Header)
		}
		return ""
	}},
	{"a script sends cookies along", func(w *world) string {
		got := w.browser().send("OPTIONS", "/oauth/token", "", "Origin", "https://app.example.com", "Access-Control-Request-Method", "POST")
		if got.Header.Get("Access-Control-Allow-Credentials") != "" || got.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
			return fmt.Sprint(got.Header)
		}
		return ""
	}},
	{"the page of a message is put into a frame of another origin", func(w *world) string {
		got := w.browser().authorize(spa("response_mode", "web_message", "prompt", "none")...)
		policy := got.Header.Get("Content-Security-Policy")
		if !strings.HasSuffix(policy, "frame-ancestors https://app.example.com") || !strings.Contains(got.Body, `"https://app.example.com"`) {
			return policy + got.Body
		}
		return ""
	}},

	// Consent.
	{"another's application is not asked about", func(w *world) string {
		b := w.browser()
		b.code("maya@example.com", spa()...)
		return unlessBack(w, b.authorize(partner("prompt", "none")...), "consent_required")
	}},
	{"consent is given by a form of another browser", func(w *world) string {
		b, victim := w.browser(), w.browser()
		victim.code("maya@example.com", spa()...)
		_, state := b.page(b.login(b.authorize(partner()...), "noah@example.com"))
		if got := victim.post("/u/consent", "state", state, "answer", "allow"); got.Status == http.StatusSeeOther {
			return got.Header.Get("Location")
		}
		return ""
	}},
	{"consent to little is taken for consent to more", func(w *world) string {
		b := w.browser()
		_, state := b.page(b.login(b.authorize(partner("scope", "openid")...), "maya@example.com"))
		if got := b.post("/u/consent", "state", state, "answer", "allow").callback(w.t); got.Get("code") == "" {
			w.t.Fatal(got)
		}
		return unlessBack(w, b.authorize(partner("scope", "openid read:messages", "prompt", "none")...), "consent_required")
	}},
}

func TestAttacks(t *testing.T) {
	for _, tt := range attacks {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if succeeded := tt.attack(newWorld(t)); succeeded != "" {
				t.Errorf("it works: %s", succeeded)
			}
		})
	}
}
