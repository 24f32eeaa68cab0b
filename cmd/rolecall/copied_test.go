package main_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/rolecalltest"
)

// offeredToCopy are changes that the console asks about. Each is made three times, of
// somebody or something else called WHO: by confirming it, and by pasting each of
// the commands that the question offers.
var offeredToCopy = []struct {
	path   string
	fields []string
}{
	{"/assign", []string{"id", "WHO", "role", "editor", "tenant", "acme", "resource", "doc:o'neil $HOME", "expires_at", "2999-01-31T09:00", "reason", `it's "so"; $(true)`}},
	{"/unassign", []string{"subject", "WHO", "role", "viewer", "source", "sso"}},
	{"/bulk/assignments", []string{"id", "WHO\tviewer\t\t\tmanual", "do", "remove"}},
	{"/grant", []string{"id", "WHO", "permission", "publish", "starts_at", "2998-01-31T09:00", "reason", "-x"}},
	{"/revoke", []string{"subject", "WHO", "permission", "publish", "source", "manual"}},
	{"/join/group", []string{"group", "staff", "member", "WHO"}},
	{"/groups/staff/remove", []string{"member", "WHO"}},
	{"/join/tenant", []string{"tenant", "acme", "subject", "WHO"}},
	{"/tenants/acme/remove", []string{"subject", "WHO"}},
	{"/users/WHO/block", nil},
	{"/users/WHO/unblock", nil},
	{"/bulk/users", []string{"id", "WHO", "do", "block"}},
	{"/roles/of-WHO/grant", []string{"permission", "publish"}},
	{"/roles/of-WHO/inherit", []string{"junior", "viewer"}},
	{"/roles/of-WHO/disinherit", []string{"junior", "viewer"}},
	{"/roles/of-WHO/bulk", []string{"all", "yes", "do", "remove"}},
	{"/roles/of-WHO/delete", nil},
	{"/new/constraint", []string{"name", "-WHO", "description", "they're apart", "type", "static", "max_allowed", "1", "roles", "Viewer\r\nEditor", "tenant", "acme"}},
	{"/constraints/of-WHO/add", []string{"role", "viewer"}},
	{"/constraints/of-WHO/drop", []string{"role", "viewer"}},
	{"/constraints/of-WHO/delete", nil},
	{"/applications/app-WHO/delete", nil},
	{"/webhooks/hook_WHO/disable", nil},
	{"/webhooks/hook_WHO/enable", nil},
	{"/webhooks/hook_WHO/rotate", nil},
	{"/webhooks/hook_WHO/delete", nil},
	{"/users/WHO/delete", nil},
}

func TestWhatTheConsoleOffersToCopyDoesWhatItAsks(t *testing.T) {
	shell := shellWith(t)
	seed := []rolecall.Op{
		rolecall.Put(&rolecall.Tenant{ID: "acme", Name: "Acme"}), rolecall.Put(&rolecall.Group{ID: "staff", Name: "Staff"}),
		rolecall.Put(&rolecall.Role{ID: "editor", Name: "Editor"}), rolecall.Put(&rolecall.Role{ID: "viewer", Name: "Viewer"}),
		rolecall.Put(&rolecall.API{ID: "blog", Identifier: "https://blog.example.com", Name: "Blog"}),
		rolecall.Put(&rolecall.Permission{ID: "publish", API: "blog", Name: "post publish"}),
	}
	for _, who := range []string{"first", "curl", "CLI"} {
		id := rolecall.SubjectID(who)
		seed = append(seed, rolecall.Put(&rolecall.User{ID: id, Name: "Somebody"}), rolecall.Put(&rolecall.Role{ID: rolecall.RoleID("of-" + who), Name: "Of " + who}),
			rolecall.Put(&rolecall.Constraint{ID: rolecall.ConstraintID("of-" + who), Name: "Of " + who, MaxAllowed: 1}), rolecall.Put(&rolecall.Client{ID: "app-" + id, Name: "App"}),
			rolecall.Put(&rolecall.Assignment{Subject: id, Role: "viewer"}), rolecall.Put(&rolecall.Assignment{Subject: id, Role: "viewer", Source: rolecall.SourceSSO}))
	}
	srv := rolecalltest.New(t, seed...)
	for _, who := range []string{"first", "curl", "CLI"} {
		hook := client.Webhook{ID: "hook_" + who, URL: "https://example.com/", Kinds: []rolecall.Kind{rolecall.KindSigningKey}}
		if _, _, _, err := srv.Client().AddWebhook(t.Context(), hook); err != nil {
			t.Fatal(err)
		}
	}
	c := signedIn(t, srv)
	var code []string
	for _, tt := range offeredToCopy {
		t.Run(tt.path, func(t *testing.T) {
			as := func(who string, more ...string) string {
				form := url.Values{}
				for fields := append(tt.fields[:len(tt.fields):len(tt.fields)], more...); len(fields) > 1; fields = fields[2:] {
					form.Add(fields[0], strings.ReplaceAll(fields[1], "WHO", who))
				}
				return c.post(t, strings.ReplaceAll(tt.path, "WHO", who), form)
			}
			page := as("first")
			if !strings.HasPrefix(tt.path, "/webhooks/") { // for which there is none
				code = append(code, offered(t, page, "Go"))
			}
			want := written(t, srv, "first", func() { as("first", "confirm", "yes") })
			if len(want) == 0 {
				t.Fatalf("nothing was written:\n%s", page)
			}
			for _, way := range []string{"curl", "CLI"} {
				command := offered(t, as(way), way)
				got := written(t, srv, way, func() {
					shell(t, srv, command)
				})
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s\nwrites something else than the console (-console +%s):\n%s", command, way, diff)
				}
			}
		})
	}
	compiles(t, code)
}

// shellWith builds the program, and returns what runs a command that is offered, in a
// shell that finds it.
func shellWith(t *testing.T) func(t *testing.T, srv *rolecalltest.Server, command string) (printed string) {
	t.Helper()
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("SKIPPED: there is no %s", program)
		}
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(t *testing.T, srv *rolecalltest.Server, command string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(command, "curl ", "curl -sS --fail-with-body "))
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "ROLECALL_SERVER="+srv.URL, "ROLECALL_KEY="+srv.Key)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s\n%v: %s", command, err, out)
		}
		return string(out)
	}
}

// What pages that change nothing offer says what they say.
func TestWhatTheConsoleOffersToReadSaysWhatItShows(t *testing.T) {
	shell := shellWith(t)
	srv := rolecalltest.New(t,
		rolecall.Put(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		rolecall.Put(&rolecall.API{ID: "blog", Identifier: "https://blog.example.com", Name: "Blog"}),
		rolecall.Put(&rolecall.Permission{ID: "publish", API: "blog", Name: "post publish"}),
		rolecall.Put(&rolecall.Role{ID: "editor", Name: "Editor"}), rolecall.Put(&rolecall.Role{ID: "viewer", Name: "Viewer"}),
		rolecall.Put(&rolecall.Grant{Role: "editor", Permission: "publish"}),
		rolecall.Put(&rolecall.User{ID: "ada", Name: "Ada"}), rolecall.Put(&rolecall.Client{ID: "site", Name: "Site"}),
		rolecall.Put(&rolecall.Constraint{ID: "apart", Name: "Four eyes", MaxAllowed: 1}),
		rolecall.Put(&rolecall.ConstraintRole{Constraint: "apart", Role: "viewer"}),
		rolecall.Put(&rolecall.Assignment{Subject: "ada", Role: "editor", Scope: rolecall.Scope{Tenant: "acme"}}),
		rolecall.Put(&rolecall.Session{ID: "shift", Subject: "ada", Tenant: "acme", Validity: rolecall.Validity{ExpiresAt: time.Now().Add(time.Hour)}}),
		rolecall.Put(&rolecall.SessionRole{Session: "shift", Role: "editor"}))
	c := signedIn(t, srv)
	here := url.Values{"tenant": {"acme"}, "resource": {"doc:o'neil"}}.Encode()
	for _, tt := range []struct{ path, says string }{
		{"/who-can?permission=publish&" + here, "ada"},
		{"/what-can?subject=ada&" + here, "post publish"},
		{"/explain?subject=ada&permission=publish&" + here, "Editor"},
		{"/explain?subject=ada&permission=publish&session=shift&" + here, "Editor"},
		{"/constraints/apart", "Four eyes"},
		{"/applications/site", "Site"},
		{"/users/ada", "Ada"},
		{"/webhooks", ""},
	} {
		page := c.get(t, tt.path)
		for _, way := range []string{"curl", "CLI"} {
			command := offered(t, page, way)
			if printed := shell(t, srv, command); !strings.Contains(printed, tt.says) {
				t.Errorf("%s\nlacks %q:\n%s", command, tt.says, printed)
			}
		}
	}
}

// compiles builds what is offered as Go.
func compiles(t *testing.T, code []string) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("package copied\n\nimport (\n\t\"context\"\n\t\"time\"\n\n\t\"github.com/rolecall/rolecall\"\n)\n\nvar _ time.Time\n\n")
	for _, text := range code {
		b.WriteString("func _(ctx context.Context, rc *rolecall.Service, by rolecall.Actor) error {\n" + text + "\nreturn err\n}\n\n")
	}
	file, overlay := filepath.Join(t.TempDir(), "copied.go"), filepath.Join(t.TempDir(), "overlay.json")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "copied", "copied.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{file: b.Bytes(), overlay: replace} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "./copied")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, out, b.String())
	}
}

var figure = regexp.MustCompile(`(?s)<figcaption>([^<]*)</figcaption><pre[^>]*>(.*?)</pre>`)

// offered returns what a question offers to copy.
func offered(t *testing.T, page, way string) string {
	t.Helper()
	for _, m := range figure.FindAllStringSubmatch(page, -1) {
		if m[1] == way {
			return html.UnescapeString(m[2])
		}
	}
	t.Fatalf("the question offers no %s:\n%s", way, page)
	return ""
}

// made finds the ids that the console makes of constraints, another each time.
var made = regexp.MustCompile(`con_[0-9A-Za-z]+`)

// written returns what a function writes of who: as the journal has it, without
// its times and who wrote it.
func written(t *testing.T, srv *rolecalltest.Server, who string, do func()) (all []map[string]any) {
	t.Helper()
	entries := func() []*rolecall.Entry {
		all, err := srv.Rolecall.Audit(t.Context(), rolecall.System("test"), rolecall.EntryQuery{Newest: true, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	last := entries()[0].Seq
	do()
	for _, e := range entries() {
		if e.Seq <= last {
			break
		}
		masked := func(text string) string {
			return made.ReplaceAllString(strings.ReplaceAll(text, who, "WHO"), "con_MADE")
		}
		one := map[string]any{"kind": string(e.Kind), "key": masked(e.Key)}
		for name, data := range map[string]json.RawMessage{"before": e.Before, "after": e.After} {
			var fields map[string]any
			if len(data) > 0 {
				if err := json.Unmarshal([]byte(masked(string(data))), &fields); err != nil {
					t.Fatal(err)
				}
			}
			maps.DeleteFunc(fields, func(name string, _ any) bool { return name == "created_at" || name == "updated_at" })
			if value, ok := fields["value"].(map[string]any); ok && value["rotated_at"] != nil {
				value["rotated_at"] = "then"
			}
			one[name] = fields
		}
		all = append(all, one)
	}
	return all
}

// A browser is one that is signed in to the console.
type browser struct {
	at string
	*http.Client
}

func signedIn(t *testing.T, srv *rolecalltest.Server) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := browser{srv.URL + "console", &http.Client{Jar: jar}}
	c.post(t, "/sign-in", url.Values{"login": {srv.OwnerEmail}, "password": {srv.OwnerPassword}})
	return c
}

func (c browser) get(t *testing.T, path string) string {
	t.Helper()
	answer, err := c.Get(c.at + path)
	return c.read(t, path, answer, err)
}

func (c browser) post(t *testing.T, path string, form url.Values) string {
	t.Helper()
	answer, err := c.PostForm(c.at+path, form)
	return c.read(t, path, answer, err)
}

func (c browser) read(t *testing.T, path string, answer *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNotFound { // it may have deleted what it leads back to
		t.Fatalf("%s: %s\n%s", path, answer.Status, body)
	}
	return string(body)
}
