// The program openfga measures OpenFGA's server, called in this process. It is a
// module of its own, since its dependencies and the other engines' clash.
package main

import "github.com/rolecall/rolecall/bench/measure"

func main() {
	measure.Main(tuned, manual)
}
