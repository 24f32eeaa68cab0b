package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

// TestRepetition breaks what lies between client and server, before or after the
// server has done what was asked.
func TestRepetition(t *testing.T) {
	hangUp := func(w http.ResponseWriter) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		connection.Close()
	}
	busy := func(w http.ResponseWriter) { http.Error(w, "busy", http.StatusServiceUnavailable) }
	breaks := map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"the request is lost": func(w http.ResponseWriter, r *http.Request, _ http.Handler) { hangUp(w) },
		"the server is busy":  func(w http.ResponseWriter, r *http.Request, _ http.Handler) { busy(w) },
		"the node is behind": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte(`{"type":"urn:rolecall:problem:stale","detail":"at revision 1, not yet at 2"}`))
		},
		"the answer is lost": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			hangUp(w)
		},
		"a proxy is tired after the answer": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			busy(w)
		},
	}
	for name, broken := range breaks {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			s := newServer(t)
			c := s.dial(t, "")
			blog(t, c)
			twice := func() {
				var n atomic.Int64
				s.interfere(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					if n.Add(1) <= 2 {
						broken(w, r, next)
						return
					}
					next.ServeHTTP(w, r)
				})
			}
			before := s.rc.Revision()

			twice()
			receipt, err := c.Write(t.Context(), client.Create(&rolecall.User{ID: "dave"}))
			if err != nil || receipt.Revision != before+1 || len(receipt.Changes) != 1 {
				t.Errorf("a write gives %+v, %v, want one change at revision %d", receipt, err, before+1)
			}
			twice()
			if _, err := c.AssignRoles(t.Context(), rolecall.Assignment{Subject: "dave", Role: "editor"}); err != nil {
				t.Errorf("an assignment: %v", err)
			}
			if got, want := s.rc.Revision(), before+2; got != want {
				t.Errorf("two writes took the revision to %d, want %d", got, want)
			}
			twice()
			if d, err := c.Check(t.Context(), rolecall.Request{Subject: "dave", Permission: "post.publish"}); err != nil || !d.Allowed {
				t.Errorf("a check gives %+v, %v", d, err)
			}
			twice()
			if _, err := c.Token(t.Context(), client.TokenRequest{}); err == nil || len(s.requests()) != 1 {
				t.Errorf("signing in gives %v after %d attempts, want one attempt", err, len(s.requests()))
			}
			twice()
			limited := s.dial(t, "", client.Attempts(3)) // its first request uses up both breaks
			twice()
			if _, err := limited.Me(t.Context()); err != nil || len(s.requests()) != 3 {
				t.Errorf("three attempts give %v after %d", err, len(s.requests()))
			}
		})
	}
	t.Run("a refusal is not repeated", func(t *testing.T) {
		s := newServer(t)
		c := s.dial(t, "")
		s.interfere(nil)
		if _, err := c.Write(t.Context(), client.Delete(&rolecall.Role{ID: "none"})); !errors.Is(err, rolecall.ErrNotFound) || len(s.requests()) != 1 {
			t.Errorf("%v after %d attempts", err, len(s.requests()))
		}
	})
	t.Run("a key whose secret was lost with the answer", func(t *testing.T) {
		s := newServer(t)
		c := s.dial(t, "")
		var n atomic.Int64
		s.interfere(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if n.Add(1) == 1 {
				next.ServeHTTP(httptest.NewRecorder(), r)
				hangUp(w)
				return
			}
			next.ServeHTTP(w, r)
		})
		if key, _, err := c.CreateKey(t.Context(), client.NewKey{Name: "robot"}); err == nil {
			t.Errorf("there is no error, and the key %v with secret %q", key, key.Secret)
		}
	})
}

// TestReadYourWrites looks at what reads ask for.
func TestReadYourWrites(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "")
	atLeast := func() string {
		t.Helper()
		s.interfere(nil)
		if _, err := c.Check(t.Context(), rolecall.Request{Subject: "alice", Permission: "x"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.List(t.Context(), rolecall.Query{Kind: rolecall.KindUser}); err != nil {
			t.Fatal(err)
		}
		asked := s.requests()
		first, second := asked[0].URL.Query().Get("at_least"), asked[1].URL.Query().Get("at_least")
		if first != second {
			t.Errorf("a check asks for %q, a list for %q", first, second)
		}
		return first
	}
	if got := atLeast(); got != "" {
		t.Errorf("before any write: at_least=%s", got)
	}
	receipt := write(t, c.With(client.Terms{Reason: "tests"}), client.Create(&rolecall.User{ID: "alice"}))
	if got, want := atLeast(), strconv.Itoa(int(receipt.Revision)); got != want {
		t.Errorf("after a write, also by a Client made from this one: at_least=%s, want %s", got, want)
	}
	if _, err := c.With(client.Terms{DryRun: true}).Write(t.Context(), client.Create(&rolecall.User{ID: "bob"})); err != nil {
		t.Fatal(err)
	}
	if got, want := atLeast(), strconv.Itoa(int(receipt.Revision)); got != want {
		t.Errorf("after a dry run: at_least=%s, want %s", got, want)
	}
	c.AtLeast(receipt.Revision - 1)
	if got, want := atLeast(), strconv.Itoa(int(receipt.Revision)); got != want {
		t.Errorf("after hearing of an older write: at_least=%s, want %s", got, want)
	}
}
