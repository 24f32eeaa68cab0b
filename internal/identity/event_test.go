package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// logged returns what the sign-in log has, the oldest first: a line for each.
func (w *world) logged(t testing.TB, q identity.EventQuery) (lines []string) {
	t.Helper()
	all, err := w.Events(t.Context(), owner, q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		line := fmt.Sprintf("%s %s by %s as %s from %s", e.Kind, e.Failure, e.Subject, e.Login, e.Address)
		if e.Repeats > 0 {
			line += fmt.Sprintf(" and %d more", e.Repeats)
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func TestTheSignInLogSaysWhoTriedAndHowItEnded(t *testing.T) {
	w := newWorld(t, identity.WithLimits(identity.Limits{
		Login: identity.Limit{Burst: 2, Every: time.Minute}, Address: identity.Limit{Burst: 100, Every: time.Minute}, Remembered: 100,
	}))
	w.user(t, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, Password: "correct horse", LoginIDs: []string{"alice@example.com", "al"}})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "bob", Email: "bob@example.com", Blocked: true}, Password: "correct horse"})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "tim", Email: "tim@example.com"}, Password: "correct horse", Temporary: true})
	try := func(login, password string) {
		w.SignIn(t.Context(), identity.SignIn{Login: login, Password: password, From: "192.0.2.1:5000"})
	}
	try("Alice@Example.com", "correct horse")
	try("al", "my secret")
	try("nobody@example.com", "my secret")
	try("my secret, in the wrong field", "x")
	try("bob@example.com", "correct horse")
	try("tim@example.com", "correct horse")
	w.ChangePassword(t.Context(), identity.SignIn{Login: "tim@example.com", Password: "wrong", From: "192.0.2.1"}, "my new secret")
	w.ChangePassword(t.Context(), identity.SignIn{Login: "nobody@example.com", Password: "wrong", From: "192.0.2.1"}, "my new secret")
	w.ChangePassword(t.Context(), identity.SignIn{Login: "bob@example.com", Password: "correct horse", From: "192.0.2.1"}, "my new secret")
	w.ChangePassword(t.Context(), identity.SignIn{Login: "tim@example.com", Password: "correct horse", From: "192.0.2.1"}, "short")
	w.ChangePassword(t.Context(), identity.SignIn{Login: "tim@example.com", Password: "correct horse", From: "192.0.2.1"}, "my new secret") // in the journal
	for range 3 {
		try("al", "my secret")
	}
	want := []string{
		"sign_in by alice as alice@example.com from 192.0.2.1",
		"sign_in wrong_password by alice as al from 192.0.2.1",
		"sign_in unknown_user by as nobody@example.com from 192.0.2.1",
		"sign_in unknown_user by as from 192.0.2.1",
		"sign_in blocked by bob as bob@example.com from 192.0.2.1",
		"sign_in password_expired by tim as tim@example.com from 192.0.2.1",
		"password_change wrong_password by tim as tim@example.com from 192.0.2.1",
		"password_change unknown_user by as nobody@example.com from 192.0.2.1",
		"password_change blocked by bob as bob@example.com from 192.0.2.1",
		"password_change refused by tim as tim@example.com from 192.0.2.1",
		"sign_in wrong_password by alice as al from 192.0.2.1",
		"sign_in too_many_attempts by alice as al from 192.0.2.1",
		"sign_in too_many_attempts by alice as al from 192.0.2.1",
	}
	if d := cmp.Diff(want, w.logged(t, identity.EventQuery{})); d != "" {
		t.Errorf("the log (-want +got):\n%s", d)
	}
	if got := w.logged(t, identity.EventQuery{Subject: "alice", Failed: new(false)}); len(got) != 1 {
		t.Errorf("alice's sign-ins are %q, want one", got)
	}
	all, err := w.Events(t.Context(), owner, identity.EventQuery{})
	text, _ := json.Marshal(all)
	if err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("the log holds a secret, or fails (%v): %s", err, text)
	}
}

func TestALoginOfWhomOthersKnowIsASignIn(t *testing.T) {
	w := newWorld(t)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, Password: "correct horse"})
	l, err := w.BeginLogin(t.Context(), identity.NewLogin{Subject: "alice", From: "[2001:db8::7]:443", Agent: "Firefox"})
	if err != nil {
		t.Fatal(err)
	}
	w.LogIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}, identity.NewLogin{Agent: "Firefox"})
	if err := w.LogOut(t.Context(), l, identity.Event{Door: "console"}); err != nil {
		t.Fatal(err)
	}
	w.BeginLogin(t.Context(), identity.NewLogin{Subject: "nobody"})
	want := []string{"sign_in by alice as from 2001:db8::7", "sign_in by alice as alice@example.com from", "sign_out by alice as from", "sign_in wrong_password by nobody as from"}
	if d := cmp.Diff(want, w.logged(t, identity.EventQuery{})); d != "" {
		t.Errorf("the log (-want +got):\n%s", d)
	}
}

func TestASignUpThatFailsIsInTheLog(t *testing.T) {
	w := newWorld(t)
	alice := identity.NewUser{User: rolecall.User{Email: "alice@example.com"}, Password: "correct horse"}
	for range 2 {
		w.SignUp(t.Context(), "", alice, "192.0.2.1")
	}
	if got := w.logged(t, identity.EventQuery{}); len(got) != 1 || got[0] != "sign_up refused by as alice@example.com from 192.0.2.1" {
		t.Errorf("the log is %q, want the second sign-up", got)
	}
}

// Whoever does the same again and again fills neither the log nor the disk.
func TestTheSignInLogIsBounded(t *testing.T) {
	w := newWorld(t)
	w.write(t, rolecall.Create(&rolecall.Setting{Name: identity.EventSetting, Value: []byte(`{"days":7,"most":40}`)}))
	w.Note(identity.Event{Kind: identity.EventSignIn, Subject: "alice"})
	for range 1000 {
		w.Note(identity.Event{Kind: identity.EventMachine, Client: "bot", Failure: identity.FailSecret, Address: "192.0.2.1"})
	}
	if n := len(w.logged(t, identity.EventQuery{})); n != 11 {
		t.Errorf("1000 of the same failure are %d events, want 10 and the sign-in", n)
	}
	w.advance(time.Minute)
	w.Note(identity.Event{Kind: identity.EventMachine, Client: "bot", Failure: identity.FailSecret, Address: "192.0.2.1"})
	last := w.logged(t, identity.EventQuery{Newest: true, Limit: 1})
	if !strings.HasSuffix(last[0], "and 990 more") {
		t.Errorf("the next one is %q, want it to count the 990", last)
	}
	for i := range 900 { // as many as it takes to have the log look
		w.Note(identity.Event{Kind: identity.EventSignIn, Failure: identity.FailUnknown, Login: fmt.Sprint(i, "@example.com")})
	}
	w.logged(t, identity.EventQuery{}) // all of it is written
	w.advance(2 * time.Hour)
	w.Note(identity.Event{Kind: identity.EventCode, Client: "app"})
	if n := len(w.logged(t, identity.EventQuery{Failed: new(true)})); n != 40 {
		t.Errorf("%d failures are kept, want 40", n)
	}
	if got := w.logged(t, identity.EventQuery{Failed: new(false)}); len(got) != 2 || got[0] != "sign_in by alice as from" {
		t.Errorf("what went well is %q: failures must not push it out", got)
	}
	w.advance(7*24*time.Hour + time.Second)
	if got := w.logged(t, identity.EventQuery{}); len(got) != 0 {
		t.Errorf("after a week the log is shown as %q", got)
	}
	w.Note(identity.Event{Kind: identity.EventSignIn, Subject: "alice"})
	w.logged(t, identity.EventQuery{})
	kept, err := w.store.(identity.Store).Events(t.Context(), identity.EventQuery{Limit: 10})
	if err != nil || len(kept) != 1 {
		t.Errorf("after a week %d events are kept (%v), want the new one", len(kept), err)
	}
	if n := strings.Count(w.journal(t), `"sign_in"`); n != 0 {
		t.Errorf("%d sign-ins are in the journal", n)
	}
}

func TestALogOfNoDaysKeepsNothing(t *testing.T) {
	w := newWorld(t)
	w.write(t, rolecall.Create(&rolecall.Setting{Name: identity.EventSetting, Value: []byte(`{"days":0}`)}))
	w.Note(identity.Event{Kind: identity.EventSignIn, Subject: "alice"})
	w.logged(t, identity.EventQuery{})
	if kept, err := w.store.(identity.Store).Events(t.Context(), identity.EventQuery{Limit: 10}); err != nil || len(kept) != 0 {
		t.Errorf("%d events are kept (%v), want none", len(kept), err)
	}
}

func TestALogThatCantBeWrittenKeepsNobodyOut(t *testing.T) {
	type failure struct {
		lost int
		err  error
	}
	failed := make(chan failure, 10)
	w := newWorld(t, identity.WithEventLog(func(lost int, err error) { failed <- failure{lost, err} }))
	w.user(t, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, Password: "correct horse"})
	broken := identity.New(w.rc, brokenLog{w.store.(identity.Store)}, identity.WithArgon2(cheap), identity.WithEventLog(func(lost int, err error) { failed <- failure{lost, err} }))
	if _, err := broken.SignIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}); err != nil {
		t.Errorf("signing in: %v", err)
	}
	broken.Close()
	if got := <-failed; got.lost != 1 || !errors.Is(got.err, errBroken) {
		t.Errorf("told of %d lost (%v), want 1", got.lost, got.err)
	}
	w.write(t, rolecall.Create(&rolecall.Setting{Name: identity.EventSetting, Value: []byte(`{"days":-1}`)}))
	w.Note(identity.Event{Kind: identity.EventSignIn, Subject: "alice"})
	if got := <-failed; got.lost != 0 || !errors.Is(got.err, rolecall.ErrInvalid) {
		t.Errorf("told of %v, want the setting that can't be", got.err)
	}
	if n := len(w.logged(t, identity.EventQuery{})); n != 1 {
		t.Errorf("%d events are kept, want one as by default", n)
	}
}

// What is answered is in the log: a process that is killed then has written it.
func TestAnAnswerComesAfterItsEventIsWritten(t *testing.T) {
	w := newWorld(t, identity.Patience(time.Hour))
	w.user(t, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, Password: "correct horse"})
	for n, try := range []func(){
		func() { w.SignIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}) },
		func() { w.SignIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "wrong"}) },
		func() { w.SignIn(t.Context(), identity.SignIn{Login: "nobody", Password: "wrong"}) },
		func() {
			w.ChangePassword(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "wrong"}, "my new secret")
		},
		func() { w.BeginLogin(t.Context(), identity.NewLogin{Subject: "alice"}) },
	} {
		try()
		written, err := w.store.(identity.Store).Events(t.Context(), identity.EventQuery{Limit: 10})
		if err != nil || len(written) != n+1 {
			t.Errorf("after attempt %d, %d are written (%v)", n+1, len(written), err)
		}
	}
}

func TestALogThatIsSlowHoldsNobodyUpForLong(t *testing.T) {
	w := newWorld(t)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "alice", Email: "alice@example.com"}, Password: "correct horse"})
	slow := slowLog{w.store.(identity.Store), make(chan struct{})}
	id := identity.New(w.rc, slow, identity.WithArgon2(cheap), identity.Patience(time.Millisecond))
	for range 3 { // the later ones behind the first
		if _, err := id.SignIn(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}); err != nil {
			t.Fatal(err)
		}
	}
	if written, err := slow.Store.Events(t.Context(), identity.EventQuery{Limit: 10}); err != nil || len(written) != 0 {
		t.Errorf("%d are written (%v) before the log may", len(written), err)
	}
	close(slow.may)
	id.Close()
	if written, err := slow.Store.Events(t.Context(), identity.EventQuery{Limit: 10}); err != nil || len(written) != 3 {
		t.Errorf("%d are written (%v) in the end, want 3", len(written), err)
	}
}

// A slowLog is a store that writes events when it may.
type slowLog struct {
	identity.Store
	may chan struct{}
}

func (s slowLog) AddEvents(ctx context.Context, events []*identity.Event) error {
	<-s.may
	return s.Store.AddEvents(ctx, events)
}

var errBroken = errors.New("broken")

// A brokenLog is a store that writes no events.
type brokenLog struct{ identity.Store }

func (brokenLog) AddEvents(context.Context, []*identity.Event) error { return errBroken }

func TestWhoMayNotReadTheJournalMayNotReadTheSignInLog(t *testing.T) {
	w := newWorld(t)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "alice"}})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "tess"}})
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "acme"}),
		rolecall.Create(&rolecall.Assignment{Subject: "tess", Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: "acme"}}))
	w.Note(identity.Event{Kind: identity.EventSignIn, Subject: "alice", Tenant: "acme"})
	for _, test := range []struct {
		who  rolecall.SubjectID
		in   rolecall.TenantID
		want error
	}{
		{"alice", "", rolecall.ErrForbidden}, {"alice", "acme", rolecall.ErrForbidden},
		{"tess", "", rolecall.ErrForbidden}, {"tess", "acme", nil},
	} {
		all, err := w.Events(t.Context(), rolecall.Actor{Subject: test.who}, identity.EventQuery{Tenant: test.in})
		if !errors.Is(err, test.want) || err == nil && len(all) != 1 {
			t.Errorf("%s in %q: %d events, %v, want %v", test.who, test.in, len(all), err, test.want)
		}
	}
}
