package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rolecall/rolecall"
)

// A Replica is a live copy of a server's policy in this process: a
// [rolecall.Checker] that decides without a network call, with the server's own
// code. A change is here when the server has told of it, which takes it
// milliseconds.
//
// It knows how old it is: the last time of which the server said that nothing
// was missing. When that is more than [MaxStale] ago, because the server or the
// way to it is gone, it gives no answer but an error that is
// rolecall.ErrStale, unless it may [ServeStale]. When the server refuses the
// access key, it gives no answer at once.
//
// Its clock decides what has begun and what has expired. It is safe for
// concurrent use.
type Replica struct {
	c        *Client
	part     rolecall.Part
	maxStale time.Duration
	serve    bool
	log      *slog.Logger

	state   atomic.Pointer[copied]
	asOf    atomic.Pointer[time.Time]
	refused atomic.Pointer[refusal]
	moved   atomic.Pointer[chan struct{}] // closed and replaced when any of these changes

	mu        sync.Mutex // guards what Status tells beside
	connected bool
	lastErr   error
	snapshots int

	stop   context.CancelFunc
	ended  chan struct{}
	mirror *rolecall.Mirror // the follower's own; nil asks for a new snapshot
}

// A copied is what a Replica decides with.
type copied struct {
	at     rolecall.Position
	policy *rolecall.Policy
}

type refusal struct{ err error }

var _ rolecall.Checker = (*Replica)(nil)

// DefaultMaxStale is how old a Replica's answers may be, unless MaxStale says.
const DefaultMaxStale = 30 * time.Second

// MaxStale is how old a Replica's answers may be. The default is
// DefaultMaxStale; less than 3 seconds is hardly ever met, since the server
// says once a second that nothing is missing.
func MaxStale(d time.Duration) Option { return func(s *settings) { s.maxStale = d } }

// ServeStale lets a Replica answer however old it is, but for a refused key:
// for applications that would rather be wrong than silent. [Replica.Status]
// tells how old it is.
func ServeStale() Option { return func(s *settings) { s.serveStale = true } }

// OnlyTenant makes a Replica of what is about one tenant. It answers no other
// question; the access key needs rolecall:check in the tenant alone.
func OnlyTenant(id rolecall.TenantID) Option { return func(s *settings) { s.part.Tenant = id } }

// OnlyAPI makes a Replica of what is about one API, by identifier. It answers
// no other question; the access key needs rolecall:check on the resource
// "api:<id of the API>" alone.
func OnlyAPI(identifier string) Option { return func(s *settings) { s.part.API = identifier } }

// Log makes a Replica log to log what happens between it and the server. The
// default discards.
func Log(log *slog.Logger) Option { return func(s *settings) { s.log = log } }

// Replicate makes a Replica of the server at address, and returns when it is
// whole and fresh. ctx is for that alone: Close ends the Replica.
//
// The key needs rolecall:check everywhere, which the role Auditor has, unless
// OnlyTenant or OnlyAPI say where.
func Replicate(ctx context.Context, address, accessKey string, options ...Option) (*Replica, error) {
	s := newSettings(options)
	c, err := s.dial(address, accessKey)
	if err != nil {
		return nil, err
	}
	c.http = c.streaming()
	r := &Replica{
		c: c, part: s.part, maxStale: s.maxStale, serve: s.serveStale, log: s.log,
		ended: make(chan struct{}),
	}
	first := make(chan struct{})
	r.moved.Store(&first)
	following, stop := context.WithCancel(context.Background())
	r.stop = stop
	started := make(chan error, 1)
	go r.run(following, started)
	select {
	case err = <-started:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	return r, nil
}

// Close ends the Replica. It gives no answers afterwards.
func (r *Replica) Close() error {
	r.stop()
	<-r.ended
	r.refuse(rolecall.ErrClosed)
	return nil
}

// String names the server, and not the key.
func (r *Replica) String() string   { return "replica of " + r.c.String() }
func (r *Replica) GoString() string { return r.String() }

// Check answers req from the copy. A question that is not of the Replica's part
// is an error that is rolecall.ErrForbidden.
func (r *Replica) Check(_ context.Context, req rolecall.Request) (rolecall.Decision, error) {
	now := time.Now()
	p, err := r.fresh(now)
	if err == nil {
		err = r.part.Answers(req)
	}
	if err != nil {
		return rolecall.Decision{}, err
	}
	return p.Decide(req, now), nil
}

// Can answers the plain question from the copy: may a subject do something, here?
// It is Check, of a permission of the default API in a tenant, or everywhere if
// that is "".
func (r *Replica) Can(_ context.Context, subject rolecall.SubjectID, permission string, tenant rolecall.TenantID) (bool, error) {
	now := time.Now()
	p, err := r.fresh(now)
	if err == nil && r.part != (rolecall.Part{}) { // the whole answers everything, and needs no Request
		err = r.part.Answers(rolecall.Request{Subject: subject, Permission: permission, Tenant: tenant})
	}
	if err != nil {
		return false, err
	}
	return p.Can(subject, permission, tenant, now), nil
}

// CheckAll answers reqs from the copy at one revision.
func (r *Replica) CheckAll(_ context.Context, reqs []rolecall.Request) ([]rolecall.Decision, error) {
	now := time.Now()
	p, err := r.fresh(now)
	if err != nil {
		return nil, err
	}
	decisions := make([]rolecall.Decision, len(reqs))
	for i, req := range reqs {
		if err := r.part.Answers(req); err != nil {
			return nil, err
		}
		decisions[i] = p.Decide(req, now)
	}
	return decisions, nil
}

// Policy returns the copy, for questions that Check does not ask, or why there
// is no answer now. What is not of the Replica's part it does not know.
func (r *Replica) Policy() (*rolecall.Policy, error) { return r.fresh(time.Now()) }

// fresh returns what decides at now.
func (r *Replica) fresh(now time.Time) (*rolecall.Policy, error) {
	if no := r.refused.Load(); no != nil {
		return nil, no.err
	}
	asOf, state := r.asOf.Load(), r.state.Load() // in this order: what is taken later is no older
	if state == nil || asOf == nil {
		return nil, fmt.Errorf("there is no copy of the policy: %w", rolecall.ErrStale)
	}
	if age := ageAt(now, *asOf); age > r.maxStale && !r.serve {
		return nil, fmt.Errorf("the copy of the policy is %v old, and may be %v: %w", age.Round(time.Millisecond), r.maxStale, rolecall.ErrStale)
	}
	return state.policy, nil
}

// ageAt returns the time from asOf to now, by the clock by which more has
// passed: one stands still while the machine sleeps, the other may be set.
func ageAt(now, asOf time.Time) time.Duration {
	return max(now.Sub(asOf), now.Round(0).Sub(asOf.Round(0)))
}

// A Status says how a Replica does.
type Status struct {
	rolecall.Position
	AsOf      time.Time     // nothing that was written up to then is missing
	Age       time.Duration // since AsOf
	Stale     bool          // Age is more than MaxStale
	Connected bool          // the feed is open
	Snapshots int           // how often the whole was fetched
	Err       error         // why the last feed ended; nil while Connected
}

// Status returns how r does now.
func (r *Replica) Status() Status {
	r.mu.Lock()
	s := Status{Connected: r.connected, Snapshots: r.snapshots, Err: r.lastErr}
	r.mu.Unlock()
	if state := r.state.Load(); state != nil {
		s.Position = state.at
	}
	if asOf := r.asOf.Load(); asOf != nil {
		s.AsOf, s.Age = *asOf, ageAt(time.Now(), *asOf)
	}
	s.Stale = s.AsOf.IsZero() || s.Age > r.maxStale
	return s
}

// Revision returns the revision that decisions are made at.
func (r *Replica) Revision() rolecall.Revision { return r.Status().Revision }

// WaitFor returns when decisions are made at revision at or later: what a
// write's receipt names. A copy that is too old to decide by has to become fresh
// first. It is rolecall.ErrStale when ctx ends before that.
func (r *Replica) WaitFor(ctx context.Context, at rolecall.Revision) error {
	for {
		moved := *r.moved.Load()
		if _, err := r.fresh(time.Now()); err == nil && r.state.Load().at.Revision >= at {
			return nil
		}
		select {
		case <-moved:
		case <-r.ended:
			return rolecall.ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("nothing is decided yet at revision %d: %w", at, rolecall.ErrStale)
		}
	}
}

// move tells those who wait that something changed.
func (r *Replica) move() {
	next := make(chan struct{})
	close(*r.moved.Swap(&next))
}

func (r *Replica) publish() {
	r.state.Store(&copied{r.mirror.At(), r.mirror.Policy()})
	r.move()
}

// refuse makes r answer nothing but err from now on; nil ends that.
func (r *Replica) refuse(err error) {
	if err == nil {
		r.refused.Store(nil)
		return
	}
	r.refused.Store(&refusal{err})
	r.move()
}

func (r *Replica) note(connected bool, err error) {
	r.mu.Lock()
	r.connected, r.lastErr = connected, err
	r.mu.Unlock()
}

// run follows the server until ctx is done. It sends once to started: nil when
// the copy is fresh, or why it can't become so.
func (r *Replica) run(ctx context.Context, started chan<- error) {
	defer close(r.ended)
	told := "" // the failure that was logged last, since all was well
	for failures := 0; ; {
		before := r.asOf.Load()
		err := r.follow(ctx, func() {
			select {
			case started <- nil:
			default:
			}
		})
		if ctx.Err() != nil {
			return
		}
		r.note(false, err)
		if r.asOf.Load() != before {
			failures, told = 0, ""
		}
		failures++
		switch final := refusedBy(err); {
		case final:
			r.refuse(err)
			r.mirror = nil
		case errors.Is(err, rolecall.ErrGap), errors.Is(err, rolecall.ErrCorrupt):
			r.mirror = nil
		}
		if r.state.Load() == nil && (refusedBy(err) || errors.Is(err, rolecall.ErrCorrupt) || failures >= r.c.attempts) {
			started <- err
			return
		}
		if why := fmt.Sprint(err); why != told { // a server that is away for an hour is not a line a second
			r.log.Warn("the feed ended", "server", r.c.String(), "error", err)
			told = why
		}
		pause := backoff(failures, err)
		if failures == 1 && errors.Is(err, rolecall.ErrGap) {
			pause = 0 // it only takes a new snapshot
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// refusedBy reports whether a server of ours has said that this key gets no copy.
func refusedBy(err error) bool {
	var said *Error
	if !errors.As(err, &said) || said.Type == "" {
		return false
	}
	for _, kind := range []error{ErrUnauthenticated, rolecall.ErrForbidden, rolecall.ErrNotFound, rolecall.ErrInvalid, ErrBlocked} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
