package auth0

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/migrate"
)

// readUsers makes users, with all that they hold, and memberships.
func (m *migration) readUsers(context.Context) error {
	uses := map[string]int{} // e-mail addresses
	for _, e := range m.found["users"] {
		uses[identity.NormalLogin(e.text("email"))]++
	}
	for _, e := range m.found["users"] {
		email := identity.NormalLogin(e.text("email"))
		if err := m.user(e, uses[email] == 1); err != nil {
			m.problem(e.Place, err)
		}
	}
	for _, j := range m.members {
		parts, err := m.parts(j)
		if err != nil {
			m.problem(j.Place, err)
			continue
		}
		m.belongs("membership", j.user, j.element, parts...)
	}
	return nil
}

// onlyRead are members of users that say what is known elsewhere here.
var onlyRead = []string{
	"identities", "created_at", "updated_at", "last_login", "last_ip", "logins_count", "last_password_reset", "multifactor",
	"multifactor_last_modified", "guardian_authenticators", "guardian_enrollments", "connection", "password", "id",
	"verify_email", "password_set_date", "mfa_factors", "nonce", "sid",
}

// user makes one user. Who comes from somewhere else than a database of
// passwords signs in by the e-mail address only if it is verified and alone.
func (m *migration) user(e *element, alone bool) error {
	var id string
	var roles, organizations []named
	var permissions []permissionName
	for member, to := range map[string]any{"user_id": &id, "roles": &roles, "organizations": &organizations, "permissions": &permissions} {
		if err := e.take(member, to); err != nil {
			return err
		}
	}
	if id == "" {
		return errors.New("user_id is required: export it with the users, so that they stay who they are")
	}
	if _, answered := e.members["identities"]; !answered && !hasBar(id) {
		id = identity.PasswordStrategy + "|" + id // as of a file for Auth0's own import
	}
	d := &userDraft{account: &account{User: &rolecall.User{ID: rolecall.SubjectID(id)}}, made: true}
	var identities []struct {
		Connection string `json:"connection"`
	}
	if err := e.take("identities", &identities); err != nil {
		return err
	}
	connection := e.text("connection")
	if len(identities) > 0 {
		connection = identities[0].Connection
	}
	if connection != identity.FirstConnectionName {
		d.kept.Connection = connection
	}
	hash, algorithm, err := hashOf(e)
	if err != nil {
		return err
	}
	for _, name := range onlyRead {
		delete(e.members, name)
	}
	if len(e.members) == 0 { // of a user that is here
		return m.holds(e, d, nil, roles, organizations, permissions)
	}
	if err := apply(d, userFields, &d.kept.Extra, e.members); err != nil {
		return err
	}
	if d.Attributes, err = withProfile(nil, d.profile); err == nil {
		d.Attributes, err = withMore(d.Attributes, d.kept)
	}
	if err != nil {
		return err
	}
	parts := []migrate.Part{{Record: d.User}}
	from, _ := provider(d.ID)
	logins := d.logins()
	if from != identity.PasswordStrategy && !(alone && d.EmailVerified) {
		if len(logins) > 0 {
			m.note("users of %s whose e-mail address is not verified, or another user's too, have no login id", from)
		}
		logins = nil
	}
	for _, login := range logins {
		parts = append(parts, migrate.Part{Field: "email", Record: &rolecall.LoginID{Login: login, Subject: d.ID}})
	}
	switch {
	case hash == "":
	case identity.CheckHash("password_hash", hash) != nil && algorithm != "" && algorithm != "bcrypt":
		m.note("passwords hashed by %s are left out: their owners choose new ones", algorithm)
	case identity.CheckHash("password_hash", hash) != nil:
		return identity.CheckHash("password_hash", hash)
	case len(logins) > 0:
		parts = append(parts, migrate.Part{Field: "password_hash", Password: &migrate.Password{Subject: d.ID, Hash: hash, Names: logins}})
	}
	return m.holds(e, d, parts, roles, organizations, permissions)
}

func hasBar(id string) bool {
	from, rest := provider(rolecall.SubjectID(id))
	return id == from+"|"+rest
}

// holds adds a user with what it holds.
func (m *migration) holds(e *element, d *userDraft, parts []migrate.Part, roles, organizations []named, permissions []permissionName) error {
	assigned, err := m.assign("roles", d.ID, "", roles)
	if err != nil {
		return err
	}
	direct, err := m.grants(permissions, func(field string, id rolecall.PermissionID) migrate.Part {
		return migrate.Part{Field: field, Record: &rolecall.DirectGrant{Subject: d.ID, Permission: id, Source: rolecall.SourceImport}}
	})
	if err != nil {
		return err
	}
	parts = append(append(parts, assigned...), direct...)
	for i, o := range organizations {
		field := fmt.Sprintf("organizations[%d]", i)
		tenant, ok := m.tenants[o.ID]
		if !ok {
			tenant, ok = m.tenants[o.Name]
		}
		if !ok {
			return fmt.Errorf("%s: the organization %q does not exist", field, o.ID+o.Name)
		}
		joined, err := m.parts(membership{e, field, tenant, string(d.ID), o.Roles})
		if err != nil {
			return err
		}
		parts = append(parts, joined...)
	}
	if len(parts) > 0 {
		m.item("user", cmp.Or(d.Email, d.username, string(d.ID)), e, parts...)
	}
	return nil
}
