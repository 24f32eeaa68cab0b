// This program is one on Auth0's Go SDK. It reads its domain and its credentials
// from the environment, and is the same for Auth0 and for Rolecall.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"
)

func main() {
	ctx := context.Background()
	m, err := management.New(
		os.Getenv("AUTH0_DOMAIN"),
		management.WithClientCredentials(ctx, os.Getenv("AUTH0_CLIENT_ID"), os.Getenv("AUTH0_CLIENT_SECRET")),
	)
	check(err)

	const posts = "https://posts.example.com"
	check(m.ResourceServer.Create(ctx, &management.ResourceServer{
		Identifier: auth0.String(posts), Name: auth0.String("Posts"), EnforcePolicies: auth0.Bool(true), TokenDialect: auth0.String("access_token_authz"),
		Scopes: &[]management.ResourceServerScope{{Value: auth0.String("post.publish")}, {Value: auth0.String("post.delete")}},
	}))
	editor := &management.Role{Name: auth0.String("Editor")}
	check(m.Role.Create(ctx, editor))
	check(m.Role.AssociatePermissions(ctx, editor.GetID(), []*management.Permission{
		{ResourceServerIdentifier: auth0.String(posts), Name: auth0.String("post.publish")},
	}))
	ada := &management.User{
		Connection: auth0.String("Username-Password-Authentication"), ID: auth0.String("ada"),
		Email: auth0.String("ada@example.com"), Password: auth0.String("correct horse battery 7"),
	}
	check(m.User.Create(ctx, ada))
	check(m.User.AssignRoles(ctx, ada.GetID(), []*management.Role{editor}))

	held, err := m.User.Permissions(ctx, ada.GetID())
	check(err)
	for _, p := range held.Permissions {
		fmt.Println(ada.GetID(), "has", p.GetName(), "of", p.GetResourceServerName())
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
