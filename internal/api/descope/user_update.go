package descope

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// setUserStatus serves POST /v1/mgmt/user/update/status.
func (c *call) setUserStatus(in *struct {
	LoginID string `json:"loginId"`
	Status  string `json:"status"`
}) (userReply, error) {
	if err := required("status", in.Status); err != nil {
		return userReply{}, err
	}
	return c.changeUser(in.LoginID, userPatch{Status: in.Status}.change)
}

// setLoginID serves POST /v1/mgmt/user/update/loginid. The last login id of a
// user can't be removed.
func (c *call) setLoginID(in *struct {
	LoginID    string `json:"loginId"`
	NewLoginID string `json:"newLoginId"`
}) (userReply, error) {
	return c.changeUser(in.LoginID, func(ctx context.Context, v *rolecall.View, u *rolecall.User, _ *userMore) ([]rolecall.Op, error) {
		logins, err := loginsOf(ctx, v, u.ID)
		if err != nil {
			return nil, err
		}
		old, to := identity.NormalLogin(in.LoginID), identity.NormalLogin(in.NewLoginID)
		at := slices.IndexFunc(logins, func(l *rolecall.LoginID) bool { return l.Login == old })
		switch {
		case at < 0:
			return nil, invalidArgument.because("loginId must be a login id, which the user's id is not")
		case to == "" && len(logins) == 1:
			return nil, invalidArgument.because("the last login id of a user can't be removed")
		case to == old:
			return nil, nil
		}
		ops, err := addLogins(ctx, v, u.ID, normal(to))
		return append(ops, rolecall.Delete(logins[at])), err
	})
}

// setEmail serves POST /v1/mgmt/user/update/email. No address removes it.
func (c *call) setEmail(in *struct {
	LoginID        string `json:"loginId"`
	Email          string `json:"email"`
	Verified       bool   `json:"verified"`
	FailOnConflict bool   `json:"failOnConflict"`
}) (userReply, error) {
	return c.changeUser(in.LoginID, func(ctx context.Context, v *rolecall.View, u *rolecall.User, _ *userMore) ([]rolecall.Op, error) {
		setAddress(&u.Email, &u.EmailVerified, in.Email, &in.Verified, nil)
		if !in.FailOnConflict {
			return nil, nil
		}
		return nil, nobodyElse(ctx, v, u.ID, "email", u.Email)
	})
}

// setPhone serves POST /v1/mgmt/user/update/phone. No number removes it.
func (c *call) setPhone(in *struct {
	LoginID        string `json:"loginId"`
	Phone          string `json:"phone"`
	Verified       bool   `json:"verified"`
	FailOnConflict bool   `json:"failOnConflict"`
}) (userReply, error) {
	return c.changeUser(in.LoginID, func(ctx context.Context, v *rolecall.View, u *rolecall.User, _ *userMore) ([]rolecall.Op, error) {
		setAddress(&u.Phone, &u.PhoneVerified, in.Phone, &in.Verified, nil)
		if !in.FailOnConflict {
			return nil, nil
		}
		return nil, nobodyElse(ctx, v, u.ID, "phone", u.Phone)
	})
}

// nobodyElse refuses an address that another user has, or signs in with.
func nobodyElse(ctx context.Context, v *rolecall.View, id rolecall.SubjectID, field, address string) error {
	if address == "" {
		return nil
	}
	taken := userExists.because("another user has this %s", field)
	users, err := related[*rolecall.User](ctx, v, rolecall.KindUser, field, []string{address})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(users, func(u *rolecall.User) bool { return u.ID != id }) {
		return taken
	}
	login, err := rolecall.Look(ctx, v, &rolecall.LoginID{Login: address})
	switch {
	case errors.Is(err, rolecall.ErrNotFound):
		return nil
	case err == nil && login.Subject != id:
		return taken
	}
	return err
}

// setName serves POST /v1/mgmt/user/update/name: the names that it is given.
func (c *call) setName(in *struct {
	LoginID     string  `json:"loginId"`
	DisplayName *string `json:"displayName"`
	GivenName   *string `json:"givenName"`
	MiddleName  *string `json:"middleName"`
	FamilyName  *string `json:"familyName"`
}) (userReply, error) {
	return c.changeUser(in.LoginID, userPatch{
		DisplayName: in.DisplayName, GivenName: in.GivenName, MiddleName: in.MiddleName, FamilyName: in.FamilyName,
	}.change)
}

// setPicture serves POST /v1/mgmt/user/update/picture.
func (c *call) setPicture(in *struct {
	LoginID string `json:"loginId"`
	Picture string `json:"picture"`
}) (userReply, error) {
	return c.changeUser(in.LoginID, userPatch{Picture: &in.Picture}.change)
}

// setCustomAttribute serves POST /v1/mgmt/user/update/customAttribute.
func (c *call) setCustomAttribute(in *struct {
	LoginID string          `json:"loginId"`
	Key     string          `json:"attributeKey"`
	Value   json.RawMessage `json:"attributeValue"`
}) (userReply, error) {
	if err := required("attributeKey", in.Key); err != nil {
		return userReply{}, err
	}
	return c.changeUser(in.LoginID, userPatch{CustomAttributes: customAttributes{in.Key: in.Value}}.change)
}

// deleteUser serves POST /v1/mgmt/user/delete.
func (c *call) deleteUser(in *userRef) (none, error) {
	return c.do(in.delete())
}

func (ref userRef) delete() rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		u, err := ref.find(ctx, v)
		if err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Delete(u)}, nil
	})
}

// deleteUsers serves POST /v1/mgmt/user/delete/batch.
func (c *call) deleteUsers(in *struct {
	UserIDs []rolecall.SubjectID `json:"userIds"`
}) (none, error) {
	return each(c, "userIds", in.UserIDs, func(id rolecall.SubjectID) rolecall.Op { return userRef{UserID: id}.delete() })
}

// deleteTestUsers serves DELETE /v1/mgmt/user/test/delete/all.
func (c *call) deleteTestUsers(*none) (none, error) {
	return c.do(rolecall.Plan(func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		users, err := rolecall.All[*rolecall.User](ctx, v, rolecall.Query{Kind: rolecall.KindUser})
		for _, u := range users {
			kept, err := more[userMore](u.Attributes)
			if err != nil {
				return nil, err
			}
			if kept.Test {
				ops = append(ops, rolecall.Delete(u))
			}
		}
		return ops, err
	}))
}
