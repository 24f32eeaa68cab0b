package console

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// changes is every change of the console with what its form sends: what the
// question has to say, none if it is made at once, and where it leads.
var changes = []struct {
	name   string
	path   string // without an id: one of the world's
	fields []string
	asks   string // a part of the question
	then   string // a part of the Location; "" shows a page
}{
	{"a user", "/new/user", []string{"name", "Eve", "email", "eve@example.com", "password", "correct horse battery", "temporary", "yes"}, "", "/console/users/usr_"},
	{"a user with a role", "/new/user", []string{"name", "Eve", "email", "eve@example.com", "tenant", "Acme", "role", "Editor"}, "post.publish", "/console/users/usr_"},
	{"a profile", "/users/ada/edit", []string{"name", "Ada L", "email", "ada@example.com", "attributes", `{"team":"a"}`}, "", "/console/users/ada"},
	{"a block", "/users/ada/block", nil, "post.publish", "/console/users/ada"},
	{"an unblock", "/users/ada/unblock", nil, "Unblock Ada?", "/console/users/ada"},
	{"a deleted user", "/users/ada/delete", nil, "post.publish", "/console/users"},
	{"a password", "/users/ada/password", []string{"password", "correct horse battery"}, "", "/console/users/ada"},
	{"a sign-out", "/users/ada/sign-out", nil, "", "/console/users/ada"},
	{"a selection", "/bulk/users", []string{"id", "ada", "id", "bob", "do", "block"}, "Block 2 users?", "/console/users"},
	{"chosen groups", "/bulk/groups", []string{"id", "staff", "id", "hostile-group", "do", "delete"}, "Delete 2 groups?", "/console/groups"},
	{"chosen roles", "/bulk/roles", []string{"id", "editor", "do", "delete"}, "post.publish", "/console/roles"},
	{"chosen permissions", "/bulk/permissions", []string{"all", "yes", "api", "blog", "do", "delete"}, "Delete 1 permission?", "/console/permissions"},
	{"chosen tenants", "/bulk/tenants", []string{"id", "globex", "do", "delete"}, "Delete 1 tenant?", "/console/tenants"},
	{"chosen assignments", "/bulk/assignments", []string{"id", "staff\teditor\t\t\tmanual", "do", "remove"}, "post.publish", "/console/assignments"},
	{"assignments that match", "/bulk/assignments", []string{"all", "yes", "source", "manual", "q", "acme-writer", "do", "remove"}, "Unassign 1 assignment?", "/console/assignments"},
	{"chosen grants", "/bulk/grants", []string{"id", hostileID + "\t" + hostileID + "\t\t\tmanual", "do", "remove"}, "Revoke 1 grant?", "/console/grants"},
	{"a group's chosen members", "/groups/staff/bulk", []string{"id", "staff\tada", "do", "remove"}, "post.publish", "/console/groups/staff"},
	{"a group's members", "/groups/staff/bulk", []string{"all", "yes", "do", "remove"}, "Remove 1 member of Staff?", "/console/groups/staff"},
	{"a tenant's members", "/tenants/globex/bulk", []string{"all", "yes", "do", "remove"}, "Remove 1 member of Globex?", "/console/tenants/globex"},
	{"a role's permissions", "/roles/editor/bulk", []string{"all", "yes", "do", "remove"}, "post.publish", "/console/roles/editor"},
	{"chosen keys", "/bulk/keys", []string{"id", "key_plain", "id", "key_hostile", "do", "disable"}, "Disable 2 keys?", "/console/keys"},
	{"keys that match", "/bulk/keys", []string{"all", "yes", "q", "Deploy", "do", "delete"}, "Delete 1 key?", "/console/keys"},
	{"an assignment", "/assign", []string{"id", "bob", "role", "Editor", "reason", "because"}, "post.publish", "/console/users"},
	{"an assignment by names", "/assign", []string{"subject", "bob@example.com", "role", "editor", "tenant", "Globex", "resource", "doc:7", "expires_at", "2999-01-31T09:00"}, "until 2999-01-31 09:00", "/console/users"},
	{"an assignment that comes back", "/assign", []string{"id", "bob", "role", "editor", "back", "/console/users/bob"}, "post.publish", "/console/users/bob"},
	{"an unassignment", "/unassign", []string{"subject", "staff", "role", "editor", "source", "manual"}, "post.publish", "/console/"},
	{"a grant", "/grant", []string{"id", "bob", "permission", "post.publish"}, "post.publish", "/console/users"},
	{"a revocation", "/revoke", []string{"subject", hostileID, "permission", hostileID, "source", "manual"}, "Revoke", "/console/"},
	{"a group", "/new/group", []string{"name", "New"}, "", "/console/groups/group_"},
	{"a group's name", "/groups/staff/edit", []string{"name", "Crew"}, "", "/console/groups/staff"},
	{"a deleted group", "/groups/staff/delete", nil, "post.publish", "/console/groups"},
	{"a member", "/join/group", []string{"group", "Staff", "member", "bob"}, "post.publish", "/console/groups/staff"},
	{"a member's end", "/groups/staff/remove", []string{"member", "ada"}, "post.publish", "/console/groups/staff"},
	{"a role", "/new/role", []string{"name", "New", "tenant", "acme"}, "", "/console/roles/role_"},
	{"a role's name", "/roles/editor/edit", []string{"name", "Redactor"}, "", "/console/roles/editor"},
	{"a deleted role", "/roles/editor/delete", nil, "post.publish", "/console/roles"},
	{"a role's permission", "/roles/chief/grant", []string{"permission", "rolecall:check"}, "Give Chief the permission", "/console/roles/chief"},
	{"a role's permission less", "/roles/editor/ungrant", []string{"permission", "publish"}, "post.publish", "/console/roles/editor"},
	{"an inheritance", "/roles/secret/inherit", []string{"junior", "Editor"}, "inherit from Editor", "/console/roles/secret"},
	{"an inheritance less", "/roles/chief/disinherit", []string{"junior", "editor"}, "End that Chief", "/console/roles/chief"},
	{"a permission", "/new/permission", []string{"name", "post.edit", "api", "Blog"}, "", "/console/permissions/perm_"},
	{"a description", "/permissions/publish/edit", []string{"name", "post.publish", "description", "Shows it"}, "", "/console/permissions/publish"},
	{"a renamed permission", "/permissions/publish/edit", []string{"name", "post.print"}, "post.print", "/console/permissions/publish"},
	{"a deleted permission", "/permissions/publish/delete", nil, "post.publish", "/console/permissions"},
	{"an API", "/new/api", []string{"name", "Shop", "identifier", "https://shop.example.com"}, "", "/console/apis/api_"},
	{"an API's name", "/apis/blog/edit", []string{"name", "Weblog"}, "", "/console/apis/blog"},
	{"a deleted API", "/apis/blog/delete", nil, "post.publish", "/console/apis"},
	{"a tenant", "/new/tenant", []string{"name", "Initech", "id", "initech"}, "", "/console/tenants/initech"},
	{"a tenant's name", "/tenants/acme/edit", []string{"name", "ACME"}, "", "/console/tenants/acme"},
	{"single sign-on", "/tenants/acme/sso", []string{"required", "yes", "except", "ada\r\n peter@acme.example \r\n\r\n"}, "", "/console/tenants/acme"},
	{"a deleted tenant", "/tenants/acme/delete", nil, "rolecall:members.write", "/console/tenants"},
	{"a membership", "/join/tenant", []string{"tenant", "Globex", "subject", "ada"}, "Add Ada to Globex?", "/console/tenants/globex"},
	{"a membership's end", "/tenants/acme/remove", []string{"subject", "ada"}, "Remove Ada", "/console/tenants/acme"},
	{"an invitation", "/invite", []string{"email", "new@example.com", "tenant", "acme", "role", "acme-writer"}, "Invite new@example.com to Acme?", ""},
	{"a withdrawn invitation", "/invitations/waiting/delete", nil, "Withdraw", "/console/"},
	{"a key", "/new/key", []string{"name", "CI"}, "", ""},
	{"a key with a role", "/new/key", []string{"name", "CI", "role", "editor", "expires_at", "2999-01-31T09:00"}, "post.publish", ""},
	{"a new secret", "/keys/key_plain/rotate", nil, "new secret", ""},
	{"a disabled key", "/keys/key_plain/disable", nil, "Disable", "/console/keys/key_plain"},
	{"an enabled key", "/keys/key_plain/enable", nil, "Enable", "/console/keys/key_plain"},
	{"a verified journal", "/audit/verify", nil, "", ""},
	{"an application", "/new/application", []string{"name", "Shop", "type", "spa", "grant_code", "yes", "redirect_uris", "https://shop.example.com/a\r\nhttps://shop.example.com/b\r\n", "refresh_idle", "60"}, "", "/console/applications/app_"},
	{"an application's settings", "/applications/site/edit", []string{"name", "Site", "type", "web", "grant_refresh", "yes"}, "", "/console/applications/site"},
	{"a blocked application", "/applications/site/block", nil, "Block Site?", "/console/applications/site"},
	{"an unblocked application", "/applications/site/unblock", nil, "Unblock Site?", "/console/applications/site"},
	{"a deleted application", "/applications/site/delete", nil, "Delete the application Site?", "/console/applications"},
	{"a secret", "/applications/site/secret", nil, "another secret", ""},
	{"secrets replaced", "/applications/site/rotate", nil, "Replace the secrets", ""},
	{"a deleted secret", "/secrets/site-secret/delete", nil, "Delete the secret?", "/console/applications/site"},
	{"tokens for an API", "/applications/site/grant", []string{"api", "Blog", "for", "user", "all_scopes", "yes"}, "", "/console/applications/site"},
	{"what tokens say", "/client-grants/site-blog/edit", []string{"all_scopes", "yes"}, "", "/console/applications/site"},
	{"no tokens for an API", "/client-grants/site-blog/delete", nil, "End tokens for Blog?", "/console/applications/site"},
	{"an API's tokens", "/apis/blog/tokens", []string{"enforce", "yes", "permissions", "yes", "lifetime", "600"}, "", "/console/apis/blog"},
	{"a constraint", "/new/constraint", []string{"name", "Two keys", "type", "static", "max_allowed", "1", "roles", "Secret\r\nGlobex Writer", "tenant", "Globex"}, "Nobody would break", "/console/constraints/con_"},
	{"a constraint's text", "/constraints/apart/edit", []string{"name", "Six eyes", "type", "static", "max_allowed", "1"}, "", "/console/constraints/apart"},
	{"a constraint's role", "/constraints/apart/add", []string{"role", "Tenant Admin"}, "Nobody would break it", "/console/constraints/apart"},
	{"a constraint's role less", "/constraints/apart/drop", []string{"role", "editor"}, "Take Editor out of Four eyes?", "/console/constraints/apart"},
	{"a deleted constraint", "/constraints/apart/delete", nil, "Delete the constraint Four eyes?", "/console/constraints"},
	{"a session", "/new/session", []string{"subject", "Ada", "tenant", "Acme", "roles", "Acme Writer", "expires_at", "2999-01-31T09:00"}, "", "/console/sessions"},
	{"an active role", "/sessions/shift/activate", []string{"role", "Editor"}, "", "/console/sessions"},
	{"a dropped role", "/sessions/shift/drop", []string{"role", "acme-writer"}, "", "/console/sessions"},
	{"an ended session", "/sessions/shift/end", nil, "End the session?", "/console/sessions"},
	{"a new signing key", "/settings/rotate", []string{"algorithm", "EdDSA", "overlap", "24"}, "tokens that last longer end then", "/console/settings"},
	{"rules for passwords", "/settings/passwords", []string{"min_length", "12", "number", "yes"}, "", "/console/settings"},
	{"a webhook", "/new/webhook", []string{"url", nowhere + "new", "description", "New", "kinds", "role", "kinds", "grant", "tenant", "Acme"}, "", ""},
	{"a webhook's address", "/webhooks/hook_plain/edit", []string{"url", nowhere + "other"}, "", "/console/webhooks/hook_plain"},
	{"a tested webhook", "/webhooks/hook_plain/test", nil, "", ""},
	{"a webhook's new secret", "/webhooks/hook_plain/rotate", nil, "rolecall webhook rotate hook_plain", ""},
	{"a disabled webhook", "/webhooks/hook_plain/disable", nil, "Disable hook_plain?", "/console/webhooks/hook_plain"},
	{"an enabled webhook", "/webhooks/hook_plain/enable", nil, "Enable hook_plain?", "/console/webhooks/hook_plain"},
	{"a deleted webhook", "/webhooks/hook_plain/delete", nil, "/api/v1/webhooks/hook_plain", "/console/webhooks"},
	{"a matrix", "/matrix/save", []string{"give", "secret\tpublish", "take", "editor\tpublish"}, "Secret gives post.publish; Editor no longer gives post.publish.", "/console/matrix"},
	{"a matrix without a script", "/matrix/save", []string{"role", "editor", "role", "chief", "permission", "publish", "was", "AQ", "c", "0.1", "back", "/console/matrix?q=p"},
		"Chief gives post.publish; Editor no longer gives post.publish.", "/console/matrix?q=p"},
	{"a deleted key", "/keys/key_plain/delete", nil, "Delete the key", "/console/keys"},
}

// unwritten are the changes that find all as they would have it, or write beside
// the journal.
var unwritten = []string{"an unblock", "an unblocked application", "an enabled key", "an enabled webhook", "a tested webhook", "a sign-out", "a verified journal"}

func TestChanges(t *testing.T) {
	asked := map[string]bool{}
	for i, tt := range changes {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() && i%6 > 0 {
				t.Skip("-short: every sixth")
			}
			s := newStage(t)
			s.cookie(owner)
			at := s.rc.Revision()
			w := s.post(owner, tt.path, tt.fields...)
			if tt.asks != "" {
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), tt.asks) || !strings.Contains(w.Body.String(), `name="confirm"`) {
					t.Fatalf("status %d, want a question with %q:\n%s", w.Code, tt.asks, mainOf(w.Body.String()))
				}
				if s.rc.Revision() != at {
					t.Fatal("it was written before it was confirmed")
				}
				w = s.post(owner, tt.path, append(tt.fields, "confirm", "yes")...)
			}
			if tt.then == "" {
				if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "confirm") {
					t.Fatalf("status %d, want a page:\n%s", w.Code, mainOf(w.Body.String()))
				}
			} else if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, tt.then) {
				t.Fatalf("status %d, Location %q, want %q:\n%s", w.Code, to, tt.then, mainOf(w.Body.String()))
			} else if w := s.get(owner, strings.TrimPrefix(to, "/console")); w.Code >= 400 {
				t.Errorf("%s has status %d", to, w.Code)
			}
			if s.rc.Revision() == at && !slices.Contains(unwritten, tt.name) {
				t.Error("nothing was written")
			}
			entries, err := s.rc.Audit(t.Context(), rolecall.System("test"), rolecall.EntryQuery{Since: at})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if e.Actor != owner || e.Door != "console" {
					t.Errorf("entry by %s through %s", e.Actor, e.Door)
				}
			}
		})
		for _, r := range table() {
			if r.do != nil && matches(r.path, tt.path) {
				asked[r.path] = true
			}
		}
	}
	for _, r := range table() {
		if r.do != nil && r.needs != "" && !asked[r.path] {
			t.Errorf("changes has nothing for %s", r.path)
		}
	}
}

// matches reports whether a route's path is that of a request.
func matches(route, path string) bool {
	a, b := strings.Split(route, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], "{") {
			return false
		}
	}
	return true
}

// mainOf is the part of a page that is not on every page.
func mainOf(page string) string {
	if _, rest, ok := strings.Cut(page, "<main"); ok {
		page, _, _ = strings.Cut(rest, "</main>")
	}
	return page
}

func TestARefusedFormComesBackWithWhatWasTyped(t *testing.T) {
	s := newStage(t)
	for _, tt := range []struct {
		name, path string
		fields     []string
		status     int
		says       []string
	}{
		{"a name that is taken", "/new/role", []string{"name", "Editor", "description", "typed already"}, 409, []string{"typed already", "exists already"}},
		{"a role that is not there", "/assign", []string{"id", "bob", "role", "Editro", "resource", "doc:7"}, 400, []string{"Editro", "doc:7", "does not exist here", `aria-invalid="true"`}},
		{"a time that is none", "/assign", []string{"id", "bob", "role", "editor", "expires_at", "soon"}, 400, []string{"must be a time like"}},
		{"a time that has passed", "/assign", []string{"id", "bob", "role", "editor", "expires_at", "2001-01-01T00:00"}, 400, []string{"must be in the future"}},
		{"attributes that are no object", "/users/ada/edit", []string{"name", "Ada", "attributes", "[1"}, 400, []string{"must be a JSON object", "[1"}},
		{"a cycle", "/roles/editor/inherit", []string{"junior", "chief"}, 400, []string{"form a cycle"}},
		{"an empty name", "/new/group", []string{"name", " "}, 400, []string{"Name is required"}},
		{"an address that is none", "/invite", []string{"email", "nobody"}, 400, []string{"must be an e-mail address"}},
		{"an address that is no URL", "/new/webhook", []string{"url", "ftp://example.com/", "kinds", "role"}, 400, []string{"must be like https://", `value="role" checked`, `aria-invalid="true"`}},
		{"an address that is not allowed", "/webhooks/hook_plain/edit", []string{"url", "https://10.0.0.1/", "description", "typed already"}, 400, []string{"not public", "typed already"}},
		{"a password that is too short", "/users/ada/password", []string{"password", "x"}, 400, []string{"Password must"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := s.rc.Revision()
			w := s.post(owner, tt.path, append(tt.fields, "confirm", "yes")...)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			for _, text := range tt.says {
				if !strings.Contains(mainOf(w.Body.String()), text) {
					t.Errorf("the page lacks %q:\n%s", text, mainOf(w.Body.String()))
				}
			}
			if strings.Contains(w.Body.String(), `value="x"`) && strings.Contains(tt.path, "password") {
				t.Error("a password comes back")
			}
			if s.rc.Revision() != at {
				t.Error("something was written")
			}
		})
	}
}

func TestAPasswordIsNotSentBack(t *testing.T) {
	s := newStage(t)
	fields := []string{"name", "Eve", "email", "eve@example.com", "role", "editor", "password", secretWord}
	w := s.post(owner, "/new/user", fields...)
	if page := w.Body.String(); strings.Contains(page, secretWord) || !strings.Contains(page, `name="password" type="password"`) {
		t.Errorf("the question is:\n%s", mainOf(page))
	}
	w = s.post(owner, "/new/user", "name", "Eve", "email", "", "password", secretWord)
	if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), secretWord) {
		t.Errorf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
}

// What is confirmed is what was shown: if something else would happen by now,
// it is asked about again.
func TestAQuestionThatIsOutOfDateIsAskedAgain(t *testing.T) {
	s := newStage(t)
	fields := []string{"id", "bob", "role", "editor"}
	page := s.post(owner, "/assign", fields...).Body.String()
	hidden := func(name string) string {
		_, rest, _ := strings.Cut(page, `name="`+name+`" value="`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	confirm := append(fields, "confirm", "yes", "seen", hidden("seen"), "at", hidden("at"))
	s.write(rolecall.Put(&rolecall.Grant{Role: "editor", Permission: rolecall.PermissionCheck}))
	w := s.post(owner, "/assign", confirm...)
	if page = w.Body.String(); w.Code != http.StatusOK || !strings.Contains(page, "Something changed meanwhile") || !strings.Contains(page, rolecall.PermissionCheck) {
		t.Fatalf("status %d:\n%s", w.Code, mainOf(page))
	}
	s.write(rolecall.Put(&rolecall.Group{ID: "other", Name: "Other"})) // has nothing to do with it
	confirm = append(fields, "confirm", "yes", "seen", hidden("seen"), "at", hidden("at"))
	if w := s.post(owner, "/assign", confirm...); w.Code != http.StatusSeeOther {
		t.Errorf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
}

func TestTheLastOwnerStays(t *testing.T) {
	s := newStage(t)
	for _, path := range []string{"/users/owner/block", "/users/owner/delete", "/unassign?subject=owner&role=owner&source=manual"} {
		w := s.post(owner, path)
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Nobody would be left in charge") {
			t.Errorf("%s: status %d, want 409", path, w.Code)
		}
	}
}

// What a tenant's administrator may do there, and what the service refuses
// although the route is open to them.
func TestDelegation(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "globex-writer", Scope: rolecall.Scope{Tenant: "globex"}}))
	for _, tt := range []struct {
		name, path string
		fields     []string
		status     int
		says       string
	}{
		{"a role of the tenant, that it does not hold itself", "/t/acme/assign", []string{"id", "ada", "role", "tenant-owner"}, 403, "you don&#39;t hold it there"},
		{"a role that gives what it holds", "/t/acme/assign", []string{"id", "ada", "role", "tenant-admin"}, 303, ""},
		{"a role by its name", "/t/acme/assign", []string{"id", "ada", "role", "Acme Writer"}, 303, ""},
		{"another tenant's role", "/t/acme/assign", []string{"id", "ada", "role", "globex-writer"}, 400, "does not exist here"},
		{"another tenant, in a field", "/t/acme/assign", []string{"id", "ada", "role", "tenant-admin", "tenant", "globex"}, 303, ""},
		{"a role of another tenant's member", "/t/acme/unassign", []string{"subject", "bob", "role", "globex-writer", "tenant", "globex"}, 403, "rolecall:members.write"},
		{"what is held everywhere", "/t/acme/unassign", []string{"subject", "staff", "role", "editor"}, 403, "everywhere"},
		{"a permission that it does not hold", "/t/acme/grant", []string{"id", "ada", "permission", "post.publish"}, 403, "you don&#39;t hold it there"},
		{"a member", "/t/acme/join/tenant", []string{"subject", "bob"}, 303, ""},
		{"another tenant's member", "/t/acme/tenants/globex/remove", []string{"subject", "bob"}, 404, ""},
		{"another tenant's invitation", "/t/globex/invite", []string{"email", "x@example.com"}, 403, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := s.post(admin, tt.path, append(tt.fields, "confirm", "yes")...)
			if w.Code != tt.status || !strings.Contains(mainOf(w.Body.String()), tt.says) {
				t.Errorf("status %d, want %d with %q:\n%s", w.Code, tt.status, tt.says, mainOf(w.Body.String()))
			}
		})
	}
	d, err := s.rc.Check(t.Context(), rolecall.Request{Subject: "ada", Role: "Tenant Admin", Tenant: "globex"})
	if err != nil || d.Allowed {
		t.Errorf("a field chose another tenant: %v, %v", d, err)
	}
}

func TestATenantsAdministratorSeesThatTenantOnly(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "globex-writer", Scope: rolecall.Scope{Tenant: "globex"}}))
	s.write(rolecall.Put(&rolecall.Assignment{Subject: "ada", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}))
	ada := s.get(admin, "/t/acme/users/ada").Body.String()
	if !strings.Contains(ada, "Editor") || strings.Contains(ada, "/roles/editor") || !strings.Contains(ada, "/t/acme/roles/acme-writer") {
		t.Error("a role of the project is linked to, whose page the viewer may not see")
	}
	page := s.get(admin, "/t/acme/users").Body.String()
	for text, want := range map[string]bool{"ada@example.com": true, "bob@example.com": false, "stranger@example.com": false, "Globex": false} {
		if got := strings.Contains(page, text); got != want {
			t.Errorf("%q in the page: %v, want %v", text, got, want)
		}
	}
	for path, status := range map[string]int{
		"/t/acme/users/bob": 404, "/t/acme/roles/globex-writer": 404, "/t/acme/roles/editor": 404, "/t/acme/tenants/globex": 404, // as if they were not there
		"/users": 403, "/users/ada": 403,
	} {
		if w := s.get(admin, path); w.Code != status {
			t.Errorf("%s: status %d, want %d", path, w.Code, status)
		}
	}
	for _, q := range []string{"bob", "globex", "secret"} {
		w := s.get(admin, "/t/acme/search?q="+q)
		if page := mainOf(w.Body.String()); w.Code != http.StatusOK || !strings.Contains(page, "Nothing that you may see") {
			t.Errorf("the search for %q finds:\n%s", q, page)
		}
	}
	if w := s.get(admin, "/"); w.Header().Get("Location") != "/console/t/acme/" {
		t.Errorf("the start leads to %q", w.Header().Get("Location"))
	}
	roles := s.get(admin, "/t/acme/roles").Body.String()
	if !strings.Contains(roles, "Editor") || strings.Contains(roles, "Secret") || strings.Contains(roles, "Globex Writer") {
		t.Error("the roles that can be assigned are not the tenant's and those that are not private")
	}
}

func TestControlsThatTheViewerLacksNameThePermission(t *testing.T) {
	s := newStage(t)
	page := s.get(auditor, "/users/ada").Body.String()
	for _, text := range []string{
		"needs the permission &#34;rolecall:members.write&#34; everywhere",
		"needs the permission &#34;rolecall:users.write&#34; everywhere",
		"needs the permission &#34;rolecall:credentials.write&#34; everywhere",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %s", text)
		}
	}
	for _, action := range []string{`action="/console/users/ada/block"`, `href="/console/assign?`, `action="/console/unassign`} {
		if strings.Contains(page, action) {
			t.Errorf("the page offers %s", action)
		}
	}
	if page := s.get(owner, "/users/ada").Body.String(); strings.Contains(page, "aria-disabled") {
		t.Error("something is disabled for the owner")
	}
}

// All that match are all of them, whatever page they are on.
func TestABulkChangeReachesEveryPage(t *testing.T) {
	s := newStage(t)
	var ops []rolecall.Op
	for i := range 1050 {
		ops = append(ops, rolecall.Create(&rolecall.User{ID: rolecall.SubjectID("many" + text(i)), Name: "Many " + text(i)}))
	}
	s.write(ops...)
	if w := s.post(owner, "/bulk/users", "all", "yes", "q", "many", "do", "block"); !strings.Contains(w.Body.String(), "Block 1,050 users?") {
		t.Errorf("it asks:\n%s", mainOf(w.Body.String()))
	}
	s.post(owner, "/bulk/users", "all", "yes", "q", "many", "do", "block", "confirm", "yes")
	page, err := s.rc.List(t.Context(), rolecall.System("test"), rolecall.Query{Kind: rolecall.KindUser, Where: []rolecall.Condition{rolecall.Where("blocked", "true")}, Total: true})
	if err != nil || page.Total != 1050 {
		t.Errorf("%d are blocked, %v", page.Total, err)
	}
	if w := s.post(owner, "/assign", "all", "yes", "q", "many", "role", "editor", "confirm", "yes"); w.Code != http.StatusSeeOther {
		t.Errorf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
	page, err = s.rc.List(t.Context(), rolecall.System("test"), rolecall.Query{Kind: rolecall.KindAssignment, Where: []rolecall.Condition{rolecall.Where("role", "editor")}, Total: true})
	if err != nil || page.Total != 1051 {
		t.Errorf("%d hold the role, %v", page.Total, err)
	}
}

// A command is offered where the program has it, and only there.
func TestCommandsAreOfferedThatThereAre(t *testing.T) {
	s := newStage(t)
	for _, tt := range []struct {
		path   string
		fields []string
		line   string // "" if there is none
	}{
		{"/users/ada/block", nil, "rolecall user block ada"},
		{"/applications/site/block", nil, ""},
		{"/applications/site/delete", nil, "rolecall client delete site"},
		{"/client-grants/site-blog/delete", nil, ""},
		{"/constraints/apart/add", []string{"role", "Tenant Admin"}, "rolecall constraint add apart tenant-admin"},
		{"/constraints/apart/delete", nil, "rolecall constraint delete apart"},
		{"/sessions/shift/end", nil, ""},
	} {
		page := s.post(owner, tt.path, tt.fields...).Body.String()
		_, rest, offered := strings.Cut(page, `<figcaption>CLI</figcaption><pre tabindex="0" data-copy>`)
		line, _, _ := strings.Cut(rest, "</pre>")
		if !strings.Contains(page, `name="confirm"`) || offered != (tt.line != "") || line != tt.line {
			t.Errorf("%s offers %q, want %q", tt.path, line, tt.line)
		}
	}
	for path, line := range map[string]string{
		"/who-can?permission=publish&tenant=acme":           "rolecall who-can post.publish --api https://blog.example.com --tenant acme",
		"/who-can?permission=publish&kind=user":             "",
		"/what-can?subject=ada&resource=doc:7":              "rolecall what-can ada --resource doc:7",
		"/explain?subject=ada&permission=publish&session=s": "rolecall explain post.publish --as ada --api https://blog.example.com --session s",
		"/constraints/apart":                                "rolecall constraint show apart",
		"/applications/site":                                "rolecall client show site",
	} {
		page := s.get(owner, path).Body.String()
		_, rest, _ := strings.Cut(page, `<figcaption>CLI</figcaption><pre tabindex="0" data-copy>`)
		if got, _, _ := strings.Cut(rest, "</pre>"); got != line || !strings.Contains(page, "<figcaption>Go</figcaption>") {
			t.Errorf("%s offers %q, want %q", path, got, line)
		}
	}
}

func TestASecretIsShownOnce(t *testing.T) {
	s := newStage(t)
	r := s.request(owner, http.MethodPost, "/new/key", map[string][]string{"name": {"CI"}})
	r.Header.Set("Accept-Encoding", "gzip")
	w := s.send(r)
	_, rest, ok := strings.Cut(w.Body.String(), identity.KeyPrefix)
	if !ok || w.Header().Get("Content-Encoding") != "" {
		t.Fatalf("no secret, or packed beside one:\n%s", mainOf(w.Body.String()))
	}
	secret, _, _ := strings.Cut(identity.KeyPrefix+rest, "<")
	if _, err := s.id.VerifyKey(t.Context(), secret, ""); err != nil {
		t.Errorf("the key does not work: %v", err)
	}
	list := s.get(owner, "/keys").Body.String()
	if !strings.Contains(list, "CI") || strings.Contains(list, secret[len(secret)-10:]) {
		t.Error("the list lacks the key, or shows its secret")
	}
}
