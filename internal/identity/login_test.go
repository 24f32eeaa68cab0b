package identity_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func (w *world) login(t testing.TB, n identity.NewLogin) *identity.Login {
	t.Helper()
	l, err := w.LogIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse", From: "192.0.2.1:5000"}, n)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWhatEndsALogin(t *testing.T) {
	do := func(op func(w *world) rolecall.Op) func(*testing.T, *world, *identity.Login) {
		return func(t *testing.T, w *world, _ *identity.Login) { w.write(t, op(w)) }
	}
	block := func(yes bool) func(*world) rolecall.Op {
		return func(*world) rolecall.Op {
			return rolecall.Modify(&rolecall.User{ID: "alice"}, func(u *rolecall.User) error { u.Blocked = yes; return nil })
		}
	}
	for _, tt := range []struct {
		name string
		do   func(*testing.T, *world, *identity.Login)
		ends bool
	}{
		{"nothing", func(*testing.T, *world, *identity.Login) {}, false},
		{"most of its time", func(_ *testing.T, w *world, _ *identity.Login) { w.advance(identity.LoginLifetime - 2*time.Second) }, false},
		{"all of its time", func(_ *testing.T, w *world, _ *identity.Login) { w.advance(identity.LoginLifetime) }, true},
		{"logging out", func(t *testing.T, w *world, l *identity.Login) { must(t, w.EndLogin(t.Context(), l.ID)) }, true},
		{"logging out everywhere", func(t *testing.T, w *world, _ *identity.Login) { must(t, w.EndLogins(t.Context(), "alice")) }, true},
		{"another's logging out everywhere", func(t *testing.T, w *world, _ *identity.Login) { must(t, w.EndLogins(t.Context(), "bob")) }, false},
		{"another login", func(t *testing.T, w *world, _ *identity.Login) { w.login(t, identity.NewLogin{}) }, false},
		{"another login that is to be the only one", func(t *testing.T, w *world, _ *identity.Login) { w.login(t, identity.NewLogin{Alone: true}) }, true},
		{"another name", do(func(*world) rolecall.Op {
			return rolecall.Modify(&rolecall.User{ID: "alice"}, func(u *rolecall.User) error { u.Name = "Al"; return nil })
		}), false},
		{"blocking", do(block(true)), true},
		{"blocking that was taken back", func(t *testing.T, w *world, _ *identity.Login) {
			w.write(t, block(true)(w))
			w.write(t, block(false)(w))
		}, true},
		{"deletion", do(func(*world) rolecall.Op { return rolecall.Delete(&rolecall.User{ID: "alice"}) }), true},
		{"another password by an administrator", func(t *testing.T, w *world, _ *identity.Login) {
			_, err := w.SetPassword(t.Context(), owner, "alice", identity.PasswordChange{Password: "battery staple"})
			must(t, err)
		}, true},
		{"another password by its owner, who proved the old one", func(t *testing.T, w *world, _ *identity.Login) {
			must(t, w.ChangePassword(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}, "battery staple"))
		}, true},
		{"another password by its owner, in this login", func(t *testing.T, w *world, l *identity.Login) {
			must(t, w.UpdatePassword(t.Context(), l, "battery staple"))
		}, false},
		{"another password by its owner, in another login", func(t *testing.T, w *world, _ *identity.Login) {
			must(t, w.UpdatePassword(t.Context(), w.login(t, identity.NewLogin{}), "battery staple"))
		}, true},
		{"an expired password", func(t *testing.T, w *world, _ *identity.Login) {
			_, err := w.ExpirePassword(t.Context(), owner, "alice")
			must(t, err)
			if _, err := signIn(t.Context(), w, "alice@example.com", "correct horse"); err != identity.ErrPasswordExpired {
				t.Errorf("signing in with it: %v, want ErrPasswordExpired", err)
			}
		}, true},
		{"no password", func(t *testing.T, w *world, _ *identity.Login) { w.write(t, rolecall.Delete(w.password(t, "alice"))) }, true},
		{"an access key that comes and goes", func(t *testing.T, w *world, _ *identity.Login) {
			k := w.key(t, identity.NewKey{Name: "hers", Subject: "alice"})
			_, err := w.DeleteKey(t.Context(), owner, k.Credential.ID)
			must(t, err)
		}, false},
		{"a role", do(func(*world) rolecall.Op {
			return rolecall.Put(&rolecall.Assignment{Subject: "alice", Role: rolecall.RoleAuditor})
		}), false},
		{"another's blocking", do(func(*world) rolecall.Op {
			return rolecall.Modify(&rolecall.User{ID: "bob"}, func(u *rolecall.User) error { u.Blocked = true; return nil })
		}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.user(t, alice)
			w.user(t, identity.NewUser{User: rolecall.User{ID: "bob"}})
			l := w.login(t, identity.NewLogin{})
			w.advance(time.Second)
			tt.do(t, w, l)
			for _, when := range []string{"at first", "again"} {
				_, err := w.RefreshLogin(t.Context(), l.ID)
				if !tt.ends && err != nil || tt.ends && !errors.Is(err, identity.ErrLoginEnded) {
					t.Errorf("refreshed %s: %v, want ended: %t", when, err, tt.ends)
				}
				if _, found := w.FindLogin(t.Context(), l.ID); found != err {
					t.Errorf("found %s: %v, want what refreshing said: %v", when, found, err)
				}
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAHashMadeAnewEndsNoLogin(t *testing.T) {
	foreign, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	must(t, err)
	w := newWorld(t)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, PasswordHash: string(foreign)})
	before, err := w.BeginLogin(t.Context(), identity.NewLogin{Subject: "alice"})
	must(t, err)
	during := w.login(t, identity.NewLogin{})
	if string(w.password(t, "alice").Hash) == string(foreign) {
		t.Fatal("the hash was not made anew")
	}
	for _, l := range []*identity.Login{before, during} {
		if _, err := w.RefreshLogin(t.Context(), l.ID); err != nil {
			t.Error(err)
		}
	}
}

func TestWhoGetsNoLogin(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "blocked", Blocked: true}})
	for _, tt := range []struct {
		name string
		n    identity.NewLogin
		want error
	}{
		{"nobody", identity.NewLogin{Subject: "nobody"}, identity.ErrBadCredentials},
		{"a blocked user", identity.NewLogin{Subject: "blocked"}, identity.ErrBlocked},
		{"somebody for too long", identity.NewLogin{Subject: "alice", Lifetime: identity.LoginLifetime + 1}, rolecall.ErrInvalid},
		{"somebody for less than nothing", identity.NewLogin{Subject: "alice", Lifetime: -1}, rolecall.ErrInvalid},
	} {
		if l, err := w.BeginLogin(t.Context(), tt.n); l != nil || !errors.Is(err, tt.want) {
			t.Errorf("%s: %+v, %v, want %v", tt.name, l, err, tt.want)
		}
	}
	if l, err := w.LogIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "wrong"}, identity.NewLogin{}); l != nil || err != identity.ErrBadCredentials {
		t.Errorf("a wrong password: %+v, %v", l, err)
	}
	if _, err := w.FindLogin(t.Context(), "login_unknown"); err != identity.ErrLoginEnded {
		t.Errorf("an unknown login: %v, want exactly ErrLoginEnded", err)
	}
}

func TestALoginSelectsATenantOfItsUser(t *testing.T) {
	w := newWorld(t)
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}), rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}))
	u := alice
	u.Tenants = []rolecall.TenantID{"acme"}
	w.user(t, u)
	l := w.login(t, identity.NewLogin{})
	for _, tt := range []struct {
		tenant, after rolecall.TenantID
		err           error
	}{
		{"acme", "acme", nil}, {"globex", "acme", rolecall.ErrForbidden}, {"nowhere", "acme", rolecall.ErrForbidden}, {"", "", nil},
	} {
		if err := w.SelectTenant(t.Context(), l, tt.tenant); !errors.Is(err, tt.err) {
			t.Errorf("%q: %v, want %v", tt.tenant, err, tt.err)
		}
		if found, err := w.FindLogin(t.Context(), l.ID); err != nil || found.Tenant != tt.after || l.Tenant != tt.after {
			t.Errorf("after %q the login is %+v, %v, want it in %q", tt.tenant, found, err, tt.after)
		}
	}
	must(t, w.EndLogin(t.Context(), l.ID))
	if err := w.SelectTenant(t.Context(), l, "acme"); err != identity.ErrLoginEnded {
		t.Errorf("an ended login: %v", err)
	}
}
