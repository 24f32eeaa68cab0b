package console_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// axeVersion is the release of axe-core, which looks for what keeps people with
// disabilities out.
const axeVersion = "4.11.0"

// axe returns axe-core's script.
func axe(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	var out []byte
	var err error
	for try := range 3 { // the registry may not answer at once
		time.Sleep(time.Duration(try) * 10 * time.Second)
		out, err = exec.CommandContext(t.Context(), "npm", "pack", "--silent", "--pack-destination", folder, "axe-core@"+axeVersion).CombinedOutput()
		if err == nil {
			break
		}
	}
	if err == nil {
		file := filepath.Join(folder, "axe-core-"+axeVersion+".tgz")
		if out, err = exec.CommandContext(t.Context(), "tar", "-xzf", file, "-C", folder).CombinedOutput(); err == nil {
			script, err := os.ReadFile(filepath.Join(folder, "package", "axe.min.js"))
			if err != nil {
				t.Fatal(err)
			}
			return string(script)
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("axe-core: %v\n%s", err, out)
	}
	t.Skipf("SKIPPED: axe-core: %v\n%s", err, out)
	return ""
}

// TestEveryPage opens all pages, in both colours, wide and narrow. None has a
// finding of axe that is more than minor, asks another host, breaks its policy, logs an error,
// or is wider than a screen of 360 pixels.
func TestEveryPage(t *testing.T) {
	script := axe(t)
	srv := rolecalltest.New(t, world()...)
	hooked(t, srv)
	b := newTab(t, srv)
	asked := b.elsewhere()
	complaints := b.complaints()
	b.signIn(srv.OwnerEmail, srv.OwnerPassword)
	for _, s := range shots {
		t.Run(s.name, func(t *testing.T) {
			b.open(s.path)
			b.accessible(t, script)
			b.Size(360, 800)
			if wide := browser.Eval[int](b.Tab, "document.documentElement.scrollWidth"); wide > 360 {
				t.Errorf("it is %d wide: %s", wide, browser.Eval[string](b.Tab, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361 && !e.closest('.box, pre')).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join('\n')`))
			}
			b.Size(1440, 900)
		})
	}
	for _, q := range questions {
		t.Run(q.name, func(t *testing.T) {
			b.open(q.path)
			b.click(q.opens)
			b.Until("document.querySelector('dialog[open]')")
			b.accessible(t, script)
			b.Size(360, 800)
			if wide := browser.Eval[int](b.Tab, "document.querySelector('dialog').scrollWidth"); wide > 360 {
				t.Errorf("it is %d wide", wide)
			}
			b.Size(1440, 900)
		})
	}
	t.Run("disabled controls", func(t *testing.T) {
		b.open("/users")
		b.click("Sign out")
		b.Until("location.pathname.endsWith('/sign-in')")
		b.signIn("grace.hopper@example.com", password(t, srv, "grace", "grace.hopper@example.com"))
		b.open("/users/ada")
		b.accessible(t, script)
	})
	for _, url := range asked() {
		t.Errorf("another host was asked: %s", url)
	}
	for _, text := range complaints() {
		t.Errorf("the browser complains: %s", text)
	}
	for name, page := range map[string]struct{ address, says string }{
		"where there is nothing": {srv.URL + "nowhere", "There is no such page"}, "what is gone": {srv.URL + "console/users/nobody", "It does not exist"},
		"what fails": {broken(t) + "/admin/users", "Something went wrong"},
	} {
		t.Run(name, func(t *testing.T) { // a browser complains of such answers
			b.Open(page.address)
			b.Sees(page.says)
			b.accessible(t, script)
			b.Size(360, 800)
			if wide := browser.Eval[int](b.Tab, "document.documentElement.scrollWidth"); wide > 360 {
				t.Errorf("it is %d wide", wide)
			}
			b.Size(1440, 900)
		})
	}
}

// accessible looks for findings of axe in both colours: moderate, serious or critical.
func (b *tab) accessible(t *testing.T, script string) {
	t.Helper()
	browser.Eval[bool](b.Tab, script+"; true")
	for _, theme := range []string{"light", "dark"} {
		browser.Eval[bool](b.Tab, "(document.documentElement.dataset.theme = "+browser.JS(theme)+", true)")
		for _, finding := range browser.Eval[[]string](b.Tab, `axe.run({resultTypes: ['violations']}).then(r => r.violations
			.filter(v => v.impact !== 'minor')
			.map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html + ' ' + (n.any[0]?.message || '')).join(' | ')))`) {
			t.Errorf("%s: %s", theme, finding)
		}
	}
}
