package main

import (
	"slices"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

func (s *suite) clients() {
	var c *management.Client
	s.Check("client: create with a name only", func() {
		c = &management.Client{Name: auth0.String("Website")}
		check.OK(s.Client.Create(s, c))
		check.Holds("an id", c.GetClientID() != "")
		check.Same("a secret of 64 characters", len(c.GetClientSecret()), 64)
		check.SameSet("grant types", c.GetGrantTypes(), "authorization_code", "implicit", "refresh_token", "client_credentials")
		check.Same("first party", c.GetIsFirstParty(), true)
		check.Same("lifetime", c.GetJWTConfiguration().GetLifetimeInSeconds(), 36000)
		check.Same("rotation", c.GetRefreshToken().GetRotationType(), "non-rotating")
	})
	s.Check("client: read", func() {
		got := check.Must(s.Client.Read(s, c.GetClientID()))
		check.Same("name", got.GetName(), "Website")
	})
	s.Check("client: update", func() {
		change := &management.Client{
			Description: auth0.String("Sells"), AppType: auth0.String("spa"), TokenEndpointAuthMethod: auth0.String("none"),
			Callbacks: &[]string{callback, "http://localhost:3000"}, AllowedLogoutURLs: &[]string{"https://app.example.com"},
			WebOrigins: &[]string{"https://app.example.com"}, AllowedOrigins: &[]string{"https://app.example.com"},
			GrantTypes:     &[]string{"authorization_code", "refresh_token"},
			ClientMetadata: &map[string]any{"team": "web"},
			RefreshToken: &management.ClientRefreshToken{
				RotationType: auth0.String("rotating"), ExpirationType: auth0.String("expiring"), Leeway: auth0.Int(5),
				TokenLifetime: auth0.Int(86400), IdleTokenLifetime: auth0.Int(3600),
				InfiniteTokenLifetime: auth0.Bool(false), InfiniteIdleTokenLifetime: auth0.Bool(false),
			},
			OrganizationUsage: auth0.String("allow"),
		}
		check.OK(s.Client.Update(s, c.GetClientID(), change))
		check.Same("the answer is whole", change.GetName(), "Website")
		got := check.Must(s.Client.Read(s, c.GetClientID()))
		check.Same("description", got.GetDescription(), "Sells")
		check.Same("type", got.GetAppType(), "spa")
		check.Same("method", got.GetTokenEndpointAuthMethod(), "none")
		check.SameSet("callbacks", got.GetCallbacks(), callback, "http://localhost:3000")
		check.SameSet("web origins", got.GetWebOrigins(), "https://app.example.com")
		check.SameSet("allowed origins", got.GetAllowedOrigins(), "https://app.example.com")
		check.SameSet("logout", got.GetAllowedLogoutURLs(), "https://app.example.com")
		check.SameSet("grant types", got.GetGrantTypes(), "authorization_code", "refresh_token")
		check.Same("metadata", got.GetClientMetadata(), map[string]any{"team": "web"})
		check.Same("rotation", got.GetRefreshToken().GetRotationType(), "rotating")
		check.Same("lifetime", got.GetRefreshToken().GetTokenLifetime(), 86400)
		check.Same("idle", got.GetRefreshToken().GetIdleTokenLifetime(), 3600)
		check.Same("leeway", got.GetRefreshToken().GetLeeway(), 5)
		check.Same("organizations", got.GetOrganizationUsage(), "allow")
	})
	s.Check("client: another secret, and the old one counts no more", func() {
		machine := s.application("Rotates", "client_credentials")
		rotated := check.Must(s.Client.RotateSecret(s, machine.GetClientID()))
		check.Holds("another", rotated.GetClientSecret() != "" && rotated.GetClientSecret() != machine.GetClientSecret())
		_, err := s.manage(machine.GetClientID(), machine.GetClientSecret()).Role.List(s)
		check.Holds("the old secret is refused", err != nil)
	})
	s.Check("client: list, by type", func() {
		all := check.Must(s.Client.List(s, management.Parameter("app_type", "spa")))
		check.Holds("ours is there", slices.ContainsFunc(all.Clients, func(other *management.Client) bool { return other.GetClientID() == c.GetClientID() }))
		for _, other := range all.Clients {
			check.Same("type", other.GetAppType(), "spa")
		}
	})
	s.Check("client: a name is required", func() {
		check.Refused(s.Client.Create(s, &management.Client{Description: auth0.String("?")}), 400)
	})
	s.Check("client: a callback has to be an address", func() {
		check.Refused(s.Client.Update(s, c.GetClientID(), &management.Client{Callbacks: &[]string{"not an address"}}), 400)
	})
	s.Check("client: its connections", func() {
		list := check.Must(s.Client.ReadEnabledConnections(s, c.GetClientID()))
		check.Holds("the database", slices.ContainsFunc(list.Connections, func(c *management.Connection) bool { return c.GetName() == database }))
	})
	s.Check("client: delete, twice", func() {
		check.OK(s.Client.Delete(s, c.GetClientID()))
		check.OK(s.Client.Delete(s, c.GetClientID()))
		_, err := s.Client.Read(s, c.GetClientID())
		check.Refused(err, 404)
	})
}

func (s *suite) grants() {
	const api = "https://granted.example.com"
	s.api(api, nil, "read:it", "write:it")
	machine := s.application("Granted", "client_credentials")
	var g *management.ClientGrant
	s.Check("client grant: create", func() {
		g = &management.ClientGrant{ClientID: machine.ClientID, Audience: auth0.String(api), Scope: &[]string{"read:it"}}
		check.OK(s.ClientGrant.Create(s, g))
		check.Holds("an id that begins with cgr_", len(g.GetID()) > 4 && g.GetID()[:4] == "cgr_")
	})
	s.Check("client grant: read, which lists", func() {
		got := check.Must(s.ClientGrant.Read(s, g.GetID()))
		check.Same("audience", got.GetAudience(), api)
		check.Same("scope", got.GetScope(), []string{"read:it"})
		check.Same("whose", got.GetSubjectType(), "client")
	})
	s.Check("client grant: update replaces the scope", func() {
		check.OK(s.ClientGrant.Update(s, g.GetID(), &management.ClientGrant{Scope: &[]string{"write:it"}}))
		check.Same("scope", check.Must(s.ClientGrant.Read(s, g.GetID())).GetScope(), []string{"write:it"})
	})
	s.Check("client grant: list by client, and by audience", func() {
		check.Same("by client", len(check.Must(s.ClientGrant.List(s, management.Parameter("client_id", machine.GetClientID()))).ClientGrants), 1)
		check.Same("by audience", len(check.Must(s.ClientGrant.List(s, management.Parameter("audience", api))).ClientGrants), 1)
		check.Same("by checkpoints", len(check.Must(s.ClientGrant.List(s, management.Take(1))).ClientGrants), 1)
	})
	s.Check("client grant: one for a pair", func() {
		check.Refused(s.ClientGrant.Create(s, &management.ClientGrant{ClientID: machine.ClientID, Audience: auth0.String(api), Scope: &[]string{}}), 409)
	})
	s.Check("client grant: an unknown scope is refused", func() {
		check.Refused(s.ClientGrant.Update(s, g.GetID(), &management.ClientGrant{Scope: &[]string{"burn:it"}}), 400)
	})
	s.Check("client grant: delete, twice", func() {
		check.OK(s.ClientGrant.Delete(s, g.GetID()))
		check.OK(s.ClientGrant.Delete(s, g.GetID()))
		check.Same("left", len(check.Must(s.ClientGrant.List(s, management.Parameter("audience", api))).ClientGrants), 0)
	})
}

func (s *suite) connections() {
	var id string
	s.Check("connection: the database is there from the start", func() {
		c := check.Must(s.Connection.ReadByName(s, database))
		id = c.GetID()
		check.Same("strategy", c.GetStrategy(), "auth0")
		_, typed := c.Options.(*management.ConnectionOptions)
		check.Holds("options of a database", typed)
		check.Same("by id", check.Must(s.Connection.Read(s, id)).GetName(), database)
	})
	s.Check("connection: list, by strategy", func() {
		list := check.Must(s.Connection.List(s, management.Parameter("strategy", "auth0")))
		check.Holds("there", slices.ContainsFunc(list.Connections, func(c *management.Connection) bool { return c.GetID() == id }))
		check.Same("of others", len(check.Must(s.Connection.List(s, management.Parameter("strategy", "github"))).Connections), 0)
	})
	s.Check("connection: clients, off and on", func() {
		app := s.application("Connected", "password")
		change := func(on bool) {
			check.OK(s.Connection.UpdateEnabledClients(s, id, []management.ConnectionEnabledClient{{ClientID: app.ClientID, Status: &on}}))
		}
		enabled := func() bool {
			list := check.Must(s.Connection.ReadEnabledClients(s, id, management.Take(50)))
			return slices.ContainsFunc(list.GetClients(), func(c management.ConnectionEnabledClient) bool { return c.GetClientID() == app.GetClientID() })
		}
		change(false)
		check.Same("off", enabled(), false)
		change(true)
		check.Same("on", enabled(), true)
	})
	var made *management.Connection
	s.Check("connection: create another", func() {
		made = &management.Connection{Name: auth0.String("Second-Database"), Strategy: auth0.String("auth0"), EnabledClients: &[]string{}}
		check.OK(s.Connection.Create(s, made))
		check.Holds("an id that begins with con_", len(made.GetID()) > 4 && made.GetID()[:4] == "con_")
		check.Refused(s.Connection.Create(s, &management.Connection{Name: auth0.String("Second-Database"), Strategy: auth0.String("auth0")}), 409)
	})
	s.Check("connection: update its options", func() {
		check.OK(s.Connection.Update(s, made.GetID(), &management.Connection{Options: &management.ConnectionOptions{DisableSignup: auth0.Bool(true)}}))
		options := check.Must(s.Connection.Read(s, made.GetID())).Options.(*management.ConnectionOptions)
		check.Same("sign-up", options.GetDisableSignup(), true)
	})
	s.Check("connection: delete", func() {
		check.OK(s.Connection.Delete(s, made.GetID()))
		_, err := s.Connection.Read(s, made.GetID())
		check.RefusedAs(err, 404, "The connection does not exist")
	})
}
