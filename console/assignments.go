package console

import (
	"time"

	"github.com/rolecall/rolecall"
)

// This file is who holds what, all of it in one list: roles by assignment, and
// permissions by direct grant.

type heldPage struct {
	*call
	List   *listing
	Rows   []held
	Label  string // of what is held
	New    control
	Fields []field // that narrow the list
}

// sources are those that a list can be narrowed to.
var sources = []rolecall.Source{
	rolecall.SourceManual, rolecall.SourceSSO, rolecall.SourceSCIM, rolecall.SourceCode,
	rolecall.SourceImport, rolecall.SourceInvitation, rolecall.SourceDefault,
}

func assignmentsPage(c *call) (any, error) {
	c.Title = "Assignments"
	p := &heldPage{call: c, Label: "Role", New: c.Do("Assign a role", "/assign")}
	list, records, err := c.page(c.assignmentsQuery(), "subject", "role", "expires_at")
	if err != nil {
		return nil, err
	}
	p.List, p.Fields = list, c.heldFields(p.Label, rolecall.KindRole)
	p.Rows, err = c.assignments(as[*rolecall.Assignment](records))
	return p, err
}

func grantsPage(c *call) (any, error) {
	c.Title = "Direct grants"
	p := &heldPage{call: c, Label: "Permission", New: c.Do("Grant a permission", "/grant")}
	list, records, err := c.page(c.grantsQuery(), "subject", "permission", "expires_at")
	if err != nil {
		return nil, err
	}
	p.List, p.Fields = list, c.heldFields(p.Label, rolecall.KindPermission)
	p.Rows, err = c.grants(as[*rolecall.DirectGrant](records))
	return p, err
}

// heldFields narrow a list: by who holds what, where, from which source and how long.
func (c *call) heldFields(label string, what rolecall.Kind) []field {
	fields := []field{
		c.pickField("who", "Who", kindSubject, c.Value("who")), c.pickField("what", label, what, c.Value("what")),
	}
	if c.Tenant == "" {
		fields = append(fields, c.pickField("in", "In the tenant", rolecall.KindTenant, c.Value("in")))
	}
	from := []option{{"", "Every source"}}
	for _, s := range sources {
		from = append(from, option{string(s), string(s)})
	}
	fields = append(fields,
		field{Name: "state", Label: "Until", Type: "select", Value: c.Value("state"), Options: []option{{"", "Whenever"}, {"ending", "Ending in 30 days"}, {"ended", "Ended"}}},
		field{Name: "source", Label: "Source", Type: "select", Value: c.Value("source"), Options: from},
		field{Name: "q", Label: "With the text", Value: c.Value("q"), Max: rolecall.MaxNameRunes})
	if sort := c.Value("sort"); sort != "" {
		fields = append(fields, field{Name: "sort", Type: "hidden", Value: sort})
	}
	return fields
}

func (c *call) assignmentsQuery() rolecall.Query { return c.heldQuery(rolecall.KindAssignment) }
func (c *call) grantsQuery() rolecall.Query      { return c.heldQuery(rolecall.KindDirectGrant) }

// heldQuery selects what the URL asks for: ?who=, ?what= and ?in= by name or id,
// ?source= and ?state=ending.
func (c *call) heldQuery(kind rolecall.Kind) rolecall.Query {
	q := rolecall.Query{Kind: kind, Tenant: c.Tenant}
	if source := c.Value("source"); source != "" {
		q.Where = append(q.Where, rolecall.Where("source", source))
	}
	what, field := rolecall.KindRole, "role"
	if kind == rolecall.KindDirectGrant {
		what, field = rolecall.KindPermission, "permission"
	}
	for _, by := range []struct {
		param string
		kind  rolecall.Kind
		field string
	}{{"who", kindSubject, "subject"}, {"what", what, field}, {"in", rolecall.KindTenant, "tenant"}} {
		text := c.Value(by.param)
		if text == "" {
			continue
		}
		if found, err := c.resolve(by.param, by.kind, text); err == nil {
			text = found.ID
		} // else it is nobody's, and nothing matches
		q.Where = append(q.Where, rolecall.Where(by.field, text))
	}
	now := c.Now()
	switch c.Value("state") {
	case "ending":
		q.Where = append(q.Where,
			rolecall.Condition{Field: "expires_at", Op: rolecall.From, Values: []string{clock(now)}},
			rolecall.Condition{Field: "expires_at", Op: rolecall.Before, Values: []string{clock(now.Add(30 * 24 * time.Hour))}})
	case "ended":
		q.Where = append(q.Where, rolecall.Condition{Field: "expires_at", Op: rolecall.Before, Values: []string{clock(now)}})
	}
	return q
}
