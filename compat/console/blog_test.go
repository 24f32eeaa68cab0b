package console_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
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
		b.do(chromedp.Navigate(site+"/login"), chromedp.WaitReady(chromedp.CSS("[name=password]")),
			chromedp.SendKeys(chromedp.CSS("[name=name]"), name), chromedp.SendKeys(chromedp.CSS("[name=password]"), name),
			chromedp.Click(chromedp.CSS("form[action='/login'] button")))
		b.shows("Hello")
	}
	signIn(cleo, "cleo")
	if text := cleo.text("body"); strings.Contains(text, "Write a post") {
		t.Errorf("a reader is offered to write:\n%s", text)
	}

	signIn(ann, "ann")
	ann.do(chromedp.Navigate(site + "/perm-admin/users"))
	ann.shows("cleo")
	ann.do(chromedp.Navigate(site+"/perm-admin/assign?id=3"), chromedp.WaitReady(chromedp.CSS("main .form [name=role]")),
		chromedp.SendKeys(chromedp.CSS("main .form [name=role]"), "Author"),
		chromedp.Click(chromedp.CSS("main .form .primary")))
	ann.shows("post.create") // what would be gained
	ann.do(chromedp.Click(chromedp.CSS("[name=confirm]")))
	ann.shows("Author")

	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		cleo.do(chromedp.Navigate(site + "/"))
		if strings.Contains(cleo.text("body"), "Write a post") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the role does not count:\n%s", cleo.text("body"))
		}
	}
}

// shows waits until the page shows a text.
func (b *tab) shows(want string) {
	b.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(b.text("body"), want); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("at %s there is no %q:\n%s", b.url(), want, b.text("body"))
		}
	}
}
