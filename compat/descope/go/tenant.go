package main

import (
	"slices"

	"github.com/descope/go-sdk/descope"
)

func (s *suite) tenants() {
	m := s.Tenant()
	var id string
	s.check("tenant: create makes an id", func() {
		id = must(m.Create(s, &descope.TenantRequest{
			Name: "Initech", SelfProvisioningDomains: []string{"initech.example"},
			CustomAttributes: map[string]any{"plan": "gold"}, EnforceSSO: true, EnforceSSOExclusions: []string{"peter"},
			RoleInheritance: descope.RoleInheritanceNone,
		}))
		holds("an id", id != "")
	})
	s.check("tenant: load has all that was given", func() {
		t := must(m.Load(s, id))
		same("id", t.ID, id)
		same("name", t.Name, "Initech")
		sameSet("domains", t.SelfProvisioningDomains, "initech.example")
		same("plan", t.CustomAttributes["plan"], any("gold"))
		same("enforce SSO", t.EnforceSSO, true)
		sameSet("exclusions", t.EnforceSSOExclusions, "peter")
		same("role inheritance", t.RoleInheritance, descope.RoleInheritanceNone)
		holds("a created time in seconds", t.CreatedTime > 1_700_000_000)
	})
	s.check("tenant: create with an id", func() {
		ok(m.CreateWithID(s, "umbrella", &descope.TenantRequest{Name: "Umbrella"}))
		same("name", must(m.Load(s, "umbrella")).Name, "Umbrella")
	})
	s.check("tenant: an id that is taken is refused", func() {
		refused(m.CreateWithID(s, "umbrella", &descope.TenantRequest{Name: "Other"}), bad)
	})
	s.check("tenant: a name that is taken is refused", func() {
		_, err := m.Create(s, &descope.TenantRequest{Name: "Umbrella"})
		refused(err, bad)
	})
	s.check("tenant: update replaces all but the id", func() {
		ok(m.Update(s, id, &descope.TenantRequest{Name: "Initrode", Disabled: true}))
		t := must(m.Load(s, id))
		same("name", t.Name, "Initrode")
		sameSet("domains", t.SelfProvisioningDomains)
		same("attributes", len(t.CustomAttributes), 0)
		same("enforce SSO", t.EnforceSSO, false)
		same("disabled", t.Disabled, true)
	})
	s.check("tenant: update of an unknown id is refused", func() {
		refused(m.Update(s, "no-such-tenant", &descope.TenantRequest{Name: "Ghost"}), bad, unknown)
	})
	s.check("tenant: load of an unknown id is refused", func() {
		_, err := m.Load(s, "no-such-tenant")
		refused(err, bad, unknown)
	})
	s.check("tenant: load all", func() {
		var ids []string
		for _, t := range must(m.LoadAll(s)) {
			ids = append(ids, t.ID)
		}
		for _, want := range []string{"acme", "globex", "umbrella", id} {
			holds(want+" is listed", slices.Contains(ids, want))
		}
	})
	search := func(o *descope.TenantSearchOptions) (ids []string) {
		for _, t := range must(m.SearchAll(s, o)) {
			ids = append(ids, t.ID)
		}
		return ids
	}
	s.check("tenant: search by id", func() {
		sameSet("tenants", search(&descope.TenantSearchOptions{IDs: []string{"acme", "umbrella", "none"}}), "acme", "umbrella")
	})
	s.check("tenant: search by name", func() { sameSet("tenants", search(&descope.TenantSearchOptions{Names: []string{"Globex"}}), "globex") })
	s.check("tenant: search by an unknown name finds none", func() { sameSet("tenants", search(&descope.TenantSearchOptions{Names: []string{"Ghost"}})) })
	s.check("tenant: search by domain", func() {
		ok(m.Update(s, "umbrella", &descope.TenantRequest{Name: "Umbrella", SelfProvisioningDomains: []string{"umbrella.example"}}))
		sameSet("tenants", search(&descope.TenantSearchOptions{SelfProvisioningDomains: []string{"umbrella.example"}}), "umbrella")
	})
	s.check("tenant: search by attribute", func() {
		ok(m.Update(s, "umbrella", &descope.TenantRequest{Name: "Umbrella", CustomAttributes: map[string]any{"plan": "silver"}}))
		sameSet("tenants", search(&descope.TenantSearchOptions{CustomAttributes: map[string]any{"plan": "silver"}}), "umbrella")
	})
	s.check("tenant: default roles are given to new members", func() {
		ok(m.UpdateDefaultRoles(s, "umbrella", []string{"Reader"}))
		must(s.User().Create(s, "newcomer", &descope.UserRequest{}))
		sameSet("roles", inTenant(must(s.User().AddTenant(s, "newcomer", "umbrella")), "umbrella"), "Reader")
	})
	s.check("tenant: an unknown default role is refused", func() { refused(m.UpdateDefaultRoles(s, "umbrella", []string{"Ghost"}), bad, unknown) })
}

func (s *suite) tenantDelete() {
	m, u := s.Tenant(), s.User()
	world := func(id string) {
		ok(m.CreateWithID(s, id, &descope.TenantRequest{Name: "Tenant " + id}))
		ok(s.Role().Create(s, "Local", "", nil, id, false, false))
		must(u.Create(s, "only-"+id, &descope.UserRequest{Tenants: []*descope.AssociatedTenant{{TenantID: id, Roles: []string{"Local"}}}}))
		must(u.Create(s, "also-"+id, &descope.UserRequest{Tenants: []*descope.AssociatedTenant{{TenantID: id}, {TenantID: "acme"}}}))
	}
	gone := func(id string) {
		_, err := m.Load(s, id)
		refused(err, bad, unknown)
		_, found := s.findRole("Local", id)
		holds("its roles are gone", !found)
		same("the tenants of a user of two", len(must(u.Load(s, "also-"+id)).UserTenants), 1)
	}
	s.check("tenant: delete leaves its users", func() {
		world("closing")
		ok(m.Delete(s, "closing", false))
		gone("closing")
		same("the tenants of a user of one", len(must(u.Load(s, "only-closing")).UserTenants), 0)
	})
	s.check("tenant: delete with cascade deletes users of that tenant alone, and no others", func() {
		world("burning")
		ok(m.Delete(s, "burning", true))
		gone("burning")
		_, err := u.Load(s, "only-burning")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("tenant: delete of an unknown id is refused", func() { refused(m.Delete(s, "no-such-tenant", false), bad, unknown) })
}
