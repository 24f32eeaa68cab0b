package oidc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc"
)

// from makes a request of a browser at an address.
func (w *world) from(address, method, target, body string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, w.URL+target, strings.NewReader(body))
	r.RemoteAddr = address
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	got := httptest.NewRecorder()
	w.Config.Handler.ServeHTTP(got, r)
	return got
}

func TestAnAddressLeavesOnlySoManySignInsUnfinished(t *testing.T) {
	w := newWorldWith(t, []oidc.Option{oidc.WithInteractions(identity.Limit{Burst: 3, Every: time.Minute}, 1000)})
	ask := "/authorize?" + values(spa()...).Encode()
	begun := w.from("203.0.113.9:1", "GET", ask, "")
	for range 2 {
		if got := w.from("203.0.113.9:2", "GET", ask, ""); got.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
	}
	got := w.from("203.0.113.9:3", "GET", ask, "")
	if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "60" || !strings.Contains(got.Body.String(), "Too many attempts") {
		t.Errorf("a fourth is %d (after %s s) %s", got.Code, got.Header().Get("Retry-After"), got.Body)
	}
	if got := w.from("203.0.113.8:1", "GET", ask, ""); got.Code != http.StatusSeeOther {
		t.Errorf("another address gets %d", got.Code)
	}
	if got := w.from("203.0.113.9:3", "GET", "/authorize?"+values(spa("prompt", "none")...).Encode(), ""); !strings.Contains(got.Header().Get("Location"), "login_required") {
		t.Errorf("what begins nothing is %d %s", got.Code, got.Header().Get("Location"))
	}
	// Who signs in leaves room for another.
	_, state, _ := strings.Cut(begun.Header().Get("Location"), "state=")
	form := values("state", state, "username", "maya@example.com", "password", password).Encode()
	if got := w.from("203.0.113.9:1", "POST", "/u/login", form, begun.Result().Cookies()...); !strings.HasPrefix(got.Header().Get("Location"), spaURI) {
		t.Fatalf("signing in: %d %s", got.Code, got.Body)
	}
	for i, want := range []int{http.StatusSeeOther, http.StatusTooManyRequests} {
		if got := w.from("203.0.113.9:3", "GET", ask, ""); got.Code != want {
			t.Errorf("number %d after a sign-in is %d, want %d", i+1, got.Code, want)
		}
	}
}

func TestUnfinishedSignInsOfAllAreBounded(t *testing.T) {
	w := newWorldWith(t, []oidc.Option{oidc.WithInteractions(identity.Limit{Burst: 1000, Every: time.Minute}, 10)})
	var pages []*httptest.ResponseRecorder
	ask := "/authorize?" + values(spa()...).Encode()
	for n := range 30 {
		w.later(time.Millisecond)
		pages = append(pages, w.from(fmt.Sprintf("203.0.113.%d:1", n), "GET", ask, ""))
	}
	there := 0
	for _, page := range pages {
		if got := w.from("203.0.113.1:1", "GET", page.Header().Get("Location"), "", page.Result().Cookies()...); got.Code == http.StatusOK {
			there++
		} else if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "This page has expired") {
			t.Errorf("a page is %d %s", got.Code, got.Body)
		}
	}
	if there < 10 || there > 20 {
		t.Errorf("%d sign-ins of 30 can go on, want the last 10 or a few more", there)
	}
	last := pages[len(pages)-1]
	if got := w.from("203.0.113.1:1", "GET", last.Header().Get("Location"), "", last.Result().Cookies()...); got.Code != http.StatusOK {
		t.Errorf("the last one is %d, want it to go on", got.Code)
	}
}

func TestARequestThatIsTooLongToKeepIsRefused(t *testing.T) {
	w := newWorld(t)
	got := w.browser().authorize(spa("state", strings.Repeat("s", 8000), "nonce", strings.Repeat("n", 8000))...)
	says(t, got, http.StatusRequestURITooLong, "The request is too long.")
}
