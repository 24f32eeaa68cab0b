package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// This file keeps those from passwords whose tenant has them sign in elsewhere:
// rolecall.TenantSSO.

// ErrSSORequired means that a password does not let its owner in, who has to sign
// in at a provider of the tenant. It comes as a *SSORequired, and is told to those
// alone who proved the password or whose address is in the provider's domains. It
// is rolecall.ErrForbidden too.
var ErrSSORequired = fmt.Errorf("the user has to sign in by single sign-on: %w", rolecall.ErrForbidden)

// An SSORequired is ErrSSORequired, and says where to sign in.
type SSORequired struct {
	Ways []*SSO // at least one
}

func (e *SSORequired) Error() string {
	names := make([]string, len(e.Ways))
	for n, c := range e.Ways {
		names[n] = c.Called()
	}
	return fmt.Sprintf("the user has to sign in at the organization's own provider: %s", strings.Join(names, ", "))
}

func (e *SSORequired) Unwrap() error { return ErrSSORequired }

func required(ways []*SSO, err error) error {
	if err == nil && len(ways) > 0 {
		err = &SSORequired{ways}
	}
	return err
}

// needsNoSSO is an *SSORequired if a user may not use a password: a member of a
// tenant that requires single sign-on, whom a provider of it can sign in. Who
// administers more than the tenant, now or later, can't be signed in by it, and so
// is not kept out either; nor who is in the tenant's Except.
func (i *Identity) needsNoSSO(ctx context.Context, id rolecall.SubjectID) error {
	return i.rc.View(ctx, reader, func(v *rolecall.View) error {
		return required(ssoOf(ctx, v, i.rc.Policy(), id))
	})
}

// ssoOf returns the providers that a user has to sign in at.
func ssoOf(ctx context.Context, v *rolecall.View, p *rolecall.Policy, id rolecall.SubjectID) (ways []*SSO, err error) {
	members, err := rolecall.All[*rolecall.Membership](ctx, v, rolecall.Query{Kind: rolecall.KindMembership, Where: []rolecall.Condition{
		rolecall.Where("subject", id),
	}})
	if err != nil {
		return nil, err
	}
	var logins []string
	for _, m := range members {
		t, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: m.Tenant})
		if err != nil {
			return nil, err
		}
		if !t.SSO.Required || p.AdministersBeyond(id, t.ID, v.Now()) {
			continue
		}
		if logins == nil {
			found, err := rolecall.All[*rolecall.LoginID](ctx, v, rolecall.Query{Kind: rolecall.KindLoginID, Where: []rolecall.Condition{
				rolecall.Where("subject", id),
			}})
			if err != nil {
				return nil, err
			}
			logins = []string{}
			for _, l := range found {
				logins = append(logins, l.Login)
			}
		}
		if excepted(t, append(logins, string(id))...) {
			continue
		}
		all, err := SSOs(ctx, v, t.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			// A user whom it made comes as the same person again; others by an address.
			came := m.Source == rolecall.SourceSSO && strings.HasPrefix(string(id), arrivedPrefix)
			if c.SignsIn() && (came || slices.ContainsFunc(logins, c.SpeaksFor)) {
				ways = append(ways, c)
			}
		}
	}
	return ways, nil
}

// excepted reports whether a tenant lets somebody use a password who has any of
// some names.
func excepted(t *rolecall.Tenant, names ...string) bool {
	return slices.ContainsFunc(t.SSO.Except, func(e string) bool {
		return slices.Contains(names, e) || slices.Contains(names, NormalLogin(e))
	})
}

// addressNeedsNoSSO is an *SSORequired if whoever has an address as a login id has
// to sign in elsewhere: nobody makes an account with it who chooses a password.
// Domains are given to providers by who owns the project, so that no tenant's
// administrator keeps strangers from signing up.
func (i *Identity) addressNeedsNoSSO(ctx context.Context, login string) error {
	if !strings.Contains(login, "@") {
		return nil
	}
	return i.rc.View(ctx, reader, func(v *rolecall.View) error {
		all, err := SSOs(ctx, v, "")
		if err != nil {
			return err
		}
		var ways []*SSO
		for _, c := range all {
			if !c.SignsIn() || !c.SpeaksFor(login) {
				continue
			}
			t, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: c.Tenant})
			if errors.Is(err, rolecall.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if t.SSO.Required && !excepted(t, login) {
				ways = append(ways, c)
			}
		}
		return required(ways, nil)
	})
}
