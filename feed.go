package rolecall

import (
	"context"
	"fmt"
	"sync"
)

// A Feed follows a project from one position on, for a copy of a part of its
// policy. It is for one goroutine.
type Feed struct {
	s    *Service
	by   Actor
	part Part
	at   Position
	p    *Policy // at that position, if the part is limited
	read []*Delta
}

func gap(text string, args ...any) error { return fmt.Errorf(text+": %w", append(args, ErrGap)...) }

// maxBehind is the most revisions that a follower may be behind: beyond it, a
// new snapshot is less than what was missed.
const maxBehind = 10_000

// maxBehindPart is the same for a part, whose policy of then is made again.
const maxBehindPart = 500

// mayCopy reports whether by may have a copy of t: who may ask all that the copy
// can answer, by rolecall:check in the tenant or on the API or everywhere.
func (s *Service) mayCopy(by Actor, t Part) error {
	p := s.Policy()
	return mayDo(p, by, PermissionCheck, t.scope(p), s.clock())
}

// Feed returns a Feed from the newest position on, to begin with [Feed.WriteSnapshot].
// It takes rolecall:check in the part's tenant, and if the part has an API on the
// resource "api:<id of the API>", or more. It is ErrNotFound if the tenant or
// the API does not exist.
func (s *Service) Feed(ctx context.Context, by Actor, part Part) (*Feed, error) {
	if err := s.mayCopy(by, part); err != nil {
		return nil, err
	}
	p, at := s.here()
	if _, err := p.sight(part); err != nil {
		return nil, err
	}
	return &Feed{s: s, by: by, part: part, at: at, p: p}, nil
}

// Resume returns a Feed from a position on, on the terms of Feed. It is ErrGap if
// what came since can't be told: the position is not of this project's history,
// or too long ago. A zero mark is any.
func (s *Service) Resume(ctx context.Context, by Actor, part Part, from Position) (*Feed, error) {
	if err := s.mayCopy(by, part); err != nil {
		return nil, err
	}
	if from.Revision > s.Revision() {
		if err := s.CatchUp(ctx); err != nil {
			return nil, err
		}
	}
	f := &Feed{s: s, by: by, part: part, at: from}
	here := s.Revision()
	most := Revision(maxBehind)
	if part != (Part{}) {
		most = maxBehindPart
	}
	switch {
	case from.Project != s.project:
		return nil, gap("another project")
	case from.Revision < 1 || from.Revision > here:
		return nil, gap("revision %d, where the newest is %d", from.Revision, here)
	case here-from.Revision > most:
		return nil, gap("revision %d is more than %d before the newest", from.Revision, most)
	}
	at, err := s.position(ctx, from.Revision)
	if err != nil {
		return nil, err
	}
	if from.Mark == (Hash{}) {
		from, f.at = at, at
	}
	if at != from {
		return nil, gap("revision %d of another history", from.Revision)
	}
	if part != (Part{}) {
		if f.p, err = s.rewind(ctx, at); err != nil {
			return nil, err
		}
		if _, err := f.p.sight(part); err != nil {
			return nil, gap("%v", err)
		}
	}
	return f, nil
}

// here returns the newest snapshot and where it is.
func (s *Service) here() (*Policy, Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head := s.head.Load()
	return s.Policy(), Position{head.Project, head.Revision, markOf(head.Project, head.Hash)}
}

// At returns the position that the Feed is at.
func (f *Feed) At() Position { return f.at }

// Wait returns when there is a next Delta. It is ErrStale when ctx ends first.
func (f *Feed) Wait(ctx context.Context) error { return f.s.WaitFor(ctx, f.at.Revision+1) }

// Next waits for the next Delta, until ctx is done, and moves to its end. It is
// ErrForbidden as soon as the actor may no longer have the copy, and ErrGap if
// the copy has to be made anew.
func (f *Feed) Next(ctx context.Context) (*Delta, error) {
	if err := f.Wait(ctx); err != nil {
		return nil, err
	}
	if err := f.s.mayCopy(f.by, f.part); err != nil {
		return nil, err
	}
	if len(f.read) == 0 {
		var err error
		if f.read, err = f.s.deltas(ctx, f.at, f.s.Revision()); err != nil {
			return nil, err
		}
	}
	var d *Delta
	if f.part == (Part{}) {
		d, f.read, f.p = f.read[0], f.read[1:], nil
	} else {
		var err error
		if d, err = f.narrow(); err != nil {
			return nil, err
		}
	}
	f.at.Revision, f.at.Mark = d.Revision, d.Mark
	return d, nil
}

// narrow makes one Delta of those that were read, with what the part sees of them.
func (f *Feed) narrow() (*Delta, error) {
	last := f.read[len(f.read)-1]
	p, err := f.s.policyAt(f.p, f.read)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, d := range f.read {
		changes = append(changes, d.Changes...)
	}
	before, err := f.p.sight(f.part)
	if err != nil {
		return nil, err
	}
	after, err := p.sight(f.part)
	if err != nil {
		return nil, gap("%v", err)
	}
	changes, ok := between(before, after, changes)
	if !ok {
		return nil, gap("what the copy holds changed at large")
	}
	d := &Delta{From: f.at.Revision, Revision: last.Revision, Prev: f.at.Mark, Mark: last.Mark, Time: last.Time, Changes: changes}
	f.p, f.read = p, nil
	return d, nil
}

// policyAt returns p brought forward by deltas: the newest, if it is there.
func (s *Service) policyAt(p *Policy, deltas []*Delta) (*Policy, error) {
	through := deltas[len(deltas)-1].Revision
	if now := s.Policy(); now.Revision() == through {
		return now, nil
	}
	s.mu.Lock() // for one edit of the line at a time
	defer s.mu.Unlock()
	e := p.edit()
	for _, d := range deltas {
		for _, c := range d.Changes {
			if err := e.follow(c.Before, c.After); err != nil {
				return nil, err
			}
		}
	}
	return e.done(through), nil
}

// rewind returns the policy of an earlier position, by undoing what came since.
func (s *Service) rewind(ctx context.Context, to Position) (*Policy, error) {
	now, here := s.here()
	if here == to {
		return now, nil
	}
	deltas, err := s.deltas(ctx, to, here.Revision)
	if err != nil {
		return nil, err
	}
	if deltas[len(deltas)-1].Mark != here.Mark {
		return nil, gap("the store was put back to another state")
	}
	s.mu.Lock() // for one edit of the line at a time
	defer s.mu.Unlock()
	e := now.edit()
	for i := len(deltas) - 1; i >= 0; i-- {
		for j := len(deltas[i].Changes) - 1; j >= 0; j-- {
			c := deltas[i].Changes[j]
			if err := e.follow(c.After, c.Before); err != nil {
				return nil, err
			}
		}
	}
	return e.done(to.Revision), nil
}

// A tail keeps the newest deltas, so that many feeds read the journal once.
type tail struct {
	mu     sync.Mutex
	deltas []*Delta // each from where the one before ends
}

// Limits of what a tail keeps.
const (
	tailDeltas  = 512
	tailChanges = 20_000
)

// deltas returns what leads from a position to a later revision, one for each write.
func (s *Service) deltas(ctx context.Context, from Position, through Revision) ([]*Delta, error) {
	t := &s.tail
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.deltas) > 0 && t.deltas[0].From > from.Revision {
		t.mu.Unlock() // others need not wait for what was long ago
		defer t.mu.Lock()
		return s.readDeltas(ctx, from, through)
	}
	last := from
	if n := len(t.deltas); n > 0 && t.deltas[n-1].Revision >= from.Revision {
		last.Revision, last.Mark = t.deltas[n-1].Revision, t.deltas[n-1].Mark
	} else {
		t.deltas = nil // nobody asked for a while
	}
	if last.Revision < through {
		more, err := s.readDeltas(ctx, last, through)
		if err != nil {
			t.deltas = nil // they may be of another history
			return nil, err
		}
		t.deltas = append(t.deltas, more...)
		defer t.trim()
	}
	var all []*Delta
	for _, d := range t.deltas {
		if d.From >= from.Revision && d.Revision <= through {
			all = append(all, d)
		}
	}
	if len(all) == 0 || all[0].From != from.Revision || all[0].Prev != from.Mark {
		return nil, gap("revision %d of another history", from.Revision)
	}
	return all, nil
}

// trim drops the oldest deltas beyond the limits.
func (t *tail) trim() {
	first, changes := len(t.deltas), 0
	for first > 0 && len(t.deltas)-first < tailDeltas && changes < tailChanges {
		first--
		changes += len(t.deltas[first].Changes)
	}
	t.deltas = append([]*Delta(nil), t.deltas[first:]...)
}

// readDeltas reads from the journal.
func (s *Service) readDeltas(ctx context.Context, from Position, through Revision) (all []*Delta, err error) {
	var d *Delta
	at := from // and the end of what was read
	err = s.read(ctx, func(r Reader) error {
		all, d, at = nil, nil, from
		return r.Entries(ctx, EntryQuery{Since: from.Revision, Through: through}, func(e *Entry) error {
			if d == nil || e.Revision != d.Revision {
				switch {
				case e.Revision != at.Revision+1:
					return gap("revision %d is not in the journal", at.Revision+1)
				case markOf(s.project, e.Prev) != at.Mark:
					return gap("revision %d of another history", at.Revision)
				}
				d = &Delta{From: at.Revision, Revision: e.Revision, Prev: at.Mark}
				all = append(all, d)
				at.Revision = e.Revision
			}
			before, after, err := e.records()
			if err != nil {
				return err
			}
			if c, ok := kept(Change{before, after}); ok {
				d.Changes = append(d.Changes, c)
			}
			d.Time, d.Mark = e.Time, markOf(s.project, e.Hash)
			at.Mark = d.Mark
			return nil
		})
	})
	if err == nil && at.Revision != through {
		err = gap("revision %d is not in the journal", at.Revision+1)
	}
	return all, err
}

// Current reports whether f is at the newest snapshot: if so, nothing is missing
// that was written when the Service was Age ago. It is ErrGap if the store was
// put back to another state.
func (f *Feed) Current() (bool, error) {
	newest, head := f.s.Revision(), f.s.head.Load() // which may lag a little
	switch {
	case newest < f.at.Revision, head.Revision == f.at.Revision && markOf(head.Project, head.Hash) != f.at.Mark:
		return false, gap("the store was put back to another state")
	}
	return newest == f.at.Revision && head.Revision == newest, nil
}

// May reports whether the actor may still have the copy.
func (f *Feed) May() error { return f.s.mayCopy(f.by, f.part) }
