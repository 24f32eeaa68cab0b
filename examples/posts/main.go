// Posts is a small app that keeps its policy in a file of its own: no server
// beside it, no users but the app's.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/sqlite"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8788", "where to listen")
	flag.Parse()

	rc, err := rolecall.Open(context.Background(), sqlite.File("posts.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	app, err := newApp(context.Background(), rc)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", *addr)
	log.Fatal(http.ListenAndServe(*addr, app))
}

// newApp returns the app's handler, and puts what it needs into the policy:
// what is there already stays as it is.
func newApp(ctx context.Context, rc *rolecall.Service) (http.Handler, error) {
	_, err := rc.Write(ctx, rolecall.System("posts"),
		rolecall.Put(&rolecall.Permission{ID: "post.publish", Name: "post.publish"}),
		rolecall.Put(&rolecall.Role{ID: "editor", Name: "Editor"}),
		rolecall.Put(&rolecall.Grant{Role: "editor", Permission: "post.publish"}),
		rolecall.Put(&rolecall.User{ID: "alice"}),
		rolecall.Put(&rolecall.User{ID: "bob"}),
		rolecall.Put(&rolecall.Assignment{Subject: "alice", Role: "editor"}),
	)
	if err != nil {
		return nil, err
	}

	guard := pep.New(rc, pep.Subject(user))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /posts", list)
	mux.Handle("POST /posts", guard.Require("post.publish")(http.HandlerFunc(publish)))
	return mux, nil
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

func list(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "no posts yet")
}

func publish(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "published by %s\n", pep.SubjectOf(r.Context()))
}
