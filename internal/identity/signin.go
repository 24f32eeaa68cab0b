package identity

import (
	"bytes"
	"cmp"
	"context"
	"errors"

	"github.com/rolecall/rolecall"
)

// SignIn is what somebody presents to sign in.
type SignIn struct {
	Login    string
	Password string
	From     string // the remote address, with or without a port; "" if there is none

	// Note is what the sign-in log says of the attempt besides: its Door, Agent,
	// Client and Tenant, and a Kind other than EventSignIn. Noted, if not nil, gets
	// the event of an attempt that went well, which then is the caller's to note.
	Note  Event
	Noted *Event
}

// SignIn returns the user whose login id and password s holds. It is
// ErrBadCredentials, ErrTooManyAttempts, ErrPasswordExpired, ErrBlocked or ErrSSORequired.
//
// An unknown login id costs the same reads and the same hash as a wrong
// password. Only a bcrypt or PBKDF2 hash from another system takes its own time, until
// its owner first signs in.
func (i *Identity) SignIn(ctx context.Context, s SignIn) (user rolecall.SubjectID, err error) {
	var owner rolecall.SubjectID // of the login id
	defer func() {
		i.signedIn(err)
		i.noteAttempt(s, owner, err)
	}()
	password, owner, stale, err := i.prove(ctx, s)
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
	proved, err := i.SignIn(ctx, SignIn{Login: page.Records[0].Key(), Password: password, From: from, Note: Event{Kind: EventConfirm}})
	if err == nil && proved != user {
		err = ErrBadCredentials
	}
	return err
}

// prove returns the credential of the password that s proves, whose owner is
// active, and whether its hash is stale. The password may have to be replaced.
// owner is the user whose login id it is, whatever the error.
func (i *Identity) prove(ctx context.Context, s SignIn) (password *rolecall.Credential, owner rolecall.SubjectID, stale bool, err error) {
	login := NormalLogin(s.Login)
	attempt, err := i.attempts.begin(login, s.From, i.rc.Now())
	if err != nil {
		return nil, "", false, err
	}
	password, owner, err = i.passwordOf(ctx, login)
	if err != nil {
		attempt.withdraw()
		return nil, owner, false, err
	}
	match, stale, err := i.hashes.verify(ctx, s.Password, password.Hash)
	if err != nil {
		attempt.withdraw()
		return nil, owner, false, err
	}
	if !match || password.Disabled {
		return nil, owner, false, ErrBadCredentials
	}
	attempt.succeed()
	// The user may be another process's, newer than what decisions are made with.
	if err := i.rc.CatchUp(ctx); err != nil {
		return nil, owner, false, err
	}
	switch ok, blocked := i.active(password.Subject, i.rc.Now()); {
	case blocked:
		return nil, owner, false, ErrBlocked
	case !ok:
		return nil, owner, false, ErrBadCredentials
	}
	if err := i.needsNoSSO(ctx, password.Subject); err != nil {
		return nil, owner, false, err
	}
	return password, owner, stale, nil
}

// noteAttempt has the sign-in log say how an attempt with a password ended. It is
// written when this returns, but for one that was refused for being one of many.
func (i *Identity) noteAttempt(s SignIn, owner rolecall.SubjectID, err error) {
	e := s.Note
	e.Kind, e.Subject, e.Address = cmp.Or(e.Kind, EventSignIn), owner, s.From
	login := NormalLogin(s.Login)
	if owner != "" || CheckEmail("login", login) == nil { // others may be a password in the wrong field
		e.Login = login
	}
	tooMany := false
	switch e.Failure = cmp.Or(failure(err), s.Note.Failure); {
	case e.Failure == FailPassword && owner == "":
		e.Failure = FailUnknown
	case e.Failure == FailAttempts || e.Failure == FailAddress:
		tooMany = true
	}
	switch {
	case err == nil && s.Noted != nil:
		*s.Noted = e
	case err != nil && e.Failure == "": // something of ours broke
	case tooMany:
		i.events.note(i, noted{Event: &e, tried: login, unread: len(login) <= rolecall.MaxIDBytes})
	default:
		i.events.settle(i.events.note(i, noted{Event: &e, tried: login}))
	}
}

// failure returns what the sign-in log calls an error of a sign-in, "" for one
// that says nothing of who tried.
func failure(err error) Failure {
	var retry *RetryError
	switch {
	case errors.As(err, &retry) && retry.Address:
		return FailAddress
	case errors.As(err, &retry):
		return FailAttempts
	case errors.Is(err, ErrBadCredentials):
		return FailPassword
	case errors.Is(err, ErrPasswordExpired):
		return FailExpired
	case errors.Is(err, ErrBlocked):
		return FailBlocked
	case errors.Is(err, ErrSSORequired):
		return FailSSO
	}
	return ""
}

// passwordOf returns the password of the user with a login id, an empty
// credential if there is none, and the user. It reads as much whether there is
// or not.
func (i *Identity) passwordOf(ctx context.Context, login string) (*rolecall.Credential, rolecall.SubjectID, error) {
	found, err := rolecall.Find(ctx, i.rc, reader, &rolecall.LoginID{Login: login})
	if errors.Is(err, rolecall.ErrNotFound) {
		found, err = &rolecall.LoginID{}, nil
	}
	if err != nil {
		return nil, "", err
	}
	password, err := i.password(ctx, found.Subject)
	return password, found.Subject, err
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
