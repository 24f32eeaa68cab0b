// This program makes every call of the Descope Go SDK that Rolecall answers,
// good and bad, against the server named by the JSON file in ROLECALL_DEV_INFO.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/descope/go-sdk/descope/client"
	"github.com/descope/go-sdk/descope/logger"
	"github.com/descope/go-sdk/descope/sdk"
)

// A server is where the checks are made, and what proves who makes them.
type server struct {
	URL           string `json:"url"`
	ProjectID     string `json:"project_id"`
	ManagementKey string `json:"management_key"`
}

// A suite is what all groups of checks share.
type suite struct {
	report
	context.Context
	server server
	wire   wire
	auth   sdk.Authentication
	sdk.Management
}

func main() {
	s := &suite{Context: context.Background()}
	data, err := os.ReadFile(os.Getenv("ROLECALL_DEV_INFO"))
	if err == nil {
		err = json.Unmarshal(data, &s.server)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ROLECALL_DEV_INFO:", err)
		os.Exit(2)
	}
	c := s.client(s.server)
	s.auth, s.Management = c.Auth, c.Management
	for _, group := range []func(){
		s.permissions, s.roles, s.memberships,
		s.permissionBatches, s.roleBatches, s.roleSearch,
		s.tenants, s.tenantDelete,
		s.users, s.userChanges, s.userBatches, s.userSearch,
		s.passwords, s.sessions, s.cookies, s.claims, s.selection, s.endings, s.managedSessions,
		s.accessKeys, s.exchange,
		s.sso, s.audit, s.snapshots, s.groups,
		s.credentials, s.transport, s.limits,
	} {
		group()
	}
	os.Exit(s.end())
}

// client returns an SDK client, changed by base URL, project id and management
// key, and nothing else.
func (s *suite) client(at server) *client.DescopeClient {
	return must(client.NewWithConfig(&client.Config{
		ProjectID:      at.ProjectID,
		ManagementKey:  at.ManagementKey,
		DescopeBaseURL: at.URL,
		DefaultClient:  &s.wire,
		LogLevel:       logger.LogNone,
	}))
}

const password = "Correct-Horse-9-Battery"
