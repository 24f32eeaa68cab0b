package descope

import (
	"context"
	"errors"
	"slices"

	"github.com/rolecall/rolecall"
)

// A tenant as this API shows it.
type tenant struct {
	ID                      string           `json:"id"`
	Name                    string           `json:"name"`
	SelfProvisioningDomains []string         `json:"selfProvisioningDomains"`
	CustomAttributes        customAttributes `json:"customAttributes"`
	AuthType                string           `json:"authType"` // none, saml or oidc
	Domains                 []string         `json:"domains"`
	CreatedTime             int64            `json:"createdTime"`
	EnforceSSO              bool             `json:"enforceSSO"`
	EnforceSSOExclusions    []string         `json:"enforceSSOExclusions"`
	Disabled                bool             `json:"disabled"`
	RoleInheritance         string           `json:"roleInheritance"`
	DefaultRoles            []string         `json:"defaultRoles"`
	Parent                  string           `json:"parent"`
	FederatedAppIDs         []string         `json:"federatedAppIds"`
}

// tenantMore is what this API keeps beside a tenant.
type tenantMore struct {
	tenantContent
	Parent       rolecall.TenantID `json:"parent,omitempty"`
	DefaultRoles []rolecall.RoleID `json:"defaultRoles,omitempty"` // of the project, for new members
	AuthType     string            `json:"authType,omitempty"`     // as its single sign-on is configured
	Domains      []string          `json:"domains,omitempty"`
}

// tenantContent is what an update puts in the place of what is there.
type tenantContent struct {
	SelfProvisioningDomains []string         `json:"selfProvisioningDomains,omitempty"`
	CustomAttributes        customAttributes `json:"customAttributes,omitempty"`
	EnforceSSO              bool             `json:"enforceSSO,omitempty"`
	EnforceSSOExclusions    []string         `json:"enforceSSOExclusions,omitempty"`
	Disabled                bool             `json:"disabled,omitempty"`
	RoleInheritance         string           `json:"roleInheritance,omitempty"`
	FederatedAppIDs         []string         `json:"federatedAppIds,omitempty"`
}

// putIn puts into a tenant what it has a field for, and leaves the rest.
func (in *tenantContent) putIn(t *rolecall.Tenant) {
	t.SSO = rolecall.TenantSSO{Required: in.EnforceSSO}
	for _, id := range in.EnforceSSOExclusions {
		if !slices.Contains(t.SSO.Except, id) {
			t.SSO.Except = append(t.SSO.Except, id)
		}
	}
	in.EnforceSSO, in.EnforceSSOExclusions = false, nil
}

func (in *tenantContent) check() error {
	in.CustomAttributes = in.CustomAttributes.set()
	switch in.RoleInheritance {
	case "", "none", "userOnly":
		return nil
	}
	return invalidRequest.because("roleInheritance must be none or userOnly")
}

// findTenant returns the tenant with an id.
func findTenant(ctx context.Context, v *rolecall.View, id rolecall.TenantID) (*rolecall.Tenant, error) {
	t, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: id})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = noTenant.because("tenant %q does not exist", id)
	}
	return t, err
}

// tenants returns every tenant in the order of their names.
func tenants(ctx context.Context, v *rolecall.View, where ...rolecall.Condition) ([]*rolecall.Tenant, error) {
	return rolecall.All[*rolecall.Tenant](ctx, v, rolecall.Query{Kind: rolecall.KindTenant, Sort: "name", Where: where})
}

// describeTenants returns tenants as this API shows them.
func describeTenants(ctx context.Context, v *rolecall.View, found []*rolecall.Tenant) ([]tenant, error) {
	described := make([]tenant, len(found))
	mores := make([]tenantMore, len(found))
	var ids []string
	for i, t := range found {
		kept, err := more[tenantMore](t.Attributes)
		if err != nil {
			return nil, err
		}
		mores[i] = kept
		ids = append(ids, texts(kept.DefaultRoles)...)
		described[i] = tenant{
			ID: string(t.ID), Name: t.Name, CreatedTime: seconds(t.CreatedAt),
			SelfProvisioningDomains: list(kept.SelfProvisioningDomains), CustomAttributes: kept.CustomAttributes.shown(),
			AuthType: kept.AuthType, Domains: list(kept.Domains),
			EnforceSSO: t.SSO.Required, EnforceSSOExclusions: list(t.SSO.Except),
			Disabled: kept.Disabled, RoleInheritance: kept.RoleInheritance, DefaultRoles: []string{},
			Parent: string(kept.Parent), FederatedAppIDs: list(kept.FederatedAppIDs),
		}
		if kept.AuthType == "" {
			described[i].AuthType = "none"
		}
	}
	names, err := roleNames(ctx, v, ids)
	for i := range described {
		for _, id := range mores[i].DefaultRoles {
			if name, ok := names[id]; ok {
				described[i].DefaultRoles = append(described[i].DefaultRoles, name)
			}
		}
	}
	return described, err
}

// A newTenant is one to be made.
type newTenant struct {
	ID     rolecall.TenantID `json:"id"`
	Name   string            `json:"name"`
	Parent rolecall.TenantID `json:"parent"`
	tenantContent
}

type tenantID struct {
	ID rolecall.TenantID `json:"id"`
}

// createTenant serves POST /v1/mgmt/tenant/create.
func (c *call) createTenant(in *newTenant) (tenantID, error) {
	if in.ID == "" {
		in.ID = rolecall.TenantID("T" + rolecall.RandomText(27))
	}
	_, err := c.write(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		err := required("name", in.Name)
		if err == nil {
			err = in.check()
		}
		if err == nil {
			err = freeTenant(ctx, v, "id", string(in.ID), "")
		}
		if err == nil {
			err = freeTenant(ctx, v, "name", in.Name, "")
		}
		if err == nil {
			err = tenantExistsIn(ctx, v, in.Parent)
		}
		if err != nil {
			return nil, err
		}
		t := &rolecall.Tenant{ID: in.ID, Name: in.Name}
		content := in.tenantContent // which may be asked for again
		content.putIn(t)
		t.Attributes, err = withMore(nil, tenantMore{tenantContent: content, Parent: in.Parent})
		return []rolecall.Op{rolecall.Create(t)}, err
	}))
	return tenantID{in.ID}, err
}

// freeTenant refuses a value that another tenant than id has in a field.
func freeTenant(ctx context.Context, v *rolecall.View, field, value string, id rolecall.TenantID) error {
	found, err := tenants(ctx, v, rolecall.Where(field, value))
	if err == nil && len(found) > 0 && found[0].ID != id {
		err = tenantExists.because("a tenant with the %s %q exists already", field, value)
	}
	return err
}

// changeTenant returns the operation that changes a tenant and what is kept beside it.
func changeTenant(id rolecall.TenantID, change func(context.Context, *rolecall.View, *rolecall.Tenant, *tenantMore) error) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := required("id", string(id)); err != nil {
			return nil, err
		}
		t, err := findTenant(ctx, v, id)
		if err != nil {
			return nil, err
		}
		kept, err := more[tenantMore](t.Attributes)
		if err == nil {
			err = change(ctx, v, t, &kept)
		}
		if err == nil {
			t.Attributes, err = withMore(t.Attributes, kept)
		}
		return []rolecall.Op{rolecall.Update(t)}, err
	})
}

// updateTenant serves POST /v1/mgmt/tenant/update: all but the parent and the
// default roles, which have calls of their own.
func (c *call) updateTenant(in *newTenant) (none, error) {
	return c.do(changeTenant(in.ID, func(ctx context.Context, v *rolecall.View, t *rolecall.Tenant, kept *tenantMore) error {
		err := required("name", in.Name)
		if err == nil {
			err = in.check()
		}
		if err == nil {
			err = freeTenant(ctx, v, "name", in.Name, t.ID)
		}
		content := in.tenantContent // which may be asked for again
		content.putIn(t)
		t.Name, kept.tenantContent = in.Name, content
		return err
	}))
}

// updateDefaultRoles serves POST /v1/mgmt/tenant/updateDefaultRoles.
func (c *call) updateDefaultRoles(in *struct {
	ID           rolecall.TenantID `json:"id"`
	DefaultRoles []string          `json:"defaultRoles"`
}) (none, error) {
	return c.do(changeTenant(in.ID, func(ctx context.Context, v *rolecall.View, _ *rolecall.Tenant, kept *tenantMore) (err error) {
		kept.DefaultRoles, err = rolesNamed(ctx, v, "", in.DefaultRoles)
		return err
	}))
}

// deleteTenant serves POST /v1/mgmt/tenant/delete. The tenant's roles, and what
// anybody holds in it, go with it. With cascade, so do the users and access
// keys that belong to no other tenant.
func (c *call) deleteTenant(in *struct {
	ID      rolecall.TenantID `json:"id"`
	Cascade bool              `json:"cascade"`
}) (none, error) {
	return c.do(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := required("id", string(in.ID)); err != nil {
			return nil, err
		}
		t, err := findTenant(ctx, v, in.ID)
		if err != nil {
			return nil, err
		}
		ops, err := deleteSSO(ctx, v, t.ID)
		if err == nil && in.Cascade {
			var only []rolecall.Op
			only, err = deleteOnlyMembers(ctx, v, t.ID)
			ops = append(ops, only...)
		}
		return append(ops, rolecall.Delete(t)), err
	}))
}

// deleteOnlyMembers returns the operations that delete who belongs to a tenant
// and to no other.
func deleteOnlyMembers(ctx context.Context, v *rolecall.View, id rolecall.TenantID) (ops []rolecall.Op, err error) {
	members, err := rolecall.All[*rolecall.Membership](ctx, v, rolecall.Query{Kind: rolecall.KindMembership, Tenant: id})
	if err != nil {
		return nil, err
	}
	subjects := make([]string, len(members))
	for i, m := range members {
		subjects[i] = string(m.Subject)
	}
	all, err := related[*rolecall.Membership](ctx, v, rolecall.KindMembership, "subject", subjects)
	if err != nil {
		return nil, err
	}
	elsewhere := map[rolecall.SubjectID]bool{}
	for _, m := range all {
		elsewhere[m.Subject] = elsewhere[m.Subject] || m.Tenant != id
	}
	users, err := related[*rolecall.User](ctx, v, rolecall.KindUser, "id", subjects)
	if err != nil {
		return nil, err
	}
	clients, err := related[*rolecall.Client](ctx, v, rolecall.KindClient, "id", subjects)
	for _, u := range users {
		if !elsewhere[u.ID] {
			ops = append(ops, rolecall.Delete(u))
		}
	}
	for _, k := range clients {
		if !elsewhere[k.ID] {
			ops = append(ops, rolecall.Delete(k))
		}
	}
	return ops, err
}

// loadTenant serves GET /v1/mgmt/tenant. Its answer has no wrapper.
func (c *call) loadTenant(in *tenantID) (reply tenant, err error) {
	if err := required("id", string(in.ID)); err != nil {
		return reply, err
	}
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		t, err := findTenant(ctx, v, in.ID)
		if err != nil {
			return err
		}
		described, err := describeTenants(ctx, v, []*rolecall.Tenant{t})
		if err == nil {
			reply = described[0]
		}
		return err
	})
}

type tenantList struct {
	Tenants []tenant `json:"tenants"`
}

// allTenants serves GET /v1/mgmt/tenant/all.
func (c *call) allTenants(*none) (reply tenantList, err error) {
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := tenants(ctx, v)
		if err == nil {
			reply.Tenants, err = describeTenants(ctx, v, found)
		}
		return err
	})
}

// searchTenants serves POST /v1/mgmt/tenant/search. All filters that are given
// must hold.
func (c *call) searchTenants(in *struct {
	TenantIDs        []string         `json:"tenantIds"`
	TenantNames      []string         `json:"tenantNames"`
	Domains          []string         `json:"tenantSelfProvisioningDomains"`
	CustomAttributes customAttributes `json:"customAttributes"`
	AuthType         string           `json:"authType"`
	ParentTenantID   string           `json:"parentTenantId"`
}) (tenantList, error) {
	reply, err := c.allTenants(nil)
	reply.Tenants = slices.DeleteFunc(reply.Tenants, func(t tenant) bool {
		return len(in.TenantIDs) > 0 && !slices.Contains(in.TenantIDs, t.ID) ||
			len(in.TenantNames) > 0 && !slices.Contains(in.TenantNames, t.Name) ||
			len(in.Domains) > 0 && !overlap(in.Domains, t.SelfProvisioningDomains) ||
			in.AuthType != "" && in.AuthType != t.AuthType ||
			in.ParentTenantID != "" && in.ParentTenantID != t.Parent ||
			!t.CustomAttributes.match(in.CustomAttributes)
	})
	return reply, err
}

func overlap(some, others []string) bool {
	return slices.ContainsFunc(some, func(s string) bool { return slices.Contains(others, s) })
}
