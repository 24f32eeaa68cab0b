package oidc

import (
	"net/http"
	"strings"

	"github.com/rolecall/rolecall/internal/identity"
)

// showForgot asks for whom a new password is.
func (v *visit) showForgot() error {
	f := v.typed()
	f.Values["email"] = v.value("login")
	if req := v.request(); req != nil && f.Values["email"] == "" {
		f.Values["email"] = req.LoginHint
	}
	return v.show(http.StatusOK, f)
}

// takeForgot mails a link, and says so, whether there is somebody to mail it to
// or not. The link leads back to this interaction.
func (v *visit) takeForgot() error {
	f := v.typed("email")
	if strings.TrimSpace(f.Values["email"]) == "" {
		f.Errors["email"] = "Enter the e-mail address or user name that you sign in with."
		return v.show(http.StatusBadRequest, f)
	}
	err := v.id.RequestReset(v.ctx(), f.Values["email"], v.r.RemoteAddr, strings.TrimSuffix(v.issuer, "/")+v.address(v.home()))
	if err == identity.ErrNoMail {
		f.Error = "This server sends no mail. Ask whoever runs it for a new password."
		return v.show(http.StatusServiceUnavailable, f)
	}
	if err != nil {
		status, err := v.refused(&f, err)
		if err != nil {
			return err
		}
		return v.show(status, f)
	}
	v.set("login", f.Values["email"])
	if err := v.save(); err != nil {
		return err
	}
	v.showMessage(v.w, v.r, http.StatusOK, message{
		Good: true, Title: "Look into your mail",
		Text: "If there is an account for what you entered, a link to a new password is on its way to its e-mail address. It works for an hour.",
		Link: v.address(v.home()), Way: "Back to sign in",
	})
	return nil
}

// homeAddress returns the address of where the interaction began.
func (v *visit) homeAddress() string {
	if v.landing() {
		return v.Provider.landing.Back
	}
	return v.address(v.home())
}

// home names the page that the interaction is about.
func (v *visit) home() string {
	if req := v.request(); v.value("ticket") != "" || req != nil && req.Invitation != "" {
		return "invitation"
	}
	return "login"
}
