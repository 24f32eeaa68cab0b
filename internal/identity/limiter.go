package identity

import (
	"sync"
	"time"
)

// A Limiter counts what remote addresses do that need not fail, such as to leave
// something for the store to keep. An address that only a proxy or this machine
// has, loopback or private, is not counted: it is everybody's.
type Limiter struct {
	mu      sync.Mutex
	buckets *buckets
}

// NewLimiter returns a Limiter of Limit.Burst at once, and one more Limit.Every
// so often, for each of remembered addresses or IPv6 networks of 64 bits.
func NewLimiter(l Limit, remembered int) *Limiter {
	return &Limiter{buckets: newBuckets(l, remembered)}
}

// Take counts one of an address, or returns a *RetryError if there were too many.
func (l *Limiter) Take(from string, now time.Time) error {
	if !counted(from) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.buckets.get(network(from), now)
	if wait := l.buckets.wait(one); wait > 0 {
		return &RetryError{After: (wait + time.Second - 1).Truncate(time.Second), Address: true}
	}
	one.level++
	return nil
}

// Give takes one back.
func (l *Limiter) Give(from string, now time.Time) {
	if !counted(from) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.buckets.get(network(from), now)
	one.level = max(0, one.level-1)
}

func counted(from string) bool {
	addr, err := address(from)
	return err == nil && !addr.IsLoopback() && !addr.IsPrivate() && !addr.IsLinkLocalUnicast()
}
