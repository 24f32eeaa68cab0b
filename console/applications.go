package console

import (
	"context"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

type applicationsPage struct {
	*call
	List *listing
	Rows []*rolecall.Client
}

func applications(c *call) (any, error) {
	c.Title = "Applications"
	p := &applicationsPage{call: c}
	q := rolecall.Query{Kind: rolecall.KindClient}
	switch c.Value("state") {
	case "active":
		q.Where = append(q.Where, rolecall.Where("blocked", "false"))
	case "blocked":
		q.Where = append(q.Where, rolecall.Where("blocked", "true"))
	}
	list, records, err := c.page(q, "name", "id", "created_at")
	if err != nil {
		return nil, err
	}
	p.List, p.Rows = list, as[*rolecall.Client](records)
	return p, nil
}

// typesOf says what kinds of application are called.
var typesOf = map[rolecall.ApplicationType]string{
	"": "Keys only", rolecall.WebApplication: "Web application", rolecall.SinglePage: "Single page",
	rolecall.NativeApplication: "Native", rolecall.MachineToMachine: "Machine",
}

// TypeName is what a kind of application is called.
func (c *call) TypeName(t rolecall.ApplicationType) string { return typesOf[t] }

type applicationPage struct {
	*call
	Client   *rolecall.Client
	Lists    []uriList
	Secrets  []keyRow
	Keys     []keyRow
	Grants   []clientGrant
	Roles    []held
	Direct   []held
	Timeline []line
	Copies   []snippet
}

// A uriList is one of an application's lists of addresses.
type uriList struct {
	Label string
	All   []string
}

// A clientGrant is for which API a client gets tokens, by name.
type clientGrant struct {
	*rolecall.ClientGrant
	To        named
	Edit, End control
}

func (c *call) application() (*rolecall.Client, error) {
	return look(c, &rolecall.Client{ID: rolecall.SubjectID(c.id())})
}

func application(c *call) (any, error) {
	a, err := c.application()
	if err != nil {
		return nil, err
	}
	c.Title = a.Name
	o := a.OAuth
	p := &applicationPage{call: c, Client: a, Copies: c.shown(a), Lists: []uriList{
		{"Redirect addresses", o.RedirectURIs}, {"After logout", o.LogoutURIs}, {"Web origins", o.WebOrigins}, {"CORS origins", o.CORSOrigins},
	}}
	credentials, err := c.some(rolecall.Query{Kind: rolecall.KindCredential, Where: []rolecall.Condition{rolecall.Where("subject", a.ID)}})
	if err != nil {
		return nil, err
	}
	rows, err := c.keys(as[*rolecall.Credential](credentials))
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Type == rolecall.ClientSecret {
			p.Secrets = append(p.Secrets, row)
		} else {
			p.Keys = append(p.Keys, row)
		}
	}
	grants, err := c.some(rolecall.Query{Kind: rolecall.KindClientGrant, Where: []rolecall.Condition{rolecall.Where("client", a.ID)}})
	if err != nil {
		return nil, err
	}
	for _, g := range as[*rolecall.ClientGrant](grants) {
		if err := c.learn(rolecall.KindAPI, string(g.API)); err != nil {
			return nil, err
		}
		p.Grants = append(p.Grants, clientGrant{g, c.Name(rolecall.KindAPI, g.API),
			c.Do("Edit", "/client-grants/{id}/edit", g.ID), c.Do("Delete", "/client-grants/{id}/delete", g.ID)})
	}
	holds, err := c.holdings(a.ID)
	if err != nil {
		return nil, err
	}
	p.Roles, p.Direct = holds.Roles, holds.Grants
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Subject: a.ID}, 12)
	return p, err
}

// Lifetimes are those of the application that are not the defaults', in words.
func (p *applicationPage) Lifetimes() (all []string) {
	o := p.Client.OAuth
	for _, one := range []struct {
		what string
		n    int
	}{{"ID tokens", o.IDTokenLifetime}, {"refresh tokens", o.RefreshLifetime}, {"refresh tokens that are not used", o.RefreshIdle}} {
		if one.n > 0 {
			all = append(all, one.what+" "+many(one.n, "second", "seconds"))
		}
	}
	return all
}

// offeredGrants are the ways to get tokens that the form offers. Others that an
// application came with from elsewhere stay.
var offeredGrants = []struct {
	name, label string
	grant       rolecall.GrantType
}{
	{"grant_code", "Authorization code: people sign in at our page", rolecall.GrantCode},
	{"grant_refresh", "Refresh token", rolecall.GrantRefresh},
	{"grant_client", "Client credentials: its own tokens", rolecall.GrantClient},
	{"grant_password", "Password: it asks people for theirs", rolecall.GrantPassword},
}

func areaOf(name, label string, lines []string, hint string) field {
	return field{Name: name, Label: label, Type: "area", Value: strings.Join(lines, "\n"), Hint: hint, Max: 60_000, Is: "oauth." + name}
}

func secondsOf(name, label string, n int, otherwise string) field {
	return field{Name: name, Label: label, Type: "number", Value: blankZero(n), Hint: "In seconds; empty is " + otherwise, Is: "oauth." + name}
}

func blankZero(n int) string {
	if n == 0 {
		return ""
	}
	return text(n)
}

func applicationFields(a *rolecall.Client) []field {
	o := a.OAuth
	types := []option{{"", "Holds access keys only"}}
	for _, t := range []rolecall.ApplicationType{rolecall.WebApplication, rolecall.SinglePage, rolecall.NativeApplication, rolecall.MachineToMachine} {
		types = append(types, option{string(t), typesOf[t]})
	}
	fields := []field{
		required(textField("name", "Name", a.Name)), areaField("description", "Description", a.Description),
		{Name: "type", Label: "Kind", Type: "select", Options: types, Value: string(o.Type), Is: "oauth.type"},
		{Name: "auth", Label: "Proves itself", Type: "select", Value: string(o.Auth), Is: "oauth.auth",
			Options: []option{{"", "As its kind does"}, {string(rolecall.AuthSecret), "By a secret"}, {string(rolecall.AuthNone), "Not at all: it is public"}}},
	}
	for _, g := range offeredGrants {
		fields = append(fields, checkField(g.name, g.label, slices.Contains(o.GrantTypes, g.grant)))
	}
	return append(fields,
		areaOf("redirect_uris", "Redirect addresses", o.RedirectURIs, "One in a line. Compared letter by letter"),
		areaOf("logout_uris", "Addresses after logout", o.LogoutURIs, "One in a line"),
		areaOf("web_origins", "Web origins", o.WebOrigins, "That may sign in silently: https://app.example.com, one in a line"),
		areaOf("cors_origins", "CORS origins", o.CORSOrigins, "Whose scripts may call the token endpoint, one in a line"),
		field{Name: "login_uri", Label: "Its page that begins a sign-in", Value: o.LoginURI, Max: 1000, Is: "oauth.login_uri"},
		field{Name: "tenants", Label: "A sign-in names a tenant", Type: "select", Value: string(o.Tenants), Is: "oauth.tenants",
			Options: []option{{"", "Never"}, {string(rolecall.TenantsAllowed), "If it asks to"}, {string(rolecall.TenantsRequired), "Always"}}},
		hinted(checkField("third_party", "Somebody else’s", o.ThirdParty), "its users are asked for consent"),
		hinted(checkField("rotate", "Rotate refresh tokens", o.Rotate), "a second use of an old one ends the sign-in"),
		secondsOf("id_token_lifetime", "ID tokens last", o.IDTokenLifetime, "36000"),
		secondsOf("refresh_lifetime", "Refresh tokens last", o.RefreshLifetime, "2592000"),
		secondsOf("refresh_idle", "And if they are not used", o.RefreshIdle, "1296000"),
	)
}

// fillApplication puts what a form sent into a client.
func (c *call) fillApplication(a *rolecall.Client) error {
	a.Name, a.Description = c.Value("name"), c.Value("description")
	o := &a.OAuth
	o.Type, o.Auth = rolecall.ApplicationType(c.Value("type")), rolecall.ClientAuth(c.Value("auth"))
	kept := slices.DeleteFunc(slices.Clone(o.GrantTypes), func(g rolecall.GrantType) bool {
		return slices.ContainsFunc(offeredGrants, func(one struct {
			name, label string
			grant       rolecall.GrantType
		}) bool {
			return one.grant == g
		})
	})
	for _, g := range offeredGrants {
		if c.Value(g.name) != "" {
			kept = append(kept, g.grant)
		}
	}
	o.GrantTypes = kept
	o.RedirectURIs, o.LogoutURIs = linesOf(c.Value("redirect_uris")), linesOf(c.Value("logout_uris"))
	o.WebOrigins, o.CORSOrigins = linesOf(c.Value("web_origins")), linesOf(c.Value("cors_origins"))
	o.LoginURI, o.Tenants = c.Value("login_uri"), rolecall.TenantUse(c.Value("tenants"))
	o.ThirdParty, o.Rotate = c.Value("third_party") != "", c.Value("rotate") != ""
	for name, to := range map[string]*int{"id_token_lifetime": &o.IDTokenLifetime, "refresh_lifetime": &o.RefreshLifetime, "refresh_idle": &o.RefreshIdle} {
		var err error
		if *to, err = c.wholeNumber(name); err != nil {
			return err
		}
	}
	return nil
}

// linesOf returns the lines of a text that aren't blank.
func linesOf(text string) (all []string) {
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func applicationForm(c *call) (any, error) {
	return c.form("New application", "Create", applicationFields(&rolecall.Client{OAuth: rolecall.OAuth{
		Type: rolecall.WebApplication, GrantTypes: []rolecall.GrantType{rolecall.GrantCode, rolecall.GrantRefresh}, Rotate: true,
	}})...), nil
}

func createApplication(c *call) (*change, error) {
	a := &rolecall.Client{ID: rolecall.SubjectID(rolecall.NewID("app"))}
	if err := c.fillApplication(a); err != nil {
		return nil, err
	}
	return &change{quiet: true, steps: steps{create(a)}, then: c.Link("/applications/{id}", a.ID), said: "The application is created."}, nil
}

func editApplicationForm(c *call) (any, error) {
	a, err := c.application()
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+a.Name, "Save", applicationFields(a)...), nil
}

func editApplication(c *call) (*change, error) {
	id := rolecall.SubjectID(c.id())
	if err := c.fillApplication(&rolecall.Client{}); err != nil { // before a write is begun
		return nil, err
	}
	return &change{
		quiet: true, steps: steps{modify(&rolecall.Client{ID: id}, nil, func(a *rolecall.Client) { c.fillApplication(a) })},
		then: c.Link("/applications/{id}", id), said: "The application is saved.",
	}, nil
}

// blockApplication blocks or, by its other path, unblocks.
func blockApplication(blocked bool) func(*call) (*change, error) {
	return func(c *call) (*change, error) {
		a, err := c.application()
		if err != nil {
			return nil, err
		}
		m := &change{
			Title: "Block " + a.Name + "?", Text: "It may nothing, and nobody signs in to it, until it is unblocked.", Verb: "Block", Danger: true,
			steps: steps{modify(&rolecall.Client{ID: a.ID}, map[string]any{"blocked": blocked}, func(a *rolecall.Client) { a.Blocked = blocked })},
			then:  c.Link("/applications/{id}", a.ID), said: "The application is blocked.",
		}
		if !blocked {
			m.Title, m.Text, m.Verb, m.Danger, m.said = "Unblock "+a.Name+"?", "", "Unblock", false, "The application is unblocked."
		}
		return m, nil
	}
}

func deleteApplication(c *call) (*change, error) {
	a, err := c.application()
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the application " + a.Name + "?", Text: "Its secrets, keys and grants go too, and nobody signs in to it any more.", Verb: "Delete", Danger: true,
		steps: steps{remove(a)}, then: c.Link("/applications"), said: "The application is deleted.",
	}, nil
}

// A clientSecretPage shows a secret of an application, this once.
type clientSecretPage struct {
	*call
	Client *rolecall.Client
	Secret string
}

func (*clientSecretPage) secret() {}

// addSecret makes a secret beside those there are; with all it replaces them.
func addSecret(all bool) func(*call) (*change, error) {
	return func(c *call) (*change, error) {
		a, err := c.application()
		if err != nil {
			return nil, err
		}
		if c.identity == nil {
			return nil, errNoPage
		}
		p := &clientSecretPage{call: c, Client: a}
		m := &change{Title: "Give " + a.Name + " another secret?", Text: "Those that it has stay valid.", Verb: "Make it"}
		if all {
			m.Title, m.Text, m.Verb, m.Danger = "Replace the secrets of "+a.Name+"?", "Those that it has stop working at once.", "Replace", true
		}
		m.do = func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			ops, secret, err := identity.RotateSecret(a.ID)
			if !all {
				var made *rolecall.Credential
				made, secret, err = identity.NewSecret(a.ID, "")
				ops = []rolecall.Op{rolecall.Create(made)}
			}
			if err != nil {
				return rolecall.Receipt{}, err
			}
			p.Secret = secret
			return c.rc.Write(ctx, by, ops...)
		}
		m.shows = func(rolecall.Receipt) (string, any) {
			c.Title = "The application’s secret"
			return "applications/secret", p
		}
		return m, nil
	}
}

func deleteSecret(c *call) (*change, error) {
	s, err := look(c, &rolecall.Credential{ID: rolecall.CredentialID(c.id())})
	if err == nil && s.Type != rolecall.ClientSecret {
		err = &rolecall.FieldError{Field: "secret", Rule: "is not an application's", Kind: rolecall.ErrNotFound}
	}
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the secret?", Text: "It stops working at once.", Verb: "Delete", Danger: true,
		steps: steps{remove(s)}, then: c.Link("/applications/{id}", s.Subject), said: "The secret is deleted.",
	}, nil
}
