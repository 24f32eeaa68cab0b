package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

func TestAConstraintThatIsBrokenIsRefusedBeforeItIsMade(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "chief"}), rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "secret", Scope: rolecall.Scope{Tenant: "globex"}}), rolecall.Delete(&rolecall.Constraint{ID: "apart"}))
	at := s.rc.Revision()
	w := s.post(owner, "/new/constraint", "name", "Apart", "type", "static", "max_allowed", "1", "roles", "Editor\nSecret")
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Separation of duty forbids it") || !strings.Contains(w.Body.String(), "&#34;bob&#34;") || s.rc.Revision() != at {
		t.Errorf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
}

func TestAnAssignmentThatAConstraintForbidsIsRefused(t *testing.T) {
	s := newStage(t)
	w := s.post(owner, "/assign", "id", "ada", "role", "secret")
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Separation of duty forbids it") {
		t.Errorf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
}
