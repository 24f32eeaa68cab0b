package rolecall

import (
	"context"
	"errors"
)

// An Op is one operation of a write.
type Op struct {
	do func(context.Context, *draft) error
}

// A Change is what a write did to one record. Before is nil for a creation,
// After for a deletion.
type Change struct {
	Before, After Record
}

// A Receipt is what came of a write.
type Receipt struct {
	Revision Revision // that the write made; the current one if it changed nothing
	Changes  []Change // in the journal's order
	Replayed bool     // the idempotency key was known: this is the first write's receipt

	// For a dry run: who would gain and who would lose what, and whether there
	// is more than the limit of 1000 shows.
	DryRun    bool
	Gained    []Effect
	Lost      []Effect
	Truncated bool
}

// An Effect is a permission that a subject gains or loses by a write.
type Effect struct {
	Subject SubjectID `json:"subject"`
	PermissionRef
	Scope
	Validity
}

// Create adds a record. One that exists already is ErrConflict.
func Create(r Record) Op { panic("soon") }

// Put adds a record, or replaces the one with its key. What is there already
// makes no change.
func Put(r Record) Op { panic("soon") }

// Update replaces the record with r's key, which must exist.
func Update(r Record) Op { panic("soon") }

// Delete removes the record with r's key, and everything that refers to it.
// The other fields of r don't matter.
func Delete(r Record) Op { panic("soon") }

// Modify changes the record with like's key, in the write's transaction, so
// that no other write comes between reading and writing:
//
//	rolecall.Modify(&rolecall.Role{ID: id}, func(r *rolecall.Role) error { r.Name = name; return nil })
func Modify[R Record](like R, change func(R) error) Op { panic("soon") }

// Unassign removes the assignments of a.Role to a.Subject in a's scope: those
// of a.Source or, if that is empty, of every source. There must be one.
func Unassign(a Assignment) Op { panic("soon") }

// Revoke removes direct grants as Unassign does assignments.
func Revoke(g DirectGrant) Op { panic("soon") }

// Write makes a write: all of ops, in order, or nothing.
//
// It checks that by may do each, that no invariant would break, and appends the
// changes to the journal, in one transaction with the rows. With several ops,
// the error joins an *OpError for each that failed; see [OpErrors].
func (s *Service) Write(ctx context.Context, by Actor, ops ...Op) (Receipt, error) { panic("soon") }

// errFounded says that a project exists already.
var errFounded = errors.New("the project exists already")
