package descope

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// everything is a project that has something of all that can be imported.
var everything = [][2]string{
	{"permission/create/batch", `{"permissions":[{"name":"Read","description":"To read"},{"name":"Edit \"as\" é"}]}`},
	{"role/create/batch", `{"roles":[{"name":"Reader","permissionNames":["Read"],"private":true},{"name":"Idle","description":"Nothing"}]}`},
	{"tenant/create", `{"id":"acme","name":"Acme","selfProvisioningDomains":["acme.example"],"customAttributes":{"plan":"pro","seats":7},
		"enforceSSO":true,"enforceSSOExclusions":["x"],"disabled":true,"roleInheritance":"userOnly"}`},
	{"tenant/create", `{"id":"a/b c|é","name":"Globex","parent":"acme"}`},
	{"tenant/updateDefaultRoles", `{"id":"acme","defaultRoles":["Idle"]}`},
	{"role/create", `{"name":"Reader","tenantId":"acme","permissionNames":["Edit \"as\" é"]}`},
	{"user/create", `{"loginId":"Ada@Example.com","additionalLoginIds":["ada","+1 555 555 0100"],"displayName":"Ada","givenName":"A","middleName":"B","familyName":"C",
		"email":"other@example.com","phone":"+15555550199","verifiedPhone":true,"picture":"https://x.example/a.png","customAttributes":{"list":[1,{"a":null}]},
		"roleNames":["Reader","Idle"],"userTenants":[{"tenantId":"acme","roleNames":["Reader"]},{"tenantId":"a/b c|é","roleNames":["Reader"]}],"ssoAppIDs":["app"]}`},
	{"user/create", `{"loginId":"bob","status":"disabled"}`},
	{"user/create/test", `{"loginId":"tess","status":"enabled","test":true}`},
	{"sso/saml", `{"tenantId":"acme","redirectUrl":"https://app.example","domains":["acme.example"],"settings":{"idpUrl":"https://idp.example","entityId":"idp","idpCert":"cert",
		"attributeMapping":{"email":"mail"},"roleMappings":[{"groups":["g","h"],"roleName":"Reader"}],"defaultSSORoles":["Idle"]}}`},
	{"sso/oidc", `{"tenantId":"a/b c|é","settings":{"name":"OP","clientId":"c","clientSecret":"s","scope":["openid"],"JWKsUrl":"https://op.example/jwks",
		"userAttrMapping":{"email":"email"},"roleMappings":[{"groups":["staff"],"roleName":"Idle"}]}}`},
}

// answers are what the management API says of a project, without the times
// that it begins to be here at.
func (s *server) answers(t *testing.T) (files []migrate.File) {
	t.Helper()
	for _, call := range [][3]string{
		{"GET", "/v1/mgmt/permission/all"}, {"GET", "/v1/mgmt/role/all"}, {"GET", "/v1/mgmt/tenant/all"},
		{"POST", "/v2/mgmt/user/search", `{"withTestUser":true}`},
		{"GET", "/v2/mgmt/sso/settings?tenantId=acme"}, {"GET", "/v2/mgmt/sso/settings/all?tenantId=a%2Fb+c%7C%C3%A9"},
	} {
		reply := s.do(t, call[0], call[1], call[2])
		data, _ := json.Marshal(reply)
		files = append(files, migrate.File{Name: call[1], Data: data})
	}
	return files
}

func timeless(t *testing.T, files []migrate.File) (all []any) {
	t.Helper()
	var clean func(any)
	clean = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range []string{"createdTime", "modifiedTime", "spEntityId", "spACSUrl"} {
				delete(v, name)
			}
			for _, each := range v {
				clean(each)
			}
		case []any:
			for _, each := range v {
				clean(each)
			}
		}
	}
	for _, f := range files {
		var v any
		if err := json.Unmarshal(f.Data, &v); err != nil {
			t.Fatal(err)
		}
		clean(v)
		all = append(all, v)
	}
	return all
}

func TestWhatIsExportedIsImported(t *testing.T) {
	from, to := newServer(t), newServer(t)
	for _, call := range everything {
		from.do(t, "POST", "/v1/mgmt/"+call[0], call[1])
	}
	files := from.answers(t)
	export, err := ReadExport(t.Context(), systemLister{to.rc}, files, ExportOptions{})
	if err != nil || len(export.Problems) > 0 {
		t.Fatalf("ReadExport = %v, %v", err, export.Problems)
	}
	for range 2 { // the second time changes nothing
		for _, item := range export.Items {
			for _, part := range item.Parts {
				if _, err := to.rc.Write(t.Context(), rolecall.System("test"), rolecall.Put(part.Record)); err != nil {
					t.Fatalf("%s %q: %v", item.What, item.Name, err)
				}
			}
		}
	}
	if d := cmp.Diff(timeless(t, files), timeless(t, to.answers(t))); d != "" {
		t.Errorf("what came out differs (-from +to):\n%s", d)
	}
}

// Nothing that a file can say makes reading it fail otherwise than by a problem
// at a line, or makes a record of what administers.
func FuzzReadExport(f *testing.F) {
	for _, seed := range []string{
		`{"users":[{"userId":"U","loginIds":["a"],"roleNames":["Owner"],"userTenants":[{"tenantId":"t","roleNames":["Tenant Admin"]}]}]}`,
		`{"roles":[{"id":"owner","name":"x"},{"id":"r","name":"Owner"},{"name":""}],"permissions":[{"name":"rolecall:escalate"}]}`,
		`{"files":{"a/roles.json":[{"name":"n","permissionNames":["p"]}],"b":7}}` + "\n[null,1,[]]",
		`{"tenant":{"id":"t"},"saml":{"idpEntityId":"e","groupsMapping":[{"role":null,"groups":null}]}}`,
		`{"users":[{"loginId":"a","hashedPassword":{"bcrypt":{"hash":"x"}},"password":7}],"user":null}`,
	} {
		f.Add([]byte(seed))
	}
	s := newServer(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		export, err := ReadExport(t.Context(), systemLister{s.rc}, []migrate.File{{Name: "f", Data: data}}, ExportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range export.Problems {
			if p.Err == nil || p.Err.Error() == "" || p.File != "f" {
				t.Errorf("a problem without a text or a place: %+v", p)
			}
		}
		for _, item := range export.Items {
			for _, part := range item.Parts {
				a, ok := part.Record.(*rolecall.Assignment)
				if ok && rolecall.BuiltIn(&rolecall.Role{ID: a.Role}) || part.Record != nil && rolecall.BuiltIn(part.Record) {
					t.Errorf("%s makes %s", item.Name, fmt.Sprint(part.Record))
				}
			}
		}
	})
}

// systemLister lists as the command line on a data file does.
type systemLister struct{ *rolecall.Service }

func (l systemLister) List(ctx context.Context, q rolecall.Query) (rolecall.Page, error) {
	return l.Service.List(ctx, rolecall.System("test"), q)
}
