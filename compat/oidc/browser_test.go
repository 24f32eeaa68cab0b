package oidc_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	rc "github.com/rolecall/rolecall"
)

// app is a page of an application: what it is given, it shows.
const app = `<!DOCTYPE html><title>app</title><pre id="got"></pre><script>
var show = function (o) { document.getElementById("got").textContent = JSON.stringify(o); document.title = "done"; };
if (location.pathname === "/silent") {
	addEventListener("message", function (e) { show({origin: e.origin, data: e.data}); });
	var frame = document.createElement("iframe");
	frame.src = new URLSearchParams(location.search).get("ask");
	document.body.appendChild(frame);
} else {
	show({path: location.pathname, query: location.search, posted: POSTED});
}
</script>`

// A browser looks at what no client does: policies of pages, cookies in frames,
// messages between windows.
func TestChromium(t *testing.T) {
	path := ""
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
	s := world(t)
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posted, _ := json.Marshal(r.PostFormValue("code"))
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, strings.Replace(app, "POSTED", string(posted), 1))
	}))
	defer home.Close()
	back := home.URL + "/callback"
	s.Write(rc.Create(&rc.Client{ID: "page", Name: "Page", OAuth: rc.OAuth{
		Type: rc.SinglePage, RedirectURIs: []string{back}, WebOrigins: []string{home.URL}, LogoutURIs: []string{home.URL + "/bye"},
	}}))
	sum := sha256.Sum256([]byte(strings.Repeat("v", 43)))
	ask := func(more ...string) string {
		q := url.Values{
			"client_id": {"page"}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
			"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		}
		for i := 0; i < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return s.URL + "authorize?" + q.Encode()
	}

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(2*time.Minute))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	tab, closeTab := chromedp.NewContext(allocated)
	defer closeTab()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1000, 800)); err != nil { // starts the browser, for all of the test
		t.Fatal(err)
	}
	do := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		for _, step := range steps {
			ctx, cancel := context.WithTimeout(tab, 2*time.Minute)
			err := chromedp.Do(ctx, step)
			cancel()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	got := func(what string) (seen struct {
		Path, Query, Posted, Origin string
		Data                        struct {
			Type     string
			Response map[string]string
		}
	}) {
		t.Helper()
		do(what, chromedp.WaitReady(chromedp.CSS("#got:not(:empty)")))
		text, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.getElementById("got").textContent`))
		if err == nil {
			err = json.Unmarshal([]byte(text), &seen)
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return seen
	}
	silent := home.URL + "/silent?ask=" + url.QueryEscape(ask("prompt", "none", "response_mode", "web_message"))

	do("a frame before the sign-in", chromedp.Navigate(silent))
	if m := got("a frame before the sign-in"); m.Data.Response["error"] != "login_required" || m.Origin+"/" != s.URL {
		t.Errorf("a frame says %+v", m)
	}
	do("the login page", chromedp.Navigate(ask()), chromedp.SendKeys(chromedp.CSS("input[name=username]"), s.OwnerEmail), chromedp.SendKeys(chromedp.CSS("input[name=password]"), s.OwnerPassword), chromedp.Click(chromedp.CSS("button[type=submit]")))
	if a := got("the sign-in"); a.Path != "/callback" || !strings.Contains(a.Query, "code=") || !strings.Contains(a.Query, "state=s") {
		t.Errorf("the sign-in ends with %+v", a)
	}
	do("a frame", chromedp.Navigate(silent))
	if m := got("a frame"); m.Data.Type != "authorization_response" || m.Data.Response["code"] == "" || m.Data.Response["state"] != "s" || m.Origin+"/" != s.URL {
		t.Errorf("a frame says %+v", m)
	}
	do("a form", chromedp.Navigate(ask("response_mode", "form_post")))
	if a := got("a form"); a.Posted == "" || a.Query != "" {
		t.Errorf("a form brings %+v", a)
	}
	do("a logout", chromedp.Navigate(s.URL+"v2/logout?client_id=page&returnTo="+url.QueryEscape(home.URL+"/bye")))
	if a := got("a logout"); a.Path != "/bye" {
		t.Errorf("a logout ends with %+v", a)
	}
	do("a frame after the logout", chromedp.Navigate(silent))
	if m := got("a frame after the logout"); m.Data.Response["error"] != "login_required" {
		t.Errorf("a frame says %+v", m)
	}
}
