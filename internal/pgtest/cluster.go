package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/rolecall/rolecall/internal/freeport"
)

// A Cluster is a private PostgreSQL that listens on loopback. What it commits
// survives its own end, but not that of the machine.
type Cluster struct {
	Source string // of its database postgres

	programs, folder string
	port             int
	as               *syscall.Credential // of its processes; nil means ours
	keeper           *exec.Cmd
	alive            *os.File // the keeper ends the cluster when this is closed
}

// Start makes a cluster and starts it.
func Start() (*Cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	c := &Cluster{programs: programs}
	if c.folder, err = os.MkdirTemp("", "rolecall-pg-"); err != nil {
		return nil, err
	}
	if err := c.make(); err != nil {
		os.RemoveAll(c.folder)
		return nil, err
	}
	for try := 1; ; try++ {
		if c.port, err = freeport.Find(); err == nil {
			err = c.Up()
		}
		if err == nil {
			break
		}
		if try == 5 {
			os.RemoveAll(c.folder)
			return nil, err
		}
	}
	c.Source = fmt.Sprintf("postgres://rolecall@127.0.0.1:%d/postgres?sslmode=disable", c.port)
	return c, c.keep()
}

// make makes the cluster's files.
func (c *Cluster) make() (err error) {
	if c.as, err = notRoot(c.folder); err != nil {
		return err
	}
	return c.run("initdb", "-D", c.data(), "-U", "rolecall", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
}

// notRoot returns whom programs of PostgreSQL run as, which refuse to run as root:
// for root that is the user postgres, who gets the folder. nil means ourselves.
func notRoot(folder string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(folder, uid, gid)
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// Up starts the cluster's server, and returns when it can be used.
func (c *Cluster) Up() error {
	return c.run("pg_ctl", "-D", c.data(), "-w", "-t", "60", "-l", filepath.Join(c.folder, "log"), "-o", fmt.Sprintf(
		"-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off -c full_page_writes=off -c max_connections=200",
		c.port, c.folder), "start")
}

// Down stops the server as a crash would: connections break, and it recovers
// from its log when it is started.
func (c *Cluster) Down() error {
	return c.run("pg_ctl", "-D", c.data(), "-w", "-m", "immediate", "stop")
}

// Stop ends the cluster and removes its files.
func (c *Cluster) Stop() {
	c.alive.Close()
	c.keeper.Wait()
}

// keep starts a process that ends the cluster with ours.
func (c *Cluster) keep() error {
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	c.keeper = exec.Command("sh", "-c", `cat; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$2"`, "sh", c.Program("pg_ctl"), c.folder)
	c.keeper.Stdin = out
	c.keeper.Dir = "/"
	c.keeper.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setsid: true} // Ctrl-C is not for it
	c.alive = in
	return c.keeper.Start()
}

// Program returns the path of one of PostgreSQL's programs.
func (c *Cluster) Program(name string) string { return filepath.Join(c.programs, name) }

func (c *Cluster) run(program string, args ...string) error {
	cmd := exec.Command(c.Program(program), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setsid: true}
	out, err := os.CreateTemp("", "rolecall-pg-out-") // not a pipe: the server would keep it open
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", program, err, said)
	}
	return nil
}

// findPrograms returns the folder of the newest PostgreSQL.
func findPrograms() (string, error) {
	if folder := os.Getenv("PGBIN"); folder != "" {
		return folder, nil
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		if folder := strings.TrimSpace(string(out)); isProgram(folder) {
			return folder, nil
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && isProgram(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(found, func(a, b string) int { return number(b) - number(a) })
	for _, folder := range found {
		if isProgram(folder) {
			return folder, nil
		}
	}
	return "", errors.New("it is not installed: no initdb in the PATH, in PGBIN or in /usr/lib/postgresql")
}

func isProgram(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "initdb"))
	return err == nil
}

// number returns the version in a folder's name.
func number(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}
