package authzen

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

var system = rolecall.System("test")

// A pdp is a server over a fresh project, as a caller sees it.
type pdp struct {
	t      testing.TB
	rc     *rolecall.Service
	keys   *token.Keys
	url    string
	bearer string // the access key of the caller "gateway", who may ask about anybody anywhere
	log    *strings.Builder
}

const publicURL = "https://pdp.example/"

// newPDP starts a server over a project with records.
func newPDP(t testing.TB, records ...rolecall.Record) *pdp {
	t.Helper()
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rc, err := rolecall.New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	id := identity.New(rc, store.(identity.Store))
	keys := token.New(rc, token.WithIssuer(publicURL))
	p := &pdp{t: t, rc: rc, keys: keys, log: new(strings.Builder)}
	h, err := New(rc, &api.Authenticator{Service: rc, Identity: id, Keys: keys}, publicURL, slog.New(slog.NewTextHandler(p.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.Close()
		id.Close()
		rc.Close()
	})
	p.url = server.URL
	p.add(append(records,
		&rolecall.Client{ID: "gateway", Name: "Gateway"},
		&rolecall.Role{ID: "asker", Name: "Asker"},
		&rolecall.Grant{Role: "asker", Permission: rolecall.PermissionCheck},
		&rolecall.Assignment{Subject: "gateway", Role: "asker"},
	)...)
	key, err := id.CreateKey(t.Context(), system, identity.NewKey{Name: "Gateway key", Subject: "gateway"})
	if err != nil {
		t.Fatal(err)
	}
	p.bearer = "Bearer " + key.Secret
	return p
}

// in returns p for a subtest.
func (p *pdp) in(t testing.TB) *pdp {
	q := *p
	q.t = t
	return &q
}

func (p *pdp) add(records ...rolecall.Record) {
	p.t.Helper()
	var ops []rolecall.Op
	for _, r := range records {
		ops = append(ops, rolecall.Put(r))
	}
	if _, err := p.rc.Write(context.Background(), system, ops...); err != nil {
		p.t.Fatal(err)
	}
}

// token returns a token of a subject's.
func (p *pdp) token(subject rolecall.SubjectID) string {
	p.t.Helper()
	now := p.rc.Now()
	raw, err := p.keys.Issue(context.Background(), token.Claims{
		Subject: subject, Audience: []string{"rolecall"}, Expires: now.Add(time.Hour), Algorithm: token.ES256,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return raw
}

// A reply is an answer, whole.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request with headers, "Name: value" each. It adds those that a
// well-behaved caller sends and that are not among them.
func (p *pdp) send(method, path, body string, headers ...string) reply {
	p.t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", p.bearer)
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Del(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, strings.TrimSuffix(string(text), "\n")}
}

// ask posts a body and returns the text of the answer, which must be a 200.
func (p *pdp) ask(path, body string) string {
	p.t.Helper()
	got := p.send("POST", path, body)
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
		p.t.Fatalf("POST %s %s: %d %s %s", path, body, got.status, got.header.Get("Content-Type"), got.body)
	}
	return got.body
}

// decode reads a JSON text into a T.
func decode[T any](t testing.TB, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
