// Package rolecalltest runs a real Rolecall server for the tests of an
// application: in the test's process, on loopback, with a project of its own
// that ends with the test.
//
//	srv := rolecalltest.New(t,
//		rolecall.Create(&rolecall.Permission{ID: "publish", Name: "post.publish"}),
//		rolecall.Create(&rolecall.User{ID: "alice"}),
//		rolecall.Create(&rolecall.DirectGrant{Subject: "alice", Permission: "publish"}))
//	app := newApp(srv.URL, srv.Key)
//	request.Header.Set("Authorization", "Bearer "+srv.Token("alice", "default"))
//
// It is the server that the command rolecall runs, with everything that it
// serves; nothing of it is imitated.
package rolecalltest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/server"
)

// A Server is in use until its test ends. Its methods may be called from the
// test's goroutine only: they end the test when they fail.
type Server struct {
	URL string // "http://127.0.0.1:…/", which is the issuer of its tokens, too
	Key string // an owner's access key

	OwnerEmail, OwnerPassword string // of a user who owns the project

	// Rolecall is the project itself, in this process: to write without a
	// network, and to ask what a request changed.
	Rolecall *rolecall.Service

	t     testing.TB
	owner *client.Client
	keys  map[rolecall.SubjectID]*client.Client
}

// New starts a server whose project is what seed makes of a new one.
func New(t testing.TB, seed ...rolecall.Op) *Server {
	t.Helper()
	running, err := server.New(t.Context(), server.Config{
		Data: t.TempDir(), Addr: "127.0.0.1:0", Dev: true,
		Log:          slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		DrainTimeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- running.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Errorf("stopping the server: %v", err)
		}
	})
	s := &Server{
		URL: running.URL(), Key: running.Dev.ManagementKey,
		OwnerEmail: running.Dev.OwnerEmail, OwnerPassword: running.Dev.OwnerPassword,
		Rolecall: running.Rolecall,
		t:        t,
		keys:     make(map[rolecall.SubjectID]*client.Client),
	}
	s.owner = s.dial(s.Key)
	s.Write(seed...)
	return s
}

// Write makes a write to the project, as the process itself.
func (s *Server) Write(ops ...rolecall.Op) {
	s.t.Helper()
	if len(ops) == 0 {
		return
	}
	if _, err := s.Rolecall.Write(s.t.Context(), rolecall.System("rolecalltest"), ops...); err != nil {
		s.t.Fatal(err)
	}
}

// Client returns a client that acts as an owner.
func (s *Server) Client() *client.Client { return s.owner }

// ClientOf returns a client that acts as a user or client of the project.
func (s *Server) ClientOf(subject rolecall.SubjectID) *client.Client {
	s.t.Helper()
	if c := s.keys[subject]; c != nil {
		return c
	}
	key, _, err := s.owner.CreateKey(s.t.Context(), client.NewKey{Name: "of a test", Subject: subject})
	if err != nil {
		s.t.Fatalf("an access key for %q: %v", subject, err)
	}
	s.keys[subject] = s.dial(key.Secret)
	return s.keys[subject]
}

// Token returns a token of a subject for an API, by its identifier.
func (s *Server) Token(subject rolecall.SubjectID, api string) string {
	s.t.Helper()
	return s.TokenFor(subject, client.TokenRequest{API: api})
}

// TokenFor returns a token of a subject as q asks for it.
func (s *Server) TokenFor(subject rolecall.SubjectID, q client.TokenRequest) string {
	s.t.Helper()
	token, err := s.ClientOf(subject).Token(s.t.Context(), q)
	if err != nil {
		s.t.Fatalf("a token of %q: %v", subject, err)
	}
	return token.AccessToken
}

func (s *Server) dial(key string) *client.Client {
	s.t.Helper()
	c, err := client.Dial(s.t.Context(), s.URL, key)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}
