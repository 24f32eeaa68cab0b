package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/server"
	"github.com/rolecall/rolecall/internal/token"
)

// What one node gives out, another takes at once: keys, passwords, logins and
// tokens. What one takes back, another refuses as soon as it has seen that.
func TestWhatOneNodeGivesAnotherTakes(t *testing.T) {
	ctx := context.Background()
	source := pgtest.Source(t)
	var nodes [2]*server.Project
	for i := range nodes {
		p, err := server.Open(ctx, "", server.Options{Create: true, Store: source, Issuer: "https://auth.example.com/"})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		nodes[i] = p
	}
	by := rolecall.System("test")
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	// Another node refuses what ended just now, at the latest when it knows what
	// was written up to now.
	soon := func(what string, elsewhere *server.Project, refused func() bool) {
		t.Helper()
		for ended := time.Now(); ; time.Sleep(5 * time.Millisecond) {
			knows := time.Now().Add(-elsewhere.Rolecall.Age())
			switch {
			case refused():
				return
			case knows.After(ended):
				t.Fatalf("%s still counts where it is known to have ended", what)
			case time.Since(ended) > time.Minute:
				t.Fatalf("%s still counts after a minute", what)
			}
		}
	}
	for round := range 4 {
		a, b := nodes[round%2], nodes[(round+1)%2]

		key, err := a.Identity.CreateKey(ctx, by, identity.NewKey{Name: "robot"})
		must("a key", err)
		_, err = b.Identity.VerifyKey(ctx, key.Secret, "")
		must("the key elsewhere", err)
		_, err = a.Identity.DeleteKey(ctx, by, key.Credential.ID)
		must("its end", err)
		soon("a deleted key", b, func() bool {
			_, err := b.Identity.VerifyKey(ctx, key.Secret, "")
			return errors.Is(err, identity.ErrBadCredentials)
		})

		email := rolecall.NewID("ann") + "@example.com"
		const password = "correct horse battery 7"
		user, _, err := a.Identity.CreateUser(ctx, by, identity.NewUser{User: rolecall.User{Email: email}, Password: password})
		must("a user", err)
		login, err := b.Identity.LogIn(ctx, identity.SignIn{Login: email, Password: password}, identity.NewLogin{})
		must("signing in elsewhere", err)
		_, err = a.Identity.FindLogin(ctx, login.ID)
		must("the login", err)

		raw, _, err := b.Tokens.TokenFor(ctx, token.TokenRequest{Subject: user.ID})
		must("a token", err)
		if _, err = a.Tokens.Verify(ctx, raw, token.Expect{Audience: "default"}); err != nil { // as every door does
			must("looking again", a.Rolecall.CatchUp(ctx))
			_, err = a.Tokens.Verify(ctx, raw, token.Expect{Audience: "default"})
		}
		must("the token elsewhere", err)

		_, err = a.Rolecall.Write(ctx, by, rolecall.Modify(&rolecall.User{ID: user.ID}, func(u *rolecall.User) error { u.Blocked = true; return nil }))
		must("blocking", err)
		soon("a blocked user's login", b, func() bool { _, err := b.Identity.FindLogin(ctx, login.ID); return err != nil })
	}
}
