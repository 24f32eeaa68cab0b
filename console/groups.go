package console

import (
	"github.com/rolecall/rolecall"
)

type groupsPage struct {
	*call
	List   *listing
	Groups []groupRow
}

type groupRow struct {
	*rolecall.Group
	Members, Roles int
}

func groups(c *call) (any, error) {
	c.Title = "Groups"
	p := &groupsPage{call: c}
	list, records, err := c.page(c.groupsQuery(), "name", "created_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	for _, g := range as[*rolecall.Group](records) {
		row := groupRow{Group: g}
		if row.Members, err = c.count(rolecall.KindGroupMember, rolecall.Where("group", g.ID)); err == nil {
			row.Roles, err = c.count(rolecall.KindAssignment, rolecall.Where("subject", g.ID))
		}
		if err != nil {
			return nil, err
		}
		p.Groups = append(p.Groups, row)
	}
	return p, nil
}

func (c *call) groupsQuery() rolecall.Query { return rolecall.Query{Kind: rolecall.KindGroup} }

// count counts records, 0 if the viewer may not read them.
func (c *call) count(kind rolecall.Kind, where ...rolecall.Condition) (int, error) {
	q := rolecall.Query{Kind: kind, Where: where, Limit: 1, Total: true}
	if c.Tenant != "" {
		q.Tenant = c.Tenant
	}
	page, err := c.view.List(c.ctx, q)
	if forbidden(err) {
		err = nil
	}
	return page.Total, err
}

type groupPage struct {
	*call
	Group *rolecall.Group
	holdings
	List     *listing
	Members  []membership
	Groups   []membership // that this one is in
	Timeline []line
	Copies   []snippet
}

func group(c *call) (any, error) {
	g, err := look(c, &rolecall.Group{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	c.Title = g.Name
	p := &groupPage{call: c, Group: g, Copies: c.shown(g)}
	if p.holdings, err = c.holdings(g.ID); err != nil {
		return nil, err
	}
	list, records, err := c.page(rolecall.Query{Kind: rolecall.KindGroupMember, Where: []rolecall.Condition{rolecall.Where("group", g.ID)}}, "member", "source")
	if err != nil {
		return nil, err
	}
	p.List = list
	members := as[*rolecall.GroupMember](records)
	var ids []string
	for _, m := range members {
		ids = append(ids, string(m.Member))
	}
	if err := c.learn(kindSubject, ids...); err != nil {
		return nil, err
	}
	for _, m := range members {
		p.Members = append(p.Members, membership{m.Key(), c.Name(kindSubject, m.Member), m.Source, c.Do("Remove", "/groups/{id}/remove", g.ID, "member", m.Member)})
	}
	above, err := c.some(rolecall.Query{Kind: rolecall.KindGroupMember, Where: []rolecall.Condition{rolecall.Where("member", g.ID)}})
	if err != nil {
		return nil, err
	}
	for _, m := range as[*rolecall.GroupMember](above) {
		if err := c.learn(rolecall.KindGroup, string(m.Group)); err != nil {
			return nil, err
		}
		p.Groups = append(p.Groups, membership{To: c.Name(rolecall.KindGroup, m.Group), Source: m.Source})
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Subject: g.ID}, 12)
	return p, err
}

func groupForm(c *call) (any, error) {
	return c.form("New group", "Create", required(textField("name", "Name", "")), areaField("description", "Description", "")), nil
}

func createGroup(c *call) (*change, error) {
	g := &rolecall.Group{ID: rolecall.SubjectID(rolecall.NewID("group")), Name: c.Value("name"), Description: c.Value("description")}
	return &change{quiet: true, steps: steps{create(g)}, then: c.Link("/groups/{id}", g.ID), said: "The group is created."}, nil
}

func editGroupForm(c *call) (any, error) {
	g, err := look(c, &rolecall.Group{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+g.Name, "Save", required(textField("name", "Name", g.Name)), areaField("description", "Description", g.Description)), nil
}

func editGroup(c *call) (*change, error) {
	id := rolecall.SubjectID(c.id())
	return &change{
		quiet: true,
		steps: steps{modify(&rolecall.Group{ID: id}, nil, func(g *rolecall.Group) {
			g.Name, g.Description = c.Value("name"), c.Value("description")
		})},
		then: c.Link("/groups/{id}", id), said: "The group is saved.",
	}, nil
}

func deleteGroup(c *call) (*change, error) {
	g, err := look(c, &rolecall.Group{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the group " + g.Name + "?", Text: "Its members stay, without what the group gave them.", Verb: "Delete", Danger: true,
		steps: steps{remove(g)}, then: c.Link("/groups"), said: "The group is deleted.",
	}, nil
}

func joinGroupForm(c *call) (any, error) {
	group, member := c.pickField("group", "Group", rolecall.KindGroup, ""), c.pickField("member", "Member", kindSubject, "")
	return c.form("Add to a group", "Preview", required(group), required(hinted(member, "A user, a group or a client: name, e-mail address or id"))), nil
}

func joinGroup(c *call) (*change, error) {
	g, err := c.resolve("group", rolecall.KindGroup, c.Value("group"))
	if err != nil {
		return nil, err
	}
	m, err := c.resolve("member", kindSubject, c.Value("member"))
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Add " + m.Label + " to " + g.Label + "?", Verb: "Add",
		steps: steps{put(&rolecall.GroupMember{Group: rolecall.SubjectID(g.ID), Member: rolecall.SubjectID(m.ID)})},
		then:  c.backOr(c.Link("/groups/{id}", g.ID)), said: m.Label + " is in " + g.Label + " now.",
	}, nil
}

func leaveGroup(c *call) (*change, error) {
	m := &rolecall.GroupMember{Group: rolecall.SubjectID(c.id()), Member: rolecall.SubjectID(c.Value("member"))}
	if err := firstOf(c.learn(rolecall.KindGroup, string(m.Group)), c.learn(kindSubject, string(m.Member))); err != nil {
		return nil, err
	}
	group, who := c.Name(rolecall.KindGroup, m.Group).Label, c.Name(kindSubject, m.Member).Label
	return &change{
		Title: "Remove " + who + " from " + group + "?", Verb: "Remove", Danger: true,
		steps: steps{remove(m)}, then: c.backOr(c.Link("/groups/{id}", m.Group)), said: who + " is not in " + group + " any more.",
	}, nil
}
