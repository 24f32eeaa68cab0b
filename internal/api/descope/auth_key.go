package descope

import (
	"errors"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An exchangeReply answers the exchange of an access key.
type exchangeReply struct {
	SessionJWT string `json:"sessionJwt"`
	KeyID      string `json:"keyId"`
	Expiration int64  `json:"expiration"` // Unix seconds
}

// exchangeKey serves POST /v1/auth/accesskey/exchange: a session token for the
// key that the bearer holds, and no refresh token.
func (c *call) exchangeKey(in *struct {
	LoginOptions struct {
		CustomClaims   claims            `json:"customClaims"`
		SelectedTenant rolecall.TenantID `json:"selectedTenant"`
	} `json:"loginOptions"`
}) (reply exchangeReply, err error) {
	if len(c.bearer) == 0 {
		return reply, unauthorized.because("this call takes an access key: project id, colon, key")
	}
	if err := c.nothingAfter(1); err != nil {
		return reply, err
	}
	key, kept, err := c.verifyKey(c.bearer[0])
	said := c.event()
	if said.Kind = identity.EventMachine; err == nil {
		said.Subject, said.Tenant = key.Subject, in.LoginOptions.SelectedTenant
		c.identity.Note(said)
	} else if errors.Is(err, identity.ErrBadCredentials) {
		said.Failure = identity.FailSecret
		c.identity.Note(said)
	}
	now, o := c.rc.Now(), in.LoginOptions
	if err == nil {
		err = o.CustomClaims.fit()
	}
	if err != nil {
		return reply, err
	}
	t := ticket{
		kind: sessionToken, id: rolecall.SubjectID(key.ID), subject: key.Subject,
		tenant: o.SelectedTenant, nested: o.CustomClaims, own: claims(kept.CustomClaims), expires: now.Add(sessionLifetime),
	}
	if o.SelectedTenant != "" && !c.rc.Policy().Authority(key.Subject, "", "", now).In(o.SelectedTenant) {
		return reply, forbidden.because("selectedTenant is not one that the key belongs to")
	}
	if !key.ExpiresAt.IsZero() && key.ExpiresAt.Before(t.expires) {
		t.expires = key.ExpiresAt
	}
	var expires time.Time
	reply.SessionJWT, expires, err = c.sign(t)
	reply.KeyID, reply.Expiration = string(key.ID), expires.Unix()
	return reply, err
}
