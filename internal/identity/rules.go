package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
)

// PasswordPolicySetting names the setting that holds the project's
// PasswordRules. Without it, DefaultRules count.
const PasswordPolicySetting = "password_policy"

// MaxPasswordBytes bounds a new password. It bounds the work, not the strength.
const MaxPasswordBytes = 1024

// PasswordRules are what a new password must keep to.
type PasswordRules struct {
	MinLength       int  `json:"min_length"` // in characters; 0 means that of DefaultRules
	Lowercase       bool `json:"lowercase"`  // has to contain one
	Uppercase       bool `json:"uppercase"`
	Number          bool `json:"number"`
	NonAlphanumeric bool `json:"non_alphanumeric"`
}

// DefaultRules ask for length alone, as NIST SP 800-63B does.
var DefaultRules = PasswordRules{MinLength: 8}

// String says the rules to people.
func (r PasswordRules) String() string {
	var classes []string
	for _, class := range []struct {
		asked bool
		name  string
	}{
		{r.Lowercase, "a lower-case letter"}, {r.Uppercase, "an upper-case letter"}, {r.Number, "a digit"}, {r.NonAlphanumeric, "a special character"},
	} {
		if class.asked {
			classes = append(classes, class.name)
		}
	}
	text := fmt.Sprintf("At least %d characters", r.MinLength)
	if r.MinLength == 1 {
		text = "Any text"
	}
	switch n := len(classes); {
	case n == 1:
		text += ", with " + classes[0]
	case n > 1:
		text += ", with " + strings.Join(classes[:n-1], ", ") + " and " + classes[n-1]
	}
	return text + "."
}

// Rules returns the project's password rules.
func (i *Identity) Rules(ctx context.Context) (PasswordRules, error) {
	setting, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Setting{Name: PasswordPolicySetting})
	if errors.Is(err, rolecall.ErrNotFound) {
		return DefaultRules, nil
	}
	if err != nil {
		return PasswordRules{}, err
	}
	var rules PasswordRules
	if err := json.Unmarshal(setting.Value, &rules); err != nil {
		return PasswordRules{}, refuse(PasswordPolicySetting, "is a setting that must be an object of min_length, a number, and lowercase, uppercase, number and non_alphanumeric, each true or false")
	}
	if rules.MinLength < 1 {
		rules.MinLength = DefaultRules.MinLength
	}
	return rules, nil
}

// check reports which rule a password breaks. It must not be one of names, by
// which its owner is known to everybody.
func (r PasswordRules) check(password string, names ...string) error {
	const field = "password"
	switch {
	case !utf8.ValidString(password):
		return refuse(field, "must be valid UTF-8")
	case utf8.RuneCountInString(password) < r.MinLength:
		return refuse(field, "must have at least %d characters", r.MinLength)
	case len(password) > MaxPasswordBytes:
		return refuse(field, "must have at most %d bytes", MaxPasswordBytes)
	}
	for _, name := range names {
		if name != "" && strings.EqualFold(strings.TrimSpace(password), name) {
			return refuse(field, "must not be the login id")
		}
	}
	for _, class := range []struct {
		asked bool
		in    func(rune) bool
		rule  string
	}{
		{r.Lowercase, unicode.IsLower, "must contain a lower-case letter"},
		{r.Uppercase, unicode.IsUpper, "must contain an upper-case letter"},
		{r.Number, unicode.IsDigit, "must contain a digit"},
		{r.NonAlphanumeric, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) },
			"must contain a character that is neither a letter nor a digit"},
	} {
		if class.asked && !strings.ContainsFunc(password, class.in) {
			return refuse(field, "%s", class.rule)
		}
	}
	return nil
}
