package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// An SDK that joins a path to a base URL with a slash at its end asks for two.
func TestPathsMayBeginWithTwoSlashes(t *testing.T) {
	s := start(t, Config{})
	for path, want := range map[string]int{
		"//healthz":              200,
		"///api/v1/openapi.json": 200,
		"//v1/mgmt/role/all":     401,
		"//v1/mgmt/nothing":      404,
	} {
		answer := ask(s, "GET", path)
		if answer.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", path, answer.StatusCode, want)
		}
		if err := json.NewDecoder(answer.Body).Decode(new(any)); err != nil {
			t.Errorf("GET %s: %v", path, err)
		}
	}
}

// An SDK reads every answer as JSON with an error code, and may follow no redirect.
func TestPathsOfDescopeAreRefusedInItsForm(t *testing.T) {
	s := start(t, Config{})
	for _, path := range []string{
		"/v1", "/v1/", "/v2", "/v1/mgmt", "/v1/mgmt/", "/v2/keys", "/v1/nothing", "/v1/flow/start",
		"/v1//mgmt/role/all", "/v1/./mgmt/role/all", "/v1/x/../mgmt/role/all", "/v1/mgmt/role/all/",
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			answer := ask(s, method, path)
			var body struct {
				Code string `json:"errorCode"`
			}
			if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || answer.StatusCode != 404 || body.Code != "E011404" {
				t.Errorf("%s %s = %d, %q, %v; want 404 E011404", method, path, answer.StatusCode, body.Code, err)
			}
		}
	}
}

func TestABrowserFindsTheConsole(t *testing.T) {
	s := start(t, Config{})
	for accept, want := range map[string]int{"text/html,application/xhtml+xml": http.StatusSeeOther, "*/*": http.StatusNotFound, "": http.StatusNotFound} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != want || want == http.StatusSeeOther && w.Header().Get("Location") != "/console/" {
			t.Errorf("/ for %q = %d to %q, want %d", accept, w.Code, w.Header().Get("Location"), want)
		}
	}
}

// What no door answers is a page for a browser that goes there, and a problem for
// everything else.
func TestABrowserGetsAPageWhereThereIsNothing(t *testing.T) {
	s := start(t, Config{})
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	for _, tt := range []struct {
		name, method, path, accept string
		page                       bool
	}{
		{"a browser", "GET", "/nowhere", browser, true},
		{"a browser that looks ahead", "HEAD", "/nowhere/at/all", browser, true},
		{"a browser's form", "POST", "/nowhere", browser, false},
		{"a script in a page", "GET", "/nowhere", "*/*", false},
		{"a program", "GET", "/nowhere", "", false},
		{"a program that says so", "GET", "/nowhere", "application/json", false},
		{"a browser within the API", "GET", "/api/v1/nowhere", browser, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(s, tt.method, tt.path, "Accept", tt.accept)
			body, _ := io.ReadAll(got.Body)
			kind := got.Header.Get("Content-Type")
			if got.StatusCode != 404 || strings.HasPrefix(kind, "text/html") != tt.page || !tt.page && kind != "application/problem+json" {
				t.Errorf("%d, %s:\n%s", got.StatusCode, kind, body)
			}
			if csp := got.Header.Get("Content-Security-Policy"); tt.page && (!strings.Contains(csp, "style-src 'self'") || !strings.Contains(csp, "default-src 'none'")) {
				t.Errorf("the policy is %q", csp)
			}
			if tt.page && (got.Header.Get("X-Request-ID") == "" || got.Header.Get("Cache-Control") != "no-store") {
				t.Errorf("headers %v", got.Header)
			}
			if tt.page && tt.method == "GET" && (!strings.Contains(string(body), "There is no such page") || !strings.Contains(string(body), `href="/console/"`)) {
				t.Errorf("the page is:\n%s", body)
			}
		})
	}
	page, _ := io.ReadAll(ask(s, "GET", "/nowhere", "Accept", browser).Body)
	_, rest, _ := strings.Cut(string(page), `<link rel="stylesheet" href="`)
	sheet, _, _ := strings.Cut(rest, `"`)
	if got := ask(s, "GET", sheet); got.StatusCode != 200 {
		t.Errorf("the page's sheet %q = %d", sheet, got.StatusCode)
	}
}

// A page tells what went wrong inside to nobody, but under which name the log does.
func TestABrowserGetsAPageWhenSomethingFails(t *testing.T) {
	var out bytes.Buffer
	s := start(t, Config{Log: slog.New(slog.NewTextHandler(&out, nil))})
	for _, tt := range []struct {
		name    string
		handler http.Handler
		status  int
		says    string
	}{
		{"a panic", s.recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })), 500, "Something went wrong"},
		{"a store that is away", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.refuse(w, r, fmt.Errorf("boom: %w", rolecall.ErrUnavailable))
		}), 503, "Try again in a moment."},
	} {
		r := httptest.NewRequest("GET", "/users", nil)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("X-Request-ID", "the-request")
		w := httptest.NewRecorder()
		api.RequestIDs(tt.handler).ServeHTTP(w, r)
		page := w.Body.String()
		if w.Code != tt.status || !strings.Contains(page, tt.says) || !strings.Contains(page, "<code>the-request</code>") || strings.Contains(page, "boom") {
			t.Errorf("%s: %d:\n%s", tt.name, w.Code, page)
		}
	}
	if text := out.String(); !strings.Contains(text, "boom") || !strings.Contains(text, "request_id=the-request") {
		t.Errorf("the log has:\n%s", text)
	}
}
