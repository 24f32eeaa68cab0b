package console

import (
	"context"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func inviteForm(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	fields := []field{required(field{Name: "email", Label: "E-mail address", Type: "email", Max: rolecall.MaxNameRunes})}
	if c.Tenant == "" {
		fields = append(fields, hinted(c.pickField("tenant", "To the tenant", rolecall.KindTenant, ""), "By name or id; empty invites to the project"))
	} else {
		fields = append(fields, field{Label: "To the tenant", Type: "fixed", Value: c.ScopeName()})
	}
	fields = append(fields, hinted(c.pickField("role", "Role", rolecall.KindRole, ""), "That the invited gets there; empty is none"))
	p := c.form("Invite somebody", "Preview", fields...)
	if !c.identity.Mails() {
		p.Text = "This server sends no mail: you get a link to pass on, once."
	}
	return p, nil
}

// An invitedPage shows the link of an invitation, this once, or says that it was mailed.
type invitedPage struct {
	*call
	Email  string
	At     string // the link
	Back   string
	Failed bool // the mail
}

func (*invitedPage) secret() {}

func invite(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	n := identity.NewInvitation{
		Tenant: c.Tenant, Email: c.Value("email"), Inviter: c.ViewerName(), Shown: !c.identity.Mails(),
	}
	if name := c.Value("tenant"); name != "" && c.Tenant == "" {
		t, err := c.resolve("tenant", rolecall.KindTenant, name)
		if err != nil {
			return nil, err
		}
		n.Tenant = rolecall.TenantID(t.ID)
	}
	if name := c.Value("role"); name != "" {
		r, err := c.resolve("role", rolecall.KindRole, name)
		if err != nil {
			return nil, err
		}
		n.Roles = []rolecall.RoleID{rolecall.RoleID(r.ID)}
	}
	var made *identity.Invited
	where := "the project"
	if n.Tenant != "" {
		where = c.tenantName(n.Tenant)
	}
	return &change{
		Title: "Invite " + n.Email + " to " + where + "?", Text: "Whoever accepts gets what the invitation promises, until it ends in " + days(identity.InvitationLifetime) + ".",
		Verb: "Invite",
		do: func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			var err error
			if made, err = c.identity.Invite(ctx, by, n); err != nil {
				return rolecall.Receipt{}, err
			}
			return made.Receipt, nil
		},
		shows: func(rolecall.Receipt) (string, any) { return "tenants/invited", c.invitedPage(made) },
	}, nil
}

func (c *call) invitedPage(made *identity.Invited) *invitedPage {
	c.Title = "Invited"
	p := &invitedPage{call: c, Email: made.Email, Back: c.backOr(c.Link("/users"))}
	if c.identity.Mails() {
		if err := c.identity.SendInvitation(c.ctx, made); err == nil {
			return p
		}
		p.Failed = true
	}
	link, err := c.identity.InvitationLink(c.ctx, made)
	if err != nil {
		c.log.ErrorContext(c.ctx, "internal error", "path", c.r.URL.Path, "error", err)
		return p
	}
	if strings.HasPrefix(link, "/") {
		link = c.server + link
	}
	p.At = link
	return p
}
