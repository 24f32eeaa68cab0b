package main

import (
	"strings"
	"testing"

	"github.com/rolecall/rolecall/compat/browser"
)

// A tab is one of a real browser, told what to do in a row.
type tab struct{ *browser.Tab }

// open goes to an address.
func (b tab) open(address string) tab {
	b.T.Helper()
	b.Open(address)
	return b
}

// fill types into fields of a form, and presses its button, which leads to another
// page.
func (b tab) fill(form string, pairs ...string) tab {
	b.T.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Type(form+" [name="+pairs[i]+"]", pairs[i+1])
	}
	return b.press(form + " button")
}

// press presses what leads to another page.
func (b tab) press(selector string) tab {
	b.T.Helper()
	b.Leads(func() { b.Click(selector) })
	return b
}

// sees waits until the page shows a text.
func (b tab) sees(text string) tab {
	b.T.Helper()
	b.Sees(text)
	return b
}

// The way of the first two people, in a real browser.
func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a server and a browser are started")
	}
	owner := tab{browser.New(t)}
	w := start(t)
	owner.open(w.site+"/projects/login?screen_hint=signup").
		fill("form", "name", "Olivia", "email", "olivia@example.com", "password", password).sees("You are Olivia").
		fill("section form", "name", "Acme").sees("Close the organization").
		fill("form[action=projects]", "name", "Moon").sees("Moon").
		fill("form[action=invite]", "email", "emma@example.com").sees("on its way")

	invited := tab{browser.New(t)}
	invited.open(w.link(t, "emma@example.com")).sees("Join Acme").
		fill("form", "name", "Emma", "password", password).sees("You are Emma").
		press("ul a").sees("Moon")
	if text := invited.Text("body"); strings.Contains(text, "Invite") || strings.Contains(text, "Close") {
		t.Errorf("an employee is offered more than reading:\n%s", text)
	}
	invited.press("nav form button").sees("Sign in")
}
