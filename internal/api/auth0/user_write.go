package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A userDraft is a user while it is made or changed.
type userDraft struct {
	*account
	made     bool // by this call
	password *string
}

// userFields are what may be sent of a user, in the order in which it is set.
var userFields = []field[*userDraft]{
	{"email", nil, put("email", func(d *userDraft, email string) error {
		if email = identity.NormalLogin(email); email != "" && !strings.Contains(strings.Trim(email, "@"), "@") {
			return invalidBody.because("Payload validation error: 'Object didn't pass validation for format email: email'.")
		}
		if email != d.Email {
			d.Email, d.EmailVerified = email, false
		}
		return nil
	})},
	{"email_verified", nil, put("email_verified", func(d *userDraft, yes bool) error {
		d.EmailVerified = yes
		return nil
	})},
	{"phone_number", nil, put("phone_number", func(d *userDraft, phone string) error {
		if phone = identity.NormalLogin(phone); phone != "" && !strings.HasPrefix(phone, "+") {
			return invalidBody.because("phone_number must begin with + and the country code")
		}
		if phone != d.Phone {
			d.Phone, d.PhoneVerified = phone, false
		}
		return nil
	})},
	{"phone_verified", nil, put("phone_verified", func(d *userDraft, yes bool) error {
		d.PhoneVerified = yes
		return nil
	})},
	{"username", nil, put("username", func(d *userDraft, name string) error {
		if name = identity.NormalLogin(name); !isUsername(name) {
			return invalidBody.because("username must not contain @ or begin with +")
		}
		d.username = name
		return nil
	})},
	{"password", nil, put("password", func(d *userDraft, password *string) error {
		d.password = password
		return nil
	})},
	{"blocked", nil, put("blocked", func(d *userDraft, yes bool) error {
		d.Blocked = yes
		return nil
	})},
	{"name", nil, put("name", func(d *userDraft, name string) error {
		d.Name = name
		return nil
	})},
	{"picture", nil, put("picture", func(d *userDraft, picture string) error {
		d.Picture = picture
		return nil
	})},
	{"nickname", nil, textOf("nickname", func(d *userDraft) *string { return &d.profile.Nickname })},
	{"given_name", nil, textOf("given_name", func(d *userDraft) *string { return &d.profile.GivenName })},
	{"family_name", nil, textOf("family_name", func(d *userDraft) *string { return &d.profile.FamilyName })},
	{"user_metadata", nil, func(d *userDraft, value json.RawMessage) error {
		return setMetadata("user_metadata", &d.profile.UserMetadata, value)
	}},
	{"app_metadata", nil, func(d *userDraft, value json.RawMessage) error {
		return setMetadata("app_metadata", &d.profile.AppMetadata, value)
	}},
	// Read before the write: see connectionOf.
	{"connection", nil, func(*userDraft, json.RawMessage) error { return nil }},
	// What is about this call, and not the user.
	{"client_id", nil, func(*userDraft, json.RawMessage) error { return nil }},
	{"verify_email", nil, func(*userDraft, json.RawMessage) error { return nil }},
	{"verify_password", nil, func(*userDraft, json.RawMessage) error { return nil }},
	{"verify_phone_number", nil, func(*userDraft, json.RawMessage) error { return nil }},
	// What is known of the user elsewhere.
	{"user_id", nil, nil}, {"identities", nil, nil}, {"created_at", nil, nil}, {"updated_at", nil, nil},
	{"last_login", nil, nil}, {"last_ip", nil, nil}, {"logins_count", nil, nil}, {"last_password_reset", nil, nil},
}

const maxProfileRunes = 300

// textOf makes a field's set of where its text is kept.
func textOf[T any](name string, at func(T) *string) func(T, json.RawMessage) error {
	return put(name, func(to T, text string) error {
		if len([]rune(text)) > maxProfileRunes {
			return invalidBody.because("%s must be at most %d characters", name, maxProfileRunes)
		}
		*at(to) = text
		return nil
	})
}

// connectionOf returns the connection that a body names, nil if it names none.
// Users with passwords are made in those of the password strategy.
func (c *call) connectionOf(in members) (*identity.Connection, error) {
	var name string
	if err := scan("connection", in["connection"], &name); err != nil || name == "" {
		return nil, err
	}
	connection, err := c.identity.Connection(c.r.Context(), name)
	if errors.Is(err, rolecall.ErrNotFound) || err == nil && connection.Name != name {
		return nil, invalidBody.because("The connection does not exist.")
	}
	if err == nil && connection.Strategy != identity.PasswordStrategy {
		err = invalidBody.because("connection must be one whose strategy is %s", identity.PasswordStrategy)
	}
	return connection, err
}

// createUser serves POST /users.
func createUser(c *call) (reply, error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	connection, err := c.connectionOf(in)
	if err == nil && connection == nil {
		err = required("connection")
	}
	if err != nil {
		return reply{}, err
	}
	var own string
	if err := scan("user_id", in["user_id"], &own); err != nil {
		return reply{}, err
	}
	if delete(in, "user_id"); own == "" {
		own = hexID()
	}
	id := rolecall.SubjectID(identity.PasswordStrategy + "|" + strings.TrimPrefix(own, identity.PasswordStrategy+"|"))
	d := &userDraft{account: &account{User: &rolecall.User{ID: id}}, made: true}
	if connection.Name != identity.FirstConnectionName {
		d.kept.Connection = connection.Name
	}
	if err := apply(d, userFields, &d.kept.Extra, in); err != nil {
		return reply{}, err
	}
	if len(d.logins()) == 0 {
		return reply{}, required("email")
	}
	password, err := c.newPassword(d, in)
	if err != nil {
		return reply{}, err
	}
	err = c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		return d.save(ctx, v, nil, password)
	})
	if err != nil {
		return reply{}, err
	}
	return c.showUser(201, string(id))
}

// updateUser serves PATCH /users/{id}.
func updateUser(c *call) (reply, error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	for name := range in {
		if !within(name, "app_metadata", "user_metadata") && !c.has("update:users") {
			return reply{}, insufficient([]string{"update:users"})
		}
	}
	if _, err := c.connectionOf(in); err != nil {
		return reply{}, err
	}
	// The password is hashed before the write, which others wait for.
	var before *account
	err = c.view(func(ctx context.Context, v *rolecall.View) error {
		before, err = c.findAccount(ctx, v)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	password, err := c.newPassword(&userDraft{account: before}, in)
	if err != nil {
		return reply{}, err
	}
	err = c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		a, err := c.findAccount(ctx, v)
		if err != nil {
			return nil, err
		}
		old := (&userDraft{account: a}).logins()
		d := &userDraft{account: a}
		if err := apply(d, userFields, &d.kept.Extra, in); err != nil {
			return nil, err
		}
		return d.save(ctx, v, old, password)
	})
	if err != nil {
		return reply{}, err
	}
	return c.showUser(200, c.named["id"])
}

// findAccount returns the user that the path names.
func (c *call) findAccount(ctx context.Context, v *rolecall.View) (*account, error) {
	u, err := findUser(ctx, v, c.named["id"])
	if err != nil {
		return nil, err
	}
	all, err := loadAccounts(ctx, v, []*rolecall.User{u})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// newPassword returns the credential of the password in a body, nil if there is none.
func (c *call) newPassword(d *userDraft, in members) (*rolecall.Credential, error) {
	var password string
	if err := scan("password", in["password"], &password); err != nil || len(in["password"]) == 0 {
		return nil, err
	}
	if password == "" {
		return nil, weakPassword.because("PasswordStrengthError: password must not be empty")
	}
	names := append(d.logins(), d.Email)
	for _, name := range []string{"email", "username"} { // what the user is about to be known by
		var text string
		if json.Unmarshal(in[name], &text) == nil && text != "" {
			names = append(names, text)
		}
	}
	made, err := c.identity.NewPassword(c.r.Context(), d.ID, password, "", names...)
	if isField(err, "password") {
		err = weakPassword.because("PasswordStrengthError: %v", err)
	}
	return made, err
}

// logins returns what d signs in with.
func (d *userDraft) logins() (all []string) {
	for _, text := range []string{d.Email, d.username, d.Phone} {
		if login := identity.NormalLogin(text); login != "" && !slices.Contains(all, login) {
			all = append(all, login)
		}
	}
	return all
}

// save returns the operations that make d, or put it in the place of the user
// whose login ids were old.
func (d *userDraft) save(ctx context.Context, v *rolecall.View, old []string, password *rolecall.Credential) (ops []rolecall.Op, err error) {
	if d.Attributes, err = withProfile(d.Attributes, d.profile); err != nil {
		return nil, err
	}
	if d.Attributes, err = withMore(d.Attributes, d.kept); err != nil {
		return nil, err
	}
	if d.made {
		switch _, err := rolecall.Look(ctx, v, d.User); {
		case err == nil:
			return nil, userExists.because("The user already exists.")
		case !errors.Is(err, rolecall.ErrNotFound):
			return nil, err
		}
		ops = append(ops, rolecall.Create(d.User))
	} else {
		ops = append(ops, rolecall.Update(d.User))
	}
	logins := d.logins()
	for _, login := range old {
		if l, err := rolecall.Look(ctx, v, &rolecall.LoginID{Login: login}); err == nil && l.Subject == d.ID && !slices.Contains(logins, login) {
			ops = append(ops, rolecall.Delete(l))
		} else if err != nil && !errors.Is(err, rolecall.ErrNotFound) {
			return nil, err
		}
	}
	for _, login := range logins {
		l := &rolecall.LoginID{Login: login, Subject: d.ID}
		switch found, err := rolecall.Look(ctx, v, l); {
		case errors.Is(err, rolecall.ErrNotFound):
			if d.made || !slices.Contains(old, login) { // an address that was none stays none
				ops = append(ops, rolecall.Create(l))
			}
		case err != nil:
			return nil, err
		case found.Subject != d.ID && (d.made || !slices.Contains(old, login)):
			return nil, userExists.because("The user already exists.")
		}
	}
	if password == nil {
		return ops, nil
	}
	passwords, err := related[*rolecall.Credential](ctx, v, rolecall.KindCredential, "subject", []string{string(d.ID)}, rolecall.Where("type", rolecall.Password))
	if d.made && errors.Is(err, rolecall.ErrForbidden) {
		passwords, err = nil, nil // a new user has none
	}
	if err != nil {
		return nil, err
	}
	if len(passwords) > 0 {
		password.ID = passwords[0].ID
	}
	return append(ops, rolecall.Put(password)), nil
}
