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
// first one; from is the remote address.
func (i *Identity) SignUp(ctx context.Context, connection string, u NewUser, from string) (*rolecall.User, error) {
	switch open, err := i.SignUpOpen(ctx, connection); {
	case err != nil:
		return nil, err
	case !open:
		return nil, ErrNoSignUp
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
	attempt, err := i.asked.begin("sign up "+u.Email, from, i.rc.Now())
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
