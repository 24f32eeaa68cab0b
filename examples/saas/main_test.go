package main

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

const password = "correct horse battery staple"

// The whole of it, by forms: who signs up owns an organization and invites, each
// may what their role says, and nobody gets further by changing what is sent.
func TestAnOrganizationAndItsPeople(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a server is built and started")
	}
	w := start(t)

	// Olivia signs up, and founds an organization.
	olivia := visit(t, w.site+"/projects/login?screen_hint=signup").sees("Make an account")
	olivia.post("", "name", "Olivia", "email", "olivia@example.com", "password", password).sees("You are Olivia", "no organization yet")
	olivia.post("/projects/orgs", "name", "Acme").sees("Acme", "Close the organization")
	acme := strings.Split(olivia.at.Path, "/")[3]
	org := w.site + "/projects/t/" + acme + "/"
	olivia.post("projects", "name", "Moon").sees("Moon")

	// She invites an admin and an employee.
	olivia.post("invite", "email", "adam@example.com", "as", "admin").sees("on its way")
	olivia.post("invite", "email", "emma@example.com", "as", "employee").sees("on its way")
	olivia.post("invite", "email", "mallory@example.com", "as", "owner").gets(http.StatusBadRequest)

	// Each accepts, and is signed in.
	join := func(name, email string) *visitor {
		v := visit(t, w.link(t, email)).sees("Join Acme", email)
		return v.post("", "name", name, "password", password).sees("You are "+name, "Acme")
	}
	adam, emma := join("Adam", "adam@example.com"), join("Emma", "emma@example.com")
	visit(t, w.link(t, "emma@example.com")).seesNot("Join Acme") // a link works once

	// Adam administers Projects, and only looks at Billing.
	adam.open(org).sees("Moon", "A new project", "Invite").seesNot("Close the organization")
	adam.post("projects", "name", "Mars").sees("Mars")
	adam.post("close").gets(http.StatusForbidden)
	adam.open(w.site + "/billing/login").sees("You are Adam")
	adam.open(w.site + "/billing/t/" + acme + "/").sees("is open").seesNot(">Pay<")
	adam.post("pay").gets(http.StatusForbidden)
	olivia.open(w.site + "/billing/login").open(w.site + "/billing/t/" + acme + "/").post("pay").sees("is paid")

	// Emma reads Projects, and nothing else.
	emma.open(org).sees("Moon", "Mars").seesNot("A new project", "Invite", "Close the organization")
	for _, action := range []string{"projects", "invite", "close"} {
		emma.open(org).post(action, "name", "x", "email", "x@example.com", "as", "admin").gets(http.StatusForbidden)
	}
	emma.open(w.site + "/billing/login").open(w.site + "/billing/t/" + acme + "/").gets(http.StatusForbidden)

	// Another organization's people are strangers here.
	oscar := visit(t, w.site+"/projects/login?screen_hint=signup")
	oscar.post("", "name", "Oscar", "email", "oscar@example.com", "password", password).sees("You are Oscar")
	oscar.post("/projects/orgs", "name", "Globex").sees("Globex")
	oscar.open(org).gets(http.StatusForbidden)
	oscar.open(w.site + "/projects/orgs").gets(http.StatusForbidden)

	// The vendor's own staff sees all.
	vendor, _, err := w.rc.CreateUser(t.Context(), client.NewUser{
		User: rolecall.User{Name: "Vera", Email: "vera@vendor.example"}, Password: password, Roles: []client.NewRole{{Role: "vendor"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	vera := visit(t, w.site+"/projects/login").sees("Sign in").post("", "username", vendor.Email, "password", password).sees("You are Vera")
	vera.open(w.site+"/projects/orgs").sees("Acme", "Globex")
	vera.open(org).sees("Moon", "Mars").seesNot("A new project")
	vera.post("close").gets(http.StatusForbidden)

	forging(t, w, acme)

	// A role that is taken away is gone with the next request.
	me, err := client.Find(t.Context(), w.rc, &rolecall.LoginID{Login: "adam@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.rc.UnassignRoles(t.Context(), rolecall.Assignment{Subject: me.Subject, Role: "projects-admin", Scope: rolecall.Scope{Tenant: rolecall.TenantID(acme)}}); err != nil {
		t.Fatal(err)
	}
	adam.open(org).gets(http.StatusForbidden)

	// And the owner, who may, closes the organization.
	olivia.open(org).post("close").sees("no organization yet")
	olivia.open(org).gets(http.StatusForbidden)
}

// Emma changes what is sent: her tokens, and how they say to be signed.
func forging(t *testing.T, w *world, acme string) {
	call := func(token string) int {
		r, _ := http.NewRequestWithContext(t.Context(), "POST", w.site+"/api/t/"+acme+"/close", nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	issued := func(login, api string) string {
		token, err := w.rc.Token(t.Context(), client.TokenRequest{Login: login, Password: password, API: api, Tenant: rolecall.TenantID(acme)})
		if err != nil {
			t.Fatal(err)
		}
		return token.AccessToken
	}
	emmas := issued("emma@example.com", projectsAPI)
	olivia, err := client.Find(t.Context(), w.rc, &rolecall.LoginID{Login: "olivia@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	parts := strings.Split(emmas, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	asOlivia := encode([]byte(strings.Replace(string(payload), `"sub":"`, `"sub":"`+string(olivia.Subject)+`","was":"`, 1)))
	for what, tt := range map[string]struct {
		token string
		want  int
	}{
		"none":                             {"", http.StatusUnauthorized},
		"her own":                          {emmas, http.StatusForbidden},
		"her own, for the other API":       {issued("emma@example.com", billingAPI), http.StatusUnauthorized},
		"with the owner as its subject":    {parts[0] + "." + asOlivia + "." + parts[2], http.StatusUnauthorized},
		"that says that it is not signed":  {encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + asOlivia + ".", http.StatusUnauthorized},
		"that says that it has a password": {encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + asOlivia + "." + encode([]byte("x")), http.StatusUnauthorized},
		"that is none":                     {"olivia", http.StatusUnauthorized},
	} {
		if got := call(tt.token); got != tt.want {
			t.Errorf("closing the organization with a token %s: %d, want %d", what, got, tt.want)
		}
	}
}
