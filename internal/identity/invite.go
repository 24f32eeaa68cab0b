package identity

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A NewInvitation asks somebody to join.
type NewInvitation struct {
	Tenant   rolecall.TenantID // "" for the project
	Email    string
	Roles    []rolecall.RoleID  // that the invited get there
	Client   rolecall.SubjectID // the application that they begin at; "" if none
	Inviter  string             // a name, as they read it
	Lifetime time.Duration      // by default InvitationLifetime; at most MaxTicketLifetime
	// Attributes are kept with the invitation. Of their objects app_metadata and
	// user_metadata the invited gets what he has nothing by the name of: so with
	// them it takes rolecall:users.write everywhere.
	Attributes rolecall.Attributes
	// Shown says that somebody else than the invited gets to see the ticket: then
	// presenting it proves nothing of the address, unless the inviter may say of
	// any address whose it is.
	Shown bool
}

// An Invited is an invitation that was just made.
type Invited struct {
	*rolecall.Invitation
	Roles []rolecall.RoleID
	// Ticket is the text to present, 32 letters and digits. It is not kept, so
	// nobody sees it again: it is empty when Receipt is that of an earlier write,
	// or of a dry run.
	Ticket  string
	Receipt rolecall.Receipt

	// Of InviteAndSend: whether a mail is on its way, and where it would lead, if
	// there is none.
	Sent bool
	Link string
}

// invitationPrefix begins the id of every invitation that Invite makes.
const invitationPrefix = "uinv"

// Invite makes an invitation with its roles, in one write by by, who must be
// able to give them.
func (i *Identity) Invite(ctx context.Context, by rolecall.Actor, n NewInvitation) (*Invited, error) {
	switch {
	case n.Lifetime == 0:
		n.Lifetime = InvitationLifetime
	case n.Lifetime < time.Second || n.Lifetime > MaxTicketLifetime:
		return nil, refuse("lifetime", "must be 1 second to %s", MaxTicketLifetime)
	}
	email := NormalLogin(n.Email)
	if err := CheckEmail("email", email); err != nil {
		return nil, err
	}
	if hasMetadata(n.Attributes) && !i.mayVerify(by) {
		return nil, &rolecall.MissingError{Permission: usersWrite, API: string(rolecall.AdminAPI), Kind: rolecall.ErrForbidden}
	}
	text := rolecall.RandomText(ticketChars)
	made := &Invited{Roles: n.Roles, Invitation: &rolecall.Invitation{
		ID: invitationOf(text), Tenant: n.Tenant, Email: email, Client: n.Client, Inviter: n.Inviter,
		Ticket: ticketHash(text), Proves: !n.Shown || i.mayVerify(by), Attributes: n.Attributes,
		Validity: rolecall.Validity{ExpiresAt: i.rc.Now().Add(n.Lifetime)},
	}}
	ops := []rolecall.Op{rolecall.Create(made.Invitation)}
	for _, role := range n.Roles {
		ops = append(ops, rolecall.Put(&rolecall.InvitationRole{Invitation: made.ID, Role: role, Tenant: n.Tenant}))
	}
	var err error
	if made.Receipt, err = i.rc.Write(ctx, by, ops...); err != nil {
		return nil, whole(err)
	}
	if !made.Receipt.Replayed && !made.Receipt.DryRun {
		made.Ticket = text
	}
	made.Invitation = stored(made.Receipt, made.Invitation)
	return made, nil
}

// InviteAndSend is Invite, and mails the link. If n.Shown, or if no mails are
// sent, the inviter gets the link instead. A mail that can't be made leaves the
// invitation as it is, and not Sent.
func (i *Identity) InviteAndSend(ctx context.Context, by rolecall.Actor, n NewInvitation) (*Invited, error) {
	n.Shown = n.Shown || !i.Mails()
	made, err := i.Invite(ctx, by, n)
	if err != nil || made.Ticket == "" {
		return made, err
	}
	if n.Shown {
		made.Link, err = i.InvitationLink(ctx, made)
		return made, err
	}
	if err := i.SendInvitation(ctx, made); err == nil {
		made.Sent = true
	} else if i.mailFailed != nil {
		i.mailFailed(err)
	}
	return made, nil
}

// mayVerify reports whether by may mark anybody's address as verified.
func (i *Identity) mayVerify(by rolecall.Actor) bool {
	return i.rc.May(by, usersWrite, rolecall.Scope{}) == nil
}

const usersWrite = "rolecall:users.write"

// CheckEmail reports whether a text can't be an e-mail address: one that a mail
// could be sent to without saying something else in its header.
func CheckEmail(field, text string) error {
	local, domain, _ := strings.Cut(text, "@")
	if local == "" || domain == "" || len(text) > 254 || strings.ContainsAny(text, " \t\r\n\x00,;:<>()[]\\\"") || strings.Contains(domain, "@") {
		return refuse(field, "must be an e-mail address")
	}
	return nil
}

// invitationOf returns the id of the invitation whose ticket a text would be.
func invitationOf(ticket string) rolecall.InvitationID {
	return rolecall.InvitationID(invitationPrefix + "_" + ticket[:ticketChars/2])
}

// FindInvitation returns the invitation whose ticket is presented, with its
// roles. It is ErrBadTicket if there is none that counts now.
func (i *Identity) FindInvitation(ctx context.Context, ticket string) (found *Invited, err error) {
	err = i.rc.View(ctx, reader, func(v *rolecall.View) error {
		found, err = findInvitation(ctx, v, ticket)
		return err
	})
	return found, err
}

func findInvitation(ctx context.Context, v *rolecall.View, ticket string) (*Invited, error) {
	if len(ticket) != ticketChars || strings.Trim(ticket, letters) != "" {
		return nil, ErrBadTicket
	}
	found, err := v.Get(ctx, rolecall.KindInvitation, string(invitationOf(ticket)))
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, ErrBadTicket
	}
	if err != nil {
		return nil, err
	}
	invitation := found.(*rolecall.Invitation)
	if !isTicket(ticket, invitation.Ticket) || !invitation.Validity.At(v.Now()) {
		return nil, ErrBadTicket
	}
	roles, err := rolecall.All[*rolecall.InvitationRole](ctx, v, rolecall.Query{Kind: rolecall.KindInvitationRole, Where: []rolecall.Condition{
		rolecall.Where("invitation", invitation.ID),
	}})
	all := &Invited{Invitation: invitation}
	for _, r := range roles {
		all.Roles = append(all.Roles, r.Role)
	}
	return all, err
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
