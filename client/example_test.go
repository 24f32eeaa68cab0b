package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/pep"
)

// An API that asks a server for every request whether its caller may make it.
func Example() {
	ctx := context.Background()
	rc, err := client.Dial(ctx, "https://auth.example.com", os.Getenv("ROLECALL_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := pep.NewVerifier(pep.Tokens{Issuer: "https://auth.example.com/", Audience: "https://blog.example.com"})
	if err != nil {
		log.Fatal(err)
	}
	guard := pep.New(rc, pep.JWT(verifier))
	publish := func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "published") }
	http.Handle("POST /posts", guard.Require("post.publish")(http.HandlerFunc(publish)))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}

// A role with a permission, given to alice in one tenant: all of it, or nothing.
func ExampleClient_Write() {
	ctx := context.Background()
	rc, err := client.Dial(ctx, "https://auth.example.com", os.Getenv("ROLECALL_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = rc.With(client.Terms{Reason: "ticket 7"}).Write(ctx,
		client.Create(&rolecall.Role{ID: "editor", Name: "Editor"}),
		client.Create(&rolecall.Grant{Role: "editor", Permission: "publish"}),
		client.Put(&rolecall.Assignment{Subject: "alice", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}))
	switch {
	case errors.Is(err, rolecall.ErrEscalation):
		log.Fatal("you can give only what you hold: ", err)
	case err != nil:
		for _, failed := range rolecall.OpErrors(err) {
			log.Printf("operation %d: %v", failed.Index, failed.Err)
		}
	}
}

// Every role of the project, whatever the size of its pages.
func ExampleAll() {
	ctx := context.Background()
	rc, err := client.Dial(ctx, "https://auth.example.com", os.Getenv("ROLECALL_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	for role, err := range client.All[*rolecall.Role](ctx, rc, rolecall.Query{Sort: "name"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(role.Name)
	}
}
