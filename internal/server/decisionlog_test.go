package server

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

// linesOf reads a decision log.
func linesOf(t *testing.T, path string) (lines []decided) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		var line decided
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, scan.Text())
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTheDecisionLogSaysWhoWasDenied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	s := start(t, Config{DecisionLog: path})
	key := keyOf(t, s, rolecall.RoleOwner)
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(running) }()
	c, err := client.Dial(t.Context(), s.URL(), key)
	if err != nil {
		t.Fatal(err)
	}
	c.Write(t.Context(), client.Create(&rolecall.User{ID: "ann"}))
	c.Check(t.Context(), rolecall.Request{Subject: "ann", Any: rolecall.KindUser})
	c.CheckAll(t.Context(), []rolecall.Request{
		{Subject: "ann", Any: rolecall.KindUser},
		{Subject: "ann", Permission: "post.publish", Tenant: "acme", Resource: "doc:7"},
	})
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	lines := linesOf(t, path)
	if len(lines) != 1 {
		t.Fatalf("%d lines, want the one denial: %+v", len(lines), lines)
	}
	got := lines[0]
	want := rolecall.Request{Subject: "ann", Permission: "post.publish", Tenant: "acme", Resource: "doc:7"}
	if got.Request != want || got.Allowed || got.Reason != rolecall.UnknownPermission || got.Revision == 0 ||
		got.Door != "native" || got.Actor == "" || got.RequestID == "" || time.Since(got.Time) > time.Minute {
		t.Errorf("the line is %+v", got)
	}
	text, _ := os.ReadFile(path)
	if strings.Contains(string(text), key) {
		t.Error("the key is in it")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
}

func TestTheDecisionLogSamples(t *testing.T) {
	for _, tt := range []struct {
		sample      float64
		least, most int
	}{{0, 0, 0}, {0.5, 350, 650}, {1, 1000, 1000}} {
		path := filepath.Join(t.TempDir(), "decisions.jsonl")
		l, err := newDecisionLog(path, tt.sample, 1<<30, 1, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			l.Decided(rolecall.Actor{}, make([]rolecall.Request, 1), []rolecall.Decision{{Allowed: true, Reason: rolecall.Granted}}, 0)
		}
		l.Close()
		l.Decided(rolecall.Actor{}, make([]rolecall.Request, 1), []rolecall.Decision{{Reason: rolecall.NotGranted}}, 0) // too late, and no harm
		if n := len(linesOf(t, path)); n < tt.least || n > tt.most {
			t.Errorf("of 1000 with %v, %d are there", tt.sample, n)
		}
	}
}

func TestTheDecisionLogRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	const most = 4000
	l, err := newDecisionLog(path, 1, most, 2, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	for i := range n {
		l.Decided(rolecall.Actor{}, []rolecall.Request{{Subject: "ann", Permission: "p"}}, []rolecall.Decision{{Reason: rolecall.NotGranted, Revision: rolecall.Revision(i + 1)}}, 0)
	}
	l.Close()
	files, _ := filepath.Glob(path + "*")
	if len(files) != 3 {
		t.Fatalf("the files are %v, want three", files)
	}
	last := rolecall.Revision(n)
	for _, name := range []string{path, path + ".1", path + ".2"} {
		info, err := os.Stat(name)
		if err != nil || info.Size() > most {
			t.Fatalf("%s: %v, %d bytes", name, err, info.Size())
		}
		lines := linesOf(t, name)
		for i := len(lines) - 1; i >= 0; i-- {
			if lines[i].Revision != last {
				t.Fatalf("%s has revision %d where %d should be", name, lines[i].Revision, last)
			}
			last--
		}
	}
	again, err := newDecisionLog(path, 1, most, 2, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before := len(linesOf(t, path))
	again.Decided(rolecall.Actor{}, make([]rolecall.Request, 1), []rolecall.Decision{{Reason: rolecall.NotGranted}}, 0)
	again.Close()
	if after := len(linesOf(t, path)); after != before+1 {
		t.Errorf("a new process leaves %d lines, want %d", after, before+1)
	}
}

func TestADecisionLogThatCannotBeWrittenRefusesToStart(t *testing.T) {
	_, err := New(t.Context(), Config{Data: t.TempDir(), Addr: "127.0.0.1:0", DecisionLog: filepath.Join(t.TempDir(), "no", "such", "folder")})
	if err == nil || !strings.Contains(err.Error(), "decision log") {
		t.Errorf("New = %v", err)
	}
	for name, c := range map[string]Config{
		"sample": {DecisionLogSample: 1.5}, "size": {DecisionLogSize: -1}, "metrics-addr": {MetricsAddr: "9090"},
	} {
		c.Data, c.Addr = t.TempDir(), "127.0.0.1:0"
		if _, err := New(t.Context(), c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a bad %s gives %v", name, err)
		}
	}
}
