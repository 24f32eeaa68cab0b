package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/sqlite"
)

// cheap is a cost at which tests can hash a lot.
var cheap = identity.Argon2{Memory: 64, Passes: 1, Threads: 1}

var owner = rolecall.System("test")

// A world is a project with its Identity, at a time that the test sets.
type world struct {
	*identity.Identity
	rc    *rolecall.Service
	store rolecall.Store
	ms    atomic.Int64
}

func newWorld(t testing.TB, options ...identity.Option) *world {
	t.Helper()
	w := &world{}
	w.ms.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixMilli())
	var err error
	if w.store, err = sqlite.Memory().OpenStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.rc, err = rolecall.New(t.Context(), w.store, rolecall.WithClock(w.now)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.rc.Close() })
	w.Identity = identity.New(w.rc, w.store.(identity.Store), append([]identity.Option{identity.WithArgon2(cheap)}, options...)...)
	t.Cleanup(func() { w.Close() })
	return w
}

func (w *world) now() time.Time               { return time.UnixMilli(w.ms.Load()).UTC() }
func (w *world) advance(d time.Duration)      { w.ms.Add(d.Milliseconds()) }
func (w *world) in(d time.Duration) time.Time { return w.now().Add(d) }

func (w *world) write(t testing.TB, ops ...rolecall.Op) {
	t.Helper()
	if _, err := w.rc.Write(t.Context(), owner, ops...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) user(t testing.TB, u identity.NewUser) *rolecall.User {
	t.Helper()
	user, _, err := w.CreateUser(t.Context(), owner, u)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func (w *world) key(t testing.TB, k identity.NewKey) *identity.Key {
	t.Helper()
	key, err := w.CreateKey(t.Context(), owner, k)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// password returns the stored password credential of a user.
func (w *world) password(t testing.TB, subject rolecall.SubjectID) *rolecall.Credential {
	t.Helper()
	page, err := w.rc.List(t.Context(), owner, rolecall.Query{Kind: rolecall.KindCredential, Where: []rolecall.Condition{
		rolecall.Where("subject", subject), rolecall.Where("type", rolecall.Password),
	}})
	if err != nil || len(page.Records) != 1 {
		t.Fatalf("%s has %d passwords (%v), want 1", subject, len(page.Records), err)
	}
	return page.Records[0].(*rolecall.Credential)
}

// journal returns every entry as the API shows it.
func (w *world) journal(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	for after := int64(0); ; {
		entries, err := w.rc.Audit(t.Context(), owner, rolecall.EntryQuery{After: after, Limit: rolecall.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&all, "%s\n", text)
			after = e.Seq
		}
		if len(entries) < rolecall.MaxPage {
			return all.String()
		}
	}
}

// alice has signed in before, with the password "correct horse".
var alice = identity.NewUser{User: rolecall.User{ID: "alice", Email: "Alice@Example.com"}, Password: "correct horse"}

// fieldOf returns the field that err names.
func fieldOf(err error) string {
	var field *rolecall.FieldError
	if errors.As(err, &field) {
		return field.Field
	}
	return ""
}

func signIn(ctx context.Context, w *world, login, password string) (rolecall.SubjectID, error) {
	return w.SignIn(ctx, identity.SignIn{Login: login, Password: password, From: "192.0.2.1:5000"})
}
