// Package console_test drives the console with a real browser, Chromium, on a
// real server on loopback.
//
// It is a module of its own, so that the browser's protocol never enters the
// server's go.mod. Where there is no browser it skips aloud, unless CI=true.
package console_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/compat/browser"
	"github.com/rolecall/rolecall/rolecalltest"
)

// A tab is a browser's, on a server of its own.
type tab struct {
	*browser.Tab
	srv *rolecalltest.Server
}

func newTab(t *testing.T, srv *rolecalltest.Server) *tab {
	t.Helper()
	return &tab{browser.New(t), srv}
}

// elsewhere returns a function that lists the URLs that the tab has asked of
// other hosts.
func (b *tab) elsewhere() func() []string {
	b.T.Helper()
	var mu sync.Mutex
	var all []string
	err := chromedp.Listen(b.Ctx, func(event any) {
		sent, ok := event.(*network.EventRequestWillBeSent)
		if !ok || strings.HasPrefix(sent.Request.URL, b.srv.URL) || strings.HasPrefix(sent.Request.URL, "data:") {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, sent.Request.URL)
	})
	if err != nil {
		b.T.Fatal(err)
	}
	return func() []string { mu.Lock(); defer mu.Unlock(); return all }
}

// complaints returns a function that lists the warnings and errors of the
// browser: what breaks the policy is one.
func (b *tab) complaints() func() []string {
	b.T.Helper()
	var mu sync.Mutex
	var all []string
	messages := chromedp.Console(b.Ctx)
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
	b.T.Helper()
	b.Open(b.srv.URL + "console" + path)
	b.Until("document.querySelector('#main')")
}

// withoutScripts keeps pages from running scripts.
func (b *tab) withoutScripts() {
	b.T.Helper()
	b.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
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
	b.T.Helper()
	b.open("/sign-in")
	b.Type("#login", login)
	b.Leads(func() { b.Type("#password", password+"\r") })
	b.Until("document.querySelector('#side')")
}
