package descope

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/api/apitest"
)

// A refusable is a call that succeeds in world, and calls like it that must not.
type refusable struct {
	good     string
	required string   // members without which it is refused
	refused  []refusd // with other values of some members
}

// A refusd is the good call with these members, and the code that it gets.
type refusd struct {
	name, change, code string
}

// world is what every call finds.
var world = []struct{ path, body string }{
	{"/v1/mgmt/permission/create/batch", `{"permissions":[{"name":"Read"},{"name":"Edit"}]}`},
	{"/v1/mgmt/tenant/create", `{"id":"acme","name":"Acme"}`},
	{"/v1/mgmt/tenant/create", `{"id":"globex","name":"Globex"}`},
	{"/v1/mgmt/role/create/batch", `{"roles":[{"name":"Editor","permissionNames":["Edit"]},{"name":"Reader"},{"name":"Boss","tenantId":"acme"}]}`},
	{"/v1/mgmt/user/create", `{"loginId":"alice","email":"alice@x.com","phone":"+15555555555","roleNames":["Editor"],"userTenants":[{"tenantId":"acme","roleNames":["Boss"]}]}`},
	{"/v1/mgmt/user/create", `{"loginId":"bob","additionalLoginIds":["bob2"]}`},
	{"/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{"clientId":"c"}}`},
}

const (
	malformed = "E011001"
	missing   = "E011002"
	invalid   = "E011003"
	argument  = "E011004"
	noBearer  = "E011401"
	over      = "${long}"
)

// refusables has a row for every management call. What a row does not say of
// members is tried by their types.
var refusables = map[string]refusable{
	"GET /v1/mgmt/permission/all": {},
	"POST /v1/mgmt/permission/create": {`{"name":"New","description":"d"}`, "name", []refusd{
		{"a name that is taken", `{"name":"Read"}`, "E024102"},
		{"a blank name", `{"name":"  "}`, invalid},
		{"a name with a control character", `{"name":"a\tb"}`, invalid},
		{"an over-long name", `{"name":"` + over + `"}`, invalid},
		{"an over-long description", `{"description":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/permission/create/batch": {`{"permissions":[{"name":"New"},{"name":"New2"}]}`, "permissions", []refusd{
		{"one that is taken", `{"permissions":[{"name":"New"},{"name":"Read"}]}`, "E024102"},
		{"the same twice", `{"permissions":[{"name":"New"},{"name":"New"}]}`, "E024102"},
		{"one without a name", `{"permissions":[{"name":"New"},{"description":"d"}]}`, missing},
		{"none", `{"permissions":[]}`, missing},
		{"null among them", `{"permissions":[{"name":"New"},null]}`, missing},
		{"a wrong type within", `{"permissions":[{"name":1}]}`, invalid},
		{"an over-long name", `{"permissions":[{"name":"` + over + `"}]}`, invalid},
	}},
	"POST /v1/mgmt/permission/update": {`{"name":"Read","newName":"Read2","description":""}`, "name newName", []refusd{
		{"an unknown name", `{"name":"Nope"}`, "E024101"},
		{"an unknown id", `{"id":"PERM_nope"}`, "404 E024101"},
		{"a name that is taken", `{"newName":"Edit"}`, "E024102"},
		{"an over-long name", `{"newName":"` + over + `"}`, invalid},
		{"a permission to administer", `{"name":"rolecall:escalate"}`, "E024101"},
		{"the id of a permission to administer", `{"id":"rolecall:escalate"}`, "404 E024101"},
	}},
	"POST /v1/mgmt/permission/update/batch": {`{"permissions":[{"name":"Read","newName":"R"}]}`, "permissions", []refusd{
		{"an unknown name", `{"permissions":[{"name":"Read","newName":"R"},{"name":"Nope","newName":"N"}]}`, "E024101"},
		{"no new name", `{"permissions":[{"name":"Read"}]}`, missing},
	}},
	"POST /v1/mgmt/permission/delete": {`{"name":"Read"}`, "name", []refusd{
		{"an unknown name", `{"name":"Nope"}`, "E024101"},
		{"an over-long name", `{"name":"` + over + `"}`, "E024101"},
		{"a permission to administer", `{"id":"rolecall:escalate"}`, "404 E024101"},
	}},
	"POST /v1/mgmt/permission/delete/batch": {`{"names":["Read"],"ids":null}`, "names", []refusd{
		{"an unknown name", `{"names":["Read","Nope"]}`, "E024101"},
		{"nothing", `{"names":[],"ids":[]}`, missing},
		{"null among them", `{"names":["Read",null]}`, missing},
	}},

	"GET /v1/mgmt/role/all": {},
	"POST /v1/mgmt/role/search": {`{}`, "", []refusd{
		{"a wrong type within", `{"roleNames":[1]}`, invalid},
	}},
	"POST /v1/mgmt/role/create": {`{"name":"New","permissionNames":["Read"],"tenantId":"acme"}`, "name", []refusd{
		{"a name that is taken in the tenant", `{"name":"Boss"}`, "E024202"},
		{"a name that is taken in the project", `{"name":"Editor","tenantId":""}`, "E024202"},
		{"an unknown permission", `{"permissionNames":["Read","Nope"]}`, "E024101"},
		{"a permission to administer", `{"permissionNames":["rolecall:escalate"]}`, "E024101"},
		{"an unknown tenant", `{"tenantId":"nowhere"}`, "404 E024301"},
		{"an over-long name", `{"name":"` + over + `"}`, invalid},
		{"an over-long description", `{"description":"` + over + `"}`, invalid},
		{"an over-long tenant", `{"tenantId":"` + over + `"}`, "404 E024301"},
	}},
	"POST /v1/mgmt/role/create/batch": {`{"roles":[{"name":"New"}]}`, "roles", []refusd{
		{"one that is taken", `{"roles":[{"name":"New"},{"name":"Editor"}]}`, "E024202"},
		{"one without a name", `{"roles":[{}]}`, missing},
		{"none", `{"roles":[]}`, missing},
	}},
	"POST /v1/mgmt/role/update": {`{"name":"Editor","newName":"New"}`, "name newName", []refusd{
		{"an unknown name", `{"name":"Nope"}`, "E024201"},
		{"an unknown id", `{"id":"ROL_nope"}`, "404 E024201"},
		{"a role of another place", `{"tenantId":"acme"}`, "E024201"},
		{"an unknown tenant", `{"tenantId":"nowhere"}`, "404 E024301"},
		{"a name that is taken", `{"newName":"Reader"}`, "E024202"},
		{"an unknown permission", `{"permissionNames":["Nope"]}`, "E024101"},
		{"a built-in role", `{"name":"Owner"}`, "E024214"},
		{"a built-in role's permissions", `{"name":"Owner","newName":"Owner","permissionNames":["Read"]}`, "E024214"},
		{"an over-long name", `{"newName":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/role/update/batch": {`{"roles":[{"name":"Editor","newName":"New"}]}`, "roles", []refusd{
		{"an unknown name", `{"roles":[{"name":"Editor","newName":"New"},{"name":"Nope","newName":"N"}]}`, "E024201"},
	}},
	"POST /v1/mgmt/role/delete": {`{"name":"Editor"}`, "name", []refusd{
		{"an unknown name", `{"name":"Nope"}`, "E024201"},
		{"a role of another place", `{"name":"Boss"}`, "E024201"},
		{"a built-in role", `{"id":"owner"}`, "E024214"},
	}},
	"POST /v1/mgmt/role/delete/batch": {`{"roleNames":["Editor"]}`, "roleNames", []refusd{
		{"an unknown name", `{"roleNames":["Editor","Nope"]}`, "E024201"},
		{"a tenant alone", `{"roleNames":[],"tenantId":"acme"}`, missing},
	}},

	"POST /v1/mgmt/tenant/create": {`{"id":"new","name":"New"}`, "name", []refusd{
		{"an id that is taken", `{"id":"acme"}`, "E024302"},
		{"a name that is taken", `{"name":"Acme"}`, "E024302"},
		{"an unknown parent", `{"parent":"nowhere"}`, "404 E024301"},
		{"an unknown way to inherit", `{"roleInheritance":"all"}`, invalid},
		{"an over-long id", `{"id":"` + over + `"}`, invalid},
		{"an over-long name", `{"name":"` + over + `"}`, invalid},
		{"over-long attributes", `{"customAttributes":{"a":"` + over + over + `"}}`, invalid},
		{"attributes that are no object", `{"customAttributes":[1]}`, invalid},
	}},
	"POST /v1/mgmt/tenant/update": {`{"id":"acme","name":"New"}`, "id name", []refusd{
		{"an unknown id", `{"id":"nowhere"}`, "404 E024301"},
		{"a name that is taken", `{"name":"Globex"}`, "E024302"},
		{"an over-long name", `{"name":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/tenant/updateDefaultRoles": {`{"id":"acme","defaultRoles":["Reader"]}`, "id", []refusd{
		{"an unknown role", `{"defaultRoles":["Nope"]}`, "E024201"},
		{"a role of the tenant", `{"defaultRoles":["Boss"]}`, "E024201"},
	}},
	"POST /v1/mgmt/tenant/delete": {`{"id":"acme"}`, "id", []refusd{
		{"an unknown id", `{"id":"nowhere"}`, "404 E024301"},
	}},
	"GET /v1/mgmt/tenant": {`{"id":"acme"}`, "id", []refusd{
		{"an unknown id", `{"id":"nowhere"}`, "404 E024301"},
	}},
	"GET /v1/mgmt/tenant/all":     {},
	"POST /v1/mgmt/tenant/search": {`{}`, "", nil},

	"POST /v1/mgmt/user/create": {`{"loginId":"new@x.com","roleNames":["Editor"],"userTenants":[{"tenantId":"acme","roleNames":["Boss","Reader"]}]}`, "loginId", []refusd{
		{"a login id that is taken", `{"loginId":"alice"}`, "E062107"},
		{"another login id that is taken", `{"additionalLoginIds":["bob2"]}`, "E062107"},
		{"a blank login id", `{"loginId":" "}`, invalid},
		{"an unknown role", `{"roleNames":["Nope"]}`, "E024201"},
		{"a tenant's role without the tenant", `{"roleNames":["Boss"]}`, "E024201"},
		{"an unknown tenant", `{"userTenants":[{"tenantId":"nowhere"}]}`, "404 E024301"},
		{"an unknown role in a tenant", `{"userTenants":[{"tenantId":"globex","roleNames":["Boss"]}]}`, "E024201"},
		{"a tenant without an id", `{"userTenants":[{"roleNames":["Boss"]}]}`, missing},
		{"an unknown status", `{"status":"gone"}`, invalid},
		{"an over-long login id", `{"loginId":"` + over + `"}`, invalid},
		{"an over-long name", `{"displayName":"` + over + `"}`, invalid},
		{"an over-long e-mail address", `{"email":"` + over + `@x.com"}`, invalid},
		{"over-long attributes", `{"customAttributes":{"a":"` + over + over + `"}}`, invalid},
	}},
	"POST /v1/mgmt/user/create/test": {`{"loginId":"new"}`, "loginId", []refusd{
		{"a login id that is taken", `{"loginId":"alice"}`, "E062107"},
	}},
	"POST /v1/mgmt/user/create/batch": {`{"users":[{"loginId":"new"}]}`, "users", []refusd{
		{"none", `{"users":[]}`, missing},
		{"a wrong type within", `{"users":[{"loginId":"new"},{"loginId":1}]}`, invalid},
	}},
	"POST /v1/mgmt/user/update": {`{"loginId":"alice","displayName":"A"}`, "loginId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"an unknown role", `{"roleNames":["Nope"]}`, "E024201"},
		{"an unknown tenant", `{"userTenants":[{"tenantId":"nowhere"}]}`, "404 E024301"},
		{"a login id that is taken", `{"additionalLoginIds":["bob"]}`, "E062107"},
		{"an over-long name", `{"displayName":"` + over + `"}`, invalid},
	}},
	"PATCH /v1/mgmt/user/patch": {`{"loginId":"alice","displayName":"A"}`, "loginId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"an unknown role", `{"roleNames":["Nope"]}`, "E024201"},
		{"an unknown status", `{"status":"gone"}`, invalid},
		{"an over-long name", `{"displayName":"` + over + `"}`, invalid},
	}},
	"PATCH /v1/mgmt/user/patch/batch": {`{"users":[{"loginId":"alice","displayName":"A"}]}`, "users", nil},
	"POST /v1/mgmt/user/delete": {`{"loginId":"alice"}`, "loginId", []refusd{
		{"an unknown login id", `{"loginId":"nobody"}`, "404 E112102"},
		{"an unknown id", `{"userId":"Unobody"}`, "404 E112102"},
	}},
	"POST /v1/mgmt/user/delete/batch": {`{"userIds":["${alice}"]}`, "userIds", []refusd{
		{"an unknown id", `{"userIds":["${alice}","nobody"]}`, "404 E112102"},
		{"none", `{"userIds":[]}`, missing},
	}},
	"DELETE /v1/mgmt/user/test/delete/all": {},
	"GET /v1/mgmt/user": {`{"loginId":"alice"}`, "loginId", []refusd{
		{"an unknown login id", `{"loginId":"nobody"}`, "404 E112102"},
		{"an unknown id", `{"userId":"Unobody"}`, "404 E112102"},
	}},
	"POST /v1/mgmt/users/load": {`{"userIds":["${alice}"]}`, "userIds", nil},
	"POST /v2/mgmt/user/search": {`{"limit":10}`, "", []refusd{
		{"a negative page", `{"page":-1}`, invalid},
		{"an unknown field to sort by", `{"sort":[{"field":"shoe"}]}`, invalid},
	}},
	"POST /v2/mgmt/user/search/test": {`{}`, "", nil},
	"POST /v1/mgmt/user/update/status": {`{"loginId":"alice","status":"disabled"}`, "loginId status", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"an unknown status", `{"status":"gone"}`, invalid},
	}},
	"POST /v1/mgmt/user/update/loginid": {`{"loginId":"bob","newLoginId":"bob3"}`, "loginId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"a login id that is taken", `{"newLoginId":"alice"}`, "E062107"},
		{"the last one taken away", `{"loginId":"alice","newLoginId":""}`, argument},
		{"a user's id", `{"loginId":"${alice}"}`, argument},
		{"an over-long login id", `{"newLoginId":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/user/update/email": {`{"loginId":"bob","email":"b@x.com","verified":true}`, "loginId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"another's", `{"email":"Alice@x.com","failOnConflict":true}`, "E062107"},
		{"an over-long address", `{"email":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/user/update/phone": {`{"loginId":"bob","phone":"+15555555556","verified":true}`, "loginId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"another's", `{"phone":"+1 555 555 5555","failOnConflict":true}`, "E062107"},
		{"an over-long number", `{"phone":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/user/update/name": {`{"loginId":"bob","displayName":"Bob"}`, "loginId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"an over-long name", `{"displayName":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/user/update/picture": {`{"loginId":"bob","picture":"https://x/y.png"}`, "loginId", []refusd{
		{"an over-long address", `{"picture":"` + over + `"}`, invalid},
	}},
	"POST /v1/mgmt/user/update/customAttribute": {`{"loginId":"bob","attributeKey":"k","attributeValue":1}`, "loginId attributeKey", nil},
	"POST /v1/mgmt/user/update/role/set":        {`{"loginId":"alice","roleNames":["Reader"]}`, "loginId", badRoles},
	"POST /v2/mgmt/user/update/role/add":        {`{"loginId":"alice","roleNames":["Reader"]}`, "loginId", badRoles},
	"POST /v1/mgmt/user/update/role/remove":     {`{"loginId":"alice","roleNames":["Editor"]}`, "loginId", badRoles},
	"POST /v1/mgmt/user/update/tenant/add": {`{"loginId":"bob","tenantId":"acme"}`, "loginId tenantId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"an unknown tenant", `{"tenantId":"nowhere"}`, "404 E024301"},
	}},
	"POST /v1/mgmt/user/update/tenant/remove": {`{"loginId":"alice","tenantId":"acme"}`, "loginId tenantId", []refusd{
		{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
		{"an unknown tenant", `{"tenantId":"nowhere"}`, "404 E024301"},
	}},

	"POST /v1/mgmt/accesskey/create": {`{"name":"k","roleNames":["Reader"],"keyTenants":[{"tenantId":"acme","roleNames":["Boss"]}]}`, "name", []refusd{
		{"an unknown role", `{"roleNames":["Nope"]}`, "E024201"},
		{"an unknown tenant", `{"keyTenants":[{"tenantId":"nowhere"}]}`, "404 E024301"},
		{"an expiry that has passed", `{"expireTime":1000}`, invalid},
		{"an unknown user", `{"userId":"nobody","roleNames":[],"keyTenants":[]}`, "404 E112102"},
		{"a user and roles", `{"userId":"${alice}"}`, argument},
		{"a malformed address", `{"permittedIps":["1.2.3"]}`, invalid},
		{"an over-long name", `{"name":"` + over + `"}`, invalid},
		{"an over-long description", `{"description":"` + over + over + `"}`, invalid},
	}},
	"GET /v1/mgmt/accesskey":         {`{"id":"${key}"}`, "id", badKey},
	"POST /v1/mgmt/accesskey/search": {`{}`, "", nil},
	"POST /v1/mgmt/accesskey/update": {`{"id":"${key}","name":"k2"}`, "id name", append([]refusd{
		{"an unknown role", `{"roleNames":["Nope"]}`, "E024201"},
		{"an over-long name", `{"name":"` + over + `"}`, invalid},
	}, badKey...)},
	"POST /v1/mgmt/accesskey/activate":         {`{"id":"${key}"}`, "id", badKey},
	"POST /v1/mgmt/accesskey/deactivate":       {`{"id":"${key}"}`, "id", badKey},
	"POST /v1/mgmt/accesskey/delete":           {`{"id":"${key}"}`, "id", badKey},
	"POST /v1/mgmt/accesskey/rotate":           {`{"id":"${key}"}`, "id", badKey},
	"POST /v1/mgmt/accesskey/activate/batch":   {`{"ids":["${key}"]}`, "ids", badKeys},
	"POST /v1/mgmt/accesskey/deactivate/batch": {`{"ids":["${key}"]}`, "ids", badKeys},
	"POST /v1/mgmt/accesskey/delete/batch":     {`{"ids":["${key}"]}`, "ids", badKeys},

	"GET /v2/mgmt/sso/settings":      {`{"tenantId":"acme"}`, "tenantId", badTenant},
	"GET /v2/mgmt/sso/settings/all":  {`{"tenantId":"acme"}`, "tenantId", badTenant},
	"POST /v1/mgmt/sso/settings/new": {`{"tenantId":"acme","ssoId":"okta","displayName":"Okta"}`, "tenantId ssoId", badTenant},
	"POST /v1/mgmt/sso/saml": {`{"tenantId":"acme","settings":{"idpUrl":"https://idp","entityId":"e","idpCert":"c","roleMappings":[{"groups":["g"],"roleName":"Boss"}]}}`, "tenantId settings", append([]refusd{
		{"no certificate", `{"settings":{"idpUrl":"https://idp","entityId":"e"}}`, missing},
		{"an unknown role", `{"settings":{"idpUrl":"https://idp","entityId":"e","idpCert":"c","roleMappings":[{"groups":["g"],"roleName":"Nope"}]}}`, "E024201"},
		{"a mapping without a role", `{"settings":{"idpUrl":"https://idp","entityId":"e","idpCert":"c","roleMappings":[{"groups":["g"]}]}}`, missing},
		{"an over-long certificate", `{"settings":{"idpUrl":"https://idp","entityId":"e","idpCert":"` + over + over + `"}}`, invalid},
	}, badTenant...)},
	"POST /v1/mgmt/sso/saml/metadata": {`{"tenantId":"acme","settings":{"idpMetadataUrl":"https://idp"}}`, "tenantId settings", badTenant},
	"POST /v1/mgmt/sso/oidc": {`{"tenantId":"acme","settings":{"clientId":"c","groupsMapping":[{"role":{"name":"Boss"},"groups":["g"]}]}}`, "tenantId settings", append([]refusd{
		{"an unknown role", `{"settings":{"clientId":"c","roleMappings":[{"groups":["g"],"roleName":"Nope"}]}}`, "E024201"},
	}, badTenant...)},
	"DELETE /v1/mgmt/sso/settings": {`{"tenantId":"acme"}`, "tenantId", append([]refusd{
		{"a tenant without a configuration", `{"tenantId":"globex"}`, "404 E024501"},
	}, badTenant...)},

	"POST /v1/mgmt/group/all":        {`{"tenantId":"acme"}`, "tenantId", badTenant},
	"POST /v1/mgmt/group/member/all": {`{"tenantId":"acme","userIds":["${alice}"]}`, "tenantId userIds", badTenant},
	"POST /v1/mgmt/group/members":    {`{"tenantId":"acme","groupId":"g"}`, "tenantId groupId", badTenant},

	"POST /v1/mgmt/audit/search": {`{"from":-62135596800000}`, "", []refusd{
		{"a negative page", `{"page":-1}`, invalid},
	}},
	"POST /v1/mgmt/audit/event": {`{"action":"paid","type":"info","actorId":"a","tenantId":"acme"}`, "action type actorId tenantId", append([]refusd{
		{"an unknown type", `{"type":"loud"}`, invalid},
		{"over-long data", `{"data":{"a":"` + over + over + `"}}`, invalid},
	}, badTenant...)},

	"POST /v1/mgmt/project/snapshot/export":   {},
	"POST /v1/mgmt/project/snapshot/import":   {`{"files":{"authorization/roles.json":{"roles":[{"name":"Editor"}]}}}`, "files", badFiles},
	"POST /v1/mgmt/project/snapshot/validate": {`{"files":{"authorization/roles.json":{"roles":[{"name":"Editor"}]}}}`, "", nil},
	"POST /v1/mgmt/project/export":            {},
	"POST /v1/mgmt/project/import":            {`{"files":{"authorization/roles.json":{"roles":[{"name":"Editor"}]}}}`, "files", badFiles},

	"GET /v1/mgmt/license": {},
}

var badRoles = []refusd{
	{"an unknown user", `{"loginId":"nobody"}`, "404 E112102"},
	{"an unknown role", `{"roleNames":["Nope"]}`, "E024201"},
	{"a tenant's role without the tenant", `{"roleNames":["Boss"]}`, "E024201"},
	{"an unknown tenant", `{"tenantId":"nowhere"}`, "404 E024301"},
	{"a tenant that the user is not in", `{"tenantId":"globex"}`, "E024303"},
	{"an over-long name", `{"roleNames":["` + over + `"]}`, "E024201"},
	{"null among them", `{"roleNames":[null]}`, "E024201"},
}

var badKey = []refusd{
	{"an unknown id", `{"id":"key_nope"}`, "404 E024401"},
	{"an over-long id", `{"id":"` + over + `"}`, "404 E024401"},
}

var badKeys = []refusd{
	{"an unknown id", `{"ids":["${key}","key_nope"]}`, "404 E024401"},
	{"none", `{"ids":[]}`, missing},
}

var badFiles = []refusd{
	{"an unknown file", `{"files":{"flows/x.json":{}}}`, invalid},
	{"a wrong type within", `{"files":{"authorization/roles.json":{"roles":[{"name":1}]}}}`, invalid},
	{"an unknown permission", `{"files":{"authorization/roles.json":{"roles":[{"name":"N","permissionNames":["Nope"]}]}}}`, "E024101"},
}

var badTenant = []refusd{
	{"an unknown tenant", `{"tenantId":"nowhere"}`, "404 E024301"},
	{"an over-long tenant", `{"tenantId":"` + over + over + `"}`, "404 E024301"},
}

func TestEveryManagementCallHasARow(t *testing.T) {
	seen := map[string]bool{}
	for _, rt := range management {
		name := rt.method + " " + rt.path
		seen[name] = true
		if _, ok := refusables[name]; !ok {
			t.Errorf("%s has no row in refusables", name)
		}
	}
	for name := range refusables {
		if !seen[name] {
			t.Errorf("%s is not a route", name)
		}
	}
}

// A stage is a server in world, with what stands for ${…} in bodies.
type stage struct {
	*server
	fill *strings.Replacer
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := newServer(t)
	for _, w := range world {
		if r := s.Send(t, "POST", w.path, w.body); r.Status != 200 {
			t.Fatalf("%s = %d %s", w.path, r.Status, r.Body)
		}
	}
	var key keyReply
	json.Unmarshal([]byte(s.Send(t, "POST", "/v1/mgmt/accesskey/create", `{"name":"key"}`).Body), &key)
	var alice userReply
	json.Unmarshal([]byte(s.Send(t, "GET", "/v1/mgmt/user?loginId=alice", "").Body), &alice)
	return &stage{s, strings.NewReplacer("${key}", key.Key.ID, "${alice}", alice.User.UserID, over, strings.Repeat("x", 9000))}
}

// ask sends members to a route, in its body or its query.
func (s *stage) ask(t *testing.T, rt route, members map[string]json.RawMessage, headers ...string) apitest.Response {
	t.Helper()
	if rt.method == "GET" || rt.method == "DELETE" {
		query := url.Values{}
		for name, value := range members {
			var text string
			if json.Unmarshal(value, &text) == nil {
				query.Set(name, text)
			}
		}
		return s.Send(t, rt.method, rt.path+"?"+query.Encode(), "", headers...)
	}
	body, _ := json.Marshal(members)
	return s.Send(t, rt.method, rt.path, string(body), headers...)
}

// refuses fails the test unless the answer is a refusal by code, which may have
// a status before it, and the project stays as it was.
func (s *stage) refuses(t *testing.T, what, code string, ask func() apitest.Response) {
	t.Helper()
	status := "400"
	if of, rest, ok := strings.Cut(code, " "); ok {
		status, code = of, rest
	}
	before := s.rc.Revision()
	got := ask()
	var body errorBody
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatalf("%s: %d, and no JSON: %s", what, got.Status, got.Body)
	}
	if fmt.Sprint(got.Status) != status || body.Code != code || body.Description == "" || body.Message == "" {
		t.Errorf("%s: %d %s, want %s %s", what, got.Status, got.Body, status, code)
	}
	if strings.Contains(got.Body, "xxxxxxxxxx") && len(got.Body) > 1000 {
		t.Errorf("%s: the answer repeats an over-long value", what)
	}
	if after := s.rc.Revision(); after != before {
		t.Errorf("%s: the revision moved from %d to %d", what, before, after)
	}
}

func parsed(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	all := map[string]json.RawMessage{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return all
}

func TestRefusedCallsChangeNothing(t *testing.T) {
	s := newStage(t)
	for _, rt := range management {
		row := refusables[rt.method+" "+rt.path]
		t.Run(rt.method+" "+rt.path, func(t *testing.T) {
			good := parsed(t, s.fill.Replace(row.good))
			for _, bearer := range []struct{ name, value string }{
				{"no bearer", ""},
				{"another scheme", "Basic " + s.rc.Project() + ":" + s.key},
				{"no project", "Bearer " + s.key},
				{"the project alone", "Bearer " + s.rc.Project()},
				{"an empty key", "Bearer " + s.rc.Project() + ":"},
				{"another project", "Bearer P" + strings.Repeat("x", 27) + ":" + s.key},
				{"a wrong key", "Bearer " + s.rc.Project() + ":" + s.key[:len(s.key)-1] + "~"},
				{"a part too many", "Bearer " + s.rc.Project() + ":" + s.key + ":" + s.key},
				{"a token for the key", "Bearer " + s.rc.Project() + ":eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},
			} {
				s.refuses(t, bearer.name, "401 "+noBearer, func() apitest.Response { return s.ask(t, rt, good, "Authorization", bearer.value) })
			}
			for name := range strings.FieldsSeq(row.required) {
				left := maps.Clone(good)
				delete(left, name)
				s.refuses(t, "without "+name, missing, func() apitest.Response { return s.ask(t, rt, left) })
				left[name] = json.RawMessage("null")
				s.refuses(t, "with null for "+name, missing, func() apitest.Response { return s.ask(t, rt, left) })
			}
			for _, r := range row.refused {
				changed := maps.Clone(good)
				maps.Copy(changed, parsed(t, s.fill.Replace(r.change)))
				s.refuses(t, r.name, r.code, func() apitest.Response { return s.ask(t, rt, changed) })
			}
			if rt.method == "GET" || rt.method == "DELETE" {
				return
			}
			for _, body := range []string{"{", "[]", `"text"`, "{}{}"} {
				s.refuses(t, "the body "+body, malformed, func() apitest.Response { return s.Send(t, rt.method, rt.path, body) })
			}
			for _, f := range api.FieldsOf(rt.in).All() {
				wrong := `{"a":[1]}`
				switch kind := f.Type.Kind(); {
				case f.Type == reflect.TypeFor[json.RawMessage]():
					continue
				case kind == reflect.Struct, kind == reflect.Map, kind == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
					wrong = `"text"`
				}
				changed := maps.Clone(good)
				changed[f.Name] = json.RawMessage(wrong)
				s.refuses(t, f.Name+" of a wrong type", invalid, func() apitest.Response { return s.ask(t, rt, changed) })
			}
		})
	}
	if log := s.Log(); log != "" {
		t.Errorf("the server logged %s", log)
	}
}

// SDKs send null for what is unset, and members that are not known here.
func TestNullIsAbsent(t *testing.T) {
	for _, rt := range management {
		row := refusables[rt.method+" "+rt.path]
		t.Run(rt.method+" "+rt.path, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			asked := parsed(t, s.fill.Replace(row.good))
			for _, f := range api.FieldsOf(rt.in).All() {
				if _, ok := asked[f.Name]; !ok && !slices.Contains(strings.Fields(row.required), f.Name) {
					asked[f.Name] = json.RawMessage("null")
				}
			}
			asked["unheardOf"] = json.RawMessage(`{"of":[null]}`)
			got := s.ask(t, rt, asked)
			if got.Status != 200 || !json.Valid([]byte(got.Body)) {
				t.Errorf("%d %s", got.Status, got.Body)
			}
			// An audit's data shows records as the journal has them.
			if strings.Contains(got.Body, "null") && rt.path != "/v1/mgmt/audit/search" {
				t.Errorf("the answer holds null: %s", got.Body)
			}
		})
	}
}

// What a key may do is what its subject may administer.
func TestAKeyWithoutRolesMayNothing(t *testing.T) {
	s := newStage(t)
	weak := s.newKey(t, "key_weak")
	for _, rt := range management {
		if rt.path == "/v1/mgmt/license" {
			continue
		}
		good := parsed(t, s.fill.Replace(refusables[rt.method+" "+rt.path].good))
		s.refuses(t, rt.method+" "+rt.path, "403 E011403", func() apitest.Response {
			return s.ask(t, rt, good, "Authorization", "Bearer "+s.rc.Project()+":"+weak)
		})
	}
}

func TestWhatIsNotHereIsRefusedInJSON(t *testing.T) {
	s := newStage(t)
	for target, code := range map[string]string{
		"GET /v1/mgmt/":                    "404 E011404",
		"GET /v1/mgmt/nothing":             "404 E011404",
		"POST /v1/mgmt/permission/all/x":   "404 E011404",
		"POST /v2/mgmt/role/create":        "404 E011404",
		"GET /v1/auth/nothing":             "404 E011404",
		"GET /v2/auth/":                    "404 E011404",
		"GET /v1":                          "404 E011404",
		"POST /v1/mgmt":                    "404 E011404",
		"GET /v2/keys":                     "404 E011404",
		"POST /v1/flow/start":              "404 E011404",
		"POST /v1/auth/otp/signin/email":   "404 E011404",
		"GET /v1//mgmt/permission/all":     "404 E011404",
		"GET /v1/mgmt/./permission/all":    "404 E011404",
		"GET /v1/mgmt/permission/create":   "405 E011405",
		"DELETE /v1/mgmt/permission/all":   "405 E011405",
		"POST /v1/mgmt/permission/all":     "405 E011405",
		"OPTIONS /v1/mgmt/user/patch":      "405 E011405",
		"POST /v1/mgmt/permission/create/": "404 E011404",
	} {
		method, path, _ := strings.Cut(target, " ")
		s.refuses(t, target, code, func() apitest.Response { return s.Send(t, method, path, "") })
	}
}
