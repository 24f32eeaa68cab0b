package identity

import (
	"bytes"
	"context"
	"errors"

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
//
// An unknown login id costs the same reads and the same hash as a wrong
// password. Only a bcrypt hash from another system takes its own time, until
// its owner first signs in.
func (i *Identity) SignIn(ctx context.Context, s SignIn) (user rolecall.SubjectID, err error) {
	defer func() { i.signedIn(err) }()
	password, stale, err := i.prove(ctx, s)
	if err != nil {
		return "", err
	}
	now := i.rc.Now()
	if password.Temporary || !password.Validity.At(now) {
		return "", ErrPasswordExpired
	}
	if stale {
		i.rehash(ctx, password, s.Password)
	}
	i.marks.note(password.ID, now)
	return password.Subject, nil
}

// proveSelf reports whether password is a user's, who is known already. It
// fails as SignIn does.
func (i *Identity) proveSelf(ctx context.Context, user rolecall.SubjectID, password, from string) error {
	page, err := i.rc.List(ctx, reader, rolecall.Query{Kind: rolecall.KindLoginID, Limit: 1, Where: []rolecall.Condition{
		rolecall.Where("subject", user),
	}})
	if err != nil {
		return err
	}
	if len(page.Records) == 0 {
		return ErrBadCredentials
	}
	proved, err := i.SignIn(ctx, SignIn{Login: page.Records[0].Key(), Password: password, From: from})
	if err == nil && proved != user {
		err = ErrBadCredentials
	}
	return err
}

// prove returns the credential of the password that s proves, whose owner is
// active, and whether its hash is stale. The password may have to be replaced.
func (i *Identity) prove(ctx context.Context, s SignIn) (password *rolecall.Credential, stale bool, err error) {
	login := NormalLogin(s.Login)
	attempt, err := i.attempts.begin(login, s.From, i.rc.Now())
	if err != nil {
		return nil, false, err
	}
	password, err = i.passwordOf(ctx, login)
	if err != nil {
		attempt.withdraw()
		return nil, false, err
	}
	match, stale, err := i.hashes.verify(ctx, s.Password, password.Hash)
	if err != nil {
		attempt.withdraw()
		return nil, false, err
	}
	if !match || password.Disabled {
		return nil, false, ErrBadCredentials
	}
	attempt.succeed()
	// The user may be another process's, newer than what decisions are made with.
	if err := i.rc.CatchUp(ctx); err != nil {
		return nil, false, err
	}
	switch ok, blocked := i.active(password.Subject, i.rc.Now()); {
	case blocked:
		return nil, false, ErrBlocked
	case !ok:
		return nil, false, ErrBadCredentials
	}
	return password, stale, nil
}

// passwordOf returns the password of the user with a login id, an empty
// credential if there is none. It reads as much whether there is or not.
func (i *Identity) passwordOf(ctx context.Context, login string) (*rolecall.Credential, error) {
	found, err := rolecall.Find(ctx, i.rc, reader, &rolecall.LoginID{Login: login})
	if errors.Is(err, rolecall.ErrNotFound) {
		found, err = &rolecall.LoginID{}, nil
	}
	if err != nil {
		return nil, err
	}
	return i.password(ctx, found.Subject)
}

// password returns the password credential of a user, an empty one if there is none.
func (i *Identity) password(ctx context.Context, subject rolecall.SubjectID) (*rolecall.Credential, error) {
	page, err := i.rc.List(ctx, reader, passwordQuery(subject))
	if err != nil || len(page.Records) == 0 {
		return &rolecall.Credential{}, err
	}
	return page.Records[0].(*rolecall.Credential), nil
}

func passwordQuery(subject rolecall.SubjectID) rolecall.Query {
	return rolecall.Query{Kind: rolecall.KindCredential, Limit: 1, Where: []rolecall.Condition{
		rolecall.Where("subject", subject), rolecall.Where("type", rolecall.Password),
	}}
}

// rehash replaces the hash of a password that was just proven. If it can't, the
// next sign-in does.
func (i *Identity) rehash(ctx context.Context, old *rolecall.Credential, password string) {
	hash, err := i.hashes.hash(ctx, password)
	if err != nil {
		return
	}
	by := rolecall.System("identity")
	by.OnBehalfOf, by.Reason = old.Subject, "the password's hash was made anew"
	i.rc.Write(ctx, by, replaceHash(old, hash, func(*rolecall.Credential) {}))
}

// replaceHash replaces the hash of a credential, and changes it further, unless
// somebody else replaced the hash meanwhile.
func replaceHash(old *rolecall.Credential, hash rolecall.Secret, change func(*rolecall.Credential)) rolecall.Op {
	return rolecall.Modify(&rolecall.Credential{ID: old.ID}, func(c *rolecall.Credential) error {
		if !bytes.Equal(c.Hash, old.Hash) {
			return ErrBadCredentials
		}
		c.Hash = hash
		change(c)
		return nil
	})
}
