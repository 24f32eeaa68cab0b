package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
)

// TestErrorsKeepTheirKind makes every kind of error that a server can answer.
func TestErrorsKeepTheirKind(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "", client.Attempts(1))
	blog(t, c)
	ctx := t.Context()
	system := rolecall.System("test")

	// dave may make roles, but holds no more than that.
	if _, err := s.rc.Write(ctx, system,
		rolecall.Create(&rolecall.User{ID: "root"}),
		rolecall.Create(&rolecall.Assignment{Subject: "root", Role: rolecall.RoleOwner}),
		rolecall.Create(&rolecall.User{ID: "dave"}),
		rolecall.Create(&rolecall.Role{ID: "maker", Name: "Maker"}),
		rolecall.Create(&rolecall.Grant{Role: "maker", Permission: "rolecall:roles.write"}),
		rolecall.Create(&rolecall.Assignment{Subject: "dave", Role: "maker"}),
	); err != nil {
		t.Fatal(err)
	}
	key, err := s.identity.CreateKey(ctx, system, identity.NewKey{Name: "dave's", Subject: "dave"})
	if err != nil {
		t.Fatal(err)
	}
	dave := s.dial(t, key.Secret)

	if _, _, err := c.CreateUser(ctx, client.NewUser{
		User: rolecall.User{ID: "erin"}, LoginIDs: []string{"erin"}, Password: "correct horse battery", Temporary: true,
	}); err != nil {
		t.Fatal(err)
	}
	keyed := c.With(client.Terms{IdempotencyKey: "once"})
	write(t, keyed, client.Create(&rolecall.User{ID: "once"}))

	do := func(c *client.Client, ops ...client.Op) error { _, err := c.Write(ctx, ops...); return err }
	for _, tt := range []struct {
		name   string
		err    error
		kind   error
		status int
		field  string
	}{
		{"a name that is too long", do(c, client.Create(&rolecall.Role{ID: "r", Name: strings.Repeat("x", 201)})), rolecall.ErrInvalid, 400, "name"},
		{"an unknown kind", func() error { _, err := c.List(ctx, rolecall.Query{Kind: "planet"}); return err }(), rolecall.ErrInvalid, 0, "kind"},
		{"an operator that HTTP lacks", func() error {
			_, err := c.List(ctx, rolecall.Query{Kind: rolecall.KindUser, Where: []rolecall.Condition{{Field: "id", Op: rolecall.Prefix}}})
			return err
		}(), rolecall.ErrInvalid, 0, "id"},
		{"a cursor of another query", func() error {
			_, err := c.List(ctx, rolecall.Query{Kind: rolecall.KindUser, After: "AAAA"})
			return err
		}(), rolecall.ErrInvalid, 400, "cursor"},
		{"a record that does not exist", func() error { _, err := client.Find(ctx, c, &rolecall.Role{ID: "none"}); return err }(), rolecall.ErrNotFound, 404, ""},
		{"a tuple that does not exist", func() error {
			_, err := client.Find(ctx, c, &rolecall.Grant{Role: "editor", Permission: "edit"})
			return err
		}(), rolecall.ErrNotFound, 0, ""},
		{"a reference to nothing", do(c, client.Create(&rolecall.Grant{Role: "editor", Permission: "none"})), rolecall.ErrNotFound, 404, "permission"},
		{"a name that is taken", do(c, client.Create(&rolecall.Tenant{ID: "acme2", Name: "Acme"})), rolecall.ErrConflict, 409, "name"},
		{"an id that is taken", do(c, client.Create(&rolecall.User{ID: "alice"})), rolecall.ErrConflict, 409, ""},
		{"the last owner", do(c, client.Delete(&rolecall.Assignment{Subject: "root", Role: rolecall.RoleOwner})), rolecall.ErrLockOut, 409, ""},
		{"a missing permission", do(dave, client.Create(&rolecall.User{ID: "x"})), rolecall.ErrForbidden, 403, ""},
		{"giving what one does not hold", do(dave, client.Create(&rolecall.Grant{Role: "maker", Permission: "publish"})), rolecall.ErrEscalation, 403, ""},
		{"a question about others", func() error {
			_, err := dave.Check(ctx, rolecall.Request{Subject: "alice", Permission: "post.publish"})
			return err
		}(), rolecall.ErrForbidden, 403, ""},
		{"an idempotency key of another write", do(keyed, client.Create(&rolecall.User{ID: "twice"})), rolecall.ErrReplay, 422, ""},
		{"a revision that is not there yet", func() error {
			ahead := s.dial(t, "", client.Attempts(1))
			ahead.AtLeast(s.rc.Revision() + 100)
			_, err := ahead.Me(ctx)
			return err
		}(), rolecall.ErrStale, 503, ""},
		{"a wrong password", func() error {
			_, err := c.Token(ctx, client.TokenRequest{Login: "erin", Password: "wrong"})
			return err
		}(), client.ErrUnauthenticated, 401, ""},
		{"a password that has to be changed", func() error {
			_, err := c.Token(ctx, client.TokenRequest{Login: "erin", Password: "correct horse battery"})
			return err
		}(), client.ErrPasswordExpired, 403, ""},
		{"a password for nobody", func() error {
			_, err := c.SetPassword(ctx, "nobody", "correct horse battery", false)
			return err
		}(), rolecall.ErrNotFound, 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !errors.Is(tt.err, tt.kind) {
				t.Fatalf("the error is %v, want one that is %v", tt.err, tt.kind)
			}
			for _, other := range []error{rolecall.ErrInvalid, rolecall.ErrNotFound, rolecall.ErrConflict, rolecall.ErrForbidden, rolecall.ErrEscalation, rolecall.ErrUnavailable} {
				if other != tt.kind && errors.Is(tt.err, other) {
					t.Errorf("%v is %v too", tt.err, other)
				}
			}
			var problem *client.Error
			if tt.status != 0 && (!errors.As(tt.err, &problem) || problem.Status != tt.status || problem.RequestID == "" || problem.Detail == "") {
				t.Errorf("the problem is %+v, want status %d", problem, tt.status)
			}
			var field *rolecall.FieldError
			if tt.field != "" && (!errors.As(tt.err, &field) || field.Field != tt.field || field.Rule == "" || field.Kind != tt.kind) {
				t.Errorf("the field is %+v, want %q", field, tt.field)
			}
		})
	}

	t.Run("too many attempts", func(t *testing.T) {
		for range 100 {
			_, err := c.Token(ctx, client.TokenRequest{Login: "erin", Password: "wrong"})
			var problem *client.Error
			if errors.Is(err, client.ErrTooManyAttempts) && errors.As(err, &problem) && problem.RetryAfter > 0 {
				return
			}
		}
		t.Error("a hundred wrong passwords are not too many")
	})
}

func TestOperationsThatFail(t *testing.T) {
	c := newServer(t).dial(t, "")
	blog(t, c)
	_, err := c.Write(t.Context(),
		client.Create(&rolecall.User{ID: "dave"}),
		client.Create(&rolecall.User{ID: "alice"}),
		client.Create(&rolecall.Grant{Role: "none", Permission: "publish"}),
		client.Create(&rolecall.Role{ID: "x", Name: " "}),
	)
	failed := rolecall.OpErrors(err)
	if len(failed) != 3 {
		t.Fatalf("%d operations failed, want 3: %v", len(failed), err)
	}
	for i, want := range []struct {
		index int
		kind  error
		field string
	}{{1, rolecall.ErrConflict, ""}, {2, rolecall.ErrNotFound, "role"}, {3, rolecall.ErrInvalid, "name"}} {
		var field *rolecall.FieldError
		if failed[i].Index != want.index || !errors.Is(failed[i], want.kind) {
			t.Errorf("operation %d: %v, want %d and %v", failed[i].Index, failed[i], want.index, want.kind)
		}
		if want.field != "" && (!errors.As(failed[i], &field) || field.Field != want.field) {
			t.Errorf("operation %d names %+v, want %q", failed[i].Index, field, want.field)
		}
		if !errors.Is(err, want.kind) {
			t.Errorf("the whole is not %v", want.kind)
		}
	}
	if _, err := client.Find(t.Context(), c, &rolecall.User{ID: "dave"}); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("dave was made all the same: %v", err)
	}
}

// TestAnswersOfOthers is what a proxy, or another server, may answer.
func TestAnswersOfOthers(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "", client.Attempts(1))
	for _, tt := range []struct {
		name   string
		status int
		body   string
		kind   error
	}{
		{"a proxy without its server", 502, "<html>bad gateway</html>", rolecall.ErrUnavailable},
		{"a proxy that waited too long", 504, "", rolecall.ErrUnavailable},
		{"a page, with 200", 200, "<html>welcome</html>", nil},
		{"a list where an object should be", 200, "[]", nil},
		{"a redirect", 302, "", nil},
		{"a problem of somebody else's", 403, `{"type":"about:blank","detail":"no"}`, rolecall.ErrForbidden},
		{"an error inside", 500, `{"type":"urn:rolecall:problem:internal","detail":"internal error","request_id":"req_7"}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.interfere(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
				w.WriteHeader(tt.status)
				w.Write([]byte(tt.body))
			})
			d, err := c.Check(t.Context(), rolecall.Request{Subject: "alice", Permission: "post.publish"})
			if err == nil || d.Allowed {
				t.Fatalf("Check = %+v, %v", d, err)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) || tt.kind == nil && errors.Is(err, rolecall.ErrUnavailable) {
				t.Errorf("the error is %v, want one that is %v", err, tt.kind)
			}
			if strings.Contains(tt.body, "req_7") && !strings.Contains(err.Error(), "req_7") {
				t.Errorf("the error %v does not name the request", err)
			}
			if strings.Contains(err.Error(), "<html>") {
				t.Errorf("the error holds the page: %v", err)
			}
		})
	}
	t.Run("fewer decisions than questions", func(t *testing.T) {
		s.interfere(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			w.Write([]byte(`{"decisions":[{"allowed":true}]}`))
		})
		if d, err := c.CheckAll(t.Context(), make([]rolecall.Request, 2)); err == nil || d != nil {
			t.Errorf("CheckAll = %v, %v", d, err)
		}
	})
	t.Run("when to come back", func(t *testing.T) {
		s.interfere(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(503)
		})
		_, err := c.Me(t.Context())
		var problem *client.Error
		if !errors.As(err, &problem) || problem.RetryAfter != 7*time.Second {
			t.Errorf("the problem is %+v", problem)
		}
	})
}
