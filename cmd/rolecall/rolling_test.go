package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/store"
	"github.com/rolecall/rolecall/postgres"
)

// A program is rolecall of some release, on one database.
type program struct {
	t    *testing.T
	path string
	env  []string
}

// released builds rolecall: as it is, or as the next release may be, with one more
// migration, which adds.
func released(t *testing.T, source, next string) program {
	t.Helper()
	folder := t.TempDir()
	p := program{t, filepath.Join(folder, "rolecall"), append(os.Environ(), "ROLECALL_STORE="+source)}
	args := []string{"build", "-buildvcs=false", "-o", p.path}
	if next != "" {
		migration, overlay := filepath.Join(folder, "next.sql"), filepath.Join(folder, "overlay.json")
		at, err := filepath.Abs(filepath.Join(root, "internal/store/migrations/postgres", fmt.Sprintf("%04d_next.sql", store.Latest("postgres")+1)))
		if err != nil {
			t.Fatal(err)
		}
		replace, err := json.Marshal(map[string]map[string]string{"Replace": {at: migration}})
		if err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{migration: next, overlay: string(replace)} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args = append(args, "-overlay", overlay)
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// say runs a command and returns what it prints, and whether it succeeded.
func (p program) say(args ...string) (string, bool) {
	cmd := exec.Command(p.path, args...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// A served is a node.
type served struct {
	t   *testing.T
	url string
	cmd *exec.Cmd
}

func (p program) serve() *served {
	p.t.Helper()
	said := filepath.Join(p.t.TempDir(), "said")
	out, err := os.Create(said)
	if err != nil {
		p.t.Fatal(err)
	}
	defer out.Close()
	s := &served{t: p.t, cmd: exec.Command(p.path, "serve", "--addr", "127.0.0.1:0", "--stale-for", "2s", "--log-level", "error")}
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = p.env, out, out
	if err := s.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	url := regexp.MustCompile(`serves the project \S+ at (http://[\d.:]+)`)
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(said)
		if m := url.FindSubmatch(text); m != nil {
			s.url = string(m[1])
			return s
		}
		if err != nil || time.Now().After(until) {
			p.t.Fatalf("it does not serve: %v: %s", err, text)
		}
	}
}

func (s *served) stop() {
	s.t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("a node that was told to go: %v", err)
	}
}

// ask sends a request. What a busy node puts off is asked again, as long as that
// makes sense: a write has a key by which it is done once.
func (s *served) ask(key, method, path, body string) (status int, revision, said string) {
	s.t.Helper()
	once := rolecall.RandomText(16)
	for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if status, revision, said = s.send(key, method, path, body, once); status != http.StatusServiceUnavailable || time.Now().After(until) {
			return status, revision, said
		}
	}
}

func (s *served) send(key, method, path, body, once string) (status int, revision, said string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+"/api/v1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if once != "" {
		req.Header.Set("Idempotency-Key", once)
	}
	answer, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Rolecall-Revision"), string(text)
}

// Nodes are replaced one by one: the first of the next release migrates, the old
// ones go on reading and writing, and start again. What the next release alone
// knows they do not leave out: they decide nothing more, and say why.
func TestARollingUpgrade(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two releases")
	}
	source := pgtest.Source(t)
	known := store.Latest("postgres")
	before := released(t, source, "")
	after := released(t, source, `
		ALTER TABLE roles ADD COLUMN colour TEXT COLLATE "C" NOT NULL DEFAULT '';
		CREATE TABLE seasons (id TEXT COLLATE "C" NOT NULL PRIMARY KEY);`)
	if out, ok := before.say("migrate", "up"); !ok {
		t.Fatal(out)
	}
	old, stays := before.serve(), before.serve()
	out, ok := before.say("key", "create", "robot", "--role", "owner", "-o", "json")
	var key struct{ Secret string }
	if err := json.Unmarshal([]byte(out), &key); !ok || err != nil {
		t.Fatal(out)
	}
	// write makes a user at one node, who is then seen at the other.
	write := func(at, seen *served, id string) {
		t.Helper()
		status, revision, said := at.ask(key.Secret, "POST", "/groups", fmt.Sprintf(`{"id":%q,"name":%[1]q}`, id))
		if status != 201 {
			t.Fatalf("%s: %d %s", id, status, said)
		}
		if status, _, said := seen.ask(key.Secret, "GET", "/groups/"+id+"?at_least="+revision, ""); status != 200 {
			t.Fatalf("%s at the other node: %d %s", id, status, said)
		}
	}
	status := func(p program, want string) {
		t.Helper()
		if out, ok := p.say("migrate", "status"); !ok || !strings.Contains(out, want) {
			t.Errorf("migrate status: %s, want %q", out, want)
		}
	}
	write(old, stays, "before")
	status(after, fmt.Sprintf("schema %d; this program knows %d, and 'rolecall migrate up' brings it there", known, known+1))

	upgraded := after.serve()
	status(after, fmt.Sprintf("schema %d, up to date", known+1))
	status(before, fmt.Sprintf("schema %d of a newer version of rolecall; this one knows %d, and works with it", known+1, known))
	for i := range 5 {
		write(stays, upgraded, fmt.Sprint("by-old-", i))
		write(upgraded, stays, fmt.Sprint("by-new-", i))
	}
	old.stop()
	old = before.serve() // as after a crash in the middle of the upgrade
	write(old, upgraded, "by-old-again")
	if out, ok := after.say("audit", "verify"); !ok {
		t.Errorf("the journal: %s", out)
	}
	upgraded.stop() // it stands for the next release, and does not know the kind below either

	addStrange(t, source, "season")
	for _, n := range []*served{old, stays} {
		for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			status, _, said := n.send(key.Secret, "POST", "/check", `{"subject":"by-old-0","permission":"p"}`, "")
			if status == 503 {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("it still answers %d %s", status, said)
			}
		}
		if status, _, said := n.send(key.Secret, "POST", "/groups", `{"id":"late","name":"late"}`, ""); status != 503 {
			t.Errorf("a write to what it does not know: %d %s", status, said)
		}
	}
	for _, command := range []string{"serve --addr 127.0.0.1:0", "group list"} {
		out, ok := before.say(strings.Fields(command)...)
		if ok || !strings.Contains(out, `it has records of the kind "season", of a newer version of rolecall: upgrade rolecall`) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: %s", command, out)
		}
	}
}

// addStrange writes a journal entry of a kind that only a later release knows.
func addStrange(t *testing.T, source string, kind rolecall.Kind) {
	t.Helper()
	ctx := context.Background()
	db, err := postgres.Open(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(ctx, func(x rolecall.Tx) error {
		e := &rolecall.Entry{Time: time.Now().UTC().Truncate(time.Millisecond), Actor: "system", Kind: kind, Key: "winter", After: json.RawMessage(`{"id":"winter"}`)}
		head := x.Head()
		e.Seal(head, head.Revision+1)
		return x.Append(ctx, head.Project, []*rolecall.Entry{e})
	})
	if err != nil {
		t.Fatal(err)
	}
}
