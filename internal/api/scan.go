package api

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
)

// maxDepth is how deep arrays and objects may nest.
const maxDepth = 64

// A Scanner reads one JSON text (RFC 8259) from front to back, without looking
// at types: its caller says what must come next. It refuses what leaves room
// for two readings: bytes that aren't UTF-8, lone surrogates, and more than one
// value. Strings without escapes are parts of the text and cost no memory.
//
// An error is a *[rolecall.FieldError] that names the member, "roles[2].name",
// or "body" where the text is not JSON. It never holds a value.
type Scanner struct {
	text  string
	at    int
	depth int

	lenient bool // as DecodeLenient reads
}

// Scan has read read the one value that text is.
func Scan(text string, read func(*Scanner) error) error {
	if !utf8.ValidString(text) {
		return broken("must be valid UTF-8")
	}
	s := Scanner{text: text}
	err := read(&s)
	if err == nil && (s.Peek() != 0 || s.at < len(s.text)) {
		err = broken("must be one JSON value and nothing after it")
	}
	if e, ok := err.(*rolecall.FieldError); ok && e.Field == "" {
		e.Field = body
	}
	return err
}

// wrong says that the value about to be read, or just read, breaks a rule.
// The arrays and objects around it add where it is.
func wrong(rule string) error {
	return &rolecall.FieldError{Rule: rule, Kind: rolecall.ErrInvalid}
}

const body = "body"

// broken says that the whole text breaks a rule.
func broken(rule string) error {
	return &rolecall.FieldError{Field: body, Rule: rule, Kind: rolecall.ErrInvalid}
}

func (s *Scanner) notJSON() error {
	return broken("is not JSON from byte " + strconv.Itoa(s.at) + " on")
}

// within adds to err that it is about a part of the member or element at.
func within(at string, err error) error {
	e, ok := err.(*rolecall.FieldError)
	switch {
	case !ok || e.Field == body:
	case e.Field == "" || e.Field[0] == '[':
		e.Field = at + e.Field
	default:
		e.Field = at + "." + e.Field
	}
	return err
}

// Peek returns the first byte of the next value, or of what stands in its
// place, and 0 at the end.
func (s *Scanner) Peek() byte {
	if s.at < len(s.text) && s.text[s.at] > ' ' { // most often there is no space
		return s.text[s.at]
	}
	return s.space()
}

// space skips space, and returns what Peek does.
func (s *Scanner) space() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// take reads c, if it comes next.
func (s *Scanner) take(c byte) bool {
	if s.Peek() != c {
		return false
	}
	s.at++
	return true
}

// Object reads an object. It calls member with each name, for it to read the value.
func (s *Scanner) Object(member func(name string) error) error {
	if err := s.enter('{', "must be an object"); err != nil {
		return err
	}
	if !s.take('}') {
		for {
			if s.Peek() != '"' {
				return s.notJSON()
			}
			name, err := s.String()
			if err != nil {
				return err
			}
			if !s.take(':') {
				return s.notJSON()
			}
			if err := member(name); err != nil {
				return within(shown(name), err)
			}
			if s.take('}') {
				break
			}
			if !s.take(',') {
				return s.notJSON()
			}
		}
	}
	s.depth--
	return nil
}

// Array reads an array. It calls element with each index, for it to read the value.
func (s *Scanner) Array(element func(i int) error) error {
	if err := s.enter('[', "must be an array"); err != nil {
		return err
	}
	if !s.take(']') {
		for i := 0; ; i++ {
			if err := element(i); err != nil {
				return within("["+strconv.Itoa(i)+"]", err)
			}
			if s.take(']') {
				break
			}
			if !s.take(',') {
				return s.notJSON()
			}
		}
	}
	s.depth--
	return nil
}

func (s *Scanner) enter(open byte, rule string) error {
	if err := s.expect(open, rule); err != nil {
		return err
	}
	s.at++
	if s.depth++; s.depth > maxDepth {
		return broken("must not nest deeper than " + strconv.Itoa(maxDepth) + " levels")
	}
	return nil
}

// expect refuses a next value that does not begin with first: by rule if it
// may be of another type, as a whole if it can't be JSON.
func (s *Scanner) expect(first byte, rule string) error {
	switch c := s.Peek(); {
	case c == first:
		return nil
	case c == 0 || !strings.ContainsRune(`{["-0123456789tfn`, rune(c)):
		return s.notJSON()
	}
	return wrong(rule)
}

// Bool reads true or false.
func (s *Scanner) Bool() (bool, error) {
	switch s.Peek() {
	case 't':
		return true, s.word("true")
	case 'f':
		return false, s.word("false")
	}
	return false, s.expect('t', "must be true or false")
}

func (s *Scanner) word(w string) error {
	if !strings.HasPrefix(s.text[s.at:], w) {
		return s.notJSON()
	}
	s.at += len(w)
	return nil
}

// number reads a number and returns its text.
func (s *Scanner) number() (string, error) {
	if c := s.Peek(); c != '-' && (c < '0' || c > '9') {
		return "", s.expect('0', "must be a number")
	}
	from := s.at
	digits := func() bool {
		start := s.at
		for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
			s.at++
		}
		return s.at > start
	}
	next := func(any string) bool {
		if s.at < len(s.text) && strings.IndexByte(any, s.text[s.at]) >= 0 {
			s.at++
			return true
		}
		return false
	}
	next("-")
	if !next("0") && !digits() {
		return "", s.notJSON()
	}
	if next(".") && !digits() {
		return "", s.notJSON()
	}
	if next("eE") {
		next("+-")
		if !digits() {
			return "", s.notJSON()
		}
	}
	return s.text[from:s.at], nil
}

// Integer reads a number that is whole and has at most bits.
func (s *Scanner) Integer(bits int) (int64, error) {
	text, err := s.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return 0, wrong("must be a whole number that is not too large")
	}
	return n, nil
}

// Any reads a value of any type and returns its text. Objects in it must not
// name a member twice.
func (s *Scanner) Any() (string, error) {
	s.Peek()
	from := s.at
	err := s.skip()
	return s.text[from:s.at], err
}

func (s *Scanner) skip() (err error) {
	switch s.Peek() {
	case '{':
		seen := map[string]bool{}
		return s.Object(func(name string) error {
			if seen[name] && !s.lenient {
				return wrong(ruleTwice)
			}
			seen[name] = true
			return s.skip()
		})
	case '[':
		return s.Array(func(int) error { return s.skip() })
	case '"':
		_, err = s.String()
	case 't', 'f':
		_, err = s.Bool()
	case 'n':
		err = s.word("null")
	default:
		_, err = s.number()
	}
	return err
}

// Rules about members.
const (
	ruleTwice   = "is given twice"
	ruleUnknown = "is unknown"
)

// shown returns a name from outside as errors may show it: of bounded length,
// without control characters.
func shown(name string) string {
	const most = 64
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return utf8.RuneError
		}
		return r
	}, name)
	if utf8.RuneCountInString(name) > most {
		name = string([]rune(name)[:most]) + "…"
	}
	return name
}
