package console_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// click presses the first link or button whose label is this, in the dialog if
// there is one.
func (b *tab) click(label string) {
	b.T.Helper()
	found := browser.Eval[bool](b.Tab, `(() => {
		const within = document.querySelector('dialog[open]') || document;
		const all = [...within.querySelectorAll('a, button')].filter(e => e.checkVisibility() && (e.firstChild?.textContent || e.textContent).trim() === `+browser.JS(label)+`);
		all[0]?.click();
		return all.length > 0;
	})()`)
	if !found {
		b.T.Fatalf("there is no %q at %s:\n%s", label, b.At(), b.Text("body"))
	}
}

// dialog waits until the dialog shows a text.
func (b *tab) dialog(text string) {
	b.T.Helper()
	b.Until("document.querySelector('dialog[open]')?.innerText.includes(" + browser.JS(text) + ")")
}

// says waits until the page says what was done.
func (b *tab) says(text string) {
	b.T.Helper()
	b.Until("!document.querySelector('dialog[open]') && document.querySelector('.flash')?.innerText.includes(" + browser.JS(text) + ")")
}

// fill types into the fields of the dialog, by their names.
func (b *tab) fill(pairs ...string) {
	b.T.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Type(`dialog[open] [name="`+pairs[i]+`"]`, pairs[i+1])
	}
}

// A permission, a role, a user, an assignment; and back: all in dialogs, each
// change asked about with who gains and who loses.
func TestFromPermissionToUserAndBack(t *testing.T) {
	srv := rolecalltest.New(t)
	b := newTab(t, srv)
	complaints := b.complaints()
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)

	b.open("/permissions")
	b.click("New permission")
	b.dialog("New permission")
	b.fill("name", "post.publish", "description", "Show a post to everybody")
	b.click("Create")
	b.says("The permission is created")

	b.open("/roles")
	b.click("New role")
	b.dialog("New role")
	b.fill("name", "Editor")
	b.click("Create")
	b.says("The role is created")
	b.click("Add a permission")
	b.dialog("Give Editor a permission")
	b.fill("permission", "post.publish")
	b.click("Preview")
	b.dialog("Nobody gains or loses")
	b.click("Give it")
	b.says("Editor gives post.publish now")

	b.open("/users")
	b.click("New user")
	b.dialog("New user")
	b.fill("name", "Ada Lovelace", "email", "ada@example.com")
	b.click("Create")
	b.says("The user is created")
	user := rc.SubjectID(b.At()[strings.LastIndex(b.At(), "/")+1:])
	may := func() bool {
		t.Helper()
		d, err := srv.Rolecall.Check(t.Context(), rc.Request{Subject: user, Permission: "post.publish"})
		if err != nil {
			t.Fatal(err)
		}
		return d.Allowed
	}

	b.click("Assign a role")
	b.dialog("Assign a role")
	b.fill("role", "Editro")
	b.click("Preview")
	b.dialog("does not exist here")
	b.Do(chromedp.SetValue(chromedp.CSS(`dialog[open] [name="role"]`), "Editor"))
	b.click("Preview")
	b.dialog("1 gains")
	if text := b.Text("dialog"); !strings.Contains(text, "Ada Lovelace") || !strings.Contains(text, "post.publish") {
		t.Errorf("the question says:\n%s", text)
	}
	if may() {
		t.Fatal("it was written before it was confirmed")
	}
	b.fill("reason", "writes the blog")
	b.click("Assign")
	b.says("now holds Editor everywhere")
	if !may() {
		t.Fatal("the assignment gives nothing")
	}
	if text := b.Text("#effective"); !strings.Contains(text, "post.publish") || !strings.Contains(text, "Editor") {
		t.Errorf("the effective permissions say:\n%s", text)
	}
	if text := b.Text("#timeline"); !strings.Contains(text, "gave the role Editor everywhere") || !strings.Contains(text, "writes the blog") {
		t.Errorf("the timeline says:\n%s", text)
	}

	b.click("Unassign")
	b.dialog("1 loses")
	b.click("Cancel")
	b.Until("!document.querySelector('dialog[open]')")
	if !may() {
		t.Fatal("cancelling took the role away")
	}
	b.click("Unassign")
	b.dialog("1 loses")
	b.Type("dialog[open] #reason", "left the team\r") // Enter confirms
	b.says("does not hold Editor everywhere any more")
	if may() {
		t.Fatal("the role was not taken away")
	}
	for _, text := range complaints() {
		t.Errorf("the browser complains: %s", text)
	}
}

// goes presses g and a letter, one right after the other: between two commands of
// the protocol a busy machine may take longer than they belong together.
func (b *tab) goes(letter string) {
	b.T.Helper()
	browser.Eval[bool](b.Tab, "['g', "+browser.JS(letter)+"].map(key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}))).length === 2")
}

// enter presses Enter, or goes on holding it, by one command. As several, what the key opens may have come
// before the last of them, which then is for what that has in it.
func (b *tab) enter(held bool) {
	b.T.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13, AutoRepeat: &held})
		return err
	}))
}

func TestTheKeyboard(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.open("/roles")
	b.goes("u")
	b.Until("location.pathname.endsWith('/users') && document.documentElement.classList.contains('js')")
	b.Do(chromedp.KeyEvent("?"))
	b.dialog("Search everything")
	b.Do(chromedp.KeyEvent(kb.Escape))
	b.Until("!document.querySelector('dialog[open]')")

	// As an event: the protocol would type the slash even if the page prevents it.
	browser.Eval[bool](b.Tab, "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true, cancelable: true}))")
	b.Do(chromedp.KeyEvent("grace"))
	b.Until("document.querySelectorAll('#results tbody tr').length === 1 && location.search.includes('q=grace')")

	b.Do(chromedp.KeyEvent("k", chromedp.KeyModifiers(2))) // Ctrl
	b.dialog("Search")
	// At once: each letter would bring a list of its own, and the last might come after the next key.
	browser.Eval[bool](b.Tab, "(i => { i.value = 'support lead'; return i.dispatchEvent(new Event('input', {bubbles: true})); })(document.querySelector('#palette'))")
	b.Until("document.querySelector('dialog .found a')?.innerText.includes('Support Lead')")
	b.Do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.Until("location.pathname.endsWith('/roles/support-lead')")

	// What a dialog was opened with has the focus again when it is closed.
	b.open("/users/grace")
	for _, opener := range []string{"a.button[href*='/edit']", "form[action$='/block'] button"} {
		browser.Eval[bool](b.Tab, "(document.querySelector(\"main "+opener+"\").focus(), true)")
		b.enter(false)
		b.Until("document.querySelector('dialog[open] h1')")
		browser.Eval[bool](b.Tab, "(window.answered = false, document.addEventListener('submit', () => window.answered = true, {capture: true}), true)")
		b.enter(true)
		if browser.Eval[bool](b.Tab, "window.answered === true") {
			t.Errorf("the key that opens %s answers it, if it is held", opener)
		}
		b.Do(chromedp.KeyEvent(kb.Escape))
		b.Until("!document.querySelector('dialog[open]') && document.activeElement === document.querySelector(\"main " + opener + "\")")
	}
}

// A selection in a list, and all that match on other pages.
func TestManyAtOnce(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.open("/users?q=customer")
	b.Click(`[name="id"][value="usr_0001"]`)
	b.Click(`[name="id"][value="usr_0002"]`)
	b.click("Assign a role")
	b.dialog("2 users")
	b.fill("role", "Viewer")
	b.click("Preview")
	b.dialog("2 gain")
	b.click("Assign")
	b.says("2 users now hold Viewer")
	b.Click(`[name="all"]`)
	b.click("Block")
	b.dialog("Block 24 users?")
	b.click("Block")
	b.says("24 users blocked")

	b.open("/groups/emea") // rows that have buttons of their own
	b.Click(`thead [data-all]`)
	b.Until("document.querySelector('.bulk output').innerText === '2 chosen'")
	b.Click(`tbody tr:first-child [name="id"]`)
	b.Until("document.querySelector('.bulk output').innerText === '1 chosen'")
	b.Click(`.bulk [name="do"]`)
	b.dialog("Remove 1 member of Finance EMEA?")
	b.click("Remove")
	b.says("1 member removed")
}

// Without its script, the console has pages in place of dialogs.
func TestWithoutJavaScript(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	b.withoutScripts()
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.open("/users/ada")
	press := func(selector string) { t.Helper(); b.Leads(func() { b.Click(selector) }) }
	press(`.head a.primary`)
	b.Type("#f-role", "Auditor (billing)")
	press(`main .form .primary`)
	press(`[name="confirm"]`)
	b.Until("document.querySelector('.flash')")
	d, err := srv.Rolecall.Check(t.Context(), rc.Request{Subject: "ada", Role: "Auditor (billing)"})
	if err != nil || !d.Allowed {
		t.Errorf("%+v, %v", d, err)
	}
	b.open("/users")
	b.Leads(func() { b.Type("#q", "grace\r") })
	b.Until(`document.querySelector('[value="grace"]') && !document.querySelector('[value="ada"]')`)
	b.open("/search?q=finance")
	press(`.found a`)
	b.Until("document.querySelector('.head')")
	press(`.theme [value="dark"]`)
	b.Until(`document.documentElement.dataset.theme === 'dark'`)
}

func TestATenantsAdministrator(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	b.signIn("alan.turing@example.com", password(t, srv, "alan", "alan.turing@example.com"))
	if !strings.Contains(b.At(), "/console/t/acme/") {
		t.Errorf("the start is %s", b.At())
	}
	if text := b.Text("#side"); strings.Contains(text, "APIs") || !strings.Contains(text, "Users") {
		t.Errorf("the navigation says:\n%s", text)
	}
	b.open("/t/acme/users/ada")
	if text := browser.Eval[string](b.Tab, "document.querySelector('.head [aria-disabled]')?.textContent || ''"); !strings.Contains(text, "rolecall:users.write") {
		t.Errorf("the first disabled control says %q", text)
	}
	b.click("Assign a role")
	b.dialog("Acme Corporation")
	b.fill("role", "Billing Admin")
	b.click("Preview")
	b.dialog("you don't hold it there")
}
