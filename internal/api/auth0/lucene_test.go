package auth0

import (
	"encoding/json"
	"strings"
	"testing"
)

// someone is a user as searches see it.
const someone = `{"user_id":"auth0|1","email":"Ann@example.com","name":"Ann \"A\" Jones","nickname":"ann","logins_count":12,"blocked":false,
	"created_at":"2030-01-02T03:04:05.000Z","identities":[{"connection":"staff","isSocial":false},{"connection":"google-oauth2"}],
	"app_metadata":{"plan":"pro","seats":3,"tags":["a","b c"],"x":null,"region":{"eu":true}},"dotted.name":"yes"}`

func TestSearches(t *testing.T) {
	var o any
	d := json.NewDecoder(strings.NewReader(someone))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		q    string
		want bool
	}{
		{`email:"ann@example.com"`, true},
		{`email:ann@example.com`, true},
		{`email:"ann@example.org"`, false},
		{`email:ann@*`, true},
		{`email:*@example.com`, true},
		{`email:*@example.org`, false},
		{`name:*jones*`, true},
		{`name:ann`, false},
		{`name:"Ann \"A\" Jones"`, true},
		{`name:Ann\ \"A\"\ Jones`, true},
		{`nickname:a?n`, true},
		{`nickname:a?`, false},
		{`user_id:"auth0|1"`, true},
		{`user_id:auth0|1`, true},
		{`logins_count:12`, true},
		{`logins_count:[10 TO 20]`, true},
		{`logins_count:[9 TO 11]`, false},
		{`logins_count:{12 TO *]`, false},
		{`logins_count:[12 TO *}`, true},
		{`logins_count:>=12`, true},
		{`logins_count:>12`, false},
		{`logins_count:<100`, true},
		{`created_at:[2030-01-01 TO 2030-01-02]`, true},
		{`created_at:[2030-01-01 TO 2030-01-02}`, false},
		{`created_at:[2030-01-02T03:04:05 TO *]`, true},
		{`created_at:["2030-01-02T03:04:06Z" TO *]`, false},
		{`created_at:{* TO 2030-02}`, true},
		{`blocked:false`, true},
		{`blocked:true`, false},
		{`identities.connection:"staff"`, true},
		{`identities.connection:"google-oauth2"`, true},
		{`identities.connection:"twitter"`, false},
		{`app_metadata.plan:pro`, true},
		{`app_metadata.tags:"b c"`, true},
		{`app_metadata.region.eu:true`, true},
		{`dotted.name:yes`, true},
		{`_exists_:app_metadata`, true},
		{`_exists_:app_metadata.plan`, true},
		{`_exists_:app_metadata.region`, true},
		{`_exists_:app_metadata.x`, false},
		{`_exists_:picture`, false},
		{`NOT _exists_:picture`, true},
		{`-_exists_:picture`, true},
		{`nickname:*`, true},
		{`picture:*`, false},
		{`email:ann* AND app_metadata.plan:free`, false},
		{`email:ann* AND app_metadata.plan:pro`, true},
		{`email:x OR app_metadata.plan:pro`, true},
		{`email:x app_metadata.plan:pro`, true},
		{`email:x && app_metadata.plan:pro || nickname:ann`, true},
		{`email:x AND (app_metadata.plan:pro OR nickname:ann)`, false},
		{`nickname:ann AND NOT email:x`, true},
		{`nickname:ann AND NOT (email:ann* OR email:b*)`, false},
		{`nickname:(bob OR ann)`, true},
		{`nickname:(bob OR "carl")`, false},
		{`nickname:(a* AND NOT anna)`, true},
		{`+nickname:ann`, true},
		{`ann`, true},
		{`"ann"`, true},
		{`bob`, false},
		{`order:x`, false},
		{`ORacle`, false},
		{`email:`, false},
	} {
		s, err := parseSearch(tt.q)
		if tt.q == `email:` {
			if err == nil {
				t.Errorf("%s is read", tt.q)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.q, err)
			continue
		}
		if got := s.match(o); got != tt.want {
			t.Errorf("%s matches: %v, want %v", tt.q, got, tt.want)
		}
	}
}

func TestSearchesThatAreRefused(t *testing.T) {
	for q, names := range map[string]string{
		``: "missing", `   `: "missing", `email:"x`: "quote", `(email:x`: "parenthesis", `email:x)`: `")"`, `email:[a b]`: "[a TO b]", `email:[a TO b`: "end",
		`name:/x.*/`: "regular expressions", `name:jonse~`: "fuzzy", `name:x^2`: "boosts", `"x"~2`: "fuzzy", `AND`: "missing", `email:x AND`: "missing", `NOT`: "missing",
		`:x`: "':'", `email:)`: "')'", `email:(a OR)`: "')'", `]`: "']'", strings.Repeat("(", 60) + "a" + strings.Repeat(")", 60): "deep", strings.Repeat("NOT ", 60) + "a": "deep",
		strings.Repeat("x", 5000): "4096", `name:(` + strings.Repeat("a AND ", 60) + "a)": "deep",
	} {
		_, err := parseSearch(q)
		if err == nil || !strings.Contains(err.Error(), names) || !strings.HasPrefix(err.Error(), "q") {
			t.Errorf("parseSearch(%.40q) = %v, want an error that names %q", q, err, names)
			continue
		}
		if e := describe(err); e.code != "invalid_query_string" || e.status != 400 {
			t.Errorf("parseSearch(%.40q): %d %s", q, e.status, e.code)
		}
	}
}

func TestWhatASearchAsks(t *testing.T) {
	for q, want := range map[string]string{
		`email:"a@x"`: "a@x", `nickname:ann AND email:a@x`: "a@x", `email:a*`: "", `NOT email:a`: "", `email:a OR email:b`: "", `email:(a)`: "",
	} {
		s, err := parseSearch(q)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := asks(s, "email"); got != want {
			t.Errorf("%s asks for %q, want %q", q, got, want)
		}
	}
}

// A query is read or refused, in no long time, and matching it panics for nothing.
func FuzzSearch(f *testing.F) {
	for _, q := range []string{`email:"x" AND NOT (a:[1 TO *} OR _exists_:b.c)`, `a:b\:c* d`, `x:(a AND b OR -c)`, `created_at:[2030-01-02T03:04:05.000Z TO *]`, `"`, `a:>=3`, `\`, `a:\`, `é*?`} {
		f.Add(q)
	}
	var o any
	if err := json.Unmarshal([]byte(someone), &o); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, q string) {
		s, err := parseSearch(q)
		if err != nil {
			if e := describe(err); e.code != "invalid_query_string" {
				t.Errorf("%q: %v", q, err)
			}
			return
		}
		if s.match(o) && (not{s}).match(o) {
			t.Errorf("%q matches and does not", q)
		}
	})
}
