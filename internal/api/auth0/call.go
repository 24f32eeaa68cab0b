package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/token"
)

const (
	maxBody   = 1 << 20
	maxBearer = 64 << 10
)

// A call is one request to the API.
type call struct {
	*Handler
	w http.ResponseWriter
	r *http.Request

	named  map[string]string // segments of the path, by their names in the route
	query  url.Values
	by     rolecall.Actor
	scopes []string // of the token
}

// A reply is an answer: without a body if it has none.
type reply struct {
	status int
	body   any
}

func ok(body any) reply { return reply{http.StatusOK, body} }

var done = reply{status: http.StatusNoContent}

func (a reply) write(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	if a.body == nil {
		w.WriteHeader(a.status)
		return nil
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(a.body); err != nil {
		return err
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(a.status)
	w.Write([]byte(text.String())) // a caller who is gone misses nothing
	return nil
}

func (c *call) run() (reply, error) {
	rt, named := find(c.r.Method, c.r.URL.EscapedPath())
	if rt == nil {
		return reply{}, noRoute.because("%s", noRoute.phrase())
	}
	c.named = named
	for _, text := range named {
		if !utf8.ValidString(text) {
			return reply{}, invalidURI.because("the path must be valid UTF-8")
		}
	}
	if err := c.authenticate(strings.Fields(rt.scopes)); err != nil {
		return reply{}, err
	}
	var err error
	if c.query, err = api.ReadQuery(c.r); err != nil {
		return reply{}, invalidQuery.because("%v", err)
	}
	if c.query == nil {
		c.query = url.Values{}
	}
	return rt.serve(c)
}

// authenticate finds out who calls, by the bearer: a token that this server
// issued for the API, with one of the scopes. The subject must be active now.
func (c *call) authenticate(scopes []string) error {
	given := c.r.Header["Authorization"]
	if len(given) == 0 || given[0] == "" {
		return unauthorized.because("Missing authentication")
	}
	scheme, raw, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") || strings.Count(raw, ".") != 2 || len(raw) > maxBearer {
		return badBearer.because("Bad HTTP authentication header format")
	}
	ctx := c.r.Context()
	t, err := c.keys.Verify(ctx, raw, token.Expect{Audience: c.audience})
	if err != nil {
		return err
	}
	subject := t.Subject
	// A client's own token names it so. A user may have an id that ends like it.
	machine := t.Claims["gty"] == "client-credentials"
	if machine {
		subject = rolecall.SubjectID(strings.TrimSuffix(string(subject), "@clients"))
	}
	asked := rolecall.Request{Subject: subject, Any: rolecall.KindUser}
	standing, err := c.rc.Check(ctx, asked)
	if err == nil && standing.Reason == rolecall.UnknownSubject { // another process may have made it
		if err = c.rc.CatchUp(ctx); err == nil {
			standing, err = c.rc.Check(ctx, asked)
		}
	}
	if err != nil {
		return err
	}
	if !standing.Allowed {
		return token.ErrInvalidToken
	}
	said, _ := t.Claims["scope"].(string)
	c.scopes = strings.Fields(said)
	if !c.has(scopes...) {
		return insufficient(scopes)
	}
	c.by = rolecall.Actor{Subject: subject, Door: door, RequestID: api.WithRequestID(c.w, c.r)}
	if !machine { // an application in a user's name: it gives no more than it was let do
		c.by.Within = standFor(c.scopes)
	}
	return nil
}

// has reports whether the token has one of the scopes.
func (c *call) has(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(c.scopes, s) })
}

func insufficient(scopes []string) error {
	return noScope.because("Insufficient scope, expected any of: %s", strings.Join(scopes, ","))
}

// view reads one state, as the caller may.
func (c *call) view(f func(context.Context, *rolecall.View) error) error {
	return c.rc.View(c.r.Context(), c.by, func(v *rolecall.View) error { return f(v.Context(c.r.Context()), v) })
}

// write makes one write, all or nothing.
func (c *call) write(ops ...rolecall.Op) error {
	_, err := c.rc.Write(c.r.Context(), c.by, ops...)
	return err
}

// plan makes one write that is worked out in its transaction.
func (c *call) plan(f func(context.Context, *rolecall.View) ([]rolecall.Op, error)) error {
	return c.write(rolecall.Plan(f))
}

// vanish makes a write that deletes something. What is not there is deleted
// already.
func (c *call) vanish(op rolecall.Op) (reply, error) {
	err := c.write(op)
	if errors.Is(err, rolecall.ErrNotFound) {
		err = nil
	}
	return done, err
}

// members are the members of an object, by name. One that is null is empty.
type members map[string]json.RawMessage

// body reads the members of the body.
func (c *call) body() (members, error) {
	in := members{}
	text, err := api.ReadText(c.w, c.r, maxBody)
	if err == nil && strings.TrimSpace(text) != "" {
		err = api.DecodeLenient(text, &in)
	}
	if in == nil { // null
		in = members{}
	}
	return in, err
}

// read reads the body into the struct that in points to. Members that it has no
// field for are passed over, and null is absent.
func (c *call) read(in any) error {
	text, err := api.ReadText(c.w, c.r, maxBody)
	if err != nil || strings.TrimSpace(text) == "" {
		return err
	}
	return api.DecodeLenient(text, in)
}

// text returns a parameter of the query.
func (c *call) text(name string) string { return c.query.Get(name) }

// number returns a parameter of the query that is a number from 0 to most, or
// otherwise if it is absent.
func (c *call) number(name string, otherwise, most int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, invalidQuery.because("%s must be a number from 0 to %d", name, most)
	}
	return n, nil
}

// flag returns a parameter of the query that is true or false, nil if it is absent.
func (c *call) flag(name string) (*bool, error) {
	switch c.query.Get(name) {
	case "":
		return nil, nil
	case "true":
		return new(true), nil
	case "false":
		return new(false), nil
	}
	return nil, invalidQuery.because("%s must be true or false", name)
}
