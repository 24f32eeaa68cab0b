package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/alexedwards/scs/v2"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

// An application is one of the two: people sign in to each by OpenID Connect.
type application struct {
	name     string // also its client id and the folder that it is in
	site     string
	server   string // Rolecall's URL
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	sessions *scs.SessionManager
}

// newApplication lets people sign in. Its secret is an access key, made anew at
// each start and kept nowhere.
func newApplication(ctx context.Context, rc *client.Client, provider *oidc.Provider, name, server, site string) (*application, error) {
	key, _, err := rc.CreateKey(ctx, client.NewKey{Name: "the secret of " + name, Subject: rolecall.SubjectID(name)})
	if err != nil {
		return nil, err
	}
	a := &application{
		name: name, site: site, server: server,
		oauth: oauth2.Config{
			ClientID: name, ClientSecret: key.Secret, Endpoint: provider.Endpoint(),
			RedirectURL: site + "/" + name + "/callback", Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
		},
		verifier: provider.Verifier(&oidc.Config{ClientID: name}),
		sessions: scs.New(),
	}
	a.sessions.Cookie.Name, a.sessions.Cookie.Path = name, "/"+name+"/"
	return a, nil
}

// user says who is signed in to the application, "" if nobody is.
func (a *application) user(r *http.Request) (rolecall.SubjectID, error) {
	return rolecall.SubjectID(a.sessions.GetString(r.Context(), "user")), nil
}

// login sends the browser to Rolecall, with an invitation if it came with one.
func (a *application) login(w http.ResponseWriter, r *http.Request) {
	state, nonce, verifier := rolecall.RandomText(32), rolecall.RandomText(32), oauth2.GenerateVerifier()
	for name, value := range map[string]string{"state": state, "nonce": nonce, "verifier": verifier} {
		a.sessions.Put(r.Context(), name, value)
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)}
	for _, name := range []string{"invitation", "organization", "screen_hint"} {
		if value := r.FormValue(name); value != "" {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	http.Redirect(w, r, a.oauth.AuthCodeURL(state, options...), http.StatusSeeOther)
}

// callback takes the code, and believes the ID token about who signed in and
// nothing else: what they may is asked of Rolecall each time.
func (a *application) callback(w http.ResponseWriter, r *http.Request) {
	id, err := a.identify(r)
	if err != nil {
		http.Error(w, "signing in failed: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := a.sessions.RenewToken(r.Context()); err != nil {
		http.Error(w, "try again", http.StatusInternalServerError)
		return
	}
	var profile struct{ Name, Email string }
	if err := id.Claims(&profile); err != nil {
		http.Error(w, "signing in failed", http.StatusBadRequest)
		return
	}
	a.sessions.Put(r.Context(), "user", id.Subject)
	a.sessions.Put(r.Context(), "name", profile.Name+" "+profile.Email)
	http.Redirect(w, r, "/"+a.name+"/", http.StatusSeeOther)
}

func (a *application) identify(r *http.Request) (*oidc.IDToken, error) {
	ctx := r.Context()
	state, nonce, verifier := a.sessions.PopString(ctx, "state"), a.sessions.PopString(ctx, "nonce"), a.sessions.PopString(ctx, "verifier")
	switch {
	case state == "" || r.FormValue("state") != state:
		return nil, errors.New("it was not begun here")
	case r.FormValue("error") != "":
		return nil, errors.New(r.FormValue("error_description"))
	}
	token, err := a.oauth.Exchange(ctx, r.FormValue("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, errors.New("the code was not taken")
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := a.verifier.Verify(ctx, raw)
	if err != nil || id.Nonce != nonce {
		return nil, errors.New("the token was not right")
	}
	return id, nil
}

func (a *application) logout(w http.ResponseWriter, r *http.Request) {
	if err := a.sessions.Destroy(r.Context()); err != nil {
		http.Error(w, "try again", http.StatusInternalServerError)
		return
	}
	to := url.Values{"client_id": {a.name}, "returnTo": {a.site + "/" + a.name + "/"}}
	http.Redirect(w, r, strings.TrimSuffix(a.server, "/")+"/v2/logout?"+to.Encode(), http.StatusSeeOther)
}
