package descope

import (
	"context"
	"slices"

	"github.com/rolecall/rolecall"
)

// A group as this API shows it: in one tenant, with the users in it that belong
// to that tenant.
type group struct {
	ID      string        `json:"id"`
	Display string        `json:"display"`
	Members []groupMember `json:"members"`
	Source  string        `json:"source"`
	SSOID   string        `json:"ssoId"`
}

type groupMember struct {
	LoginID string `json:"loginId"`
	UserID  string `json:"userId"`
	Display string `json:"display"`
}

type groupQuery struct {
	TenantID rolecall.TenantID `json:"tenantId"`
	GroupID  string            `json:"groupId"`
	LoginIDs []string          `json:"loginIds"`
	UserIDs  []string          `json:"userIds"`
}

// allGroups serves POST /v1/mgmt/group/all: the groups that have a member in the tenant.
func (c *call) allGroups(in *groupQuery) ([]group, error) {
	return c.groups(in, func(g group) bool { return len(g.Members) > 0 })
}

// memberGroups serves POST /v1/mgmt/group/member/all: the groups of some users.
func (c *call) memberGroups(in *groupQuery) ([]group, error) {
	if len(in.LoginIDs)+len(in.UserIDs) == 0 {
		return nil, missingArgument.because("loginIds or userIds is required")
	}
	logins := normal(in.LoginIDs...)
	return c.groups(in, func(g group) bool {
		return slices.ContainsFunc(g.Members, func(m groupMember) bool {
			return slices.Contains(in.UserIDs, m.UserID) || slices.Contains(logins, m.LoginID)
		})
	})
}

// groupMembers serves POST /v1/mgmt/group/members: one group.
func (c *call) groupMembers(in *groupQuery) ([]group, error) {
	if err := required("groupId", in.GroupID); err != nil {
		return nil, err
	}
	return c.groups(in, func(g group) bool { return g.ID == in.GroupID })
}

// groups returns those of a tenant's groups that are wanted. Its answer has no wrapper.
func (c *call) groups(in *groupQuery, wanted func(group) bool) (all []group, err error) {
	if err := required("tenantId", string(in.TenantID)); err != nil {
		return nil, err
	}
	all = []group{}
	return all, c.view(func(ctx context.Context, v *rolecall.View) error {
		if _, err := findTenant(ctx, v, in.TenantID); err != nil {
			return err
		}
		people, err := membersOf(ctx, v, in.TenantID)
		if err != nil {
			return err
		}
		joined, err := rolecall.All[*rolecall.GroupMember](ctx, v, rolecall.Query{Kind: rolecall.KindGroupMember})
		if err != nil {
			return err
		}
		found, err := rolecall.All[*rolecall.Group](ctx, v, rolecall.Query{Kind: rolecall.KindGroup, Sort: "name"})
		for _, g := range found {
			one := group{ID: string(g.ID), Display: g.Name, Members: []groupMember{}}
			for _, m := range joined {
				if member, ok := people[m.Member]; ok && m.Group == g.ID {
					one.Members, one.Source = append(one.Members, member), string(m.Source)
				}
			}
			if wanted(one) {
				all = append(all, one)
			}
		}
		return err
	})
}

// membersOf returns the users that belong to a tenant, each by its first login id.
func membersOf(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID) (map[rolecall.SubjectID]groupMember, error) {
	users, err := rolecall.All[*rolecall.User](ctx, v, rolecall.Query{Kind: rolecall.KindUser, Tenant: tenant})
	if err != nil {
		return nil, err
	}
	logins, err := related[*rolecall.LoginID](ctx, v, rolecall.KindLoginID, "subject", keysOf(users))
	all := make(map[rolecall.SubjectID]groupMember, len(users))
	for _, u := range users {
		all[u.ID] = groupMember{UserID: string(u.ID), Display: u.Name}
	}
	for _, l := range logins {
		if m := all[l.Subject]; m.LoginID == "" {
			m.LoginID = l.Login
			all[l.Subject] = m
		}
	}
	return all, err
}
