package identity_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func (w *world) ticket(t *testing.T, n identity.NewTicket) string {
	t.Helper()
	_, text, err := w.NewTicket(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAResetTicketSetsAPasswordOnce(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	login, err := w.BeginLogin(t.Context(), identity.NewLogin{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	text := w.ticket(t, identity.NewTicket{Purpose: identity.ForReset, Subject: "alice", ReturnURL: "https://app.example.com/"})
	if _, err := w.ResetPassword(t.Context(), text, "short"); fieldOf(err) != "password" {
		t.Errorf("a short password: %v", err)
	}
	found, err := w.ResetPassword(t.Context(), text, "battery staple")
	if err != nil || found.ReturnURL != "https://app.example.com/" {
		t.Fatalf("%+v, %v", found, err)
	}
	if _, err := signIn(t.Context(), w, "alice@example.com", "battery staple"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := signIn(t.Context(), w, "alice@example.com", "correct horse"); err != identity.ErrBadCredentials {
		t.Errorf("the old password: %v", err)
	}
	if _, err := w.FindLogin(t.Context(), login.ID); err != identity.ErrLoginEnded {
		t.Errorf("a login from before: %v", err)
	}
	if user, err := rolecall.Find(t.Context(), w.rc, owner, &rolecall.User{ID: "alice"}); err != nil || !user.EmailVerified {
		t.Errorf("the address that the ticket was mailed to is not verified (%v)", err)
	}
	if _, err := w.ResetPassword(t.Context(), text, "a third one"); err != identity.ErrBadTicket {
		t.Errorf("the second time: %v", err)
	}
	if journal := w.journal(t); strings.Contains(journal, text) || strings.Contains(journal, "battery") {
		t.Error("the journal holds the ticket or the password")
	}
}

// Somebody signs up with another's address, makes a key, and waits: who then
// proves to be the address's owner does not share the account.
func TestWhoProvesTheirAddressEndsTheKeysOfWhoeverCameBefore(t *testing.T) {
	for _, tt := range []struct {
		name            string
		verified, shown bool
		lasts           bool // the key
	}{
		{"nobody had proven the address", false, false, false},
		{"its owner had", true, false, true},
		{"the ticket proves nothing", false, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			squatter := alice
			squatter.EmailVerified = tt.verified
			w.user(t, squatter)
			key := w.key(t, identity.NewKey{Name: "waits", Subject: "alice"})
			w.user(t, identity.NewUser{User: rolecall.User{ID: "bob"}})
			another := w.key(t, identity.NewKey{Name: "bob's", Subject: "bob"})
			text := w.ticket(t, identity.NewTicket{Purpose: identity.ForReset, Subject: "alice", Shown: tt.shown})
			if _, err := w.ResetPassword(t.Context(), text, "battery staple"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.VerifyKey(t.Context(), key.Secret, ""); (err == nil) != tt.lasts {
				t.Errorf("the key: %v, want it to last %v", err, tt.lasts)
			}
			if _, err := w.VerifyKey(t.Context(), another.Secret, ""); err != nil {
				t.Errorf("another's key: %v", err)
			}
		})
	}
}

func TestAResetTicketGivesAFirstPassword(t *testing.T) {
	w := newWorld(t)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "imported", Email: "i@example.com"}})
	text := w.ticket(t, identity.NewTicket{Purpose: identity.ForReset, Subject: "imported", Shown: true})
	if _, err := w.ResetPassword(t.Context(), text, "battery staple"); err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(t.Context(), w, "i@example.com", "battery staple"); err != nil {
		t.Error(err)
	}
	if user, err := rolecall.Find(t.Context(), w.rc, owner, &rolecall.User{ID: "imported"}); err != nil || user.EmailVerified {
		t.Errorf("a ticket that others saw verified the address (%v)", err)
	}
}

func TestWhatEndsATicket(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*testing.T, *world)
		ends bool
	}{
		{"nothing", func(*testing.T, *world) {}, false},
		{"another profile", func(t *testing.T, w *world) {
			w.write(t, rolecall.Modify(&rolecall.User{ID: "alice"}, func(u *rolecall.User) error { u.Name, u.Email = "Alice", "alice@example.com"; return nil }))
		}, false},
		{"a sign-in", func(t *testing.T, w *world) { signIn(t.Context(), w, "alice@example.com", "correct horse") }, false},
		{"another's password", func(t *testing.T, w *world) {
			w.user(t, identity.NewUser{User: rolecall.User{ID: "bob", Email: "bob@example.com"}, Password: "correct horse"})
		}, false},
		{"time", func(t *testing.T, w *world) { w.advance(time.Hour) }, true},
		{"another password", func(t *testing.T, w *world) {
			if _, err := w.SetPassword(t.Context(), owner, "alice", identity.PasswordChange{Password: "battery staple"}); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"another address", func(t *testing.T, w *world) {
			w.write(t, rolecall.Modify(&rolecall.User{ID: "alice"}, func(u *rolecall.User) error { u.Email = "a@example.com"; return nil }))
		}, true},
		{"blocking", func(t *testing.T, w *world) {
			w.write(t, rolecall.Modify(&rolecall.User{ID: "alice"}, func(u *rolecall.User) error { u.Blocked = true; return nil }))
		}, true},
		{"the user's end", func(t *testing.T, w *world) { w.write(t, rolecall.Delete(&rolecall.User{ID: "alice"})) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.user(t, alice)
			reset := w.ticket(t, identity.NewTicket{Purpose: identity.ForReset, Subject: "alice"})
			verify := w.ticket(t, identity.NewTicket{Purpose: identity.ForVerify, Subject: "alice", Lifetime: time.Hour})
			tt.do(t, w)
			_, found := w.FindTicket(t.Context(), identity.ForReset, reset)
			_, verified := w.VerifyEmail(t.Context(), verify)
			if (found == identity.ErrBadTicket) != tt.ends || (verified == identity.ErrBadTicket) != tt.ends || !tt.ends && errors.Join(found, verified) != nil {
				t.Errorf("reset %v, verification %v, want them ended: %t", found, verified, tt.ends)
			}
		})
	}
}

func TestATicketIsForOnePurposeAndOneUse(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	text := w.ticket(t, identity.NewTicket{Purpose: identity.ForVerify, Subject: "alice"})
	if _, err := w.ResetPassword(t.Context(), text, "battery staple"); err != identity.ErrBadTicket {
		t.Errorf("a verification ticket resets: %v", err)
	}
	for _, other := range []string{"", text[:31], text + "a", "\xff", strings.Repeat("a", 1<<16)} {
		if _, err := w.VerifyEmail(t.Context(), other); err != identity.ErrBadTicket {
			t.Errorf("another text: %v", err)
		}
	}
	var ok atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			switch _, err := w.VerifyEmail(t.Context(), text); err {
			case nil:
				ok.Add(1)
			case identity.ErrBadTicket:
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	user, err := rolecall.Find(t.Context(), w.rc, owner, &rolecall.User{ID: "alice"})
	if ok.Load() != 1 || err != nil || !user.EmailVerified {
		t.Errorf("verified %d times; the user: %+v, %v", ok.Load(), user, err)
	}
}

func TestWhoGetsNoTicket(t *testing.T) {
	w := newWorld(t)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "none"}, LoginIDs: []string{"none"}})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "blocked", Email: "b@example.com", Blocked: true}})
	w.user(t, alice)
	for _, tt := range []struct {
		name     string
		subject  rolecall.SubjectID
		lifetime time.Duration
		err      error
	}{
		{"nobody", "nobody", 0, rolecall.ErrNotFound},
		{"a blocked user", "blocked", 0, identity.ErrBlocked},
		{"a user without an address", "none", 0, rolecall.ErrInvalid},
		{"one for too long", "alice", 31 * 24 * time.Hour, rolecall.ErrInvalid},
	} {
		if _, text, err := w.NewTicket(t.Context(), identity.NewTicket{Purpose: identity.ForReset, Subject: tt.subject, Lifetime: tt.lifetime}); !errors.Is(err, tt.err) || text != "" {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
	}
}
