package auth0

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// userMore is what this API keeps beside a user.
type userMore struct {
	Connection string  `json:"connection,omitempty"` // by name; "" is the first one
	Extra      members `json:"extra,omitempty"`
}

// An account is a user with what is known of it elsewhere.
type account struct {
	*rolecall.User
	kept      userMore
	profile   profile
	username  string
	lastLogin time.Time
	lastReset time.Time // of the password
}

// A profile is what is known of a user in attributes that every door shares, by
// the names that OpenID Connect and Auth0 have for them. Tokens show the names.
type profile struct {
	GivenName    string  `json:"given_name"`
	FamilyName   string  `json:"family_name"`
	Nickname     string  `json:"nickname"`
	UserMetadata members `json:"user_metadata"`
	AppMetadata  members `json:"app_metadata"`
}

// each calls visit with each attribute.
func (p *profile) each(visit func(name string, at any)) {
	visit("given_name", &p.GivenName)
	visit("family_name", &p.FamilyName)
	visit("nickname", &p.Nickname)
	visit("user_metadata", &p.UserMetadata)
	visit("app_metadata", &p.AppMetadata)
}

// profileOf reads a profile from attributes. What has another form there is left out.
func profileOf(a rolecall.Attributes) (p profile) {
	var all members
	if json.Unmarshal(a, &all) == nil {
		p.each(func(name string, at any) { json.Unmarshal(all[name], at) })
	}
	return p
}

// withProfile returns a with p in the place of what profileOf reads. What has
// another form stays, unless p has it.
func withProfile(a rolecall.Attributes, p profile) (rolecall.Attributes, error) {
	all := members{}
	if len(a) > 0 {
		if err := json.Unmarshal(a, &all); err != nil {
			return nil, fmt.Errorf("attributes: %v: %w", err, rolecall.ErrCorrupt)
		}
	}
	was := map[string]string{}
	old := profileOf(a)
	old.each(func(name string, at any) { was[name] = jsonOf(at) })
	p.each(func(name string, at any) {
		switch text := jsonOf(at); {
		case text == was[name]:
		case text == `""` || text == "null" || text == "{}":
			delete(all, name)
		default:
			all[name] = json.RawMessage(text)
		}
	})
	return json.Marshal(all)
}

// jsonOf returns the JSON of texts and members, which always have one.
func jsonOf(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// provider returns the two parts of a user's id: where it comes from, and its
// id there.
func provider(id rolecall.SubjectID) (from, rest string) {
	if from, rest, ok := strings.Cut(string(id), "|"); ok && from != "" && rest != "" {
		return from, rest
	}
	return identity.PasswordStrategy, string(id)
}

// describe returns a user as this API shows it.
func (a *account) describe() object {
	o := object{}
	for name, value := range a.kept.Extra {
		o[name] = value
	}
	from, rest := provider(a.ID)
	o["user_id"] = a.ID
	o["identities"] = []object{{
		"connection": cmp.Or(a.kept.Connection, identity.FirstConnectionName),
		"user_id":    rest, "provider": from, "isSocial": from != identity.PasswordStrategy,
	}}
	o["created_at"], o["updated_at"] = stamp(a.CreatedAt), stamp(a.UpdatedAt)
	o["email_verified"], o["blocked"] = a.EmailVerified, a.Blocked
	o.set("email", a.Email)
	o.set("username", a.username)
	if a.Phone != "" {
		o["phone_number"], o["phone_verified"] = a.Phone, a.PhoneVerified
	}
	known := cmp.Or(a.Email, a.username, a.Phone)
	o.set("name", cmp.Or(a.Name, known))
	local, _, _ := strings.Cut(known, "@")
	o.set("nickname", cmp.Or(a.profile.Nickname, local))
	o.set("given_name", a.profile.GivenName)
	o.set("family_name", a.profile.FamilyName)
	o.set("picture", a.Picture)
	o.set("last_login", stamp(a.lastLogin))
	o.set("last_password_reset", stamp(a.lastReset))
	if len(a.profile.UserMetadata) > 0 {
		o["user_metadata"] = a.profile.UserMetadata
	}
	if len(a.profile.AppMetadata) > 0 {
		o["app_metadata"] = a.profile.AppMetadata
	}
	return o
}

// summary returns what lists of members show of a user.
func summary(u *rolecall.User) object {
	o := object{"user_id": u.ID}
	o.set("email", u.Email)
	o.set("name", cmp.Or(u.Name, u.Email))
	o.set("picture", u.Picture)
	return o
}

// loadAccounts adds to users what is known of them elsewhere.
func loadAccounts(ctx context.Context, v *rolecall.View, users []*rolecall.User) ([]*account, error) {
	ids := make([]string, len(users))
	all := make([]*account, len(users))
	of := map[rolecall.SubjectID]*account{}
	for i, u := range users {
		kept, err := more[userMore](u.Attributes)
		if err != nil {
			return nil, err
		}
		ids[i], all[i] = string(u.ID), &account{User: u, kept: kept, profile: profileOf(u.Attributes)}
		of[u.ID] = all[i]
	}
	logins, err := related[*rolecall.LoginID](ctx, v, rolecall.KindLoginID, "subject", ids)
	if err != nil {
		return nil, err
	}
	for _, l := range logins {
		if a := of[l.Subject]; a.username == "" && isUsername(l.Login) {
			a.username = l.Login
		}
	}
	return all, nil
}

// addSignIns adds to accounts when their passwords were used and set. Who may
// not see passwords is not told. It is for no view inside a write.
func (c *call) addSignIns(ctx context.Context, v *rolecall.View, accounts []*account) error {
	of := map[rolecall.SubjectID]*account{}
	ids := make([]string, len(accounts))
	for i, a := range accounts {
		ids[i], of[a.ID] = string(a.ID), a
	}
	passwords, err := related[*rolecall.Credential](ctx, v, rolecall.KindCredential, "subject", ids, rolecall.Where("type", rolecall.Password))
	if errors.Is(err, rolecall.ErrForbidden) || err == nil && len(passwords) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	credentials := make([]rolecall.CredentialID, len(passwords))
	for i, p := range passwords {
		credentials[i] = p.ID
	}
	used, err := c.identity.LastUsed(ctx, credentials...)
	for _, p := range passwords {
		a := of[p.Subject]
		if a.lastLogin = used[p.ID]; p.UpdatedAt.After(p.CreatedAt) {
			a.lastReset = p.UpdatedAt
		}
	}
	return err
}

// describeUsers returns users as this API shows them.
func (c *call) describeUsers(ctx context.Context, v *rolecall.View, users []*rolecall.User) ([]object, error) {
	all, err := loadAccounts(ctx, v, users)
	if err == nil {
		err = c.addSignIns(ctx, v, all)
	}
	return each(all, (*account).describe), err
}

// isUsername reports whether a login id is neither an e-mail address nor a
// phone number.
func isUsername(login string) bool {
	return !strings.Contains(login, "@") && !strings.HasPrefix(login, "+")
}

// findUser returns the user with an id.
func findUser(ctx context.Context, v *rolecall.View, id string) (*rolecall.User, error) {
	u, err := rolecall.Look(ctx, v, &rolecall.User{ID: rolecall.SubjectID(id)})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = noUser.because("The user does not exist.")
	}
	return u, err
}

// usersWithIDs returns the users with ids, which a body named: each must exist.
func usersWithIDs(ctx context.Context, v *rolecall.View, name string, ids []string) ([]*rolecall.User, error) {
	if len(ids) == 0 {
		return nil, required(name)
	}
	ids = texts(ids)
	users, err := related[*rolecall.User](ctx, v, rolecall.KindUser, "id", ids)
	if err == nil && len(users) < len(ids) {
		there := byKey(users)
		missing := slices.IndexFunc(ids, func(id string) bool { return there[id] == nil })
		err = invalidBody.because("%s: the user %q does not exist", name, ids[missing])
	}
	return users, err
}

// showUser answers with a user, as it is now.
func (c *call) showUser(status int, id string) (answer reply, err error) {
	err = c.view(func(ctx context.Context, v *rolecall.View) error {
		u, err := findUser(ctx, v, id)
		if err != nil {
			return err
		}
		all, err := c.describeUsers(ctx, v, []*rolecall.User{u})
		if err == nil {
			answer, err = c.one(all[0])
		}
		return err
	})
	answer.status = status
	return answer, err
}

// getUser serves GET /users/{id}.
func getUser(c *call) (reply, error) { return c.showUser(200, c.named["id"]) }

// usersByEmail serves GET /users-by-email: always an array.
func usersByEmail(c *call) (answer reply, err error) {
	email := c.text("email")
	if identity.NormalLogin(email) == "" { // which would be everybody without one
		return reply{}, invalidQuery.because("Query validation error: 'Missing required property: email'.")
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := related[*rolecall.User](ctx, v, rolecall.KindUser, "email", texts([]string{email, identity.NormalLogin(email)}))
		if err != nil {
			return err
		}
		all, err := c.describeUsers(ctx, v, found)
		if err == nil {
			answer, err = c.answer(paging{}, "", all, 0, "", nil)
		}
		return err
	})
}

// deleteUser serves DELETE /users/{id}.
func deleteUser(c *call) (reply, error) {
	return c.vanish(rolecall.Delete(&rolecall.User{ID: rolecall.SubjectID(c.named["id"])}))
}

// setMetadata merges what was sent into metadata at the first level; null
// removes a member, and for the whole everything.
func setMetadata(name string, to *members, value json.RawMessage) error {
	var in members
	if err := scan(name, value, &in); err != nil {
		return err
	}
	if *to = to.patched(in); in == nil || len(*to) == 0 {
		*to = nil
	}
	return nil
}
