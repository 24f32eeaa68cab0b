// This program is one on the Descope Go SDK that was pointed at Rolecall: the
// three lines of its configuration are all that changed.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/descope/go-sdk/descope/client"
)

func main() {
	c, err := client.NewWithConfig(&client.Config{
		DescopeBaseURL: os.Getenv("ROLECALL_SERVER"),
		ProjectID:      os.Getenv("ROLECALL_PROJECT"),
		ManagementKey:  os.Getenv("ROLECALL_KEY"),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	ada, err := c.Auth.Password().SignIn(ctx, "ada@example.com", "correct horse battery 7", nil)
	if err != nil {
		log.Fatal(err)
	}
	may := func(permission string) bool {
		return c.Auth.ValidateTenantPermissions(ctx, ada.SessionToken, "acme", []string{permission})
	}
	fmt.Println(ada.User.UserID, "may publish in acme:", may("post.publish"), "and delete:", may("post.delete"))

	roles, err := c.Management.Role().LoadAll(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range roles {
		if r.TenantID == "acme" {
			fmt.Println("role", r.Name, r.ID, "of acme gives", r.PermissionNames)
		}
	}
}
