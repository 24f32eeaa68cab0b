package oidc

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// What the sign-in log says of the provider. Of the requests of browsers that
// have no login nothing is noted but attempts with a password: anybody could
// make as many as he likes.

// event returns what is said of whatever a request did. c may be nil.
func event(r *http.Request, c *rolecall.Client) identity.Event {
	e := identity.Event{Door: "oidc", Address: r.RemoteAddr, Agent: r.UserAgent()}
	if c != nil {
		e.Client = c.ID
	}
	return e
}

// note notes that something went well or, if err says why not, did not. Errors
// that are nobody's who asked are not noted.
func (p *Provider) note(e identity.Event, err error) {
	var refused *Error
	switch {
	case err == nil:
	case err == errClient:
		e.Failure = identity.FailSecret
	case errors.As(err, &refused):
		e.Failure, e.Detail = cmp.Or(e.Failure, identity.FailRefused), refused.Description
	default:
		return
	}
	p.id.Note(e)
}

// grantEvents are the kinds of event of the token endpoint.
var grantEvents = map[rolecall.GrantType]identity.EventKind{
	rolecall.GrantCode: identity.EventCode, rolecall.GrantRefresh: identity.EventRefresh, rolecall.GrantClient: identity.EventMachine,
	rolecall.GrantPassword: identity.EventPassword, rolecall.GrantPasswordIn: identity.EventPassword,
}

// ofGrant adds what a grant is about.
func ofGrant(e *identity.Event, data GrantData) {
	e.Subject, e.Tenant, e.Audience = data.Subject, data.Tenant, data.Audience
}

// event returns what is said of what somebody did on a page.
func (v *visit) event() identity.Event {
	e := event(v.r, v.client)
	if req := v.request(); req != nil {
		e.Tenant, e.Audience = req.Tenant, req.Audience
	}
	return e
}

// sessionEvent returns what is said of a login that a browser has, as an answer
// to a request.
func sessionEvent(r *http.Request, c *rolecall.Client, req *Request, login *identity.Login) identity.Event {
	e := event(r, c)
	if e.Kind = identity.EventSession; req.prompt("none") {
		e.Kind = identity.EventSilent
	}
	e.Subject, e.Tenant, e.Audience = login.Subject, req.Tenant, req.Audience
	return e
}
