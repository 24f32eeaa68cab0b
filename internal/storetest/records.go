package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"pgregory.net/rapid"
)

func roundTrip(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		w, other := drawWorld(rt), drawWorld(rt)
		covered := map[rolecall.Kind]bool{}
		for _, r := range w {
			covered[r.Kind()] = true
		}
		same(rt, "the number of kinds in a world", len(covered), len(rolecall.Kinds))

		s := store{s.Store, rt}
		there := func(verb string) {
			s.read(func(from rolecall.Reader) error {
				for _, want := range w {
					got, err := from.Get(ctx, want.Kind(), want.Key())
					if err != nil {
						return err
					}
					same(rt, fmt.Sprintf("%s %s", verb, want.Kind()), got, want)
				}
				return nil
			})
		}
		s.put(w...)
		there("inserted")
		s.write(func(tx rolecall.Tx) error {
			for i := range w {
				w[i] = rewritten(w, other, i)
				if err := tx.Update(ctx, w[i]); err != nil {
					return err
				}
			}
			return nil
		})
		there("updated")
		s.write(func(tx rolecall.Tx) error {
			for _, r := range slices.Backward(w) {
				if err := tx.Delete(ctx, r); err != nil {
					return err
				}
				_, err := tx.Get(ctx, r.Kind(), r.Key())
				wants(rt, fmt.Sprintf("get of a deleted %s", r.Kind()), err, rolecall.ErrNotFound, "")
			}
			return nil
		})
	})
}

func awkwardText(t *testing.T, e Engine) {
	s := e.open(t)
	var all []rolecall.Record
	for i, text := range slices.Compact(slices.Sorted(slices.Values(awkward))) {
		id := rolecall.SubjectID(fmt.Sprint("g", i))
		all = append(all,
			&rolecall.User{ID: rolecall.SubjectID(text), Name: text, Email: text, Phone: text, Picture: text},
			&rolecall.Group{ID: id, Name: text, Description: text},
			&rolecall.GroupMember{Group: id, Member: rolecall.SubjectID(text), Source: rolecall.SourceManual},
			&rolecall.LoginID{Login: text, Subject: rolecall.SubjectID(text)},
			&rolecall.Setting{Name: text, Value: []byte(`"` + "x" + `"`)},
		)
	}
	s.put(all...)
	for _, r := range all {
		same(t, fmt.Sprintf("%s %q", r.Kind(), r.Key()), s.get(r.Kind(), r.Key()), r)
	}
}

// A database that compares identifiers without regard to case, or by a language's
// rules, gives one user another's rights.
func apart(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(&rolecall.API{ID: "api", Identifier: "https://api", Name: "api"})
	pairs := [][2]string{
		{"admin", "Admin"}, {"admin", "ADMIN"}, {"straße", "strasse"}, {"é", "e\u0301"}, {"x", "x "}, {"x", " x"},
		{"K", "\u212a"}, {"i", "ı"}, {"a\u200d", "a"}, {"ﬀ", "ff"},
	}
	for n, p := range pairs {
		a, b := p[0]+fmt.Sprint(n), p[1]+fmt.Sprint(n)
		both := func(make func(text string, i int) rolecall.Record) {
			t.Helper()
			one, other := make(a, 0), make(b, 1)
			s.put(one)
			same(t, fmt.Sprintf("%s after %q was put", one.Kind(), a), s.get(one.Kind(), one.Key()), one)
			if one.Key() != other.Key() {
				s.read(func(r rolecall.Reader) error {
					_, err := r.Get(ctx, other.Kind(), other.Key())
					wants(t, fmt.Sprintf("%s %q where only %q is", one.Kind(), b, a), err, rolecall.ErrNotFound, "")
					return nil
				})
			}
			s.put(other)
			same(t, fmt.Sprintf("%s after %q was put beside it", one.Kind(), b), s.get(one.Kind(), one.Key()), one)
		}
		id := func(kind string, i int) string { return fmt.Sprint(kind, n, ".", i) }
		both(func(text string, i int) rolecall.Record { return &rolecall.User{ID: rolecall.SubjectID(text)} })
		both(func(text string, i int) rolecall.Record {
			return &rolecall.Tenant{ID: rolecall.TenantID(id("t", i)), Name: text}
		})
		both(func(text string, i int) rolecall.Record {
			return &rolecall.Role{ID: rolecall.RoleID(id("r", i)), Name: text}
		})
		both(func(text string, i int) rolecall.Record {
			return &rolecall.Permission{ID: rolecall.PermissionID(id("p", i)), API: "api", Name: text}
		})
		both(func(text string, i int) rolecall.Record {
			return &rolecall.Group{ID: rolecall.SubjectID(id("g", i)), Name: text}
		})
		both(func(text string, i int) rolecall.Record {
			return &rolecall.API{ID: rolecall.APIID(id("a", i)), Identifier: text, Name: text}
		})
		both(func(text string, i int) rolecall.Record {
			return &rolecall.LoginID{Login: text, Subject: rolecall.SubjectID(a)}
		})
		for _, q := range []rolecall.Query{
			{Kind: rolecall.KindUser, Where: []rolecall.Condition{rolecall.Where("id", a)}},
			{Kind: rolecall.KindRole, Where: []rolecall.Condition{rolecall.Where("name", a)}},
			{Kind: rolecall.KindLoginID, Where: []rolecall.Condition{{Field: "login", Op: rolecall.In, Values: []string{a, "nobody"}}}},
			{Kind: rolecall.KindGroup, Where: []rolecall.Condition{{Field: "name", Op: rolecall.Prefix, Values: []string{a}}}},
		} {
			if got := s.list(q).Records; len(got) != 1 {
				t.Errorf("%s list by %q: got %q, want one", q.Kind, a, keys(got))
			}
		}
	}
}

func byteOrder(t *testing.T, e Engine) {
	s := e.open(t)
	names := slices.Clone(awkward)
	slices.Sort(names)
	names = slices.Compact(names)
	var users []rolecall.Record
	for i, name := range names {
		users = append(users, &rolecall.User{ID: rolecall.SubjectID(name), Name: names[len(names)-1-i]})
	}
	s.put(users...)
	reversed := slices.Clone(names)
	slices.Reverse(reversed)
	for _, test := range []struct {
		name string
		q    rolecall.Query
		want []string
	}{
		{"by id", rolecall.Query{}, names},
		{"by id, downwards", rolecall.Query{Desc: true}, reversed},
		{"by name", rolecall.Query{Sort: "name"}, reversed},
		{"by name, downwards", rolecall.Query{Sort: "name", Desc: true}, names},
	} {
		test.q.Kind = rolecall.KindUser
		same(t, test.name, keys(s.list(test.q).Records), test.want)
	}
	for i, name := range names {
		got := s.list(rolecall.Query{Kind: rolecall.KindUser, Where: []rolecall.Condition{{Field: "id", Op: rolecall.Before, Values: []string{name}}}})
		same(t, fmt.Sprintf("ids before %q", name), keys(got.Records), append([]string{}, names[:i]...))

		got = s.list(rolecall.Query{Kind: rolecall.KindUser, Where: []rolecall.Condition{{Field: "id", Op: rolecall.Prefix, Values: []string{name}}}})
		want := slices.DeleteFunc(slices.Clone(names), func(other string) bool { return !strings.HasPrefix(other, name) })
		same(t, fmt.Sprintf("ids that begin with %q", name), keys(got.Records), want)
	}
}

func conflicts(t *testing.T, e Engine) {
	ctx := context.Background()
	base := []rolecall.Record{
		&rolecall.API{ID: "a", Identifier: "ai", Name: "an"},
		&rolecall.API{ID: "a2", Identifier: "ai2", Name: "an2"},
		&rolecall.Permission{ID: "p", API: "a", Name: "pn"},
		&rolecall.Permission{ID: "p2", API: "a", Name: "pn2"},
		&rolecall.Tenant{ID: "t", Name: "tn"},
		&rolecall.Tenant{ID: "t2", Name: "tn2"},
		&rolecall.Role{ID: "r", Name: "rn"},
		&rolecall.Role{ID: "r2", Name: "rn2"},
		&rolecall.Role{ID: "rt", Tenant: "t", Name: "rn"}, // the same name, but in a tenant
		&rolecall.Inheritance{Senior: "r", Junior: "rt"},
		&rolecall.Grant{Role: "r", Permission: "p"},
		&rolecall.User{ID: "u"},
		&rolecall.Client{ID: "c"},
		&rolecall.Group{ID: "g", Name: "gn"},
		&rolecall.Group{ID: "g2", Name: "gn2"},
		&rolecall.GroupMember{Group: "g", Member: "u", Source: rolecall.SourceManual},
		&rolecall.Membership{Tenant: "t", Subject: "u", Source: rolecall.SourceManual},
		&rolecall.Assignment{Subject: "u", Role: "r", Source: rolecall.SourceManual},
		&rolecall.DirectGrant{Subject: "u", Permission: "p", Source: rolecall.SourceManual},
		&rolecall.LoginID{Login: "l", Subject: "u"},
		&rolecall.Credential{ID: "pw", Subject: "u", Type: rolecall.Password},
		&rolecall.Credential{ID: "key", Subject: "u", Type: rolecall.AccessKey},
		&rolecall.SigningKey{ID: "k", Public: []byte(`{}`)},
		&rolecall.Setting{Name: "s", Value: []byte(`1`)},
	}
	inserts := []struct {
		field string // "" if it is no conflict
		r     rolecall.Record
	}{
		{"id", &rolecall.API{ID: "a", Identifier: "x", Name: "x"}},
		{"identifier", &rolecall.API{ID: "x", Identifier: "ai", Name: "x"}},
		{"name", &rolecall.API{ID: "x", Identifier: "x", Name: "an"}},
		{"id", &rolecall.Permission{ID: "p", API: "a", Name: "x"}},
		{"name", &rolecall.Permission{ID: "x", API: "a", Name: "pn"}},
		{"", &rolecall.Permission{ID: "x", API: "a2", Name: "pn"}},
		{"id", &rolecall.Tenant{ID: "t", Name: "x"}},
		{"name", &rolecall.Tenant{ID: "x", Name: "tn"}},
		{"id", &rolecall.Role{ID: "r", Name: "x"}},
		{"name", &rolecall.Role{ID: "x", Name: "rn"}},
		{"name", &rolecall.Role{ID: "x", Tenant: "t", Name: "rn"}},
		{"", &rolecall.Role{ID: "x", Tenant: "t2", Name: "rn"}},
		{"junior", &rolecall.Inheritance{Senior: "r", Junior: "rt"}},
		{"", &rolecall.Inheritance{Senior: "rt", Junior: "r"}},
		{"permission", &rolecall.Grant{Role: "r", Permission: "p"}},
		{"id", &rolecall.User{ID: "u"}},
		{"id", &rolecall.User{ID: "c"}},
		{"id", &rolecall.User{ID: "g"}},
		{"id", &rolecall.Client{ID: "u"}},
		{"id", &rolecall.Group{ID: "u", Name: "x"}},
		{"name", &rolecall.Group{ID: "x", Name: "gn"}},
		{"", &rolecall.User{ID: "x", Name: "gn"}},
		{"member", &rolecall.GroupMember{Group: "g", Member: "u", Source: rolecall.SourceSSO}},
		{"subject", &rolecall.Membership{Tenant: "t", Subject: "u", Source: rolecall.SourceSSO}},
		{"role", &rolecall.Assignment{Subject: "u", Role: "r", Source: rolecall.SourceManual, Reason: "x"}},
		{"", &rolecall.Assignment{Subject: "u", Role: "r", Source: rolecall.SourceSSO}},
		{"", &rolecall.Assignment{Subject: "u", Role: "r", Source: rolecall.SourceManual, Scope: rolecall.Scope{Resource: "a:b"}}},
		{"", &rolecall.Assignment{Subject: "u", Role: "r", Source: rolecall.SourceManual, Scope: rolecall.Scope{Tenant: "t"}}},
		{"permission", &rolecall.DirectGrant{Subject: "u", Permission: "p", Source: rolecall.SourceManual}},
		{"login", &rolecall.LoginID{Login: "l", Subject: "c"}},
		{"id", &rolecall.Credential{ID: "pw", Subject: "c", Type: rolecall.Password}},
		{"type", &rolecall.Credential{ID: "x", Subject: "u", Type: rolecall.Password}},
		{"", &rolecall.Credential{ID: "x", Subject: "c", Type: rolecall.Password}},
		{"", &rolecall.Credential{ID: "x", Subject: "u", Type: rolecall.AccessKey}},
		{"id", &rolecall.SigningKey{ID: "k", Public: []byte(`{}`)}},
		{"name", &rolecall.Setting{Name: "s", Value: []byte(`2`)}},
	}
	updates := []struct {
		field string
		r     rolecall.Record
	}{
		{"identifier", &rolecall.API{ID: "a", Identifier: "ai2", Name: "an"}},
		{"name", &rolecall.API{ID: "a", Identifier: "ai", Name: "an2"}},
		{"", &rolecall.API{ID: "a", Identifier: "ai", Name: "an", Description: "x"}},
		{"name", &rolecall.Permission{ID: "p2", API: "a", Name: "pn"}},
		{"name", &rolecall.Tenant{ID: "t2", Name: "tn"}},
		{"name", &rolecall.Role{ID: "r2", Name: "rn"}},
		{"", &rolecall.Role{ID: "r2", Tenant: "t2", Name: "rn"}},
		{"name", &rolecall.Group{ID: "g2", Name: "gn"}},
		{"type", &rolecall.Credential{ID: "key", Subject: "u", Type: rolecall.Password}},
		{"", &rolecall.Credential{ID: "pw", Subject: "u", Type: rolecall.Password, Disabled: true}},
	}
	s := e.open(t)
	s.put(base...)
	undo := fmt.Errorf("undo")
	try := func(verb string, field string, r rolecall.Record, do func(rolecall.Tx) error) {
		t.Helper()
		err := s.Write(ctx, func(tx rolecall.Tx) error {
			what := fmt.Sprintf("%s %s %q", verb, r.Kind(), r.Key())
			if err := do(tx); field == "" && err != nil {
				t.Errorf("%s: %v", what, err)
			} else if field != "" {
				wants(t, what, err, rolecall.ErrConflict, field)
			}
			return undo
		})
		same(t, "error", err == undo, true)
	}
	for _, test := range inserts {
		try("insert", test.field, test.r, func(tx rolecall.Tx) error { return tx.Insert(ctx, test.r) })
	}
	for _, test := range updates {
		try("update", test.field, test.r, func(tx rolecall.Tx) error { return tx.Update(ctx, test.r) })
	}
}

func refusalIsHarmless(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(&rolecall.User{ID: "u"}, &rolecall.Group{ID: "g", Name: "n"}, &rolecall.LoginID{Login: "l", Subject: "u"})
	s.write(func(tx rolecall.Tx) error {
		wants(t, "insert a user again", tx.Insert(ctx, &rolecall.User{ID: "u", Name: "other"}), rolecall.ErrConflict, "id")
		wants(t, "insert a group with a name again", tx.Insert(ctx, &rolecall.Group{ID: "free", Name: "n"}), rolecall.ErrConflict, "name")
		wants(t, "update nobody", tx.Update(ctx, &rolecall.User{ID: "nobody"}), rolecall.ErrNotFound, "")
		wants(t, "delete nobody", tx.Delete(ctx, &rolecall.User{ID: "nobody"}), rolecall.ErrNotFound, "")
		wants(t, "delete a user with a login", tx.Delete(ctx, &rolecall.User{ID: "u"}), rolecall.ErrReferenced, "")
		return put(tx, &rolecall.Client{ID: "free"}) // the refused group has not taken the id
	})
	same(t, "the user", s.get(rolecall.KindUser, "u"), rolecall.Record(&rolecall.User{ID: "u"}))
	same(t, "the client", s.get(rolecall.KindClient, "free"), rolecall.Record(&rolecall.Client{ID: "free"}))
}

func missing(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	same(t, "the head of nothing", first(s.Head(ctx)), rolecall.Head{})
	s.read(func(r rolecall.Reader) error {
		for _, kind := range rolecall.Kinds {
			for _, key := range []string{"", "x", "a\tb", "a\tb\tc\td\te", "\t", "a\x00b", "\xff"} {
				_, err := r.Get(ctx, kind, key)
				wants(t, fmt.Sprintf("get %s %q", kind, key), err, rolecall.ErrNotFound, "")
			}
			page, err := r.List(ctx, rolecall.Query{Kind: kind, Total: true})
			if err != nil || len(page.Records) != 0 || page.Total != 0 || page.Next != "" {
				t.Errorf("list %s: got %v, %v, want nothing", kind, page, err)
			}
		}
		_, err := r.Get(ctx, "unknown", "x")
		wants(t, "get of an unknown kind", err, rolecall.ErrInvalid, "kind")
		_, err = r.List(ctx, rolecall.Query{Kind: "unknown"})
		wants(t, "list of an unknown kind", err, rolecall.ErrInvalid, "kind")
		return nil
	})
}

func first[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
