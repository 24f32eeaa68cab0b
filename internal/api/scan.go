package api

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
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

// String reads a string.
func (s *Scanner) String() (string, error) {
	if s.at >= len(s.text) || s.text[s.at] != '"' { // most often it is, and costs no call
		if err := s.expect('"', "must be a string"); err != nil {
			return "", err
		}
	}
	start := s.at + 1
	i := start + ordinary(s.text[start:])
	if i < len(s.text) {
		switch s.text[i] {
		case '"':
			s.at = i + 1
			return s.text[start:i], nil
		case '\\':
			s.at = start
			return s.escaped(i)
		}
	}
	s.at = i
	return "", s.notJSON()
}

// ordinary returns how many bytes of text stand for themselves in a string: up
// to the first quote, backslash or control character. It looks at eight bytes
// at once. In each of the three terms the high bit of a byte is set if it is
// what is looked for; a bit above the lowest that is set may be wrong.
func ordinary(text string) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		word := binary.LittleEndian.Uint64([]byte(text[i : i+8]))
		quote, backslash := word^ones*'"', word^ones*'\\'
		found := ((quote-ones)&^quote | (backslash-ones)&^backslash | (word-ones*' ')&^word) & high
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// escaped reads the rest of a string whose first backslash is at i.
func (s *Scanner) escaped(i int) (string, error) {
	text := append(make([]byte, 0, i-s.at+32), s.text[s.at:i]...)
	for s.at = i; s.at < len(s.text); s.at++ {
		c := s.text[s.at]
		switch {
		case c == '"':
			s.at++
			return string(text), nil
		case c < ' ':
			return "", s.notJSON()
		case c != '\\':
			text = append(text, c)
			continue
		}
		s.at++
		if s.at == len(s.text) {
			break
		}
		switch c = s.text[s.at]; c {
		case '"', '\\', '/':
			text = append(text, c)
		case 'b':
			text = append(text, '\b')
		case 'f':
			text = append(text, '\f')
		case 'n':
			text = append(text, '\n')
		case 'r':
			text = append(text, '\r')
		case 't':
			text = append(text, '\t')
		case 'u':
			r, err := s.hexadecimal()
			if err != nil {
				return "", err
			}
			if utf16.IsSurrogate(r) {
				if !strings.HasPrefix(s.text[s.at+1:], `\u`) {
					return "", wrong("must not contain half of a surrogate pair")
				}
				s.at += 2
				low, err := s.hexadecimal()
				if err != nil {
					return "", err
				}
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					return "", wrong("must not contain half of a surrogate pair")
				}
			}
			text = utf8.AppendRune(text, r)
		default:
			return "", s.notJSON()
		}
	}
	return "", s.notJSON()
}

// hexadecimal reads the four digits after the u that s is at, and stays on the last.
func (s *Scanner) hexadecimal() (rune, error) {
	if s.at+4 >= len(s.text) {
		s.at = len(s.text)
		return 0, s.notJSON()
	}
	var r rune
	for range 4 {
		s.at++
		c := s.text[s.at]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, s.notJSON()
		}
		r = r<<4 | rune(c)
	}
	return r, nil
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
