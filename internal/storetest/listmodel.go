package storetest

import (
	"cmp"
	"encoding/json"
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
	case slices.Contains([]string{"default", "private", "blocked", "email_verified", "phone_verified", "temporary", "disabled", "all_scopes", "any_tenant", "proves"}, name):
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
