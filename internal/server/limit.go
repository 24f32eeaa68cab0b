package server

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// This file is how long a connection may wait. net/http sets a deadline eight times
// in each request, and takes most of them back; each time the runtime moves a timer,
// which together takes longer than a decision. So a deadline that is some seconds
// away is only noted, and whoever looks through all connections finds those that are over.

const (
	limitsEvery = time.Second     // a deadline that was noted is late by no more
	soonIs      = 3 * limitsEvery // what is nearer than this is set at once
)

// over is a time that is over, whatever the clock says.
var over = time.Unix(1, 0)

// A limit is until when a connection may read, or write.
type limit struct {
	noted atomic.Int64 // in ns since 1970; 0 is none
	isSet atomic.Bool  // whether the system has one
	mu    sync.Mutex   // held to change what the system has
}

// to moves the limit; zero is none. One before soon is set at once.
//
// What it notes and what look sets are each written before the other is read, so
// that a look which comes in between is taken back by the one or by the other.
func (l *limit) to(t time.Time, soon *time.Time, set func(time.Time) error) error {
	if !t.IsZero() && (soon == nil || t.Before(*soon)) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.noted.Store(0)
		l.isSet.Store(true)
		return set(t)
	}
	ns := int64(0)
	if !t.IsZero() {
		ns = t.UnixNano()
	}
	l.noted.Store(ns)
	if !l.isSet.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isSet.Store(false)
	return set(time.Time{})
}

// look sets a limit that was noted and is over.
func (l *limit) look(now time.Time, set func(time.Time) error) {
	if !l.isOver(now) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isSet.Store(true)
	if l.isOver(now) { // still
		set(over) // one that is closed waits for nothing
	} else {
		l.isSet.Store(false)
	}
}

func (l *limit) isOver(now time.Time) bool {
	noted := l.noted.Load()
	return noted != 0 && now.UnixNano() >= noted
}

// SetReadDeadline implements [net.Conn].
func (c *connection) SetReadDeadline(t time.Time) error {
	return c.reading.to(t, c.soon(), c.TCPConn.SetReadDeadline)
}

// SetWriteDeadline implements [net.Conn].
func (c *connection) SetWriteDeadline(t time.Time) error {
	return c.writing.to(t, c.soon(), c.TCPConn.SetWriteDeadline)
}

// SetDeadline implements [net.Conn].
func (c *connection) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// soon returns from when on deadlines are noted, or nil if nobody looks.
func (c *connection) soon() *time.Time {
	if c.open == nil || http.ConnState(c.state.Load()) == http.StateHijacked {
		return nil
	}
	return c.open.soon.Load()
}

// watch looks through the connections until ctx is done.
func (c *connections) watch(ctx context.Context) {
	every := time.NewTicker(limitsEvery)
	defer every.Stop()
	for now := time.Now(); ; {
		c.look(now)
		select {
		case now = <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// look ends the waiting of those whose time is over.
func (c *connections) look(now time.Time) {
	soon := now.Add(soonIs)
	c.soon.Store(&soon)
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.all {
		one.reading.look(now, one.TCPConn.SetReadDeadline)
		one.writing.look(now, one.TCPConn.SetWriteDeadline)
	}
}
