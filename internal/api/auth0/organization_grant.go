package auth0

import (
	"context"
	"errors"

	"github.com/rolecall/rolecall"
)

// A client acts for an organization by being a member of it, if its grant lets
// its tokens be for organizations. All of its grants that do are the
// organization's then.

func actsForTenants(g *rolecall.ClientGrant) bool {
	return g.For == rolecall.ForClient && (g.Tenants == rolecall.TenantsAllowed || g.Tenants == rolecall.TenantsRequired)
}

// listOrganizationGrants serves GET /organizations/{id}/client-grants.
func listOrganizationGrants(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err != nil {
			return err
		}
		q := rolecall.Query{Kind: rolecall.KindClientGrant, Tenant: o.ID}
		if id := c.text("client_id"); id != "" {
			q.Where = append(q.Where, rolecall.Where("client", id))
		}
		if ids := c.query["grant_ids"]; len(ids) > 0 {
			q.Where = append(q.Where, rolecall.Condition{Field: "id", Op: rolecall.In, Values: ids})
		}
		grants, err := rolecall.All[*rolecall.ClientGrant](ctx, v, q)
		if err != nil {
			return err
		}
		apis, err := apisByID(ctx, v)
		if err != nil {
			return err
		}
		var kept []*rolecall.ClientGrant
		for _, g := range grants {
			a := apis[string(g.API)]
			if actsForTenants(g) && (c.text("audience") == "" || a != nil && c.identifierOf(a) == c.text("audience")) {
				kept = append(kept, g)
			}
		}
		found, err := part(p, kept, (*rolecall.ClientGrant).Key)
		if err == nil {
			answer, err = c.answer(p, "client_grants", each(found.items, func(g *rolecall.ClientGrant) object {
				return c.describeGrant(g, apis)
			}), found.total, found.next, nil)
		}
		return err
	})
}

// addOrganizationGrant serves POST /organizations/{id}/client-grants.
func addOrganizationGrant(c *call) (answer reply, err error) {
	var in struct {
		Grant string `json:"grant_id"`
	}
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	if in.Grant == "" {
		return reply{}, required("grant_id")
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		g, err := findGrant(ctx, v, in.Grant)
		if errors.Is(err, rolecall.ErrNotFound) || err == nil && !actsForTenants(g) {
			err = invalidBody.because("grant_id: there is no client grant %q whose organization_usage is allow or require", in.Grant)
		}
		if err != nil {
			return nil, err
		}
		apis, err := apisByID(ctx, v)
		answer = reply{201, c.describeGrant(g, apis)}
		return []rolecall.Op{rolecall.Put(&rolecall.Membership{Tenant: o.ID, Subject: g.Client, Source: rolecall.SourceGrant})}, err
	})
}

// removeOrganizationGrant serves DELETE /organizations/{id}/client-grants/{grant_id}.
func removeOrganizationGrant(c *call) (reply, error) {
	return done, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		g, err := findGrant(ctx, v, c.named["grant_id"])
		if errors.Is(err, rolecall.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		found, err := relatedIn[*rolecall.Membership](ctx, v, o.ID, rolecall.KindMembership, "subject", []string{string(g.Client)}, rolecall.Where("tenant", o.ID))
		if err != nil || len(found) == 0 {
			return nil, err
		}
		return []rolecall.Op{rolecall.Delete(found[0])}, nil
	})
}

// listGrantOrganizations serves GET /client-grants/{id}/organizations.
func listGrantOrganizations(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		g, err := findGrant(ctx, v, c.named["id"])
		if err != nil {
			return err
		}
		var tenants []*rolecall.Tenant
		if actsForTenants(g) {
			joined, err := related[*rolecall.Membership](ctx, v, rolecall.KindMembership, "subject", []string{string(g.Client)})
			if err != nil {
				return err
			}
			ids := make([]rolecall.TenantID, len(joined))
			for i, m := range joined {
				ids[i] = m.Tenant
			}
			if tenants, err = related[*rolecall.Tenant](ctx, v, rolecall.KindTenant, "id", texts(ids)); err != nil {
				return err
			}
		}
		found, err := part(p, tenants, (*rolecall.Tenant).Key)
		if err != nil {
			return err
		}
		shown, err := describeOrganizations(found.items)
		if err == nil {
			answer, err = c.answer(p, "organizations", shown, found.total, found.next, nil)
		}
		return err
	})
}
