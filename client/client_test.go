package client_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/pep"
)

func TestDialRefuses(t *testing.T) {
	s := newServer(t)
	for name, tt := range map[string]struct {
		address, key string
		says         string
	}{
		"no address":                    {"", s.owner, "must be like"},
		"no scheme":                     {"auth.example.com", s.owner, "must be like"},
		"another scheme":                {"ftp://auth.example.com", s.owner, "must be like"},
		"a password in the address":     {"https://me:hunter2@auth.example.com", s.owner, "alone"},
		"a query in the address":        {s.URL + "?x=1", s.owner, "alone"},
		"plain http to another machine": {"http://auth.example.com", s.owner, "use https"},
		"plain http to a lookalike":     {"http://127.0.0.1.example.com", s.owner, "use https"},
		"no key":                        {s.URL, "", "visible ASCII"},
		"a key with a line in it":       {s.URL, "rck_\r\nX-Evil: 1", "visible ASCII"},
		"an unknown key":                {s.URL, "rck_0123456789abcdef_" + strings.Repeat("a", 43), ""},
		"nobody there":                  {"http://127.0.0.1:1", s.owner, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Dial(t.Context(), tt.address, tt.key, client.Attempts(1))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("Dial gives %v, want an error that says %q", err, tt.says)
			}
			if strings.Contains(err.Error(), "hunter2") || tt.key != "" && strings.Contains(err.Error(), tt.key) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
	_, err := client.Dial(t.Context(), s.URL, "rck_0123456789abcdef_"+strings.Repeat("a", 43))
	if !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("an unknown key gives %v, want ErrUnauthenticated", err)
	}
	_, err = client.Dial(t.Context(), "http://127.0.0.1:1", s.owner, client.Attempts(1))
	if !errors.Is(err, rolecall.ErrUnavailable) {
		t.Errorf("nobody there gives %v, want ErrUnavailable", err)
	}
}

func TestTheKeyIsShownNowhere(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "")
	secret := s.owner[len(s.owner)-20:]
	for _, text := range []string{
		c.String(), fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%+v", *c),
		fmt.Sprintf("%+v", c.With(client.Terms{Reason: "x"})),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("a Client prints its key: %s", text)
		}
	}
	if got, want := c.String(), "Rolecall at "+s.URL; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}

	t.Run("not by a redirect", func(t *testing.T) {
		var carried string
		elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			carried = r.Header.Get("Authorization")
			w.Write([]byte(`{"allowed":true}`))
		}))
		defer elsewhere.Close()
		s.interfere(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		})
		defer s.interfere(nil)
		d, err := c.Check(t.Context(), rolecall.Request{Subject: "alice", Permission: "post.publish"})
		if d.Allowed || err == nil || carried != "" {
			t.Errorf("a redirect gives %+v, %v, and carries %q", d, err, carried)
		}
	})
	t.Run("not by errors", func(t *testing.T) {
		s.interfere(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Error(w, r.Header.Get("Authorization"), 500)
		})
		defer s.interfere(nil)
		if _, err := c.Me(t.Context()); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestCA(t *testing.T) {
	s := newServer(t)
	secure := httptest.NewTLSServer(s.Config.Handler)
	defer secure.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if _, err := client.Dial(t.Context(), secure.URL, s.owner, client.CA(ca)); err != nil {
		t.Errorf("with its certificate: %v", err)
	}
	if _, err := client.Dial(t.Context(), secure.URL, s.owner, client.Attempts(1)); !errors.Is(err, rolecall.ErrUnavailable) {
		t.Errorf("without: %v, want ErrUnavailable", err)
	}
	if _, err := client.Dial(t.Context(), secure.URL, s.owner, client.CA([]byte("none"))); err == nil {
		t.Error("a PEM without a certificate is no error")
	}
	if _, err := client.Dial(t.Context(), secure.URL, s.owner, client.HTTP(secure.Client())); err != nil {
		t.Errorf("with its own http.Client: %v", err)
	}
}

func TestDecisions(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "")
	blog(t, c)
	ctx := t.Context()
	publish := func(subject rolecall.SubjectID, tenant rolecall.TenantID) rolecall.Request {
		return rolecall.Request{Subject: subject, Permission: "post.publish", Tenant: tenant}
	}
	questions := []rolecall.Request{
		publish("alice", ""), publish("bob", ""), publish("bob", "acme"), publish("carol", ""), publish("nobody", ""),
		{Subject: "alice", Role: "Editor"}, {Subject: "alice", Group: "Staff"}, {Subject: "alice", Any: rolecall.KindUser}, {Subject: "alice"},
	}
	want, err := s.rc.CheckAll(ctx, questions)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.CheckAll(ctx, questions)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CheckAll (-want +got):\n%s", diff)
	}
	for i, q := range questions {
		if d, err := c.Check(ctx, q); err != nil || d != want[i] {
			t.Errorf("Check(%+v) = %+v, %v, want %+v", q, d, err, want[i])
		}
		if q == publish(q.Subject, q.Tenant) {
			if can, err := c.Can(ctx, q.Subject, q.Permission, q.Tenant); err != nil || can != want[i].Allowed {
				t.Errorf("Can(%q, %q, %q) = %v, %v, want %v", q.Subject, q.Permission, q.Tenant, can, err, want[i].Allowed)
			}
		}
		e, err := c.Explain(ctx, q)
		if err != nil || e.Decision != want[i] || e.Request != q || e.Allowed != (len(e.Paths) > 0) && q.Any == "" {
			t.Errorf("Explain(%+v) = %+v, %v", q, e, err)
		}
	}
	if none, err := c.CheckAll(ctx, nil); err != nil || none != nil {
		t.Errorf("no questions give %v, %v", none, err)
	}

	who, next, at, err := c.WhoCan(ctx, rolecall.WhoCanQuery{Permission: "post.publish", Tenant: "acme", Limit: 1})
	if err != nil || next == "" || at != s.rc.Revision() || !cmp.Equal(who, []rolecall.SubjectID{"alice"}) {
		t.Fatalf("WhoCan = %v, %q, %d, %v", who, next, at, err)
	}
	who, next, _, err = c.WhoCan(ctx, rolecall.WhoCanQuery{Permission: "post.publish", Tenant: "acme", Limit: 1, After: next})
	if err != nil || !cmp.Equal(who, []rolecall.SubjectID{"bob"}) {
		t.Errorf("its second page = %v, %q, %v", who, next, err)
	}
	what, last, _, err := c.WhatCan(ctx, rolecall.WhatCanQuery{Subject: "bob", Tenant: "acme"})
	if err != nil || len(what) != 1 || what[0].Name != "post.publish" || last != (rolecall.PermissionRef{}) {
		t.Errorf("WhatCan = %+v, %+v, %v", what, last, err)
	}
	roles, _, err := c.EffectiveRoles(ctx, "bob", rolecall.Scope{Tenant: "acme"})
	if err != nil || len(roles) != 1 || roles[0].Name != "Editor" || len(roles[0].Paths) != 1 {
		t.Errorf("EffectiveRoles = %+v, %v", roles, err)
	}

	t.Run("of a past revision", func(t *testing.T) {
		before := s.rc.Revision()
		if _, err := c.UnassignRoles(ctx, rolecall.Assignment{Subject: "alice", Role: "editor"}); err != nil {
			t.Fatal(err)
		}
		now, err := c.Check(ctx, publish("alice", ""))
		if err != nil || now.Allowed {
			t.Errorf("now: %+v, %v", now, err)
		}
		then, err := c.AsOf(before).Check(ctx, publish("alice", ""))
		if err != nil || !then.Allowed || then.Revision != before {
			t.Errorf("then: %+v, %v", then, err)
		}
	})
}

func TestGuardOverHTTP(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "", client.Attempts(1))
	blog(t, c)
	guard := pep.New(c, pep.Subject(func(r *http.Request) (rolecall.SubjectID, error) {
		return rolecall.SubjectID(r.URL.Query().Get("user")), nil
	}))
	handler := guard.RequireAny("post.publish", "post.edit")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ask := func(user string) int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/?user="+user, nil))
		return w.Code
	}
	for user, want := range map[string]int{"": 401, "alice": 200, "bob": 403, "stranger": 403} {
		if got := ask(user); got != want {
			t.Errorf("%q gets %d, want %d", user, got, want)
		}
	}
	s.Close()
	if got := ask("alice"); got != 503 {
		t.Errorf("without a server alice gets %d, want 503", got)
	}
}

func TestTimeLimits(t *testing.T) {
	s := newServer(t)
	silent := new(silence)
	c := s.dial(t, "", client.HTTP(&http.Client{Transport: silent}), client.Timeout(50*time.Millisecond), client.Attempts(2))
	silent.began = true
	if _, err := c.Me(t.Context()); !errors.Is(err, rolecall.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that does not answer gives %v", err)
	}
	if silent.attempts != 2 {
		t.Errorf("%d attempts, want 2", silent.attempts)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.interfere(nil)
	silent.began = false
	if _, err := c.Me(ctx); !errors.Is(err, context.Canceled) || len(s.requests()) != 0 {
		t.Errorf("a context that has ended gives %v and %d requests", err, len(s.requests()))
	}
}

// A silence lies between a client and its server: until it begins, requests take
// as long as they take, and then for ever.
type silence struct {
	began    bool
	attempts int
}

func (s *silence) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.began {
		if err := r.Context().Err(); errors.Is(err, context.Canceled) {
			return nil, err
		}
		return http.DefaultTransport.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	}
	s.attempts++
	<-r.Context().Done()
	return nil, r.Context().Err()
}
