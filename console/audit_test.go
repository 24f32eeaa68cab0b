package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestTheAuditLogIsFiltered(t *testing.T) {
	s := newStage(t)
	if _, err := s.rc.Write(t.Context(), rolecall.Actor{Subject: owner, Door: "console", Reason: "a move"},
		rolecall.Update(&rolecall.User{ID: "ada", Name: "Ada L.", Email: "ada@example.com"}),
		rolecall.Create(&rolecall.Assignment{Subject: "bob", Role: "globex-writer", Scope: rolecall.Scope{Tenant: "globex"}}),
	); err != nil {
		t.Fatal(err)
	}
	s.write(rolecall.Put(&rolecall.Assignment{Subject: admin, Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: "acme"}}))
	for _, tt := range []struct {
		name string
		as   rolecall.SubjectID
		url  string
		has  []string
		not  string
	}{
		{"everything", owner, "/audit", []string{"changed the user Ada L.", "gave <bdi>Bob</bdi> the role Globex Writer in Globex", "a move", "<del><bdi>Ada</bdi></del>", "<ins><bdi>Ada L.</bdi></ins>"}, "hash-of-nothing"},
		{"by an actor", owner, asked("/audit", "actor", "owner@example.com"), []string{"changed the user Ada L."}, "created the role"},
		{"about somebody", owner, asked("/audit", "about", "bob"), []string{"gave <bdi>Bob</bdi> the role Globex Writer in Globex"}, "changed the user"},
		{"about somebody who is gone", owner, asked("/audit", "about", "gone"), []string{"Nothing matches"}, "<details>"},
		{"of a kind", owner, asked("/audit", "kind", "user", "actor", "owner"), []string{"changed the user"}, "gave <bdi>"},
		{"of no kind", owner, asked("/audit", "kind", "nothing"), []string{"is unknown"}, "<details>"},
		{"by an id", owner, asked("/audit", "kind", "role", "key", "editor"), []string{"created the role Editor"}, "Chief"},
		{"before the beginning", owner, asked("/audit", "to", "1999-01-01T00:00"), []string{"Nothing matches"}, "<details>"},
		{"at no time", owner, asked("/audit", "from", "yesterday"), []string{"must be a time"}, "<details>"},
		{"in a tenant", admin, "/t/acme/audit", []string{"Acme Writer"}, "Globex"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := mainOf(s.get(tt.as, tt.url).Body.String())
			for _, text := range tt.has {
				if !strings.Contains(page, text) {
					t.Errorf("the page lacks %q", text)
				}
			}
			if strings.Contains(page, tt.not) {
				t.Errorf("the page has %q", tt.not)
			}
		})
	}
	sheet := s.get(owner, asked("/audit.csv", "actor", "owner"))
	if lines := strings.Split(strings.TrimSpace(sheet.Body.String()), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], "seq,revision,time,actor") {
		t.Errorf("the file has %d lines:\n%s", len(lines), sheet.Body)
	}
	if w := s.get(owner, asked("/audit.csv", "kind", "nothing")); w.Code != http.StatusBadRequest {
		t.Errorf("status %d", w.Code)
	}
	if page := s.post(auditor, "/audit/verify"); !strings.Contains(page.Body.String(), "The journal verifies") {
		t.Errorf("status %d:\n%s", page.Code, mainOf(page.Body.String()))
	}
}

func TestThePagesOfTheAuditLogHaveEveryEntryOnce(t *testing.T) {
	s := newStage(t)
	entries, err := s.rc.Audit(t.Context(), rolecall.System("test"), rolecall.EntryQuery{Limit: rolecall.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for url, i := "/audit", 0; url != "" && i < 20; i++ {
		page := s.get(owner, url).Body.String()
		n += strings.Count(page, "<dt>Entry</dt>")
		before, _, ok := strings.Cut(page, `" rel="next">`)
		if url = ""; ok {
			url = "/audit" + before[strings.LastIndex(before, `href="`)+len(`href="`):]
		}
	}
	if n != len(entries) {
		t.Errorf("the pages have %d entries, the journal %d", n, len(entries))
	}
}

func TestAPageDoesNotWaitForALongJournalForEver(t *testing.T) {
	s := newStage(t, func(c *console) { c.verifyTime = 0 }) // all journals are too long
	page := s.post(auditor, "/audit/verify")
	body := mainOf(page.Body.String())
	if page.Code != http.StatusOK || !strings.Contains(body, "Not read to its end") || !strings.Contains(body, "rolecall audit verify") {
		t.Errorf("status %d:\n%s", page.Code, body)
	}
	if strings.Contains(body, "verifies") || strings.Contains(body, "altered") {
		t.Errorf("it says what it does not know:\n%s", body)
	}
}

func TestSignInsAreShownWhereTheyAreLookedFor(t *testing.T) {
	s := newStage(t)
	for _, e := range []identity.Event{
		{Kind: identity.EventSignIn, Subject: "ada", Login: "ada@example.com", Tenant: "acme", Address: "192.0.2.1", Agent: "Firefox <1>"},
		{Kind: identity.EventSignIn, Failure: identity.FailPassword, Subject: "bob", Address: "192.0.2.2"},
		{Kind: identity.EventSignIn, Failure: identity.FailUnknown, Login: "mallory@example.com"},
		{Kind: identity.EventSilent, Failure: identity.FailRefused, Detail: "user is not part of the organization", Subject: "bob"},
	} {
		s.id.Note(e)
	}
	s.write(rolecall.Put(&rolecall.Assignment{Subject: admin, Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: "acme"}}))
	for _, tt := range []struct {
		name string
		as   rolecall.SubjectID
		url  string
		has  []string
		not  string
	}{
		{"everything", owner, "/audit/sign-ins", []string{"Ada", "signed in", "192.0.2.1", "Firefox &lt;1&gt;", "wrong password", "mallory@example.com", "unknown user", "user is not part of the organization", "Kept for 30 days"}, "Nothing"},
		{"the way there", owner, "/audit", []string{"/audit/sign-ins"}, "192.0.2.1"},
		{"those that failed", owner, asked("/audit/sign-ins", "how", "failed"), []string{"wrong password"}, "192.0.2.1"},
		{"those that did not", owner, asked("/audit/sign-ins", "how", "ok"), []string{"192.0.2.1"}, "mallory"},
		{"of one user", owner, asked("/audit/sign-ins", "about", "bob"), []string{"192.0.2.2"}, "192.0.2.1"},
		{"at no time", owner, asked("/audit/sign-ins", "from", "yesterday"), []string{"must be a time"}, "192.0.2.1"},
		{"before the beginning", owner, asked("/audit/sign-ins", "to", "1999-01-01T00:00"), []string{"Nothing matches"}, "192.0.2.1"},
		{"on a user's page", owner, "/users/bob", []string{"192.0.2.2", "/audit/sign-ins?about=bob"}, "192.0.2.1"},
		{"in a tenant", admin, "/t/acme/audit/sign-ins", []string{"192.0.2.1"}, "192.0.2.2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := mainOf(s.get(tt.as, tt.url).Body.String())
			for _, text := range tt.has {
				if !strings.Contains(page, text) {
					t.Errorf("the page lacks %q:\n%s", text, page)
				}
			}
			if strings.Contains(page, tt.not) {
				t.Errorf("the page has %q", tt.not)
			}
		})
	}
	if w := s.get(admin, "/audit/sign-ins"); w.Code != http.StatusForbidden {
		t.Errorf("a tenant's owner is shown everybody's: status %d", w.Code)
	}
}
