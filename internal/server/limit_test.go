package server

import (
	"errors"
	"net"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"
)

// connected returns a connection of open, and its other end.
func connected(t *testing.T, open *connections) (*connection, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{TCPListener: l.(*net.TCPListener), open: open}
	defer g.Close()
	there, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { there.Close() })
	here, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close() })
	open.note(here, http.StateNew)
	return here.(*connection), there
}

func TestAConnectionWaitsUntilItsDeadlineIsOver(t *testing.T) {
	now := time.Now()
	late := now.Add(time.Hour)
	past := time.Unix(1, 0)
	for _, tt := range []struct {
		name string
		do   func(open *connections, c *connection)
		over bool
	}{
		{"one that nobody has looked at", func(open *connections, c *connection) {
			c.SetReadDeadline(late)
		}, false},
		{"one that is looked at before", func(open *connections, c *connection) {
			c.SetReadDeadline(late)
			open.look(late.Add(-1))
		}, false},
		{"one that is looked at when it is over", func(open *connections, c *connection) {
			c.SetReadDeadline(late)
			open.look(late)
		}, true},
		{"both at once", func(open *connections, c *connection) {
			c.SetDeadline(late)
			open.look(late)
		}, true},
		{"one for writing alone", func(open *connections, c *connection) {
			c.SetWriteDeadline(late)
			open.look(late)
		}, false},
		{"one that was moved", func(open *connections, c *connection) {
			c.SetReadDeadline(late)
			c.SetReadDeadline(late.Add(time.Hour))
			open.look(late)
		}, false},
		{"one that was taken back", func(open *connections, c *connection) {
			c.SetReadDeadline(late)
			c.SetReadDeadline(time.Time{})
			open.look(late)
		}, false},
		{"one that was taken back after it was over", func(open *connections, c *connection) {
			c.SetReadDeadline(late)
			open.look(late)
			c.SetReadDeadline(time.Time{})
		}, false},
		{"one that was moved after it was over", func(open *connections, c *connection) {
			c.SetReadDeadline(late)
			open.look(late)
			c.SetReadDeadline(late.Add(time.Hour))
		}, false},
		{"one that is over already", func(open *connections, c *connection) {
			c.SetReadDeadline(past)
		}, true},
		{"one that is over already, taken back", func(open *connections, c *connection) {
			c.SetReadDeadline(past)
			c.SetReadDeadline(time.Time{})
		}, false},
		{"one that is over when nobody looks any more: it was taken over", func(open *connections, c *connection) {
			open.note(c, http.StateHijacked)
			c.SetReadDeadline(now.Add(time.Millisecond))
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			open := &connections{all: map[*connection]bool{}}
			open.look(now)
			c, there := connected(t, open)
			tt.do(open, c)
			if !tt.over { // then this is read
				if _, err := there.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			_, err := c.Read(make([]byte, 1))
			if got := errors.Is(err, os.ErrDeadlineExceeded); got != tt.over || err != nil && !got {
				t.Errorf("Read = %v; over is to be %t", err, tt.over)
			}
		})
	}
}

// Who begins to wait before anybody looks is found too.
func TestALookEndsAReadInProgress(t *testing.T) {
	open := &connections{all: map[*connection]bool{}}
	now := time.Now()
	open.look(now)
	c, _ := connected(t, open)
	c.SetReadDeadline(now.Add(time.Hour))
	ended := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	open.look(now.Add(time.Hour))
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read = %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

// Where nobody looks, as before a server runs, the system keeps the time.
func TestADeadlineIsSetAtOnceWhereNobodyLooks(t *testing.T) {
	c, _ := connected(t, &connections{all: map[*connection]bool{}})
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read = %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

// A look that comes while a limit is moved ends nobody's waiting by the limit
// that was before.
func TestALookAndAMoveAtOnceLeaveWhatWasMoved(t *testing.T) {
	var l limit
	var system time.Time // as the system has it; guarded by l
	set := func(t time.Time) error { system = t; return nil }
	soon := time.Unix(1_000, 0)
	before, after := time.Unix(2_000, 0), time.Unix(3_000, 0)
	for range 1_000 {
		l.to(before, &soon, set)
		l.mu.Lock() // so that a look which has seen the limit waits
		looked := make(chan bool)
		go func() {
			l.look(before, set)
			close(looked)
		}()
		runtime.Gosched()
		l.to(after, &soon, set)
		l.mu.Unlock()
		<-looked
		if !system.IsZero() || l.isSet.Load() {
			t.Fatalf("the system has %v", system)
		}
	}
}
