// The program cerbos measures Cerbos. It is a module of its own, so that Cerbos is
// nobody's dependency.
package main

import "github.com/rolecall/rolecall/bench/measure"

func main() { measure.Main(cerbos) }
