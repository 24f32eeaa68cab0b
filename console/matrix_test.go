package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

// cell returns the matrix's cell of a role and a permission, as HTML.
func cell(t *testing.T, page, role, permission string) string {
	t.Helper()
	number := func(kind, id string) string {
		at := strings.Index(page, `" data-id="`+id+`"`)
		if kind == "p" {
			at = strings.LastIndex(page, `" data-id="`+id+`"`)
		}
		if at < 0 {
			t.Fatalf("the matrix lacks %s:\n%s", id, mainOf(page))
		}
		return page[strings.LastIndex(page[:at], `id="`+kind)+len(`id="`+kind) : at]
	}
	_, rest, ok := strings.Cut(page, `value="`+number("p", permission)+"."+number("r", role)+`"`)
	if !ok {
		t.Fatalf("no cell of %s and %s", role, permission)
	}
	rest, _, _ = strings.Cut(rest, "</td>")
	return rest
}

func TestAMatrixShowsWhatIsGrantedAndWhatIsInherited(t *testing.T) {
	s := newStage(t)
	page := s.get(owner, "/matrix?api=blog").Body.String()
	for _, tt := range []struct {
		role string
		want string
		not  string
	}{
		{"editor", " checked", "inherited"},
		{"chief", "inherited from Editor", "checked"},
		{"secret", "", "checked"},
	} {
		if got := cell(t, page, tt.role, "publish"); !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) || strings.Contains(got, "disabled") {
			t.Errorf("%s: %s", tt.role, got)
		}
	}
	if strings.Contains(page, "Owner</bdi></a></th>") {
		t.Error("a built-in role has a column, though it gives nothing of the API")
	}
	if got := cell(t, s.get(owner, "/matrix?api=rolecall&q=rolecall:check").Body.String(), "owner", "rolecall:check"); !strings.Contains(got, "checked") || !strings.Contains(got, "disabled") {
		t.Errorf("a built-in role's cell: %s", got)
	}
}

func TestAMatrixIsReadOnlyForWhoMayNotChangeIt(t *testing.T) {
	s := newStage(t)
	page := s.get(auditor, "/matrix?api=blog").Body.String()
	if got := cell(t, page, "editor", "publish"); !strings.Contains(got, "disabled") {
		t.Errorf("the cell is open: %s", got)
	}
	if !strings.Contains(page, "Changing it needs the permission &#34;rolecall:roles.write&#34; everywhere") {
		t.Error("the page does not say what is missing")
	}
}

func TestATenantsMatrixHasItsRolesAlone(t *testing.T) {
	s := newStage(t)
	page := s.get(admin, "/t/acme/matrix?api=blog").Body.String()
	if got := cell(t, page, "acme-writer", "publish"); !strings.Contains(got, "disabled") {
		t.Errorf("the cell is open to a tenant's administrator: %s", got)
	}
	for _, other := range []string{"Globex Writer", "Chief"} {
		if strings.Contains(page, other) {
			t.Errorf("the page shows %s", other)
		}
	}
	s.write(rolecall.Put(&rolecall.Assignment{Subject: admin, Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: "acme"}}))
	// The tenant's owner may write roles, and does not hold what this would give.
	s.write(rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "acme-writer", Scope: rolecall.Scope{Tenant: "acme"}}))
	w := s.post(admin, "/t/acme/matrix/save", "give", "acme-writer\tpublish", "confirm", "yes")
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "gives more than you hold") {
		t.Errorf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
	if w := s.post(admin, "/t/acme/matrix/save", "take", "globex-writer\tpublish", "confirm", "yes"); w.Code == http.StatusSeeOther {
		t.Error("another tenant's role was changed")
	}
}

// What somebody else changed meanwhile stays as they left it.
func TestAMatrixSavesOnlyWhatWasChangedInIt(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Put(&rolecall.Grant{Role: "secret", Permission: "publish"})) // since the form was shown
	w := s.post(owner, "/matrix/save", "role", "editor", "role", "chief", "role", "secret", "permission", "publish", "was", "AQ", "c", "0.0", "c", "0.1", "confirm", "yes")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
	cells := s.rc.Policy().Matrix([]rolecall.PermissionID{"publish"}, []rolecall.RoleID{"editor", "chief", "secret"})
	for i, role := range []string{"editor", "chief", "secret"} {
		if !cells[0][i].Granted {
			t.Errorf("%s is not granted it", role)
		}
	}
}

func TestALargeMatrixIsShownInParts(t *testing.T) {
	s := newStage(t)
	var ops []rolecall.Op
	for i := range 130 {
		ops = append(ops, rolecall.Put(&rolecall.Role{ID: rolecall.RoleID(fmt.Sprintf("r%03d", i)), Name: fmt.Sprintf("Role %03d", i)}))
		ops = append(ops, rolecall.Put(&rolecall.Permission{ID: rolecall.PermissionID(fmt.Sprintf("p%03d", i)), API: "blog", Name: fmt.Sprintf("thing:do%03d", i)}))
	}
	s.write(ops...)
	page := s.get(owner, "/matrix?api=blog").Body.String()
	if n := strings.Count(page, `type="checkbox"`); n > matrixRows*matrixColumns || n < matrixRows*20 {
		t.Errorf("the page has %d cells", n)
	}
	if !strings.Contains(page, "More roles") || !strings.Contains(page, "More permissions") {
		t.Error("nothing leads to the rest")
	}
	seen := map[string]bool{}
	for url, i := "/matrix?api=blog", 0; url != "" && i < 9; i++ {
		page := s.get(owner, url).Body.String()
		for i := range 130 {
			if id := fmt.Sprintf("r%03d", i); strings.Contains(page, `data-id="`+id+`"`) {
				seen[id] = true
			}
		}
		before, _, ok := strings.Cut(page, `">More roles<`)
		if url = ""; ok {
			url = "/matrix" + strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+len(`href="`):], "&amp;", "&")
		}
	}
	if len(seen) != 130 {
		t.Errorf("the pages have %d of 130 roles", len(seen))
	}
	if page := s.get(owner, "/matrix?api=blog&q=thing:do001&roles=Role+001").Body.String(); strings.Count(page, `type="checkbox"`) != 1 {
		t.Error("the filters leave more or less than the one cell")
	}
}
