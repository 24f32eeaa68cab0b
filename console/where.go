package console

import "github.com/rolecall/rolecall"

// A where is a scope as pages show it: by the tenant's name.
type where struct {
	Tenant   named // its ID is "" everywhere
	Resource string
}

// Where returns a scope as pages show it.
func (c *call) Where(s rolecall.Scope) where {
	if s.Tenant == "" {
		return where{Resource: s.Resource}
	}
	c.learn(rolecall.KindTenant, string(s.Tenant)) // if it fails, the id has to do
	return where{c.Name(rolecall.KindTenant, s.Tenant), s.Resource}
}

// in is a scope as the end of a sentence: "in Acme on doc:7".
func (c *call) in(s rolecall.Scope) string {
	w, text := c.Where(s), "everywhere"
	if w.Tenant.ID != "" {
		text = "in " + w.Tenant.Label
	}
	if w.Resource != "" {
		text += " on " + w.Resource
	}
	return text
}

// learnTenants finds the names of the tenants of many scopes at once, for Where.
func (c *call) learnTenants(all ...rolecall.TenantID) error {
	ids := make([]string, len(all))
	for i, id := range all {
		ids[i] = string(id)
	}
	return c.learn(rolecall.KindTenant, ids...)
}
