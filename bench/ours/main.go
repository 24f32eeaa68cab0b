// The program ours measures Rolecall: in process, as a replica, and over HTTP.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/rolecall/rolecall/bench/loopback"
	"github.com/rolecall/rolecall/bench/measure"
)

var (
	options  = measure.Flags()
	asBare   = flag.Bool("bare", false, "be the bare HTTP handler")
	limited  = flag.Bool("limited", false, "be the bare HTTP handler with time limits and headers")
	overHTTP = flag.Duration("http", 0, "measure over HTTP for so long, with 1 connection and with 32")
	binary   = flag.String("rolecall", "", "the server's binary")
	opa      = flag.String("opa", "", "the program that is OPA's server by -opa-server; without one it is left out")
	prepare  = flag.Bool("prepare", false, "only write the data file of a size")
	folder   = flag.String("data", "", "folder for the data file of a size, which later runs find there; a temporary one unless set")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() (err error) {
	if *asBare {
		return loopback.ServeBare(bareAnswer)
	}
	if *limited {
		return loopback.ServeLimited(bareAnswer, bareHeader)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt) // its servers end with it
	defer cancel()
	defer loopback.StopAll()
	if *folder == "" {
		if *folder, err = os.MkdirTemp("", "rolecall-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(*folder)
	}
	if *prepare {
		w, err := options.World()
		if err != nil {
			return err
		}
		return write(ctx, *folder, w)
	}
	if *overHTTP > 0 {
		results, err := overLoopback(ctx, *folder, *binary, *opa, *overHTTP/2)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(results)
	}
	return options.Run(ctx, engines(*folder, *binary)...)
}
