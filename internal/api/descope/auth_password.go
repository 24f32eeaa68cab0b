package descope

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
)

// This file is how users come in by a password.

// byPassword is what a token says of a user who came in by a password (RFC 8176).
var byPassword = []string{"pwd"}

// loginOptions are wishes for a login. Others have no meaning here. Anybody may
// send them, the user as well as an application: what they claim stands apart in a
// token, so that nothing takes it for what the application said.
type loginOptions struct {
	CustomClaims        claims `json:"customClaims"`
	RevokeOtherSessions bool   `json:"revokeOtherSessions"`
}

// passwordCall is what signing up and in by a password take.
type passwordCall struct {
	LoginID      string       `json:"loginId"`
	Password     string       `json:"password"`
	LoginOptions loginOptions `json:"loginOptions"`
}

func (in passwordCall) check(c *call) error {
	return cmp.Or(c.anybody(), required("loginId", in.LoginID), required("password", in.Password), in.LoginOptions.CustomClaims.fit())
}

// anybody refuses a bearer that holds more than a call takes that needs no
// token. Applications may send a user's token along.
func (c *call) anybody() error {
	if len(c.bearer) == 0 || strings.HasPrefix(c.bearer[0], identity.KeyPrefix) {
		return c.nothingAfter(0)
	}
	if _, err := c.readToken(c.bearer[0]); err != nil {
		return err
	}
	return c.nothingAfter(1)
}

// signIn serves POST /v1/auth/password/signin. An unknown login id is answered
// as a wrong password is.
func (c *call) signIn(in *passwordCall) (reply jwtReply, err error) {
	if err := in.check(c); err != nil {
		return reply, err
	}
	return c.logIn(in.LoginID, in.Password, in.LoginOptions)
}

// noted is what the sign-in log says of this door.
var noted = identity.Event{Door: door}

func (c *call) logIn(loginID, password string, o loginOptions) (reply jwtReply, err error) {
	l, err := c.identity.LogIn(c.r.Context(), identity.SignIn{Login: loginID, Password: password, From: api.Address(c.r), Note: noted},
		identity.NewLogin{Alone: o.RevokeOtherSessions, Agent: c.r.UserAgent()})
	if err != nil {
		return reply, err
	}
	return c.welcome(l, ticket{methods: byPassword, nested: o.CustomClaims})
}

// signUp serves POST /v1/auth/password/signup: it makes the user, who then is
// signed in. What could refuse it is asked before.
func (c *call) signUp(in *struct {
	passwordCall
	User struct {
		Name       string `json:"name"`
		GivenName  string `json:"givenName"`
		MiddleName string `json:"middleName"`
		FamilyName string `json:"familyName"`
		Email      string `json:"email"`
		Phone      string `json:"phone"`
	} `json:"user"`
}) (reply jwtReply, err error) {
	if err := in.check(c); err != nil {
		return reply, err
	}
	login := identity.NormalLogin(in.LoginID)
	withdraw, err := c.identity.BeginSignUp(c.r.Context(), "", login, c.r.RemoteAddr)
	if err != nil {
		return reply, err
	}
	defer func() {
		if errors.Is(err, rolecall.ErrInvalid) && !isReason(err, userExists) { // which tells nothing of others
			withdraw()
		}
	}()
	if c.rc.Policy().KindOf(rolecall.SubjectID(login)) != "" { // management calls take both, and must not take one for the other
		return reply, userExists.because("the login id is the id of somebody else")
	}
	u := identity.NewUser{Password: in.Password, LoginIDs: []string{login}, User: rolecall.User{
		ID: newUserID(), Name: in.User.Name, Email: identity.NormalLogin(in.User.Email), Phone: identity.NormalLogin(in.User.Phone),
	}}
	switch {
	case u.Email == "" && isEmail(login):
		u.Email = login
	case u.Phone == "" && isPhone(login):
		u.Phone = login
	}
	u.Attributes, err = withMore(nil, userMore{GivenName: in.User.GivenName, MiddleName: in.User.MiddleName, FamilyName: in.User.FamilyName})
	if err != nil {
		return reply, err
	}
	c.self(u.ID)
	if _, _, err := c.identity.CreateUser(c.r.Context(), c.by, u); errors.Is(err, rolecall.ErrConflict) {
		return reply, userExists.because("the login id belongs to a user already")
	} else if err != nil {
		return reply, err
	}
	reply, err = c.firstLogin(u.ID, in.LoginOptions.CustomClaims)
	if err != nil { // whoever is told that it failed must be able to try again
		undo := context.WithoutCancel(c.r.Context())
		_, undone := c.rc.Write(undo, c.by, rolecall.Delete(&rolecall.User{ID: u.ID}))
		return jwtReply{}, errors.Join(err, undone)
	}
	return reply, nil
}

// firstLogin signs in a user who was just made.
func (c *call) firstLogin(id rolecall.SubjectID, nested claims) (reply jwtReply, err error) {
	l, err := c.identity.BeginLogin(c.r.Context(), identity.NewLogin{Subject: id, From: api.Address(c.r), Agent: c.r.UserAgent(), Note: noted})
	if err != nil {
		return reply, err
	}
	reply, err = c.welcome(l, ticket{methods: byPassword, nested: nested})
	reply.FirstSeen = true
	return reply, err
}

// replacePassword serves POST /v1/auth/password/replace, which a password that
// has to be replaced opens too.
func (c *call) replacePassword(in *struct {
	LoginID     string `json:"loginId"`
	OldPassword string `json:"oldPassword"`
	NewPassword string `json:"newPassword"`
}) (reply jwtReply, err error) {
	if err := cmp.Or(c.anybody(), required("loginId", in.LoginID), required("oldPassword", in.OldPassword), required("newPassword", in.NewPassword)); err != nil {
		return reply, err
	}
	proof := identity.SignIn{Login: in.LoginID, Password: in.OldPassword, From: api.Address(c.r), Note: identity.Event{Door: door, Agent: c.r.UserAgent()}}
	if err := c.identity.ChangePassword(c.r.Context(), proof, in.NewPassword); err != nil {
		return reply, err
	}
	return c.logIn(in.LoginID, in.NewPassword, loginOptions{})
}

// updatePassword serves POST /v1/auth/password/update, by the user of a login,
// which alone of the user's goes on.
func (c *call) updatePassword(in *struct {
	LoginID     string `json:"loginId"`
	NewPassword string `json:"newPassword"`
}) (none, error) {
	s, err := c.session(c.identity.FindLogin)
	if err == nil {
		err = cmp.Or(required("loginId", in.LoginID), required("newPassword", in.NewPassword))
	}
	if err != nil {
		return none{}, err
	}
	owner, err := c.userOf(in.LoginID)
	if isReason(err, noUser) || err == nil && owner != s.Subject {
		err = forbidden.because("the login id is not one of the user's")
	}
	if err != nil {
		return none{}, err
	}
	return none{}, c.identity.UpdatePassword(c.r.Context(), s.Login, in.NewPassword)
}

// passwordPolicy serves GET /v1/auth/password/policy.
func (c *call) passwordPolicy(*none) (reply struct {
	MinLength       int  `json:"minLength"`
	Lowercase       bool `json:"lowercase"`
	Uppercase       bool `json:"uppercase"`
	Number          bool `json:"number"`
	NonAlphanumeric bool `json:"nonAlphanumeric"`
}, err error) {
	if err := c.anybody(); err != nil {
		return reply, err
	}
	rules, err := c.identity.Rules(c.r.Context())
	reply.MinLength, reply.Lowercase, reply.Uppercase = rules.MinLength, rules.Lowercase, rules.Uppercase
	reply.Number, reply.NonAlphanumeric = rules.Number, rules.NonAlphanumeric
	return reply, err
}
