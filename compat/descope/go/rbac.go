package main

import (
	"slices"

	"github.com/descope/go-sdk/descope"
)

// The calls of the vendor's page on roles and permissions.

func (s *suite) permission(name string) *descope.Permission {
	all := must(s.Permission().LoadAll(s))
	i := slices.IndexFunc(all, func(p *descope.Permission) bool { return p.Name == name })
	if i < 0 {
		fail("there is no permission %q", name)
	}
	return all[i]
}

func (s *suite) hasPermission(name string) bool {
	return slices.ContainsFunc(must(s.Permission().LoadAll(s)), func(p *descope.Permission) bool { return p.Name == name })
}

func (s *suite) findRole(name, tenant string) (*descope.Role, bool) {
	all := must(s.Role().LoadAll(s))
	i := slices.IndexFunc(all, func(r *descope.Role) bool { return r.Name == name && r.TenantID == tenant })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

func (s *suite) role(name, tenant string) *descope.Role {
	r, found := s.findRole(name, tenant)
	if !found {
		fail("there is no role %q in tenant %q", name, tenant)
	}
	return r
}

func (s *suite) permissions() {
	m := s.Permission()
	s.check("permission: create", func() { ok(m.Create(s, "Notes Read", "reads notes")) })
	s.check("permission: load all has what was created, with an id", func() {
		p := s.permission("Notes Read")
		same("description", p.Description, "reads notes")
		holds("an id", p.ID != "")
	})
	s.check("permission: create without a description", func() {
		ok(m.Create(s, "notes.write", ""))
		same("description", s.permission("notes.write").Description, "")
	})
	s.check("permission: a name that is taken is refused", func() { refused(m.Create(s, "notes.write", "again"), bad) })
	s.check("permission: a name too long is refused", func() { refused(m.Create(s, text(5000), ""), bad) })
	s.check("permission: update replaces name and description and keeps the id", func() {
		id := s.permission("Notes Read").ID
		ok(m.Update(s, "Notes Read", "notes.read", "shows notes"))
		p := s.permission("notes.read")
		same("id", p.ID, id)
		same("description", p.Description, "shows notes")
		holds("the old name is gone", !s.hasPermission("Notes Read"))
	})
	s.check("permission: update to the same name clears an empty description", func() {
		ok(m.Update(s, "notes.read", "notes.read", ""))
		same("description", s.permission("notes.read").Description, "")
	})
	s.check("permission: update by id", func() {
		ok(m.UpdateWithID(s, s.permission("notes.read").ID, "notes.read", "by id"))
		same("description", s.permission("notes.read").Description, "by id")
	})
	s.check("permission: update to a name that is taken is refused", func() {
		refused(m.Update(s, "notes.read", "notes.write", ""), bad)
		holds("nothing changed", s.hasPermission("notes.read"))
	})
	s.check("permission: update of an unknown name is refused", func() { refused(m.Update(s, "nothing", "something", ""), bad, unknown) })
	s.check("permission: update of an unknown id is refused", func() { refused(m.UpdateWithID(s, "PERMnothing", "something", ""), bad, unknown) })
	s.check("permission: delete", func() {
		ok(m.Create(s, "notes.burn", ""))
		ok(m.Delete(s, "notes.burn"))
		holds("it is gone", !s.hasPermission("notes.burn"))
	})
	s.check("permission: delete by id", func() {
		ok(m.Create(s, "notes.burn", ""))
		ok(m.DeleteWithID(s, s.permission("notes.burn").ID))
		holds("it is gone", !s.hasPermission("notes.burn"))
	})
	s.check("permission: delete of an unknown name is refused", func() { refused(m.Delete(s, "nothing"), bad, unknown) })
}

func (s *suite) roles() {
	m := s.Role()
	s.check("role: create with permissions", func() {
		ok(m.Create(s, "Reader", "may read", []string{"notes.read"}, "", false, false))
		r := s.role("Reader", "")
		same("description", r.Description, "may read")
		sameSet("permissions", r.PermissionNames, "notes.read")
		holds("an id", r.ID != "")
		holds("a created time in seconds of this century", r.CreatedTime > 1_700_000_000)
		same("default and private", []bool{r.Default, r.Private}, []bool{false, false})
	})
	s.check("role: create without permissions", func() {
		ok(m.Create(s, "Nobody", "", nil, "", false, false))
		sameSet("permissions", s.role("Nobody", "").PermissionNames)
	})
	s.check("role: create as default and private", func() {
		ok(m.Create(s, "Flagged", "", nil, "", true, true))
		r := s.role("Flagged", "")
		same("default and private", []bool{r.Default, r.Private}, []bool{true, true})
	})
	s.check("role: update clears the flags that it does not repeat", func() {
		ok(m.Update(s, "Flagged", "", "Flagged", "", nil, false, false))
		r := s.role("Flagged", "")
		same("default and private", []bool{r.Default, r.Private}, []bool{false, false})
	})
	s.check("role: a name that is taken is refused", func() { refused(m.Create(s, "Reader", "", nil, "", false, false), bad) })
	s.check("role: an unknown permission is refused, and no role is made", func() {
		refused(m.Create(s, "Ghost", "", []string{"nothing"}, "", false, false), bad, unknown)
		_, found := s.findRole("Ghost", "")
		holds("there is no role", !found)
	})
	s.check("role: an unknown tenant is refused", func() { refused(m.Create(s, "Ghost", "", nil, "no-such-tenant", false, false), bad, unknown) })
	s.check("role: update replaces all and keeps the id", func() {
		id := s.role("Nobody", "").ID
		ok(m.Update(s, "Nobody", "", "Editor", "may edit", []string{"notes.read", "notes.write"}, false, false))
		r := s.role("Editor", "")
		same("id", r.ID, id)
		sameSet("permissions", r.PermissionNames, "notes.read", "notes.write")
		_, found := s.findRole("Nobody", "")
		holds("the old name is gone", !found)
	})
	s.check("role: update without permissions clears them", func() {
		ok(m.Update(s, "Editor", "", "Editor", "", nil, false, false))
		r := s.role("Editor", "")
		sameSet("permissions", r.PermissionNames)
		same("description", r.Description, "")
	})
	s.check("role: update by id", func() {
		ok(m.UpdateWithID(s, s.role("Editor", "").ID, "", "Editor", "by id", []string{"notes.read", "notes.write"}, false, false))
		same("description", s.role("Editor", "").Description, "by id")
	})
	s.check("role: update to a name that is taken is refused", func() { refused(m.Update(s, "Editor", "", "Reader", "", nil, false, false), bad) })
	s.check("role: update of an unknown name is refused", func() { refused(m.Update(s, "Ghost", "", "Ghost", "", nil, false, false), bad, unknown) })
	s.check("role: update with an unknown permission is refused, and changes nothing", func() {
		refused(m.Update(s, "Editor", "", "Editor", "", []string{"nothing"}, false, false), bad, unknown)
		sameSet("permissions", s.role("Editor", "").PermissionNames, "notes.read", "notes.write")
	})
	s.check("role: a permission renamed is renamed in its roles", func() {
		ok(s.Permission().Update(s, "notes.write", "notes.edit", ""))
		sameSet("permissions", s.role("Editor", "").PermissionNames, "notes.read", "notes.edit")
		ok(s.Permission().Update(s, "notes.edit", "notes.write", ""))
	})
	s.check("role: a permission deleted is gone from its roles", func() {
		ok(s.Permission().Create(s, "notes.brief", ""))
		ok(m.Create(s, "Brief", "", []string{"notes.brief", "notes.read"}, "", false, false))
		ok(s.Permission().Delete(s, "notes.brief"))
		sameSet("permissions", s.role("Brief", "").PermissionNames, "notes.read")
	})
	s.check("role: delete", func() {
		ok(m.Delete(s, "Brief", ""))
		_, found := s.findRole("Brief", "")
		holds("it is gone", !found)
	})
	s.check("role: delete by id", func() {
		ok(m.DeleteWithID(s, s.role("Flagged", "").ID, ""))
		_, found := s.findRole("Flagged", "")
		holds("it is gone", !found)
	})
	s.check("role: delete of an unknown name is refused", func() { refused(m.Delete(s, "Ghost", ""), bad, unknown) })

	s.check("role: create in a tenant", func() {
		ok(s.Tenant().CreateWithID(s, "acme", &descope.TenantRequest{Name: "Acme"}))
		ok(s.Tenant().CreateWithID(s, "globex", &descope.TenantRequest{Name: "Globex"}))
		ok(m.Create(s, "Keeper", "of acme", []string{"notes.write"}, "acme", false, false))
		same("description", s.role("Keeper", "acme").Description, "of acme")
	})
	s.check("role: the same name in another tenant is another role", func() {
		ok(m.Create(s, "Keeper", "of globex", nil, "globex", false, false))
		same("description", s.role("Keeper", "acme").Description, "of acme")
		same("description", s.role("Keeper", "globex").Description, "of globex")
	})
	s.check("role: the same name in the same tenant is refused", func() { refused(m.Create(s, "Keeper", "", nil, "acme", false, false), bad) })
	s.check("role: update in a tenant", func() {
		ok(m.Update(s, "Keeper", "acme", "Steward", "owns acme", []string{"notes.read", "notes.write"}, false, false))
		sameSet("permissions", s.role("Steward", "acme").PermissionNames, "notes.read", "notes.write")
		same("description", s.role("Keeper", "globex").Description, "of globex")
	})
	s.check("role: a tenant's role is not found without its tenant", func() {
		refused(m.Update(s, "Steward", "", "Steward", "", nil, false, false), bad, unknown)
		refused(m.Delete(s, "Steward", ""), bad, unknown)
		refused(m.Delete(s, "Steward", "globex"), bad, unknown)
	})
	s.check("role: delete in a tenant", func() {
		ok(m.Delete(s, "Keeper", "globex"))
		_, found := s.findRole("Keeper", "globex")
		holds("it is gone", !found)
		s.role("Steward", "acme")
	})
}

func (s *suite) permissionBatches() {
	m := s.Permission()
	s.check("permission batch: create", func() {
		ok(m.CreateBatch(s, []*descope.Permission{{Name: "batch.a", Description: "a"}, {Name: "batch.b"}}))
		same("description", s.permission("batch.a").Description, "a")
		s.permission("batch.b")
	})
	s.check("permission batch: one that is taken refuses all", func() {
		refused(m.CreateBatch(s, []*descope.Permission{{Name: "batch.c"}, {Name: "batch.a"}}), bad)
		holds("nothing was created", !s.hasPermission("batch.c"))
	})
	s.check("permission batch: update by name and by id", func() {
		ok(m.UpdateBatch(s, []*descope.PermissionUpdateRequest{
			{Name: "batch.a", NewName: "batch.a1", Description: "renamed"},
			{ID: s.permission("batch.b").ID, NewName: "batch.b1"},
		}))
		same("description", s.permission("batch.a1").Description, "renamed")
		s.permission("batch.b1")
	})
	s.check("permission batch: one unknown refuses all updates", func() {
		refused(m.UpdateBatch(s, []*descope.PermissionUpdateRequest{{Name: "batch.a1", NewName: "batch.a2"}, {Name: "nothing", NewName: "x"}}), bad, unknown)
		s.permission("batch.a1")
	})
	s.check("permission batch: one unknown refuses all deletes", func() {
		refused(m.DeleteBatch(s, []string{"batch.a1", "nothing"}, nil), bad, unknown)
		s.permission("batch.a1")
	})
	s.check("permission batch: delete of nothing is refused", func() {
		same("status", s.post("/v1/mgmt/permission/delete/batch", `{"names":[],"ids":null}`), bad)
	})
	s.check("permission batch: delete by name and by id", func() {
		ok(m.DeleteBatch(s, []string{"batch.a1"}, []string{s.permission("batch.b1").ID}))
		holds("both are gone", !s.hasPermission("batch.a1") && !s.hasPermission("batch.b1"))
	})
}

func (s *suite) roleBatches() {
	m := s.Role()
	s.check("role batch: create answers the roles", func() {
		made := must(m.CreateBatch(s, []*descope.Role{
			{Name: "Batch A", Description: "a", PermissionNames: []string{"notes.read"}},
			{Name: "Batch B", TenantID: "acme", Default: true},
		}))
		same("roles", len(made), 2)
		holds("ids", made[0].ID != "" && made[1].ID != "")
		sameSet("permissions", s.role("Batch A", "").PermissionNames, "notes.read")
		same("default", s.role("Batch B", "acme").Default, true)
	})
	s.check("role batch: one that is taken refuses all", func() {
		_, err := m.CreateBatch(s, []*descope.Role{{Name: "Batch C"}, {Name: "Batch A"}})
		refused(err, bad)
		_, found := s.findRole("Batch C", "")
		holds("nothing was created", !found)
	})
	s.check("role batch: update by name and by id", func() {
		made := must(m.UpdateBatch(s, []*descope.RoleUpdateRequest{
			{Name: "Batch A", NewName: "Batch A1"},
			{ID: s.role("Batch B", "acme").ID, TenantID: "acme", NewName: "Batch B1", PermissionNames: []string{"notes.write"}},
		}))
		same("roles", len(made), 2)
		sameSet("permissions, cleared", s.role("Batch A1", "").PermissionNames)
		sameSet("permissions", s.role("Batch B1", "acme").PermissionNames, "notes.write")
	})
	s.check("role batch: one unknown refuses all updates", func() {
		_, err := m.UpdateBatch(s, []*descope.RoleUpdateRequest{{Name: "Batch A1", NewName: "Batch A2"}, {Name: "Ghost", NewName: "x"}})
		refused(err, bad, unknown)
		s.role("Batch A1", "")
	})
	s.check("role batch: delete of nothing is refused, and deletes nothing", func() {
		before := len(must(m.LoadAll(s)))
		same("status", s.post("/v1/mgmt/role/delete/batch", `{}`), bad)
		same("status, in a tenant", s.post("/v1/mgmt/role/delete/batch", `{"roleNames":null,"tenantId":"acme"}`), bad)
		same("roles", len(must(m.LoadAll(s))), before)
	})
	s.check("role batch: delete by id", func() {
		ok(m.DeleteBatch(s, nil, "", []string{s.role("Batch A1", "").ID}))
		_, found := s.findRole("Batch A1", "")
		holds("it is gone", !found)
	})
	s.check("role batch: delete in a tenant", func() {
		ok(m.DeleteBatch(s, []string{"Batch B1"}, "acme", nil))
		_, found := s.findRole("Batch B1", "acme")
		holds("it is gone", !found)
	})
}

func (s *suite) roleSearch() {
	names := func(o *descope.RoleSearchOptions) (all []string) {
		for _, r := range must(s.Role().Search(s, o)) {
			all = append(all, r.Name)
		}
		return all
	}
	s.check("role search: by name", func() { sameSet("roles", names(&descope.RoleSearchOptions{RoleNames: []string{"Reader"}}), "Reader") })
	s.check("role search: by part of a name, in any case", func() {
		sameSet("roles", names(&descope.RoleSearchOptions{RoleNameLike: "eADe"}), "Reader")
	})
	s.check("role search: by permission", func() {
		sameSet("roles", names(&descope.RoleSearchOptions{PermissionNames: []string{"notes.write"}}), "Editor", "Steward")
	})
	s.check("role search: by tenant", func() {
		sameSet("roles", names(&descope.RoleSearchOptions{TenantIDs: []string{"acme"}}), "Steward")
	})
	s.check("role search: by tenant, with the project's roles", func() {
		yes := true
		got := names(&descope.RoleSearchOptions{TenantIDs: []string{"acme"}, IncludeProjectRoles: &yes})
		for _, want := range []string{"Steward", "Reader", "Editor"} {
			holds(want+" is found", slices.Contains(got, want))
		}
	})
	s.check("role search: by id", func() {
		sameSet("roles", names(&descope.RoleSearchOptions{RoleIDs: []string{s.role("Editor", "").ID}}), "Editor")
	})
	s.check("role search: a name that nobody has finds none", func() {
		sameSet("roles", names(&descope.RoleSearchOptions{RoleNames: []string{"Ghost"}}))
	})
	s.check("role search: without options finds all", func() {
		same("roles", len(names(nil)), len(must(s.Role().LoadAll(s))))
	})
}
