package oidc

import (
	"context"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc/state"
)

// refresh serves the grant refresh_token, RFC 6749 section 6.
//
// A client that rotates gets a new refresh token each time. One that is used
// again, later than the client's leeway, is in two hands: the whole family ends
// (RFC 9700 section 4.14.2).
func (p *Provider) refresh(ctx context.Context, c *rolecall.Client, f form, said *identity.Event) (*answer, error) {
	text, err := f.required("refresh_token")
	if err != nil {
		return nil, err
	}
	t, g, err := p.store.FindToken(ctx, hashOf(text))
	if missing(err) {
		return nil, errRefresh
	}
	if err != nil {
		return nil, err
	}
	now := p.rc.Now()
	if t.Kind != state.RefreshToken || g.Client != c.ID {
		return nil, errRefresh
	}
	ofGrant(said, g.Data)
	if !g.EndedAt.IsZero() {
		return nil, errRefresh
	}
	scope := g.Data.Scope
	if f["scope"] != "" {
		asked, err := parseScope(f["scope"])
		if err != nil {
			return nil, err
		}
		scope = filter(asked, func(s string) bool { return slices.Contains(g.Data.Scope, s) }) // never more
		if slices.Contains(g.Data.Scope, "offline_access") && !slices.Contains(scope, "offline_access") {
			scope = append(scope, "offline_access") // or the family would end here
		}
	}
	if c.OAuth.Rotate {
		var first bool
		if t, g, first, err = p.store.UseToken(ctx, t.Hash, now); err != nil {
			return nil, err
		}
		leeway := time.Duration(c.OAuth.RefreshLeeway) * time.Second
		if !first && (leeway == 0 || now.Sub(t.UsedAt) > leeway) {
			said.Failure = identity.FailReuse
			if err := p.store.EndGrant(ctx, g.ID, now); err != nil {
				return nil, err
			}
			return nil, errRefresh
		}
	} else if !t.UsedAt.IsZero() { // from when the client rotated: another took its place
		return nil, errRefresh
	}
	if !g.EndedAt.IsZero() || !now.Before(t.ExpiresAt) {
		return nil, errRefresh
	}
	if _, err := p.id.RefreshLogin(ctx, g.Login); err != nil {
		return nil, loginOver(err, errRefresh)
	}
	return p.issue(ctx, issue{client: c, grant: g, scope: scope, refresh: t, given: text})
}

// A next refresh token.
type nextRefresh struct {
	text  string
	token *Token // nil if the text is the one that was used
	until time.Time
}

// nextRefresh returns the refresh token that an answer carries: a new one, or
// the one that was used, which then lasts longer.
func (p *Provider) nextRefresh(ctx context.Context, i issue, now time.Time) (nextRefresh, error) {
	o := i.client.OAuth
	end := i.grant.CreatedAt.Add(seconds(o.RefreshLifetime, defaultRefresh))
	until := earlier(now.Add(seconds(o.RefreshIdle, defaultRefreshIdle)), end)
	if i.refresh != nil && !o.Rotate {
		return nextRefresh{i.given, nil, until}, p.store.KeepToken(ctx, i.refresh.Hash, until)
	}
	text, hash := newSecret()
	return nextRefresh{text, &Token{Hash: hash, Kind: state.RefreshToken, Grant: i.grant.ID, CreatedAt: now, ExpiresAt: until}, until}, nil
}
