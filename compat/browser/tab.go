// Package browser drives Chromium for the tests of pages, on a machine that may be
// busy: every wait is for something that only the awaited page has.
//
// A press that leads to another page is wrapped in [Tab.Leads], because nearly
// anything that one could wait for may be on the old page as well. Where there is
// no browser a test skips aloud, and fails if CI=true. BROWSER_SLOW=500ms delays
// every answer of a server by that, on a processor half as fast: a test that
// hurries fails then.
package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Patience is how long anything may take that a test waits for.
const Patience = 2 * time.Minute

// A Tab is the one tab of a browser of its own, which has been nowhere yet.
type Tab struct {
	T   *testing.T
	Ctx context.Context // for chromedp
}

// Find returns where the browser is, or ends the test.
func Find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("there is no Chromium")
	}
	t.Skip("SKIPPED: there is no Chromium")
	return ""
}

// New starts a browser, which ends with the test. Its window is 1440 by 900 pixels.
func New(t *testing.T, more ...chromedp.ExecAllocatorOption) *Tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(Find(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(Patience),
		chromedp.Flag("disable-dev-shm-usage", true), // a container's /dev/shm may be small
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("hide-scrollbars", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	b := &Tab{T: t, Ctx: ctx}
	b.Size(1440, 900)
	if slow := os.Getenv("BROWSER_SLOW"); slow != "" {
		b.slow(slow)
	}
	return b
}

func (b *Tab) slow(by string) {
	b.T.Helper()
	delay, err := time.ParseDuration(by)
	if err != nil {
		b.T.Fatalf("BROWSER_SLOW: %v", err)
	}
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 2}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: float64(delay.Milliseconds()), DownloadThroughput: -1, UploadThroughput: -1}},
		})
		return err
	}))
}

// Do takes steps, one after another.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	for _, step := range steps {
		if err := b.try(step); err != nil {
			b.fail("%v", err)
		}
	}
}

func (b *Tab) try(step chromedp.Action[chromedp.Void]) error {
	return chromedp.Do(b.Ctx, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		ctx, cancel := context.WithTimeout(ctx, Patience)
		defer cancel()
		return step(ctx, t)
	})
}

// fail ends the test, and says where the tab is and what it shows.
func (b *Tab) fail(format string, args ...any) {
	b.T.Helper()
	at, _ := look[string](b, "location.href")
	text, _ := look[string](b, "document.body.innerText")
	b.T.Fatalf(format+"\nat %s\n%s", append(args, at, text)...)
}

// Size makes the window so many pixels wide and high.
func (b *Tab) Size(width, height int64) {
	b.T.Helper()
	b.Do(chromedp.EmulateViewport(width, height))
}

// Open goes to an address, and waits until all of the page is there.
func (b *Tab) Open(address string) {
	b.T.Helper()
	for deadline := time.Now().Add(Patience); ; time.Sleep(100 * time.Millisecond) {
		err := b.try(chromedp.Navigate(address))
		var load *chromedp.LoadError
		// A page that was on its way already has come in place of this one.
		if errors.As(err, &load) && load.ErrorText == "net::ERR_ABORTED" && time.Now().Before(deadline) {
			continue
		}
		if err != nil {
			b.fail("%s: %v", address, err)
		}
		return
	}
}

// Leads does something that leads to another page, and waits until all of that is
// there.
func (b *Tab) Leads(do func()) {
	b.T.Helper()
	Eval[bool](b, "window.rolecallWasHere = true")
	do()
	b.Until("!window.rolecallWasHere")
}

// Until waits until an expression is true, on this page or another, all of which
// has come.
func (b *Tab) Until(expression string) {
	b.T.Helper()
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		// While the tab goes on to another page, there is no answer.
		if ok, err := look[bool](b, "document.readyState === 'complete' && !!("+expression+")"); err == nil && ok {
			return
		}
	}
	b.fail("not so: %s", expression)
}

// Sees waits until the page shows a text.
func (b *Tab) Sees(text string) {
	b.T.Helper()
	b.Until("document.body.innerText.includes(" + JS(text) + ")")
}

// Popup does something that opens a window, and returns that.
func (b *Tab) Popup(do func()) *Tab {
	b.T.Helper()
	opened := chromedp.WaitNewTarget(b.Ctx, func(*target.Info) bool { return true })
	do()
	select {
	case found := <-opened:
		ctx, stop := chromedp.NewContext(b.Ctx, chromedp.WithTargetID(found))
		b.T.Cleanup(stop)
		popup := &Tab{T: b.T, Ctx: ctx}
		popup.Do(chromedp.WaitReady(chromedp.CSS("body")))
		return popup
	case <-time.After(Patience):
		b.fail("no window opens")
		return nil
	}
}

// Click presses the first visible element that matches, with the mouse.
func (b *Tab) Click(selector string) {
	b.T.Helper()
	b.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Type types into the first visible element that matches. "\r" is Enter.
func (b *Tab) Type(selector, text string) {
	b.T.Helper()
	b.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// At returns the address of the page.
func (b *Tab) At() string {
	b.T.Helper()
	return ask[string](b, "location.href")
}

// Text returns what the first element that matches shows, "" if none does.
func (b *Tab) Text(selector string) string {
	b.T.Helper()
	return ask[string](b, "document.querySelector("+JS(selector)+")?.innerText || ''")
}

// ask returns the value of an expression that changes nothing: if the tab is
// between two pages, it is asked again.
func ask[T any](b *Tab, expression string) T {
	b.T.Helper()
	for deadline := time.Now().Add(Patience); ; time.Sleep(20 * time.Millisecond) {
		value, err := look[T](b, expression)
		if err == nil {
			return value
		}
		if time.Now().After(deadline) {
			b.T.Fatalf("%s: %v", expression, err)
		}
	}
}

// look asks once. An answer that is lost between two pages is not waited for.
func look[T any](b *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.Ctx, 10*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

// Eval returns the value of an expression of the page, which may change it, a
// promise's when it is kept.
func Eval[T any](b *Tab, expression string) T {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.fail("%s: %v", expression, err)
	}
	return value
}

// JS returns a text as JavaScript's.
func JS(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(text) + "'"
}
