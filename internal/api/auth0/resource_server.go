package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// A resourceServer is an API with its permissions, as this API keeps it.
type resourceServer struct {
	*rolecall.API
	scopes []scopeBody
	kept   resourceServerMore
	// changed says that scopes replaces what is there.
	changed bool
}

// resourceServerMore is what this API keeps beside an API.
type resourceServerMore struct {
	// Permissions asks for the permissions in tokens, once policies are enforced.
	Permissions bool    `json:"permissions,omitempty"`
	Extra       members `json:"extra,omitempty"`
}

type scopeBody struct {
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

const (
	defaultLifetime    = 86400
	defaultWebLifetime = 7200
	authz              = "_authz"
	maxScopes          = 1000
)

// seconds returns n, or what it stands for if it is 0.
func seconds(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

var resourceServerFields = []field[*resourceServer]{
	{"id", func(s *resourceServer) any { return s.ID }, nil},
	{"identifier", nil, nil}, // shown by describe, and never changed
	{"is_system", func(s *resourceServer) any { return s.ID == rolecall.AdminAPI }, nil},
	{"name", func(s *resourceServer) any { return s.Name }, put("name", func(s *resourceServer, name string) error {
		s.Name = name
		return nil
	})},
	{"scopes", func(s *resourceServer) any { return s.scopes }, put("scopes", func(s *resourceServer, scopes []scopeBody) error {
		s.scopes, s.changed = scopes, true
		return checkScopes(scopes)
	})},
	{"signing_alg", func(s *resourceServer) any {
		if s.Tokens.Algorithm == "" {
			return "RS256"
		}
		return s.Tokens.Algorithm
	}, put("signing_alg", func(s *resourceServer, alg string) error {
		s.Tokens.Algorithm = alg
		return nil
	})},
	{"signing_secret", nil, func(*resourceServer, json.RawMessage) error { return nil }}, // of algorithms that are not here; not to be kept
	{"allow_offline_access", func(s *resourceServer) any { return s.Tokens.Offline }, put("allow_offline_access", func(s *resourceServer, yes bool) error {
		s.Tokens.Offline = yes
		return nil
	})},
	{"token_lifetime", func(s *resourceServer) any { return seconds(s.Tokens.Lifetime, defaultLifetime) }, put("token_lifetime", func(s *resourceServer, n int) error {
		s.Tokens.Lifetime = n
		return nil
	})},
	{"token_lifetime_for_web", func(s *resourceServer) any {
		return min(seconds(s.Tokens.WebLifetime, defaultWebLifetime), seconds(s.Tokens.Lifetime, defaultLifetime))
	}, put("token_lifetime_for_web", func(s *resourceServer, n int) error {
		s.Tokens.WebLifetime = n
		return nil
	})},
	{"skip_consent_for_verifiable_first_party_clients", func(s *resourceServer) any { return s.Tokens.SkipConsent }, put("skip_consent_for_verifiable_first_party_clients", func(s *resourceServer, yes bool) error {
		s.Tokens.SkipConsent = yes
		return nil
	})},
	{"enforce_policies", func(s *resourceServer) any { return s.Tokens.Enforce }, put("enforce_policies", func(s *resourceServer, yes bool) error {
		s.kept.Permissions = s.kept.Permissions || s.Tokens.Permissions
		s.Tokens.Enforce = yes
		return nil
	})},
	{"token_dialect", func(s *resourceServer) any {
		dialect := "access_token"
		if s.Tokens.Profile == rolecall.ProfileRFC9068 {
			dialect = "rfc9068_profile"
		}
		if s.Tokens.Permissions || !s.Tokens.Enforce && s.kept.Permissions {
			dialect += authz
		}
		return dialect
	}, put("token_dialect", func(s *resourceServer, dialect string) error {
		switch base := strings.TrimSuffix(dialect, authz); base {
		case "", "access_token":
			s.Tokens.Profile = ""
		case "rfc9068_profile":
			s.Tokens.Profile = rolecall.ProfileRFC9068
		default:
			return oneOf("token_dialect", dialect, "access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz")
		}
		s.kept.Permissions = strings.HasSuffix(dialect, authz)
		s.Tokens.Permissions = false
		return nil
	})},
	{"subject_type_authorization", func(s *resourceServer) any {
		users, clients := s.Tokens.Users, s.Tokens.Clients
		if users == "" {
			users = rolecall.AllowAll
		}
		if clients == "" {
			clients = rolecall.RequireGrant
		}
		return object{"user": object{"policy": users}, "client": object{"policy": clients}}
	}, put("subject_type_authorization", func(s *resourceServer, in struct {
		User   struct{ Policy rolecall.TokenPolicy }
		Client struct{ Policy rolecall.TokenPolicy }
	}) error {
		if in.User.Policy != "" {
			s.Tokens.Users = in.User.Policy
		}
		if in.Client.Policy != "" {
			s.Tokens.Clients = in.Client.Policy
		}
		return nil
	})},
}

func checkScopes(scopes []scopeBody) error {
	if len(scopes) > maxScopes {
		return invalidBody.because("scopes must be at most %d", maxScopes)
	}
	seen := map[string]bool{}
	for i, s := range scopes {
		if s.Value == "" {
			return invalidBody.because("scopes[%d].value is required", i)
		}
		if seen[s.Value] {
			return invalidBody.because("scopes[%d].value is there twice", i)
		}
		seen[s.Value] = true
	}
	return nil
}

// set puts what was sent into a resource server.
func (s *resourceServer) set(in members) (err error) {
	if err := apply(s, resourceServerFields, &s.kept.Extra, in); err != nil {
		return err
	}
	s.Tokens.Permissions = s.Tokens.Enforce && (s.kept.Permissions || s.Tokens.Permissions)
	if s.Tokens.WebLifetime > seconds(s.Tokens.Lifetime, defaultLifetime) {
		return invalidBody.because("token_lifetime_for_web must not be above token_lifetime")
	}
	s.Attributes, err = withMore(s.Attributes, s.kept)
	return err
}

// describeServer returns a resource server as this API shows it.
func (h *Handler) describeServer(s *resourceServer) object {
	if s.scopes == nil {
		s.scopes = []scopeBody{}
	}
	o := show(s, resourceServerFields, s.kept.Extra)
	o["identifier"] = h.identifierOf(s.API)
	if s.ID == rolecall.AdminAPI {
		o["name"] = "Management API"
	}
	return o
}

// loadServers adds to APIs what is kept of them elsewhere.
func loadServers(ctx context.Context, v *rolecall.View, apis []*rolecall.API) ([]*resourceServer, error) {
	ids := make([]string, len(apis))
	for i, a := range apis {
		ids[i] = string(a.ID)
	}
	found, err := related[*rolecall.Permission](ctx, v, rolecall.KindPermission, "api", ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *rolecall.Permission) int { return strings.Compare(a.Name, b.Name) })
	of := map[rolecall.APIID][]scopeBody{}
	for _, s := range Scopes {
		of[rolecall.AdminAPI] = append(of[rolecall.AdminAPI], scopeBody{s.Name, s.Description})
	}
	for _, p := range found {
		of[p.API] = append(of[p.API], scopeBody{p.Name, p.Description})
	}
	all := make([]*resourceServer, len(apis))
	for i, a := range apis {
		all[i] = &resourceServer{API: a, scopes: of[a.ID]}
		if all[i].kept, err = more[resourceServerMore](a.Attributes); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// findServer returns the resource server with an id or identifier, and nil if
// there is none.
func (c *call) findServer(ctx context.Context, v *rolecall.View, which string) (*resourceServer, error) {
	a, err := rolecall.Look(ctx, v, &rolecall.API{ID: rolecall.APIID(which)})
	if errors.Is(err, rolecall.ErrNotFound) {
		a, err = c.apiNamed(ctx, v, which)
	}
	if a == nil || err != nil {
		return nil, err
	}
	all, err := loadServers(ctx, v, []*rolecall.API{a})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// mustFindServer is findServer, and refuses what is not there.
func (c *call) mustFindServer(ctx context.Context, v *rolecall.View, which string) (*resourceServer, error) {
	s, err := c.findServer(ctx, v, which)
	if err == nil && s == nil {
		err = notFound.because("The resource server does not exist")
	}
	return s, err
}

// listServers serves GET /resource-servers.
func listServers(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		apis, err := rolecall.All[*rolecall.API](ctx, v, rolecall.Query{Kind: rolecall.KindAPI})
		if err != nil {
			return err
		}
		if wanted := c.query["identifiers"]; len(wanted) > 0 {
			apis = slices.DeleteFunc(apis, func(a *rolecall.API) bool { return !slices.Contains(wanted, c.identifierOf(a)) })
		}
		slices.SortFunc(apis, func(a, b *rolecall.API) int { return strings.Compare(c.identifierOf(a), c.identifierOf(b)) })
		found, err := part(p, apis, c.identifierOf)
		if err != nil {
			return err
		}
		servers, err := loadServers(ctx, v, found.items)
		if err == nil {
			answer, err = c.answer(p, "resource_servers", each(servers, c.describeServer), found.total, found.next, nil)
		}
		return err
	})
}

// createServer serves POST /resource-servers.
func createServer(c *call) (reply, error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	s := &resourceServer{API: &rolecall.API{ID: rolecall.APIID(hexID())}}
	if err := scan("identifier", in["identifier"], &s.Identifier); err != nil {
		return reply{}, err
	}
	if s.Identifier == "" {
		return reply{}, required("identifier")
	}
	if s.Identifier == c.audience {
		return reply{}, conflicting.because("A resource server with the same identifier already exists")
	}
	delete(in, "identifier")
	s.Name = s.Identifier
	if err := s.set(in); err != nil {
		return reply{}, err
	}
	ops := []rolecall.Op{rolecall.Create(s.API)}
	for _, scope := range s.scopes {
		ops = append(ops, rolecall.Create(newPermission(s.ID, scope)))
	}
	if err := c.write(ops...); err != nil {
		if errors.Is(err, rolecall.ErrConflict) && isField(err, "identifier") {
			err = conflicting.because("A resource server with the same identifier already exists")
		}
		return reply{}, err
	}
	return reply{201, c.describeServer(s)}, nil
}

func newPermission(api rolecall.APIID, s scopeBody) *rolecall.Permission {
	return &rolecall.Permission{
		ID: rolecall.PermissionID(rolecall.NewID("perm")), API: api, Name: s.Value, Description: s.Description,
	}
}

// getServer serves GET /resource-servers/{id}.
func getServer(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		s, err := c.mustFindServer(ctx, v, c.named["id"])
		if err == nil {
			answer, err = c.one(c.describeServer(s))
		}
		return err
	})
}

// updateServer serves PATCH /resource-servers/{id}. A scope that is not among
// those that are sent is deleted, with all that gives it.
func updateServer(c *call) (answer reply, err error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		s, err := c.mustFindServer(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		before := *s.API
		if err := s.set(in); err != nil {
			return nil, err
		}
		var ops []rolecall.Op
		if before.Name != s.Name || before.Tokens != s.Tokens || string(before.Attributes) != string(s.Attributes) && len(in) > 0 {
			ops = append(ops, rolecall.Update(s.API))
		}
		if s.changed {
			if s.ID == rolecall.AdminAPI {
				return nil, invalidBody.because("scopes of the Management API can't be changed")
			}
			more, err := s.replaceScopes(ctx, v)
			if err != nil {
				return nil, err
			}
			ops = append(ops, more...)
		}
		answer = ok(c.describeServer(s))
		return ops, nil
	})
}

// replaceScopes returns the operations that leave an API with s's scopes.
func (s *resourceServer) replaceScopes(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
	old, err := permissionsOn(ctx, v, s.ID)
	if err != nil {
		return nil, err
	}
	has := map[string]*rolecall.Permission{}
	for _, p := range old {
		has[p.Name] = p
		if !slices.ContainsFunc(s.scopes, func(scope scopeBody) bool { return scope.Value == p.Name }) {
			ops = append(ops, rolecall.Delete(p))
		}
	}
	for _, scope := range s.scopes {
		p := has[scope.Value]
		switch {
		case p == nil:
			ops = append(ops, rolecall.Create(newPermission(s.ID, scope)))
		case p.Description != scope.Description:
			p.Description = scope.Description
			ops = append(ops, rolecall.Update(p))
		}
	}
	return ops, nil
}

// deleteServer serves DELETE /resource-servers/{id}.
func deleteServer(c *call) (reply, error) {
	return c.vanish(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		s, err := c.findServer(ctx, v, c.named["id"])
		if s == nil || err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Delete(s.API)}, nil
	}))
}
