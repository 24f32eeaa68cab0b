package spa_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/rolecall/rolecall/compat/browser"
)

// A tab is one of a real browser that has been nowhere yet.
type tab struct {
	*browser.Tab
	w *world

	mu   sync.Mutex
	sent []string // METHOD URL, of every request
}

func newTab(t *testing.T, w *world, more ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	b := &tab{Tab: browser.New(t, more...), w: w}
	err := chromedp.Listen(b.Ctx, func(event any) {
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

// sees waits until the page shows a text.
func (b *tab) sees(text string) *tab {
	b.T.Helper()
	b.Sees(text)
	return b
}

// open goes to an address, and waits until the page shows a text.
func (b *tab) open(address, text string) *tab {
	b.T.Helper()
	b.Open(address)
	return b.sees(text)
}

// press presses a button of the application, which leads to another page.
func (b *tab) press(id string) *tab {
	b.T.Helper()
	b.Leads(func() { b.Click("#" + id) })
	return b
}

// popup presses a button that opens a window, and returns that.
func (b *tab) popup(id string) *tab {
	b.T.Helper()
	return &tab{Tab: b.Popup(func() { b.Click("#" + id) }), w: b.w}
}

// signIn fills in the login page.
func (b *tab) signIn(name string) *tab {
	b.T.Helper()
	b.Type("input[name=username]", strings.ToLower(name)+"@example.com")
	b.Type("input[name=password]", password+"\r")
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
	b.T.Helper()
	var why []network.CookieBlockedReason
	seen := false
	err := chromedp.Listen(b.Ctx, func(event any) {
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
		b.T.Fatal(err)
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

// outcome returns what a promise comes to, an error as a text.
func (b *tab) outcome(promise string) string {
	b.T.Helper()
	return eval[string](b, "outcome("+promise+")")
}

// eval returns the value of an expression of the page, a promise's when it is kept.
func eval[T any](b *tab, expression string) T {
	b.T.Helper()
	return browser.Eval[T](b.Tab, expression)
}
