package console

import (
	"time"

	"github.com/rolecall/rolecall"
)

// This file is who holds what, all of it in one list: roles by assignment, and
// permissions by direct grant.

type heldPage struct {
	*call
	List    *listing
	Rows    []held
	What    string // "assignments" or "direct grants"
	Label   string // of what is held
	New     control
	Sources []rolecall.Source
}

// sources are those that a list can be narrowed to.
var sources = []rolecall.Source{
	rolecall.SourceManual, rolecall.SourceSSO, rolecall.SourceSCIM, rolecall.SourceCode,
	rolecall.SourceImport, rolecall.SourceInvitation, rolecall.SourceDefault,
}

func assignmentsPage(c *call) (any, error) {
	c.Title = "Assignments"
	p := &heldPage{call: c, What: "assignments", Label: "Role", New: c.Do("Assign a role", "/assign"), Sources: sources}
	list, records, err := c.page(c.assignmentsQuery(), "subject", "role", "expires_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	p.Rows, err = c.assignments(as[*rolecall.Assignment](records))
	return p, err
}

func grantsPage(c *call) (any, error) {
	c.Title = "Direct grants"
	p := &heldPage{call: c, What: "direct grants", Label: "Permission", New: c.Do("Grant a permission", "/grant"), Sources: sources}
	list, records, err := c.page(c.grantsQuery(), "subject", "permission", "expires_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	p.Rows, err = c.grants(as[*rolecall.DirectGrant](records))
	return p, err
}

func (c *call) assignmentsQuery() rolecall.Query { return c.heldQuery(rolecall.KindAssignment) }
func (c *call) grantsQuery() rolecall.Query      { return c.heldQuery(rolecall.KindDirectGrant) }

// heldQuery selects what the URL asks for: ?source= and ?state=ending.
func (c *call) heldQuery(kind rolecall.Kind) rolecall.Query {
	q := rolecall.Query{Kind: kind, Tenant: c.Tenant}
	if source := c.Value("source"); source != "" {
		q.Where = append(q.Where, rolecall.Where("source", source))
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
