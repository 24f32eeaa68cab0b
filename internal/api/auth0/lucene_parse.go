package auth0

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxSearchBytes = 4096
	maxSearchDepth = 50
)

// parseSearch reads a query. An error names what it can't read.
func parseSearch(text string) (search, error) {
	if len(text) > maxSearchBytes {
		return nil, invalidQuery.because("q must be at most %d bytes", maxSearchBytes)
	}
	p := &parser{text: text}
	s, err := p.or()
	if err == nil {
		if p.space(); p.text != "" {
			err = p.fail("%q is not expected there", p.text)
		}
	}
	return s, err
}

type parser struct {
	text  string // what is left
	depth int
}

func (p *parser) fail(format string, args ...any) error {
	return invalidQuery.because("q: %s", fmt.Sprintf(format, args...))
}

func (p *parser) space() { p.text = strings.TrimLeft(p.text, " \t\r\n") }

// word takes one of words, if it comes next and is not the beginning of a
// longer one.
func (p *parser) word(words ...string) bool {
	p.space()
	for _, w := range words {
		rest, ok := strings.CutPrefix(p.text, w)
		if ok && (w[0] < 'A' || w[0] > 'Z' || rest == "" || strings.ContainsAny(rest[:1], " \t\r\n()")) {
			p.text = rest
			return true
		}
	}
	return false
}

// or reads clauses that are joined by OR, or by nothing.
func (p *parser) or() (search, error) {
	var some any_
	for {
		one, err := p.and()
		if err != nil {
			return nil, err
		}
		some = append(some, one)
		if p.word("OR", "||") {
			continue
		}
		if p.text == "" || p.text[0] == ')' {
			break
		}
	}
	if len(some) == 1 {
		return some[0], nil
	}
	return some, nil
}

func (p *parser) and() (search, error) {
	var every all
	for {
		one, err := p.clause()
		if err != nil {
			return nil, err
		}
		every = append(every, one)
		if !p.word("AND", "&&") {
			break
		}
	}
	if len(every) == 1 {
		return every[0], nil
	}
	return every, nil
}

func (p *parser) clause() (search, error) {
	if p.depth++; p.depth > maxSearchDepth {
		return nil, p.fail("it is nested too deep")
	}
	defer func() { p.depth-- }()
	if p.word("NOT", "!", "-") {
		one, err := p.clause()
		return not{one}, err
	}
	p.word("+") // must match, as every clause of an AND has to
	p.space()
	if p.text == "" {
		return nil, p.fail("something is missing at its end")
	}
	if p.text[0] == '(' {
		return p.group(p.or)
	}
	name, quoted, err := p.atom()
	if err != nil {
		return nil, err
	}
	if !quoted && within(name, "AND", "OR", "&&", "||") {
		return nil, p.fail("something is missing beside %s", name)
	}
	if quoted || !strings.HasPrefix(p.text, ":") {
		return p.value("", name, quoted)
	}
	p.text = p.text[1:]
	field := unescape(name)
	if field == "" {
		return nil, p.fail("a field's name is missing")
	}
	return p.values(field)
}

// group reads what f reads, in parentheses.
func (p *parser) group(f func() (search, error)) (search, error) {
	p.text = p.text[1:]
	s, err := f()
	if err != nil {
		return nil, err
	}
	if p.space(); !strings.HasPrefix(p.text, ")") {
		return nil, p.fail("a closing parenthesis is missing")
	}
	p.text = p.text[1:]
	return s, nil
}

// values reads what a field is compared with.
func (p *parser) values(field string) (search, error) {
	p.space()
	switch {
	case p.text == "":
		return nil, p.fail("the value of %s is missing", field)
	case p.text[0] == '(':
		return p.group(func() (search, error) { return p.alternatives(field) })
	case p.text[0] == '[' || p.text[0] == '{':
		return p.interval(field)
	}
	for _, op := range []string{">=", "<=", ">", "<"} {
		if rest, ok := strings.CutPrefix(p.text, op); ok {
			p.text = rest
			text, quoted, err := p.atom()
			if err != nil {
				return nil, err
			}
			if !quoted {
				text = unescape(text)
			}
			return term{field: field, test: func(value string) bool {
				n := compare(value, text)
				return n == 0 && len(op) == 2 || n != 0 && (n > 0) == (op[0] == '>')
			}}, nil
		}
	}
	text, quoted, err := p.atom()
	if err != nil {
		return nil, err
	}
	return p.value(field, text, quoted)
}

// alternatives reads field:(a OR "b" AND NOT c).
func (p *parser) alternatives(field string) (search, error) {
	if p.depth++; p.depth > maxSearchDepth {
		return nil, p.fail("it is nested too deep")
	}
	defer func() { p.depth-- }()
	var some any_
	for {
		negated := p.word("NOT", "!", "-")
		one, err := p.values(field)
		if err != nil {
			return nil, err
		}
		if negated {
			one = not{one}
		}
		if p.word("AND", "&&") {
			rest, err := p.alternatives(field)
			return any_(append(some, all{one, rest})), err
		}
		some = append(some, one)
		if p.word("OR", "||") {
			continue
		}
		if p.space(); p.text == "" || p.text[0] == ')' {
			return some, nil
		}
	}
}

// interval reads [a TO b], {a TO b}, and the mixed ones. * is no bound.
func (p *parser) interval(field string) (search, error) {
	from := p.text[0] == '['
	p.text = p.text[1:]
	low, err := p.bound()
	if err != nil {
		return nil, err
	}
	if !p.word("TO") {
		return nil, p.fail("the range of %s must be written [a TO b]", field)
	}
	high, err := p.bound()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.text == "" || p.text[0] != ']' && p.text[0] != '}' {
		return nil, p.fail("the range of %s does not end", field)
	}
	to := p.text[0] == ']'
	p.text = p.text[1:]
	return term{field: field, test: func(value string) bool {
		if low != "*" {
			if n := compare(value, low); n < 0 || n == 0 && !from {
				return false
			}
		}
		if high == "*" {
			return true
		}
		n := compare(value, high)
		return n < 0 || to && (n == 0 || strings.HasPrefix(value, high)) // a day has all of its hours
	}}, nil
}

func (p *parser) bound() (string, error) {
	p.space()
	text, quoted, err := p.atom()
	if err == nil && !quoted {
		text = unescape(text)
	}
	return text, err
}

// atom takes a quoted text, or a word as it is spelt.
func (p *parser) atom() (text string, quoted bool, err error) {
	p.space()
	if strings.HasPrefix(p.text, `"`) {
		for i := 1; i < len(p.text); i++ {
			switch p.text[i] {
			case '\\':
				i++
			case '"':
				text, p.text = p.text[1:i], p.text[i+1:]
				return unescape(text), true, p.plain()
			}
		}
		return "", false, p.fail("a closing quote is missing")
	}
	i := 0
	for i < len(p.text) && !strings.ContainsRune(" \t\r\n:()[]{}\"", rune(p.text[i])) {
		switch p.text[i] {
		case '/', '~', '^':
			return "", false, p.fail("%q is not supported: no regular expressions, fuzzy words and boosts", p.text[i])
		case '\\':
			i++
		}
		i++
	}
	i = min(i, len(p.text))
	// Times hold colons: 12:30:00 is one word after a digit's T, as in ranges.
	for i < len(p.text) && p.text[i] == ':' && isTime(p.text[:i]) {
		i++
		for i < len(p.text) && strings.ContainsRune("0123456789.Z+", rune(p.text[i])) {
			i++
		}
	}
	if i == 0 {
		if p.text == "" {
			return "", false, p.fail("something is missing at its end")
		}
		r, _ := utf8.DecodeRuneInString(p.text)
		return "", false, p.fail("%q is not expected there", r)
	}
	text, p.text = p.text[:i], p.text[i:]
	return text, false, nil
}

// isTime reports whether a text is the beginning of a time in RFC 3339, up to a colon.
func isTime(text string) bool {
	return len(text) >= 13 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[12] >= '0' && text[12] <= '9'
}

// plain refuses what may follow a quoted text in Lucene.
func (p *parser) plain() error {
	if p.text != "" && (p.text[0] == '~' || p.text[0] == '^') {
		return p.fail("%q is not supported: no regular expressions, fuzzy words and boosts", p.text[0])
	}
	return nil
}

// value returns the search for a text as it is spelt, in a field or, without
// one, in any.
func (p *parser) value(field, text string, quoted bool) (search, error) {
	if quoted {
		return exactly(field, text), nil
	}
	if field == "_exists_" {
		return exists(unescape(text)), nil
	}
	pattern, wild := wildcards(text)
	if !wild {
		return exactly(field, unescape(text)), nil
	}
	if strings.Trim(text, "*") == "" && field != "" {
		return exists(field), nil
	}
	return term{field: field, test: func(value string) bool { return glob(pattern, []rune(strings.ToLower(value))) }}, nil
}

func exactly(field, text string) search {
	if field == "_exists_" {
		return exists(text)
	}
	return term{field: field, exact: text, test: func(value string) bool { return strings.EqualFold(value, text) }}
}

func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
