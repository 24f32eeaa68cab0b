package identity

import (
	"context"

	"github.com/rolecall/rolecall"
)

// A NewUser is a user with all that it starts with.
type NewUser struct {
	rolecall.User // an empty ID is made

	// LoginIDs are what the user can type to sign in. With none, the user's
	// e-mail address is one.
	LoginIDs []string

	// Password is the first password, PasswordHash an Argon2id or bcrypt string
	// in its place, from another system. With neither, the user can't sign in
	// by password.
	Password     string
	PasswordHash string
	Temporary    bool // the password has to be replaced at the first sign-in

	Tenants []rolecall.TenantID   // that the user belongs to
	Roles   []rolecall.Assignment // that the user holds; their Subject is filled in
}

// CreateUser makes a user and all that it starts with, in one write by by.
func (i *Identity) CreateUser(ctx context.Context, by rolecall.Actor, u NewUser) (*rolecall.User, rolecall.Receipt, error) {
	panic("soon")
}

// NormalLogin returns the form in which a login id is stored and looked up:
// without white space around it and, if it has an "@", in lower case. Unicode's
// other spellings of the same text stay different. Every LoginID record that is
// made from what somebody typed must hold this form.
func NormalLogin(text string) string { panic("soon") }
