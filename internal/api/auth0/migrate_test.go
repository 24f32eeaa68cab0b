package auth0

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// systemLister lists a project's records, for whoever holds it.
type systemLister struct{ rc *rolecall.Service }

func (l systemLister) List(ctx context.Context, q rolecall.Query) (rolecall.Page, error) {
	return l.rc.List(ctx, rolecall.System("test"), q)
}

// answers are what the API says of a stage, as files of an import, with the ids
// that answers about parts were asked for.
func (s *stage) answers(t *testing.T) (files []migrate.File) {
	t.Helper()
	about := func(name, id, path, as string) {
		got := s.ask(t, "GET", path, "")
		if got.Status != 200 {
			t.Fatalf("GET %s = %d %s", path, got.Status, got.Body)
		}
		text := got.Body
		if as != "" {
			text = `{"` + name + `":` + jsonOf(s.fill.Replace(id)) + `,"` + as + `":` + text + `}`
		}
		files = append(files, migrate.File{Name: path, Data: []byte(text)})
	}
	about("", "", "/resource-servers", "")
	about("", "", "/roles?include_totals=true", "")
	about("id", "reader", "/roles/reader/permissions", "permissions")
	about("", "", "/organizations?take=50", "")
	about("id", "${org}", "/organizations/${org}/members?fields=user_id,roles", "members")
	about("", "", "/users", "")
	about("user_id", "${user}", "/users/${user}/roles", "roles")
	return files
}

func TestWhatIsExportedIsImported(t *testing.T) {
	from, to := newStage(t), newServer(t)
	from.ask(t, "PATCH", "/users/${other}", `{"app_metadata":{"plan":"pro"},"nickname":"Bobby","shoe":38,"phone_number":"+15555550100","phone_verified":true}`)
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
	again := (&stage{to, from.fill}).answers(t)
	if d := cmp.Diff(timeless(t, files), timeless(t, again)); d != "" {
		t.Errorf("what came out differs (-from +to):\n%s", d)
	}
}

func timeless(t *testing.T, files []migrate.File) (all []any) {
	t.Helper()
	var clean func(any)
	clean = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range []string{"created_at", "updated_at", "last_password_reset"} {
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

// Nothing that a file can say makes reading it fail otherwise than by a problem
// with a place, or makes a record of what administers.
func FuzzReadExport(f *testing.F) {
	for _, seed := range []string{
		`{"user_id":"auth0|1","email":"a@x","roles":["Owner","owner"],"organizations":[{"id":"o","roles":["owner"]}],"password_hash":"x"}`,
		`{"roles":[{"id":"owner","name":"x"},{"id":"r","name":"Owner"},{"name":""}],"resource_servers":[{"identifier":"rolecall","scopes":[{"value":"rolecall:escalate"}]}]}`,
		`{"identifier":"https://x/api/v2/"}` + "\n[null,1,[]]" + `{"id":"rol_1","permissions":[{"resource_server_identifier":"rolecall","permission_name":"rolecall:escalate"}]}`,
		`{"_id":{"$oid":"1"},"passwordHash":7}{"id":"org_1","name":"o","members":[{"user_id":"u","roles":[7]}]}`,
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
				switch r := part.Record.(type) {
				case *rolecall.Assignment:
					if rolecall.BuiltIn(&rolecall.Role{ID: r.Role}) {
						t.Errorf("%s is assigned", r.Role)
					}
				case *rolecall.Grant:
					if strings.HasPrefix(string(r.Permission), "rolecall:") || rolecall.BuiltIn(r) {
						t.Errorf("%s is granted", r.Permission)
					}
				case *rolecall.DirectGrant:
					if strings.HasPrefix(string(r.Permission), "rolecall:") {
						t.Errorf("%s is granted", r.Permission)
					}
				case *rolecall.API, *rolecall.Permission, *rolecall.Role:
					if rolecall.BuiltIn(r) {
						t.Errorf("a built-in %s", r.Kind())
					}
				}
			}
		}
	})
}
