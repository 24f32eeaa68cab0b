package auth0

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/apitest"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

const issuer = "http://rolecall.test/"

// A server is a new project behind its API, with a client that may do everything.
type server struct {
	*httptest.Server
	rc    *rolecall.Service
	id    *identity.Identity
	keys  *token.Keys
	clock *apitest.Clock
	log   *apitest.Log
	token string // with every scope, for a year
}

func newServer(t testing.TB) *server {
	t.Helper()
	ctx := context.Background()
	s := &server{clock: apitest.NewClock(), log: new(apitest.Log)}
	store, err := sqlite.Memory().OpenStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	if s.rc, err = rolecall.New(ctx, store, rolecall.WithClock(s.clock.Now), rolecall.WithLogger(logger)); err != nil {
		t.Fatal(err)
	}
	s.id = identity.New(s.rc, store.(identity.Store), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}))
	s.keys = token.New(s.rc, token.WithIssuer(issuer))
	s.Server = httptest.NewServer(New(s.rc, s.id, s.keys, issuer, logger))
	t.Cleanup(func() {
		s.Close()
		s.id.Close()
		s.rc.Close()
	})
	s.write(t, rolecall.Create(&rolecall.Client{ID: "manager", Name: "Manager"}),
		rolecall.Create(&rolecall.Assignment{Subject: "manager", Role: rolecall.RoleOwner}))
	s.token = s.tokenFor(t, "manager", allScopes()...)
	return s
}

func allScopes() (names []string) {
	for _, s := range Scopes {
		names = append(names, s.Name)
	}
	return names
}

func (s *server) write(t testing.TB, ops ...rolecall.Op) {
	t.Helper()
	if _, err := s.rc.Write(context.Background(), rolecall.System("setup"), ops...); err != nil {
		t.Fatal(err)
	}
}

// tokenFor returns a token of a client's own, as the provider makes them.
func (s *server) tokenFor(t testing.TB, client rolecall.SubjectID, scopes ...string) string {
	t.Helper()
	return s.issue(t, token.Claims{Subject: client + "@clients", Extra: map[string]any{
		"azp": client, "gty": "client-credentials", "scope": strings.Join(scopes, " "),
	}})
}

// issue returns a token for the API, unless claims say otherwise.
func (s *server) issue(t testing.TB, claims token.Claims) string {
	t.Helper()
	if claims.Audience == nil {
		claims.Audience = []string{issuer + "api/v2/"}
	}
	if claims.Expires.IsZero() {
		claims.Expires = s.clock.Now().Add(24 * time.Hour)
	}
	raw, err := s.keys.Issue(context.Background(), claims)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// ${reader} is a token with no scope but those to read.
func TestTranscripts(t *testing.T) {
	apitest.Transcripts(t, Prefix, func(t *testing.T) (apitest.Server, map[string]string) {
		s := newServer(t)
		var reads []string
		for _, name := range allScopes() {
			if strings.HasPrefix(name, "read:") {
				reads = append(reads, name)
			}
		}
		return s, map[string]string{"reader": s.tokenFor(t, "manager", reads...)}
	})
}

func (s *server) Later(d time.Duration) { s.clock.Move(d) }
func (s *server) Log() string           { return s.log.String() }

// Send makes a request. Headers are pairs; without an Authorization among them
// the manager's token is sent, and with an empty one none.
func (s *server) Send(t testing.TB, method, target, body string, headers ...string) apitest.Response {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return apitest.Response{Status: answer.StatusCode, Header: answer.Header, Body: string(text)}
}
