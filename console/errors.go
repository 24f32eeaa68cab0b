package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// The kinds of error that only the console has.
var (
	errNoPage      = errors.New("there is no such page")
	errCrossOrigin = errors.New("the request came from another site")
	errForm        = errors.New("the form could not be read")
	errSignedOut   = errors.New("nobody is signed in")
)

// An errorKind is what a kind of error is over HTTP, and what is shown of it.
type errorKind struct {
	kind   error
	status int
	title  string
	text   string // in place of the error's own, if that is not for people
}

// kinds has one for every kind of error. The first that matches counts.
var kinds = []errorKind{
	{errCrossOrigin, 403, "Not from here", "The form was sent by another site, so nothing was done."},
	{errNoPage, 404, "There is no such page", "The address may be mistyped, or what it named is gone."},
	{errForm, 400, "The form could not be read", "Nothing was done."},
	{errSignedOut, 401, "Sign in first", ""},
	{identity.ErrBlocked, 403, "You are blocked", "Ask an administrator."},
	{identity.ErrSSORequired, 403, "Sign in with your organization", ""},
	{rolecall.ErrLockOut, 409, "Nobody would be left in charge", ""},
	{rolecall.ErrEscalation, 403, "That gives more than you hold", ""},
	{rolecall.ErrForbidden, 403, "You may not do this", ""},
	{rolecall.ErrNotFound, 404, "It does not exist", ""},
	{rolecall.ErrSeparation, 409, "Separation of duty forbids it", ""},
	{rolecall.ErrConflict, 409, "It exists already", ""},
	{rolecall.ErrReferenced, 409, "It is in use", ""},
	{rolecall.ErrInvalid, 400, "Something is not right", ""},
	{identity.ErrTooManyAttempts, 429, "Too many attempts", ""},
	{rolecall.ErrUnavailable, 503, "No answer now", "Try again in a moment."},
	{rolecall.ErrClosed, 503, "No answer now", "The server is stopping."},
	{context.Canceled, 503, "No answer now", "The request ended before its answer."},
	{nil, 500, "Something went wrong", "It was logged."},
}

// A problem is an error as a page shows it.
type problem struct {
	Status int
	Title  string
	Text   string   // one sentence
	Parts  []string // of a write of several operations: what failed
	Field  string   // the input at fault, if one is
}

func problemOf(err error) *problem {
	row := kinds[len(kinds)-1]
	for _, k := range kinds {
		if k.kind != nil && errors.Is(err, k.kind) {
			row = k
			break
		}
	}
	p := &problem{Status: row.status, Title: row.title, Text: row.text}
	if p.Text != "" {
		return p
	}
	if ops := rolecall.OpErrors(err); len(ops) > 0 {
		seen := map[string]bool{}
		for _, op := range ops {
			if text := problemOf(op.Err).Text; !seen[text] {
				seen[text] = true
				p.Parts = append(p.Parts, text)
			}
		}
		err = ops[0].Err
		p.Text = "Nothing was changed."
		if len(p.Parts) == 1 {
			p.Text, p.Parts = p.Parts[0], nil
		}
	} else {
		p.Text = sentence(err.Error())
	}
	var field *rolecall.FieldError
	if errors.As(err, &field) {
		p.Field = field.Field
	}
	return p
}

// sentence begins with a capital and ends with a stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ReplaceAll(text, "_", " ")
	return capital(text) + "."
}

// capital begins with a capital.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

type errorPage struct{ *call }

// fail answers with an error, and logs one that is internal.
func (c *call) fail(err error) {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError {
		c.broke(err)
	}
	c.retryAfter(err)
	c.Title, c.Problem = p.Title, p
	c.render(p.Status, "error", &errorPage{c})
}

// broke logs an error that is internal.
func (c *call) broke(err error) {
	c.log.ErrorContext(c.ctx, "internal error", "method", c.r.Method, "path", c.r.URL.Path, "request_id", c.RequestID(), "error", err)
}

// RequestID is what the request is called in the log, "" if nobody named it.
func (c *call) RequestID() string { return c.w.Header().Get("X-Request-ID") }

// ErrorPage answers a browser that gets a page of nobody's with an error, in the
// looks of a console that is mounted at prefix. It tells no more than the status
// does: where there is nothing, or what went wrong is in the log.
func ErrorPage(w http.ResponseWriter, r *http.Request, prefix string, status int) {
	guard(w.Header())
	row := kinds[len(kinds)-1]
	if at := slices.IndexFunc(kinds, func(k errorKind) bool { return k.status == status && k.text != "" }); at >= 0 {
		row = kinds[at]
	}
	c := &call{console: &console{log: slog.New(slog.DiscardHandler)}, w: w, r: r, ctx: r.Context(), prefix: prefix, Title: row.title}
	c.Problem = &problem{Status: status, Title: row.title, Text: row.text}
	c.render(status, "outside", &errorPage{c})
}

// retryAfter says when to try again, if an error is about that.
func (c *call) retryAfter(err error) {
	var retry *identity.RetryError
	if errors.As(err, &retry) {
		c.w.Header().Set("Retry-After", strconv.Itoa(max(1, int(retry.After.Seconds()))))
	}
}
