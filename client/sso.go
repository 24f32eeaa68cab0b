package client

import (
	"context"
	"net/url"

	"github.com/rolecall/rolecall"
)

// An SSO is a tenant's own OpenID provider, at which its members sign in. The
// addresses that are left out are those that the provider's own document says.
type SSO struct {
	Name         string            `json:"name,omitempty"` // what people read on the sign-in page
	Issuer       string            `json:"issuer"`
	ClientID     string            `json:"client_id"`
	Scopes       []string          `json:"scopes,omitempty"`        // beside openid; profile and email, if there are none
	Domains      []string          `json:"domains,omitempty"`       // of e-mail addresses that the provider speaks for
	Mapping      []SSOMapping      `json:"mapping,omitempty"`       // roles by the provider's groups
	DefaultRoles []rolecall.RoleID `json:"default_roles,omitempty"` // of everybody who signs in
	Claims       SSOClaims         `json:"claims,omitzero"`
	AuthURL      string            `json:"authorization_endpoint,omitempty"`
	TokenURL     string            `json:"token_endpoint,omitempty"`
	UserInfoURL  string            `json:"userinfo_endpoint,omitempty"`
	JWKsURL      string            `json:"jwks_uri,omitempty"`
	RedirectURI  string            `json:"redirect_uri,omitempty"` // what the provider has to be told; the server's, if it is left out
}

// An SSOMapping gives a role to whoever is in one of the provider's groups.
type SSOMapping struct {
	Role   rolecall.RoleID `json:"role"`
	Groups []string        `json:"groups"`
}

// SSOClaims are the names of claims, where they are not the usual ones.
type SSOClaims struct {
	Name          string `json:"name,omitempty"`
	Email         string `json:"email,omitempty"`
	Picture       string `json:"picture,omitempty"`
	VerifiedEmail string `json:"verified_email,omitempty"`
	Group         string `json:"group,omitempty"`
}

// A TenantSSO is a tenant's provider as it is kept. Nothing shows the client's secret.
type TenantSSO struct {
	Tenant rolecall.TenantID `json:"tenant"`
	ID     string            `json:"sso_id,omitempty"`
	SSO
	HasSecret bool `json:"has_secret"`
}

// SSO returns a tenant's provider; id tells several apart, "" the first. It takes
// rolecall:settings.read.
func (c *Client) SSO(ctx context.Context, tenant rolecall.TenantID, id string) (*TenantSSO, error) {
	found := new(TenantSSO)
	if err := c.read(ctx, ssoCall("GET", tenant, id), found); err != nil {
		return nil, err
	}
	return found, nil
}

// PutSSO sets up a tenant's provider, in place of the one that is there. Without
// a secret, the one that is kept stays if it is for the same client of the same
// provider. It takes rolecall:settings.write, and what the provider will give. A
// dry run returns no provider.
func (c *Client) PutSSO(ctx context.Context, tenant rolecall.TenantID, id string, sso SSO, secret string) (*TenantSSO, rolecall.Receipt, error) {
	k := ssoCall("PUT", tenant, id)
	k.body = struct {
		SSO
		Secret string `json:"client_secret,omitempty"`
	}{sso, secret}
	made := new(TenantSSO)
	receipt, err := c.write(ctx, k, made)
	if err != nil || receipt.DryRun {
		return nil, receipt, err
	}
	return made, receipt, nil
}

// DeleteSSO forgets a tenant's provider and the client's secret.
func (c *Client) DeleteSSO(ctx context.Context, tenant rolecall.TenantID, id string) (rolecall.Receipt, error) {
	return c.write(ctx, ssoCall("DELETE", tenant, id), nil)
}

func ssoCall(method string, tenant rolecall.TenantID, id string) call {
	k := call{method: method, path: collections[rolecall.KindTenant].at(string(tenant)) + "/sso"}
	if id != "" {
		k.query = url.Values{"sso_id": {id}}
	}
	return k
}
