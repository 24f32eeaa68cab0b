// Chi guards routes of github.com/go-chi/chi: its middleware is net/http's, so a
// guard is used as it is.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/sqlite"
)

func main() {
	rc, err := rolecall.Open(context.Background(), sqlite.File("docs.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	app, err := newApp(context.Background(), rc)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8788", app))
}

func newApp(ctx context.Context, rc *rolecall.Service) (http.Handler, error) {
	if err := policy(ctx, rc); err != nil {
		return nil, err
	}
	guard := pep.New(rc, pep.Subject(user))
	// "doc:7" of the route /docs/7: chi tells the handler, and the guard asks it the same way.
	docs := guard.With(pep.Resource(func(r *http.Request) string { return "doc:" + chi.URLParam(r, "id") }))

	app := chi.NewRouter()
	app.Get("/docs", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "7 8") })
	app.With(docs.Require("doc.edit")).Put("/docs/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s was edited by %s\n", chi.URLParam(r, "id"), pep.SubjectOf(r.Context()))
	})
	return app, nil
}

// policy puts what the app needs into the policy: what is there already stays.
func policy(ctx context.Context, rc *rolecall.Service) error {
	_, err := rc.Write(ctx, rolecall.System("chi"),
		rolecall.Put(&rolecall.Permission{ID: "doc.edit", Name: "doc.edit"}),
		rolecall.Put(&rolecall.Role{ID: "editor", Name: "Editor"}),
		rolecall.Put(&rolecall.Grant{Role: "editor", Permission: "doc.edit"}),
		rolecall.Put(&rolecall.User{ID: "alice"}),
		rolecall.Put(&rolecall.User{ID: "bob"}),
		rolecall.Put(&rolecall.Assignment{Subject: "alice", Role: "editor"}),
		rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "editor", Scope: rolecall.Scope{Resource: "doc:7"}}),
	)
	return err
}

// user says who makes a request. Yours asks the session, or verifies a token;
// this one believes the name in Basic credentials, as only an example may.
func user(r *http.Request) (rolecall.SubjectID, error) {
	name, _, ok := r.BasicAuth()
	if !ok {
		return "", pep.ErrNoSubject
	}
	return rolecall.SubjectID(name), nil
}
