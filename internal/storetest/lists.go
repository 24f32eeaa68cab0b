package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"pgregory.net/rapid"
)

// comparable names, for each kind, the fields to select and sort by.
var comparable = map[rolecall.Kind][]string{
	rolecall.KindAPI:         {"id", "identifier", "name", "description", "created_at", "updated_at"},
	rolecall.KindPermission:  {"id", "api", "name", "description", "created_at", "updated_at"},
	rolecall.KindTenant:      {"id", "name", "created_at", "updated_at"},
	rolecall.KindRole:        {"id", "tenant", "name", "description", "default", "private", "created_at", "updated_at"},
	rolecall.KindInheritance: {"senior", "junior"},
	rolecall.KindGrant:       {"role", "permission"},
	rolecall.KindUser:        {"id", "name", "email", "email_verified", "phone", "phone_verified", "picture", "blocked", "created_at", "updated_at"},
	rolecall.KindClient:      {"id", "name", "description", "blocked", "created_at", "updated_at"},
	rolecall.KindGroup:       {"id", "name", "description", "created_at", "updated_at"},
	rolecall.KindGroupMember: {"group", "member", "source"},
	rolecall.KindMembership:  {"tenant", "subject", "source"},
	rolecall.KindAssignment:  {"subject", "role", "tenant", "resource", "source", "starts_at", "expires_at", "reason"},
	rolecall.KindDirectGrant: {"subject", "permission", "tenant", "resource", "source", "starts_at", "expires_at", "reason"},
	rolecall.KindLoginID:     {"login", "subject"},
	rolecall.KindCredential:  {"id", "subject", "type", "name", "temporary", "disabled", "starts_at", "expires_at", "created_at", "updated_at"},
	rolecall.KindSigningKey:  {"id", "algorithm", "starts_at", "expires_at", "created_at", "updated_at"},
	rolecall.KindSetting:     {"name", "created_at", "updated_at"},
	rolecall.KindClientGrant: {"id", "client", "api", "for", "all_scopes", "tenants", "any_tenant", "created_at", "updated_at"},
	rolecall.KindInvitation:  {"id", "tenant", "email", "client", "inviter", "proves", "starts_at", "expires_at", "created_at", "updated_at"},

	rolecall.KindConstraint:     {"id", "name", "description", "type", "tenant", "created_at", "updated_at"},
	rolecall.KindConstraintRole: {"constraint", "role"},
	rolecall.KindSession:        {"id", "subject", "tenant", "starts_at", "expires_at", "created_at", "updated_at"},
	rolecall.KindSessionRole:    {"session", "role"},
	rolecall.KindInvitationRole: {"invitation", "role", "tenant"},
}

// fieldOf returns a field of a record's JSON form: a string, a bool or a time.
func fieldOf(r rolecall.Record, name string) any {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	value, there := all[name]
	switch {
	case strings.HasSuffix(name, "_at") && there:
		at, err := time.Parse(time.RFC3339Nano, value.(string))
		if err != nil {
			panic(err)
		}
		return at
	case strings.HasSuffix(name, "_at"):
		return time.Time{}
	case there:
		return value
	case slices.Contains([]string{"default", "private", "blocked", "email_verified", "phone_verified", "temporary", "disabled", "all_scopes", "any_tenant"}, name):
		return false
	}
	return ""
}

// asText writes a field's value as a condition has it.
func asText(value any) string {
	switch v := value.(type) {
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.Format(time.RFC3339Nano)
	case bool:
		return fmt.Sprint(v)
	}
	return value.(string)
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		return cmp.Compare(asText(a), asText(b)) // "false" < "true"
	}
	return strings.Compare(a.(string), b.(string))
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 32
		}
		return r
	}, s)
}

// holds is what a Condition means.
func holds(r rolecall.Record, c rolecall.Condition) bool {
	value := fieldOf(r, c.Field)
	text := asText(value)
	order := func() (int, bool) {
		if at, ok := value.(time.Time); ok {
			if at.IsZero() {
				return 0, false
			}
			with, _ := time.Parse(time.RFC3339Nano, c.Values[0])
			return at.Compare(with), true
		}
		return strings.Compare(text, c.Values[0]), true
	}
	switch c.Op {
	case rolecall.Equal, rolecall.In:
		return slices.Contains(c.Values, text)
	case rolecall.Before:
		n, ok := order()
		return ok && n < 0
	case rolecall.NotAfter:
		n, ok := order()
		return ok && n <= 0
	case rolecall.From:
		n, ok := order()
		return ok && n >= 0
	case rolecall.Contains:
		return strings.Contains(lowerASCII(text), lowerASCII(c.Values[0]))
	case rolecall.Prefix:
		return strings.HasPrefix(text, c.Values[0])
	}
	panic("no such operator")
}

// listModel asks random questions of random worlds, and compares the answers
// with a loop and a sort.
func listModel(t *testing.T, e Engine) {
	s := e.open(t)
	all := s.populate(30)
	rapid.Check(t, func(rt *rapid.T) {
		s := store{s.Store, rt}
		for _, kind := range rolecall.Kinds {
			q := drawQuery(rt, kind, all[kind])
			want := slices.DeleteFunc(slices.Clone(all[kind]), func(r rolecall.Record) bool {
				return slices.ContainsFunc(q.Where, func(c rolecall.Condition) bool { return !holds(r, c) })
			})
			slices.SortFunc(want, func(a, b rolecall.Record) int {
				n := 0
				if q.Sort != "" {
					n = compareValues(fieldOf(a, q.Sort), fieldOf(b, q.Sort))
				}
				if n = cmp.Or(n, strings.Compare(a.Key(), b.Key())); q.Desc {
					n = -n
				}
				return n
			})
			got, total := pages(s, q)
			same(rt, fmt.Sprintf("list of %+v", q), keys(got), keys(want))
			same(rt, fmt.Sprintf("total of %+v", q), total, len(want))
		}
	})
}

// populate puts up to n random worlds, always the same.
func (s store) populate(n int) map[rolecall.Kind][]rolecall.Record {
	s.t.Helper()
	all := map[rolecall.Kind][]rolecall.Record{}
	used := map[string]bool{}
	worlds := rapid.Custom(drawWorld)
	for seed := range n {
		w := worlds.Example(seed)
		if clashes(w, used) {
			continue
		}
		s.put(w...)
		for _, r := range w {
			all[r.Kind()] = append(all[r.Kind()], r)
		}
	}
	return all
}

// clashes reports whether w shares an id or a name with what is there, and
// otherwise notes its own.
func clashes(w world, used map[string]bool) bool {
	var mine []string
	for _, r := range w {
		for _, field := range []string{"id", "identifier", "name", "login"} {
			if text, _ := fieldOf(r, field).(string); text != "" {
				mine = append(mine, text)
			}
		}
	}
	for _, text := range mine {
		if used[text] {
			return true
		}
	}
	for _, text := range mine {
		used[text] = true
	}
	return false
}

func drawQuery(t *rapid.T, kind rolecall.Kind, from []rolecall.Record) rolecall.Query {
	q := rolecall.Query{Kind: kind, Desc: rapid.Bool().Draw(t, "desc"), Limit: rapid.IntRange(0, 5).Draw(t, "limit"), Total: true}
	fields := rapid.SampledFrom(comparable[kind])
	if rapid.Bool().Draw(t, "sorted") {
		q.Sort = fields.Draw(t, "sort")
	}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		q.Where = append(q.Where, drawCondition(t, fields.Draw(t, "field"), from))
	}
	return q
}

func drawCondition(t *rapid.T, name string, from []rolecall.Record) rolecall.Condition {
	ops := []rolecall.Operator{rolecall.Equal, rolecall.In, rolecall.Before, rolecall.NotAfter, rolecall.From, rolecall.Contains, rolecall.Prefix}
	var value func() string
	example := fieldOf(rapid.SampledFrom(from).Draw(t, "example"), name)
	switch example.(type) {
	case time.Time:
		ops = ops[:5]
		value = func() string {
			v := fieldOf(rapid.SampledFrom(from).Draw(t, "record"), name).(time.Time)
			if v.IsZero() {
				v = start
			}
			shift := rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond, -time.Millisecond, time.Microsecond, -time.Microsecond})
			if moved := v.Add(shift.Draw(t, "shift")); moved.Year() <= 9999 { // RFC 3339 has no other
				v = moved
			}
			return v.Format(time.RFC3339Nano)
		}
	case bool:
		ops = ops[:2]
		value = func() string { return fmt.Sprint(rapid.Bool().Draw(t, "value")) }
	default:
		value = func() string {
			text := []rune(asText(fieldOf(rapid.SampledFrom(from).Draw(t, "record"), name)))
			if rapid.Bool().Draw(t, "part") {
				end := rapid.IntRange(0, min(len(text), 8)).Draw(t, "end")
				text = text[rapid.IntRange(0, end).Draw(t, "begin"):end]
			}
			return string(text)
		}
	}
	c := rolecall.Condition{Field: name, Op: rapid.SampledFrom(ops).Draw(t, "op"), Values: []string{value()}}
	if c.Op == rolecall.In {
		for range rapid.IntRange(0, 6).Draw(t, "more") {
			c.Values = append(c.Values, value())
		}
	}
	return c
}

// pages walks through all pages of q.
func pages(s store, q rolecall.Query) (all []rolecall.Record, total int) {
	s.t.Helper()
	for {
		page := s.list(q)
		if q.Limit > 0 && len(page.Records) > q.Limit {
			s.t.Fatalf("a page of %d records, want at most %d", len(page.Records), q.Limit)
		}
		all, total = append(all, page.Records...), page.Total
		if page.Next == "" {
			return all, total
		}
		q.After = page.Next
	}
}

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
