package native

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// This file makes the OpenAPI 3.1 document from the table of routes and the
// types of their bodies and replies. What Go types don't say is in words.go.

// object is a JSON object.
type object = map[string]any

func (h *Handler) documentEndpoint() endpoint {
	return endpoint{terms: open, status: http.StatusOK, reply: reflect.TypeFor[json.RawMessage](), serve: func(*call) (any, error) {
		return json.RawMessage(h.document()), nil
	}}
}

// document returns the OpenAPI document of routes.
func document(routes []route) []byte {
	s := schemas{}
	paths := object{}
	for _, rt := range routes {
		path, _ := paths[rt.path].(object)
		if path == nil {
			path = object{}
			paths[rt.path] = path
		}
		path[strings.ToLower(rt.method)] = s.operation(rt)
	}
	s.of(reflect.TypeFor[api.Problem]())
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Rolecall", "version": "1", "description": about,
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []any{object{"url": Prefix}},
		"tags":     tags,
		"security": []any{object{"bearer": []any{}}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{"bearer": object{
				"type": "http", "scheme": "bearer",
				"description": "An access key, or a token that POST /token made for the API `rolecall`.",
			}},
			"schemas":   s,
			"responses": problems(),
			"headers": object{
				"X-Request-ID":      header("The caller's, if it sent a printable one of at most 128 bytes, or a new one."),
				"Rolecall-Revision": header("The revision that the write made, or that the answer was made at or after. Send it as `at_least` to read what was written."),
				"Rolecall-Stale":    header("Set on any answer that may not show what happened in the last seconds, to how many they are: the store does not answer. When that has lasted too long, the answer is 503."),
				"Location":          header("The path of the record."),
			},
		},
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic("native: " + err.Error()) // it is made of strings, numbers and maps
	}
	return text
}

func header(description string) object {
	return object{"description": description, "schema": object{"type": "string"}}
}

func (s schemas) operation(rt route) object {
	op := object{
		"operationId": operationID(rt.method, rt.path),
		"tags":        []string{rt.tag},
		"summary":     rt.summary,
	}
	if rt.permission != "" {
		op["description"] = "Takes `" + rt.permission + "`: everywhere, or in the tenant that it is about."
	}
	if rt.terms == open {
		op["security"] = []any{}
	}
	if all := s.parameters(rt); len(all) > 0 {
		op["parameters"] = all
	}
	if rt.body != nil {
		op["requestBody"] = object{"required": true, "content": s.bodyOf(rt)}
	}
	op["responses"] = s.responses(rt)
	return op
}

func operationID(method, path string) string {
	id := strings.ToLower(method)
	for _, word := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("/-{}.", r) }) {
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return id
}

func (s schemas) parameters(rt route) (all []any) {
	for _, p := range append(slices.Clone(rt.parameters), common[rt.terms]...) {
		described := object{"name": p.name, "in": p.in, "schema": s.of(p.kind)}
		switch note := parameterNotes[p.name]; {
		case p.note != "":
			described["description"] = p.note
		case note != "":
			described["description"] = note
		}
		if p.required {
			described["required"] = true
		}
		if p.many {
			described["schema"] = object{"type": "array", "items": s.of(p.kind)}
			described["style"], described["explode"] = "form", true
		}
		all = append(all, described)
	}
	return all
}

func (s schemas) bodyOf(rt route) object {
	schema := s.of(rt.body)
	if rt.method == http.MethodPatch {
		schema = s.patchOf(rt.body)
	}
	if rt.batch != nil {
		schema = object{"oneOf": []any{schema, s.of(rt.batch)}}
	}
	media := object{"schema": schema}
	if all := examplesOf(rt, func(e example) json.RawMessage { return e.Request }); len(all) > 0 {
		media["examples"] = all
	}
	content := object{"application/json": media}
	if rt.mediaType != "" {
		content[rt.mediaType] = media
	}
	return content
}

func (s schemas) responses(rt route) object {
	headers := object{"X-Request-ID": object{"$ref": "#/components/headers/X-Request-ID"}}
	if rt.terms != open {
		headers["Rolecall-Revision"] = object{"$ref": "#/components/headers/Rolecall-Revision"}
	}
	success := object{"description": "Done", "headers": headers}
	if rt.reply != nil {
		schema := s.of(rt.reply)
		if rt.batchReply != nil {
			schema = object{"oneOf": []any{schema, s.of(rt.batchReply)}}
		}
		media := object{"schema": schema}
		if all := examplesOf(rt, func(e example) json.RawMessage { return e.Response }); len(all) > 0 {
			media["examples"] = all
		}
		success["content"] = object{"application/json": media}
	}
	if rt.stream != "" {
		success["content"] = object{rt.stream: object{"schema": object{"type": "string"}}}
	}
	all := object{strconv.Itoa(rt.status): success}
	if rt.also != 0 {
		all[strconv.Itoa(rt.also)] = success
	}
	if rt.terms == writing {
		dry := object{"schema": s.of(reflect.TypeFor[dryRun]())}
		if rt.status == http.StatusOK {
			media := success["content"].(object)["application/json"].(object)
			media["schema"] = object{"anyOf": []any{media["schema"], dry["schema"]}}
		} else {
			all["200"] = object{
				"description": "With `dry_run`: nothing was done, and this is what would be", "headers": headers,
				"content": object{"application/json": dry},
			}
		}
	}
	for _, status := range rt.refusals() {
		all[strconv.Itoa(status)] = object{"$ref": "#/components/responses/" + strconv.Itoa(status)}
	}
	return all
}

// refusals returns the statuses of the problems that a route answers with.
func (rt route) refusals() []int {
	all := []int{400, 500, 503}
	if rt.terms != open || rt.path == "/token" || rt.path == "/password" {
		all = append(all, 401, 403)
	}
	if rt.terms == writing {
		all = append(all, 404, 409, 422)
	}
	if strings.Contains(rt.path, "{") {
		all = append(all, 404)
	}
	if rt.stream != "" {
		all = append(all, 404)
	}
	if rt.path == "/feed" {
		all = append(all, 410)
	}
	if rt.path == "/audit/verify" {
		all = append(all, 409)
	}
	if rt.body != nil {
		all = append(all, 413, 415)
	}
	if rt.terms == open && rt.body != nil {
		all = append(all, 404, 429)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// problems describes the answers to what is refused, by status.
func problems() object {
	all := object{}
	for status, types := range api.ProblemTypes() {
		headers := object{"X-Request-ID": object{"$ref": "#/components/headers/X-Request-ID"}}
		switch status {
		case 401, 403:
			headers["WWW-Authenticate"] = header("A challenge of RFC 6750; with 403, `scope` is the permission that is missing.")
		case 429, 503:
			headers["Retry-After"] = header("In how many seconds to try again.")
		}
		all[strconv.Itoa(status)] = object{
			"description": http.StatusText(status) + ": `" + strings.Join(types, "`, `") + "`",
			"headers":     headers,
			"content": object{"application/problem+json": object{
				"schema": object{"$ref": "#/components/schemas/Problem"},
			}},
		}
	}
	return all
}

// schemas are the document's named schemas.
type schemas object

// of returns the schema of a type, or a reference to it.
func (s schemas) of(t reflect.Type) object {
	if schema, ok := formats[t]; ok {
		return schema
	}
	if words, ok := enums[t]; ok {
		return object{"type": "string", "enum": words}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Interface: // any record
		var any []object
		for _, k := range rolecall.Kinds {
			any = append(any, s.of(reflect.TypeOf(rolecall.NewRecord(k)).Elem()))
		}
		return object{"anyOf": any}
	case reflect.Struct:
		name := componentName(t)
		if name == "" {
			return s.structure(t)
		}
		if _, ok := s[name]; !ok {
			s[name] = nil // it may refer to itself
			s[name] = s.structure(t)
		}
		return object{"$ref": "#/components/schemas/" + name}
	}
	panic("native: no schema for " + t.String())
}

// componentName returns the name of a type's schema, "" for one that stands in its place.
func componentName(t reflect.Type) string {
	name := t.Name()
	if name == "" || strings.Contains(name, "[") {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (s schemas) structure(t reflect.Type) object {
	properties := object{}
	required := []string{}
	for _, f := range api.FieldsOf(t).All() {
		properties[f.Name] = s.property(t, f)
		if !f.Omit && !slices.Contains(made, f.Name) {
			required = append(required, f.Name)
		}
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// property returns the schema of a field, with what words.go says of it.
func (s schemas) property(t reflect.Type, f api.Field) object {
	note, ok := fieldNotes[t.Name()+"."+f.Name]
	if !ok {
		note = fieldNotes[f.Name]
	}
	schema := object{}
	for key, value := range s.of(f.Type) {
		schema[key] = value
	}
	if note.text != "" {
		schema["description"] = note.text
	}
	if note.most > 0 && f.Type.Kind() == reflect.String {
		schema["maxLength"] = note.most
	}
	if note.readOnly {
		schema["readOnly"] = true
	}
	return schema
}

// patchOf returns the schema of a merge patch of a record: every member is
// optional, and null empties it.
func (s schemas) patchOf(t reflect.Type) object {
	name := componentName(t) + "Patch"
	properties := object{}
	for _, f := range api.FieldsOf(t).All() {
		schema := s.property(t, f)
		if kind, ok := schema["type"].(string); ok {
			schema["type"] = []string{kind, "null"}
		}
		if words, ok := schema["enum"].([]any); ok {
			schema["enum"] = append(slices.Clone(words), nil)
		}
		properties[f.Name] = schema
	}
	s[name] = object{"type": "object", "properties": properties, "additionalProperties": false}
	return object{"$ref": "#/components/schemas/" + name}
}

// An example is a request, and what was answered. Tests make each, in the order
// of the file, of a new project, and compare the answers.
type example struct {
	Title     string          `json:"title"`
	Operation string          `json:"operation"` // the route's method and path
	Path      string          `json:"path"`      // with parameters filled in, and a query
	Request   json.RawMessage `json:"request,omitempty"`
	Status    int             `json:"status"`
	Response  json.RawMessage `json:"response,omitempty"`
}

//go:embed examples.json
var examplesText []byte

// examples are those of examples.json.
func examples() (all []example) {
	if err := json.Unmarshal(examplesText, &all); err != nil {
		panic("native: examples.json: " + err.Error())
	}
	return all
}

// examplesOf returns a route's examples, or a part of each, by title.
func examplesOf(rt route, part func(example) json.RawMessage) object {
	all := object{}
	for _, e := range examples() {
		if e.Operation == rt.method+" "+rt.path && len(part(e)) > 0 && e.Status < 300 {
			all[strings.ReplaceAll(strings.ToLower(e.Title), " ", "-")] = object{"summary": e.Title, "value": part(e)}
		}
	}
	return all
}
