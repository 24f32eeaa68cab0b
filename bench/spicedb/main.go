// The program spicedb measures SpiceDB's dispatcher and its server, in this
// process. It is a module of its own, since its dependencies and the other engines'
// clash.
package main

import "github.com/rolecall/rolecall/bench/measure"

func main() {
	measure.Main(tuned, served, manual)
}
