package spa_test

import (
	"context"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A tab is one of a real browser that has been nowhere yet.
type tab struct {
	t   *testing.T
	w   *world
	ctx context.Context

	mu   sync.Mutex
	sent []string // METHOD URL, of every request
}

// findBrowser returns where the browser is.
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	unavailable(t, "there is no Chromium")
	return ""
}

func newTab(t *testing.T, w *world, more ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(findBrowser(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(2*time.Minute))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	b := &tab{t: t, w: w, ctx: ctx}
	b.do(chromedp.EmulateViewport(1000, 800))
	err := chromedp.Listen(ctx, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.sent = append(b.sent, sent.Request.Method+" "+sent.Request.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// do runs steps, each of which has two minutes.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, step := range steps {
		limited := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
			ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
			defer cancel()
			return step(ctx, t)
		}
		if err := chromedp.Do(b.ctx, limited); err != nil {
			b.t.Fatalf("%v\nat %s\n%s", err, b.at(), b.text())
		}
	}
}

// at returns the address of the page.
func (b *tab) at() string {
	at, _ := chromedp.Run(b.ctx, chromedp.Location())
	return at
}

func (b *tab) text() string {
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return text
}

// sees waits until the page shows a text.
func (b *tab) sees(text string) *tab {
	b.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if strings.Contains(b.text(), text) {
			return b
		}
	}
	b.t.Fatalf("there is no %q at %s:\n%s", text, b.at(), b.text())
	return b
}

// open goes to an address, and waits until the page shows a text.
func (b *tab) open(address, text string) *tab {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
	return b.sees(text)
}

// press presses a button of the application.
func (b *tab) press(id string) *tab {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("#" + id)))
	return b
}

// popup presses a button that opens a window, and returns that.
func (b *tab) popup(id string) *tab {
	b.t.Helper()
	opened := chromedp.WaitNewTarget(b.ctx, func(*target.Info) bool { return true })
	b.press(id)
	select {
	case found := <-opened:
		ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithTargetID(found))
		b.t.Cleanup(stop)
		return &tab{t: b.t, w: b.w, ctx: ctx}
	case <-time.After(2 * time.Minute):
		b.t.Fatal("no window opens")
		return nil
	}
}

// signIn fills in the login page.
func (b *tab) signIn(name string) *tab {
	b.t.Helper()
	b.do(
		chromedp.SendKeys(chromedp.CSS("input[name=username]"), strings.ToLower(name)+"@example.com"),
		chromedp.SendKeys(chromedp.CSS("input[name=password]"), password+"\r"),
	)
	return b
}

// asked returns how many requests so far have a part in their method and URL.
func (b *tab) asked(part string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, s := range b.sent {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

// comesTo returns asked when it is at least n: the browser tells of requests by
// the way, which may be after what came of them.
func (b *tab) comesTo(part string, n int) int {
	for deadline := time.Now().Add(2 * time.Minute); b.asked(part) < n && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
	}
	return b.asked(part)
}

// blocked returns a function that says why a cookie did not go along with a
// request since, and whether there was one that it belonged to, which it waits for.
func (b *tab) blocked(cookie string) func() (why []network.CookieBlockedReason, seen bool) {
	b.t.Helper()
	var why []network.CookieBlockedReason
	seen := false
	err := chromedp.Listen(b.ctx, func(event any) {
		sent, ok := event.(*network.EventRequestWillBeSentExtraInfo)
		if !ok {
			return
		}
		for _, c := range sent.AssociatedCookies {
			if c.Cookie.Name == cookie {
				b.mu.Lock()
				why, seen = append(why, c.BlockedReasons...), true
				b.mu.Unlock()
			}
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	look := func() ([]network.CookieBlockedReason, bool) { b.mu.Lock(); defer b.mu.Unlock(); return why, seen }
	return func() ([]network.CookieBlockedReason, bool) {
		for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if _, seen := look(); seen {
				break
			}
		}
		return look()
	}
}

// eval returns the value of an expression of the page, a promise's when it is kept.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v\nat %s\n%s", expression, err, b.at(), b.text())
	}
	return value
}

// outcome returns what a promise comes to, an error as a text.
func (b *tab) outcome(promise string) string {
	b.t.Helper()
	return eval[string](b, "outcome("+promise+")")
}
