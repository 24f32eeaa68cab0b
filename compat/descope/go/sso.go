package main

import (
	"slices"
	"strings"
	"time"

	"github.com/descope/go-sdk/descope"
)

func (s *suite) sso() {
	m := s.SSO()
	saml := descope.SSOSAMLSettings{
		IdpURL: "https://idp.example/sso", IdpEntityID: "idp", IdpCert: "certificate",
		AttributeMapping: &descope.AttributeMapping{Name: "cn", Email: "mail", Group: "groups"},
		RoleMappings:     []*descope.RoleMapping{{Groups: []string{"staff", "crew"}, Role: "Reader"}},
		DefaultSSORoles:  []string{"Editor"},
	}
	s.check("sso: SAML, configured and loaded", func() {
		ok(m.ConfigureSAMLSettings(s, "acme", &saml, "https://acme.example/in", []string{"acme.example"}, ""))
		got := must(m.LoadSettings(s, "acme", ""))
		same("tenant", got.Tenant.ID, "acme")
		sameSet("domains", got.Tenant.Domains, "acme.example")
		same("authentication", got.Tenant.AuthType, "saml")
		same("settings", []string{got.Saml.IdpSSOURL, got.Saml.IdpEntityID, got.Saml.IdpCertificate, got.Saml.RedirectURL},
			[]string{"https://idp.example/sso", "idp", "certificate", "https://acme.example/in"})
		same("mapping of e-mail", got.Saml.AttributeMapping.Email, "mail")
		sameSet("default roles", got.Saml.DefaultSSORoles, "Editor")
	})
	s.check("sso: what the service provider is called", func() {
		got := must(m.LoadSettings(s, "acme", "")).Saml
		same("entity id", got.SpEntityID, s.server.ProjectID+"-acme")
		holds("project and tenant in the ACS URL", strings.Contains(got.SpACSUrl, "projectId="+s.server.ProjectID) && strings.Contains(got.SpACSUrl, "tenantId=acme"))
	})
	s.check("known difference: the settings are kept and SAML is not spoken, so the service provider has no certificate", func() {
		same("certificate", must(m.LoadSettings(s, "acme", "")).Saml.SpCertificate, "")
	})
	mapping := func() *descope.GroupsMapping {
		all := must(m.LoadSettings(s, "acme", "")).Saml.GroupsMapping
		same("mappings", len(all), 1)
		return all[0]
	}
	s.check("sso: groups are mapped to a role, by its id and name", func() {
		got := mapping()
		same("role", *got.Role, descope.RoleItem{ID: s.role("Reader", "").ID, Name: "Reader"})
		sameSet("groups", got.Groups, "staff", "crew")
	})
	s.check("sso: a mapping follows when its role is renamed", func() {
		ok(s.Role().Update(s, "Reader", "", "Viewer", "", []string{"notes.read"}, false, false))
		same("role", mapping().Role.Name, "Viewer")
		ok(s.Role().Update(s, "Viewer", "", "Reader", "", []string{"notes.read"}, false, false))
	})
	s.check("sso: a mapping to an unknown role is refused, and changes nothing", func() {
		wrong := saml
		wrong.RoleMappings = []*descope.RoleMapping{{Groups: []string{"x"}, Role: "Ghost"}}
		refused(m.ConfigureSAMLSettings(s, "acme", &wrong, "", nil, ""), bad, unknown)
		same("role", mapping().Role.Name, "Reader")
	})
	s.check("sso: configure replaces", func() {
		less := descope.SSOSAMLSettings{IdpURL: "https://idp.example/2", IdpEntityID: "idp2", IdpCert: "certificate2"}
		ok(m.ConfigureSAMLSettings(s, "acme", &less, "", nil, ""))
		got := must(m.LoadSettings(s, "acme", "")).Saml
		same("URL", got.IdpSSOURL, "https://idp.example/2")
		same("mappings", len(got.GroupsMapping), 0)
	})
	s.check("sso: SAML by metadata", func() {
		ok(m.ConfigureSAMLSettingsByMetadata(s, "acme", &descope.SSOSAMLSettingsByMetadata{
			IdpMetadataURL: "https://idp.example/metadata", RoleMappings: saml.RoleMappings,
		}, "", nil, ""))
		same("URL", must(m.LoadSettings(s, "acme", "")).Saml.IdpMetadataURL, "https://idp.example/metadata")
		same("role", mapping().Role.Name, "Reader")
	})
	s.check("sso: OIDC, configured and loaded, its secret never told", func() {
		ok(m.ConfigureOIDCSettings(s, "globex", &descope.SSOOIDCSettings{
			Name: "idp", ClientID: "client", ClientSecret: "secret", RedirectURL: "https://globex.example/in", AuthURL: "https://idp.example/auth",
			TokenURL: "https://idp.example/token", UserDataURL: "https://idp.example/me", Scope: []string{"openid", "email"}, JWKsURL: "https://idp.example/keys",
			AttributeMapping: &descope.OIDCAttributeMapping{LoginID: "sub", Email: "email"}, GrantType: "authorization_code", Issuer: "https://idp.example",
			GroupsMapping: []*descope.GroupsMapping{{Role: &descope.RoleItem{ID: s.role("Reader", "").ID, Name: "Reader"}, Groups: []string{"staff"}}},
		}, []string{"globex.example"}, ""))
		got := must(m.LoadSettings(s, "globex", ""))
		same("authentication", got.Tenant.AuthType, "oidc")
		same("settings", []string{got.Oidc.Name, got.Oidc.ClientID, got.Oidc.ClientSecret, got.Oidc.AuthURL, got.Oidc.TokenURL, got.Oidc.JWKsURL, got.Oidc.Issuer},
			[]string{"idp", "client", "", "https://idp.example/auth", "https://idp.example/token", "https://idp.example/keys", "https://idp.example"})
		sameSet("scope", got.Oidc.Scope, "openid", "email")
		same("mapping of login id", got.Oidc.AttributeMapping.LoginID, "sub")
		same("mappings", len(got.Oidc.GroupsMapping), 1)
		same("role", got.Oidc.GroupsMapping[0].Role.Name, "Reader")
	})
	s.check("sso: a second configuration of one tenant", func() {
		made := must(m.NewSettings(s, "acme", "second", "Second"))
		same("id", made.SSOID, "second")
		ok(m.ConfigureSAMLSettings(s, "acme", &saml, "", nil, "second"))
		same("settings of acme", len(must(m.LoadAllSettings(s, "acme"))), 2)
		same("the second", must(m.LoadSettings(s, "acme", "second")).Saml.IdpSSOURL, "https://idp.example/sso")
		ok(m.DeleteSettings(s, "acme", "second"))
	})
	s.check("sso: delete", func() {
		ok(m.DeleteSettings(s, "acme", ""))
		got, err := m.LoadSettings(s, "acme", "")
		if err != nil {
			refused(err, bad, unknown)
			return
		}
		holds("no settings", got.Saml == nil || got.Saml.IdpSSOURL == "" && got.Saml.IdpMetadataURL == "")
	})
	s.check("sso: settings of an unknown tenant are refused", func() {
		_, err := m.LoadSettings(s, "no-such-tenant", "")
		refused(err, bad, unknown)
		refused(m.ConfigureSAMLSettings(s, "no-such-tenant", &saml, "", nil, ""), bad, unknown)
	})
}

func (s *suite) audit() {
	m := s.Audit()
	s.check("audit: an event is found afterwards", func() {
		ok(m.CreateEvent(s, &descope.AuditCreateOptions{Action: "door.opened", Type: "info", ActorID: "porter", TenantID: "acme", Data: map[string]any{"door": "3"}}))
		found, total, err := m.SearchAll(s, &descope.AuditSearchOptions{Actions: []string{"door.opened"}})
		ok(err)
		same("total", total, 1)
		r := found[0]
		same("action, type, actor", []string{r.Action, r.Type, r.ActorID}, []string{"door.opened", "info", "porter"})
		sameSet("tenants", r.Tenants, "acme")
		same("data", r.Data["door"], any("3"))
		holds("now", time.Since(r.Occurred).Abs() < 10*time.Minute)
	})
	s.check("audit: what was done through management is found", func() {
		found, _, err := m.SearchAll(s, &descope.AuditSearchOptions{Limit: 1000})
		ok(err)
		holds("events", len(found) > 10)
	})
	s.check("audit: an action that never was finds none", func() {
		found, total, err := m.SearchAll(s, &descope.AuditSearchOptions{Actions: []string{"never"}})
		ok(err)
		same("events", []int{len(found), total}, []int{0, 0})
	})
	s.check("audit: the future holds no events", func() {
		found, _, err := m.SearchAll(s, &descope.AuditSearchOptions{From: time.Now().Add(time.Hour)})
		ok(err)
		same("events", len(found), 0)
	})
}

func (s *suite) snapshots() {
	m := s.Project()
	s.check("snapshot: export, validate, and import again changes nothing", func() {
		files := must(m.ExportSnapshot(s, nil)).Files
		holds("files", len(files) > 0)
		valid := must(m.ValidateSnapshot(s, &descope.ValidateSnapshotRequest{Files: files}))
		holds("valid", valid.Ok && len(valid.Failures) == 0)
		ok(m.ImportSnapshot(s, &descope.ImportSnapshotRequest{Files: files}))
		sameSet("permissions of a role", s.role("Editor", "").PermissionNames, "notes.read", "notes.write")
	})
}

func (s *suite) groups() {
	s.check("groups: those of a tenant are a list", func() { must(s.Group().LoadAllGroups(s, "acme")) })
	s.check("groups: those of a user are a list", func() {
		all := must(s.Group().LoadAllGroupsForMembers(s, "acme", nil, []string{"rita"}))
		holds("no group that nobody made", !slices.ContainsFunc(all, func(g *descope.Group) bool { return g.ID == "" }))
	})
}
