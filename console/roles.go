package console

import (
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

type rolesPage struct {
	*call
	List   *listing
	Roles  []roleRow
	Shared []roleRow // in a tenant: the project's, which can be assigned there too
}

type roleRow struct {
	*rolecall.Role
	Permissions, Holders int
	BuiltIn              bool
	Of                   named // the tenant
}

func roles(c *call) (any, error) {
	c.Title = "Roles"
	p := &rolesPage{call: c}
	list, records, err := c.page(c.rolesQuery(), "name", "tenant", "created_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	if p.Roles, err = c.roleRows(as[*rolecall.Role](records)); err != nil || c.Tenant == "" {
		return p, err
	}
	shared, err := c.rc.List(c.ctx, reader, rolecall.Query{
		Kind: rolecall.KindRole, Search: list.Search, Sort: "name", Limit: maxHeld,
		Where: []rolecall.Condition{rolecall.Where("tenant", ""), rolecall.Where("private", "false")},
	})
	for _, r := range as[*rolecall.Role](shared.Records) {
		p.Shared = append(p.Shared, roleRow{Role: r, BuiltIn: rolecall.BuiltIn(r)})
	}
	return p, err
}

func (c *call) rolesQuery() rolecall.Query {
	q := rolecall.Query{Kind: rolecall.KindRole, Tenant: c.Tenant}
	switch c.Value("of") {
	case "project":
		q.Where = append(q.Where, rolecall.Where("tenant", ""))
	case "default":
		q.Where = append(q.Where, rolecall.Where("default", "true"))
	}
	return q
}

func (c *call) roleRows(all []*rolecall.Role) ([]roleRow, error) {
	rows := make([]roleRow, len(all))
	for i, r := range all {
		rows[i] = roleRow{Role: r, BuiltIn: rolecall.BuiltIn(r)}
		var err error
		if rows[i].Permissions, err = c.count(rolecall.KindGrant, rolecall.Where("role", r.ID)); err == nil {
			rows[i].Holders, err = c.count(rolecall.KindAssignment, rolecall.Where("role", r.ID))
		}
		if err == nil && r.Tenant != "" {
			err = c.learn(rolecall.KindTenant, string(r.Tenant))
		}
		if err != nil {
			return nil, err
		}
		rows[i].Of = c.Name(rolecall.KindTenant, r.Tenant)
	}
	return rows, nil
}

type rolePage struct {
	*call
	Role     *rolecall.Role
	BuiltIn  bool
	Of       named
	Grants   []given
	Pick     *picking // of Grants, nil if none can be chosen
	Parents  []edge
	Children []edge
	List     *listing
	Holders  []held
	Timeline []line
	Copies   []snippet
}

// A given is a permission that a role gives, itself or by inheritance.
type given struct {
	Permission named
	Home       string // its API
	From       []named
	Own        bool
	Key        string // of the grant, if it is the role's own
	End        control
}

// An edge is an inheritance, by the role at its other end.
type edge struct {
	Role named
	End  control
}

func role(c *call) (any, error) {
	r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(c.id())})
	if err != nil {
		return nil, err
	}
	c.Title = r.Name
	p := &rolePage{call: c, Role: r, BuiltIn: rolecall.BuiltIn(r), Copies: c.shown(r)}
	if err := c.learn(rolecall.KindTenant, string(r.Tenant)); err != nil {
		return nil, err
	}
	p.Of = c.Name(rolecall.KindTenant, r.Tenant)
	h, err := c.hierarchy()
	if err != nil {
		return nil, err
	}
	if p.Grants, err = c.given(h, r); err != nil {
		return nil, err
	}
	if own := slices.IndexFunc(p.Grants, func(g given) bool { return g.Own }); own >= 0 && !p.BuiltIn {
		p.Pick = c.picking(rolecall.KindGrant, "All that are granted to it")
	}
	for _, junior := range h.juniors[r.ID] {
		p.Parents = append(p.Parents, edge{c.Name(rolecall.KindRole, junior), c.Do("Remove", "/roles/{id}/disinherit", r.ID, "junior", junior)})
	}
	for _, senior := range h.seniors[r.ID] {
		p.Children = append(p.Children, edge{Role: c.Name(rolecall.KindRole, senior)})
	}
	if err := p.readHolders(h); err != nil {
		return nil, err
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Kind: rolecall.KindRole, Key: string(r.ID)}, 12)
	return p, err
}

// readHolders reads who is assigned the role, or one that inherits from it.
func (p *rolePage) readHolders(h *hierarchy) error {
	ids := []string{string(p.Role.ID)}
	for _, senior := range h.above(p.Role.ID) {
		if len(ids) < 500 {
			ids = append(ids, string(senior))
		}
	}
	q := rolecall.Query{Kind: rolecall.KindAssignment, Tenant: p.Tenant, Where: []rolecall.Condition{{Field: "role", Op: rolecall.In, Values: ids}}}
	list, records, err := p.page(q, "subject", "expires_at")
	if forbidden(err) {
		return nil
	}
	if err != nil {
		return err
	}
	p.List = list
	all := as[*rolecall.Assignment](records)
	if p.Holders, err = p.assignments(all); err != nil {
		return err
	}
	for i, a := range all {
		if a.Role != p.Role.ID {
			p.Holders[i].Via = p.Name(rolecall.KindRole, a.Role).Label
			p.Holders[i].End = control{}
		}
	}
	return nil
}

// A hierarchy is which role inherits from which.
type hierarchy struct {
	juniors, seniors map[rolecall.RoleID][]rolecall.RoleID
}

// hierarchy reads all edges that the viewer may see here, with the roles' names.
func (c *call) hierarchy() (*hierarchy, error) {
	all, err := list[*rolecall.Inheritance](c, rolecall.Query{Kind: rolecall.KindInheritance, Tenant: c.Tenant})
	if err != nil && !forbidden(err) {
		return nil, err
	}
	h := &hierarchy{map[rolecall.RoleID][]rolecall.RoleID{}, map[rolecall.RoleID][]rolecall.RoleID{}}
	var ids []string
	for _, e := range all {
		h.juniors[e.Senior] = append(h.juniors[e.Senior], e.Junior)
		h.seniors[e.Junior] = append(h.seniors[e.Junior], e.Senior)
		ids = append(ids, string(e.Senior), string(e.Junior))
	}
	return h, c.learn(rolecall.KindRole, ids...)
}

// below returns the roles that a role inherits from, through any number of
// roles; above, those that inherit from it.
func (h *hierarchy) below(id rolecall.RoleID) []rolecall.RoleID { return reach(h.juniors, id) }
func (h *hierarchy) above(id rolecall.RoleID) []rolecall.RoleID { return reach(h.seniors, id) }

func reach(edges map[rolecall.RoleID][]rolecall.RoleID, from rolecall.RoleID) (all []rolecall.RoleID) {
	seen := map[rolecall.RoleID]bool{from: true}
	for todo := []rolecall.RoleID{from}; len(todo) > 0; todo = todo[1:] {
		for _, next := range edges[todo[0]] {
			if !seen[next] {
				seen[next] = true
				all, todo = append(all, next), append(todo, next)
			}
		}
	}
	return all
}

// given returns what a role gives, its own permissions first.
func (c *call) given(h *hierarchy, r *rolecall.Role) ([]given, error) {
	by := map[rolecall.PermissionID]*given{}
	var order []rolecall.PermissionID
	for _, id := range append([]rolecall.RoleID{r.ID}, h.below(r.ID)...) {
		q := rolecall.Query{Kind: rolecall.KindGrant, Tenant: c.Tenant, Where: []rolecall.Condition{rolecall.Where("role", id)}}
		grants, err := list[*rolecall.Grant](c, q)
		if err != nil {
			return nil, err
		}
		for _, g := range grants {
			one := by[g.Permission]
			if one == nil {
				one = &given{}
				by[g.Permission], order = one, append(order, g.Permission)
			}
			if id == r.ID {
				one.Own, one.Key = true, g.Key()
				one.End = c.Do("Remove", "/roles/{id}/ungrant", r.ID, "permission", g.Permission)
			} else {
				one.From = append(one.From, c.Name(rolecall.KindRole, id))
			}
		}
	}
	ids := make([]string, len(order))
	for i, id := range order {
		ids[i] = string(id)
	}
	if err := c.learn(rolecall.KindPermission, ids...); err != nil {
		return nil, err
	}
	all := make([]given, len(order))
	var apis []string
	for i, id := range order {
		all[i] = *by[id]
		all[i].Permission = c.Name(rolecall.KindPermission, id)
		apis = append(apis, all[i].Permission.More)
	}
	if err := c.learn(rolecall.KindAPI, apis...); err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Home, all[i].Permission.More = c.Name(rolecall.KindAPI, all[i].Permission.More).Label, ""
	}
	slices.SortFunc(all, func(a, b given) int {
		if n := strings.Compare(a.Home, b.Home); n != 0 {
			return n
		}
		return strings.Compare(a.Permission.Label, b.Permission.Label)
	})
	return all, nil
}

func (c *call) roleFields(r *rolecall.Role) []field {
	return []field{
		required(textField("name", "Name", r.Name)), areaField("description", "Description", r.Description),
		hinted(checkField("default", "Default", r.Default), "new users, or new members of its tenant, get it"),
		hinted(checkField("private", "Private", r.Private), "tenants’ administrators don’t see it"),
	}
}

func roleForm(c *call) (any, error) {
	fields := c.roleFields(&rolecall.Role{})
	if c.Tenant == "" {
		fields = append(fields, hinted(c.pickField("tenant", "Of the tenant", rolecall.KindTenant, ""), "Then it can be assigned only there; empty is the project’s"))
	}
	return c.form("New role", "Create", fields...), nil
}

func (c *call) fillRole(r *rolecall.Role) {
	r.Name, r.Description = c.Value("name"), c.Value("description")
	r.Default, r.Private = c.Value("default") != "", c.Value("private") != ""
}

func createRole(c *call) (*change, error) {
	r := &rolecall.Role{ID: rolecall.RoleID(rolecall.NewID("role")), Tenant: c.Tenant}
	c.fillRole(r)
	if name := c.Value("tenant"); name != "" && c.Tenant == "" {
		t, err := c.resolve("tenant", rolecall.KindTenant, name)
		if err != nil {
			return nil, err
		}
		r.Tenant = rolecall.TenantID(t.ID)
	}
	return &change{quiet: true, steps: steps{create(r)}, then: c.Link("/roles/{id}", r.ID), said: "The role is created. Give it permissions next."}, nil
}

func editRoleForm(c *call) (any, error) {
	r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+r.Name, "Save", c.roleFields(r)...), nil
}

func editRole(c *call) (*change, error) {
	id := rolecall.RoleID(c.id())
	return &change{
		quiet: true, steps: steps{modify(&rolecall.Role{ID: id}, nil, c.fillRole)},
		then: c.Link("/roles/{id}", id), said: "The role is saved.",
	}, nil
}

func deleteRole(c *call) (*change, error) {
	r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the role " + r.Name + "?", Text: "Whoever holds it loses what it gives.", Verb: "Delete", Danger: true,
		steps: steps{remove(r)}, then: c.Link("/roles"), said: "The role is deleted.",
	}, nil
}

func grantToRoleForm(c *call) (any, error) {
	r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Give "+r.Name+" a permission", "Preview",
		required(hinted(c.pickField("permission", "Permission", rolecall.KindPermission, ""), "By name or id"))), nil
}

func grantToRole(c *call) (*change, error) {
	r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(c.id())})
	if err != nil {
		return nil, err
	}
	p, err := c.resolve("permission", rolecall.KindPermission, c.Value("permission"))
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Give " + r.Name + " the permission " + p.Label + "?", Verb: "Give it",
		steps: steps{put(&rolecall.Grant{Role: r.ID, Permission: rolecall.PermissionID(p.ID)})},
		then:  c.Link("/roles/{id}", r.ID), said: r.Name + " gives " + p.Label + " now.",
	}, nil
}

func ungrant(c *call) (*change, error) {
	g := &rolecall.Grant{Role: rolecall.RoleID(c.id()), Permission: rolecall.PermissionID(c.Value("permission"))}
	if err := firstOf(c.learn(rolecall.KindRole, string(g.Role)), c.learn(rolecall.KindPermission, string(g.Permission))); err != nil {
		return nil, err
	}
	role, permission := c.Name(rolecall.KindRole, g.Role).Label, c.Name(rolecall.KindPermission, g.Permission).Label
	return &change{
		Title: "Take " + permission + " from the role " + role + "?", Verb: "Take it", Danger: true,
		steps: steps{remove(g)}, then: c.backOr(c.Link("/roles/{id}", g.Role)), said: role + " does not give " + permission + " any more.",
	}, nil
}

func inheritForm(c *call) (any, error) {
	r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Let "+r.Name+" inherit", "Preview",
		required(hinted(c.pickField("junior", "From the role", rolecall.KindRole, ""), "By name or id. "+r.Name+" then gives all that this role gives"))), nil
}

func inherit(c *call) (*change, error) {
	r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(c.id())})
	if err != nil {
		return nil, err
	}
	junior, err := c.resolve("junior", rolecall.KindRole, c.Value("junior"))
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Let " + r.Name + " inherit from " + junior.Label + "?", Verb: "Inherit",
		steps: steps{put(&rolecall.Inheritance{Senior: r.ID, Junior: rolecall.RoleID(junior.ID)})},
		then:  c.Link("/roles/{id}", r.ID), said: r.Name + " inherits from " + junior.Label + " now.",
	}, nil
}

func disinherit(c *call) (*change, error) {
	e := &rolecall.Inheritance{Senior: rolecall.RoleID(c.id()), Junior: rolecall.RoleID(c.Value("junior"))}
	if err := c.learn(rolecall.KindRole, string(e.Senior), string(e.Junior)); err != nil {
		return nil, err
	}
	senior, junior := c.Name(rolecall.KindRole, e.Senior).Label, c.Name(rolecall.KindRole, e.Junior).Label
	return &change{
		Title: "End that " + senior + " inherits from " + junior + "?", Verb: "End it", Danger: true,
		steps: steps{remove(e)}, then: c.backOr(c.Link("/roles/{id}", e.Senior)), said: senior + " does not inherit from " + junior + " any more.",
	}, nil
}
