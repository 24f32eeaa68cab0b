package rolecall_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// A policy in memory, in which alice edits for one tenant. In an application it
// is in a file: rolecall.Open(ctx, sqlite.File("app.db")).
func Example() {
	ctx := context.Background()
	rc := newBlog(ctx)
	defer rc.Close()

	for _, tenant := range []rolecall.TenantID{"acme", "globex"} {
		decision, err := rc.Check(ctx, rolecall.Request{Subject: "alice", Permission: "post.publish", Tenant: tenant})
		if err != nil {
			log.Fatal(err) // there is no answer: deny
		}
		fmt.Println(tenant, decision.Allowed, decision.Reason)
	}
	// Output:
	// acme true granted
	// globex false not_granted
}

// newBlog opens a project in which alice, an editor in the tenant acme, may
// publish there.
func newBlog(ctx context.Context) *rolecall.Service {
	rc, err := rolecall.Open(ctx, sqlite.Memory())
	if err != nil {
		log.Fatal(err)
	}
	_, err = rc.Write(ctx, rolecall.System("blog"),
		rolecall.Create(&rolecall.Permission{ID: "publish", Name: "post.publish"}),
		rolecall.Create(&rolecall.Role{ID: "editor", Name: "Editor"}),
		rolecall.Create(&rolecall.Grant{Role: "editor", Permission: "publish"}),
		rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}),
		rolecall.Create(&rolecall.User{ID: "alice", Name: "Alice"}),
		rolecall.Create(&rolecall.Assignment{Subject: "alice", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return rc
}

// All operations are done, or none. The error says which failed, and by which rule.
func ExampleService_Write() {
	ctx := context.Background()
	rc := newBlog(ctx)
	defer rc.Close()

	_, err := rc.Write(ctx, rolecall.System("blog"),
		rolecall.Create(&rolecall.User{ID: "bob"}),
		rolecall.Create(&rolecall.Assignment{Subject: "bob", Role: "editr"}))
	fmt.Println(errors.Is(err, rolecall.ErrNotFound))
	for _, failed := range rolecall.OpErrors(err) {
		fmt.Printf("operation %d: %v\n", failed.Index, failed.Err)
	}
	_, err = rolecall.Find(ctx, rc, rolecall.System("blog"), &rolecall.User{ID: "bob"})
	fmt.Println("bob:", err)
	// Output:
	// true
	// operation 1: role "editr" does not exist
	// bob: user "bob" does not exist
}

// A write by somebody is bounded by what they hold: nobody gives what they lack.
func ExampleService_Write_actor() {
	ctx := context.Background()
	rc := newBlog(ctx)
	defer rc.Close()
	if _, err := rc.Write(ctx, rolecall.System("blog"),
		rolecall.Create(&rolecall.User{ID: "tina"}),
		rolecall.Create(&rolecall.Assignment{Subject: "tina", Role: rolecall.RoleTenantAdmin, Scope: rolecall.Scope{Tenant: "acme"}}),
	); err != nil {
		log.Fatal(err)
	}

	_, err := rc.Write(ctx, rolecall.Actor{Subject: "tina", Door: "blog"},
		rolecall.Create(&rolecall.Assignment{Subject: "tina", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}))
	fmt.Println(err)
	fmt.Println(errors.Is(err, rolecall.ErrEscalation))
	// Output:
	// you can't give "post.publish" in tenant "acme", because you don't hold it there
	// true
}

// A dry run makes every check, says who would gain and lose what, and changes nothing.
func ExampleActor_dryRun() {
	ctx := context.Background()
	rc := newBlog(ctx)
	defer rc.Close()

	by := rolecall.System("blog")
	by.DryRun = true
	receipt, err := rc.Write(ctx, by, rolecall.Delete(&rolecall.Role{ID: "editor"}))
	if err != nil {
		log.Fatal(err)
	}
	for _, lost := range receipt.Lost {
		fmt.Println(lost.Subject, "would lose", lost.Name, lost.Scope)
	}
	// Output:
	// alice would lose post.publish in tenant "acme"
}

// Why alice may: every way from her to the permission.
func ExampleService_Explain() {
	ctx := context.Background()
	rc := newBlog(ctx)
	defer rc.Close()

	why, err := rc.Explain(ctx, rolecall.System("blog"), rolecall.Request{Subject: "alice", Permission: "post.publish", Tenant: "acme"})
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range why.Paths {
		var steps []string
		for _, step := range path.Steps {
			steps = append(steps, string(step.Kind)+" "+step.ID)
		}
		fmt.Println(strings.Join(steps, ", "), path.Scope)
	}
	// Output:
	// user alice, role editor, permission publish in tenant "acme"
}

// A name is changed in the write's own transaction, and everything that refers
// to the role stays.
func ExampleModify() {
	ctx := context.Background()
	rc := newBlog(ctx)
	defer rc.Close()

	receipt, err := rc.Write(ctx, rolecall.System("blog"),
		rolecall.Modify(&rolecall.Role{ID: "editor"}, func(r *rolecall.Role) error {
			r.Name = "Senior editor"
			return nil
		}))
	if err != nil {
		log.Fatal(err)
	}
	for _, change := range receipt.Changes {
		fmt.Println(change.Before.(*rolecall.Role).Name, "is now", change.After.(*rolecall.Role).Name)
	}
	// Output:
	// Editor is now Senior editor
}
