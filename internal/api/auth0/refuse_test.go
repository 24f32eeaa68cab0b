package auth0

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/apitest"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// A refusable is what a route takes, and how it refuses. Each of ${role}, ${user}
// and so on exists; see newStage.
type refusable struct {
	path    string // with ids filled in
	body    string // one that is good, "" for routes that read none
	needs   string // members of it that must be there
	unknown int    // status if nothing has the first id of the path; 0 for paths without
	bad     []refusd
}

// A refusd is a body, or with ? a query, that is refused with a status.
type refusd struct {
	what, text string
	status     int
}

const over = "${over}" // 9000 characters

var badPage = []refusd{
	{"a negative page", "?page=-1", 400},
	{"a page that is no number", "?page=x", 400},
	{"a page of too many", "?per_page=101", 400},
	{"totals that are neither", "?include_totals=1", 400},
	{"none taken", "?take=0", 400},
	{"too many taken", "?take=101", 400},
	{"fields neither in nor out", "?fields=id&include_fields=maybe", 400},
	{"a query that is not UTF-8", "?page=0&x=%ff", 400},
	{"a query that is not one", "?a=%zz", 400},
}

var badPermissions = []refusd{
	{"none", `{"permissions":[]}`, 400},
	{"one without a name", `{"permissions":[{"resource_server_identifier":"https://api"}]}`, 400},
	{"null among them", `{"permissions":[null]}`, 400},
	{"a text among them", `{"permissions":["read"]}`, 400},
}

var badRoles = []refusd{
	{"none", `{"roles":[]}`, 400},
	{"a number among them", `{"roles":[7]}`, 400},
}

const permissions = `{"permissions":[{"resource_server_identifier":"https://api","permission_name":"write"}]}`

var refusables = map[string]refusable{
	"GET /roles": {path: "/roles", bad: append([]refusd{{"an over-long filter", "?name_filter=" + over, 400}}, badPage...)},
	"POST /roles": {path: "/roles", body: `{"name":"New","description":"d"}`, needs: "name", bad: []refusd{
		{"a name that is taken", `{"name":"Editor"}`, 409}, {"a blank name", `{"name":" "}`, 400}, {"an empty name", `{"name":""}`, 400},
		{"a control character", `{"name":"a\u0000b"}`, 400},
	}},
	"GET /roles/{id}":             {path: "/roles/${role}", unknown: 404},
	"PATCH /roles/{id}":           {path: "/roles/${role}", body: `{"name":"Renamed","description":"d"}`, unknown: 404, bad: []refusd{{"a name that is taken", `{"name":"Owner"}`, 409}}},
	"DELETE /roles/{id}":          {path: "/roles/${role}", unknown: 404},
	"GET /roles/{id}/permissions": {path: "/roles/${role}/permissions", unknown: 404, bad: badPage},
	"POST /roles/{id}/permissions": {path: "/roles/${role}/permissions", body: permissions, needs: "permissions", unknown: 404, bad: append([]refusd{
		{"an unknown permission", `{"permissions":[{"resource_server_identifier":"https://api","permission_name":"fly"}]}`, 400},
		{"an unknown API", `{"permissions":[{"resource_server_identifier":"https://nowhere","permission_name":"read"}]}`, 400},
	}, badPermissions...)},
	"DELETE /roles/{id}/permissions": {path: "/roles/${role}/permissions", body: `{"permissions":[{"resource_server_identifier":"https://api","permission_name":"read"}]}`, needs: "permissions", unknown: 404, bad: badPermissions},
	"GET /roles/{id}/users":          {path: "/roles/${role}/users", unknown: 404, bad: badPage},
	"POST /roles/{id}/users": {path: "/roles/${role}/users", body: `{"users":["${user}"]}`, needs: "users", unknown: 404, bad: []refusd{
		{"an unknown user", `{"users":["${user}","auth0|nobody"]}`, 400}, {"a client", `{"users":["manager"]}`, 400}, {"none", `{"users":[]}`, 400},
	}},

	"GET /users": {path: "/users", bad: append([]refusd{
		{"a sort without a direction", "?sort=email", 400}, {"a query with an open quote", "?q=email%3A%22x", 400},
		{"an over-long query", "?q=" + over, 400}, {"a query with a regular expression", "?q=name%3A%2Fx%2F", 400},
	}, badPage...)},
	"POST /users": {
		path:  "/users",
		body:  `{"connection":"Username-Password-Authentication","email":"new@x.com","password":"correct horse","username":"new","user_id":"new","email_verified":true,"blocked":false,"name":"n","nickname":"n","given_name":"g","family_name":"f","picture":"p","phone_number":"+15555555555","app_metadata":{"a":1},"user_metadata":{"a":1}}`,
		needs: "connection", bad: []refusd{
			{"an e-mail address that is taken", `{"email":"Ann@x.com"}`, 409}, {"a user name that is taken", `{"username":"ann"}`, 409},
			{"an id that is taken", `{"user_id":"ann"}`, 409},
			{"an unknown connection", `{"connection":"nowhere"}`, 400}, {"a connection by its id", `{"connection":"con_UsernamePassword"}`, 400},
			{"one without passwords", `{"connection":"google"}`, 400},
			{"no address", `{"email":null,"username":null,"phone_number":null}`, 400},
			{"no e-mail address at all", `{"email":"nobody"}`, 400}, {"a user name like an address", `{"username":"a@b"}`, 400},
			{"a short password", `{"password":"short"}`, 400}, {"an empty password", `{"password":""}`, 400}, {"the address as a password", `{"password":"new@x.com"}`, 400},
			{"a number that is none", `{"phone_number":"12"}`, 400},
			{"a date that is not the caller's to set", `{"created_at":"2020-01-01T00:00:00Z"}`, 400},
			{"over-long metadata", `{"app_metadata":{"a":"` + over + over + `"}}`, 400},
		},
	},
	"GET /users-by-email": {path: "/users-by-email?email=ann@x.com", bad: []refusd{{"no address", "", 400}}},
	"GET /users/{id}":     {path: "/users/${user}", unknown: 404},
	"PATCH /users/{id}": {
		path: "/users/${user}",
		body: `{"connection":"Username-Password-Authentication","email":"newer@x.com","password":"correct horse","username":"newer","email_verified":true,"blocked":false,"name":"n","nickname":"n","given_name":"g","family_name":"f","picture":"p","phone_number":"+15555555556","app_metadata":{"a":1},"user_metadata":{"a":1}}`, unknown: 404,
		bad: []refusd{
			{"an address that is taken", `{"email":"bob@x.com"}`, 409}, {"another id", `{"user_id":"x"}`, 400},
			{"a short password", `{"password":"short"}`, 400}, {"an unknown connection", `{"connection":"nowhere"}`, 400},
			{"over-long metadata", `{"user_metadata":{"a":"` + over + over + `"}}`, 400},
		},
	},
	"DELETE /users/{id}":                                                       {path: "/users/${user}", unknown: 204},
	"GET /users/{id}/roles":                                                    {path: "/users/${user}/roles", unknown: 404, bad: badPage},
	"POST /users/{id}/roles":                                                   {path: "/users/${user}/roles", body: `{"roles":["${role}"]}`, needs: "roles", unknown: 404, bad: append([]refusd{{"an unknown role", `{"roles":["${role}","rol_nope"]}`, 400}}, badRoles...)},
	"DELETE /users/{id}/roles":                                                 {path: "/users/${user}/roles", body: `{"roles":["reader"]}`, needs: "roles", unknown: 404, bad: badRoles},
	"GET /users/{id}/permissions":                                              {path: "/users/${user}/permissions", unknown: 404, bad: badPage},
	"POST /users/{id}/permissions":                                             {path: "/users/${user}/permissions", body: permissions, needs: "permissions", unknown: 404, bad: badPermissions},
	"DELETE /users/{id}/permissions":                                           {path: "/users/${user}/permissions", body: `{"permissions":[{"resource_server_identifier":"https://api","permission_name":"read"}]}`, needs: "permissions", unknown: 404, bad: badPermissions},
	"GET /users/{id}/effective-roles":                                          {path: "/users/${user}/effective-roles", unknown: 404, bad: badPage},
	"GET /users/{id}/effective-permissions":                                    {path: "/users/${user}/effective-permissions", unknown: 404, bad: badPage},
	"GET /users/{id}/effective-roles/sources/groups":                           {path: "/users/${user}/effective-roles/sources/groups?role_id=reader", unknown: 404, bad: []refusd{{"no role", "?take=5", 400}}},
	"GET /users/{id}/effective-permissions/sources/effective-roles":            {path: "/users/${user}/effective-permissions/sources/effective-roles?resource_server_identifier=https://api&permission_name=read", unknown: 404, bad: []refusd{{"no permission", "?resource_server_identifier=https://api", 400}, {"no API", "?permission_name=read", 400}}},
	"GET /organizations/{id}/members/{user_id}/effective-roles/sources/groups": {path: "/organizations/${org}/members/${user}/effective-roles/sources/groups?role_id=reader", unknown: 404, bad: []refusd{{"no role", "?take=5", 400}}},
	"GET /users/{id}/organizations":                                            {path: "/users/${user}/organizations", unknown: 404, bad: badPage},
	"GET /users/{id}/logs":                                                     {path: "/users/${user}/logs", unknown: 200},
	"GET /users/{id}/sessions":                                                 {path: "/users/${user}/sessions", unknown: 404},
	"DELETE /users/{id}/sessions":                                              {path: "/users/${user}/sessions", unknown: 404},
	"DELETE /users/{id}/refresh-tokens":                                        {path: "/users/${user}/refresh-tokens", unknown: 404},

	"GET /resource-servers": {path: "/resource-servers", bad: badPage},
	"POST /resource-servers": {
		path:  "/resource-servers",
		body:  `{"identifier":"https://new","name":"New","scopes":[{"value":"a","description":"d"}],"signing_alg":"RS256","token_lifetime":100,"token_lifetime_for_web":100,"allow_offline_access":true,"enforce_policies":true,"token_dialect":"access_token","skip_consent_for_verifiable_first_party_clients":true,"subject_type_authorization":{"user":{"policy":"allow_all"}}}`,
		needs: "identifier", bad: []refusd{
			{"an identifier that is taken", `{"identifier":"https://api"}`, 409}, {"an empty identifier", `{"identifier":""}`, 400},
			{"a permission without a name", `{"scopes":[{"description":"d"}]}`, 400}, {"a permission twice", `{"scopes":[{"value":"a"},{"value":"a"}]}`, 400},
			{"an algorithm that is not here", `{"signing_alg":"HS256"}`, 400}, {"an unknown dialect", `{"token_dialect":"x"}`, 400},
			{"a life without end", `{"token_lifetime":99999999}`, 400}, {"a negative one", `{"token_lifetime":-1}`, 400},
			{"a longer one for the web", `{"token_lifetime_for_web":200}`, 400}, {"an unknown policy", `{"subject_type_authorization":{"user":{"policy":"x"}}}`, 400},
			{"an id", `{"id":"x"}`, 400},
		},
	},
	"GET /resource-servers/{id}": {path: "/resource-servers/${api}", unknown: 404},
	"PATCH /resource-servers/{id}": {path: "/resource-servers/${api}", body: `{"name":"Renamed","scopes":[{"value":"read"}]}`, unknown: 404, bad: []refusd{
		{"another identifier", `{"identifier":"https://other"}`, 400}, {"another id", `{"id":"x"}`, 400}, {"a permission twice", `{"scopes":[{"value":"a"},{"value":"a"}]}`, 400},
	}},
	"DELETE /resource-servers/{id}": {path: "/resource-servers/${api}", unknown: 204},

	"GET /clients": {path: "/clients", bad: append([]refusd{{"neither first nor third party", "?is_first_party=x", 400}}, badPage...)},
	"POST /clients": {
		path: "/clients",
		body: `{"name":"New","description":"d","app_type":"regular_web","callbacks":["https://a/b"],"allowed_logout_urls":["https://a"],"web_origins":["https://a"],"allowed_origins":["https://a"],"initiate_login_uri":"https://a/l","grant_types":["authorization_code"],"token_endpoint_auth_method":"client_secret_post","is_first_party":true,"organization_usage":"allow","jwt_configuration":{"lifetime_in_seconds":60},"refresh_token":{"rotation_type":"rotating"},"client_secret":"a-secret-from-elsewhere-of-40-characters"}`, needs: "name",
		bad: []refusd{
			{"an empty name", `{"name":""}`, 400}, {"a callback that is none", `{"callbacks":["nowhere"]}`, 400}, {"a script as a callback", `{"callbacks":["javascript:alert(1)"]}`, 400},
			{"a wildcard", `{"callbacks":["https://*.a/b"]}`, 400}, {"an origin with a path", `{"web_origins":["https://a/b"]}`, 400},
			{"an unknown way to prove itself", `{"token_endpoint_auth_method":"x"}`, 400}, {"an unknown use of organizations", `{"organization_usage":"x"}`, 400},
			{"an algorithm that is not here", `{"jwt_configuration":{"alg":"HS256"}}`, 400}, {"a life without end", `{"jwt_configuration":{"lifetime_in_seconds":99999999}}`, 400},
			{"an unknown rotation", `{"refresh_token":{"rotation_type":"x"}}`, 400}, {"a wrong type within", `{"refresh_token":{"leeway":"x"}}`, 400},
			{"a short secret", `{"client_secret":"short"}`, 400}, {"an id", `{"client_id":"x"}`, 400}, {"a grant type without a name", `{"grant_types":[""]}`, 400},
		},
	},
	"GET /clients/{id}": {path: "/clients/${client}", unknown: 404},
	"PATCH /clients/{id}": {path: "/clients/${client}", body: `{"name":"New","callbacks":["https://a/b"]}`, unknown: 404, bad: []refusd{
		{"no name", `{"name":null}`, 400}, {"another id", `{"client_id":"x"}`, 400}, {"a short secret", `{"client_secret":"short"}`, 400},
	}},
	"DELETE /clients/{id}":             {path: "/clients/${client}", unknown: 204},
	"POST /clients/{id}/rotate-secret": {path: "/clients/${client}/rotate-secret", unknown: 404},
	"GET /clients/{id}/connections":    {path: "/clients/${client}/connections", unknown: 404, bad: badPage},

	"GET /client-grants": {path: "/client-grants", bad: append([]refusd{{"a flag that is none", "?allow_any_organization=x", 400}}, badPage...)},
	"POST /client-grants": {path: "/client-grants", body: `{"client_id":"${client}","audience":"http://rolecall.test/api/v2/","scope":["read:users"],"subject_type":"client","organization_usage":"allow","allow_any_organization":true,"allow_all_scopes":false}`, needs: "client_id audience", bad: []refusd{
		{"a pair that is there", `{"audience":"https://api","scope":["read"]}`, 409}, {"an unknown client", `{"client_id":"x"}`, 400}, {"a user as the client", `{"client_id":"${user}"}`, 400},
		{"an unknown API", `{"audience":"https://nowhere"}`, 400}, {"an unknown scope", `{"scope":["read:shoes"]}`, 400}, {"an unknown subject", `{"subject_type":"x"}`, 400},
		{"an unknown use", `{"organization_usage":"x"}`, 400},
	}},
	"GET /client-grants/{id}": {path: "/client-grants/${grant}", unknown: 404},
	"PATCH /client-grants/{id}": {path: "/client-grants/${grant}", body: `{"scope":["read"]}`, unknown: 404, bad: []refusd{
		{"an unknown scope", `{"scope":["fly"]}`, 400}, {"another client", `{"client_id":"x"}`, 400}, {"another API", `{"audience":"x"}`, 400},
	}},
	"DELETE /client-grants/{id}":            {path: "/client-grants/${grant}", unknown: 204},
	"GET /client-grants/{id}/organizations": {path: "/client-grants/${grant}/organizations", unknown: 404, bad: badPage},

	"GET /connections": {path: "/connections", bad: badPage},
	"POST /connections": {path: "/connections", body: `{"name":"new","strategy":"auth0","display_name":"d","options":{"passwordPolicy":"low","disable_signup":true},"enabled_clients":["${client}"]}`, needs: "name strategy", bad: []refusd{
		{"a name that is taken", `{"name":"google"}`, 409}, {"a name with a space", `{"name":"a b"}`, 400}, {"an unknown policy", `{"options":{"passwordPolicy":"x"}}`, 400},
		{"a wrong type within", `{"options":{"disable_signup":"x"}}`, 400}, {"an id", `{"id":"x"}`, 400},
	}},
	"GET /connections/{id}":         {path: "/connections/${connection}", unknown: 404},
	"PATCH /connections/{id}":       {path: "/connections/${connection}", body: `{"display_name":"d","options":{"disable_signup":true}}`, unknown: 404, bad: []refusd{{"another name", `{"name":"x"}`, 400}, {"another strategy", `{"strategy":"x"}`, 400}}},
	"DELETE /connections/{id}":      {path: "/connections/${connection}", unknown: 204},
	"GET /connections/{id}/clients": {path: "/connections/${connection}/clients", unknown: 404, bad: badPage},
	"PATCH /connections/{id}/clients": {path: "/connections/${connection}/clients", body: `[{"client_id":"${client}","status":true}]`, unknown: 404, bad: []refusd{
		{"none", `[]`, 400}, {"an object", `{}`, 400}, {"an unknown client", `[{"client_id":"x","status":true}]`, 400}, {"no status", `[{"client_id":"${client}"}]`, 400},
	}},

	"GET /organizations": {path: "/organizations", bad: append([]refusd{{"an unknown order", "?sort=x:1", 400}}, badPage...)},
	"POST /organizations": {path: "/organizations", body: `{"name":"new","display_name":"d","branding":{"logo_url":"x"},"metadata":{"a":"b"},"enabled_connections":[{"connection_id":"${connection}"}]}`, needs: "name", bad: []refusd{
		{"a name that is taken", `{"name":"acme"}`, 409}, {"capitals", `{"name":"New"}`, 400}, {"an empty name", `{"name":""}`, 400}, {"metadata that is no text", `{"metadata":{"a":1}}`, 400},
		{"an unknown connection", `{"enabled_connections":[{"connection_id":"x"}]}`, 400}, {"an id", `{"id":"x"}`, 400},
	}},
	"GET /organizations/name/{name}":  {path: "/organizations/name/acme", unknown: 404},
	"GET /organizations/{id}":         {path: "/organizations/${org}", unknown: 404},
	"PATCH /organizations/{id}":       {path: "/organizations/${org}", body: `{"name":"renamed","display_name":"d"}`, unknown: 404, bad: []refusd{{"capitals", `{"name":"New"}`, 400}, {"another id", `{"id":"x"}`, 400}}},
	"DELETE /organizations/{id}":      {path: "/organizations/${org}", unknown: 404},
	"GET /organizations/{id}/members": {path: "/organizations/${org}/members", unknown: 404, bad: badPage},
	"POST /organizations/{id}/members": {path: "/organizations/${org}/members", body: `{"members":["${other}"]}`, needs: "members", unknown: 404, bad: []refusd{
		{"an unknown user", `{"members":["auth0|nobody"]}`, 400}, {"none", `{"members":[]}`, 400},
	}},
	"DELETE /organizations/{id}/members":                        {path: "/organizations/${org}/members", body: `{"members":["${user}"]}`, needs: "members", unknown: 404, bad: []refusd{{"none", `{"members":[]}`, 400}}},
	"GET /organizations/{id}/members/{user_id}/roles":           {path: "/organizations/${org}/members/${user}/roles", unknown: 404, bad: badPage},
	"POST /organizations/{id}/members/{user_id}/roles":          {path: "/organizations/${org}/members/${user}/roles", body: `{"roles":["${role}"]}`, needs: "roles", unknown: 404, bad: append([]refusd{{"an unknown role", `{"roles":["rol_nope"]}`, 400}}, badRoles...)},
	"DELETE /organizations/{id}/members/{user_id}/roles":        {path: "/organizations/${org}/members/${user}/roles", body: `{"roles":["reader"]}`, needs: "roles", unknown: 404, bad: badRoles},
	"GET /organizations/{id}/members/{user_id}/effective-roles": {path: "/organizations/${org}/members/${user}/effective-roles", unknown: 404, bad: badPage},
	"GET /organizations/{id}/enabled_connections":               {path: "/organizations/${org}/enabled_connections", unknown: 404, bad: badPage},
	"POST /organizations/{id}/enabled_connections": {path: "/organizations/${org}/enabled_connections", body: `{"connection_id":"${connection}","assign_membership_on_login":true,"show_as_button":true,"is_signup_enabled":true}`, needs: "connection_id", unknown: 404, bad: []refusd{
		{"an unknown connection", `{"connection_id":"x"}`, 400}, {"one that is enabled", `{"connection_id":"con_UsernamePassword"}`, 409}, {"sign-up alone", `{"assign_membership_on_login":false}`, 400},
	}},
	"GET /organizations/{id}/enabled_connections/{connection_id}":    {path: "/organizations/${org}/enabled_connections/con_UsernamePassword", unknown: 404},
	"PATCH /organizations/{id}/enabled_connections/{connection_id}":  {path: "/organizations/${org}/enabled_connections/con_UsernamePassword", body: `{"assign_membership_on_login":true}`, unknown: 404, bad: []refusd{{"sign-up alone", `{"is_signup_enabled":true,"assign_membership_on_login":false}`, 400}}},
	"DELETE /organizations/{id}/enabled_connections/{connection_id}": {path: "/organizations/${org}/enabled_connections/con_UsernamePassword", unknown: 404},
	"GET /organizations/{id}/invitations":                            {path: "/organizations/${org}/invitations", unknown: 404, bad: append([]refusd{{"an unknown order", "?sort=x:1", 400}}, badPage...)},
	"POST /organizations/{id}/invitations": {path: "/organizations/${org}/invitations", body: `{"inviter":{"name":"Ann"},"invitee":{"email":"x@x.com"},"client_id":"${client}","connection_id":"${connection}","roles":["${role}"],"ttl_sec":60,"send_invitation_email":false,"app_metadata":{"a":1}}`, needs: "inviter invitee client_id", unknown: 404, bad: []refusd{
		{"no address", `{"invitee":{"email":"x"}}`, 400}, {"a second address", `{"invitee":{"email":"x@x.com,y@y.com"}}`, 400}, {"an unknown client", `{"client_id":"x"}`, 400}, {"a client without a login page", `{"client_id":"manager"}`, 400},
		{"an unknown role", `{"roles":["x"]}`, 400}, {"an unknown connection", `{"connection_id":"x"}`, 400}, {"a life without end", `{"ttl_sec":99999999}`, 400}, {"a negative one", `{"ttl_sec":-1}`, 400},
	}},
	"GET /organizations/{id}/invitations/{invitation_id}":    {path: "/organizations/${org}/invitations/${invitation}", unknown: 404},
	"DELETE /organizations/{id}/invitations/{invitation_id}": {path: "/organizations/${org}/invitations/${invitation}", unknown: 404},
	"GET /organizations/{id}/client-grants":                  {path: "/organizations/${org}/client-grants", unknown: 404, bad: badPage},
	"POST /organizations/{id}/client-grants":                 {path: "/organizations/${org}/client-grants", body: `{"grant_id":"${grant}"}`, needs: "grant_id", unknown: 404, bad: []refusd{{"an unknown grant", `{"grant_id":"x"}`, 400}}},
	"DELETE /organizations/{id}/client-grants/{grant_id}":    {path: "/organizations/${org}/client-grants/${grant}", unknown: 404},

	"GET /logs":      {path: "/logs", bad: []refusd{{"an unknown order", "?sort=type:1", 400}, {"a query with an open quote", "?q=%22", 400}, {"a checkpoint that is none", "?from=x", 400}, {"a negative page", "?page=-1", 400}}},
	"GET /logs/{id}": {path: "/logs/${log}", unknown: 404},

	"POST /tickets/password-change":    {path: "/tickets/password-change", body: `{"user_id":"${user}","result_url":"https://a","ttl_sec":60}`, needs: "user_id", bad: badTicket},
	"POST /tickets/email-verification": {path: "/tickets/email-verification", body: `{"user_id":"${user}","result_url":"https://a","ttl_sec":60}`, needs: "user_id", bad: badTicket},
	"POST /jobs/verification-email":    {path: "/jobs/verification-email", body: `{"user_id":"${user}"}`, needs: "user_id", bad: []refusd{{"an unknown user", `{"user_id":"x"}`, 404}}},
}

var badTicket = []refusd{
	{"an unknown user", `{"user_id":"x"}`, 404}, {"a script to go on to", `{"result_url":"javascript:alert(1)"}`, 400}, {"a life without end", `{"ttl_sec":99999999}`, 400},
}

func TestEveryRouteHasARow(t *testing.T) {
	seen := map[string]bool{}
	for _, rt := range routes {
		name := rt.method + " " + rt.path
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		if seen[name] = true; refusables[name].path == "" {
			t.Errorf("%s has no row in refusables", name)
		}
		for _, s := range strings.Fields(rt.scopes) {
			if !strings.Contains(" "+strings.Join(allScopes(), " ")+" ", " "+s+" ") {
				t.Errorf("%s takes %s, which is no scope", name, s)
			}
		}
	}
	for name := range refusables {
		if !seen[name] {
			t.Errorf("%s is not a route", name)
		}
	}
}

// A stage is a server with something of each kind.
type stage struct {
	*server
	fill *strings.Replacer
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := newServer(t)
	first := func(method, path, body, name string) string {
		r := s.Send(t, method, Prefix+path, body)
		var o map[string]any
		if json.Unmarshal([]byte(r.Body), &o); r.Status >= 300 {
			t.Fatalf("%s %s = %d %s", method, path, r.Status, r.Body)
		}
		text, _ := o[name].(string)
		return text
	}
	api := first("POST", "/resource-servers", `{"identifier":"https://api","name":"API","scopes":[{"value":"read"},{"value":"write"}]}`, "id")
	role := first("POST", "/roles", `{"name":"Editor"}`, "id")
	s.write(t, rolecall.Create(&rolecall.Role{ID: "reader", Name: "Reader"}))
	for _, id := range []string{role, "reader"} {
		first("POST", "/roles/"+id+"/permissions", `{"permissions":[{"resource_server_identifier":"https://api","permission_name":"read"}]}`, "")
	}
	for _, name := range []string{"ann", "bob"} {
		first("POST", "/users", `{"connection":"Username-Password-Authentication","email":"`+name+`@x.com","username":"`+name+`","password":"correct horse","user_id":"`+name+`"}`, "")
	}
	first("POST", "/users/auth0%7Cann/roles", `{"roles":["reader"]}`, "")
	first("POST", "/users/auth0%7Cann/permissions", `{"permissions":[{"resource_server_identifier":"https://api","permission_name":"read"}]}`, "")
	client := first("POST", "/clients", `{"name":"App","initiate_login_uri":"https://a/l"}`, "client_id")
	grant := first("POST", "/client-grants", `{"client_id":"`+client+`","audience":"https://api","scope":["read"],"organization_usage":"allow"}`, "id")
	connection := first("POST", "/connections", `{"name":"google","strategy":"google-oauth2"}`, "id")
	org := first("POST", "/organizations", `{"name":"acme","enabled_connections":[{"connection_id":"con_UsernamePassword"}]}`, "id")
	first("POST", "/organizations/"+org+"/members", `{"members":["auth0|ann"]}`, "")
	first("POST", "/organizations/"+org+"/members/auth0%7Cann/roles", `{"roles":["reader"]}`, "")
	invitation := first("POST", "/organizations/"+org+"/invitations", `{"inviter":{"name":"a"},"invitee":{"email":"i@x.com"},"client_id":"`+client+`"}`, "id")
	var logs []map[string]any
	json.Unmarshal([]byte(s.Send(t, "GET", Prefix+"/logs?per_page=1", "").Body), &logs)
	return &stage{s, strings.NewReplacer("${role}", role, "${user}", "auth0|ann", "${other}", "auth0|bob", "${api}", api, "${client}", client, "${grant}", grant,
		"${connection}", connection, "${org}", org, "${invitation}", invitation, "${log}", logs[0]["log_id"].(string), over, strings.Repeat("x", 9000))}
}

// ask sends a request by the manager, or with another Authorization.
func (s *stage) ask(t *testing.T, method, path, body string, headers ...string) apitest.Response {
	t.Helper()
	return s.Send(t, method, Prefix+s.fill.Replace(strings.NewReplacer("${user}", "auth0%7Cann", "${other}", "auth0%7Cbob").Replace(path)), s.fill.Replace(body), headers...)
}

// refuses fails the test unless the answer is a refusal in the API's form, and
// the project stays as it was.
func (s *stage) refuses(t *testing.T, what string, status int, ask func() apitest.Response) errorBody {
	t.Helper()
	before := s.rc.Revision()
	got := ask()
	var body errorBody
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Errorf("%s: %d, and no JSON: %q", what, got.Status, got.Body)
		return body
	}
	if got.Status != status || body.Status != status || body.Error != http.StatusText(status) || body.Message == "" ||
		got.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%s: %d %s, want %d", what, got.Status, got.Body, status)
	}
	if len(got.Body) > 2000 {
		t.Errorf("%s: the refusal has %d bytes", what, len(got.Body))
	}
	if s.rc.Revision() != before {
		t.Errorf("%s: refused, and the project changed", what)
	}
	return body
}

func TestWhoMayNotCallIsRefused(t *testing.T) {
	s := newStage(t)
	scopes := allScopes()
	s.write(t, rolecall.Create(&rolecall.Client{ID: "powerless", Name: "Powerless"}),
		rolecall.Create(&rolecall.Client{ID: "blocked", Name: "Blocked", Blocked: true}),
		rolecall.Create(&rolecall.Assignment{Subject: "blocked", Role: rolecall.RoleOwner}))
	key, err := s.id.CreateKey(t.Context(), rolecall.System("test"), identity.NewKey{Name: "key", Subject: "manager"})
	if err != nil {
		t.Fatal(err)
	}
	good := token.Claims{Subject: "manager@clients", Extra: map[string]any{"gty": "client-credentials", "scope": strings.Join(scopes, " ")}}
	with := func(change func(*token.Claims)) string {
		claims := good
		change(&claims)
		return "Bearer " + s.issue(t, claims)
	}
	forged := s.token[:len(s.token)-4] + "AAAA"
	now := s.clock.Now()
	for _, who := range []struct {
		name, authorization string
		status              int
		code                string
	}{
		{"nobody", "", 401, ""},
		{"a word", "Bearer junk", 400, "Bearer"},
		{"an access key", "Bearer " + key.Secret, 400, "Bearer"},
		{"basic", "Basic bWFuYWdlcjpzZWNyZXQ=", 400, "Bearer"},
		{"an over-long bearer", "Bearer " + strings.Repeat("a.b.c", 10000), 400, "Bearer"},
		{"three words with dots", "Bearer a.b.c", 401, ""},
		{"a forged token", "Bearer " + forged, 401, ""},
		{"an expired token", with(func(c *token.Claims) { c.Issued, c.Expires = now.Add(-2*time.Hour), now.Add(-time.Hour) }), 401, ""},
		{"a token for another API", with(func(c *token.Claims) { c.Audience = []string{"https://api"} }), 401, ""},
		{"a token for the AdminAPI by another name", with(func(c *token.Claims) { c.Audience = []string{"rolecall"} }), 401, ""},
		{"another issuer's token", with(func(c *token.Claims) { c.Issuer = "https://elsewhere/" }), 401, ""},
		{"a token of nobody", with(func(c *token.Claims) { c.Subject = "gone@clients" }), 401, ""},
		{"a client's token that is none of its own", with(func(c *token.Claims) { c.Extra = map[string]any{"scope": strings.Join(scopes, " ")} }), 401, ""},
		{"a blocked client", "Bearer " + s.tokenFor(t, "blocked", scopes...), 401, ""},
		{"a token without a scope", "Bearer " + s.tokenFor(t, "manager"), 403, "insufficient_scope"},
		{"a client that may nothing", "Bearer " + s.tokenFor(t, "powerless", scopes...), 403, "insufficient_permissions"},
	} {
		for _, rt := range routes {
			name := rt.method + " " + rt.path
			row := refusables[name]
			got := s.refuses(t, who.name+": "+name, who.status, func() apitest.Response {
				return s.ask(t, rt.method, row.path, row.body, "Authorization", who.authorization)
			})
			if got.Code != who.code {
				t.Errorf("%s: %s: the code is %q, want %q", who.name, name, got.Code, who.code)
			}
			if who.code == "insufficient_scope" && got.Message != "Insufficient scope, expected any of: "+strings.ReplaceAll(rt.scopes, " ", ",") {
				t.Errorf("%s: %s: %s", who.name, name, got.Message)
			}
		}
	}
}

func TestBadInputIsRefused(t *testing.T) {
	s := newStage(t)
	for _, rt := range routes {
		name := rt.method + " " + rt.path
		row := refusables[name]
		path, _, _ := strings.Cut(row.path, "?")
		ask := func(what string, status int, body string) {
			t.Helper()
			s.refuses(t, name+" with "+what, status, func() apitest.Response { return s.ask(t, rt.method, row.path, body) })
		}
		for _, bad := range row.bad {
			if bad.text == "" || bad.text[0] == '?' {
				s.refuses(t, name+" with "+bad.what, bad.status, func() apitest.Response { return s.ask(t, rt.method, path+bad.text, row.body) })
				continue
			}
			body := bad.text
			var members, changes map[string]json.RawMessage
			if json.Unmarshal([]byte(row.body), &members) == nil && json.Unmarshal([]byte(bad.text), &changes) == nil {
				for member, value := range changes {
					members[member] = value
				}
				text, _ := json.Marshal(members)
				body = string(text)
			}
			ask(bad.what, bad.status, body)
		}
		if row.body == "" {
			continue
		}
		ask("half of a body", 400, row.body[:len(row.body)/2])
		ask("a text as the body", 400, `"x"`)
		ask("too much of a body", 413, `{"x":"`+strings.Repeat("x", maxBody)+`"}`)
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(row.body), &members) != nil {
			continue
		}
		for member, value := range members {
			with := func(other string) string {
				changed := map[string]json.RawMessage{}
				for m, v := range members {
					changed[m] = v
				}
				if changed[member] = json.RawMessage(other); other == "" {
					delete(changed, member)
				}
				text, err := json.Marshal(changed)
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			wrong := `"x"`
			if value[0] == '"' {
				wrong = "7"
				ask("an over-long "+member, row.overlong(member), with(`"`+over+`"`))
			}
			ask("a wrong type of "+member, 400, with(wrong))
			if strings.Contains(" "+row.needs+" ", " "+member+" ") {
				ask("no "+member, 400, with(""))
				ask("a null "+member, 400, with("null"))
			}
		}
	}
	if log := s.Log(); log != "" {
		t.Errorf("the server logged %s", log)
	}
}

// overlong is how an over-long text is refused: what is asked for by an id that
// can't be one is not there.
func (row refusable) overlong(member string) int {
	if member == "user_id" && (strings.HasPrefix(row.path, "/tickets") || strings.HasPrefix(row.path, "/jobs")) {
		return 404
	}
	return 400
}

func TestWhatIsNotThere(t *testing.T) {
	s := newStage(t)
	for _, rt := range routes {
		name := rt.method + " " + rt.path
		row := refusables[name]
		if row.unknown == 0 {
			continue
		}
		for _, id := range []string{"nope", "auth0%7Cnope", "a%2Fb", "%F0%9F%98%80", over} {
			segments := strings.Split(row.path, "/")
			for i, p := range strings.Split(rt.path, "/") {
				if strings.HasPrefix(p, "{") {
					segments[i] = id
					break
				}
			}
			before := s.rc.Revision()
			got := s.ask(t, rt.method, strings.Join(segments, "/"), row.body)
			if got.Status != row.unknown || s.rc.Revision() != before {
				t.Errorf("%s of %s = %d %s, want %d and no change", name, id, got.Status, got.Body, row.unknown)
			}
			if got.Status == 404 && !strings.Contains(got.Body, `"statusCode":404`) {
				t.Errorf("%s of %s: %s", name, id, got.Body)
			}
		}
		bad := s.ask(t, rt.method, strings.Replace(row.path, "${", "%ff${", 1), row.body)
		if strings.Contains(row.path, "${") && (bad.Status != 400 || !strings.Contains(bad.Body, "invalid_uri")) {
			t.Errorf("%s of what is not UTF-8 = %d %s", name, bad.Status, bad.Body)
		}
	}
}

func TestNoPathAnswersAnythingElse(t *testing.T) {
	s := newStage(t)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		for _, path := range []string{"", "/", "/nope", "/users/", "/users//roles", "/roles/x/y", "/rules", "/users/a/b/c/d", "/organizations/name", "/%zz", "/guardian/factors"} {
			r, err := http.NewRequest(method, s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = Prefix + path
			r.Header.Set("Authorization", "Bearer "+s.token)
			answer, err := s.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var body errorBody
			err = json.NewDecoder(answer.Body).Decode(&body)
			answer.Body.Close()
			if path == "/%zz" && answer.StatusCode == 400 { // the HTTP server itself
				continue
			}
			if answer.StatusCode != 404 || method != "HEAD" && (err != nil || body.Status != 404 || body.Error != "Not Found") {
				t.Errorf("%s %s = %d %+v, %v, want 404", method, path, answer.StatusCode, body, err)
			}
		}
	}
}

func TestEveryRouteWorksInItsStage(t *testing.T) {
	shared := newStage(t)
	for _, rt := range routes {
		name := rt.method + " " + rt.path
		row := refusables[name]
		s := shared
		if rt.method == "DELETE" { // what is deleted is missing to the others
			s = newStage(t)
		}
		got := s.ask(t, rt.method, row.path, row.body)
		want := "2"
		if name == "POST /jobs/verification-email" {
			want = "400" // there is no mail here
		}
		if !strings.HasPrefix(fmt.Sprint(got.Status), want) {
			t.Errorf("%s = %d %s", name, got.Status, got.Body)
		}
		if log := s.Log(); log != "" {
			t.Errorf("%s: the server logged %s", name, log)
		}
		if len(got.Body) > 0 && got.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", name, got.Header.Get("Content-Type"))
		}
	}
}
