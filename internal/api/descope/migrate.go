package descope

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/migrate"
)

// ExportOptions change what an export becomes.
type ExportOptions struct {
	// Roles gives the project's roles of the files, by name, other names here.
	// The name of a role that is there already means that role.
	Roles map[string]string
}

// sections are what an export can hold, in the order in which it is made, by
// the names that the management API's answers and requests wrap them in.
var sections = []string{"tenants", "permissions", "roles", "users", "SSOSettings"}

// single are the wrappers of one thing, and of what section it is.
var single = map[string]string{"user": "users", "role": "roles", "permission": "permissions"}

// ReadExport reads what the management API answers: to permission/all,
// role/all and search, tenant/all and search, user/search, users/load and user,
// and v2's sso/settings, in any number of documents; the bodies of its batch
// calls, by which users come with passwords; and project snapshots. there is
// the project that it is to be made in.
//
// Ids are kept. What has none is found in the project by its name or login ids,
// or is given one.
func ReadExport(ctx context.Context, there migrate.Lister, files []migrate.File, o ExportOptions) (*migrate.Export, error) {
	m := &migration{there: there, options: o, found: map[string][]element{}, seen: map[string]element{}}
	for _, f := range files {
		m.file(f)
	}
	m.tenantsOfSSO()
	for _, read := range []func(context.Context) error{m.names, m.readPermissions, m.readRoles, m.readTenants, m.readUsers, m.readSSO} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	for from := range o.Roles {
		if _, err := m.role("", from); err != nil {
			m.problem(migrate.Place{File: "--role"}, fmt.Errorf("there is no role %q", from))
		}
	}
	slices.SortStableFunc(m.out.Items, func(a, b *migrate.Item) int { return order(a) - order(b) })
	return &m.out, nil
}

func order(i *migrate.Item) int {
	return slices.Index([]string{"tenant", "permission", "role", "user", "SSO setting"}, i.What)
}

// A migration is one reading of an export.
type migration struct {
	there   migrate.Lister
	options ExportOptions
	out     migrate.Export

	found map[string][]element // by section
	seen  map[string]element   // by what and id: each thing once
	known
}

// An element is a thing of the files.
type element struct {
	migrate.Place
	raw json.RawMessage
}

func (m *migration) problem(at migrate.Place, err error) {
	var field *rolecall.FieldError
	if errors.As(err, &field) && at.Field == "" {
		at.Field = field.Field
	}
	m.out.Problems = append(m.out.Problems, migrate.Problem{Place: at, Err: err})
}

func (m *migration) note(text string) {
	if !slices.Contains(m.out.Notes, text) {
		m.out.Notes = append(m.out.Notes, text)
	}
}

// file sorts what is in a file into sections.
func (m *migration) file(f migrate.File) {
	documents, line, err := migrate.Documents(f.Data)
	if err != nil {
		m.problem(migrate.Place{File: f.Name, Line: line}, err)
	}
	if err == nil && len(documents) == 0 {
		m.problem(migrate.Place{File: f.Name}, errors.New("it is empty"))
	}
	for _, d := range documents {
		m.document(f.Name, f.Name, d)
	}
}

// document sorts one answer, request or snapshot. called is by which name
// a list without a wrapper may be known.
func (m *migration) document(file, called string, d migrate.Node) {
	at := migrate.Place{File: file, Line: d.Line}
	if d.Is('[') {
		m.list(file, called, d)
		return
	}
	if !d.Is('{') {
		m.problem(at, errors.New("it is neither an object nor a list"))
		return
	}
	parts := d.Parts()
	has := func(name string) bool {
		return slices.ContainsFunc(parts, func(p migrate.Node) bool { return p.Name == name })
	}
	if has("tenant") && (has("saml") || has("oidc")) {
		m.add("SSOSettings", file, d)
		return
	}
	if has("errorCode") {
		m.problem(at, errors.New("it is no answer, but an error that the API answered"))
		return
	}
	known := false
	for _, p := range parts {
		section := p.Name
		switch {
		case single[section] != "" && p.Is('{'):
			m.add(single[section], file, p)
		case slices.Contains(sections, section) && p.Is('['):
			for _, e := range p.Parts() {
				m.add(section, file, e)
			}
		case section == "files" && p.Is('{'):
			for _, f := range p.Parts() {
				if s := sectionOf(f.Name); s == "permissions" || s == "roles" {
					m.document(file, f.Name, f)
				} else {
					m.note(fmt.Sprintf("%s: of a snapshot, %s is not imported", file, f.Name))
				}
			}
		case section == "keys" && p.Is('['):
			m.note("access keys are not imported, as their secrets are nowhere to be had: make new ones with 'rolecall key create'")
		default:
			continue
		}
		known = true
	}
	if !known {
		m.problem(at, fmt.Errorf("it holds none of %s, and is no snapshot", strings.Join(sections, ", ")))
	}
}

// list sorts a list without a wrapper, by its file's name or what its elements have.
func (m *migration) list(file, called string, d migrate.Node) {
	byName := sectionOf(called)
	for _, e := range d.Parts() {
		section := byName
		for _, p := range e.Parts() {
			switch p.Name {
			case "userId", "loginId", "loginIds":
				section = "users"
			case "permissionNames":
				section = "roles"
			case "selfProvisioningDomains":
				section = "tenants"
			}
		}
		if section == "" {
			m.problem(migrate.Place{File: file, Line: e.Line}, errors.New(`what it is can't be told: wrap the list, as in {"permissions": […]}`))
			return
		}
		m.add(section, file, e)
	}
}

// sectionOf returns the section that a file's name tells, as "roles" of
// "authorization/roles.json".
func sectionOf(file string) string {
	base, _, _ := strings.Cut(path.Base(strings.ReplaceAll(file, `\`, "/")), ".")
	if slices.Contains(sections, base) {
		return base
	}
	return ""
}

func (m *migration) add(section, file string, n migrate.Node) {
	m.found[section] = append(m.found[section], element{migrate.Place{File: file, Line: n.Line}, n.Raw})
}

// elements calls read with every element of a section, decoded into a T.
func elements[T any](m *migration, section string, read func(element, T)) {
	for _, e := range m.found[section] {
		var in T
		if err := api.DecodeLenient(string(e.raw), &in); err != nil {
			m.problem(e.Place, err)
			continue
		}
		read(e, in)
	}
}

// again reports whether a thing was seen already: the same one, or one that
// differs, which is a problem.
func (m *migration) again(what, id string, e element) bool {
	if id == "" {
		return false
	}
	old, ok := m.seen[what+"\t"+id]
	if !ok {
		m.seen[what+"\t"+id] = e
		return false
	}
	var one, other bytes.Buffer
	if json.Compact(&one, old.raw) != nil || json.Compact(&other, e.raw) != nil || !bytes.Equal(one.Bytes(), other.Bytes()) {
		m.problem(e.Place, fmt.Errorf("%s %q stands at %s too, and differs", what, id, old.Place))
	}
	return true
}

// item adds a thing to what is imported.
func (m *migration) item(what, name string, e element, parts ...migrate.Part) {
	m.out.Items = append(m.out.Items, &migrate.Item{Place: e.Place, What: what, Name: name, Parts: parts})
}
