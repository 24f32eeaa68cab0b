//go:build unix

package client_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

// TestServerProcess is a server in a process of its own, for the tests that stop
// it. It ends with its standard input.
func TestServerProcess(t *testing.T) {
	if os.Getenv("ROLECALL_TEST_SERVER") == "" {
		t.Skip("is run by TestAStoppedServer")
	}
	s := newServer(t)
	blog(t, s.dial(t, ""))
	os.Stdout.WriteString("server " + s.URL + " " + s.owner + "\n")
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// serverProcess starts one, and returns its address and the owner's key.
func serverProcess(t *testing.T) (process *os.Process, url, key string) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestServerProcess$")
	c.Env = append(os.Environ(), "ROLECALL_TEST_SERVER=1")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGCONT)
		in.Close()
		c.Process.Kill()
		c.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) == 3 && words[0] == "server" {
			return c.Process, words[1], words[2]
		}
	}
	t.Fatal("the server did not start")
	return nil, "", ""
}

// TestAStoppedServer: while the server's process is stopped, which its
// connections outlive, a replica answers up to its bound and then says why not;
// a write that is made when it goes on is seen at once.
func TestAStoppedServer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many seconds")
	}
	t.Parallel()
	process, url, key := serverProcess(t)
	ctx := context.Background()
	const bound = 3 * time.Second
	r, err := client.Replicate(ctx, url, key, client.MaxStale(bound))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := client.Dial(ctx, url, key)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		if err := process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		untilStale(t, r, bound, time.Now())
		time.Sleep(3 * time.Second) // until the feed is given up
		if err := process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		blocked := round%2 == 0
		receipt, err := c.Write(ctx, client.Put(&rolecall.User{ID: "alice", Blocked: blocked}))
		if err != nil {
			t.Fatal(err)
		}
		wrote := time.Now()
		waiting, cancel := context.WithTimeout(ctx, time.Minute)
		err = r.WaitFor(waiting, receipt.Revision)
		cancel()
		if err != nil {
			t.Fatalf("%v: %+v", err, r.Status())
		}
		t.Logf("seen %v after the write", time.Since(wrote))
		if d, err := r.Check(ctx, alicePublishes); err != nil || d.Allowed == blocked {
			t.Errorf("the write is not seen: %+v, %v", d, err)
		}
	}
}
