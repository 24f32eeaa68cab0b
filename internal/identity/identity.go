// Package identity finds out who somebody is: users who sign in with a
// password, machines that present an access key; and it keeps their logins. It
// also lets people in who are new or forgot: sign-up, invitations, and tickets
// that are mailed to them.
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
	"sync"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/recent"
)

// Why somebody is not let in. An unknown login id and a wrong password are one
// and the same.
var (
	// ErrBadCredentials means that the login id is unknown, the password wrong,
	// or the access key not one that counts now.
	ErrBadCredentials = errors.New("the credentials are not valid")

	// ErrTooManyAttempts means that too many attempts failed lately. It comes
	// as a *RetryError.
	ErrTooManyAttempts = errors.New("too many attempts")

	// ErrPasswordExpired means that the password is right, but temporary or
	// expired: its owner has to replace it by [Identity.ChangePassword] first.
	ErrPasswordExpired = errors.New("the password has to be changed")

	// ErrBlocked means that the password is right and its owner blocked. It is
	// rolecall.ErrForbidden too.
	ErrBlocked = fmt.Errorf("the user is blocked: %w", rolecall.ErrForbidden)

	// ErrLoginEnded means that a login does not count any more: its user logged
	// out, got another password or was blocked, or it expired.
	ErrLoginEnded = errors.New("the login has ended")
)

// A RetryError is ErrTooManyAttempts, and says when to try again.
type RetryError struct {
	After   time.Duration // from now; whole seconds
	Address bool          // it was the address that tried too much, not the login id
}

func (e *RetryError) Error() string {
	return fmt.Sprintf("%v: try again in %s", ErrTooManyAttempts, e.After)
}

func (e *RetryError) Unwrap() error { return ErrTooManyAttempts }

// A Store keeps sign-in state, which is not policy: it is not journalled, and
// losing it loses no decision.
type Store interface {
	// MarkUsed notes when credentials were last used. Those that don't exist are
	// left out, and a time before the one that is there changes nothing.
	MarkUsed(ctx context.Context, at map[rolecall.CredentialID]time.Time) error

	// LastUsed returns when each credential was last used. Those that never
	// were, or don't exist, are left out.
	LastUsed(ctx context.Context, ids ...rolecall.CredentialID) (map[rolecall.CredentialID]time.Time, error)

	// AddLogin keeps a new login, and may forget those that had expired when it
	// was made. One of a subject that does not exist is ErrNotFound. Logins are
	// forgotten with their subject.
	AddLogin(ctx context.Context, l *Login) error

	// FindLogin returns the login with an id, ended or not, or an error that is
	// ErrNotFound.
	FindLogin(ctx context.Context, id string) (*Login, error)

	// FindBrowser returns the login with a CookieHash, on the terms of FindLogin.
	FindBrowser(ctx context.Context, cookieHash []byte) (*Login, error)

	// Logins returns a subject's logins that have not ended and expire after
	// now, the newest first.
	Logins(ctx context.Context, subject rolecall.SubjectID, now time.Time) ([]*Login, error)

	// TouchLogin raises RefreshedAt and Revision of a login. One that does not
	// exist or has ended is ErrNotFound.
	TouchLogin(ctx context.Context, id string, at time.Time, r rolecall.Revision) error

	// SelectTenant sets the Tenant of a login, on the terms of TouchLogin.
	SelectTenant(ctx context.Context, id string, tenant rolecall.TenantID) error

	// EndLogin and EndLogins end a login, and all of a subject's. Those that have
	// ended stay as they are.
	EndLogin(ctx context.Context, id string, at time.Time) error
	EndLogins(ctx context.Context, subject rolecall.SubjectID, at time.Time) error

	// AddTicket keeps a new ticket, and may forget those that had expired when it
	// was made. One of a subject that does not exist is ErrNotFound. Tickets are
	// forgotten with their subject.
	AddTicket(ctx context.Context, t *Ticket) error

	// FindTicket returns the ticket with a Hash, or an error that is ErrNotFound.
	FindTicket(ctx context.Context, hash []byte) (*Ticket, error)

	// TakeTicket forgets the ticket with a Hash, and reports whether it was there:
	// to one caller only.
	TakeTicket(ctx context.Context, hash []byte) (bool, error)

	// AddEvents writes events down after all that are there, in this order. It sets
	// the ID and the Seq of each, and its Time if something is later: no event
	// that becomes visible later comes before one, or before an entry of the
	// journal, that is visible already.
	AddEvents(ctx context.Context, events []*Event) error

	// Events returns the events that q selects, at most q.Limit.
	Events(ctx context.Context, q EventQuery) ([]*Event, error)

	// ForgetEvents forgets the events from before a time, and the oldest of each
	// share that has more than most.
	ForgetEvents(ctx context.Context, before time.Time, most int) error
}

// An Identity knows a project's users and keys. It is safe for concurrent use.
type Identity struct {
	rc       *rolecall.Service
	store    Store
	hashes   *hasher
	attempts *attempts
	keys     *recent.Cache[knownKey] // by the hashes of their texts
	marks    *marks
	asked    *attempts // what anybody may ask for
	signedIn func(error)
	sealer   Sealer // nil if secrets can't be kept
	events   *eventLog

	mailer     Mailer // nil if nothing is mailed
	base       string // the server's public URL
	mailFailed func(error)
	mails      sync.WaitGroup // that are being made
}

// An Option changes how an Identity works.
type Option func(*Identity)

// WithArgon2 sets the cost of new password hashes. Hashes of another cost are
// replaced when their owner signs in.
func WithArgon2(cost Argon2) Option { return func(i *Identity) { i.hashes = newHasher(cost) } }

// WithLimits sets how many sign-ins may fail.
func WithLimits(l Limits) Option { return func(i *Identity) { i.attempts = newAttempts(l) } }

// New returns the Identity of a project. The time is the Service's.
func New(rc *rolecall.Service, store Store, options ...Option) *Identity {
	i := &Identity{
		rc:       rc,
		store:    store,
		hashes:   newHasher(DefaultArgon2),
		attempts: newAttempts(DefaultLimits),
		keys:     recent.New[knownKey](),
		marks:    newMarks(store),
		asked:    newAttempts(askLimits),
		signedIn: func(error) {},
		events:   newEventLog(),
	}
	for _, o := range options {
		o(i)
	}
	return i
}

// Close waits until what was noted about credentials in use and about sign-ins
// is written, and until the mails that were asked for are handed over. Call it before the store
// is closed.
func (i *Identity) Close() error {
	i.mails.Wait()
	i.marks.wait()
	i.events.flush()
	return nil
}

// LastUsed returns when each credential was last used, to the minute.
func (i *Identity) LastUsed(ctx context.Context, ids ...rolecall.CredentialID) (map[rolecall.CredentialID]time.Time, error) {
	return i.store.LastUsed(ctx, ids...)
}

// reader reads what identity itself needs, hashes included.
var reader = rolecall.System("identity")

// active reports whether subject is a user or a client that is not blocked, and
// if not, whether that is for being blocked.
func (i *Identity) active(subject rolecall.SubjectID, now time.Time) (ok, blocked bool) {
	d := i.rc.Policy().Decide(rolecall.Request{Subject: subject, Any: rolecall.KindUser}, now)
	return d.Allowed, d.Reason == rolecall.Blocked
}

// refuse says which field of the input breaks which rule.
func refuse(field, rule string, args ...any) error {
	return &rolecall.FieldError{Field: field, Rule: fmt.Sprintf(rule, args...), Kind: rolecall.ErrInvalid}
}

// whole takes the operation numbers out of the error of a write whose
// operations make up one thing: the caller did not choose their order.
func whole(err error) error {
	ops := rolecall.OpErrors(err)
	if len(ops) == 0 {
		return err
	}
	errs := make([]error, len(ops))
	for n, op := range ops {
		errs[n] = op.Err
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// stored returns the record of like's type that a write left, or like itself.
func stored[R rolecall.Record](receipt rolecall.Receipt, like R) R {
	for _, c := range receipt.Changes {
		if r, ok := c.After.(R); ok {
			return r
		}
	}
	return like
}
