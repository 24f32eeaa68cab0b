package console_test

import (
	"strings"
	"testing"
	"time"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// hooked gives a server webhooks: one that fails, since its address is of this
// machine, one that nothing concerns, and a disabled one. None asks another host.
func hooked(t *testing.T, srv *rolecalltest.Server) {
	t.Helper()
	for _, w := range []client.Webhook{
		{ID: "hook_intranet", URL: "https://localhost:1/rolecall", Description: "The intranet’s directory", Kinds: []rc.Kind{rc.KindSetting}},
		{ID: "hook_mirror", URL: "https://mirror.example.com/hooks/rolecall", Kinds: []rc.Kind{rc.KindSigningKey, rc.KindInvitation, rc.KindInvitationRole}},
		{ID: "hook_acme", URL: "https://it.acme.example/rolecall", Description: "Acme’s own", Tenant: "acme", Disabled: true},
	} {
		if _, _, _, err := srv.Client().AddWebhook(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(browser.Patience); ; time.Sleep(20 * time.Millisecond) {
		all, err := srv.Client().Webhooks(t.Context())
		if err != nil || time.Now().After(end) {
			t.Fatalf("no webhook fails: %+v, %v", all, err)
		}
		for _, w := range all {
			if w.ID == "hook_intranet" && w.Error != "" {
				return
			}
		}
	}
}

// A webhook is made, changed, tested, given a new secret, disabled and deleted, all
// in dialogs. Each secret is shown once.
func TestTheLifeOfAWebhook(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	complaints, elsewhere := b.complaints(), b.elsewhere()
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.open("/webhooks")
	b.Sees("Nobody is told of changes yet.")
	b.click("New webhook")
	b.dialog("New webhook")
	b.fill("url", "http://localhost:1/rolecall", "description", "The intranet", "tenant", "Acme Corporation")
	b.Click(`dialog[open] [name="kinds"][value="signing_key"]`)
	b.click("Create")
	b.dialog("must be https")
	b.Until(`document.querySelector('dialog[open] [name="kinds"][value="signing_key"]').checked`)
	browser.Eval[bool](b.Tab, `(document.querySelector('dialog[open] [name="url"]').value = '', true)`)
	b.fill("url", "https://localhost:1/rolecall")
	b.click("Create")
	b.dialog("This is the only time")
	first := secret(b)
	b.Leads(func() { b.click("I have it") })
	b.Sees("nothing told yet")
	for _, text := range []string{"https://localhost:1/rolecall", "The intranet", "signing key", "Acme Corporation"} {
		b.Sees(text)
	}
	if strings.Contains(b.Text("body"), first) {
		t.Error("the secret is shown a second time")
	}

	b.click("Edit")
	b.dialog("Edit hook_")
	browser.Eval[bool](b.Tab, `(document.querySelector('dialog[open] [name="tenant"]').value = '', true)`)
	b.Click(`dialog[open] [name="kinds"][value="session"]`)
	b.click("Save")
	b.says("The webhook is saved")
	if text := b.Text(".facts"); !strings.Contains(text, "session") || !strings.Contains(text, "signing key") || strings.Contains(text, "Acme") {
		t.Errorf("it is told of:\n%s", text)
	}

	b.click("Send a test")
	b.dialog("It did not take the test")
	b.dialog("the address is not public")
	b.click("Done")
	b.Until("!document.querySelector('dialog[open]')")

	b.click("New secret")
	b.dialog("refuses it until they have that")
	b.click("Rotate")
	b.dialog("This is the only time")
	if second := secret(b); second == first {
		t.Error("the secret is the same")
	}
	b.Leads(func() { b.click("I have it") })
	b.Sees("gave the webhook")

	b.click("Disable")
	b.dialog("It is told nothing until it is enabled")
	b.click("Disable")
	b.says("The webhook is disabled")
	b.click("Enable")
	b.dialog("also what it missed")
	b.click("Enable")
	b.says("The webhook is enabled")
	b.click("Delete")
	b.dialog("It is told nothing more")
	b.click("Delete")
	b.says("The webhook is deleted")
	b.Sees("Nobody is told of changes yet.")
	for _, url := range elsewhere() {
		t.Errorf("another host was asked: %s", url)
	}
	for _, text := range complaints() {
		t.Errorf("the browser complains: %s", text)
	}
}

// secret is the secret that the dialog shows.
func secret(b *tab) string {
	b.T.Helper()
	b.Until("document.querySelector('dialog[open] pre')?.innerText.startsWith('whs_')")
	return strings.TrimSpace(b.Text("dialog[open] pre"))
}

func TestAWebhookWithoutScripts(t *testing.T) {
	srv := rolecalltest.New(t)
	b := newTab(t, srv)
	b.withoutScripts()
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.open("/webhooks")
	press := func(selector string) { t.Helper(); b.Leads(func() { b.Click(selector) }) }
	press(".head a.primary")
	b.Type("#f-url", "https://localhost:1/rolecall")
	b.Click(`[name="kinds"][value="signing_key"]`)
	press("main .form .primary")
	b.Until("document.querySelector('main pre')?.innerText.startsWith('whs_')")
	press("main .primary")
	b.Sees("nothing told yet")
	press(".actions .danger")
	press(`[name="confirm"]`)
	b.Until("document.querySelector('.flash')?.innerText.includes('is disabled')")
	all, err := srv.Client().Webhooks(t.Context())
	if err != nil || len(all) != 1 || !all[0].Disabled || len(all[0].Kinds) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}
