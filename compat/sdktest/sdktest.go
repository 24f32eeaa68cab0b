// Package sdktest runs programs that are written against a vendor's SDKs, each on
// a real server of its own.
//
// A program reads where the server is from the JSON file named by
// ROLECALL_DEV_INFO, and finds the command line at the path ROLECALL. It makes its
// calls, and prints a line for each check: "ok NAME" or "FAIL NAME: reason". Its
// last line is "N passed, N failed".
package sdktest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An SDK is a folder with a program, and how it is run: what must be installed,
// the commands that fetch and build, and the one that makes the checks. They are
// run in a copy of the folder, which may be written to.
type SDK struct {
	Name    string // empty is Folder
	Folder  string
	Needs   []string
	Prepare []string
	Check   string
}

const (
	prepareTimeout = 10 * time.Minute // from a slow registry, with an empty cache
	checkTimeout   = 10 * time.Minute
	startTimeout   = 2 * time.Minute
)

// Run runs the programs beside each other. Their servers are started with
// options beside those for development.
func Run(t *testing.T, sdks []SDK, options ...string) {
	if testing.Short() {
		t.Skip("-short: the SDKs are not fetched")
	}
	rolecall := build(t)
	for _, s := range sdks {
		if s.Name == "" {
			s.Name = s.Folder
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel() // each has a server of its own, and waits for a registry
			for _, program := range s.Needs {
				if _, err := exec.LookPath(program); err != nil {
					unavailable(t, err.Error())
				}
			}
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(s.Folder)); err != nil {
				t.Fatal(err)
			}
			for _, step := range s.Prepare {
				ctx, cancel := context.WithTimeout(t.Context(), prepareTimeout)
				defer cancel()
				if out, err := prepared(ctx, folder, step); err != nil {
					unavailable(t, fmt.Sprintf("%s: %v\n%s", step, err, out))
				}
			}
			info := serve(t, rolecall, options)
			ctx, cancel := context.WithTimeout(t.Context(), checkTimeout)
			defer cancel()
			checks := command(ctx, folder, s.Check)
			checks.Env = append(append(os.Environ(), "ROLECALL="+rolecall), environment(t, info)...)
			report(t, checks)
		})
	}
}

// prepared runs a step that fetches and builds. A registry that does not answer
// is asked again: that says nothing about the server.
func prepared(ctx context.Context, folder, step string) (out []byte, err error) {
	for try := 1; ; try++ {
		if out, err = command(ctx, folder, step).CombinedOutput(); err == nil || try == 3 {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, err
		case <-time.After(time.Duration(try) * 10 * time.Second):
		}
	}
}

// environment tells a program where the server is, and its language whom to trust.
func environment(t *testing.T, info string) []string {
	t.Helper()
	var server struct {
		CAFile string `json:"ca_file"`
	}
	data, err := os.ReadFile(info)
	if err == nil {
		err = json.Unmarshal(data, &server)
	}
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"ROLECALL_DEV_INFO=" + info}
	if server.CAFile != "" {
		for _, name := range []string{"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"} {
			env = append(env, name+"="+server.CAFile)
		}
	}
	return env
}

// unavailable skips where a tool or a registry is missing, but not in CI, where
// a skip would pass for a success.
func unavailable(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func command(ctx context.Context, folder, line string) *exec.Cmd {
	words := strings.Fields(line)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = folder
	return cmd
}

// build builds the server that users run.
func build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "rolecall")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/rolecall/rolecall/cmd/rolecall").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// serve starts a server with empty data, which stops with the test, and returns
// the file that says where it is.
func serve(t *testing.T, rolecall string, options []string) (info string) {
	t.Helper()
	folder := t.TempDir()
	info = filepath.Join(folder, "info.json")
	var log bytes.Buffer
	server := exec.CommandContext(t.Context(), rolecall, append([]string{"serve", "--dev", "--dev-info", info,
		"--data", filepath.Join(folder, "data"), "--addr", "127.0.0.1:0"}, options...)...)
	server.Stdout, server.Stderr = &log, &log
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { server.Wait(); close(stopped) }()
	t.Cleanup(func() {
		<-stopped
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.Bytes())
		}
	})
	for deadline := time.After(startTimeout); ; {
		if _, err := os.Stat(info); err == nil {
			return info
		}
		select {
		case <-stopped:
			t.Fatal("the server stopped before it listened")
		case <-deadline:
			t.Fatalf("the server did not listen within %v", startTimeout)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// report runs the checks and fails for each that failed, and if they did not
// come to their end.
func report(t *testing.T, checks *exec.Cmd) {
	t.Helper()
	var stderr bytes.Buffer
	checks.Stderr = &stderr
	out, err := checks.Output()
	var passed, failed int
	var closing string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "ok "):
			passed++
		case strings.HasPrefix(line, "FAIL "):
			failed++
			t.Error(line)
		}
		closing = line
	}
	want := fmt.Sprintf("%d passed, %d failed", passed, failed)
	t.Log(want)
	switch {
	case closing != want:
		t.Errorf("the checks ended with %q, want %q (%v)\n%s", closing, want, err, stderr.Bytes())
	case passed+failed == 0:
		t.Error("nothing was checked")
	case failed == 0 && err != nil:
		t.Errorf("every check passed, but the program ended with %v\n%s", err, stderr.Bytes())
	}
}
