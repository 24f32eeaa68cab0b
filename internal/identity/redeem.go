package identity

import (
	"context"
	"errors"

	"github.com/rolecall/rolecall"
)

// ErrOtherEmail means that an invitation is for another address than the user's.
var ErrOtherEmail = &rolecall.FieldError{Field: "email", Rule: "is not the one that was invited", Kind: rolecall.ErrForbidden}

// A Redeemer presents an invitation's ticket: a user who has signed in or, with
// no Subject, one to be made in the same write.
type Redeemer struct {
	Subject rolecall.SubjectID
	// New is the user to be made. Its address and its only login id are those
	// that were invited.
	New NewUser
}

// Redeem does what an invitation promises, in one write: it makes the user, if
// there is none yet, a member of the tenant with the invitation's roles, gives
// it the invitation's metadata, takes the address for verified if the ticket proves it, and deletes the invitation.
// Of several at once, one does it. It is ErrBadTicket if the invitation does not
// count, ErrOtherEmail if it is not the user's, ErrBlocked, ErrTaken if the user
// to be made exists, or ErrSSORequired if that user has to sign in elsewhere.
func (i *Identity) Redeem(ctx context.Context, ticket string, who Redeemer) (rolecall.SubjectID, rolecall.Receipt, error) {
	invited, err := i.FindInvitation(ctx, ticket)
	if err != nil {
		return "", rolecall.Receipt{}, err
	}
	subject, made := who.Subject, []rolecall.Op(nil)
	if subject == "" {
		user := who.New
		user.ID, user.Email, user.EmailVerified = user.user().ID, invited.Email, false
		user.LoginIDs, user.Tenants, user.Roles = []string{invited.Email}, nil, nil
		if user.Password == "" {
			return "", rolecall.Receipt{}, refuse("password", "is required")
		}
		if err := i.addressNeedsNoSSO(ctx, NormalLogin(invited.Email)); err != nil {
			return "", rolecall.Receipt{}, err
		}
		if made, err = i.CreateOps(ctx, user); err != nil {
			return "", rolecall.Receipt{}, err
		}
		subject = user.ID
	}
	by := rolecall.System("invitation")
	if by.OnBehalfOf, err = i.inviter(ctx, invited.ID); err != nil {
		return "", rolecall.Receipt{}, err
	}
	by.Reason = "redeemed invitation " + string(invited.ID)
	receipt, err := i.rc.Write(ctx, by, rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		invited, err := findInvitation(ctx, v, ticket)
		if err != nil {
			return nil, err
		}
		return append(made, rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
			return joining(ctx, v, subject, invited)
		})), nil
	}))
	if made != nil && errors.Is(err, rolecall.ErrConflict) {
		err = ErrTaken
	}
	if err != nil {
		return "", rolecall.Receipt{}, err
	}
	return subject, receipt, nil
}

// joining returns the operations by which a user who exists redeems an invitation.
func joining(ctx context.Context, v *rolecall.View, subject rolecall.SubjectID, invited *Invited) ([]rolecall.Op, error) {
	user, err := rolecall.Look(ctx, v, &rolecall.User{ID: subject})
	if err != nil {
		return nil, err
	}
	switch {
	case user.Blocked:
		return nil, ErrBlocked
	case NormalLogin(user.Email) != NormalLogin(invited.Email):
		return nil, ErrOtherEmail
	}
	ops := []rolecall.Op{rolecall.Delete(invited.Invitation)}
	if invited.Tenant != "" {
		member := &rolecall.Membership{Tenant: invited.Tenant, Subject: subject, Source: rolecall.SourceInvitation}
		switch _, err := v.Get(ctx, member.Kind(), member.Key()); {
		case errors.Is(err, rolecall.ErrNotFound):
			ops = append(ops, rolecall.Create(member))
		case err != nil:
			return nil, err
		}
	}
	for _, role := range invited.Roles {
		ops = append(ops, rolecall.Put(&rolecall.Assignment{
			Subject: subject, Role: role, Scope: rolecall.Scope{Tenant: invited.Tenant}, Source: rolecall.SourceInvitation,
		}))
	}
	if attributes, more := withMetadata(user.Attributes, invited.Attributes); more {
		ops = append(ops, rolecall.Modify(&rolecall.User{ID: subject}, func(u *rolecall.User) error {
			u.Attributes = attributes
			return nil
		}))
	}
	if invited.Proves && !user.EmailVerified {
		ops = append(ops, verifies(subject, NormalLogin(invited.Email)))
	}
	return ops, nil
}

// inviter returns who made an invitation, as the journal has it.
func (i *Identity) inviter(ctx context.Context, id rolecall.InvitationID) (rolecall.SubjectID, error) {
	entries, err := i.rc.Audit(ctx, reader, rolecall.EntryQuery{Kind: rolecall.KindInvitation, Key: string(id), Limit: 1})
	if err != nil || len(entries) == 0 {
		return "", err
	}
	return entries[0].Actor, nil
}
