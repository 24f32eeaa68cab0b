package oidc_test

import (
	"context"
	"slices"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func TestCoreOS(t *testing.T) {
	s := world(t)
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ id, secret string }{{"web", secret}, {"spa", ""}} {
		t.Run(c.id, func(t *testing.T) {
			config := oauth2.Config{
				ClientID: c.id, ClientSecret: c.secret, RedirectURL: callback, Endpoint: provider.Endpoint(),
				Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess, "read:messages"},
			}
			verifier := oauth2.GenerateVerifier()
			got := signIn(t, s, config.AuthCodeURL("state+/=", oidc.Nonce("nonce"), oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("audience", api)))
			if got.Get("state") != "state+/=" || got.Get("iss") != s.URL {
				t.Fatalf("the application gets %v", got)
			}
			token, err := config.Exchange(ctx, got.Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := token.Extra("id_token").(string)
			id, err := provider.Verifier(&oidc.Config{ClientID: c.id}).Verify(ctx, raw)
			if err != nil {
				t.Fatal(err)
			}
			var claims struct{ Email, Nonce string }
			if err := id.Claims(&claims); err != nil || id.Nonce != "nonce" || claims.Email != s.OwnerEmail {
				t.Errorf("the ID token says %+v, %v", claims, err)
			}
			access, err := provider.Verifier(&oidc.Config{ClientID: api}).Verify(ctx, token.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			if access.Subject != id.Subject || !slices.Contains(access.Audience, api) {
				t.Errorf("the access token is of %s for %v", access.Subject, access.Audience)
			}
			info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
			if err != nil {
				t.Fatal(err)
			}
			if info.Subject != id.Subject || info.Email != s.OwnerEmail || !info.EmailVerified {
				t.Errorf("/userinfo says %+v", info)
			}
			again, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
			if err != nil {
				t.Fatal(err)
			}
			if again.RefreshToken == token.RefreshToken || again.AccessToken == "" {
				t.Error("a refresh rotates nothing")
			}
		})
	}
	t.Run("a machine", func(t *testing.T) {
		config := clientcredentials.Config{ClientID: "web", ClientSecret: secret, TokenURL: provider.Endpoint().TokenURL, EndpointParams: map[string][]string{"audience": {api}}}
		token, err := config.Token(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := provider.Verifier(&oidc.Config{ClientID: api}).Verify(ctx, token.AccessToken); err != nil || v.Subject != "web@clients" {
			t.Errorf("%+v, %v", v, err)
		}
	})
}
