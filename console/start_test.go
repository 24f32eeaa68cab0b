package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// Each step is offered once the one before is done, and what is offered is the next.
func TestTheOverviewOfANewProjectLeadsByTheHand(t *testing.T) {
	rc, err := rolecall.Open(t.Context(), sqlite.Memory())
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	h := Handler(rc, Prefix("/c"), Subject(func(*http.Request) (rolecall.SubjectID, error) { return "ann", nil }))
	for _, tt := range []struct {
		name  string
		write []rolecall.Record
		has   []string
		done  int
	}{
		{"nothing", []rolecall.Record{&rolecall.User{ID: "ann", Name: "Ann"}, &rolecall.Assignment{Subject: "ann", Role: rolecall.RoleOwner}},
			[]string{`primary" href="/c/new/permission?`, `guard.Require(&#34;post.publish&#34;)`}, 0},
		{"a permission", []rolecall.Record{&rolecall.Permission{ID: "read", Name: "page.read"}}, []string{`primary" href="/c/new/role?`, `guard.Require(&#34;page.read&#34;)`}, 1},
		{"an empty role", []rolecall.Record{&rolecall.Role{ID: "reader", Name: "Reader"}}, []string{`primary" href="/c/roles/reader/grant?`}, 1},
		{"a role that gives it", []rolecall.Record{&rolecall.Grant{Role: "reader", Permission: "read"}}, []string{`primary" href="/c/new/user?`}, 2},
		{"a user", []rolecall.Record{&rolecall.User{ID: "bob", Name: "Bob"}}, []string{`primary" href="/c/assign?`, "Assign Reader"}, 2},
		{"who holds it", []rolecall.Record{&rolecall.Assignment{Subject: "bob", Role: "reader"}}, []string{"/c/explain?permission=read&amp;subject=bob", "rolecall can-i page.read --as bob"}, 3},
		{"a second role", []rolecall.Record{&rolecall.Role{ID: "writer", Name: "Writer"}}, []string{"To look at"}, -1},
	} {
		var ops []rolecall.Op
		for _, r := range tt.write {
			ops = append(ops, rolecall.Create(r))
		}
		if _, err := rc.Write(t.Context(), rolecall.System("test"), ops...); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/c/overview", nil))
		page := mainOf(w.Body.String())
		for _, text := range tt.has {
			if !strings.Contains(page, text) {
				t.Errorf("with %s, the overview lacks %q:\n%s", tt.name, text, page)
			}
		}
		if done := strings.Count(page, `<li class="done">`); tt.done >= 0 && done != tt.done {
			t.Errorf("with %s, %d steps are done, want %d", tt.name, done, tt.done)
		}
		if shown := strings.Contains(page, "First steps"); shown != (tt.done >= 0) {
			t.Errorf("with %s, the first steps are shown: %v", tt.name, shown)
		}
	}
}
