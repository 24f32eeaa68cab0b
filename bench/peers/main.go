// The program peers measures other engines that a Go program can hold: Casbin,
// Cedar and OPA. It is a module of its own, so that they are nobody's dependency.
package main

import "github.com/rolecall/rolecall/bench/measure"

func main() {
	measure.Main(casbinTuned, casbinManual, cedarTuned, cedarManual, opaPrepared)
}
