package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// start returns a server that listens, and does not run.
func start(t *testing.T, c Config) *Server {
	t.Helper()
	if c.Data == "" {
		c.Data = filepath.Join(t.TempDir(), "data")
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	s, err := New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ask sends a request to the server's handler.
func ask(s *Server, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestOperationsEndpoints(t *testing.T) {
	s := start(t, Config{})
	for _, tt := range []struct {
		name, method, path string
		status             int
		body               string
	}{
		{"the process lives", "GET", "/healthz", 200, `{"status":"ok"}`},
		{"the server is ready", "GET", "/readyz", 200, `{"status":"ready"}`},
		{"the keys of tokens are public", "GET", "/.well-known/jwks.json", 200, `"kty":"RSA"`},
		{"an unknown path is a problem", "GET", "/nowhere", 404, `"detail":"there is nothing at this path"`},
		{"an unknown path is one by any method", "DELETE", "/nowhere", 404, `"detail":"there is nothing at this path"`},
		{"a method that is not GET", "POST", "/readyz", 405, `"detail":"this path does not take this method"`},
		{"our own API asks who is there", "GET", "/api/v1/roles", 401, `"type":"urn:rolecall:problem:unauthenticated"`},
		{"our own API describes itself", "GET", "/api/v1/openapi.json", 200, `"openapi":"3.1`},
		{"AuthZEN asks who is there", "POST", "/access/v1/evaluation", 401, ""},
		{"AuthZEN describes itself", "GET", "/.well-known/authzen-configuration", 200, `/access/v1/evaluation"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(s, tt.method, tt.path)
			body, _ := io.ReadAll(got.Body)
			if got.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
				t.Errorf("%s %s = %d %s, want %d with %s", tt.method, tt.path, got.StatusCode, body, tt.status, tt.body)
			}
		})
	}
}

func TestPrivateKeysAreNotPublished(t *testing.T) {
	body, _ := io.ReadAll(ask(start(t, Config{}), "GET", "/.well-known/jwks.json").Body)
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(body, &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("got %s", body)
	}
	for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		if _, ok := set.Keys[0][secret]; ok {
			t.Errorf("the key has the private field %q", secret)
		}
	}
}

func TestReadyFailsWhileTheServerStops(t *testing.T) {
	s := start(t, Config{})
	s.stopping.Store(true)
	got := ask(s, "GET", "/readyz")
	if got.StatusCode != 503 || got.Header.Get("Connection") != "close" {
		t.Errorf("got %d with Connection %q, want 503 with close", got.StatusCode, got.Header.Get("Connection"))
	}
	if got := ask(s, "GET", "/healthz"); got.StatusCode != 200 {
		t.Errorf("/healthz = %d, want 200", got.StatusCode)
	}
}

func TestEveryAnswerHasARequestIDAndSafeHeaders(t *testing.T) {
	s := start(t, Config{})
	for _, tt := range []struct {
		name, sent string
		kept       bool
	}{
		{"a printable one is kept", "abc-123", true},
		{"none", "", false},
		{"one with a blank", "a b", false},
		{"one that is too long", strings.Repeat("x", 129), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(s, "GET", "/nowhere", "X-Request-ID", tt.sent)
			id := got.Header.Get("X-Request-ID")
			if id == "" || (id == tt.sent) != tt.kept {
				t.Errorf("sent %q, got %q", tt.sent, id)
			}
			var problem struct {
				RequestID string `json:"request_id"`
			}
			if json.NewDecoder(got.Body).Decode(&problem); problem.RequestID != id {
				t.Errorf("the problem has the id %q, the header %q", problem.RequestID, id)
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options":  "nosniff",
				"Cache-Control":           "no-store",
				"X-Frame-Options":         "DENY",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			} {
				if got.Header.Get(header) != want {
					t.Errorf("%s = %q, want %q", header, got.Header.Get(header), want)
				}
			}
		})
	}
}

func TestHeadersThatConcernPagesAreNotOnMachinesAnswers(t *testing.T) {
	s := start(t, Config{})
	for _, tt := range []struct {
		path  string
		pages bool
	}{
		{"/api/v1/check", false},
		{"/api/v1/openapi.json", false},
		{"/access/v1/evaluation", false},
		{"/api/v2/roles", true},
		{"/api/v1", true},
		{"/nowhere", true},
		{"/console/", true},
	} {
		got := ask(s, "GET", tt.path).Header
		for _, header := range []string{"X-Frame-Options", "Content-Security-Policy", "Referrer-Policy"} {
			if (got.Get(header) != "") != tt.pages {
				t.Errorf("%s: %s is %q", tt.path, header, got.Get(header))
			}
		}
		for _, header := range []string{"X-Content-Type-Options", "Cache-Control", "X-Request-Id"} {
			if got.Get(header) == "" {
				t.Errorf("%s: there is no %s", tt.path, header)
			}
		}
	}
}

func TestAPanicIsA500AndTheServerGoesOn(t *testing.T) {
	var log bytes.Buffer
	s := start(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	s.handler = s.wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	got := ask(s, "GET", "/x?secret=1", "Authorization", "Bearer rck_secret")
	body, _ := io.ReadAll(got.Body)
	if got.StatusCode != 500 || strings.Contains(string(body), "boom") {
		t.Errorf("got %d %s, want 500 without the reason", got.StatusCode, body)
	}
	if !strings.Contains(log.String(), "boom") || !strings.Contains(log.String(), "status=500") {
		t.Errorf("the log has no word of it: %s", &log)
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log holds a secret: %s", &log)
	}
}

func TestABodyThatIsTooLargeIsCutOff(t *testing.T) {
	s := start(t, Config{})
	var err error
	s.handler = s.wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, err = io.Copy(io.Discard, r.Body) }))
	r := httptest.NewRequest("POST", "/", io.LimitReader(endless{}, maxBody+1))
	s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	if err == nil {
		t.Errorf("a body of %d bytes could be read", maxBody+1)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestAPortInUseIsASentenceAndTouchesNoData(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := filepath.Join(t.TempDir(), "data")
	_, err = New(context.Background(), Config{Data: data, Addr: taken.Addr().String()})
	if want := "port in use: another program listens on " + taken.Addr().String(); err == nil || err.Error() != want {
		t.Errorf("New() = %v, want %q", err, want)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the data folder was made: %v", err)
	}
}

func TestTheURLHasThePortThatTheServerGot(t *testing.T) {
	s := start(t, Config{Addr: "localhost:0"})
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	if want := "http://localhost:" + port + "/"; s.URL() != want {
		t.Errorf("URL() = %q, want %q", s.URL(), want)
	}
	if s.Tokens.Issuer() != s.URL() {
		t.Errorf("the issuer is %q, want %q", s.Tokens.Issuer(), s.URL())
	}
}
