package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/webhook"
)

// What the list and the page say of a webhook is what the store keeps of it.
func TestWebhooksAreShownAsTheyDo(t *testing.T) {
	s := newStage(t)
	by := rolecall.System("test")
	for _, id := range []string{"hook_told", "hook_failing", "hook_disabled"} {
		if _, _, _, err := s.hooks.Add(t.Context(), by, webhook.Hook{ID: id, URL: nowhere + id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.hooks.Enable(t.Context(), by, "hook_disabled", false); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)
	for _, state := range []webhook.State{
		{ID: "hook_told", Revision: 7, TriedAt: at},
		{ID: "hook_failing", Revision: 6, TriedAt: at, Failures: 3, Error: "it answers 500", NextAt: at.Add(time.Hour)},
		{ID: "hook_disabled", Revision: 5, TriedAt: at, Failures: 1, Error: "it answers 404"},
	} {
		store := s.store.(webhook.Store)
		state.Holder, state.HeldUntil = "test", time.Now().Add(time.Hour)
		if mine, err := store.ClaimWebhook(t.Context(), state.ID, state.Holder, time.Now(), state.HeldUntil); err != nil || !mine {
			t.Fatalf("%v, %v", mine, err)
		}
		if told, err := store.TellWebhook(t.Context(), state); err != nil || !told {
			t.Fatalf("%v, %v", told, err)
		}
	}
	for path, want := range map[string][]string{
		"/webhooks":                {"<b>5</b> webhooks", ">told<", ">failing<", "3 times", ">disabled<", ">nothing told yet<", "direct grant", "rolecall webhook list"},
		"/webhooks?state=failing":  {"<b>1</b> webhook", nowhere + "hook_failing"},
		"/webhooks?state=disabled": {"<b>1</b> webhook", nowhere + "hook_disabled"},
		"/webhooks?q=INTRANET":     {"<b>1</b> webhook", "The intranet"},
		"/webhooks?q=elsewhere":    {"<b>0</b> webhooks", "No webhook matches."},
		"/webhooks/hook_told":      {">told<", "every change", "revision 7", "2030-01-02 03:04", "created the webhook hook_told", "rolecall webhook test hook_told"},
		"/webhooks/hook_failing":   {"it answers 500", "3 times in a row", "2030-01-02 04:04"},
		"/webhooks/hook_disabled":  {">disabled<", "disabled the webhook hook_disabled"},
	} {
		page := mainOf(s.get(owner, path).Body.String())
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s lacks %q:\n%s", path, text, page)
			}
		}
	}
	if page := mainOf(s.get(owner, "/webhooks/hook_disabled").Body.String()); strings.Contains(page, "last try failed") {
		t.Error("a disabled one is said to be tried again")
	}
	if w := s.get(owner, "/webhooks/hook_none"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "does not exist") {
		t.Errorf("one that is not there: status %d", w.Code)
	}
}

// The secret of a webhook is in one answer, which is not compressed, and works.
func TestAWebhooksSecretIsShownOnce(t *testing.T) {
	s := newStage(t)
	secretOf := func(path string, form map[string][]string) string {
		t.Helper()
		r := s.request(owner, http.MethodPost, path, form)
		r.Header.Set("Accept-Encoding", "gzip")
		w := s.send(r)
		_, rest, ok := strings.Cut(w.Body.String(), "whs_")
		if !ok || w.Header().Get("Content-Encoding") != "" {
			t.Fatalf("no secret, or packed beside one:\n%s", mainOf(w.Body.String()))
		}
		secret, _, _ := strings.Cut("whs_"+rest, "<")
		return secret
	}
	first := secretOf("/new/webhook", map[string][]string{"url": {nowhere + "new"}})
	second := secretOf("/webhooks/hook_plain/rotate", map[string][]string{"confirm": {"yes"}})
	if len(first) != len("whs_")+43 || first == second {
		t.Errorf("the secrets are %d bytes", len(first))
	}
	for _, path := range []string{"/webhooks", "/webhooks/hook_plain", "/audit"} {
		if page := s.get(owner, path).Body.String(); strings.Contains(page, "whs_") {
			t.Errorf("%s shows a secret", path)
		}
	}
	if page := mainOf(s.get(owner, "/webhooks/hook_plain").Body.String()); !strings.Contains(page, "gave the webhook hook_plain a new secret") {
		t.Errorf("the timeline:\n%s", page)
	}
}

// Webhooks are the project's: whoever administers one tenant has none, and an
// application that mounts the console has no server to tell them.
func TestWhoHasWebhooks(t *testing.T) {
	s := newStage(t)
	for _, path := range []string{"/t/acme/overview", "/t/acme/tenants/acme"} {
		if page := s.get(admin, path).Body.String(); strings.Contains(page, "/webhooks") {
			t.Errorf("%s leads to webhooks", path)
		}
	}
	if page := s.get(owner, "/overview").Body.String(); !strings.Contains(page, `href="/console/webhooks"`) {
		t.Error("nothing leads the owner to webhooks")
	}
	h := embedded(t, Subject(byHeader), Prefix("/admin"))
	if page := visit(h, "owner", "/admin/overview").Body.String(); strings.Contains(page, "/admin/webhooks") {
		t.Error("an application's console leads to webhooks")
	}
	for _, path := range []string{"/admin/webhooks", "/admin/webhooks/hook_plain", "/admin/new/webhook"} {
		if w := visit(h, "owner", path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d in an application", path, w.Code)
		}
	}
	if page := mainOf(s.get(auditor, "/webhooks/hook_plain").Body.String()); !strings.Contains(page, "needs the permission &#34;rolecall:settings.write&#34;") || strings.Contains(page, `action="/console/webhooks`) {
		t.Errorf("an auditor's page:\n%s", page)
	}
}
