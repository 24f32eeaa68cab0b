package descope

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A user as this API shows it.
type user struct {
	UserID           string           `json:"userId"`
	LoginIDs         []string         `json:"loginIds"`
	Name             string           `json:"name"`
	GivenName        string           `json:"givenName"`
	MiddleName       string           `json:"middleName"`
	FamilyName       string           `json:"familyName"`
	Email            string           `json:"email"`
	VerifiedEmail    bool             `json:"verifiedEmail"`
	Phone            string           `json:"phone"`
	VerifiedPhone    bool             `json:"verifiedPhone"`
	RoleNames        []string         `json:"roleNames"` // held everywhere
	UserTenants      []userTenant     `json:"userTenants"`
	Status           string           `json:"status"`
	Picture          string           `json:"picture"`
	Test             bool             `json:"test"`
	CustomAttributes customAttributes `json:"customAttributes"`
	CreatedTime      int64            `json:"createdTime"`
	ModifiedTime     int64            `json:"modifiedTime"`
	TOTP             bool             `json:"TOTP"`
	SAML             bool             `json:"SAML"`
	SCIM             bool             `json:"SCIM"`
	WebAuthn         bool             `json:"webauthn"`
	Password         bool             `json:"password"`
	OAuth            map[string]bool  `json:"OAuth"`
	SSOAppIDs        []string         `json:"ssoAppIds"`
}

type userTenant struct {
	TenantID    string   `json:"tenantId"`
	TenantName  string   `json:"tenantName"`
	RoleNames   []string `json:"roleNames"`
	Permissions []string `json:"permissions"`
}

// userMore is what this API keeps beside a user.
type userMore struct {
	GivenName        string           `json:"givenName,omitempty"`
	MiddleName       string           `json:"middleName,omitempty"`
	FamilyName       string           `json:"familyName,omitempty"`
	Invited          bool             `json:"invited,omitempty"` // and has not signed in
	Test             bool             `json:"test,omitempty"`
	SCIM             bool             `json:"scim,omitempty"`
	CustomAttributes customAttributes `json:"customAttributes,omitempty"`
	SSOAppIDs        []string         `json:"ssoAppIds,omitempty"`
}

// What a user's status may be.
const (
	enabled  = "enabled"
	disabled = "disabled"
	invited  = "invited"
)

func status(u *rolecall.User, kept userMore) string {
	switch {
	case u.Blocked:
		return disabled
	case kept.Invited:
		return invited
	}
	return enabled
}

// setStatus gives a user a status. No text leaves it as it is.
func setStatus(u *rolecall.User, kept *userMore, text string) error {
	switch text {
	case "":
	case enabled, disabled:
		u.Blocked, kept.Invited = text == disabled, false
	case invited:
		u.Blocked, kept.Invited = false, true
	default:
		return invalidRequest.because("status must be enabled, disabled or invited")
	}
	return nil
}

type userReply struct {
	User user `json:"user"`
}

// showUser answers with a user.
func (c *call) showUser(id rolecall.SubjectID) (reply userReply, err error) {
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		all, err := c.usersWithIDs(ctx, v, []string{string(id)})
		if err == nil && len(all) == 0 {
			err = noUser.because("user %q does not exist", id)
		}
		if err == nil {
			reply.User = all[0]
		}
		return err
	})
}

// usersWithIDs returns those of the users with ids that exist, in ids' order.
func (c *call) usersWithIDs(ctx context.Context, v *rolecall.View, ids []string) ([]user, error) {
	found, err := related[*rolecall.User](ctx, v, rolecall.KindUser, "id", ids)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		if _, ok := at[id]; !ok {
			at[id] = i
		}
	}
	slices.SortFunc(found, func(a, b *rolecall.User) int { return at[a.Key()] - at[b.Key()] })
	return c.describeUsers(ctx, v, found)
}

// loaded returns the users with ids.
func (c *call) loaded(ids []string) (users []user, err error) {
	return users, c.view(func(ctx context.Context, v *rolecall.View) error {
		users, err = c.usersWithIDs(ctx, v, ids)
		return err
	})
}

// describeUsers adds to users what is known of them elsewhere.
func (c *call) describeUsers(ctx context.Context, v *rolecall.View, found []*rolecall.User) ([]user, error) {
	ids := keysOf(found)
	logins, err := related[*rolecall.LoginID](ctx, v, rolecall.KindLoginID, "subject", ids)
	if err != nil {
		return nil, err
	}
	loginsOf := map[rolecall.SubjectID][]string{}
	for _, l := range logins {
		loginsOf[l.Subject] = append(loginsOf[l.Subject], l.Login)
	}
	passwords, err := related[*rolecall.Credential](ctx, v, rolecall.KindCredential, "subject", ids, rolecall.Where("type", rolecall.Password))
	if err != nil && !errors.Is(err, rolecall.ErrForbidden) {
		return nil, err // who may not see passwords is told that there are none
	}
	hasPassword := map[rolecall.SubjectID]bool{}
	for _, p := range passwords {
		hasPassword[p.Subject] = true
	}
	holds, err := holdingsOf(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	names, err := namesOf(ctx, v, holds)
	if err != nil {
		return nil, err
	}

	all := make([]user, len(found))
	for i, u := range found {
		kept, err := more[userMore](u.Attributes)
		if err != nil {
			return nil, err
		}
		all[i] = user{
			UserID: string(u.ID), LoginIDs: list(loginsOf[u.ID]), Status: status(u, kept),
			Name: u.Name, GivenName: kept.GivenName, MiddleName: kept.MiddleName, FamilyName: kept.FamilyName,
			Email: u.Email, VerifiedEmail: u.EmailVerified, Phone: u.Phone, VerifiedPhone: u.PhoneVerified,
			RoleNames: called(names.roles, holds[u.ID][""]), UserTenants: c.userTenants(v, u.ID, holds[u.ID], names),
			Picture: u.Picture, Test: kept.Test, CustomAttributes: kept.CustomAttributes.shown(),
			CreatedTime: seconds(u.CreatedAt), ModifiedTime: seconds(u.UpdatedAt),
			SCIM: kept.SCIM, Password: hasPassword[u.ID], OAuth: map[string]bool{}, SSOAppIDs: list(kept.SSOAppIDs),
		}
	}
	return all, nil
}

// namings are names by id.
type namings struct {
	roles   map[rolecall.RoleID]string
	tenants map[rolecall.TenantID]string
}

// namesOf returns the names of all that holdings speak of.
func namesOf(ctx context.Context, v *rolecall.View, of map[rolecall.SubjectID]holdings) (names namings, err error) {
	var roles []string
	tenants := map[string]bool{}
	for _, h := range of {
		for tenant, held := range h {
			tenants[string(tenant)] = true
			roles = append(roles, texts(held)...)
		}
	}
	if names.roles, err = roleNames(ctx, v, roles); err != nil {
		return names, err
	}
	delete(tenants, "")
	ids := make([]string, 0, len(tenants))
	for id := range tenants {
		ids = append(ids, id)
	}
	found, err := related[*rolecall.Tenant](ctx, v, rolecall.KindTenant, "id", ids)
	names.tenants = make(map[rolecall.TenantID]string, len(found))
	for _, t := range found {
		names.tenants[t.ID] = t.Name
	}
	return names, err
}

// userTenants lists the tenants of a user, with what it holds there. The
// permissions are those that a token of the user's has.
func (c *call) userTenants(v *rolecall.View, id rolecall.SubjectID, holds holdings, names namings) []userTenant {
	permissions := map[rolecall.TenantID][]string{}
	if len(holds) > 0 {
		for _, t := range c.rc.Policy().Authority(id, "", "", v.Now()).Tenants {
			permissions[t.Tenant] = t.Permissions
		}
	}
	all := []userTenant{}
	for tenant, held := range holds {
		if tenant != "" {
			all = append(all, userTenant{
				TenantID: string(tenant), TenantName: names.tenants[tenant],
				RoleNames: called(names.roles, held), Permissions: list(permissions[tenant]),
			})
		}
	}
	slices.SortFunc(all, func(a, b userTenant) int { return strings.Compare(a.TenantID, b.TenantID) })
	return all
}

// findUser returns the user with a user id or, where there is none, with that as
// a login id: users choose their login ids, and must not come before another by
// choosing its user id.
func findUser(ctx context.Context, v *rolecall.View, loginID string) (*rolecall.User, error) {
	if err := required("loginId", loginID); err != nil {
		return nil, err
	}
	u, err := userWithID(ctx, v, rolecall.SubjectID(loginID))
	if !isReason(err, noUser) {
		return u, err
	}
	login, missing := rolecall.Look(ctx, v, &rolecall.LoginID{Login: identity.NormalLogin(loginID)})
	switch {
	case missing == nil:
		return userWithID(ctx, v, login.Subject)
	case errors.Is(missing, rolecall.ErrNotFound):
		return nil, err
	}
	return nil, missing
}

func userWithID(ctx context.Context, v *rolecall.View, id rolecall.SubjectID) (*rolecall.User, error) {
	u, err := rolecall.Look(ctx, v, &rolecall.User{ID: id})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = noUser.because("user %q does not exist", id)
	}
	return u, err
}

// A userRef names a user by a login id or by its user id.
type userRef struct {
	LoginID string             `json:"loginId"`
	UserID  rolecall.SubjectID `json:"userId"`
}

func (ref userRef) find(ctx context.Context, v *rolecall.View) (*rolecall.User, error) {
	switch {
	case ref.UserID != "":
		return userWithID(ctx, v, ref.UserID)
	case ref.LoginID != "":
		return findUser(ctx, v, ref.LoginID)
	}
	return nil, missingArgument.because("loginId or userId is required")
}

// loginsOf returns the login ids of a user.
func loginsOf(ctx context.Context, v *rolecall.View, id rolecall.SubjectID) ([]*rolecall.LoginID, error) {
	return related[*rolecall.LoginID](ctx, v, rolecall.KindLoginID, "subject", []string{string(id)})
}

// loadUser serves GET /v1/mgmt/user.
func (c *call) loadUser(in *userRef) (userReply, error) {
	var id rolecall.SubjectID
	err := c.view(func(ctx context.Context, v *rolecall.View) error {
		u, err := in.find(ctx, v)
		if err == nil {
			id = u.ID
		}
		return err
	})
	if err != nil {
		return userReply{}, err
	}
	return c.showUser(id)
}

// A userChange changes a user and what is kept beside it, and returns what else
// to do in the same write.
type userChange func(context.Context, *rolecall.View, *rolecall.User, *userMore) ([]rolecall.Op, error)

// changeUser makes a write that changes one user, and answers with it.
func (c *call) changeUser(loginID string, change userChange) (userReply, error) {
	var id rolecall.SubjectID
	if _, err := c.write(change.of(loginID, &id)); err != nil {
		return userReply{}, err
	}
	return c.showUser(id)
}

// of returns the operation that changes a user, whose id it notes.
func (change userChange) of(loginID string, id *rolecall.SubjectID) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		u, err := findUser(ctx, v, loginID)
		if err != nil {
			return nil, err
		}
		*id = u.ID
		kept, err := more[userMore](u.Attributes)
		if err != nil {
			return nil, err
		}
		ops, err := change(ctx, v, u, &kept)
		if err != nil {
			return nil, err
		}
		u.Attributes, err = withMore(u.Attributes, kept)
		return append([]rolecall.Op{rolecall.Update(u)}, ops...), err
	})
}
