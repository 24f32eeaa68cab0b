package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// This file stops a server without losing a request. http.Server.Shutdown does
// not do that alone: it drops a request that is read after it was called, and
// closing a listener resets the connections that wait to be accepted.

const (
	// lameDuck is how long a stopping server still answers as before, but says
	// "Connection: close" with each answer: few clients hold a connection then.
	lameDuck = 100 * time.Millisecond
	// patience is how long a new connection has to bring its request once the
	// server accepts no more.
	patience = time.Second
	// quiet is how long nobody may knock, several times in a row, for the queue of
	// connections to be empty. On a busy machine one such time may be over before
	// anybody has looked.
	quiet, looks = 10 * time.Millisecond, 3
)

// drain stops hs: first whoever asks is told to go elsewhere, then no new
// connection is taken, then the requests in progress finish.
func (s *Server) drain(hs *http.Server, g *gate, served <-chan error) error {
	s.log.Info("stopping")
	s.stopping.Store(true)
	time.Sleep(s.config.DrainDelay + lameDuck)

	g.shut()
	s.native.EndFeeds() // they would go on; who follows finds another node, or waits
	<-served
	timeout := cmp.Or(s.config.DrainTimeout, drainTimeout)
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if !s.open.wait(ctx) {
		hs.Close()
		return fmt.Errorf("requests still in progress after %v were cut off", timeout)
	}
	s.log.Info("stopped")
	return hs.Close()
}

// A gate is a listener that can be shut: it then still hands out the
// connections that wait to be accepted, and ends.
type gate struct {
	*net.TCPListener
	open *connections
	end  time.Time // guarded by the listener's deadline: set before it, read after it
}

// shut makes the gate take no more connections. Where the system can, those who
// knock from now on are not answered, so that none waits when the gate closes.
func (g *gate) shut() {
	ignoreNew(g.TCPListener)
	g.end = time.Now().Add(patience)
	g.SetDeadline(time.Now())
}

// Accept implements [net.Listener].
func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.AcceptTCP()
	for look := 0; look < looks && errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(g.end); look++ {
		g.SetDeadline(time.Now().Add(quiet))
		conn, err = g.AcceptTCP()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, net.ErrClosed
	}
	if err != nil {
		return nil, err
	}
	return &connection{TCPConn: conn, open: g.open}, nil
}

// A connection knows what it is at, and how long it may wait.
type connection struct {
	*net.TCPConn
	open             *connections // that it is one of
	state            atomic.Int32 // an http.ConnState
	reading, writing limit
}

// connections are those that are open.
type connections struct {
	mu   sync.Mutex
	all  map[*connection]bool
	soon atomic.Pointer[time.Time] // what is nearer than this the next look may come too late for; nil if nobody looks
}

// note is the server's ConnState hook. All but the first and the last of a
// connection concern it alone.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	one := conn.(*connection)
	one.state.Store(int32(state))
	switch state {
	case http.StateNew:
		c.mu.Lock()
		c.all[one] = true
		c.mu.Unlock()
	case http.StateClosed, http.StateHijacked:
		c.mu.Lock()
		delete(c.all, one)
		c.mu.Unlock()
	}
}

// wait returns true when no connection has a request or is about to bring its
// first, and false when ctx ends before that.
func (c *connections) wait(ctx context.Context) bool {
	begin := time.Now()
	for {
		if !c.busy(time.Since(begin) < patience) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (c *connections) busy(withNew bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.all {
		state := http.ConnState(one.state.Load())
		if state == http.StateActive || withNew && state == http.StateNew {
			return true
		}
	}
	return false
}
