package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestVerifyKey(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "bob"}})
	deploy := w.key(t, identity.NewKey{ID: "key_deploy", Name: "deploy"})
	hers := w.key(t, identity.NewKey{Name: "hers", Subject: "alice"})
	short := w.key(t, identity.NewKey{Name: "short", ExpiresAt: w.in(time.Hour)})
	bobs := w.key(t, identity.NewKey{Name: "bob's", Subject: "bob"})

	check := func(t *testing.T, secret string, want rolecall.SubjectID) {
		t.Helper()
		for _, when := range []string{"at first", "again"} {
			got, err := w.VerifyKey(t.Context(), secret, "")
			switch {
			case want == "" && err != identity.ErrBadCredentials:
				t.Errorf("%s: %v, want exactly ErrBadCredentials", when, err)
			case want != "" && (err != nil || got.Subject != want):
				t.Errorf("%s: %+v, %v, want a key of %q", when, got, err, want)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		first  func(t *testing.T) // what happens before
		secret string
		want   rolecall.SubjectID
	}{
		{"a key with a client of its own", nil, deploy.Secret, "key_deploy"},
		{"a user's key", nil, hers.Secret, "alice"},
		{"a key that expires later", nil, short.Secret, rolecall.SubjectID(short.Credential.ID)},
		{"one character other", nil, deploy.Secret[:len(deploy.Secret)-1] + "!", ""},
		{"another key's secret", nil, "rck_deploy_" + hers.Secret[len(hers.Secret)-43:], ""},
		{"an unknown key", nil, "rck_unknown_" + strings.Repeat("a", 43), ""},
		{"a password's id", nil, "rck_" + strings.TrimPrefix(string(w.password(t, "alice").ID), "pwd_") + "_" + strings.Repeat("a", 43), ""},
		{"nothing", nil, "", ""},
		{"something long", nil, strings.Repeat("rck_", 1<<20), ""},
		{"after a write of something else", func(t *testing.T) {
			w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}))
		}, deploy.Secret, "key_deploy"},
		{"after it was disabled", func(t *testing.T) {
			if _, err := w.DisableKey(t.Context(), owner, "key_deploy"); err != nil {
				t.Fatal(err)
			}
		}, deploy.Secret, ""},
		{"after it was enabled", func(t *testing.T) {
			if _, err := w.EnableKey(t.Context(), owner, "key_deploy"); err != nil {
				t.Fatal(err)
			}
		}, deploy.Secret, "key_deploy"},
		{"before it was rotated", func(t *testing.T) {
			rotated, err := w.RotateKey(t.Context(), owner, "key_deploy")
			if err != nil || rotated.Credential.ID != "key_deploy" || rotated.Secret == deploy.Secret {
				t.Fatalf("RotateKey = %+v, %v", rotated, err)
			}
			check(t, rotated.Secret, "key_deploy")
		}, deploy.Secret, ""},
		{"after its user was blocked", func(t *testing.T) {
			check(t, bobs.Secret, "bob")
			w.write(t, rolecall.Modify(&rolecall.User{ID: "bob"}, func(u *rolecall.User) error { u.Blocked = true; return nil }))
		}, bobs.Secret, ""},
		{"after its user was deleted", func(t *testing.T) {
			w.write(t, rolecall.Delete(&rolecall.User{ID: "bob"}))
		}, bobs.Secret, ""},
		{"once it has expired", func(*testing.T) { w.advance(time.Hour) }, short.Secret, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.first != nil {
				tt.first(t)
			}
			check(t, tt.secret, tt.want)
		})
	}
}

func TestTheTextOfAKey(t *testing.T) {
	w := newWorld(t)
	key := w.key(t, identity.NewKey{Name: "deploy", Description: "for the pipeline"})
	id, ok := strings.CutPrefix(string(key.Credential.ID), "key_")
	if !ok || len(id) != 16 {
		t.Errorf("the id is %q", key.Credential.ID)
	}
	if prefix := "rck_" + id + "_"; !strings.HasPrefix(key.Secret, prefix) || len(key.Secret) != len(prefix)+43 {
		t.Errorf("the text of key %s does not begin with %q, or has not 43 characters after it", key.Credential.ID, prefix)
	}
	if key.Client == nil || string(key.Client.ID) != string(key.Credential.ID) || key.Client.Description != "for the pipeline" {
		t.Errorf("its client is %+v", key.Client)
	}
	if string(key.Credential.Hash) == key.Secret || len(key.Credential.Hash) != 32 {
		t.Errorf("%d bytes are stored for it, want the 32 of a SHA-256", len(key.Credential.Hash))
	}
}

func TestAKeyIsMadeWithItsRoles(t *testing.T) {
	w := newWorld(t)
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}))
	key := w.key(t, identity.NewKey{Name: "deploy", Roles: []rolecall.Assignment{
		{Role: rolecall.RoleAuditor},
		{Role: rolecall.RoleTenantAdmin, Scope: rolecall.Scope{Tenant: "acme"}, Validity: rolecall.Validity{ExpiresAt: w.in(time.Hour)}},
	}})
	for _, tt := range []struct {
		permission string
		tenant     rolecall.TenantID
		want       bool
	}{
		{"rolecall:roles.read", "", true}, {"rolecall:members.write", "acme", true}, {"rolecall:members.write", "", false},
	} {
		got, err := w.rc.Check(t.Context(), rolecall.Request{
			Subject: key.Credential.Subject, API: "rolecall", Permission: tt.permission, Tenant: tt.tenant,
		})
		if err != nil || got.Allowed != tt.want {
			t.Errorf("%s in %q: %+v, %v, want %t", tt.permission, tt.tenant, got, err, tt.want)
		}
	}
}

func TestAKeyWithARoleThatIsNotThereIsNotMade(t *testing.T) {
	w := newWorld(t)
	for name, k := range map[string]identity.NewKey{
		"role":       {Name: "a", Roles: []rolecall.Assignment{{Role: "nobody knows"}}},
		"name":       {},
		"subject":    {Name: "a", Subject: "nobody"},
		"expires_at": {Name: "a", ExpiresAt: w.in(-time.Second)},
		"id":         {Name: "a", ID: "deploy"},
	} {
		head := w.rc.Revision()
		key, err := w.CreateKey(t.Context(), owner, k)
		if key != nil || fieldOf(err) != name || len(rolecall.OpErrors(err)) != 0 || w.rc.Revision() != head {
			t.Errorf("without a good %s: %+v, %v", name, key, err)
		}
	}
}

func TestWhoMayMakeKeys(t *testing.T) {
	w := newWorld(t)
	for _, role := range []rolecall.RoleID{rolecall.RoleOwner, rolecall.RoleAdministrator, rolecall.RoleAuditor} {
		w.user(t, identity.NewUser{
			User: rolecall.User{ID: rolecall.SubjectID(role)}, LoginIDs: []string{string(role)}, Password: "pass of the " + string(role),
			Roles: []rolecall.Assignment{{Role: role}},
		})
	}
	own := []rolecall.Assignment{{Role: rolecall.RoleOwner}}
	audits := []rolecall.Assignment{{Role: rolecall.RoleAuditor}}
	for _, tt := range []struct {
		name string
		by   rolecall.SubjectID
		key  identity.NewKey
		want error
	}{
		{"an owner, one that owns", "owner", identity.NewKey{Roles: own}, nil},
		{"an administrator, one that reads", "administrator", identity.NewKey{Roles: audits}, nil},
		{"an administrator, one that owns", "administrator", identity.NewKey{Roles: own}, rolecall.ErrEscalation},
		{"an administrator, one for an owner", "administrator", identity.NewKey{Subject: "owner"}, rolecall.ErrEscalation},
		{"an administrator, one for itself", "administrator", identity.NewKey{Subject: "administrator"}, nil},
		{"an auditor, one for itself", "auditor", identity.NewKey{Subject: "auditor"}, rolecall.ErrForbidden},
		{"an auditor, one for itself by its password", "auditor", identity.NewKey{Subject: "auditor", Password: "pass of the auditor"}, nil},
		{"an auditor, one for itself by a wrong password", "auditor", identity.NewKey{Subject: "auditor", Password: "pass of the owner"}, identity.ErrBadCredentials},
		{"an auditor, one for another by its password", "auditor", identity.NewKey{Subject: "administrator", Password: "pass of the auditor"}, rolecall.ErrInvalid},
		{"an auditor, one with a role by its password", "auditor", identity.NewKey{Subject: "auditor", Roles: own, Password: "pass of the auditor"}, rolecall.ErrForbidden},
		{"an auditor, one for another", "auditor", identity.NewKey{Subject: "administrator"}, rolecall.ErrForbidden},
		{"an auditor, any", "auditor", identity.NewKey{}, rolecall.ErrForbidden},
		{"nobody", "", identity.NewKey{}, rolecall.ErrForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.key.Name = tt.name
			key, err := w.CreateKey(t.Context(), rolecall.Actor{Subject: tt.by, Door: "test"}, tt.key)
			if !errors.Is(err, tt.want) || (err == nil) != (key != nil) {
				t.Errorf("CreateKey = %+v, %v, want %v", key, err, tt.want)
			}
		})
	}
	t.Run("an administrator, an owner's key anew", func(t *testing.T) {
		key := w.key(t, identity.NewKey{Name: "the owner's", Subject: "owner"})
		if _, err := w.RotateKey(t.Context(), rolecall.Actor{Subject: "administrator", Door: "test"}, key.Credential.ID); !errors.Is(err, rolecall.ErrEscalation) {
			t.Errorf("RotateKey = %v, want %v", err, rolecall.ErrEscalation)
		}
		if _, err := w.VerifyKey(t.Context(), key.Secret, ""); err != nil {
			t.Errorf("the key no longer works: %v", err)
		}
	})
}

func TestASecretIsShownOnce(t *testing.T) {
	w := newWorld(t)
	by := owner
	by.IdempotencyKey = "once"
	first, err := w.CreateKey(t.Context(), by, identity.NewKey{Name: "deploy"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.CreateKey(t.Context(), by, identity.NewKey{Name: "deploy"})
	if err != nil || !again.Receipt.Replayed || again.Secret != "" || again.Credential.ID != first.Credential.ID || again.Client.ID != first.Client.ID {
		t.Errorf("sent again: %+v, %v, want the same key without its secret", again, err)
	}
	if _, err := w.VerifyKey(t.Context(), first.Secret, ""); err != nil {
		t.Errorf("the first secret: %v", err)
	}

	by = owner
	by.DryRun = true
	dry, err := w.CreateKey(t.Context(), by, identity.NewKey{Name: "deploy", Roles: []rolecall.Assignment{{Role: rolecall.RoleAuditor}}})
	if err != nil || dry.Secret != "" || len(dry.Receipt.Gained) == 0 {
		t.Errorf("a dry run: %+v, %v, want no secret, and what would be gained", dry, err)
	}
}

func TestDeleteKey(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	own := w.key(t, identity.NewKey{Name: "deploy"})
	hers := w.key(t, identity.NewKey{Name: "hers", Subject: "alice"})
	for _, key := range []*identity.Key{own, hers} {
		if _, err := w.DeleteKey(t.Context(), owner, key.Credential.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.VerifyKey(t.Context(), key.Secret, ""); err != identity.ErrBadCredentials {
			t.Errorf("%s after it was deleted: %v", key.Credential.Name, err)
		}
	}
	if _, err := rolecall.Find(t.Context(), w.rc, owner, own.Client); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("the key's own client: %v, want %v", err, rolecall.ErrNotFound)
	}
	if _, err := rolecall.Find(t.Context(), w.rc, owner, &rolecall.User{ID: "alice"}); err != nil {
		t.Errorf("the user whose key it was: %v", err)
	}
	for what, id := range map[string]rolecall.CredentialID{"a deleted key": own.Credential.ID, "a password": w.password(t, "alice").ID} {
		_, deleted := w.DeleteKey(t.Context(), owner, id)
		_, disabled := w.DisableKey(t.Context(), owner, id)
		_, rotated := w.RotateKey(t.Context(), owner, id)
		for _, err := range []error{deleted, disabled, rotated} {
			if !errors.Is(err, rolecall.ErrNotFound) {
				t.Errorf("%s: %v, want %v", what, err, rolecall.ErrNotFound)
			}
		}
	}
}

func TestLastUsed(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	key := w.key(t, identity.NewKey{Name: "deploy"})
	head := w.rc.Revision()
	used := func(id rolecall.CredentialID) time.Time {
		t.Helper()
		w.Close()
		last, err := w.LastUsed(t.Context(), id, "key_unknown")
		if err != nil || len(last) > 1 {
			t.Fatalf("LastUsed = %v, %v", last, err)
		}
		return last[id]
	}
	verify := func() {
		t.Helper()
		if _, err := w.VerifyKey(t.Context(), key.Secret, ""); err != nil {
			t.Fatal(err)
		}
	}

	if got := used(key.Credential.ID); !got.IsZero() {
		t.Errorf("a key that was never used: %s", got)
	}
	if _, err := w.VerifyKey(t.Context(), key.Secret[:len(key.Secret)-1]+"!", ""); err == nil || !used(key.Credential.ID).IsZero() {
		t.Errorf("after a wrong secret: %v, %s", err, used(key.Credential.ID))
	}
	first := w.now()
	for range 3 {
		verify()
		if got := used(key.Credential.ID); !got.Equal(first) {
			t.Errorf("%s, want %s: the minute is not over", got, first)
		}
		w.advance(20 * time.Second)
	}
	verify()
	if got := used(key.Credential.ID); !got.Equal(first.Add(time.Minute)) {
		t.Errorf("%s, want a minute after %s", got, first)
	}
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}))
	w.advance(20 * time.Second)
	verify()
	if got := used(key.Credential.ID); !got.Equal(first.Add(time.Minute)) {
		t.Errorf("%s, want a minute after %s, whatever else was written", got, first)
	}

	if _, err := signIn(t.Context(), w, "alice@example.com", "correct horse"); err != nil {
		t.Fatal(err)
	}
	if got := used(w.password(t, "alice").ID); !got.Equal(w.now()) {
		t.Errorf("the password: %s, want %s", got, w.now())
	}
	if got := w.rc.Revision(); got != head+1 {
		t.Errorf("the revision went from %d to %d, want the one write of a tenant", head, got)
	}
}

func BenchmarkVerifyKey(b *testing.B) {
	w := newWorld(b)
	key := w.key(b, identity.NewKey{Name: "deploy"})
	b.Run("known", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.VerifyKey(b.Context(), key.Secret, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("first after a write", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w.write(b, rolecall.Modify(&rolecall.Client{ID: key.Client.ID}, func(c *rolecall.Client) error {
				c.Name = rolecall.RandomText(8)
				return nil
			}))
			b.StartTimer()
			if _, err := w.VerifyKey(b.Context(), key.Secret, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
}
