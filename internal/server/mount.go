package server

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/console"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/api/auth0"
	"github.com/rolecall/rolecall/internal/api/authzen"
	"github.com/rolecall/rolecall/internal/api/descope"
	"github.com/rolecall/rolecall/internal/api/native"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/mail"
	"github.com/rolecall/rolecall/internal/oidc"
	"github.com/rolecall/rolecall/internal/outbound"
)

// doors lists what is mounted where: one line each.
func (s *Server) doors() ([]door, error) {
	who := &api.Authenticator{Service: s.Rolecall, Identity: s.Identity, Keys: s.Tokens}
	decisions, err := authzen.New(s.Rolecall, who, s.url, s.log)
	if err != nil {
		return nil, err
	}
	s.native = native.New(s.Rolecall, s.Identity, s.Tokens, s.log, native.Webhooks(s.Webhooks))
	doors := []door{
		{native.Prefix + "/", s.native},
		{"/access/v1/", decisions},
		{"/t/", decisions},
		{"/.well-known/authzen-configuration", decisions},
		{"/.well-known/authzen-configuration/", decisions},
		{auth0.Prefix + "/", auth0.New(s.Rolecall, s.Identity, s.Tokens, s.url, s.log)},
		{"/.well-known/jwks.json", s.get(s.jwks)},
		{"/healthz", s.get(s.healthz)},
		{"/readyz", s.get(s.readyz)},
		{"/metrics", s.get(s.guardedMetrics)},
		{"/console/", s.console()},
		{"/", http.HandlerFunc(s.nothing)},
	}
	if s.mailbox != nil {
		doors = append(doors, door{mail.Prefix, s.mailbox}, door{mail.Prefix + "/", s.mailbox}, door{mail.Prefix + ".json", s.mailbox})
	}
	vendor := descope.New(s.Rolecall, s.Identity, s.Tokens, s.url, s.log)
	for _, pattern := range descope.Patterns {
		doors = append(doors, door{pattern, vendor})
	}
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	for _, pattern := range oidc.Paths {
		doors = append(doors, door{pattern, provider})
	}
	return doors, nil
}

// provider is the OpenID provider. Its tokens for Auth0's Management API are for
// our own, by another name.
func (s *Server) provider() (http.Handler, error) {
	allow, err := networks("sso-allow", s.config.SSOAllow)
	if err != nil {
		return nil, err
	}
	management := oidc.Alias{Audience: auth0.Audience(s.url), API: rolecall.AdminAPI, Scopes: map[string][]string{}}
	for _, scope := range auth0.Scopes {
		management.Scopes[scope.Name] = scope.Permissions
	}
	return oidc.New(s.Rolecall, s.Identity, s.Tokens, s.store, s.log, oidc.WithAlias(management), oidc.WithFont(console.Font()),
		oidc.WithWay(outbound.Way{Allowed: allow}), oidc.WithLanding(oidc.Landing{
			Path: consolePath + "/", Back: consolePath + "/sign-in", Lifetime: console.LoginLifetime,
			Begin: func(w http.ResponseWriter, _ *http.Request, l *identity.Login) {
				http.SetCookie(w, console.LoginCookie(l, consolePath, strings.HasPrefix(s.url, "https:")))
			},
		})), nil
}

const consolePath = "/console"

// console is the administration in a browser. A development server that is started in
// a checkout shows its pages as they are there.
func (s *Server) console() http.Handler {
	options := []console.Option{
		console.OfServer(s.Identity, s.Tokens, s.Webhooks, "/u/sso"), console.Server(s.url), console.Prefix(consolePath),
		console.ShowDenials(s.denials), console.Logger(s.log),
	}
	if files := checkout("."); s.config.Dev && files != nil {
		s.log.Info("the console's pages are read from the folder console at each request")
		options = append(options, console.Edited(files))
	}
	return console.Handler(s.Rolecall, options...)
}

// checkout returns the console's folder if folder is a checkout of this module, nil
// otherwise.
func checkout(folder string) fs.FS {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil
	}
	mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil || !strings.HasPrefix(string(mod), "module github.com/rolecall/rolecall\n") {
		return nil
	}
	files := os.DirFS(filepath.Join(folder, "console"))
	if _, err := fs.Stat(files, "pages/_layout.html"); err != nil {
		return nil
	}
	return files
}

// A door is a handler and the pattern of what it answers.
type door struct {
	pattern string
	handler http.Handler
}

func (s *Server) mux() (http.Handler, error) {
	doors, err := s.doors()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, d := range doors {
		mux.Handle(d.pattern, through(doorOf(d.handler), d.handler))
	}
	return oneSlash(asItStands(mux, through(doorOf(s.native), s.native))), nil
}

const nativePath = native.Prefix + "/"

// asItStands lets a door answer for a path such as "/v1//mgmt" or "/v1/./mgmt",
// which to it is another path. The mux would redirect, in HTML. What is the native
// door's alone goes there without asking the mux, which takes as long as a decision.
func asItStands(mux *http.ServeMux, native http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := path.Clean(r.URL.Path)
		if r.URL.Path == clean || r.URL.Path == clean+"/" || r.Method == http.MethodConnect {
			if strings.HasPrefix(r.URL.Path, nativePath) && r.URL.RawPath == "" && r.Method != http.MethodConnect {
				native.ServeHTTP(w, r)
			} else {
				mux.ServeHTTP(w, r)
			}
			return
		}
		meant := r.Clone(r.Context())
		meant.URL.Path, meant.URL.RawPath = clean, ""
		h, _ := mux.Handler(meant)
		h.ServeHTTP(w, r)
	})
}

// oneSlash lets paths begin with several slashes: a client that joins them to a
// base URL that ends in one means the same, and may not follow a redirect.
func oneSlash(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "//") {
			to := *r.URL
			to.Path, to.RawPath = "/"+strings.TrimLeft(to.Path, "/"), ""
			if r.URL.RawPath != "" {
				to.RawPath = "/" + strings.TrimLeft(r.URL.RawPath, "/")
			}
			r = r.Clone(r.Context())
			r.URL = &to
		}
		next.ServeHTTP(w, r)
	})
}

// A page answers GET and HEAD: with what it writes itself, or with an error.
type page func(w http.ResponseWriter, r *http.Request) error

// get returns the handler of p.
func (s *Server) get(p page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := api.ErrMethod
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			err = p(w, r)
		} else {
			w.Header().Set("Allow", "GET, HEAD")
		}
		if err != nil {
			api.WriteProblem(w, r, s.log, err)
		}
	})
}

// jwks serves the public halves of the signing keys, RFC 7517.
func (s *Server) jwks(w http.ResponseWriter, r *http.Request) error {
	keys, err := s.Tokens.JWKS(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return api.WriteJSON(w, http.StatusOK, keys)
}

// health is what operations endpoints answer.
type health struct {
	Status string `json:"status"`
	// Stale is for how many seconds the store has not answered, if that matters.
	Stale float64 `json:"stale,omitempty"`
}

// healthz says that the process lives.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return api.WriteJSON(w, http.StatusOK, health{Status: "ok"})
}

// readyz says whether new requests are welcome: decisions are made, and the
// server is not about to stop. While the store does not answer and what is known
// still counts, it says so and stays ready: the other nodes are no better off.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	store := s.Project.Ready(ctx)
	age := s.Rolecall.Age().Round(100 * time.Millisecond).Seconds()
	switch {
	case s.stopping.Load():
		return api.WriteJSON(w, http.StatusServiceUnavailable, health{Status: "stopping"})
	case s.Rolecall.Usable() != nil:
		return api.WriteJSON(w, http.StatusServiceUnavailable, health{"the store does not answer", age})
	case store != nil || s.Rolecall.Stale() > 0:
		return api.WriteJSON(w, http.StatusOK, health{"stale", age})
	}
	return api.WriteJSON(w, http.StatusOK, health{Status: "ready"})
}

// nothing answers for paths that no door has. Who opens the server in a browser
// gets to the console.
func (s *Server) nothing(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" && r.Method == http.MethodGet && wantsPage(r) {
		http.Redirect(w, r, consolePath+"/", http.StatusSeeOther)
		return
	}
	s.refuse(w, r, api.ErrNoRoute)
}

// refuse answers with an error of no door's: a browser that asks for a page with
// one, and everything else as the API does.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Add("Vary", "Accept")
	if !wantsPage(r) {
		api.WriteProblem(w, r, s.log, err)
		return
	}
	console.ErrorPage(w, r, consolePath, api.Refuse(w, r, s.log, err).Status)
}

// wantsPage reports whether a request is a browser's that goes to an address.
func wantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}
