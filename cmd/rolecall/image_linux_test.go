package main_test

import (
	"bufio"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// contain makes a folder the whole world of a program that is nobody: nothing can
// be written but the volume and /tmp, and no right can be got back. chroot uses up
// the three that are left.
const contain = `
set -e
image=$1 user=$2 volume=$3
shift 3
PATH=$PATH:/usr/sbin:/sbin
mount --make-rprivate /
mount --bind "$image" "$image"
mount --bind "$image$volume" "$image$volume"
mount --bind "$image/tmp" "$image/tmp"
mount -o remount,bind,ro "$image"
exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid chroot --userspec="$user" --groups= "$image" "$@"
`

// What deploy/Dockerfile makes, by its own commands, runs as it says: with no file
// of the system, as its user, who may write /data and /tmp alone, as the first
// process, in a network of its own.
func TestTheImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	if os.Geteuid() != 0 { // nothing that could be installed would help
		t.Skip("NOT TESTED: only root can make a container")
	}
	mayContain(t)
	d := readDockerfile(t)
	image := d.image(t)
	isStatic(t, filepath.Join(image, d.run[0]))
	before := files(t, image)
	for file, want := range map[string]string{
		"data": "drwx------ 65532:65532", "tmp": "dtrwxrwxrwx 0:0", "rolecall": "-rwxr-xr-x 0:0",
		"etc/ssl/certs/ca-certificates.crt": "-rw-r--r-- 0:0",
	} {
		if before[file] != want {
			t.Errorf("%s is %q, want %q", file, before[file], want)
		}
	}

	alone(t)
	serve := d.start(t, image)
	for _, tt := range []struct{ path, answer string }{
		{"/healthz", `200 {"status":"ok"}`},
		{"/readyz", `200 {"status":"ready"}`},
		{"/.well-known/jwks.json", `200 {"keys":[{`},
	} {
		if got := serve.get(t, d.port, tt.path); !strings.HasPrefix(got, tt.answer) {
			t.Errorf("%s: got %s, want %s", tt.path, got, tt.answer)
		}
	}
	status := processStatus(t, serve.cmd.Process.Pid)
	for _, want := range []string{"Uid:\t65532\t65532\t65532\t65532\n", "Gid:\t65532\t65532\t65532\t65532\n", "Groups:\t \n",
		"CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n", "NoNewPrivs:\t1\n"} {
		if !strings.Contains(status, want) {
			t.Errorf("the process's status lacks %q:\n%s", want, status)
		}
	}
	if d.stop != "SIGTERM" {
		t.Fatalf("STOPSIGNAL %s", d.stop)
	}
	if err := serve.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if <-serve.gone; serve.err != nil {
		t.Errorf("after SIGTERM: %v; it said\n%s", serve.err, &serve.said)
	}

	after := files(t, image)
	secrets := 0
	for file, how := range after {
		if strings.HasPrefix(file, "data/") {
			secrets++
			if how != "-rw------- 65532:65532" {
				t.Errorf("%s is %s", file, how)
			}
			delete(after, file)
		}
	}
	if _, err := os.Stat(filepath.Join(image, "data/rolecall.db")); err != nil || secrets == 0 {
		t.Errorf("it made no data file: %v", err)
	}
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("files besides the data were made or changed (-before +after):\n%s", d)
	}
}

// mayContain skips the test, also in CI, where the system itself forbids what
// containers are made of, to root too, as inside many a container: nothing that
// could be installed would help. What can't be had for another reason fails later.
func mayContain(t *testing.T) {
	t.Helper()
	probe := exec.Command("sh", "-c", "mount --make-rprivate / && mount --bind "+t.TempDir()+" /mnt")
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWNET}
	out, err := probe.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || err != nil && (bytes.Contains(out, []byte("permission denied")) || bytes.Contains(out, []byte("not permitted"))) {
		t.Skipf("NOT TESTED: this system lets nobody make a container: %v %s", err, out)
	}
}

// isStatic fails unless a program asks for no interpreter and no library.
func isStatic(t *testing.T, program string) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("%s is not static: it has a segment %v", program, p.Type)
		}
	}
	if f.Section(".dynamic") != nil {
		t.Errorf("%s is not static: it has a section .dynamic", program)
	}
}

func processStatus(t *testing.T, pid int) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	return string(status)
}

// files lists what is in a folder, with modes and owners.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		owner := info.Sys().(*syscall.Stat_t)
		all[name] = fmt.Sprintf("%v %d:%d", info.Mode(), owner.Uid, owner.Gid)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// alone gives the test's thread, and what it starts, a network of its own with
// nothing in it but loopback. The thread ends with the test.
func alone(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // and never unlocks it
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Fatalf("no network of its own: %v", err)
	}
	if err := raiseLoopback(); err != nil {
		t.Fatalf("no loopback: %v", err)
	}
}

func raiseLoopback() error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	request := struct { // ifreq of netdevice(7)
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(request.name[:], "lo")
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return errno
	}
	return nil
}

// A container is a running image.
type container struct {
	cmd  *exec.Cmd
	said bytes.Buffer  // when it is gone
	gone chan struct{} // is closed when it has ended
	err  error         // of the end
}

// start runs the image.
func (d dockerfile) start(t *testing.T, image string) *container {
	t.Helper()
	c := &container{gone: make(chan struct{})}
	c.cmd = exec.Command("sh", append([]string{"-c", contain, "sh", image, d.user, d.volume}, d.run...)...)
	c.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, d.env...)
	c.cmd.Stdout, c.cmd.Stderr = &c.said, &c.said
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC}
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("no container: %v", err)
	}
	go func() { c.err = c.cmd.Wait(); close(c.gone) }()
	t.Cleanup(func() { c.cmd.Process.Kill(); <-c.gone })
	return c
}

// get asks the server on this thread's loopback. It waits until it listens.
func (c *container) get(t *testing.T, port, path string) string {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatalf("EXPOSE %s", port)
	}
	var conn *net.TCPConn
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if conn, err = net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n}); err == nil {
			break
		}
		select {
		case <-c.gone:
			t.Fatalf("it ended: %v: %s", c.err, &c.said)
		default:
		}
		if time.Now().After(until) {
			t.Fatalf("nobody listens: %v", err)
		}
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n", path, n)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return fmt.Sprint(answer.StatusCode, " ", strings.TrimSpace(string(body)))
}
