package console

import (
	"github.com/rolecall/rolecall"
)

type constraintsPage struct {
	*call
	List *listing
	Rows []constraintRow
}

// A constraintRow is a constraint with its roles.
type constraintRow struct {
	*rolecall.Constraint
	Roles []named
	Of    named // the tenant
}

func constraints(c *call) (any, error) {
	c.Title = "Constraints"
	p := &constraintsPage{call: c}
	list, records, err := c.page(rolecall.Query{Kind: rolecall.KindConstraint, Tenant: c.Tenant}, "name", "type", "created_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	for _, one := range as[*rolecall.Constraint](records) {
		row, err := c.constraintRow(one)
		if err != nil {
			return nil, err
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

func (c *call) constraintRow(one *rolecall.Constraint) (constraintRow, error) {
	row := constraintRow{Constraint: one}
	err := c.learn(rolecall.KindTenant, string(one.Tenant))
	if err != nil {
		return row, err
	}
	row.Of = c.Name(rolecall.KindTenant, one.Tenant)
	records, err := c.some(rolecall.Query{Kind: rolecall.KindConstraintRole, Tenant: c.Tenant, Where: []rolecall.Condition{rolecall.Where("constraint", one.ID)}})
	if err != nil {
		return row, err
	}
	row.Roles, err = rolesCalled(c, as[*rolecall.ConstraintRole](records), func(r *rolecall.ConstraintRole) rolecall.RoleID { return r.Role })
	return row, err
}

type constraintPage struct {
	*call
	constraintRow
	Held     []heldRole
	Timeline []line
	Copies   []snippet
}

// A heldRole is a role of a constraint, and how many hold it.
type heldRole struct {
	Role     named
	Assigned int
	End      control
}

func (c *call) constraint() (*rolecall.Constraint, error) {
	return look(c, &rolecall.Constraint{ID: rolecall.ConstraintID(c.id())})
}

func constraint(c *call) (any, error) {
	one, err := c.constraint()
	if err != nil {
		return nil, err
	}
	c.Title = one.Name
	row, err := c.constraintRow(one)
	if err != nil {
		return nil, err
	}
	p := &constraintPage{call: c, constraintRow: row, Copies: c.shown(one)}
	for _, r := range row.Roles {
		n, err := c.count(rolecall.KindAssignment, rolecall.Where("role", r.ID))
		if err != nil {
			return nil, err
		}
		p.Held = append(p.Held, heldRole{r, n, c.Do("Remove", "/constraints/{id}/drop", one.ID, "role", r.ID)})
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Kind: rolecall.KindConstraint, Key: string(one.ID)}, 12)
	return p, err
}

func constraintFields(one *rolecall.Constraint) []field {
	return []field{
		required(textField("name", "Name", one.Name)), areaField("description", "Description", one.Description),
		{Name: "type", Label: "It counts roles", Type: "select", Value: string(one.Type), Options: []option{
			{string(rolecall.Static), "that somebody holds"}, {string(rolecall.Dynamic), "that are active in one session"}}},
		required(field{Name: "max_allowed", Label: "At most", Type: "number", Value: text(max(1, one.MaxAllowed)), Hint: "of its roles at once"}),
	}
}

func constraintForm(c *call) (any, error) {
	fields := constraintFields(&rolecall.Constraint{Type: rolecall.Static})
	fields = append(fields, required(field{Name: "roles", Label: "Roles", Type: "area", Max: 100_000, Hint: "By name or id, one in a line"}))
	if c.Tenant == "" {
		fields = append(fields, hinted(c.pickField("tenant", "In the tenant", rolecall.KindTenant, ""), "Empty is in each, and outside of all"))
	}
	return c.form("New constraint", "Check it", fields...), nil
}

func (c *call) fillConstraint(one *rolecall.Constraint) (err error) {
	one.Name, one.Description, one.Type = c.Value("name"), c.Value("description"), rolecall.ConstraintType(c.Value("type"))
	one.MaxAllowed, err = c.wholeNumber("max_allowed")
	return err
}

// A new constraint is asked about although it gives and takes nothing: the dry
// run finds whoever would break it.
func createConstraint(c *call) (*change, error) {
	one := &rolecall.Constraint{ID: rolecall.ConstraintID(rolecall.NewID("con")), Tenant: c.Tenant}
	if err := c.fillConstraint(one); err != nil {
		return nil, err
	}
	if name := c.Value("tenant"); name != "" && c.Tenant == "" {
		t, err := c.resolve("tenant", rolecall.KindTenant, name)
		if err != nil {
			return nil, err
		}
		one.Tenant = rolecall.TenantID(t.ID)
	}
	m := &change{
		Title: "Keep these roles apart?", Text: "Nobody would break “" + one.Name + "” now. From then on no write may lead there.", Verb: "Create",
		steps: steps{create(one)}, then: c.Link("/constraints/{id}", one.ID), said: "The constraint is created.",
	}
	for _, name := range linesOf(c.Value("roles")) {
		r, err := c.resolve("roles", rolecall.KindRole, name)
		if err != nil {
			return nil, err
		}
		m.steps = append(m.steps, put(&rolecall.ConstraintRole{Constraint: one.ID, Role: rolecall.RoleID(r.ID)}))
	}
	return m, nil
}

func editConstraintForm(c *call) (any, error) {
	one, err := c.constraint()
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+one.Name, "Save", constraintFields(one)...), nil
}

func editConstraint(c *call) (*change, error) {
	id := rolecall.ConstraintID(c.id())
	if err := c.fillConstraint(&rolecall.Constraint{}); err != nil {
		return nil, err
	}
	return &change{
		quiet: true, steps: steps{modify(&rolecall.Constraint{ID: id}, nil, func(one *rolecall.Constraint) { c.fillConstraint(one) })},
		then: c.Link("/constraints/{id}", id), said: "The constraint is saved.",
	}, nil
}

func deleteConstraint(c *call) (*change, error) {
	one, err := c.constraint()
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the constraint " + one.Name + "?", Text: "Its roles may be held together from then on.", Verb: "Delete", Danger: true,
		steps: steps{remove(one)}, then: c.Link("/constraints"), said: "The constraint is deleted.",
	}, nil
}

func constrainForm(c *call) (any, error) {
	one, err := c.constraint()
	if err != nil {
		return nil, err
	}
	return c.form("Add a role to "+one.Name, "Check it", required(hinted(c.pickField("role", "Role", rolecall.KindRole, ""), "By name or id"))), nil
}

func constrain(c *call) (*change, error) {
	one, err := c.constraint()
	if err != nil {
		return nil, err
	}
	r, err := c.resolve("role", rolecall.KindRole, c.Value("role"))
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Add " + r.Label + " to " + one.Name + "?", Text: "Nobody would break it now.", Verb: "Add",
		steps: steps{put(&rolecall.ConstraintRole{Constraint: one.ID, Role: rolecall.RoleID(r.ID)})},
		then:  c.Link("/constraints/{id}", one.ID), said: r.Label + " is kept apart now.",
	}, nil
}

func unconstrain(c *call) (*change, error) {
	one, err := c.constraint()
	if err != nil {
		return nil, err
	}
	role := rolecall.RoleID(c.Value("role"))
	if err := c.learn(rolecall.KindRole, string(role)); err != nil {
		return nil, err
	}
	name := c.Name(rolecall.KindRole, role).Label
	return &change{
		Title: "Take " + name + " out of " + one.Name + "?", Text: "It may be held with the others from then on.", Verb: "Take it out", Danger: true,
		steps: steps{remove(&rolecall.ConstraintRole{Constraint: one.ID, Role: role})},
		then:  c.Link("/constraints/{id}", one.ID), said: name + " is not kept apart any more.",
	}, nil
}
