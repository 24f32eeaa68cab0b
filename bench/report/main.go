// The program report runs the whole comparison, each engine and size in a process
// of its own, and writes docs/benchmarks.md and docs/benchmarks.svg.
//
//	go run ./report                                  small and medium, about five minutes
//	go run ./report -sizes small,medium,large        more, and 8 GB of memory
//
// A wrong answer of any engine ends it, and nothing is written.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	root := flag.String("root", "..", "folder of the main module")
	sizes := flag.String("sizes", "small,medium", "sizes to run")
	limit := flag.Duration("limit", time.Minute, "time that an engine has, at one size, to load, agree and be measured")
	turns := flag.Duration("run", 4*time.Second, "time to measure an engine in")
	overHTTP := flag.Duration("http", 20*time.Second, "time to measure over HTTP in; 0 leaves it out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := &runner{root: *root, sizes: strings.Split(*sizes, ","), limit: *limit, turns: *turns, http: *overHTTP}
	if err := run(ctx, r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, r *runner) (err error) {
	if r.folder, err = os.MkdirTemp("", "rolecall-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.folder)
	o, err := r.all(ctx)
	if err != nil {
		return err
	}
	page, err := o.page()
	if err != nil {
		return err
	}
	docs := filepath.Join(r.root, "docs")
	if err := os.WriteFile(filepath.Join(docs, "benchmarks.md"), page, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "benchmarks.svg"), o.chart(), 0o644)
}
