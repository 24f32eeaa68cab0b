package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// Why somebody can't sign up.
var (
	// ErrTaken means that there is a user with the login id. Whoever shows it to
	// people says the same for other reasons: see the page that signs up.
	ErrTaken = fmt.Errorf("the user exists already: %w", rolecall.ErrConflict)

	// ErrNoSignUp means that the connection has closed its doors: its DisableSignup.
	ErrNoSignUp = fmt.Errorf("sign-up is not open: %w", rolecall.ErrForbidden)
)

// SignUp makes a user who asked for it: with a password, the e-mail address as
// a login id beside those of u, the project's default roles, and nothing else
// that u holds. Nothing of it is verified. connection is an id or a name, "" the
// first one; from is the remote address. It is ErrSSORequired if
// whoever has the address signs in elsewhere.
func (i *Identity) SignUp(ctx context.Context, connection string, u NewUser, from string) (*rolecall.User, error) {
	user, err := i.signUp(ctx, connection, u, from)
	e := Event{Kind: EventSignUp, Address: from}
	if login := NormalLogin(u.Email); CheckEmail("email", login) == nil {
		e.Login = login
	}
	switch e.Failure = failure(err); {
	case errors.Is(err, ErrTaken), errors.Is(err, ErrNoSignUp):
		e.Failure, e.Detail = FailRefused, err.Error()
	}
	if e.Failure != "" {
		i.Note(e)
	}
	return user, err
}

func (i *Identity) signUp(ctx context.Context, connection string, u NewUser, from string) (*rolecall.User, error) {
	if err := i.maySignUp(ctx, connection, u.Email); err != nil {
		return nil, err
	}
	if err := CheckEmail("email", NormalLogin(u.Email)); err != nil {
		return nil, err
	}
	if u.Password == "" {
		return nil, refuse("password", "is required")
	}
	for _, login := range u.LoginIDs {
		if strings.Contains(login, "@") && NormalLogin(login) != NormalLogin(u.Email) {
			return nil, refuse("username", "must not be another e-mail address")
		}
	}
	u.User = rolecall.User{ID: u.ID, Name: u.Name, Email: NormalLogin(u.Email), Phone: u.Phone, Picture: u.Picture, Attributes: u.Attributes}
	u.LoginIDs = append([]string{u.Email}, u.LoginIDs...)
	u.PasswordHash, u.Temporary, u.Tenants, u.Roles = "", false, nil, nil
	attempt, err := i.askSignUp(u.Email, from)
	if err != nil {
		return nil, err
	}
	by := rolecall.System("sign-up")
	by.Reason = "signed up"
	user, _, err := i.CreateUser(ctx, by, u)
	switch {
	case errors.Is(err, rolecall.ErrConflict):
		return nil, ErrTaken
	case errors.Is(err, rolecall.ErrInvalid): // which tells nothing of others
		attempt.withdraw()
	}
	return user, err
}

// BeginSignUp counts an attempt to sign up with a login id, in a connection and
// from a remote address, for a door that makes the user itself. It is ErrNoSignUp,
// ErrSSORequired or ErrTooManyAttempts if it has to refuse. withdraw uncounts the attempt.
func (i *Identity) BeginSignUp(ctx context.Context, connection, login, from string) (withdraw func(), err error) {
	if err := i.maySignUp(ctx, connection, login); err != nil {
		return nil, err
	}
	attempt, err := i.askSignUp(login, from)
	if err != nil {
		return nil, err
	}
	return attempt.withdraw, nil
}

func (i *Identity) maySignUp(ctx context.Context, connection, login string) error {
	open, err := i.SignUpOpen(ctx, connection)
	if err == nil && !open {
		err = ErrNoSignUp
	}
	if err == nil {
		err = i.addressNeedsNoSSO(ctx, NormalLogin(login))
	}
	return err
}

func (i *Identity) askSignUp(login, from string) (*attempt, error) {
	return i.asked.begin("sign up "+NormalLogin(login), from, i.rc.Now())
}

// SignUpOpen reports whether people may sign up in a connection, "" for the first one.
func (i *Identity) SignUpOpen(ctx context.Context, connection string) (bool, error) {
	if connection == "" {
		connection = FirstConnectionID
	}
	c, err := i.Connection(ctx, connection)
	return err == nil && !c.DisableSignup, err
}

// askLimits bound what anybody may ask for without being known: sign-ups, and
// mails to the address of a login id.
var askLimits = Limits{
	Login:      Limit{Burst: 5, Every: 10 * time.Minute},
	Address:    Limit{Burst: 200, Every: 5 * time.Second},
	Remembered: 1 << 16,
}
