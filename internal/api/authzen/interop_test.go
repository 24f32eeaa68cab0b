package authzen

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

// The working group's interop cases, each file against a project of its own.
// Every case is asked over HTTP and its answer is compared as a whole: status,
// decisions in order, and the very entities that a search finds.
func TestInterop(t *testing.T) {
	for _, tt := range []struct {
		cases, key, path string
		seed             string
		listed           bool // the seed's resources are listed in the setting
	}{
		{"todo/decisions-authorization-api-1_0-01.json", "evaluation", pathEvaluation, "todo.grants.json", false},
		{"todo/decisions-authorization-api-1_0-02.json", "evaluation", pathEvaluation, "todo.grants.json", false},
		{"todo/decisions-authorization-api-1_0-02.json", "evaluation", pathEvaluation, "todo.grants.json", true},
		{"todo/decisions-authorization-api-1_0-02.json", "evaluations", pathEvaluations, "todo.grants.json", false},
		{"todo/decisions-authorization-api-1_0-02.json", "evaluations", pathEvaluations, "todo.grants.json", true},
		{"api-gateway/decisions.json", "evaluation", pathEvaluation, "gateway.json", false},
		{"api-gateway/decisions.json", "evaluation", pathEvaluation, "gateway.json", true},
		{"search/subject-results.json", "evaluation", pathSubjectSearch, "search.grants.json", false},
		{"search/subject-results.json", "evaluation", pathSubjectSearch, "search.grants.json", true},
		{"search/resource-results.json", "evaluation", pathResourceSearch, "search.grants.json", false},
		{"search/resource-results.json", "evaluation", pathResourceSearch, "search.grants.json", true},
		{"search/action-results.json", "evaluation", pathActionSearch, "search.grants.json", false},
		{"search/action-results.json", "evaluation", pathActionSearch, "search.grants.json", true},
		{"idp/results.json", "search", pathResourceSearch, "search.grants.json", false},
		{"idp/results.json", "search", pathResourceSearch, "search.grants.json", true},
	} {
		resources := "open"
		if tt.listed {
			resources = "listed"
		}
		t.Run(fmt.Sprintf("%s %s, resources %s", strings.TrimSuffix(tt.cases, ".json"), tt.key, resources), func(t *testing.T) {
			p := newPDP(t, readSeed(t, tt.seed).records(t, tt.listed)...)
			cases := readCases(t, tt.cases, tt.key)
			passed := 0
			for i, c := range cases {
				got, want := c.normal(t, p.ask(tt.path, string(c.Request)))
				if d := diff.Diff(want, got); d != "" {
					t.Errorf("case %d: %s (-want +got):\n%s", i, c.Request, d)
					continue
				}
				passed++
			}
			t.Logf("%d of %d", passed, len(cases))
		})
	}
}

// An interopCase is one of the working group's.
type interopCase struct {
	Request  json.RawMessage `json:"request"`
	Expected json.RawMessage `json:"expected"`
}

func readCases(t *testing.T, file, key string) []interopCase {
	t.Helper()
	var cases map[string][]interopCase
	readJSON(t, file, &cases)
	if len(cases[key]) == 0 {
		t.Fatalf("%s has no cases %q", file, key)
	}
	return cases[key]
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile("testdata/interop/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// normal returns an answer and what was expected in forms to compare: the
// expected one is written as an answer, and entities found are sorted as text,
// as the working group's runners do.
func (c interopCase) normal(t *testing.T, answer string) (got, want []string) {
	t.Helper()
	var expected any
	if err := json.Unmarshal(c.Expected, &expected); err != nil {
		t.Fatal(err)
	}
	switch e := expected.(type) {
	case bool:
		return []string{answer}, []string{fmt.Sprintf(`{"decision":%v}`, e)}
	case []any:
		return []string{answer}, []string{`{"evaluations":` + compact(t, c.Expected) + `}`}
	}
	return resultsOf(t, answer), resultsOf(t, string(c.Expected))
}

// resultsOf returns the text of each result of a search, sorted.
func resultsOf(t testing.TB, answer string) []string {
	t.Helper()
	found := decode[struct{ Results []json.RawMessage }](t, answer)
	if found.Results == nil {
		t.Fatalf("no results in %s", answer)
	}
	all := []string{}
	for _, r := range found.Results {
		all = append(all, compact(t, r))
	}
	slices.Sort(all)
	return all
}

func compact(t testing.TB, text json.RawMessage) string {
	t.Helper()
	out, err := json.Marshal(text) // keeps the order of members
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A seed holds the facts that cases rest on.
type seed struct {
	Users     []entity
	Resources []entity
	Roles     []struct {
		Name     string
		Inherits []string
		Grants   []seedGrant
	}
	Assignments []struct {
		Subject, Role string
		On            *entity
	}
}

type seedGrant struct {
	Type       string `json:"resource_type"`
	Action     string `json:"action"`
	ResourceID string `json:"resource_id"`
}

func (g seedGrant) permission() rolecall.PermissionID {
	return rolecall.PermissionID(g.Type + ":" + g.Action)
}

func readSeed(t *testing.T, file string) (s seed) {
	t.Helper()
	readJSON(t, "seed/"+file, &s)
	return s
}

// records returns a seed as the core has it.
//
// A role's grant on one resource has no counterpart: here what is narrowed to a
// resource is an assignment. So it becomes a role of its own, "editor on
// route:/todos", that whoever has the role is assigned on that resource.
func (s seed) records(t *testing.T, listed bool) (all []rolecall.Record) {
	t.Helper()
	known := map[string]bool{}
	add := func(r rolecall.Record) {
		if key := string(r.Kind()) + "\t" + r.Key(); !known[key] {
			known[key] = true
			all = append(all, r)
		}
	}
	for _, u := range s.Users {
		add(&rolecall.User{ID: rolecall.SubjectID(u.ID)})
	}
	narrowed := map[string][]string{} // of each role, the resources it grants on
	for _, role := range s.Roles {
		add(&rolecall.Role{ID: rolecall.RoleID(role.Name), Name: role.Name})
		for _, g := range role.Grants {
			add(&rolecall.Permission{ID: g.permission(), Name: string(g.permission())})
			in := role.Name
			if g.ResourceID != "" {
				on := g.Type + ":" + g.ResourceID
				in = roleOn(role.Name, on)
				narrowed[role.Name] = append(narrowed[role.Name], on)
				add(&rolecall.Role{ID: rolecall.RoleID(in), Name: in})
			}
			add(&rolecall.Grant{Role: rolecall.RoleID(in), Permission: g.permission()})
		}
	}
	juniors := map[string][]string{}
	for _, role := range s.Roles {
		juniors[role.Name] = role.Inherits
		for _, junior := range role.Inherits {
			add(&rolecall.Inheritance{Senior: rolecall.RoleID(role.Name), Junior: rolecall.RoleID(junior)})
		}
	}
	for _, a := range s.Assignments {
		assigned := &rolecall.Assignment{Subject: rolecall.SubjectID(a.Subject), Role: rolecall.RoleID(a.Role)}
		if a.On != nil {
			assigned.Resource = a.On.Type + ":" + a.On.ID
		}
		add(assigned)
		for _, role := range closure(a.Role, juniors) {
			for _, on := range narrowed[role] {
				if assigned.Resource == "" || assigned.Resource == on {
					add(&rolecall.Assignment{Subject: assigned.Subject, Role: rolecall.RoleID(roleOn(role, on)), Scope: rolecall.Scope{Resource: on}})
				}
			}
		}
	}
	if listed {
		add(listing(t, s.Resources...))
	}
	slices.SortStableFunc(all, func(a, b rolecall.Record) int {
		return cmp.Compare(slices.Index(rolecall.Kinds, a.Kind()), slices.Index(rolecall.Kinds, b.Kind()))
	})
	return all
}

func roleOn(role, resource string) string { return role + " on " + resource }

// closure returns a role and all that it inherits from.
func closure(role string, juniors map[string][]string) []string {
	all := []string{role}
	for i := 0; i < len(all); i++ {
		for _, junior := range juniors[all[i]] {
			if !slices.Contains(all, junior) {
				all = append(all, junior)
			}
		}
	}
	return all
}

// listing returns the setting that lists resources, so that their types have no others.
func listing(t testing.TB, resources ...entity) *rolecall.Setting {
	t.Helper()
	s := setting{Resources: map[string]ids{}}
	for _, r := range resources {
		s.Resources[r.Type] = append(s.Resources[r.Type], r.ID)
	}
	value, err := json.Marshal(map[string]any{"resources": s.Resources})
	if err != nil {
		t.Fatal(err)
	}
	return &rolecall.Setting{Name: door, Value: value}
}
