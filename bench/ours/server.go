package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A server is another process.
type server struct {
	url, key string
	command  *exec.Cmd
}

// serve starts the binary on a data folder, with a key that may ask.
func serve(ctx context.Context, folder, binary string) (*server, error) {
	if binary == "" {
		return nil, errors.New("this needs the server: name the binary with -rolecall")
	}
	create := exec.CommandContext(ctx, binary, "key", "create", "bench", "--role", "Auditor", "--data", folder)
	key, err := create.Output()
	if err != nil {
		return nil, fmt.Errorf("create a key: %w", err)
	}
	s, err := start(ctx, exec.CommandContext(ctx, binary, "serve", "--data", folder, "--addr", "127.0.0.1:0", "--log-level", "error"))
	if err != nil {
		return nil, err
	}
	s.key = strings.TrimSpace(string(key))
	return s, nil
}

// serveBare starts this program as a bare handler.
func serveBare(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, exec.CommandContext(ctx, self, "-bare"))
}

// running are the servers that have been started.
var running []*server

// stopAll ends them, so that nothing is left when the program ends.
func stopAll() {
	for _, s := range running {
		s.stop()
	}
}

// start runs a server, whose first line of output ends with its URL.
func start(ctx context.Context, c *exec.Cmd) (*server, error) {
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	s := &server{command: c}
	running = append(running, s)
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		lines <- line
		io.Copy(io.Discard, out)
	}()
	select {
	case line := <-lines:
		if at := strings.LastIndex(line, "http://"); at >= 0 {
			s.url = strings.TrimRight(line[at:], "/\n")
			return s, nil
		}
		return nil, fmt.Errorf("%s began with %q", c.Path, line)
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("%s does not begin", c.Path)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *server) stop() {
	s.command.Process.Signal(os.Interrupt)
	done := make(chan struct{})
	go func() { s.command.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		s.command.Process.Kill()
	}
}

// cpu returns the CPU time that the server's process has used: user and system
// time, in hundredths of a second, are the 14th and 15th field of its stat.
func (s *server) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
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

// bare is the least that a handler can do: one answer, whatever the question.
func bare() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"allowed":true,"reason":"granted","revision":1234}`+"\n")
	}))
}
