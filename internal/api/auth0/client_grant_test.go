package auth0

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/apitest"
	"github.com/rolecall/rolecall/internal/token"
)

// machine makes a client and a grant of scopes for an API, and returns their ids.
func (s *server) machine(t testing.TB, audience string, scopes ...string) (client rolecall.SubjectID, grant string) {
	t.Helper()
	var k struct {
		ID rolecall.SubjectID `json:"client_id"`
	}
	json.Unmarshal([]byte(s.Send(t, "POST", Prefix+"/clients", `{"name":"Machine"}`).Body), &k)
	body, _ := json.Marshal(map[string]any{"client_id": k.ID, "audience": audience, "scope": scopes})
	made := s.Send(t, "POST", Prefix+"/client-grants", string(body))
	var g struct {
		ID string `json:"id"`
	}
	if json.Unmarshal([]byte(made.Body), &g); made.Status != 201 {
		t.Fatalf("POST /client-grants = %d %s", made.Status, made.Body)
	}
	return k.ID, g.ID
}

func (s *server) may(t testing.TB, subject rolecall.SubjectID, api, permission string) bool {
	t.Helper()
	d, err := s.rc.Check(t.Context(), rolecall.Request{Subject: subject, API: api, Permission: permission})
	if err != nil {
		t.Fatal(err)
	}
	return d.Allowed
}

func TestAClientMayWhatItsGrantSaysAndNothingElse(t *testing.T) {
	s := newServer(t)
	client, grant := s.machine(t, issuer+"api/v2/", "read:roles", "create:roles")
	for permission, want := range map[string]bool{readRoles: true, writeRoles: true, writeUsers: false, rolecall.PermissionEscalate: false} {
		if got := s.may(t, client, "rolecall", permission); got != want {
			t.Errorf("%s: %v, want %v", permission, got, want)
		}
	}
	as := func(method, path, body string, scopes ...string) int {
		return s.Send(t, method, Prefix+path, body, "Authorization", "Bearer "+s.tokenFor(t, client, scopes...)).Status
	}
	if got := as("POST", "/roles", `{"name":"A"}`, "create:roles"); got != 200 {
		t.Errorf("a role is made: %d", got)
	}
	if got := as("POST", "/roles", `{"name":"B"}`, "read:roles"); got != 403 {
		t.Errorf("by a token without the scope: %d", got)
	}
	if got := as("POST", "/users", `{"connection":"Username-Password-Authentication","email":"a@x.com","password":"correct horse"}`, "create:users"); got != 403 {
		t.Errorf("a user is made, which the grant does not say: %d", got)
	}

	// The grant changes, and with it what the client may.
	if r := s.Send(t, "PATCH", Prefix+"/client-grants/"+grant, `{"scope":["read:roles"]}`); r.Status != 200 {
		t.Fatalf("PATCH = %d %s", r.Status, r.Body)
	}
	if got := as("POST", "/roles", `{"name":"B"}`, "create:roles"); got != 403 {
		t.Errorf("by a token from before the change: %d", got)
	}
	if !s.may(t, client, "rolecall", readRoles) {
		t.Error("what the grant still says is lost")
	}
	if r := s.Send(t, "DELETE", Prefix+"/client-grants/"+grant, ""); r.Status != 204 {
		t.Fatalf("DELETE = %d %s", r.Status, r.Body)
	}
	if s.may(t, client, "rolecall", readRoles) {
		t.Error("the grant is gone, and its permissions are not")
	}
}

func TestAGrantForOneAPILeavesTheOthers(t *testing.T) {
	s := newStage(t)
	client, grant := s.machine(t, "https://api", "read", "write")
	s.write(t, rolecall.Create(&rolecall.API{ID: "b", Identifier: "https://b", Name: "B"}), rolecall.Create(&rolecall.Permission{ID: "b_read", API: "b", Name: "read"}),
		rolecall.Create(&rolecall.DirectGrant{Subject: client, Permission: "b_read"}))
	s.ask(t, "PATCH", "/client-grants/"+grant, `{"scope":["read"]}`)
	for _, want := range []struct {
		api, permission string
		may             bool
	}{{"https://api", "read", true}, {"https://api", "write", false}, {"https://b", "read", true}} {
		if got := s.may(t, client, want.api, want.permission); got != want.may {
			t.Errorf("%s of %s: %v, want %v", want.permission, want.api, got, want.may)
		}
	}
	s.ask(t, "DELETE", "/client-grants/"+grant, "")
	if s.may(t, client, "https://api", "read") || !s.may(t, client, "https://b", "read") {
		t.Error("deleting a grant takes what it gave, and that alone")
	}
}

// In Auth0, who may assign roles may get any; here nobody gives what they do not hold.
func TestAClientGivesNothingThatItDoesNotHold(t *testing.T) {
	s := newStage(t)
	client, _ := s.machine(t, issuer+"api/v2/", allScopes()...)
	as := "Bearer " + s.tokenFor(t, client, allScopes()...)
	for _, tt := range []struct {
		what, method, path, body string
	}{
		{"assigns a role", "POST", "/users/${user}/roles", `{"roles":["${role}"]}`},
		{"assigns a role to many", "POST", "/roles/${role}/users", `{"users":["${other}"]}`},
		{"assigns the owner's role", "POST", "/users/${user}/roles", `{"roles":["owner"]}`},
		{"assigns a role in an organization", "POST", "/organizations/${org}/members/${user}/roles", `{"roles":["${role}"]}`},
		{"grants directly", "POST", "/users/${user}/permissions", permissions},
		{"puts a permission into a role", "POST", "/roles/${role}/permissions", permissions},
		{"grants itself an API", "POST", "/client-grants", `{"client_id":"` + string(client) + `","audience":"https://api","scope":["read"]}`},
		{"grants itself to escalate", "POST", "/client-grants", `{"client_id":"${client}","audience":"http://rolecall.test/api/v2/","scope":["rolecall:escalate"]}`},
		{"administers in users' names", "POST", "/client-grants", `{"client_id":"${client}","audience":"http://rolecall.test/api/v2/","scope":["read:users"],"subject_type":"user"}`},
		{"invites with a role", "POST", "/organizations/${org}/invitations", `{"inviter":{"name":"a"},"invitee":{"email":"x@x.com"},"client_id":"${client}","roles":["${role}"]}`},
		{"sets another's password", "PATCH", "/users/${user}", `{"password":"another horse"}`},
		{"sets the address of another's password", "PATCH", "/users/${user}", `{"email":"mine@x.com"}`},
		{"gets a link to another's password", "POST", "/tickets/password-change", `{"user_id":"${user}"}`},
		{"replaces another's secret", "POST", "/clients/${client}/rotate-secret", ``},
	} {
		got := s.refuses(t, tt.what, 403, func() apitest.Response { return s.ask(t, tt.method, tt.path, tt.body, "Authorization", as) })
		if got.Code != "escalation" && got.Code != "insufficient_permissions" {
			t.Errorf("%s: %+v", tt.what, got)
		}
	}
	if r := s.ask(t, "POST", "/client-grants", `{"client_id":"`+string(client)+`","audience":"https://api","scope":["read","write"]}`); r.Status != 201 {
		t.Fatalf("the owner grants it: %d %s", r.Status, r.Body)
	}
	if r := s.ask(t, "POST", "/users/${user}/roles", `{"roles":["${role}"]}`, "Authorization", as); r.Status != 204 {
		t.Errorf("a client that holds what the role gives assigns it: %d %s", r.Status, r.Body)
	}
}

// An organization's administrator has a token, and administers that alone.
func TestAnOrganizationsAdministratorSeesItAlone(t *testing.T) {
	s := newStage(t)
	org := rolecall.TenantID(s.fill.Replace("${org}"))
	s.write(t, rolecall.Create(&rolecall.Tenant{ID: "org_globex", Name: "globex"}),
		rolecall.Put(&rolecall.Assignment{Subject: "auth0|bob", Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: org}}),
		rolecall.Put(&rolecall.Membership{Tenant: org, Subject: "auth0|bob"}))
	as := "Bearer " + s.issue(t, token.Claims{Subject: "auth0|bob", Extra: map[string]any{"azp": "app", "scope": strings.Join(allScopes(), " ")}})
	for _, tt := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/organizations/${org}", "", 200},
		{"PATCH", "/organizations/${org}", `{"display_name":"Ours"}`, 200},
		{"GET", "/organizations/${org}/members", "", 200},
		{"GET", "/organizations/${org}/members/${user}/roles", "", 403}, // whose roles are the project's to read
		{"GET", "/organizations/org_globex", "", 404},                   // as one that does not exist,
		{"PATCH", "/organizations/org_globex", `{"display_name":"Ours"}`, 404},
		{"GET", "/organizations/org_globex/members", "", 404},
		{"GET", "/organizations", "", 403},
		{"GET", "/users", "", 403},
		{"DELETE", "/organizations/${org}", "", 403},
	} {
		if got := s.ask(t, tt.method, tt.path, tt.body, "Authorization", as); got.Status != tt.want {
			t.Errorf("%s %s = %d %s, want %d", tt.method, tt.path, got.Status, got.Body, tt.want)
		}
	}
}
