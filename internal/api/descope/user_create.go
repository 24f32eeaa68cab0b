package descope

import (
	"context"
	"errors"
	"slices"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A newUser is a user to be made, or what an update puts in the place of what
// is there.
type newUser struct {
	LoginID               string           `json:"loginId"`
	Email                 string           `json:"email"`
	VerifiedEmail         *bool            `json:"verifiedEmail"`
	Phone                 string           `json:"phone"`
	VerifiedPhone         *bool            `json:"verifiedPhone"`
	DisplayName           string           `json:"displayName"`
	GivenName             string           `json:"givenName"`
	MiddleName            string           `json:"middleName"`
	FamilyName            string           `json:"familyName"`
	RoleNames             []string         `json:"roleNames"`
	UserTenants           []place          `json:"userTenants"`
	CustomAttributes      customAttributes `json:"customAttributes"`
	Picture               string           `json:"picture"`
	AdditionalLoginIDs    []string         `json:"additionalLoginIds"`
	AdditionalIdentifiers []string         `json:"additionalIdentifiers"` // the same, of some SDKs
	SSOAppIDs             []string         `json:"ssoAppIDs"`
	Status                string           `json:"status"`
	Test                  bool             `json:"test"`
	Invite                bool             `json:"invite"`
}

// profile puts in into a user, of whom logins are the login ids.
func (in newUser) profile(u *rolecall.User, kept *userMore, logins []string) error {
	u.Name, u.Picture = in.DisplayName, in.Picture
	setAddress(&u.Email, &u.EmailVerified, in.Email, in.VerifiedEmail, logins)
	setAddress(&u.Phone, &u.PhoneVerified, in.Phone, in.VerifiedPhone, logins)
	kept.GivenName, kept.MiddleName, kept.FamilyName = in.GivenName, in.MiddleName, in.FamilyName
	kept.CustomAttributes, kept.SSOAppIDs = in.CustomAttributes.set(), in.SSOAppIDs
	return setStatus(u, kept, in.Status)
}

// setAddress changes an e-mail address or phone number. It is verified if the
// caller says so, and by itself if it is a login id too or was verified before.
func setAddress(old *string, verified *bool, to string, said *bool, logins []string) {
	to = identity.NormalLogin(to)
	switch {
	case said != nil:
		*verified = *said && to != ""
	case slices.Contains(logins, to):
		*verified = true
	case to != *old:
		*verified = false
	}
	*old = to
}

// normal returns the normal forms of login ids, each once.
func normal(typed ...string) (logins []string) {
	for _, text := range typed {
		if login := identity.NormalLogin(text); login != "" && !slices.Contains(logins, login) {
			logins = append(logins, login)
		}
	}
	return logins
}

// logins returns the operations that add login ids to a user. One that another
// user has is refused.
func addLogins(ctx context.Context, v *rolecall.View, id rolecall.SubjectID, logins []string) (ops []rolecall.Op, err error) {
	for _, login := range logins {
		l := &rolecall.LoginID{Login: login, Subject: id}
		switch found, err := rolecall.Look(ctx, v, l); {
		case errors.Is(err, rolecall.ErrNotFound):
			ops = append(ops, rolecall.Create(l))
		case err != nil:
			return nil, err
		case found.Subject != id:
			return nil, userExists.because("the login id %q belongs to a user already", login)
		}
	}
	return ops, nil
}

// newUserID returns an id as this API has them.
func newUserID() rolecall.SubjectID { return rolecall.SubjectID("U" + rolecall.RandomText(27)) }

// create returns the operation that makes the user with an id. secret, if it is
// not nil, makes its password.
func (in newUser) create(id rolecall.SubjectID, secret *rolecall.Credential) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := required("loginId", in.LoginID); err != nil {
			return nil, err
		}
		logins := normal(append(append([]string{in.LoginID}, in.AdditionalLoginIDs...), in.AdditionalIdentifiers...)...)
		if len(logins) == 0 {
			return nil, invalidRequest.because("loginId must not be blank")
		}
		switch {
		case in.Email == "" && isEmail(logins[0]):
			in.Email = logins[0]
		case in.Phone == "" && isPhone(logins[0]):
			in.Phone = logins[0]
		}
		u, kept := &rolecall.User{ID: id}, userMore{Test: in.Test, Invited: true}
		if err := in.profile(u, &kept, logins); err != nil {
			return nil, err
		}
		var err error
		if u.Attributes, err = withMore(nil, kept); err != nil {
			return nil, err
		}
		ops := []rolecall.Op{rolecall.Create(u)}
		add, err := addLogins(ctx, v, id, logins)
		if err != nil {
			return nil, err
		}
		ops = append(ops, add...)
		if secret != nil {
			ops = append(ops, rolecall.Create(secret))
		}
		holds, err := settle(ctx, v, id, in.RoleNames, in.UserTenants)
		return append(ops, holds...), err
	})
}

// createUser serves POST /v1/mgmt/user/create, and by invite too: somebody who
// is there is invited again, which changes nothing. No message is sent.
func (c *call) createUser(in *newUser) (userReply, error) {
	if in.Invite {
		var there *rolecall.User
		err := c.view(func(ctx context.Context, v *rolecall.View) (err error) {
			there, err = findUser(ctx, v, in.LoginID)
			return err
		})
		switch {
		case err == nil:
			return c.showUser(there.ID)
		case !isReason(err, noUser):
			return userReply{}, err
		}
	}
	id := newUserID()
	if _, err := c.write(in.create(id, nil)); err != nil {
		return userReply{}, err
	}
	return c.showUser(id)
}

// createTestUser serves POST /v1/mgmt/user/create/test.
func (c *call) createTestUser(in *newUser) (userReply, error) {
	in.Test = true
	return c.createUser(in)
}

// updateUser serves POST /v1/mgmt/user/update. It replaces the whole profile,
// roles and tenants. Login ids are added, never removed, and a status that is
// left out stays.
func (c *call) updateUser(in *newUser) (userReply, error) {
	return c.changeUser(in.LoginID, func(ctx context.Context, v *rolecall.View, u *rolecall.User, kept *userMore) ([]rolecall.Op, error) {
		more := normal(append(in.AdditionalLoginIDs, in.AdditionalIdentifiers...)...)
		ops, err := addLogins(ctx, v, u.ID, more)
		if err != nil {
			return nil, err
		}
		logins, err := loginsOf(ctx, v, u.ID)
		if err != nil {
			return nil, err
		}
		if err := in.profile(u, kept, append(more, keysOf(logins)...)); err != nil {
			return nil, err
		}
		holds, err := settle(ctx, v, u.ID, list(in.RoleNames), list(in.UserTenants))
		return append(ops, holds...), err
	})
}
