package pep

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rolecall/rolecall"
)

// A Denial is why a request does not pass, and how that is answered.
type Denial struct {
	Status      int    // 400, 401, 403 or 503
	Code        string // the answer's "error": invalid_request, invalid_token, insufficient_scope …
	Description string // a sentence for the developer of the caller
	Challenge   string // for the WWW-Authenticate header; empty with 503
	Redirect    string // the login page, for a browser that has to sign in

	Subject  rolecall.SubjectID // who was denied; "" for nobody
	Decision rolecall.Decision  // what the Checker said, if it was asked and answered
	Err      error              // why there is no caller or no decision; for logs, not for answers
}

// Codes of answers that RFC 6750 gives none, because the challenge then has
// none. The second is RFC 6749's.
const (
	codeNobody   = "unauthenticated"
	codeNoAnswer = "temporarily_unavailable"
)

// unauthenticated denies a request without a caller.
func (g *Guard) unauthenticated(r *http.Request, err error) Denial {
	d := Denial{Err: err}
	var credential *CredentialError
	if errors.As(err, &credential) {
		d.Description = credential.Rule
	}
	switch {
	case errors.Is(err, ErrNoSubject):
		d.Status, d.Code, d.Description = http.StatusUnauthorized, codeNobody, "authentication is required"
		d.Challenge = g.challenge()
	case errors.Is(err, ErrMalformed):
		d.Status, d.Code = http.StatusBadRequest, "invalid_request"
		d.Challenge = g.challenge("error", d.Code, "error_description", d.Description)
	case errors.Is(err, ErrBadCredentials):
		d.Status, d.Code = http.StatusUnauthorized, "invalid_token"
		d.Challenge = g.challenge("error", d.Code, "error_description", d.Description)
	default:
		return noAnswer(d)
	}
	if d.Status == http.StatusUnauthorized && g.loginPage != "" && navigates(r) {
		d.Redirect = comeBack(g.loginPage, r.URL)
	}
	return d
}

// denied denies a caller who does not fulfil n, or of whom nobody knows.
func (g *Guard) denied(c *Caller, n need, decision rolecall.Decision, err error) Denial {
	d := Denial{Subject: c.Subject, Decision: decision, Err: err}
	if err != nil {
		return noAnswer(d)
	}
	d.Status, d.Code, d.Description = http.StatusForbidden, "insufficient_scope", "permission denied"
	d.Challenge = g.challenge("error", d.Code, "error_description", d.Description, "scope", n.scope())
	return d
}

func noAnswer(d Denial) Denial {
	d.Status, d.Code, d.Description = http.StatusServiceUnavailable, codeNoAnswer, "no decision can be made now; try again"
	return d
}

// challenge returns a Bearer challenge with parameters, leaving out empty ones.
// RFC 6750 section 3 allows no quotes and backslashes in any.
func (g *Guard) challenge(parameters ...string) string {
	text := `Bearer realm="` + g.realm + `"`
	for i := 0; i < len(parameters); i += 2 {
		value := strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' || c == '"' || c == '\\' {
				return '\''
			}
			return c
		}, parameters[i+1])
		if value != "" {
			text += `, ` + parameters[i] + `="` + value + `"`
		}
	}
	return text
}

// scope returns the permissions that n takes as a scope of RFC 6749 section
// 3.3. It is empty where one of several is enough, or a name is not a scope
// token: half a list would mislead.
func (n need) scope() string {
	if !n.all {
		return ""
	}
	names := make([]string, len(n.questions))
	for i, q := range n.questions {
		if q.Permission == "" || strings.ContainsFunc(q.Permission, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			return ""
		}
		names[i] = q.Permission
	}
	return strings.Join(names, " ")
}

// ServeHTTP answers the denied request: with a redirect to the login page, or
// with the status, the challenge and {"error": …, "error_description": …}.
func (d Denial) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if d.Redirect != "" {
		http.Redirect(w, r, d.Redirect, http.StatusSeeOther)
		return
	}
	if d.Challenge != "" {
		w.Header().Set("WWW-Authenticate", d.Challenge)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(d.Status)
	json.NewEncoder(w).Encode(struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{d.Code, d.Description})
}

// navigates reports whether a browser asks for a page.
func navigates(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// comeBack adds the path of from to a login page's URL. A path that a browser
// would read as another host is left out.
func comeBack(loginPage string, from *url.URL) string {
	path := from.RequestURI()
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return loginPage
	}
	separator := "?"
	if strings.Contains(loginPage, "?") {
		separator = "&"
	}
	return loginPage + separator + "return_to=" + url.QueryEscape(path)
}
