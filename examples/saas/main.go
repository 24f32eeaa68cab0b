// Saas is a service for organizations, in two applications: Projects and
// Billing. Who signs up owns an organization and invites others, who get fewer
// rights; roles differ from one application to the other; the vendor's staff sees
// all organizations. Sign-in, invitations and every decision are Rolecall's, so
// that nothing rests on what a browser could have changed.
//
//	go run ./cmd/rolecall serve --dev --dev-info dev.json
//	go run . -dev-info ../../dev.json            # in examples/saas
//
// Mails are at /dev/mail of the server.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8789", "where to listen")
	file := flag.String("dev-info", "dev.json", "what rolecall serve --dev --dev-info wrote")
	flag.Parse()
	data, err := os.ReadFile(*file)
	if err != nil {
		log.Fatal(err)
	}
	var info struct {
		URL string `json:"url"`
		Key string `json:"management_key"`
	}
	if err := json.Unmarshal(data, &info); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	rc, err := client.Dial(ctx, info.URL, info.Key)
	if err != nil {
		log.Fatal(err)
	}
	service, err := newService(ctx, rc, info.URL, "http://"+*addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Projects at http://%s/projects/ and Billing at http://%s/billing/\n", *addr, *addr)
	log.Fatal(http.ListenAndServe(*addr, service))
}

// The two applications, each an API of its own, so that each has its own
// permissions and tokens.
const (
	projectsAPI = "https://projects.example.com"
	billingAPI  = "https://billing.example.com"
)

// roles lists what each role gives, by permission. What an organization's people
// get are these roles in their organization; staff holds "vendor" everywhere.
var roles = map[rolecall.RoleID][]string{
	"org-owner":       {"project.read", "project.write", "members.invite", "org.close", "invoice.read", "invoice.pay"},
	"projects-admin":  {"project.read", "project.write", "members.invite"},
	"projects-viewer": {"project.read"},
	"billing-viewer":  {"invoice.read"},
	"vendor":          {"orgs.list", "project.read", "invoice.read"},
}

// invitable says which roles of each application somebody gets who is invited as
// something: an admin administers Projects and only looks at Billing.
var invitable = map[string][]rolecall.RoleID{
	"admin":    {"projects-admin", "billing-viewer"},
	"employee": {"projects-viewer"},
}

// setUp makes what the service needs of Rolecall. What is there already stays.
func setUp(ctx context.Context, rc *client.Client, site string) error {
	rules := rolecall.TokenRules{Enforce: true, Permissions: true, SkipConsent: true}
	ops := []client.Op{
		client.Put(&rolecall.API{ID: "projects", Identifier: projectsAPI, Name: "Projects", Tokens: rules}),
		client.Put(&rolecall.API{ID: "billing", Identifier: billingAPI, Name: "Billing", Tokens: rules}),
	}
	for api, names := range map[rolecall.APIID][]string{
		"projects": {"project.read", "project.write", "members.invite", "org.close", "orgs.list"},
		"billing":  {"invoice.read", "invoice.pay"},
	} {
		for _, name := range names {
			ops = append(ops, client.Put(&rolecall.Permission{ID: rolecall.PermissionID(name), API: api, Name: name}))
		}
	}
	for role, permissions := range roles {
		ops = append(ops, client.Put(&rolecall.Role{ID: role, Name: string(role)}))
		for _, p := range permissions {
			ops = append(ops, client.Put(&rolecall.Grant{Role: role, Permission: rolecall.PermissionID(p)}))
		}
	}
	for _, app := range []string{"projects", "billing"} {
		ops = append(ops, client.Put(&rolecall.Client{ID: rolecall.SubjectID(app), Name: app, OAuth: rolecall.OAuth{
			Type: rolecall.WebApplication, GrantTypes: []rolecall.GrantType{rolecall.GrantCode},
			RedirectURIs: []string{site + "/" + app + "/callback"},
			LogoutURIs:   []string{site + "/" + app + "/"},
			LoginURI:     site + "/" + app + "/login",
			Tenants:      rolecall.TenantsAllowed,
		}}))
	}
	_, err := rc.Write(ctx, ops...)
	return err
}
