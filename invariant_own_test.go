package rolecall_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

func TestATokenOrKeyDoesNotOutliveItself(t *testing.T) {
	key := func(change func(*rolecall.Credential)) rolecall.Op {
		return rolecall.Modify(&rolecall.Credential{ID: "key"}, func(c *rolecall.Credential) error {
			change(c)
			return nil
		})
	}
	secret := func(c *rolecall.Credential) { c.Hash = rolecall.Secret("new") }
	byToken := rolecall.Actor{Subject: "bob", Door: "test"}
	byKey, byOtherKey, proven := byToken, byToken, rolecall.Proven(byToken)
	byKey.Credential, byOtherKey.Credential = "key", "other"
	for _, tt := range []struct {
		name string
		by   rolecall.Actor
		op   rolecall.Op
		want error // nil: allowed
	}{
		{"setting one's password", byToken, rolecall.Create(password("bob")), rolecall.ErrForbidden},
		{"setting one's password, proven", proven, rolecall.Create(password("bob")), nil},
		{"setting another's password, proven", proven, rolecall.Create(password("adam")), rolecall.ErrForbidden},
		{"making a key", byKey, rolecall.Create(&rolecall.Credential{ID: "k2", Subject: "bob", Type: rolecall.AccessKey}), rolecall.ErrForbidden},
		{"making a key, proven", proven, rolecall.Create(&rolecall.Credential{ID: "k2", Subject: "bob", Type: rolecall.AccessKey}), nil},
		{"a new secret, by a token", byToken, key(secret), rolecall.ErrForbidden},
		{"a new secret, by another key", byOtherKey, key(secret), rolecall.ErrForbidden},
		{"a new secret, by the key itself", byKey, key(secret), nil},
		{"enabling it", byKey, key(func(c *rolecall.Credential) { c.Disabled = false }), rolecall.ErrForbidden},
		{"an end that comes later", byKey, key(func(c *rolecall.Credential) { c.ExpiresAt = noon.Add(3 * time.Hour) }), rolecall.ErrForbidden},
		{"no end", byKey, key(func(c *rolecall.Credential) { c.ExpiresAt = time.Time{} }), rolecall.ErrForbidden},
		{"an earlier end", byToken, key(func(c *rolecall.Credential) { c.ExpiresAt = noon.Add(time.Hour) }), nil},
		{"an earlier end and a new secret", byToken, key(func(c *rolecall.Credential) { secret(c); c.ExpiresAt = noon.Add(time.Hour) }), rolecall.ErrForbidden},
		{"other attributes, which may widen from where it counts", byKey, key(func(c *rolecall.Credential) { c.Attributes = []byte(`{"a":1}`) }), rolecall.ErrForbidden},
		{"a new name", byToken, key(func(c *rolecall.Credential) { c.Name = "ci" }), nil},
		{"disabling one that counts", byToken, rolecall.Modify(&rolecall.Credential{ID: "on"}, func(c *rolecall.Credential) error { c.Disabled = true; return nil }), nil},
		{"deleting it", byToken, rolecall.Delete(&rolecall.Credential{ID: "key"}), nil},
		{"deleting one's password", byToken, rolecall.Delete(&rolecall.Credential{ID: "pwd-wendy"}), rolecall.ErrForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := escalationStage(t)
			s.add(
				&rolecall.Credential{ID: "key", Subject: "bob", Type: rolecall.AccessKey, Hash: rolecall.Secret("old"), Disabled: true, Validity: rolecall.Validity{ExpiresAt: noon.Add(2 * time.Hour)}},
				&rolecall.Credential{ID: "on", Subject: "bob", Type: rolecall.AccessKey, Hash: rolecall.Secret("on")},
				password("wendy"),
			)
			if tt.name == "deleting one's password" {
				tt.by.Subject = "wendy"
			}
			before := s.Revision()
			_, err := s.Write(context.Background(), tt.by, tt.op)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if moved := s.Revision() != before; moved != (tt.want == nil) {
				t.Errorf("moved = %v with error %v", moved, err)
			}
		})
	}
}

// Doors refuse who is blocked before they come so far; the core does not rely on it.
func TestTheBlockedMayNotEvenWhatIsTheirOwn(t *testing.T) {
	s := escalationStage(t)
	s.add(&rolecall.Credential{ID: "key", Subject: "blocked-writer", Type: rolecall.AccessKey, Hash: rolecall.Secret("old")},
		&rolecall.Credential{ID: "bobs", Subject: "bob", Type: rolecall.AccessKey, Hash: rolecall.Secret("bobs")})
	for _, tt := range []struct {
		name string
		who  rolecall.SubjectID
		op   rolecall.Op
		want error
	}{
		{"a session", "blocked-writer", rolecall.Create(&rolecall.Session{ID: "s", Subject: "blocked-writer", Validity: rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}}), rolecall.ErrForbidden},
		{"a password", "blocked-writer", rolecall.Create(password("blocked-writer")), rolecall.ErrForbidden},
		{"deleting a key", "blocked-writer", rolecall.Delete(&rolecall.Credential{ID: "key"}), rolecall.ErrForbidden},
		{"a session of who is not blocked", "bob", rolecall.Create(&rolecall.Session{ID: "s", Subject: "bob", Validity: rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}}), nil},
		{"deleting the key of who is not blocked", "bob", rolecall.Delete(&rolecall.Credential{ID: "bobs"}), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.Write(context.Background(), rolecall.Proven(rolecall.Actor{Subject: tt.who, Door: "test"}), tt.op)
			wantError(t, err, tt.want)
		})
	}
}
