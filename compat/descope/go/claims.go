package main

import "github.com/descope/go-sdk/descope"

// parse validates a token and returns its claims.
func (s *suite) parse(jwt string) (*descope.Token, error) {
	_, token, err := s.auth.ValidateSessionWithToken(s, jwt)
	return token, err
}

func (s *suite) claims() {
	a := s.auth
	var token *descope.Token
	var refresh string
	s.check("claims: of a user with roles in the project, in one tenant, and none in another", func() {
		ok(s.Permission().Create(s, "notes.delete", ""))
		ok(s.Role().Create(s, "Shredder", "", []string{"notes.delete"}, "acme", false, false))
		s.newUser("cleo", &descope.UserRequest{
			Roles:   []string{"Reader"},
			Tenants: []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Shredder", "Editor"}}, {TenantID: "globex"}},
		})
		info := s.signIn("cleo")
		token, refresh = info.SessionToken, info.RefreshToken.JWT
	})
	s.check("claims: drn, amr, and no tenant that was not selected", func() {
		same("drn", token.Claims["drn"], any("DS"))
		same("amr", token.AuthFactors(), []descope.AuthFactor{descope.AuthFactorPassword})
		same("dct", token.Claims["dct"], nil)
	})
	s.check("claims: tenants", func() { sameSet("tenants", token.GetTenants(), "acme", "globex") })
	s.check("claims: IsPermitted", func() {
		same("read", token.IsPermitted("notes.read"), true)
		same("delete, a tenant's", token.IsPermitted("notes.delete"), false)
		same("delete in acme", token.IsPermittedPerTenant("acme", "notes.delete"), true)
		same("read in globex", token.IsPermittedPerTenant("globex", "notes.read"), false)
	})
	// session returns the token, of which the SDK's helpers would deny all if it were none.
	session := func() *descope.Token {
		holds("a session of the user", token != nil)
		return token
	}
	for _, c := range []struct {
		name        string
		permissions []string
		want        bool
	}{
		{"one granted", []string{"notes.read"}, true},
		{"none asked", nil, true},
		{"one granted in a tenant alone", []string{"notes.delete"}, false},
		{"one granted and one not", []string{"notes.read", "notes.write"}, false},
		{"one that does not exist", []string{"nothing"}, false},
	} {
		s.check("claims: validate permissions, "+c.name, func() { same("valid", a.ValidatePermissions(s, session(), c.permissions), c.want) })
	}
	for _, c := range []struct {
		name, tenant string
		permissions  []string
		want         bool
	}{
		{"all granted", "acme", []string{"notes.read", "notes.write", "notes.delete"}, true},
		{"none asked", "globex", nil, true},
		{"one of the project's roles alone", "globex", []string{"notes.read"}, false},
		{"one that does not exist", "acme", []string{"nothing"}, false},
		{"another tenant", "umbrella", nil, false},
	} {
		s.check("claims: validate tenant permissions, "+c.name, func() {
			same("valid", a.ValidateTenantPermissions(s, session(), c.tenant, c.permissions), c.want)
		})
	}
	for _, c := range []struct {
		name, tenant string
		roles        []string
		want         bool
	}{
		{"the project's", "", []string{"Reader"}, true},
		{"one of a tenant, in the project", "", []string{"Shredder"}, false},
		{"a tenant's own and a project's there", "acme", []string{"Shredder", "Editor"}, true},
		{"one of the project, in a tenant", "acme", []string{"Reader"}, false},
		{"none asked, of a tenant without roles", "globex", nil, true},
		{"one asked, of a tenant without roles", "globex", []string{"Editor"}, false},
		{"another tenant", "umbrella", nil, false},
	} {
		s.check("claims: validate roles, "+c.name, func() {
			if c.tenant == "" {
				same("valid", a.ValidateRoles(s, session(), c.roles), c.want)
			} else {
				same("valid", a.ValidateTenantRoles(s, session(), c.tenant, c.roles), c.want)
			}
		})
	}
	s.check("claims: get matched permissions", func() {
		same("matched", a.GetMatchedPermissions(s, session(), []string{"notes.delete", "notes.read"}), []string{"notes.read"})
	})
	s.check("claims: get matched roles", func() {
		same("matched", a.GetMatchedRoles(s, session(), []string{"Editor", "Reader"}), []string{"Reader"})
	})
	s.check("claims: get matched tenant permissions", func() {
		same("matched", a.GetMatchedTenantPermissions(s, session(), "acme", []string{"notes.write", "nothing", "notes.delete"}), []string{"notes.write", "notes.delete"})
		sameSet("of another tenant", a.GetMatchedTenantPermissions(s, session(), "umbrella", []string{"notes.write"}))
	})
	s.check("claims: get matched tenant roles", func() {
		same("matched", a.GetMatchedTenantRoles(s, session(), "acme", []string{"Reader", "Shredder"}), []string{"Shredder"})
	})
	s.check("claims: the refresh token has the same authority", func() {
		same("valid", a.ValidateTenantRoles(s, must(s.parse(refresh)), "acme", []string{"Shredder"}), true)
	})
	s.check("claims: a role taken away is gone at the next refresh", func() {
		must(s.User().RemoveRoles(s, "cleo", []string{"Reader"}))
		must(s.User().RemoveTenantRoles(s, "cleo", "acme", []string{"Shredder"}))
		fresh := must(s.refresh(refresh))
		same("Reader", a.ValidateRoles(s, fresh, []string{"Reader"}), false)
		same("Shredder", a.ValidateTenantRoles(s, fresh, "acme", []string{"Shredder"}), false)
		same("Editor", a.ValidateTenantRoles(s, fresh, "acme", []string{"Editor"}), true)
	})
	s.check("claims: a membership that ended is gone at the next refresh", func() {
		must(s.User().RemoveTenant(s, "cleo", "globex"))
		sameSet("tenants", must(s.refresh(refresh)).GetTenants(), "acme")
	})
	s.check("claims: a permission renamed has its new name at the next refresh", func() {
		ok(s.Permission().Update(s, "notes.write", "notes.alter", ""))
		fresh := must(s.refresh(refresh))
		ok(s.Permission().Update(s, "notes.alter", "notes.write", ""))
		same("new name", fresh.IsPermittedPerTenant("acme", "notes.alter"), true)
		same("old name", fresh.IsPermittedPerTenant("acme", "notes.write"), false)
	})
}

func (s *suite) selection() {
	var info *descope.AuthenticationInfo
	s.check("select: a tenant", func() {
		s.newUser("selma", &descope.UserRequest{Roles: []string{"Reader"}, Tenants: []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Editor"}}, {TenantID: "globex"}}})
		info = must(s.auth.SelectTenantWithToken(s, "acme", s.signIn("selma").RefreshToken.JWT))
		same("dct", info.SessionToken.Claims["dct"], any("acme"))
	})
	s.check("select: the token keeps its map of tenants", func() {
		sameSet("tenants", info.SessionToken.GetTenants(), "acme", "globex")
		same("Editor in acme", s.auth.ValidateTenantRoles(s, info.SessionToken, "acme", []string{"Editor"}), true)
		same("Editor in the project", s.auth.ValidateRoles(s, info.SessionToken, []string{"Editor"}), false)
		same("Reader in the project", s.auth.ValidateRoles(s, info.SessionToken, []string{"Reader"}), true)
	})
	s.check("select: lasts over a refresh", func() {
		same("dct", must(s.refresh(info.RefreshToken.JWT)).Claims["dct"], any("acme"))
	})
	s.check("select: my tenants tells the selected one", func() {
		got := must(s.auth.MyTenants(s, s.request(info.RefreshToken.JWT), true, nil)).Tenants
		same("tenants", len(got), 1)
		same("tenant", got[0].ID, "acme")
	})
	s.check("select: another", func() {
		again := must(s.auth.SelectTenantWithToken(s, "globex", info.RefreshToken.JWT))
		same("dct", again.SessionToken.Claims["dct"], any("globex"))
	})
	s.check("select: a tenant of others is refused", func() {
		_, err := s.auth.SelectTenantWithToken(s, "umbrella", info.RefreshToken.JWT)
		refused(err, bad, unproven, forbidden, unknown)
	})
	s.check("select: an unknown tenant is refused", func() {
		_, err := s.auth.SelectTenantWithToken(s, "no-such-tenant", info.RefreshToken.JWT)
		refused(err, bad, unproven, forbidden, unknown)
	})
}
