package rolecall_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

func TestWhatAnApplicationMayBe(t *testing.T) {
	for _, tt := range []struct {
		name  string
		oauth rolecall.OAuth
		field string // "" means that it may
	}{
		{"a machine", rolecall.OAuth{}, ""},
		{"a web application", rolecall.OAuth{Type: rolecall.WebApplication, Auth: rolecall.AuthSecret, RedirectURIs: []string{"https://app.example.com/callback?x=1"}}, ""},
		{"on loopback", rolecall.OAuth{RedirectURIs: []string{"http://127.0.0.1:3000/cb", "http://localhost"}}, ""},
		{"on a device", rolecall.OAuth{RedirectURIs: []string{"com.example.app:/callback"}}, ""},
		{"a script as a redirect", rolecall.OAuth{RedirectURIs: []string{"JavaScript:alert(1)"}}, "oauth.redirect_uris"},
		{"a document as a logout", rolecall.OAuth{LogoutURIs: []string{"data:text/html,x"}}, "oauth.logout_uris"},
		{"a fragment", rolecall.OAuth{RedirectURIs: []string{"https://app.example.com/#x"}}, "oauth.redirect_uris"},
		{"an empty fragment", rolecall.OAuth{RedirectURIs: []string{"https://app.example.com/#"}}, "oauth.redirect_uris"},
		{"a relative URI", rolecall.OAuth{RedirectURIs: []string{"/callback"}}, "oauth.redirect_uris"},
		{"no host", rolecall.OAuth{RedirectURIs: []string{"https:///callback"}}, "oauth.redirect_uris"},
		{"a wildcard", rolecall.OAuth{RedirectURIs: []string{"https://*.example.com/"}}, "oauth.redirect_uris"},
		{"a password", rolecall.OAuth{RedirectURIs: []string{"https://a:b@example.com/"}}, "oauth.redirect_uris"},
		{"too many", rolecall.OAuth{RedirectURIs: make([]string, 101)}, "oauth.redirect_uris"},
		{"an origin", rolecall.OAuth{WebOrigins: []string{"https://app.example.com:8443"}}, ""},
		{"an origin with a path", rolecall.OAuth{WebOrigins: []string{"https://app.example.com/"}}, "oauth.web_origins"},
		{"an origin in capitals", rolecall.OAuth{CORSOrigins: []string{"https://App.example.com"}}, "oauth.cors_origins"},
		{"any origin", rolecall.OAuth{CORSOrigins: []string{"*"}}, "oauth.cors_origins"},
		{"an unknown grant", rolecall.OAuth{GrantTypes: []rolecall.GrantType{"magic"}}, "oauth.grant_types"},
		{"an unknown type", rolecall.OAuth{Type: "toaster"}, "oauth.type"},
		{"a negative lifetime", rolecall.OAuth{IDTokenLifetime: -1}, "oauth.id_token_lifetime"},
		{"a login page that is a script", rolecall.OAuth{LoginURI: "javascript:x"}, "oauth.login_uri"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			_, err := s.Write(t.Context(), rolecall.System("test"), rolecall.Create(&rolecall.Client{ID: "app", Name: "App", OAuth: tt.oauth}))
			var at *rolecall.FieldError
			switch {
			case tt.field == "" && err != nil:
				t.Errorf("Create: %v", err)
			case tt.field != "" && (!errors.As(err, &at) || at.Field != tt.field || !errors.Is(err, rolecall.ErrInvalid)):
				t.Errorf("Create: %v, want %s refused", err, tt.field)
			}
		})
	}
}

func TestPermissionsInATokenTakeEnforcement(t *testing.T) {
	s := newStage(t)
	make := func(rules rolecall.TokenRules) error {
		_, err := s.Write(t.Context(), rolecall.System("test"), rolecall.Put(&rolecall.API{ID: "blog", Identifier: "blog", Name: "Blog", Tokens: rules}))
		return err
	}
	if err := make(rolecall.TokenRules{Permissions: true}); err == nil || !strings.Contains(err.Error(), "tokens.permissions") {
		t.Errorf("permissions without enforce: %v", err)
	}
	if err := make(rolecall.TokenRules{Permissions: true, Enforce: true, Profile: rolecall.ProfileRFC9068}); err != nil {
		t.Error(err)
	}
}

// An application that acts in users' names could act in an owner's.
func TestOnlyAnOwnerLetsAnApplicationAdministerInUsersNames(t *testing.T) {
	s := escalationStage(t)
	s.add(&rolecall.Client{ID: "app", Name: "App"}, &rolecall.API{ID: "blog", Identifier: "blog", Name: "Blog"})
	for _, tt := range []struct {
		by    rolecall.SubjectID
		grant rolecall.ClientGrant
		want  error
	}{
		{"adam", rolecall.ClientGrant{ID: "1", Client: "app", API: rolecall.AdminAPI, For: rolecall.ForUser}, rolecall.ErrEscalation},
		{"adam", rolecall.ClientGrant{ID: "2", Client: "app", API: rolecall.AdminAPI, For: rolecall.ForClient}, nil},
		{"adam", rolecall.ClientGrant{ID: "3", Client: "app", API: "blog", For: rolecall.ForUser}, nil},
		{"olga", rolecall.ClientGrant{ID: "4", Client: "app", API: rolecall.AdminAPI, For: rolecall.ForUser}, nil},
		{"bob", rolecall.ClientGrant{ID: "5", Client: "app", API: "blog"}, rolecall.ErrForbidden},
		{"olga", rolecall.ClientGrant{ID: "6", Client: "app", API: "blog", For: rolecall.ForUser}, rolecall.ErrConflict},
		{"olga", rolecall.ClientGrant{ID: "7", Client: "bob", API: "blog"}, rolecall.ErrNotFound},
	} {
		if err := s.as(tt.by, rolecall.Create(&tt.grant)); !errors.Is(err, tt.want) {
			t.Errorf("grant %s by %s: %v, want %v", tt.grant.ID, tt.by, err, tt.want)
		}
	}
	if err := s.as("olga", rolecall.Modify(&rolecall.ClientGrant{ID: "3"}, func(g *rolecall.ClientGrant) error { g.API = rolecall.AdminAPI; return nil })); !errors.Is(err, rolecall.ErrInvalid) {
		t.Errorf("a grant moved to another API: %v", err)
	}
}

// Whoever decides where such an application's sign-in leads, or knows its secret,
// gets the tokens by which it administers.
func TestOnlyAnOwnerChangesAnApplicationThatAdministersInUsersNames(t *testing.T) {
	app := func(change func(*rolecall.Client)) rolecall.Op {
		return rolecall.Modify(&rolecall.Client{ID: "app"}, func(c *rolecall.Client) error { change(c); return nil })
	}
	leads := app(func(c *rolecall.Client) { c.OAuth.RedirectURIs = []string{"https://evil.example.com/"} })
	proof := func(id rolecall.CredentialID, kind rolecall.CredentialType) rolecall.Op {
		return rolecall.Create(&rolecall.Credential{ID: id, Subject: "app", Type: kind, Hash: rolecall.Secret("known")})
	}
	for _, tt := range []struct {
		name string
		by   rolecall.SubjectID
		ops  []rolecall.Op
		want error // nil: allowed
	}{
		{"where it leads", "adam", []rolecall.Op{leads}, rolecall.ErrEscalation},
		{"where it leads, by an owner", "olga", []rolecall.Op{leads}, nil},
		{"by which grants", "adam", []rolecall.Op{app(func(c *rolecall.Client) { c.OAuth.GrantTypes = []rolecall.GrantType{rolecall.GrantPassword} })}, rolecall.ErrEscalation},
		{"what it is called", "adam", []rolecall.Op{app(func(c *rolecall.Client) { c.Name = "The app" })}, nil},
		{"blocking it", "adam", []rolecall.Op{app(func(c *rolecall.Client) { c.Blocked = true })}, nil},
		{"a secret", "adam", []rolecall.Op{proof("s", rolecall.ClientSecret)}, rolecall.ErrEscalation},
		{"a key, which is as good", "adam", []rolecall.Op{proof("k", rolecall.AccessKey)}, rolecall.ErrEscalation},
		{"a secret, by an owner", "olga", []rolecall.Op{proof("s", rolecall.ClientSecret)}, nil},
		{"where it leads, with its leave taken away", "adam", []rolecall.Op{rolecall.Delete(&rolecall.ClientGrant{ID: "leave"}), leads}, nil},
		{"where another leads", "adam", []rolecall.Op{rolecall.Modify(&rolecall.Client{ID: "other"}, func(c *rolecall.Client) error {
			c.OAuth.RedirectURIs = []string{"https://evil.example.com/"}
			return nil
		})}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := escalationStage(t)
			s.add(
				&rolecall.Client{ID: "app", Name: "App", OAuth: rolecall.OAuth{Type: rolecall.SinglePage}},
				&rolecall.Client{ID: "other", Name: "Other"},
				&rolecall.ClientGrant{ID: "leave", Client: "app", API: rolecall.AdminAPI, For: rolecall.ForUser},
				&rolecall.ClientGrant{ID: "own", Client: "other", API: rolecall.AdminAPI, For: rolecall.ForClient},
			)
			if err := s.as(tt.by, tt.ops...); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// Tokens of an API that no longer enforces say what their bearer asked for.
func TestToEnforceNoLongerGivesWhatAnAPIKnows(t *testing.T) {
	blog := func(enforce bool) *rolecall.API {
		return &rolecall.API{ID: "blog", Identifier: "blog", Name: "Blog", Tokens: rolecall.TokenRules{Enforce: enforce}}
	}
	for _, tt := range []struct {
		name     string
		by       rolecall.SubjectID
		was, is  bool
		holdings []rolecall.Record // of adam's
		want     error
	}{
		{"by who holds nothing of it", "adam", true, false, nil, rolecall.ErrEscalation},
		{"by who holds some of it", "adam", true, false, []rolecall.Record{direct("adam", "post", everywhere)}, rolecall.ErrEscalation},
		{"by who holds all of it", "adam", true, false, []rolecall.Record{direct("adam", "post", everywhere), direct("adam", "edit", everywhere)}, nil},
		{"by an owner", "olga", true, false, nil, nil},
		{"what never enforced", "adam", false, false, nil, nil},
		{"to begin", "adam", false, true, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := escalationStage(t)
			s.add(blog(tt.was), &rolecall.Permission{ID: "post", API: "blog", Name: "post"}, &rolecall.Permission{ID: "edit", API: "blog", Name: "edit"})
			s.add(tt.holdings...)
			changed := blog(tt.is)
			changed.Description = "changed"
			if err := s.as(tt.by, rolecall.Update(changed)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWhatInvitingTakes(t *testing.T) {
	invite := func(tenant rolecall.TenantID, roles ...rolecall.RoleID) []rolecall.Op {
		ops := []rolecall.Op{rolecall.Create(&rolecall.Invitation{ID: "inv", Tenant: tenant, Email: "zoe@example.com",
			Validity: rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}})}
		for _, r := range roles {
			ops = append(ops, rolecall.Create(&rolecall.InvitationRole{Invitation: "inv", Role: r, Tenant: tenant}))
		}
		return ops
	}
	for _, tt := range []struct {
		name string
		by   rolecall.SubjectID
		ops  []rolecall.Op
		want error
	}{
		{"to one's tenant, with a role one holds there", "tina", invite("acme", "reader"), nil},
		{"without a role", "tina", invite("acme"), nil},
		{"with a role one does not hold", "tina", invite("acme", "writer"), rolecall.ErrEscalation},
		{"with the tenant's own role, stronger than oneself", "tina", invite("acme", "acme-writer"), rolecall.ErrEscalation},
		{"to another tenant", "tina", invite("globex", "reader"), rolecall.ErrForbidden},
		{"to the project, by a tenant's owner", "tina", invite(""), rolecall.ErrForbidden},
		{"with another tenant's role", "olga", invite("globex", "acme-writer"), rolecall.ErrInvalid},
		{"by an owner, with any", "olga", invite("acme", "writer"), nil},
		{"by nobody in particular", "bob", invite("acme"), rolecall.ErrForbidden},
		{"with an unknown role", "olga", invite("acme", "none"), rolecall.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := escalationStage(t)
			if err := s.as(tt.by, tt.ops...); !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if tt.want != nil {
				return
			}
			err := s.as(tt.by, rolecall.Modify(&rolecall.Invitation{ID: "inv"}, func(i *rolecall.Invitation) error { i.Email = "mallory@example.com"; return nil }))
			if !errors.Is(err, rolecall.ErrInvalid) {
				t.Errorf("an invitation was changed: %v", err)
			}
			if err := s.as("tina", rolecall.Create(&rolecall.InvitationRole{Invitation: "inv", Role: "writer", Tenant: "acme"})); !errors.Is(err, rolecall.ErrEscalation) && !errors.Is(err, rolecall.ErrConflict) {
				t.Errorf("a stronger role was added: %v", err)
			}
		})
	}
}

func TestAnInvitationGoesWithItsTenant(t *testing.T) {
	s := escalationStage(t)
	s.add(&rolecall.Invitation{ID: "inv", Tenant: "globex", Email: "z@example.com", Validity: rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}},
		&rolecall.InvitationRole{Invitation: "inv", Role: "reader", Tenant: "globex"})
	if err := s.as("olga", rolecall.Delete(&rolecall.Tenant{ID: "globex"})); err != nil {
		t.Fatal(err)
	}
	if _, err := rolecall.Find(t.Context(), s.Service, rolecall.System("test"), &rolecall.Invitation{ID: "inv"}); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("the invitation to a deleted tenant: %v", err)
	}
}

func TestAnInvitationIsOfTheFuture(t *testing.T) {
	s := escalationStage(t)
	for _, at := range []time.Time{{}, noon, noon.Add(-time.Hour)} {
		err := s.as("olga", rolecall.Create(&rolecall.Invitation{ID: "inv", Email: "z@example.com", Validity: rolecall.Validity{ExpiresAt: at}}))
		if !errors.Is(err, rolecall.ErrInvalid) {
			t.Errorf("one that expires at %v: %v", at, err)
		}
	}
}
