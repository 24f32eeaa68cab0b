package main

import (
	"context"
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
	files        string // folder that the data files are in
	page         string
	sizes        []string
	peers        []string // programs, each in a module of its own
	largeFile    bool     // write the large world into a data file too
	limit        limit
	turns, http  time.Duration
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
	Memory  int64
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
	o := &outcome{Page: r.page, Sizes: r.sizes, Machine: machine(), Day: began.UTC().Format(time.DateOnly),
		Limit: r.limit.time, Memory: r.limit.memory, Command: strings.Join(append([]string{"go run ./report"}, os.Args[1:]...), " ")}
	programs := []*program{
		{binary: "ours", flags: func(size string) []string { return []string{"-rolecall", r.binary("rolecall"), "-data", r.data(size)} }},
	}
	for _, name := range r.peers {
		programs = append(programs, &program{binary: name, flags: func(string) []string { return nil }})
	}
	for _, p := range programs {
		if _, err := r.run(ctx, limit{time: time.Minute}, &p.engines, p.binary, "-list"); err != nil {
			return nil, err
		}
		o.Engines = append(o.Engines, p.engines...)
	}
	missed := map[string]bool{} // engines that did not do a smaller size
	for _, size := range r.sizes {
		if err := r.prepare(ctx, size); err != nil {
			return nil, err
		}
		for _, p := range programs {
			for _, e := range p.engines {
				result, err := r.try(ctx, p, e, size, missed[e.Engine])
				if err != nil {
					return nil, err
				}
				missed[e.Engine] = result.Missed != ""
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
		if _, err := r.run(ctx, limit{time: r.http + 2*time.Minute}, &o.HTTP, "ours", args...); err != nil {
			return nil, err
		}
	}
	o.Took = time.Since(began)
	return o, nil
}

func (r *runner) binary(name string) string { return filepath.Join(r.folder, name) }
func (r *runner) data(size string) string   { return filepath.Join(r.files, "data-"+size) }

// build makes the programs. The server is the main module's, as anybody would
// build it. The first time, the other engines take minutes.
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
// longer than all that is measured: the large one 8 minutes of CPU time.
func (r *runner) prepare(ctx context.Context, size string) error {
	if err := os.MkdirAll(r.data(size), 0o700); err != nil || !r.written(size) {
		return err
	}
	fmt.Fprintln(os.Stderr, "write the data file:", size)
	_, err := r.run(ctx, limit{time: 40 * time.Minute}, nil, "ours", "-prepare", "-size", size, "-data", r.data(size))
	return err
}

// written says whether a size has a data file.
func (r *runner) written(size string) bool { return size != "large" || r.largeFile }

// try measures an engine at a size, unless it need not be tried.
func (r *runner) try(ctx context.Context, p *program, e measure.Listed, size string, missed bool) (*measure.Result, error) {
	result := &measure.Result{Engine: e.Engine, Label: e.Label, Version: e.Version, Note: e.Note, Size: size}
	fmt.Fprintf(os.Stderr, "%-7s %-27s", size, e.Label)
	defer func() { fmt.Fprintln(os.Stderr, "", result.Missed) }()
	switch {
	case e.Sizes != nil && !slices.Contains(e.Sizes, size), e.File && !r.written(size):
		result.Missed = "not tried"
		return result, nil
	case missed:
		result.Missed = "not tried, after a smaller one"
		return result, nil
	}
	l := r.limit.at(size)
	began := time.Now()
	flags := append([]string{"-engine", e.Engine, "-size", size, "-run", r.turns.String()}, p.flags(size)...)
	peak, err := r.run(ctx, l, result, p.binary, flags...)
	fmt.Fprintf(os.Stderr, " %3.0f s %8s", time.Since(began).Seconds(), mb(peak))
	switch {
	case errors.Is(err, errTime):
		result.Missed, err = "not within "+short(l.time), nil
	case errors.Is(err, errMemory):
		result.Missed, err = "not within "+mb(l.memory), nil
	}
	return result, err
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
