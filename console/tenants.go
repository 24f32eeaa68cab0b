package console

import "github.com/rolecall/rolecall"

type tenantsPage struct {
	*call
	List    *listing
	Tenants []tenantRow
}

type tenantRow struct {
	*rolecall.Tenant
	Members, Roles int
}

func tenants(c *call) (any, error) {
	c.Title = "Tenants"
	p := &tenantsPage{call: c}
	list, records, err := c.page(c.tenantsQuery(), "name", "created_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	for _, t := range as[*rolecall.Tenant](records) {
		row := tenantRow{Tenant: t}
		if row.Members, err = c.count(rolecall.KindMembership, rolecall.Where("tenant", t.ID)); err == nil {
			row.Roles, err = c.count(rolecall.KindRole, rolecall.Where("tenant", t.ID))
		}
		if err != nil {
			return nil, err
		}
		p.Tenants = append(p.Tenants, row)
	}
	return p, nil
}

func (c *call) tenantsQuery() rolecall.Query {
	return rolecall.Query{Kind: rolecall.KindTenant, Tenant: c.Tenant}
}

type tenantPage struct {
	*call
	Of          *rolecall.Tenant
	List        *listing
	Members     []membership
	Roles       []roleRow
	Invitations []invited
	// Providers are where members sign in elsewhere, if the viewer may know.
	Providers    []provider
	MayProviders bool
	Timeline     []line
	Copies       []snippet
}

// invited is an invitation that was not answered yet.
type invited struct {
	*rolecall.Invitation
	State string
	Roles []named
	End   control
}

func tenant(c *call) (any, error) {
	id := rolecall.TenantID(c.id())
	t, err := look(c, &rolecall.Tenant{ID: id})
	if err != nil {
		return nil, err
	}
	c.Title = t.Name
	p := &tenantPage{call: c, Of: t, Copies: c.shown(t)}
	list, records, err := c.page(rolecall.Query{Kind: rolecall.KindMembership, Tenant: id}, "subject", "source")
	if err != nil && !forbidden(err) {
		return nil, err
	}
	p.List = list
	members := as[*rolecall.Membership](records)
	var ids []string
	for _, m := range members {
		ids = append(ids, string(m.Subject))
	}
	if err := c.learn(kindSubject, ids...); err != nil {
		return nil, err
	}
	for _, m := range members {
		p.Members = append(p.Members, membership{m.Key(), c.Name(kindSubject, m.Subject), m.Source, c.Do("Remove", "/tenants/{id}/remove", id, "subject", m.Subject)})
	}
	roles, err := c.some(rolecall.Query{Kind: rolecall.KindRole, Tenant: id, Sort: "name"})
	if err != nil {
		return nil, err
	}
	if p.Roles, err = c.roleRows(as[*rolecall.Role](roles)); err != nil {
		return nil, err
	}
	if err := p.readInvitations(); err != nil {
		return nil, err
	}
	if err := p.readProviders(); err != nil {
		return nil, err
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Tenant: id}, 12)
	return p, err
}

func (p *tenantPage) readInvitations() error {
	records, err := p.some(rolecall.Query{Kind: rolecall.KindInvitation, Tenant: p.Of.ID})
	if err != nil {
		return err
	}
	for _, i := range as[*rolecall.Invitation](records) {
		row := invited{Invitation: i, State: state(i.Validity, p.Now()), End: p.Do("Withdraw", "/invitations/{id}/delete", i.ID)}
		roles, err := p.some(rolecall.Query{Kind: rolecall.KindInvitationRole, Tenant: p.Of.ID, Where: []rolecall.Condition{rolecall.Where("invitation", i.ID)}})
		if err != nil {
			return err
		}
		for _, r := range as[*rolecall.InvitationRole](roles) {
			if err := p.learn(rolecall.KindRole, string(r.Role)); err != nil {
				return err
			}
			row.Roles = append(row.Roles, p.Name(rolecall.KindRole, r.Role))
		}
		p.Invitations = append(p.Invitations, row)
	}
	return nil
}

func deleteInvitation(c *call) (*change, error) {
	i, err := look(c, &rolecall.Invitation{ID: rolecall.InvitationID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Withdraw the invitation of " + i.Email + "?", Text: "Its ticket stops working.", Verb: "Withdraw", Danger: true,
		steps: steps{remove(i)}, then: c.backOr(c.Link("/")), said: "The invitation is withdrawn.",
	}, nil
}

func tenantForm(c *call) (any, error) {
	return c.form("New tenant", "Create", required(textField("name", "Name", "")),
		field{Name: "id", Label: "Id", Hint: "For good; empty makes one", Max: rolecall.MaxIDBytes}), nil
}

func createTenant(c *call) (*change, error) {
	t := &rolecall.Tenant{ID: rolecall.TenantID(c.Value("id")), Name: c.Value("name")}
	if t.ID == "" {
		t.ID = rolecall.TenantID(rolecall.NewID("tenant"))
	}
	return &change{quiet: true, steps: steps{create(t)}, then: c.Link("/tenants/{id}", t.ID), said: "The tenant is created. Add its first member next."}, nil
}

func editTenantForm(c *call) (any, error) {
	t, err := look(c, &rolecall.Tenant{ID: rolecall.TenantID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+t.Name, "Save", required(textField("name", "Name", t.Name)),
		field{Name: "attributes", Label: "Attributes", Type: "area", Value: prettyJSON(t.Attributes), Hint: "A JSON object that applications keep beside the tenant", Max: rolecall.MaxAttributesBytes}), nil
}

func editTenant(c *call) (*change, error) {
	id := rolecall.TenantID(c.id())
	return &change{
		quiet: true, steps: steps{modify(&rolecall.Tenant{ID: id}, nil, func(t *rolecall.Tenant) {
			t.Name, t.Attributes = c.Value("name"), rolecall.Attributes(c.Value("attributes"))
		})},
		then: c.Link("/tenants/{id}", id), said: "The tenant is saved.",
	}, nil
}

func deleteTenant(c *call) (*change, error) {
	t, err := look(c, &rolecall.Tenant{ID: rolecall.TenantID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the tenant " + t.Name + "?", Text: "Its roles, and all that is held in it, go too. Its members stay users.", Verb: "Delete", Danger: true,
		steps: steps{remove(t)}, then: c.LinkIn("", "/tenants"), said: "The tenant is deleted.",
	}, nil
}

func joinTenantForm(c *call) (any, error) {
	fields := []field{required(hinted(c.pickField("subject", "Member", kindSubject, ""), "A user or a client: e-mail address, name or id"))}
	if c.Tenant == "" {
		fields = append(fields, required(hinted(c.pickField("tenant", "Tenant", rolecall.KindTenant, ""), "By name or id")))
	} else {
		fields[0].Hint = "A user’s id; whoever has none yet has to be invited"
	}
	return c.form("Add to a tenant", "Preview", fields...), nil
}

func joinTenant(c *call) (*change, error) {
	in := named{ID: string(c.Tenant), Label: c.ScopeName()}
	var who named
	var err error
	if c.Tenant == "" {
		if in, err = c.resolve("tenant", rolecall.KindTenant, c.Value("tenant")); err != nil {
			return nil, err
		}
		if who, err = c.resolve("subject", kindSubject, c.Value("subject")); err != nil {
			return nil, err
		}
	} else if who.ID = c.Value("subject"); who.ID == "" {
		return nil, &rolecall.FieldError{Field: "subject", Rule: "is required", Kind: rolecall.ErrInvalid}
	} else {
		who.Label = who.ID // the viewer may read nobody who is not a member yet
	}
	return &change{
		Title: "Add " + who.Label + " to " + in.Label + "?", Text: "Belonging gives nothing by itself, but for the tenant’s default roles.", Verb: "Add",
		steps: steps{put(&rolecall.Membership{Tenant: rolecall.TenantID(in.ID), Subject: rolecall.SubjectID(who.ID)})},
		then:  c.backOr(c.Link("/tenants/{id}", in.ID)), said: who.Label + " belongs to " + in.Label + " now.",
	}, nil
}

func leaveTenant(c *call) (*change, error) {
	m := &rolecall.Membership{Tenant: rolecall.TenantID(c.id()), Subject: rolecall.SubjectID(c.Value("subject"))}
	if err := firstOf(c.learn(rolecall.KindTenant, string(m.Tenant)), c.learn(kindSubject, string(m.Subject))); err != nil {
		return nil, err
	}
	tenant, who := c.Name(rolecall.KindTenant, m.Tenant).Label, c.Name(kindSubject, m.Subject).Label
	return &change{
		Title: "Remove " + who + " from " + tenant + "?", Text: "Roles that are assigned in the tenant stay: unassign them too.", Verb: "Remove", Danger: true,
		steps: steps{remove(m)}, then: c.backOr(c.Link("/tenants/{id}", m.Tenant)), said: who + " does not belong to " + tenant + " any more.",
	}, nil
}
