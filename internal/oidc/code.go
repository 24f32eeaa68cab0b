package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc/state"
)

// newCode makes an authorization code for a sign-in, and the grant that it begins.
func (p *Provider) newCode(ctx context.Context, req *Request, data GrantData, login string) (string, error) {
	now := p.rc.Now()
	text, hash := newSecret()
	until := now.Add(codeSeconds * time.Second)
	g := &Grant{ID: rolecall.NewID("auth"), Login: login, Client: req.Client, Data: data, CreatedAt: now, ExpiresAt: until.Add(time.Hour)}
	t := &Token{
		Hash: hash, Kind: state.CodeToken, Grant: g.ID, CreatedAt: now, ExpiresAt: until,
		Code: CodeData{RedirectURI: req.RedirectURI, Challenge: req.Challenge},
	}
	return text, p.store.AddGrant(ctx, g, t)
}

// exchange serves the grant authorization_code, RFC 6749 section 4.1.3. A code
// gets one try. If it comes again, what was made from it ends: it is in two hands.
func (p *Provider) exchange(ctx context.Context, c *rolecall.Client, f form, said *identity.Event) (*answer, error) {
	text, err := f.required("code")
	if err != nil {
		return nil, err
	}
	t, g, err := p.store.FindToken(ctx, hashOf(text))
	if missing(err) || err == nil && (t.Kind != state.CodeToken || g.Client != c.ID) {
		return nil, errCode
	}
	if err != nil {
		return nil, err
	}
	ofGrant(said, g.Data)
	now := p.rc.Now()
	t, g, first, err := p.store.UseToken(ctx, t.Hash, now)
	if err != nil {
		return nil, err
	}
	switch {
	case !first:
		said.Failure = identity.FailReuse
		if err := p.store.EndGrant(ctx, g.ID, now); err != nil {
			return nil, err
		}
		return nil, errCode
	case !now.Before(t.ExpiresAt) || !g.EndedAt.IsZero():
		return nil, errCode
	case f["redirect_uri"] != t.Code.RedirectURI:
		return nil, refuse(http.StatusForbidden, "invalid_grant", "The redirect URI is wrong.")
	}
	if err := verifyPKCE(t.Code.Challenge, f["code_verifier"]); err != nil {
		return nil, err
	}
	if _, err := p.id.RefreshLogin(ctx, g.Login); err != nil {
		return nil, loginOver(err, errCode)
	}
	return p.issue(ctx, issue{client: c, grant: g, scope: g.Data.Scope, nonce: g.Data.Nonce})
}

// verifyPKCE reports why a verifier does not prove a challenge, RFC 7636 section
// 4.6. A verifier without a challenge is refused too: somebody took the
// challenge out of the request (RFC 9700 section 4.8.2).
func verifyPKCE(challenge, verifier string) error {
	if challenge == "" && verifier == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(sum[:])
	if challenge == "" || !isVerifier(verifier) || subtle.ConstantTimeCompare([]byte(made), []byte(challenge)) != 1 {
		return refuse(http.StatusForbidden, "invalid_grant", "Failed to verify code verifier")
	}
	return nil
}

// isVerifier reports whether text is in the form of RFC 7636 section 4.1, which
// that of a challenge is too.
func isVerifier(text string) bool {
	return len(text) >= 43 && len(text) <= 128 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") == ""
}
