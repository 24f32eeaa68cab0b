package oidc

import (
	"net/http"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A message is a page that only says something, and leads on.
type message struct {
	Title, Text string
	More        string // another paragraph
	Good        bool   // it went well
	Link, Way   string // where it leads on to, and what that is called; "" if nowhere
}

// What is said of what does not count any more.
var (
	expired = message{
		Title: "This page has expired",
		Text:  "Pages for signing in work for an hour, once, and in the browser that they were opened in. Go back to the application and sign in again.",
	}
	badTicket = message{
		Title: "This link does not work any more",
		Text:  "It was used already, has expired, or was replaced by a newer one. Ask for a new one where you got it; if it was an invitation, ask whoever invited you.",
	}
)

// showMessage answers with a message.
func (p *Provider) showMessage(w http.ResponseWriter, r *http.Request, status int, m message) {
	h := w.Header()
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", policy("'none'"))
	d := pageData{Project: p.id.Name(r.Context()), Page: "message", Data: m, visit: &visit{Provider: p, r: r, in: &Interaction{}}}
	if err := page(w, status, templates()["message"], d); err != nil {
		p.internal(r, err)
	}
}

// finish ends the interaction with a message.
func (v *visit) finish(status int, m message) error {
	if err := v.end(); err != nil {
		return err
	}
	v.showMessage(v.w, v.r, status, m)
	return nil
}

// welcome is the message to somebody who has just signed in with nowhere to go:
// those who may administer something are shown the console.
func (v *visit) welcome(l *identity.Login, title string) message {
	m := message{Good: true, Title: title, Text: "You may close this page."}
	a := v.rc.Policy().Authority(l.Subject, string(rolecall.AdminAPI), "", v.rc.Now())
	administers := len(a.Permissions) > 0
	for _, t := range a.Tenants {
		administers = administers || len(t.Permissions) > 0
	}
	if administers {
		m.Text, m.Link, m.Way = "You can administer it, or a part of it.", consolePath, "Open the console"
	}
	return m
}

// consolePath is where the server has the console.
const consolePath = "/console/"
