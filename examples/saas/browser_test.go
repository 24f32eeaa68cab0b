package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A tab is one of a real browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium")
		}
		t.Skip("SKIPPED: there is no Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(2*time.Minute))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	return &tab{t, ctx}
}

// do runs steps, each of which has two minutes.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) *tab {
	b.t.Helper()
	for _, step := range steps {
		limited := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
			ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
			defer cancel()
			return step(ctx, t)
		}
		if err := chromedp.Do(b.ctx, limited); err != nil {
			at, _ := chromedp.Run(b.ctx, chromedp.Location())
			b.t.Fatalf("%v\nat %s\n%s", err, at, b.text())
		}
	}
	return b
}

func (b *tab) text() string {
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return text
}

// open goes to an address.
func (b *tab) open(address string) *tab {
	b.t.Helper()
	return b.do(chromedp.Navigate(address))
}

// fill types into fields of a form, and presses its button.
func (b *tab) fill(form string, pairs ...string) *tab {
	b.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		field := chromedp.CSS(form + " [name=" + pairs[i] + "]")
		b.do(chromedp.WaitReady(field), chromedp.SendKeys(field, pairs[i+1]))
	}
	return b.do(chromedp.Click(chromedp.CSS(form + " button")))
}

// sees waits until the page shows a text.
func (b *tab) sees(text string) *tab {
	b.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if strings.Contains(b.text(), text) {
			return b
		}
	}
	b.t.Fatalf("there is no %q:\n%s", text, b.text())
	return b
}

// The way of the first two people, in a real browser.
func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a server and a browser are started")
	}
	owner := newTab(t)
	w := start(t)
	owner.open(w.site+"/projects/login?screen_hint=signup").
		fill("form", "name", "Olivia", "email", "olivia@example.com", "password", password).sees("You are Olivia").
		fill("section form", "name", "Acme").sees("Close the organization").
		fill("form[action=projects]", "name", "Moon").sees("Moon").
		fill("form[action=invite]", "email", "emma@example.com").sees("on its way")

	invited := newTab(t)
	invited.open(w.link(t, "emma@example.com")).sees("Join Acme").
		fill("form", "name", "Emma", "password", password).sees("You are Emma").
		do(chromedp.Click(chromedp.CSS("ul a"))).sees("Moon")
	if text := invited.text(); strings.Contains(text, "Invite") || strings.Contains(text, "Close") {
		t.Errorf("an employee is offered more than reading:\n%s", text)
	}
	invited.do(chromedp.Click(chromedp.CSS("nav form button"))).sees("Sign in")
}
