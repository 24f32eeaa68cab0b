package pep_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
)

// TestAnswers is RFC 6750 section 3, as a guard of the API https://api.example.com gives it.
func TestAnswers(t *testing.T) {
	i := newIssuer(t, public("rsa", rsaKey()))
	guard := pep.New(blog(t), pep.JWT(i.verifier(t, nil)), pep.Realm("blog"))
	publish := guard.Require("post.publish")(hello)
	good := "Bearer " + i.token(t, nil)

	const bare = `Bearer realm="blog"`
	malformed := func(rule string) string {
		return bare + `, error="invalid_request", error_description="` + rule + `"`
	}
	invalid := func(rule string) string {
		return bare + `, error="invalid_token", error_description="` + rule + `"`
	}
	form := malformed("the Authorization header must have the form: Bearer token")
	for _, tt := range []struct {
		name      string
		handler   http.Handler
		headers   []string
		status    int
		challenge string
		code      string
	}{
		{"no credentials", publish, nil, 401, bare, "unauthenticated"},
		{"an empty header", publish, []string{"Authorization", ""}, 401, bare, "unauthenticated"},
		{"another scheme", publish, []string{"Authorization", "Basic YTpi"}, 401, bare, "unauthenticated"},
		{"a scheme that only begins like ours", publish, []string{"Authorization", "BearerX abc"}, 401, bare, "unauthenticated"},
		{"the scheme alone", publish, []string{"Authorization", "Bearer"}, 400, form, "invalid_request"},
		{"two tokens", publish, []string{"Authorization", "Bearer a b"}, 400, form, "invalid_request"},
		{"characters that no token has", publish, []string{"Authorization", "Bearer a,b"}, 401, invalid("the token can't be read"), "invalid_token"},
		{"two headers", publish, []string{"Authorization", good, "Authorization", good}, 400, malformed("there must be one Authorization header"), "invalid_request"},
		{"not a JWT", publish, []string{"Authorization", "Bearer abc"}, 401, invalid("the token can't be read"), "invalid_token"},
		{"an expired token", publish, []string{"Authorization", "Bearer " + i.token(t, map[string]any{"exp": noon.Add(-time.Second).Unix()})}, 401, invalid("the token has expired"), "invalid_token"},
		{"a token for another API", publish, []string{"Authorization", "Bearer " + i.token(t, map[string]any{"aud": "x"})}, 401, invalid("the token is for another audience"), "invalid_token"},
		{"somebody who may not", publish, []string{"Authorization", "Bearer " + i.token(t, map[string]any{"sub": "dave"})}, 403,
			bare + `, error="insufficient_scope", error_description="permission denied", scope="post.publish"`, "insufficient_scope"},
		{"a token that claims what its subject does not hold", publish, []string{"Authorization", "Bearer " + i.token(t, map[string]any{"sub": "dave", "permissions": []string{"post.publish"}})}, 403,
			bare + `, error="insufficient_scope", error_description="permission denied", scope="post.publish"`, "insufficient_scope"},
		{"all of several", guard.RequireAll("post.publish", "post.edit")(hello), []string{"Authorization", good}, 403,
			bare + `, error="insufficient_scope", error_description="permission denied", scope="post.publish post.edit"`, "insufficient_scope"},
		{"any of several, which no scope can say", guard.RequireAny("post.edit", "post.delete")(hello), []string{"Authorization", good}, 403,
			bare + `, error="insufficient_scope", error_description="permission denied"`, "insufficient_scope"},
		{"a name that no scope can hold", guard.Require("Edit Post")(hello), []string{"Authorization", good}, 403,
			bare + `, error="insufficient_scope", error_description="permission denied"`, "insufficient_scope"},
		{"a role", guard.RequireRole("Editor")(hello), []string{"Authorization", good}, 403,
			bare + `, error="insufficient_scope", error_description="permission denied"`, "insufficient_scope"},
		{"the permission of that name in another API", guard.With(pep.API("default")).Require("post.edit")(hello), []string{"Authorization", good}, 403,
			bare + `, error="insufficient_scope", error_description="permission denied", scope="post.edit"`, "insufficient_scope"},
		{"who may", publish, []string{"Authorization", good}, 200, "", ""},
		{"whatever the case of the scheme", publish, []string{"Authorization", "bEARER  " + good[len("Bearer "):]}, 200, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := get(tt.handler, "", tt.headers...)
			if got := w.Header().Get("WWW-Authenticate"); w.Code != tt.status || got != tt.challenge {
				t.Errorf("got  %d %s\nwant %d %s", w.Code, got, tt.status, tt.challenge)
			}
			if tt.status == 200 {
				return
			}
			if got := body(t, w); got.Error != tt.code || got.Description == "" {
				t.Errorf("the body is %+v, want error %q", got, tt.code)
			}
			if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
	t.Run("keys that can't be had", func(t *testing.T) {
		i.setDown(true)
		guard := pep.New(blog(t), pep.JWT(i.verifier(t, nil)))
		if w := get(guard.Require("post.publish")(hello), "", "Authorization", good); w.Code != 503 || w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%d %v, want 503 without a challenge: the token may be good", w.Code, w.Header())
		}
	})
}

func TestSubjectErrors(t *testing.T) {
	rc := blog(t)
	for _, tt := range []struct {
		name      string
		subject   rolecall.SubjectID
		err       error
		status    int
		challenge string
	}{
		{"nobody", "", pep.ErrNoSubject, 401, `Bearer realm="rolecall"`},
		{"an empty subject", "", nil, 401, `Bearer realm="rolecall"`},
		{"a session that is over", "", &pep.CredentialError{Rule: `the session "x" is over`, Kind: pep.ErrBadCredentials}, 401,
			`Bearer realm="rolecall", error="invalid_token", error_description="the session 'x' is over"`},
		{"a bare kind", "", pep.ErrBadCredentials, 401, `Bearer realm="rolecall", error="invalid_token"`},
		{"a cookie that can't be read", "alice", pep.ErrMalformed, 400, `Bearer realm="rolecall", error="invalid_request"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard := pep.New(rc, pep.Subject(func(*http.Request) (rolecall.SubjectID, error) { return tt.subject, tt.err }))
			w := get(guard.Require("post.publish")(hello), "")
			if got := w.Header().Get("WWW-Authenticate"); w.Code != tt.status || got != tt.challenge {
				t.Errorf("got  %d %s\nwant %d %s", w.Code, got, tt.status, tt.challenge)
			}
		})
	}
}

func TestOnDenyIsTold(t *testing.T) {
	var told pep.Denial
	guard := pep.New(blog(t), pep.Subject(session), pep.OnDeny(func(w http.ResponseWriter, r *http.Request, d pep.Denial) {
		told = d
		w.WriteHeader(http.StatusTeapot)
	}))
	if w := get(guard.Require("post.publish")(hello), "eve"); w.Code != http.StatusTeapot {
		t.Errorf("%d, want OnDeny's own status", w.Code)
	}
	if told.Status != 403 || told.Subject != "eve" || told.Decision.Reason != rolecall.Blocked || told.Decision.Revision == 0 || told.Err != nil {
		t.Errorf("OnDeny is told %+v", told)
	}
}

func TestLoginPage(t *testing.T) {
	guard := pep.New(blog(t), pep.Subject(session), pep.LoginPage("/login?theme=dark"))
	handler := guard.Require("post.publish")(hello)
	const html = "text/html,application/xhtml+xml"
	for _, tt := range []struct {
		name, method, target, accept, user string
		status                             int
		location                           string
	}{
		{"a browser that opens a page", "GET", "/posts?page=2", html, "", 303, "/login?theme=dark&return_to=%2Fposts%3Fpage%3D2"},
		{"a script", "GET", "/posts", "application/json", "", 401, ""},
		{"anything", "GET", "/posts", "*/*", "", 401, ""},
		{"a form", "POST", "/posts", html, "", 401, ""},
		{"somebody who may not: another login would not help", "GET", "/posts", html, "dave", 403, ""},
		{"a path that a browser reads as a host", "GET", "//evil.example/x", html, "", 303, "/login?theme=dark"},
		{"a path with a backslash, which is escaped", "GET", `/\evil.example/x`, html, "", 303, "/login?theme=dark&return_to=%2F%255Cevil.example%2Fx"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "http://app.example", nil)
			r.URL.Path, r.URL.RawQuery = tt.target, ""
			if tt.target == "/posts?page=2" {
				r.URL.Path, r.URL.RawQuery = "/posts", "page=2"
			}
			r.Header.Set("Accept", tt.accept)
			r.Header.Set("X-User", tt.user)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if got := w.Header().Get("Location"); w.Code != tt.status || got != tt.location {
				t.Errorf("got %d %q, want %d %q", w.Code, got, tt.status, tt.location)
			}
			if tt.status == 401 && w.Header().Get("WWW-Authenticate") == "" {
				t.Error("401 without a challenge")
			}
		})
	}
}

func TestOnlyWhoIsNobodyIsSentToTheLoginPage(t *testing.T) {
	rc := blog(t)
	for _, tt := range []struct {
		name    string
		of      error
		options []pep.Option
		status  int
	}{
		{"no login page", pep.ErrNoSubject, nil, 401},
		{"credentials that can't be read", pep.ErrMalformed, []pep.Option{pep.LoginPage("/login")}, 400},
		{"no answer", errors.New("the database is away"), []pep.Option{pep.LoginPage("/login")}, 503},
		{"nobody", pep.ErrNoSubject, []pep.Option{pep.LoginPage("/login")}, 303},
		{"credentials that don't hold", pep.ErrBadCredentials, []pep.Option{pep.LoginPage("/login")}, 303},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard := pep.New(rc, pep.Subject(func(*http.Request) (rolecall.SubjectID, error) { return "", tt.of }), tt.options...)
			r := httptest.NewRequest("GET", "http://app.example/posts", nil)
			r.Header.Set("Accept", "text/html")
			w := httptest.NewRecorder()
			guard.Require("post.publish")(hello).ServeHTTP(w, r)
			if at := w.Header().Get("Location"); w.Code != tt.status || (at != "") != (tt.status == 303) {
				t.Errorf("got %d %q, want %d", w.Code, at, tt.status)
			}
		})
	}
}
