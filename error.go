package rolecall

import (
	"errors"
	"fmt"
)

// The kinds of error. Test with errors.Is; each door has one table from kind to
// status. Any other error is internal: it is logged, and its text is not shown.
var (
	ErrInvalid     = errors.New("invalid")            // the input breaks a rule; a *FieldError names both
	ErrNotFound    = errors.New("not found")          // what the request names does not exist
	ErrConflict    = errors.New("conflict")           // it exists already, or the name is taken
	ErrForbidden   = errors.New("forbidden")          // the actor lacks a permission; a *MissingError names it
	ErrEscalation  = errors.New("escalation")         // the write gives what the actor does not hold
	ErrSeparation  = errors.New("separation of duty") // the write would break a constraint; see [SeparationError]
	ErrLockOut     = errors.New("lock-out")           // the write would leave nobody in charge
	ErrReferenced  = errors.New("in use")             // something that stays refers to it
	ErrStale       = errors.New("stale")              // the asked revision is not here yet
	ErrCorrupt     = errors.New("corrupt")            // the store holds what no write of ours left there
	ErrUnavailable = errors.New("unavailable")        // no answer now; try again
	ErrClosed      = errors.New("closed")             // the service is closed
	ErrReplay      = errors.New("key used twice")     // an idempotency key came back with another write
	ErrGap         = errors.New("gap")                // what a copy missed can't be told: it has to be made anew
)

// A FieldError says which field of the input breaks which rule. It is ErrInvalid,
// unless Kind says otherwise. It never holds the offending value, which may be a secret.
type FieldError struct {
	Field string // as the JSON form spells it
	Rule  string // "must be at most 200 characters"
	Kind  error
}

func (e *FieldError) Error() string { return e.Field + " " + e.Rule }
func (e *FieldError) Unwrap() error { return e.Kind }

func invalid(field, rule string, args ...any) error {
	return &FieldError{Field: field, Rule: fmt.Sprintf(rule, args...), Kind: ErrInvalid}
}

func conflict(field, rule string, args ...any) error {
	return &FieldError{Field: field, Rule: fmt.Sprintf(rule, args...), Kind: ErrConflict}
}

func unknown(field string, id any) error {
	return &FieldError{Field: field, Rule: fmt.Sprintf("%q does not exist", fmt.Sprint(id)), Kind: ErrNotFound}
}

// A MissingError says which permission an actor lacks, and where. It is
// ErrForbidden, or ErrEscalation if the actor tried to give the permission away.
type MissingError struct {
	Permission string
	API        string // the API's identifier
	Scope      Scope
	Kind       error
}

func (e *MissingError) Error() string {
	if e.Kind == ErrEscalation {
		return fmt.Sprintf("you can't give %q %s, because you don't hold it there", e.Permission, e.Scope)
	}
	return fmt.Sprintf("this needs the permission %q %s", e.Permission, e.Scope)
}

func (e *MissingError) Unwrap() error { return e.Kind }

// An OpError says which of a write's operations failed.
type OpError struct {
	Index int // counted from 0
	Err   error
}

func (e *OpError) Error() string { return fmt.Sprintf("operation %d: %v", e.Index, e.Err) }
func (e *OpError) Unwrap() error { return e.Err }

// OpErrors returns the errors of single operations in err, in their order: the
// per-row report of a bulk write. Nothing of such a write was done.
func OpErrors(err error) []*OpError {
	var all []*OpError
	var one *OpError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if errors.As(e, &one) {
				all = append(all, one)
			}
		}
	} else if errors.As(err, &one) {
		all = append(all, one)
	}
	return all
}
