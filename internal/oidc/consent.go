package oidc

import (
	"context"
	"net/http"
	"slices"

	"github.com/rolecall/rolecall"
)

// consented reports whether a request may be answered without asking the person:
// an application of the project's own always may, another's if all that it asks
// for was allowed before.
func (p *Provider) consented(ctx context.Context, c *rolecall.Client, req *Request, subject rolecall.SubjectID) (bool, error) {
	if !c.OAuth.ThirdParty && !req.prompt("consent") {
		return true, nil
	}
	if req.Consented {
		return true, nil
	}
	if req.prompt("consent") {
		return false, nil
	}
	allowed, err := p.store.Consent(ctx, Consent{Subject: subject, Client: c.ID, Audience: req.Audience})
	return err == nil && allowed != nil && within(req.Scope, allowed), err
}

// A consentPage is what the template of the consent page gets.
type consentPage struct {
	Audience string // the API's name, "" if none is asked for
	User     string // who is asked
	Scopes   []consentScope
}

type consentScope struct{ Name, Description string }

// showConsent asks whether an application may get what it asks for.
func (v *visit) showConsent() error {
	req := v.request()
	if req == nil {
		return errExpired
	}
	page := consentPage{}
	if l, err := v.id.FindLogin(v.ctx(), v.data.Login); err == nil {
		user, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.User{ID: l.Subject})
		if err != nil {
			return err
		}
		page.User = or(user.Email, user.Name)
	}
	var api rolecall.APIID
	if req.Audience != "" {
		a, err := v.audience(v.ctx(), req.Audience)
		if err != nil {
			return err
		}
		page.Audience, api = a.api.Name, a.api.ID
	}
	for _, s := range req.Scope {
		one := consentScope{Name: s, Description: openIDText[s]}
		if one.Description == "" && api != "" {
			found, err := v.rc.List(v.ctx(), system, rolecall.Query{Kind: rolecall.KindPermission, Limit: 1, Where: []rolecall.Condition{
				rolecall.Where("api", api), rolecall.Where("name", s),
			}})
			if err != nil {
				return err
			}
			if len(found.Records) == 1 {
				one.Description = found.Records[0].(*rolecall.Permission).Description
			}
		}
		page.Scopes = append(page.Scopes, one)
	}
	return v.show(http.StatusOK, page)
}

var openIDText = map[string]string{
	"openid": "Know who you are", "profile": "See your name and picture", "email": "See your e-mail address",
	"phone": "See your phone number", "offline_access": "Stay connected while you are away",
}

// takeConsent takes the answer.
func (v *visit) takeConsent() error {
	req := v.request()
	if req == nil || v.data.Login == "" {
		return errExpired
	}
	login, err := v.session(v.r)
	if err != nil {
		return err
	}
	if login == nil || login.ID != v.data.Login {
		return errExpired
	}
	if v.form["answer"] != "allow" {
		if err := v.end(); err != nil {
			return err
		}
		return v.respondError(v.w, v.r, v.client, req, refuse(http.StatusForbidden, "access_denied", "User did not authorize the request"))
	}
	c := Consent{Subject: login.Subject, Client: v.client.ID, Audience: req.Audience}
	before, err := v.store.Consent(v.ctx(), c)
	if err != nil {
		return err
	}
	all := slices.Clone(before)
	for _, s := range req.Scope {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if err := v.store.AddConsent(v.ctx(), c, all, v.rc.Now()); err != nil {
		return err
	}
	req.Consented = true
	return v.resume(login)
}
