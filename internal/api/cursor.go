package api

import (
	"encoding/base64"
	"unicode/utf8"
)

// markBytes is how much of its query's digest a cursor carries.
const markBytes = 8

// maxCursor is the most bytes of a cursor: a position is the key or the sort
// value of a record.
const maxCursor = 8192

// Cursor returns the opaque text for a position in the answer to a query, and
// "" for the position "", the end. query is all that decides the answer's
// content and order, but not the size of its pages.
func Cursor(position string, query ...string) string {
	if position == "" {
		return ""
	}
	mark := digest(query...)
	return base64.RawURLEncoding.EncodeToString(append(mark[:markBytes], position...))
}

// ParseCursor returns the position in a cursor that was made for the same
// query, and "" for "", the beginning.
func ParseCursor(cursor string, query ...string) (position string, err error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(cursor) > maxCursor || len(raw) <= markBytes || !utf8.Valid(raw[markBytes:]) {
		return "", Fault("cursor", "must be the next of a page")
	}
	mark := digest(query...)
	if string(raw[:markBytes]) != string(mark[:markBytes]) {
		return "", Fault("cursor", "must be the next of a page of this query")
	}
	return string(raw[markBytes:]), nil
}
