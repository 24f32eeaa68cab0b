package descope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/migrate"
)

// A migrant is a user as answers show it, or as a batch is asked to make it.
type migrant struct {
	UserID                string           `json:"userId"`
	LoginID               string           `json:"loginId"`
	LoginIDs              []string         `json:"loginIds"`
	AdditionalLoginIDs    []string         `json:"additionalLoginIds"`
	AdditionalIdentifiers []string         `json:"additionalIdentifiers"`
	Name                  string           `json:"name"`
	DisplayName           string           `json:"displayName"`
	GivenName             string           `json:"givenName"`
	MiddleName            string           `json:"middleName"`
	FamilyName            string           `json:"familyName"`
	Email                 string           `json:"email"`
	VerifiedEmail         *bool            `json:"verifiedEmail"`
	Phone                 string           `json:"phone"`
	VerifiedPhone         *bool            `json:"verifiedPhone"`
	RoleNames             []string         `json:"roleNames"`
	UserTenants           []place          `json:"userTenants"`
	Status                string           `json:"status"`
	Picture               string           `json:"picture"`
	Test                  bool             `json:"test"`
	SCIM                  bool             `json:"SCIM"`
	CustomAttributes      customAttributes `json:"customAttributes"`
	SSOAppIDs             []string         `json:"ssoAppIds"`
	SSOAppIDsToMake       []string         `json:"ssoAppIDs"`

	Password       json.RawMessage `json:"password"` // answered: whether there is one; to be made: its text
	HashedPassword *hashedPassword `json:"hashedPassword"`
}

func (in *migrant) logins() []string {
	all := append([]string{}, in.LoginIDs...)
	if in.LoginID != "" {
		all = append(all, in.LoginID)
	}
	return normal(append(append(all, in.AdditionalLoginIDs...), in.AdditionalIdentifiers...)...)
}

// readUsers makes users. A password may come beside the answer that shows its
// user, as in the body of a batch: by the user's login id.
func (m *migration) readUsers(ctx context.Context) error {
	type user struct {
		element
		migrant
	}
	var users, nameless []user
	owner := map[string]string{} // login ids of the files' users
	elements(m, "users", func(e element, in migrant) {
		if in.UserID == "" {
			nameless = append(nameless, user{e, in})
			return
		}
		if !m.again("user", in.UserID, e) {
			users = append(users, user{e, in})
			for _, login := range in.logins() {
				owner[login] = in.UserID
			}
		}
	})
	at := map[string]int{}
	for i, u := range users {
		at[u.UserID] = i
	}
	for _, u := range nameless {
		logins := u.logins()
		if len(logins) == 0 {
			u.Field = "loginId"
			m.problem(u.Place, errors.New("is required where there is no userId"))
			continue
		}
		if id, ok := owner[logins[0]]; ok { // its password, then
			users[at[id]].HashedPassword, users[at[id]].Password = u.HashedPassword, u.Password
			continue
		}
		there, err := migrate.All[*rolecall.LoginID](ctx, m.there, rolecall.Query{
			Kind: rolecall.KindLoginID, Where: []rolecall.Condition{rolecall.Where("login", logins[0])},
		})
		if err != nil {
			return err
		}
		if u.UserID = string(newUserID()); len(there) > 0 {
			u.UserID = string(there[0].Subject)
		}
		at[u.UserID] = len(users)
		for _, login := range logins {
			owner[login] = u.UserID
		}
		users = append(users, u)
	}
	for _, u := range users {
		if field, err := m.user(u.element, u.migrant); err != nil {
			u.Field = or(field, u.Field)
			m.problem(u.Place, err)
		}
	}
	return nil
}

// user makes one user. An error comes with the field that it is about, if that
// is known.
func (m *migration) user(e element, in migrant) (field string, err error) {
	logins := in.logins()
	u, kept := &rolecall.User{ID: rolecall.SubjectID(in.UserID)}, userMore{
		GivenName: in.GivenName, MiddleName: in.MiddleName, FamilyName: in.FamilyName, Test: in.Test, SCIM: in.SCIM,
		CustomAttributes: in.CustomAttributes.set(), SSOAppIDs: some(append(in.SSOAppIDs, in.SSOAppIDsToMake...)),
	}
	u.Name, u.Picture = or(in.Name, in.DisplayName), in.Picture
	setAddress(&u.Email, &u.EmailVerified, in.Email, in.VerifiedEmail, logins)
	setAddress(&u.Phone, &u.PhoneVerified, in.Phone, in.VerifiedPhone, logins)
	if in.Status == "expired" { // an invitation that was not taken in time
		in.Status = invited
	}
	if err := setStatus(u, &kept, in.Status); err != nil {
		return "status", err
	}
	if u.Attributes, err = withMore(nil, kept); err != nil {
		return "customAttributes", err
	}
	parts := []migrate.Part{{Record: u}}
	for i, login := range logins {
		parts = append(parts, migrate.Part{Field: fmt.Sprintf("loginIds[%d]", i), Record: &rolecall.LoginID{Login: login, Subject: u.ID}})
	}
	password, field, err := in.password(u.ID, append(logins, u.Email))
	if err != nil {
		return field, err
	}
	if password != nil {
		parts = append(parts, migrate.Part{Field: field, Password: password})
	}
	assign := func(field string, tenant rolecall.TenantID, names []string) (string, error) {
		for i, name := range names {
			field := fmt.Sprintf("%s[%d]", field, i)
			id, err := m.role(tenant, name)
			if err != nil {
				return field, err
			}
			parts = append(parts, migrate.Part{Field: field, Record: &rolecall.Assignment{
				Subject: u.ID, Role: id, Scope: rolecall.Scope{Tenant: tenant}, Source: rolecall.SourceImport,
			}})
		}
		return "", nil
	}
	if field, err := assign("roleNames", "", in.RoleNames); err != nil {
		return field, err
	}
	for i, p := range in.UserTenants {
		field := fmt.Sprintf("userTenants[%d]", i)
		parts = append(parts, migrate.Part{Field: field + ".tenantId", Record: &rolecall.Membership{
			Tenant: p.TenantID, Subject: u.ID, Source: rolecall.SourceImport,
		}})
		if field, err := assign(field+".roleNames", p.TenantID, p.RoleNames); err != nil {
			return field, err
		}
	}
	name := u.Email
	if name == "" && len(logins) > 0 {
		name = logins[0]
	}
	m.item("user", or(name, in.UserID), e, parts...)
	return "", nil
}

// password returns a user's first password, nil if there is none, and the field
// that it or an error comes from. That an answer says that there is one gives
// none.
func (in *migrant) password(id rolecall.SubjectID, names []string) (*migrate.Password, string, error) {
	p := &migrate.Password{Subject: id, Names: names}
	var err error
	if p.Hash, err = in.HashedPassword.text(); err != nil {
		return nil, "hashedPassword", err
	}
	if p.Hash != "" {
		return p, "hashedPassword", identity.CheckHash("hashedPassword", p.Hash)
	}
	var answered bool
	switch {
	case len(in.Password) == 0 || isNull(in.Password) || json.Unmarshal(in.Password, &answered) == nil:
		return nil, "", nil
	case json.Unmarshal(in.Password, &p.Text) != nil:
		return nil, "password", errors.New("must be a string")
	case p.Text == "":
		return nil, "", nil
	}
	return p, "password", nil
}
