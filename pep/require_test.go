package pep_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
)

// TestFlaskPermChecks shows the Go form of every check of Flask-Perm, and what
// it answers. Flask-Perm's overloaded calls, no names and '*', have names here.
func TestFlaskPermChecks(t *testing.T) {
	rc := blog(t)
	guard := pep.New(rc, pep.Subject(session))
	type answers map[string]int // by user; "" is nobody
	for name, tt := range map[string]struct {
		guarded func(http.Handler) http.Handler
		want    answers
	}{
		"require_permission('post.publish')": {
			guard.Require("post.publish"),
			answers{"": 401, "alice": 200, "bob": 200, "carol": 403, "dave": 403, "eve": 403, "nobody we know": 403},
		},
		"require_permission with an unknown code": {
			guard.Require("post.fly"),
			answers{"": 401, "alice": 403, "bob": 403},
		},
		"require_permission('post.publish', 'post.edit'): any of them": {
			guard.RequireAny("post.publish", "post.edit"),
			answers{"": 401, "alice": 200, "bob": 200, "dave": 403},
		},
		"two require_permission decorators: all of them": {
			guard.RequireAll("post.publish", "post.edit"),
			answers{"": 401, "alice": 403, "bob": 200, "dave": 403},
		},
		"require_permission(): only somebody": {
			guard.RequireLogin(),
			answers{"": 401, "alice": 200, "dave": 200, "eve": 403, "nobody we know": 403},
		},
		"require_permission('*'): any permission at all": {
			guard.RequireAnyPermission(),
			answers{"": 401, "alice": 200, "bob": 200, "dave": 403, "eve": 403},
		},
		"require_group('editor'), which is a role here": {
			guard.RequireRole("Editor"),
			answers{"": 401, "alice": 403, "bob": 200, "dave": 403},
		},
		"require_group of an unknown code": {
			guard.RequireRole("Pilot"),
			answers{"": 401, "bob": 403},
		},
		"require_group('pilot', 'editor'): any of them": {
			guard.RequireRole("Pilot", "Editor"),
			answers{"bob": 200, "alice": 403},
		},
		"require_group('*'): any role at all": {
			guard.RequireAnyRole(),
			answers{"": 401, "alice": 403, "bob": 200, "dave": 403},
		},
		"require_group of people, by name": {
			guard.RequireGroup("guests", "staff"),
			answers{"": 401, "alice": 403, "bob": 200},
		},
		"require_group of people, by id": {
			guard.RequireGroup("g1"),
			answers{"alice": 403, "bob": 200},
		},
		"require_group of people that has no members": {
			guard.RequireGroup("guests"),
			answers{"alice": 403, "bob": 403},
		},
		"any group of people": {
			guard.RequireAnyGroup(),
			answers{"": 401, "alice": 403, "bob": 200, "dave": 403},
		},
	} {
		t.Run(name, func(t *testing.T) {
			handler := tt.guarded(hello)
			for user, want := range tt.want {
				w := get(handler, user)
				if w.Code != want {
					t.Errorf("%q gets %d, want %d", user, w.Code, want)
				}
				if want == 200 && w.Body.String() != "hello "+user {
					t.Errorf("%q gets %q", user, w.Body)
				}
			}
		})
	}
}

// TestFlaskPermQuestions shows the Go form of has_permission, has_permissions,
// is_user_in_groups and the template helpers: false for nobody, never an error.
func TestFlaskPermQuestions(t *testing.T) {
	guard := pep.New(blog(t), pep.Subject(session))
	for name, tt := range map[string]struct {
		ask  func(*pep.Caller) bool
		want map[string]bool
	}{
		"has_permission(user, code)": {
			func(c *pep.Caller) bool { return c.Can("post.publish") },
			map[string]bool{"": false, "alice": true, "bob": true, "dave": false, "eve": false},
		},
		"has_permission with an unknown code": {
			func(c *pep.Caller) bool { return c.Can("post.fly") },
			map[string]bool{"bob": false},
		},
		"has_permissions(user, codes…): any of them": {
			func(c *pep.Caller) bool { return c.CanAny("post.edit", "post.publish") },
			map[string]bool{"": false, "alice": true, "bob": true, "dave": false},
		},
		"all of them": {
			func(c *pep.Caller) bool { return c.CanAll("post.edit", "post.publish") },
			map[string]bool{"": false, "alice": false, "bob": true, "dave": false},
		},
		"no codes": {
			func(c *pep.Caller) bool { return c.CanAny() || c.CanAll() || c.HasRole() || c.InGroup() },
			map[string]bool{"": false, "bob": false},
		},
		"is_user_in_groups, which are roles here": {
			func(c *pep.Caller) bool { return c.HasRole("Pilot", "Editor") },
			map[string]bool{"": false, "alice": false, "bob": true},
		},
		"is_user_in_groups, of people": {
			func(c *pep.Caller) bool { return c.InGroup("staff") },
			map[string]bool{"": false, "alice": false, "bob": true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for user, want := range tt.want {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header.Set("X-User", user)
				me := guard.Caller(r)
				if got := tt.ask(me); got != want || me.Err() != nil {
					t.Errorf("%q: %v (error %v), want %v", user, got, me.Err(), want)
				}
			}
		})
	}
}

func TestTenantAndResource(t *testing.T) {
	guard := pep.New(blog(t), pep.Subject(session))
	tenants := guard.With(pep.Tenant(pep.PathTenant("tenant")))
	docs := guard.With(pep.Resource(pep.PathResource("doc", "id")))
	mux := http.NewServeMux()
	mux.Handle("/posts", guard.Require("post.delete")(hello))
	mux.Handle("/t/{tenant}/posts", tenants.Require("post.delete")(hello))
	mux.Handle("/t/{tenant}/publish", tenants.Require("post.publish")(hello))
	mux.Handle("/docs/{id}", docs.Require("doc.edit")(hello))
	mux.Handle("/docs/{$}", docs.Require("doc.edit")(hello))
	mux.Handle("/ask/{id}", docs.RequireLogin()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		me := pep.CallerOf(r.Context())
		fmt.Fprint(w, me.Can("doc.edit"), me.On("doc:7").Can("doc.edit"), me.On("").Can("doc.edit"),
			me.On("").Can("post.delete"), me.On("").In("acme").Can("post.delete"), me.In("acme").On("doc:7").HasRole("Remover"))
	})))
	for _, tt := range []struct {
		name, user, path string
		status           int
		body             string
	}{
		{"what is held in a tenant does not count without one", "carol", "/posts", 403, ""},
		{"it counts in that tenant", "carol", "/t/acme/posts", 200, ""},
		{"and in no other", "carol", "/t/globex/posts", 403, ""},
		{"nor in an unknown one", "carol", "/t/nowhere/posts", 403, ""},
		{"what is held everywhere counts in a tenant", "alice", "/t/acme/publish", 200, ""},
		{"what is held for a resource counts for it", "carol", "/docs/7", 200, ""},
		{"and for no other", "carol", "/docs/8", 403, ""},
		{"nor without one", "carol", "/docs/", 403, ""},
		{"a path that is encoded is decoded once", "carol", "/docs/%37", 200, ""},
		{"a caller asks in the scope of the guard, or another", "carol", "/ask/8", 200, "false true false false true true"},
		{"a caller asks in the scope of the guard", "carol", "/ask/7", 200, "true true false false true true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, tt.path, nil)
			r.Header.Set("X-User", tt.user)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != tt.status || tt.body != "" && w.Body.String() != tt.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
		})
	}
}

func TestAWriteCountsForTheNextRequest(t *testing.T) {
	rc := blog(t)
	handler := pep.New(rc, pep.Subject(session)).Require("post.publish")(hello)
	for _, step := range []struct {
		name string
		op   rolecall.Op
		want int
	}{
		{"at first", rolecall.Put(&rolecall.User{ID: "alice"}), 200},
		{"the grant is taken away", rolecall.Delete(&rolecall.DirectGrant{Subject: "alice", Permission: "publish", Source: rolecall.SourceManual}), 403},
		{"she gets a role", rolecall.Create(&rolecall.Assignment{Subject: "alice", Role: "editor"}), 200},
		{"she is blocked", rolecall.Put(&rolecall.User{ID: "alice", Blocked: true}), 403},
		{"and let in again", rolecall.Put(&rolecall.User{ID: "alice"}), 200},
		{"she is deleted", rolecall.Delete(&rolecall.User{ID: "alice"}), 403},
	} {
		write(t, rc, step.op)
		if w := get(handler, "alice"); w.Code != step.want {
			t.Errorf("%s: %d, want %d", step.name, w.Code, step.want)
		}
	}
}

// TestSeveralNamesAreAskedAtOneRevision moves a permission back and forth, so
// that alice holds one of two at any time, and never both.
func TestSeveralNamesAreAskedAtOneRevision(t *testing.T) {
	rc := blog(t)
	guard := pep.New(rc, pep.Subject(session))
	either, both := guard.RequireAny("post.publish", "post.edit")(hello), guard.RequireAll("post.publish", "post.edit")(hello)
	grant := func(id rolecall.PermissionID) *rolecall.DirectGrant {
		return &rolecall.DirectGrant{Subject: "alice", Permission: id, Source: rolecall.SourceManual}
	}
	var asked atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		now, next := rolecall.PermissionID("publish"), rolecall.PermissionID("edit")
		for range 200 {
			if _, err := rc.Write(t.Context(), by, rolecall.Delete(grant(now)), rolecall.Create(grant(next))); err != nil {
				t.Error(err)
				return
			}
			now, next = next, now
		}
	}()
	for {
		if w := get(either, "alice"); w.Code != 200 {
			t.Fatalf("one of both: %d", w.Code)
		}
		if w := get(both, "alice"); w.Code != 403 {
			t.Fatalf("both: %d", w.Code)
		}
		asked.Add(1)
		select {
		case <-done:
			if asked.Load() < 200 {
				t.Logf("only %d requests in all that time", asked.Load())
			}
			return
		default:
		}
	}
}

func TestImpossibleGuardsPanic(t *testing.T) {
	rc := blog(t)
	guard := pep.New(rc, pep.Subject(session))
	for name, f := range map[string]func(){
		"no checker":         func() { pep.New(nil, pep.Subject(session)) },
		"no authenticator":   func() { pep.New(rc, nil) },
		"no function":        func() { pep.Subject(nil) },
		"no verifier":        func() { pep.JWT(nil) },
		"an empty name":      func() { guard.Require("") },
		"any of nothing":     func() { guard.RequireAny() },
		"all of nothing":     func() { guard.RequireAll() },
		"any with an empty":  func() { guard.RequireAny("post.publish", "") },
		"no role":            func() { guard.RequireRole() },
		"no group":           func() { guard.RequireGroup() },
		"a realm with quote": func() { pep.Realm(`a"b`) },
		"a realm with lines": func() { pep.Realm("a\r\nb") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if said, _ := recover().(string); !strings.HasPrefix(said, "pep: ") {
					t.Errorf("the panic is %q, want one that says what is missing", said)
				}
			}()
			f()
		})
	}
}

func TestGuardsDeclareTheirPermissions(t *testing.T) {
	guard := pep.New(blog(t), pep.Subject(session))
	guard.RequireAny("post.publish", "post.edit")
	guard.With(pep.API(audience)).RequireAll("post.publish")
	guard.Require("post.publish")
	guard.RequireRole("Editor")
	want := []rolecall.PermissionRef{
		{API: "default", Name: "post.edit"},
		{API: "default", Name: "post.publish"},
		{API: audience, Name: "post.publish"},
	}
	if diff := cmp.Diff(want, guard.Permissions()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A lame checker has no answer, or too few.
type lame struct{ err error }

func (c lame) Check(context.Context, rolecall.Request) (rolecall.Decision, error) {
	return rolecall.Decision{Allowed: true}, c.err
}

func (c lame) CheckAll(context.Context, []rolecall.Request) ([]rolecall.Decision, error) {
	return []rolecall.Decision{{Allowed: true}}, c.err
}

func TestNoAnswerIsADenial(t *testing.T) {
	down := fmt.Errorf("the wire is cut: %w", rolecall.ErrUnavailable)
	for name, tt := range map[string]struct {
		checker rolecall.Checker
		who     *pep.Authenticator
	}{
		"the checker is away": {lame{down}, pep.Subject(session)},
		"nobody can say who it is": {lame{}, pep.Subject(func(*http.Request) (rolecall.SubjectID, error) {
			return "alice", down
		})},
	} {
		t.Run(name, func(t *testing.T) {
			var logged error
			guard := pep.New(tt.checker, tt.who, pep.OnDeny(func(w http.ResponseWriter, r *http.Request, d pep.Denial) {
				logged = d.Err
				d.ServeHTTP(w, r)
			}))
			for _, handler := range []http.Handler{guard.Require("x")(hello), guard.RequireAll("x", "y")(hello)} {
				w := get(handler, "alice")
				if w.Code != 503 || body(t, w).Error != "temporarily_unavailable" || w.Header().Get("WWW-Authenticate") != "" {
					t.Errorf("%d %q", w.Code, w.Body)
				}
				if !errors.Is(logged, rolecall.ErrUnavailable) {
					t.Errorf("OnDeny is told %v", logged)
				}
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("X-User", "alice")
			if me := guard.Caller(r); me.Can("x") || !errors.Is(me.Err(), rolecall.ErrUnavailable) {
				t.Errorf("Caller may, or gives no error: %v", me.Err())
			}
		})
	}
	t.Run("the checker forgets a question", func(t *testing.T) {
		if w := get(pep.New(lame{}, pep.Subject(session)).RequireAny("x", "y")(hello), "alice"); w.Code != 503 {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	})
}

func TestSomebodyIsFoundOnce(t *testing.T) {
	asked := 0
	guard := pep.New(blog(t), pep.Subject(func(r *http.Request) (rolecall.SubjectID, error) {
		asked++
		return session(r)
	}))
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if me := guard.Caller(r); !me.Can("post.edit") || me.Subject != "bob" {
			t.Errorf("%q can't edit", me.Subject)
		}
	})
	if w := get(guard.Require("post.publish")(guard.With(pep.Realm("inner")).Require("post.edit")(inner)), "bob"); w.Code != 200 || asked != 1 {
		t.Errorf("%d after asking %d times, want 200 after once", w.Code, asked)
	}
	t.Run("by each way to find out", func(t *testing.T) {
		other := pep.New(blog(t), pep.Subject(func(*http.Request) (rolecall.SubjectID, error) { return "dave", nil }))
		if w := get(guard.Require("post.publish")(other.Require("post.publish")(hello)), "bob"); w.Code != 403 {
			t.Errorf("%d, want 403 for dave", w.Code)
		}
	})
}

func TestNobodyIsAnEmptyCaller(t *testing.T) {
	var none *pep.Caller
	if none.Can("x") || none.CanAny("x") || none.CanAll("x") || none.HasRole("x") || none.InGroup("x") ||
		none.On("doc:7").Can("x") || none.In("acme").Can("x") || none.Err() != nil {
		t.Error("a nil Caller is allowed something")
	}
	if pep.CallerOf(t.Context()) != nil || pep.SubjectOf(t.Context()) != "" || pep.ClaimsOf(t.Context()) != nil {
		t.Error("a bare context has a caller")
	}
}
