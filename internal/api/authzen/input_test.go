package authzen

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

const (
	someSubject  = `"subject":{"type":"user","id":"alice"}`
	someAction   = `"action":{"name":"read"}`
	someResource = `"resource":{"type":"record","id":"1"}`
	someQuestion = someSubject + "," + someAction + "," + someResource
)

// Bad input is a 400 whose body is one line that names the member and the rule.
func TestBadInput(t *testing.T) {
	p := newPDP(t, office()...)
	all := []string{pathEvaluation, pathEvaluations, pathSubjectSearch, pathResourceSearch, pathActionSearch}
	evaluations := []string{pathEvaluation, pathEvaluations}
	searches := all[2:]
	for _, tt := range []struct {
		name  string
		paths []string
		body  string
		want  string
	}{
		{"an empty body", all, ``, "body is not JSON from byte 0 on"},
		{"no JSON", all, `{"subject"`, "body is not JSON from byte 10 on"},
		{"two values", all, `{} {}`, "body must be one JSON value and nothing after it"},
		{"an array", all, `[]`, "body must be an object"},
		{"null", all, `null`, "body must be an object"},
		{"not UTF-8", all, "{\"\xff\":1}", "body must be valid UTF-8"},
		{"a lone surrogate", all, `{"x":"\ud800"}`, "x must not contain half of a surrogate pair"},
		{"nesting without end", all, `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "body must not nest deeper than 64 levels"},
		{"a member twice", all, `{` + someQuestion + `,` + someSubject + `}`, "subject is given twice"},
		{"an unknown member twice", all, `{` + someQuestion + `,"x":1,"x":1}`, "x is given twice"},
		{"a member twice that is spelt in two ways", all, `{` + someQuestion + `,"\u0073ubject":{}}`, "subject is given twice"},
		{"a member twice further in", all, `{"subject":{"type":"user","id":"bob","id":"alice"},` + someAction + `,` + someResource + `}`, "subject.id is given twice"},
		{"even where nothing is read", all, `{` + someQuestion + `,"x":[{"y":{"a":1,"a":2}}]}`, "x[0].y.a is given twice"},
		{"a name in other letters", all, `{"Subject":{"type":"user","id":"alice"},` + someAction + `,` + someResource + `}`, "subject is required"},

		{"no subject", all, `{` + someAction + `,` + someResource + `}`, "subject is required"},
		{"a subject that is a string", all, `{"subject":"alice",` + someAction + `,` + someResource + `}`, "subject must be an object"},
		{"a subject that is null", all, `{"subject":null,` + someAction + `,` + someResource + `}`, "subject must be an object"},
		{"a subject without a type", all, `{"subject":{"id":"alice"},` + someAction + `,` + someResource + `}`, "subject.type is required"},
		{"a subject with an empty type", all, `{"subject":{"type":"","id":"alice"},` + someAction + `,` + someResource + `}`, "subject.type is required"},
		{"a subject with a Type", all, `{"subject":{"Type":"user","id":"alice"},` + someAction + `,` + someResource + `}`, "subject.type is required"},
		{"a subject without an id", []string{pathEvaluation, pathEvaluations, pathResourceSearch, pathActionSearch},
			`{"subject":{"type":"user"},` + someAction + `,` + someResource + `}`, "subject.id is required"},
		{"a subject whose id is a number", []string{pathEvaluation, pathEvaluations, pathResourceSearch, pathActionSearch},
			`{"subject":{"type":"user","id":7},` + someAction + `,` + someResource + `}`, "subject.id must be a string"},
		{"properties that are an array", all, `{"subject":{"type":"user","id":"alice","properties":[]},` + someAction + `,` + someResource + `}`, "subject.properties must be an object"},
		{"no action", []string{pathEvaluation, pathEvaluations, pathSubjectSearch, pathResourceSearch},
			`{` + someSubject + `,` + someResource + `}`, "action is required"},
		{"an action without a name", []string{pathEvaluation, pathEvaluations, pathSubjectSearch, pathResourceSearch},
			`{` + someSubject + `,"action":{},` + someResource + `}`, "action.name is required"},
		{"an action whose name is a number", []string{pathEvaluation, pathEvaluations, pathSubjectSearch, pathResourceSearch},
			`{` + someSubject + `,"action":{"name":7},` + someResource + `}`, "action.name must be a string"},
		{"no resource", all, `{` + someSubject + `,` + someAction + `}`, "resource is required"},
		{"a resource without an id", []string{pathEvaluation, pathEvaluations, pathSubjectSearch, pathActionSearch},
			`{` + someSubject + `,` + someAction + `,"resource":{"type":"record"}}`, "resource.id is required"},
		{"a context that is a string", evaluations, `{` + someQuestion + `,"context":"x"}`, "context must be an object"},

		{"evaluations that are an object", []string{pathEvaluations}, `{` + someQuestion + `,"evaluations":{}}`, "evaluations must be an array"},
		{"too many evaluations", []string{pathEvaluations}, `{` + someQuestion + `,"evaluations":[{}` + strings.Repeat(",{}", 1000) + `]}`, "evaluations must have at most 1000 elements"},
		{"a default that is a string", []string{pathEvaluations}, `{` + someSubject + `,` + someAction + `,"resource":"1","evaluations":[{` + someResource + `}]}`, "resource must be an object"},
		{"options that are a string", []string{pathEvaluations}, `{` + someQuestion + `,"options":"x"}`, "options must be an object"},
		{"an unknown semantic", []string{pathEvaluations}, `{` + someQuestion + `,"options":{"evaluations_semantic":"Execute_All"}}`,
			"options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit"},
		{"a semantic that is a number", []string{pathEvaluations}, `{` + someQuestion + `,"options":{"evaluations_semantic":1}}`, "options.evaluations_semantic must be a string"},
		{"an item with a member twice", []string{pathEvaluations}, `{` + someQuestion + `,"evaluations":[{"subject":{},"subject":{}}]}`, "evaluations[0].subject is given twice"},

		{"a page that is a number", searches, `{` + someQuestion + `,"page":1}`, "page must be an object"},
		{"a limit below 0", searches, `{` + someQuestion + `,"page":{"limit":-1}}`, "page.limit must not be negative"},
		{"half a limit", searches, `{` + someQuestion + `,"page":{"limit":0.5}}`, "page.limit must be a whole number that is not too large"},
		{"a limit that is a string", searches, `{` + someQuestion + `,"page":{"limit":"1"}}`, "page.limit must be a number"},
		{"a token that is a number", searches, `{` + someQuestion + `,"page":{"token":1}}`, "page.token must be a string"},
		{"a token that nobody made", searches, `{` + someQuestion + `,"page":{"token":"!"}}`, "page.token must be the next_token of a page of this search"},
		{"properties of a page that are a string", searches, `{` + someQuestion + `,"page":{"properties":""}}`, "page.properties must be an object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range tt.paths {
				got := p.in(t).send("POST", path, tt.body, "X-Request-ID: bad-1")
				if got.status != http.StatusBadRequest || got.body != tt.want {
					t.Errorf("%s: %d %q, want 400 %q", path, got.status, got.body, tt.want)
				}
				if got.header.Get("Content-Type") != "text/plain; charset=utf-8" || got.header.Get("X-Request-ID") != "bad-1" {
					t.Errorf("%s: %v", path, got.header)
				}
			}
		})
	}
}

// What HTTP itself tells is refused with its own status.
func TestRefusals(t *testing.T) {
	p := newPDP(t, office()...)
	p.add(&rolecall.User{ID: "eve"}, &rolecall.Tenant{ID: "beta", Name: "Beta"},
		&rolecall.Assignment{Subject: "carol", Role: "asker", Scope: rolecall.Scope{Tenant: "acme"}})
	eve, carol, mallory := "Authorization: Bearer "+p.token("eve"), "Authorization: Bearer "+p.token("carol"), "Authorization: Bearer "+p.token("mallory")
	const bare = `Bearer realm="rolecall"`
	for _, tt := range []struct {
		name, method, path string
		header             string
		want               int
		challenge          string
	}{
		{"JSON by its name", "POST", pathEvaluation, "Content-Type: application/json", 200, ""},
		{"with a character set", "POST", pathEvaluation, "Content-Type: Application/JSON; charset=UTF-8", 200, ""},
		{"of which there is one", "POST", pathEvaluation, "Content-Type: application/json; charset=latin1", 400, ""},
		{"another type", "POST", pathEvaluation, "Content-Type: text/plain", 400, ""},
		{"a form", "POST", pathSubjectSearch, "Content-Type: application/x-www-form-urlencoded", 400, ""},
		{"no type", "POST", pathEvaluation, "Content-Type: ", 400, ""},
		{"an access key", "POST", pathEvaluation, "", 200, ""},
		{"a token", "POST", pathEvaluation, "Authorization: Bearer " + p.token("gateway"), 200, ""},
		{"no credentials", "POST", pathEvaluation, "Authorization: ", 401, bare},
		{"not a bearer", "POST", pathEvaluations, "Authorization: Basic Z2F0ZXdheTo=", 401, bare + `, error="invalid_token"`},
		{"a token that is none", "POST", pathSubjectSearch, "Authorization: Bearer x", 401, bare + `, error="invalid_token"`},
		{"a key that is none", "POST", pathSubjectSearch, "Authorization: Bearer rck_x_y", 401, bare + `, error="invalid_token"`},
		{"a blocked caller", "POST", pathEvaluation, mallory, 401, bare + `, error="invalid_token"`},
		{"a caller who may not ask", "POST", pathEvaluation, eve, 403, bare + `, error="insufficient_scope", scope="rolecall:check"`},
		{"a caller of a tenant, at that one's point", "POST", "/t/acme" + pathEvaluation, carol, 200, ""},
		{"at another's", "POST", "/t/beta" + pathEvaluation, carol, 403, bare + `, error="insufficient_scope", scope="rolecall:check"`},
		{"at one that does not exist", "POST", "/t/gone" + pathEvaluation, carol, 403, bare + `, error="insufficient_scope", scope="rolecall:check"`},
		{"at the project's", "POST", pathEvaluation, carol, 403, bare + `, error="insufficient_scope", scope="rolecall:check"`},
		{"another method", "GET", pathEvaluation, "", 405, ""},
		{"metadata is read", "POST", wellKnown, "", 405, ""},
		{"another version", "POST", "/access/v2/evaluation", "", 404, ""},
		{"no tenant", "POST", "/t//access/v1/evaluation", "", 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			headers := []string{"X-Request-ID: r-1"}
			if tt.header != "" {
				headers = append(headers, tt.header)
			}
			got := p.in(t).send(tt.method, tt.path, `{`+someQuestion+`}`, headers...)
			if got.status != tt.want || got.header.Get("WWW-Authenticate") != tt.challenge || got.header.Get("X-Request-ID") != "r-1" {
				t.Errorf("%d %v %s, want %d and %q", got.status, got.header, got.body, tt.want, tt.challenge)
			}
			if got.status != 200 && (got.body == "" || strings.Contains(got.body, "{")) {
				t.Errorf("the body is no message: %q", got.body)
			}
		})
	}

	t.Run("a body that is too large", func(t *testing.T) {
		body := `{` + someQuestion + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`
		if got := p.in(t).send("POST", pathEvaluation, body); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d, want 413", got.status)
		}
	})
	t.Run("who sends no request id gets one", func(t *testing.T) {
		for _, id := range []string{"", "has a space", strings.Repeat("x", 129)} {
			got := p.in(t).send("POST", pathEvaluation, `{`+someQuestion+`}`, "X-Request-ID: "+id).header.Get("X-Request-ID")
			if got == id || !strings.HasPrefix(got, "req_") {
				t.Errorf("for %q it is %q", id, got)
			}
		}
	})
}

// A tenant is its path's, and what is held everywhere counts there too.
func TestTenants(t *testing.T) {
	p := newPDP(t, office()...)
	p.add(
		&rolecall.Assignment{Subject: "bob", Role: "writer", Scope: rolecall.Scope{Tenant: "a/b %"}},
		&rolecall.Setting{Name: door + "/a/b %", Value: []byte(`{"subjects":{"person":"user"}}`)},
	)
	question := func(kind, id, action string) string {
		return fmt.Sprintf(`{"subject":{"type":%q,"id":%q},"action":{"name":%q},"resource":{"type":"record","id":"1"}}`, kind, id, action)
	}
	for _, tt := range []struct {
		name, point, body string
		want              bool
	}{
		{"carol reads at acme's", "/t/acme", question("user", "carol", "read"), true},
		{"and not at the project's", "", question("user", "carol", "read"), false},
		{"nor at another tenant's", "/t/a%2Fb%20%25", question("person", "carol", "read"), false},
		{"alice reads everywhere", "/t/acme", question("user", "alice", "read"), true},
		{"a tenant's name may be anything", "/t/a%2Fb%20%25", question("person", "bob", "write"), true},
		{"its own setting is in place of the project's", "/t/a%2Fb%20%25", question("user", "bob", "write"), false},
	} {
		if got, want := p.ask(tt.point+pathEvaluation, tt.body), fmt.Sprintf(`{"decision":%v}`, tt.want); got != want {
			t.Errorf("%s: %s, want %s", tt.name, got, want)
		}
	}
	// Whom and what acme alone knows is not seen from elsewhere.
	search := `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record"}}`
	for point, want := range map[string]string{
		"":        `["1","2"]`,
		"/t/acme": `["1","2","3"]`,
	} {
		var ids []string
		for _, r := range resultsOf(t, p.ask(point+pathResourceSearch, search)) {
			ids = append(ids, decode[entity](t, r).ID)
		}
		if got := fmt.Sprintf(`["%s"]`, strings.Join(ids, `","`)); got != want {
			t.Errorf("%s: %s, want %s", point, got, want)
		}
	}
}

// FuzzRead holds the reader to its bargain: whatever comes, it makes members or
// an error, and members that were read are those that are written.
func FuzzRead(f *testing.F) {
	for _, body := range []string{
		`{` + someQuestion + `}`,
		`{` + someQuestion + `,"evaluations":[{"resource":{}},{}],"options":{"evaluations_semantic":"deny_on_first_deny"}}`,
		`{"subject":{"type":"user"},` + someAction + `,` + someResource + `,"page":{"limit":3,"token":"x","properties":{}}}`,
		`{"a":1,"a":2}`, `{"\u0073ubject":"\ud83d\ude00"}`, `{"x":[[[]]]}`, `null`, `"`, ``,
	} {
		f.Add(body)
	}
	rc := newPDP(f, office()...).rc
	p := &point{rc: rc, policy: rc.Policy()}
	p.profile, _ = newProfile([]byte("{}"))
	f.Fuzz(func(t *testing.T, body string) {
		m, err := readMembers(body)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Errorf("the error has control characters: %q", err)
			}
			return
		}
		var again map[string]any
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		if err := d.Decode(&again); err != nil || len(again) != len(m) { // what we take, encoding/json takes
			t.Errorf("%q has %d members to one reader and %d to another", body, len(m), len(again))
		}
		for _, serve := range []func(*point, members) (any, error){evaluate, evaluateAll, searchSubjects, searchResources, searchActions} {
			answer, err := serve(p, m)
			if d, ok := answer.(decision); ok && err == nil && d.Decision {
				e := newEvaluation()
				e.read(m)
				subject, _ := again["subject"].(map[string]any)
				if subject["id"] != e.subject.value.ID || subject["type"] != e.subject.value.Type {
					t.Errorf("%q is permitted to %v, and another reads %v", body, e.subject.value, subject)
				}
			}
		}
	})
}
