package auth0

import (
	"encoding/json"
	"strconv"
	"strings"
)

// A search is a query in the part of Lucene's syntax that Auth0 documents for
// users and logs: field:value, "exact", wildcards, AND, OR, NOT, parentheses,
// ranges, _exists_ and dotted names. Two terms side by side are an OR. It
// matches objects as this API shows them. Texts are compared without their case.
type search interface {
	match(o any) bool
}

type (
	all  []search
	any_ []search
	not  struct{ search }
	// a term compares what a field has. An empty field is any of anyField.
	term struct {
		field string
		test  func(text string) bool
		exact string // what test asks for, if it asks for one text alone
	}
	exists string
)

// anyField are the fields that a word without a field is looked for in.
var anyField = []string{"user_id", "email", "name", "nickname", "given_name", "family_name", "username", "phone_number", "description", "type"}

func (s all) match(o any) bool {
	for _, one := range s {
		if !one.match(o) {
			return false
		}
	}
	return true
}

func (s any_) match(o any) bool {
	for _, one := range s {
		if one.match(o) {
			return true
		}
	}
	return false
}

func (s not) match(o any) bool { return !s.search.match(o) }

func (s exists) match(o any) bool { return present(o, string(s)) }

// present reports whether there is anything but null at a dotted name in o.
func present(o any, name string) bool {
	switch o := o.(type) {
	case []any:
		for _, one := range o {
			if present(one, name) {
				return true
			}
		}
	case map[string]any:
		if value, ok := o[name]; ok {
			return value != nil
		}
		first, rest, _ := strings.Cut(name, ".")
		return rest != "" && present(o[first], rest)
	}
	return false
}

func (s term) match(o any) bool {
	if s.field != "" {
		return has(o, s.field, s.test)
	}
	for _, name := range anyField {
		if has(o, name, s.test) {
			return true
		}
	}
	return false
}

// has reports whether a value at a dotted name in o passes the test. Of an
// array, any element may.
func has(o any, name string, test func(string) bool) bool {
	switch o := o.(type) {
	case []any:
		for _, one := range o {
			if has(one, name, test) {
				return true
			}
		}
		return false
	case map[string]any:
		if value, ok := o[name]; ok && name != "" {
			return has(value, "", test)
		}
		first, rest, _ := strings.Cut(name, ".")
		value, ok := o[first]
		return ok && rest != "" && has(value, rest, test)
	case nil:
		return false
	}
	if name != "" {
		return false
	}
	switch o := o.(type) {
	case string:
		return test(o)
	case bool:
		return test(strconv.FormatBool(o))
	case json.Number:
		return test(o.String())
	}
	return false
}

// searched returns o in the form that searches match.
func searched(o object) (v any, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	return v, d.Decode(&v)
}

// Wildcards in a pattern: characters that no text has.
const (
	manyRunes rune = -1
	oneRune   rune = -2
)

// wildcards returns the pattern that a word is, in lower case, and whether it is
// more than a text.
func wildcards(text string) (pattern []rune, wild bool) {
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
			pattern = append(pattern, r)
			continue
		case r == '\\':
			escaped = true
			continue
		case r == '*':
			r, wild = manyRunes, true
		case r == '?':
			r, wild = oneRune, true
		}
		pattern = append(pattern, r)
	}
	for i, r := range pattern {
		if r >= 0 {
			pattern[i] = []rune(strings.ToLower(string(r)))[0]
		}
	}
	return pattern, wild
}

// glob reports whether a text is one of a pattern's, in time that grows with
// the product of their lengths.
func glob(pattern, text []rune) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == manyRunes:
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == oneRune || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == manyRunes {
		p++
	}
	return p == len(pattern)
}

// compare orders two values: as numbers if both are, or else as texts.
func compare(a, b string) int {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA == nil && errB == nil {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return strings.Compare(strings.ToLower(a), strings.ToLower(b))
}

// asks returns the text that s asks a field to have, if it asks for one alone.
func asks(s search, field string) (text string, ok bool) {
	switch s := s.(type) {
	case term:
		return s.exact, s.field == field && s.exact != ""
	case all:
		for _, one := range s {
			if text, ok := asks(one, field); ok {
				return text, true
			}
		}
	}
	return "", false
}
