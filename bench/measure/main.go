package measure

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/rolecall/rolecall/bench/workload"
)

// Main is the main function of a program with engines. By -list it prints which
// there are; otherwise it measures one at one size and prints its Result as JSON.
func Main(engines ...*Engine) {
	options := Flags()
	flag.Parse()
	if err := options.Run(context.Background(), engines...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Options are what the command line says.
type Options struct {
	list         *bool
	engine, size *string
	agree, run   *time.Duration
}

// Flags defines the flags, to be parsed.
func Flags() Options {
	return Options{
		list:   flag.Bool("list", false, "print the engines, and end"),
		engine: flag.String("engine", "", "engine to measure"),
		size:   flag.String("size", "small", "small, medium or large"),
		agree:  flag.Duration("agree", 10*time.Second, "time to compare answers in"),
		run:    flag.Duration("run", 3*time.Second, "time to measure in"),
	}
}

// A Listed is an engine that a program has.
type Listed struct {
	Engine, Label, Version, Note string
	Sizes                        []string
	File                         bool
}

// Run does it, and prints the outcome.
func (o Options) Run(ctx context.Context, engines ...*Engine) error {
	out := json.NewEncoder(os.Stdout)
	if *o.list {
		var all []Listed
		for _, e := range engines {
			all = append(all, Listed{e.Name, e.Label, e.Version, e.Note, e.Sizes, e.File})
		}
		return out.Encode(all)
	}
	i := slices.IndexFunc(engines, func(e *Engine) bool { return e.Name == *o.engine })
	if i < 0 {
		return fmt.Errorf("there is no engine %q", *o.engine)
	}
	w, err := o.World()
	if err != nil {
		return err
	}
	r, err := Run(ctx, engines[i], w, Limits{*o.agree, *o.run})
	if err != nil {
		return err
	}
	return out.Encode(r)
}

// World makes the world of the size that the command line names.
func (o Options) World() (*workload.World, error) {
	s, err := workload.SizeOf(*o.size)
	if err != nil {
		return nil, err
	}
	return workload.New(s), nil
}
