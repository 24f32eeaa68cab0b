package rolecall

import "time"

// An Observer is told what a Service does, as it is done, by the goroutine that
// does it: it must be quick, and safe for concurrent use.
type Observer interface {
	// Decided is told decisions, one for each question, with who asked and how
	// long they took together. by has no subject where the application itself
	// asked. Neither slice is the Observer's to keep.
	Decided(by Actor, asked []Request, decisions []Decision, took time.Duration)

	// Wrote is told how a write ended, dry runs too.
	Wrote(by Actor, receipt Receipt, err error, took time.Duration)
}

// WithObserver makes the Service tell o what it does.
func WithObserver(o Observer) Option { return func(s *Service) { s.observer = o } }

// Decided tells the Observer of a decision that a door took by a policy of [Service.Snapshot].
func (s *Service) Decided(by Actor, req Request, d Decision, took time.Duration) {
	if s.observer != nil {
		s.observer.Decided(by, []Request{req}, []Decision{d}, took)
	}
}
