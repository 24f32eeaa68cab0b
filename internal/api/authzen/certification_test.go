package authzen

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

// office is a project in which alice may read every record and write record 1,
// bob may read record 2, a service may read every record, and mallory, who may
// all of that, is blocked. The tenant acme has carol, who may read there.
// Printing goes by a permission that names no type.
func office() []rolecall.Record {
	return []rolecall.Record{
		&rolecall.Tenant{ID: "acme", Name: "Acme"},
		&rolecall.Tenant{ID: "a/b %", Name: "Odd"},
		&rolecall.User{ID: "alice"},
		&rolecall.User{ID: "bob", Attributes: rolecall.Attributes(`{"role":"admin"}`)},
		&rolecall.User{ID: "carol"},
		&rolecall.User{ID: "mallory", Blocked: true},
		&rolecall.Client{ID: "service", Name: "Service"},
		&rolecall.Group{ID: "staff", Name: "Staff"},
		&rolecall.Permission{ID: "record:read", Name: "record:read"},
		&rolecall.Permission{ID: "record:write", Name: "record:write"},
		&rolecall.Permission{ID: "record:delete", Name: "record:delete"},
		&rolecall.Permission{ID: "print", Name: "print"},
		&rolecall.Role{ID: "reader", Name: "Reader"},
		&rolecall.Role{ID: "writer", Name: "Writer"},
		&rolecall.Inheritance{Senior: "writer", Junior: "reader"},
		&rolecall.Grant{Role: "reader", Permission: "record:read"},
		&rolecall.Grant{Role: "writer", Permission: "record:write"},
		&rolecall.Assignment{Subject: "alice", Role: "reader"},
		&rolecall.Assignment{Subject: "alice", Role: "writer", Scope: rolecall.Scope{Resource: "record:1"}},
		&rolecall.Assignment{Subject: "bob", Role: "reader", Scope: rolecall.Scope{Resource: "record:2"}},
		&rolecall.Assignment{Subject: "carol", Role: "reader", Scope: rolecall.Scope{Tenant: "acme"}},
		&rolecall.Assignment{Subject: "carol", Role: "writer", Scope: rolecall.Scope{Tenant: "acme", Resource: "record:3"}},
		&rolecall.Assignment{Subject: "mallory", Role: "writer"},
		&rolecall.Assignment{Subject: "service", Role: "reader"},
		&rolecall.Assignment{Subject: "staff", Role: "reader"},
		&rolecall.DirectGrant{Subject: "alice", Permission: "print"},
	}
}

func asked(subject, action, resource string) string {
	return fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"record","id":%q}}`, subject, action, resource)
}

func TestEvaluation(t *testing.T) {
	p := newPDP(t, office()...)
	for _, tt := range []struct {
		name, body string
		want       bool
	}{
		{"a role gives its permission on every resource", asked("alice", "read", "2"), true},
		{"and on one that nobody has heard of, while its type is open", asked("alice", "read", "77"), true},
		{"a role on one resource gives it there", asked("alice", "write", "1"), true},
		{"and nowhere else", asked("alice", "write", "2"), false},
		{"nobody's role gives it", asked("alice", "delete", "1"), false},
		{"an inherited role gives it", asked("bob", "read", "2"), true},
		{"what is held in a tenant counts at that tenant's point alone", asked("carol", "read", "1"), false},
		{"a blocked subject is denied", asked("mallory", "read", "1"), false},
		{"an unknown subject is denied", asked("nobody", "read", "1"), false},
		{"an unknown action is denied", asked("alice", "fly", "1"), false},
		{"a permission's own name is not an action, if it names a type", asked("alice", "record:read", "1"), false},
		{"what is stored beside a user is not a role", asked("bob", "write", "1"), false},
		{"an unknown type of subject is denied",
			`{"subject":{"type":"person","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`, false},
		{"identity is another word for user",
			`{"subject":{"type":"identity","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`, true},
		{"a client is not a user of the same id",
			`{"subject":{"type":"user","id":"service"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`, false},
		{"it goes by client",
			`{"subject":{"type":"client","id":"service"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`, true},
		{"a group does nothing itself",
			`{"subject":{"type":"user","id":"staff"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`, false},
		{"an unknown type of resource is denied",
			`{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"spaceship","id":"1"}}`, false},
		{"a permission that names no type is for all of them",
			`{"subject":{"type":"user","id":"alice"},"action":{"name":"print"},"resource":{"type":"spaceship","id":"1"}}`, true},
		{"a type with a colon could be two, and is none",
			`{"subject":{"type":"user","id":"alice"},"action":{"name":"print"},"resource":{"type":"record:1","id":"x"}}`, false},
		{"roles that the caller asserts are not believed",
			`{"subject":{"type":"user","id":"bob","properties":{"role":"admin","roles":["writer"],"groups":["staff"]}},
			  "action":{"name":"write","properties":{"soft":true}},
			  "resource":{"type":"record","id":"1","properties":{"owner":"bob"}}}`, false},
		{"nor a tenant",
			`{"tenant":"acme","subject":{"type":"user","id":"carol","properties":{"tenant":"acme"}},
			  "action":{"name":"read"},"resource":{"type":"record","id":"1"},"context":{"tenant":"acme"}}`, false},
		{"members in another order, and unknown ones, change nothing",
			`{"zeta":[null,{"a":1}],"resource":{"id":"1","x":null,"type":"record"},"action":{"name":"write"},"subject":{"id":"alice","type":"user"}}`, true},
		{"nor does a context",
			`{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":"1"},"context":{"time":"2026-01-01T00:00:00Z","explain":"no"}}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, want := p.in(t), fmt.Sprintf(`{"decision":%v}`, tt.want)
			if got := p.ask(pathEvaluation, tt.body); got != want {
				t.Errorf("%s = %s, want %s", tt.body, got, want)
			}
			for _, of := range []string{`{`, `{"evaluations":[],`} {
				if got := p.ask(pathEvaluations, of+tt.body[1:]); got != want {
					t.Errorf("a batch of none: %s, want %s", got, want)
				}
			}
		})
	}
}

func TestEvaluationSaysWhyIfAsked(t *testing.T) {
	p := newPDP(t, append(office(), listing(t, entity{"folder", "f"}))...)
	for reason, body := range map[rolecall.Reason]string{
		rolecall.Granted:           `"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}`,
		rolecall.NotGranted:        `"subject":{"type":"user","id":"bob"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}`,
		rolecall.Blocked:           `"subject":{"type":"user","id":"mallory"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}`,
		rolecall.UnknownSubject:    `"subject":{"type":"robot","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}`,
		rolecall.UnknownPermission: `"subject":{"type":"user","id":"alice"},"action":{"name":"fly"},"resource":{"type":"record","id":"1"}`,
		unknownResource:            `"subject":{"type":"user","id":"alice"},"action":{"name":"print"},"resource":{"type":"folder","id":"1"}`,
	} {
		want := fmt.Sprintf(`{"decision":%v,"context":{"reason":%q}}`, reason == rolecall.Granted, reason)
		if got := p.ask(pathEvaluation, `{"context":{"explain":true},`+body+`}`); got != want {
			t.Errorf("%s = %s, want %s", body, got, want)
		}
	}
}

func TestEvaluations(t *testing.T) {
	p := newPDP(t, office()...)
	const (
		alice  = `"subject":{"type":"user","id":"alice"}`
		write  = `"action":{"name":"write"}`
		read   = `"action":{"name":"read"}`
		first  = `"resource":{"type":"record","id":"1"}`
		second = `"resource":{"type":"record","id":"2"}`
	)
	for _, tt := range []struct {
		name, body, want string
	}{
		{"results come in the order of items",
			`{` + alice + `,` + write + `,"evaluations":[{` + first + `},{` + second + `},{` + first + `}]}`,
			`[true,false,true]`},
		{"items need no defaults",
			`{"evaluations":[{` + alice + `,` + write + `,` + first + `}]}`,
			`[true]`},
		{"an item of nothing is the defaults",
			`{` + alice + `,` + write + `,` + first + `,"evaluations":[{}]}`,
			`[true]`},
		{"a default that no item needs may be incomplete",
			`{` + alice + `,` + write + `,"resource":{},"evaluations":[{` + first + `}]}`,
			`[true]`},
		{"an item's member replaces the default's as a whole",
			`{` + alice + `,` + write + `,` + first + `,"evaluations":[{"resource":{"id":"1"}},{"subject":{"type":"user"}},{}]}`,
			`[false,false,true]`},
		{"an item without a resource is denied, the others are not",
			`{` + alice + `,` + read + `,"evaluations":[{` + first + `},{},{` + second + `}]}`,
			`[true,false,true]`},
		{"so is one of another type, or with a member of another type",
			`{` + alice + `,` + read + `,` + first + `,"evaluations":[7,"x",null,[],{"resource":"1"},{"action":{"name":7}},{"subject":null},{"context":1},{}]}`,
			`[false,false,false,false,false,false,false,false,true]`},
		{"all are answered by default",
			`{` + alice + `,` + write + `,"evaluations":[{` + second + `},{` + first + `}],"options":{"evaluations_semantic":"execute_all","other":1}}`,
			`[false,true]`},
		{"up to the first denial, if asked",
			`{` + alice + `,` + write + `,"evaluations":[{` + first + `},{` + second + `},{` + first + `}],"options":{"evaluations_semantic":"deny_on_first_deny"}}`,
			`[true,false]`},
		{"which a mistake is too",
			`{` + alice + `,` + write + `,"evaluations":[{},{` + first + `}],"options":{"evaluations_semantic":"deny_on_first_deny"}}`,
			`[false]`},
		{"up to the first permit, if asked",
			`{` + alice + `,` + write + `,"evaluations":[{` + second + `},{` + first + `},{` + second + `}],"options":{"evaluations_semantic":"permit_on_first_permit"}}`,
			`[false,true]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := p.in(t).ask(pathEvaluations, tt.body)
			got := decode[struct{ Evaluations []map[string]bool }](t, text) // a context would not fit
			want := decode[[]bool](t, tt.want)
			var decisions []bool
			for _, d := range got.Evaluations {
				decisions = append(decisions, d["decision"])
			}
			if diff := cmp.Diff(want, decisions); diff != "" {
				t.Errorf("%s (-want +got):\n%s", text, diff)
			}
		})
	}

	t.Run("an item's reason comes with it if its context asks", func(t *testing.T) {
		got := p.ask(pathEvaluations, `{`+alice+`,`+read+`,"context":{"explain":true},"evaluations":[{`+first+`},{},{`+first+`,"context":{}}]}`)
		want := `{"evaluations":[{"decision":true,"context":{"reason":"granted"}},` +
			`{"decision":false,"context":{"reason":"invalid_request","error":"resource is required"}},{"decision":true}]}`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestSearch(t *testing.T) {
	p := newPDP(t, append(office(), listing(t, entity{"folder", "f"}, entity{"folder", "e"}))...)
	p.add(
		&rolecall.Permission{ID: "folder:open", Name: "folder:open"},
		&rolecall.DirectGrant{Subject: "alice", Permission: "folder:open"},
		&rolecall.DirectGrant{Subject: "bob", Permission: "folder:open", Scope: rolecall.Scope{Resource: "folder:f"}},
		&rolecall.DirectGrant{Subject: "bob", Permission: "folder:open", Scope: rolecall.Scope{Resource: "folder:gone"}},
	)
	subjects := func(kind, action, of, id string) string {
		return fmt.Sprintf(`{"subject":{"type":%q},"action":{"name":%q},"resource":{"type":%q,"id":%q}}`, kind, action, of, id)
	}
	resources := func(kind, id, action, of string) string {
		return fmt.Sprintf(`{"subject":{"type":%q,"id":%q},"action":{"name":%q},"resource":{"type":%q}}`, kind, id, action, of)
	}
	actions := func(kind, id, of, resource string) string {
		return fmt.Sprintf(`{"subject":{"type":%q,"id":%q},"resource":{"type":%q,"id":%q}}`, kind, id, of, resource)
	}
	for _, tt := range []struct {
		name, path, body, want string
	}{
		{"subjects who may, of the searched type alone", pathSubjectSearch,
			subjects("user", "read", "record", "2"), `{"results":[{"type":"user","id":"alice"},{"type":"user","id":"bob"}]}`},
		{"by the word that was asked with", pathSubjectSearch,
			subjects("identity", "write", "record", "1"), `{"results":[{"type":"identity","id":"alice"}]}`},
		{"clients who may", pathSubjectSearch,
			subjects("client", "read", "record", "2"), `{"results":[{"type":"client","id":"service"}]}`},
		{"no subject may", pathSubjectSearch, subjects("user", "delete", "record", "1"), `{"results":[]}`},
		{"no subject of an unknown type", pathSubjectSearch, subjects("person", "read", "record", "1"), `{"results":[]}`},
		{"no subject for an unknown action", pathSubjectSearch, subjects("user", "fly", "record", "1"), `{"results":[]}`},
		{"no subject for an unknown type of resource", pathSubjectSearch, subjects("user", "read", "spaceship", "1"), `{"results":[]}`},
		{"no subject for a resource that its type does not list", pathSubjectSearch, subjects("user", "open", "folder", "gone"), `{"results":[]}`},
		{"subjects for one that it lists", pathSubjectSearch,
			subjects("user", "open", "folder", "f"), `{"results":[{"type":"user","id":"alice"},{"type":"user","id":"bob"}]}`},
		{"an id of what is searched for is not looked at", pathSubjectSearch,
			`{"subject":{"type":"user","id":7},"action":{"name":"write"},"resource":{"type":"record","id":"1"}}`, `{"results":[{"type":"user","id":"alice"}]}`},

		{"resources that are known, to who may everywhere, which it says", pathResourceSearch,
			resources("user", "alice", "read", "record"), `{"context":{"every":true},"results":[{"type":"record","id":"1"},{"type":"record","id":"2"}]}`},
		{"resources that a role is on", pathResourceSearch,
			resources("user", "alice", "write", "record"), `{"results":[{"type":"record","id":"1"}]}`},
		{"no resource", pathResourceSearch, resources("user", "bob", "write", "record"), `{"results":[]}`},
		{"no resource for an unknown subject", pathResourceSearch, resources("user", "nobody", "read", "record"), `{"results":[]}`},
		{"nor for one of an unknown type", pathResourceSearch, resources("person", "alice", "read", "record"), `{"results":[]}`},
		{"nor for a blocked one", pathResourceSearch, resources("user", "mallory", "read", "record"), `{"results":[]}`},
		{"no resource of an unknown type", pathResourceSearch, resources("user", "alice", "read", "spaceship"), `{"results":[]}`},
		{"no resource for an unknown action", pathResourceSearch, resources("user", "alice", "fly", "record"), `{"results":[]}`},
		{"resources that the type lists, all of them", pathResourceSearch,
			resources("user", "alice", "open", "folder"), `{"results":[{"type":"folder","id":"e"},{"type":"folder","id":"f"}]}`},
		{"and not those that it does not list", pathResourceSearch,
			resources("user", "bob", "open", "folder"), `{"results":[{"type":"folder","id":"f"}]}`},
		{"an id of what is searched for is not looked at here either", pathResourceSearch,
			`{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":"2"}}`, `{"results":[{"type":"record","id":"1"}]}`},

		{"actions of the type, and those of every type", pathActionSearch,
			actions("user", "alice", "record", "1"), `{"results":[{"name":"print"},{"name":"read"},{"name":"write"}]}`},
		{"on another resource", pathActionSearch,
			actions("user", "alice", "record", "2"), `{"results":[{"name":"print"},{"name":"read"}]}`},
		{"no action", pathActionSearch, actions("user", "bob", "record", "1"), `{"results":[]}`},
		{"no action for an unknown subject", pathActionSearch, actions("user", "nobody", "record", "1"), `{"results":[]}`},
		{"nor for one of an unknown type", pathActionSearch, actions("person", "alice", "record", "1"), `{"results":[]}`},
		{"no action of its own on an unknown type", pathActionSearch, actions("user", "bob", "spaceship", "1"), `{"results":[]}`},
		{"no action on a resource that its type does not list", pathActionSearch, actions("user", "alice", "folder", "gone"), `{"results":[]}`},
		{"actions on one that it lists", pathActionSearch,
			actions("user", "alice", "folder", "f"), `{"results":[{"name":"open"},{"name":"print"}]}`},
		{"a member action is unknown to this search", pathActionSearch,
			`{"action":7,"subject":{"type":"user","id":"bob"},"resource":{"type":"record","id":"2"}}`, `{"results":[{"name":"read"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.in(t).ask(tt.path, tt.body); got != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.body, got, tt.want)
			}
		})
	}
}

// What a search finds is what evaluation permits: for each kind of search, over
// every name in the office.
func TestSearchAgreesWithEvaluation(t *testing.T) {
	for _, tt := range []struct {
		name string
		more []rolecall.Record
	}{
		{"as it is", nil},
		{"with listed records", []rolecall.Record{listing(t, entity{"record", "1"}, entity{"record", "9"})}},
		{"with a type's own print", []rolecall.Record{
			&rolecall.Permission{ID: "record:print", Name: "record:print"},
			&rolecall.DirectGrant{Subject: "bob", Permission: "record:print", Scope: rolecall.Scope{Resource: "record:1"}},
		}},
		{"with plain names alone", []rolecall.Record{
			&rolecall.Setting{Name: door, Value: []byte(`{"permission":"{action}"}`)},
		}},
		{"with the type last", []rolecall.Record{
			&rolecall.Setting{Name: door, Value: []byte(`{"permission":"{action}:{type}"}`)},
			&rolecall.Permission{ID: "read:record", Name: "read:record"},
			&rolecall.DirectGrant{Subject: "bob", Permission: "read:record"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDP(t, append(office(), tt.more...)...)
			types := []string{"record", "spaceship", "read"}
			subjects := []string{"alice", "bob", "carol", "mallory", "service"}
			names := []string{"read", "write", "print", "record", "record:read", "read:record"}
			ids := []string{"1", "3", "9"}
			for _, point := range []string{"", "/t/acme"} {
				var keys, items []string
				for _, s := range subjects {
					for _, n := range names {
						for _, k := range types {
							for _, id := range ids {
								keys = append(keys, fmt.Sprint(s, n, k, id))
								items = append(items, fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":%q,"id":%q}}`, s, n, k, id))
							}
						}
					}
				}
				batch := p.ask(point+pathEvaluations, `{"evaluations":[`+strings.Join(items, ",")+`]}`)
				permitted := map[string]bool{}
				for i, d := range decode[struct{ Evaluations []decision }](t, batch).Evaluations {
					permitted[keys[i]] = d.Decision
				}
				same := func(path, body, of string, found []string, all []string, key func(string) string) {
					t.Helper()
					for _, one := range all {
						in := false
						for _, f := range found {
							in = in || f == fmt.Sprintf(of, one)
						}
						if want := permitted[key(one)]; in != want {
							t.Errorf("%s%s %s: %s is found: %v, permitted: %v", point, path, body, one, in, want)
						}
					}
				}
				for _, k := range types {
					for _, id := range ids {
						for _, n := range names {
							body := fmt.Sprintf(`{"subject":{"type":"user"},"action":{"name":%q},"resource":{"type":%q,"id":%q}}`, n, k, id)
							same(pathSubjectSearch, body, `{"type":"user","id":"%s"}`, resultsOf(t, p.ask(point+pathSubjectSearch, body)), subjects,
								func(s string) string { return fmt.Sprint(s, n, k, id) })
						}
						for _, s := range subjects {
							body := fmt.Sprintf(`{"subject":{"type":"user","id":%q},"resource":{"type":%q,"id":%q}}`, s, k, id)
							same(pathActionSearch, body, `{"name":"%s"}`, resultsOf(t, p.ask(point+pathActionSearch, body)), names,
								func(n string) string { return fmt.Sprint(s, n, k, id) })
						}
					}
				}
				// Record 1 is known everywhere, 3 in acme alone, unless they are listed.
				known := []string{"1"}
				if tt.name == "with listed records" {
					known = ids
				} else if point != "" {
					known = append(known, "3")
				}
				for _, s := range subjects {
					for _, n := range names {
						body := fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"record"}}`, s, n)
						same(pathResourceSearch, body, `{"type":"record","id":"%s"}`, resultsOf(t, p.ask(point+pathResourceSearch, body)), known,
							func(id string) string { return fmt.Sprint(s, n, "record", id) })
					}
				}
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	p := newPDP(t, office()...)
	for path, point := range map[string]string{
		"":                  "https://pdp.example",
		"/t/acme":           "https://pdp.example/t/acme",
		"/t/no-such-tenant": "https://pdp.example/t/no-such-tenant",
		"/t/a%2Fb%20%25":    "https://pdp.example/t/a%2Fb%20%25",
	} {
		got := p.send("GET", "/.well-known/authzen-configuration"+path, "", "Authorization: ", "X-Request-ID: m-1")
		want := map[string]string{
			"policy_decision_point":       point,
			"access_evaluation_endpoint":  point + "/access/v1/evaluation",
			"access_evaluations_endpoint": point + "/access/v1/evaluations",
			"search_subject_endpoint":     point + "/access/v1/search/subject",
			"search_resource_endpoint":    point + "/access/v1/search/resource",
			"search_action_endpoint":      point + "/access/v1/search/action",
		}
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" || got.header.Get("X-Request-ID") != "m-1" {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		if diff := cmp.Diff(want, decode[map[string]string](t, got.body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	for _, path := range []string{"/", "/other", "/t", "/t/acme/x"} {
		if got := p.send("GET", "/.well-known/authzen-configuration"+path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got.status)
		}
	}
}

// The document of a point whose identifier has a path stands between host and path.
func TestMetadataBelowAPath(t *testing.T) {
	m, err := newMetadata("https://h.example/auth/")
	if err != nil {
		t.Fatal(err)
	}
	if m.root != "https://h.example/auth" || m.base != "/auth" {
		t.Errorf("%+v", m)
	}
	for _, bad := range []string{"", "h.example", "https://h.example/?q", "https://h.example/#f", "/x"} {
		if _, err := newMetadata(bad); err == nil {
			t.Errorf("newMetadata(%q) is no error", bad)
		}
	}
}
