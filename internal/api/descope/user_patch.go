package descope

import (
	"context"

	"github.com/rolecall/rolecall"
)

// A userPatch changes what it has and leaves the rest. SDKs spell some of it in
// two ways.
type userPatch struct {
	LoginID               string           `json:"loginId"`
	Email                 *string          `json:"email"`
	VerifiedEmail         *bool            `json:"verifiedEmail"`
	Phone                 *string          `json:"phone"`
	VerifiedPhone         *bool            `json:"verifiedPhone"`
	Name                  *string          `json:"name"`
	DisplayName           *string          `json:"displayName"`
	GivenName             *string          `json:"givenName"`
	MiddleName            *string          `json:"middleName"`
	FamilyName            *string          `json:"familyName"`
	RoleNames             []string         `json:"roleNames"`
	UserTenants           []place          `json:"userTenants"`
	CustomAttributes      customAttributes `json:"customAttributes"` // of which null ones are removed
	Picture               *string          `json:"picture"`
	AdditionalLoginIDs    []string         `json:"additionalLoginIds"`
	AdditionalIdentifiers []string         `json:"additionalIdentifiers"`
	SSOAppIDs             []string         `json:"ssoAppIds"`
	SSOAppIDsJava         []string         `json:"ssoAppIDs"`
	Status                string           `json:"status"`
	SCIM                  *bool            `json:"scim"`
}

// change is for changeUser.
func (in userPatch) change(ctx context.Context, v *rolecall.View, u *rolecall.User, kept *userMore) ([]rolecall.Op, error) {
	more := normal(append(in.AdditionalLoginIDs, in.AdditionalIdentifiers...)...)
	ops, err := addLogins(ctx, v, u.ID, more)
	if err != nil {
		return nil, err
	}
	found, err := loginsOf(ctx, v, u.ID)
	if err != nil {
		return nil, err
	}
	logins := append(more, keysOf(found)...)
	for _, field := range []struct {
		to   *string
		from *string
	}{
		{&u.Name, in.DisplayName}, {&u.Name, in.Name}, {&u.Picture, in.Picture},
		{&kept.GivenName, in.GivenName}, {&kept.MiddleName, in.MiddleName}, {&kept.FamilyName, in.FamilyName},
	} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	if in.Email == nil {
		in.Email = &u.Email
	}
	setAddress(&u.Email, &u.EmailVerified, *in.Email, in.VerifiedEmail, logins)
	if in.Phone == nil {
		in.Phone = &u.Phone
	} else if in.VerifiedPhone == nil { // Descope takes the word of who patches for it
		in.VerifiedPhone = new(true)
	}
	setAddress(&u.Phone, &u.PhoneVerified, *in.Phone, in.VerifiedPhone, logins)
	kept.CustomAttributes = kept.CustomAttributes.patched(in.CustomAttributes)
	if in.SSOAppIDs == nil {
		in.SSOAppIDs = in.SSOAppIDsJava
	}
	if in.SSOAppIDs != nil {
		kept.SSOAppIDs = in.SSOAppIDs
	}
	if in.SCIM != nil {
		kept.SCIM = *in.SCIM
	}
	if err := setStatus(u, kept, in.Status); err != nil {
		return nil, err
	}
	holds, err := settle(ctx, v, u.ID, in.RoleNames, in.UserTenants)
	return append(ops, holds...), err
}

// patchUser serves PATCH /v1/mgmt/user/patch.
func (c *call) patchUser(in *userPatch) (userReply, error) {
	return c.changeUser(in.LoginID, in.change)
}
