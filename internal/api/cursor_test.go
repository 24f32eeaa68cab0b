package api

import (
	"errors"
	"testing"

	"github.com/rolecall/rolecall"
)

func TestCursor(t *testing.T) {
	c := Cursor("position", "users", "name")
	if got, err := ParseCursor(c, "users", "name"); got != "position" || err != nil {
		t.Errorf("ParseCursor of its own query = %q, %v", got, err)
	}
	if got := Cursor("", "users"); got != "" {
		t.Errorf("Cursor of the end = %q", got)
	}
	if got, err := ParseCursor("", "users"); got != "" || err != nil {
		t.Errorf("ParseCursor of nothing = %q, %v", got, err)
	}
	for _, tt := range []struct {
		name, cursor string
		query        []string
	}{
		{"another query", c, []string{"groups", "name"}},
		{"the same parts, divided elsewhere", c, []string{"user", "sname"}},
		{"fewer parts", c, []string{"users"}},
		{"a changed position", c[:len(c)-2] + "AA", []string{"groups", "name"}},
		{"no base64", "!", []string{"users", "name"}},
		{"base64 with padding", c + "=", []string{"users", "name"}},
		{"nothing but the mark", Cursor("x", "users", "name")[:11], []string{"users", "name"}},
		{"a position that is not UTF-8", Cursor("\xff", "users", "name"), []string{"users", "name"}},
	} {
		var field *rolecall.FieldError
		if got, err := ParseCursor(tt.cursor, tt.query...); !errors.As(err, &field) || field.Field != "cursor" {
			t.Errorf("%s: ParseCursor = %q, %v, want an error about cursor", tt.name, got, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(Cursor("position", "q"), "q")
	f.Add("", "")
	f.Add("AAAAAAAAAAAA", "q")
	f.Fuzz(func(t *testing.T, cursor, query string) {
		position, err := ParseCursor(cursor, query)
		if err == nil && Cursor(position, query) != cursor {
			t.Errorf("ParseCursor takes %q, and Cursor(%q) is another", cursor, position)
		}
		if again, err := ParseCursor(Cursor("x"+query, query), query); len(query) < 1000 && err == nil && again != "x"+query {
			t.Errorf("a position %q comes back as %q", "x"+query, again)
		}
	})
}
