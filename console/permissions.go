package console

import (
	"github.com/rolecall/rolecall"
)

type permissionsPage struct {
	*call
	List        *listing
	APIs        []*rolecall.API
	Permissions []permissionRow
}

type permissionRow struct {
	*rolecall.Permission
	First   bool // of its API on the page
	Home    named
	Roles   int
	Direct  int
	BuiltIn bool
}

func permissions(c *call) (any, error) {
	c.Title = "Permissions"
	p := &permissionsPage{call: c}
	sorts := []string{"api", "name", "created_at"}
	if c.Value("api") != "" { // then the API is no order
		sorts = []string{"name", "created_at"}
	}
	list, records, err := c.page(c.permissionsQuery(), sorts...)
	if err != nil {
		return nil, err
	}
	p.List = list
	apis, err := c.some(rolecall.Query{Kind: rolecall.KindAPI, Sort: "name"})
	if err != nil {
		return nil, err
	}
	p.APIs = as[*rolecall.API](apis)
	last := rolecall.APIID("")
	for _, r := range as[*rolecall.Permission](records) {
		row := permissionRow{Permission: r, BuiltIn: rolecall.BuiltIn(r), First: r.API != last && list.query.Sort == "api"}
		last = r.API
		if err := c.learn(rolecall.KindAPI, string(r.API)); err != nil {
			return nil, err
		}
		row.Home = c.Name(rolecall.KindAPI, r.API)
		if row.Roles, err = c.count(rolecall.KindGrant, rolecall.Where("permission", r.ID)); err == nil {
			row.Direct, err = c.count(rolecall.KindDirectGrant, rolecall.Where("permission", r.ID))
		}
		if err != nil {
			return nil, err
		}
		p.Permissions = append(p.Permissions, row)
	}
	return p, nil
}

func (c *call) permissionsQuery() rolecall.Query {
	q := rolecall.Query{Kind: rolecall.KindPermission}
	if api := c.Value("api"); api != "" {
		q.Where = append(q.Where, rolecall.Where("api", api))
	}
	return q
}

type permissionPage struct {
	*call
	Permission *rolecall.Permission
	BuiltIn    bool
	Home       named
	Roles      []edge
	Direct     []held
	Timeline   []line
	Copies     []snippet
}

func permission(c *call) (any, error) {
	r, err := look(c, &rolecall.Permission{ID: rolecall.PermissionID(c.id())})
	if err != nil {
		return nil, err
	}
	c.Title = r.Name
	p := &permissionPage{call: c, Permission: r, BuiltIn: rolecall.BuiltIn(r), Copies: c.shown(r)}
	if err := c.learn(rolecall.KindAPI, string(r.API)); err != nil {
		return nil, err
	}
	p.Home = c.Name(rolecall.KindAPI, r.API)
	grants, err := c.some(rolecall.Query{Kind: rolecall.KindGrant, Where: []rolecall.Condition{rolecall.Where("permission", r.ID)}})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, g := range as[*rolecall.Grant](grants) {
		ids = append(ids, string(g.Role))
	}
	if err := c.learn(rolecall.KindRole, ids...); err != nil {
		return nil, err
	}
	for _, id := range ids {
		p.Roles = append(p.Roles, edge{c.Name(rolecall.KindRole, id), c.Do("Remove", "/roles/{id}/ungrant", id, "permission", r.ID)})
	}
	direct, err := c.some(rolecall.Query{Kind: rolecall.KindDirectGrant, Where: []rolecall.Condition{rolecall.Where("permission", r.ID)}})
	if err != nil {
		return nil, err
	}
	if p.Direct, err = c.grants(as[*rolecall.DirectGrant](direct)); err != nil {
		return nil, err
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Kind: rolecall.KindPermission, Key: string(r.ID)}, 12)
	return p, err
}

func permissionForm(c *call) (any, error) {
	return c.form("New permission", "Create",
		required(hinted(textField("name", "Name", ""), "What may be done, as the application asks for it: post.publish, read:invoices")),
		hinted(c.pickField("api", "API", rolecall.KindAPI, string(rolecall.DefaultAPI)), "The home of the permission"),
		areaField("description", "Description", ""),
	), nil
}

func createPermission(c *call) (*change, error) {
	p := &rolecall.Permission{ID: rolecall.PermissionID(rolecall.NewID("perm")), Name: c.Value("name"), Description: c.Value("description")}
	if name := c.Value("api"); name != "" {
		api, err := c.resolve("api", rolecall.KindAPI, name)
		if err != nil {
			return nil, err
		}
		p.API = rolecall.APIID(api.ID)
	}
	return &change{quiet: true, steps: steps{create(p)}, then: c.Link("/permissions/{id}", p.ID), said: "The permission is created. Put it into a role next."}, nil
}

func editPermissionForm(c *call) (any, error) {
	p, err := look(c, &rolecall.Permission{ID: rolecall.PermissionID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+p.Name, "Preview",
		required(hinted(textField("name", "Name", p.Name), "Applications that ask by the old name are denied from then on")),
		areaField("description", "Description", p.Description)), nil
}

func editPermission(c *call) (*change, error) {
	p, err := look(c, &rolecall.Permission{ID: rolecall.PermissionID(c.id())})
	if err != nil {
		return nil, err
	}
	name, description := c.Value("name"), c.Value("description")
	return &change{
		quiet: name == p.Name, Title: "Rename " + p.Name + " to " + name + "?", Verb: "Rename", Danger: true,
		steps: steps{modify(&rolecall.Permission{ID: p.ID}, map[string]any{"name": name, "description": description}, func(p *rolecall.Permission) { p.Name, p.Description = name, description })},
		then:  c.Link("/permissions/{id}", p.ID), said: "The permission is saved.",
	}, nil
}

func deletePermission(c *call) (*change, error) {
	p, err := look(c, &rolecall.Permission{ID: rolecall.PermissionID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the permission " + p.Name + "?", Text: "No role gives it any more, and whoever asks for it is denied.", Verb: "Delete", Danger: true,
		steps: steps{remove(p)}, then: c.Link("/permissions"), said: "The permission is deleted.",
	}, nil
}
