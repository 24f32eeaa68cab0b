package rolecalltest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/rolecalltest"
)

const api = "https://blog.example.com"

// newApp is an application that knows where its server is, and guards with it.
func newApp(t *testing.T, url, key string) http.Handler {
	t.Helper()
	rc, err := client.Dial(t.Context(), url, key)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := pep.NewVerifier(pep.Tokens{Issuer: url, Audience: api})
	if err != nil {
		t.Fatal(err)
	}
	guard := pep.New(rc, pep.JWT(verifier))
	tokenOnly := pep.New(pep.TokenOnly(), pep.JWT(verifier))
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("POST /posts", guard.Require("post.publish")(ok))
	mux.Handle("POST /t/{tenant}/posts", guard.With(pep.Tenant(pep.PathTenant("tenant"))).Require("post.publish")(ok))
	mux.Handle("POST /own/posts", guard.With(pep.Tenant(pep.TokenTenant)).Require("post.publish")(ok))
	mux.Handle("POST /by-token/posts", tokenOnly.Require("post.publish")(ok))
	mux.Handle("POST /by-token/t/{tenant}/posts", tokenOnly.With(pep.Tenant(pep.PathTenant("tenant"))).Require("post.publish")(ok))
	mux.Handle("POST /by-token/own/posts", tokenOnly.With(pep.Tenant(pep.TokenTenant)).RequireRole("Editor")(ok))
	return mux
}

func newServer(t *testing.T) *rolecalltest.Server {
	return rolecalltest.New(t,
		rolecall.Create(&rolecall.API{ID: "blog", Identifier: api, Name: "Blog"}),
		rolecall.Create(&rolecall.Permission{ID: "publish", API: "blog", Name: "post.publish"}),
		rolecall.Create(&rolecall.Role{ID: "editor", Name: "Editor"}),
		rolecall.Create(&rolecall.Grant{Role: "editor", Permission: "publish"}),
		rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}),
		rolecall.Create(&rolecall.User{ID: "alice"}),
		rolecall.Create(&rolecall.User{ID: "bob"}),
		rolecall.Create(&rolecall.User{ID: "carol"}),
		rolecall.Create(&rolecall.Assignment{Subject: "alice", Role: "editor"}),
		rolecall.Create(&rolecall.Assignment{Subject: "bob", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}),
	)
}

// TestApp is the main job: a real server, a guarded API in front of it, and the
// right answers, also by the token alone.
func TestApp(t *testing.T) {
	srv := newServer(t)
	app := newApp(t, srv.URL, srv.Key)
	tokens := map[string]string{"": ""}
	for _, user := range []rolecall.SubjectID{"alice", "bob", "carol"} {
		tokens[string(user)] = srv.Token(user, api)
	}
	tokens["bob in acme"] = srv.TokenFor("bob", client.TokenRequest{API: api, Tenant: "acme"})
	tokens["alice, by EdDSA"] = srv.TokenFor("alice", client.TokenRequest{API: api, Algorithm: "EdDSA"})
	tokens["alice, of another API"] = srv.Token("alice", "default")
	ask := func(path, who string) int {
		r := httptest.NewRequest("POST", path, nil)
		if tokens[who] != "" {
			r.Header.Set("Authorization", "Bearer "+tokens[who])
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code
	}
	for _, tt := range []struct {
		path, who string
		want      int
	}{
		{"/posts", "", 401},
		{"/posts", "carol", 403},
		{"/posts", "bob", 403},
		{"/posts", "alice", 200},
		{"/posts", "alice, by EdDSA", 200},
		{"/posts", "alice, of another API", 401},
		{"/t/acme/posts", "bob", 200},
		{"/t/globex/posts", "bob", 403},
		{"/t/globex/posts", "alice", 200},
		{"/own/posts", "bob", 403},
		{"/own/posts", "bob in acme", 200},

		{"/by-token/posts", "", 401},
		{"/by-token/posts", "carol", 403},
		{"/by-token/posts", "bob", 403},
		{"/by-token/posts", "bob in acme", 403},
		{"/by-token/posts", "alice", 200},
		{"/by-token/t/acme/posts", "bob", 200},
		{"/by-token/t/globex/posts", "bob", 403},
		{"/by-token/t/globex/posts", "bob in acme", 403},
		{"/by-token/t/globex/posts", "alice", 200},
		{"/by-token/own/posts", "bob in acme", 200},
		{"/by-token/own/posts", "carol", 403},
	} {
		if got := ask(tt.path, tt.who); got != tt.want {
			t.Errorf("%s as %q: %d, want %d", tt.path, tt.who, got, tt.want)
		}
	}

	t.Run("a role that is taken away", func(t *testing.T) {
		srv.Write(rolecall.Unassign(rolecall.Assignment{Subject: "alice", Role: "editor"}))
		if got := ask("/posts", "alice"); got != 403 {
			t.Errorf("the same token gets %d at once, want 403", got)
		}
		if got := ask("/by-token/posts", "alice"); got != 200 {
			t.Errorf("by the token alone it gets %d, want 200 until it expires", got)
		}
	})
	t.Run("a signing key that follows another", func(t *testing.T) {
		if _, err := srv.Client().RotateSigningKey(t.Context(), "EdDSA", time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := ask("/t/acme/posts", "bob"); got != 200 {
			t.Errorf("a token by the old key gets %d, want 200", got)
		}
	})
}

func TestServer(t *testing.T) {
	srv := newServer(t)
	me, err := srv.ClientOf("carol").Me(t.Context())
	if err != nil || me.Subject != "carol" {
		t.Errorf("carol's client is %+v, %v", me, err)
	}
	if _, err := srv.ClientOf("carol").List(t.Context(), rolecall.Query{Kind: rolecall.KindUser}); !errors.Is(err, rolecall.ErrForbidden) {
		t.Errorf("carol lists users: %v", err)
	}
	if _, err := srv.Client().Token(t.Context(), client.TokenRequest{Login: srv.OwnerEmail, Password: srv.OwnerPassword}); err != nil {
		t.Errorf("the owner signs in: %v", err)
	}
	other := rolecalltest.New(t)
	if other.URL == srv.URL || other.Rolecall.Project() == srv.Rolecall.Project() {
		t.Error("two servers are one")
	}
	if _, err := client.Dial(t.Context(), other.URL, srv.Key); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("one server's key at the other: %v", err)
	}
}

func TestServerEndsWithItsTest(t *testing.T) {
	var url, key string
	t.Run("inner", func(t *testing.T) {
		srv := rolecalltest.New(t)
		url, key = srv.URL, srv.Key
	})
	if _, err := client.Dial(context.Background(), url, key, client.Attempts(1)); !errors.Is(err, rolecall.ErrUnavailable) {
		t.Errorf("it still answers: %v", err)
	}
}
