package console

import (
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
)

// This file is for which API a client gets tokens, and what those are like.

// wholeNumber reads a number that a form sent, 0 if the field is empty.
func (c *call) wholeNumber(name string) (int, error) {
	text := c.Value(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, &rolecall.FieldError{Field: name, Rule: "must be a whole number", Kind: rolecall.ErrInvalid}
	}
	return n, nil
}

func (c *call) grantFields(g *rolecall.ClientGrant, fresh bool) []field {
	var fields []field
	if fresh {
		fields = append(fields, required(hinted(c.pickField("api", "API", rolecall.KindAPI, string(g.API)), "By name, identifier or id")),
			field{Name: "for", Label: "For tokens of", Type: "select", Value: string(g.For),
				Options: []option{{string(rolecall.ForClient), "The application itself"}, {string(rolecall.ForUser), "Its users"}}})
	}
	return append(fields,
		hinted(checkField("all_scopes", "Every permission of the API", g.AllScopes), "in place of those below"),
		field{Name: "scope", Label: "Permissions", Type: "area", Value: strings.Join(g.Scope, "\n"), Max: 200_000,
			Hint: "By name, one in a line. They bound what tokens say; what the application may do is what it holds"},
		field{Name: "tenants", Label: "Its own tokens may be for a tenant", Type: "select", Value: string(g.Tenants),
			Options: []option{{"", "Never"}, {string(rolecall.TenantsAllowed), "If it asks to"}, {string(rolecall.TenantsRequired), "Always"}}},
		hinted(checkField("any_tenant", "Any tenant", g.AnyTenant), "and not only those that it belongs to"),
	)
}

func (c *call) fillGrant(g *rolecall.ClientGrant) {
	g.AllScopes, g.Scope = c.Value("all_scopes") != "", linesOf(c.Value("scope"))
	if g.AllScopes {
		g.Scope = nil
	}
	g.Tenants, g.AnyTenant = rolecall.TenantUse(c.Value("tenants")), c.Value("any_tenant") != ""
}

func clientGrantForm(c *call) (any, error) {
	a, err := c.application()
	if err != nil {
		return nil, err
	}
	return c.form("Let "+a.Name+" get tokens for an API", "Save", c.grantFields(&rolecall.ClientGrant{For: rolecall.ForClient}, true)...), nil
}

func createClientGrant(c *call) (*change, error) {
	a, err := c.application()
	if err != nil {
		return nil, err
	}
	to, err := c.resolve("api", rolecall.KindAPI, c.Value("api"))
	if err != nil {
		return nil, err
	}
	g := &rolecall.ClientGrant{
		ID: rolecall.ClientGrantID(rolecall.NewID("cgr")), Client: a.ID, API: rolecall.APIID(to.ID), For: rolecall.GrantedFor(c.Value("for")),
	}
	c.fillGrant(g)
	return &change{quiet: true, steps: steps{create(g)}, then: c.Link("/applications/{id}", a.ID), said: a.Name + " gets tokens for " + to.Label + " now."}, nil
}

func (c *call) clientGrant() (*rolecall.ClientGrant, string, error) {
	g, err := look(c, &rolecall.ClientGrant{ID: rolecall.ClientGrantID(c.id())})
	if err != nil {
		return nil, "", err
	}
	err = c.learn(rolecall.KindAPI, string(g.API))
	return g, c.Name(rolecall.KindAPI, g.API).Label, err
}

func editClientGrantForm(c *call) (any, error) {
	g, api, err := c.clientGrant()
	if err != nil {
		return nil, err
	}
	return c.form("Tokens for "+api, "Save", c.grantFields(g, false)...), nil
}

func editClientGrant(c *call) (*change, error) {
	g, api, err := c.clientGrant()
	if err != nil {
		return nil, err
	}
	return &change{
		quiet: true, steps: steps{modify(&rolecall.ClientGrant{ID: g.ID}, nil, c.fillGrant)},
		then: c.Link("/applications/{id}", g.Client), said: "What tokens for " + api + " may say is saved.",
	}, nil
}

func deleteClientGrant(c *call) (*change, error) {
	g, api, err := c.clientGrant()
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "End tokens for " + api + "?", Text: "The application gets none for it any more. Those that it has count until they expire.", Verb: "End them", Danger: true,
		steps: steps{remove(g)}, then: c.Link("/applications/{id}", g.Client), said: "The application gets no tokens for " + api + " any more.",
	}, nil
}

// tokenRulesForm asks what tokens for an API are like.
func tokenRulesForm(c *call) (any, error) {
	a, err := look(c, &rolecall.API{ID: rolecall.APIID(c.id())})
	if err != nil {
		return nil, err
	}
	t := a.Tokens
	number := func(name, label string, n int, otherwise string) field {
		return field{Name: name, Label: label, Type: "number", Value: blankZero(n), Hint: "In seconds; empty is " + otherwise, Is: "tokens." + name}
	}
	algorithm := t.Algorithm
	if algorithm == "" {
		algorithm = "RS256"
	}
	return c.form("Tokens for "+a.Name, "Save",
		hinted(checkField("enforce", "Bind the scope to what is held", t.Enforce), "without it a scope says what an application asked for"),
		hinted(checkField("permissions", "Say all permissions", t.Permissions), "in the claim permissions; takes the one above"),
		hinted(checkField("offline", "Refresh tokens", t.Offline), "applications may ask for them"),
		hinted(checkField("skip_consent", "Skip consent", t.SkipConsent), "of applications that aren’t somebody else’s"),
		number("lifetime", "Tokens last", t.Lifetime, "86400"), number("web_lifetime", "In a browser without a server", t.WebLifetime, "7200"),
		field{Name: "profile", Label: "Form", Type: "select", Value: string(t.Profile), Is: "tokens.profile", Options: []option{{"", "JWT, with azp"}, {string(rolecall.ProfileRFC9068), "at+jwt, of RFC 9068"}}},
		field{Name: "algorithm", Label: "Signed by", Type: "select", Value: algorithm, Is: "tokens.algorithm", Options: []option{{"RS256", "RS256"}, {"ES256", "ES256"}, {"EdDSA", "EdDSA"}}},
		field{Name: "users", Label: "For whom applications get tokens", Type: "select", Value: string(t.Users), Is: "tokens.users",
			Options: []option{{"", "Any of their users"}, {string(rolecall.RequireGrant), "Their users, with a client grant"}, {string(rolecall.DenyAll), "Nobody"}}},
		field{Name: "clients", Label: "Which get tokens for themselves", Type: "select", Value: string(t.Clients), Is: "tokens.clients",
			Options: []option{{"", "Those with a client grant"}, {string(rolecall.DenyAll), "None"}}},
	), nil
}

func editTokenRules(c *call) (*change, error) {
	id := rolecall.APIID(c.id())
	lifetime, err := c.wholeNumber("lifetime")
	if err != nil {
		return nil, err
	}
	web, err := c.wholeNumber("web_lifetime")
	if err != nil {
		return nil, err
	}
	return &change{
		quiet: true, steps: steps{modify(&rolecall.API{ID: id}, nil, func(a *rolecall.API) {
			on := func(name string) bool { return c.Value(name) != "" }
			a.Tokens = rolecall.TokenRules{
				Lifetime: lifetime, WebLifetime: web, Enforce: on("enforce"), Permissions: on("permissions"), Offline: on("offline"), SkipConsent: on("skip_consent"),
				Profile: rolecall.TokenProfile(c.Value("profile")), Algorithm: c.Value("algorithm"),
				Users: rolecall.TokenPolicy(c.Value("users")), Clients: rolecall.TokenPolicy(c.Value("clients")),
			}
		})},
		then: c.Link("/apis/{id}", id), said: "What tokens for the API are like is saved.",
	}, nil
}
