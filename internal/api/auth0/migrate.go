package auth0

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// ExportOptions change what an export becomes.
type ExportOptions struct {
	// Roles gives roles of the files, by name, other names here. The name of a
	// role that is there already means that role.
	Roles map[string]string
}

// sections are what an export can hold, in the order in which it is made.
var sections = []string{"organizations", "resource_servers", "roles", "users"}

// ReadExport reads users, roles, resource servers and organizations, in any
// number of documents: what this API answers of them, lists of users as Auth0
// exports and imports them, one to a line or in an array, with password hashes,
// and files of its deploy command. An answer about a part of something, such as
// the permissions of a role, is put beside the id: {"id":"rol_…","permissions":[…]}.
//
// Ids are kept. What has none is found in the project by its name, or is given one.
func ReadExport(ctx context.Context, there migrate.Lister, files []migrate.File, o ExportOptions) (*migrate.Export, error) {
	m := &migration{there: there, options: o, found: map[string][]*element{}, seen: map[string]*element{}, made: map[string]bool{}, items: map[rolecall.RoleID]*migrate.Item{}}
	for _, f := range files {
		m.file(f)
	}
	for _, read := range []func(context.Context) error{m.look, m.readOrganizations, m.readServers, m.readRoles, m.readUsers} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	m.out.Items = append(m.out.Items, m.last...)
	return &m.out, nil
}

// A migration is one reading of an export.
type migration struct {
	there   migrate.Lister
	options ExportOptions
	out     migrate.Export
	last    []*migrate.Item       // what needs users
	found   map[string][]*element // by section
	seen    map[string]*element   // by section and id
	made    map[string]bool       // ids of roles and organizations of the files
	items   map[rolecall.RoleID]*migrate.Item
	members []membership // that organizations show
	known
}

// An element is a thing of the files, with all that they say of it.
type element struct {
	migrate.Place
	members
}

func (m *migration) problem(at migrate.Place, err error) {
	var refused *refusal
	if errors.As(err, &refused) { // said to a caller of the API
		text := strings.TrimSuffix(strings.TrimPrefix(refused.message, "Payload validation error: '"), "'.")
		err = errors.New(text)
	}
	m.out.Problems = append(m.out.Problems, migrate.Problem{Place: at, Err: err})
}

func (m *migration) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(m.out.Notes, text) {
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
		m.document(f.Name, d)
	}
}

// document sorts one thing, a list, or an object of lists.
func (m *migration) document(file string, d migrate.Node) {
	at := migrate.Place{File: file, Line: d.Line}
	switch {
	case d.Is('['):
		for _, e := range d.Parts() {
			m.add(file, "", e)
		}
		return
	case !d.Is('{'):
		m.problem(at, errors.New("it is neither an object nor a list"))
		return
	}
	parts := d.Parts()
	if sectionOf(parts) != "" {
		m.add(file, "", d)
		return
	}
	known := false
	for _, p := range parts {
		section := p.Name
		if section == "resourceServers" { // as the deploy command spells it
			section = "resource_servers"
		}
		switch {
		case slices.Contains(sections, section) && p.Is('['):
			known = true
			for _, e := range p.Parts() {
				m.add(file, section, e)
			}
		case p.Is('[') && slices.Contains([]string{"clients", "clientGrants", "client_grants", "connections"}, p.Name):
			known = true
			m.note("%s are not imported: make them anew, with new secrets", p.Name)
		case p.Name == "statusCode":
			m.problem(at, errors.New("it is no answer, but an error that the API answered"))
			return
		}
	}
	if !known {
		m.problem(at, fmt.Errorf("it is no user, role, resource server or organization, and holds no list of %s", strings.Join(sections, ", ")))
	}
}

// sectionOf tells what an object is by its members, "" if that can't be told.
func sectionOf(parts []migrate.Node) string {
	has := map[string]string{}
	for _, p := range parts {
		has[p.Name] = strings.Trim(string(p.Raw), `"`)
	}
	_, email := has["email"]
	_, hash := has["passwordHash"]
	_, user := has["user_id"]
	_, identifier := has["identifier"]
	_, permissions := has["permissions"]
	_, display := has["display_name"]
	_, holders := has["users"]
	_, joined := has["members"]
	_, name := has["name"]
	_, description := has["description"]
	switch {
	case user || email || hash:
		return "users"
	case identifier:
		return "resource_servers"
	case strings.HasPrefix(has["id"], "org_") || display || has["id"] != "" && joined:
		return "organizations"
	case strings.HasPrefix(has["id"], "rol_") || permissions || has["id"] != "" && (holders || name && description):
		return "roles"
	}
	return ""
}

// add notes a thing of a section, "" if what it is shows. What another place
// says of it is put together with what stands there.
func (m *migration) add(file, section string, n migrate.Node) {
	at := migrate.Place{File: file, Line: n.Line}
	parts := n.Parts()
	if section == "" {
		section = sectionOf(parts)
	}
	if !n.Is('{') || section == "" {
		m.problem(at, errors.New("what it is can't be told: it has neither the members of a user, role, resource server or organization, nor an id that tells"))
		return
	}
	e := &element{at, members{}}
	for _, p := range parts {
		if e.members[p.Name] = p.Raw; string(p.Raw) == "null" {
			delete(e.members, p.Name)
		}
	}
	if section == "users" {
		e.oldExport()
	}
	if id := e.text("id") + e.text("user_id"); id != "" {
		at := section + "\t" + id
		if other := m.seen[at]; other != nil {
			m.join(section, other, e)
			return
		}
		m.seen[at] = e
	}
	m.found[section] = append(m.found[section], e)
}

// oldExport turns a user of an export of password hashes into one that the API shows.
func (e *element) oldExport() {
	var id struct {
		OID string `json:"$oid"`
	}
	if json.Unmarshal(e.members["_id"], &id) == nil && id.OID != "" && e.text("user_id") == "" {
		e.members["user_id"], _ = json.Marshal("auth0|" + id.OID) // a string has a JSON form
	}
	if hash, ok := e.members["passwordHash"]; ok {
		e.members["password_hash"] = hash
	}
	for _, name := range []string{"_id", "passwordHash", "tenant", "_tmp_is_unique"} {
		delete(e.members, name)
	}
}

// text returns a member that is a text.
func (e *element) text(name string) (text string) {
	json.Unmarshal(e.members[name], &text) // what is none is found later
	return text
}

// join adds to a thing what another place says of it.
func (m *migration) join(section string, to, e *element) {
	for name, value := range e.members {
		old, ok := to.members[name]
		var one, other bytes.Buffer
		if ok && (json.Compact(&one, old) != nil || json.Compact(&other, value) != nil || !bytes.Equal(one.Bytes(), other.Bytes())) {
			at := e.Place
			at.Field = name
			m.problem(at, fmt.Errorf("of the %s %q, %s says another", strings.TrimSuffix(strings.ReplaceAll(section, "_", " "), "s"), e.text("id")+e.text("user_id"), to.Place))
			return
		}
		to.members[name] = value
	}
}

// take reads a member into what to points to, and takes it out.
func (e *element) take(name string, to any) error {
	value := e.members[name]
	delete(e.members, name)
	if len(value) == 0 {
		return nil
	}
	return scan(name, value, to)
}

// item adds a thing to what is imported.
func (m *migration) item(what, name string, e *element, parts ...migrate.Part) {
	m.out.Items = append(m.out.Items, &migrate.Item{Place: e.Place, What: what, Name: name, Parts: parts})
}

// belongs adds something that needs users, for the end.
func (m *migration) belongs(what, name string, e *element, parts ...migrate.Part) {
	m.last = append(m.last, &migrate.Item{Place: e.Place, What: what, Name: name, Parts: parts})
}

// A named is a thing of a list within another: its id or name as a text, or an
// object that has one.
type named struct {
	ID, Name, UserID string
	Roles            []named
}

func (n *named) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &n.ID) == nil {
		return nil
	}
	var o struct {
		ID     string  `json:"id"`
		Name   string  `json:"name"`
		UserID string  `json:"user_id"`
		Roles  []named `json:"roles"`
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	*n = named{o.ID, o.Name, o.UserID, o.Roles}
	return nil
}

// known is what names and ids of the files may mean: what is in the files and
// in the project. Built-in roles are not among it, so that a role which happens
// to have the name of one administers nothing here.
type known struct {
	tenants     map[string]rolecall.TenantID // by id and by name
	apis        map[string]rolecall.APIID    // by identifier
	permissions map[permissionName]rolecall.PermissionID
	roles       map[string]rolecall.RoleID // by id and by name
	builtIn     map[string]rolecall.RoleID
	names       map[rolecall.RoleID]string
}

// look reads what the project has.
func (m *migration) look(ctx context.Context) error {
	m.known = known{
		map[string]rolecall.TenantID{}, map[string]rolecall.APIID{}, map[permissionName]rolecall.PermissionID{},
		map[string]rolecall.RoleID{}, map[string]rolecall.RoleID{}, map[rolecall.RoleID]string{},
	}
	tenants, err := migrate.All[*rolecall.Tenant](ctx, m.there, rolecall.Query{Kind: rolecall.KindTenant})
	if err != nil {
		return err
	}
	for _, t := range tenants {
		m.tenants[t.Name], m.tenants[string(t.ID)] = t.ID, t.ID
	}
	apis, err := migrate.All[*rolecall.API](ctx, m.there, rolecall.Query{Kind: rolecall.KindAPI})
	if err != nil {
		return err
	}
	identifiers := map[rolecall.APIID]string{}
	for _, a := range apis {
		m.apis[a.Identifier], identifiers[a.ID] = a.ID, a.Identifier
	}
	permissions, err := migrate.All[*rolecall.Permission](ctx, m.there, rolecall.Query{Kind: rolecall.KindPermission})
	if err != nil {
		return err
	}
	for _, p := range permissions {
		if p.API != rolecall.AdminAPI {
			m.permissions[permissionName{identifiers[p.API], p.Name}] = p.ID
		}
	}
	roles, err := migrate.All[*rolecall.Role](ctx, m.there, rolecall.Query{Kind: rolecall.KindRole, Where: []rolecall.Condition{rolecall.Where("tenant", "")}})
	for _, r := range roles {
		if rolecall.BuiltIn(r) {
			m.builtIn[r.Name] = r.ID
			continue
		}
		m.roles[r.Name], m.roles[string(r.ID)], m.names[r.ID] = r.ID, r.ID, r.Name
	}
	return err
}
