// Package spa_test lets the vendor's SDK for single-page applications,
// @auth0/auth0-spa-js, sign people in with a real browser, Chromium, on the server
// that users run.
//
// The application is the folder page; it is served here, beside an API that the
// package pep guards. Where there is no browser or no npm it skips aloud, unless
// CI=true.
package spa_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/pep"
)

const (
	audience = "https://messages.example.com"
	password = "correct horse battery staple"
	bundle   = "node_modules/@auth0/auth0-spa-js/dist/auth0-spa-js.production.js"
)

// A world is a server that was set up by the Management API, as one does at the
// vendor's; the application at the address that it was registered with; and the
// same application where nobody has registered it.
type world struct {
	server         string // with a slash at its end
	site, stranger string // origins
	client         string
	ada, bob       string // users; Ada is a member of acme, and a reader there
	reader         string // a role
	acme           string // an organization, also by this name

	http  *http.Client
	token string // of the Management API
}

// newWorld starts everything; the site's host is one of this machine's.
func newWorld(t *testing.T, host string, options ...string) *world {
	t.Helper()
	tools := prepare(t)
	folder := t.TempDir()
	info := filepath.Join(folder, "info.json")
	var log bytes.Buffer
	server := exec.CommandContext(t.Context(), filepath.Join(tools, "rolecall"), append([]string{"serve", "--dev", "--dev-info", info,
		"--data", filepath.Join(folder, "data"), "--addr", "127.0.0.1:0"}, options...)...)
	server.Stdout, server.Stderr = &log, &log
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Wait() // the test's context has ended
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.Bytes())
		}
	})
	var found struct {
		URL    string `json:"url"`
		Key    string `json:"management_key"`
		Client string `json:"management_client_id"`
		Secret string `json:"management_client_secret"`
		CAFile string `json:"ca_file"`
	}
	for deadline := time.Now().Add(time.Minute); found.URL == ""; time.Sleep(20 * time.Millisecond) {
		if data, err := os.ReadFile(info); err == nil && json.Unmarshal(data, &found) == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not start")
		}
	}
	w := &world{server: found.URL, http: &http.Client{Timeout: time.Minute}}
	if found.CAFile != "" {
		pem, err := os.ReadFile(found.CAFile)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		w.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	}
	rc, err := client.Dial(t.Context(), found.URL, found.Key, client.HTTP(w.http))
	if err != nil {
		t.Fatal(err)
	}
	application := w.application(t, rc, tools)
	w.site, w.stranger = serve(t, application, host), serve(t, application, host)
	w.setUp(t, found.Client, found.Secret)
	return w
}

// tools is a folder for what all tests need: the server, and the SDK.
var tools string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if tools, err = os.MkdirTemp("", "spa"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(tools)
		return m.Run()
	}())
}

// prepare builds the server and fetches the SDK by its lock file, once, and
// returns where they are.
func prepare(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(tools, bundle)); err == nil {
		return tools
	}
	build := exec.Command("go", "build", "-o", filepath.Join(tools, "rolecall"), "./cmd/rolecall")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		data, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(tools, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for try := 1; ; try++ { // the registry may not answer at once
		npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
		npm.Dir = tools
		out, err := npm.CombinedOutput()
		if err == nil {
			return tools
		}
		if try == 3 {
			unavailable(t, "npm ci: "+err.Error()+"\n"+string(out))
		}
		time.Sleep(time.Duration(try) * 10 * time.Second)
	}
}

// unavailable skips where a tool is missing, but not in CI, where a skip would
// pass for a success.
func unavailable(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip("SKIPPED: " + why)
}

// serve serves a handler on loopback, and returns its origin.
func serve(t *testing.T, handler http.Handler, host string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return "http://" + net.JoinHostPort(host, port)
}

// application serves the pages, and the API, guarded in three ways.
func (w *world) application(t *testing.T, rc *client.Client, sdk string) http.Handler {
	t.Helper()
	verifier, err := pep.NewVerifier(pep.Tokens{Issuer: w.server, Audience: audience, HTTP: w.http})
	if err != nil {
		t.Fatal(err)
	}
	who := pep.JWT(verifier)
	messages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	guard := func(checker rolecall.Checker, options ...pep.Option) http.Handler {
		return pep.New(checker, who, append(options, pep.API(audience))...).Require("read:messages")(messages)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/live", guard(rc))
	mux.Handle("GET /api/token", guard(pep.TokenOnly()))
	mux.Handle("GET /api/organization", guard(rc, pep.Tenant(pep.TokenTenant)))
	mux.HandleFunc("GET /auth0-spa-js.production.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(sdk, bundle)) })
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "page/app.js") })
	mux.HandleFunc("GET /config.json", func(answer http.ResponseWriter, r *http.Request) {
		patience := 60 // seconds, for an answer that comes
		if "http://"+r.Host == w.stranger {
			patience = 2 // nobody answers there
		}
		json.NewEncoder(answer).Encode(map[string]any{
			"domain": strings.TrimSuffix(w.server, "/"), "client": w.client, "audience": audience, "organization": w.acme, "patience": patience,
		})
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		page, err := os.ReadFile("page/index.html")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	return mux
}

type object = map[string]any

// setUp makes what the application needs, by the Management API.
func (w *world) setUp(t *testing.T, id, secret string) {
	t.Helper()
	status, got := w.post(t, "oauth/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}, "audience": {w.server + "api/v2/"},
	})
	if w.token, _ = got["access_token"].(string); w.token == "" {
		t.Fatalf("there is no token for the Management API: %d %v", status, got)
	}
	w.manage(t, "POST", "resource-servers", object{
		"identifier": audience, "name": "Messages", "scopes": []object{{"value": "read:messages"}},
		"enforce_policies": true, "token_dialect": "access_token_authz", "allow_offline_access": true,
	})
	var callbacks []string
	for _, path := range []string{"/frames", "/rotating", "/stored", "/fallback"} {
		callbacks = append(callbacks, w.site+path)
	}
	w.client = w.manage(t, "POST", "clients", object{
		"name": "Messages", "app_type": "spa", "token_endpoint_auth_method": "none",
		"callbacks": callbacks, "allowed_logout_urls": callbacks, "web_origins": []string{w.site},
		"grant_types": []string{"authorization_code", "refresh_token"}, "organization_usage": "allow",
		"refresh_token": object{"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0},
	})["client_id"].(string)
	w.reader = w.manage(t, "POST", "roles", object{"name": "Reader"})["id"].(string)
	w.manage(t, "POST", "roles/"+w.reader+"/permissions", object{
		"permissions": []object{{"resource_server_identifier": audience, "permission_name": "read:messages"}},
	})
	w.acme = w.manage(t, "POST", "organizations", object{"name": "acme", "display_name": "Acme"})["id"].(string)
	for name, id := range map[string]*string{"Ada": &w.ada, "Bob": &w.bob} {
		*id = w.manage(t, "POST", "users", object{
			"connection": "Username-Password-Authentication", "name": name, "email": strings.ToLower(name) + "@example.com",
			"password": password, "email_verified": true,
		})["user_id"].(string)
	}
	w.manage(t, "POST", "organizations/"+w.acme+"/members", object{"members": []string{w.ada}})
	w.manage(t, "POST", "organizations/"+w.acme+"/members/"+url.PathEscape(w.ada)+"/roles", object{"roles": []string{w.reader}})
}

// manage calls the Management API, which must agree.
func (w *world) manage(t *testing.T, method, path string, body object) object {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, w.server+"api/v2/"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+w.token)
	status, got := w.do(t, r)
	if status >= 300 {
		t.Fatalf("%s %s: %d %v", method, path, status, got)
	}
	return got
}

// assign gives Ada the role everywhere, or takes it away by the method DELETE.
func (w *world) assign(t *testing.T, method string) {
	t.Helper()
	w.manage(t, method, "users/"+url.PathEscape(w.ada)+"/roles", object{"roles": []string{w.reader}})
}

// post sends a form, as somebody who has no browser.
func (w *world) post(t *testing.T, path string, form url.Values) (int, object) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.server+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(t, r)
}

func (w *world) do(t *testing.T, r *http.Request) (int, object) {
	t.Helper()
	answer, err := w.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got object
	if len(text) > 0 {
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s %s: %d %s", r.Method, r.URL, answer.StatusCode, text)
		}
	}
	return answer.StatusCode, got
}

// refresh uses a refresh token as a thief would.
func (w *world) refresh(t *testing.T, token string) (int, object) {
	t.Helper()
	return w.post(t, "oauth/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {w.client}, "refresh_token": {token}})
}
