package pep_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
)

func TestTokenOnly(t *testing.T) {
	i := newIssuer(t, public("rsa", rsaKey()))
	guard := pep.New(pep.TokenOnly(), pep.JWT(i.verifier(t, nil)))
	in := func(tenant rolecall.TenantID) *pep.Guard {
		return guard.With(pep.Tenant(func(*http.Request) rolecall.TenantID { return tenant }))
	}
	tenants := map[string]any{"acme": map[string]any{"permissions": []string{"post.delete"}, "roles": []string{"Remover"}}}
	plain := i.token(t, map[string]any{"permissions": []string{"post.publish", "post.edit"}, "roles": []string{"Editor"}, "tenants": tenants})
	atAcme := i.token(t, map[string]any{"tenant": "acme", "permissions": []string{"post.publish", "post.delete"}, "roles": []string{"Editor"}, "tenants": tenants})
	empty := i.token(t, nil)

	for _, tt := range []struct {
		name    string
		guarded func(http.Handler) http.Handler
		token   string
		status  int
	}{
		{"a permission of the token", guard.Require("post.publish"), plain, 200},
		{"one that it lacks", guard.Require("post.delete"), plain, 403},
		{"any", guard.RequireAny("post.delete", "post.edit"), plain, 200},
		{"all", guard.RequireAll("post.publish", "post.edit"), plain, 200},
		{"all but one", guard.RequireAll("post.publish", "post.delete"), plain, 403},
		{"a token that says nothing", guard.Require("post.publish"), empty, 403},
		{"a role", guard.RequireRole("Editor"), plain, 200},
		{"a role that it lacks", guard.RequireRole("Remover"), plain, 403},
		{"somebody", guard.RequireLogin(), empty, 200},
		{"any permission", guard.RequireAnyPermission(), plain, 200},
		{"any permission of none", guard.RequireAnyPermission(), empty, 403},
		{"any role", guard.RequireAnyRole(), plain, 200},
		{"any role of none", guard.RequireAnyRole(), empty, 403},
		{"another API's permission of that name", guard.With(pep.API("https://other.example")).Require("post.publish"), plain, 403},
		{"the default API's permission of that name", guard.With(pep.API("")).Require("post.publish"), plain, 403},

		{"what is held everywhere, in a tenant", in("acme").Require("post.publish"), plain, 200},
		{"what is held in the tenant", in("acme").Require("post.delete"), plain, 200},
		{"a role in the tenant", in("acme").RequireRole("Remover"), plain, 200},
		{"what is held in another", in("globex").Require("post.delete"), plain, 403},
		{"a token made for the tenant", in("acme").Require("post.delete"), atAcme, 200},
		{"a token made for a tenant, where none is asked: it does not say what is held everywhere", guard.Require("post.publish"), atAcme, 403},
		{"a token made for a tenant, in another", in("globex").Require("post.publish"), atAcme, 403},
		{"the tenant that the token is for", guard.With(pep.Tenant(pep.TokenTenant)).Require("post.delete"), atAcme, 200},
		{"the tenant of a token that is for none", guard.With(pep.Tenant(pep.TokenTenant)).Require("post.delete"), plain, 403},

		{"groups, of which a token says nothing", guard.RequireGroup("staff"), plain, 503},
		{"any group", guard.RequireAnyGroup(), plain, 503},
		{"any of several groups", guard.RequireGroup("staff", "guests"), plain, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if w := get(tt.guarded(hello), "", "Authorization", "Bearer "+tt.token); w.Code != tt.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}

	t.Run("without a token", func(t *testing.T) {
		if w := get(pep.New(pep.TokenOnly(), pep.Subject(session)).RequireLogin()(hello), "alice"); w.Code != 503 {
			t.Errorf("%d, want 503", w.Code)
		}
	})
	t.Run("about somebody else, or nothing", func(t *testing.T) {
		probe := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, req := range []rolecall.Request{
				{Subject: "bob", API: audience, Permission: "post.publish"},
				{Subject: "alice"},
				{Subject: "alice", API: audience, Permission: "post.publish", Role: "Editor"},
			} {
				if d, err := pep.TokenOnly().Check(r.Context(), req); d.Allowed || err != nil {
					t.Errorf("%+v: %+v, %v", req, d, err)
				}
			}
		})
		get(guard.RequireLogin()(probe), "", "Authorization", "Bearer "+plain)
	})
}

// TestCallerOfAPublicPage asks about whoever comes by, on a route without a guard.
func TestCallerOfAPublicPage(t *testing.T) {
	i := newIssuer(t, public("rsa", rsaKey()))
	for name, checker := range map[string]rolecall.Checker{"live": blog(t), "token only": pep.TokenOnly()} {
		guard := pep.New(checker, pep.JWT(i.verifier(t, nil)))
		ask := func(header string) *pep.Caller {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			return guard.Caller(r)
		}
		good := "Bearer " + i.token(t, map[string]any{"permissions": []string{"post.publish"}})
		if me := ask(good); !me.Can("post.publish") || me.Can("post.delete") || me.Subject != "alice" || me.Claims == nil || me.Err() != nil {
			t.Errorf("%s: a good token gives %+v", name, me)
		}
		if me := ask(""); me.Can("post.publish") || me.Subject != "" || me.Err() != nil {
			t.Errorf("%s: nobody gives %+v", name, me)
		}
		if me := ask("Bearer abc"); me.Can("post.publish") || !errors.Is(me.Err(), pep.ErrBadCredentials) {
			t.Errorf("%s: a bad token gives %+v", name, me)
		}
	}
}
