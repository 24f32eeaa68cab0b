package auth0

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An application is a client, as this API keeps it.
type application struct {
	*rolecall.Client
	kept   clientMore
	secret string // as it was made, or sent; "" if nobody knows it
}

// clientMore is what this API keeps beside a client.
type clientMore struct {
	AppType    string  `json:"app_type,omitempty"`                   // one that has no ApplicationType
	Auth       string  `json:"token_endpoint_auth_method,omitempty"` // which way of presenting a secret
	GrantTypes members `json:"grant_types,omitempty"`                // those that are not served, by name
	Refresh    members `json:"refresh_token,omitempty"`              // as it was sent
	Extra      members `json:"extra,omitempty"`
}

var appTypes = []struct {
	name string
	kind rolecall.ApplicationType
}{
	{"native", rolecall.NativeApplication}, {"spa", rolecall.SinglePage},
	{"regular_web", rolecall.WebApplication}, {"non_interactive", rolecall.MachineToMachine},
}

// appType returns what a client is called, "" if that is unknown.
func (a *application) appType() string {
	for _, t := range appTypes {
		if t.kind == a.OAuth.Type {
			return t.name
		}
	}
	return a.kept.AppType
}

var servedGrants = []rolecall.GrantType{
	rolecall.GrantCode, rolecall.GrantRefresh, rolecall.GrantClient, rolecall.GrantPassword,
	rolecall.GrantImplicit, rolecall.GrantPasswordIn, rolecall.GrantDevice,
}

// defaultGrants are those of a client that names none.
var defaultGrants = []rolecall.GrantType{rolecall.GrantCode, rolecall.GrantImplicit, rolecall.GrantRefresh, rolecall.GrantClient}

const (
	maxAppType        = 100
	defaultIDLifetime = 36000
	defaultRefresh    = 2592000
	defaultIdle       = 1296000
	endless           = 365 * 24 * 3600 // seconds: the longest that a refresh token lives here
)

// clientFields are the members of a client.
var clientFields = []field[*application]{
	{"client_id", func(a *application) any { return a.ID }, nil},
	{"tenant", nil, nil}, {"global", func(*application) any { return false }, nil},
	{"name", func(a *application) any { return a.Name }, put("name", func(a *application, name string) error {
		a.Name = name
		return nil
	})},
	{"description", func(a *application) any { return a.Description }, put("description", func(a *application, text string) error {
		a.Description = text
		return nil
	})},
	{"client_secret", func(a *application) any {
		if a.secret == "" {
			return nil
		}
		return a.secret
	}, put("client_secret", func(a *application, secret string) error {
		a.secret = secret
		return nil
	})},
	{"app_type", func(a *application) any {
		if name := a.appType(); name != "" {
			return name
		}
		return nil
	}, put("app_type", func(a *application, name string) error {
		if len(name) > maxAppType {
			return invalidBody.because("app_type must be at most %d bytes", maxAppType)
		}
		a.OAuth.Type, a.kept.AppType = "", name
		for _, t := range appTypes {
			if t.name == name {
				a.OAuth.Type, a.kept.AppType = t.kind, ""
			}
		}
		return nil
	})},
	{"token_endpoint_auth_method", func(a *application) any {
		if a.OAuth.Public() {
			return "none"
		}
		return cmp.Or(a.kept.Auth, "client_secret_post")
	}, put("token_endpoint_auth_method", func(a *application, method string) error {
		switch a.kept.Auth = ""; method {
		case "":
			a.OAuth.Auth = ""
		case "none":
			a.OAuth.Auth = rolecall.AuthNone
		default:
			a.OAuth.Auth, a.kept.Auth = rolecall.AuthSecret, method
		}
		return oneOf("token_endpoint_auth_method", method, "", "none", "client_secret_post", "client_secret_basic")
	})},
	{"grant_types", func(a *application) any {
		all := append([]rolecall.GrantType{}, a.OAuth.GrantTypes...)
		for name := range a.kept.GrantTypes {
			all = append(all, rolecall.GrantType(name))
		}
		slices.Sort(all[len(a.OAuth.GrantTypes):])
		return all
	}, put("grant_types", func(a *application, names []rolecall.GrantType) error {
		a.OAuth.GrantTypes, a.kept.GrantTypes = nil, nil
		for _, name := range names {
			switch {
			case slices.Contains(a.OAuth.GrantTypes, name):
			case slices.Contains(servedGrants, name):
				a.OAuth.GrantTypes = append(a.OAuth.GrantTypes, name)
			case name == "" || len(a.kept.GrantTypes) > 50:
				return invalidBody.because("grant_types must be names of grant types")
			default:
				if a.kept.GrantTypes == nil {
					a.kept.GrantTypes = members{}
				}
				a.kept.GrantTypes[string(name)] = json.RawMessage("true")
			}
		}
		return nil
	})},
	listField("callbacks", func(a *application) *[]string { return &a.OAuth.RedirectURIs }),
	listField("allowed_logout_urls", func(a *application) *[]string { return &a.OAuth.LogoutURIs }),
	listField("web_origins", func(a *application) *[]string { return &a.OAuth.WebOrigins }),
	listField("allowed_origins", func(a *application) *[]string { return &a.OAuth.CORSOrigins }),
	{"initiate_login_uri", func(a *application) any {
		if a.OAuth.LoginURI == "" {
			return nil
		}
		return a.OAuth.LoginURI
	}, put("initiate_login_uri", func(a *application, uri string) error {
		a.OAuth.LoginURI = uri
		return nil
	})},
	{"is_first_party", func(a *application) any { return !a.OAuth.ThirdParty }, put("is_first_party", func(a *application, yes *bool) error {
		a.OAuth.ThirdParty = yes != nil && !*yes
		return nil
	})},
	{"organization_usage", func(a *application) any {
		if a.OAuth.Tenants == "" {
			return nil
		}
		return a.OAuth.Tenants
	}, put("organization_usage", func(a *application, use rolecall.TenantUse) error {
		a.OAuth.Tenants = use
		return nil
	})},
	{"jwt_configuration", func(a *application) any {
		return object{"alg": "RS256", "lifetime_in_seconds": seconds(a.OAuth.IDTokenLifetime, defaultIDLifetime), "secret_encoded": false}
	}, put("jwt_configuration", func(a *application, in struct {
		Algorithm string `json:"alg"`
		Lifetime  int    `json:"lifetime_in_seconds"`
	}) error {
		a.OAuth.IDTokenLifetime = in.Lifetime
		return oneOf("jwt_configuration.alg", in.Algorithm, "", "RS256") // ID tokens are signed by it alone
	})},
	{"refresh_token", (*application).showRefresh, (*application).setRefresh},
}

// listField is a member that is a list of texts.
func listField(name string, at func(*application) *[]string) field[*application] {
	return field[*application]{name, func(a *application) any { return append([]string{}, *at(a)...) },
		put(name, func(a *application, list []string) error {
			*at(a) = list
			return nil
		})}
}

func (a *application) showRefresh() any {
	o := object{"expiration_type": "non-expiring", "infinite_token_lifetime": true, "infinite_idle_token_lifetime": true}
	for name, value := range a.kept.Refresh {
		o[name] = value
	}
	o["rotation_type"], o["leeway"] = "non-rotating", a.OAuth.RefreshLeeway
	if a.OAuth.Rotate {
		o["rotation_type"] = "rotating"
	}
	o["token_lifetime"], o["idle_token_lifetime"] = seconds(a.OAuth.RefreshLifetime, defaultRefresh), seconds(a.OAuth.RefreshIdle, defaultIdle)
	return o
}

func (a *application) setRefresh(value json.RawMessage) error {
	var in struct {
		Rotation     string `json:"rotation_type"`
		Expiration   string `json:"expiration_type"`
		Leeway       int    `json:"leeway"`
		Lifetime     int    `json:"token_lifetime"`
		Idle         int    `json:"idle_token_lifetime"`
		Infinite     bool   `json:"infinite_token_lifetime"`
		InfiniteIdle bool   `json:"infinite_idle_token_lifetime"`
	}
	if err := scan("refresh_token", value, &in); err != nil {
		return err
	}
	if err := oneOf("refresh_token.rotation_type", in.Rotation, "", "rotating", "non-rotating"); err != nil {
		return err
	}
	if err := oneOf("refresh_token.expiration_type", in.Expiration, "", "expiring", "non-expiring"); err != nil {
		return err
	}
	a.kept.Refresh = nil
	if len(value) > 0 {
		a.kept.Refresh = members{}
		if err := json.Unmarshal(value, &a.kept.Refresh); err != nil {
			return err
		}
	}
	for _, name := range []string{"rotation_type", "leeway", "token_lifetime", "idle_token_lifetime"} {
		delete(a.kept.Refresh, name)
	}
	a.OAuth.Rotate, a.OAuth.RefreshLeeway = in.Rotation == "rotating", in.Leeway
	a.OAuth.RefreshLifetime, a.OAuth.RefreshIdle = in.Lifetime, in.Idle
	if in.Infinite || in.Expiration == "non-expiring" {
		a.OAuth.RefreshLifetime = endless
	}
	if in.InfiniteIdle || in.Expiration == "non-expiring" {
		a.OAuth.RefreshIdle = endless
	}
	return nil
}

// set puts what was sent into a client.
func (a *application) set(in members) (err error) {
	if err := apply(a, clientFields, &a.kept.Extra, in); err != nil {
		return err
	}
	a.Attributes, err = withMore(a.Attributes, a.kept)
	return err
}

// describeClient returns a client as this API shows it.
func (a *application) describe() object {
	o := show(a, clientFields, a.kept.Extra)
	if _, set := o["oidc_conformant"]; !set {
		o["oidc_conformant"] = false
	}
	return o
}

func loadApplication(k *rolecall.Client) (*application, error) {
	kept, err := more[clientMore](k.Attributes)
	return &application{Client: k, kept: kept}, err
}

// findClient returns the client with an id.
func findClient(ctx context.Context, v *rolecall.View, id string) (*application, error) {
	k, err := rolecall.Look(ctx, v, &rolecall.Client{ID: rolecall.SubjectID(id)})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = notFound.because("The client does not exist")
	}
	if err != nil {
		return nil, err
	}
	return loadApplication(k)
}

// listClients serves GET /clients.
func listClients(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	global, err := c.flag("is_global")
	if err != nil {
		return reply{}, err
	}
	first, err := c.flag("is_first_party")
	if err != nil {
		return reply{}, err
	}
	var kinds []string
	if text := c.text("app_type"); text != "" {
		kinds = strings.Split(text, ",")
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		clients, err := rolecall.All[*rolecall.Client](ctx, v, rolecall.Query{Kind: rolecall.KindClient})
		if err != nil {
			return err
		}
		var matching []*application
		for _, k := range clients {
			a, err := loadApplication(k)
			if err != nil {
				return err
			}
			if (global == nil || !*global) && (first == nil || *first != a.OAuth.ThirdParty) &&
				(kinds == nil || slices.Contains(kinds, a.appType())) {
				matching = append(matching, a)
			}
		}
		found, err := part(p, matching, func(a *application) string { return a.Key() })
		if err == nil {
			answer, err = c.answer(p, "clients", each(found.items, (*application).describe), found.total, found.next, nil)
		}
		return err
	})
}

// createClient serves POST /clients. Its answer is the one time that a secret
// is shown.
func createClient(c *call) (reply, error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	a := &application{Client: &rolecall.Client{ID: rolecall.SubjectID(rolecall.RandomText(32))}}
	a.OAuth.GrantTypes = defaultGrants
	a.OAuth.RefreshLifetime, a.OAuth.RefreshIdle = endless, endless
	if len(in["name"]) == 0 {
		return reply{}, required("name")
	}
	if err := a.set(in); err != nil {
		return reply{}, err
	}
	ops := []rolecall.Op{rolecall.Create(a.Client)}
	if a.OAuth.Public() {
		a.secret = ""
	} else {
		made, text, err := identity.NewSecret(a.ID, a.secret)
		if err != nil {
			return reply{}, badSecret(err)
		}
		a.secret = text
		ops = append(ops, rolecall.Create(made))
	}
	if err := c.write(ops...); err != nil {
		return reply{}, err
	}
	return reply{201, a.describe()}, nil
}

// badSecret names a secret as callers do.
func badSecret(err error) error {
	var field *rolecall.FieldError
	if errors.As(err, &field) && field.Field == "secret" {
		return invalidBody.because("client_secret %s", field.Rule)
	}
	return err
}

// getClient serves GET /clients/{id}.
func getClient(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		a, err := findClient(ctx, v, c.named["id"])
		if err == nil {
			answer, err = c.one(a.describe())
		}
		return err
	})
}

// updateClient serves PATCH /clients/{id}. A secret that is sent takes the place
// of those that are there.
func updateClient(c *call) (answer reply, err error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		a, err := findClient(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		if err := a.set(in); err != nil {
			return nil, err
		}
		ops := []rolecall.Op{rolecall.Update(a.Client)}
		if a.secret != "" {
			made, _, err := identity.NewSecret(a.ID, a.secret)
			if err != nil {
				return nil, badSecret(err)
			}
			forget, _, err := identity.RotateSecret(a.ID)
			if err != nil {
				return nil, err
			}
			ops = append(ops, forget[0], rolecall.Create(made))
		}
		a.secret = ""
		answer = ok(a.describe())
		return ops, nil
	})
}

// deleteClient serves DELETE /clients/{id}.
func deleteClient(c *call) (reply, error) {
	return c.vanish(rolecall.Delete(&rolecall.Client{ID: rolecall.SubjectID(c.named["id"])}))
}

// rotateSecret serves POST /clients/{id}/rotate-secret. The old secrets stop
// working at once.
func rotateSecret(c *call) (answer reply, err error) {
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		a, err := findClient(ctx, v, c.named["id"])
		if err != nil {
			return nil, err
		}
		ops, text, err := identity.RotateSecret(a.ID)
		a.secret = text
		answer = ok(a.describe())
		return ops, err
	})
}
