package oidc

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// tenant returns the tenant that a parameter names, by id or by name, and what
// tokens may call it: its name or, since clients compare it with what they asked
// for in small letters, the id that they named it by. See ownName.
func (p *Provider) tenant(ctx context.Context, given string) (id rolecall.TenantID, name string, err error) {
	unknown := badRequest("invalid organization: %s", "it does not exist")
	if !couldBeID(given) {
		return "", "", unknown
	}
	t, err := find(ctx, p, &rolecall.Tenant{ID: rolecall.TenantID(given)})
	if err == nil {
		if strings.HasPrefix(given, "org_") {
			return t.ID, t.Name, nil
		}
		return t.ID, strings.ToLower(given), nil
	}
	if !missing(err) {
		return "", "", err
	}
	for _, spelt := range []string{given, strings.ToLower(given)} {
		t, err = one[*rolecall.Tenant](ctx, p, "tenant name\n"+spelt, rolecall.Query{
			Kind: rolecall.KindTenant, Where: []rolecall.Condition{rolecall.Where("name", spelt)},
		})
		if err == nil {
			return t.ID, t.Name, nil
		}
		if !missing(err) {
			return "", "", err
		}
	}
	return "", "", unknown
}

// ownName returns a tenant's name if whoever asks for that name now gets this
// tenant, and "" otherwise. Tenants name themselves: none may get tokens in a
// name that is another's, or another's id, in whatever letters.
func (p *Provider) ownName(ctx context.Context, tenant rolecall.TenantID, name string) (string, error) {
	if tenant == "" || name == "" {
		return "", nil
	}
	id, _, err := p.tenant(ctx, name)
	var unknown *Error
	if errors.As(err, &unknown) || err == nil && id != tenant {
		return "", nil
	}
	return name, err
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

var errNoMember = refuse(http.StatusForbidden, "access_denied", "user is not part of the organization")

// inTenant reports, as an *Error, that a user does not belong to a tenant.
func (p *Provider) inTenant(ctx context.Context, tenant rolecall.TenantID, user rolecall.SubjectID) error {
	if tenant == "" {
		return nil
	}
	member, err := p.member(ctx, tenant, user)
	if err == nil && !member {
		err = errNoMember
	}
	return err
}

// joinTenant is inTenant at a sign-in to a client, which makes the user a member
// if a connection of the tenant says so.
func (p *Provider) joinTenant(ctx context.Context, c *rolecall.Client, tenant rolecall.TenantID, user rolecall.SubjectID) error {
	err := p.inTenant(ctx, tenant, user)
	if err != errNoMember {
		return err
	}
	t, err := rolecall.Find(ctx, p.rc, system, &rolecall.Tenant{ID: tenant})
	if err != nil {
		return err
	}
	all, err := identity.TenantConnections(t)
	if err != nil {
		return err
	}
	for _, in := range all {
		if !in.Join {
			continue
		}
		connection, err := p.id.Connection(ctx, in.Connection)
		if missing(err) {
			continue
		}
		if err != nil {
			return err
		}
		if connection.EnabledFor(c.ID) {
			by := system
			by.OnBehalfOf, by.Reason = user, "signed in to the tenant"
			_, err := p.rc.Write(ctx, by, rolecall.Put(&rolecall.Membership{Tenant: tenant, Subject: user, Source: rolecall.SourceDefault}))
			return err
		}
	}
	return errNoMember
}

// realm reports, as an *Error, that users of a connection can't sign in to a
// client: of the named one or, without a name, of any.
func (p *Provider) realm(ctx context.Context, c *rolecall.Client, name string) error {
	all, err := p.id.Connections(ctx)
	if err != nil {
		return err
	}
	known := false
	for _, connection := range all {
		if name != "" && connection.Name != name && connection.ID != name {
			continue
		}
		if known = true; connection.EnabledFor(c.ID) {
			return nil
		}
	}
	if !known {
		return badRequest("The connection does not exist.")
	}
	return refuse(http.StatusForbidden, "access_denied", "The connection is not enabled for the client.")
}
