package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/rolecall/rolecall"
)

// A PasswordChange is a new password for somebody.
type PasswordChange struct {
	Password  string
	Temporary bool // it has to be replaced at the next sign-in
}

// SetPassword gives a user a password, in place of the one it has, in a write
// by by. A password that was disabled or expired counts again. Whether by may is
// asked first: who may not learns nothing, and no hash is made.
func (i *Identity) SetPassword(ctx context.Context, by rolecall.Actor, subject rolecall.SubjectID, change PasswordChange) (rolecall.Receipt, error) {
	old, err := i.password(ctx, subject)
	if err != nil {
		return rolecall.Receipt{}, err
	}
	set := func(hash rolecall.Secret) rolecall.Op {
		if old.ID == "" {
			return rolecall.Create(newPassword(subject, hash, change.Temporary))
		}
		return rolecall.Modify(&rolecall.Credential{ID: old.ID}, func(c *rolecall.Credential) error {
			c.Hash, c.Temporary, c.Disabled, c.Validity = hash, change.Temporary, false, rolecall.Validity{}
			return nil
		})
	}
	try := by
	try.DryRun, try.IdempotencyKey = true, ""
	if receipt, err := i.rc.Write(ctx, try, set(rolecall.Secret("to be made"))); err != nil {
		return receipt, err
	}
	hash, err := i.newHash(ctx, subject, change.Password)
	if err != nil {
		return rolecall.Receipt{}, err
	}
	return i.rc.Write(ctx, by, set(hash))
}

// ChangePassword replaces the password that s holds by another, which its owner
// does who proves the old one. It fails as SignIn does, but for a password that
// has to be replaced.
func (i *Identity) ChangePassword(ctx context.Context, s SignIn, new string) (err error) {
	s.Note.Kind = EventChange
	password, whose, _, err := i.prove(ctx, s)
	if err != nil {
		i.noteAttempt(s, whose, err)
		return err
	}
	defer func() { // whoever proves a password does not go unseen; that it changed is in the journal
		if errors.Is(err, rolecall.ErrInvalid) {
			s.Note.Failure, s.Note.Detail = FailRefused, "the new password was refused"
			i.noteAttempt(s, whose, err)
		}
	}()
	if new == s.Password {
		return refuse("password", "must not be the old one")
	}
	hash, err := i.newHash(ctx, password.Subject, new)
	if err != nil {
		return err
	}
	owner := rolecall.Proven(rolecall.Actor{Subject: password.Subject, Door: "identity"})
	_, err = i.rc.Write(ctx, owner, replaceHash(password, hash, func(c *rolecall.Credential) {
		c.Temporary, c.Validity = false, rolecall.Validity{}
	}))
	return err
}

// ExpirePassword has a user replace the password at the next sign-in, in a write
// by by.
func (i *Identity) ExpirePassword(ctx context.Context, by rolecall.Actor, subject rolecall.SubjectID) (rolecall.Receipt, error) {
	return i.rc.Write(ctx, by, rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		page, err := v.List(ctx, passwordQuery(subject))
		if err == nil && len(page.Records) == 0 {
			err = &rolecall.FieldError{Field: "subject", Rule: fmt.Sprintf("%q has no password", subject), Kind: rolecall.ErrNotFound}
		}
		if err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Modify(page.Records[0].(*rolecall.Credential), func(c *rolecall.Credential) error {
			c.Temporary = true
			return nil
		})}, nil
	}))
}

// newHash returns the hash of a user's new password, if it keeps to the rules.
func (i *Identity) newHash(ctx context.Context, subject rolecall.SubjectID, password string) (rolecall.Secret, error) {
	user, err := rolecall.Find(ctx, i.rc, reader, &rolecall.User{ID: subject})
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, &rolecall.FieldError{Field: "subject", Rule: fmt.Sprintf("%q is not a user", subject), Kind: rolecall.ErrNotFound}
	}
	if err != nil {
		return nil, err
	}
	page, err := i.rc.List(ctx, reader, rolecall.Query{Kind: rolecall.KindLoginID, Where: []rolecall.Condition{
		rolecall.Where("subject", subject),
	}})
	if err != nil {
		return nil, err
	}
	names := []string{user.Email}
	for _, r := range page.Records {
		names = append(names, r.(*rolecall.LoginID).Login)
	}
	rules, err := i.Rules(ctx)
	if err == nil {
		err = rules.check(password, names...)
	}
	if err != nil {
		return nil, err
	}
	return i.hashes.hash(ctx, password)
}

// newPassword returns the credential of a user's first password.
func newPassword(subject rolecall.SubjectID, hash rolecall.Secret, temporary bool) *rolecall.Credential {
	return &rolecall.Credential{
		ID:        rolecall.CredentialID(rolecall.NewID("pwd")),
		Subject:   subject,
		Type:      rolecall.Password,
		Hash:      hash,
		Temporary: temporary,
	}
}
