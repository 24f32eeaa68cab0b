package storetest

import (
	"flag"
	"os"

	_ "pgregory.net/rapid" // has the flag
)

// In CI the drawn examples are always the same: what it says of a state of the
// code, it says again. Everywhere else they differ from run to run.
func init() {
	if os.Getenv("CI") != "" {
		flag.Set("rapid.seed", "1")
	}
}
