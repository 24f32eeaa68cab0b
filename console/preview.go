package console

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A previewPage shows what an access token would say, and how large it would be.
// It makes none: nothing on it could be used.
type previewPage struct {
	*call
	Client *rolecall.Client
	Fields []field
	Asked  bool
	None   string // why there would be no token
	Claims string
	Sizes  tokenSizes
	Notes  []string
}

// tokenSizes are the bytes of a token's parts.
type tokenSizes struct {
	Header, Payload, Signature, All int
	Permissions                     int
	Large                           string // what is too small for it, "" if nothing is
}

// openIDScopes are asked for with all of the API's.
const openIDScopes = "openid profile email"

func preview(c *call) (any, error) {
	a, err := c.application()
	if err != nil {
		return nil, err
	}
	c.Title = "Token preview of " + a.Name
	p := &previewPage{call: c, Client: a, Asked: c.Value("api") != ""}
	p.Fields = []field{
		required(c.pickField("api", "For the API", rolecall.KindAPI, c.Value("api"))),
		c.pickField("subject", "Of the user", rolecall.KindUser, c.Value("subject")),
		c.pickField("tenant", "In the tenant", rolecall.KindTenant, c.Value("tenant")),
	}
	if !p.Asked {
		return p, nil
	}
	err = p.fill()
	if field := problemField(err); field != "" {
		c.Problem, c.status, p.Asked = problemOf(err), 400, false
		return p, nil
	}
	return p, err
}

// fill works out what the token says.
func (p *previewPage) fill() error {
	to, err := p.resolve("api", rolecall.KindAPI, p.Value("api"))
	if err != nil {
		return err
	}
	api, err := rolecall.Find(p.ctx, p.rc, reader, &rolecall.API{ID: rolecall.APIID(to.ID)})
	if err != nil {
		return err
	}
	subject, whose := p.Client.ID, rolecall.ForClient
	if name := p.Value("subject"); name != "" {
		found, err := p.resolve("subject", rolecall.KindUser, name)
		if err != nil {
			return err
		}
		subject, whose = rolecall.SubjectID(found.ID), rolecall.ForUser
	}
	var in named
	if name := p.Value("tenant"); name != "" {
		if in, err = p.resolve("tenant", rolecall.KindTenant, name); err != nil {
			return err
		}
	}
	grants, err := p.some(rolecall.Query{Kind: rolecall.KindClientGrant, Where: []rolecall.Condition{
		rolecall.Where("client", p.Client.ID), rolecall.Where("api", api.ID), rolecall.Where("for", whose),
	}})
	if err != nil {
		return err
	}
	var bound *rolecall.ClientGrant
	for _, g := range as[*rolecall.ClientGrant](grants) {
		bound = g
	}
	authority := p.rc.Policy().Authority(subject, api.Identifier, rolecall.TenantID(in.ID), p.Now())
	if p.None = refusal(p.Client, api, bound, whose, rolecall.TenantID(in.ID), authority); p.None != "" {
		return nil
	}
	p.describe(api, bound, whose, subject, in, authority)
	return nil
}

// refusal says why a token would not be made, "" if it would.
func refusal(client *rolecall.Client, api *rolecall.API, bound *rolecall.ClientGrant, whose rolecall.GrantedFor, in rolecall.TenantID, held rolecall.Authority) string {
	rules := api.Tokens
	switch {
	case client.Blocked:
		return "The application is blocked."
	case whose == rolecall.ForUser && rules.Users == rolecall.DenyAll:
		return "The API gives applications no tokens of users."
	case whose == rolecall.ForClient && rules.Clients == rolecall.DenyAll:
		return "The API gives applications no tokens of their own."
	case bound == nil && (whose == rolecall.ForClient || rules.Users == rolecall.RequireGrant || api.ID == rolecall.AdminAPI):
		return "The application has no client grant for the API and such tokens."
	case in == "":
		return ""
	case whose == rolecall.ForUser && (client.OAuth.Tenants == "" || client.OAuth.Tenants == rolecall.TenantsDenied):
		return "Sign-ins to the application name no tenant."
	case whose == rolecall.ForUser && !held.In(in):
		return "The user has nothing to do with the tenant."
	case whose == rolecall.ForClient && bound.Tenants != rolecall.TenantsAllowed && bound.Tenants != rolecall.TenantsRequired:
		return "The client grant allows no token for a tenant."
	case whose == rolecall.ForClient && !bound.AnyTenant && !held.In(in):
		return "The application does not belong to the tenant."
	}
	return ""
}

// describe writes the claims down. What a user holds in a tenant is what counts
// in a sign-in to it, and outside what is held everywhere; so it is in tokens of
// the OpenID provider.
func (p *previewPage) describe(api *rolecall.API, bound *rolecall.ClientGrant, whose rolecall.GrantedFor, subject rolecall.SubjectID, in named, authority rolecall.Authority) {
	rules, held := api.Tokens, authority.Permissions
	if whose == rolecall.ForUser && in.ID != "" {
		held = nil
		for _, t := range authority.Tenants {
			if string(t.Tenant) == in.ID {
				held = t.Permissions
			}
		}
	}
	if bound != nil && !bound.AllScopes {
		held = slices.DeleteFunc(slices.Clone(held), func(name string) bool { return !slices.Contains(bound.Scope, name) })
	}
	issuer := "https://" + p.r.Host + "/"
	if p.server != "" {
		issuer = p.server + "/"
	}
	now := p.Now()
	lifetime := 86400
	if rules.Lifetime > 0 {
		lifetime = rules.Lifetime
	}
	expires := now.Add(time.Duration(lifetime) * time.Second)
	if !authority.Until.IsZero() && authority.Until.Before(expires) {
		expires = authority.Until
		p.Notes = append(p.Notes, "It expires with the first of what it says.")
	}
	claims := map[string]any{"iss": issuer, "iat": now.Unix(), "exp": expires.Unix()}
	scope := slices.Clone(held)
	if whose == rolecall.ForUser {
		claims["sub"], claims["aud"] = subject, []string{api.Identifier, issuer + "userinfo"}
		scope = append(strings.Fields(openIDScopes), scope...)
		if !rules.Enforce && api.ID != rolecall.AdminAPI {
			p.Notes = append(p.Notes, "The API does not bind scopes to what is held: the scope would say whatever the application asks for. Here it says what is held.")
		}
	} else {
		claims["sub"], claims["aud"] = string(subject)+"@clients", api.Identifier
	}
	if len(scope) > 0 {
		claims["scope"] = strings.Join(scope, " ")
	}
	if rules.Enforce && rules.Permissions {
		claims["permissions"] = append([]string{}, held...)
		p.Sizes.Permissions = len(held)
	}
	if in.ID != "" {
		claims["org_id"], claims["org_name"] = in.ID, in.Label
	}
	header := map[string]string{"alg": "RS256", "kid": "sig_0123456789abcdef", "typ": "JWT"}
	if rules.Algorithm != "" {
		header["alg"] = rules.Algorithm
	}
	if rules.Profile == rolecall.ProfileRFC9068 {
		claims["client_id"], claims["jti"] = p.Client.ID, rolecall.RandomText(22)
		header["typ"] = "at+jwt"
	} else {
		claims["azp"] = p.Client.ID
		types := p.Client.OAuth.GrantTypes
		switch {
		case whose == rolecall.ForClient:
			claims["gty"] = "client-credentials"
		case slices.Contains(types, rolecall.GrantPassword) && !slices.Contains(types, rolecall.GrantCode):
			claims["gty"] = "password"
		}
	}
	p.measure(header, claims)
}

// signatures are the bytes of signatures, before base64url.
var signatures = map[string]int{"RS256": 256, "ES256": 64, "EdDSA": 64}

func (p *previewPage) measure(header map[string]string, claims map[string]any) {
	shown, _ := json.MarshalIndent(claims, "", "  ") // maps of text, numbers and lists
	payload, _ := json.Marshal(claims)
	head, _ := json.Marshal(header)
	p.Claims = string(shown)
	s := &p.Sizes
	s.Header, s.Payload, s.Signature = encodedLen(len(head)), encodedLen(len(payload)), encodedLen(signatures[header["alg"]])
	s.All = s.Header + s.Payload + s.Signature + 2
	switch {
	case s.All > 64<<10:
		s.Large = "It would be refused: a token has at most 64 KiB."
	case s.All > 8<<10:
		s.Large = "Many servers take no more than 8 KiB of headers."
	case s.All > 4<<10:
		s.Large = "A cookie holds no more than 4 KiB."
	}
}

func encodedLen(n int) int { return base64.RawURLEncoding.EncodedLen(n) }
