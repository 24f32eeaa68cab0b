package main

import (
	"embed"
	"errors"
	"html/template"
	"log"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/console"
	"github.com/rolecall/rolecall/pep"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.New("").Funcs(pep.Funcs()).ParseFS(files, "pages/*.html"))

// A site is the app over HTTP: who is signed in, and what they may.
type site struct {
	*app
	sessions *scs.SessionManager
	guard    *pep.Guard
}

func (a *app) handler() http.Handler {
	s := &site{app: a, sessions: scs.New()}
	s.sessions.Lifetime = 12 * time.Hour
	s.guard = pep.New(a.rc, pep.Subject(s.user), pep.LoginPage("/login"))

	mux := http.NewServeMux()
	may := func(permission string, h http.HandlerFunc) http.Handler { return s.guard.Require(permission)(h) }
	mux.Handle("GET /{$}", may("post.read", s.list))
	mux.Handle("POST /posts", may("post.create", s.create))
	mux.Handle("POST /posts/{id}", may("post.edit", s.edit))
	mux.Handle("POST /posts/{id}/delete", may("post.delete", s.remove))
	mux.HandleFunc("GET /login", s.loginPage)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.Handle("/perm-admin/", console.Handler(a.rc, console.Subject(s.user), console.SignInAt("/login?return_to=/perm-admin/"), console.Logger(slog.Default())))

	crossOrigin := http.NewCrossOriginProtection()
	return s.sessions.LoadAndSave(crossOrigin.Handler(mux))
}

// user says who is signed in, "" if nobody is. The guards and the console ask it.
func (s *site) user(r *http.Request) (rolecall.SubjectID, error) {
	if id := s.sessions.GetInt64(r.Context(), "user"); id != 0 {
		return rolecall.SubjectID(strconv.FormatInt(id, 10)), nil
	}
	return "", nil
}

func (s *site) list(w http.ResponseWriter, r *http.Request) {
	posts, err := s.posts(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	s.show(w, "list.html", map[string]any{"Me": pep.CallerOf(r.Context()), "Posts": posts})
}

func (s *site) create(w http.ResponseWriter, r *http.Request) {
	s.done(w, r, s.tables.create(r.Context(), pep.SubjectOf(r.Context()), r.FormValue("title"), r.FormValue("body")))
}

func (s *site) edit(w http.ResponseWriter, r *http.Request) {
	s.done(w, r, s.tables.edit(r.Context(), r.PathValue("id"), r.FormValue("title"), r.FormValue("body")))
}

func (s *site) remove(w http.ResponseWriter, r *http.Request) {
	s.done(w, r, s.tables.remove(r.Context(), r.PathValue("id")))
}

func (s *site) loginPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, "login.html", map[string]any{"To": local(r.FormValue("return_to"))})
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	id, err := s.signIn(r.Context(), r.FormValue("name"), r.FormValue("password"))
	switch {
	case err != nil:
		fail(w, err)
		return
	case id == 0:
		w.WriteHeader(http.StatusUnauthorized)
		s.show(w, "login.html", map[string]any{"To": local(r.FormValue("return_to")), "Wrong": true})
		return
	}
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		fail(w, err)
		return
	}
	s.sessions.Put(r.Context(), "user", id)
	http.Redirect(w, r, local(r.FormValue("return_to")), http.StatusSeeOther)
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		fail(w, err)
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// local is where to go after signing in: a path of this site, and nothing else.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		return "/"
	}
	return path
}

func (s *site) done(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errNoPost):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		fail(w, err)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (s *site) show(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		log.Print(err)
	}
}

func fail(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "something went wrong", http.StatusInternalServerError)
}
