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

	directory Directory // nil without one

	otherClock bool          // clock is not the machine's
	staleFor   time.Duration // see WithStaleFor

	policy atomic.Pointer[Policy] // the newest snapshot; readers take it and nothing else

	// mu is held by whoever makes the next snapshot: a write, or the follower.
	mu turn
	// head is where the journal ended at policy. It is written under mu, after policy.
	head   atomic.Pointer[Head]
	failed string // why the store took no writes the last time, under mu; "" if it did
	// moved is closed and replaced, under mu, when policy changes.
	moved atomic.Pointer[chan struct{}]

	confirmed atomic.Pointer[time.Time] // when policy was known to be the store's newest
	changed   map[Kind]*atomic.Uint64   // see ChangedAt
	tail      tail                      // what Feeds read
	observer  Observer                  // nil is none
	past      chan struct{}             // held by who replays the journal for AsOf

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// An Option changes how a Service works.
type Option func(*Service)

// WithClock makes the Service take the time from now. Tests use it.
func WithClock(now func() time.Time) Option {
	return func(s *Service) { s.clock, s.otherClock = now, true }
}

// WithLogger makes the Service log to log. The default discards.
func WithLogger(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

// A Service looks for writes of other processes this often, unless its store wakes
// it, and waits so long for an answer.
const (
	followEvery = 250 * time.Millisecond
	headWithin  = 5 * time.Second
)

// New starts a Service over an open store, making a project in an empty one.
// The Service closes the store when it is closed.
func New(ctx context.Context, store Store, options ...Option) (*Service, error) {
	s := &Service{
		past:     make(chan struct{}, 1),
		store:    store,
		clock:    time.Now,
		log:      slog.New(slog.DiscardHandler),
		staleFor: DefaultStaleFor,
		mu:       newTurn(),
		changed:  map[Kind]*atomic.Uint64{},
	}
	for _, kind := range Kinds {
		s.changed[kind] = new(atomic.Uint64)
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
	woken := make(chan struct{}, 1)
	if w, ok := store.(Watcher); ok {
		s.stopped.Go(func() {
			w.Watch(following, func() {
				select {
				case woken <- struct{}{}:
				default:
				}
			})
		})
	}
	s.stopped.Go(func() { s.follow(following, woken) })
	return s, nil
}

// Close stops the Service and closes its store.
func (s *Service) Close() error {
	s.stop()
	s.stopped.Wait()
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
	now, err := s.moment()
	if err != nil {
		return Decision{}, err
	}
	d := s.policy.Load().decide(&req, now)
	if s.observer != nil {
		s.Decided(Actor{}, req, d, time.Since(now))
	}
	return d, nil
}

// Can answers the plain question: may a subject do something, here? It is Check,
// of a permission of the default API in a tenant, or everywhere if that is "".
// An error means that there is no answer, and the caller must then deny.
func (s *Service) Can(ctx context.Context, subject SubjectID, permission string, tenant TenantID) (bool, error) {
	if s.observer != nil { // it is told the reason too
		d, err := s.Check(ctx, Request{Subject: subject, Permission: permission, Tenant: tenant})
		return d.Allowed, err
	}
	now, err := s.moment()
	if err != nil {
		return false, err
	}
	return s.policy.Load().Can(subject, permission, tenant, now), nil
}

// CheckAll answers reqs from one snapshot, at one time. It implements
// [Checker], as Check does.
func (s *Service) CheckAll(_ context.Context, reqs []Request) ([]Decision, error) {
	now, err := s.moment()
	if err != nil {
		return nil, err
	}
	p := s.policy.Load()
	decisions := make([]Decision, len(reqs))
	for i := range reqs {
		decisions[i] = p.decide(&reqs[i], now)
	}
	if s.observer != nil {
		s.observer.Decided(Actor{}, reqs, decisions, time.Since(now))
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
	s.tell()
}

// tell wakes those who wait for the snapshot to move. Call with mu held.
func (s *Service) tell() {
	next := make(chan struct{})
	close(*s.moved.Swap(&next))
}

// touch notes that a record of kind changed, before the snapshot shows it. Call
// with mu held.
func (s *Service) touch(kind Kind, at Revision) {
	if changed := s.changed[kind]; changed != nil && changed.Load() < uint64(at) {
		changed.Store(uint64(at))
	}
}

// load makes a snapshot from the store's rows, whatever there was before.
func (s *Service) load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	began := time.Now()
	e := newPolicy().edit()
	head, err := s.store.Load(ctx, func(r Record) error {
		return e.follow(nil, r)
	})
	if err != nil {
		return err
	}
	var before Revision // of what is not the past of the new snapshot
	if old := s.policy.Load(); old != nil {
		before = old.Revision()
	}
	for _, at := range s.changed {
		at.Store(uint64(max(before+1, head.Revision)))
	}
	s.project = head.Project
	s.policy.Store(e.done(head.Revision))
	s.head.Store(&head)
	s.tell()
	s.confirm(began)
	return nil
}

// ChangedAt returns a revision since which no record of kind has changed: what was
// read of them when decisions were made at that revision or a later one is still
// true at the snapshot.
func (s *Service) ChangedAt(kind Kind) Revision { return Revision(s.changed[kind].Load()) }

// follow brings in what other processes write to the same store.
func (s *Service) follow(ctx context.Context, woken <-chan struct{}) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-woken:
		}
		err := s.CatchUp(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.log.Error("can't follow the journal", "error", err)
		case err == nil && failing:
			s.log.Info("follows the journal again", "revision", s.Revision())
		}
		failing = err != nil
	}
}

// CatchUp brings the snapshot to the store's head. The Service does so four
// times a second; who has just read from the store what another process may
// have written asks for it at once.
func (s *Service) CatchUp(ctx context.Context) error {
	began := time.Now()
	asking, cancel := context.WithTimeout(ctx, headWithin)
	head, err := s.store.Head(asking)
	cancel()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("the store has not answered for %v: %w", headWithin, ErrUnavailable)
	}
	if err != nil {
		return err
	}
	err = s.catchUp(ctx, head)
	if errors.Is(err, errDiverged) {
		s.log.Warn("the store was put back to another state: loading it", "revision", head.Revision)
		err = s.load(ctx)
	}
	if err == nil {
		s.confirm(began)
	}
	return err
}

func (s *Service) catchUp(ctx context.Context, head Head) error {
	if *s.head.Load() == head {
		return nil
	}
	read := s.store.Read
	if w, ok := s.store.(Watcher); ok {
		read = w.Follow
	}
	if err := s.mu.LockIn(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return read(ctx, func(r Reader) error {
		_, err := s.advance(ctx, r)
		return err
	})
}

// errDiverged means that the store's journal is not a continuation of the one
// that the snapshot was made from: it was restored, or another server took over
// that had not seen all.
var errDiverged = fmt.Errorf("the journal is not the one that was followed: %w", ErrUnavailable)

// advance brings the snapshot to r's head, with mu held, and returns it.
func (s *Service) advance(ctx context.Context, r Reader) (*Policy, error) {
	p, head, here := s.Policy(), r.Head(), *s.head.Load()
	switch {
	case head == here:
		return p, nil
	case head.Seq <= here.Seq || head.Project != here.Project:
		return nil, errDiverged
	}
	p, err := s.replay(ctx, p, r, 0)
	if err != nil {
		return nil, err
	}
	s.publish(p)
	s.head.Store(&head)
	return p, nil
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
		if p == s.Policy() { // and not the beginning of everything
			if here := s.head.Load(); entry.Seq == here.Seq+1 && entry.Prev != here.Hash {
				return errDiverged
			}
			s.touch(entry.Kind, entry.Revision)
		}
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
