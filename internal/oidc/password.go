package oidc

import (
	"net/http"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// passwordGrant serves the grant password (RFC 6749 section 4.3) and the vendor's
// password-realm, which names the connection. It is for tests and scripts: an
// application that sees passwords is one too many.
func (p *Provider) passwordGrant(r *http.Request, c *rolecall.Client, how rolecall.GrantType, f form, said *identity.Event) (*answer, error) {
	ctx := r.Context()
	login, err := f.required("username")
	if err != nil {
		return nil, err
	}
	password, err := f.required("password")
	if err != nil {
		return nil, err
	}
	realm := f["realm"]
	if how == rolecall.GrantPasswordIn {
		if realm, err = f.required("realm"); err != nil {
			return nil, err
		}
	}
	if err := p.realm(ctx, c, realm); err != nil {
		return nil, err
	}
	scope, err := parseScope(f["scope"])
	if err != nil {
		return nil, err
	}
	data := GrantData{Scope: scope, Audience: f["audience"], Type: how}
	lifetime := userinfoSeconds * time.Second
	if data.Audience != "" { // before the password is read, so that it tells nothing of it
		a, err := p.audience(ctx, data.Audience)
		if err != nil {
			return nil, err
		}
		lifetime = a.lifetime()
	}
	if data.Tenant, data.OrgName, err = p.signInTenant(ctx, c, f["organization"]); err != nil {
		return nil, err
	}
	said.Tenant, said.Audience = data.Tenant, data.Audience
	begin := identity.NewLogin{Agent: r.UserAgent()}
	if !slices.Contains(scope, "offline_access") { // nothing lasts longer than the access token
		begin.Lifetime = min(identity.LoginLifetime, lifetime)
	}
	l, err := p.id.LogIn(ctx, identity.SignIn{Login: login, Password: password, From: r.RemoteAddr, Note: *said, Noted: said}, begin)
	if err != nil { // which is noted
		return nil, err
	}
	data.Subject, data.AuthTime = l.Subject, l.CreatedAt
	if err := p.joinTenant(ctx, c, data.Tenant, l.Subject); err != nil {
		p.id.EndLogin(ctx, l.ID)
		return nil, err
	}
	now := p.rc.Now()
	g := &Grant{ID: rolecall.NewID("auth"), Login: l.ID, Client: c.ID, Data: data, CreatedAt: now, ExpiresAt: now}
	if err := p.store.AddGrant(ctx, g, nil); err != nil {
		return nil, err
	}
	out, err := p.issue(ctx, issue{client: c, grant: g, scope: scope})
	if err != nil { // nothing is half done
		p.id.EndLogin(ctx, l.ID)
		return nil, err
	}
	return out, nil
}
