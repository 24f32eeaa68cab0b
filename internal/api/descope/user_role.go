package descope

import (
	"context"

	"github.com/rolecall/rolecall"
)

// userRoles names roles of a user: in a tenant or, if that is empty, everywhere.
type userRoles struct {
	LoginID   string            `json:"loginId"`
	RoleNames []string          `json:"roleNames"`
	TenantID  rolecall.TenantID `json:"tenantId"`
}

// setUserRoles serves POST /v1/mgmt/user/update/role/set.
func (c *call) setUserRoles(in *userRoles) (userReply, error) { return c.changeUserRoles(in, setRoles) }

// addUserRoles serves POST /v2/mgmt/user/update/role/add.
func (c *call) addUserRoles(in *userRoles) (userReply, error) { return c.changeUserRoles(in, addRoles) }

// removeUserRoles serves POST /v1/mgmt/user/update/role/remove. Roles that the
// user does not have are no error.
func (c *call) removeUserRoles(in *userRoles) (userReply, error) {
	return c.changeUserRoles(in, removeRoles)
}

func (c *call) changeUserRoles(in *userRoles, how roleChange) (userReply, error) {
	return c.changeHoldings(in.LoginID, func(ctx context.Context, v *rolecall.View, id rolecall.SubjectID) ([]rolecall.Op, error) {
		if in.TenantID != "" {
			if _, err := findTenant(ctx, v, in.TenantID); err != nil {
				return nil, err
			}
			switch member, err := isMember(ctx, v, id, in.TenantID); {
			case err != nil:
				return nil, err
			case !member:
				return nil, notMember.because("the user is not in tenant %q", in.TenantID)
			}
		}
		return changeRoles(ctx, v, id, in.TenantID, how, in.RoleNames)
	})
}

// userPlace names a user and a tenant.
type userPlace struct {
	LoginID  string            `json:"loginId"`
	TenantID rolecall.TenantID `json:"tenantId"`
}

// addUserTenant serves POST /v1/mgmt/user/update/tenant/add. To add twice is no
// error, and changes nothing.
func (c *call) addUserTenant(in *userPlace) (userReply, error) {
	return c.changeHoldings(in.LoginID, func(ctx context.Context, v *rolecall.View, id rolecall.SubjectID) ([]rolecall.Op, error) {
		return join(ctx, v, id, in.TenantID)
	})
}

// removeUserTenant serves POST /v1/mgmt/user/update/tenant/remove. What the user
// held in the tenant goes with it.
func (c *call) removeUserTenant(in *userPlace) (userReply, error) {
	return c.changeHoldings(in.LoginID, func(ctx context.Context, v *rolecall.View, id rolecall.SubjectID) ([]rolecall.Op, error) {
		return leave(ctx, v, id, in.TenantID)
	})
}

// changeHoldings makes a write about what one user holds, and answers with the user.
func (c *call) changeHoldings(loginID string, change func(context.Context, *rolecall.View, rolecall.SubjectID) ([]rolecall.Op, error)) (userReply, error) {
	var id rolecall.SubjectID
	_, err := c.write(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		u, err := findUser(ctx, v, loginID)
		if err != nil {
			return nil, err
		}
		id = u.ID
		return change(ctx, v, id)
	}))
	if err != nil {
		return userReply{}, err
	}
	return c.showUser(id)
}
