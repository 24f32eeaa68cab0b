// Package descope speaks the HTTP API that Descope's SDKs speak, so that a
// program written against them runs against Rolecall by its base URL, project
// id and management key alone.
//
// It translates and decides nothing. A management key is an access key: what
// it may do is what its subject may administer. docs/compat/descope.md maps
// calls and concepts, and says where it differs.
package descope

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// Patterns are what a server sends here: every path that the SDKs call, those
// of calls that are not served too, so that these are refused as SDKs expect.
var Patterns = []string{"/v1", "/v1/", "/v2", "/v2/"}

const door = "descope"

// A Handler serves the API of one project.
type Handler struct {
	rc       *rolecall.Service
	identity *identity.Identity
	keys     *token.Keys
	url      string // where clients reach the server, with a trailing slash
	log      *slog.Logger

	routes map[string]methods // by path
}

// methods are what a path takes.
type methods map[string]endpoint

// New returns the API of a project whose public URL is url.
func New(rc *rolecall.Service, id *identity.Identity, keys *token.Keys, url string, log *slog.Logger) *Handler {
	h := &Handler{rc: rc, identity: id, keys: keys, url: url, log: log, routes: map[string]methods{}}
	for _, table := range [][]route{management, authentication} {
		for _, rt := range table {
			if h.routes[rt.path] == nil {
				h.routes[rt.path] = methods{}
			}
			h.routes[rt.path][rt.method] = rt.endpoint
		}
	}
	return h
}

// ServeHTTP answers with JSON whatever comes, and redirects nothing: two of the
// SDKs follow no redirect.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Handler: h, w: w, r: r}
	reply, err := c.run()
	if err == nil {
		w.Header().Set("Cache-Control", "no-store")
		err = api.WriteJSON(w, http.StatusOK, reply)
	}
	if err != nil {
		h.refuse(w, r, err)
	}
}

// find returns what serves a request, and the last segment of its path if the
// route ends in "/".
func (h *Handler) find(r *http.Request) (e endpoint, last string, err error) {
	path := r.URL.Path
	on, ok := h.routes[path]
	if !ok {
		cut := strings.LastIndexByte(path, '/') + 1
		if on, ok = h.routes[path[:cut]]; !ok {
			return e, "", api.ErrNoRoute
		}
		last = path[cut:]
	}
	e, ok = on[r.Method]
	if !ok {
		return e, "", api.ErrMethod
	}
	return e, last, nil
}
