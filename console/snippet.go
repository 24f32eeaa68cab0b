package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A snippet is a way to do elsewhere what a page does.
type snippet struct{ Name, Text string }

// snippets returns a write as curl, as commands and in Go, as far as each can.
func (c *call) snippets(all steps) []snippet {
	if len(all) == 0 || len(all) > maxShown {
		return nil
	}
	var made []snippet
	if text := c.asCurl(all); text != "" {
		made = append(made, snippet{"curl", text})
	}
	if text := asCommands(all); text != "" {
		made = append(made, snippet{"CLI", text})
	}
	return append(made, snippet{"Go", asGo(all)})
}

// asCurl is a write to the server's own API, "" where there is no server.
func (c *call) asCurl(all steps) string {
	if c.server == "" {
		return ""
	}
	type operation struct {
		Op     string          `json:"op"`
		Kind   rolecall.Kind   `json:"kind"`
		Record json.RawMessage `json:"record"`
	}
	var ops []operation
	var patches []string
	for _, s := range all {
		if s.verb == "patch" {
			path := apiPaths[s.record.Kind()]
			if s.fields == nil || path == "" {
				return ""
			}
			patches = append(patches, c.curl("PATCH", "/api/v1"+path+"/"+url.PathEscape(s.record.Key()), s.fields))
			continue
		}
		record, err := json.Marshal(s.record)
		if s.record == nil || err != nil {
			return ""
		}
		ops = append(ops, operation{s.verb, s.record.Kind(), record})
	}
	if len(ops) > 0 {
		patches = append(patches, c.curl("POST", "/api/v1/write", map[string]any{"ops": ops}))
	}
	return strings.Join(patches, "\n")
}

// curl is a call of the server's own API.
func (c *call) curl(method, path string, body any) string {
	text := "curl"
	if method != "GET" {
		text += " -X " + method
	}
	text += " " + quote(c.server+path) + " \\\n  -H \"Authorization: Bearer $ROLECALL_KEY\""
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return ""
		}
		text += " \\\n  -H 'Content-Type: application/json' \\\n  -d " + quote(string(data))
	}
	return text
}

// asCommands is a write as the program rolecall's commands, "" if it has none
// for a part of it.
func asCommands(all steps) string {
	var lines []string
	for _, s := range all {
		words := command(s)
		if words == nil {
			return ""
		}
		lines = append(lines, commandLine(words))
	}
	return strings.Join(lines, "\n")
}

// commandLine is a command of the program, as a shell reads it.
func commandLine(words []string) string {
	line := "rolecall"
	for _, w := range words {
		line += " " + quote(w)
	}
	return line
}

// flag adds an option to a command, if it has a value.
func flag(words []string, name, value string) []string {
	if value != "" {
		words = append(words, "--"+name, value)
	}
	return words
}

func command(s step) []string {
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	held := func(words []string, v rolecall.Validity, reason string) []string {
		return flag(flag(flag(words, "starts", when(v.StartsAt)), "expires", when(v.ExpiresAt)), "reason", reason)
	}
	gives := s.verb == "create" || s.verb == "put"
	switch r := s.record.(type) {
	case *rolecall.Assignment:
		words := []string{"unassign", string(r.Role), string(r.Subject)}
		if gives {
			words[0] = "assign"
		}
		words = flag(flag(words, "tenant", string(r.Tenant)), "resource", r.Resource)
		if gives {
			return held(words, r.Validity, r.Reason)
		}
		return flag(words, "source", string(r.Source))
	case *rolecall.DirectGrant:
		words := []string{"revoke", string(r.Permission), "--subject", string(r.Subject)}
		if gives {
			words[0] = "grant"
		}
		words = flag(flag(words, "tenant", string(r.Tenant)), "resource", r.Resource)
		if gives {
			return held(words, r.Validity, r.Reason)
		}
		return flag(words, "source", string(r.Source))
	case *rolecall.Grant:
		words := []string{"revoke", string(r.Permission), "--role", string(r.Role)}
		if gives {
			words[0] = "grant"
		}
		return words
	case *rolecall.GroupMember:
		words := []string{"group", "remove", string(r.Group), string(r.Member)}
		if gives {
			words[1] = "add"
		}
		return words
	case *rolecall.Membership:
		words := []string{"tenant", "remove", string(r.Tenant), string(r.Subject)}
		if gives {
			words[1] = "add"
		}
		return words
	case *rolecall.Inheritance:
		words := []string{"role", "disinherit", string(r.Senior), string(r.Junior)}
		if gives {
			words[1] = "inherit"
		}
		return words
	case *rolecall.ConstraintRole:
		words := []string{"constraint", "remove", string(r.Constraint), string(r.Role)}
		if gives {
			words[1] = "add"
		}
		return words
	case *rolecall.Constraint:
		if s.verb == "create" && r.Attributes == nil {
			words := flag([]string{"constraint", "create", "--id", string(r.ID)}, "type", string(r.Type))
			words = flag(flag(words, "tenant", string(r.Tenant)), "description", r.Description)
			return append(words, "--max-allowed", strconv.Itoa(r.MaxAllowed), "--", r.Name) // which may look like an option
		}
	}
	switch r := s.record.(type) {
	case *rolecall.User, *rolecall.Group, *rolecall.Role, *rolecall.Tenant, *rolecall.API, *rolecall.Permission, *rolecall.Client, *rolecall.Constraint:
		if s.verb == "delete" {
			return []string{string(r.Kind()), "delete", r.Key()}
		}
		if blocked, ok := s.fields["blocked"].(bool); ok && r.Kind() == rolecall.KindUser {
			return []string{string(r.Kind()), map[bool]string{true: "block", false: "unblock"}[blocked], r.Key()}
		}
	}
	return nil
}

// quote makes a word of text for a shell.
func quote(word string) string {
	safe := word != ""
	for _, b := range []byte(word) {
		safe = safe && ('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("-_./:@%+=,", b) >= 0)
	}
	if safe {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// asGo is a write in Go.
func asGo(all steps) string {
	verbs := map[string]string{"create": "Create", "put": "Put", "delete": "Delete"}
	var b strings.Builder
	b.WriteString("_, err := rc.Write(ctx, by")
	for _, s := range all {
		if s.verb == "patch" {
			b.WriteString(",\n\t" + goModify(s))
			continue
		}
		verb, pointer := verbs[s.verb], "&"
		if s.verb == "delete" {
			switch s.record.(type) {
			case *rolecall.Assignment:
				verb, pointer = "Unassign", ""
			case *rolecall.DirectGrant:
				verb, pointer = "Revoke", ""
			}
		}
		fmt.Fprintf(&b, ",\n\trolecall.%s(%s%s)", verb, pointer, goValue(reflect.ValueOf(s.record).Elem()))
	}
	b.WriteString(")")
	return b.String()
}

// goModify is a patch in Go.
func goModify(s step) string {
	kind := reflect.TypeOf(s.record).Elem()
	var sets string
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		if value, ok := s.fields[name]; ok && name != "" {
			sets += fmt.Sprintf("r.%s = %#v; ", kind.Field(i).Name, value)
		}
	}
	return fmt.Sprintf("rolecall.Modify(&%s{ID: %q}, func(r *%s) error { %sreturn nil })", kind, s.record.Key(), kind, sets)
}

// goValue is a record as a composite literal, without what is zero.
func goValue(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return fmt.Sprintf("time.UnixMilli(%d)", at.UnixMilli())
		}
		var fields []string
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Name != "Stamps" && !v.Field(i).IsZero() {
				fields = append(fields, f.Name+": "+goValue(v.Field(i)))
			}
		}
		return v.Type().String() + "{" + strings.Join(fields, ", ") + "}"
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			var items []string
			for i := range v.Len() {
				items = append(items, goValue(v.Index(i)))
			}
			return v.Type().String() + "{" + strings.Join(items, ", ") + "}"
		}
		return fmt.Sprintf("%s(%q)", v.Type(), v.Bytes())
	}
	return fmt.Sprint(v.Interface())
}

// prettyJSON is a JSON text in lines.
func prettyJSON(data json.RawMessage) string {
	var b bytes.Buffer
	if len(data) == 0 || json.Indent(&b, data, "", "  ") != nil {
		return string(data)
	}
	return b.String()
}

// apiPaths leads to each kind of record in the server's own API.
var apiPaths = map[rolecall.Kind]string{
	rolecall.KindUser: "/users", rolecall.KindGroup: "/groups", rolecall.KindRole: "/roles", rolecall.KindPermission: "/permissions",
	rolecall.KindAPI: "/apis", rolecall.KindTenant: "/tenants", rolecall.KindClient: "/clients", rolecall.KindCredential: "/keys",
	rolecall.KindConstraint: "/constraints",
}

// shown returns the ways to read a record elsewhere.
func (c *call) shown(r rolecall.Record) []snippet {
	var made []snippet
	if path := apiPaths[r.Kind()]; c.server != "" && path != "" {
		made = append(made, snippet{"curl", c.curl("GET", "/api/v1"+path+"/"+url.PathEscape(r.Key()), nil)})
	}
	kind := strings.TrimPrefix(reflect.TypeOf(r).String(), "*")
	if r.Kind() != rolecall.KindCredential {
		made = append(made, snippet{"CLI", "rolecall " + string(r.Kind()) + " show " + quote(r.Key())})
	}
	return append(made, snippet{"Go", fmt.Sprintf("found, err := rolecall.Find(ctx, rc, by, &%s{ID: %q})", kind, r.Key())})
}
