package oidc

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// What is read from a form is what the standard library's reader has once, and
// nothing that it has twice.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"a=b&c=d", "a=b&a=c", "a=%zz", "a=b;c=d", "scope=openid+profile", "%00=%ff", "=", "&&", "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseForm(text)
		if err != nil {
			return
		}
		want, err := url.ParseQuery(text)
		if err != nil {
			t.Fatalf("%q is read, though it is no form", text)
		}
		for name, value := range got {
			if len(want[name]) != 1 || want[name][0] != value || value == "" {
				t.Errorf("%q: %q is %q, want %q", text, name, value, want[name])
			}
		}
		for name, all := range want {
			if len(all) > 1 || all[0] != "" && got[name] != all[0] {
				t.Errorf("%q: %q = %q is missing", text, name, all)
			}
		}
	})
}

// What is read from JSON is what encoding/json reads, of texts.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a":"b","a":"c"}`, `{"a":1}`, `{"scope":1}`, `[]`, `{"a":"b"}{}`, `{"a":null}`, `{"a":{"b":"c"}}`, "{\"a\":\"\xff\"}", `{"\u0061":"b"}`, `{"a":"b"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseJSON(text)
		if err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%q is read, though it is no object: %v", text, err)
		}
		for name, value := range got {
			if want[name] != value {
				t.Errorf("%q: %q is %q, want %v", text, name, value, want[name])
			}
		}
		for name, value := range want {
			if s, ok := value.(string); ok && s != "" && got[name] != s {
				t.Errorf("%q: %q = %q is missing", text, name, s)
			}
		}
	})
}

// A scope that is read is a set of names that may stand in a token and a header.
func FuzzScope(f *testing.F) {
	for _, seed := range []string{"openid profile", "a  b a", `a"b`, "a\\b", "a\tb", "ä", " ", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseScope(text)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, s := range got {
			if s == "" || seen[s] || strings.ContainsAny(s, " \"\\\n\r\t\x00\x7f") {
				t.Errorf("%q: %q", text, got)
			}
			seen[s] = true
		}
		if want := strings.Split(text, " "); len(got) > len(want) || slices.ContainsFunc(want, func(s string) bool { return s != "" && !seen[s] }) {
			t.Errorf("%q is read as %q", text, got)
		}
	})
}

// An answer leads to the redirect URI that it was made for, whatever the state.
func FuzzRedirect(f *testing.F) {
	for _, uri := range []string{"https://app.example.com/callback", "https://shop.example.com/?a=b", "com.example.app:/cb", "http://127.0.0.1:3000/?"} {
		for _, state := range []string{"a+b/c==", "#", "&code=x", "\r\nSet-Cookie: a=b", "ä", "\x00"} {
			f.Add(uri, state)
		}
	}
	f.Fuzz(func(t *testing.T, uri, state string) {
		before, err := url.Parse(uri)
		if err != nil || !before.IsAbs() || strings.Contains(uri, "#") {
			return
		}
		if _, err := url.ParseQuery(before.RawQuery); err != nil {
			return // no client's redirect URI is read by this
		}
		to := ascii(withQuery(uri, encode([]parameter{{"code", "c"}, {"state", state}})))
		after, err := url.Parse(to)
		if err != nil || strings.ContainsAny(to, "\r\n \x00") || strings.Contains(to, "#") {
			t.Fatalf("%q with %q leads to %q, %v", uri, state, to, err)
		}
		if after.Scheme != before.Scheme || after.Host != before.Host {
			t.Errorf("%q leads to %q", uri, to)
		}
		q := after.Query()
		if got := q["state"]; len(got) == 0 || got[len(got)-1] != state {
			t.Errorf("%q: the state %q comes back as %q", uri, state, got)
		}
	})
}
