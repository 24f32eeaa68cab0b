package oidc

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
)

// tenant returns the tenant that a parameter names, by id or by name, and what
// tokens call it: what its name is in small letters or, since clients compare it
// with what they asked for, the id that they named it by.
func (p *Provider) tenant(ctx context.Context, given string) (id rolecall.TenantID, name string, err error) {
	unknown := badRequest("invalid organization: %s", "it does not exist")
	if len(given) > rolecall.MaxIDBytes || !utf8.ValidString(given) || strings.ContainsFunc(given, func(r rune) bool { return r < ' ' }) {
		return "", "", unknown
	}
	t, err := find(ctx, p, &rolecall.Tenant{ID: rolecall.TenantID(given)})
	if err == nil {
		if strings.HasPrefix(given, "org_") {
			return t.ID, strings.ToLower(t.Name), nil
		}
		return t.ID, strings.ToLower(given), nil
	}
	if !missing(err) {
		return "", "", err
	}
	for _, spelt := range []string{given, strings.ToLower(given)} {
		t, err = one[*rolecall.Tenant](ctx, p, "tenant\n"+spelt, rolecall.Query{
			Kind: rolecall.KindTenant, Where: []rolecall.Condition{rolecall.Where("name", spelt)},
		})
		if err == nil {
			return t.ID, strings.ToLower(t.Name), nil
		}
		if !missing(err) {
			return "", "", err
		}
	}
	return "", "", unknown
}

// member reports whether a subject belongs to a tenant.
func (p *Provider) member(ctx context.Context, tenant rolecall.TenantID, subject rolecall.SubjectID) (bool, error) {
	_, err := rolecall.Find(ctx, p.rc, system, &rolecall.Membership{Tenant: tenant, Subject: subject})
	return exists(err)
}

// signInTenant returns the tenant of a sign-in to a client.
func (p *Provider) signInTenant(ctx context.Context, c *rolecall.Client, given string) (rolecall.TenantID, string, error) {
	use := c.OAuth.Tenants
	switch {
	case given == "" && use == rolecall.TenantsRequired:
		return "", "", badRequest("parameter organization is required for this client")
	case given == "":
		return "", "", nil
	case use != rolecall.TenantsAllowed && use != rolecall.TenantsRequired:
		return "", "", badRequest("parameter organization is not allowed for this client")
	}
	return p.tenant(ctx, given)
}

// inTenant reports, as an *Error, that a user may not sign in to a tenant.
func (p *Provider) inTenant(ctx context.Context, tenant rolecall.TenantID, user rolecall.SubjectID) error {
	if tenant == "" {
		return nil
	}
	member, err := p.member(ctx, tenant, user)
	if err == nil && !member {
		err = refuse(http.StatusForbidden, "access_denied", "user is not part of the organization")
	}
	return err
}
