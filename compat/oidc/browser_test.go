package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/compat/browser"
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
	tab := browser.New(t)
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

	got := func(what string) (seen struct {
		Path, Query, Posted, Origin string
		Data                        struct {
			Type     string
			Response map[string]string
		}
	}) {
		t.Helper()
		tab.Until(`document.querySelector("#got:not(:empty)")`)
		if err := json.Unmarshal([]byte(tab.Text("#got")), &seen); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return seen
	}
	silent := home.URL + "/silent?ask=" + url.QueryEscape(ask("prompt", "none", "response_mode", "web_message"))

	tab.Open(silent)
	if m := got("a frame before the sign-in"); m.Data.Response["error"] != "login_required" || m.Origin+"/" != s.URL {
		t.Errorf("a frame says %+v", m)
	}
	tab.Open(ask())
	tab.Type("input[name=username]", s.OwnerEmail)
	tab.Type("input[name=password]", s.OwnerPassword)
	tab.Leads(func() { tab.Click("button[type=submit]") })
	if a := got("the sign-in"); a.Path != "/callback" || !strings.Contains(a.Query, "code=") || !strings.Contains(a.Query, "state=s") {
		t.Errorf("the sign-in ends with %+v", a)
	}
	tab.Open(silent)
	if m := got("a frame"); m.Data.Type != "authorization_response" || m.Data.Response["code"] == "" || m.Data.Response["state"] != "s" || m.Origin+"/" != s.URL {
		t.Errorf("a frame says %+v", m)
	}
	tab.Open(ask("response_mode", "form_post"))
	if a := got("a form"); a.Posted == "" || a.Query != "" {
		t.Errorf("a form brings %+v", a)
	}
	tab.Open(s.URL + "v2/logout?client_id=page&returnTo=" + url.QueryEscape(home.URL+"/bye"))
	if a := got("a logout"); a.Path != "/bye" {
		t.Errorf("a logout ends with %+v", a)
	}
	tab.Open(silent)
	if m := got("a frame after the logout"); m.Data.Response["error"] != "login_required" {
		t.Errorf("a frame says %+v", m)
	}
}
