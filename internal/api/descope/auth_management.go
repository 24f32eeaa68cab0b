package descope

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
)

// This file is what management keys do with users' passwords, logins and tokens.

// userOf returns the id of the user with a login id or user id.
func (c *call) userOf(loginID string) (id rolecall.SubjectID, err error) {
	return id, c.view(func(ctx context.Context, v *rolecall.View) error {
		u, err := findUser(ctx, v, loginID)
		if err == nil {
			id = u.ID
		}
		return err
	})
}

// A passwordSetting is a password that somebody gives a user.
type passwordSetting struct {
	LoginID   string `json:"loginId"`
	Password  string `json:"password"`
	SetActive bool   `json:"setActive"`
}

// setActivePassword serves POST /v1/mgmt/user/password/set/active.
func (c *call) setActivePassword(in *passwordSetting) (none, error) {
	in.SetActive = true
	return c.setPassword(in)
}

// setTemporaryPassword serves POST /v1/mgmt/user/password/set/temporary.
func (c *call) setTemporaryPassword(in *passwordSetting) (none, error) {
	in.SetActive = false
	return c.setPassword(in)
}

// setPassword serves POST /v1/mgmt/user/password/set. The password has to be
// replaced at the next sign-in unless the call says otherwise.
func (c *call) setPassword(in *passwordSetting) (none, error) {
	if err := cmp.Or(required("loginId", in.LoginID), required("password", in.Password)); err != nil {
		return none{}, err
	}
	id, err := c.userOf(in.LoginID)
	if err == nil {
		_, err = c.identity.SetPassword(c.r.Context(), c.by, id, identity.PasswordChange{Password: in.Password, Temporary: !in.SetActive})
	}
	return none{}, err
}

// expirePassword serves POST /v1/mgmt/user/password/expire.
func (c *call) expirePassword(in *struct {
	LoginID string `json:"loginId"`
}) (none, error) {
	id, err := c.userOf(in.LoginID)
	if err == nil {
		_, err = c.identity.ExpirePassword(c.r.Context(), c.by, id)
	}
	return none{}, err
}

// logoutUser serves POST /v1/mgmt/user/logout. Who may change the user may.
func (c *call) logoutUser(in *userRef) (none, error) {
	var id rolecall.SubjectID
	_, err := c.write(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		u, err := in.find(ctx, v)
		if err != nil {
			return nil, err
		}
		id = u.ID
		return []rolecall.Op{rolecall.Update(u)}, nil // the same: it changes nothing, and asks whether the caller may
	}))
	if err != nil {
		return none{}, err
	}
	return none{}, c.identity.EndLogins(c.r.Context(), id)
}

// lifetime returns how long a number of seconds is, whole if it is 0.
func lifetime(seconds int64, whole time.Duration) (time.Duration, error) {
	if seconds < 0 || seconds > int64(identity.LoginLifetime/time.Second) {
		return 0, invalidArgument.because("refreshDuration must be from 0 to %d", identity.LoginLifetime/time.Second)
	}
	if seconds == 0 {
		return whole, nil
	}
	return time.Duration(seconds) * time.Second, nil
}

// signInAs serves POST /v1/mgmt/auth/signin: tokens of a user whom the
// application has recognised in its own way. Who may act as the user may.
func (c *call) signInAs(in *struct {
	LoginID             string `json:"loginId"`
	CustomClaims        claims `json:"customClaims"`
	RevokeOtherSessions bool   `json:"revokeOtherSessions"`
	RefreshDuration     int64  `json:"refreshDuration"`
}) (reply jwtReply, err error) {
	if err := in.CustomClaims.check(); err != nil {
		return reply, err
	}
	lasts, err := lifetime(in.RefreshDuration, identity.LoginLifetime)
	if err != nil {
		return reply, err
	}
	id, err := c.userOf(in.LoginID)
	if err == nil {
		err = c.identity.MayActAs(c.r.Context(), c.by, id)
	}
	if err != nil {
		return reply, err
	}
	l, err := c.identity.BeginLogin(c.r.Context(), identity.NewLogin{
		Subject: id, From: api.Address(c.r), Lifetime: lasts, Alone: in.RevokeOtherSessions, Note: noted,
	})
	if err != nil {
		return reply, err
	}
	return c.welcome(l, ticket{own: in.CustomClaims})
}

// updateJWT serves POST /v1/mgmt/jwt/update: the same token, with claims merged
// in and with the roles and permissions of now. Who may act as its subject may.
func (c *call) updateJWT(in *struct {
	JWT             string `json:"jwt"`
	CustomClaims    claims `json:"customClaims"`
	RefreshDuration int64  `json:"refreshDuration"`
}) (reply struct {
	JWT string `json:"jwt"`
}, err error) {
	if err := cmp.Or(required("jwt", in.JWT), in.CustomClaims.check()); err != nil {
		return reply, err
	}
	t, err := c.readToken(in.JWT)
	if err != nil {
		return reply, err
	}
	now := c.rc.Now()
	lasts, err := lifetime(in.RefreshDuration, t.expires.Sub(now))
	if err != nil {
		return reply, err
	}
	end, err := c.holder(&t)
	if err == nil {
		err = c.identity.MayActAs(c.r.Context(), c.by, t.subject)
	}
	if err != nil {
		return reply, err
	}
	if t.expires = now.Add(lasts); !end.IsZero() && end.Before(t.expires) {
		t.expires = end
	}
	maps.Copy(t.own, in.CustomClaims)
	if err := t.own.check(); err != nil {
		return reply, err
	}
	reply.JWT, _, err = c.sign(t)
	return reply, err
}

// holder finds out whose authority a token says, and when that ends which it
// belongs to: a login, or an access key.
func (c *call) holder(t *ticket) (end time.Time, err error) {
	if t.login != "" {
		l, err := c.identity.FindLogin(c.r.Context(), t.login)
		if err != nil {
			return end, err
		}
		return l.ExpiresAt, nil
	}
	err = c.view(func(ctx context.Context, v *rolecall.View) error {
		key, err := rolecall.Look(ctx, v, &rolecall.Credential{ID: rolecall.CredentialID(t.id)})
		if errors.Is(err, rolecall.ErrNotFound) || err == nil && (key.Type != rolecall.AccessKey || key.Disabled || !key.Validity.At(v.Now())) {
			return identity.ErrBadCredentials
		}
		if err == nil {
			t.subject, end = key.Subject, key.ExpiresAt
		}
		return err
	})
	return end, err
}
