// The program peers measures other engines that a Go program can hold: Casbin,
// Cedar and OPA. It is a module of its own, so that they are nobody's dependency.
// By -opa-server it is OPA's own server.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/rolecall/rolecall/bench/measure"
)

func main() {
	options := measure.Flags()
	asServer := flag.Bool("opa-server", false, "be OPA's server, with the world of -size")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return options.Run(ctx, casbinTuned, casbinManual, cedarTuned, cedarManual, opaPrepared) }
	if *asServer {
		run = func() error { return serveOPA(ctx, options) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
