package descope

import (
	"context"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
)

// This file is what users do with their tokens.

// A session is a login with the refresh token that names it.
type session struct {
	*identity.Login
	ticket
}

// session returns the login that the bearer's refresh token names. A session
// token, a management key and an access key are none.
func (c *call) session(find func(context.Context, string) (*identity.Login, error)) (s session, err error) {
	if len(c.bearer) == 0 {
		return s, unauthorized.because("this call takes a refresh token: project id, colon, token")
	}
	if err := c.nothingAfter(1); err != nil {
		return s, err
	}
	if s.ticket, err = c.readToken(c.bearer[0]); err != nil {
		return s, err
	}
	if s.kind != refreshToken {
		return s, unauthorized.because("this call takes a refresh token")
	}
	if s.Login, err = find(c.r.Context(), s.login); err != nil {
		return s, err
	}
	c.self(s.Subject)
	return s, nil
}

// nothingAfter refuses what follows the first n parts of the bearer, unless it
// is one management key, which SDKs can be told to send with every call. Beside
// it there is nothing that the key opens here.
func (c *call) nothingAfter(n int) error {
	switch more := c.bearer[min(n, len(c.bearer)):]; len(more) {
	case 0:
		return nil
	case 1:
		_, _, err := c.verifyKey(more[0])
		return err
	}
	return unauthorized.because("the bearer has too many parts")
}

// self has the server act for a user who was recognised, and to whom it shows
// nothing but their own.
func (c *call) self(user rolecall.SubjectID) {
	c.by = rolecall.System(door)
	c.by.OnBehalfOf, c.by.RequestID = user, api.WithRequestID(c.w, c.r)
}

// refresh serves POST /v1/auth/refresh. Roles and permissions are those of now.
func (c *call) refresh(*none) (jwtReply, error) {
	s, err := c.session(c.identity.RefreshLogin)
	if err != nil {
		return jwtReply{}, err
	}
	said := c.event()
	said.Kind, said.Subject, said.Tenant = identity.EventRefresh, s.Subject, s.Login.Tenant
	c.identity.Note(said)
	return c.tokens(s.Login, s.ticket)
}

// logout serves POST /v1/auth/logout.
func (c *call) logout(*none) (none, error) {
	s, err := c.session(c.identity.FindLogin)
	if err != nil {
		return none{}, err
	}
	return none{}, c.identity.LogOut(c.r.Context(), s.Login, c.event())
}

// logoutAll serves POST /v1/auth/logoutall.
func (c *call) logoutAll(*none) (none, error) {
	s, err := c.session(c.identity.FindLogin)
	if err != nil {
		return none{}, err
	}
	if err := c.identity.LogOut(c.r.Context(), s.Login, c.event()); err != nil {
		return none{}, err
	}
	return none{}, c.identity.EndLogins(c.r.Context(), s.Subject)
}

// event returns what the sign-in log says of whatever a call did.
func (c *call) event() identity.Event {
	e := noted
	e.Address, e.Agent = api.Address(c.r), c.r.UserAgent()
	return e
}

// me serves GET /v1/auth/me.
func (c *call) me(*none) (user, error) {
	s, err := c.session(c.identity.FindLogin)
	if err != nil {
		return user{}, err
	}
	reply, err := c.showUser(s.Subject)
	return reply.User, err
}

type myTenant struct {
	ID               rolecall.TenantID `json:"id"`
	Name             string            `json:"name"`
	CustomAttributes customAttributes  `json:"customAttributes"`
}

// myTenants serves POST /v1/auth/me/tenants: all of the user's, the selected
// one, or those among them that are asked.
func (c *call) myTenants(in *struct {
	Selected bool                `json:"dct"`
	IDs      []rolecall.TenantID `json:"ids"`
}) (reply struct {
	Tenants []myTenant `json:"tenants"`
}, err error) {
	s, err := c.session(c.identity.FindLogin)
	if err != nil {
		return reply, err
	}
	var ids []string
	for _, t := range c.rc.Policy().Authority(s.Subject, "", "", c.rc.Now()).Tenants {
		if (!in.Selected || t.Tenant == s.Login.Tenant) && (len(in.IDs) == 0 || slices.Contains(in.IDs, t.Tenant)) {
			ids = append(ids, string(t.Tenant))
		}
	}
	reply.Tenants = []myTenant{}
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := related[*rolecall.Tenant](ctx, v, rolecall.KindTenant, "id", ids)
		for _, t := range found {
			kept, err := more[tenantMore](t.Attributes)
			if err != nil {
				return err
			}
			reply.Tenants = append(reply.Tenants, myTenant{t.ID, t.Name, kept.CustomAttributes.shown()})
		}
		slices.SortFunc(reply.Tenants, func(a, b myTenant) int { return strings.Compare(string(a.ID), string(b.ID)) })
		return err
	})
}

// selectTenant serves POST /v1/auth/tenant/select.
func (c *call) selectTenant(in *struct {
	Tenant rolecall.TenantID `json:"tenant"`
}) (reply jwtReply, err error) {
	s, err := c.session(c.identity.FindLogin)
	if err == nil {
		err = required("tenant", string(in.Tenant))
	}
	if err == nil {
		err = c.identity.SelectTenant(c.r.Context(), s.Login, in.Tenant)
	}
	if err != nil {
		return reply, err
	}
	return c.welcome(s.Login, s.ticket)
}

// welcome returns the tokens of a login, and the user, who is invited no longer.
// They say what tokens does.
func (c *call) welcome(l *identity.Login, said ticket) (reply jwtReply, err error) {
	if reply, err = c.tokens(l, said); err != nil {
		return reply, err
	}
	c.self(l.Subject)
	who, err := c.showUser(l.Subject)
	if err == nil && who.User.Status == invited {
		who, err = c.changeUser(string(l.Subject), func(_ context.Context, _ *rolecall.View, _ *rolecall.User, kept *userMore) ([]rolecall.Op, error) {
			kept.Invited = false
			return nil, nil
		})
	}
	reply.User = &who.User
	return reply, err
}
