// Package identity finds out who somebody is: users who sign in with a
// password, machines that present an access key.
//
// Login ids and credentials are records of the core, and change through
// [rolecall.Service.Write] alone, so that the journal tells who changed which;
// their hashes never reach it. Package identity makes and compares the hashes,
// sets the rules for passwords, and slows down guessing. What somebody may do
// is the core's to say, and what a token says of them the package token's.
package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolecall/rolecall"
)

// Why somebody is not let in. What a caller shows for each is the same for an
// unknown login id as for a wrong password.
var (
	// ErrBadCredentials means that the login id is unknown, the password wrong,
	// or the access key not one that counts now.
	ErrBadCredentials = errors.New("the credentials are not valid")

	// ErrTooManyAttempts means that too many attempts failed lately. It comes
	// as a *RetryError.
	ErrTooManyAttempts = errors.New("too many attempts")

	// ErrPasswordExpired means that the password is right, but temporary: its
	// owner has to replace it by [Identity.ChangePassword] first.
	ErrPasswordExpired = errors.New("the password has to be changed")

	// ErrBlocked means that the password is right and its owner blocked. It is
	// rolecall.ErrForbidden too.
	ErrBlocked = fmt.Errorf("the user is blocked: %w", rolecall.ErrForbidden)
)

// A RetryError is ErrTooManyAttempts, and says when to try again.
type RetryError struct {
	After time.Duration // from now
}

func (e *RetryError) Error() string {
	return fmt.Sprintf("%v: try again in %s", ErrTooManyAttempts, e.After.Round(time.Second))
}

func (e *RetryError) Unwrap() error { return ErrTooManyAttempts }

// A Store keeps sign-in state, which is not policy: it is neither journalled
// nor behind the journal's lock.
type Store interface {
	// MarkUsed notes that a credential was used at a time. One that is gone is no error.
	MarkUsed(ctx context.Context, id rolecall.CredentialID, at time.Time) error

	// LastUsed returns when each credential was last used. Those that never
	// were, or don't exist, are left out.
	LastUsed(ctx context.Context, ids ...rolecall.CredentialID) (map[rolecall.CredentialID]time.Time, error)
}

// An Identity knows a project's users and keys. It is safe for concurrent use.
type Identity struct {
	rc    *rolecall.Service
	store Store
}

// An Option changes how an Identity works.
type Option func(*Identity)

// New returns the Identity of a project. The time is the Service's.
func New(rc *rolecall.Service, store Store, options ...Option) *Identity {
	i := &Identity{rc: rc, store: store}
	for _, o := range options {
		o(i)
	}
	return i
}

// Close waits until what was noted about credentials in use is written. Call
// it before the store is closed.
func (i *Identity) Close() error { return nil }

// LastUsed returns when each credential was last used, to the minute.
func (i *Identity) LastUsed(ctx context.Context, ids ...rolecall.CredentialID) (map[rolecall.CredentialID]time.Time, error) {
	return i.store.LastUsed(ctx, ids...)
}

// reader reads what identity itself needs, hashes included.
var reader = rolecall.System("identity")
