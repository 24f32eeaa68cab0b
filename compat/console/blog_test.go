package console_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The console inside an application: examples/blog mounts it at /perm-admin/.
// Its administrator, who is one of its own users, gives another a role there, and
// the other's next page has the buttons of that role.
func TestInsideAnApplication(t *testing.T) {
	ann, cleo := newTab(t, nil), newTab(t, nil)
	program := filepath.Join(t.TempDir(), "blog")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..", "examples", "blog")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	blog := exec.CommandContext(t.Context(), program, "-addr", "127.0.0.1:0", "-data", t.TempDir())
	output, err := blog.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	blog.Stderr = os.Stderr
	if err := blog.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blog.Process.Kill(); blog.Wait() })
	line, err := bufio.NewReader(output).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) < 3 {
		t.Fatalf("%q, %v", line, err)
	}
	site := strings.TrimSuffix(words[2], "/")
	signIn := func(b *tab, name string) {
		t.Helper()
		b.Open(site + "/login")
		b.Type("[name=name]", name)
		b.Type("[name=password]", name)
		b.Leads(func() { b.Click("form[action='/login'] button") })
		b.Sees("Hello")
	}
	signIn(cleo, "cleo")
	if text := cleo.Text("body"); strings.Contains(text, "Write a post") {
		t.Errorf("a reader is offered to write:\n%s", text)
	}

	signIn(ann, "ann")
	ann.Open(site + "/perm-admin/users")
	ann.Sees("cleo")
	ann.Open(site + "/perm-admin/assign?id=3")
	ann.Type("main .form [name=role]", "Author")
	ann.Click("main .form .primary")
	ann.Sees("post.create") // what would be gained
	ann.Leads(func() { ann.Click("[name=confirm]") })
	ann.Sees("Author")

	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		cleo.Open(site + "/")
		if strings.Contains(cleo.Text("body"), "Write a post") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the role does not count:\n%s", cleo.Text("body"))
		}
	}
}
