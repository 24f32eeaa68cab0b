// Package auth0 speaks Auth0's Management API v2, so that a program written
// against Auth0's SDKs runs against Rolecall by its domain and credentials alone.
//
// It translates and decides nothing. A token is one that this server issued for
// the API; what its holder may do is what it may administer, when it calls.
// docs/compat/auth0.md maps calls and concepts, and says where it differs.
package auth0

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// Prefix begins the paths of every route.
const Prefix = "/api/v2"

const door = "auth0"

// A Handler serves the API of one project.
type Handler struct {
	rc       *rolecall.Service
	identity *identity.Identity
	keys     *token.Keys
	audience string // of tokens for this API
	log      *slog.Logger
}

// New returns the API of a project whose tokens have the issuer url, which ends
// in a slash.
func New(rc *rolecall.Service, id *identity.Identity, keys *token.Keys, url string, log *slog.Logger) *Handler {
	return &Handler{rc: rc, identity: id, keys: keys, audience: Audience(url), log: log}
}

// ServeHTTP answers with JSON or nothing, whatever comes.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	api.WithRequestID(w, r)
	c := &call{Handler: h, w: w, r: r}
	answer, err := c.run()
	if err == nil {
		err = answer.write(w)
	}
	if err != nil {
		h.refuse(w, r, err)
	}
}

// A route is one call of the API. A segment of its path in braces is any text.
type route struct {
	method, path string
	scopes       string // of which a token needs one
	serve        func(*call) (reply, error)
}

// find returns the route of a request, and what stands in the place of its
// path's segments in braces. The path is taken apart before it is unescaped,
// since ids hold slashes.
func find(method, escaped string) (*route, map[string]string) {
	path, ok := strings.CutPrefix(escaped, Prefix)
	if !ok {
		return nil, nil
	}
	segments := strings.Split(path, "/")
	for i := range routes {
		rt := &routes[i]
		if rt.method != method {
			continue
		}
		if named, ok := match(strings.Split(rt.path, "/"), segments); ok {
			return rt, named
		}
	}
	return nil, nil
}

func match(pattern, segments []string) (named map[string]string, ok bool) {
	if len(pattern) != len(segments) {
		return nil, false
	}
	named = map[string]string{}
	for i, p := range pattern {
		text, err := url.PathUnescape(segments[i])
		switch {
		case err != nil:
			return nil, false
		case strings.HasPrefix(p, "{") && text != "":
			named[strings.Trim(p, "{}")] = text
		case p != text:
			return nil, false
		}
	}
	return named, true
}
