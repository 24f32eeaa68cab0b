package server

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Logs are a server's: Log for what happens, and Access for a line with each
// answer. Close writes what is left.
type Logs struct {
	Log, Access *slog.Logger

	out *gatherer
}

// Logs returns what c asks for, written to w. Lines stay in their order.
func (c *Config) Logs(w io.Writer) (*Logs, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return nil, fmt.Errorf("log-level %q must be debug, info, warn or error", c.LogLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	out := &gatherer{to: w, within: accessWithin}
	switch c.LogFormat {
	case "text":
		return &Logs{slog.New(slog.NewTextHandler(atOnce{out}, options)), slog.New(slog.NewTextHandler(out, options)), out}, nil
	case "json":
		return &Logs{slog.New(slog.NewJSONHandler(atOnce{out}, options)), slog.New(slog.NewJSONHandler(out, options)), out}, nil
	}
	return nil, fmt.Errorf("log-format %q must be text or json", c.LogFormat)
}

// Close writes what is left.
func (l *Logs) Close() error { return l.out.Flush() }

// Lines of the access log are written when there are so many bytes of them, or
// after so long.
const (
	accessBytes  = 32 << 10
	accessWithin = time.Second
)

// A gatherer writes lines together: one system call for each would take as long as
// three decisions.
type gatherer struct {
	to     io.Writer
	within time.Duration

	mu    sync.Mutex
	lines []byte
	later *time.Timer
}

func (g *gatherer) Write(line []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case len(g.lines)+len(line) >= accessBytes:
		return g.now(line)
	case g.later == nil:
		g.later = time.AfterFunc(g.within, func() { g.Flush() })
	case len(g.lines) == 0:
		g.later.Reset(g.within)
	}
	g.lines = append(g.lines, line...)
	return len(line), nil
}

// Flush writes what was gathered.
func (g *gatherer) Flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, err := g.now(nil)
	return err
}

// now writes what was gathered, and then line. Lines that can't be written are
// lost, as they would be without a gatherer. Call with mu held.
func (g *gatherer) now(line []byte) (int, error) {
	if g.lines = append(g.lines, line...); len(g.lines) == 0 {
		return 0, nil
	}
	_, err := g.to.Write(g.lines)
	g.lines = g.lines[:0]
	return len(line), err
}

// atOnce writes a line, after what was gathered before it.
type atOnce struct{ *gatherer }

func (a atOnce) Write(line []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now(line)
}
