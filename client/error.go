package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// The kinds of error that signing in has, beside the core's.
var (
	ErrUnauthenticated = errors.New("unauthenticated")     // the access key, token or password is not good
	ErrTooManyAttempts = errors.New("too many attempts")   // Error.RetryAfter says how long to wait
	ErrPasswordExpired = errors.New("password expired")    // it is good, but has to be changed
	ErrBlocked         = errors.New("the user is blocked") // and can't sign in
	ErrSSORequired     = errors.New("the user has to sign in by single sign-on")
)

// An Error is a problem (RFC 9457) that the server answered. It is its kind: one
// of the core's or of the above, or none for an error inside the server. A
// *rolecall.FieldError in it names a field and its rule, and
// [rolecall.OpErrors] lists the operations that failed.
type Error struct {
	Status     int    // of HTTP
	Type       string // urn:rolecall:problem:…; "" if the answer is not a server's of ours
	Detail     string
	RequestID  string        // for the server's log
	RetryAfter time.Duration // what the server asks for; 0 if nothing

	parts []error // the kind, fields and operations
}

func (e *Error) Error() string {
	text := e.Detail
	if failed := rolecall.OpErrors(e); len(failed) > 0 {
		text += ": " + failed[0].Error()
		if more := len(failed) - 1; more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
	}
	if e.RequestID != "" && e.Status >= 500 {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

func (e *Error) Unwrap() []error { return e.parts }

// kinds are the errors that problems stand for, by the end of their type.
var kinds = map[string]error{
	"invalid":            rolecall.ErrInvalid,
	"not-found":          rolecall.ErrNotFound,
	"conflict":           rolecall.ErrConflict,
	"in-use":             rolecall.ErrReferenced,
	"separation-of-duty": rolecall.ErrSeparation,
	"lock-out":           rolecall.ErrLockOut,
	"forbidden":          rolecall.ErrForbidden,
	"escalation":         rolecall.ErrEscalation,
	"replay":             rolecall.ErrReplay,
	"journal":            rolecall.ErrCorrupt,
	"gap":                rolecall.ErrGap,
	"stale":              rolecall.ErrStale,
	"unavailable":        rolecall.ErrUnavailable,
	"unauthenticated":    ErrUnauthenticated,
	"credentials":        ErrUnauthenticated,
	"too-many-attempts":  ErrTooManyAttempts,
	"password-expired":   ErrPasswordExpired,
	"blocked":            ErrBlocked,
	"sso-required":       ErrSSORequired,
}

const problemPrefix = "urn:rolecall:problem:"

// kind returns what a problem's type stands for, or a status without one, as a
// proxy before the server answers it; nil for nothing that a caller can act on.
func kind(problemType string, status int) error {
	if k := kinds[strings.TrimPrefix(problemType, problemPrefix)]; k != nil {
		return k
	}
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthenticated
	case http.StatusForbidden:
		return rolecall.ErrForbidden
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return rolecall.ErrUnavailable
	}
	return nil
}

// problem returns the error that an answer is.
func problem(response *http.Response, text []byte) error {
	var wire struct {
		Type      string `json:"type"`
		Detail    string `json:"detail"`
		RequestID string `json:"request_id"`
		Errors    []struct {
			Type   string `json:"type"`
			Field  string `json:"field"`
			Detail string `json:"detail"`
			Index  *int   `json:"index"`
		} `json:"errors"`
	}
	e := &Error{Status: response.StatusCode}
	if json.Unmarshal(text, &wire) != nil || !strings.HasPrefix(wire.Type, problemPrefix) {
		e.Detail = fmt.Sprintf("the server answers %s, and not as Rolecall does", response.Status)
	} else {
		e.Type, e.Detail, e.RequestID = wire.Type, wire.Detail, wire.RequestID
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	whole := kind(e.Type, e.Status)
	if whole != nil {
		e.parts = append(e.parts, whole)
	}
	for _, part := range wire.Errors {
		err := whole
		if part.Type != "" {
			err = kind(part.Type, 0)
		}
		if part.Field != "" {
			err = &rolecall.FieldError{Field: part.Field, Rule: part.Detail, Kind: err}
		} else {
			err = &partError{part.Detail, err}
		}
		if part.Index != nil {
			err = &rolecall.OpError{Index: *part.Index, Err: err}
		}
		e.parts = append(e.parts, err)
	}
	return e
}

// A partError is what is wrong with one operation, if that is not a field.
type partError struct {
	detail string
	kind   error
}

func (e *partError) Error() string { return e.detail }
func (e *partError) Unwrap() error { return e.kind }
