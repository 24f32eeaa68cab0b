package native

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rolecall/rolecall/internal/api/apitest"
)

var update = flag.Bool("update", false, "write the answers into examples.json")

// varying are members that are random, or follow from what is.
var varying = map[string]bool{
	"secret": true, "access_token": true, "hash": true, "prev": true, "project": true, "request_id": true,
	"x": true, "y": true, "kid": true, "next": true, "link": true, "took_ms": true,
}

// shown finds what the document does not show whole, lest it be taken for a secret.
var shown = regexp.MustCompile(`"(secret|access_token|link)":"(https://[^?"]*[?]ticket=|.{12})[^"]*"`)

// The examples of the document, made in their order of a new project, are
// answered as the document says.
func TestTheExamplesAreTrue(t *testing.T) {
	s := newServer(t)
	all := examples()
	kid := "" // the signing key that an example makes
	for i := range all {
		e := &all[i]
		method, _, _ := strings.Cut(e.Operation, " ")
		got := s.send(t, method, Prefix+strings.ReplaceAll(e.Path, "${kid}", kid), string(e.Request))
		if got.status != e.Status {
			t.Fatalf("%s (%s) = %d %s, want %d", e.Operation, e.Title, got.status, got.body, e.Status)
		}
		if e.Operation == "POST /signing-keys/rotate" {
			var made madeSigningKey
			if err := json.Unmarshal([]byte(got.body), &made); err != nil {
				t.Fatal(err)
			}
			kid = string(made.ID)
		}
		if e.Operation == "GET /openapi.json" || e.Operation == "GET /snapshot" || e.Operation == "GET /feed" {
			continue // itself, and streams
		}
		answer := strings.ReplaceAll(strings.TrimSpace(got.body), kid, "sig_1")
		if kid == "" {
			answer = strings.TrimSpace(got.body)
		}
		err := alike("", parsed(t, string(e.Response)), parsed(t, answer))
		if err != nil && *update {
			e.Response = json.RawMessage(shown.ReplaceAllString(answer, `"$1":"$2…"`))
		} else if err != nil {
			t.Errorf("%s (%s) = %s: %v", e.Operation, e.Title, got.body, err)
		}
	}
	if *update {
		writeExamples(t, all)
	}
}

func parsed(t *testing.T, text string) any {
	if text == "" {
		return nil
	}
	v, err := apitest.Parse(text)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// alike reports how two values differ elsewhere than in varying members.
func alike(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok || len(object) != len(want) {
			return fmt.Errorf("%s is %v, want %v", at, got, want)
		}
		for name := range want {
			if varying[name] && object[name] != nil && object[name] != "" {
				continue
			}
			if name == "seq" && want["event"] != nil { // sign-ins are written beside the requests
				continue
			}
			if err := alike(at+"."+name, want[name], object[name]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		array, ok := got.([]any)
		if !ok || len(array) != len(want) {
			return fmt.Errorf("%s is %v, want %v", at, got, want)
		}
		for i := range want {
			if err := alike(fmt.Sprintf("%s[%d]", at, i), want[i], array[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if text, ok := got.(string); ok && strings.HasPrefix(text, "uinv_") { // the first half of a ticket
		return nil
	}
	if want != got {
		return fmt.Errorf("%s is %v, want %v", at, got, want)
	}
	return nil
}

func writeExamples(t *testing.T, all []example) {
	var text bytes.Buffer
	for i, e := range all {
		start := ",\n"
		if i == 0 {
			start = "[\n"
		}
		text.WriteString(start)
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(e); err != nil {
			t.Fatal(err)
		}
		text.Truncate(text.Len() - 1)
	}
	text.WriteString("\n]\n")
	if err := os.WriteFile("examples.json", text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every route has an example, and every example a route.
func TestEveryRouteHasAnExample(t *testing.T) {
	count := map[string]int{}
	for _, rt := range (&Handler{}).routes() {
		count[rt.method+" "+rt.path] = 0
	}
	for _, e := range examples() {
		if _, known := count[e.Operation]; !known {
			t.Errorf("example %q is of %s, which is no route", e.Title, e.Operation)
		}
		count[e.Operation]++
	}
	for operation, n := range count {
		if n == 0 {
			t.Errorf("%s has no example", operation)
		}
	}
	if len(count) < 80 {
		t.Errorf("there are %d routes", len(count))
	}
}
