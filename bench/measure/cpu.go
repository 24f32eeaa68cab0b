//go:build unix

package measure

import (
	"syscall"
	"time"
)

// CPU returns the CPU time that this process has used, in all its threads. Wall
// time would count what neighbours do.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the arguments are right, and there is no other reason
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
