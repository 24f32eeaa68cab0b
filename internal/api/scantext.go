package api

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

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
