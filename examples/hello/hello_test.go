package hello_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/examples/hello"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/sqlite"
)

const (
	issuer   = "https://auth.example.com/"
	audience = "https://hello.example.com"
	origin   = "http://localhost:4040"
)

// newAPI returns the API, and what makes tokens for it.
func newAPI(t *testing.T) (http.Handler, func(token.Claims) string) {
	t.Helper()
	ctx := context.Background()
	rc, err := rolecall.Open(ctx, sqlite.Memory())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rc.Close() })
	_, err = rc.Write(ctx, rolecall.System("test"),
		rolecall.Create(&rolecall.API{ID: "hello", Identifier: audience, Name: "Hello"}),
		rolecall.Create(&rolecall.Permission{ID: "admin", API: "hello", Name: hello.Permission}),
		rolecall.Create(&rolecall.Role{ID: "admin", Name: "Admin"}),
		rolecall.Create(&rolecall.Grant{Role: "admin", Permission: "admin"}),
		rolecall.Create(&rolecall.User{ID: "ada"}),
		rolecall.Create(&rolecall.User{ID: "ben"}),
		rolecall.Create(&rolecall.Assignment{Subject: "ada", Role: "admin"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	keys := token.New(rc, token.WithIssuer(issuer))
	issue := func(c token.Claims) string {
		if c.Expires.IsZero() {
			c.Expires = time.Now().Add(time.Hour)
		}
		if c.Audience == nil {
			c.Audience = []string{audience}
		}
		raw, err := keys.Issue(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	issue(token.Claims{Subject: "ada"}) // makes the first key
	var set jose.JSONWebKeySet
	if set, err = keys.JWKS(ctx); err != nil {
		t.Fatal(err)
	}
	verifier, err := pep.NewVerifier(pep.Tokens{Issuer: issuer, Audience: audience, Keys: &set})
	if err != nil {
		t.Fatal(err)
	}
	return hello.New(rc, verifier, origin), issue
}

func TestTheAnswersAreThoseOfTheSample(t *testing.T) {
	api, issue := newAPI(t)
	ada, ben := "Bearer "+issue(token.Claims{Subject: "ada"}), "Bearer "+issue(token.Claims{Subject: "ben"})
	const (
		metadata  = `{"metadata":{"api":"api_flask_python_hello-world","branch":"basic-role-based-access-control"},"text":`
		public    = metadata + `"This is a public message."}` + "\n"
		protected = metadata + `"This is a protected message."}` + "\n"
		admin     = metadata + `"This is an admin message."}` + "\n"
		requires  = `{"message":"Requires authentication"}` + "\n"
		format    = `{"error":"invalid_request","error_description":"Authorization header value must follow this format: Bearer access-token","message":"Requires authentication"}` + "\n"
		denied    = `{"message":"Permission denied"}` + "\n"
	)
	for _, tt := range []struct {
		name, method, path, authorization string
		status                            int
		body                              string // "…" at the end means anything from there on
	}{
		{"public, without a token", "GET", "/api/messages/public", "", 200, public},
		{"public, with a bad token", "GET", "/api/messages/public", "Bearer x", 200, public},
		{"protected, with a good token", "GET", "/api/messages/protected", ben, 200, protected},
		{"admin, with the permission", "GET", "/api/messages/admin", ada, 200, admin},
		{"admin, without the permission", "GET", "/api/messages/admin", ben, 403, denied},
		{"no header", "GET", "/api/messages/protected", "", 401, requires},
		{"a header of blanks", "GET", "/api/messages/protected", "  ", 401, requires},
		{"one word", "GET", "/api/messages/protected", "Bearer", 400, format},
		{"three words", "GET", "/api/messages/admin", "Bearer a b", 400, format},
		{"three words of another scheme", "GET", "/api/messages/admin", "Basic a b", 400, format},
		{"another scheme", "GET", "/api/messages/protected", "Basic YTpi", 401, requires},
		{"the scheme in another case, and a tab", "GET", "/api/messages/protected", strings.Replace(ben, "Bearer ", "bEaReR \t", 1), 200, protected},
		{"an expired token", "GET", "/api/messages/protected", "Bearer " + issue(token.Claims{Subject: "ada", Issued: time.Now().Add(-2 * time.Hour), Expires: time.Now().Add(-time.Hour)}),
			401, `{"error":"invalid_token","error_description":"the token has expired","message":"Bad credentials"}` + "\n"},
		{"a token of another audience", "GET", "/api/messages/protected", "Bearer " + issue(token.Claims{Subject: "ada", Audience: []string{"x"}}), 401, `{"error":"invalid_token",…`},
		{"a token of another issuer", "GET", "/api/messages/protected", "Bearer " + issue(token.Claims{Subject: "ada", Issuer: "https://x/"}), 401, `{"error":"invalid_token",…`},
		{"a token that is none", "GET", "/api/messages/protected", "Bearer x.y.z", 401, `{"error":"invalid_token",…`},
		{"an unknown subject", "GET", "/api/messages/admin", "Bearer " + issue(token.Claims{Subject: "nobody"}), 403, denied},
		{"an unknown path of the API", "GET", "/api/messages/other", "", 404, `{"message":"Not Found"}` + "\n"},
		{"an unknown path elsewhere", "GET", "/other", "", 404, "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>…"},
		{"another method", "POST", "/api/messages/public", "", 405, "<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>…"},
		{"HEAD", "HEAD", "/api/messages/public", "", 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			if tt.authorization != "" {
				r.Header.Set("Authorization", tt.authorization)
			}
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			got := w.Body.String()
			if tt.method == "HEAD" {
				got = "" // the server leaves it out
			}
			start, anything := strings.CutSuffix(tt.body, "…")
			if w.Code != tt.status || got != tt.body && !(anything && strings.HasPrefix(got, start)) {
				t.Errorf("%s %s = %d %s, want %d %s", tt.method, tt.path, w.Code, got, tt.status, tt.body)
			}
			if w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("Content-Type = %q", w.Header().Get("Content-Type"))
			}
			if tt.status == 405 && w.Header().Get("Allow") != "HEAD, OPTIONS, GET" {
				t.Errorf("Allow = %q", w.Header().Get("Allow"))
			}
		})
	}
}

func TestPagesOfOneOriginMayCall(t *testing.T) {
	api, _ := newAPI(t)
	for _, tt := range []struct {
		name, path, from, want string
	}{
		{"its own pages", "/api/messages/public", origin, origin},
		{"no page", "/api/messages/public", "", origin},
		{"others' pages", "/api/messages/public", "https://evil.example.com", ""},
		{"outside the API", "/other", origin, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", tt.path, nil)
			if tt.from != "" {
				r.Header.Set("Origin", tt.from)
			}
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != tt.want {
				t.Errorf("Access-Control-Allow-Origin = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAPreflightIsAnswered(t *testing.T) {
	api, _ := newAPI(t)
	r := httptest.NewRequest("OPTIONS", "/api/messages/admin", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", "GET")
	r.Header.Set("Access-Control-Request-Headers", "authorization, x-other")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	if w.Code != 200 || len(body) != 0 {
		t.Errorf("got %d %q, want 200 and nothing", w.Code, body)
	}
	for header, want := range map[string]string{
		"Access-Control-Allow-Headers": "authorization",
		"Access-Control-Allow-Methods": "GET",
		"Access-Control-Max-Age":       "86400",
		"Access-Control-Allow-Origin":  origin,
	} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s = %q, want %q", header, got, want)
		}
	}
}
