package oidc

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An invitationPage is what the template of the invitation page gets.
type invitationPage struct {
	filled
	Email   string // that was invited
	Inviter string // "" if unknown
	Where   string // the tenant's name, "" for the project
	// As is the way to accept: "join" for who is signed in as the invited,
	// "signin", or "signup".
	As       string
	SignedIn string // another, as whom the browser is signed in
}

// invited returns the invitation of the visit: from a link in a mail, or from
// what the application asked for.
func (v *visit) invited() (*identity.Invited, string, error) {
	ticket := v.value("ticket")
	if req := v.request(); req != nil && ticket == "" {
		ticket = req.Invitation
	}
	invited, err := v.id.FindInvitation(v.ctx(), ticket)
	if err == nil && v.request() != nil && v.request().Tenant != "" && v.request().Tenant != invited.Tenant {
		err = badRequest("The invitation is to another organization than the application asks for.")
	}
	return invited, ticket, err
}

// showInvitation asks the invited to join.
func (v *visit) showInvitation() error {
	as := v.r.URL.Query().Get("as")
	if as != "signin" && as != "signup" {
		as = ""
	}
	return v.invitationForm(http.StatusOK, v.typed(), as)
}

// invitationForm shows the page. as is the way to accept, "" for the likely one.
func (v *visit) invitationForm(status int, f filled, as string) error {
	invited, _, err := v.invited()
	if err != nil {
		return v.noInvitation(err)
	}
	page := invitationPage{filled: f, Email: invited.Email, Inviter: invited.Inviter, As: as}
	if invited.Tenant != "" {
		tenant, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.Tenant{ID: invited.Tenant})
		if err != nil {
			return err
		}
		page.Where = tenant.Name
	}
	_, user, err := v.userOf()
	switch {
	case err != nil:
		return err
	case user != nil && !sameEmail(user, invited):
		page.SignedIn = or(user.Email, user.Name)
	case user != nil && as == "":
		page.As = "join"
	}
	if page.As == "" {
		page.As = "signup"
		// Only who reads the invited's mail is told whether there is a user.
		if _, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.LoginID{Login: invited.Email}); err == nil && invited.Proves {
			page.As = "signin"
		} else if err != nil && !missing(err) {
			return err
		}
	}
	return v.showRules(status, &page.filled, &page)
}

// noInvitation says that an invitation does not count any more. Who used it
// earlier can sign in to the application all the same.
func (v *visit) noInvitation(err error) error {
	if !errors.Is(err, identity.ErrBadTicket) || v.client == nil {
		return err
	}
	m := badTicket
	m.Link, m.Way = v.address("login"), "Sign in to "+v.client.Name
	v.showMessage(v.w, v.r, http.StatusBadRequest, m)
	return nil
}

func sameEmail(user *rolecall.User, invited *identity.Invited) bool {
	return identity.NormalLogin(user.Email) == identity.NormalLogin(invited.Email)
}

// takeInvitation redeems the invitation, and signs in.
func (v *visit) takeInvitation() error {
	f := v.typed("name")
	as := v.form["as"]
	invited, ticket, err := v.invited()
	if err != nil {
		return v.noInvitation(err)
	}
	var l *identity.Login
	begin := v.begin
	switch as {
	case "join":
		begin = v.resume // with the login that is there
		l, err = v.join(ticket)
	case "signin":
		l, err = v.signInAndJoin(invited, ticket)
	case "signup":
		l, err = v.signUpAndJoin(f, ticket)
	default:
		return badRequest("The form was not filled in.")
	}
	switch {
	case errors.Is(err, identity.ErrOtherEmail): // the session changed meanwhile
		return v.invitationForm(http.StatusBadRequest, f, "")
	case errors.Is(err, identity.ErrPasswordExpired):
		v.set("login", invited.Email)
		return v.to("change-password")
	}
	if err != nil {
		status, err := v.refused(&f, err)
		if err != nil {
			return err
		}
		return v.invitationForm(status, f, as)
	}
	if v.client == nil && invited.Tenant != "" {
		if tenant, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.Tenant{ID: invited.Tenant}); err == nil {
			v.set("welcome", "Welcome to "+tenant.Name)
		}
	}
	return begin(l)
}

// join redeems for the user who is signed in.
func (v *visit) join(ticket string) (*identity.Login, error) {
	l, _, err := v.userOf()
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, errExpired
	}
	if _, _, err := v.id.Redeem(v.ctx(), ticket, identity.Redeemer{Subject: l.Subject}); err != nil {
		return nil, err
	}
	return l, nil
}

// signInAndJoin redeems for a user who signs in as the invited.
func (v *visit) signInAndJoin(invited *identity.Invited, ticket string) (*identity.Login, error) {
	l, err := v.signIn(invited.Email, v.form["password"])
	if err != nil {
		return nil, err
	}
	if _, _, err := v.id.Redeem(v.ctx(), ticket, identity.Redeemer{Subject: l.Subject}); err != nil {
		return nil, errors.Join(err, v.id.EndLogin(v.ctx(), l.ID))
	}
	return l, nil
}

// signUpAndJoin redeems for a user who is made in the same write.
func (v *visit) signUpAndJoin(f filled, ticket string) (*identity.Login, error) {
	subject, _, err := v.id.Redeem(v.ctx(), ticket, identity.Redeemer{New: identity.NewUser{
		User: rolecall.User{Name: strings.TrimSpace(f.Values["name"])}, Password: v.form["password"],
	}})
	if err != nil {
		return nil, err
	}
	return v.id.BeginLogin(v.ctx(), identity.NewLogin{Subject: subject, From: v.r.RemoteAddr, Browser: true, Agent: v.r.UserAgent(), Note: v.event()})
}
