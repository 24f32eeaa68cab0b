package main

import (
	"errors"
	"strings"
	"time"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

// status returns the status that an error of the Management API has, or 0.
func status(err error) int {
	var e management.Error
	if errors.As(err, &e) {
		return e.Status()
	}
	return 0
}

func (s *suite) users() {
	var u *management.User
	s.Check("user: create", func() {
		u = s.user("Grace@example.com")
		check.Holds("an id that begins with auth0|", strings.HasPrefix(u.GetID(), "auth0|"))
		check.Same("address", u.GetEmail(), "grace@example.com")
		check.Same("name", u.GetName(), "grace@example.com")
		check.Same("nickname", u.GetNickname(), "grace")
		check.Same("verified", u.GetEmailVerified(), false)
		check.Same("identities", len(u.Identities), 1)
		check.Same("connection", u.Identities[0].GetConnection(), database)
		check.Same("id", "auth0|"+u.Identities[0].GetUserID(), u.GetID())
		check.Holds("made now", time.Since(u.GetCreatedAt()) < 10*time.Minute)
	})
	s.Check("user: create with an id of one's own, a username and verified", func() {
		own := &management.User{
			Connection: auth0.String(database), ID: auth0.String("507f1f77bcf86cd799439020"), Email: auth0.String("own@example.com"), Password: auth0.String(password),
			EmailVerified: auth0.Bool(true), GivenName: auth0.String("Own"), FamilyName: auth0.String("Id"), Name: auth0.String("Own Id"), Nickname: auth0.String("oi"),
			Picture: auth0.String("https://cdn.example.com/own.png"),
		}
		check.OK(s.User.Create(s, own))
		got := check.Must(s.User.Read(s, "auth0|507f1f77bcf86cd799439020"))
		check.Same("name", got.GetName(), "Own Id")
		check.Same("given name", got.GetGivenName(), "Own")
		check.Same("family name", got.GetFamilyName(), "Id")
		check.Same("nickname", got.GetNickname(), "oi")
		check.Same("picture", got.GetPicture(), "https://cdn.example.com/own.png")
		check.Same("verified", got.GetEmailVerified(), true)
	})
	s.Check("user: read, whose bar is escaped", func() {
		check.Same("address", check.Must(s.User.Read(s, u.GetID())).GetEmail(), "grace@example.com")
	})
	s.Check("user: read some fields, or all but some", func() {
		some := check.Must(s.User.Read(s, u.GetID(), management.IncludeFields("user_id", "email")))
		check.Same("address", some.GetEmail(), "grace@example.com")
		check.Same("name", some.GetName(), "")
		rest := check.Must(s.User.Read(s, u.GetID(), management.ExcludeFields("email")))
		check.Same("no address", rest.GetEmail(), "")
		check.Same("name", rest.GetName(), "grace@example.com")
	})
	s.Check("user: update", func() {
		change := &management.User{Name: auth0.String("Grace Hopper"), EmailVerified: auth0.Bool(true)}
		check.OK(s.User.Update(s, u.GetID(), change))
		check.Same("the answer is whole", change.GetEmail(), "grace@example.com")
		got := check.Must(s.User.Read(s, u.GetID()))
		check.Same("name", got.GetName(), "Grace Hopper")
		check.Same("verified", got.GetEmailVerified(), true)
	})
	s.Check("user: block and unblock", func() {
		check.OK(s.User.Update(s, u.GetID(), &management.User{Blocked: auth0.Bool(true)}))
		check.Same("blocked", check.Must(s.User.Read(s, u.GetID())).GetBlocked(), true)
		check.OK(s.User.Update(s, u.GetID(), &management.User{Blocked: auth0.Bool(false)}))
		check.Same("blocked", check.Must(s.User.Read(s, u.GetID())).GetBlocked(), false)
	})
	s.Check("user: another address", func() {
		check.OK(s.User.Update(s, u.GetID(), &management.User{Email: auth0.String("hopper@example.com")}))
		found := check.Must(s.User.ListByEmail(s, "hopper@example.com"))
		check.Same("found", len(found), 1)
		check.Same("id", found[0].GetID(), u.GetID())
	})
	s.Check("user: by address, in any case, or nobody", func() {
		check.Same("found", len(check.Must(s.User.ListByEmail(s, "OWN@example.com"))), 1)
		check.Same("nobody", len(check.Must(s.User.ListByEmail(s, "nobody@example.com"))), 0)
	})
	s.Check("user: an address is taken", func() {
		err := s.User.Create(s, &management.User{Connection: auth0.String(database), Email: auth0.String("own@example.com"), Password: auth0.String(password)})
		check.RefusedAs(err, 409, "The user already exists.")
	})
	s.Check("user: a weak password is refused, and no user made", func() {
		err := s.User.Create(s, &management.User{Connection: auth0.String(database), Email: auth0.String("weak@example.com"), Password: auth0.String("abc")})
		check.Refused(err, 400)
		check.Same("users", len(check.Must(s.User.ListByEmail(s, "weak@example.com"))), 0)
	})
	s.Check("user: a connection is required, and has to exist", func() {
		check.Refused(s.User.Create(s, &management.User{Email: auth0.String("x@example.com"), Password: auth0.String(password)}), 400)
		err := s.User.Create(s, &management.User{Connection: auth0.String("Nowhere"), Email: auth0.String("x@example.com"), Password: auth0.String(password)})
		check.Holds("refused with 400 or 404", status(err) == 400 || status(err) == 404)
	})
	s.Check("user: a password is set", func() {
		check.OK(s.User.Update(s, u.GetID(), &management.User{Password: auth0.String("Another-Horse-7-Battery"), Connection: auth0.String(database)}))
		check.Holds("when", time.Since(check.Must(s.User.Read(s, u.GetID())).GetLastPasswordReset()) < 10*time.Minute)
	})
	s.Check("user: delete, twice", func() {
		check.OK(s.User.Delete(s, u.GetID()))
		check.OK(s.User.Delete(s, u.GetID()))
		_, err := s.User.Read(s, u.GetID())
		check.RefusedAs(err, 404, "The user does not exist.")
	})
}

func (s *suite) metadata() {
	u := s.user("meta@example.com")
	set := func(user, app map[string]any) {
		change := &management.User{}
		if user != nil {
			change.UserMetadata = &user
		}
		if app != nil {
			change.AppMetadata = &app
		}
		check.OK(s.User.Update(s, u.GetID(), change))
	}
	s.Check("metadata: set and read", func() {
		set(map[string]any{"colour": "red", "size": 3.0}, map[string]any{"plan": "pro", "limits": map[string]any{"seats": 5.0}})
		got := check.Must(s.User.Read(s, u.GetID()))
		check.Same("user_metadata", got.GetUserMetadata(), map[string]any{"colour": "red", "size": 3.0})
		check.Same("app_metadata", got.GetAppMetadata(), map[string]any{"plan": "pro", "limits": map[string]any{"seats": 5.0}})
	})
	s.Check("metadata: merged at the first level", func() {
		set(map[string]any{"size": 4.0}, map[string]any{"limits": map[string]any{"disks": 2.0}})
		got := check.Must(s.User.Read(s, u.GetID()))
		check.Same("user_metadata", got.GetUserMetadata(), map[string]any{"colour": "red", "size": 4.0})
		check.Same("app_metadata", got.GetAppMetadata(), map[string]any{"plan": "pro", "limits": map[string]any{"disks": 2.0}})
	})
	s.Check("metadata: null removes a key", func() {
		set(map[string]any{"colour": nil}, nil)
		check.Same("user_metadata", check.Must(s.User.Read(s, u.GetID())).GetUserMetadata(), map[string]any{"size": 4.0})
	})
	s.Check("metadata: given at creation", func() {
		made := &management.User{
			Connection: auth0.String(database), Email: auth0.String("meta2@example.com"), Password: auth0.String(password),
			AppMetadata: &map[string]any{"plan": "free"}, UserMetadata: &map[string]any{"colour": "blue"},
		}
		check.OK(s.User.Create(s, made))
		got := check.Must(s.User.Read(s, made.GetID()))
		check.Same("plan", got.GetAppMetadata()["plan"], any("free"))
		check.Same("colour", got.GetUserMetadata()["colour"], any("blue"))
	})
}

func (s *suite) search() {
	for _, name := range []string{"Lin Search", "Lou Search", "Max Search"} {
		first, _, _ := strings.Cut(strings.ToLower(name), " ")
		plan := "free"
		if first == "lin" {
			plan = "pro"
		}
		check.OK(s.User.Create(s, &management.User{
			Connection: auth0.String(database), Email: auth0.String(first + "@search.example.com"), Password: auth0.String(password),
			Name: auth0.String(name), AppMetadata: &map[string]any{"plan": plan},
		}))
	}
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{`email:"lin@search.example.com"`, []string{"lin"}},
		{`email:*@search.example.com`, []string{"lin", "lou", "max"}},
		{`name:L* AND email:*@search.example.com`, []string{"lin", "lou"}},
		{`name:*search* AND NOT email:"max@search.example.com"`, []string{"lin", "lou"}},
		{`email:(lin@search.example.com OR max@search.example.com)`, []string{"lin", "max"}},
		{`app_metadata.plan:"pro" AND email:*@search.example.com`, []string{"lin"}},
		{`_exists_:app_metadata.plan AND email:*@search.example.com`, []string{"lin", "lou", "max"}},
		{`identities.connection:"Username-Password-Authentication" AND email:m*@search.example.com`, []string{"max"}},
		{`email:"nobody@search.example.com"`, nil},
	} {
		s.Check("search: "+tt.query, func() {
			var got []string
			for _, u := range check.Must(s.User.Search(s, management.Query(tt.query))).Users {
				first, _, _ := strings.Cut(u.GetEmail(), "@")
				got = append(got, first)
			}
			check.SameSet("found", got, tt.want...)
		})
	}
	s.Check("search: sorted, and page by page", func() {
		var got []string
		for page := 0; ; page++ {
			list := check.Must(s.User.List(s, management.Query("email:*@search.example.com"), management.Parameter("sort", "email:-1"), management.PerPage(2), management.Page(page)))
			check.Same("total", list.Total, 3)
			for _, u := range list.Users {
				got = append(got, u.GetEmail())
			}
			if !list.HasNext() {
				break
			}
		}
		check.Same("found", got, []string{"max@search.example.com", "lou@search.example.com", "lin@search.example.com"})
	})
	s.Check("search: a query that can't be read is refused", func() {
		_, err := s.User.Search(s, management.Query(`email:"unclosed`))
		check.Refused(err, 400)
	})
}

func (s *suite) userRoles() {
	u, one, two := s.user("roles@example.com"), s.role("One", ""), s.role("Two", "")
	s.Check("user roles: assign, twice, and list", func() {
		check.OK(s.User.AssignRoles(s, u.GetID(), []*management.Role{one, two}))
		check.OK(s.User.AssignRoles(s, u.GetID(), []*management.Role{one}))
		list := check.Must(s.User.Roles(s, u.GetID()))
		check.SameSet("roles", roleNames(list.Roles), "One", "Two")
		check.Same("total", list.Total, 2)
	})
	s.Check("user roles: remove", func() {
		check.OK(s.User.RemoveRoles(s, u.GetID(), []*management.Role{one}))
		check.SameSet("roles", roleNames(check.Must(s.User.Roles(s, u.GetID())).Roles), "Two")
	})
	s.Check("user roles: of somebody or something that does not exist", func() {
		check.RefusedAs(s.User.AssignRoles(s, "auth0|000000000000000000000000", []*management.Role{one}), 404, "The user does not exist.")
		err := s.User.AssignRoles(s, u.GetID(), []*management.Role{{ID: auth0.String("rol_0000000000000000")}})
		check.Holds("refused with 400 or 404", status(err) == 400 || status(err) == 404)
		check.SameSet("roles", roleNames(check.Must(s.User.Roles(s, u.GetID())).Roles), "Two")
	})
}

func (s *suite) userPermissions() {
	const api = "https://direct.example.com"
	s.api(api, nil, "read:it", "write:it")
	u := s.user("direct@example.com")
	s.Check("user permissions: direct and by role", func() {
		check.OK(s.User.AssignPermissions(s, u.GetID(), named(api, "write:it")))
		reader := s.role("Direct Reader", api, "read:it")
		check.OK(s.User.AssignRoles(s, u.GetID(), []*management.Role{reader}))
		list := check.Must(s.User.Permissions(s, u.GetID()))
		check.SameSet("permissions", names(list.Permissions), "read:it", "write:it")
		check.Same("total", list.Total, 2)
	})
	s.Check("user permissions: remove takes the direct one alone", func() {
		check.OK(s.User.RemovePermissions(s, u.GetID(), named(api, "write:it")))
		check.SameSet("permissions", names(check.Must(s.User.Permissions(s, u.GetID())).Permissions), "read:it")
	})
	s.Check("user permissions: an unknown one is refused", func() {
		err := s.User.AssignPermissions(s, u.GetID(), named(api, "burn:it"))
		check.Holds("refused with 400 or 404", status(err) == 400 || status(err) == 404)
	})
}
