package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

// A selection can hold only what its list shows.
func TestASelectionOfWhatIsNotThere(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Put(&rolecall.Credential{ID: "pw", Subject: "ada", Type: rolecall.Password, Hash: rolecall.Secret(strings.Repeat("s", 32))}))
	for _, tt := range []struct {
		name, path string
		fields     []string
		status     int
		says       string
	}{
		{"nothing", "/bulk/assignments", []string{"do", "remove"}, 400, "choose some assignments first"},
		{"no such deed", "/bulk/assignments", []string{"id", "staff\teditor\t\t\tmanual", "do", "block"}, 400, "not offered for assignments"},
		{"half a key", "/bulk/assignments", []string{"id", "staff\teditor", "do", "remove"}, 400, "can&#39;t be in it"},
		{"another group's member", "/groups/staff/bulk", []string{"id", "hostile-group\t" + hostileID, "do", "remove"}, 400, "can&#39;t be in it"},
		{"another tenant's member", "/tenants/acme/bulk", []string{"id", "globex\tbob", "do", "remove"}, 400, "can&#39;t be in it"},
		{"a password among keys", "/bulk/keys", []string{"id", "pw", "do", "delete"}, 404, "is not an access key"},
		{"what is gone", "/bulk/grants", []string{"id", "bob\tpublish\t\t\tmanual", "do", "remove"}, 404, "does not exist"},
		{"the last owner", "/bulk/assignments", []string{"all", "yes", "do", "remove"}, 409, "in charge"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := s.rc.Revision()
			w := s.post(owner, tt.path, append(tt.fields, "confirm", "yes")...)
			if w.Code != tt.status || !strings.Contains(mainOf(w.Body.String()), tt.says) {
				t.Errorf("status %d, want %d with %q:\n%s", w.Code, tt.status, tt.says, mainOf(w.Body.String()))
			}
			if s.rc.Revision() != at {
				t.Error("something was written")
			}
		})
	}
}

// A tenant's administrator selects all of its tenant, and reaches no other.
func TestATenantsSelectionStaysInTheTenant(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "globex-writer", Scope: rolecall.Scope{Tenant: "globex"}}))
	w := s.post(admin, "/t/acme/bulk/assignments", "all", "yes", "who", "ada", "do", "remove", "confirm", "yes")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
	w = s.post(admin, "/t/acme/bulk/assignments", "id", "bob\tglobex-writer\tglobex\t\tmanual", "do", "remove", "confirm", "yes")
	if w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
		t.Errorf("another tenant's assignment: status %d", w.Code)
	}
	page, err := s.rc.List(t.Context(), rolecall.System("test"), rolecall.Query{Kind: rolecall.KindAssignment,
		Where: []rolecall.Condition{{Field: "role", Op: rolecall.In, Values: []string{"acme-writer", "globex-writer"}}}})
	if err != nil || len(page.Records) != 1 || page.Records[0].Key() != "bob\tglobex-writer\tglobex\t\tmanual" {
		t.Errorf("left are %v, %v", page.Records, err)
	}
}

// What stands for a box of another list's selection must not be in this one, and
// whoever may not use a selection sees why.
func TestTheBarBelowATable(t *testing.T) {
	s := newStage(t)
	for _, tt := range []struct {
		as         rolecall.SubjectID
		path, want string
		not        string
	}{
		{owner, "/assignments", "value=\"staff\teditor\t\t\tmanual\" form=\"pick-assignment\"", `aria-disabled`},
		{owner, "/assignments?what=Editor", `name="what" value="Editor"`, "ada\tacme-writer"},
		{owner, "/assignments?who=ada@example.com&in=Acme", "ada\tacme-writer\tacme", "staff\teditor"},
		{owner, "/groups/staff", `form="pick-group_member"`, ""},
		{owner, "/tenants/acme", `form="pick-membership"`, ""},
		{owner, "/roles/editor", "value=\"editor\tpublish\" form=\"pick-grant\"", ""},
		{owner, "/roles/chief", `inherited`, `pick-grant`},
		{owner, "/roles/auditor", `rolecall:audit.read`, `pick-grant`},
		{owner, "/keys", `value="key_plain" form="pick-credential"`, ""},
		{auditor, "/keys", `Disable: needs the permission`, `name="do"`},
	} {
		page := mainOf(s.get(tt.as, tt.path).Body.String())
		if !strings.Contains(page, tt.want) || tt.not != "" && strings.Contains(page, tt.not) {
			t.Errorf("%s as %s: want %q and no %q:\n%s", tt.path, tt.as, tt.want, tt.not, page)
		}
	}
}
