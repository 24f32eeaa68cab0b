package identity

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A Mailer sends mails.
type Mailer interface {
	// Send takes charge of a message: it is sent soon, or a few attempts later
	// given up, which the Mailer logs without the message's text. An error says
	// that the message was not taken.
	Send(ctx context.Context, m Message) error
}

// A Message is a mail to one person, as text and as HTML. It holds a link that
// lets its reader in, so nobody else may see it.
type Message struct {
	To      string
	Subject string
	Text    string
	HTML    string
}

// Where the links in mails lead, below the server's public URL: the query
// parameter "ticket" is the ticket.
const (
	InvitationPath = "/u/invitation"
	ResetPath      = "/u/reset-password"
	VerifyPath     = "/u/verify-email"
)

// WithMail has mails sent by m, with links to the server whose public URL is
// base. failed, if not nil, is told of those that could not be made. Without m,
// nothing is mailed.
func WithMail(m Mailer, base string, failed func(error)) Option {
	return func(i *Identity) { i.mailer, i.base, i.mailFailed = m, base, failed }
}

// ErrNoMail means that this server sends no mails.
var ErrNoMail = errors.New("mail is not set up")

// Mails reports whether mails are sent.
func (i *Identity) Mails() bool { return i.mailer != nil }

// NameSetting names the setting that holds what people call the project: a
// text, in mails and on pages.
const NameSetting = "friendly_name"

// Name returns what people call the project.
func (i *Identity) Name(ctx context.Context) string {
	name := "Rolecall"
	if setting, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Setting{Name: NameSetting}); err == nil {
		var chosen string
		if json.Unmarshal(setting.Value, &chosen) == nil && chosen != "" {
			name = chosen
		}
	}
	return name
}

// InvitationLink returns where an invitation with a ticket begins: at the
// client's LoginURI, which passes invitation and organization on to
// /authorize, or at our own page.
func (i *Identity) InvitationLink(ctx context.Context, invited *Invited) (string, error) {
	if invited.Client != "" {
		client, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Client{ID: invited.Client})
		if err != nil {
			return "", err
		}
		if at, err := url.Parse(client.OAuth.LoginURI); err == nil && client.OAuth.LoginURI != "" {
			query := at.Query()
			query.Set("invitation", invited.Ticket)
			if invited.Tenant != "" {
				tenant, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Tenant{ID: invited.Tenant})
				if err != nil {
					return "", err
				}
				query.Set("organization", string(tenant.ID))
				query.Set("organization_name", tenant.Name)
			}
			at.RawQuery = query.Encode()
			return at.String(), nil
		}
	}
	return i.link(InvitationPath, invited.Ticket), nil
}

// SendInvitation mails an invitation that Invite has just made to the invited.
func (i *Identity) SendInvitation(ctx context.Context, invited *Invited) error {
	if i.mailer == nil {
		return ErrNoMail
	}
	link, err := i.InvitationLink(ctx, invited)
	if err != nil {
		return err
	}
	m := invitationMail{Project: i.Name(ctx), Inviter: invited.Inviter, Link: link, Until: invited.ExpiresAt}
	if invited.Tenant != "" {
		tenant, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Tenant{ID: invited.Tenant})
		if err != nil {
			return err
		}
		m.Tenant = tenant.Name
	}
	return i.send(ctx, invited.Email, m)
}

// SendVerification mails a user a link by which the address proves to be the
// user's. A verified one gets none. It is ErrTooManyAttempts, or about the user.
func (i *Identity) SendVerification(ctx context.Context, subject rolecall.SubjectID, returnURL string) error {
	if i.mailer == nil {
		return ErrNoMail
	}
	user, err := rolecall.Find(ctx, i.rc, reader, &rolecall.User{ID: subject})
	if err != nil || user.EmailVerified {
		return err
	}
	if _, err := i.asked.begin("verify "+string(subject), "", i.rc.Now()); err != nil {
		return err
	}
	t, text, err := i.NewTicket(ctx, NewTicket{Purpose: ForVerify, Subject: subject, ReturnURL: returnURL})
	if err != nil {
		return err
	}
	return i.send(ctx, user.Email, verifyMail{Project: i.Name(ctx), Link: i.link(VerifyPath, text), Until: t.ExpiresAt})
}

// RequestReset mails the user with a login id a link to a new password or, to who
// has to sign in elsewhere, that and no link. It says
// the same, and takes as long, whether there is one or not: the mail is made
// when it has returned. It is ErrTooManyAttempts, or ErrNoMail.
func (i *Identity) RequestReset(ctx context.Context, login, from, returnURL string) error {
	if i.mailer == nil {
		return ErrNoMail
	}
	login = NormalLogin(login)
	if _, err := i.asked.begin("reset "+login, from, i.rc.Now()); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	i.mails.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if err := i.sendReset(ctx, login, returnURL); err != nil && i.mailFailed != nil {
			i.mailFailed(err)
		}
	})
	return nil
}

func (i *Identity) sendReset(ctx context.Context, login, returnURL string) error {
	found, err := rolecall.Find(ctx, i.rc, reader, &rolecall.LoginID{Login: login})
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	user, err := rolecall.Find(ctx, i.rc, reader, &rolecall.User{ID: found.Subject})
	if err != nil || user.Blocked || user.Email == "" {
		return err
	}
	t, text, err := i.NewTicket(ctx, NewTicket{Purpose: ForReset, Subject: user.ID, ReturnURL: returnURL})
	var elsewhere *SSORequired
	if errors.As(err, &elsewhere) {
		return i.send(ctx, user.Email, elsewhereMail{Project: i.Name(ctx), Provider: elsewhere.Ways[0].Called()})
	}
	if err != nil {
		return err
	}
	return i.send(ctx, user.Email, resetMail{Project: i.Name(ctx), Link: i.link(ResetPath, text), Until: t.ExpiresAt})
}

func (i *Identity) link(path, ticket string) string {
	return strings.TrimRight(i.base, "/") + path + "?ticket=" + url.QueryEscape(ticket)
}

// Link returns where a ticket leads, for whoever may show it.
func (i *Identity) Link(p Purpose, ticket string) string {
	return i.link(map[Purpose]string{ForReset: ResetPath, ForVerify: VerifyPath}[p], ticket)
}

func (i *Identity) send(ctx context.Context, to string, m mail) error {
	message, err := render(m.content())
	if err != nil {
		return err
	}
	message.To = to
	return i.mailer.Send(ctx, message)
}
