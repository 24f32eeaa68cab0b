package oidc

import (
	"errors"
	"net/http"

	"github.com/rolecall/rolecall/internal/identity"
)

// showLogin shows the login page.
func (v *visit) showLogin() error {
	f := v.typed()
	f.Values["username"] = v.value("login")
	if req := v.request(); req != nil && f.Values["username"] == "" {
		f.Values["username"] = req.LoginHint
	}
	return v.show(http.StatusOK, f)
}

// takeLogin signs in who types a login id and a password. An unknown one and a
// wrong password are one and the same.
func (v *visit) takeLogin() error {
	f := v.typed()
	login := or(v.form["username"], v.form["email"])
	f.Values["username"] = login
	l, err := v.signIn(login, v.form["password"])
	if errors.Is(err, identity.ErrPasswordExpired) {
		v.set("login", login)
		return v.to("change-password")
	}
	if err != nil {
		status, err := v.refused(&f, err)
		if err != nil {
			return err
		}
		return v.show(status, f)
	}
	return v.begin(l)
}
