package token_test

import (
	"bytes"
	"cmp"
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/token"
)

// company is a project with people in two tenants.
func company(t testing.TB, options ...token.Option) *world {
	w := newWorld(t, options...)
	var (
		acme   = rolecall.Scope{Tenant: "acme"}
		globex = rolecall.Scope{Tenant: "globex"}
	)
	w.write(t,
		rolecall.Create(&rolecall.API{ID: "messages", Identifier: audience, Name: "Messages"}),
		rolecall.Create(&rolecall.Permission{ID: "read", API: "messages", Name: "read:messages"}),
		rolecall.Create(&rolecall.Permission{ID: "admin", API: "messages", Name: "read:admin-messages"}),
		rolecall.Create(&rolecall.Permission{ID: "Edit Post", Name: "Edit Post"}),
		rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}),
		rolecall.Create(&rolecall.Tenant{ID: "initech", Name: "Initech"}),
		rolecall.Create(&rolecall.Role{ID: "reader", Name: "Reader"}),
		rolecall.Create(&rolecall.Role{ID: "chief", Name: "Chief Reader"}),
		rolecall.Create(&rolecall.Inheritance{Senior: "chief", Junior: "reader"}),
		rolecall.Create(&rolecall.Grant{Role: "reader", Permission: "read"}),
		rolecall.Create(&rolecall.Grant{Role: "reader", Permission: "Edit Post"}),
		rolecall.Create(&rolecall.Grant{Role: "chief", Permission: "admin"}),
		rolecall.Create(&rolecall.User{ID: "alice"}),
		rolecall.Create(&rolecall.User{ID: "bob"}),
		rolecall.Create(&rolecall.User{ID: "blocked", Blocked: true}),
		rolecall.Create(&rolecall.Client{ID: "machine", Name: "Machine"}),
		rolecall.Create(&rolecall.Group{ID: "staff", Name: "Staff"}),
		rolecall.Create(&rolecall.GroupMember{Group: "staff", Member: "machine"}),
		rolecall.Create(&rolecall.Assignment{Subject: "staff", Role: "reader"}),
		rolecall.Create(&rolecall.Assignment{Subject: "alice", Role: "reader"}),
		rolecall.Create(&rolecall.Assignment{Subject: "alice", Role: "chief", Scope: acme}),
		rolecall.Create(&rolecall.Membership{Subject: "alice", Tenant: "globex"}),
		rolecall.Create(&rolecall.Assignment{Subject: "bob", Role: "reader", Scope: globex, Validity: rolecall.Validity{ExpiresAt: w.in(10*time.Minute + 500*time.Millisecond)}}),
	)
	return w
}

func TestTheClaimsOfAToken(t *testing.T) {
	w := company(t)
	for file, req := range map[string]token.TokenRequest{
		"everywhere":    {Subject: "alice", API: audience},
		"tenant":        {Subject: "alice", API: audience, Tenant: "acme"},
		"member":        {Subject: "alice", API: audience, Tenant: "globex"},
		"default_api":   {Subject: "alice", Tenant: "acme"},
		"client":        {Subject: "machine", API: audience},
		"holds_nothing": {Subject: "bob", API: audience},
		"expiring":      {Subject: "bob", API: audience, Tenant: "globex"},
	} {
		t.Run(file, func(t *testing.T) {
			req.Algorithm = token.EdDSA
			raw, expires, err := w.TokenFor(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			v, err := w.Verify(t.Context(), raw, token.Expect{Audience: cmp.Or(req.API, "default")})
			if err != nil || v.Subject != req.Subject || !v.Expires.Equal(expires) {
				t.Fatalf("verified as %+v, %v, want %s until %s", v, err, req.Subject, expires)
			}
			golden(t, "testdata/"+file+".json", bytes.Replace(part(t, raw, 1), []byte(v.ID), []byte("any"), 1))
		})
	}
}

func TestATokenEndsWithTheFirstThingItRestsOn(t *testing.T) {
	w := company(t)
	for _, tt := range []struct {
		name string
		req  token.TokenRequest
		want time.Duration
	}{
		{"an hour", token.TokenRequest{Subject: "alice"}, time.Hour},
		{"what is asked", token.TokenRequest{Subject: "alice", Lifetime: 24 * time.Hour}, 24 * time.Hour},
		{"the assignment, rounded down to a second", token.TokenRequest{Subject: "bob", Tenant: "globex"}, 10 * time.Minute},
		{"what is asked, before the assignment", token.TokenRequest{Subject: "bob", Tenant: "globex", Lifetime: time.Minute}, time.Minute},
		{"the access key", token.TokenRequest{Subject: "alice", Until: w.in(5 * time.Minute)}, 5 * time.Minute},
		{"the assignment, before the access key", token.TokenRequest{Subject: "bob", Tenant: "globex", Until: w.in(time.Hour)}, 10 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.req.Algorithm = token.EdDSA
			_, expires, err := w.TokenFor(t.Context(), tt.req)
			if err != nil || !expires.Equal(w.in(tt.want)) {
				t.Errorf("expires %s, %v, want %s", expires, err, w.in(tt.want))
			}
		})
	}
	w.advance(10*time.Minute + 100*time.Millisecond)
	if _, _, err := w.TokenFor(t.Context(), token.TokenRequest{Subject: "bob", Tenant: "globex"}); !errors.Is(err, rolecall.ErrUnavailable) {
		t.Errorf("in the last second: %v, want %v", err, rolecall.ErrUnavailable)
	}
	w.advance(time.Second)
	if _, _, err := w.TokenFor(t.Context(), token.TokenRequest{Subject: "bob", Tenant: "globex"}); !errors.Is(err, rolecall.ErrForbidden) {
		t.Errorf("after it: %v, want %v", err, rolecall.ErrForbidden)
	}
}

func TestWhoGetsNoToken(t *testing.T) {
	w := company(t)
	for _, tt := range []struct {
		name  string
		req   token.TokenRequest
		field string
		kind  error
	}{
		{"an unknown subject", token.TokenRequest{Subject: "nobody"}, "subject", rolecall.ErrNotFound},
		{"no subject", token.TokenRequest{}, "subject", rolecall.ErrNotFound},
		{"a group", token.TokenRequest{Subject: "staff"}, "subject", rolecall.ErrNotFound},
		{"a blocked user", token.TokenRequest{Subject: "blocked"}, "subject", rolecall.ErrForbidden},
		{"for an unknown API", token.TokenRequest{Subject: "alice", API: "https://other.example.com"}, "api", rolecall.ErrInvalid},
		{"for an API by its id", token.TokenRequest{Subject: "alice", API: "messages"}, "api", rolecall.ErrInvalid},
		{"in an unknown tenant", token.TokenRequest{Subject: "alice", Tenant: "nowhere"}, "tenant", rolecall.ErrForbidden},
		{"in a tenant of others", token.TokenRequest{Subject: "alice", Tenant: "initech"}, "tenant", rolecall.ErrForbidden},
		{"for too long", token.TokenRequest{Subject: "alice", Lifetime: 24*time.Hour + 1}, "lifetime", rolecall.ErrInvalid},
		{"for less than no time", token.TokenRequest{Subject: "alice", Lifetime: -1}, "lifetime", rolecall.ErrInvalid},
		{"by another algorithm", token.TokenRequest{Subject: "alice", Algorithm: "HS256"}, "algorithm", rolecall.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw, _, err := w.TokenFor(t.Context(), tt.req)
			var field *rolecall.FieldError
			if raw != "" || !errors.As(err, &field) || field.Field != tt.field || !errors.Is(err, tt.kind) {
				t.Errorf("TokenFor = %q, %v, want the field %s and %v", raw, err, tt.field, tt.kind)
			}
		})
	}
}
