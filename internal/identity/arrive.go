package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// An Arrival is what a tenant's provider says of somebody who signed in there.
type Arrival struct {
	Issuer, Subject string // which provider, and its id of the person
	Name            string
	Email           string
	EmailUnverified bool // it says so
	Picture         string
	Groups          []string
}

// ErrOtherAccount means that somebody arrives with the address of an account
// that the provider may not sign in to.
var ErrOtherAccount = &rolecall.FieldError{Field: "email", Rule: "is that of an account that does not sign in here", Kind: rolecall.ErrForbidden}

// Arrive returns the user of an arrival, and lets what the user has in the tenant
// be what c says: the user is a member, and of the assignments whose source is
// sso exactly those are there that its groups and c's defaults give. Others stay.
//
// The user is, in this order: the one of an earlier arrival of the same person;
// a member of the tenant whose login id is the address, if the provider speaks
// for its domain and the member administers nothing but the tenant; a new one.
// It is ErrOtherAccount if the address is an account's that is none of these, and
// ErrBlocked.
func (i *Identity) Arrive(ctx context.Context, c *SSO, a Arrival) (rolecall.SubjectID, error) {
	var who rolecall.SubjectID
	plan := func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		who, ops, err = i.arriving(ctx, v, c, a)
		return ops, err
	}
	changes := false
	if err := i.rc.View(ctx, reader, func(v *rolecall.View) error {
		ops, err := plan(ctx, v)
		changes = len(ops) > 0
		return err
	}); err != nil || !changes { // most arrivals change nothing
		return who, err
	}
	by := rolecall.System("sso")
	by.Reason = "signed in by SSO of the tenant " + string(c.Tenant)
	by.OnBehalfOf = who
	_, err := i.rc.Write(ctx, by, rolecall.Plan(plan))
	return who, err
}

// arriving returns the user of an arrival, who may be new, and what is to be
// changed.
func (i *Identity) arriving(ctx context.Context, v *rolecall.View, c *SSO, a Arrival) (rolecall.SubjectID, []rolecall.Op, error) {
	user, ops, err := i.arrived(ctx, v, c, a)
	if err != nil {
		return "", nil, err
	}
	if user.Blocked {
		return "", nil, ErrBlocked
	}
	member := &rolecall.Membership{Tenant: c.Tenant, Subject: user.ID, Source: rolecall.SourceSSO}
	switch _, err := v.Get(ctx, member.Kind(), member.Key()); {
	case errors.Is(err, rolecall.ErrNotFound):
		ops = append(ops, rolecall.Create(member))
	case err != nil:
		return "", nil, err
	}
	roles, err := c.roles(ctx, v, a.Groups)
	if err != nil {
		return "", nil, err
	}
	held, err := rolecall.All[*rolecall.Assignment](ctx, v, rolecall.Query{Kind: rolecall.KindAssignment, Where: []rolecall.Condition{
		rolecall.Where("subject", user.ID), rolecall.Where("tenant", c.Tenant), rolecall.Where("source", rolecall.SourceSSO),
	}})
	if err != nil {
		return "", nil, err
	}
	for _, h := range held {
		if at := slices.Index(roles, h.Role); at >= 0 {
			roles = slices.Delete(roles, at, at+1)
		} else {
			ops = append(ops, rolecall.Delete(h))
		}
	}
	for _, role := range roles {
		ops = append(ops, rolecall.Create(&rolecall.Assignment{
			Subject: user.ID, Role: role, Scope: rolecall.Scope{Tenant: c.Tenant}, Source: rolecall.SourceSSO,
		}))
	}
	return user.ID, ops, nil
}

// roles returns the roles that c gives to who is in some groups, without those
// that were deleted since.
func (c *SSO) roles(ctx context.Context, v *rolecall.View, groups []string) (roles []rolecall.RoleID, err error) {
	given := slices.Clone(c.Defaults)
	for _, m := range c.Mapping {
		if slices.ContainsFunc(m.Groups, func(g string) bool { return slices.Contains(groups, g) }) {
			given = append(given, m.Role)
		}
	}
	for _, role := range given {
		if slices.Contains(roles, role) {
			continue
		}
		switch _, err := v.Get(ctx, rolecall.KindRole, (&rolecall.Role{ID: role}).Key()); {
		case err == nil:
			roles = append(roles, role)
		case !errors.Is(err, rolecall.ErrNotFound):
			return nil, err
		}
	}
	return roles, nil
}

// arrivedPrefix begins the ids of users whom arrivals made.
const arrivedPrefix = "sso_"

// arrivedID is the id of the user that an arrival makes: always the same for the
// same person, and no other's.
func arrivedID(c *SSO, a Arrival) rolecall.SubjectID {
	sum := sha256.Sum256([]byte(strings.Join([]string{rolecall.SSOName(c.Tenant, c.ID), a.Issuer, a.Subject}, "\n")))
	return rolecall.SubjectID(arrivedPrefix + base64.RawURLEncoding.EncodeToString(sum[:18]))
}

// arrived returns the user of an arrival, with what the provider says of the
// profile, and how to make or change it.
func (i *Identity) arrived(ctx context.Context, v *rolecall.View, c *SSO, a Arrival) (*rolecall.User, []rolecall.Op, error) {
	vouched := c.SpeaksFor(a.Email) && !a.EmailUnverified
	user, err := rolecall.Look(ctx, v, &rolecall.User{ID: arrivedID(c, a)})
	if err == nil {
		told := *user
		profile(&told, a, vouched)
		if told.Name == user.Name && told.Email == user.Email && told.EmailVerified == user.EmailVerified && told.Picture == user.Picture {
			return user, nil, nil
		}
		return &told, []rolecall.Op{rolecall.Update(&told)}, nil
	}
	if !errors.Is(err, rolecall.ErrNotFound) {
		return nil, nil, err
	}
	if a.Email != "" {
		login, err := rolecall.Look(ctx, v, &rolecall.LoginID{Login: NormalLogin(a.Email)})
		if err == nil {
			if !vouched {
				return nil, nil, ErrOtherAccount
			}
			user, err := i.adopted(ctx, v, c, login.Subject)
			return user, nil, err
		}
		if !errors.Is(err, rolecall.ErrNotFound) {
			return nil, nil, err
		}
	}
	user = &rolecall.User{ID: arrivedID(c, a)}
	profile(user, a, vouched)
	return user, []rolecall.Op{rolecall.Create(user)}, nil
}

// adopted returns the user of an account that there is already, if c's provider
// may sign in to it.
func (i *Identity) adopted(ctx context.Context, v *rolecall.View, c *SSO, id rolecall.SubjectID) (*rolecall.User, error) {
	user, err := rolecall.Look(ctx, v, &rolecall.User{ID: id})
	if errors.Is(err, rolecall.ErrNotFound) { // a client's
		return nil, ErrOtherAccount
	}
	if err != nil {
		return nil, err
	}
	member := &rolecall.Membership{Tenant: c.Tenant, Subject: id}
	if _, err := v.Get(ctx, member.Kind(), member.Key()); errors.Is(err, rolecall.ErrNotFound) {
		return nil, ErrOtherAccount
	} else if err != nil {
		return nil, err
	}
	if i.rc.Policy().AdministersBeyond(id, c.Tenant, v.Now()) {
		return nil, ErrOtherAccount
	}
	return user, nil
}

// profile puts what a provider says of somebody into a user's profile. vouched
// says that the address is known to be the person's.
func profile(u *rolecall.User, a Arrival, vouched bool) {
	if a.Name != "" {
		u.Name = a.Name
	}
	if a.Email != "" {
		u.Email, u.EmailVerified = a.Email, vouched
	}
	if a.Picture != "" {
		u.Picture = a.Picture
	}
}
