package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rolecall/rolecall/internal/freeport"
)

// A Bouncer is a PgBouncer before the tests' PostgreSQL, until the test ends.
type Bouncer struct {
	direct string // the source of what is behind it
	port   int
}

// NewBouncer starts a PgBouncer that shares its connections by mode, "session" or
// "transaction", before the cluster that source names. settings are further lines
// of its file. Without PgBouncer the test is skipped, or fails if CI is set.
func NewBouncer(t testing.TB, source, mode, settings string) *Bouncer {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !isFile(program) {
			if os.Getenv("CI") != "" {
				t.Fatalf("PgBouncer is needed: %v", err)
			}
			t.Skipf("NOT TESTED THROUGH PGBOUNCER: %v", err)
		}
	}
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "rolecall-bouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	b := &Bouncer{direct: source}
	if b.port, err = freeport.Find(); err != nil {
		t.Fatal(err)
	}
	as, err := notRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	file, users := filepath.Join(folder, "ini"), filepath.Join(folder, "users")
	ini := fmt.Sprintf(`[databases]
* = host=%s port=%s auth_user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = %s
max_client_conn = 500
default_pool_size = 80
max_db_connections = 80
server_idle_timeout = 5
server_login_retry = 1
%s
`, u.Hostname(), u.Port(), u.User.Username(), b.port, users, mode, settings)
	for name, text := range map[string]string{file: ini, users: fmt.Sprintf("%q \"\"\n", u.User.Username())} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, 0o644); err != nil { // whatever the umask: another user reads it
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "-q", file)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { cmd.Wait(); close(gone) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-gone
		if t.Failed() {
			t.Logf("PgBouncer said:\n%s", &said)
		}
	})
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		c, err := pgx.Connect(ctx, b.through(u.User.Username()))
		if err == nil {
			c.Close(ctx)
		}
		cancel()
		if err == nil {
			return b
		}
		select {
		case <-gone:
			t.Fatalf("PgBouncer ended: %s", &said)
		default:
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

// through returns the source of the database, through the pooler, for a user.
func (b *Bouncer) through(user string) string {
	u, _ := url.Parse(b.direct)
	u.Host, u.User = fmt.Sprintf("127.0.0.1:%d", b.port), url.User(user)
	q := u.Query()
	q.Del("search_path")
	u.RawQuery = q.Encode()
	return u.String()
}

// Source returns the data source of a new and empty schema through the pooler,
// which is dropped when the test ends. A pooler does not carry search_path, so
// the schema is that of a user of its own.
func (b *Bouncer) Source(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("pooled_%d_%d", os.Getpid(), next())
	Exec(t, b.direct, "CREATE ROLE "+name+" LOGIN", "CREATE SCHEMA "+name+" AUTHORIZATION "+name,
		"ALTER ROLE "+name+" SET search_path = "+name)
	t.Cleanup(func() { Exec(t, b.direct, "DROP SCHEMA "+name+" CASCADE", "DROP ROLE "+name) })
	return b.through(name)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
