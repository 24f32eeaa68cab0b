package identity

import (
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

func TestKeyText(t *testing.T) {
	secret := strings.Repeat("s", 43)
	for _, tt := range []struct {
		name, text string
		want       rolecall.CredentialID
	}{
		{"a key", "rck_abc123_" + secret, "key_abc123"},
		{"another prefix", "key_abc123_" + secret, ""},
		{"no prefix", "abc123_" + secret, ""},
		{"no id", "rck__" + secret, ""},
		{"no secret", "rck_abc123_", ""},
		{"a short secret", "rck_abc123_" + secret[1:], ""},
		{"a long secret", "rck_abc123_s" + secret, ""},
		{"an id with an underscore", "rck_abc_123_" + secret, ""},
		{"an id with a slash", "rck_../abc_" + secret, ""},
		{"an id that is too long", "rck_" + strings.Repeat("a", 61) + "_" + secret, ""},
		{"the longest id", "rck_" + strings.Repeat("a", 60) + "_" + secret, rolecall.CredentialID("key_" + strings.Repeat("a", 60))},
		{"a secret with a colon", "rck_abc123_:" + secret[1:], ""},
		{"white space after it", "rck_abc123_" + secret + "\n", ""},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseKey(tt.text)
			if ok != (tt.want != "") || ok && got != tt.want {
				t.Errorf("parseKey = %q, %t, want %q", got, ok, tt.want)
			}
		})
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(newKeyText("key_abc123"))
	f.Add("rck_" + strings.Repeat("_", 60))
	f.Add("rck_a_" + strings.Repeat("ä", 43))
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := parseKey(text)
		if !ok {
			return
		}
		if err := checkKeyID(id); err != nil {
			t.Errorf("the id breaks a rule: %v", err)
		}
		again := newKeyText(id)
		if len(again) != len(text) || again[:len(again)-keySecretChars] != text[:len(text)-keySecretChars] {
			t.Errorf("%q has the id of %q", text, again)
		}
		if strings.ContainsAny(text, ": \t\r\n") {
			t.Errorf("%q does not fit where it has to", text)
		}
	})
}
