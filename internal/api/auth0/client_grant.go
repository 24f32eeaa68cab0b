package auth0

import (
	"context"
	"errors"
	"slices"

	"github.com/rolecall/rolecall"
)

// A client grant bounds what tokens of a client say. What the client may do is
// what it holds: so a grant for the client itself is written with direct grants
// of the same, of the source client_grant, and goes with them.

// grantMore is what this API keeps beside a client grant.
type grantMore struct {
	Extra members `json:"extra,omitempty"`
}

// describeGrant returns a client grant as this API shows it.
func (c *call) describeGrant(g *rolecall.ClientGrant, apis map[string]*rolecall.API) object {
	kept, _ := more[grantMore](g.Attributes) // what can't be read is not shown
	o := object{}
	for name, value := range kept.Extra {
		o[name] = value
	}
	o["id"], o["client_id"], o["subject_type"] = g.ID, g.Client, g.For
	o["scope"] = append([]string{}, g.Scope...)
	if a := apis[string(g.API)]; a != nil {
		o["audience"] = c.identifierOf(a)
		if g.AllScopes && a.ID == rolecall.AdminAPI {
			names := []string{}
			for _, s := range Scopes {
				names = append(names, s.Name)
			}
			o["scope"] = names
		}
	}
	if g.AllScopes {
		o["allow_all_scopes"] = true
	}
	if g.Tenants != "" {
		o["organization_usage"] = g.Tenants
	}
	if g.AnyTenant || g.Tenants != "" {
		o["allow_any_organization"] = g.AnyTenant
	}
	return o
}

// apisByID returns all APIs.
func apisByID(ctx context.Context, v *rolecall.View) (map[string]*rolecall.API, error) {
	all, err := rolecall.All[*rolecall.API](ctx, v, rolecall.Query{Kind: rolecall.KindAPI})
	return byKey(all), err
}

// findGrant returns the client grant with an id.
func findGrant(ctx context.Context, v *rolecall.View, id string) (*rolecall.ClientGrant, error) {
	g, err := rolecall.Look(ctx, v, &rolecall.ClientGrant{ID: rolecall.ClientGrantID(id)})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = notFound.because("The client grant does not exist")
	}
	return g, err
}

// listGrants serves GET /client-grants.
func listGrants(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	any, err := c.flag("allow_any_organization")
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		q := rolecall.Query{Kind: rolecall.KindClientGrant}
		if id := c.text("client_id"); id != "" {
			q.Where = append(q.Where, rolecall.Where("client", id))
		}
		if kind := c.text("subject_type"); kind != "" {
			q.Where = append(q.Where, rolecall.Where("for", kind))
		}
		if any != nil {
			q.Where = append(q.Where, rolecall.Condition{Field: "any_tenant", Op: rolecall.Equal, Values: []string{map[bool]string{true: "true", false: "false"}[*any]}})
		}
		apis, err := apisByID(ctx, v)
		if err != nil {
			return err
		}
		if audience := c.text("audience"); audience != "" {
			a, err := c.apiNamed(ctx, v, audience)
			if err != nil {
				return err
			}
			id := rolecall.APIID("")
			if a != nil {
				id = a.ID
			}
			q.Where = append(q.Where, rolecall.Where("api", id))
		}
		found, err := fetch[*rolecall.ClientGrant](ctx, v, p, q)
		if err != nil {
			return err
		}
		answer, err = c.answer(p, "client_grants", each(found.items, func(g *rolecall.ClientGrant) object {
			return c.describeGrant(g, apis)
		}), found.total, found.next, nil)
		return err
	})
}

// getGrant serves GET /client-grants/{id}.
func getGrant(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		g, err := findGrant(ctx, v, c.named["id"])
		if err != nil {
			return err
		}
		apis, err := apisByID(ctx, v)
		if err == nil {
			answer, err = c.one(c.describeGrant(g, apis))
		}
		return err
	})
}

// grantFields are what may be sent of a client grant.
var grantFields = []field[*rolecall.ClientGrant]{
	{"id", nil, nil},
	{"client_id", nil, nil},
	{"audience", nil, nil},
	{"subject_type", nil, nil},
	{"scope", nil, put("scope", func(g *rolecall.ClientGrant, scope []string) error {
		g.Scope = scope
		return nil
	})},
	{"allow_all_scopes", nil, put("allow_all_scopes", func(g *rolecall.ClientGrant, yes bool) error {
		g.AllScopes = yes
		return nil
	})},
	{"organization_usage", nil, put("organization_usage", func(g *rolecall.ClientGrant, use rolecall.TenantUse) error {
		g.Tenants = use
		return oneOf("organization_usage", string(use), "", "deny", "allow", "require")
	})},
	{"allow_any_organization", nil, put("allow_any_organization", func(g *rolecall.ClientGrant, yes bool) error {
		g.AnyTenant = yes
		return nil
	})},
}

// setGrant puts what was sent into a client grant.
func setGrant(g *rolecall.ClientGrant, in members) error {
	kept, err := more[grantMore](g.Attributes)
	if err == nil {
		err = apply(g, grantFields, &kept.Extra, in)
	}
	if err == nil {
		g.Attributes, err = withMore(g.Attributes, kept)
	}
	return err
}

// createGrant serves POST /client-grants.
func createGrant(c *call) (answer reply, err error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	g := &rolecall.ClientGrant{ID: rolecall.ClientGrantID(rolecall.NewID("cgr")), For: rolecall.ForClient}
	var audience string
	for name, to := range map[string]any{"client_id": &g.Client, "audience": &audience} {
		if err := scan(name, in[name], to); err != nil {
			return reply{}, err
		}
	}
	switch {
	case g.Client == "":
		return reply{}, required("client_id")
	case audience == "":
		return reply{}, required("audience")
	}
	if kind := in["subject_type"]; len(kind) > 0 {
		if err := scan("subject_type", kind, &g.For); err != nil {
			return reply{}, err
		}
	}
	for _, name := range []string{"client_id", "audience", "subject_type"} {
		delete(in, name)
	}
	if err := setGrant(g, in); err != nil {
		return reply{}, err
	}
	err = c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		a, err := c.apiNamed(ctx, v, audience)
		if err == nil && a == nil {
			err = invalidBody.because("audience: the resource server %q does not exist", audience)
		}
		if err != nil {
			return nil, err
		}
		if _, err := findClient(ctx, v, string(g.Client)); errors.Is(err, rolecall.ErrNotFound) {
			return nil, invalidBody.because("client_id: the client %q does not exist", g.Client)
		} else if err != nil {
			return nil, err
		}
		g.API = a.ID
		answer = reply{201, c.describeGrant(g, map[string]*rolecall.API{a.Key(): a})}
		gifts, err := giftsOf(ctx, v, g)
		return append([]rolecall.Op{rolecall.Create(g)}, gifts...), err
	})
	if errors.Is(err, rolecall.ErrConflict) {
		err = conflicting.because("A client grant for that client and audience already exists.")
	}
	return answer, err
}

// giftsOf returns the operations that leave a client with what its grant for an
// API gives it, and with nothing else by grants for it.
func giftsOf(ctx context.Context, v *rolecall.View, g *rolecall.ClientGrant) (ops []rolecall.Op, err error) {
	known, err := permissionsOn(ctx, v, g.API)
	if err != nil {
		return nil, err
	}
	named := map[string]*rolecall.Permission{}
	for _, p := range known {
		named[p.Name] = p
	}
	wanted, err := wantedBy(g, named)
	if err != nil {
		return nil, err
	}
	if g.For != rolecall.ForClient {
		return nil, nil
	}
	old, err := granted(ctx, v, g, known)
	if err != nil {
		return nil, err
	}
	for _, d := range old {
		if i := slices.Index(wanted, d.Permission); i >= 0 && d.Validity.At(v.Now()) {
			wanted = slices.Delete(wanted, i, i+1)
		} else {
			ops = append(ops, rolecall.Delete(d))
		}
	}
	for _, p := range wanted {
		ops = append(ops, rolecall.Put(&rolecall.DirectGrant{Subject: g.Client, Permission: p, Source: rolecall.SourceGrant}))
	}
	return ops, nil
}

// wantedBy returns the permissions that a grant's scopes stand for. Each scope
// must be one of the API.
func wantedBy(g *rolecall.ClientGrant, named map[string]*rolecall.Permission) (ids []rolecall.PermissionID, err error) {
	names := g.Scope
	if g.API == rolecall.AdminAPI {
		if g.AllScopes {
			names = nil
			for _, s := range Scopes {
				names = append(names, s.Name)
			}
		}
		var unknown string
		if names, unknown = permissionsOf(names, func(name string) bool { return named[name] != nil }); unknown != "" {
			return nil, invalidBody.because("scope: %q is no scope of the Management API", unknown)
		}
	} else if g.AllScopes {
		names = nil
		for name := range named {
			names = append(names, name)
		}
	}
	for _, name := range texts(names) {
		p := named[name]
		if p == nil {
			return nil, invalidBody.because("scope: %q is no scope of the resource server", name)
		}
		ids = append(ids, p.ID)
	}
	return ids, nil
}

// granted returns what a client holds directly by grants for an API, whose
// permissions are known.
func granted(ctx context.Context, v *rolecall.View, g *rolecall.ClientGrant, known []*rolecall.Permission) ([]*rolecall.DirectGrant, error) {
	old, err := related[*rolecall.DirectGrant](ctx, v, rolecall.KindDirectGrant, "subject", []string{string(g.Client)},
		rolecall.Where("source", rolecall.SourceGrant), rolecall.Where("tenant", ""), rolecall.Where("resource", ""))
	return slices.DeleteFunc(old, func(d *rolecall.DirectGrant) bool {
		return !slices.ContainsFunc(known, func(p *rolecall.Permission) bool { return p.ID == d.Permission })
	}), err
}

// updateGrant serves PATCH /client-grants/{id}.
func updateGrant(c *call) (answer reply, err error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		g, err := findGrant(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		if err := setGrant(g, in); err != nil {
			return nil, err
		}
		apis, err := apisByID(ctx, v)
		if err != nil {
			return nil, err
		}
		answer = ok(c.describeGrant(g, apis))
		gifts, err := giftsOf(ctx, v, g)
		return append([]rolecall.Op{rolecall.Update(g)}, gifts...), err
	})
}

// deleteGrant serves DELETE /client-grants/{id}. What the client held by it goes
// with it.
func deleteGrant(c *call) (reply, error) {
	return c.vanish(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		g, err := findGrant(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		ops := []rolecall.Op{rolecall.Delete(g)}
		if g.For != rolecall.ForClient {
			return ops, nil
		}
		known, err := permissionsOn(ctx, v, g.API)
		if err != nil {
			return nil, err
		}
		old, err := granted(ctx, v, g, known)
		for _, d := range old {
			ops = append(ops, rolecall.Delete(d))
		}
		return ops, err
	}))
}
