package main

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log"
	"net/http"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/pep"
)

//go:embed pages.html
var files embed.FS

var pages = template.Must(template.New("").Funcs(pep.Funcs()).ParseFS(files, "pages.html"))

// A service is both applications, and what they keep.
type service struct {
	rc   *client.Client
	site string

	mu       sync.Mutex
	projects map[rolecall.TenantID][]string
	paid     map[rolecall.TenantID]bool
}

func newService(ctx context.Context, rc *client.Client, server, site string) (http.Handler, error) {
	if err := setUp(ctx, rc, site); err != nil {
		return nil, err
	}
	provider, err := oidc.NewProvider(ctx, server)
	if err != nil {
		return nil, err
	}
	s := &service{rc: rc, site: site, projects: map[rolecall.TenantID][]string{}, paid: map[rolecall.TenantID]bool{}}
	mux := http.NewServeMux()
	if err := s.mountProjects(ctx, mux, provider, server); err != nil {
		return nil, err
	}
	if err := s.mountBilling(ctx, mux, provider, server); err != nil {
		return nil, err
	}
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// mountProjects mounts the application Projects: its pages for those who are
// signed in, and its API for those who bring a token.
func (s *service) mountProjects(ctx context.Context, mux *http.ServeMux, provider *oidc.Provider, server string) error {
	a, err := newApplication(ctx, s.rc, provider, "projects", server, s.site)
	if err != nil {
		return err
	}
	guard := pep.New(s.rc, pep.Subject(a.user), pep.API(projectsAPI), pep.LoginPage("/projects/login"))
	own := guard.With(pep.Tenant(pep.PathTenant("tenant")))
	on := s.mount(mux, a, guard)
	on("POST /projects/orgs", guard.RequireLogin(), s.found)
	on("GET /projects/orgs", guard.Require("orgs.list"), s.orgs)
	on("GET /projects/t/{tenant}/", own.Require("project.read"), s.projectsPage)
	on("POST /projects/t/{tenant}/projects", own.Require("project.write"), s.addProject)
	on("POST /projects/t/{tenant}/invite", own.Require("members.invite"), s.invite)
	on("POST /projects/t/{tenant}/close", own.Require("org.close"), s.closeOrg)

	tokens, err := pep.NewVerifier(pep.Tokens{Issuer: server, Audience: projectsAPI})
	if err != nil {
		return err
	}
	api := pep.New(s.rc, pep.JWT(tokens), pep.Tenant(pep.PathTenant("tenant")))
	mux.Handle("POST /api/t/{tenant}/close", api.Require("org.close")(http.HandlerFunc(s.closeOrg)))
	mux.Handle("GET /api/t/{tenant}/projects", api.Require("project.read")(http.HandlerFunc(s.projectsPage)))
	return nil
}

// mountBilling mounts the application Billing, which the same people use with
// other roles.
func (s *service) mountBilling(ctx context.Context, mux *http.ServeMux, provider *oidc.Provider, server string) error {
	a, err := newApplication(ctx, s.rc, provider, "billing", server, s.site)
	if err != nil {
		return err
	}
	guard := pep.New(s.rc, pep.Subject(a.user), pep.API(billingAPI), pep.LoginPage("/billing/login"))
	own := guard.With(pep.Tenant(pep.PathTenant("tenant")))
	on := s.mount(mux, a, guard)
	on("GET /billing/t/{tenant}/", own.Require("invoice.read"), s.invoice)
	on("POST /billing/t/{tenant}/pay", own.Require("invoice.pay"), s.pay)
	return nil
}

// mount mounts what both applications have, and returns what mounts the rest.
func (s *service) mount(mux *http.ServeMux, a *application, guard *pep.Guard) func(pattern string, guard func(http.Handler) http.Handler, h http.HandlerFunc) {
	on := func(pattern string, guard func(http.Handler) http.Handler, h http.HandlerFunc) {
		mux.Handle(pattern, a.sessions.LoadAndSave(guard(h)))
	}
	open := func(h http.Handler) http.Handler { return h }
	on("GET /"+a.name+"/{$}", open, func(w http.ResponseWriter, r *http.Request) { s.home(w, r, a, guard) })
	on("GET /"+a.name+"/login", open, a.login)
	on("GET /"+a.name+"/callback", open, a.callback)
	on("POST /"+a.name+"/logout", open, a.logout)
	return on
}

// home lists the visitor's organizations.
func (s *service) home(w http.ResponseWriter, r *http.Request, a *application, guard *pep.Guard) {
	me := guard.Caller(r)
	data := map[string]any{"App": a.name, "Me": me, "Name": a.sessions.GetString(r.Context(), "name")}
	if me.Subject != "" {
		orgs, err := s.orgsOf(r.Context(), me.Subject)
		if err != nil {
			fail(w, err)
			return
		}
		data["Orgs"] = orgs
	}
	show(w, "home", data)
}

func (s *service) orgsOf(ctx context.Context, who rolecall.SubjectID) (all []*rolecall.Tenant, err error) {
	for m, err := range client.All[*rolecall.Membership](ctx, s.rc, rolecall.Query{Kind: rolecall.KindMembership, Where: []rolecall.Condition{rolecall.Where("subject", who)}}) {
		if err != nil {
			return nil, err
		}
		t, err := client.Find(ctx, s.rc, &rolecall.Tenant{ID: m.Tenant})
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// found makes an organization, which whoever founds it owns: in this service by
// the role owner, and in Rolecall's console as the tenant's owner.
func (s *service) found(w http.ResponseWriter, r *http.Request) {
	who, id := pep.SubjectOf(r.Context()), rolecall.TenantID(rolecall.NewID("org"))
	_, err := s.rc.Write(r.Context(),
		client.Create(&rolecall.Tenant{ID: id, Name: strings.TrimSpace(r.FormValue("name"))}),
		client.Create(&rolecall.Membership{Tenant: id, Subject: who}),
		client.Create(&rolecall.Assignment{Subject: who, Role: "org-owner", Scope: rolecall.Scope{Tenant: id}}),
		client.Create(&rolecall.Assignment{Subject: who, Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: id}}),
	)
	s.done(w, r, "/projects/t/"+string(id)+"/", err)
}

// orgs lists all organizations, for the vendor's staff.
func (s *service) orgs(w http.ResponseWriter, r *http.Request) {
	var all []*rolecall.Tenant
	for t, err := range client.All[*rolecall.Tenant](r.Context(), s.rc, rolecall.Query{Kind: rolecall.KindTenant}) {
		if err != nil {
			fail(w, err)
			return
		}
		all = append(all, t)
	}
	show(w, "orgs", map[string]any{"App": "projects", "Me": pep.CallerOf(r.Context()), "Orgs": all})
}

func (s *service) projectsPage(w http.ResponseWriter, r *http.Request) {
	id := rolecall.TenantID(r.PathValue("tenant"))
	org, err := client.Find(r.Context(), s.rc, &rolecall.Tenant{ID: id})
	if err != nil {
		fail(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	show(w, "projects", map[string]any{"App": "projects", "Me": pep.CallerOf(r.Context()), "Org": org, "Projects": s.projects[id], "Sent": r.FormValue("sent")})
}

func (s *service) addProject(w http.ResponseWriter, r *http.Request) {
	id := rolecall.TenantID(r.PathValue("tenant"))
	s.mu.Lock()
	s.projects[id] = append(s.projects[id], r.FormValue("name"))
	s.mu.Unlock()
	s.done(w, r, "/projects/t/"+string(id)+"/", nil)
}

// invite asks somebody to join. Which roles that means is the service's to say,
// and not the form's.
func (s *service) invite(w http.ResponseWriter, r *http.Request) {
	id := rolecall.TenantID(r.PathValue("tenant"))
	as, ok := invitable[r.FormValue("as")]
	if !ok {
		http.Error(w, "invite an admin or an employee", http.StatusBadRequest)
		return
	}
	_, _, err := s.rc.Invite(r.Context(), client.NewInvitation{Email: r.FormValue("email"), Tenant: id, Roles: as, Client: "projects"})
	s.done(w, r, "/projects/t/"+string(id)+"/?sent=yes", err)
}

func (s *service) closeOrg(w http.ResponseWriter, r *http.Request) {
	_, err := s.rc.Write(r.Context(), client.Delete(&rolecall.Tenant{ID: rolecall.TenantID(r.PathValue("tenant"))}))
	s.done(w, r, "/projects/", err)
}

func (s *service) invoice(w http.ResponseWriter, r *http.Request) {
	id := rolecall.TenantID(r.PathValue("tenant"))
	org, err := client.Find(r.Context(), s.rc, &rolecall.Tenant{ID: id})
	if err != nil {
		fail(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	show(w, "invoice", map[string]any{"App": "billing", "Me": pep.CallerOf(r.Context()), "Org": org, "Paid": s.paid[id]})
}

func (s *service) pay(w http.ResponseWriter, r *http.Request) {
	id := rolecall.TenantID(r.PathValue("tenant"))
	s.mu.Lock()
	s.paid[id] = true
	s.mu.Unlock()
	s.done(w, r, "/billing/t/"+string(id)+"/", nil)
}

// done goes on to a page, or says what was wrong with what was sent.
func (s *service) done(w http.ResponseWriter, r *http.Request, to string, err error) {
	switch {
	case err == nil:
		http.Redirect(w, r, to, http.StatusSeeOther)
	case errors.Is(err, rolecall.ErrInvalid), errors.Is(err, rolecall.ErrConflict):
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		fail(w, err)
	}
}

func show(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		log.Print(err)
	}
}

func fail(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "something went wrong", http.StatusInternalServerError)
}
