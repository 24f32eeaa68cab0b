package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

// asked makes the URL of a question.
func asked(path string, pairs ...string) string { // pairs of a field and a value
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + q.Encode()
}

func TestQuestionsAreAnswered(t *testing.T) {
	s := newStage(t)
	s.write(
		rolecall.Put(&rolecall.Session{ID: "idle", Subject: "ada", Validity: rolecall.Validity{ExpiresAt: time.Now().Add(time.Hour)}}),
		rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "editor", Scope: rolecall.Scope{Tenant: "globex"}}),
	)
	for _, tt := range []struct {
		name string
		as   rolecall.SubjectID
		url  string
		has  []string
		not  string
	}{
		{"yes, by a group", owner, asked("/explain", "subject", "Ada", "permission", "post.publish"), []string{"<b>Yes</b>", "1 way grants it", ">Staff<", ">Editor<"}, "Roles that would give it"},
		{"no, but in a tenant", owner, asked("/explain", "subject", "bob", "permission", "publish"), []string{"<b>No</b>", "but only there", "Roles that would give it", ">Chief<", ">owner<"}, "Every way"},
		{"no, in a session without roles", owner, asked("/explain", "subject", "ada", "permission", "publish", "session", "idle"), []string{"<b>No</b>", "no role on it is active"}, "<b>Yes"},
		{"somebody who does not exist", owner, asked("/explain", "subject", "nobody", "permission", "publish"), []string{"does not exist here", `aria-invalid="true"`}, "<b>No"},
		{"in a tenant by its administrator", admin, asked("/t/acme/explain", "subject", "ada", "permission", "publish"), []string{"<b>Yes</b>"}, ""},
		{"somebody of another tenant", admin, asked("/t/acme/explain", "subject", "bob", "permission", "publish"), []string{"does not exist here"}, "globex"},
		{"who can", owner, asked("/who-can", "permission", "post.publish"), []string{">Ada<", "<bdi>Staff</bdi>", "<bdi>Editor</bdi>", "/console/explain?permission=publish&amp;subject=ada"}, ">Bob<"},
		{"who can, of a kind", owner, asked("/who-can", "permission", "post.publish", "kind", "client"), []string{"Nobody"}, ">Ada</a></td>"},
		{"who can, in a tenant", owner, asked("/who-can", "permission", "post.publish", "tenant", "Globex"), []string{">Ada<", ">Bob<"}, ""},
		{"what can", owner, asked("/what-can", "subject", "ada@example.com"), []string{"post.publish", "Staff", "Editor"}, ""},
		{"what can, in a tenant that is none", owner, asked("/what-can", "subject", "ada", "tenant", "nowhere"), []string{"does not exist here"}, "<table"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := mainOf(s.get(tt.as, tt.url).Body.String())
			for _, text := range tt.has {
				if !strings.Contains(page, text) {
					t.Errorf("the page lacks %q", text)
				}
			}
			if tt.not != "" && strings.Contains(page, tt.not) {
				t.Errorf("the page has %q", tt.not)
			}
			if t.Failed() {
				t.Log(page)
			}
		})
	}
}

func TestAnswersShowHostileNamesAsTheyAre(t *testing.T) {
	s := newStage(t)
	for _, url := range []string{
		asked("/explain", "subject", hostileID, "permission", hostileID, "resource", "doc:"+hostile, "session", hostile),
		asked("/explain", "subject", hostileID, "permission", hostileID),
		asked("/explain", "subject", "bob", "permission", hostileID),
		asked("/explain", "subject", hostile+"?", "permission", hostileID),
		asked("/who-can", "permission", hostileID, "resource", hostile),
		asked("/what-can", "subject", hostileID, "tenant", hostile, "resource", hostile),
		asked("/what-can", "subject", hostileID),
		asked("/matrix", "api", hostileID), asked("/matrix", "api", hostileID, "roles", hostile[:9]),
		asked("/overview"),
	} {
		w := s.get(owner, url)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d", url, w.Code)
		}
		for _, text := range raw {
			if strings.Contains(w.Body.String(), text) {
				t.Errorf("%s has %s", url, text)
			}
		}
	}
}
