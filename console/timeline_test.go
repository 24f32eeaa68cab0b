package console

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

// beside is what stands beside a name, and tags is what is left to leave out.
var (
	beside = regexp.MustCompile(`<span class="more"><bdi>[^<]*</bdi></span>|<span class="badge bad">blocked</span>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
)

// lines returns the sentences of a page's timeline, the newest first.
func (s *stage) lines(as rolecall.SubjectID, path string) (all []string) {
	s.t.Helper()
	_, rest, _ := strings.Cut(s.get(as, path).Body.String(), `<ol class="timeline`)
	rest, _, _ = strings.Cut(rest, "</ol>\n")
	for _, part := range strings.Split(rest, "</time>")[1:] {
		part, _, _ = strings.Cut(beside.ReplaceAllString(part, ""), `<span class="badge`)
		all = append(all, strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(part, ""))), " "))
	}
	return all
}

// What is read about somebody says whom it concerns, but for their own page.
func TestATimelineSaysWhomItConcerns(t *testing.T) {
	s := newStage(t)
	by := rolecall.Actor{Subject: owner, Door: "console"}
	assignment := rolecall.Assignment{Subject: "bob", Role: "acme-writer", Scope: rolecall.Scope{Tenant: "acme"}}
	grant := rolecall.DirectGrant{Subject: "bob", Permission: "publish", Scope: rolecall.Scope{Tenant: "acme"}}
	member := &rolecall.Membership{Tenant: "acme", Subject: "bob"}
	for _, op := range []rolecall.Op{
		rolecall.Create(member), rolecall.Create(&assignment), rolecall.Create(&grant), rolecall.Create(&rolecall.GroupMember{Group: "staff", Member: "bob"}),
		rolecall.Unassign(assignment), rolecall.Revoke(grant), rolecall.Delete(member),
		rolecall.Create(&rolecall.LoginID{Login: "bob", Subject: "bob"}),
		rolecall.Modify(&rolecall.User{ID: "bob"}, func(u *rolecall.User) error { u.Blocked = true; return nil }),
		rolecall.Delete(&rolecall.ConstraintRole{Constraint: "apart", Role: "editor"}),
		rolecall.Delete(&rolecall.Invitation{ID: "waiting"}),
	} {
		if _, err := s.rc.Write(t.Context(), by, op); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string][]string{
		"/tenants/acme": {
			"owner deleted the invitation of new@example.com",
			"owner removed Bob from the tenant Acme",
			"owner took from Bob the permission post.publish in Acme",
			"owner took from Bob the role Acme Writer in Acme",
			"owner gave Bob the permission post.publish in Acme",
			"owner gave Bob the role Acme Writer in Acme",
			"owner added Bob to the tenant Acme",
		},
		"/users/bob": {
			"owner blocked the user Bob",
			"owner created the login id bob",
			"owner removed from the tenant Acme",
			"owner took away the permission post.publish in Acme",
			"owner took away the role Acme Writer in Acme",
			"owner added to the group Staff",
		},
		"/audit": {
			"the system activated the role Acme Writer in a session for Ada",
			"owner removed the role Editor from the constraint Four eyes",
			"owner blocked the user Bob",
			"owner created the login id bob for Bob",
			"owner added Bob to the group Staff",
		},
	} {
		got := s.lines(owner, path)
		for _, text := range want {
			if !slices.Contains(got, text) {
				t.Errorf("%s lacks %q:\n%s", path, text, strings.Join(got, "\n"))
			}
		}
	}
	// Whoever may not read somebody's name has the id.
	s.write(rolecall.Create(&rolecall.Assignment{Subject: admin, Role: rolecall.RoleAuditor, Scope: rolecall.Scope{Tenant: "acme"}}))
	if got := strings.Join(s.lines(admin, "/t/acme/tenants/acme"), "\n"); !strings.Contains(got, "gave bob the role Acme Writer in Acme") {
		t.Errorf("a tenant's administrator reads:\n%s", got)
	}
}
