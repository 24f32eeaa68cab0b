package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

func TestStatusOfErrors(t *testing.T) {
	field := &rolecall.FieldError{Field: "name", Rule: "is required", Kind: rolecall.ErrInvalid}
	missing := &rolecall.MissingError{Permission: "rolecall:roles.write", Kind: rolecall.ErrForbidden}
	two := errors.Join(&rolecall.OpError{Index: 0, Err: field}, &rolecall.OpError{Index: 2, Err: errors.New("disk on fire")})
	for _, tt := range []struct {
		name    string
		err     error
		status  int
		kind    string
		detail  string
		headers map[string]string
	}{
		{"a broken rule", field, 400, "invalid", "name is required", nil},
		{"wrapped", fmt.Errorf("role: %w", field), 400, "invalid", "role: name is required", nil},
		{"operations", two, 400, "invalid", "2 of the operations failed, and nothing was done", nil},
		{"what does not exist", fmt.Errorf("role %q: %w", "x", rolecall.ErrNotFound), 404, "not-found", `role "x": not found`, nil},
		{"what exists", rolecall.ErrConflict, 409, "conflict", "conflict", nil},
		{"what is in use", rolecall.ErrReferenced, 409, "in-use", "in use", nil},
		{"a lock-out", rolecall.ErrLockOut, 409, "lock-out", "lock-out", nil},
		{"a missing permission", missing, 403, "forbidden", `this needs the permission "rolecall:roles.write" everywhere`,
			map[string]string{"WWW-Authenticate": `Bearer realm="rolecall", error="insufficient_scope", scope="rolecall:roles.write"`}},
		{"an escalation", rolecall.ErrEscalation, 403, "escalation", "escalation", map[string]string{"WWW-Authenticate": ""}},
		{"a blocked user", identity.ErrBlocked, 403, "blocked", "the user is blocked: forbidden", nil},
		{"an expired password", identity.ErrPasswordExpired, 403, "password-expired", "the password has to be changed", nil},
		{"nobody", ErrUnauthenticated, 401, "unauthenticated", "this needs an access key or a token",
			map[string]string{"WWW-Authenticate": `Bearer realm="rolecall"`}},
		{"bad credentials", identity.ErrBadCredentials, 401, "credentials", "the credentials are not valid",
			map[string]string{"WWW-Authenticate": `Bearer realm="rolecall", error="invalid_token"`}},
		{"a bad token", fmt.Errorf("expired: %w", token.ErrInvalidToken), 401, "credentials", "expired: the token is not valid", nil},
		{"too many attempts", &identity.RetryError{After: 1500 * time.Millisecond}, 429, "too-many-attempts", (&identity.RetryError{After: 1500 * time.Millisecond}).Error(),
			map[string]string{"Retry-After": "2"}},
		{"a key used twice", rolecall.ErrReplay, 422, "replay", "key used twice", nil},
		{"a stale revision", rolecall.ErrStale, 503, "stale", "stale", map[string]string{"Retry-After": "1"}},
		{"a full disk", fmt.Errorf("/data/x.db is full: %w", rolecall.ErrUnavailable), 503, "unavailable", "try again", map[string]string{"Retry-After": "1"}},
		{"the end", rolecall.ErrClosed, 503, "unavailable", "the server is stopping", nil},
		{"a caller who is gone", context.Canceled, 503, "unavailable", "the request ended before its answer", nil},
		{"a corrupt row", fmt.Errorf("secret: %w", rolecall.ErrCorrupt), 500, "internal", "internal error", nil},
		{"a corrupt journal", &JournalError{fmt.Errorf("entry 7 was altered: %w", rolecall.ErrCorrupt)}, 409, "journal", "entry 7 was altered: corrupt", nil},
		{"anything else", errors.New("secret"), 500, "internal", "internal error", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log strings.Builder
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/api/v1/x?q=1", nil)
			WriteProblem(w, r, slog.New(slog.NewTextHandler(&log, nil)), tt.err)
			var p Problem
			if err := Decode(w.Body.String(), &p); err != nil {
				t.Fatalf("%s: %v", w.Body, err)
			}
			if w.Code != tt.status || p.Status != tt.status || p.Type != "urn:rolecall:problem:"+tt.kind || p.Detail != tt.detail {
				t.Errorf("got %d %s, want %d %s %q", w.Code, w.Body, tt.status, tt.kind, tt.detail)
			}
			for name, want := range tt.headers {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if p.RequestID == "" || w.Header().Get("X-Request-ID") != p.RequestID {
				t.Errorf("request id %q in %v", p.RequestID, w.Header())
			}
			logged := strings.Contains(log.String(), p.RequestID) && strings.Contains(log.String(), "secret")
			if internal := tt.status == 500; logged != internal {
				t.Errorf("logged %q", log.String())
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("the answer is %s", w.Body)
			}
		})
	}
	p, _ := Describe(two)
	zero, second := 0, 2
	want := []ProblemDetail{
		{Type: "urn:rolecall:problem:invalid", Field: "name", Detail: "is required", Index: &zero},
		{Type: "urn:rolecall:problem:internal", Detail: "internal error", Index: &second},
	}
	if diff := cmp.Diff(want, p.Errors); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func TestRequestID(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []string
		kept  bool
	}{
		{"none", nil, false},
		{"printable", []string{"a-b/c.1~"}, true},
		{"of 128 bytes", []string{strings.Repeat("x", 128)}, true},
		{"of 129 bytes", []string{strings.Repeat("x", 129)}, false},
		{"empty", []string{""}, false},
		{"with a space", []string{"a b"}, false},
		{"not ASCII", []string{"é"}, false},
		{"twice", []string{"a", "b"}, false},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.Header["X-Request-Id"] = tt.given
		id := WithRequestID(w, r)
		if kept := len(tt.given) == 1 && id == tt.given[0]; kept != tt.kept || !printable(id) {
			t.Errorf("%s: the id is %q", tt.name, id)
		}
		if again := WithRequestID(w, r); again != id || w.Header().Get("X-Request-ID") != id {
			t.Errorf("%s: asked again, the id is %q, answered %q", tt.name, again, w.Header())
		}
	}
}

func TestReadBody(t *testing.T) {
	for _, tt := range []struct {
		name, contentType string
		body              string
		chunked           bool
		want              error
	}{
		{"JSON", "application/json", `{}`, false, nil},
		{"JSON in pieces", "application/json", `{}`, true, nil},
		{"JSON in UTF-8", `application/json; charset="UTF-8"`, `{}`, false, nil},
		{"in upper case", "Application/JSON", `{}`, false, nil},
		{"a merge patch", "application/merge-patch+json", `{}`, false, nil},
		{"other JSON", "application/problem+json", `{}`, false, ErrMediaType},
		{"text", "text/plain", `{}`, false, ErrMediaType},
		{"nothing said", "", `{}`, false, ErrMediaType},
		{"as much as it may be", "application/json", strings.Repeat(" ", 100), false, nil},
		{"as much, in pieces", "application/json", strings.Repeat(" ", 100), true, nil},
		{"more", "application/json", strings.Repeat(" ", 101), false, ErrTooLarge},
		{"more, in pieces", "application/json", strings.Repeat(" ", 101), true, ErrTooLarge},
	} {
		r := httptest.NewRequest("POST", "/", io.NopCloser(strings.NewReader(tt.body)))
		r.Header.Set("Content-Type", tt.contentType)
		r.ContentLength = int64(len(tt.body))
		if tt.chunked {
			r.ContentLength = -1
		}
		got, err := ReadBody(httptest.NewRecorder(), r, 100, "application/merge-patch+json")
		if !errors.Is(err, tt.want) || err == nil && got != tt.body {
			t.Errorf("%s: ReadBody = %q, %v, want %v", tt.name, got, err, tt.want)
		}
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = 10
	var field *rolecall.FieldError
	if _, err := ReadBody(httptest.NewRecorder(), r, 100); !errors.As(err, &field) {
		t.Errorf("a body that ends early: %v, want a FieldError", err)
	}
}

func TestIdempotencyKey(t *testing.T) {
	ask := func(method, target, body string, keys ...string) (string, rolecall.Hash, error) {
		r := httptest.NewRequest(method, target, nil)
		r.Header["Idempotency-Key"] = keys
		return IdempotencyKey(r, body)
	}
	if key, print, err := ask("POST", "/a", "{}"); key != "" || print != (rolecall.Hash{}) || err != nil {
		t.Errorf("none = %q, %v, %v", key, print, err)
	}
	key, first, err := ask("POST", "/a?b=c", "{}", "k")
	if key != "k" || first == (rolecall.Hash{}) || err != nil {
		t.Errorf("one = %q, %v, %v", key, first, err)
	}
	for _, other := range [][3]string{{"PUT", "/a?b=c", "{}"}, {"POST", "/b?b=c", "{}"}, {"POST", "/a?b=d", "{}"}, {"POST", "/a?b=c", "{ }"}, {"POST", "/a%3Fb=c", "{}"}} {
		if _, print, _ := ask(other[0], other[1], other[2], "k"); print == first {
			t.Errorf("%v has the fingerprint of another request", other)
		}
	}
	for _, bad := range [][]string{{""}, {"a b"}, {strings.Repeat("x", 129)}, {"a", "b"}} {
		if _, _, err := ask("POST", "/a", "{}", bad...); !errors.Is(err, rolecall.ErrInvalid) {
			t.Errorf("the key %q = %v, want ErrInvalid", bad, err)
		}
	}
}
