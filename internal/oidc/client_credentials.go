package oidc

import (
	"context"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// MachineSuffix ends the "sub" of a token that a client got for itself, after
// the client's id.
const MachineSuffix = "@clients"

// clientCredentials serves the grant of that name, RFC 6749 section 4.4. The
// token lasts no longer than what the client proved itself by.
func (p *Provider) clientCredentials(ctx context.Context, c *rolecall.Client, proof *rolecall.Credential, f form, said *identity.Event) (*answer, error) {
	said.Subject = c.ID
	name, err := f.required("audience")
	if err != nil {
		return nil, err
	}
	asked, err := parseScope(f["scope"])
	if err != nil {
		return nil, err
	}
	a, err := p.audience(ctx, name)
	if err != nil {
		return nil, err
	}
	said.Audience = name
	var tenant rolecall.TenantID
	var orgName string
	if f["organization"] != "" {
		if tenant, orgName, err = p.tenant(ctx, f["organization"]); err != nil {
			return nil, err
		}
	}
	said.Tenant = tenant
	says, err := p.allowClient(ctx, c, a, tenant, asked)
	if err != nil {
		return nil, err
	}
	says.until = earlier(says.until, proof.ExpiresAt)
	now := p.rc.Now()
	raw, expires, err := p.sign(ctx, accessToken{
		client: c, audience: a, subject: string(c.ID) + MachineSuffix, says: says,
		tenant: tenant, orgName: orgName, how: rolecall.GrantClient, lifetime: a.lifetime(), now: now,
	})
	if err != nil {
		return nil, err
	}
	return &answer{
		AccessToken: raw, Scope: strings.Join(says.scope, " "),
		ExpiresIn: expires.Unix() - now.Unix(), TokenType: "Bearer",
	}, nil
}
