package oidc

import (
	"errors"
	"net/http"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// opens returns what serves a link from a mail to a page: it takes the ticket
// out of the address, which histories and logs keep, into an interaction. It uses
// nothing up, since programs that look for bad links in mails follow it, too.
func (p *Provider) opens(page string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		ticket := r.URL.Query().Get("ticket")
		if ticket == "" || len(ticket) > maxTicket {
			return identity.ErrBadTicket
		}
		return p.startInteraction(w, r, InteractionData{Values: map[string]string{"ticket": ticket}}, page)
	}
}

const maxTicket = 64

// A resetPage is what the template of the page for a new password gets.
type resetPage struct {
	filled
	Login string // whose password it is
}

// showReset asks for a new password.
func (v *visit) showReset() error { return v.resetForm(http.StatusOK, v.typed()) }

func (v *visit) resetForm(status int, f filled) error {
	t, err := v.id.FindTicket(v.ctx(), identity.ForReset, v.value("ticket"))
	if err != nil {
		return err
	}
	page := resetPage{f, t.Email}
	return v.showRules(status, &page.filled, &page)
}

// takeReset sets the new password, and uses the ticket up.
func (v *visit) takeReset() error {
	f := v.typed()
	t, err := v.id.ResetPassword(v.ctx(), v.value("ticket"), v.form["password"])
	if err != nil {
		status, err := v.refused(&f, err)
		if err != nil {
			return err
		}
		return v.resetForm(status, f)
	}
	m := message{Good: true, Title: "Your password is changed", Text: "You are signed out everywhere else. Sign in with the new password."}
	if t.ReturnURL != "" {
		m.Link, m.Way = t.ReturnURL, "Sign in"
	}
	return v.finish(http.StatusOK, m)
}

// showVerify asks to confirm an address: by a form, since whoever looks for bad
// links in mails follows links and sends no forms.
func (v *visit) showVerify() error {
	t, err := v.id.FindTicket(v.ctx(), identity.ForVerify, v.value("ticket"))
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, t.Email)
}

// takeVerify marks the address as the user's.
func (v *visit) takeVerify() error {
	t, err := v.id.VerifyEmail(v.ctx(), v.value("ticket"))
	if err != nil {
		return err
	}
	m := message{Good: true, Title: "Your address is confirmed", Text: t.Email + " is yours. You may close this page."}
	if t.ReturnURL != "" {
		m.Link, m.Way = t.ReturnURL, "Go on"
	}
	return v.finish(http.StatusOK, m)
}

// showChange asks for a new password in place of one that has to be changed.
func (v *visit) showChange() error { return v.changeForm(http.StatusOK, v.typed()) }

func (v *visit) changeForm(status int, f filled) error {
	if v.value("login") == "" {
		return errExpired
	}
	page := resetPage{f, v.value("login")}
	page.Old = true
	return v.showRules(status, &page.filled, &page)
}

// takeChange replaces the password, and signs in.
func (v *visit) takeChange() error {
	f := v.typed()
	login, old, fresh := v.value("login"), v.form["old"], v.form["password"]
	err := v.id.ChangePassword(v.ctx(), identity.SignIn{Login: login, Password: old, From: v.r.RemoteAddr, Note: v.event()}, fresh)
	if err != nil {
		status, err := v.refused(&f, err)
		if err != nil {
			return err
		}
		return v.changeForm(status, f)
	}
	l, err := v.signIn(login, fresh)
	if err != nil {
		return err
	}
	if v.home() == "invitation" { // which is to be accepted yet
		if err := v.startSession(v.w, v.r, l); err != nil {
			return err
		}
		return v.to("invitation")
	}
	return v.begin(l)
}

// signIn makes a login of who proves to be somebody by a password.
func (v *visit) signIn(login, password string) (*identity.Login, error) {
	return v.id.LogIn(v.ctx(), identity.SignIn{Login: login, Password: password, From: v.r.RemoteAddr, Note: v.event()},
		identity.NewLogin{Browser: true, Agent: v.r.UserAgent()})
}

// userOf returns the user of the browser's session, nil if there is none that is
// enough for what the application asked for.
func (v *visit) userOf() (*identity.Login, *rolecall.User, error) {
	l, err := v.session(v.r)
	if l == nil || err != nil || v.request() != nil && !v.counts(v.request(), l, v.rc.Now()) {
		return nil, nil, err
	}
	user, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.User{ID: l.Subject})
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, nil, nil
	}
	return l, user, err
}
