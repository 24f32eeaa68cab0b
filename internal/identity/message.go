package identity

import (
	"bytes"
	_ "embed"
	"fmt"
	htmltemplate "html/template"
	"text/template"
	"time"
)

// A mail is one of the messages that this package sends.
type mail interface{ content() mailContent }

// mailContent is what every mail says, in its order: why it came, one link, until
// when the link counts, and what to do if it was not asked for. Some have no link.
type mailContent struct {
	Project string
	Subject string
	Why     string
	Action  string // what the link does
	Link    string
	Until   time.Time
	Else    string
}

type invitationMail struct {
	Project, Tenant, Inviter, Link string
	Until                          time.Time
}

func (m invitationMail) content() mailContent {
	where, who := m.Project, "You are invited"
	if m.Tenant != "" {
		where = m.Tenant + " on " + m.Project
	}
	if m.Inviter != "" {
		who = m.Inviter + " invites you"
	}
	return mailContent{
		Project: m.Project, Subject: "Join " + where, Why: who + " to join " + where + ".",
		Action: "Accept the invitation", Link: m.Link, Until: m.Until,
		Else: "If you don't know what this is about, ignore this mail, and nothing happens.",
	}
}

type resetMail struct {
	Project, Link string
	Until         time.Time
}

func (m resetMail) content() mailContent {
	return mailContent{
		Project: m.Project, Subject: "Your new password for " + m.Project,
		Why:    "Somebody, we hope you, asked for a new password for " + m.Project + ".",
		Action: "Choose a new password", Link: m.Link, Until: m.Until,
		Else: "If it was not you, ignore this mail: your password stays as it is.",
	}
}

// An elsewhereMail is in place of a resetMail: a new password would not help.
type elsewhereMail struct{ Project, Provider string }

func (m elsewhereMail) content() mailContent {
	return mailContent{
		Project: m.Project, Subject: "Signing in to " + m.Project,
		Why: "Somebody, we hope you, asked for a new password for " + m.Project + ". Your organization has you sign in at " + m.Provider +
			" instead, and a password does not count: on the sign-in page, choose to sign in with your organization.",
		Else: "If it was not you, ignore this mail.",
	}
}

type verifyMail struct {
	Project, Link string
	Until         time.Time
}

func (m verifyMail) content() mailContent {
	return mailContent{
		Project: m.Project, Subject: "Confirm your e-mail address for " + m.Project,
		Why:    "This address was given to " + m.Project + ". Confirm that it is yours.",
		Action: "Confirm this address", Link: m.Link, Until: m.Until,
		Else: "If it was not you who gave it, ignore this mail.",
	}
}

var (
	//go:embed mail.txt
	mailText string
	//go:embed mail.html
	mailHTML string

	textMail = template.Must(template.New("text").Parse(mailText))
	htmlMail = htmltemplate.Must(htmltemplate.New("html").Parse(mailHTML))
)

// Expires reads as people say it.
func (c mailContent) Expires() string { return c.Until.UTC().Format("2 January 2006, 15:04 UTC") }

// render makes a message of what it says, to nobody yet.
func render(c mailContent) (Message, error) {
	var text, html bytes.Buffer
	if err := textMail.Execute(&text, c); err != nil {
		return Message{}, fmt.Errorf("a mail's text: %w", err)
	}
	if err := htmlMail.Execute(&html, c); err != nil {
		return Message{}, fmt.Errorf("a mail's HTML: %w", err)
	}
	return Message{Subject: c.Subject, Text: text.String(), HTML: html.String()}, nil
}
