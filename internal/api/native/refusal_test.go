package native

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall/internal/api"
)

// An attempt is a request that must be refused.
type attempt struct {
	name           string
	method, target string
	body           string
	headers        []string // pairs
	status         []int    // one of these
	field          string   // named as at fault; "" means that none need be
	says           string   // somewhere in the body
	challenge      string   // how WWW-Authenticate begins
	allow          string   // the Allow; "" means that it does not matter
}

// Every route refuses what is wrong with a request: by the right status, naming
// what is at fault, and with nothing changed. What is right with it is the
// route's first example.
func TestEveryRouteRefuses(t *testing.T) {
	s := newServer(t)
	kid := s.stageExamples(t)
	strangers := s.strangers(t)
	for _, rt := range (&Handler{}).routes() {
		sample := sampleOf(t, rt)
		sample.Path = Prefix + strings.ReplaceAll(sample.Path, "${kid}", kid)
		var all []attempt
		all = append(all, credentials(rt, sample, strangers)...)
		all = append(all, queries(rt, sample)...)
		all = append(all, bodies(t, rt, sample)...)
		all = append(all, references(t, rt, sample)...)
		all = append(all, methodsOf(rt, sample)...)
		for _, a := range all {
			s.refuses(t, rt, a)
		}
	}
	for _, path := range []string{"/", "/nothing", "/roles/", "/roles/a/b", "/check/x", "/users//password", "/openapi.yaml"} {
		s.refuses(t, route{}, attempt{name: "an unknown path", method: "GET", target: Prefix + path, status: []int{404}})
	}
	if log := s.log.String(); log != "" {
		t.Errorf("the server logged %s", log)
	}
}

func (s *server) refuses(t *testing.T, rt route, a attempt) {
	t.Helper()
	before := s.rc.Revision()
	got := s.send(t, a.method, a.target, a.body, a.headers...)
	what := fmt.Sprintf("%s %s with %s = %d %s", a.method, a.target, a.name, got.status, got.body)
	if !slices.Contains(a.status, got.status) {
		t.Errorf("%.600s, want %v", what, a.status)
		return
	}
	if after := s.rc.Revision(); after != before {
		t.Errorf("%.600s: the revision moved from %d to %d", what, before, after)
	}
	if a.method == http.MethodHead {
		return
	}
	var p api.Problem
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%.600s is not a problem: %v", what, err)
		return
	}
	if p.Status != got.status || p.RequestID == "" || p.RequestID != got.header.Get("X-Request-ID") || p.Detail == "" || p.Title == "" {
		t.Errorf("%.600s is an incomplete problem", what)
	}
	if a.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != a.field) {
		t.Errorf("%.600s, want the field %q named", what, a.field)
	}
	if !strings.Contains(got.body, a.says) {
		t.Errorf("%.600s, want it to say %q", what, a.says)
	}
	if c := got.header.Get("WWW-Authenticate"); !strings.HasPrefix(c, a.challenge) {
		t.Errorf("%.600s, with WWW-Authenticate %q, want %q", what, c, a.challenge)
	}
	if allow := got.header.Get("Allow"); a.allow != "" && allow != a.allow {
		t.Errorf("%.600s, with Allow %q, want %q", what, allow, a.allow)
	}
	if strings.Contains(got.body, secretMark) {
		t.Errorf("%.600s: the answer holds what was sent as a secret", what)
	}
}

// secretMark stands in credentials and passwords that are sent, and in no answer.
const secretMark = "S3cr3tM4rk"

// stageExamples makes every example that makes something, and returns the id
// of the signing key among them.
func (s *server) stageExamples(t *testing.T) (kid string) {
	t.Helper()
	for _, e := range examples() {
		method, _, _ := strings.Cut(e.Operation, " ")
		if method == "GET" || method == "PATCH" || method == "DELETE" {
			continue
		}
		got := s.send(t, method, Prefix+e.Path, string(e.Request))
		if got.status != e.Status {
			t.Fatalf("%s = %d %s", e.Operation, got.status, got.body)
		}
		if e.Operation == "POST /signing-keys/rotate" {
			var made madeSigningKey
			if err := json.Unmarshal([]byte(got.body), &made); err != nil {
				t.Fatal(err)
			}
			kid = string(made.ID)
		}
	}
	return kid
}

func sampleOf(t *testing.T, rt route) example {
	for _, e := range examples() {
		if e.Operation == rt.method+" "+rt.path {
			return e
		}
	}
	t.Fatalf("%s %s has no example", rt.method, rt.path)
	return example{}
}

func queries(rt route, sample example) (all []attempt) {
	try := func(name, query, field string) {
		join := "?"
		if strings.Contains(sample.Path, "?") {
			join = "&"
		}
		all = append(all, attempt{name: name, method: rt.method, target: sample.Path + join + query, body: string(sample.Request),
			status: []int{400}, field: field})
	}
	try("an unknown parameter", "nom=1", "nom")
	try("a query that is not percent-encoded", "a=%zz", "query")
	try("a parameter that is not UTF-8", "reason=%ff", "reason")
	switch rt.terms {
	case reading:
		try("a negative revision to wait for", "at_least=-1", "at_least")
		try("a word to wait for", "at_least=soon", "at_least")
		try("a parameter twice", "at_least=1&at_least=1", "at_least")
		try("a dry run of a read", "dry_run=true", "dry_run")
	case writing:
		try("a dry run that is neither", "dry_run=maybe", "dry_run")
		try("a reason that is too long", "reason="+strings.Repeat("x", 1001), "reason")
		try("a reason of two lines", "reason=a%0ab", "reason")
		all = append(all, attempt{name: "an idempotency key that is too long", method: rt.method, target: sample.Path,
			body: string(sample.Request), headers: []string{"Idempotency-Key", strings.Repeat("x", 129)}, status: []int{400}, field: "Idempotency-Key"})
	}
	for _, p := range rt.parameters {
		switch {
		case p.name == "cursor":
			try("a cursor that is none", "cursor=%21", "cursor")
			try("another query's cursor", "cursor="+api.Cursor("x", "another query"), "cursor")
			if strings.Contains(sample.Path, "limit=") {
				continue
			}
			try("a page that is too large", "limit=1001", "limit")
			try("an empty page", "limit=0", "limit")
		case p.required && p.in == "query":
			path, query, _ := strings.Cut(sample.Path, "?")
			var rest []string
			for _, pair := range strings.Split(query, "&") {
				if !strings.HasPrefix(pair, p.name+"=") {
					rest = append(rest, pair)
				}
			}
			all = append(all, attempt{name: "no " + p.name, method: rt.method, target: path + "?" + strings.Join(rest, "&"),
				status: []int{400}, field: p.name})
		case p.in == "path":
			target := strings.Replace(Prefix+rt.path, "{"+p.name+"}", "nope", 1)
			body := string(sample.Request)
			all = append(all, attempt{name: "an unknown id", method: rt.method, target: target, body: body, status: []int{404}})
			target = strings.Replace(Prefix+rt.path, "{"+p.name+"}", "%ff", 1)
			all = append(all, attempt{name: "an id that is not UTF-8", method: rt.method, target: target, body: body, status: []int{400, 404}})
			target = strings.Replace(Prefix+rt.path, "{"+p.name+"}", strings.Repeat("x", 5000), 1)
			all = append(all, attempt{name: "an id that is too long", method: rt.method, target: target, body: body, status: []int{400, 404}})
		}
	}
	return all
}

func bodies(t *testing.T, rt route, sample example) (all []attempt) {
	if rt.body == nil {
		return nil
	}
	try := func(name, body, field string, status ...int) {
		all = append(all, attempt{name: name, method: rt.method, target: sample.Path, body: body, status: status, field: field})
	}
	as := func(name, contentType string) {
		all = append(all, attempt{name: name, method: rt.method, target: sample.Path, body: string(sample.Request),
			headers: []string{"Content-Type", contentType}, status: []int{415}})
	}
	as("no content type", "")
	as("a form", "application/x-www-form-urlencoded")
	as("plain text", "text/plain")
	as("another charset", "application/json; charset=latin1")
	as("what is no content type", "application/json; charset")

	object := string(sample.Request)
	first, rest := object[:1], object[1:]
	try("a body that is not UTF-8", `{"`+"\xff"+`":1}`, "body", 400)
	try("a body that is cut short", strings.TrimRight(object, "}"), "body", 400)
	try("a body in another style", `{'name':'x'}`, "body", 400)
	try("two bodies", object+object, "body", 400)
	try("a body after the body", object+" x", "body", 400)
	try("an array", `[]`, "body", 400)
	try("null", `null`, "body", 400)
	try("a body that nests too deep", first+`"nom":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+","+rest, "", 400)
	try("a body that is too large", object+strings.Repeat(" ", int(rt.limit)), "", 413)
	try("an unknown member", first+`"nom":1,`+rest, "nom", 400)
	all = append(all, attempt{name: "an empty body", method: rt.method, target: sample.Path, headers: []string{"Content-Type", "application/json"},
		status: []int{400}, field: "body"})

	var members map[string]json.RawMessage
	if err := json.Unmarshal(sample.Request, &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		with := func(text string) string {
			changed := map[string]json.RawMessage{}
			for n, v := range members {
				changed[n] = v
			}
			changed[name] = json.RawMessage(text)
			body, err := json.Marshal(changed)
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		try(name+" twice", first+`"`+name+`":`+string(value)+","+rest, name, 400)
		try(name+" in upper case", strings.Replace(object, `"`+name+`"`, `"`+strings.ToUpper(name)+`"`, 1), strings.ToUpper(name), 400)
		if name == "value" || value[0] == 'n' { // any JSON
			continue
		}
		if name != "attributes" {
			wrong := map[byte]string{'"': `7`, '[': `"x"`, '{': `true`, 't': `"true"`}[value[0]]
			if wrong == "" {
				wrong = `"7"`
			}
			try(name+" of the wrong type", with(wrong), name, 400)
		} else {
			try(name+" of the wrong type", with(`[1]`), name, 400)
		}
		if rt.method != "PATCH" && name != "attributes" {
			try(name+" null", with(`null`), name, 400)
		}
		if value[0] == '"' {
			try(name+" with half a surrogate", with(`"\ud83d"`), name, 400)
			if rt.tag == "Administer" || rt.tag == "Records" {
				try(name+" that is too long", with(`"`+strings.Repeat("x", 2000)+`"`), "", 400, 404)
				if name != "password" {
					try(name+" with a line break", with(`"a\nb"`), "", 400, 404)
				}
			}
		}
	}
	return all
}

// references attempts what is well-formed, and does not agree with what is there.
func references(t *testing.T, rt route, sample example) (all []attempt) {
	if rt.body == nil || rt.terms != writing || rt.method == "PATCH" {
		return nil
	}
	var members map[string]any
	if err := json.Unmarshal(sample.Request, &members); err != nil {
		t.Fatal(err)
	}
	try := func(name, member string, value any, status int, field string) {
		before, had := members[member]
		members[member] = value
		body, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		if delete(members, member); had {
			members[member] = before
		}
		all = append(all, attempt{name: name, method: rt.method, target: sample.Path, body: string(body), status: []int{status}, field: field})
	}
	for _, member := range []string{"api", "role", "permission", "tenant", "subject", "group", "member", "senior", "junior"} {
		if _, ok := members[member].(string); ok {
			try("an unknown "+member, member, "nope", 404, member)
		}
	}
	if rt.method == "POST" && strings.Count(rt.path, "/") == 1 && rt.status == 201 && rt.path != "/invitations" { // of which there may be many
		all = append(all, attempt{name: "what is there already", method: rt.method, target: sample.Path, body: string(sample.Request), status: []int{409}})
	}
	switch rt.path {
	case "/assignments", "/direct-grants":
		try("an expiry that has passed", "expires_at", "2030-01-01T00:00:00Z", 400, "expires_at")
		try("an unknown source", "source", "rumour", 400, "source")
		try("a resource without a type", "resource", "seven", 400, "resource")
	case "/keys":
		members["id"] = "key_other"
		try("an expiry that has passed", "expires_at", "2030-01-01T00:00:00Z", 400, "expires_at")
		try("a role that is unknown", "roles", []any{map[string]any{"role": "nope"}}, 404, "role")
		try("a member of a role that is unknown", "roles", []any{map[string]any{"role": "member", "nom": 1}}, 400, "roles[0].nom")
	case "/invitations":
		try("what is no address", "email", "zoe", 400, "email")
		try("a role that is unknown", "roles", []any{"nope"}, 404, "role")
		try("a tenant that is unknown", "tenant", "nope", 404, "tenant")
		try("for what would be a minute as nanoseconds in 64 bits", "lifetime", int64(36028797018964028), 400, "lifetime")
		try("for longer than a month", "lifetime", 2592001, 400, "lifetime")
		try("for less than nothing", "lifetime", -1, 400, "lifetime")
	case "/inheritances":
		all = append(all, attempt{name: "a cycle", method: "PUT", target: sample.Path, body: `{"senior":"member","junior":"editor"}`,
			status: []int{400}, field: "junior"})
	case "/group-members":
		all = append(all, attempt{name: "a cycle", method: "PUT", target: sample.Path, body: `{"group":"staff","member":"staff"}`,
			status: []int{400}, field: "member"})
	case "/users":
		members["id"] = "carol"
		try("a password that breaks a rule", "password", secretMark[:4], 400, "password")
	case "/users/{id}/password":
		try("a password that breaks a rule", "password", secretMark[:4], 400, "password")
	}
	return all
}

func methodsOf(rt route, sample example) (all []attempt) {
	var allowed []string
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		for _, other := range (&Handler{}).routes() {
			if other.path == rt.path && other.method == method {
				allowed = append(allowed, method)
			}
		}
	}
	if slices.Contains(allowed, "GET") {
		allowed = append(allowed, "HEAD")
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} {
		if !slices.Contains(allowed, method) {
			all = append(all, attempt{name: "another method", method: method, target: sample.Path, status: []int{405}, allow: strings.Join(allowed, ", ")})
		}
	}
	return all
}
