package pep

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/rolecall/rolecall"
)

// TokenOnly returns a Checker that asks nobody: the claims of the caller's
// token decide, and what was taken away since it was issued still counts until
// it expires. It is for guards with the Authenticator [JWT].
//
//	guard := pep.New(pep.TokenOnly(), pep.JWT(verifier))
//
// A token names no groups, so a question about one is an error. It holds only
// what counts for every resource. Decisions have no revision.
func TokenOnly() rolecall.Checker { return tokenOnly{} }

type tokenOnly struct{}

var (
	errNoToken  = errors.New("pep: token-only checking needs a verified token")
	errNoGroups = errors.New("pep: a token names no groups")
)

func (tokenOnly) Check(ctx context.Context, req rolecall.Request) (rolecall.Decision, error) {
	claims := ClaimsOf(ctx)
	if claims == nil {
		return rolecall.Decision{}, errNoToken
	}
	reason, err := claims.decide(req)
	return rolecall.Decision{Allowed: reason == rolecall.Granted, Reason: reason}, err
}

func (t tokenOnly) CheckAll(ctx context.Context, reqs []rolecall.Request) ([]rolecall.Decision, error) {
	decisions := make([]rolecall.Decision, len(reqs))
	for i, req := range reqs {
		var err error
		if decisions[i], err = t.Check(ctx, req); err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

// decide answers req as the policy did when the token was issued.
func (c *Claims) decide(req rolecall.Request) (rolecall.Reason, error) {
	if req.Subject != c.Subject {
		return rolecall.UnknownSubject, nil
	}
	// What was put together for one tenant says nothing about others, and not
	// what of it is held everywhere.
	var permissions, roles []string
	if c.Tenant == "" || c.Tenant == req.Tenant {
		permissions, roles = c.Permissions, c.Roles
	}
	var there TenantClaims
	if req.Tenant != "" {
		there = c.Tenants[req.Tenant]
	}
	var granted bool
	switch {
	case !exactlyOne(req.Permission, req.Role, req.Group, string(req.Any)):
		return rolecall.InvalidRequest, nil
	case req.Permission != "":
		if !slices.Contains(c.Audience, cmp.Or(req.API, string(rolecall.DefaultAPI))) {
			return rolecall.UnknownAPI, nil
		}
		granted = slices.Contains(permissions, req.Permission) || slices.Contains(there.Permissions, req.Permission)
	case req.Role != "":
		granted = slices.Contains(roles, req.Role) || slices.Contains(there.Roles, req.Role)
	case req.Any == rolecall.KindUser:
		granted = true
	case req.Any == rolecall.KindPermission:
		granted = len(permissions)+len(there.Permissions) > 0
	case req.Any == rolecall.KindRole:
		granted = len(roles)+len(there.Roles) > 0
	default:
		return "", errNoGroups
	}
	if granted {
		return rolecall.Granted, nil
	}
	return rolecall.NotGranted, nil
}

func exactlyOne(texts ...string) bool {
	set := 0
	for _, text := range texts {
		if text != "" {
			set++
		}
	}
	return set == 1
}
