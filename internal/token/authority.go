package token

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
)

// A TokenRequest asks for a token that says what a subject holds.
type TokenRequest struct {
	Subject  rolecall.SubjectID
	API      string            // by identifier, the token's audience; "" means the default API
	Tenant   rolecall.TenantID // "" asks for what is held everywhere
	Lifetime time.Duration     // DefaultLifetime if 0, at most MaxLifetime
	// Until, if set, is when what the subject was recognised by expires, such as
	// an access key: the token does so by then too.
	Until time.Time
	// Algorithm is RS256 if empty.
	Algorithm string
}

// tenantClaims are what a token says of one tenant.
type tenantClaims struct {
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
}

// TokenFor returns a token for a request, and when it expires: no later than
// anything that it says. Its claims, beside the registered ones:
//
//	permissions  names: of the API, held everywhere or in the tenant
//	roles        names: held everywhere or in the tenant
//	tenants      for each tenant that the subject is a member of or holds
//	             something in: {"roles": […], "permissions": […]}
//	tenant       the asked one
//
// A subject that is unknown or blocked gets none, nor does one that has nothing
// to do with the tenant.
func (k *Keys) TokenFor(ctx context.Context, req TokenRequest) (raw string, expires time.Time, err error) {
	switch {
	case req.Lifetime < 0 || req.Lifetime > MaxLifetime:
		return "", time.Time{}, refuse("lifetime", "must be at most %s", MaxLifetime)
	case req.Lifetime == 0:
		req.Lifetime = DefaultLifetime
	}
	if req.API == "" {
		req.API = string(rolecall.DefaultAPI)
	}
	now, policy := k.rc.Now(), k.rc.Policy()
	if err := known(policy, req, now); err != nil {
		return "", time.Time{}, err
	}
	held := policy.Authority(req.Subject, req.API, req.Tenant, now)
	extra := map[string]any{"permissions": list(held.Permissions), "roles": list(held.Roles)}
	tenants := make(map[rolecall.TenantID]tenantClaims, len(held.Tenants))
	for _, t := range held.Tenants {
		tenants[t.Tenant] = tenantClaims{Roles: list(t.Roles), Permissions: list(t.Permissions)}
	}
	extra["tenants"] = tenants
	if req.Tenant != "" {
		if _, ok := tenants[req.Tenant]; !ok {
			return "", time.Time{}, &rolecall.FieldError{
				Field: "tenant", Rule: "is not one that the subject belongs to or holds anything in", Kind: rolecall.ErrForbidden,
			}
		}
		extra["tenant"] = req.Tenant
	}

	expires = earliest(now.Add(req.Lifetime), held.Until, req.Until).Truncate(time.Second)
	if !expires.After(now) {
		return "", time.Time{}, fmt.Errorf("what the token would say ends within a second: %w", rolecall.ErrUnavailable)
	}
	raw, err = k.Issue(ctx, Claims{
		Subject: req.Subject, Audience: []string{req.API}, Issued: now, Expires: expires, Extra: extra, Algorithm: req.Algorithm,
	})
	return raw, expires, err
}

// known reports whether a request's subject is active and its API exists.
func known(policy *rolecall.Policy, req TokenRequest, now time.Time) error {
	if kind := policy.KindOf(req.Subject); kind != rolecall.KindUser && kind != rolecall.KindClient {
		return &rolecall.FieldError{Field: "subject", Rule: fmt.Sprintf("%q is not a user or a client", req.Subject), Kind: rolecall.ErrNotFound}
	}
	// Decide names the first thing that is wrong; whether the subject holds this
	// permission does not matter.
	asked := rolecall.Request{Subject: req.Subject, API: req.API, Permission: "any"}
	switch policy.Decide(asked, now).Reason {
	case rolecall.Blocked:
		return &rolecall.FieldError{Field: "subject", Rule: fmt.Sprintf("%q is blocked", req.Subject), Kind: rolecall.ErrForbidden}
	case rolecall.UnknownAPI:
		return refuse("api", "%q does not exist", req.API)
	}
	return nil
}

// earliest returns the first of the times that are set.
func earliest(times ...time.Time) time.Time {
	times = slices.DeleteFunc(times, time.Time.IsZero)
	return slices.MinFunc(times, time.Time.Compare)
}

// list makes JSON show an empty list as one.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
