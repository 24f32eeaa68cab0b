package oidc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/outbound"
	"github.com/rolecall/rolecall/internal/token"
)

// A Provider signs people in and issues tokens. It is an http.Handler for the
// paths of [Paths]. It is safe for concurrent use.
type Provider struct {
	rc      *rolecall.Service
	id      *identity.Identity
	keys    *token.Keys
	store   Store
	log     *slog.Logger
	issuer  string // with a slash at its end
	secure  bool   // the issuer is https, so that cookies are
	aliases []Alias
	font    []byte       // of the pages
	way     outbound.Way // to tenants' own providers
	landing Landing
	records records
	origins origins
	mux     *http.ServeMux

	begun *identity.Limiter // interactions that have not ended, by address
	most  int               // of all
	count atomic.Int64
}

// An Option changes how a Provider works.
type Option func(*Provider)

// An Alias is another audience for an API, whose scopes have other names.
type Alias struct {
	Audience string
	API      rolecall.APIID
	Scopes   map[string][]string // by name: the permissions of API that it takes
}

// WithAlias adds an audience. Its tokens always say what their subject holds,
// and nothing more.
func WithAlias(a Alias) Option {
	return func(p *Provider) { p.aliases = append(p.aliases, a) }
}

// WithFont has pages set in a font, a WOFF2 file of Inter. Without it they take
// the system's.
func WithFont(file []byte) Option {
	return func(p *Provider) { p.font = file }
}

// WithWay sets where tenants' own providers may be.
func WithWay(way outbound.Way) Option { return func(p *Provider) { p.way = way } }

// A Landing is where people go on who sign in with their organization and without
// an application: a part of this server that has passwords of its own page.
type Landing struct {
	Path     string        // where they go on
	Back     string        // where they came from
	Lifetime time.Duration // of their logins
	// Begin gives the browser the login, which is none of the pages' here.
	Begin func(http.ResponseWriter, *http.Request, *identity.Login)
}

// WithLanding lets people come from a landing, by the page "sso" without state.
func WithLanding(l Landing) Option { return func(p *Provider) { p.landing = l } }

// Paths are the patterns of what a Provider answers.
var Paths = []string{
	"/authorize", "/oauth/token", "/oauth/revoke", "/userinfo", "/v2/logout", "/oidc/logout",
	"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/dbconnections/", "/u/",
}

// New returns the provider of a project. Its issuer is that of keys.
func New(rc *rolecall.Service, id *identity.Identity, keys *token.Keys, store Store, log *slog.Logger, options ...Option) *Provider {
	p := &Provider{rc: rc, id: id, keys: keys, store: store, log: log, issuer: keys.Issuer()}
	p.secure = strings.HasPrefix(p.issuer, "https://")
	WithInteractions(identity.Limit{Burst: 2000, Every: 2 * time.Second}, 50_000)(p)
	for _, o := range options {
		o(p)
	}
	p.mux = p.routes()
	return p
}

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// routes lists what is answered where: one line each.
func (p *Provider) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /authorize", p.html(p.authorize))
	mux.Handle("POST /authorize", p.html(p.authorize))
	mux.Handle("GET /v2/logout", p.html(p.logout))
	mux.Handle("GET /oidc/logout", p.html(p.endSession))
	mux.Handle("POST /oidc/logout", p.html(p.endSession))

	for path, h := range map[string]handler{
		"/oauth/token":  {p.token, "POST", false},
		"/oauth/revoke": {p.revoke, "POST", false},
		"/userinfo":     {p.userinfo, "GET, POST", false},

		"/dbconnections/signup":          {p.signup, "POST", false},
		"/dbconnections/change_password": {p.changePassword, "POST", false},

		"/.well-known/openid-configuration":       {p.discovery, "GET", true},
		"/.well-known/oauth-authorization-server": {p.discovery, "GET", true},
	} {
		mux.Handle(path, p.api(h))
	}
	p.mountPages(mux)
	return mux
}

// system reads what the provider itself needs.
var system = rolecall.System("oidc")

// fail answers with an error that is none of the table in error.go: it is
// logged, and its text is not shown.
func (p *Provider) internal(r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	p.log.ErrorContext(r.Context(), "internal error", "path", r.URL.Path, "error", err)
}
