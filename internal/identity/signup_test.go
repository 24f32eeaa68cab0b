package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"
	"sync"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestSigningUpMakesAUserWithNothingButTheDefaults(t *testing.T) {
	w := shop(t)
	user, err := w.SignUp(t.Context(), "", identity.NewUser{
		User:     rolecall.User{Name: "Robert", Email: "Robert@Example.com", EmailVerified: true, PhoneVerified: true},
		LoginIDs: []string{"rob"}, Password: "correct horse",
		Tenants: []rolecall.TenantID{"acme"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
	}, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignUp(t.Context(), "elsewhere", identity.NewUser{}, ""); !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("in an unknown connection: %v", err)
	}
	if user.EmailVerified || user.PhoneVerified || user.Email != "robert@example.com" {
		t.Errorf("the user is %+v", user)
	}
	if got := w.holds(t, user.ID); len(got) != 1 || got[0] != "assignment "+string(user.ID)+" greeter   default" {
		t.Errorf("holds %q", got)
	}
	for _, login := range []string{"robert@example.com", "rob"} {
		if got, err := signIn(t.Context(), w, login, "correct horse"); got != user.ID || err != nil {
			t.Errorf("%s signs in as %q, %v", login, got, err)
		}
	}
}

func TestAFailedSignUpLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	w.write(t, rolecall.Create(&rolecall.LoginID{Login: "al", Subject: "alice"}))
	good := identity.NewUser{User: rolecall.User{Email: "robert@example.com"}, Password: "correct horse"}
	closed := func(t *testing.T) {
		first, err := w.Connection(t.Context(), identity.FirstConnectionID)
		if err != nil {
			t.Fatal(err)
		}
		first.DisableSignup = true
		w.write(t, identity.SaveConnection(*first))
	}
	for _, tt := range []struct {
		name   string
		change func(*identity.NewUser)
		before func(*testing.T)
		err    error
		field  string
	}{
		{"an address that is taken", func(u *identity.NewUser) { u.Email = "ALICE@example.com" }, nil, identity.ErrTaken, ""},
		{"a user name that is taken", func(u *identity.NewUser) { u.LoginIDs = []string{"al"} }, nil, identity.ErrTaken, ""},
		{"another's address as a user name", func(u *identity.NewUser) { u.LoginIDs = []string{"victim@example.com"} }, nil, rolecall.ErrInvalid, "username"},
		{"no address", func(u *identity.NewUser) { u.Email = "" }, nil, rolecall.ErrInvalid, "email"},
		{"what is no address", func(u *identity.NewUser) { u.Email = "robert" }, nil, rolecall.ErrInvalid, "email"},
		{"no password", func(u *identity.NewUser) { u.Password = "" }, nil, rolecall.ErrInvalid, "password"},
		{"a hash in place of a password", func(u *identity.NewUser) { u.PasswordHash, u.Password = u.Password, "" }, nil, rolecall.ErrInvalid, "password"},
		{"a short password", func(u *identity.NewUser) { u.Password = "short" }, nil, rolecall.ErrInvalid, "password"},
		{"the address as the password", func(u *identity.NewUser) { u.Password = u.Email }, nil, rolecall.ErrInvalid, "password"},
		{"a name that is too long", func(u *identity.NewUser) { u.Name = strings.Repeat("a", 201) }, nil, rolecall.ErrInvalid, "name"},
		{"a project that is closed", func(*identity.NewUser) {}, closed, identity.ErrNoSignUp, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.before != nil {
				tt.before(t)
			}
			u, head := good, w.rc.Revision()
			tt.change(&u)
			if _, err := w.SignUp(t.Context(), "", u, "192.0.2.1"); !errors.Is(err, tt.err) || fieldOf(err) != tt.field || w.rc.Revision() != head {
				t.Errorf("%v about %q, want %v about %q; revision %d after %d", err, fieldOf(err), tt.err, tt.field, w.rc.Revision(), head)
			}
		})
	}
}

// outbox keeps the mails that were sent.
type outbox struct {
	mu     sync.Mutex
	sent   []identity.Message
	full   bool // takes no more
	failed error
}

var errFull = errors.New("the outbox is full")

func (o *outbox) Send(_ context.Context, m identity.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.full {
		return errFull
	}
	o.sent = append(o.sent, m)
	return nil
}

// ticketIn returns the ticket in the only link of a mail, which leads to path.
func ticketIn(t *testing.T, m identity.Message, path string) string {
	t.Helper()
	link := "https://id.example.com" + path + "?ticket="
	_, rest, ok := strings.Cut(m.Text, link)
	if !ok || len(rest) < 32 || !strings.Contains(m.HTML, link+rest[:32]) {
		t.Fatalf("no link to %s in both forms of the mail:\n%s\n%s", path, m.Text, m.HTML)
	}
	return rest[:32]
}

func mailing(t *testing.T) (*world, *outbox) {
	box := &outbox{}
	return newWorld(t, identity.WithMail(box, "https://id.example.com/", func(err error) {
		if box.failed = err; !box.full {
			t.Error(err)
		}
	})), box
}

func TestAForgottenPasswordIsReplacedByMail(t *testing.T) {
	w, box := mailing(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "blocked", Email: "blocked@example.com", Blocked: true}})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "none"}, LoginIDs: []string{"none"}, Password: "correct horse"})
	w.write(t, rolecall.Create(&rolecall.Setting{Name: identity.NameSetting, Value: json.RawMessage(`"Fish & Chips"`)}))
	for _, login := range []string{"nobody@example.com", "blocked@example.com", "none", "", "a\x00b", " ALICE@example.com"} {
		if err := w.RequestReset(t.Context(), login, "192.0.2.1", ""); err != nil {
			t.Errorf("%q: %v", login, err)
		}
	}
	w.Close()
	if len(box.sent) != 1 || box.sent[0].To != "Alice@Example.com" {
		t.Fatalf("%d mails were sent, want one to Alice: %+v", len(box.sent), box.sent)
	}
	m := box.sent[0]
	if m.Subject != "Your new password for Fish & Chips" || !strings.Contains(m.Text, "22 November 2026, 10:00 UTC") || !strings.Contains(m.HTML, "Fish &amp; Chips") {
		t.Errorf("the mail is %+v", m)
	}
	if _, err := w.ResetPassword(t.Context(), ticketIn(t, m, "/u/reset-password"), "battery staple"); err != nil {
		t.Error(err)
	}
}

func TestNobodyIsFloodedWithMails(t *testing.T) {
	w, box := mailing(t)
	w.user(t, alice)
	refused := 0
	for n := range 10 {
		if err := w.RequestReset(t.Context(), "alice@example.com", fmt.Sprintf("192.0.2.%d", n), ""); errors.Is(err, identity.ErrTooManyAttempts) {
			refused++
		}
	}
	w.Close()
	if len(box.sent) != 5 || refused != 5 {
		t.Errorf("%d mails were sent and %d refused, want 5 and 5", len(box.sent), refused)
	}
}

func TestAnAddressIsVerifiedByMail(t *testing.T) {
	w, box := mailing(t)
	user, err := w.SignUp(t.Context(), "", identity.NewUser{User: rolecall.User{Email: "robert@example.com"}, Password: "correct horse"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SendVerification(t.Context(), user.ID, "https://app.example.com/"); err != nil {
		t.Fatal(err)
	}
	ticket, err := w.VerifyEmail(t.Context(), ticketIn(t, box.sent[0], "/u/verify-email"))
	if err != nil || ticket.ReturnURL != "https://app.example.com/" {
		t.Fatalf("%+v, %v", ticket, err)
	}
	if err := w.SendVerification(t.Context(), user.ID, ""); err != nil || len(box.sent) != 1 {
		t.Errorf("a verified address got another mail (%v)", err)
	}
}

func TestAnInvitationIsMailed(t *testing.T) {
	w, box := mailing(t)
	w.write(t,
		rolecall.Create(&rolecall.Tenant{ID: "org_1", Name: "Acme <Fish>"}),
		rolecall.Create(&rolecall.Client{ID: "app", Name: "App", OAuth: rolecall.OAuth{LoginURI: "https://app.example.com/login?a=b"}}),
		rolecall.Create(&rolecall.Client{ID: "bare", Name: "Bare"}),
	)
	send := func(n identity.NewInvitation) *identity.Invited {
		invited := w.invite(t, owner, n)
		if err := w.SendInvitation(t.Context(), invited); err != nil {
			t.Fatal(err)
		}
		return invited
	}
	plain := send(identity.NewInvitation{Tenant: "org_1", Email: "robert@example.com", Inviter: "Tess <b>", Client: "bare"})
	m := box.sent[0]
	if got := ticketIn(t, m, "/u/invitation"); got != plain.Ticket {
		t.Error("the mail holds another ticket")
	}
	if m.Subject != "Join Acme <Fish> on Rolecall" || !strings.Contains(m.Text, "Tess <b> invites you to join Acme <Fish> on Rolecall.") || strings.Contains(m.HTML, "<b>") {
		t.Errorf("the mail is %+v", m)
	}
	app := send(identity.NewInvitation{Tenant: "org_1", Email: "robert@example.com", Client: "app"})
	want := "https://app.example.com/login?a=b&invitation=" + app.Ticket + "&organization=org_1&organization_name=Acme+%3CFish%3E"
	if !strings.Contains(box.sent[1].Text, want) || !strings.Contains(html.UnescapeString(box.sent[1].HTML), `href="`+want+`"`) {
		t.Errorf("the mail does not lead to the application:\n%s\n%s", box.sent[1].Text, box.sent[1].HTML)
	}
}

func TestWhoeverInvitesGetsTheLinkOnlyInPlaceOfAMail(t *testing.T) {
	w, box := mailing(t)
	n := identity.NewInvitation{Email: "a@example.com"}
	mailed, err := w.InviteAndSend(t.Context(), owner, n)
	if err != nil || !mailed.Sent || mailed.Link != "" || len(box.sent) != 1 {
		t.Errorf("mailed: %+v, %v, %d mails", mailed, err, len(box.sent))
	}
	n.Shown = true
	shown, err := w.InviteAndSend(t.Context(), owner, n)
	if err != nil || shown.Sent || shown.Link != "https://id.example.com/u/invitation?ticket="+shown.Ticket || len(box.sent) != 1 {
		t.Errorf("shown: %+v, %v, %d mails", shown, err, len(box.sent))
	}
	box.full = true
	lost, err := w.InviteAndSend(t.Context(), owner, identity.NewInvitation{Email: "b@example.com"})
	if err != nil || lost.Sent || lost.Link != "" || !errors.Is(box.failed, errFull) {
		t.Errorf("with a mailer that is full: %+v, %v, said %v", lost, err, box.failed)
	}
	if _, err := w.FindInvitation(t.Context(), lost.Ticket); err != nil {
		t.Errorf("a mail that could not be sent undid the invitation: %v", err)
	}
	silent := newWorld(t)
	if alone, err := silent.InviteAndSend(t.Context(), owner, identity.NewInvitation{Email: "a@example.com"}); err != nil || alone.Sent || alone.Link == "" {
		t.Errorf("without mail: %+v, %v", alone, err)
	}
}

func TestWithoutMailNothingIsPromised(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	for what, err := range map[string]error{
		"reset":      w.RequestReset(t.Context(), "alice@example.com", "", ""),
		"verify":     w.SendVerification(t.Context(), "alice", ""),
		"invitation": w.SendInvitation(t.Context(), w.invite(t, owner, identity.NewInvitation{Email: "a@example.com"})),
	} {
		if !errors.Is(err, identity.ErrNoMail) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
