package rolecall

import (
	"fmt"
	"time"
)

// This file is how old a snapshot may be to decide by. A Service asks its store
// several times a second where the journal ends. While the store does not
// answer, it goes on deciding by what it has, says how old that is, and after a
// while decides no more.

// FreshFor is how long after it was known to be the store's newest a snapshot
// still counts as fresh.
const FreshFor = 2 * time.Second

// DefaultStaleFor is how long a Service decides by a snapshot that it can't
// confirm, unless WithStaleFor says otherwise.
const DefaultStaleFor = 30 * time.Second

// WithStaleFor sets how long a Service goes on deciding when its store does not
// answer. From then on decisions are ErrUnavailable. Less than FreshFor is FreshFor.
func WithStaleFor(d time.Duration) Option {
	return func(s *Service) { s.staleFor = max(d, FreshFor) }
}

// confirm notes that the snapshot was the store's newest at a time.
func (s *Service) confirm(at time.Time) {
	for {
		old := s.confirmed.Load()
		if old != nil && !old.Before(at) || s.confirmed.CompareAndSwap(old, &at) {
			return
		}
	}
}

// Age returns how long ago the snapshot was known to be the store's newest. Who
// takes the snapshot afterwards has one that is no older.
func (s *Service) Age() time.Duration { return s.age(time.Now()) }

func (s *Service) age(now time.Time) time.Duration {
	at := s.confirmed.Load()
	if at == nil {
		return 0 // nothing is loaded yet
	}
	// The monotonic clock is not put forward or back, but it may stand still while
	// the machine sleeps.
	return max(now.Sub(*at), time.Duration(now.UnixNano()-at.UnixNano()))
}

// Stale returns Age if that is more than FreshFor, and 0 otherwise.
func (s *Service) Stale() time.Duration {
	if age := s.Age(); age > FreshFor {
		return age
	}
	return 0
}

// Usable returns an error that is ErrUnavailable if the snapshot is too old to
// decide by.
func (s *Service) Usable() error { return s.usable(time.Now()) }

func (s *Service) usable(now time.Time) error {
	if age := s.age(now); age > s.staleFor {
		return fmt.Errorf("the store has not answered for %v, and nothing is decided by what was known then: %w", age.Round(time.Second), ErrUnavailable)
	}
	return nil
}

// moment returns the time to decide at, or an error if nothing is to be decided.
// The snapshot to decide by is taken after it.
func (s *Service) moment() (time.Time, error) {
	now := s.clock()
	real := now
	if s.otherClock {
		real = time.Now()
	}
	return now, s.usable(real)
}
