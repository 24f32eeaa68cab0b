package oidc

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/token"
)

// Lifetimes by default, in seconds.
const (
	defaultIDToken     = 36000
	defaultAccessToken = 86400
	defaultRefresh     = 2592000
	defaultRefreshIdle = 1296000
	userinfoSeconds    = 86400 // of a token that is for /userinfo alone
	codeSeconds        = 60    // of an authorization code
)

func seconds(n, otherwise int) time.Duration {
	if n == 0 {
		n = otherwise
	}
	return time.Duration(n) * time.Second
}

// earlier returns the earlier of two times, a zero one being none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// gty is what the claim of that name says of how a token was got.
var gty = map[rolecall.GrantType]string{
	rolecall.GrantClient:     "client-credentials",
	rolecall.GrantPassword:   "password",
	rolecall.GrantPasswordIn: "password",
}

// An accessToken is one to be made.
type accessToken struct {
	client   *rolecall.Client
	audience *audience
	subject  string // as the claim says it
	says     allowance
	openid   []string // the scopes of OpenID Connect that it has
	tenant   rolecall.TenantID
	orgName  string
	how      rolecall.GrantType
	lifetime time.Duration
	now      time.Time
}

// sign returns an access token of the audience's profile, and when it expires.
func (p *Provider) sign(ctx context.Context, t accessToken) (raw string, expires time.Time, err error) {
	expires = earlier(t.now.Add(t.lifetime), t.says.until).Truncate(time.Second)
	aud := []string{t.audience.name}
	if slices.Contains(t.openid, "openid") {
		aud = append(aud, p.issuer+"userinfo")
	}
	extra := map[string]any{}
	if scope := append(slices.Clone(t.openid), t.says.scope...); len(scope) > 0 {
		extra["scope"] = strings.Join(scope, " ")
	}
	if t.says.says {
		extra["permissions"] = append([]string{}, t.says.permissions...)
	}
	if err := p.organization(ctx, extra, t.tenant, t.orgName); err != nil {
		return "", time.Time{}, err
	}
	claims := token.Claims{
		Subject: rolecall.SubjectID(t.subject), Audience: aud, Issued: t.now, Expires: expires,
		Extra: extra, Algorithm: t.audience.api.Tokens.Algorithm,
	}
	if t.audience.api.Tokens.Profile == rolecall.ProfileRFC9068 {
		extra["client_id"] = string(t.client.ID)
		claims.Type = token.TypeAccess
	} else {
		extra["azp"] = string(t.client.ID)
		if how := gty[t.how]; how != "" {
			extra["gty"] = how
		}
		claims.Anonymous = true
	}
	raw, err = p.keys.Issue(ctx, claims)
	return raw, expires, err
}

// idToken returns an ID token, OpenID Connect Core section 2. Without a nonce it
// has none.
func (p *Provider) idToken(ctx context.Context, c *rolecall.Client, g *Grant, scope []string, nonce string, now time.Time) (string, error) {
	extra, err := p.profile(ctx, g.Data.Subject, scope)
	if err != nil {
		return "", err
	}
	extra["sid"], extra["auth_time"] = g.Login, g.Data.AuthTime.Unix()
	if nonce != "" {
		extra["nonce"] = nonce
	}
	if err := p.organization(ctx, extra, g.Data.Tenant, g.Data.OrgName); err != nil {
		return "", err
	}
	return p.keys.Issue(ctx, token.Claims{
		Subject: g.Data.Subject, Audience: []string{string(c.ID)}, Issued: now,
		Expires: now.Add(seconds(c.OAuth.IDTokenLifetime, defaultIDToken)), Extra: extra, Anonymous: true,
	})
}

// organization adds the claims about the tenant that a token is for.
func (p *Provider) organization(ctx context.Context, claims map[string]any, tenant rolecall.TenantID, name string) error {
	if tenant == "" {
		return nil
	}
	claims["org_id"] = string(tenant)
	name, err := p.ownName(ctx, tenant, name)
	if name != "" {
		claims["org_name"] = name
	}
	return err
}

// profile returns the claims about a user that scopes ask for, OpenID Connect
// Core section 5.4. What the core does not know comes from attributes.
func (p *Provider) profile(ctx context.Context, subject rolecall.SubjectID, scope []string) (map[string]any, error) {
	u, err := rolecall.Find(ctx, p.rc, system, &rolecall.User{ID: subject})
	if missing(err) {
		return nil, errBlocked
	}
	if err != nil {
		return nil, err
	}
	more := struct {
		Nickname   string `json:"nickname"`
		GivenName  string `json:"given_name"`
		FamilyName string `json:"family_name"`
	}{}
	if len(u.Attributes) > 0 {
		json.Unmarshal(u.Attributes, &more) // what has another form there is left out
	}
	claims := map[string]any{}
	text := func(name, value string) {
		if value != "" {
			claims[name] = value
		}
	}
	if slices.Contains(scope, "profile") {
		local, _, _ := strings.Cut(u.Email, "@")
		text("name", or(u.Name, u.Email))
		text("nickname", or(more.Nickname, local))
		text("given_name", more.GivenName)
		text("family_name", more.FamilyName)
		text("picture", u.Picture)
		claims["updated_at"] = u.UpdatedAt.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if slices.Contains(scope, "email") && u.Email != "" {
		claims["email"], claims["email_verified"] = u.Email, u.EmailVerified
	}
	if slices.Contains(scope, "phone") && u.Phone != "" {
		claims["phone_number"], claims["phone_number_verified"] = u.Phone, u.PhoneVerified
	}
	return claims, nil
}

func or(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
