package oidc

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

//go:embed all:pages
var pageFiles embed.FS

// Pages' addresses are pagePrefix and their name. style is their style sheet.
const (
	pagePrefix = "/u/"
	style      = pagePrefix + "pages.css"

	interactionLifetime = time.Hour
)

// A pageEntry is a line of the table in pages.go.
type pageEntry struct {
	name string
	show func(*visit) error // GET
	take func(*visit) error // POST; nil if the page has no form
	// open, if not nil, serves a GET without the parameter state: a link from a
	// mail. It begins an interaction.
	open func(w http.ResponseWriter, r *http.Request) error
}

// A visit is a request for a page, in an interaction of the browser that makes it.
type visit struct {
	*Provider
	w    http.ResponseWriter
	r    *http.Request
	form form // of a POST
	in   *Interaction
	data InteractionData
	// client is the application that asked, nil if none did.
	client *rolecall.Client
	name   string // of the page
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// request is what the application asked for, nil if none did.
func (v *visit) request() *Request { return v.data.Request }

// value and set read and write what pages keep. save stores it.
func (v *visit) value(name string) string { return v.data.Values[name] }

func (v *visit) set(name, value string) {
	if v.data.Values == nil {
		v.data.Values = map[string]string{}
	}
	v.data.Values[name] = value
}

func (v *visit) save() (err error) {
	if v.in.Data, err = seal(v.in.ID, v.data); err != nil {
		return err
	}
	return v.store.SaveInteraction(v.ctx(), v.in)
}

// to goes on at another page, which has what this one has set.
func (v *visit) to(name string) error {
	if err := v.save(); err != nil {
		return err
	}
	redirect(v.w, v.address(name))
	return nil
}

// address returns the address of a page in this interaction.
func (v *visit) address(name string) string { return pagePrefix + name + "?state=" + v.in.ID }

// A pageData is what every template gets.
type pageData struct {
	State   string // for the hidden field, and for Address
	Project string // what people call the project
	Client  string // the application's name, "" if none asked
	Page    string
	Data    any // the page's own
	visit   *visit
}

// Address returns the address of another page of this interaction.
func (d pageData) Address(name string) string { return d.visit.address(name) }

// Home returns the address of the page that this interaction is about.
func (d pageData) Home() string { return d.visit.homeAddress() }

// policy lets a page have our own styles, font and pictures, send its form to
// action, and be in no frame.
func policy(action string) string {
	return "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; form-action " + action + "; frame-ancestors 'none'"
}

// show answers with the page itself. data is the template's .Data.
func (v *visit) show(status int, data any) error {
	d := pageData{State: v.in.ID, Project: v.id.Name(v.ctx()), Page: v.name, Data: data, visit: v}
	action := "'self'"
	if v.client != nil {
		d.Client = v.client.Name
	}
	if req := v.request(); req != nil { // browsers look where a form's answer leads, too
		action += " " + formAction(req.RedirectURI)
	}
	v.w.Header().Set("Content-Security-Policy", policy(action))
	return page(v.w, status, templates()[v.name], d)
}

// begin gives the browser a login that was just made, and goes on with what the
// application asked for.
func (v *visit) begin(l *identity.Login) error {
	if err := v.startSession(v.w, v.r, l); err != nil {
		return err
	}
	return v.resume(l)
}

// resume ends the interaction, and answers what the application asked for.
func (v *visit) resume(l *identity.Login) error {
	if err := v.end(); err != nil {
		return err
	}
	if v.client == nil {
		v.showMessage(v.w, v.r, http.StatusOK, v.welcome(l, or(v.value("welcome"), "You are signed in")))
		return nil
	}
	if l.CreatedAt.Before(v.in.CreatedAt) { // nobody signed in on the way
		v.note(sessionEvent(v.r, v.client, v.request(), l), nil)
	}
	return v.proceed(v.w, v.r, v.client, v.request(), l, true)
}

// end forgets the interaction. It succeeds once.
func (v *visit) end() error {
	err := v.store.EndInteraction(v.ctx(), v.in.Hash)
	if missing(err) {
		return errExpired
	}
	if err == nil {
		v.begun.Give(v.r.RemoteAddr, v.rc.Now())
	}
	return err
}

// errExpired is said on a page, with the way on.
var errExpired = errors.New("the page has expired")

// startInteraction begins an interaction, and sends the browser to a page.
func (p *Provider) startInteraction(w http.ResponseWriter, r *http.Request, data InteractionData, name string) error {
	id, err := p.newInteraction(w, r, data)
	if err != nil {
		return err
	}
	redirect(w, pagePrefix+name+"?state="+id)
	return nil
}

// newInteraction begins an interaction of a request's browser, and returns its id.
func (p *Provider) newInteraction(w http.ResponseWriter, r *http.Request, data InteractionData) (id string, err error) {
	id, hash := newSecret()
	text, err := seal(id, data)
	if err != nil {
		return "", err
	}
	now := p.rc.Now()
	if err := p.mayBegin(r, len(text), now); err != nil {
		return "", err
	}
	i := &Interaction{ID: id, Hash: hash, Browser: p.browser(w, r), Data: text, CreatedAt: now, ExpiresAt: now.Add(interactionLifetime)}
	return id, p.store.AddInteraction(r.Context(), i)
}

// mountPages adds the pages to mux.
func (p *Provider) mountPages(mux *http.ServeMux) {
	for _, one := range p.pages() {
		mux.Handle("GET "+pagePrefix+one.name, p.html(func(w http.ResponseWriter, r *http.Request) error {
			if one.open != nil && r.URL.Query().Get("state") == "" {
				return one.open(w, r)
			}
			v, err := p.visit(w, r, one.name)
			if err != nil {
				return err
			}
			return one.show(v)
		}))
		if one.take != nil {
			mux.Handle("POST "+pagePrefix+one.name, p.html(func(w http.ResponseWriter, r *http.Request) error {
				v, err := p.visit(w, r, one.name)
				if err != nil {
					return err
				}
				return one.take(v)
			}))
		}
	}
	mux.HandleFunc("GET "+style, func(w http.ResponseWriter, r *http.Request) {
		picture(w, "text/css; charset=utf-8")
		text, _ := pageFiles.ReadFile("pages/pages.css")
		w.Write(text)
	})
	mux.HandleFunc("GET "+pagePrefix+"icon.svg", func(w http.ResponseWriter, r *http.Request) {
		picture(w, "image/svg+xml")
		text, _ := pageFiles.ReadFile("pages/icon.svg")
		w.Write(text)
	})
	if len(p.font) > 0 {
		mux.HandleFunc("GET "+pagePrefix+"inter.woff2", func(w http.ResponseWriter, r *http.Request) {
			picture(w, "font/woff2")
			w.Write(p.font)
		})
	}
	mux.Handle(pagePrefix, p.html(func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusNotFound, "not_found", "There is nothing at this address.")
	}))
}

// picture sets the header of what belongs to every page.
func picture(w http.ResponseWriter, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// has reports whether there is a page.
func (p *Provider) has(name string) bool { return templates()[name] != nil }

// visit finds the interaction of a request for a page.
func (p *Provider) visit(w http.ResponseWriter, r *http.Request, name string) (*visit, error) {
	id, f := r.URL.Query().Get("state"), form(nil)
	if r.Method == http.MethodPost {
		if !p.sameOrigin(r) {
			return nil, refuse(http.StatusForbidden, "forbidden", "The form was sent from another site.")
		}
		var err error
		if f, err = readBody(w, r); err != nil {
			return nil, err
		}
		id = f["state"]
	}
	v, err := p.interaction(w, r, id)
	if err != nil {
		return nil, err
	}
	v.name, v.form = name, f
	return v, nil
}

// interaction finds the interaction with an id. One that is of another browser
// is none: who sent its address wants to sign somebody in as himself.
func (p *Provider) interaction(w http.ResponseWriter, r *http.Request, id string) (*visit, error) {
	if len(id) != secretChars {
		return nil, errExpired
	}
	v := &visit{Provider: p, w: w, r: r}
	var err error
	v.in, err = p.store.FindInteraction(r.Context(), hashOf(id))
	if missing(err) || err == nil && (!p.rc.Now().Before(v.in.ExpiresAt) || !p.sameBrowser(r, v.in)) {
		return nil, errExpired
	}
	if err != nil {
		return nil, err
	}
	v.in.ID = id
	if v.data, err = unseal(id, v.in.Data); err != nil {
		return nil, err
	}
	if req := v.request(); req != nil {
		if v.client, err = p.client(r.Context(), string(req.Client)); err != nil {
			return nil, errExpired
		}
	}
	return v, nil
}

// sameOrigin reports whether a form comes from one of our pages, as far as the
// browser says.
func (p *Provider) sameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && origin != originOf(p.issuer) && strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://") != r.Host {
		return false
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none"
}

// html returns the handler of something that people see.
func (p *Provider) html(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "same-origin") // or a form would be sent with no Origin to look at
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		if err := serve(w, r); err != nil {
			p.explainHTML(w, r, err)
		}
	})
}

// explainHTML says on a page what went wrong.
func (p *Provider) explainHTML(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errExpired):
		p.showMessage(w, r, http.StatusBadRequest, expired)
		return
	case errors.Is(err, identity.ErrBadTicket):
		p.showMessage(w, r, http.StatusBadRequest, badTicket)
		return
	}
	e := p.explain(r, err)
	if e.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.Retry))
	}
	p.showMessage(w, r, e.Status, message{
		Title: "That did not work", Text: e.Description, More: "Go back to where you came from and try again. If that does not help, tell whoever runs it.",
	})
}

// formAction returns where a form may lead, for a policy: the origin of a URI, or
// its scheme if it has none.
func formAction(uri string) string {
	if origin := originOf(uri); origin != "" {
		return origin
	}
	if u, err := url.Parse(uri); err == nil {
		return u.Scheme + ":"
	}
	return "'none'"
}

// page answers with a template.
func page(w http.ResponseWriter, status int, t *template.Template, data any) error {
	var text bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text.Bytes())
	return nil
}

// templates returns the pages by name: each folder of pages with the layout.
var templates = sync.OnceValue(func() map[string]*template.Template {
	all := map[string]*template.Template{}
	files, err := fs.Glob(pageFiles, "pages/*/page.html")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		name := strings.Split(file, "/")[1]
		all[name] = template.Must(template.ParseFS(pageFiles, "pages/_layout.html", "pages/_parts.html", file)).Lookup("_layout.html")
	}
	return all
})
