package mail_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/mail"
)

func TestAMailboxShowsMails(t *testing.T) {
	var log bytes.Buffer
	b := mail.NewMailbox(slog.New(slog.NewTextHandler(&log, nil)))
	get := func(method, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(method, "http://127.0.0.1:8787"+path, nil)
		r.RemoteAddr = "127.0.0.1:5000"
		for _, c := range change {
			c(r)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		return w
	}
	if got := get("GET", "/dev/mail"); got.Code != 200 || !strings.Contains(got.Body.String(), "Nothing yet") {
		t.Errorf("empty: %d %s", got.Code, got.Body)
	}
	if got := get("GET", "/dev/mail.json"); strings.TrimSpace(got.Body.String()) != "[]" {
		t.Errorf("empty as JSON: %s", got.Body)
	}
	b.Send(t.Context(), letter)
	b.Send(t.Context(), identity.Message{To: "eve@example.com", Subject: "<script>", Text: "<b>", HTML: "<!doctype html><head></head><script>1</script>"})
	if !strings.Contains(log.String(), "ticket=TICKET") {
		t.Error("the log does not show the link")
	}
	list := get("GET", "/dev/mail")
	if body := list.Body.String(); strings.Contains(body, "<script>") || strings.Index(body, `"/dev/mail/2"`) > strings.Index(body, `"/dev/mail/1"`) {
		t.Errorf("the list is %s", body)
	}
	var all []mail.Mail
	if err := json.Unmarshal(get("GET", "/dev/mail", func(r *http.Request) { r.Header.Set("Accept", "application/json") }).Body.Bytes(), &all); err != nil ||
		len(all) != 2 || all[1].To != "zoe@example.com" || len(all[1].Links) != 1 || all[1].Links[0] != "https://id.example.com/u/invitation?ticket=TICKET" {
		t.Errorf("as JSON: %+v, %v", all, err)
	}
	var one mail.Mail
	if err := json.Unmarshal(get("GET", "/dev/mail/1.json").Body.Bytes(), &one); err != nil || one.HTML != letter.HTML {
		t.Errorf("one as JSON: %+v, %v", one, err)
	}
	if body := get("GET", "/dev/mail/1").Body.String(); !strings.Contains(body, `<a href="https://id.example.com/u/invitation?ticket=TICKET">`) {
		t.Errorf("one: %s", body)
	}
	html := get("GET", "/dev/mail/2/html")
	if policy := html.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") || !strings.Contains(html.Body.String(), "<script>") {
		t.Errorf("the HTML form comes with %q: %s", policy, html.Body)
	}

	for name, tt := range map[string]struct {
		method, path string
		change       func(*http.Request)
		want         int
	}{
		"from another machine":          {"GET", "/dev/mail", func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5000" }, 403},
		"by a name of elsewhere":        {"GET", "/dev/mail", func(r *http.Request) { r.Host = "evil.example:8787" }, 403},
		"by IPv6":                       {"GET", "/dev/mail", func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:5000", "[::1]:8787" }, 200},
		"by name":                       {"GET", "/dev/mail", func(r *http.Request) { r.Host = "localhost:8787" }, 200},
		"a mail that is not there":      {"GET", "/dev/mail/3", func(*http.Request) {}, 404},
		"another form":                  {"GET", "/dev/mail/1/raw", func(*http.Request) {}, 404},
		"another method":                {"POST", "/dev/mail", func(*http.Request) {}, 405},
		"emptying it from another site": {"DELETE", "/dev/mail", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
	} {
		if got := get(tt.method, tt.path, tt.change); got.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, got.Code, tt.want)
		}
	}
	if got := get("DELETE", "/dev/mail"); got.Code != 204 || len(b.Mails()) != 0 {
		t.Errorf("emptied: %d, %d left", got.Code, len(b.Mails()))
	}
	for range 250 {
		b.Send(t.Context(), letter)
	}
	if all := b.Mails(); len(all) != 200 || all[0].ID != 252 {
		t.Errorf("%d mails are kept, the newest %d", len(all), all[0].ID)
	}
}
