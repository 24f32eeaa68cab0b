package auth0

import (
	"context"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// membersOf returns the users that belong to a tenant, in the order of their ids.
func membersOf(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID) ([]*rolecall.User, error) {
	return rolecall.All[*rolecall.User](ctx, v, rolecall.Query{Kind: rolecall.KindUser, Tenant: tenant})
}

// listMembers serves GET /organizations/{id}/members. Their roles are told if
// they are asked for.
func listMembers(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	withRoles := slices.Contains(strings.Split(c.text("fields"), ","), "roles")
	if withRoles && !c.has("read:organization_member_roles") {
		return reply{}, insufficient([]string{"read:organization_member_roles"})
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err != nil {
			return err
		}
		found, err := fetch[*rolecall.User](ctx, v, p, rolecall.Query{Kind: rolecall.KindUser, Tenant: o.ID})
		if err != nil {
			return err
		}
		shown := each(found.items, summary)
		if withRoles {
			if err := addRoles(ctx, v, o.ID, found.items, shown); err != nil {
				return err
			}
		}
		answer, err = c.answer(p, "members", shown, found.total, found.next, nil)
		return err
	})
}

// addRoles adds to what is shown of members the roles that they hold in a tenant.
func addRoles(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, members []*rolecall.User, shown []object) error {
	ids := make([]string, len(members))
	for i, u := range members {
		ids[i] = string(u.ID)
	}
	assigned, err := held(ctx, v, tenant, ids...)
	if err != nil {
		return err
	}
	roles, err := rolesOf(ctx, v, assigned)
	for i, u := range members {
		of := []object{}
		for _, r := range roles {
			if slices.ContainsFunc(assigned, func(a *rolecall.Assignment) bool { return a.Subject == u.ID && a.Role == r.ID }) {
				of = append(of, object{"id": r.ID, "name": r.Name})
			}
		}
		shown[i]["roles"] = of
	}
	return err
}

type membersBody struct {
	Members []string `json:"members"`
}

// addMembers serves POST /organizations/{id}/members. Who is one already stays so.
func addMembers(c *call) (reply, error) {
	var in membersBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return done, c.plan(func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		users, err := usersWithIDs(ctx, v, "members", in.Members)
		if err != nil {
			return nil, err
		}
		there, err := membersOf(ctx, v, o.ID)
		has := byKey(there)
		for _, u := range users {
			if has[u.Key()] == nil {
				ops = append(ops, rolecall.Create(&rolecall.Membership{Tenant: o.ID, Subject: u.ID}))
			}
		}
		return ops, err
	})
}

// removeMembers serves DELETE /organizations/{id}/members. What they hold in the
// organization goes with their membership; who is none is no error.
func removeMembers(c *call) (reply, error) {
	var in membersBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return done, c.plan(func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		if len(in.Members) == 0 {
			return nil, required("members")
		}
		for _, kind := range []rolecall.Kind{rolecall.KindMembership, rolecall.KindAssignment, rolecall.KindDirectGrant} {
			found, err := relatedIn[rolecall.Record](ctx, v, o.ID, kind, "subject", texts(in.Members), rolecall.Where("tenant", o.ID))
			if err != nil {
				return nil, err
			}
			for _, r := range found {
				ops = append(ops, rolecall.Delete(r))
			}
		}
		return ops, nil
	})
}

// listMemberRoles serves GET /organizations/{id}/members/{user_id}/roles.
func listMemberRoles(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err != nil {
			return err
		}
		u, err := findUser(ctx, v, c.named["user_id"])
		if err != nil {
			return err
		}
		assigned, err := held(ctx, v, o.ID, string(u.ID))
		if err != nil {
			return err
		}
		roles, err := rolesOf(ctx, v, assigned)
		if err != nil {
			return err
		}
		found, err := part(p, roles, (*rolecall.Role).Key)
		if err == nil {
			answer, err = c.answer(p, "roles", each(found.items, describeRole), found.total, found.next, nil)
		}
		return err
	})
}

// addMemberRoles serves POST /organizations/{id}/members/{user_id}/roles. The
// user need not be a member yet.
func addMemberRoles(c *call) (reply, error) {
	return c.changeMemberRoles(func(ctx context.Context, v *rolecall.View, o *organization, u *rolecall.User, ids []string) ([]rolecall.Op, error) {
		roles, err := rolesWithIDs(ctx, v, ids)
		if err != nil {
			return nil, err
		}
		return assign(ctx, v, u.ID, o.ID, roles)
	})
}

// removeMemberRoles serves DELETE /organizations/{id}/members/{user_id}/roles.
func removeMemberRoles(c *call) (reply, error) {
	return c.changeMemberRoles(func(ctx context.Context, v *rolecall.View, o *organization, u *rolecall.User, ids []string) ([]rolecall.Op, error) {
		return unassign(ctx, v, u.ID, o.ID, ids)
	})
}

func (c *call) changeMemberRoles(change func(context.Context, *rolecall.View, *organization, *rolecall.User, []string) ([]rolecall.Op, error)) (reply, error) {
	var in rolesBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return done, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		u, err := findUser(ctx, v, c.named["user_id"])
		if err != nil {
			return nil, err
		}
		return change(ctx, v, o, u, in.Roles)
	})
}
