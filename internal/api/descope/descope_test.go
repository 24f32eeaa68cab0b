package descope

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

// A server is a new project behind its API, with a management key that may do
// everything.
type server struct {
	*httptest.Server
	rc    *rolecall.Service
	id    *identity.Identity
	keys  *token.Keys
	clock *apitest.Clock
	log   *apitest.Log
	key   string // the management key
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
	s.keys = token.New(s.rc, token.WithIssuer("http://rolecall.test/"))
	s.id = identity.New(s.rc, store.(identity.Store), identity.WithSealer(s.keys.Box("test")), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}))
	s.Server = httptest.NewServer(New(s.rc, s.id, s.keys, "http://rolecall.test/", logger))
	t.Cleanup(func() {
		s.Close()
		s.id.Close()
		s.rc.Close()
	})
	s.key = s.newKey(t, "key_management", rolecall.RoleOwner)
	return s
}

// newKey makes a management key of a client that holds roles everywhere.
func (s *server) newKey(t testing.TB, id rolecall.CredentialID, roles ...rolecall.RoleID) string {
	t.Helper()
	k := identity.NewKey{ID: id, Name: string(id)}
	for _, r := range roles {
		k.Roles = append(k.Roles, rolecall.Assignment{Role: r})
	}
	key, err := s.id.CreateKey(context.Background(), rolecall.System("setup"), k)
	if err != nil {
		t.Fatal(err)
	}
	return key.Secret
}

// ${project} is the project id, ${key} the management key.
func TestTranscripts(t *testing.T) {
	apitest.Transcripts(t, "", func(t *testing.T) (apitest.Server, map[string]string) {
		s := newServer(t)
		return s, map[string]string{"project": s.rc.Project(), "key": s.key}
	})
}

func (s *server) Later(d time.Duration) { s.clock.Move(d) }
func (s *server) Log() string           { return s.log.String() }

// Send makes a request. Headers are pairs; without an Authorization among them
// the management key is sent, and with an empty one none.
func (s *server) Send(t testing.TB, method, target, body string, headers ...string) apitest.Response {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.rc.Project()+":"+s.key)
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
