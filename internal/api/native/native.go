// Package native is Rolecall's own API, /api/v1: decisions, administration,
// tokens and audit, as JSON over HTTP, with an OpenAPI 3.1 document of itself.
//
// It translates and decides nothing: who may do what, and what must stay true,
// is the core's to say. What doors have in common is in the package api.
package native

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/internal/webhook"
)

// Prefix begins the path of every route.
const Prefix = "/api/v1"

const door = "native"

// A Handler serves the API.
type Handler struct {
	rc       *rolecall.Service
	identity *identity.Identity
	keys     *token.Keys
	auth     api.Authenticator
	log      *slog.Logger

	hooks *webhook.Hooks // nil if there are none

	mux      *http.ServeMux
	plain    map[string]http.HandlerFunc // by path, where it has no parameter
	rooms    sync.Pool                   // of *checkRoom
	document func() []byte               // OpenAPI, made when it is first asked for

	feeds   atomic.Int64
	ending  chan struct{} // closed when feeds have to end
	endOnce sync.Once
}

// New returns the API of a project.
func New(rc *rolecall.Service, id *identity.Identity, keys *token.Keys, log *slog.Logger, options ...Option) *Handler {
	h := &Handler{
		rc: rc, identity: id, keys: keys, log: log,
		auth: api.Authenticator{Service: rc, Identity: id, Keys: keys},
		mux:  http.NewServeMux(), plain: map[string]http.HandlerFunc{}, ending: make(chan struct{}),
	}
	for _, o := range options {
		o(h)
	}
	routes := h.routes()
	paths := map[string]methods{}
	for _, route := range routes {
		path := Prefix + route.path
		if paths[path] == nil {
			paths[path] = methods{}
			serve := h.only(paths[path])
			h.mux.Handle(path, serve)
			if !strings.Contains(path, "{") {
				h.plain[path] = serve
			}
		}
		paths[path][route.method] = h.handler(route)
	}
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		api.WriteProblem(w, r, h.log, api.ErrNoRoute)
	})
	h.document = sync.OnceValue(func() []byte { return document(routes) })
	return h
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	api.WithRequestID(w, r)
	if serve := h.plain[r.URL.Path]; serve != nil && r.URL.RawPath == "" { // the mux takes as long as a decision
		serve(w, r)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// methods are what a path takes.
type methods map[string]http.HandlerFunc

func (h *Handler) only(m methods) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if serve, ok := m[method]; ok {
			serve(w, r)
			return
		}
		w.Header().Set("Allow", m.allow())
		api.WriteProblem(w, r, h.log, api.ErrMethod)
	}
}

func (m methods) allow() string {
	var all []string
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if m[method] != nil {
			all = append(all, method)
		}
	}
	if m["GET"] != nil {
		all = append(all, "HEAD")
	}
	return strings.Join(all, ", ")
}
