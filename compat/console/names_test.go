package console_test

import (
	"strings"
	"testing"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// Names of 160 characters without a space, from right to left and with emoji, make no
// page wider than its screen.
func TestLongNamesFitTheScreen(t *testing.T) {
	long := strings.Repeat("W", 100) + "👩‍👩‍👧‍👦 שלום " + strings.Repeat("x", 60)
	ops := world()
	for _, r := range []rc.Record{
		&rc.User{ID: "long", Name: long, Email: strings.Repeat("e", 50) + "@example.com"},
		&rc.Tenant{ID: "long", Name: long}, &rc.Role{ID: "long", Name: long, Description: long}, &rc.Group{ID: "longg", Name: long},
		&rc.Assignment{Subject: "long", Role: "long", Scope: rc.Scope{Tenant: "long"}, Reason: long},
		&rc.Assignment{Subject: "longg", Role: "viewer"}, &rc.GroupMember{Group: "longg", Member: "long"},
		&rc.Client{ID: "longc", Name: long, OAuth: rc.OAuth{Type: rc.MachineToMachine}},
		&rc.Constraint{ID: "long", Name: long, MaxAllowed: 1}, &rc.ConstraintRole{Constraint: "long", Role: "long"}, &rc.ConstraintRole{Constraint: "long", Role: "sre"},
	} {
		ops = append(ops, rc.Put(r))
	}
	srv := rolecalltest.New(t, ops...)
	hook := client.Webhook{ID: "hook_" + strings.Repeat("w", 60), URL: "https://localhost:1/" + strings.Repeat("u", 300), Description: strings.Repeat("W", 160), Tenant: "long", Disabled: true}
	if _, _, _, err := srv.Client().AddWebhook(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	b := newTab(t, srv)
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	for _, path := range []string{"/overview", "/users", "/users/long", "/roles/long", "/groups/longg", "/tenants/long", "/applications/longc", "/constraints", "/constraints/long", "/webhooks", "/webhooks/" + hook.ID, "/webhooks/" + hook.ID + "/edit",
		"/explain?subject=long&permission=invoices:read&tenant=long", "/assignments", "/t/long/overview", "/matrix", "/graph?subject=long&permission=invoices:read"} {
		b.open(path)
		for _, width := range []int{1440, 360} {
			b.Size(int64(width), 800)
			if wide := browser.Eval[int](b.Tab, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s is %d wide on a screen of %d", path, wide, width)
			}
		}
	}
}
