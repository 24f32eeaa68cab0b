package console_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// shots are the pages, by the name of their picture.
var shots = []struct{ name, path string }{
	{"overview", "/overview"},
	{"matrix", "/matrix"},
	{"explain", "/explain"},
	{"explain-yes", "/explain?subject=ada&permission=invoices:read&tenant=acme"},
	{"explain-no", "/explain?subject=ada&permission=refunds:approve"},
	{"explain-wrong", "/explain?subject=nobody&permission=invoices:read"},
	{"who-can", "/who-can?permission=invoices:read"},
	{"what-can", "/what-can?subject=ada&tenant=acme"},
	{"graph", "/graph"},
	{"graph-user", "/graph?subject=ada&tenant=acme&permission=invoices:read"},
	{"audit", "/audit"},
	{"sign-ins", "/audit/sign-ins"},
	{"audit-filtered", "/audit?kind=assignment&about=ada"},
	{"applications", "/applications"},
	{"application", "/applications/portal"},
	{"new-application", "/new/application"},
	{"api-tokens", "/apis/billing/tokens"},
	{"preview", "/applications/portal/preview?api=billing&subject=ada&tenant=acme"},
	{"constraints", "/constraints"},
	{"constraint", "/constraints/two-hands"},
	{"sessions", "/sessions"},
	{"settings", "/settings"},
	{"rotate", "/settings/rotate"},
	{"users", "/users"},
	{"user", "/users/ada?in=acme"},
	{"new-user", "/new/user"},
	{"assign", "/assign?id=ada"},
	{"assignments", "/assignments"},
	{"grants", "/grants"},
	{"groups", "/groups"},
	{"group", "/groups/finance"},
	{"roles", "/roles"},
	{"role", "/roles/support-lead"},
	{"compare", "/compare?a=support-lead&b=accountant"},
	{"permissions", "/permissions"},
	{"permission", "/permissions/invoices:read"},
	{"apis", "/apis"},
	{"api", "/apis/billing"},
	{"tenants", "/tenants"},
	{"tenant", "/tenants/acme"},
	{"keys", "/keys"},
	{"webhooks", "/webhooks"},
	{"webhook", "/webhooks/hook_intranet"},
	{"new-webhook", "/new/webhook"},
	{"account", "/account"},
	{"search", "/search?q=ac"},
	{"help", "/help"},
	{"in-tenant", "/t/acme/users"},
	{"overview-in-tenant", "/t/acme/overview"},
}

// questions are dialogs: the page that has them, and the control that opens each.
var questions = []struct{ name, path, opens string }{
	{"dialog-block", "/users/grace", "Block"},
	{"dialog-assign", "/users/ada", "Assign a role"},
	{"dialog-delete-role", "/roles/sre", "Delete"},
	{"dialog-new-user", "/users", "New user"},
	{"dialog-invite", "/tenants/acme", "Invite"},
	{"dialog-keys", "/users", "Keys"},
	{"dialog-new-webhook", "/webhooks", "New webhook"},
	{"dialog-disable-webhook", "/webhooks/hook_intranet", "Disable"},
	{"dialog-test-webhook", "/webhooks/hook_intranet", "Send a test"},
	{"dialog-verify", "/audit", "Verify the chain"},
}

// pictures are those of the README, 1280 pixels wide. They are copied by hand
// to docs/pictures, when they look well.
var pictures = []struct{ name, theme, path, opens string }{
	{"matrix", "dark", "/matrix", ""},
	{"user", "light", "/users/ada?in=acme", ""},
	{"question", "light", "/users/grace", "Block"},
	{"explain", "dark", "/explain?subject=ada&permission=invoices:read&tenant=acme", ""},
}

// TestScreenshots makes a picture of every page, light and dark, wide and
// narrow, in the folder SCREENSHOTS: see make screenshots. ONLY names some,
// EMPTY=1 takes a project that nobody has used yet.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		t.Skip("SCREENSHOTS names no folder")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	ops := world()
	if os.Getenv("EMPTY") != "" { // a project that nobody has used yet
		ops = nil
	}
	srv := rolecalltest.New(t, ops...)
	if len(ops) > 0 {
		hooked(t, srv)
	}
	b := newTab(t, srv)
	shoot := func(name string) {
		shot := chromedp.FullScreenshot(100)
		if strings.HasPrefix(name, "dialog-") || strings.HasPrefix(name, "readme-") {
			shot = chromedp.CaptureScreenshot()
		}
		picture, err := chromedp.Run(b.Ctx, shot)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.open("/sign-in")
	shoot("sign-in")
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	only, failed := strings.Fields(os.Getenv("ONLY")), broken(t)
	for _, p := range pictures {
		if len(only) > 0 && !contains(only, "readme") {
			continue
		}
		b.theme(p.theme)
		b.Size(1280, 800)
		b.open(p.path)
		if p.opens != "" {
			b.click(p.opens)
			b.Until("document.querySelector('dialog[open]')")
		}
		b.Do(chromedp.Sleep(60 * time.Millisecond))
		shoot("readme-" + p.name)
	}
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		for _, width := range []struct {
			name string
			size int64
		}{{"wide", 1440}, {"narrow", 360}} {
			b.Size(width.size, 900)
			for _, s := range shots {
				if len(only) > 0 && !contains(only, s.name) {
					continue
				}
				b.open(s.path)
				b.Do(chromedp.Sleep(60 * time.Millisecond)) // for the font
				shoot(s.name + "-" + theme + "-" + width.name)
			}
		}
		for name, address := range map[string]string{"outside": srv.URL + "nowhere", "failed": failed + "/admin/users"} {
			if len(only) == 0 || contains(only, name) {
				b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
					_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
					return err
				}))
				for _, width := range []int64{1440, 360} {
					b.Size(width, 700)
					b.Open(address)
					shoot(fmt.Sprintf("%s-%s-%d", name, theme, width))
				}
			}
		}
		for _, q := range questions {
			if len(only) > 0 && !contains(only, q.name) {
				continue
			}
			b.Size(1440, 900)
			b.open(q.path)
			b.click(q.opens)
			b.Until("document.querySelector('dialog[open]')")
			shoot(q.name + "-" + theme)
			b.Size(360, 800)
			shoot(q.name + "-" + theme + "-narrow")
		}
		b.Size(1440, 900)
	}
}

// theme chooses colours.
func (b *tab) theme(name string) {
	b.T.Helper()
	b.Size(1440, 900)
	b.open("/account")
	browser.Eval[bool](b.Tab, `(document.querySelector('.theme [value=`+name+`]').click(), true)`)
	b.Until("document.documentElement.dataset.theme === " + browser.JS(name))
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}
