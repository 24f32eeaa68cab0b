package pep

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
)

// What an Authenticator may find wrong. Any other error means that it could not
// find out, which is answered with 503.
var (
	// ErrNoSubject says that nobody in particular makes the request: it has no
	// credentials. It is not a mistake, and is answered with 401.
	ErrNoSubject = errors.New("no subject")
	// ErrMalformed says that the credentials can't be read: 400 invalid_request.
	ErrMalformed = errors.New("malformed credentials")
	// ErrBadCredentials says that the credentials don't hold: 401 invalid_token.
	ErrBadCredentials = errors.New("bad credentials")
)

// A CredentialError says what is wrong with credentials, in words that the
// caller may read. It never holds the credentials.
type CredentialError struct {
	Rule string // "the token has expired"
	Kind error  // ErrMalformed or ErrBadCredentials
}

func (e *CredentialError) Error() string { return e.Rule }
func (e *CredentialError) Unwrap() error { return e.Kind }

func malformed(rule string) error { return &CredentialError{Rule: rule, Kind: ErrMalformed} }
func bad(rule string) error       { return &CredentialError{Rule: rule, Kind: ErrBadCredentials} }

// An Authenticator finds out who makes a request. [Subject] and [JWT] make one.
type Authenticator struct {
	audience     string // of what it verifies: the default API of a guard
	authenticate func(*http.Request) (rolecall.SubjectID, *Claims, error)
}

// Subject returns an Authenticator that asks a function of the application: for
// the user of its session, say. The function returns ErrNoSubject, or "", for nobody.
func Subject(of func(*http.Request) (rolecall.SubjectID, error)) *Authenticator {
	if of == nil {
		panic("pep: Subject needs a function")
	}
	return &Authenticator{authenticate: func(r *http.Request) (rolecall.SubjectID, *Claims, error) {
		subject, err := of(r)
		return subject, nil, err
	}}
}

// JWT returns an Authenticator for requests with a bearer token that v accepts,
// in the Authorization header: RFC 6750 section 2.1. A token anywhere else, such
// as in the URL, where it would be logged, is not looked at.
func JWT(v *Verifier) *Authenticator {
	if v == nil {
		panic("pep: JWT needs a Verifier")
	}
	return &Authenticator{
		audience: v.tokens.Audience,
		authenticate: func(r *http.Request) (rolecall.SubjectID, *Claims, error) {
			raw, err := bearer(r)
			if err != nil {
				return "", nil, err
			}
			claims, err := v.Verify(r.Context(), raw)
			if err != nil {
				return "", nil, err
			}
			return claims.Subject, claims, nil
		},
	}
}

// bearer returns a request's bearer token. Another scheme is somebody else's
// and counts as no credentials.
func bearer(r *http.Request) (string, error) {
	headers := r.Header["Authorization"]
	if len(headers) == 0 {
		return "", ErrNoSubject
	}
	if len(headers) > 1 {
		return "", malformed("there must be one Authorization header")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", ErrNoSubject
	}
	token = strings.TrimLeft(token, " ")
	if token == "" || strings.ContainsAny(token, " \t") {
		return "", malformed("the Authorization header must have the form: Bearer token")
	}
	return token, nil
}
