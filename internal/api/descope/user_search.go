package descope

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A userSearch selects users. All filters that are given must hold; of the
// values of one filter, any.
type userSearch struct {
	UserIDs          []string         `json:"userIds"`
	LoginIDs         []string         `json:"loginIds"`
	Emails           []string         `json:"emails"`
	Phones           []string         `json:"phones"`
	TenantIDs        []string         `json:"tenantIds"`
	RoleNames        []string         `json:"roleNames"`
	TenantRoleIDs    map[string]anyOf `json:"tenantRoleIds"`
	TenantRoleNames  map[string]anyOf `json:"tenantRoleNames"`
	Statuses         []string         `json:"statuses"`
	SSOAppIDs        []string         `json:"ssoAppIds"`
	CustomAttributes customAttributes `json:"customAttributes"`
	Text             string           `json:"text"`
	VerifiedEmail    *bool            `json:"verifiedEmail"`
	VerifiedPhone    *bool            `json:"verifiedPhone"`
	TestUsersOnly    bool             `json:"testUsersOnly"`
	WithTestUser     bool             `json:"withTestUser"`
	FromCreatedTime  int64            `json:"fromCreatedTime"` // Unix milliseconds; 0 is none
	ToCreatedTime    int64            `json:"toCreatedTime"`
	FromModifiedTime int64            `json:"fromModifiedTime"`
	ToModifiedTime   int64            `json:"toModifiedTime"`

	Sort []struct {
		Field string `json:"field"`
		Desc  bool   `json:"desc"`
	} `json:"sort"`
	Limit int64 `json:"limit"`
	Page  int64 `json:"page"` // from 0
}

// anyOf is a set of values of which a user has one or, with And, all.
type anyOf struct {
	Values []string `json:"values"`
	And    bool     `json:"and"`
}

func (a anyOf) match(has []string) bool {
	in := func(value string) bool { return slices.Contains(has, value) }
	if a.And {
		return !slices.ContainsFunc(a.Values, func(value string) bool { return !in(value) })
	}
	return len(a.Values) == 0 || slices.ContainsFunc(a.Values, in)
}

type userList struct {
	Users []user `json:"users"`
	Total int    `json:"total"` // of all that match
}

const defaultSearchLimit = 100

// searchUsers serves POST /v2/mgmt/user/search.
func (c *call) searchUsers(in *userSearch) (reply userList, err error) {
	if in.Limit < 0 || in.Page < 0 {
		return reply, invalidRequest.because("limit and page must not be negative")
	}
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := in.find(ctx, v)
		if err != nil {
			return err
		}
		reply.Total = len(found)
		limit := in.Limit
		if limit == 0 {
			limit = defaultSearchLimit
		}
		if err := in.sort(found); err != nil {
			return err
		}
		if limit <= int64(len(found)) && in.Page <= int64(len(found))/limit { // so that nothing overflows
			found = found[in.Page*limit:]
		} else if in.Page > 0 {
			found = nil
		}
		reply.Users, err = c.describeUsers(ctx, v, found[:min(limit, int64(len(found)))])
		return err
	})
}

// searchTestUsers serves POST /v2/mgmt/user/search/test.
func (c *call) searchTestUsers(in *userSearch) (userList, error) {
	in.TestUsersOnly = true
	return c.searchUsers(in)
}

// find returns the users on all of in's conditions. What the store can tell it
// is asked; the rest is told by looking.
func (in *userSearch) find(ctx context.Context, v *rolecall.View) ([]*rolecall.User, error) {
	var where []rolecall.Condition
	for field, values := range map[string][]string{"email": normal(in.Emails...), "phone": normal(in.Phones...)} {
		if len(values) > 0 {
			where = append(where, rolecall.Condition{Field: field, Op: rolecall.In, Values: values})
		}
	}
	only, err := in.subjects(ctx, v)
	if err != nil {
		return nil, err
	}
	var users []*rolecall.User
	if only == nil {
		users, err = rolecall.All[*rolecall.User](ctx, v, rolecall.Query{Kind: rolecall.KindUser, Where: where})
	} else {
		users, err = related[*rolecall.User](ctx, v, rolecall.KindUser, "id", members(only), where...)
	}
	if err != nil {
		return nil, err
	}
	text := strings.ToLower(in.Text)
	var texts map[rolecall.SubjectID]string
	if text != "" {
		if texts, err = loginTexts(ctx, v); err != nil {
			return nil, err
		}
	}
	var found []*rolecall.User
	for _, u := range users {
		kept, err := more[userMore](u.Attributes)
		if err != nil {
			return nil, err
		}
		if !in.match(u, kept) {
			continue
		}
		said := strings.ToLower(strings.Join([]string{string(u.ID), u.Name, kept.GivenName, kept.FamilyName, u.Email, u.Phone, texts[u.ID]}, "\n"))
		if strings.Contains(said, text) {
			found = append(found, u)
		}
	}
	return found, nil
}

// loginTexts returns the login ids of each user, one a line.
func loginTexts(ctx context.Context, v *rolecall.View) (map[rolecall.SubjectID]string, error) {
	all, err := rolecall.All[*rolecall.LoginID](ctx, v, rolecall.Query{Kind: rolecall.KindLoginID})
	lines := map[rolecall.SubjectID]string{}
	for _, l := range all {
		lines[l.Subject] += l.Login + "\n"
	}
	return lines, err
}

// match reports whether a user's own record is on in's conditions.
func (in *userSearch) match(u *rolecall.User, kept userMore) bool {
	created, modified := u.CreatedAt.UnixMilli(), u.UpdatedAt.UnixMilli()
	switch {
	case in.TestUsersOnly && !kept.Test,
		kept.Test && !in.TestUsersOnly && !in.WithTestUser,
		len(in.Statuses) > 0 && !slices.Contains(in.Statuses, status(u, kept)),
		len(in.SSOAppIDs) > 0 && !overlap(in.SSOAppIDs, kept.SSOAppIDs),
		in.VerifiedEmail != nil && *in.VerifiedEmail != u.EmailVerified,
		in.VerifiedPhone != nil && *in.VerifiedPhone != u.PhoneVerified,
		in.FromCreatedTime > 0 && created < in.FromCreatedTime,
		in.ToCreatedTime > 0 && created > in.ToCreatedTime,
		in.FromModifiedTime > 0 && modified < in.FromModifiedTime,
		in.ToModifiedTime > 0 && modified > in.ToModifiedTime:
		return false
	}
	return kept.CustomAttributes.match(in.CustomAttributes)
}

// members returns the ids that a set has.
func members(set map[rolecall.SubjectID]bool) (ids []string) {
	for id, in := range set {
		if in {
			ids = append(ids, string(id))
		}
	}
	return ids
}

// subjects returns those who are on in's conditions about ids, tenants and
// roles; nil if there are none.
func (in *userSearch) subjects(ctx context.Context, v *rolecall.View) (only map[rolecall.SubjectID]bool, err error) {
	narrow := func(to map[rolecall.SubjectID]bool) {
		if only == nil {
			only = to
		}
		for id := range only {
			only[id] = only[id] && to[id]
		}
	}
	if len(in.UserIDs) > 0 {
		to := map[rolecall.SubjectID]bool{}
		for _, id := range in.UserIDs {
			to[rolecall.SubjectID(id)] = true
		}
		narrow(to)
	}
	if len(in.LoginIDs) > 0 {
		logins, err := related[*rolecall.LoginID](ctx, v, rolecall.KindLoginID, "login", normal(in.LoginIDs...))
		if err != nil {
			return nil, err
		}
		to := map[rolecall.SubjectID]bool{}
		for _, l := range logins {
			to[l.Subject] = true
		}
		narrow(to)
	}
	if len(in.TenantIDs) > 0 {
		members, err := related[*rolecall.Membership](ctx, v, rolecall.KindMembership, "tenant", in.TenantIDs)
		if err != nil {
			return nil, err
		}
		to := map[rolecall.SubjectID]bool{}
		for _, m := range members {
			to[m.Subject] = true
		}
		narrow(to)
	}
	if len(in.RoleNames) > 0 {
		to, err := holders(ctx, v, nil, "name", anyOf{Values: in.RoleNames})
		if err != nil {
			return nil, err
		}
		narrow(to)
	}
	for field, places := range map[string]map[string]anyOf{"id": in.TenantRoleIDs, "name": in.TenantRoleNames} {
		for tenant, wanted := range places {
			to, err := holders(ctx, v, &tenant, field, wanted)
			if err != nil {
				return nil, err
			}
			narrow(to)
		}
	}
	return only, nil
}

// holders returns who holds wanted roles, given by a field of theirs: in one
// tenant or, if tenant is nil, anywhere.
func holders(ctx context.Context, v *rolecall.View, tenant *string, field string, wanted anyOf) (map[rolecall.SubjectID]bool, error) {
	roles, err := related[*rolecall.Role](ctx, v, rolecall.KindRole, field, wanted.Values)
	if err != nil {
		return nil, err
	}
	value := map[rolecall.RoleID]string{}
	for _, r := range roles {
		if value[r.ID] = r.Name; field == "id" {
			value[r.ID] = string(r.ID)
		}
	}
	where := []rolecall.Condition{rolecall.Where("resource", "")}
	if tenant != nil {
		where = append(where, rolecall.Where("tenant", *tenant))
	}
	assigned, err := related[*rolecall.Assignment](ctx, v, rolecall.KindAssignment, "role", keysOf(roles), where...)
	if err != nil {
		return nil, err
	}
	has := map[rolecall.SubjectID][]string{}
	for _, a := range assigned {
		if a.Validity.At(v.Now()) {
			has[a.Subject] = append(has[a.Subject], value[a.Role])
		}
	}
	all := map[rolecall.SubjectID]bool{}
	for id, values := range has {
		all[id] = wanted.match(values)
	}
	return all, nil
}

// sort puts users in the asked order, or the oldest first.
func (in *userSearch) sort(users []*rolecall.User) error {
	for _, s := range in.Sort {
		if userOrder[s.Field] == nil {
			return invalidRequest.because("sort.field %q is not a field that users are sorted by", s.Field)
		}
	}
	slices.SortStableFunc(users, func(a, b *rolecall.User) int {
		for _, s := range in.Sort {
			if n := userOrder[s.Field](a, b); n != 0 && s.Desc {
				return -n
			} else if n != 0 {
				return n
			}
		}
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

// userOrder compares users by the fields that SDKs sort by.
var userOrder = map[string]func(a, b *rolecall.User) int{
	"userId":       func(a, b *rolecall.User) int { return cmp.Compare(a.ID, b.ID) },
	"name":         func(a, b *rolecall.User) int { return cmp.Compare(a.Name, b.Name) },
	"displayName":  func(a, b *rolecall.User) int { return cmp.Compare(a.Name, b.Name) },
	"email":        func(a, b *rolecall.User) int { return cmp.Compare(a.Email, b.Email) },
	"phone":        func(a, b *rolecall.User) int { return cmp.Compare(a.Phone, b.Phone) },
	"createdTime":  func(a, b *rolecall.User) int { return a.CreatedAt.Compare(b.CreatedAt) },
	"modifiedTime": func(a, b *rolecall.User) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
}

// loadUsers serves POST /v1/mgmt/users/load. Ids that no user has are left out
// or, with includeInvalidUsers, answered with nothing but the id.
func (c *call) loadUsers(in *struct {
	UserIDs             []string `json:"userIds"`
	IncludeInvalidUsers bool     `json:"includeInvalidUsers"`
}) (reply userList, err error) {
	if len(in.UserIDs) == 0 {
		return reply, missingArgument.because("userIds is required")
	}
	err = c.view(func(ctx context.Context, v *rolecall.View) error {
		reply.Users, err = c.usersWithIDs(ctx, v, in.UserIDs)
		return err
	})
	if in.IncludeInvalidUsers {
		for _, id := range in.UserIDs {
			if !slices.ContainsFunc(reply.Users, func(u user) bool { return u.UserID == id }) {
				reply.Users = append(reply.Users, user{
					UserID: id, LoginIDs: []string{}, RoleNames: []string{}, UserTenants: []userTenant{},
					CustomAttributes: customAttributes{}, OAuth: map[string]bool{}, SSOAppIDs: []string{},
				})
			}
		}
	}
	reply.Total = len(reply.Users)
	return reply, err
}

func isEmail(login string) bool { return strings.Contains(login, "@") }

func isPhone(login string) bool {
	return strings.HasPrefix(login, "+") && identity.NormalLogin(login) == login && strings.Trim(login[1:], "0123456789") == "" && len(login) > 7
}
