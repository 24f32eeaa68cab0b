package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// press presses keys, one after another.
func (b *tab) press(keys ...string) {
	b.T.Helper()
	for _, key := range keys {
		b.Do(chromedp.KeyEvent(key))
	}
}

// The matrix is read, filtered, changed and saved without a mouse.
func TestTheMatrixByKeyboardAlone(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	complaints := b.complaints()
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.open("/overview")
	b.goes("m")
	b.Until("location.pathname.endsWith('/matrix')")
	b.Until("document.querySelector('[data-matrix] [tabindex=\"0\"]')")

	filter := func(text string) {
		b.press("/")
		b.Until("document.activeElement.id === 'q'")
		browser.Eval[bool](b.Tab, "(document.activeElement.select(), true)") // the tool types the / too
		b.press(strings.Split(text, "")...)
	}
	filter("plans:")
	b.Until("location.search.includes('q=plans%3A')") // what it is filtered by is in the URL when it is
	b.Until("document.querySelectorAll('[data-matrix] tbody th[data-id]').length === 6")

	// From the filter by Tab to the grid: roles, API, then the one place in it.
	b.press(kb.Tab, kb.Tab, kb.Tab)
	focused := func() string {
		return browser.Eval[string](b.Tab, `(() => { const e = document.activeElement; return (e.dataset.pair || e.outerHTML.slice(0, 90)).replace("\t", " "); })()`)
	}
	if got := focused(); got != "accountant plans:approve" {
		t.Fatalf("Tab leads to %s", got)
	}
	for _, tt := range []struct{ key, want string }{
		{kb.ArrowRight, "auditor-billing plans:approve"},
		{kb.ArrowDown, "auditor-billing plans:create"},
		{kb.End, "viewer plans:create"},
		{kb.ArrowDown, "viewer plans:delete"},
		{kb.ArrowUp, "viewer plans:create"},
		{kb.PageDown, "viewer plans:update"},
		{kb.ArrowDown, "viewer plans:update"},
	} {
		if b.press(tt.key); focused() != tt.want {
			t.Fatalf("%q leads to %s, not %s", tt.key, focused(), tt.want)
		}
	}
	granted := func(permission rc.PermissionID) bool {
		return srv.Rolecall.Policy().Matrix([]rc.PermissionID{permission}, []rc.RoleID{"viewer"})[0][0].Granted
	}
	before := granted("plans:update")
	b.press(" ")
	b.Until("document.querySelector('[data-staged]').textContent.startsWith('1 change staged')")

	// What is staged stays while another part of the matrix is looked at.
	filter("coupons:")
	b.Until("location.search.includes('q=coupons%3A')")
	b.Until("document.querySelector('[data-matrix] tbody th[data-id]').dataset.id.startsWith('coupons')")
	b.press(kb.Tab, kb.Tab, kb.Tab, kb.End, " ")
	b.Until("document.querySelector('[data-staged]').textContent.startsWith('2 changes staged')")
	coupons := granted("coupons:approve")

	// From the cell by Tab to Discard, then to Review.
	b.press(kb.Tab, kb.Tab, kb.Enter)
	b.dialog("Save 2 changes")
	b.dialog("Viewer")
	if granted("plans:update") != before {
		t.Fatal("it was written before it was confirmed")
	}
	if text := b.Text("dialog"); !strings.Contains(text, "Ada Lovelace") || !strings.Contains(text, "plans:update") {
		t.Errorf("the question does not say who is concerned:\n%s", text)
	}
	b.press(kb.Tab, kb.Enter) // from the reason to the button
	b.says("2 changes are saved")
	if granted("plans:update") == before || granted("coupons:approve") == coupons {
		t.Error("it was not saved")
	}
	b.Until("document.querySelector('[data-staged]').textContent.startsWith('Nothing is staged')")
	for _, text := range complaints() {
		t.Errorf("the browser complains: %s", text)
	}
}

// Without a script the matrix is a form of boxes.
func TestTheMatrixWithoutAScript(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.withoutScripts()
	b.open("/matrix?q=plans:update&roles=viewer")
	was := srv.Rolecall.Policy().Matrix([]rc.PermissionID{"plans:update"}, []rc.RoleID{"viewer"})[0][0].Granted
	b.Click("[data-matrix] input[type=checkbox]")
	b.Leads(func() { b.Click("[data-save]") })
	b.Leads(func() { b.Click("[name=confirm]") })
	b.Until("document.querySelector('.flash')")
	if got := b.Text(".flash"); !strings.Contains(got, "1 change is saved") {
		t.Errorf("the page says %q", got)
	}
	if srv.Rolecall.Policy().Matrix([]rc.PermissionID{"plans:update"}, []rc.RoleID{"viewer"})[0][0].Granted == was {
		t.Error("it was not saved")
	}
}

// A denial is explained, mended from the explanation, drawn, and taken back.
func TestFromADenialToAnAssignmentAndBack(t *testing.T) {
	srv := rolecalltest.New(t, world()...)
	b := newTab(t, srv)
	complaints := b.complaints()
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	b.open("/explain")
	b.Type("[name=subject]", "edsger.dijkstra@example.com")
	b.Type("[name=permission]", "refunds:approve\r")
	b.Until("document.querySelector('.answer')?.innerText.startsWith('No')")
	if text := b.Text("main"); !strings.Contains(text, "Sales Lead") || !strings.Contains(text, "Who could assign one: Owner") {
		t.Errorf("the denial says:\n%s", text)
	}
	b.click("Assign")
	b.dialog("Edsger Dijkstra")
	b.click("Preview")
	b.dialog("refunds:approve")
	b.click("Assign")
	b.says("now holds")
	b.Until("document.querySelector('.answer')?.innerText.startsWith('Yes')")
	b.Click(".answer .button")
	b.Until("document.querySelectorAll('svg path.mark').length === 2")
	b.Click("svg a[href$='/users/edsger']")
	b.Until("location.pathname.endsWith('/users/edsger')")
	b.click("Unassign")
	b.dialog("1 loses")
	b.click("Unassign")
	b.says("does not hold")
	b.open("/explain?subject=edsger&permission=refunds:approve")
	b.Until("document.querySelector('.answer')?.innerText.startsWith('No')")
	b.open("/audit?about=edsger")
	b.Until("document.querySelector('.timeline')?.innerText.includes('took from Edsger Dijkstra the role')")
	b.click("Verify the chain")
	b.dialog("The journal verifies")
	for _, text := range complaints() {
		t.Errorf("the browser complains: %s", text)
	}
}
