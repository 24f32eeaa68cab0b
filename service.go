package rolecall

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A Service is a project in use: it decides, and it is the only way to change
// anything. It is safe for concurrent use.
type Service struct {
	store   Store
	project string
	clock   func() time.Time
	log     *slog.Logger

	policy atomic.Pointer[Policy] // the newest snapshot; readers take it and nothing else

	// mu is held by whoever makes the next snapshot: a write, or the follower.
	mu sync.Mutex
	// moved is closed and replaced, under mu, when policy changes.
	moved atomic.Pointer[chan struct{}]

	stop    context.CancelFunc
	stopped chan struct{}
}

// An Option changes how a Service works.
type Option func(*Service)

// WithClock makes the Service take the time from now. Tests use it.
func WithClock(now func() time.Time) Option { return func(s *Service) { s.clock = now } }

// WithLogger makes the Service log to log. The default discards.
func WithLogger(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

// followEvery is how often a Service looks for writes of other processes.
const followEvery = 250 * time.Millisecond

// New starts a Service over an open store, making a project in an empty one.
// The Service closes the store when it is closed.
func New(ctx context.Context, store Store, options ...Option) (*Service, error) {
	s := &Service{
		store:   store,
		clock:   time.Now,
		log:     slog.New(slog.DiscardHandler),
		stopped: make(chan struct{}),
	}
	for _, o := range options {
		o(s)
	}
	moved := make(chan struct{})
	s.moved.Store(&moved)

	head, err := store.Head(ctx)
	if err == nil && head.Project == "" {
		err = s.found(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	following, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.follow(following)
	return s, nil
}

// Close stops the Service and closes its store.
func (s *Service) Close() error {
	s.stop()
	<-s.stopped
	s.mu.Lock() // a write in progress ends first
	defer s.mu.Unlock()
	return s.store.Close()
}

// Project returns the project's id: "P" and 27 letters and digits.
func (s *Service) Project() string { return s.project }

// Policy returns the newest snapshot. It decides without checking who asks.
func (s *Service) Policy() *Policy { return s.policy.Load() }

// Revision returns the revision that decisions are now made at.
func (s *Service) Revision() Revision { return s.Policy().Revision() }

// Now returns the Service's time, in the precision that it stores.
func (s *Service) Now() time.Time { return milliseconds(s.clock()) }

// Check answers req from the newest snapshot. It implements [Checker], for code
// that is trusted to ask about anybody; [Service.Decide] is for everybody else.
func (s *Service) Check(_ context.Context, req Request) (Decision, error) {
	return s.policy.Load().Decide(req, s.clock()), nil
}

// CheckAll answers reqs from one snapshot, at one time. It implements
// [Checker], as Check does.
func (s *Service) CheckAll(_ context.Context, reqs []Request) ([]Decision, error) {
	p, now := s.policy.Load(), s.clock()
	decisions := make([]Decision, len(reqs))
	for i, req := range reqs {
		decisions[i] = p.Decide(req, now)
	}
	return decisions, nil
}

var _ Checker = (*Service)(nil)

// WaitFor returns when decisions are made at revision r or later, so that a
// caller reads what it wrote. It is ErrStale when ctx ends first.
func (s *Service) WaitFor(ctx context.Context, r Revision) error {
	for {
		moved := *s.moved.Load()
		if s.Revision() >= r {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("at revision %d, not yet at %d: %w", s.Revision(), r, ErrStale)
		}
	}
}

// publish makes p the newest snapshot, unless a newer one is. Call with mu held.
func (s *Service) publish(p *Policy) {
	if old := s.policy.Load(); old != nil && old.Revision() >= p.Revision() {
		return
	}
	s.policy.Store(p)
	next := make(chan struct{})
	close(*s.moved.Swap(&next))
}

// load makes the first snapshot, from the store's rows.
func (s *Service) load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := newPolicy().edit()
	head, err := s.store.Load(ctx, func(r Record) error {
		return e.follow(nil, r)
	})
	if err != nil {
		return err
	}
	s.project = head.Project
	s.publish(e.done(head.Revision))
	return nil
}

// follow brings in what other processes write to the same store.
func (s *Service) follow(ctx context.Context) {
	defer close(s.stopped)
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.CatchUp(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("can't follow the journal", "error", err)
			}
		}
	}
}

// CatchUp brings the snapshot to the store's head. The Service does so four
// times a second; who has just read from the store what another process may
// have written asks for it at once.
func (s *Service) CatchUp(ctx context.Context) error {
	head, err := s.store.Head(ctx)
	if err != nil || head.Revision <= s.Revision() {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.Read(ctx, func(r Reader) error {
		p, err := s.replay(ctx, s.Policy(), r, 0)
		if err == nil {
			s.publish(p)
		}
		return err
	})
}

// replay returns p brought to r's head, or to revision through if that is not
// 0, by the journal's entries. It is the only way, beside a write's own
// changes, that a snapshot moves.
func (s *Service) replay(ctx context.Context, p *Policy, r Reader, through Revision) (*Policy, error) {
	if through == 0 {
		through = r.Head().Revision
	}
	if p.Revision() >= through {
		return p, nil
	}
	e := p.edit()
	err := r.Entries(ctx, EntryQuery{Since: p.Revision(), Through: through}, func(entry *Entry) error {
		before, after, err := entry.records()
		if err == nil {
			err = e.follow(before, after)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return e.done(through), nil
}

// follow applies a change that the store says was made. One that can't have
// been, because the rows or the journal were changed behind our back, is ErrCorrupt.
func (e *edit) follow(before, after Record) (err error) {
	defer func() {
		if impossible := recover(); impossible != nil {
			r := Change{before, after}.record()
			err = fmt.Errorf("%s %q does not fit: %v: %w", r.Kind(), r.Key(), impossible, ErrCorrupt)
		}
	}()
	e.apply(before, after)
	return nil
}

// found makes the project: the built-in APIs, permissions and roles, as revision 1.
func (s *Service) found(ctx context.Context) error {
	_, err := s.write(ctx, System("setup"), true, foundation())
	if errors.Is(err, errFounded) {
		return nil // another process was first
	}
	return err
}
