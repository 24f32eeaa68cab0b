package identity_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestTheFirstConnectionIsThereFromTheStart(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	c, err := w.Connection(ctx, identity.FirstConnectionName)
	if err != nil || c.ID != identity.FirstConnectionID || c.Strategy != "auth0" || !c.EnabledFor("any") || c.DisableSignup {
		t.Fatalf("Connection = %+v, %v", c, err)
	}
	c.Enable("spa", false)
	c.DisableSignup, c.Policy = true, identity.PolicyGood
	w.write(t, identity.SaveConnection(*c))
	c, err = w.Connection(ctx, identity.FirstConnectionID)
	if err != nil || c.EnabledFor("spa") || !c.EnabledFor("other") || !c.DisableSignup {
		t.Errorf("Connection after a change = %+v, %v", c, err)
	}
	rules, err := w.Rules(ctx)
	if err != nil || rules != (identity.PasswordRules{MinLength: 8, Lowercase: true, Uppercase: true, Number: true, NonAlphanumeric: true}) {
		t.Errorf("Rules = %+v, %v: the connection's are the project's", rules, err)
	}
	if all, err := w.Connections(ctx); err != nil || len(all) != 1 {
		t.Errorf("Connections = %d, %v, want 1", len(all), err)
	}
}

func TestAConnectionIsEnabledClientByClient(t *testing.T) {
	for _, all := range []bool{true, false} {
		c := identity.Connection{AllClients: all}
		for _, step := range []struct {
			client rolecall.SubjectID
			yes    bool
		}{{"a", true}, {"a", true}, {"a", false}, {"a", false}, {"b", true}, {"a", true}} {
			c.Enable(step.client, step.yes)
			if c.EnabledFor(step.client) != step.yes {
				t.Errorf("all %v: after Enable(%s, %v) it is not so: %+v", all, step.client, step.yes, c)
			}
		}
		if c.EnabledFor("other") != all {
			t.Errorf("all %v: another client's is %v", all, !all)
		}
	}
}

func TestConnectionsThatAreRefused(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	w.write(t, identity.SaveConnection(identity.Connection{ID: "con_1", Name: "Staff", Strategy: "auth0"}))
	for _, tt := range []struct {
		name string
		c    identity.Connection
		kind error
	}{
		{"no name", identity.Connection{ID: "con_2", Strategy: "auth0"}, rolecall.ErrInvalid},
		{"no strategy", identity.Connection{ID: "con_2", Name: "a"}, rolecall.ErrInvalid},
		{"a name with spaces", identity.Connection{ID: "con_2", Name: "a b", Strategy: "auth0"}, rolecall.ErrInvalid},
		{"an over-long name", identity.Connection{ID: "con_2", Name: strings.Repeat("a", 129), Strategy: "auth0"}, rolecall.ErrInvalid},
		{"an unknown policy", identity.Connection{ID: "con_2", Name: "a", Strategy: "auth0", Policy: "weak"}, rolecall.ErrInvalid},
		{"a name that is taken", identity.Connection{ID: "con_2", Name: "Staff", Strategy: "auth0"}, rolecall.ErrConflict},
		{"the first one's name", identity.Connection{ID: "con_2", Name: identity.FirstConnectionName, Strategy: "auth0"}, rolecall.ErrConflict},
		{"the first one by another name", identity.Connection{ID: identity.FirstConnectionID, Name: "Users", Strategy: "auth0"}, rolecall.ErrInvalid},
	} {
		before := w.rc.Revision()
		if _, err := w.rc.Write(ctx, rolecall.System("test"), identity.SaveConnection(tt.c)); !errors.Is(err, tt.kind) || w.rc.Revision() != before {
			t.Errorf("%s: %v, want %v and no change", tt.name, err, tt.kind)
		}
	}
	for id, kind := range map[string]error{identity.FirstConnectionID: rolecall.ErrInvalid, "con_9": rolecall.ErrNotFound} {
		if _, err := w.rc.Write(ctx, rolecall.System("test"), identity.DeleteConnection(id)); !errors.Is(err, kind) {
			t.Errorf("DeleteConnection(%s) = %v, want %v", id, err, kind)
		}
	}
	if _, err := w.Connection(ctx, "nope"); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("Connection(nope) = %v", err)
	}
}

func TestConnectionsOfATenantStandBesideOtherAttributes(t *testing.T) {
	tenant := &rolecall.Tenant{Attributes: rolecall.Attributes(`{"plan":"pro"}`)}
	want := []identity.TenantConnection{{Connection: identity.FirstConnectionID, Join: true, Signup: true}}
	if err := identity.SetTenantConnections(tenant, want); err != nil {
		t.Fatal(err)
	}
	got, err := identity.TenantConnections(tenant)
	if err != nil || !slices.Equal(got, want) || !strings.Contains(string(tenant.Attributes), `"plan":"pro"`) {
		t.Errorf("TenantConnections = %v, %v, in %s", got, err, tenant.Attributes)
	}
	if err := identity.SetTenantConnections(tenant, []identity.TenantConnection{{Connection: "c", Signup: true}}); !errors.Is(err, rolecall.ErrInvalid) {
		t.Errorf("sign-up without joining: %v", err)
	}
	if err := identity.SetTenantConnections(tenant, nil); err != nil || string(tenant.Attributes) != `{"plan":"pro"}` {
		t.Errorf("none: %s, %v", tenant.Attributes, err)
	}
}

func TestPasswordPoliciesAskMoreFromStepToStep(t *testing.T) {
	for _, tt := range []struct {
		policy identity.PasswordPolicy
		min    int
		want   identity.PasswordRules
	}{
		{"", 0, identity.DefaultRules},
		{"", 12, identity.PasswordRules{MinLength: 12}},
		{identity.PolicyNone, 0, identity.PasswordRules{MinLength: 1}},
		{identity.PolicyLow, 0, identity.PasswordRules{MinLength: 6}},
		{identity.PolicyFair, 0, identity.PasswordRules{MinLength: 8, Lowercase: true, Uppercase: true, Number: true}},
		{identity.PolicyExcellent, 0, identity.PasswordRules{MinLength: 10, Lowercase: true, Uppercase: true, Number: true, NonAlphanumeric: true}},
		{identity.PolicyExcellent, 6, identity.PasswordRules{MinLength: 6, Lowercase: true, Uppercase: true, Number: true, NonAlphanumeric: true}},
	} {
		if got := tt.policy.Rules(tt.min); got != tt.want {
			t.Errorf("%s, %d: %+v, want %+v", tt.policy, tt.min, got, tt.want)
		}
	}
}
