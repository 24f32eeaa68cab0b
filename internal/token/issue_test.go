package token_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/token"
)

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// part decodes a segment of a token.
func part(t testing.TB, raw string, n int) []byte {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[n])
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatIssueMakesVerifyAccepts(t *testing.T) {
	w := newWorld(t)
	names := rapid.StringMatching(`[a-z_]{4,12}`)
	rapid.Check(t, func(t *rapid.T) {
		c := token.Claims{
			Issuer:    rapid.SampledFrom([]string{"", issuer, "https://other.example.com"}).Draw(t, "issuer"),
			Subject:   rolecall.SubjectID(rapid.StringN(1, 50, 255).Draw(t, "subject")),
			Audience:  rapid.SliceOfN(rapid.StringN(1, 50, 255), 1, 3).Draw(t, "audience"),
			Issued:    w.in(-time.Duration(rapid.IntRange(0, 3600).Draw(t, "age")) * time.Second),
			ID:        rapid.StringN(0, 20, 40).Draw(t, "id"),
			Extra:     map[string]any{},
			Algorithm: rapid.SampledFrom([]string{"", token.RS256, token.ES256, token.EdDSA}).Draw(t, "algorithm"),
		}
		c.Expires = w.in(time.Duration(rapid.IntRange(1, 3600).Draw(t, "left")) * time.Second)
		for _, name := range rapid.SliceOfN(names, 0, 3).Draw(t, "extra") {
			c.Extra[name] = name
		}
		raw, err := w.Issue(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, audience := range c.Audience {
			got, err := w.Verify(t.Context(), raw, token.Expect{Issuer: c.Issuer, Audience: audience})
			if err != nil {
				t.Fatal(err)
			}
			if got.Subject != c.Subject || !slices.Equal(got.Audience, c.Audience) || !got.Issued.Equal(c.Issued) || !got.Expires.Equal(c.Expires) ||
				c.ID != "" && got.ID != c.ID || got.ID == "" {
				t.Fatalf("%+v became %+v", c, got)
			}
			for name, want := range c.Extra {
				if got.Claims[name] != want {
					t.Fatalf("%s = %v, want %v", name, got.Claims[name], want)
				}
			}
		}
	})
}

func TestTheHeaderOfAToken(t *testing.T) {
	w := newWorld(t)
	for _, algorithm := range []string{token.RS256, token.ES256, token.EdDSA} {
		c := w.claims()
		c.Algorithm = algorithm
		raw := w.issue(t, c)
		v, err := w.Verify(t.Context(), raw, expect)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"alg":"` + algorithm + `","kid":"` + string(v.KeyID) + `","typ":"JWT"}`
		if got := string(part(t, raw, 0)); got != want {
			t.Errorf("header %s, want %s", got, want)
		}
	}
	if got := len(w.records(t)); got != 3 {
		t.Errorf("%d keys were made, want 3", got)
	}
}

func TestWhatIssueRefuses(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, field string
		change      func(*token.Claims)
	}{
		{"no subject", "subject", func(c *token.Claims) { c.Subject = "" }},
		{"no audience", "audience", func(c *token.Claims) { c.Audience = nil }},
		{"no expiry", "expires", func(c *token.Claims) { c.Expires = time.Time{} }},
		{"an expiry before it is issued", "expires", func(c *token.Claims) { c.Expires = w.in(-time.Second) }},
		{"more than thirty days", "expires", func(c *token.Claims) { c.Expires = w.in(token.MaxRefresh + time.Second) }},
		{"another expiry among the rest", "extra", func(c *token.Claims) { c.Extra = map[string]any{"exp": 1} }},
		{"a beginning among the rest", "extra", func(c *token.Claims) { c.Extra = map[string]any{"nbf": 1} }},
		{"an algorithm that shares its key", "algorithm", func(c *token.Claims) { c.Algorithm = "HS256" }},
		{"no signature", "algorithm", func(c *token.Claims) { c.Algorithm = "none" }},
		{"more than fits", "token", func(c *token.Claims) { c.Extra = map[string]any{"long": strings.Repeat("a", token.MaxBytes)} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := w.claims()
			tt.change(&c)
			raw, err := w.Issue(t.Context(), c)
			var field *rolecall.FieldError
			if raw != "" || !errors.As(err, &field) || field.Field != tt.field {
				t.Errorf("Issue = %q, %v, want the field %s", raw, err, tt.field)
			}
		})
	}
	t.Run("no issuer", func(t *testing.T) {
		if _, err := token.New(w.rc).Issue(t.Context(), w.claims()); !errors.Is(err, rolecall.ErrInvalid) {
			t.Errorf("Issue = %v, want %v", err, rolecall.ErrInvalid)
		}
	})
}

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got, as indented JSON, with a file.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	var text bytes.Buffer
	if err := json.Indent(&text, got, "", "\t"); err != nil {
		t.Fatal(err)
	}
	text.WriteByte('\n')
	if *update {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("got %swant %s", text.String(), want)
	}
}
