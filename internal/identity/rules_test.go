package identity

import (
	"strings"
	"testing"
)

func TestPasswordRules(t *testing.T) {
	all := PasswordRules{MinLength: 10, Lowercase: true, Uppercase: true, Number: true, NonAlphanumeric: true}
	for _, tt := range []struct {
		name     string
		rules    PasswordRules
		password string
		want     string // in the error; "" if there is none
	}{
		{"eight characters", DefaultRules, "12345678", ""},
		{"seven characters", DefaultRules, "1234567", "at least 8 characters"},
		{"eight characters of many bytes", DefaultRules, "ääääääää", ""},
		{"seven characters of many bytes", DefaultRules, "äääääää", "at least 8 characters"},
		{"as long as can be", DefaultRules, strings.Repeat("a", 1024), ""},
		{"too long", DefaultRules, strings.Repeat("a", 1025), "at most 1024 bytes"},
		{"not UTF-8", DefaultRules, "12345678\xff", "valid UTF-8"},
		{"the login id", DefaultRules, "alice@example.com", "the login id"},
		{"the login id in another case", DefaultRules, " Alice@Example.COM", "the login id"},
		{"more than the login id", DefaultRules, "alice@example.com!", ""},
		{"of every class", all, "Passwort-1", ""},
		{"of every class, in another script", all, "Пароль-٣ЖЖЖ", ""},
		{"one too short for a longer minimum", all, "Passwor-1", "at least 10 characters"},
		{"no small letter", all, "PASSWORT-1", "a lower-case letter"},
		{"no capital", all, "passwort-1", "an upper-case letter"},
		{"no digit", all, "Passwort--", "a digit"},
		{"letters and digits alone", all, "Passwort11", "neither a letter nor a digit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.rules.check(tt.password, "", "alice@example.com")
			switch {
			case err == nil && tt.want != "":
				t.Errorf("accepted, want %q", tt.want)
			case err != nil && (tt.want == "" || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("refused: %v, want %q", err, tt.want)
			case err != nil && strings.Contains(err.Error(), tt.password):
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
}
