package oidc

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An ssoWay is a tenant's provider, as a page offers it.
type ssoWay struct{ Name, Address string }

// ssos returns the providers that people can sign in at, of a tenant or, if it
// is "", of all.
func (p *Provider) ssos(ctx context.Context, tenant rolecall.TenantID) ([]*identity.SSO, error) {
	return remembered(ctx, p, "sso\n"+string(tenant), func() ([]*identity.SSO, error) { return p.id.SSOs(ctx, tenant) })
}

// tenantAsked is the tenant that the application asked for, "" if none.
func (v *visit) tenantAsked() rolecall.TenantID {
	if req := v.request(); req != nil {
		return req.Tenant
	}
	return ""
}

// Elsewhere lists the providers of the tenant that people sign in to.
func (d pageData) Elsewhere() (ways []ssoWay, err error) {
	tenant := d.visit.tenantAsked()
	if tenant == "" {
		return nil, nil
	}
	all, err := d.visit.ssos(d.visit.ctx(), tenant)
	return d.visit.waysTo(all), err
}

// waysTo returns providers as a page offers them.
func (v *visit) waysTo(all []*identity.SSO) (ways []ssoWay) {
	for _, c := range all {
		ways = append(ways, ssoWay{c.Called(), v.address("sso-start/" + c.Path())})
	}
	return ways
}

// CanSSO reports whether there are providers to be found by an address.
func (d pageData) CanSSO() (bool, error) {
	if d.visit.tenantAsked() != "" {
		return false, nil
	}
	all, err := d.visit.ssos(d.visit.ctx(), "")
	for _, c := range all {
		if len(c.Domains) > 0 {
			return true, err
		}
	}
	return false, err
}

// opensSSO begins an interaction of somebody who comes from the landing.
func (p *Provider) opensSSO(w http.ResponseWriter, r *http.Request) error {
	if p.landing.Path == "" {
		return errExpired
	}
	return p.startInteraction(w, r, InteractionData{Values: map[string]string{"landing": "yes"}}, "sso")
}

// landing reports whether the interaction leads to the landing.
func (v *visit) landing() bool { return v.value("landing") != "" }

// showSSO asks for the address by which a provider is found.
func (v *visit) showSSO() error {
	f := v.typed()
	f.Values["email"] = v.value("login")
	if req := v.request(); req != nil && f.Values["email"] == "" {
		f.Values["email"] = req.LoginHint
	}
	return v.show(http.StatusOK, f)
}

// takeSSO finds the provider that speaks for an address, and sends the browser
// there: by a page, since a form's answer may lead to no other site.
func (v *visit) takeSSO() error {
	f := v.typed("email")
	email := strings.TrimSpace(f.Values["email"])
	all, err := v.ssos(v.ctx(), v.tenantAsked())
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.SpeaksFor(email) {
			continue
		}
		v.set("login", email)
		if err := v.save(); err != nil {
			return err
		}
		to := v.address("sso-start/" + c.Path())
		v.w.Header().Set("Refresh", "0; url="+to)
		v.showMessage(v.w, v.r, http.StatusOK, message{
			Good: true, Title: "Sign in at " + c.Called(), Text: "Your organization signs you in.", Link: to, Way: "Continue to " + c.Called(),
		})
		return nil
	}
	f.Errors["email"] = "No organization signs in here by addresses like this one."
	return v.show(http.StatusBadRequest, f)
}

// startSSO sends the browser to a tenant's provider. What comes back from there
// finds, by its state, an interaction of its own, which leads back to this one.
func (v *visit) startSSO() error {
	c, err := v.ssoOf()
	if err != nil {
		return err
	}
	e, err := v.elsewhere(v.ctx(), c)
	if err != nil {
		return v.notSignedIn(v, c, err)
	}
	nonce, verifier := rolecall.RandomText(secretChars), oauth2.GenerateVerifier()
	state, err := v.newInteraction(v.w, v.r, InteractionData{Values: map[string]string{
		"for": v.in.ID, "way": c.Path(), "nonce": nonce, "verifier": verifier,
	}})
	if err != nil {
		return err
	}
	hint := v.value("login")
	if req := v.request(); req != nil && hint == "" {
		hint = req.LoginHint
	}
	redirect(v.w, e.ask(state, nonce, verifier, hint))
	return nil
}

// ssoOf returns the provider that an address names. It may be another tenant's than
// the application asked for: who belongs to several may have to sign in at one.
func (v *visit) ssoOf() (*identity.SSO, error) {
	all, err := v.ssos(v.ctx(), "")
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Path() == v.r.PathValue("way") {
			return c, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "not_found", "There is no such way to sign in.")
}

// returnSSO signs in who comes back from a tenant's provider. Its state works
// once, in the browser that was sent there.
func (v *visit) returnSSO() error {
	if v.value("for") == "" || v.value("way") != v.r.PathValue("way") {
		return errExpired
	}
	if err := v.end(); err != nil {
		return err
	}
	c, err := v.ssoOf()
	if err != nil {
		return err
	}
	back, err := v.interaction(v.w, v.r, v.value("for"))
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	switch iss := q.Get("iss"); {
	case iss != "" && iss != c.OIDC.Issuer: // RFC 9207 section 2.4
		return v.notSignedIn(back, c, errors.New("the answer is another provider's"))
	case q.Get("error") != "":
		return v.notSignedIn(back, c, errors.New("it answers with an error"))
	case q.Get("code") == "" || len(q["code"]) > 1:
		return v.notSignedIn(back, c, errors.New("it answers with no code"))
	}
	e, err := v.elsewhere(v.ctx(), c)
	if err != nil {
		return v.notSignedIn(back, c, err)
	}
	a, err := e.arrival(v.ctx(), q.Get("code"), v.value("nonce"), v.value("verifier"))
	if err != nil {
		return v.notSignedIn(back, c, err)
	}
	user, err := v.id.Arrive(v.ctx(), c, a)
	if err != nil {
		return v.notSignedIn(back, c, err)
	}
	begin := identity.NewLogin{Subject: user, From: v.r.RemoteAddr, Browser: true, Agent: v.r.UserAgent(), Note: back.event()}
	if back.landing() {
		begin.Lifetime = v.Provider.landing.Lifetime
	}
	l, err := v.id.BeginLogin(v.ctx(), begin)
	if err != nil {
		return v.notSignedIn(back, c, err)
	}
	if back.landing() {
		if err := back.end(); err != nil {
			return err
		}
		v.Provider.landing.Begin(v.w, v.r, l)
		redirect(v.w, v.Provider.landing.Path)
		return nil
	}
	if back.home() == "invitation" { // which is to be accepted yet
		if err := back.startSession(v.w, v.r, l); err != nil {
			return err
		}
		return back.to("invitation")
	}
	return back.begin(l)
}

// notSignedIn says that a provider did not sign somebody in, and leads back to
// the interaction that it was for. Whoever runs this finds the reason in the log.
func (v *visit) notSignedIn(back *visit, c *identity.SSO, why error) error {
	m := message{
		Title: "You are not signed in", Text: c.Called() + " did not sign you in. Try again or, if that does not help, tell whoever runs it.",
		Link: back.homeAddress(), Way: "Back to sign in",
	}
	status := http.StatusBadGateway
	switch {
	case errors.Is(why, identity.ErrBlocked):
		status, m.Text = http.StatusForbidden, "Your account is blocked."
	case errors.Is(why, identity.ErrOtherAccount):
		status, m.Text = http.StatusForbidden, "There is an account with your address that "+c.Called()+" may not sign in to. Sign in to it as you did before, or ask whoever runs this."
	}
	said := back.event()
	said.Kind, said.Failure, said.Detail = identity.EventSignIn, identity.FailRefused, c.Called()+" did not sign in"
	if errors.Is(why, identity.ErrBlocked) {
		said.Failure = identity.FailBlocked
	}
	v.id.Note(said)
	v.log.WarnContext(v.ctx(), "a sign-in elsewhere failed", "tenant", c.Tenant, "sso", c.ID, "error", why)
	v.showMessage(v.w, v.r, status, m)
	return nil
}
