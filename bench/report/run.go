package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall/bench/measure"
)

// A runner builds the programs and runs them.
type runner struct {
	root, folder string
	page         string
	sizes        []string
	peers        []string // programs, each in a module of its own
	limit, turns time.Duration
	http         time.Duration
}

// An outcome is all that the page shows.
type outcome struct {
	Page    string
	Sizes   []string
	Engines []measure.Listed
	Results []*measure.Result
	HTTP    []measure.HTTP
	Machine string
	Command string
	Day     string
	Took    time.Duration
	Limit   time.Duration
}

// A program has engines.
type program struct {
	binary  string
	flags   func(size string) []string // beside those that all have
	engines []measure.Listed
}

func (r *runner) all(ctx context.Context) (*outcome, error) {
	began := time.Now()
	if err := r.build(ctx); err != nil {
		return nil, err
	}
	o := &outcome{Page: r.page, Sizes: r.sizes, Machine: machine(), Day: began.UTC().Format(time.DateOnly), Limit: r.limit,
		Command: strings.Join(append([]string{"go run ./report"}, os.Args[1:]...), " ")}
	programs := []*program{
		{binary: "ours", flags: func(size string) []string { return []string{"-rolecall", r.binary("rolecall"), "-data", r.data(size)} }},
	}
	for _, name := range r.peers {
		programs = append(programs, &program{binary: name, flags: func(string) []string { return nil }})
	}
	for _, p := range programs {
		if err := r.run(ctx, time.Minute, &p.engines, p.binary, "-list"); err != nil {
			return nil, err
		}
		o.Engines = append(o.Engines, p.engines...)
	}
	for _, size := range r.sizes {
		if err := r.prepare(ctx, size); err != nil {
			return nil, err
		}
		for _, p := range programs {
			for _, e := range p.engines {
				if e.Sizes != nil && !slices.Contains(e.Sizes, size) {
					continue
				}
				result, err := r.one(ctx, p, e, size)
				if err != nil {
					return nil, err
				}
				o.Results = append(o.Results, result)
			}
		}
	}
	if r.http > 0 {
		fmt.Fprintln(os.Stderr, "over HTTP")
		args := []string{"-http", r.http.String(), "-rolecall", r.binary("rolecall")}
		if slices.Contains(r.peers, "peers") {
			args = append(args, "-opa", r.binary("peers"))
		}
		if err := r.run(ctx, r.http+time.Minute, &o.HTTP, "ours", args...); err != nil {
			return nil, err
		}
	}
	o.Took = time.Since(began)
	return o, nil
}

func (r *runner) binary(name string) string { return filepath.Join(r.folder, name) }
func (r *runner) data(size string) string   { return filepath.Join(r.folder, "data-"+size) }

// build makes the programs. The server is the main module's, as anybody would
// build it. The first time, OpenFGA and SpiceDB take minutes.
func (r *runner) build(ctx context.Context) error {
	type built struct{ name, folder, pkg string }
	all := []built{{"rolecall", ".", "./cmd/rolecall"}, {"ours", "bench", "./ours"}}
	for _, name := range r.peers {
		all = append(all, built{name, "bench/" + name, "."})
	}
	for _, b := range all {
		fmt.Fprintln(os.Stderr, "build", b.name)
		c := exec.CommandContext(ctx, "go", "build", "-o", r.binary(b.name), b.pkg)
		c.Dir = filepath.Join(r.root, b.folder)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", b.name, err, out)
		}
	}
	return nil
}

// prepare writes the data file of a size through Service.Write, which takes
// longer than all that is measured. The large one has none.
func (r *runner) prepare(ctx context.Context, size string) error {
	if err := os.Mkdir(r.data(size), 0o700); err != nil || size == "large" {
		return err
	}
	fmt.Fprintln(os.Stderr, "write the data file:", size)
	return r.run(ctx, 10*time.Minute, nil, "ours", "-prepare", "-size", size, "-data", r.data(size))
}

func (r *runner) one(ctx context.Context, p *program, e measure.Listed, size string) (*measure.Result, error) {
	fmt.Fprintf(os.Stderr, "%-7s %s\n", size, e.Label)
	result := new(measure.Result)
	flags := append([]string{"-engine", e.Engine, "-size", size, "-run", r.turns.String()}, p.flags(size)...)
	err := r.run(ctx, r.limit, result, p.binary, flags...)
	if errors.Is(err, errTime) {
		return &measure.Result{Engine: e.Engine, Label: e.Label, Version: e.Version, Note: e.Note, Size: size,
			Missed: fmt.Sprintf("not within %v", short(r.limit))}, nil
	}
	return result, err
}

var errTime = errors.New("not in time")

// run runs a program that prints JSON into out, for a time.
func (r *runner) run(ctx context.Context, limit time.Duration, out any, name string, args ...string) error {
	within, cancel := context.WithTimeoutCause(ctx, limit, errTime)
	defer cancel()
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(within, r.binary(name), args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	c.WaitDelay = 5 * time.Second
	if err := c.Run(); err != nil {
		if within.Err() != nil && ctx.Err() == nil {
			return errTime
		}
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(stdout.Bytes(), out)
}

// machine says what this runs on.
func machine() string {
	model, memory := "", ""
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = ", " + strings.TrimSpace(value)
			}
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d", &kb); err == nil {
			memory = fmt.Sprintf(", %d GiB of memory", kb>>20)
		}
	}
	return fmt.Sprintf("%d cores%s%s, %s/%s, %s", runtime.NumCPU(), model, memory, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
