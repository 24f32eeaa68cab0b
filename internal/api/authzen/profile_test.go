package authzen

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

func TestSpelling(t *testing.T) {
	for _, tt := range []struct {
		pattern, kind, action, name string
		ok                          bool
	}{
		{"{type}:{action}", "todo", "read", "todo:read", true},
		{"{type}:{action}", "todo", "read:all", "todo:read:all", true},
		{"{type}:{action}", "to:do", "read", "", false},
		{"{action}:{type}", "messages", "read", "read:messages", true},
		{"{action}:{type}", "messages", "read:all", "read:all:messages", true},
		{"{action}:{type}", "a:b", "read", "", false},
		{"{type}.{action}", "post", "publish", "post.publish", true},
		{"{action}", "post", "Edit Post", "", false},
	} {
		s, err := newSpelling(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		name, ok := s.join(tt.kind, tt.action)
		if name != tt.name || ok != tt.ok {
			t.Errorf("%s: join(%q, %q) = %q, %v, want %q, %v", tt.pattern, tt.kind, tt.action, name, ok, tt.name, tt.ok)
		}
		if !ok {
			continue
		}
		if kind, action := s.split(name); kind != tt.kind || action != tt.action || s.plain(name) {
			t.Errorf("%s: split(%q) = %q, %q", tt.pattern, name, kind, action)
		}
	}
	for _, bad := range []string{"", "{type}", "{type}{action}", "{type}::{action}", "x{type}:{action}", "{type}:{action}x", "{action}:", ":{action}", "{type}:{type}"} {
		if _, err := newSpelling(bad); err == nil {
			t.Errorf("newSpelling(%q) is no error", bad)
		}
	}
}

// The page on AuthZEN shows what a setting is by default, and a list of resources.
func TestTheSettingInTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../../docs/compat/authzen.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```json\n")
	shown, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("there is no JSON on the page")
	}
	got, err := newProfile([]byte(shown))
	if err != nil {
		t.Fatal(err)
	}
	want, err := newProfile([]byte(`{"resources":{"record":["101","102"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(profile{}, spelling{})); diff != "" {
		t.Errorf("(-default +docs):\n%s", diff)
	}
}

// A setting says which API, which spelling and which types.
func TestSettings(t *testing.T) {
	p := newPDP(t, append(office(),
		&rolecall.API{ID: "mail", Identifier: "https://mail.example/", Name: "Mail"},
		&rolecall.Permission{ID: "mail-read", API: "mail", Name: "read:messages"},
		&rolecall.DirectGrant{Subject: "alice", Permission: "mail-read"},
		&rolecall.DirectGrant{Subject: "service", Permission: "mail-read"},
	)...)
	question := func(kind, id, action, of string) string {
		return fmt.Sprintf(`{"subject":{"type":%q,"id":%q},"action":{"name":%q},"resource":{"type":%q,"id":"1"}}`, kind, id, action, of)
	}
	want := func(allowed bool, question string) {
		t.Helper()
		if got := p.ask(pathEvaluation, question); got != fmt.Sprintf(`{"decision":%v}`, allowed) {
			t.Errorf("%s: %s, want %v", question, got, allowed)
		}
	}
	set := func(value string) { p.add(&rolecall.Setting{Name: door, Value: []byte(value)}) }

	want(true, question("user", "alice", "read", "record"))
	want(false, question("user", "alice", "read", "messages"))

	set(`{"api":"https://mail.example/","permission":"{action}:{type}"}`)
	want(false, question("user", "alice", "read", "record"))
	want(true, question("user", "alice", "read", "messages"))
	want(true, question("client", "service", "read", "messages"))

	set(`{"api":"https://mail.example/","permission":"{action}:{type}","subjects":{"person":"user","machine":"client"}}`)
	want(true, question("person", "alice", "read", "messages"))
	want(true, question("machine", "service", "read", "messages"))
	want(false, question("machine", "alice", "read", "messages"))
	want(false, question("user", "alice", "read", "messages"))

	set(`{"api":"https://gone.example/"}`)
	want(false, question("user", "alice", "read", "record"))

	set(`{"resources":{"record":["7"]}}`)
	want(false, question("user", "alice", "read", "record"))
	set(`{"resources":{"record":["7","1"]}}`)
	want(true, question("user", "alice", "read", "record"))
	set(`{"resources":{"record":[]}}`)
	want(false, question("user", "alice", "read", "record"))

	// A setting that can't be read closes the point, and the log says why.
	for _, bad := range []string{`7`, `{"apis":1}`, `{"api":""}`, `{"permission":"{type}"}`, `{"subjects":{"user":"group"}}`, `{"resources":["x"]}`} {
		set(bad)
		p.log.Reset()
		got := p.send("POST", pathEvaluation, question("user", "alice", "read", "record"))
		if got.status != http.StatusInternalServerError || got.body != "internal error" || !strings.Contains(p.log.String(), `the setting \"authzen\"`) {
			t.Errorf("%s: %d %s; log: %s", bad, got.status, got.body, p.log)
		}
	}
	if _, err := p.rc.Write(t.Context(), system, rolecall.Delete(&rolecall.Setting{Name: door})); err != nil {
		t.Fatal(err)
	}
	want(true, question("user", "alice", "read", "record"))
}
