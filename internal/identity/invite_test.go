package identity_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// shop is a project with a tenant, three roles, and tess, who administers the
// tenant's members and no more.
func shop(t *testing.T) *world {
	w := newWorld(t)
	w.write(t,
		rolecall.Create(&rolecall.Permission{ID: "order.read", API: rolecall.DefaultAPI, Name: "order.read"}),
		rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		rolecall.Create(&rolecall.Role{ID: "clerk", Name: "clerk"}),
		rolecall.Create(&rolecall.Role{ID: "cook", Tenant: "acme", Name: "cook"}),
		rolecall.Create(&rolecall.Role{ID: "greeter", Name: "greeter", Default: true}),
		rolecall.Create(&rolecall.Grant{Role: "clerk", Permission: "order.read"}),
		rolecall.Create(&rolecall.User{ID: "tess", Email: "tess@acme.example"}),
		rolecall.Put(&rolecall.Assignment{Subject: "tess", Role: rolecall.RoleTenantAdmin, Scope: rolecall.Scope{Tenant: "acme"}}),
	)
	return w
}

var tess = rolecall.Actor{Subject: "tess", Door: "test"}

func (w *world) invite(t *testing.T, by rolecall.Actor, n identity.NewInvitation) *identity.Invited {
	t.Helper()
	invited, err := w.Invite(t.Context(), by, n)
	if err != nil {
		t.Fatal(err)
	}
	return invited
}

// holds lists what a subject holds and belongs to, as "kind key".
func (w *world) holds(t *testing.T, subject rolecall.SubjectID) (all []string) {
	t.Helper()
	for _, kind := range []rolecall.Kind{rolecall.KindMembership, rolecall.KindAssignment} {
		page, err := w.rc.List(t.Context(), owner, rolecall.Query{Kind: kind, Where: []rolecall.Condition{rolecall.Where("subject", subject)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			all = append(all, string(kind)+" "+strings.ReplaceAll(r.Key(), "\t", " "))
		}
	}
	return all
}

var robert = identity.NewUser{User: rolecall.User{Name: "Robert"}, Password: "correct horse"}

func TestARedeemedInvitationMakesAMember(t *testing.T) {
	w := shop(t)
	invited := w.invite(t, owner, identity.NewInvitation{Tenant: "acme", Email: " Robert@Example.com", Roles: []rolecall.RoleID{"clerk", "cook"}, Inviter: "Tess"})
	if len(invited.Ticket) != 32 || invited.ExpiresAt != w.in(identity.InvitationLifetime) {
		t.Errorf("ticket of %d characters until %s", len(invited.Ticket), invited.ExpiresAt)
	}
	found, err := w.FindInvitation(t.Context(), invited.Ticket)
	if err != nil || found.Email != "robert@example.com" || found.Inviter != "Tess" || len(found.Roles) != 2 {
		t.Fatalf("found %+v, %v", found, err)
	}

	subject, receipt, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{New: robert})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"membership acme " + string(subject),
		"assignment " + string(subject) + " clerk acme  invitation",
		"assignment " + string(subject) + " cook acme  invitation",
		"assignment " + string(subject) + " greeter   default",
	}
	if d := cmp.Diff(want, w.holds(t, subject)); d != "" {
		t.Errorf("what the invited holds (-want +got):\n%s", d)
	}
	user, err := rolecall.Find(t.Context(), w.rc, owner, &rolecall.User{ID: subject})
	if err != nil || !user.EmailVerified || user.Email != "robert@example.com" || user.Name != "Robert" {
		t.Errorf("the user is %+v, %v", user, err)
	}
	if got, err := signIn(t.Context(), w, "robert@example.com", "correct horse"); got != subject || err != nil {
		t.Errorf("signs in as %q, %v", got, err)
	}
	if _, err := w.FindInvitation(t.Context(), invited.Ticket); err != identity.ErrBadTicket {
		t.Errorf("the ticket is still there: %v", err)
	}
	entries, err := w.rc.Audit(t.Context(), owner, rolecall.EntryQuery{Revision: receipt.Revision})
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Actor != rolecall.SystemSubject || e.OnBehalfOf != rolecall.SystemSubject || e.Door != "invitation" {
			t.Errorf("the journal says %s %s by %q on behalf of %q by %q", e.Kind, e.Key, e.Actor, e.OnBehalfOf, e.Door)
		}
	}
	if journal := w.journal(t); strings.Contains(journal, invited.Ticket) || strings.Contains(journal, invited.Ticket[16:]) {
		t.Error("the journal holds the ticket")
	}
}

func TestAUserWhoSignedInRedeemsAnInvitation(t *testing.T) {
	w := shop(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "blocked", Email: "blocked@example.com", Blocked: true}})
	w.write(t, rolecall.Create(&rolecall.Membership{Tenant: "acme", Subject: "alice"}))
	invited := w.invite(t, owner, identity.NewInvitation{Tenant: "acme", Email: "alice@example.com", Roles: []rolecall.RoleID{"clerk"}})

	if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{Subject: "tess"}); !errors.Is(err, identity.ErrOtherEmail) {
		t.Errorf("another user: %v", err)
	}
	if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{New: robert}); !errors.Is(err, identity.ErrTaken) {
		t.Errorf("a new user with the same address: %v", err)
	}
	before := w.rc.Revision()
	if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{New: identity.NewUser{Password: "short"}}); fieldOf(err) != "password" || w.rc.Revision() != before {
		t.Errorf("a bad password: %v, revision %d after %d", err, w.rc.Revision(), before)
	}
	if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{Subject: "alice"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"membership acme alice", "assignment alice clerk acme  invitation", "assignment alice greeter   default"}
	if d := cmp.Diff(want, w.holds(t, "alice")); d != "" {
		t.Errorf("what alice holds (-want +got):\n%s", d)
	}

	project := w.invite(t, owner, identity.NewInvitation{Email: "alice@example.com", Roles: []rolecall.RoleID{"clerk"}})
	if _, _, err := w.Redeem(t.Context(), project.Ticket, identity.Redeemer{Subject: "alice"}); err != nil {
		t.Fatal(err)
	}
	if got := w.holds(t, "alice"); len(got) != 4 || got[1] != "assignment alice clerk   invitation" {
		t.Errorf("after an invitation to the project alice holds %q", got)
	}
	stop := w.invite(t, owner, identity.NewInvitation{Email: "blocked@example.com"})
	if _, _, err := w.Redeem(t.Context(), stop.Ticket, identity.Redeemer{Subject: "blocked"}); !errors.Is(err, identity.ErrBlocked) {
		t.Errorf("a blocked user: %v", err)
	}
}

func TestTheInvitedGetTheInvitationsMetadata(t *testing.T) {
	w := shop(t)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "ada", Email: "ada@example.com", Attributes: []byte(`{"nickname":"A","user_metadata":{"color":"red"}}`)}})
	attributes := rolecall.Attributes(`{"auth0":{"connection_id":"c"},"app_metadata":{"plan":"gold"},"user_metadata":{"color":"blue","size":7}}`)
	for _, test := range []struct {
		name, email string
		who         identity.Redeemer
		want        string
	}{
		{"a new user all", "rob@example.com", identity.Redeemer{New: robert}, `{"app_metadata":{"plan":"gold"},"user_metadata":{"color":"blue","size":7}}`},
		{"who is there what is not there", "ada@example.com", identity.Redeemer{Subject: "ada"}, `{"app_metadata":{"plan":"gold"},"nickname":"A","user_metadata":{"color":"red","size":7}}`},
	} {
		invited := w.invite(t, owner, identity.NewInvitation{Tenant: "acme", Email: test.email, Attributes: attributes})
		id, _, err := w.Redeem(t.Context(), invited.Ticket, test.who)
		if err != nil {
			t.Fatal(err)
		}
		user, err := rolecall.Find(t.Context(), w.rc, owner, &rolecall.User{ID: id})
		if err != nil || string(user.Attributes) != test.want {
			t.Errorf("%s: the attributes are %s (%v), want %s", test.name, user.Attributes, err, test.want)
		}
	}

	// What there is no room for, and what is no object, keeps nobody out.
	big := rolecall.Attributes(`{"nickname":"` + strings.Repeat("n", rolecall.MaxAttributesBytes-40) + `"}`)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "big", Email: "big@example.com", Attributes: big}})
	invited := w.invite(t, owner, identity.NewInvitation{Tenant: "acme", Email: "big@example.com", Attributes: attributes})
	if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{Subject: "big"}); err != nil {
		t.Errorf("with no room for the metadata: %v", err)
	}
	invited = w.invite(t, owner, identity.NewInvitation{Tenant: "acme", Email: "odd@example.com", Attributes: []byte(`{"app_metadata":[1]}`)})
	if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{New: robert}); err != nil {
		t.Errorf("with metadata that is no object: %v", err)
	}

	// A tenant's administrator must not write into users who are not the tenant's.
	_, err := w.Invite(t.Context(), tess, identity.NewInvitation{Tenant: "acme", Email: "eve@example.com", Attributes: []byte(`{"app_metadata":{"admin":true}}`)})
	if !errors.Is(err, rolecall.ErrForbidden) {
		t.Errorf("a tenant's administrator invites with metadata: %v, want %v", err, rolecall.ErrForbidden)
	}
	w.invite(t, tess, identity.NewInvitation{Tenant: "acme", Email: "eve@example.com", Attributes: []byte(`{"note":"from tess"}`)})
}

func TestAnInvitationThatDoesNotCount(t *testing.T) {
	w := shop(t)
	w.user(t, alice)
	make := func() *identity.Invited {
		return w.invite(t, owner, identity.NewInvitation{Tenant: "acme", Email: "alice@example.com", Lifetime: time.Hour})
	}
	used, deleted, old := make(), make(), make()
	if _, _, err := w.Redeem(t.Context(), used.Ticket, identity.Redeemer{Subject: "alice"}); err != nil {
		t.Fatal(err)
	}
	w.write(t, rolecall.Delete(deleted.Invitation))
	w.advance(time.Hour)
	fresh := make()
	for name, ticket := range map[string]string{
		"used": used.Ticket, "deleted": deleted.Ticket, "expired": old.Ticket, "none": "", "too short": fresh.Ticket[:31],
		"the id alone": string(fresh.ID), "the id with another secret": fresh.Ticket[:16] + old.Ticket[16:],
		"with a tab": fresh.Ticket[:31] + "\t", "not UTF-8": strings.Repeat("\xff", 32), "long": strings.Repeat("a", 1<<16),
	} {
		head := w.rc.Revision()
		_, found := w.FindInvitation(t.Context(), ticket)
		_, _, err := w.Redeem(t.Context(), ticket, identity.Redeemer{Subject: "alice"})
		_, _, made := w.Redeem(t.Context(), ticket, identity.Redeemer{New: robert})
		if found != identity.ErrBadTicket || err != identity.ErrBadTicket || made != identity.ErrBadTicket || w.rc.Revision() != head {
			t.Errorf("%s: found %v, redeemed %v, made %v, revision %d after %d", name, found, err, made, w.rc.Revision(), head)
		}
	}
}

func TestAnInvitationIsRedeemedOnce(t *testing.T) {
	w := shop(t)
	invited := w.invite(t, owner, identity.NewInvitation{Tenant: "acme", Email: "robert@example.com"})
	var ok, bad atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			switch _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{New: robert}); err {
			case nil:
				ok.Add(1)
			case identity.ErrBadTicket, identity.ErrTaken:
				bad.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	page, err := w.rc.List(t.Context(), owner, rolecall.Query{Kind: rolecall.KindUser, Search: "robert"})
	if ok.Load() != 1 || bad.Load() != 7 || err != nil || len(page.Records) != 1 {
		t.Errorf("redeemed %d times, refused %d times, %d users (%v)", ok.Load(), bad.Load(), len(page.Records), err)
	}
}

func TestWhoMayInvite(t *testing.T) {
	w := shop(t)
	for _, tt := range []struct {
		name  string
		by    rolecall.Actor
		n     identity.NewInvitation
		err   error
		field string
	}{
		{"who administers the tenant's members", tess, identity.NewInvitation{Tenant: "acme", Email: "a@example.com", Roles: []rolecall.RoleID{"cook"}}, nil, ""},
		{"not with a role that gives more than the inviter holds", tess, identity.NewInvitation{Tenant: "acme", Email: "a@example.com", Roles: []rolecall.RoleID{"clerk"}}, rolecall.ErrEscalation, ""},
		{"not to the project", tess, identity.NewInvitation{Email: "a@example.com"}, rolecall.ErrForbidden, ""},
		{"not who administers nothing", rolecall.Actor{Subject: "alice", Door: "test"}, identity.NewInvitation{Tenant: "acme", Email: "a@example.com"}, rolecall.ErrForbidden, ""},
		{"not to a tenant that is unknown", owner, identity.NewInvitation{Tenant: "x", Email: "a@example.com"}, rolecall.ErrNotFound, "tenant"},
		{"not with a role that is unknown", owner, identity.NewInvitation{Tenant: "acme", Email: "a@example.com", Roles: []rolecall.RoleID{"x"}}, rolecall.ErrNotFound, "role"},
		{"not with another tenant's role", owner, identity.NewInvitation{Email: "a@example.com", Roles: []rolecall.RoleID{"cook"}}, rolecall.ErrInvalid, "tenant"},
		{"not for an application that is unknown", owner, identity.NewInvitation{Email: "a@example.com", Client: "x"}, rolecall.ErrNotFound, "client"},
		{"not nobody", owner, identity.NewInvitation{}, rolecall.ErrInvalid, "email"},
		{"not an address with a line of its own", owner, identity.NewInvitation{Email: "a@example.com\r\nBcc: b@example.com"}, rolecall.ErrInvalid, "email"},
		{"not two addresses", owner, identity.NewInvitation{Email: "a@example.com,b@example.com"}, rolecall.ErrInvalid, "email"},
		{"not for ever", owner, identity.NewInvitation{Email: "a@example.com", Lifetime: 31 * 24 * time.Hour}, rolecall.ErrInvalid, "lifetime"},
		{"not for less than nothing", owner, identity.NewInvitation{Email: "a@example.com", Lifetime: -1}, rolecall.ErrInvalid, "lifetime"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := w.rc.Revision()
			_, err := w.Invite(t.Context(), tt.by, tt.n)
			if !errors.Is(err, tt.err) || fieldOf(err) != tt.field || (err != nil && w.rc.Revision() != head) {
				t.Errorf("%v about %q, want %v about %q; revision %d after %d", err, fieldOf(err), tt.err, tt.field, w.rc.Revision(), head)
			}
		})
	}
}

// An inviter who sees the ticket could use it under the invited address.
// tess may give her own tenant's roles. An invitation to another tenant is not hers
// to add to, although its ticket, and so its id, was mailed to her.
func TestNobodyAddsToAnotherTenantsInvitation(t *testing.T) {
	w := shop(t)
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}))
	for name, of := range map[string]rolecall.TenantID{"to another tenant": "globex", "to the project": ""} {
		t.Run(name, func(t *testing.T) {
			invited := w.invite(t, owner, identity.NewInvitation{Tenant: of, Email: "tess@acme.example"})
			_, err := w.rc.Write(t.Context(), tess, rolecall.Create(&rolecall.InvitationRole{Invitation: invited.ID, Role: rolecall.RoleTenantAdmin, Tenant: "acme"}))
			if !errors.Is(err, rolecall.ErrNotFound) || fieldOf(err) != "invitation" {
				t.Errorf("Write = %v, want %v of the invitation", err, rolecall.ErrNotFound)
			}
			if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{Subject: "tess"}); err != nil {
				t.Fatal(err)
			}
			for _, held := range w.holds(t, "tess") {
				if strings.HasSuffix(held, " invitation") {
					t.Errorf("the invited holds %s", held)
				}
			}
		})
	}
}

func TestATicketThatTheInviterSawProvesNoAddress(t *testing.T) {
	for _, tt := range []struct {
		name  string
		by    rolecall.Actor
		shown bool
		want  bool
	}{
		{"mailed alone", tess, false, true},
		{"shown to who administers members", tess, true, false},
		{"shown to who administers users anyway", owner, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := shop(t)
			invited := w.invite(t, tt.by, identity.NewInvitation{Tenant: "acme", Email: "robert@example.com", Shown: tt.shown})
			subject, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{New: robert})
			if err != nil {
				t.Fatal(err)
			}
			if user, err := rolecall.Find(t.Context(), w.rc, owner, &rolecall.User{ID: subject}); err != nil || user.EmailVerified != tt.want {
				t.Errorf("verified is %t (%v), want %t", user.EmailVerified, err, tt.want)
			}
		})
	}
}

func TestADryInvitationMakesNone(t *testing.T) {
	w := shop(t)
	dry := owner
	dry.DryRun = true
	invited := w.invite(t, dry, identity.NewInvitation{Email: "robert@example.com"})
	page, err := w.rc.List(t.Context(), owner, rolecall.Query{Kind: rolecall.KindInvitation})
	if invited.Ticket != "" || err != nil || len(page.Records) != 0 {
		t.Errorf("a ticket %q and %d invitations (%v)", invited.Ticket, len(page.Records), err)
	}
}
