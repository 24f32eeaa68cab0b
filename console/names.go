package console

import (
	"errors"
	"net/http"
	"slices"

	"github.com/rolecall/rolecall"
)

// kindSubject stands for whichever of user, client and group has an id.
const kindSubject rolecall.Kind = "subject"

// A named is something that a page refers to, as people call it.
type named struct {
	Kind    rolecall.Kind // "" if it is not known
	ID      string
	Label   string // a name, an e-mail address or, where there is neither, the id
	More    string // what tells it from others of the same name
	Blocked bool
}

// reader reads the names of roles, permissions, APIs and tenants that something
// refers to that the viewer may read. Users' and groups' names are read as the viewer.
var reader = rolecall.System("console")

// learn finds the names of the records of a kind with ids, for Name.
func (c *call) learn(kind rolecall.Kind, ids ...string) error {
	if c.names == nil {
		c.names = map[rolecall.Kind]map[string]named{}
	}
	known := c.names[kind]
	if known == nil {
		known = map[string]named{}
		c.names[kind] = known
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { _, ok := known[id]; return ok || id == "" })
	meant := []rolecall.Kind{kind}
	if kind == kindSubject {
		meant = []rolecall.Kind{rolecall.KindUser, rolecall.KindClient, rolecall.KindGroup}
	}
	for _, kind := range meant {
		for some := range slices.Chunk(ids, 500) {
			records, err := c.byIDs(kind, some)
			if err != nil {
				return err
			}
			for _, r := range records {
				known[r.Key()] = nameOf(r)
			}
		}
	}
	return nil
}

func (c *call) byIDs(kind rolecall.Kind, ids []string) ([]rolecall.Record, error) {
	q := rolecall.Query{Kind: kind, Limit: rolecall.MaxPage,
		Where: []rolecall.Condition{{Field: "id", Op: rolecall.In, Values: ids}}}
	var page rolecall.Page
	var err error
	switch kind {
	case rolecall.KindUser, rolecall.KindClient, rolecall.KindGroup:
		q.Tenant = c.Tenant
		page, err = c.view.List(c.ctx, q)
	default:
		page, err = c.rc.List(c.ctx, reader, q)
	}
	if errors.Is(err, rolecall.ErrForbidden) { // then ids have to do
		return nil, nil
	}
	return page.Records, err
}

// Name returns what a record of a kind is called, once learn has found it.
func (c *call) Name(kind rolecall.Kind, id any) named {
	key := text(id)
	if n, ok := c.names[kind][key]; ok {
		return n
	}
	if kind == kindSubject && key == string(rolecall.SystemSubject) {
		return named{ID: key, Label: "the system"}
	}
	return named{ID: key, Label: key}
}

// nameOf returns what people call a record.
func nameOf(r rolecall.Record) named {
	n := named{Kind: r.Kind(), ID: r.Key(), Label: r.Key()}
	set := func(name, more string) {
		if name != "" {
			n.Label, n.More = name, more
		} else if more != "" {
			n.Label = more
		}
	}
	switch r := r.(type) {
	case *rolecall.User:
		set(r.Name, r.Email)
		n.Blocked = r.Blocked
	case *rolecall.Client:
		set(r.Name, "")
		n.Blocked = r.Blocked
	case *rolecall.Group:
		set(r.Name, "")
	case *rolecall.Role:
		set(r.Name, string(r.Tenant))
	case *rolecall.Permission:
		set(r.Name, string(r.API))
	case *rolecall.API:
		set(r.Name, r.Identifier)
	case *rolecall.Tenant:
		set(r.Name, "")
	case *rolecall.Constraint:
		set(r.Name, "")
	case *rolecall.Credential:
		set(r.Name, "")
	}
	return n
}

// pagesOf leads to the page of each kind of record.
var pagesOf = map[rolecall.Kind]string{
	rolecall.KindUser: "/users/{id}", rolecall.KindClient: "/applications/{id}", rolecall.KindGroup: "/groups/{id}",
	rolecall.KindRole: "/roles/{id}", rolecall.KindPermission: "/permissions/{id}", rolecall.KindAPI: "/apis/{id}",
	rolecall.KindTenant: "/tenants/{id}", rolecall.KindCredential: "/keys/{id}",
	rolecall.KindConstraint: "/constraints/{id}",
}

// To returns the URL of the page about something named, "" if there is none
// that the viewer may see.
func (c *call) To(n named) string {
	path := pagesOf[n.Kind]
	r := c.findRoute(http.MethodGet, path)
	in := c.Tenant
	if r != nil && (r.at == everywhere || n.Kind == rolecall.KindRole && n.More != string(c.Tenant)) {
		in = "" // the page is of the whole project
	}
	if r == nil || r.needs != "" && !c.holds(r.needs, in) {
		return ""
	}
	return c.LinkIn(in, path, n.ID)
}
