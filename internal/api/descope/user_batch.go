package descope

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A batchUser is one of many users to be made, with a first password.
type batchUser struct {
	newUser
	Password       string          `json:"password"`
	HashedPassword *hashedPassword `json:"hashedPassword"`
}

// A hashedPassword is a hash from another system.
type hashedPassword struct {
	Bcrypt *struct {
		Hash string `json:"hash"`
	} `json:"bcrypt"`
	Argon2 *struct {
		Hash       string `json:"hash"` // base64, as the salt
		Salt       string `json:"salt"`
		Iterations int64  `json:"iterations"`
		Memory     int64  `json:"memory"` // KiB
		Threads    int64  `json:"threads"`
	} `json:"argon2"`
	PBKDF2 *struct {
		Hash       string `json:"hash"` // base64, as the salt
		Salt       string `json:"salt"`
		Iterations int64  `json:"iterations"`
		Type       string `json:"type"` // sha1, sha256 or sha512
	} `json:"pbkdf2"`
	Django *struct {
		Hash string `json:"hash"` // as Django keeps it: an algorithm, a dollar, and what that has
	} `json:"django"`
}

// text returns the hash in the form that identity takes.
func (h *hashedPassword) text() (string, error) {
	switch {
	case h == nil:
		return "", nil
	case h.Bcrypt != nil:
		return h.Bcrypt.Hash, nil
	case h.Argon2 != nil:
		a := h.Argon2
		salt, hash, err := saltAndHash("argon2", a.Salt, a.Hash)
		return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", a.Memory, a.Iterations, a.Threads,
			base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash)), err
	case h.PBKDF2 != nil:
		p := h.PBKDF2
		salt, hash, err := saltAndHash("pbkdf2", p.Salt, p.Hash)
		if err == nil && p.Type != "sha1" && p.Type != "sha256" && p.Type != "sha512" {
			err = invalidRequest.because("hashedPassword.pbkdf2.type must be sha1, sha256 or sha512")
		}
		return identity.EncodePBKDF2(p.Type, p.Iterations, salt, hash), err
	case h.Django != nil:
		return ofDjango(h.Django.Hash)
	}
	return "", invalidRequest.because("hashedPassword must be of bcrypt, argon2, pbkdf2 or django")
}

// ofDjango returns a hash of Django in the form that identity takes: it has the
// name of its algorithm before what that algorithm writes elsewhere.
func ofDjango(hash string) (string, error) {
	algorithm, rest, _ := strings.Cut(hash, "$")
	switch algorithm {
	case "pbkdf2_sha256", "pbkdf2_sha1":
		return hash, nil
	case "argon2": // argon2$argon2id$v=19$…
		return "$" + rest, nil
	case "bcrypt": // bcrypt$$2b$12$…
		return rest, nil
	}
	return "", invalidRequest.because("hashedPassword.django.hash must begin with pbkdf2_sha256$, pbkdf2_sha1$, argon2$ or bcrypt$")
}

// saltAndHash reads what a hash of a kind has in base64.
func saltAndHash(kind, salt, hash string) (s, h []byte, err error) {
	s, err = base64.StdEncoding.DecodeString(salt)
	h, err2 := base64.StdEncoding.DecodeString(hash)
	if err != nil || err2 != nil {
		return nil, nil, invalidRequest.because("hashedPassword.%s must have a hash and a salt in base64", kind)
	}
	return s, h, nil
}

// A failedUser is one that was not made, or not changed, and why.
type failedUser struct {
	Failure string `json:"failure"`
	User    user   `json:"user"`
}

type batchReply struct {
	CreatedUsers     []user            `json:"createdUsers"`
	FailedUsers      []failedUser      `json:"failedUsers"`
	AdditionalErrors map[string]string `json:"additionalErrors"`
}

// createUsers serves POST /v1/mgmt/user/create/batch: all of the users that can
// be made, in one write, and what is wrong with the others.
func (c *call) createUsers(in *struct {
	Users []batchUser `json:"users"`
}) (batchReply, error) {
	if err := batch("users", len(in.Users)); err != nil {
		return batchReply{}, err
	}
	ids := make([]rolecall.SubjectID, len(in.Users))
	failed, err := c.tryAll(len(in.Users), func(i int) (rolecall.Op, error) {
		u := in.Users[i]
		ids[i] = newUserID()
		hash, err := u.HashedPassword.text()
		if err != nil {
			return rolecall.Op{}, err
		}
		secret, err := c.identity.NewPassword(c.r.Context(), ids[i], u.Password, hash,
			append(normal(append(u.AdditionalLoginIDs, u.LoginID)...), u.Email)...)
		if err != nil {
			return rolecall.Op{}, err
		}
		return u.create(ids[i], secret), nil
	})
	if err != nil {
		return batchReply{}, err
	}
	reply := batchReply{AdditionalErrors: map[string]string{}, FailedUsers: []failedUser{}}
	var made []string
	for i, u := range in.Users {
		if why := failed[i]; why != nil {
			reply.FailedUsers = append(reply.FailedUsers, failedUser{describe(why).message, u.shown()})
		} else {
			made = append(made, string(ids[i]))
		}
	}
	reply.CreatedUsers, err = c.loaded(made)
	return reply, err
}

// shown returns what a user that was not made was to be.
func (in newUser) shown() user {
	u := user{
		LoginIDs: list(normal(append([]string{in.LoginID}, in.AdditionalLoginIDs...)...)), Name: in.DisplayName,
		GivenName: in.GivenName, MiddleName: in.MiddleName, FamilyName: in.FamilyName,
		Email: in.Email, Phone: in.Phone, RoleNames: list(in.RoleNames), UserTenants: []userTenant{}, Status: in.Status,
		Picture: in.Picture, Test: in.Test, CustomAttributes: in.CustomAttributes.set().shown(), OAuth: map[string]bool{}, SSOAppIDs: list(in.SSOAppIDs),
	}
	for _, p := range in.UserTenants {
		u.UserTenants = append(u.UserTenants, userTenant{TenantID: string(p.TenantID), RoleNames: list(p.RoleNames), Permissions: []string{}})
	}
	return u
}

// tryAll makes one write of the operations that can be made of n, and returns
// why the others can't, by their number.
func (c *call) tryAll(n int, op func(i int) (rolecall.Op, error)) (failed map[int]error, err error) {
	failed = map[int]error{}
	ops := make([]rolecall.Op, n)
	for i := range n {
		if ops[i], err = op(i); err != nil {
			if describe(err).status >= 500 {
				return nil, err
			}
			failed[i] = err
		}
	}
	for {
		var these []rolecall.Op
		var number []int
		for i := range n {
			if failed[i] == nil {
				these, number = append(these, ops[i]), append(number, i)
			}
		}
		_, err := c.write(these...)
		if err == nil {
			return failed, nil
		}
		faults := rolecall.OpErrors(err)
		if len(these) == 1 {
			faults = []*rolecall.OpError{{Index: 0, Err: err}}
		}
		if len(faults) == 0 || describe(err).status >= 500 || describe(faults[0].Err).reason == forbidden {
			return nil, err
		}
		for _, f := range faults {
			failed[number[f.Index]] = f.Err
		}
	}
}

// patchUsers serves PATCH /v1/mgmt/user/patch/batch: as createUsers does.
func (c *call) patchUsers(in *struct {
	Users []userPatch `json:"users"`
}) (reply patchReply, err error) {
	if err := batch("users", len(in.Users)); err != nil {
		return reply, err
	}
	ids := make([]rolecall.SubjectID, len(in.Users))
	failed, err := c.tryAll(len(in.Users), func(i int) (rolecall.Op, error) {
		return userChange(in.Users[i].change).of(in.Users[i].LoginID, &ids[i]), nil
	})
	if err != nil {
		return reply, err
	}
	reply = patchReply{AdditionalErrors: map[string]string{}, FailedUsers: []failedUser{}}
	var changed []string
	for i, u := range in.Users {
		if why := failed[i]; why != nil {
			reply.FailedUsers = append(reply.FailedUsers, failedUser{describe(why).message, newUser{LoginID: u.LoginID}.shown()})
		} else {
			changed = append(changed, string(ids[i]))
		}
	}
	reply.PatchedUsers, err = c.loaded(changed)
	return reply, err
}

type patchReply struct {
	PatchedUsers     []user            `json:"patchedUsers"`
	FailedUsers      []failedUser      `json:"failedUsers"`
	AdditionalErrors map[string]string `json:"additionalErrors"`
}
