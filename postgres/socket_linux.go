package postgres

import "syscall"

const (
	tcpUserTimeout = 0x12   // TCP_USER_TIMEOUT of tcp(7), which package syscall lacks
	unackedMillis  = 20_000 // how long what was sent may stay unacknowledged
)

// unacknowledged makes a connection break when a database that was sent something
// has gone: by itself the system would go on sending for a quarter of an hour.
func unacknowledged(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, unackedMillis) // or live with the default
	})
}
