// Package authzen is the OpenID AuthZEN Authorization API 1.0: evaluation, one
// and many, the three searches, and the metadata of a decision point.
//
// It translates AuthZEN's subject, action and resource into the core's words
// and back, and decides nothing. The project is one decision point and each of
// its tenants another, told apart by path alone: what a body says of its
// tenant, or of a subject's roles, is not believed. docs/compat/authzen.md says
// how words are mapped and what is left out.
package authzen

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

const door = "authzen"

// A Handler serves the API.
type Handler struct {
	rc       *rolecall.Service
	auth     *api.Authenticator
	log      *slog.Logger
	profiles profiles
	mux      *http.ServeMux
}

// New returns the API of a project whose public URL is url.
func New(rc *rolecall.Service, auth *api.Authenticator, url string, log *slog.Logger) (*Handler, error) {
	h := &Handler{rc: rc, auth: auth, log: log, profiles: profiles{rc: rc}, mux: http.NewServeMux()}
	for path, serve := range map[string]func(*point, members) (any, error){
		pathEvaluation:     evaluate,
		pathEvaluations:    evaluateAll,
		pathSubjectSearch:  searchSubjects,
		pathResourceSearch: searchResources,
		pathActionSearch:   searchActions,
	} {
		h.mux.Handle(path, h.only(http.MethodPost, h.asking(serve)))
		h.mux.Handle(tenantPath+path, h.only(http.MethodPost, h.asking(serve)))
	}
	m, err := newMetadata(url)
	if err != nil {
		return nil, err
	}
	h.mux.Handle(wellKnown+m.base, h.only(http.MethodGet, m.serve))
	h.mux.Handle(wellKnown+m.base+tenantPath, h.only(http.MethodGet, m.serve))
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { h.refuse(w, r, api.ErrNoRoute) })
	return h, nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	api.WithRequestID(w, r)
	h.mux.ServeHTTP(w, r)
}

// tenantPath begins the paths of a tenant's decision point.
const tenantPath = "/t/{tenant}"

func (h *Handler) only(method string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method || r.Method == http.MethodHead && method == http.MethodGet {
			serve(w, r)
			return
		}
		w.Header().Set("Allow", method)
		h.refuse(w, r, api.ErrMethod)
	}
}

// asking returns the way from a request to an answer that all questions share.
func (h *Handler) asking(serve func(*point, members) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := h.ask(w, r, serve)
		if err == nil {
			err = api.WriteJSON(w, http.StatusOK, answer)
		}
		if err != nil {
			h.refuse(w, r, err)
		}
	}
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request, serve func(*point, members) (any, error)) (any, error) {
	by, err := h.auth.Actor(w, r, door)
	if err != nil {
		return nil, err
	}
	p, err := h.point(r.Context(), by, rolecall.TenantID(r.PathValue("tenant")))
	if err != nil {
		return nil, err
	}
	api.SetRevision(w, p.policy.Revision())
	text, err := api.ReadBody(w, r, api.MaxBody)
	if err != nil {
		return nil, err
	}
	body, err := readMembers(text)
	if err != nil {
		return nil, err
	}
	return serve(p, body)
}

// refuse answers with err as section 10.1.2 of the specification has it: the
// body is the message. It knows no 415: a wrong content type is a bad request.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := api.Refuse(w, r, h.log, err)
	if errors.Is(err, api.ErrMediaType) {
		p.Status = http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(p.Status)
	io.WriteString(w, p.Detail+"\n")
}
