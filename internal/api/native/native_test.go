package native

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/apitest"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/internal/webhook"
	"github.com/rolecall/rolecall/sqlite"
)

// A server is a new project behind its API, with a user "root" that owns it.
type server struct {
	*httptest.Server
	rc       *rolecall.Service
	identity *identity.Identity
	keys     *token.Keys
	clock    *apitest.Clock
	log      *apitest.Log
	root     string // an access key of the owner's
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
	keys := token.New(s.rc, token.WithIssuer("http://rolecall.test/"))
	id := identity.New(s.rc, store.(identity.Store), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}),
		identity.WithMail(nil, "https://auth.example.com/", nil), identity.WithSealer(keys.Box("single sign-on")))
	s.identity, s.keys = id, keys
	hooks := webhook.New(s.rc, store.(webhook.Store), keys.Box("webhooks"), webhook.Allow(netip.MustParsePrefix("127.0.0.0/8")))
	s.Server = httptest.NewServer(New(s.rc, id, keys, logger, Webhooks(hooks)))
	t.Cleanup(func() {
		s.Close()
		id.Close()
		s.rc.Close()
	})

	setup := rolecall.System("setup")
	if _, _, err = id.CreateUser(ctx, setup, identity.NewUser{
		User:  rolecall.User{ID: "root", Name: "Root"},
		Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
	}); err != nil {
		t.Fatal(err)
	}
	key, err := id.CreateKey(ctx, setup, identity.NewKey{ID: "key_root", Name: "Root's", Subject: "root"})
	if err != nil {
		t.Fatal(err)
	}
	s.root = key.Secret
	return s
}

// A response is an answer that was read to its end.
type response struct {
	status int
	header http.Header
	body   string
}

// send makes a request. Headers are pairs; without an Authorization among them
// the owner's key is sent, and with an empty one none.
func (s *server) send(t testing.TB, method, target, body string, headers ...string) response {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.root)
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
	return response{answer.StatusCode, answer.Header, string(text)}
}
