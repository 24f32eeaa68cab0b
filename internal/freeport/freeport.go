// Package freeport finds ports for servers of tests that have to be named before
// they listen, or that are started again where they were.
//
// A port that the system chose, by listening on port 0, is anybody's once it is
// closed: another server's, or one end of a connection. These are not among those
// that the system chooses from, and two programs that ask here get different ones.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
)

const (
	lowest = 10_000
	// reserver is the address on which a program says that a port is its own. It is
	// nobody's to listen on.
	reserver = "127.84.0.1"
)

// held are the ports of this program: a listener that nobody refers to is closed.
var held struct {
	sync.Mutex
	reserved []net.Listener
}

// Find returns a port on which nobody listens on 127.0.0.1, and which nobody else
// finds as long as this program runs.
func Find() (int, error) {
	beyond := highest()
	held.Lock()
	defer held.Unlock()
	for range 1000 {
		port := lowest + rand.IntN(beyond-lowest)
		mine, err := net.Listen("tcp", fmt.Sprintf("%s:%d", reserver, port))
		if err != nil && reserves() {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			if mine != nil {
				mine.Close()
			}
			continue
		}
		held.reserved = append(held.reserved, mine)
		return port, l.Close()
	}
	return 0, errors.New("every port is taken")
}

// Addr returns an address of 127.0.0.1 with a port that Find found.
func Addr() (string, error) {
	port, err := Find()
	return fmt.Sprintf("127.0.0.1:%d", port), err
}

// highest returns the first port that the system chooses by itself: on Linux as
// it is set, elsewhere no less than this.
func highest() int {
	first, last := 0, 0
	if data, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(data), &first, &last)
	}
	if first < lowest+1000 {
		return 32_768
	}
	return first
}

// reserves reports whether the reserver is an address of this machine: on Linux
// all that begin with 127 are.
func reserves() bool {
	l, err := net.Listen("tcp", reserver+":0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}
