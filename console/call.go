package console

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A call is one request and what its page needs: who looks, at which scope, and
// the way to links and buttons. Pages embed it, so that templates have its
// exported fields and methods.
type call struct {
	*console
	w   http.ResponseWriter
	r   *http.Request
	ctx context.Context

	prefix string // of the mount, without a slash at its end
	path   string // within the mount and the scope, escaped
	route  *route

	by    rolecall.Actor  // the viewer
	login *identity.Login // the viewer's, if the console has its own sign-in
	view  *rolecall.View  // the state that the page shows; nil while a change is made

	Tenant  rolecall.TenantID // the scope that is looked at; "" is everywhere
	Title   string            // of the page
	Problem *problem          // what was wrong with what the form of the page sent
	Flash   string            // what the request before this one did

	names  map[rolecall.Kind]map[string]named
	status int // of the answer, if it is not the usual one
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// routing returns the mux of all routes.
func (h *console) routing() *http.ServeMux {
	mux := http.NewServeMux()
	for i := range h.routes {
		route := &h.routes[i]
		mux.HandleFunc(route.method()+" "+route.path, func(w http.ResponseWriter, r *http.Request) {
			c := r.Context().Value(callKey{}).(*call)
			c.r, c.route = r, route
			c.serve()
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c := r.Context().Value(callKey{}).(*call)
		if c.r = r; c.recognise() {
			c.fail(errNoPage)
		}
	})
	return mux
}

// maxForm bounds what a form sends, in bytes.
const maxForm = 1 << 20

// serve answers a request that has a route.
func (c *call) serve() {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxForm)
	if err := c.r.ParseForm(); err != nil {
		c.fail(errForm)
		return
	}
	if c.route.at != outside {
		if !c.recognise() {
			return
		}
		if err := c.allowed(c.route); err != nil {
			c.fail(err)
			return
		}
	}
	c.Flash = c.takeFlash()
	if c.route.do != nil {
		c.change()
		return
	}
	c.show(http.StatusOK)
}

// show answers with the page of c's route.
func (c *call) show(status int) {
	var made any
	err := c.read(func() (err error) {
		made, err = c.route.show(c)
		return err
	})
	switch {
	case err != nil:
		c.fail(err)
	case made != nil: // nil has answered itself
		if c.status != 0 {
			status = c.status
		}
		c.render(status, c.route.template, made)
	}
}

// read calls f with c.view set: all that f reads is of one state.
func (c *call) read(f func() error) error {
	return c.rc.View(c.ctx, c.by, func(v *rolecall.View) error {
		outside := c.ctx
		c.view, c.ctx = v, v.Context(outside)
		defer func() { c.view, c.ctx = nil, outside }()
		return f()
	})
}

// id returns the {id} of the path.
func (c *call) id() string { return idOf(c.r.PathValue("id")) }

// Value returns what a form sent in a field, or what the URL says it starts with.
func (c *call) Value(field string) string { return strings.TrimSpace(c.r.Form.Get(field)) }

// Values returns all that a form sent in a field.
func (c *call) Values(field string) []string { return c.r.Form[field] }

// scope is the scope that is looked at.
func (c *call) scope() rolecall.Scope { return rolecall.Scope{Tenant: c.Tenant} }

// Now is the time of the page.
func (c *call) Now() time.Time { return c.rc.Now() }

// May reports whether the viewer holds an administration permission here.
func (c *call) May(permission string) bool { return c.holds(permission, c.Tenant) }

func (c *call) holds(permission string, tenant rolecall.TenantID) bool {
	d, err := c.rc.Check(c.ctx, rolecall.Request{
		Subject: c.by.Subject, API: string(rolecall.AdminAPI), Permission: permission, Tenant: tenant,
	})
	return err == nil && d.Allowed
}

// allowed reports, as a *rolecall.MissingError, what the viewer lacks for a route.
func (c *call) allowed(r *route) error {
	where := c.scope()
	if r.at == everywhere {
		where = rolecall.Scope{}
	}
	if r.needs == "" || c.holds(r.needs, where.Tenant) {
		return nil
	}
	return &rolecall.MissingError{Permission: r.needs, API: string(rolecall.AdminAPI), Scope: where, Kind: rolecall.ErrForbidden}
}

// Link returns the URL of a route, in the scope that is looked at: with args in
// the place of its {parts} and, in pairs, as its query. Pairs without a value
// are left out.
func (c *call) Link(path string, args ...any) string {
	base := c.prefix
	if c.Tenant != "" {
		base += "/t/" + pathID(string(c.Tenant))
	}
	return base + fill(path, args...)
}

// LinkIn is Link in the scope of a tenant; "" is everywhere.
func (c *call) LinkIn(tenant rolecall.TenantID, path string, args ...any) string {
	other := *c
	other.Tenant = tenant
	return other.Link(path, args...)
}

func fill(path string, args ...any) string {
	path = strings.TrimSuffix(path, "{$}")
	for len(args) > 0 {
		before, rest, ok := strings.Cut(path, "{")
		if !ok {
			break
		}
		_, after, _ := strings.Cut(rest, "}")
		path, args = before+pathID(fmt.Sprint(args[0]))+after, args[1:]
	}
	query := url.Values{}
	for ; len(args) > 1; args = args[2:] {
		if value := fmt.Sprint(args[1]); value != "" {
			query.Add(fmt.Sprint(args[0]), value)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// A control is a button or a link to a form.
type control struct {
	Label, URL string
	Form       bool   // it leads to a page with a form, by GET
	Missing    string // why the viewer may not use it; "" if it may
	Look       string // its class: "primary", "danger" or none
	Back       string // where the viewer is
}

// Primary and Danger are the control with another look.
func (m control) Primary() control { m.Look = "primary"; return m }
func (m control) Danger() control  { m.Look = "danger"; return m }
func (m control) Tiny() control    { m.Look = strings.TrimSpace(m.Look + " tiny"); return m }

// Do returns the control for a route: to its form, if it has a page by that
// path, and to what it does otherwise.
func (c *call) Do(label, path string, args ...any) control {
	made := control{Label: label, URL: c.Link(path, args...), Back: c.Back()}
	r := c.findRoute(http.MethodGet, path)
	if r != nil {
		made.Form = true
		made.URL = c.Link(path, append(args[:len(args):len(args)], "back", made.Back)...)
	} else if r = c.findRoute(http.MethodPost, path); r == nil {
		panic("console: no route " + path)
	}
	if err := c.allowed(r); err != nil {
		made.Missing = strings.TrimPrefix(err.Error(), "this ")
	}
	return made
}

// pathID is an id as a part of a path. What browsers and proxies would change
// on the way is in base64url after a tilde.
func pathID(id string) string {
	plain := id != "" && id[0] != '~' && strings.Trim(id, ".") != ""
	for _, b := range []byte(id) {
		plain = plain && ('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("-_.:@|", b) >= 0)
	}
	if plain {
		return url.PathEscape(id)
	}
	return "~" + base64.RawURLEncoding.EncodeToString([]byte(id))
}

// idOf is the id that a part of a path stands for, escaped or not.
func idOf(part string) string {
	if raw, err := url.PathUnescape(part); err == nil {
		part = raw
	}
	if text, ok := strings.CutPrefix(part, "~"); ok {
		if id, err := base64.RawURLEncoding.DecodeString(text); err == nil {
			return string(id)
		}
	}
	return part
}
