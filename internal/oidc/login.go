package oidc

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/rolecall/rolecall/internal/identity"
)

// A loginPage is what the template of the login page gets.
type loginPage struct {
	Login string // as it was typed, or as the application suggests
	Error string
}

// showLogin shows the login page.
func (v *visit) showLogin() error {
	p := loginPage{Login: v.value("login")}
	if req := v.request(); req != nil && p.Login == "" {
		p.Login = req.LoginHint
	}
	return v.show(http.StatusOK, p)
}

// takeLogin signs in who types a login id and a password. An unknown one and a
// wrong password are one and the same.
func (v *visit) takeLogin() error {
	p := loginPage{Login: or(v.form["username"], v.form["email"])}
	l, err := v.id.LogIn(v.ctx(), identity.SignIn{Login: p.Login, Password: v.form["password"], From: v.r.RemoteAddr},
		identity.NewLogin{Browser: true, Agent: v.r.UserAgent()})
	var retry *identity.RetryError
	switch {
	case err == nil:
		return v.begin(l)
	case errors.As(err, &retry):
		v.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(retry.After.Seconds()))))
		p.Error = "Too many attempts. Wait a little, then try again."
		return v.show(http.StatusTooManyRequests, p)
	case errors.Is(err, identity.ErrBadCredentials):
		p.Error = "Wrong email or password."
	case errors.Is(err, identity.ErrPasswordExpired):
		p.Error = "Your password has to be changed before you can sign in. Ask for a new one."
	case errors.Is(err, identity.ErrBlocked):
		p.Error = "Your account is blocked."
	default:
		return err
	}
	return v.show(http.StatusBadRequest, p)
}
