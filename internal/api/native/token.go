package native

import (
	"errors"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// maxSignInBody is the most bytes that somebody may send who is not known yet.
const maxSignInBody = 64 << 10

type tokenInput struct {
	Body tokenRequest
}

// A tokenRequest holds a login id and password, or an access key.
type tokenRequest struct {
	Login     string            `json:"login,omitempty"`
	Password  string            `json:"password,omitempty"`
	AccessKey string            `json:"access_key,omitempty"`
	API       string            `json:"api,omitempty"`
	Tenant    rolecall.TenantID `json:"tenant,omitempty"`
	Lifetime  int               `json:"lifetime,omitempty"` // seconds
	Algorithm string            `json:"algorithm,omitempty"`
}

// A tokenReply is that of RFC 6749 section 5.1.
type tokenReply struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

func (h *Handler) token(c *call, in *tokenInput) (none tokenReply, err error) {
	b := in.Body
	lifetime, err := seconds("lifetime", b.Lifetime)
	if err != nil {
		return none, err
	}
	subject, until, err := h.signIn(c, b)
	if err != nil {
		return none, err
	}
	raw, expires, err := h.keys.TokenFor(c.r.Context(), token.TokenRequest{
		Subject: subject, API: b.API, Tenant: b.Tenant, Lifetime: lifetime, Until: until, Algorithm: b.Algorithm,
	})
	if err != nil {
		return none, err
	}
	return tokenReply{raw, "Bearer", int(expires.Sub(h.rc.Now()) / time.Second)}, nil
}

// signIn returns who presents the credentials in b, and until when they count.
func (h *Handler) signIn(c *call, b tokenRequest) (subject rolecall.SubjectID, until time.Time, err error) {
	switch byKey := b.AccessKey != ""; {
	case byKey && (b.Login != "" || b.Password != ""):
		return "", until, api.Fault("access_key", "must not stand beside login and password")
	case byKey:
		said := h.event(c)
		said.Kind, said.Audience, said.Tenant = identity.EventMachine, b.API, b.Tenant
		key, err := h.identity.VerifyKey(c.r.Context(), b.AccessKey, c.r.RemoteAddr)
		if errors.Is(err, identity.ErrBadCredentials) {
			said.Failure = identity.FailSecret
			h.identity.Note(said)
		}
		if err != nil {
			return "", until, err
		}
		said.Subject = key.Subject
		h.identity.Note(said)
		return key.Subject, key.ExpiresAt, nil
	case b.Login == "":
		return "", until, api.Fault("login", "is required, or access_key")
	}
	subject, err = h.identity.SignIn(c.r.Context(), identity.SignIn{Login: b.Login, Password: b.Password, From: api.Address(c.r), Note: h.event(c)})
	return subject, until, err
}

// event returns what the sign-in log says of whatever a call did.
func (h *Handler) event(c *call) identity.Event {
	return identity.Event{Door: door, Address: api.Address(c.r), Agent: c.r.UserAgent()}
}

type changePasswordInput struct {
	Body passwordChange
}

// A passwordChange is proved with the password that it replaces.
type passwordChange struct {
	Login       string `json:"login"`
	Password    string `json:"password"`
	NewPassword string `json:"new_password"`
}

func (h *Handler) changePassword(c *call, in *changePasswordInput) (none nothing, err error) {
	b := in.Body
	proof := identity.SignIn{Login: b.Login, Password: b.Password, From: api.Address(c.r), Note: h.event(c)}
	return none, h.identity.ChangePassword(c.r.Context(), proof, b.NewPassword)
}

// seconds returns the duration of a number of seconds, which stands in a field.
func seconds(field string, n int) (time.Duration, error) {
	const most = 10 * 365 * 24 * 60 * 60
	if n < 0 || n > most {
		return 0, api.Fault(field, "must be a number of seconds that is neither negative nor more than ten years")
	}
	return time.Duration(n) * time.Second, nil
}

// A self is who makes a request.
type self struct {
	Subject     rolecall.SubjectID `json:"subject"`
	Roles       []string           `json:"roles"`       // names, held everywhere
	Permissions []string           `json:"permissions"` // to administer, held everywhere
	Tenants     []selfInTenant     `json:"tenants"`
	Revision    rolecall.Revision  `json:"revision"`
}

// A selfInTenant is what is held in one tenant beyond what is held everywhere.
type selfInTenant struct {
	Tenant      rolecall.TenantID `json:"tenant"`
	Roles       []string          `json:"roles"`
	Permissions []string          `json:"permissions"`
}

func (h *Handler) me(c *call, _ *struct{}) (self, error) {
	held := h.rc.Policy().Authority(c.by.Subject, string(rolecall.AdminAPI), "", h.rc.Now())
	me := self{c.by.Subject, listed(held.Roles), listed(held.Permissions), []selfInTenant{}, held.Revision}
	for _, t := range held.Tenants {
		me.Tenants = append(me.Tenants, selfInTenant{t.Tenant, listed(t.Roles), listed(t.Permissions)})
	}
	return me, nil
}

// listed makes JSON show an empty list as one.
func listed[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
