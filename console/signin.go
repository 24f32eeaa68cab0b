package console

import (
	"errors"
	"net/http"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// loginLifetime is how long a sign-in to the console lasts.
const loginLifetime = 12 * time.Hour

// recognise finds out who the viewer is. If it is nobody, it answers: with the
// way to sign in for a page, with 401 for a change.
func (c *call) recognise() bool {
	subject, err := c.viewer()
	if err != nil {
		c.fail(err)
		return false
	}
	// Somebody's session may outlive them.
	if subject != "" {
		d, err := c.rc.Check(c.ctx, rolecall.Request{Subject: subject, Any: rolecall.KindUser})
		switch {
		case err != nil:
			c.fail(err)
			return false
		case d.Reason == rolecall.Blocked:
			c.fail(identity.ErrBlocked)
			return false
		case d.Allowed:
			c.by = rolecall.Actor{Subject: subject, Door: "console", RequestID: c.w.Header().Get("X-Request-ID")}
			return true
		case c.identity == nil:
			c.fail(&rolecall.MissingError{Permission: "rolecall:users.read", API: string(rolecall.AdminAPI), Kind: rolecall.ErrForbidden})
			return false
		}
	}
	at := c.signInAt
	if c.identity != nil {
		at = c.prefix + "/sign-in"
	}
	if at == "" || c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		c.fail(errSignedOut)
		return false
	}
	if c.identity != nil {
		at += fill("", "next", c.Back())
	}
	http.Redirect(c.w, c.r, at, http.StatusSeeOther)
	return false
}

// viewer returns who makes the request, "" if nobody.
func (c *call) viewer() (rolecall.SubjectID, error) {
	if c.identity == nil {
		if c.subject == nil {
			return "", nil
		}
		return c.subject(c.r)
	}
	secret := c.cookie(loginCookie)
	if secret == "" {
		return "", nil
	}
	login, err := c.identity.FindBrowser(c.ctx, secret)
	switch {
	case errors.Is(err, identity.ErrLoginEnded):
		return "", nil
	case err != nil:
		return "", err
	}
	c.login = login
	return login.Subject, nil
}

// HostUsers reports whether users are an application's: not made or edited here.
func (c *call) HostUsers() bool { return c.rc.Directory() != nil }

// OwnSignIn reports whether the console signs users in itself.
func (c *call) OwnSignIn() bool { return c.identity != nil }

// SignedIn reports whether the viewer is known.
func (c *call) SignedIn() bool { return c.by.Subject != "" }

type signInForm struct{ *call }

func signInPage(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	c.Title = "Sign in"
	return &signInForm{c}, nil
}

// badSignIn does not tell which of the two it is.
var badSignIn = &rolecall.FieldError{Field: "login", Rule: "or password is not right", Kind: rolecall.ErrInvalid}

// signIn begins a login. What is wrong with the credentials is not told.
func signIn(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	login, err := c.identity.LogIn(c.ctx, identity.SignIn{
		Login: c.Value("login"), Password: c.r.PostForm.Get("password"), From: c.r.RemoteAddr, Note: identity.Event{Door: "console"},
	}, identity.NewLogin{Lifetime: loginLifetime, Browser: true, Agent: c.r.UserAgent()})
	switch {
	case errors.Is(err, identity.ErrBadCredentials):
		return nil, badSignIn
	case errors.Is(err, identity.ErrPasswordExpired):
		return &change{then: c.prefix + fill("/password", "login", c.Value("login")), said: "The password has to be changed before you sign in."}, nil
	case err != nil:
		return nil, err
	}
	c.setCookie(loginCookie, login.Cookie, loginLifetime)
	return &change{then: c.local(c.Value("next"))}, nil
}

func signOut(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	if _, err := c.viewer(); err != nil {
		return nil, err
	}
	if c.login != nil {
		said := identity.Event{Door: "console", Address: c.r.RemoteAddr, Agent: c.r.UserAgent()}
		if err := c.identity.LogOut(c.ctx, c.login, said); err != nil {
			return nil, err
		}
	}
	c.setCookie(loginCookie, "", 0)
	return &change{then: c.prefix + "/sign-in", said: "You are signed out."}, nil
}
