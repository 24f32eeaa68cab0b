package oidc_test

import (
	"context"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
)

func TestZitadel(t *testing.T) {
	s := world(t)
	ctx := context.Background()
	for _, c := range []struct{ id, secret string }{{"web", secret}, {"spa", ""}} {
		t.Run(c.id, func(t *testing.T) {
			party, err := rp.NewRelyingPartyOIDC(ctx, s.URL, c.id, c.secret, callback,
				[]string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, oidc.ScopeOfflineAccess},
				rp.WithVerifierOpts(rp.WithNonce(func(context.Context) string { return "nonce" })))
			if err != nil {
				t.Fatal(err)
			}
			verifier := oauth2.GenerateVerifier()
			got := signIn(t, s, rp.AuthURL("state", party, rp.WithCodeChallenge(oidc.NewSHACodeChallenge(verifier)),
				func() []oauth2.AuthCodeOption {
					return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("nonce", "nonce")}
				}))
			tokens, err := rp.CodeExchange[*oidc.IDTokenClaims](ctx, got.Get("code"), party, rp.WithCodeVerifier(verifier))
			if err != nil {
				t.Fatal(err)
			}
			if tokens.IDTokenClaims.Email != s.OwnerEmail || tokens.RefreshToken == "" {
				t.Errorf("the tokens are %+v", tokens.IDTokenClaims)
			}
			info, err := rp.Userinfo[*oidc.UserInfo](ctx, tokens.AccessToken, tokens.TokenType, tokens.IDTokenClaims.Subject, party)
			if err != nil {
				t.Fatal(err)
			}
			if info.Email != s.OwnerEmail || info.UpdatedAt == 0 {
				t.Errorf("/userinfo says %+v", info)
			}

			// A refreshed ID token has no nonce, so that it is looked at by a party that expects none.
			later, err := rp.NewRelyingPartyOIDC(ctx, s.URL, c.id, c.secret, callback, []string{oidc.ScopeOpenID})
			if err != nil {
				t.Fatal(err)
			}
			again, err := rp.RefreshTokens[*oidc.IDTokenClaims](ctx, later, tokens.RefreshToken, "", "")
			if err != nil {
				t.Fatal(err)
			}
			if err := rp.RevokeToken(ctx, later, again.RefreshToken, "refresh_token"); err != nil {
				t.Error(err)
			}
			if _, err := rp.RefreshTokens[*oidc.IDTokenClaims](ctx, later, again.RefreshToken, "", ""); err == nil {
				t.Error("a revoked token is refreshed")
			}
			to, err := rp.EndSession(ctx, later, tokens.IDToken, goodbye, "state", "", nil)
			if err != nil || to.String() != goodbye+"?state=state" {
				t.Errorf("a logout leads to %v, %v", to, err)
			}
		})
	}
}
