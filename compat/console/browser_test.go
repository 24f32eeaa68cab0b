// Package console_test drives the console with a real browser, Chromium, on a
// real server on loopback.
//
// It is a module of its own, so that the browser's protocol never enters the
// server's go.mod. Where there is no browser it skips aloud, unless CI=true.
package console_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/rolecalltest"
)

// A tab is a browser's, on a server of its own.
type tab struct {
	t   *testing.T
	ctx context.Context
	srv *rolecalltest.Server
}

// browserNames are what the browser is called where it is installed.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

func newTab(t *testing.T, srv *rolecalltest.Server) *tab {
	t.Helper()
	path := ""
	for _, name := range browserNames {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium")
		}
		t.Skip("SKIPPED: there is no Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(2*time.Minute),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("hide-scrollbars", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	b := &tab{t: t, ctx: ctx, srv: srv}
	b.do(chromedp.EmulateViewport(1440, 900))
	return b
}

// do runs steps, each of which has two minutes.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, step := range steps {
		if err := chromedp.Do(b.ctx, limited(step)); err != nil {
			b.t.Fatalf("%v\nat %s\n%s", err, b.url(), b.text("body"))
		}
	}
}

func limited(step chromedp.Action[chromedp.Void]) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
		defer cancel()
		return step(ctx, t)
	}
}

// url returns where the tab is.
func (b *tab) url() string {
	at, _ := chromedp.Run(b.ctx, chromedp.Location())
	return at
}

// text returns what the first element that matches shows, "" if none does.
func (b *tab) text(selector string) string {
	return eval[string](b, "document.querySelector("+js(selector)+")?.innerText || ''")
}

func eval[T any](b *tab, expression string) T {
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Helper()
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func js(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(text) + "'"
}

// elsewhere returns a function that lists the URLs that the tab has asked of
// other hosts.
func (b *tab) elsewhere() func() []string {
	b.t.Helper()
	var mu sync.Mutex
	var all []string
	err := chromedp.Listen(b.ctx, func(event any) {
		sent, ok := event.(*network.EventRequestWillBeSent)
		if !ok || strings.HasPrefix(sent.Request.URL, b.srv.URL) || strings.HasPrefix(sent.Request.URL, "data:") {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, sent.Request.URL)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return func() []string { mu.Lock(); defer mu.Unlock(); return all }
}

// complaints returns a function that lists the warnings and errors of the
// browser: what breaks the policy is one.
func (b *tab) complaints() func() []string {
	b.t.Helper()
	var mu sync.Mutex
	var all []string
	messages := chromedp.Console(b.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if strings.HasPrefix(m.Text, "Failed to load resource: the server responded with a status of 400") {
				continue // a form that was refused
			}
			if m.Type == "error" || m.Type == "warning" || m.Type == chromedp.ConsoleException {
				mu.Lock()
				all = append(all, m.Text)
				mu.Unlock()
			}
		}
	}()
	return func() []string { mu.Lock(); defer mu.Unlock(); return all }
}

// open goes to a path of the console.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.srv.URL+"console"+path), chromedp.WaitReady(chromedp.CSS("#main")))
}

// withoutScripts keeps pages from running scripts.
func (b *tab) withoutScripts() {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return chromedp.Void{}, err
	})
}

// password gives a user something to sign in with.
func password(t *testing.T, srv *rolecalltest.Server, user, login string) string {
	t.Helper()
	const word = "correct horse battery"
	srv.Write(rolecall.Put(&rolecall.LoginID{Login: login, Subject: rolecall.SubjectID(user)}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, srv.URL+"api/v1/users/"+user+"/password", strings.NewReader(`{"password": "`+word+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+srv.Key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		t.Fatalf("setting a password: %s", answer.Status)
	}
	return word
}

// signIn signs in as a user with a password.
func (b *tab) signIn(login, password string) {
	b.t.Helper()
	b.open("/sign-in")
	b.do(
		chromedp.SendKeys(chromedp.CSS("#login"), login),
		chromedp.SendKeys(chromedp.CSS("#password"), password+"\r"),
		chromedp.WaitReady(chromedp.CSS("#side")),
	)
}
