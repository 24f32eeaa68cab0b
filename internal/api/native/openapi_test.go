package native

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// served returns the document as a server serves it.
func served(t *testing.T) map[string]any {
	t.Helper()
	got := newServer(t).send(t, "GET", Prefix+"/openapi.json", "", "Authorization", "")
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("the document = %d %v", got.status, got.header)
	}
	if file := os.Getenv("OPENAPI_FILE"); file != "" { // for another tool to look at
		if err := os.WriteFile(file, []byte(got.body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(got.body), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at follows names into a JSON object; nil if they lead nowhere.
func at(v any, names ...string) any {
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func TestEveryRouteIsInTheDocumentAndTheReverse(t *testing.T) {
	doc := served(t)
	routes := map[string]bool{}
	for _, rt := range (&Handler{}).routes() {
		routes[rt.method+" "+rt.path] = true
		if at(doc, "paths", rt.path, strings.ToLower(rt.method)) == nil {
			t.Errorf("%s %s is not in the document", rt.method, rt.path)
		}
	}
	for path, item := range at(doc, "paths").(map[string]any) {
		for method := range item.(map[string]any) {
			if !routes[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is in the document, and no route", method, path)
			}
		}
	}
	// What is served is the table: no other method of a path, no other path.
	s := newServer(t)
	for path := range at(doc, "paths").(map[string]any) {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			got := s.send(t, method, Prefix+strings.ReplaceAll(path, "{id}", "x"), "", "Authorization", "")
			documented := at(doc, "paths", path, strings.ToLower(method)) != nil
			if served := got.status != 405 && !strings.HasPrefix(got.body, `{"type":"urn:rolecall:problem:no-route"`); served != documented {
				t.Errorf("%s %s = %d: served %v, documented %v", method, path, got.status, served, documented)
			}
		}
	}
}

func TestTheDocumentIsWellFormed(t *testing.T) {
	doc := served(t)
	if doc["openapi"] != "3.1.0" || at(doc, "info", "title") == nil || at(doc, "info", "version") == nil {
		t.Errorf("openapi %v, info %v", doc["openapi"], doc["info"])
	}
	ids := map[string]bool{}
	placeholders := regexp.MustCompile(`\{(\w+)\}`)
	for path, item := range at(doc, "paths").(map[string]any) {
		for method, op := range item.(map[string]any) {
			where := method + " " + path
			id, _ := at(op, "operationId").(string)
			if id == "" || ids[id] {
				t.Errorf("%s: operationId %q is missing or taken", where, id)
			}
			ids[id] = true
			if at(op, "summary") == nil || len(at(op, "tags").([]any)) != 1 {
				t.Errorf("%s has no summary, or not one tag", where)
			}
			var inPath []string
			names := map[string]bool{}
			parameters, _ := at(op, "parameters").([]any)
			for _, p := range parameters {
				name := at(p, "name").(string)
				if at(p, "schema") == nil || at(p, "description") == nil || names[name] {
					t.Errorf("%s: parameter %q has no schema, no description, or stands twice", where, name)
				}
				names[name] = true
				if at(p, "in") == "path" {
					inPath = append(inPath, name)
					if at(p, "required") != true {
						t.Errorf("%s: parameter %q must be required", where, name)
					}
				}
			}
			for _, found := range placeholders.FindAllStringSubmatch(path, -1) {
				if !slices.Contains(inPath, found[1]) {
					t.Errorf("%s: no parameter %q", where, found[1])
				}
			}
			if hasBody := method == "post" || method == "put" || method == "patch"; at(op, "requestBody") != nil && !hasBody {
				t.Errorf("%s has a body", where)
			}
			success := 0
			for status, response := range at(op, "responses").(map[string]any) {
				if strings.HasPrefix(status, "2") {
					success++
				}
				if at(response, "$ref") == nil && at(response, "description") == nil {
					t.Errorf("%s: %s has no description", where, status)
				}
			}
			if success == 0 || at(op, "responses", "500") == nil {
				t.Errorf("%s: no success, or no 500", where)
			}
		}
	}
	eachRef(doc, func(ref string) {
		if at(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	})
}

func eachRef(v any, visit func(string)) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			visit(ref)
		}
		for _, part := range v {
			eachRef(part, visit)
		}
	case []any:
		for _, part := range v {
			eachRef(part, visit)
		}
	}
}

// Every request and answer of the examples is of the schema that the document
// gives for it. TestTheExamplesAreTrue shows that they are real.
func TestExamplesFitTheirSchemas(t *testing.T) {
	doc := served(t)
	for _, e := range examples() {
		method, path, _ := strings.Cut(e.Operation, " ")
		op := at(doc, "paths", path, strings.ToLower(method))
		if len(e.Request) > 0 {
			schema := at(op, "requestBody", "content", "application/json", "schema")
			if err := fits(doc, schema, parsedFloat(t, e.Request), "request"); err != nil {
				t.Errorf("%s (%s): %v", e.Operation, e.Title, err)
			}
		}
		response := at(op, "responses", fmt.Sprint(e.Status))
		if response == nil {
			t.Errorf("%s (%s): %d is not documented", e.Operation, e.Title, e.Status)
		}
		if len(e.Response) > 0 {
			schema := at(response, "content", "application/json", "schema")
			if err := fits(doc, schema, parsedFloat(t, e.Response), "response"); err != nil {
				t.Errorf("%s (%s): %v", e.Operation, e.Title, err)
			}
		}
	}
}

// A schema refuses what the server refuses.
func TestSchemasRefuse(t *testing.T) {
	doc := served(t)
	for _, tt := range []struct{ name, path, method, body string }{
		{"an unknown member", "/roles", "post", `{"name":"x","nom":"x"}`},
		{"a missing member", "/roles", "post", `{}`},
		{"a wrong type", "/roles", "post", `{"name":7}`},
		{"null", "/roles", "post", `{"name":null}`},
		{"a name that is too long", "/roles", "post", `{"name":"` + strings.Repeat("x", 201) + `"}`},
		{"a word that is not in the enumeration", "/assignments", "put", `{"subject":"a","role":"b","source":"rumour"}`},
		{"neither a question nor a batch", "/check", "post", `{"permission":"p"}`},
		{"a negative limit", "/who-can", "post", `{"permission":"x","limit":-1}`},
	} {
		schema := at(doc, "paths", tt.path, tt.method, "requestBody", "content", "application/json", "schema")
		if err := fits(doc, schema, parsedFloat(t, json.RawMessage(tt.body)), "body"); err == nil {
			t.Errorf("%s: %s fits", tt.name, tt.body)
		}
	}
}

func parsedFloat(t *testing.T, text json.RawMessage) (v any) {
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// fits reports how a value breaks a schema: the part of JSON Schema 2020-12
// that the document uses. A keyword that it does not know is an error.
func fits(doc any, schema, v any, where string) error {
	s, ok := schema.(map[string]any)
	if !ok {
		return fmt.Errorf("%s has no schema", where)
	}
	for keyword, value := range s {
		if err := keep(doc, s, keyword, value, v, where); err != nil {
			return err
		}
	}
	return nil
}

func keep(doc any, s map[string]any, keyword string, value, v any, where string) error {
	text, isText := v.(string)
	object, isObject := v.(map[string]any)
	switch keyword {
	case "description", "readOnly":
	case "$ref":
		return fits(doc, at(doc, strings.Split(strings.TrimPrefix(value.(string), "#/"), "/")...), v, where)
	case "type":
		kinds, _ := value.([]any)
		if kinds == nil {
			kinds = []any{value}
		}
		if !slices.ContainsFunc(kinds, func(kind any) bool { return isOf(v, kind) }) {
			return fmt.Errorf("%s is %v, want a value of type %v", where, v, value)
		}
	case "enum":
		if !slices.Contains(value.([]any), v) {
			return fmt.Errorf("%s is %v, want one of %v", where, v, value)
		}
	case "maxLength":
		if isText && float64(utf8.RuneCountInString(text)) > value.(float64) {
			return fmt.Errorf("%s is longer than %v", where, value)
		}
	case "minimum":
		if n, ok := v.(float64); ok && n < value.(float64) {
			return fmt.Errorf("%s is %v, want at least %v", where, n, value)
		}
	case "pattern":
		if isText && !regexp.MustCompile(value.(string)).MatchString(text) {
			return fmt.Errorf("%s is %q, want %v", where, text, value)
		}
	case "format":
		if _, err := time.Parse(time.RFC3339, text); isText && err != nil {
			return fmt.Errorf("%s: %v", where, err)
		}
	case "properties":
		for name, of := range value.(map[string]any) {
			if part, ok := object[name]; ok {
				if err := fits(doc, of, part, where+"."+name); err != nil {
					return err
				}
			}
		}
	case "additionalProperties":
		for name := range object {
			if at(s["properties"], name) == nil && value == false {
				return fmt.Errorf("%s.%s is unknown", where, name)
			}
		}
	case "required":
		for _, name := range value.([]any) {
			if _, ok := object[name.(string)]; isObject && !ok {
				return fmt.Errorf("%s.%v is missing", where, name)
			}
		}
	case "items":
		array, _ := v.([]any)
		for i, part := range array {
			if err := fits(doc, value, part, fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case "anyOf", "oneOf":
		kept := 0
		var failed error
		for _, of := range value.([]any) {
			if err := fits(doc, of, v, where); err == nil {
				kept++
			} else {
				failed = err
			}
		}
		if kept == 0 || keyword == "oneOf" && kept > 1 {
			return fmt.Errorf("%s is of %d schemas of %s; %v", where, kept, keyword, failed)
		}
	default:
		return fmt.Errorf("%s: the keyword %s is not known here", where, keyword)
	}
	return nil
}

func isOf(v, kind any) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	case []any:
		return kind == "array"
	}
	return kind == "object"
}
