package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// invitationMore is what this API keeps beside an invitation.
type invitationMore struct {
	Connection string `json:"connection_id,omitempty"`
}

// describeInvitation returns an invitation as this API shows it. Its ticket, and
// the address that holds it, are known when it is made alone.
func describeInvitation(i *rolecall.Invitation, roles []rolecall.RoleID) object {
	kept, _ := more[invitationMore](i.Attributes) // what can't be read is not shown
	o := object{
		"id": i.ID, "organization_id": i.Tenant, "inviter": object{"name": i.Inviter}, "invitee": object{"email": i.Email},
		"created_at": stamp(i.CreatedAt), "expires_at": stamp(i.ExpiresAt),
	}
	o.set("client_id", string(i.Client))
	o.set("connection_id", kept.Connection)
	if len(roles) > 0 {
		o["roles"] = roles
	}
	all := profileOf(i.Attributes) // as of a user, whose it becomes
	if len(all.AppMetadata) > 0 {
		o["app_metadata"] = all.AppMetadata
	}
	if len(all.UserMetadata) > 0 {
		o["user_metadata"] = all.UserMetadata
	}
	return o
}

// describeInvitations returns invitations with their roles.
func describeInvitations(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, all []*rolecall.Invitation) ([]object, error) {
	ids := make([]string, len(all))
	for i, one := range all {
		ids[i] = string(one.ID)
	}
	roles, err := relatedIn[*rolecall.InvitationRole](ctx, v, tenant, rolecall.KindInvitationRole, "invitation", ids)
	of := map[rolecall.InvitationID][]rolecall.RoleID{}
	for _, r := range roles {
		of[r.Invitation] = append(of[r.Invitation], r.Role)
	}
	return each(all, func(i *rolecall.Invitation) object { return describeInvitation(i, of[i.ID]) }), err
}

// listInvitations serves GET /organizations/{id}/invitations: those that count.
func listInvitations(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	order, desc, err := sorting(c.text("sort"))
	if err != nil {
		return reply{}, err
	}
	switch order {
	case "":
		order, desc = "created_at", true
	case "created_at", "expires_at":
	default:
		return reply{}, invalidQuery.because("sort must be by created_at or expires_at")
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err != nil {
			return err
		}
		found, err := fetch[*rolecall.Invitation](ctx, v, p, rolecall.Query{
			Kind: rolecall.KindInvitation, Tenant: o.ID, Sort: order, Desc: desc,
			Where: []rolecall.Condition{{Field: "expires_at", Op: rolecall.From, Values: []string{v.Now().Format(time.RFC3339Nano)}}},
		})
		if err != nil {
			return err
		}
		shown, err := describeInvitations(ctx, v, o.ID, found.items)
		if err == nil {
			answer, err = c.answer(p, "invitations", shown, 0, found.next, object{"limit": len(shown), "total": nil})
		}
		return err
	})
}

// findInvitation returns the invitation of an organization that the path names.
func (c *call) findInvitation(ctx context.Context, v *rolecall.View) (*organization, *rolecall.Invitation, error) {
	o, err := c.org(ctx, v)
	if err != nil {
		return nil, nil, err
	}
	i, err := rolecall.Look(ctx, v, &rolecall.Invitation{ID: rolecall.InvitationID(c.named["invitation_id"])})
	if errors.Is(err, rolecall.ErrNotFound) || err == nil && i.Tenant != o.ID {
		err = noInvitation.because("The invitation does not exist.")
	}
	return o, i, err
}

// getInvitation serves GET /organizations/{id}/invitations/{invitation_id}.
func getInvitation(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, i, err := c.findInvitation(ctx, v)
		if err != nil {
			return err
		}
		shown, err := describeInvitations(ctx, v, o.ID, []*rolecall.Invitation{i})
		if err == nil {
			answer, err = c.one(shown[0])
		}
		return err
	})
}

// deleteInvitation serves DELETE /organizations/{id}/invitations/{invitation_id}.
func deleteInvitation(c *call) (reply, error) {
	return done, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		_, i, err := c.findInvitation(ctx, v)
		return []rolecall.Op{rolecall.Delete(i)}, err
	})
}

// invitationBody is what is sent of an invitation.
type invitationBody struct {
	Inviter struct {
		Name string `json:"name"`
	} `json:"inviter"`
	Invitee struct {
		Email string `json:"email"`
	} `json:"invitee"`
	Client       rolecall.SubjectID `json:"client_id"`
	Connection   string             `json:"connection_id"`
	Roles        []string           `json:"roles"`
	Seconds      int                `json:"ttl_sec"`
	Mail         *bool              `json:"send_invitation_email"`
	AppMetadata  json.RawMessage    `json:"app_metadata"`
	UserMetadata json.RawMessage    `json:"user_metadata"`
}

const maxInvitationSeconds = int(identity.MaxTicketLifetime / time.Second)

// check reports what is wrong with in itself.
func (in *invitationBody) check() error {
	switch {
	case in.Inviter.Name == "":
		return required("inviter.name")
	case in.Invitee.Email == "":
		return required("invitee.email")
	case in.Client == "":
		return required("client_id")
	case in.Seconds < 0 || in.Seconds > maxInvitationSeconds:
		return invalidBody.because("ttl_sec must be a number from 0 to %d", maxInvitationSeconds)
	}
	return nil
}

// attributes returns what is kept with the invitation.
func (in *invitationBody) attributes() (rolecall.Attributes, error) {
	all := map[string]members{}
	for name, given := range map[string]json.RawMessage{"app_metadata": in.AppMetadata, "user_metadata": in.UserMetadata} {
		var some members
		if err := setMetadata(name, &some, given); err != nil {
			return nil, err
		}
		if len(some) > 0 {
			all[name] = some
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return withMore(text, invitationMore{Connection: in.Connection})
}

// createInvitation serves POST /organizations/{id}/invitations. The caller gets
// to see the address that the invited begin at.
func createInvitation(c *call) (reply, error) {
	var in invitationBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	err := in.check()
	if err != nil {
		return reply{}, err
	}
	if in.Connection != "" {
		if _, err := c.connectionNamed(in.Connection); err != nil {
			return reply{}, err
		}
	}
	n := identity.NewInvitation{
		Email: in.Invitee.Email, Client: in.Client, Inviter: in.Inviter.Name, Shown: true,
		Lifetime: time.Duration(in.Seconds) * time.Second,
	}
	if n.Attributes, err = in.attributes(); err != nil {
		return reply{}, err
	}
	var o *organization
	var app *application
	err = c.view(func(ctx context.Context, v *rolecall.View) error {
		if o, err = c.org(ctx, v); err != nil {
			return err
		}
		if app, err = findClient(ctx, v, string(in.Client)); errors.Is(err, rolecall.ErrNotFound) {
			return invalidBody.because("client_id: the client %q does not exist", in.Client)
		} else if err != nil {
			return err
		}
		if app.OAuth.LoginURI == "" {
			return invalidBody.because("client_id: the client has no initiate_login_uri, at which the invited would begin")
		}
		if len(in.Roles) == 0 {
			return nil
		}
		roles, err := rolesWithIDs(ctx, v, in.Roles)
		for _, r := range roles {
			n.Roles = append(n.Roles, r.ID)
		}
		return err
	})
	if err != nil {
		return reply{}, err
	}
	n.Tenant = o.ID
	made, err := c.identity.Invite(c.r.Context(), c.by, n)
	if err != nil {
		if isField(err, "email") {
			err = invalidBody.because("invitee.%v", err)
		}
		return reply{}, err
	}
	shown := describeInvitation(made.Invitation, made.Roles)
	shown["ticket_id"], shown["invitation_url"] = made.Ticket, invitationURL(app, o, made.Ticket)
	if in.Mail == nil || *in.Mail {
		if err := c.identity.SendInvitation(c.r.Context(), made); err != nil && !errors.Is(err, identity.ErrNoMail) {
			c.log.WarnContext(c.r.Context(), "an invitation was not mailed", "invitation", made.ID, "error", err)
		}
	}
	return reply{201, shown}, nil
}

// invitationURL returns where the invited begin: at the application, which
// passes the ticket on to /authorize.
func invitationURL(app *application, o *organization, ticket string) string {
	joint := "?"
	if strings.Contains(app.OAuth.LoginURI, "?") {
		joint = "&"
	}
	return app.OAuth.LoginURI + joint + "invitation=" + ticket + "&organization=" + url.QueryEscape(string(o.ID)) +
		"&organization_name=" + url.QueryEscape(o.Name)
}
