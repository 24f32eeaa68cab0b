package console

import (
	"errors"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

type accountPage struct {
	*call
	User   *rolecall.User
	Logins []*identity.Login
	Login  string // the id of the one that is used now
	As     string // the login id that the viewer has, "" if none
}

// account is the viewer's own: profile, password and logins.
func account(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	c.Title = "Your account"
	p := &accountPage{call: c, Login: c.login.ID}
	var err error
	if p.User, err = rolecall.Find(c.ctx, c.rc, reader, &rolecall.User{ID: c.by.Subject}); err != nil {
		return nil, err
	}
	names, err := c.rc.List(c.ctx, reader, rolecall.Query{
		Kind: rolecall.KindLoginID, Limit: 1, Where: []rolecall.Condition{rolecall.Where("subject", c.by.Subject)},
	})
	if err != nil {
		return nil, err
	}
	for _, l := range as[*rolecall.LoginID](names.Records) {
		p.As = l.Login
	}
	p.Logins, err = c.identity.Logins(c.ctx, c.by.Subject)
	return p, err
}

// endLogin ends one of the viewer's own logins.
func endLogin(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	logins, err := c.identity.Logins(c.ctx, c.by.Subject)
	if err != nil {
		return nil, err
	}
	for _, l := range logins {
		if l.ID == c.id() {
			return &change{then: c.Link("/account"), said: "The login has ended."}, c.identity.EndLogin(c.ctx, l.ID)
		}
	}
	return nil, &rolecall.FieldError{Field: "login", Rule: "has ended already", Kind: rolecall.ErrNotFound}
}

type passwordForm struct{ *call }

// passwordPage is for who knows a password and has to replace it.
func passwordPage(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	c.Title = "Change your password"
	return &passwordForm{c}, nil
}

// changePassword replaces a password by who proves the old one, and ends the
// logins that began with it.
func changePassword(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	post := c.r.PostForm
	err := c.identity.ChangePassword(c.ctx, identity.SignIn{
		Login: c.Value("login"), Password: post.Get("old"), From: c.r.RemoteAddr, Note: identity.Event{Door: "console", Agent: c.r.UserAgent()},
	}, post.Get("password"))
	if errors.Is(err, identity.ErrBadCredentials) {
		return nil, badSignIn
	}
	return &change{then: c.prefix + "/sign-in", said: "The password is changed. Sign in with the new one."}, err
}
