package identity

import (
	"context"

	"github.com/rolecall/rolecall"
)

// SignIn is what somebody presents to sign in.
type SignIn struct {
	Login    string
	Password string
	From     string // the remote address, with or without a port; "" if there is none
}

// SignIn returns the user whose login id and password s holds. It is
// ErrBadCredentials, ErrTooManyAttempts, ErrPasswordExpired or ErrBlocked.
func (i *Identity) SignIn(ctx context.Context, s SignIn) (rolecall.SubjectID, error) { panic("soon") }

// ChangePassword replaces a password by its owner, who proves it with the old
// one. It fails as SignIn does, but for a password that has to be replaced.
func (i *Identity) ChangePassword(ctx context.Context, login, old, new, from string) error {
	panic("soon")
}

// A PasswordChange is a new password for somebody.
type PasswordChange struct {
	Password  string
	Temporary bool // it has to be replaced at the next sign-in
}

// SetPassword gives a user a password, in place of the one it has, in a write by by.
func (i *Identity) SetPassword(ctx context.Context, by rolecall.Actor, subject rolecall.SubjectID, change PasswordChange) (rolecall.Receipt, error) {
	panic("soon")
}
