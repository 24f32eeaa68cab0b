package identity

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// A NewUser is a user with all that it starts with.
type NewUser struct {
	rolecall.User // an empty ID is made

	// LoginIDs are what the user can type to sign in. With none, the user's
	// e-mail address is one.
	LoginIDs []string

	// Password is the first password, PasswordHash an Argon2id, bcrypt or PBKDF2 string
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
	user := u.user()
	u.User = *user
	if u.Password != "" { // before a hash is made
		if err := i.rc.May(by, "rolecall:users.write", rolecall.Scope{}); err != nil {
			return nil, rolecall.Receipt{}, err
		}
	}
	ops, err := i.CreateOps(ctx, u)
	if err != nil {
		return nil, rolecall.Receipt{}, err
	}
	receipt, err := i.rc.Write(ctx, by, ops...)
	if err != nil {
		return nil, rolecall.Receipt{}, whole(err)
	}
	return stored(receipt, user), receipt, nil
}

// CreateOps returns the operations that make a user and all that it starts
// with: for a write that makes many.
func (i *Identity) CreateOps(ctx context.Context, u NewUser) ([]rolecall.Op, error) {
	user, logins := u.user(), u.Logins()
	hash, err := i.firstHash(ctx, u, logins)
	if err != nil {
		return nil, err
	}
	ops := []rolecall.Op{rolecall.Create(user)}
	for _, login := range logins {
		ops = append(ops, rolecall.Create(&rolecall.LoginID{Login: login, Subject: user.ID}))
	}
	if len(hash) > 0 {
		ops = append(ops, rolecall.Create(newPassword(user.ID, hash, u.Temporary)))
	}
	return append(ops, u.holdings(user.ID)...), nil
}

// ReplaceOps returns the operations that put u in the place of the user with
// its id: the profile, the password if u has one, and u's login ids, tenants and
// roles beside those that are there. Without such a user they make one.
func (i *Identity) ReplaceOps(ctx context.Context, u NewUser) ([]rolecall.Op, error) {
	user, logins := u.user(), u.Logins()
	hash, err := i.firstHash(ctx, u, logins)
	if err != nil {
		return nil, err
	}
	ops := []rolecall.Op{rolecall.Put(user)}
	for _, login := range logins {
		made := &rolecall.LoginID{Login: login, Subject: user.ID}
		found, err := rolecall.Find(ctx, i.rc, reader, made)
		switch {
		case err == nil && found.Subject == user.ID:
			continue
		case err != nil && !errors.Is(err, rolecall.ErrNotFound):
			return nil, err
		}
		ops = append(ops, rolecall.Create(made)) // another user's stays that user's
	}
	if len(hash) > 0 {
		password := newPassword(user.ID, hash, u.Temporary)
		old, err := i.password(ctx, user.ID)
		if err != nil {
			return nil, err
		}
		if old.ID != "" {
			password.ID = old.ID
		}
		ops = append(ops, rolecall.Put(password))
	}
	return append(ops, u.holdings(user.ID)...), nil
}

// user returns u's profile, with an id.
func (u NewUser) user() *rolecall.User {
	user := u.User
	if user.ID == "" {
		user.ID = rolecall.SubjectID(rolecall.NewID("usr"))
	}
	return &user
}

// holdings returns the operations that give the user with an id u's tenants and roles.
func (u NewUser) holdings(id rolecall.SubjectID) (ops []rolecall.Op) {
	for _, tenant := range u.Tenants {
		ops = append(ops, rolecall.Put(&rolecall.Membership{Tenant: tenant, Subject: id}))
	}
	for _, role := range u.Roles {
		role.Subject = id
		ops = append(ops, rolecall.Put(&role))
	}
	return ops
}

// Logins returns the normal forms of what u can type to sign in.
func (u NewUser) Logins() []string {
	typed := u.LoginIDs
	if len(typed) == 0 && u.Email != "" {
		typed = []string{u.Email}
	}
	var logins []string
	for _, text := range typed {
		if login := NormalLogin(text); !slices.Contains(logins, login) {
			logins = append(logins, login)
		}
	}
	return logins
}

// NewPassword returns the first password of a user that is about to be made,
// for a write that makes it: of a text or, in its place, of a hash from another
// system, and nil if there is neither. names are by which everybody knows the
// user, the login ids among them.
func (i *Identity) NewPassword(ctx context.Context, subject rolecall.SubjectID, password, hash string, names ...string) (*rolecall.Credential, error) {
	made, err := i.firstHash(ctx, NewUser{Password: password, PasswordHash: hash}, names)
	if err != nil || len(made) == 0 {
		return nil, err
	}
	return newPassword(subject, made, false), nil
}

// firstHash returns the hash of u's first password, nil if there is none.
func (i *Identity) firstHash(ctx context.Context, u NewUser, logins []string) (rolecall.Secret, error) {
	switch {
	case u.Password == "" && u.PasswordHash == "":
		return nil, nil
	case u.Password != "" && u.PasswordHash != "":
		return nil, refuse("password_hash", "must be empty when there is a password")
	case len(logins) == 0:
		return nil, refuse("login_ids", "must not be empty when there is a password: there is nothing to sign in with")
	case u.PasswordHash != "":
		return rolecall.Secret(u.PasswordHash), CheckHash("password_hash", u.PasswordHash)
	}
	rules, err := i.Rules(ctx)
	if err == nil {
		err = rules.check(u.Password, append(logins, u.Email)...)
	}
	if err != nil {
		return nil, err
	}
	return i.hashes.hash(ctx, u.Password)
}

// NormalLogin returns the form in which a login id is stored and looked up:
// without white space around it, in lower case if it has an "@", and a phone
// number as E.164 writes it, "+15555555555". Unicode's other spellings of the
// same text stay different. Every LoginID record that is made from what somebody
// typed must hold this form.
func NormalLogin(text string) string {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "@") {
		return strings.ToLower(text)
	}
	if number, ok := phoneNumber(text); ok {
		return number
	}
	return text
}

// phoneNumber returns the international phone number that a text is, if it is
// one: a plus, up to 15 digits, and what people put between them.
func phoneNumber(text string) (number string, ok bool) {
	digits, ok := strings.CutPrefix(text, "+")
	if !ok {
		return "", false
	}
	digits = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()", r) {
			return -1
		}
		return r
	}, digits)
	if len(digits) < 7 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return "+" + digits, true
}
