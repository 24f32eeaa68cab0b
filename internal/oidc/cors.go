package oidc

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/rolecall/rolecall"
)

// A handler serves what programs call.
type handler struct {
	serve   func(http.ResponseWriter, *http.Request) error
	methods string
	public  bool // any origin may read it
}

// api returns the http.Handler of h, with what the CORS protocol asks of it.
// Cookies are read on none of these paths, so that credentials are never allowed.
func (p *Provider) api(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Add("Vary", "Origin")
		if h.public {
			header.Set("Access-Control-Allow-Origin", "*")
		}
		switch {
		case r.Method == http.MethodOptions:
			p.preflight(w, r, h)
		case slices.Contains(strings.Split(h.methods, ", "), r.Method), r.Method == http.MethodHead && strings.HasPrefix(h.methods, "GET"):
			if err := h.serve(w, r); err != nil {
				p.writeError(w, r, err)
			}
		default:
			header.Set("Allow", h.methods+", OPTIONS")
			p.writeError(w, r, refuse(http.StatusMethodNotAllowed, "invalid_request", "The method must be %s.", h.methods))
		}
	})
}

// preflight answers a CORS preflight: for an origin of any client, since it does
// not say which one asks. The answer to the request itself does.
func (p *Provider) preflight(w http.ResponseWriter, r *http.Request, h handler) {
	header := w.Header()
	header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	header.Set("Allow", h.methods+", OPTIONS")
	if origin := r.Header.Get("Origin"); origin != "" && !h.public {
		known, err := p.knownOrigin(r.Context(), origin)
		if err != nil {
			p.writeError(w, r, err)
			return
		}
		if known {
			header.Set("Access-Control-Allow-Origin", origin)
		}
	}
	if header.Get("Access-Control-Allow-Origin") != "" {
		header.Set("Access-Control-Allow-Methods", h.methods)
		header.Set("Access-Control-Allow-Headers", "Authorization, Auth0-Client, Content-Type, DPoP")
		header.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// allowOrigin lets a script read the answer if it comes from the client.
func allowOrigin(w http.ResponseWriter, r *http.Request, c *rolecall.Client) {
	if origin := r.Header.Get("Origin"); origin != "" && slices.Contains(originsOf(c), origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate")
	}
}

// originsOf returns where scripts of a client come from.
func originsOf(c *rolecall.Client) []string {
	all := slices.Concat(c.OAuth.CORSOrigins, c.OAuth.WebOrigins)
	for _, uri := range c.OAuth.RedirectURIs {
		if origin := originOf(uri); origin != "" {
			all = append(all, origin)
		}
	}
	return all
}

// origins are those of all clients, as of a revision.
type origins struct {
	mu       sync.Mutex
	revision rolecall.Revision
	known    map[string]bool
}

// knownOrigin reports whether an origin is one of any client's. Clients are read
// again when the journal says that one has changed.
func (p *Provider) knownOrigin(ctx context.Context, origin string) (bool, error) {
	o := &p.origins
	o.mu.Lock()
	defer o.mu.Unlock()
	at := p.rc.Revision()
	if o.known != nil && o.revision != at {
		changed, err := p.rc.Audit(ctx, system, rolecall.EntryQuery{Kind: rolecall.KindClient, Since: o.revision, Limit: 1})
		if err != nil {
			return false, err
		}
		if o.revision = at; len(changed) > 0 {
			o.known = nil
		}
	}
	if o.known == nil {
		var clients []*rolecall.Client
		err := p.rc.View(ctx, system, func(v *rolecall.View) (err error) {
			clients, err = rolecall.All[*rolecall.Client](ctx, v, rolecall.Query{Kind: rolecall.KindClient})
			return err
		})
		if err != nil {
			return false, err
		}
		o.known, o.revision = map[string]bool{}, at
		for _, c := range clients {
			for _, origin := range originsOf(c) {
				o.known[origin] = true
			}
		}
	}
	return o.known[origin], nil
}
