// The program report runs the whole comparison, each engine and size in a process
// of its own, and writes docs/benchmarks.md and docs/benchmarks.svg.
//
//	go run ./report                            everything
//	go run ./report -sizes small,medium        without the million users
//
// A wrong answer of any engine ends it, and nothing is written.
package main

import (
	"cmp"
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
	sizes := flag.String("sizes", "small,medium,large", "sizes to run, the smallest first")
	name := flag.String("page", "benchmarks", "name of the page and the picture")
	peers := flag.String("peers", "peers,openfga,spicedb,cerbos", "programs with other engines to run")
	within := flag.Duration("limit", time.Minute, "time that an engine has, at one size, to load, agree and be measured; three times as much in the large world")
	memory := flag.Int64("memory", 16, "GB of memory that an engine may have")
	largeFile := flag.Bool("large-file", false, "write the large world into a data file too, for the engines that need one: minutes, and 4 GB of disk. A folder in BENCH_DATA keeps the files for the next run")
	turns := flag.Duration("run", 4*time.Second, "time to measure an engine in")
	overHTTP := flag.Duration("http", 30*time.Second, "time to measure over HTTP in; 0 leaves it out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := &runner{root: *root, page: *name, sizes: strings.Split(*sizes, ","), peers: strings.Split(*peers, ","),
		largeFile: *largeFile, limit: limit{*within, *memory * 1e9}, turns: *turns, http: *overHTTP}
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
	r.files = cmp.Or(os.Getenv("BENCH_DATA"), r.folder) // not a flag: the page shows those
	o, err := r.all(ctx)
	if err != nil {
		return err
	}
	page, err := o.page()
	if err != nil {
		return err
	}
	docs := filepath.Join(r.root, "docs")
	if err := os.WriteFile(filepath.Join(docs, r.page+".md"), page, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, r.page+".svg"), o.chart(), 0o644)
}
