package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

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

// An API that decides in its own process, on a live copy of the policy.
func ExampleReplicate() {
	ctx := context.Background()
	rc, err := client.Replicate(ctx, "https://auth.example.com", os.Getenv("ROLECALL_KEY"),
		client.OnlyAPI("https://blog.example.com"), client.MaxStale(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	decision, err := rc.Check(ctx, rolecall.Request{Subject: "alice", API: "https://blog.example.com", Permission: "post.publish"})
	if errors.Is(err, rolecall.ErrStale) {
		log.Print("the server has not been heard of for ten seconds: ", rc.Status().Err)
	}
	fmt.Println(decision.Allowed, decision.Reason, decision.Revision)
}

// An endpoint that a webhook tells of changes.
func ExampleReadWebhook() {
	http.HandleFunc("POST /rolecall", func(w http.ResponseWriter, r *http.Request) {
		event, err := client.ReadWebhook(r, os.Getenv("WEBHOOK_SECRET"))
		if err != nil {
			http.Error(w, "this was not sent by Rolecall", http.StatusUnauthorized)
			return
		}
		for _, c := range event.Changes {
			fmt.Println(event.Revision, c.Change, c.Kind, c.Key, "by", c.Actor)
		}
	})
}
