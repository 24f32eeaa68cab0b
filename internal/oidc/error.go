package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An Error is an answer of RFC 6749 section 5.2, with the statuses that the
// vendor gives it. Its text may be shown to anybody.
type Error struct {
	Status      int
	Code        string
	Description string
	Retry       int // seconds; for Retry-After
}

func (e *Error) Error() string { return e.Code + ": " + e.Description }

func refuse(status int, code, description string, args ...any) *Error {
	if len(args) > 0 {
		description = fmt.Sprintf(description, args...)
	}
	return &Error{Status: status, Code: code, Description: description}
}

func badRequest(description string, args ...any) *Error {
	return refuse(http.StatusBadRequest, "invalid_request", description, args...)
}

// shown returns what somebody sent in a form that RFC 6749 allows in an
// error_description, and not longer than a line.
func shown(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, text)
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}

// The answers that more than one endpoint gives.
var (
	errClient      = refuse(http.StatusUnauthorized, "access_denied", "Unauthorized")
	errCode        = refuse(http.StatusForbidden, "invalid_grant", "Invalid authorization code")
	errRefresh     = refuse(http.StatusForbidden, "invalid_grant", "Unknown or invalid refresh token.")
	errPassword    = refuse(http.StatusForbidden, "invalid_grant", "Wrong email or password.")
	errBlocked     = refuse(http.StatusForbidden, "unauthorized", "user is blocked")
	errSSORequired = refuse(http.StatusForbidden, "access_denied", "The user has to sign in at the organization's own provider.")
	errInternal    = refuse(http.StatusInternalServerError, "server_error", "internal error")
)

// explain gives any error the answer that it has here.
func (p *Provider) explain(r *http.Request, err error) *Error {
	var known *Error
	var retry *identity.RetryError
	var field *rolecall.FieldError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &retry):
		e := refuse(http.StatusTooManyRequests, "too_many_attempts", "Too many attempts. Try again later.")
		e.Retry = int(math.Ceil(retry.After.Seconds()))
		return e
	case errors.As(err, &large):
		return refuse(http.StatusRequestEntityTooLarge, "invalid_request", "The body is too large.")
	case errors.Is(err, identity.ErrBadCredentials):
		return errPassword
	case errors.Is(err, identity.ErrPasswordExpired):
		return refuse(http.StatusForbidden, "invalid_grant", "The password has to be changed.")
	case errors.Is(err, identity.ErrBlocked):
		return errBlocked
	case errors.Is(err, identity.ErrSSORequired):
		return errSSORequired
	case errors.Is(err, identity.ErrLoginEnded):
		return refuse(http.StatusForbidden, "invalid_grant", "The login has ended.")
	case errors.Is(err, rolecall.ErrUnavailable), errors.Is(err, rolecall.ErrClosed):
		p.internal(r, err)
		return refuse(http.StatusServiceUnavailable, "temporarily_unavailable", "No answer now; try again.")
	case errors.As(err, &field) && errors.Is(err, rolecall.ErrInvalid):
		return badRequest("%s", field.Error())
	}
	p.internal(r, err)
	return errInternal
}

// writeError answers a program with an error.
func (p *Provider) writeError(w http.ResponseWriter, r *http.Request, err error) {
	e := p.explain(r, err)
	if e.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.Retry))
	}
	if e.Status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" && w.Header().Get("WWW-Authenticate") == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="rolecall"`)
	}
	writeJSON(w, e.Status, map[string]string{"error": e.Code, "error_description": e.Description})
}

// writeJSON answers a program. What it says is for nobody else's cache.
func writeJSON(w http.ResponseWriter, status int, v any) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // v is ours: maps and structs of texts and numbers
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if h.Get("Cache-Control") == "" || h.Get("Cache-Control") == "no-store" {
		h.Set("Cache-Control", "no-store")
		h.Set("Pragma", "no-cache")
	}
	w.WriteHeader(status)
	w.Write(text.Bytes())
}
