package main

import (
	"errors"

	"github.com/descope/go-sdk/descope"
)

const (
	bcryptPassword = "Hashed-Elsewhere-1"
	bcryptHash     = "$2a$10$wy9t9rjwg4LC81ggavGGxOX/U/lAVhPGlXbMUGXN.kwPb8NH/fOSi"
)

func (s *suite) passwords() {
	a, u := s.auth.Password(), s.User()
	const changed = "Another-Horse-7-Battery"
	s.check("password: policy", func() {
		holds("a least length", must(a.GetPasswordPolicy(s)).MinLength > 0)
	})
	s.check("password: sign-up signs in", func() {
		info := must(a.SignUp(s, "pam@acme.example", &descope.User{Name: "Pam"}, password, nil))
		holds("both tokens", info.SessionToken != nil && info.RefreshToken != nil)
		same("name", info.User.Name, "Pam")
		same("status", info.User.Status, "enabled")
		same("password", info.User.Password, true)
		same("first seen", info.FirstSeen, true)
	})
	s.check("password: sign-up without a user", func() { must(a.SignUp(s, "pim", nil, password, nil)) })
	s.check("password: sign-up with a login id that is taken is refused", func() {
		_, err := a.SignUp(s, "pam@acme.example", nil, password, nil)
		refusedAs(descope.ErrUserAlreadyExists, err, bad)
	})
	s.check("password: sign-up with a password against the policy is refused, and nobody is created", func() {
		_, err := a.SignUp(s, "weak", nil, "1", nil)
		refused(err, bad)
		_, err = u.Load(s, "weak")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("password: sign-in", func() {
		info := s.signIn("pam@acme.example")
		same("first seen", info.FirstSeen, false)
		same("user id", info.SessionToken.ID, info.User.UserID)
		holds("a user id", info.User.UserID != "")
	})
	s.check("password: a wrong password and an unknown user are refused alike", func() {
		_, err := a.SignIn(s, "pam@acme.example", "Wrong-Horse-9-Battery", nil)
		wrong := refused(err, unproven)
		_, err = a.SignIn(s, "nobody", password, nil)
		same("code", refused(err, unproven).Code, wrong.Code)
	})
	s.check("password: an empty password is refused", func() {
		_, err := a.SignIn(s, "pam@acme.example", "", nil)
		refused(err, bad, unproven)
	})
	s.check("password: replace", func() {
		info := must(a.ReplaceUserPassword(s, "pam@acme.example", password, changed, nil))
		holds("both tokens", info.SessionToken != nil && info.RefreshToken != nil)
		must(a.SignIn(s, "pam@acme.example", changed, nil))
		_, err := a.SignIn(s, "pam@acme.example", password, nil)
		refused(err, unproven)
	})
	s.check("password: replace with a wrong old password is refused", func() {
		_, err := a.ReplaceUserPassword(s, "pam@acme.example", password, changed, nil)
		refused(err, unproven)
	})
	s.check("password: update", func() {
		info := must(a.SignIn(s, "pam@acme.example", changed, nil))
		ok(a.UpdateUserPassword(s, "pam@acme.example", password, s.request(info.RefreshToken.JWT)))
		s.signIn("pam@acme.example")
		_, err := a.SignIn(s, "pam@acme.example", changed, nil)
		refused(err, unproven)
	})
	s.check("password: update of another user's is refused", func() {
		info := s.signIn("pam@acme.example")
		refused(a.UpdateUserPassword(s, "pim", changed, s.request(info.RefreshToken.JWT)), bad, unproven, forbidden)
		s.signIn("pim")
	})
	s.check("password: update against the policy is refused", func() {
		info := s.signIn("pim")
		refused(a.UpdateUserPassword(s, "pim", "1", s.request(info.RefreshToken.JWT)), bad)
	})
	s.check("password: set active works at once", func() {
		ok(u.SetActivePassword(s, "pim", changed))
		must(a.SignIn(s, "pim", changed, nil))
	})
	s.check("password: set active against the policy is refused", func() { refused(u.SetActivePassword(s, "pim", "1"), bad) })
	s.check("password: set active for an unknown user is refused", func() {
		refusedAs(descope.ErrManagementUserNotFound, u.SetActivePassword(s, "nobody", changed), bad, unknown)
	})
	s.check("password: set temporary has to be replaced", func() {
		ok(u.SetTemporaryPassword(s, "pim", "Passing-Horse-1"))
		_, err := a.SignIn(s, "pim", "Passing-Horse-1", nil)
		refusedAs(descope.ErrPasswordExpired, err, bad, unproven, forbidden)
		must(a.ReplaceUserPassword(s, "pim", "Passing-Horse-1", password, nil))
		s.signIn("pim")
	})
	s.check("password: set, the old name of set temporary", func() {
		//lint:ignore SA1019 what the vendor deprecates is still called
		ok(u.SetPassword(s, "pim", "Passing-Horse-2"))
		_, err := a.SignIn(s, "pim", "Passing-Horse-2", nil)
		refusedAs(descope.ErrPasswordExpired, err, bad, unproven, forbidden)
		must(a.ReplaceUserPassword(s, "pim", "Passing-Horse-2", password, nil))
	})
	s.check("password: expire has it replaced", func() {
		ok(u.ExpirePassword(s, "pim"))
		_, err := a.SignIn(s, "pim", password, nil)
		refusedAs(descope.ErrPasswordExpired, err, bad, unproven, forbidden)
		must(a.ReplaceUserPassword(s, "pim", password, changed, nil))
		must(a.SignIn(s, "pim", changed, nil))
	})
	s.check("password: a wrong password does not tell that it is expired", func() {
		ok(u.ExpirePassword(s, "pim"))
		_, err := a.SignIn(s, "pim", "Wrong-Horse-9-Battery", nil)
		if e := refused(err, unproven); errors.Is(e, descope.ErrPasswordExpired) {
			fail("got %v", e)
		}
	})
}

// limits is last: it leaves no more attempts to sign in from here.
func (s *suite) limits() {
	s.check("limits: guessing is slowed down, with when to try again", func() {
		s.newUser("guessed", &descope.UserRequest{})
		for range 60 {
			_, err := s.auth.Password().SignIn(s, "guessed", "Wrong-Horse-9-Battery", nil)
			if errors.Is(err, descope.ErrRateLimitExceeded) {
				e := refused(err, tooMany)
				after, _ := e.Info[descope.ErrorInfoKeys.RateLimitExceededRetryAfter].(int)
				holds("a time to wait", after > 0)
				return
			}
			refused(err, unproven)
		}
		fail("60 wrong passwords were tried")
	})
}
