package rolecall

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An Op is one operation of a write. Its record is read when Write runs and is
// not changed; the Receipt holds what was stored.
type Op struct {
	do func(context.Context, *draft) error
}

// A Change is what a write did to one record. Before is nil for a creation,
// After for a deletion.
type Change struct {
	Before, After Record
}

// record returns the record that c is about.
func (c Change) record() Record {
	if c.After != nil {
		return c.After
	}
	return c.Before
}

// A Receipt is what came of a write.
type Receipt struct {
	Revision Revision // that the write made; the current one if it changed nothing
	Changes  []Change // in the journal's order
	Replayed bool     // the idempotency key was known: this is the first write's receipt

	// For a dry run: who would gain and who would lose what, and whether there
	// is more than the first 1000 of each.
	DryRun    bool
	Gained    []Effect
	Lost      []Effect
	Truncated bool
}

// Create adds a record. One that exists already is ErrConflict.
func Create(r Record) Op {
	return Op{func(ctx context.Context, d *draft) error { return d.create(ctx, clone(r)) }}
}

// Put adds a record, or replaces the one with its key. What is there already
// makes no change.
func Put(r Record) Op {
	return Op{func(ctx context.Context, d *draft) error {
		r := clone(r)
		if err := r.check(); err != nil {
			return err
		}
		before, err := d.tx.Get(ctx, r.Kind(), r.Key())
		if errors.Is(err, ErrNotFound) {
			return d.create(ctx, r)
		}
		if err != nil {
			return err
		}
		if d.show(before) != nil {
			return d.create(ctx, r) // which says no more than that the key is taken
		}
		return d.update(ctx, before, r)
	}}
}

// Update replaces the record with r's key, which must exist.
func Update(r Record) Op {
	return Op{func(ctx context.Context, d *draft) error {
		r := clone(r)
		if err := r.check(); err != nil {
			return err
		}
		before, err := d.get(ctx, r)
		if err != nil {
			return err
		}
		return d.update(ctx, before, r)
	}}
}

// Modify changes the record with like's key, in the write's transaction, so
// that no other write comes between reading and writing:
//
//	rolecall.Modify(&rolecall.Role{ID: id}, func(r *rolecall.Role) error { r.Name = name; return nil })
func Modify[R Record](like R, change func(R) error) Op {
	return Op{func(ctx context.Context, d *draft) error {
		before, err := d.get(ctx, like)
		if err != nil {
			return err
		}
		after := clone(before)
		if err := change(after.(R)); err != nil {
			return err
		}
		return d.update(ctx, before, after)
	}}
}

// Delete removes the record with r's key, and everything that refers to it.
// The other fields of r don't matter.
func Delete(r Record) Op {
	return Op{func(ctx context.Context, d *draft) error {
		like := clone(r)
		like.check() // for the normal form of the key; a key that breaks a rule is not found
		before, err := d.get(ctx, like)
		if err != nil {
			return err
		}
		return d.remove(ctx, before)
	}}
}

// Unassign removes the assignments of a.Role to a.Subject in a's scope: those
// of a.Source or, if that is empty, of every source. There must be one.
func Unassign(a Assignment) Op {
	return Op{func(ctx context.Context, d *draft) error {
		return d.removeAll(ctx, "assignment", a.Scope, a.Source, Query{Kind: KindAssignment, Where: []Condition{
			Where("subject", a.Subject), Where("role", a.Role), Where("tenant", a.Tenant), Where("resource", a.Resource),
		}})
	}}
}

// Revoke removes direct grants as Unassign does assignments.
func Revoke(g DirectGrant) Op {
	return Op{func(ctx context.Context, d *draft) error {
		return d.removeAll(ctx, "direct_grant", g.Scope, g.Source, Query{Kind: KindDirectGrant, Where: []Condition{
			Where("subject", g.Subject), Where("permission", g.Permission), Where("tenant", g.Tenant), Where("resource", g.Resource),
		}})
	}}
}

// AssignRoles makes each assignment, or changes the validity and reason of the
// one that is there. All or nothing.
func (s *Service) AssignRoles(ctx context.Context, by Actor, as ...Assignment) (Receipt, error) {
	ops := make([]Op, len(as))
	for i := range as {
		ops[i] = Put(&as[i])
	}
	return s.Write(ctx, by, ops...)
}

// UnassignRoles removes each assignment, as Unassign does. All or nothing.
func (s *Service) UnassignRoles(ctx context.Context, by Actor, as ...Assignment) (Receipt, error) {
	ops := make([]Op, len(as))
	for i := range as {
		ops[i] = Unassign(as[i])
	}
	return s.Write(ctx, by, ops...)
}

// Write makes a write: all of ops, in order, or nothing.
//
// It checks that by may do each, that no invariant would break, and appends the
// changes to the journal, in one transaction with the rows. When it returns
// without an error the write is durable, and decisions are made with it. With
// several ops, the error joins an *OpError for each that failed; see [OpErrors].
func (s *Service) Write(ctx context.Context, by Actor, ops ...Op) (Receipt, error) {
	if s.observer == nil {
		return s.write(ctx, by, false, ops)
	}
	began := time.Now()
	receipt, err := s.write(ctx, by, false, ops)
	s.observer.Wrote(by, receipt, err, time.Since(began))
	return receipt, err
}

// Ways for a write to end its transaction without keeping it.
var (
	errDone    = errors.New("nothing to keep")
	errFounded = errors.New("the project exists already")
)

func (s *Service) write(ctx context.Context, by Actor, founding bool, ops []Op) (Receipt, error) {
	if err := by.check(); err != nil {
		return Receipt{}, err
	}
	if err := s.mu.LockIn(ctx); err != nil {
		return Receipt{}, err
	}
	defer s.mu.Unlock()

	var receipt Receipt
	var next *Policy
	var end Head       // after next
	var held time.Time // when nobody else could write
	err := s.store.Write(ctx, func(tx Tx) error {
		receipt, next = Receipt{}, nil // of a try that was undone
		held = time.Now()
		head := tx.Head()
		var base *Policy
		switch {
		case founding && head.Project != "":
			return errFounded
		case founding:
			head.Project, base = "P"+RandomText(27), newPolicy()
		default:
			var err error
			if base, err = s.advance(ctx, tx); err != nil {
				return err
			}
		}
		if known, err := s.recall(ctx, tx, by); err != nil {
			return err
		} else if known != nil {
			receipt = *known
			return errDone
		}

		d := &draft{by: by, tx: tx, now: s.Now(), founding: founding, service: s, directory: s.directory, base: base, edit: base.edit()}
		if err := d.run(ctx, ops); err != nil {
			return err
		}
		receipt = Receipt{Revision: head.Revision, Changes: d.changes, DryRun: by.DryRun}
		if by.DryRun {
			receipt.Gained, receipt.Lost, receipt.Truncated = d.effects()
			return errDone
		}
		if len(d.changes) > 0 {
			receipt.Revision++
			entries, err := d.entries(head, receipt.Revision)
			if err != nil {
				return err
			}
			if err := tx.Append(ctx, head.Project, entries); err != nil {
				return err
			}
			next, end = d.edit.done(receipt.Revision), tx.Head()
		}
		return remember(ctx, tx, d, next)
	})
	if err != nil && !errors.Is(err, errDone) {
		s.failing(err)
		return Receipt{}, err
	}
	s.failing(nil)
	if next != nil {
		for _, c := range receipt.Changes {
			s.touch(c.record().Kind(), receipt.Revision)
		}
		s.publish(next)
		s.head.Store(&end)
	}
	s.confirm(held)
	return receipt, nil
}

// failing logs that the store takes no writes, for the reason that callers are not
// told, and that it takes them again: once for each reason. It is called with mu
// held.
func (s *Service) failing(err error) {
	why := ""
	switch {
	case errors.Is(err, ErrUnavailable):
		why = err.Error()
	case err != nil:
		return // of the caller's: it says nothing of the store
	}
	switch {
	case why == s.failed:
	case why != "":
		s.log.Error("the store takes no writes", "error", why)
	default:
		s.log.Info("the store takes writes again")
	}
	s.failed = why
}

// rememberFor is how long an idempotency key keeps its meaning.
const rememberFor = 24 * time.Hour

// recall returns the receipt of the write that by's idempotency key was used
// for, or nil if there was none.
func (s *Service) recall(ctx context.Context, tx Tx, by Actor) (*Receipt, error) {
	if by.IdempotencyKey == "" || by.DryRun {
		return nil, nil
	}
	m, ok, err := tx.Recall(ctx, by.Subject, by.IdempotencyKey)
	if err != nil || !ok || m.Time.Before(s.Now().Add(-rememberFor)) {
		return nil, err
	}
	if m.Fingerprint != by.Fingerprint {
		return nil, fmt.Errorf("the idempotency key belongs to another write: %w", ErrReplay)
	}
	receipt := &Receipt{Revision: m.Revision, Replayed: true}
	if m.Revision == 0 { // it changed nothing
		receipt.Revision = tx.Head().Revision
		return receipt, nil
	}
	return receipt, tx.Entries(ctx, EntryQuery{Revision: m.Revision}, func(e *Entry) error {
		before, after, err := e.records()
		receipt.Changes = append(receipt.Changes, Change{before, after})
		return err
	})
}

// remember keeps the idempotency key of a write that made the policy next, or
// nil if it changed nothing.
func remember(ctx context.Context, tx Tx, d *draft, next *Policy) error {
	if d.by.IdempotencyKey == "" {
		return nil
	}
	m := Remembered{Actor: d.by.Subject, Key: d.by.IdempotencyKey, Fingerprint: d.by.Fingerprint, Time: d.now}
	if next != nil {
		m.Revision = next.Revision()
	}
	return tx.Remember(ctx, m)
}
