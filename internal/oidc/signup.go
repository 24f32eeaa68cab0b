package oidc

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// showSignup shows the sign-up page.
func (v *visit) showSignup() error {
	f := v.typed()
	if req := v.request(); req != nil {
		f.Values["email"] = req.LoginHint
	}
	return v.showRules(http.StatusOK, &f, &f)
}

// takeSignup makes a user, mails a link by which the address proves to be the
// user's, and signs in.
func (v *visit) takeSignup() error {
	f := v.typed("name", "email")
	connection, err := v.signupConnection()
	if err != nil {
		return err
	}
	if connection == "" {
		err = identity.ErrNoSignUp
	}
	var user *rolecall.User
	if err == nil {
		user, err = v.id.SignUp(v.ctx(), connection, identity.NewUser{
			User: rolecall.User{Name: strings.TrimSpace(f.Values["name"]), Email: f.Values["email"]}, Password: v.form["password"],
		}, v.r.RemoteAddr)
	}
	if err != nil {
		status, err := v.refused(&f, err)
		if err != nil {
			return err
		}
		return v.showRules(status, &f, &f)
	}
	v.mail(v.id.SendVerification(v.ctx(), user.ID, ""))
	l, err := v.id.BeginLogin(v.ctx(), identity.NewLogin{Subject: user.ID, From: v.r.RemoteAddr, Browser: true, Agent: v.r.UserAgent(), Note: v.event()})
	if err != nil {
		return err
	}
	return v.begin(l)
}

// signupConnection returns the connection that people may sign up in, for the
// application that asks, "" if there is none. In a tenant it is one that makes
// members: others' users could do nothing there.
func (v *visit) signupConnection() (string, error) {
	all, err := v.id.Connections(v.ctx())
	if err != nil {
		return "", err
	}
	var joining []identity.TenantConnection
	req := v.request()
	inTenant := req != nil && req.Tenant != ""
	if inTenant {
		tenant, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.Tenant{ID: req.Tenant})
		if err != nil {
			return "", err
		}
		if joining, err = identity.TenantConnections(tenant); err != nil {
			return "", err
		}
	}
	for _, c := range all {
		joins := slices.ContainsFunc(joining, func(t identity.TenantConnection) bool {
			return t.Join && (t.Connection == c.ID || t.Connection == c.Name)
		})
		if !c.DisableSignup && (v.client == nil || c.EnabledFor(v.client.ID)) && (joins || !inTenant) {
			return c.ID, nil
		}
	}
	return "", nil
}

// CanSignUp reports whether the sign-up page is of use.
func (d pageData) CanSignUp() (bool, error) {
	connection, err := d.visit.signupConnection()
	return connection != "", err
}

// CanReset reports whether a forgotten password can be replaced.
func (d pageData) CanReset() bool { return d.visit.id.Mails() }

// mail notes that a mail could not be made. Who asked goes on without it, and can
// ask again.
func (v *visit) mail(err error) {
	if err != nil && err != identity.ErrNoMail {
		v.internal(v.r, err)
	}
}
