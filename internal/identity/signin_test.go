package identity_test

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t, identity.WithLimits(identity.Limits{
		Login: identity.Limit{Burst: 1000, Every: time.Second}, Address: identity.Limit{Burst: 1000, Every: time.Second}, Remembered: 100,
	}))
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "bob"}, LoginIDs: []string{"bob", "Bob@Example.com"}, Password: "bob's password"})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "blocked", Blocked: true}, LoginIDs: []string{"blocked"}, Password: "correct horse"})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "new"}, LoginIDs: []string{"new"}, Password: "correct horse", Temporary: true})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "none", Email: "none@example.com"}})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "stopped"}, LoginIDs: []string{"stopped"}, Password: "correct horse"})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "ended"}, LoginIDs: []string{"ended"}, Password: "correct horse"})
	w.write(t, rolecall.Modify(w.password(t, "stopped"), func(c *rolecall.Credential) error { c.Disabled = true; return nil }))
	w.write(t, rolecall.Modify(w.password(t, "ended"), func(c *rolecall.Credential) error { c.ExpiresAt = w.in(time.Minute); return nil }))
	w.advance(time.Minute)

	for _, tt := range []struct {
		name            string
		login, password string
		want            rolecall.SubjectID
		err             error
	}{
		{"the right password", "alice@example.com", "correct horse", "alice", nil},
		{"an e-mail address in another case, with space around it", " ALICE@example.COM\t", "correct horse", "alice", nil},
		{"a user name", "bob", "bob's password", "bob", nil},
		{"a second login id", "bob@example.com", "bob's password", "bob", nil},
		{"a user name in another case is another", "Bob", "bob's password", "", identity.ErrBadCredentials},
		{"the user's id is no login id", "alice", "correct horse", "", identity.ErrBadCredentials},
		{"a wrong password", "alice@example.com", "correct Horse", "", identity.ErrBadCredentials},
		{"a password with more at its end", "alice@example.com", "correct horse ", "", identity.ErrBadCredentials},
		{"no password", "alice@example.com", "", "", identity.ErrBadCredentials},
		{"another's password", "bob", "correct horse", "", identity.ErrBadCredentials},
		{"an unknown login id", "carol@example.com", "correct horse", "", identity.ErrBadCredentials},
		{"no login id", "", "correct horse", "", identity.ErrBadCredentials},
		{"a login id that is not UTF-8", "alice\xff@example.com", "correct horse", "", identity.ErrBadCredentials},
		{"a login id with a zero byte", "alice@example.com\x00", "correct horse", "", identity.ErrBadCredentials},
		{"a login id that is too long", strings.Repeat("a", 1<<20), "correct horse", "", identity.ErrBadCredentials},
		{"a user without a password", "none@example.com", "", "", identity.ErrBadCredentials},
		{"a blocked user", "blocked", "correct horse", "", identity.ErrBlocked},
		{"a blocked user with a wrong password", "blocked", "wrong", "", identity.ErrBadCredentials},
		{"a temporary password", "new", "correct horse", "", identity.ErrPasswordExpired},
		{"a wrong password in place of a temporary one", "new", "wrong", "", identity.ErrBadCredentials},
		{"an expired password", "ended", "correct horse", "", identity.ErrPasswordExpired},
		{"a disabled password", "stopped", "correct horse", "", identity.ErrBadCredentials},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := signIn(t.Context(), w, tt.login, tt.password)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("SignIn = %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestAnUnknownLoginCostsWhatAWrongPasswordDoes(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "none", Email: "none@example.com"}})
	var work []identity.Argon2
	w.CountChecks(func(cost identity.Argon2) { work = append(work, cost) })

	want := []identity.Argon2{cheap}
	for _, login := range []string{"alice@example.com", "none@example.com", "nobody@example.com", ""} {
		work = nil
		if _, err := signIn(t.Context(), w, login, "wrong"); err != identity.ErrBadCredentials {
			t.Errorf("%q: %v, want exactly ErrBadCredentials", login, err)
		}
		if !slices.Equal(work, want) {
			t.Errorf("%q: hashes of %v, want %v", login, work, want)
		}
	}
}

func TestAHashFromElsewhereIsReplacedAtTheFirstSignIn(t *testing.T) {
	foreign, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	costly, err := argon2id.CreateHash("correct horse", &argon2id.Params{Memory: 128, Iterations: 2, Parallelism: 2, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	key512, err := pbkdf2.Key(sha512.New, "correct horse", []byte("salt"), 1000, 64)
	if err != nil {
		t.Fatal(err)
	}
	for name, hash := range map[string]string{
		"bcrypt":                   string(foreign),
		"bcrypt of PHP":            strings.Replace(string(foreign), "$2a$", "$2y$", 1),
		"Argon2id of another cost": costly,
		"PBKDF2":                   identity.EncodePBKDF2("sha512", 1000, []byte("salt"), key512),
		"PBKDF2 of Django":         "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.user(t, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, PasswordHash: hash})
			if _, err := signIn(t.Context(), w, "alice@example.com", "wrong"); err != identity.ErrBadCredentials {
				t.Fatalf("wrong password: %v", err)
			}
			if got := w.password(t, "alice"); string(got.Hash) != hash {
				t.Fatalf("the hash was replaced by a wrong password")
			}
			for range 2 {
				if _, err := signIn(t.Context(), w, "alice@example.com", "correct horse"); err != nil {
					t.Fatal(err)
				}
			}
			got := w.password(t, "alice")
			if !strings.HasPrefix(string(got.Hash), "$argon2id$v=19$m=64,t=1,p=1$") {
				t.Errorf("the hash was not replaced")
			}
			head := w.rc.Revision()
			if _, err := signIn(t.Context(), w, "alice@example.com", "correct horse"); err != nil || w.rc.Revision() != head {
				t.Errorf("the third sign-in wrote (%v)", err)
			}
			entries, err := w.rc.Audit(t.Context(), owner, rolecall.EntryQuery{Kind: rolecall.KindCredential, Newest: true})
			if err != nil || len(entries) != 2 {
				t.Fatalf("%d journal entries (%v), want 2: made, and made anew", len(entries), err)
			}
			if e := entries[0]; e.Actor != rolecall.SystemSubject || e.Door != "identity" || e.OnBehalfOf != "alice" {
				t.Errorf("the journal says %q by %q for %q", e.Actor, e.Door, e.OnBehalfOf)
			}
		})
	}
}

func TestTooManySignInsHaveToWait(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "bob"}, LoginIDs: []string{"bob"}, Password: "correct horse"})
	try := func(login, password, from string) error {
		_, err := w.SignIn(t.Context(), identity.SignIn{Login: login, Password: password, From: from})
		return err
	}
	for _, login := range []string{"alice@example.com", "nobody"} {
		for range 10 {
			if err := try(login, "wrong", "192.0.2.1"); err != identity.ErrBadCredentials {
				t.Fatal(err)
			}
		}
		var retry *identity.RetryError
		err := try(login, "correct horse", "198.51.100.1")
		if !errors.Is(err, identity.ErrTooManyAttempts) || !errors.As(err, &retry) || retry.After != 30*time.Second {
			t.Errorf("%s, the 11th time, from elsewhere: %v, want to wait 30s", login, err)
		}
	}
	if err := try("bob", "correct horse", "192.0.2.1"); err != nil {
		t.Errorf("another user from the same address: %v", err)
	}
	w.advance(30 * time.Second)
	if err := try("alice@example.com", "correct horse", "192.0.2.1"); err != nil {
		t.Errorf("after half a minute: %v", err)
	}
	for n := range 10 {
		if err := try("alice@example.com", "wrong", "192.0.2.1"); err != identity.ErrBadCredentials {
			t.Errorf("failure %d after success: %v", n+1, err)
		}
	}
}

func TestManyAttemptsAtOnceCountLikeOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	var hashed, refused atomic.Int64
	w.CountChecks(func(identity.Argon2) { hashed.Add(1) })
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := signIn(t.Context(), w, "alice@example.com", "wrong"); errors.Is(err, identity.ErrTooManyAttempts) {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if hashed.Load() != 10 || refused.Load() != 40 {
		t.Errorf("of 50, %d were tried and %d refused, want 10 and 40", hashed.Load(), refused.Load())
	}
}

func TestSecretsAreNowhereToBeSeen(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	key := w.key(t, identity.NewKey{Name: "deploy"})
	if _, err := w.SetPassword(t.Context(), owner, "alice", identity.PasswordChange{Password: "another password"}); err != nil {
		t.Fatal(err)
	}
	if err := w.ChangePassword(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "another password"}, "a third password"); err != nil {
		t.Fatal(err)
	}
	journal := w.journal(t)
	if !strings.Contains(journal, `"key":"`+string(key.Credential.ID)) {
		t.Fatal("the journal does not tell of the key")
	}
	for what, secret := range map[string]string{
		"the password": "third password", "its hash": string(w.password(t, "alice").Hash), "any Argon2id hash": "argon2id",
		"the key": key.Secret, "the key's secret part": key.Secret[len(key.Secret)-43:],
		"its hash in hexadecimal": hex.EncodeToString(key.Credential.Hash), "its hash in base64": base64.StdEncoding.EncodeToString(key.Credential.Hash),
	} {
		if strings.Contains(journal, secret) {
			t.Errorf("the journal holds %s", what)
		}
	}
}
