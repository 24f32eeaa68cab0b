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
	ctx, err := context.Background(), error(nil)
	if *asServer {
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
		defer stop()
		err = serveOPA(ctx, options)
	} else {
		err = options.Run(ctx, casbinTuned, casbinManual, cedarTuned, cedarManual, opaPrepared)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
