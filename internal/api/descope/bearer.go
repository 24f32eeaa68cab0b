package descope

import (
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

const maxBearer = 56 << 10 // bytes: a user in hundreds of tenants has a long token

// authenticate reads the bearer, whose parts are joined by colons: the project
// id, then a management key, a user's token or an access key, as the call wants.
// No part of ours holds a colon.
func (c *call) authenticate(e endpoint) error {
	if e.public {
		return nil
	}
	given := c.r.Header["Authorization"]
	if len(given) != 1 || len(given[0]) > maxBearer {
		return unauthorized.because("the Authorization header must be one bearer")
	}
	scheme, value, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return unauthorized.because("the Authorization header must be a bearer")
	}
	parts := strings.Split(value, ":")
	if parts[0] != c.rc.Project() {
		return unauthorized.because("the project id is not this project's")
	}
	c.bearer = parts[1:]
	if !e.management {
		return nil
	}
	if len(c.bearer) != 1 {
		return unauthorized.because("this call takes a management key: project id, colon, key")
	}
	key, _, err := c.verifyKey(c.bearer[0])
	if err != nil {
		return err
	}
	c.by = rolecall.Actor{Subject: key.Subject, Credential: key.ID, Door: door, RequestID: api.WithRequestID(c.w, c.r)}
	return nil
}

// verifyKey returns the access key with a secret, and what is kept beside it. It
// must count now, and for the address that the call came from.
func (c *call) verifyKey(secret string) (key *rolecall.Credential, kept keyMore, err error) {
	if key, err = c.identity.VerifyKey(c.r.Context(), secret, c.r.RemoteAddr); err != nil {
		return nil, kept, err
	}
	kept, err = more[keyMore](key.Attributes)
	return key, kept, err
}
