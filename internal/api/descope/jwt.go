package descope

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// The kinds of token, as their claim "drn" names them.
const (
	sessionToken = "DS"
	refreshToken = "DSR"
)

// sessionLifetime is how long a session token counts. Applications check it by
// themselves, so this bounds how long a role outlives its end.
const sessionLifetime = 10 * time.Minute

// reserved are the claims that only this server sets. SDKs read each of them.
var reserved = []string{
	"amr", "aud", "cnf", "dct", "drn", "dsub", "exp", "iat", "iss", "jti", "nbf", "nsec",
	"permissions", "rexp", "roles", "sid", "su", "sub", "tenants",
}

// claims are what an application puts into a token: by name, any JSON.
type claims map[string]json.RawMessage

// check refuses claims that can't stand beside the server's.
func (own claims) check() error {
	for name := range own {
		if slices.Contains(reserved, name) {
			return invalidArgument.because("customClaims must not hold %s", name)
		}
	}
	return own.fit()
}

// fit refuses claims that make a token too long.
func (own claims) fit() error {
	size := 0
	for name, value := range own {
		size += len(name) + len(value)
	}
	if size > rolecall.MaxAttributesBytes {
		return invalidArgument.because("customClaims must have at most %d bytes", rolecall.MaxAttributesBytes)
	}
	return nil
}

// A ticket is a token to be made, or one that was read.
type ticket struct {
	kind    string             // its drn
	id      rolecall.SubjectID // its sub: a user, or an access key
	subject rolecall.SubjectID // whose authority it says: the user, or whom the key is for
	login   string             // its sid, the login it belongs to; "" for an access key's
	tenant  rolecall.TenantID  // its dct: the tenant that was selected
	methods []string           // its amr: how the user was recognised
	nested  claims             // its nsec: what the user, or the holder of an access key, added
	own     claims             // what the application added, by the management API
	expires time.Time
}

// A tenantClaim is what a token says of one tenant.
type tenantClaim struct {
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
}

// sign makes a token of t, and returns when it expires: for a session, no later
// than anything that it says.
func (c *call) sign(t ticket) (raw string, expires time.Time, err error) {
	now := c.rc.Now()
	held := c.rc.Policy().Authority(t.subject, "", "", now)
	tenants := make(map[rolecall.TenantID]tenantClaim, len(held.Tenants))
	for _, in := range held.Tenants {
		tenants[in.Tenant] = tenantClaim{list(in.Roles), list(in.Permissions)}
	}
	all := map[string]any{"drn": t.kind, "tenants": tenants}
	for name, value := range t.own {
		if !slices.Contains(reserved, name) {
			all[name] = value
		}
	}
	if len(held.Roles) > 0 {
		all["roles"] = held.Roles
	}
	if len(held.Permissions) > 0 {
		all["permissions"] = held.Permissions
	}
	if t.login != "" {
		all["sid"], all["amr"] = t.login, list(t.methods)
	}
	if held.In(t.tenant) { // a tenant that the user has left is selected no longer
		all["dct"] = t.tenant
	}
	if len(t.nested) > 0 {
		all["nsec"] = t.nested
	}
	if t.kind == sessionToken && !held.Until.IsZero() && held.Until.Before(t.expires) {
		t.expires = held.Until
	}
	if t.expires = t.expires.Truncate(time.Second); !t.expires.After(now) {
		return "", time.Time{}, rolecall.ErrUnavailable // what it would say ends within a second
	}
	project := c.rc.Project()
	raw, err = c.keys.Issue(c.r.Context(), token.Claims{
		Issuer: project, Subject: t.id, Audience: []string{project}, Issued: now, Expires: t.expires, Extra: all,
	})
	return raw, t.expires, err
}

// readToken reads a token that sign made and that counts now. What it belongs to may
// have ended.
func (c *call) readToken(raw string) (t ticket, err error) {
	project := c.rc.Project()
	v, err := c.keys.Verify(c.r.Context(), raw, token.Expect{Issuer: project, Audience: project})
	if err != nil {
		return t, err
	}
	said := maps.Clone(v.Claims)
	text := func(name string) string { s, _ := said[name].(string); return s }
	t = ticket{
		kind: text("drn"), id: v.Subject, subject: v.Subject,
		login: text("sid"), tenant: rolecall.TenantID(text("dct")), expires: v.Expires, own: claims{},
	}
	methods, _ := said["amr"].([]any)
	for _, m := range methods {
		if name, ok := m.(string); ok {
			t.methods = append(t.methods, name)
		}
	}
	if nested, ok := said["nsec"].(map[string]any); ok {
		if t.nested, err = raws(nested); err != nil {
			return t, err
		}
	}
	for _, name := range reserved {
		delete(said, name)
	}
	t.own, err = raws(said)
	return t, err
}

func raws(values map[string]any) (claims, error) {
	all := make(claims, len(values))
	for name, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		all[name] = text
	}
	return all, nil
}

// A jwtReply answers calls that sign in, refresh or select a tenant.
type jwtReply struct {
	SessionJWT       string `json:"sessionJwt"`
	RefreshJWT       string `json:"refreshJwt"`
	CookieDomain     string `json:"cookieDomain"`
	CookiePath       string `json:"cookiePath"`
	CookieMaxAge     int64  `json:"cookieMaxAge"`     // seconds
	CookieExpiration int64  `json:"cookieExpiration"` // Unix seconds
	User             *user  `json:"user,omitempty"`
	FirstSeen        bool   `json:"firstSeen"`
}

// tokens returns both tokens of a login. How the user was recognised, and what
// was added to the claims, is as said.
func (c *call) tokens(l *identity.Login, said ticket) (reply jwtReply, err error) {
	t := ticket{id: l.Subject, subject: l.Subject, login: l.ID, tenant: l.Tenant, methods: said.methods, nested: said.nested, own: said.own}
	now := c.rc.Now()
	t.kind, t.expires = sessionToken, now.Add(min(sessionLifetime, l.ExpiresAt.Sub(now)))
	if reply.SessionJWT, _, err = c.sign(t); err != nil {
		return reply, err
	}
	var expires time.Time
	t.kind, t.expires = refreshToken, l.ExpiresAt
	reply.RefreshJWT, expires, err = c.sign(t)
	reply.CookiePath, reply.CookieMaxAge, reply.CookieExpiration = "/", int64(expires.Sub(now)/time.Second), expires.Unix()
	return reply, err
}
