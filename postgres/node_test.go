package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/freeport"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/server"
)

// nodeEnv holds the settings of a node, when this program plays one.
const nodeEnv = "ROLECALL_TEST_NODE"

func TestMain(m *testing.M) {
	if settings := os.Getenv(nodeEnv); settings != "" {
		if err := runNode(settings); err != nil {
			fmt.Fprintln(os.Stderr, "node:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runNode(settings string) error {
	var config server.Config
	if err := json.Unmarshal([]byte(settings), &config); err != nil {
		return err
	}
	config.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := server.New(ctx, config)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// A node is a process that serves a project in PostgreSQL.
type node struct {
	t       *testing.T
	config  server.Config
	url     string
	key     string
	process *exec.Cmd
	log     string
}

// newNode makes a node that is not yet started, at an address of its own.
func newNode(t *testing.T, source, key string, staleFor time.Duration) *node {
	t.Helper()
	addr, err := freeport.Addr()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	n := &node{t: t, key: key, log: filepath.Join(folder, "log"), url: "http://" + addr}
	n.config = server.Config{Data: folder, Store: source, Addr: addr, StaleFor: staleFor, DrainTimeout: time.Minute}
	return n
}

// start starts the node, without waiting for it.
func (n *node) start() {
	n.t.Helper()
	settings, err := json.Marshal(n.config)
	if err != nil {
		n.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	defer log.Close()
	n.process = exec.Command(self)
	n.process.Env = append(os.Environ(), nodeEnv+"="+string(settings))
	n.process.Stdout, n.process.Stderr = log, log
	if err := n.process.Start(); err != nil {
		n.t.Fatal(err)
	}
}

// ready waits until the node's /readyz says a status. It starts a node again that
// could not, because its database was not there.
func (n *node) ready(status string) {
	n.t.Helper()
	for until := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if n.health() == status {
			return
		}
		if time.Now().After(until) {
			log, _ := os.ReadFile(n.log)
			n.t.Fatalf("%s is %q after two minutes, want %q; it says\n%s", n.url, n.health(), status, log)
		}
		if n.process.ProcessState == nil && n.gone() {
			n.process.Wait()
			n.start()
		}
	}
}

// gone reports whether the process has ended.
func (n *node) gone() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.process.Process.Pid))
	if errors.Is(err, os.ErrNotExist) && folderExists("/proc/self") {
		return true
	}
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return bytes.HasPrefix(after, []byte("Z"))
}

func folderExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (n *node) health() string {
	c := http.Client{Timeout: 20 * time.Second}
	answer, err := c.Get(n.url + "/readyz")
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	var health struct{ Status string }
	json.NewDecoder(answer.Body).Decode(&health)
	return health.Status
}

func (n *node) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.process.Process.Signal(s); err != nil {
		n.t.Errorf("signal %v: %v", s, err)
	}
}

// stop sends a signal that ends the node, and waits for the end.
func (n *node) stop(s syscall.Signal) error {
	n.signal(s)
	return n.process.Wait()
}

// An answer is what a node said.
type answer struct {
	status   int
	revision rolecall.Revision
	stale    bool
	body     []byte
}

// ask sends a request. idempotency may be "".
func (n *node) ask(c *http.Client, method, path, idempotency, body string) (answer, error) {
	req, err := http.NewRequest(method, n.url+"/api/v1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+n.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if idempotency != "" {
		req.Header.Set("Idempotency-Key", idempotency)
	}
	r, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	a := answer{status: r.StatusCode, stale: r.Header.Get(server.StaleHeader) != ""}
	if a.body, err = io.ReadAll(r.Body); err != nil {
		return a, err
	}
	at, _ := strconv.ParseInt(r.Header.Get("Rolecall-Revision"), 10, 64)
	a.revision = rolecall.Revision(at)
	return a, nil
}

// founded makes a project, and returns an owner's access key.
func founded(t *testing.T, source string, ops ...rolecall.Op) string {
	t.Helper()
	ctx := context.Background()
	p, err := server.Open(ctx, "", server.Options{Create: true, Store: source})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	by := rolecall.System("test")
	if _, err := p.Rolecall.Write(ctx, by, ops...); err != nil {
		t.Fatal(err)
	}
	key, err := p.Identity.CreateKey(ctx, by, identity.NewKey{Name: "test", Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}}})
	if err != nil {
		t.Fatal(err)
	}
	return key.Secret
}
