package identity_test

import (
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/sqlite"
)

// What another process has just made counts with its first use, before the
// snapshot would have followed by itself.
func TestWhatAnotherProcessMadeWorksAtOnce(t *testing.T) {
	path := t.TempDir() + "/rolecall.db"
	var here, there *identity.Identity
	for _, i := range []**identity.Identity{&here, &there} {
		db, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		rc, err := rolecall.New(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		*i = identity.New(rc, db, identity.WithArgon2(identity.Argon2{Memory: 8, Passes: 1, Threads: 1}))
		t.Cleanup(func() { (*i).Close(); rc.Close() })
	}
	by := rolecall.System("test")
	for range 5 {
		key, err := there.CreateKey(t.Context(), by, identity.NewKey{Name: "bot"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := here.VerifyKey(t.Context(), key.Secret, ""); err != nil {
			t.Errorf("a key of another process: %v", err)
		}
	}
	_, _, err := there.CreateUser(t.Context(), by, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.SignIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse battery"}); err != nil {
		t.Errorf("a user of another process: %v", err)
	}
}
