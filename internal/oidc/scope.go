package oidc

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// maxScopes bounds a scope parameter.
const maxScopes = 500

// openIDScopes are those of OpenID Connect Core section 5.4 and 11. RBAC does not
// touch them.
var openIDScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// parseScope reads a list of RFC 6749 section 3.3, each once.
func parseScope(text string) ([]string, error) {
	var all []string
	for _, s := range strings.Split(text, " ") {
		switch {
		case s == "" || slices.Contains(all, s):
		case strings.IndexFunc(s, func(r rune) bool { return r < 0x21 || r == 0x22 || r == 0x5c || r == 0x7f }) >= 0:
			return nil, refuse(http.StatusBadRequest, "invalid_scope", "The scope is not a list of names.")
		case len(all) >= maxScopes:
			return nil, refuse(http.StatusBadRequest, "invalid_scope", "The scope must have at most %d names.", maxScopes)
		default:
			all = append(all, s)
		}
	}
	return all, nil
}

// An audience is what an access token is for.
type audience struct {
	name  string
	api   *rolecall.API
	alias *Alias // nil if name is the API's own
}

// audience returns the one with a name, or an *Error.
func (p *Provider) audience(ctx context.Context, name string) (*audience, error) {
	if !couldBeID(name) {
		return nil, refuse(http.StatusForbidden, "access_denied", "Service not found: %s", shown(name))
	}
	a := &audience{name: name}
	var err error
	for i := range p.aliases {
		if p.aliases[i].Audience == name {
			a.alias = &p.aliases[i]
			a.api, err = find(ctx, p, &rolecall.API{ID: a.alias.API})
			return a, err
		}
	}
	a.api, err = one[*rolecall.API](ctx, p, "audience\n"+name, rolecall.Query{
		Kind: rolecall.KindAPI, Where: []rolecall.Condition{rolecall.Where("identifier", name)},
	})
	if missing(err) {
		return nil, refuse(http.StatusForbidden, "access_denied", "Service not found: %s", shown(name))
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// enforces reports whether a token's scope is bound by what its subject holds.
func (a *audience) enforces() bool {
	return a.api.Tokens.Enforce || a.alias != nil || a.api.ID == rolecall.AdminAPI
}

// defines reports whether the audience has a scope.
func (a *audience) defines(p *rolecall.Policy, scope string) bool {
	if a.alias != nil {
		if _, ok := a.alias.Scopes[scope]; ok {
			return true
		}
	}
	return p.Knows(rolecall.PermissionRef{API: a.api.Identifier, Name: scope})
}

// scopes returns the scopes that holding permissions gives, sorted.
func (a *audience) scopes(permissions []string) []string {
	if a.alias == nil {
		return permissions
	}
	all := slices.Clone(permissions) // which are scopes by their own names too
	for name, takes := range a.alias.Scopes {
		if len(takes) > 0 && within(takes, permissions) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// bound returns which of scopes a client grant lets through.
func (a *audience) bound(g *rolecall.ClientGrant, scopes []string) []string {
	if g.AllScopes {
		return scopes
	}
	return filter(scopes, func(s string) bool {
		if slices.Contains(g.Scope, s) {
			return true
		}
		return a.alias != nil && len(a.alias.Scopes[s]) > 0 && within(a.alias.Scopes[s], g.Scope)
	})
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func filter(all []string, keep func(string) bool) []string {
	var kept []string
	for _, s := range all {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// clientGrant returns a client's grant for an API, nil if it has none.
func (p *Provider) clientGrant(ctx context.Context, c *rolecall.Client, a *rolecall.API, whose rolecall.GrantedFor) (*rolecall.ClientGrant, error) {
	g, err := one[*rolecall.ClientGrant](ctx, p, strings.Join([]string{"grant", string(whose), string(c.ID), string(a.ID)}, "\n"), rolecall.Query{
		Kind: rolecall.KindClientGrant,
		Where: []rolecall.Condition{
			rolecall.Where("client", c.ID), rolecall.Where("api", a.ID), rolecall.Where("for", whose),
		},
	})
	if missing(err) {
		return nil, nil
	}
	return g, err
}

// An allowance is what an access token says.
type allowance struct {
	scope       []string
	permissions []string  // nil if the token does not say
	says        bool      // the token has the claim "permissions"
	until       time.Time // when the first thing that it says expires; zero if nothing does
}

// unauthorized says that a client may not get tokens for an API.
func unauthorized(a *audience) error {
	return refuse(http.StatusForbidden, "access_denied", "Client is not authorized to access %s", shown(a.name))
}

// allowUser works out what a token of a user says: of the scopes asked for, those
// that the audience defines and, if it enforces, that the user holds; and all
// that the user holds, if it tells.
//
// In a tenant, only what is held in that tenant counts, and outside only what is
// held everywhere: the vendor's rule. That the user is a member has been checked.
func (p *Provider) allowUser(ctx context.Context, c *rolecall.Client, a *audience, g *GrantData) (allowance, error) {
	policy, now := p.rc.Policy(), p.rc.Now()
	var bounds *rolecall.ClientGrant
	if rule := a.api.Tokens.Users; rule == rolecall.DenyAll {
		return allowance{}, unauthorized(a)
	} else if rule == rolecall.RequireGrant || a.api.ID == rolecall.AdminAPI {
		var err error
		if bounds, err = p.clientGrant(ctx, c, a.api, rolecall.ForUser); err != nil {
			return allowance{}, err
		}
		if bounds == nil {
			return allowance{}, unauthorized(a)
		}
	}
	authority := policy.Authority(g.Subject, a.api.Identifier, "", now)
	holds := authority.Permissions
	if g.Tenant != "" {
		holds = nil
		for _, t := range authority.Tenants {
			if t.Tenant == g.Tenant {
				holds = t.Permissions
			}
		}
	}
	held := a.scopes(holds)
	asked := filter(g.Scope, func(s string) bool { return a.defines(policy, s) })
	if a.enforces() {
		asked = filter(asked, func(s string) bool { return slices.Contains(held, s) })
	}
	if bounds != nil {
		held, asked = a.bound(bounds, held), a.bound(bounds, asked)
	}
	return a.allow(asked, held, authority.Until), nil
}

// allowClient works out what a token of a client itself says: of the scopes asked
// for, or all, those that its grant names and that it holds.
func (p *Provider) allowClient(ctx context.Context, c *rolecall.Client, a *audience, tenant rolecall.TenantID, asked []string) (allowance, error) {
	if a.api.Tokens.Clients == rolecall.DenyAll {
		return allowance{}, unauthorized(a)
	}
	grant, err := p.clientGrant(ctx, c, a.api, rolecall.ForClient)
	if err != nil {
		return allowance{}, err
	}
	if grant == nil {
		return allowance{}, unauthorized(a)
	}
	if err := p.tenantOf(ctx, c, grant, tenant); err != nil {
		return allowance{}, err
	}
	authority := p.rc.Policy().Authority(c.ID, a.api.Identifier, tenant, p.rc.Now())
	scope := a.bound(grant, a.scopes(authority.Permissions))
	if len(asked) > 0 {
		scope = filter(scope, func(s string) bool { return slices.Contains(asked, s) })
	}
	return a.allow(scope, scope, authority.Until), nil
}

// tenantOf reports why a client may not get its own token for a tenant, or for
// none.
func (p *Provider) tenantOf(ctx context.Context, c *rolecall.Client, g *rolecall.ClientGrant, tenant rolecall.TenantID) error {
	switch {
	case tenant == "" && g.Tenants == rolecall.TenantsRequired:
		return badRequest("Missing required parameter: organization")
	case tenant == "":
		return nil
	case g.Tenants != rolecall.TenantsAllowed && g.Tenants != rolecall.TenantsRequired:
		return refuse(http.StatusForbidden, "access_denied", "Client is not authorized to access an organization.")
	case g.AnyTenant:
		return nil
	}
	member, err := p.member(ctx, tenant, c.ID)
	if err == nil && !member {
		err = refuse(http.StatusForbidden, "access_denied", "Client is not authorized to access this organization.")
	}
	return err
}

func (a *audience) allow(scope, held []string, until time.Time) allowance {
	all := allowance{scope: scope, until: until}
	if a.api.Tokens.Enforce && a.api.Tokens.Permissions {
		all.says, all.permissions = true, held
	}
	return all
}
