package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

func listScope(t *testing.T, e Engine) {
	s := e.open(t)
	s.put(append(town(), &rolecall.Membership{Tenant: "acme", Subject: "staff", Source: rolecall.SourceManual})...)
	tests := []struct {
		q    rolecall.Query
		want []string
	}{
		{rolecall.Query{Kind: rolecall.KindTenant, Tenant: "acme"}, []string{"acme"}},
		{rolecall.Query{Kind: rolecall.KindRole, Tenant: "acme"}, []string{"local"}},
		{rolecall.Query{Kind: rolecall.KindRole, Tenant: "empty"}, []string{}},
		{rolecall.Query{Kind: rolecall.KindRole, Tenant: "nowhere"}, []string{}},
		{rolecall.Query{Kind: rolecall.KindInheritance, Tenant: "acme"}, []string{"local\tclerk"}},
		{rolecall.Query{Kind: rolecall.KindGrant, Tenant: "acme"}, []string{"local\twrite"}},
		{rolecall.Query{Kind: rolecall.KindUser, Tenant: "acme"}, []string{"ann"}},
		{rolecall.Query{Kind: rolecall.KindClient, Tenant: "acme"}, []string{"robot"}},
		{rolecall.Query{Kind: rolecall.KindMembership, Tenant: "acme"}, []string{"acme\tann", "acme\trobot", "acme\tstaff"}},
		{rolecall.Query{Kind: rolecall.KindGroup, Tenant: "acme"}, []string{"staff"}},
		{rolecall.Query{Kind: rolecall.KindGroupMember, Tenant: "acme"}, []string{"staff\tann", "staff\trobot"}},
		{rolecall.Query{Kind: rolecall.KindAssignment, Tenant: "acme"}, []string{"ann\tlocal\tacme\t\tmanual", "bob\tclerk\tacme\t\tmanual"}},
		{rolecall.Query{Kind: rolecall.KindDirectGrant, Tenant: "acme"}, []string{"bob\twrite\tacme\t\tmanual"}},
		{rolecall.Query{Kind: rolecall.KindLoginID, Tenant: "acme"}, []string{"ann@example.com"}},
		{rolecall.Query{Kind: rolecall.KindCredential, Tenant: "acme"}, []string{"key", "secret"}},
		{rolecall.Query{Kind: rolecall.KindUser, Group: "staff"}, []string{"ann"}},
		{rolecall.Query{Kind: rolecall.KindClient, Group: "staff"}, []string{"robot"}},
		{rolecall.Query{Kind: rolecall.KindGroup, Group: "all"}, []string{"staff"}},
		{rolecall.Query{Kind: rolecall.KindUser, Group: "all"}, []string{}},
		{rolecall.Query{Kind: rolecall.KindUser, Group: "staff", Tenant: "empty"}, []string{}},
		{rolecall.Query{Kind: rolecall.KindUser, Group: "staff", Tenant: "acme", Search: "A", Where: []rolecall.Condition{rolecall.Where("blocked", "false")}}, []string{"ann"}},
	}
	for _, test := range tests {
		test.q.Total = true
		page := s.list(test.q)
		same(t, fmt.Sprintf("%+v", test.q), keys(page.Records), test.want)
		same(t, fmt.Sprintf("total of %+v", test.q), page.Total, len(test.want))
	}
}

func listSearch(t *testing.T, e Engine) {
	s := e.open(t)
	s.put(
		&rolecall.User{ID: "1", Name: "Anna Schmidt", Email: "anna@example.com"},
		&rolecall.User{ID: "2", Name: "BOB", Email: "b.o.b@example.org"},
		&rolecall.User{ID: "3", Name: "100% proof_x", Email: `back\slash@x`},
		&rolecall.User{ID: "auth0|Anna", Name: "Ärger", Picture: "https://example.com/secret"},
		&rolecall.Tenant{ID: "t", Name: "Acme Inc."},
		&rolecall.Role{ID: "r", Name: "Clerk", Description: "anna"},
	)
	tests := []struct {
		kind   rolecall.Kind
		search string
		want   []string
	}{
		{rolecall.KindUser, "ANNA", []string{"1", "auth0|Anna"}},
		{rolecall.KindUser, "@EXAMPLE", []string{"1", "2"}},
		{rolecall.KindUser, "b.o.b", []string{"2"}},
		{rolecall.KindUser, "%", []string{"3"}},
		{rolecall.KindUser, "_", []string{"3"}},
		{rolecall.KindUser, `\`, []string{"3"}},
		{rolecall.KindUser, "Ärg", []string{"auth0|Anna"}},
		{rolecall.KindUser, "ärg", []string{}}, // only ASCII letters lose their case
		{rolecall.KindUser, "secret", []string{}},
		{rolecall.KindTenant, "acme", []string{"t"}},
		{rolecall.KindRole, "anna", []string{}},
	}
	for _, test := range tests {
		got := s.list(rolecall.Query{Kind: test.kind, Search: test.search})
		same(t, fmt.Sprintf("%s search for %q", test.kind, test.search), keys(got.Records), test.want)
	}
}

func listRefusals(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(town()...)
	user := func(field string, op rolecall.Operator, values ...string) rolecall.Query {
		return rolecall.Query{Kind: rolecall.KindUser, Where: []rolecall.Condition{{Field: field, Op: op, Values: values}}}
	}
	cursor := s.list(rolecall.Query{Kind: rolecall.KindUser, Limit: 1}).Next
	tests := []struct {
		name, field string
		q           rolecall.Query
	}{
		{"an unknown field", "shoe_size", user("shoe_size", rolecall.Equal, "44")},
		{"another kind's field", "identifier", user("identifier", rolecall.Equal, "x")},
		{"a field of JSON", "attributes", user("attributes", rolecall.Equal, "{}")},
		{"a secret", "hash", rolecall.Query{Kind: rolecall.KindCredential, Where: []rolecall.Condition{rolecall.Where("hash", "x")}}},
		{"a private key", "private", rolecall.Query{Kind: rolecall.KindSigningKey, Where: []rolecall.Condition{rolecall.Where("private", "x")}}},
		{"SQL for a field", `id" = "id`, user(`id" = "id`, rolecall.Equal, "x")},
		{"an unknown operator", "id", user("id", "like", "x")},
		{"no value", "id", user("id", rolecall.Equal)},
		{"two values", "id", user("id", rolecall.Equal, "a", "b")},
		{"too many values", "id", user("id", rolecall.In, make([]string, 501)...)},
		{"a flag that is neither", "blocked", user("blocked", rolecall.Equal, "maybe")},
		{"an order of flags", "blocked", user("blocked", rolecall.Before, "true")},
		{"text in a flag", "blocked", user("blocked", rolecall.Contains, "t")},
		{"a time that is none", "created_at", user("created_at", rolecall.Before, "yesterday")},
		{"text in a time", "created_at", user("created_at", rolecall.Prefix, "2026")},
		{"bytes that are not UTF-8", "id", user("id", rolecall.Equal, "\xff")},
		{"a zero byte", "id", user("id", rolecall.Prefix, "a\x00")},
		{"bytes that are not UTF-8 in a search", "search", rolecall.Query{Kind: rolecall.KindUser, Search: "\xff"}},
		{"an endless search", "search", rolecall.Query{Kind: rolecall.KindUser, Search: strings.Repeat("x", 1e5)}},
		{"an unknown field to sort by", "sort", rolecall.Query{Kind: rolecall.KindUser, Sort: "shoe_size"}},
		{"JSON to sort by", "sort", rolecall.Query{Kind: rolecall.KindUser, Sort: "attributes"}},
		{"SQL to sort by", "sort", rolecall.Query{Kind: rolecall.KindUser, Sort: "id; DROP TABLE users"}},
		{"the tenant of a kind that has none", "tenant", rolecall.Query{Kind: rolecall.KindAPI, Tenant: "acme"}},
		{"the group of a kind that has none", "group", rolecall.Query{Kind: rolecall.KindRole, Group: "staff"}},
		{"a cursor of nothing", "after", rolecall.Query{Kind: rolecall.KindUser, After: "!"}},
		{"a made-up cursor", "after", rolecall.Query{Kind: rolecall.KindUser, After: "W10"}},
		{"another kind's cursor", "after", rolecall.Query{Kind: rolecall.KindGroup, After: cursor}},
		{"another order's cursor", "after", rolecall.Query{Kind: rolecall.KindUser, Sort: "name", After: cursor}},
		{"another direction's cursor", "after", rolecall.Query{Kind: rolecall.KindUser, Desc: true, After: cursor}},
		{"another filter's cursor", "after", rolecall.Query{Kind: rolecall.KindUser, Search: "a", After: cursor}},
	}
	for _, test := range tests {
		s.read(func(r rolecall.Reader) error {
			_, err := r.List(ctx, test.q)
			wants(t, test.name, err, rolecall.ErrInvalid, test.field)
			page, err := r.List(ctx, rolecall.Query{Kind: rolecall.KindUser}) // the reader is still good
			if err != nil || len(page.Records) != 2 {
				t.Errorf("after %s: got %v, %v", test.name, page, err)
			}
			return nil
		})
	}
}

// paging walks through rows that mostly tie.
func paging(t *testing.T, e Engine) {
	s := e.open(t)
	var users []rolecall.Record
	for i := range 60 {
		users = append(users, &rolecall.User{ID: rolecall.SubjectID(fmt.Sprintf("u%02d", i*37%60)), Name: fmt.Sprint("n", i%3), Blocked: i%2 == 0})
	}
	s.put(users...)
	for _, sort := range []string{"", "id", "name", "blocked", "created_at"} {
		for _, desc := range []bool{false, true} {
			whole := keys(s.list(rolecall.Query{Kind: rolecall.KindUser, Sort: sort, Desc: desc}).Records)
			for _, limit := range []int{1, 7, 59, 60, 61} {
				got, _ := pages(s, rolecall.Query{Kind: rolecall.KindUser, Sort: sort, Desc: desc, Limit: limit})
				same(t, fmt.Sprintf("pages of %d by %q", limit, sort), keys(got), whole)
			}
		}
	}
}

func pagingWhileWriting(t *testing.T, e Engine) {
	ctx := context.Background()
	for _, sort := range []string{"", "name", "blocked"} {
		for _, desc := range []bool{false, true} {
			s := e.open(t)
			user := func(i int) *rolecall.User {
				return &rolecall.User{ID: rolecall.SubjectID(fmt.Sprintf("u%03d", i)), Name: fmt.Sprint("n", i%5), Blocked: i%2 == 0}
			}
			// Of 0 to 199, every third stays throughout, the others come and go.
			stays := func(i int) bool { return i%3 == 0 }
			var users []rolecall.Record
			for i := range 200 {
				if i%3 != 1 {
					users = append(users, user(i))
				}
			}
			s.put(users...)
			seen := map[string]int{}
			q := rolecall.Query{Kind: rolecall.KindUser, Sort: sort, Desc: desc, Limit: 7}
			for n := 0; ; n++ {
				page := s.list(q)
				for _, r := range page.Records {
					seen[r.Key()]++
				}
				if page.Next == "" {
					break
				}
				q.After = page.Next
				s.write(func(tx rolecall.Tx) error {
					for i := n % 11; i < 200; i += 11 {
						if stays(i) {
							continue
						}
						if err := tx.Delete(ctx, user(i)); err != nil {
							if err := tx.Insert(ctx, user(i)); err != nil {
								return err
							}
						}
					}
					// The row that the cursor stands on goes too, if it may.
					last := page.Records[len(page.Records)-1].(*rolecall.User)
					var i int
					if _, err := fmt.Sscanf(string(last.ID), "u%d", &i); err != nil {
						return err
					}
					if stays(i) {
						return nil
					}
					if err := tx.Delete(ctx, last); !errors.Is(err, rolecall.ErrNotFound) {
						return err
					}
					return nil
				})
			}
			for i := range 200 {
				if key := user(i).Key(); stays(i) && seen[key] != 1 {
					t.Errorf("sorted by %q, desc %v: %s was seen %d times", sort, desc, key, seen[key])
				}
			}
			s.Close()
		}
	}
}
