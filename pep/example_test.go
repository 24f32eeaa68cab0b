package pep_test

import (
	"context"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/sqlite"
)

// newBlog opens a project in which alice, an editor, may publish posts.
func newBlog(ctx context.Context) *rolecall.Service {
	rc, err := rolecall.Open(ctx, sqlite.Memory())
	if err != nil {
		log.Fatal(err)
	}
	_, err = rc.Write(ctx, rolecall.System("example"),
		rolecall.Create(&rolecall.Permission{ID: "publish", Name: "post.publish"}),
		rolecall.Create(&rolecall.Role{ID: "editor", Name: "Editor"}),
		rolecall.Create(&rolecall.Grant{Role: "editor", Permission: "publish"}),
		rolecall.Create(&rolecall.User{ID: "alice"}),
		rolecall.Create(&rolecall.User{ID: "bob"}),
		rolecall.Create(&rolecall.Assignment{Subject: "alice", Role: "editor"}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return rc
}

// currentUser is how an application knows who is there: by its session, say.
func currentUser(r *http.Request) (rolecall.SubjectID, error) {
	user, _, ok := r.BasicAuth()
	if !ok {
		return "", pep.ErrNoSubject
	}
	return rolecall.SubjectID(user), nil
}

// try shows what a handler answers a user.
func try(handler http.Handler, method, path, user string) {
	r := httptest.NewRequest(method, path, nil)
	if user != "" {
		r.SetBasicAuth(user, "")
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if user == "" {
		user = "nobody"
	}
	fmt.Printf("%-6s %d %s\n", user, w.Code, http.StatusText(w.Code))
}

// An API that only those may use who may publish. To ask a server instead of a
// database in this process, give New a client of the package client.
func Example() {
	rc := newBlog(context.Background())
	defer rc.Close()

	guard := pep.New(rc, pep.Subject(currentUser))
	publish := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "published by", pep.SubjectOf(r.Context()))
	})
	mux := http.NewServeMux()
	mux.Handle("POST /posts", guard.Require("post.publish")(publish))

	try(mux, "POST", "/posts", "")
	try(mux, "POST", "/posts", "bob")
	try(mux, "POST", "/posts", "alice")

	_, err := rc.Write(context.Background(), rolecall.System("example"),
		rolecall.Unassign(rolecall.Assignment{Subject: "alice", Role: "editor"}))
	if err != nil {
		log.Fatal(err)
	}
	try(mux, "POST", "/posts", "alice")
	// Output:
	// nobody 401 Unauthorized
	// bob    403 Forbidden
	// alice  200 OK
	// alice  403 Forbidden
}

// An API that takes the tokens of an authorization server, and asks what their
// subjects may do when a request comes.
func ExampleJWT() {
	rc := newBlog(context.Background())
	defer rc.Close()

	verifier, err := pep.NewVerifier(pep.Tokens{
		Issuer:   "https://auth.example.com/", // its keys are at /.well-known/jwks.json
		Audience: "https://blog.example.com",  // the API's identifier
	})
	if err != nil {
		log.Fatal(err)
	}
	guard := pep.New(rc, pep.JWT(verifier))
	publish := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "published by", pep.ClaimsOf(r.Context()).Subject)
	})
	try(guard.Require("post.publish")(publish), "POST", "/posts", "")
	// Output: nobody 401 Unauthorized
}

// Documents that are guarded one by one, each in the tenant that it belongs to.
func ExampleGuard_With() {
	rc := newBlog(context.Background())
	defer rc.Close()
	_, err := rc.Write(context.Background(), rolecall.System("example"),
		rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		rolecall.Create(&rolecall.DirectGrant{Subject: "bob", Permission: "publish",
			Scope: rolecall.Scope{Tenant: "acme", Resource: "doc:7"}}))
	if err != nil {
		log.Fatal(err)
	}

	guard := pep.New(rc, pep.Subject(currentUser))
	docs := guard.With(
		pep.Tenant(pep.PathTenant("tenant")),
		pep.Resource(pep.PathResource("doc", "id")))
	mux := http.NewServeMux()
	mux.Handle("PUT /{tenant}/docs/{id}", docs.Require("post.publish")(http.NotFoundHandler()))

	try(mux, "PUT", "/acme/docs/7", "bob")
	try(mux, "PUT", "/acme/docs/8", "bob")
	try(mux, "PUT", "/globex/docs/7", "bob")
	// Output:
	// bob    404 Not Found
	// bob    403 Forbidden
	// bob    403 Forbidden
}

// A page that shows a button only to those who may press it. The template is
// parsed once; whoever asks for the page comes with the data.
func ExampleFuncs() {
	rc := newBlog(context.Background())
	defer rc.Close()
	guard := pep.New(rc, pep.Subject(currentUser))

	page := template.Must(template.New("page").Funcs(pep.Funcs()).Parse(
		`{{with .Me.Subject}}Hello {{.}}.{{else}}Please sign in.{{end}}` +
			`{{if can .Me "post.publish"}} <button>Publish</button>{{end}}` +
			`{{if hasRole .Me "Editor" "Chief"}} You are an editor.{{end}}` + "\n"))
	show := func(w http.ResponseWriter, r *http.Request) {
		page.Execute(w, map[string]any{"Me": guard.Caller(r)})
	}

	for _, user := range []string{"alice", "bob", ""} {
		r := httptest.NewRequest("GET", "/", nil)
		if user != "" {
			r.SetBasicAuth(user, "")
		}
		w := httptest.NewRecorder()
		show(w, r)
		w.Body.WriteTo(os.Stdout)
	}
	// Output:
	// Hello alice. <button>Publish</button> You are an editor.
	// Hello bob.
	// Please sign in.
}

// A handler that can't know what it takes before it has looked.
func ExampleCallerOf() {
	rc := newBlog(context.Background())
	defer rc.Close()
	guard := pep.New(rc, pep.Subject(currentUser))

	authors := map[string]rolecall.SubjectID{"1": "alice", "2": "bob"}
	edit := func(w http.ResponseWriter, r *http.Request) {
		me := pep.CallerOf(r.Context())
		if authors[r.PathValue("id")] != me.Subject && !me.Can("post.publish") {
			http.Error(w, "not yours", http.StatusForbidden)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("PUT /posts/{id}", guard.RequireLogin()(http.HandlerFunc(edit)))

	try(mux, "PUT", "/posts/2", "bob")
	try(mux, "PUT", "/posts/1", "bob")
	try(mux, "PUT", "/posts/2", "alice")
	// Output:
	// bob    200 OK
	// bob    403 Forbidden
	// alice  200 OK
}

// Denials with an application's own body, and a line in its log.
func ExampleOnDeny() {
	rc := newBlog(context.Background())
	defer rc.Close()

	guard := pep.New(rc, pep.Subject(currentUser), pep.OnDeny(func(w http.ResponseWriter, r *http.Request, d pep.Denial) {
		fmt.Printf("denied: %d %s, reason %q\n", d.Status, d.Code, d.Decision.Reason)
		w.Header().Set("WWW-Authenticate", d.Challenge)
		http.Error(w, "Permission denied", d.Status)
	}))
	try(guard.Require("post.publish")(http.NotFoundHandler()), "POST", "/posts", "bob")
	// Output:
	// denied: 403 insufficient_scope, reason "not_granted"
	// bob    403 Forbidden
}
