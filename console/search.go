package console

import (
	"errors"
	"net/http"

	"github.com/rolecall/rolecall"
)

// searched lists what the search looks through, and how each is called.
var searched = []struct {
	kind  rolecall.Kind
	title string
}{
	{rolecall.KindUser, "Users"},
	{rolecall.KindGroup, "Groups"},
	{rolecall.KindRole, "Roles"},
	{rolecall.KindPermission, "Permissions"},
	{rolecall.KindAPI, "APIs"},
	{rolecall.KindTenant, "Tenants"},
	{rolecall.KindClient, "Clients"},
	{rolecall.KindCredential, "Access keys"},
}

type searchPage struct {
	*call
	Found []found
}

// found is what the search found of one kind.
type found struct {
	Title string
	Rows  []named
	More  string // the list of all, "" if these are all or there is no such page
}

const foundRows = 5

// search looks through everything that the viewer may read here.
func search(c *call) (any, error) {
	c.Title = "Search"
	p := &searchPage{call: c}
	text := c.Value("q")
	if text == "" {
		return p, nil
	}
	for _, s := range searched {
		rows, more, err := c.find(s.kind, text, foundRows)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		f := found{Title: s.title, Rows: rows}
		path := listOf[s.kind]
		if more && c.findRoute(http.MethodGet, path) != nil {
			f.More = c.Link(path, "q", text)
		}
		p.Found = append(p.Found, f)
	}
	return p, nil
}

// listOf leads to the list of each kind.
var listOf = map[rolecall.Kind]string{
	rolecall.KindUser: "/users", rolecall.KindGroup: "/groups", rolecall.KindRole: "/roles",
	rolecall.KindPermission: "/permissions", rolecall.KindAPI: "/apis", rolecall.KindTenant: "/tenants",
	rolecall.KindClient: "/applications", rolecall.KindCredential: "/keys",
	rolecall.KindAssignment: "/assignments", rolecall.KindDirectGrant: "/grants",
}

// find returns up to limit records of a kind that hold a text, and whether
// there are more: none if the viewer may not read the kind here.
func (c *call) find(kind rolecall.Kind, text string, limit int) (rows []named, more bool, err error) {
	q := rolecall.Query{Kind: kind, Search: text, Limit: limit}
	if kind == rolecall.KindCredential {
		q.Where = []rolecall.Condition{rolecall.Where("type", rolecall.AccessKey)}
	}
	var records []rolecall.Record
	if kind == rolecall.KindRole {
		records, more, err = c.roles(q)
	} else {
		if c.Tenant != "" {
			if !ofTenants[kind] {
				return nil, false, nil
			}
			q.Tenant = c.Tenant
		}
		var page rolecall.Page
		page, err = c.view.List(c.ctx, q)
		records, more = page.Records, page.Next != ""
	}
	if errors.Is(err, rolecall.ErrForbidden) {
		return nil, false, nil
	}
	for _, r := range records {
		rows = append(rows, nameOf(r))
	}
	return rows, more, err
}

// ofTenants says which kinds can be of a tenant.
var ofTenants = map[rolecall.Kind]bool{
	rolecall.KindUser: true, rolecall.KindClient: true, rolecall.KindRole: true, rolecall.KindTenant: true, rolecall.KindCredential: true,
}

// roles selects roles that can be assigned here: everywhere the project's, and
// in a tenant its own and those of the project that are not private.
func (c *call) roles(q rolecall.Query) (records []rolecall.Record, more bool, err error) {
	q.Kind = rolecall.KindRole
	if c.Tenant == "" {
		page, err := c.view.List(c.ctx, q)
		return page.Records, page.Next != "", err
	}
	own := q
	own.Tenant = c.Tenant
	page, err := c.view.List(c.ctx, own)
	if err != nil || page.Next != "" || len(page.Records) >= q.Limit {
		return page.Records, page.Next != "", err
	}
	// A role that is not private is shown to tenants' administrators, who may
	// read no other record that belongs to no tenant.
	shared := q
	shared.Where = append(shared.Where[:len(shared.Where):len(shared.Where)],
		rolecall.Where("tenant", ""), rolecall.Where("private", "false"))
	shared.Limit = q.Limit - len(page.Records)
	rest, err := c.rc.List(c.ctx, reader, shared)
	return append(page.Records, rest.Records...), rest.Next != "", err
}

type pickPage struct {
	*call
	Rows []named
}

// pick suggests records of a kind while somebody types: the options of a list.
func pick(c *call) (any, error) {
	c.Title = "Suggestions"
	kinds := []rolecall.Kind{rolecall.Kind(c.r.PathValue("kind"))}
	switch kinds[0] {
	case kindSubject:
		kinds = []rolecall.Kind{rolecall.KindUser, rolecall.KindGroup, rolecall.KindClient}
	case rolecall.KindUser, rolecall.KindGroup, rolecall.KindClient, rolecall.KindRole, rolecall.KindTenant, rolecall.KindPermission, rolecall.KindAPI:
	default:
		return nil, errNoPage
	}
	p := &pickPage{call: c}
	for _, kind := range kinds {
		rows, _, err := c.find(kind, c.Value("q"), 20)
		if err != nil {
			return nil, err
		}
		p.Rows = append(p.Rows, rows...)
	}
	return p, nil
}

type helpPage struct{ *call }

// help tells the keys.
func help(c *call) (any, error) {
	c.Title = "Keyboard"
	return &helpPage{c}, nil
}
