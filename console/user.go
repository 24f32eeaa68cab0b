package console

import (
	"context"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

type userPage struct {
	*call
	User   *rolecall.User
	Logins []*rolecall.LoginID
	holdings
	Groups  []membership
	Tenants []membership

	In        rolecall.TenantID // where the effective permissions are shown
	Places    []shownLink
	Effective []effective
	All       bool // Effective is all of them

	Keys     []keyRow
	Sessions []*identity.Login
	SignIns  []signInRow
	Timeline []line
	Copies   []snippet
}

// A membership is in a tenant or a group.
type membership struct {
	Key    string // of the record
	To     named
	Source rolecall.Source
	End    control
}

// shownEffective is how many effective permissions a page shows at first.
const shownEffective = 60

func user(c *call) (any, error) {
	id := rolecall.SubjectID(c.id())
	u, err := look(c, &rolecall.User{ID: id})
	if err != nil {
		return nil, err
	}
	c.Title = nameOf(u).Label
	p := &userPage{call: c, User: u, Copies: c.shown(u)}
	if p.holdings, err = c.holdings(id); err != nil {
		return nil, err
	}
	if err := p.readMemberships(id); err != nil {
		return nil, err
	}
	if err := p.readEffective(id); err != nil {
		return nil, err
	}
	if err := p.readSignIn(id); err != nil {
		return nil, err
	}
	if p.SignIns, err = c.lastSignIns(id); err != nil {
		return nil, err
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Subject: id}, 12)
	return p, err
}

func (p *userPage) readMemberships(id rolecall.SubjectID) error {
	groups, err := p.some(rolecall.Query{Kind: rolecall.KindGroupMember, Tenant: p.Tenant, Where: []rolecall.Condition{rolecall.Where("member", id)}})
	if err != nil {
		return err
	}
	for _, m := range as[*rolecall.GroupMember](groups) {
		if err := p.learn(rolecall.KindGroup, string(m.Group)); err != nil {
			return err
		}
		p.Groups = append(p.Groups, membership{m.Key(), p.Name(rolecall.KindGroup, m.Group), m.Source,
			p.Do("Remove", "/groups/{id}/remove", m.Group, "member", id)})
	}
	tenants, err := p.some(rolecall.Query{Kind: rolecall.KindMembership, Tenant: p.Tenant, Where: []rolecall.Condition{rolecall.Where("subject", id)}})
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range as[*rolecall.Membership](tenants) {
		ids = append(ids, string(m.Tenant))
	}
	if err := p.learn(rolecall.KindTenant, ids...); err != nil {
		return err
	}
	for _, m := range as[*rolecall.Membership](tenants) {
		p.Tenants = append(p.Tenants, membership{m.Key(), p.Name(rolecall.KindTenant, m.Tenant), m.Source,
			p.Do("Remove", "/tenants/{id}/remove", m.Tenant, "subject", id)})
	}
	return nil
}

func (p *userPage) readEffective(id rolecall.SubjectID) (err error) {
	p.In = p.Tenant
	if p.Tenant == "" {
		p.In = rolecall.TenantID(p.Value("in"))
		a := p.rc.Policy().Authority(id, "", "", p.Now())
		p.Places = append(p.Places, shownLink{Label: "Without a tenant", URL: "?#effective", Here: p.In == ""})
		for _, t := range a.Tenants[:min(len(a.Tenants), maxScopes)] {
			if err := p.learn(rolecall.KindTenant, string(t.Tenant)); err != nil {
				return err
			}
			p.Places = append(p.Places, shownLink{Label: "In " + p.Name(rolecall.KindTenant, t.Tenant).Label,
				URL: fill("", "in", t.Tenant) + "#effective", Here: p.In == t.Tenant})
		}
	}
	limit := shownEffective
	if p.Value("all") != "" {
		limit = rolecall.MaxPage
	}
	p.Effective, p.All, err = p.effective(id, p.In, limit)
	if forbidden(err) {
		p.All, err = true, nil
	}
	return err
}

// readSignIn reads how the user signs in, as far as the viewer may know.
func (p *userPage) readSignIn(id rolecall.SubjectID) error {
	logins, err := p.some(rolecall.Query{Kind: rolecall.KindLoginID, Tenant: p.Tenant, Where: []rolecall.Condition{rolecall.Where("subject", id)}})
	if err != nil {
		return err
	}
	p.Logins = as[*rolecall.LoginID](logins)
	keys, err := p.some(rolecall.Query{Kind: rolecall.KindCredential, Tenant: p.Tenant, Where: []rolecall.Condition{rolecall.Where("subject", id)}})
	if err != nil {
		return err
	}
	if p.Keys, err = p.keys(as[*rolecall.Credential](keys)); err != nil {
		return err
	}
	if p.identity != nil && p.holds("rolecall:credentials.read", "") {
		p.Sessions, err = p.identity.Logins(p.ctx, id)
	}
	return err
}

func userForm(c *call) (any, error) {
	fields := []field{
		textField("name", "Name", ""),
		{Name: "email", Label: "E-mail address", Type: "email", Max: rolecall.MaxNameRunes, Hint: "What the user signs in with"},
	}
	if c.identity != nil {
		fields = append(fields,
			field{Name: "password", Label: "First password", Type: "password", Hint: "Empty: no password, so no sign-in by one", Data: "new-password"},
			checkField("temporary", "It has to be replaced at the first sign-in", true))
	}
	fields = append(fields, hinted(c.pickField("tenant", "Member of the tenant", rolecall.KindTenant, string(c.Tenant)), "By name or id; empty is none"))
	fields = append(fields, hinted(c.pickField("role", "Role", rolecall.KindRole, ""), "In that tenant, or everywhere without one; empty is none"))
	return c.form("New user", "Create", fields...), nil
}

func createUser(c *call) (*change, error) {
	u := identity.NewUser{
		User:      rolecall.User{ID: rolecall.SubjectID(rolecall.NewID("usr")), Name: c.Value("name"), Email: c.Value("email")},
		Password:  c.r.PostForm.Get("password"),
		Temporary: c.Value("temporary") != "",
	}
	if u.Name == "" && u.Email == "" {
		return nil, &rolecall.FieldError{Field: "name", Rule: "or an e-mail address is required", Kind: rolecall.ErrInvalid}
	}
	var in rolecall.Scope
	if name := c.Value("tenant"); name != "" {
		t, err := c.resolve("tenant", rolecall.KindTenant, name)
		if err != nil {
			return nil, err
		}
		in.Tenant = rolecall.TenantID(t.ID)
		u.Tenants = []rolecall.TenantID{in.Tenant}
	}
	if name := c.Value("role"); name != "" {
		r, err := c.resolve("role", rolecall.KindRole, name)
		if err != nil {
			return nil, err
		}
		u.Roles = []rolecall.Assignment{{Role: rolecall.RoleID(r.ID), Scope: in}}
	}
	m := &change{
		quiet: len(u.Roles) == 0,
		Title: "Create " + nameOf(&u.User).Label + "?", Verb: "Create",
		then: c.Link("/users/{id}", u.ID), said: "The user is created.",
	}
	if c.identity != nil {
		m.do = func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			_, receipt, err := c.identity.CreateUser(ctx, by, u)
			return receipt, err
		}
		return m, nil
	}
	m.steps = steps{create(&u.User)}
	for _, t := range u.Tenants {
		m.steps = append(m.steps, put(&rolecall.Membership{Tenant: t, Subject: u.ID}))
	}
	for _, a := range u.Roles {
		a.Subject = u.ID
		m.steps = append(m.steps, put(&a))
	}
	return m, nil
}

func editUserForm(c *call) (any, error) {
	u, err := look(c, &rolecall.User{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+nameOf(u).Label, "Save",
		textField("name", "Name", u.Name),
		field{Name: "email", Label: "E-mail address", Type: "email", Value: u.Email, Max: rolecall.MaxNameRunes},
		checkField("email_verified", "It is verified", u.EmailVerified),
		field{Name: "phone", Label: "Phone", Type: "tel", Value: u.Phone, Max: rolecall.MaxNameRunes},
		checkField("phone_verified", "It is verified", u.PhoneVerified),
		field{Name: "attributes", Label: "Attributes", Type: "area", Value: prettyJSON(u.Attributes), Hint: "A JSON object that applications keep beside the user", Max: rolecall.MaxAttributesBytes},
	), nil
}

func editUser(c *call) (*change, error) {
	id := rolecall.SubjectID(c.id())
	return &change{
		quiet: true,
		steps: steps{modify(&rolecall.User{ID: id}, nil, func(u *rolecall.User) {
			u.Name, u.Email, u.Phone = c.Value("name"), c.Value("email"), c.Value("phone")
			u.EmailVerified, u.PhoneVerified = c.Value("email_verified") != "", c.Value("phone_verified") != ""
			u.Attributes = rolecall.Attributes(c.Value("attributes"))
		})},
		then: c.Link("/users/{id}", id), said: "The profile is saved.",
	}, nil
}

// blockUser blocks or, by its other path, unblocks.
func blockUser(blocked bool) func(*call) (*change, error) {
	return func(c *call) (*change, error) {
		u, err := look(c, &rolecall.User{ID: rolecall.SubjectID(c.id())})
		if err != nil {
			return nil, err
		}
		m := &change{
			Title: "Block " + nameOf(u).Label + "?", Text: "The user may nothing, and can't sign in, until unblocked.",
			Verb: "Block", Danger: true, steps: steps{setBlocked(u.ID, blocked)},
			then: c.Link("/users/{id}", u.ID), said: nameOf(u).Label + " is blocked.",
		}
		if !blocked {
			m.Title, m.Text, m.Verb, m.Danger = "Unblock "+nameOf(u).Label+"?", "", "Unblock", false
			m.said = nameOf(u).Label + " is not blocked any more."
		}
		return m, nil
	}
}

func deleteUser(c *call) (*change, error) {
	u, err := look(c, &rolecall.User{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete " + nameOf(u).Label + "?",
		Text:  "All that the user holds, the password and the keys go too. The audit log stays. To only shut the user out, block instead.",
		Verb:  "Delete", Danger: true,
		steps: steps{remove(u)}, then: c.Link("/users"), said: nameOf(u).Label + " is deleted.",
	}, nil
}

func passwordForUserForm(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	u, err := look(c, &rolecall.User{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Set the password of "+nameOf(u).Label, "Set it",
		required(field{Name: "password", Label: "New password", Type: "password", Data: "new-password"}),
		checkField("temporary", "It has to be replaced at the next sign-in", true),
	), nil
}

func setPasswordOfUser(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	id := rolecall.SubjectID(c.id())
	set := identity.PasswordChange{Password: c.r.PostForm.Get("password"), Temporary: c.Value("temporary") != ""}
	return &change{
		quiet: true,
		do: func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			return c.identity.SetPassword(ctx, by, id, set)
		},
		then: c.Link("/users/{id}", id), said: "The password is set. The user is signed out everywhere.",
	}, nil
}

// endUsersLogins ends all logins of a user: of this console and of every application.
func endUsersLogins(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	u, err := look(c, &rolecall.User{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{then: c.Link("/users/{id}", u.ID), said: nameOf(u).Label + " is signed out everywhere."}, c.identity.EndLogins(c.ctx, u.ID)
}
