package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/descope/go-sdk/descope"
	"github.com/descope/go-sdk/descope/client"
)

func (s *suite) accessKeys() {
	m := s.AccessKey()
	var id, secret string
	s.check("access key: create", func() {
		cleartext, key, err := m.Create(s, "printer", "prints", 0, []string{"Reader"},
			[]*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Steward"}}}, "", map[string]any{"room": "12"}, []string{"127.0.0.0/8", "::1"}, map[string]any{"model": "x"})
		ok(err)
		id, secret = key.ID, cleartext
		holds("a secret without a colon", secret != "" && !strings.Contains(secret, ":"))
		same("name, description, status", []string{key.Name, key.Description, key.Status}, []string{"printer", "prints", "active"})
		sameSet("roles", key.RoleNames, "Reader")
		same("tenants", len(key.KeyTenants), 1)
		sameSet("roles in acme", key.KeyTenants[0].Roles, "Steward")
		same("name of acme", key.KeyTenants[0].TenantName, "Acme")
		same("expiry", key.ExpireTime, 0)
		sameSet("addresses", key.PermittedIPs, "127.0.0.0/8", "::1")
		same("claim", key.CustomClaims["room"], any("12"))
		same("attribute", key.CustomAttributes["model"], any("x"))
		holds("who created it, and when", key.CreatedBy != "" && key.CreatedTime > 1_700_000_000)
		holds("a client id", key.ClientID != "")
	})
	s.check("access key: load", func() { same("name", must(m.Load(s, id)).Name, "printer") })
	s.check("access key: load of an unknown id is refused", func() {
		_, err := m.Load(s, "Knothing")
		refused(err, bad, unknown)
	})
	s.check("access key: create with an unknown role is refused", func() {
		_, _, err := m.Create(s, "bad", "", 0, []string{"Ghost"}, nil, "", nil, nil, nil)
		refused(err, bad, unknown)
	})
	s.check("access key: create with an address that is none is refused", func() {
		_, _, err := m.Create(s, "bad", "", 0, nil, nil, "", nil, []string{"nowhere"}, nil)
		refused(err, bad)
	})
	s.check("access key: search by tenant", func() {
		found := must(m.SearchAll(s, &descope.AccessKeysSearchOptions{TenantIDs: []string{"acme"}}))
		same("keys", len(found), 1)
		same("key", found[0].ID, id)
	})
	s.check("access key: search without options has it", func() { holds("keys", len(must(m.SearchAll(s, nil))) >= 1) })
	s.check("access key: a name that is taken is fine", func() {
		_, key, err := m.Create(s, "printer", "", 0, nil, nil, "", nil, nil, nil)
		ok(err)
		ok(m.Delete(s, key.ID))
	})
	s.check("access key: update keeps what it does not name", func() {
		key := must(m.Update(s, id, "plotter", nil, nil, nil, nil, nil, nil))
		same("name and description", []string{key.Name, key.Description}, []string{"plotter", "prints"})
		sameSet("roles", key.RoleNames, "Reader")
		same("tenants", len(key.KeyTenants), 1)
	})
	s.check("access key: update changes what it names", func() {
		about := "plots"
		key := must(m.Update(s, id, "plotter", &about, []string{"Editor"}, nil, nil, nil, nil))
		same("description", key.Description, "plots")
		sameSet("roles", key.RoleNames, "Editor")
	})
	s.check("access key: update with empty values clears", func() {
		key := must(m.Update(s, id, "plotter", nil, []string{}, nil, nil, nil, nil))
		sameSet("roles", key.RoleNames)
		must(m.Update(s, id, "plotter", nil, []string{"Reader"}, nil, nil, nil, nil))
	})
	s.check("access key: deactivated, it is not exchanged, until activated", func() {
		ok(m.Deactivate(s, id))
		same("status", must(m.Load(s, id)).Status, "inactive")
		_, _, err := s.auth.ExchangeAccessKey(s, secret, nil)
		refused(err, unproven, forbidden)
		ok(m.Activate(s, id))
		_, _, err = s.auth.ExchangeAccessKey(s, secret, nil)
		ok(err)
	})
	s.check("access key: rotate has the new secret work and the old one not", func() {
		fresh, key, err := m.Rotate(s, id)
		ok(err)
		same("id", key.ID, id)
		_, _, err = s.auth.ExchangeAccessKey(s, secret, nil)
		refused(err, unproven)
		_, _, err = s.auth.ExchangeAccessKey(s, fresh, nil)
		ok(err)
	})
	s.check("access key: rotate of an inactive key is refused", func() {
		ok(m.Deactivate(s, id))
		_, _, err := m.Rotate(s, id)
		refused(err, bad, forbidden)
	})
	s.check("access key: delete", func() {
		ok(m.Delete(s, id))
		_, err := m.Load(s, id)
		refused(err, bad, unknown)
	})
	for name, call := range map[string]func(string) error{
		"activate":   func(id string) error { return m.Activate(s, id) },
		"deactivate": func(id string) error { return m.Deactivate(s, id) },
		"delete":     func(id string) error { return m.Delete(s, id) },
	} {
		s.check("access key: "+name+" of an unknown id is refused", func() { refused(call("Knothing"), bad, unknown) })
	}
	s.check("access key: batches", func() {
		_, a, err := m.Create(s, "a", "", 0, nil, nil, "", nil, nil, nil)
		ok(err)
		_, b, err := m.Create(s, "b", "", 0, nil, nil, "", nil, nil, nil)
		ok(err)
		ids := []string{a.ID, b.ID}
		ok(m.DeactivateBatch(s, ids))
		same("status", must(m.Load(s, b.ID)).Status, "inactive")
		ok(m.ActivateBatch(s, ids))
		same("status", must(m.Load(s, a.ID)).Status, "active")
		ok(m.DeleteBatch(s, ids))
		_, err = m.Load(s, a.ID)
		refused(err, bad, unknown)
	})
}

func (s *suite) exchange() {
	m, a := s.AccessKey(), s.auth
	create := func(expire time.Time, user string, ips ...string) (secret, id string) {
		var at int64
		if !expire.IsZero() {
			at = expire.Unix()
		}
		var roles []string
		var tenants []*descope.AssociatedTenant
		if user == "" {
			roles = []string{"Reader"}
			tenants = []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Steward"}}}
		}
		secret, key, err := m.Create(s, "machine", "", at, roles, tenants, user, map[string]any{"room": "12"}, ips, nil)
		ok(err)
		return secret, key.ID
	}
	exchange := func(secret string, o *descope.AccessKeyLoginOptions) *descope.Token {
		valid, token, err := a.ExchangeAccessKey(s, secret, o)
		ok(err)
		holds("valid", valid)
		return token
	}
	s.check("exchange: a key for a session of its roles", func() {
		secret, id := create(time.Time{}, "")
		token := exchange(secret, nil)
		same("key id", token.ID, id)
		same("Reader", a.ValidateRoles(s, token, []string{"Reader"}), true)
		same("Steward in acme", a.ValidateTenantRoles(s, token, "acme", []string{"Steward"}), true)
		same("write in acme", a.ValidateTenantPermissions(s, token, "acme", []string{"notes.write"}), true)
		same("write in the project", a.ValidatePermissions(s, token, []string{"notes.write"}), false)
		same("drn", token.Claims["drn"], any("DS"))
		same("the key's own claim", token.CustomClaim("room"), any("12"))
		must(s.parse(token.JWT))
	})
	s.check("exchange: claims of who asks are kept apart", func() {
		secret, _ := create(time.Time{}, "")
		token := exchange(secret, &descope.AccessKeyLoginOptions{CustomClaims: map[string]any{"job": "42"}})
		same("top level", token.CustomClaim("job"), nil)
		nsec, _ := token.CustomClaim("nsec").(map[string]any)
		same("nsec", nsec["job"], any("42"))
	})
	s.check("exchange: with a tenant selected", func() {
		secret, _ := create(time.Time{}, "")
		same("dct", exchange(secret, &descope.AccessKeyLoginOptions{SelectedTenant: "acme"}).Claims["dct"], any("acme"))
	})
	s.check("exchange: a tenant that the key is not in is refused", func() {
		secret, _ := create(time.Time{}, "")
		_, _, err := a.ExchangeAccessKey(s, secret, &descope.AccessKeyLoginOptions{SelectedTenant: "globex"})
		refused(err, bad, unproven, forbidden)
	})
	s.check("exchange: a key bound to a user has that user's authority", func() {
		u := must(s.User().Create(s, "bound", &descope.UserRequest{Roles: []string{"Editor"}}))
		secret, id := create(time.Time{}, u.UserID)
		same("bound to", must(m.Load(s, id)).UserID, u.UserID)
		token := exchange(secret, nil)
		same("Editor", a.ValidateRoles(s, token, []string{"Editor"}), true)
		must(s.User().SetRoles(s, "bound", []string{"Reader"}))
		same("Editor, taken away", a.ValidateRoles(s, exchange(secret, nil), []string{"Editor"}), false)
		found := must(m.SearchAll(s, &descope.AccessKeysSearchOptions{BoundUserID: &u.UserID}))
		same("keys bound to the user", len(found), 1)
	})
	s.check("exchange: from an address that is permitted", func() {
		secret, _ := create(time.Time{}, "", "127.0.0.1", "::1")
		exchange(secret, nil)
	})
	s.check("exchange: from an address that is not is refused", func() {
		secret, _ := create(time.Time{}, "", "10.0.0.0/8")
		_, _, err := a.ExchangeAccessKey(s, secret, nil)
		refused(err, unproven, forbidden)
	})
	s.check("exchange: an expired key is refused", func() {
		expires := time.Now().Add(8 * time.Second).Truncate(time.Second)
		secret, id := create(expires, "")
		_, _, err := a.ExchangeAccessKey(s, secret, nil)
		if time.Now().Before(expires) { // else the machine is so busy that the key was over
			ok(err)
		}
		time.Sleep(time.Until(expires) + 1100*time.Millisecond)
		same("status", must(m.Load(s, id)).Status, "expired")
		_, _, err = a.ExchangeAccessKey(s, secret, nil)
		refused(err, unproven, forbidden)
	})
	s.check("exchange: an unknown key is refused", func() {
		_, _, err := a.ExchangeAccessKey(s, "no-such-key", nil)
		refused(err, unproven)
	})
	s.check("exchange: a deleted key is refused", func() {
		secret, id := create(time.Time{}, "")
		ok(m.Delete(s, id))
		_, _, err := a.ExchangeAccessKey(s, secret, nil)
		refused(err, unproven)
	})
}

// credentials are those that must not work where another is asked for.
func (s *suite) credentials() {
	all := func(at server) error {
		_, err := s.client(at).Management.Role().LoadAll(s)
		return err
	}
	as := func(key string) server { return server{s.server.URL, s.server.ProjectID, key} }
	s.check("credentials: a wrong management key is refused", func() { refused(all(as("wrong")), unproven) })
	s.check("credentials: no management key is refused", func() { refused(all(as("")), unproven) })
	s.check("credentials: another project is refused", func() {
		refused(all(server{s.server.URL, "P" + strings.Repeat("x", 27), s.server.ManagementKey}), unproven)
	})
	s.check("credentials: a session is no management key", func() {
		s.newUser("cred", &descope.UserRequest{})
		refused(all(as(s.signIn("cred").SessionToken.JWT)), unproven)
	})
	s.check("credentials: a refresh token is no management key", func() { refused(all(as(s.signIn("cred").RefreshToken.JWT)), unproven) })
	s.check("credentials: an access key without authority manages nothing", func() {
		secret, key, err := s.AccessKey().Create(s, "weak", "", 0, []string{"Reader"}, nil, "", nil, nil, nil)
		ok(err)
		c := s.client(as(secret)).Management
		refused(c.Permission().Create(s, "taken.over", ""), unproven, forbidden)
		refused(c.Role().Create(s, "Taken Over", "", nil, "", false, false), unproven, forbidden)
		_, err = c.User().SetRoles(s, "cred", []string{"Reader"})
		refused(err, unproven, forbidden)
		holds("nothing was created", !s.hasPermission("taken.over"))
		ok(s.AccessKey().Delete(s, key.ID))
	})
	s.check("credentials: a management key is no session", func() {
		valid, _, err := s.auth.ValidateSessionWithToken(s, s.server.ManagementKey)
		holds("not valid", !valid && err != nil)
		for _, path := range []string{"/v1/auth/refresh", "/v1/auth/logout", "/v1/auth/logoutall"} {
			same("status of "+path, s.post(path, "{}"), http.StatusUnauthorized)
		}
	})
	s.check("credentials: a client with a management key for authentication does all that one without does", func() {
		c := must(client.NewWithConfig(&client.Config{
			ProjectID: s.server.ProjectID, AuthManagementKey: s.server.ManagementKey, DescopeBaseURL: s.server.URL, DefaultClient: &s.wire,
		})).Auth
		s.newUser("keyed", &descope.UserRequest{})
		info := must(c.Password().SignIn(s, "keyed", password, nil))
		_, _, err := c.RefreshSessionWithToken(s, info.RefreshToken.JWT)
		ok(err)
		same("user id", must(c.Me(s.request(info.RefreshToken.JWT))).UserID, info.User.UserID)
		must(c.Password().GetPasswordPolicy(s))
		secret, _, err := s.AccessKey().Create(s, "keyed", "", 0, []string{"Reader"}, nil, "", nil, nil, nil)
		ok(err)
		_, _, err = c.ExchangeAccessKey(s, secret, nil)
		ok(err)
		ok(c.LogoutWithToken(info.RefreshToken.JWT, nil))
		s.over(info.RefreshToken.JWT)
	})
	s.check("credentials: a wrong management key for authentication is refused", func() {
		c := must(client.NewWithConfig(&client.Config{
			ProjectID: s.server.ProjectID, AuthManagementKey: "wrong", DescopeBaseURL: s.server.URL, DefaultClient: &s.wire,
		})).Auth
		_, err := c.Password().SignIn(s, "keyed", password, nil)
		refused(err, unproven)
	})
	s.check("credentials: another project does not sign in", func() {
		_, err := s.client(server{s.server.URL, "P" + strings.Repeat("x", 27), ""}).Auth.Password().SignIn(s, "cred", password, nil)
		refused(err, unproven)
	})
}
