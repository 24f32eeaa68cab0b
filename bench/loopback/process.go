// Package loopback measures servers over HTTP: the CPU time of a server's process
// for a request, in turns and under the same load as a bare handler's.
//
// A server is any program that prints its address.
package loopback

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A Process is a server that runs.
type Process struct {
	URL     string // without a path
	command *exec.Cmd
}

// running are those that have been started.
var running []*Process

// StopAll ends them, so that nothing is left when the program ends.
func StopAll() {
	for _, p := range running {
		p.stop()
	}
}

// Start runs a server, whose first line of output ends with its URL.
func Start(ctx context.Context, program string, args ...string) (*Process, error) {
	c := exec.CommandContext(ctx, program, args...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &Process{command: c}
	running = append(running, p)
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		lines <- line
		io.Copy(io.Discard, out)
	}()
	select {
	case line := <-lines:
		if at := strings.LastIndex(line, "http://"); at >= 0 {
			p.URL = strings.TrimRight(line[at:], "/\n")
			return p, nil
		}
		return nil, fmt.Errorf("%s began with %q", program, line)
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("%s does not begin", program)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *Process) stop() {
	p.command.Process.Signal(os.Interrupt)
	done := make(chan struct{})
	go func() { p.command.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		p.command.Process.Kill()
	}
}

// cpu returns the CPU time that the process has used: user and system time, in
// hundredths of a second, are the 14th and 15th field of its stat.
func (p *Process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("the CPU time of another process (this works on Linux alone): %w", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("stat is %q", text)
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// ServeBare is the least that a server can do: it reads the question, and has one
// answer whatever it is.
func ServeBare(answer string) error { return serve(answer, new(http.Server), nil) }

// ServeLimited does the same as a server on a network has to: it keeps time limits,
// and says what an API's answer says in its headers.
func ServeLimited(answer string, header http.Header) error {
	return serve(answer, &http.Server{ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute}, header)
}

func serve(answer string, s *http.Server, header http.Header) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		h := w.Header()
		maps.Copy(h, header)
		h.Set("Content-Type", "application/json")
		io.WriteString(w, answer)
	})
	return s.Serve(listener)
}
