package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// The kinds of error that only HTTP has.
var (
	ErrNoRoute         = errors.New("there is nothing at this path")
	ErrMethod          = errors.New("this path does not take this method")
	ErrTooLarge        = errors.New("the body is too large")
	ErrMediaType       = errors.New("the body must be application/json")
	ErrUnauthenticated = errors.New("this needs an access key or a token")
)

// A JournalError says that a journal does not verify, and where.
type JournalError struct{ Err error } // ErrCorrupt

func (e *JournalError) Error() string { return e.Err.Error() }
func (e *JournalError) Unwrap() error { return errJournal }

var errJournal = errors.New("the journal does not verify")

// table says what each kind of error is over HTTP. The first that matches
// counts; an error of no kind is the last.
var table = []struct {
	kind   error
	status int
	name   string // the end of the problem's type
	title  string
	detail string // shown instead of the error's own text, if that is not for callers
}{
	{identity.ErrBlocked, 403, "blocked", "The user is blocked", ""},
	{identity.ErrSSORequired, 403, "sso-required", "The user signs in by single sign-on", ""},
	{rolecall.ErrInvalid, 400, "invalid", "The request breaks a rule", ""},
	{rolecall.ErrNotFound, 404, "not-found", "It does not exist", ""},
	{rolecall.ErrSeparation, 409, "separation-of-duty", "Duties would not be separated", ""}, // before ErrConflict, which it is too
	{rolecall.ErrConflict, 409, "conflict", "It exists already", ""},
	{rolecall.ErrReferenced, 409, "in-use", "It is in use", ""},
	{rolecall.ErrLockOut, 409, "lock-out", "Nobody would be left in charge", ""},
	{rolecall.ErrForbidden, 403, "forbidden", "A permission is missing", ""},
	{rolecall.ErrEscalation, 403, "escalation", "It gives more than you hold", ""},
	{rolecall.ErrReplay, 422, "replay", "The idempotency key belongs to another write", ""},
	{rolecall.ErrGap, 410, "gap", "What came since can't be told", ""},
	{errJournal, 409, "journal", "The journal does not verify", ""},
	{rolecall.ErrStale, 503, "stale", "The asked revision is not here yet", ""},
	{rolecall.ErrUnavailable, 503, "unavailable", "No answer now", "try again"},
	{rolecall.ErrClosed, 503, "unavailable", "No answer now", "the server is stopping"},
	{ErrUnauthenticated, 401, "unauthenticated", "Who asks is not known", ""},
	{identity.ErrBadCredentials, 401, "credentials", "The credentials are not valid", ""},
	{token.ErrInvalidToken, 401, "credentials", "The credentials are not valid", ""},
	{identity.ErrPasswordExpired, 403, "password-expired", "The password has to be changed", ""},
	{identity.ErrTooManyAttempts, 429, "too-many-attempts", "Too many attempts", ""},
	{ErrNoRoute, 404, "no-route", "Nothing is here", ""},
	{ErrMethod, 405, "method", "The method is not allowed", ""},
	{ErrTooLarge, 413, "too-large", "The body is too large", ""},
	{ErrMediaType, 415, "media-type", "The content type is not supported", ""},
	{context.Canceled, 503, "unavailable", "No answer now", "the request ended before its answer"},
	{context.DeadlineExceeded, 503, "unavailable", "No answer now", "it took too long"},
	{nil, 500, "internal", "Internal error", "internal error"},
}

// A Problem is an error as RFC 9457 writes it.
type Problem struct {
	Type      string          `json:"type"` // urn:rolecall:problem: and a word
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	Errors    []ProblemDetail `json:"errors,omitempty"`
	RequestID string          `json:"request_id"`
}

// A ProblemDetail is one thing that is wrong: a member or parameter that breaks
// a rule, or an operation of a write that failed, or both. Operations may fail
// for several reasons at once, so that each has a type of its own.
type ProblemDetail struct {
	Type   string `json:"type,omitempty"` // of the operation's problem
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
	Index  *int   `json:"index,omitempty"` // the operation's, from 0
}

// ProblemTypes returns the types that problems have, by status.
func ProblemTypes() map[int][]string {
	types := map[int][]string{}
	for _, row := range table {
		if all := types[row.status]; len(all) == 0 || all[len(all)-1] != problemType(row.name) {
			types[row.status] = append(all, problemType(row.name))
		}
	}
	return types
}

func problemType(name string) string { return "urn:rolecall:problem:" + name }

// Describe returns err as a Problem, and whether it is an internal error, whose
// text the Problem does not show.
func Describe(err error) (p Problem, internal bool) {
	row := table[len(table)-1]
	for _, t := range table {
		if t.kind != nil && errors.Is(err, t.kind) {
			row = t
			break
		}
	}
	p = Problem{Type: problemType(row.name), Title: row.title, Status: row.status, Detail: row.detail}
	if p.Detail == "" {
		p.Detail, p.Errors = strings.ReplaceAll(err.Error(), "\n", "; "), details(err)
		if n := len(rolecall.OpErrors(err)); n > 0 {
			p.Detail = fmt.Sprintf("%d of the operations failed, and nothing was done", n)
		}
	}
	return p, row.kind == nil
}

// details lists the parts of err that have a place in the request.
func details(err error) (all []ProblemDetail) {
	for _, op := range rolecall.OpErrors(err) {
		part, internal := Describe(op.Err)
		if internal {
			part.Detail = "internal error"
		}
		d := ProblemDetail{Type: part.Type, Detail: part.Detail, Index: &op.Index}
		if len(part.Errors) == 1 {
			d.Field, d.Detail = part.Errors[0].Field, part.Errors[0].Detail
		}
		all = append(all, d)
	}
	var field *rolecall.FieldError
	if len(all) == 0 && errors.As(err, &field) && field.Field != "" {
		all = []ProblemDetail{{Field: field.Field, Detail: field.Rule}}
	}
	return all
}

// WriteProblem answers with err. It logs an error that is internal.
func WriteProblem(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	p := Refuse(w, r, log, err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // a caller who is gone misses nothing
}

// Refuse sets the headers of an answer with err, whatever form its body has,
// and returns what that should say. It logs an error that is internal.
func Refuse(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) Problem {
	p, internal := Describe(err)
	p.RequestID = WithRequestID(w, r)
	if internal {
		log.ErrorContext(r.Context(), "internal error",
			"request_id", p.RequestID, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	header := w.Header()
	switch retry := (*identity.RetryError)(nil); {
	case errors.As(err, &retry):
		seconds := (retry.After + time.Second - 1) / time.Second
		header.Set("Retry-After", strconv.Itoa(max(1, int(seconds))))
	case p.Status == http.StatusServiceUnavailable:
		header.Set("Retry-After", "1")
	}
	if c := challenge(err); c != "" {
		header.Set("WWW-Authenticate", c)
	}
	header.Set("Cache-Control", "no-store")
	return p
}

// challenge returns the WWW-Authenticate of RFC 6750 section 3 for err, if it takes one.
func challenge(err error) string {
	const bearer = `Bearer realm="rolecall"`
	var missing *rolecall.MissingError
	switch {
	case errors.Is(err, ErrUnauthenticated):
		return bearer
	case errors.Is(err, identity.ErrBadCredentials), errors.Is(err, token.ErrInvalidToken):
		return bearer + `, error="invalid_token"`
	case errors.As(err, &missing) && missing.Kind == rolecall.ErrForbidden && printable(missing.Permission):
		return bearer + `, error="insufficient_scope", scope="` + missing.Permission + `"`
	}
	return ""
}
