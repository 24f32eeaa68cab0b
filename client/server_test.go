package client_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/api/native"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// A server is a new project behind the real API. What it is asked passes through
// hands of the test, which may interfere.
type server struct {
	*httptest.Server
	rc       *rolecall.Service
	identity *identity.Identity
	owner    string // an access key

	mu          sync.Mutex
	asked       []*http.Request
	interfering func(w http.ResponseWriter, r *http.Request, next http.Handler)
}

func newServer(t testing.TB) *server {
	t.Helper()
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return newServerOn(t, store)
}

// newServerOn is newServer over a store, which may have a project already.
func newServerOn(t testing.TB, store rolecall.Store) *server {
	t.Helper()
	var err error
	s := new(server)
	if s.rc, err = rolecall.New(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.rc.Close() })
	s.identity = identity.New(s.rc, store.(identity.Store), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}))
	t.Cleanup(func() { s.identity.Close() })
	key, err := s.identity.CreateKey(t.Context(), rolecall.System("test"), identity.NewKey{
		Name: "owner", Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.owner = key.Secret
	api := native.New(s.rc, s.identity, token.New(s.rc, token.WithIssuer("http://rolecall.test/")), slog.New(slog.DiscardHandler))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		interfere := s.interfering
		s.mu.Unlock()
		if interfere != nil {
			interfere(w, r, api)
			return
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// interfere lets f stand between the clients and the API; nil lets it go.
func (s *server) interfere(f func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interfering, s.asked = f, nil
}

// requests returns what was asked since the last interference.
func (s *server) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// dial returns a client with the owner's key, or another.
func (s *server) dial(t testing.TB, key string, options ...client.Option) *client.Client {
	t.Helper()
	if key == "" {
		key = s.owner
	}
	c, err := client.Dial(t.Context(), s.URL, key, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write makes a write that must succeed.
func write(t testing.TB, c *client.Client, ops ...client.Op) rolecall.Receipt {
	t.Helper()
	receipt, err := c.Write(t.Context(), ops...)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// blog makes a project with alice, who may publish everywhere as an editor, bob
// who may in the tenant acme, and carol, who may nothing.
func blog(t testing.TB, c *client.Client) {
	t.Helper()
	write(t, c,
		client.Create(&rolecall.Permission{ID: "publish", Name: "post.publish"}),
		client.Create(&rolecall.Permission{ID: "edit", Name: "post.edit"}),
		client.Create(&rolecall.Role{ID: "editor", Name: "Editor"}),
		client.Create(&rolecall.Grant{Role: "editor", Permission: "publish"}),
		client.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		client.Create(&rolecall.Group{ID: "staff", Name: "Staff"}),
		client.Create(&rolecall.User{ID: "alice"}), client.Create(&rolecall.User{ID: "bob"}), client.Create(&rolecall.User{ID: "carol"}),
		client.Create(&rolecall.Assignment{Subject: "alice", Role: "editor"}),
		client.Create(&rolecall.Assignment{Subject: "bob", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}),
	)
}
