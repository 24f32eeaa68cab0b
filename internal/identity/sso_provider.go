package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// An SSOProvider is a tenant's own OpenID provider, as our API shows it and takes
// it. Of an [SSO], it is what signs people in. Its addresses are those of OpenID
// Connect Discovery 1.0 section 3, and where they are left out the provider's
// own document says them.
type SSOProvider struct {
	Name         string            `json:"name,omitempty"` // what people read on the sign-in page
	Issuer       string            `json:"issuer"`
	ClientID     string            `json:"client_id"`
	Scopes       []string          `json:"scopes,omitempty"`  // profile and email, if there are none
	Domains      []string          `json:"domains,omitempty"` // see [SSO]
	Mapping      []SSOMapping      `json:"mapping,omitempty"`
	DefaultRoles []rolecall.RoleID `json:"default_roles,omitempty"` // of everybody who signs in
	Claims       SSOClaims         `json:"claims,omitzero"`
	AuthURL      string            `json:"authorization_endpoint,omitempty"`
	TokenURL     string            `json:"token_endpoint,omitempty"`
	UserInfoURL  string            `json:"userinfo_endpoint,omitempty"`
	JWKsURL      string            `json:"jwks_uri,omitempty"`
	RedirectURI  string            `json:"redirect_uri,omitempty"` // ours, if it is not the usual one
}

// SSOClaims are the names of claims, where they are not the usual ones: name, email,
// picture, email_verified and groups.
type SSOClaims struct {
	Name          string `json:"name,omitempty"`
	Email         string `json:"email,omitempty"`
	Picture       string `json:"picture,omitempty"`
	VerifiedEmail string `json:"verified_email,omitempty"`
	Group         string `json:"group,omitempty"`
}

// keptClaims is how they are kept, as Descope's SDKs have them.
type keptClaims struct {
	Name          string `json:"name,omitempty"`
	Email         string `json:"email,omitempty"`
	Picture       string `json:"picture,omitempty"`
	VerifiedEmail string `json:"verifiedEmail,omitempty"`
	Group         string `json:"group,omitempty"`
}

// A ShownSSOProvider is one that is kept, without its secret.
type ShownSSOProvider struct {
	Tenant rolecall.TenantID `json:"tenant"`
	ID     string            `json:"sso_id,omitempty"`
	SSOProvider
	Secret bool `json:"has_secret"` // one is kept, for this client of this provider
}

// provider returns the form of c that is shown.
func (i *Identity) provider(s *rolecall.Setting, c *SSO) *ShownSSOProvider {
	o := c.OIDC
	shown := &ShownSSOProvider{Tenant: c.Tenant, ID: c.ID, SSOProvider: SSOProvider{
		Name: c.Called(), Issuer: o.Issuer, ClientID: o.ClientID, Scopes: o.Scope, Domains: c.Domains, Mapping: c.Mapping,
		DefaultRoles: c.Defaults, AuthURL: o.AuthURL, TokenURL: o.TokenURL, UserInfoURL: o.UserDataURL, JWKsURL: o.JWKsURL,
		RedirectURI: o.RedirectURL,
	}}
	if shown.RedirectURI == "" && i.base != "" {
		shown.RedirectURI = i.base + "u/sso-callback/" + c.Path()
	}
	var named keptClaims
	json.Unmarshal(o.AttributeMapping, &named) // anything else names nothing
	shown.Claims = SSOClaims(named)
	secret, err := i.openSSO(s, o)
	shown.Secret = err == nil && secret != ""
	return shown
}

// FindSSOProvider returns a tenant's provider; id tells several apart, "" the first.
// One that is not there, or signs nobody in, is ErrNotFound.
func (i *Identity) FindSSOProvider(ctx context.Context, by rolecall.Actor, tenant rolecall.TenantID, id string) (shown *ShownSSOProvider, err error) {
	return shown, i.rc.View(ctx, by, func(v *rolecall.View) error {
		s, err := rolecall.Look(ctx, v, &rolecall.Setting{Name: rolecall.SSOName(tenant, id)})
		if errors.Is(err, rolecall.ErrNotFound) {
			return noProvider(tenant, id)
		}
		if err != nil {
			return err
		}
		c := new(SSO)
		if err := json.Unmarshal(s.Value, c); err != nil {
			return fmt.Errorf("setting %q: %v: %w", s.Name, err, rolecall.ErrCorrupt)
		}
		if c.OIDC == nil {
			return noProvider(tenant, id)
		}
		shown = i.provider(s, c)
		return nil
	})
}

func noProvider(tenant rolecall.TenantID, id string) error {
	if id == "" {
		return fmt.Errorf("the tenant %q has no provider of its own: %w", tenant, rolecall.ErrNotFound)
	}
	return fmt.Errorf("the tenant %q has no provider %q of its own: %w", tenant, id, rolecall.ErrNotFound)
}

// PutSSOProvider sets up a tenant's provider, in place of the one with its id, if
// there is one. secret is as in [Identity.SaveSSO], and so is who may do it. What
// only Descope's calls set stays. A dry run returns no provider.
func (i *Identity) PutSSOProvider(ctx context.Context, by rolecall.Actor, tenant rolecall.TenantID, id string, p SSOProvider, secret string) (*ShownSSOProvider, rolecall.Receipt, error) {
	if err := p.check(); err != nil {
		return nil, rolecall.Receipt{}, err
	}
	if len(secret) > maxSSOSecret || !line(secret) {
		return nil, rolecall.Receipt{}, refuse("client_secret", "must be one line of at most %d bytes", maxSSOSecret)
	}
	receipt, err := i.rc.Write(ctx, by, rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		// What is looked at beside the setting is for what can be said of it: who
		// may not write the setting is told that, and no more.
		old := new(SSO)
		s, err := rolecall.Find(v.Context(ctx), i.rc, reader, &rolecall.Setting{Name: rolecall.SSOName(tenant, id)})
		if err == nil {
			err = json.Unmarshal(s.Value, old)
		}
		if err != nil && !errors.Is(err, rolecall.ErrNotFound) {
			return nil, err
		}
		return []rolecall.Op{i.SaveSSO(p.sso(tenant, id, old), secret), rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
			return nil, p.fits(v.Context(ctx), i.rc, tenant)
		})}, nil
	}))
	if err != nil || receipt.DryRun {
		return nil, receipt, err
	}
	shown, err := i.FindSSOProvider(ctx, reader, tenant, id) // what is shown, by knows
	return shown, receipt, err
}

// DeleteSSOProvider forgets a tenant's provider and its secret. Whom it made stays a user.
func (i *Identity) DeleteSSOProvider(ctx context.Context, by rolecall.Actor, tenant rolecall.TenantID, id string) (rolecall.Receipt, error) {
	receipt, err := i.rc.Write(ctx, by, rolecall.Delete(&rolecall.Setting{Name: rolecall.SSOName(tenant, id)}))
	if errors.Is(err, rolecall.ErrNotFound) {
		err = noProvider(tenant, id)
	}
	return receipt, err
}

// sso returns what to keep for p, with what old has beside it.
func (p SSOProvider) sso(tenant rolecall.TenantID, id string, old *SSO) SSO {
	o := new(SSOOIDC)
	if old.OIDC != nil {
		*o = *old.OIDC
	}
	o.Name, o.Issuer, o.ClientID, o.Scope = p.Name, p.Issuer, p.ClientID, p.Scopes
	o.AuthURL, o.TokenURL, o.UserDataURL, o.JWKsURL, o.RedirectURL = p.AuthURL, p.TokenURL, p.UserInfoURL, p.JWKsURL, p.RedirectURI
	o.AttributeMapping, _ = json.Marshal(keptClaims(p.Claims)) // texts
	return SSO{Tenant: tenant, ID: id, DisplayName: p.Name, OIDC: o, Mapping: p.Mapping, Defaults: p.DefaultRoles, Domains: p.Domains}
}

const (
	maxSSOSecret = 1024 // bytes of a client's secret
	maxSSOName   = 100  // bytes of what people read
	maxSSOItems  = 200  // of each list
)

// check reports what is wrong with p by itself.
func (p SSOProvider) check() error {
	if len(p.Name) > maxSSOName || strings.ContainsFunc(p.Name, func(r rune) bool { return r < ' ' }) {
		return refuse("name", "must be one line of at most %d bytes", maxSSOName)
	}
	if p.Issuer == "" {
		return refuse("issuer", "is required: the address of the provider, as it calls itself")
	}
	if p.ClientID == "" || !line(p.ClientID) {
		return refuse("client_id", "is required: what the provider calls this application")
	}
	for _, one := range []struct{ field, url string }{
		{"issuer", p.Issuer}, {"authorization_endpoint", p.AuthURL}, {"token_endpoint", p.TokenURL},
		{"userinfo_endpoint", p.UserInfoURL}, {"jwks_uri", p.JWKsURL}, {"redirect_uri", p.RedirectURI},
	} {
		if one.url == "" {
			continue
		}
		u, err := url.Parse(one.url)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" || !line(one.url) {
			return refuse(one.field, "must be an address that begins with https://")
		}
	}
	for _, name := range []string{p.Claims.Name, p.Claims.Email, p.Claims.Picture, p.Claims.VerifiedEmail, p.Claims.Group} {
		if !line(name) {
			return refuse("claims", "must be names of claims")
		}
	}
	if len(p.Scopes) > maxSSOItems || len(p.Domains) > maxSSOItems || len(p.Mapping) > maxSSOItems || len(p.DefaultRoles) > maxSSOItems {
		return refuse("body", "must have at most %d of each", maxSSOItems)
	}
	for _, s := range p.Scopes {
		if s == "" || strings.ContainsAny(s, " \t\r\n") {
			return refuse("scopes", "must be single words")
		}
	}
	for _, d := range p.Domains {
		if d == "" || !line(d) || strings.ContainsAny(d, "@/ ") || !strings.Contains(d, ".") {
			return refuse("domains", "must be domains of e-mail addresses, such as acme.example")
		}
	}
	for _, m := range p.Mapping {
		if len(m.Groups) == 0 || slices.Contains(m.Groups, "") || len(m.Groups) > maxSSOItems {
			return refuse("mapping", "must name, for each role, the groups of the provider that give it")
		}
	}
	return nil
}

// line reports whether text is one line of less than 2000 bytes.
func line(text string) bool {
	return len(text) < 2000 && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// fits reports whether there is the tenant, and whether it has the roles that p gives.
func (p SSOProvider) fits(ctx context.Context, rc *rolecall.Service, tenant rolecall.TenantID) error {
	if _, err := rolecall.Find(ctx, rc, reader, &rolecall.Tenant{ID: tenant}); err != nil {
		return err
	}
	check := func(field string, id rolecall.RoleID) error {
		r, err := rolecall.Find(ctx, rc, reader, &rolecall.Role{ID: id})
		if errors.Is(err, rolecall.ErrNotFound) || err == nil && r.Tenant != "" && r.Tenant != tenant {
			return &rolecall.FieldError{Field: field, Rule: fmt.Sprintf("names the role %q, which the tenant does not have", id), Kind: rolecall.ErrNotFound}
		}
		return err
	}
	for _, m := range p.Mapping {
		if err := check("mapping", m.Role); err != nil {
			return err
		}
	}
	for _, id := range p.DefaultRoles {
		if err := check("default_roles", id); err != nil {
			return err
		}
	}
	return nil
}
