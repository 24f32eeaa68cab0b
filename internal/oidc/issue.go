package oidc

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/oidc/state"
)

// An answer is what the token endpoint says, RFC 6749 section 5.1.
type answer struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    int64  `json:"expires_in"`
	TokenType    string `json:"token_type"`
}

// An issue is what a grant's next tokens are made from.
type issue struct {
	client *rolecall.Client
	grant  *Grant
	scope  []string // of the grant's, as much as is asked for now
	nonce  string   // for the ID token; "" at a refresh
	// refresh is the refresh token that is used, nil at the beginning of a grant.
	refresh *Token
	given   string // the text of refresh
}

// issue makes the tokens of a grant. What they say is worked out now: who was
// blocked, or has lost a role, since the grant began, gets what counts today.
func (p *Provider) issue(ctx context.Context, i issue) (*answer, error) {
	g, c := i.grant, i.client
	now := p.rc.Now()
	if err := p.standing(ctx, g.Data.Subject); err != nil {
		return nil, err
	}
	if strings.HasSuffix(string(g.Data.Subject), MachineSuffix) {
		return nil, errBlocked // or the token would say that it is a client's own
	}
	if err := p.inTenant(ctx, g.Data.Tenant, g.Data.Subject); err != nil {
		return nil, err
	}
	openid := filter(i.scope, func(s string) bool { return slices.Contains(openIDScopes, s) })
	var a *audience
	var says allowance
	var err error
	if g.Data.Audience != "" {
		if a, err = p.audience(ctx, g.Data.Audience); err != nil {
			return nil, err
		}
		data := g.Data
		data.Scope = i.scope
		if says, err = p.allowUser(ctx, c, a, &data); err != nil {
			return nil, err
		}
	}
	offline := slices.Contains(openid, "offline_access") && mayUse(c, rolecall.GrantRefresh) == nil && (a == nil || a.api.Tokens.Offline)
	if !offline {
		openid = slices.DeleteFunc(openid, func(s string) bool { return s == "offline_access" })
	}

	out := &answer{TokenType: "Bearer", Scope: strings.Join(append(slices.Clone(openid), says.scope...), " ")}
	var tokens []*Token
	var expires time.Time
	if a == nil {
		text, hash := newSecret()
		expires = now.Add(userinfoSeconds * time.Second)
		out.AccessToken = text
		tokens = append(tokens, &Token{Hash: hash, Kind: state.AccessToken, Grant: g.ID, CreatedAt: now, ExpiresAt: expires})
	} else {
		out.AccessToken, expires, err = p.sign(ctx, accessToken{
			client: c, audience: a, subject: string(g.Data.Subject), says: says, openid: openid,
			tenant: g.Data.Tenant, orgName: g.Data.OrgName, how: g.Data.Type, lifetime: a.lifetime(), now: now,
		})
		if err != nil {
			return nil, err
		}
		if slices.Contains(openid, "openid") {
			tokens = append(tokens, &Token{Hash: hashOf(out.AccessToken), Kind: state.AccessToken, Grant: g.ID, CreatedAt: now, ExpiresAt: expires})
		}
	}
	out.ExpiresIn = expires.Unix() - now.Unix()
	if slices.Contains(openid, "openid") {
		if out.IDToken, err = p.idToken(ctx, c, g, openid, i.nonce, now); err != nil {
			return nil, err
		}
	}
	until := expires
	if offline {
		next, err := p.nextRefresh(ctx, i, now)
		if err != nil {
			return nil, err
		}
		out.RefreshToken = next.text
		if next.token != nil {
			tokens = append(tokens, next.token)
		}
		if next.until.After(until) {
			until = next.until
		}
	}
	if err := p.store.AddTokens(ctx, g.ID, until, tokens...); missing(err) {
		return nil, errRefresh // the grant has ended meanwhile
	} else if err != nil {
		return nil, err
	}
	return out, nil
}

// lifetime returns how long access tokens last.
func (a *audience) lifetime() time.Duration {
	return seconds(a.api.Tokens.Lifetime, defaultAccessToken)
}
