package auth0

import (
	"strings"

	"github.com/rolecall/rolecall/internal/identity"
)

// describeLine returns a line of the log as Auth0 shows it.
func (c *call) describeLine(l *logLine) object {
	if l.event != nil {
		return c.describeEvent(l)
	}
	return c.describeEntry(l.entry)
}

// describeEvent returns an event of the log of sign-ins.
func (c *call) describeEvent(l *logLine) object {
	e, id := l.event, l.logID()
	kind, what := eventType(e)
	details := object{"event": e.Kind, "door": e.Door}
	if e.Failure != "" {
		details["failure"] = e.Failure
		if what = string(e.Failure); e.Detail != "" {
			what = e.Detail
		}
		what = strings.ReplaceAll(what, "_", " ")
	}
	if e.Repeats > 0 {
		details["repeats"] = e.Repeats
	}
	o := object{"_id": id, "log_id": id, "date": stamp(e.Time), "type": kind, "description": what, "isMobile": false, "details": details}
	for name, text := range map[string]string{
		"client_id": string(e.Client), "user_name": e.Login, "organization_id": string(e.Tenant), "audience": e.Audience,
		"ip": e.Address, "user_agent": e.Agent,
	} {
		o.set(name, text)
	}
	if e.Kind != identity.EventMachine {
		o.set("user_id", string(e.Subject))
	}
	if e.Login != "" {
		o["connection"], o["connection_id"], o["strategy"] = identity.FirstConnectionName, identity.FirstConnectionID, identity.PasswordStrategy
	}
	return o
}

// eventTypes are the codes of events that went well, those of events that did
// not, and what the former are called.
var eventTypes = map[identity.EventKind][3]string{
	identity.EventSignIn:   {"s", "f", "Success Login"},
	identity.EventConfirm:  {"s", "f", "Success Login"},
	identity.EventSession:  {"s", "f", "Success Login"},
	identity.EventSilent:   {"ssa", "fsa", "Success Silent Auth"},
	identity.EventPassword: {"sepft", "fepft", "Success Exchange: Password for Access Token"},
	identity.EventCode:     {"seacft", "feacft", "Success Exchange: Authorization Code for Access Token"},
	identity.EventRefresh:  {"sertft", "fertft", "Success Exchange: Refresh Token for Access Token"},
	identity.EventMachine:  {"seccft", "feccft", "Success Exchange: Client Credentials for Access Token"},
	identity.EventSignOut:  {"slo", "flo", "Success Logout"},
	identity.EventSignUp:   {"ss", "fs", "Success Signup"},
	identity.EventChange:   {"scp", "fcp", "Success Change Password"},
}

// eventType returns the code of an event, and a sentence.
func eventType(e *identity.Event) (code, what string) {
	types := eventTypes[e.Kind]
	signIn := types[0] == "s"
	switch {
	case e.Failure == "":
		return types[0], types[2]
	case e.Failure == identity.FailAttempts && e.Kind != identity.EventSignUp:
		return "limit_wc", types[2]
	case e.Failure == identity.FailAddress && e.Kind != identity.EventSignUp:
		return "limit_mu", types[2]
	case e.Failure == identity.FailReuse && e.Kind == identity.EventRefresh:
		return "ferrt", types[2]
	case signIn && e.Failure == identity.FailUnknown:
		return "fu", types[2]
	case signIn && e.Failure == identity.FailPassword:
		return "fp", types[2]
	}
	return types[1], types[2]
}
