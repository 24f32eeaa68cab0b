package main

import (
	"regexp"
	"strings"

	"github.com/descope/go-sdk/descope"
)

var userID = regexp.MustCompile(`^U[0-9A-Za-z]{27}$`)

func (s *suite) users() {
	u := s.User()
	yes := true
	s.check("user: create with all fields", func() {
		got := must(u.Create(s, "desk@acme.example", &descope.UserRequest{
			User:               descope.User{Name: "Desk", GivenName: "De", MiddleName: "M.", FamilyName: "Sk", Phone: "+1-555-555-0100", Email: "desk@acme.example"},
			Roles:              []string{"Reader"},
			Tenants:            []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Steward"}}, {TenantID: "globex"}},
			CustomAttributes:   map[string]any{"floor": 3},
			Picture:            "https://acme.example/desk.png",
			VerifiedPhone:      &yes,
			AdditionalLoginIDs: []string{"desk"},
		}))
		holds("a user id of U and 27 letters or digits", userID.MatchString(got.UserID))
		sameSet("login ids", got.LoginIDs, "desk@acme.example", "desk")
		same("names", []string{got.Name, got.GivenName, got.MiddleName, got.FamilyName}, []string{"Desk", "De", "M.", "Sk"})
		same("e-mail", got.Email, "desk@acme.example")
		same("phone, normalised", got.Phone, "+15555550100")
		same("verified phone", got.VerifiedPhone, true)
		sameSet("roles", got.RoleNames, "Reader")
		sameSet("roles in acme", inTenant(got, "acme"), "Steward")
		sameSet("roles in globex", inTenant(got, "globex"))
		same("attribute", got.CustomAttributes["floor"], any(float64(3)))
		same("picture", got.Picture, "https://acme.example/desk.png")
		same("status", got.Status, "invited")
		same("test, password, TOTP", []bool{got.Test, got.Password, got.TOTP}, []bool{false, false, false})
		holds("times in seconds", got.CreatedTime > 1_700_000_000 && got.ModifiedTime >= got.CreatedTime)
	})
	s.check("user: a login id that is an e-mail address becomes the verified e-mail", func() {
		got := must(u.Create(s, "plain@acme.example", &descope.UserRequest{}))
		same("e-mail", got.Email, "plain@acme.example")
		same("verified", got.VerifiedEmail, true)
	})
	s.check("user: a phone as login id is normalised", func() {
		sameSet("login ids", must(u.Create(s, "+1-555-555-0199", &descope.UserRequest{User: descope.User{Phone: "+1-555-555-0199"}})).LoginIDs, "+15555550199")
	})
	s.check("user: a login id that is taken is refused", func() {
		_, err := u.Create(s, "desk", &descope.UserRequest{})
		refusedAs(descope.ErrUserAlreadyExists, err, bad)
	})
	s.check("user: an unknown role is refused, and nobody is created", func() {
		_, err := u.Create(s, "ghost", &descope.UserRequest{Roles: []string{"Ghost"}})
		refused(err, bad, unknown)
		_, err = u.Load(s, "ghost")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: an unknown tenant is refused", func() {
		_, err := u.Create(s, "ghost", &descope.UserRequest{Tenants: []*descope.AssociatedTenant{{TenantID: "no-such-tenant"}}})
		refused(err, bad, unknown)
	})
	s.check("user: a name too long is refused", func() {
		_, err := u.Create(s, "ghost", &descope.UserRequest{User: descope.User{Name: text(100_000)}})
		refused(err, bad)
	})
	s.check("user: load by login id, by another login id, by user id", func() {
		a := must(u.Load(s, "desk@acme.example"))
		same("by another", must(u.Load(s, "desk")).UserID, a.UserID)
		same("by user id as login id", must(u.Load(s, a.UserID)).UserID, a.UserID)
		same("by user id", must(u.LoadByUserID(s, a.UserID)).UserID, a.UserID)
	})
	s.check("user: load of an unknown login id is refused", func() {
		_, err := u.Load(s, "nobody")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: load of an unknown user id is refused", func() {
		_, err := u.LoadByUserID(s, "U"+strings.Repeat("z", 27))
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: load of several", func() {
		a, b := must(u.Load(s, "desk")), must(u.Load(s, "rita"))
		got, _, err := u.LoadUsers(s, []string{a.UserID, b.UserID}, false)
		ok(err)
		same("users", len(got), 2)
	})
	s.check("user: create a test user", func() {
		same("test", must(u.CreateTestUser(s, "tess", &descope.UserRequest{})).Test, true)
	})
	s.check("user: invite", func() {
		no := false
		got := must(u.Invite(s, "guest@acme.example", &descope.UserRequest{Roles: []string{"Reader"}}, &descope.InviteOptions{SendMail: &no, SendSMS: &no}))
		same("status", got.Status, "invited")
		sameSet("roles", got.RoleNames, "Reader")
	})
	s.check("user: invite again invites the same user", func() {
		a := must(u.Load(s, "guest@acme.example"))
		same("user", must(u.Invite(s, "guest@acme.example", &descope.UserRequest{}, nil)).UserID, a.UserID)
	})
	s.check("user: delete", func() {
		ok(u.Delete(s, "guest@acme.example"))
		_, err := u.Load(s, "guest@acme.example")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: delete by user id", func() {
		ok(u.DeleteByUserID(s, must(u.Create(s, "brief", &descope.UserRequest{})).UserID))
		_, err := u.Load(s, "brief")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: delete of an unknown login id is refused", func() {
		refusedAs(descope.ErrManagementUserNotFound, u.Delete(s, "nobody"), bad, unknown)
	})
	s.check("user: a login id that was deleted can be used again", func() { must(u.Create(s, "brief", &descope.UserRequest{})) })
}

func (s *suite) userChanges() {
	u := s.User()
	name := "Patched"
	s.check("user: update replaces everything", func() {
		must(u.Create(s, "chang", &descope.UserRequest{
			User: descope.User{Name: "Chang", Phone: "+15555550111"}, Roles: []string{"Reader"},
			Tenants: []*descope.AssociatedTenant{{TenantID: "acme"}}, CustomAttributes: map[string]any{"a": "b"},
		}))
		got := must(u.Update(s, "chang", &descope.UserRequest{User: descope.User{Name: "Ching"}}))
		same("name", got.Name, "Ching")
		same("phone", got.Phone, "")
		sameSet("roles", got.RoleNames)
		same("tenants", len(got.UserTenants), 0)
		same("attributes", len(got.CustomAttributes), 0)
	})
	s.check("user: update of an unknown user is refused", func() {
		_, err := u.Update(s, "nobody", &descope.UserRequest{})
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: patch changes what it names", func() {
		must(u.Update(s, "chang", &descope.UserRequest{User: descope.User{Name: "Chang", FamilyName: "Li"}, Roles: []string{"Reader"}}))
		got := must(u.Patch(s, "chang", &descope.PatchUserRequest{Name: &name}))
		same("name", got.Name, "Patched")
		same("family name", got.FamilyName, "Li")
		sameSet("roles", got.RoleNames, "Reader")
	})
	s.check("user: patch with no roles clears roles and leaves the rest", func() {
		got := must(u.Patch(s, "chang", &descope.PatchUserRequest{Roles: &[]string{}}))
		sameSet("roles", got.RoleNames)
		same("name", got.Name, "Patched")
	})
	s.check("user: patch of an unknown user is refused", func() {
		_, err := u.Patch(s, "nobody", &descope.PatchUserRequest{Name: &name})
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: patch several", func() {
		got := must(u.PatchBatch(s, []*descope.PatchUserBatchRequest{{LoginID: "chang", PatchUserRequest: &descope.PatchUserRequest{Name: &name}}}))
		same("users", len(got.PatchedUsers), 1)
		same("failed", len(got.FailedUsers), 0)
	})
	s.check("user: deactivate", func() { same("status", must(u.Deactivate(s, "chang")).Status, "disabled") })
	s.check("user: activate", func() { same("status", must(u.Activate(s, "chang")).Status, "enabled") })
	s.check("user: update display name", func() {
		got := must(u.UpdateDisplayName(s, "chang", "Shown"))
		same("name", got.Name, "Shown")
		same("family name", got.FamilyName, "Li")
	})
	s.check("user: update names", func() {
		got := must(u.UpdateUserNames(s, "chang", "A", "B", "C"))
		same("names", []string{got.GivenName, got.MiddleName, got.FamilyName}, []string{"A", "B", "C"})
		same("name", got.Name, "Shown")
	})
	s.check("user: update e-mail", func() {
		got := must(u.UpdateEmail(s, "chang", "chang@acme.example", true, false))
		same("e-mail", got.Email, "chang@acme.example")
		same("verified", got.VerifiedEmail, true)
	})
	s.check("user: update phone", func() {
		got := must(u.UpdatePhone(s, "chang", "+1-555-555-0122", false, false))
		same("phone", got.Phone, "+15555550122")
		same("verified", got.VerifiedPhone, false)
	})
	s.check("user: an empty e-mail and phone remove them", func() {
		must(u.UpdateEmail(s, "chang", "", false, false))
		got := must(u.UpdatePhone(s, "chang", "", false, false))
		same("both", got.Email+got.Phone, "")
	})
	s.check("user: update picture", func() {
		same("picture", must(u.UpdatePicture(s, "chang", "https://acme.example/c.png")).Picture, "https://acme.example/c.png")
	})
	s.check("user: update a custom attribute", func() {
		same("attribute", must(u.UpdateCustomAttribute(s, "chang", "level", "high")).CustomAttributes["level"], any("high"))
	})
	s.check("user: update login id", func() {
		id := must(u.Load(s, "chang")).UserID
		got := must(u.UpdateLoginID(s, "chang", "changed"))
		same("user id", got.UserID, id)
		sameSet("login ids", got.LoginIDs, "changed")
		_, err := u.Load(s, "chang")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user: update login id to one that is taken is refused", func() {
		_, err := u.UpdateLoginID(s, "changed", "rita")
		refused(err, bad)
	})
	s.check("user: the last login id can't be removed", func() {
		_, err := u.UpdateLoginID(s, "changed", "")
		refused(err, bad)
	})
	s.check("user: one of two login ids can be removed", func() {
		sameSet("login ids", must(u.UpdateLoginID(s, "desk", "")).LoginIDs, "desk@acme.example")
	})
}

func (s *suite) userBatches() {
	u := s.User()
	var ids []string
	s.check("user batch: create", func() {
		got := must(u.CreateBatch(s, []*descope.BatchUser{
			{LoginID: "one", UserRequest: descope.UserRequest{Roles: []string{"Reader"}}},
			{LoginID: "two", Password: &descope.BatchUserPassword{Cleartext: password}, Status: descope.UserStatusEnabled,
				UserRequest: descope.UserRequest{Tenants: []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Steward"}}}}},
		}))
		same("created", len(got.CreatedUsers), 2)
		same("failed", len(got.FailedUsers), 0)
		for _, c := range got.CreatedUsers {
			ids = append(ids, c.UserID)
		}
		sameSet("roles of one", must(u.Load(s, "one")).RoleNames, "Reader")
		two := must(u.Load(s, "two"))
		sameSet("roles of two in acme", inTenant(two, "acme"), "Steward")
		same("status and password of two", []any{two.Status, two.Password}, []any{"enabled", true})
	})
	s.check("user batch: the password of one works", func() { must(s.auth.Password().SignIn(s, "two", password, nil)) })
	s.check("user batch: a bcrypt hash works as password", func() {
		must(u.CreateBatch(s, []*descope.BatchUser{{LoginID: "hashed", Password: &descope.BatchUserPassword{
			Hashed: &descope.BatchUserPasswordHashed{Bcrypt: &descope.BatchUserPasswordBcrypt{Hash: bcryptHash}}}}}))
		must(s.auth.Password().SignIn(s, "hashed", bcryptPassword, nil))
		_, err := s.auth.Password().SignIn(s, "hashed", "not "+bcryptPassword, nil)
		refused(err, unproven)
	})
	s.check("user batch: invite", func() {
		got := must(u.InviteBatch(s, []*descope.BatchUser{{LoginID: "three@acme.example"}}, &descope.InviteOptions{InviteURL: "https://acme.example/welcome"}))
		same("created", len(got.CreatedUsers), 1)
		same("status", got.CreatedUsers[0].Status, "invited")
	})
	s.check("user batch: delete", func() {
		ok(u.DeleteBatch(s, ids))
		_, err := u.Load(s, "one")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
	})
	s.check("user batch: delete of all test users", func() {
		ok(u.DeleteAllTestUsers(s))
		_, err := u.Load(s, "tess")
		refusedAs(descope.ErrManagementUserNotFound, err, bad, unknown)
		must(u.Load(s, "rita"))
	})
}

func (s *suite) userSearch() {
	u := s.User()
	search := func(o descope.UserSearchOptions) (logins []string, total int) {
		all, total, err := u.SearchAll(s, &o)
		ok(err)
		for _, found := range all {
			logins = append(logins, found.LoginIDs[0])
		}
		return logins, total
	}
	finds := func(o descope.UserSearchOptions, want ...string) {
		got, total := search(o)
		sameSet("users", got, want...)
		same("total", total, len(want))
	}
	s.check("user search: a world of three", func() {
		must(u.Create(s, "s-ann", &descope.UserRequest{User: descope.User{Name: "Ann Search", Email: "s-ann@search.example", Phone: "+15555550161"}, Roles: []string{"Editor"},
			Tenants: []*descope.AssociatedTenant{{TenantID: "globex", Roles: []string{"Reader", "Editor"}}}, CustomAttributes: map[string]any{"team": "blue"}}))
		must(u.Create(s, "s-bob", &descope.UserRequest{User: descope.User{Name: "Bob Search"}, Tenants: []*descope.AssociatedTenant{{TenantID: "globex", Roles: []string{"Reader"}}}}))
		must(u.CreateTestUser(s, "s-tim", &descope.UserRequest{User: descope.User{Name: "Tim Search"}}))
	})
	s.check("user search: by login id", func() {
		finds(descope.UserSearchOptions{LoginIDs: []string{"s-ann", "s-bob", "nobody"}}, "s-ann", "s-bob")
	})
	s.check("user search: by user id", func() { finds(descope.UserSearchOptions{UserIDs: []string{must(u.Load(s, "s-bob")).UserID}}, "s-bob") })
	s.check("user search: by text", func() { finds(descope.UserSearchOptions{Text: "search"}, "s-ann", "s-bob") })
	s.check("user search: by e-mail", func() { finds(descope.UserSearchOptions{Emails: []string{"s-ann@search.example"}}, "s-ann") })
	s.check("user search: by phone", func() { finds(descope.UserSearchOptions{Phones: []string{"+15555550161"}}, "s-ann") })
	s.check("user search: by role", func() { finds(descope.UserSearchOptions{Roles: []string{"Editor"}, Text: "search"}, "s-ann") })
	s.check("user search: by tenant", func() {
		finds(descope.UserSearchOptions{TenantIDs: []string{"globex"}, Text: "search"}, "s-ann", "s-bob")
	})
	s.check("user search: by status", func() {
		must(u.Deactivate(s, "s-bob"))
		finds(descope.UserSearchOptions{Statuses: []descope.UserStatus{descope.UserStatusDisabled}, Text: "search"}, "s-bob")
	})
	s.check("user search: by attribute", func() { finds(descope.UserSearchOptions{CustomAttributes: map[string]any{"team": "blue"}}, "s-ann") })
	s.check("user search: by any of the roles in a tenant", func() {
		finds(descope.UserSearchOptions{TenantRoleNames: map[string]*descope.RoleList{"globex": {Values: []string{"Reader", "Editor"}}}, Text: "search"}, "s-ann", "s-bob")
	})
	s.check("user search: by all of the roles in a tenant", func() {
		finds(descope.UserSearchOptions{TenantRoleNames: map[string]*descope.RoleList{"globex": {Values: []string{"Reader", "Editor"}, And: true}}, Text: "search"}, "s-ann")
	})
	s.check("user search: test users are shown when asked for", func() {
		finds(descope.UserSearchOptions{Text: "search", WithTestUsers: true}, "s-ann", "s-bob", "s-tim")
		finds(descope.UserSearchOptions{Text: "search", TestUsersOnly: true}, "s-tim")
	})
	s.check("user search: test users by their own call", func() {
		all, _, err := u.SearchAllTestUsers(s, &descope.UserSearchOptions{Text: "search"})
		ok(err)
		same("users", len(all), 1)
	})
	s.check("user search: sorted", func() {
		got, _ := search(descope.UserSearchOptions{Text: "search", Sort: []descope.UserSearchSort{{Field: "name", Desc: true}}})
		same("users", got, []string{"s-bob", "s-ann"})
	})
	s.check("user search: pages have the total of all", func() {
		first, total := search(descope.UserSearchOptions{Text: "search", Limit: 1, Sort: []descope.UserSearchSort{{Field: "name"}}})
		same("first", first, []string{"s-ann"})
		same("total", total, 2)
		second, _ := search(descope.UserSearchOptions{Text: "search", Limit: 1, Page: 1, Sort: []descope.UserSearchSort{{Field: "name"}}})
		same("second", second, []string{"s-bob"})
	})
	s.check("user search: nobody", func() { finds(descope.UserSearchOptions{LoginIDs: []string{"nobody"}}) })
	s.check("user search: created since a time", func() {
		finds(descope.UserSearchOptions{Text: "search", FromCreatedTime: 4_000_000_000_000})
	})
}
