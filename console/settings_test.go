package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestSettingsTellWhatKeysAreFor(t *testing.T) {
	s := newStage(t)
	for range 2 {
		if w := s.post(owner, "/settings/rotate", "algorithm", "EdDSA", "confirm", "yes"); w.Code != http.StatusSeeOther {
			t.Fatalf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
		}
	}
	page := mainOf(s.get(auditor, "/settings").Body.String())
	for _, text := range []string{">signs</span>", ">verifies</span>", s.rc.Project(), "at least 8 characters", "<bdi>owner</bdi>"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q:\n%s", text, page)
		}
	}
	if !strings.Contains(page, "needs the permission &#34;rolecall:settings.write&#34;") {
		t.Error("an auditor is not told what is missing")
	}
}

func TestPasswordRulesAreKeptToAndChecked(t *testing.T) {
	s := newStage(t)
	for _, wrong := range []string{"0", "-1", "many", "100000"} {
		if w := s.post(owner, "/settings/passwords", "min_length", wrong); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `aria-invalid="true"`) {
			t.Errorf("%s: status %d", wrong, w.Code)
		}
	}
	if w := s.post(owner, "/settings/passwords", "min_length", "20"); w.Code != http.StatusSeeOther {
		t.Fatalf("status %d", w.Code)
	}
	if _, err := s.id.SetPassword(t.Context(), rolecall.System("test"), "ada", identity.PasswordChange{Password: "correct horse"}); err == nil {
		t.Error("a shorter password was taken")
	}
}
