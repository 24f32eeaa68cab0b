package main

import (
	"context"
	"database/sql"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/server"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts")

// The test binary plays rolecall, as another process, in the scripts below
// testdata. One with the race detector in it would take minutes: the scripts
// then run a program that is built without.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"rolecall": main}) }

// raced reports whether the test binary has the race detector in it.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// notAgain skips a test of programs that are built without the race detector, and
// of no server in this process, where all tests run without it too: as make test does.
func notAgain(t *testing.T) {
	t.Helper()
	if raced() && testing.Short() {
		t.Skip("-short: what runs here is without the race detector, and the same without -race")
	}
}

// plainProgram returns the folder of rolecall without the race detector, or ""
// if the test binary is without it anyway.
func plainProgram(t *testing.T) string {
	t.Helper()
	if !raced() {
		return ""
	}
	folder := t.TempDir()
	out, err := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-o", folder, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return folder
}

// Scripts in testdata/both are one transcript of the command line, whether it
// works on a data file or on a server: they run both ways.
func TestOnADataFile(t *testing.T) {
	notAgain(t)
	run(t, "both", func(env *testscript.Env) error {
		folder := filepath.Join(env.WorkDir, "data")
		p, err := server.Open(context.Background(), folder, server.Options{Create: true})
		if err != nil {
			return err
		}
		env.Setenv("ROLECALL_DATA", folder)
		return p.Close()
	})
}

func TestOnAServer(t *testing.T) {
	run(t, "both", func(env *testscript.Env) error {
		s, err := server.New(context.Background(), server.Config{Data: filepath.Join(env.WorkDir, "data"), Addr: "127.0.0.1:0", Dev: true})
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		env.Defer(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
		env.Setenv("ROLECALL_SERVER", s.URL())
		env.Setenv("ROLECALL_KEY", s.Dev.ManagementKey)
		return nil
	})
}

func TestOnADatabase(t *testing.T) {
	notAgain(t)
	pgtest.Source(t) // skips all if there is no PostgreSQL
	run(t, "both", func(env *testscript.Env) error {
		source := pgtest.Source(t)
		env.Setenv("ROLECALL_STORE", source)
		p, err := server.Open(context.Background(), "", server.Options{Create: true, Store: source})
		if err != nil {
			return err
		}
		return p.Close()
	})
}

// Scripts in testdata/database are about databases, and servers that use them.
func TestWithDatabases(t *testing.T) {
	notAgain(t)
	pgtest.Source(t)
	run(t, "database", func(env *testscript.Env) error {
		env.Setenv("DATABASE", pgtest.Source(t))
		env.Setenv("OTHER", pgtest.Source(t))
		return nil
	})
}

// Scripts in testdata/file are about data files, and servers that use them.
func TestWithFiles(t *testing.T) {
	notAgain(t)
	run(t, "file", func(*testscript.Env) error { return nil })
}

func run(t *testing.T, folder string, setup func(*testscript.Env) error) {
	plain := plainProgram(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", folder),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			if plain != "" {
				env.Setenv("PATH", plain+string(os.PathListSeparator)+env.Getenv("PATH"))
			}
			return setup(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":   await,
			"extract": extract,
			"mask":    mask,
			"sql":     runSQL,
			"occupy":  occupy,
			"damage":  damage,
		},
	})
}

// await FILE [PATTERN] waits until a file is there and has the pattern in it.
func await(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(strings.Join(args[1:], " "))
	for range 6000 {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && pattern.Match(data) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s with %q did not come", args[0], pattern)
}

// extract NAME FILE PATTERN sets an environment variable to what the pattern's
// first group matches in a file.
func extract(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(strings.Join(args[2:], " ")).FindStringSubmatch(ts.ReadFile(args[1]))
	if found == nil {
		ts.Fatalf("%s has no %q", args[1], args[2:])
	}
	ts.Setenv(args[0], found[1])
}

// mask FILE PATTERN REPLACEMENT replaces what differs between runs.
func mask(ts *testscript.TestScript, _ bool, args []string) {
	text := regexp.MustCompile(args[1]).ReplaceAllString(ts.ReadFile(args[0]), args[2])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// sql FILE STATEMENT changes a data file behind everybody's back.
func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

// occupy NAME listens on a port until the script ends, and sets NAME to the address.
func occupy(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// damage FILE inverts the bytes of a file's second half.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	for i := len(data) / 2; i < len(data); i++ {
		data[i] = ^data[i]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}
