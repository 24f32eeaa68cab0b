package native

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// A busy project has 1000 users with 4 roles each, 100 roles with 10
// permissions each, 200 permissions and 10 tenants.
func busyProject(ctx context.Context) (*Handler, string, error) {
	store, err := sqlite.Memory().OpenStore(ctx)
	if err != nil {
		return nil, "", err
	}
	rc, err := rolecall.New(ctx, store)
	if err != nil {
		return nil, "", err
	}
	var ops []rolecall.Op
	add := func(r rolecall.Record) { ops = append(ops, rolecall.Put(r)) }
	at := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		add(&rolecall.Tenant{ID: rolecall.TenantID(fmt.Sprintf("tenant-%d", i)), Name: fmt.Sprintf("Tenant %d", i)})
	}
	for i := range 200 {
		add(&rolecall.Permission{ID: rolecall.PermissionID(fmt.Sprintf("document:%d", i)), Name: fmt.Sprintf("document:%d", i)})
	}
	for i := range 100 {
		role := rolecall.RoleID(fmt.Sprintf("role-%d", i))
		add(&rolecall.Role{ID: role, Name: string(role)})
		for range 10 {
			add(&rolecall.Grant{Role: role, Permission: rolecall.PermissionID(fmt.Sprintf("document:%d", at.IntN(200)))})
		}
	}
	for i := range 1000 {
		user := rolecall.SubjectID(fmt.Sprintf("user-%d", i))
		add(&rolecall.User{ID: user})
		for range 4 {
			add(&rolecall.Assignment{Subject: user, Role: rolecall.RoleID(fmt.Sprintf("role-%d", at.IntN(100))),
				Scope: rolecall.Scope{Tenant: rolecall.TenantID(fmt.Sprintf("tenant-%d", at.IntN(10)))}})
		}
	}
	if _, err := rc.Write(ctx, rolecall.System("bench"), ops...); err != nil {
		return nil, "", err
	}
	id := identity.New(rc, store.(identity.Store))
	key, err := id.CreateKey(ctx, rolecall.System("bench"), identity.NewKey{Name: "PEP", Roles: []rolecall.Assignment{{Role: rolecall.RoleAuditor}}})
	if err != nil {
		return nil, "", err
	}
	return New(rc, id, token.New(rc), slog.New(slog.DiscardHandler)), key.Secret, nil
}

// someQuestion is one of the same every time.
func someQuestion(at *rand.Rand) string {
	return fmt.Sprintf(`{"subject":"user-%d","permission":"document:%d","tenant":"tenant-%d"}`, at.IntN(1000), at.IntN(200), at.IntN(10))
}

// someBatch asks n questions about many subjects.
func someBatch(at *rand.Rand, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = someQuestion(at)
	}
	return `{"checks":[` + strings.Join(all, ",") + `]}`
}

// someBatchOfOne asks for n permissions of one subject, as a page does that
// shows what its reader may do.
func someBatchOfOne(at *rand.Rand, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`{"permission":"document:%d"}`, at.IntN(200))
	}
	return fmt.Sprintf(`{"subject":"user-%d","tenant":"tenant-%d","checks":[%s]}`, at.IntN(1000), at.IntN(10), strings.Join(all, ","))
}

const constant = `{"allowed":true,"reason":"granted","revision":1234}` + "\n"

// bare is the least that a handler can do.
func bare(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, constant)
}

// BenchmarkCheck calls the handler as net/http does, without a network.
func BenchmarkCheck(b *testing.B) {
	h, key, err := busyProject(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	at := rand.New(rand.NewPCG(3, 4))
	for _, tt := range []struct{ name, text string }{
		{"one", someQuestion(at)}, {"batch", someBatch(at, 100)}, {"batch-of-one", someBatchOfOne(at, 100)},
	} {
		b.Run(tt.name, func(b *testing.B) {
			text := tt.text
			body := strings.NewReader(text)
			r := httptest.NewRequest("POST", Prefix+"/check", body)
			r.Header.Set("Authorization", "Bearer "+key)
			r.Header.Set("Content-Type", "application/json")
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				body.Reset(text)
				clear(w.header)
				h.ServeHTTP(w, r)
			}
			b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
			if w.status != 0 {
				b.Fatalf("status %d", w.status)
			}
		})
	}
}

// cpuTime returns the CPU time that this process has used, in all its threads.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A discard is a ResponseWriter that keeps nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// BenchmarkCheckOverLoopback asks a server in a process of its own, in turns
// with a bare handler in the same process, and reports the CPU time that the
// server's process used for one request of each, and their ratios. One
// iteration is 1000 requests of each sort. Neighbours disturb wall time; of CPU
// time read the ratios.
func BenchmarkCheckOverLoopback(b *testing.B) {
	for _, connections := range []int{1, 32} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) { benchmarkLoopback(b, startServer(b, connections)) })
	}
}

func benchmarkLoopback(b *testing.B, server *remote) {
	at := rand.New(rand.NewPCG(5, 6))
	sorts := []struct {
		name   string
		path   string
		body   func(*rand.Rand) string
		bodies [][]byte
		cpu    time.Duration
	}{
		{name: "bare", path: "/bare", body: someQuestion},
		{name: "check", path: Prefix + "/check", body: someQuestion},
		{name: "batch", path: Prefix + "/check", body: func(at *rand.Rand) string { return someBatch(at, 100) }},
		{name: "batch-of-one", path: Prefix + "/check", body: func(at *rand.Rand) string { return someBatchOfOne(at, 100) }},
	}
	for i := range sorts {
		for range 200 {
			body := sorts[i].body(at)
			sorts[i].bodies = append(sorts[i].bodies, fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
				"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", sorts[i].path, server.key, len(body), body))
		}
		server.ask(b, sorts[i].bodies, 1000) // to warm up
	}
	const each = 1000
	rounds := 0
	for b.Loop() {
		rounds++
		for i := range sorts {
			before := server.usage(b)
			server.ask(b, sorts[i].bodies, each)
			sorts[i].cpu += server.usage(b) - before
		}
	}
	perRequest := func(i int) float64 { return float64(sorts[i].cpu.Nanoseconds()) / float64(rounds*each) / 1e3 }
	for i, s := range sorts {
		b.ReportMetric(perRequest(i), s.name+"-µs")
	}
	b.ReportMetric(perRequest(1)/perRequest(0), "check/bare")
	b.ReportMetric(perRequest(2)/perRequest(1), "batch/check")
	b.ReportMetric(perRequest(3)/perRequest(1), "batch-of-one/check")
	b.ReportMetric(0, "ns/op") // of a round: it says nothing
}

// A remote is a server in another process.
type remote struct {
	addr, key   string
	connections []*connection
}

type connection struct {
	net.Conn
	in *bufio.Reader
}

// serveEnv makes the test binary a server.
const serveEnv = "ROLECALL_BENCH_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		if err := serveBench(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveBench prints an address and an access key, and serves until stdin ends.
func serveBench() error {
	h, key, err := busyProject(context.Background())
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/bare", bare)
	mux.Handle(Prefix+"/", h)
	mux.HandleFunc("/usage", func(w http.ResponseWriter, _ *http.Request) {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprint(w, u.Utime.Nano()+u.Stime.Nano())
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(listener, mux)
	fmt.Println(listener.Addr(), key)
	io.Copy(io.Discard, os.Stdin)
	return nil
}

func startServer(b *testing.B, connections int) *remote {
	b.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serveEnv+"=1")
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		command.Wait()
	})
	s := &remote{}
	if _, err := fmt.Fscan(stdout, &s.addr, &s.key); err != nil {
		b.Fatal(err)
	}
	for range connections {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		s.connections = append(s.connections, &connection{c, bufio.NewReaderSize(c, 64<<10)})
	}
	return s
}

// ask makes n requests, over all connections at once.
func (s *remote) ask(b *testing.B, requests [][]byte, n int) {
	var all sync.WaitGroup
	for i, c := range s.connections {
		all.Go(func() {
			for k := range n / len(s.connections) {
				if err := c.roundTrip(requests[(i*31+k)%len(requests)]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

func (c *connection) roundTrip(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	length := 0
	for line := 0; ; line++ {
		text, err := c.in.ReadSlice('\n')
		switch name, value, _ := bytes.Cut(text, []byte(": ")); {
		case err != nil:
			return err
		case line == 0 && !bytes.HasPrefix(text, []byte("HTTP/1.1 200")):
			return fmt.Errorf("%s", text)
		case bytes.Equal(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		case len(text) == 2:
			_, err := c.in.Discard(length)
			return err
		}
	}
}

// usage returns the CPU time that the server has used.
func (s *remote) usage(b *testing.B) time.Duration {
	b.Helper()
	answer, err := http.Get("http://" + s.addr + "/usage")
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(n)
}
