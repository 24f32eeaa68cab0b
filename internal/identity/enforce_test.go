package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// acmeSSO is how members of the tenant acme sign in elsewhere.
func acmeSSO(change ...func(*identity.SSO)) identity.SSO {
	s := identity.SSO{
		Tenant: "acme", DisplayName: "Acme directory", Domains: []string{"acme.example"},
		OIDC: &identity.SSOOIDC{Issuer: "https://login.acme.example/", ClientID: "rolecall"},
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

// requires makes acme require single sign-on, and have a provider.
func (w *world) requires(t *testing.T, sso rolecall.TenantSSO, providers ...identity.SSO) {
	t.Helper()
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme", SSO: sso}), rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}))
	for _, p := range providers {
		w.write(t, w.SaveSSO(p, ""))
	}
}

func TestWhoHasToSignInElsewhere(t *testing.T) {
	yes := rolecall.TenantSSO{Required: true}
	robin := identity.NewUser{User: rolecall.User{ID: "robin", Email: "robin@acme.example"}, Password: "correct horse", Tenants: []rolecall.TenantID{"acme"}}
	with := func(change func(*identity.NewUser)) identity.NewUser {
		u := robin
		change(&u)
		return u
	}
	holds := func(role rolecall.RoleID, tenant rolecall.TenantID, v rolecall.Validity) identity.NewUser {
		return with(func(u *identity.NewUser) {
			u.Roles = []rolecall.Assignment{{Role: role, Scope: rolecall.Scope{Tenant: tenant}, Validity: v}}
		})
	}
	later := rolecall.Validity{StartsAt: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, tt := range []struct {
		name      string
		sso       rolecall.TenantSSO
		user      identity.NewUser
		provider  func(*identity.SSO) // nil for as it is
		elsewhere bool
	}{
		{"a member", yes, robin, nil, true},
		{"a member whose login id it is in other letters", yes, with(func(u *identity.NewUser) { u.Email = "Robin@ACME.example" }), nil, true},
		{"a member by another of its login ids", yes, with(func(u *identity.NewUser) { u.LoginIDs = []string{"robin@home.example", "robin@acme.example"} }), nil, true},
		{"a member of two tenants", yes, with(func(u *identity.NewUser) { u.Tenants = []rolecall.TenantID{"globex", "acme"} }), nil, true},
		{"the tenant's administrator", yes, holds(rolecall.RoleTenantOwner, "acme", rolecall.Validity{}), nil, true},
		{"whom the provider made", yes, with(func(u *identity.NewUser) {
			u.ID, u.Email, u.LoginIDs, u.Tenants = "sso_robin", "", []string{"robin"}, nil
		}), nil, true},
		{"a member of a tenant that does not require it", rolecall.TenantSSO{}, robin, nil, false},
		{"a member of another", yes, with(func(u *identity.NewUser) { u.Tenants = []rolecall.TenantID{"globex"} }), nil, false},
		{"nobody's member", yes, with(func(u *identity.NewUser) { u.Tenants = nil }), nil, false},
		{"the vendor's super admin", yes, holds(rolecall.RoleOwner, "", rolecall.Validity{}), nil, false},
		{"the vendor's super admin, from 2050", yes, holds(rolecall.RoleOwner, "", later), nil, false},
		{"an administrator of another tenant", yes, holds(rolecall.RoleTenantAdmin, "globex", rolecall.Validity{}), nil, false},
		{"a member whom the provider can't sign in", yes, with(func(u *identity.NewUser) { u.Email = "robin@home.example" }), nil, false},
		{"a member with an address in the profile alone", yes, with(func(u *identity.NewUser) { u.LoginIDs = []string{"robin"} }), nil, false},
		{"a member, and a provider without domains", yes, robin, func(s *identity.SSO) { s.Domains = nil }, false},
		{"a member, and a provider that signs nobody in", yes, robin, func(s *identity.SSO) { s.OIDC.Issuer = "" }, false},
		{"excepted by id", rolecall.TenantSSO{Required: true, Except: []string{"peter", "robin"}}, robin, nil, false},
		{"excepted by login id", rolecall.TenantSSO{Required: true, Except: []string{"Robin@Acme.example"}}, robin, nil, false},
		{"not the one who is excepted", rolecall.TenantSSO{Required: true, Except: []string{"peter"}}, robin, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.provider == nil {
				tt.provider = func(*identity.SSO) {}
			}
			w.requires(t, tt.sso, acmeSSO(tt.provider))
			user := w.user(t, tt.user)
			if user.ID == "sso_robin" {
				w.write(t, rolecall.Create(&rolecall.Membership{Tenant: "acme", Subject: user.ID, Source: rolecall.SourceSSO}))
			}
			login := identity.NormalLogin(user.Email)
			if len(tt.user.LoginIDs) > 0 {
				login = tt.user.LoginIDs[0]
			}
			_, wrong := signIn(t.Context(), w, login, "wrong")
			if !errors.Is(wrong, identity.ErrBadCredentials) {
				t.Errorf("a wrong password: %v: nobody may learn more", wrong)
			}
			_, err := signIn(t.Context(), w, login, "correct horse")
			var elsewhere *identity.SSORequired
			if tt.elsewhere {
				if !errors.As(err, &elsewhere) || !errors.Is(err, identity.ErrSSORequired) || len(elsewhere.Ways) != 1 || elsewhere.Ways[0].Called() != "Acme directory" {
					t.Errorf("signing in: %v, want the way to Acme directory", err)
				}
			} else if err != nil {
				t.Errorf("signing in: %v", err)
			}
			change := w.ChangePassword(t.Context(), identity.SignIn{Login: login, Password: "correct horse"}, "battery staple")
			if errors.Is(change, identity.ErrSSORequired) != tt.elsewhere {
				t.Errorf("changing the password: %v", change)
			}
			if user.Email != "" {
				_, _, reset := w.NewTicket(t.Context(), identity.NewTicket{Purpose: identity.ForReset, Subject: user.ID})
				if errors.Is(reset, identity.ErrSSORequired) != tt.elsewhere {
					t.Errorf("a ticket for a new password: %v", reset)
				}
				if _, _, err := w.NewTicket(t.Context(), identity.NewTicket{Purpose: identity.ForVerify, Subject: user.ID}); err != nil {
					t.Errorf("a ticket to verify the address: %v", err)
				}
			}
		})
	}
}

// TestWhoIsMadeAMemberIsNotLockedOut: a tenant's administrator may add whom they
// like, and keeps nobody out by it who has no way in at the provider.
func TestWhoIsMadeAMemberIsNotLockedOut(t *testing.T) {
	w := newWorld(t)
	w.requires(t, rolecall.TenantSSO{}, acmeSSO())
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "tom", Email: "tom@acme.example"}, Password: "correct horse", Tenants: []rolecall.TenantID{"acme"}, Roles: []rolecall.Assignment{
		{Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: "acme"}},
	}})
	_, err := w.rc.Write(t.Context(), rolecall.Actor{Subject: "tom", Door: "test"},
		rolecall.Put(&rolecall.Membership{Tenant: "acme", Subject: "alice", Source: rolecall.SourceSSO}),
		rolecall.Modify(&rolecall.Tenant{ID: "acme"}, func(t *rolecall.Tenant) error { t.SSO.Required = true; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(t.Context(), w, "alice@example.com", "correct horse"); err != nil {
		t.Errorf("alice: %v", err)
	}
	if _, err := signIn(t.Context(), w, "tom@acme.example", "correct horse"); !errors.Is(err, identity.ErrSSORequired) {
		t.Errorf("tom: %v", err)
	}
}

func TestATicketFromBeforeIsNoWayIn(t *testing.T) {
	w := newWorld(t)
	w.requires(t, rolecall.TenantSSO{}, acmeSSO())
	w.user(t, identity.NewUser{User: rolecall.User{ID: "robin", Email: "robin@acme.example"}, Password: "correct horse", Tenants: []rolecall.TenantID{"acme"}})
	ticket := w.ticket(t, identity.NewTicket{Purpose: identity.ForReset, Subject: "robin"})
	set := func(required bool) {
		w.write(t, rolecall.Modify(&rolecall.Tenant{ID: "acme"}, func(t *rolecall.Tenant) error { t.SSO.Required = required; return nil }))
	}
	set(true)
	if _, err := w.ResetPassword(t.Context(), ticket, "battery staple"); !errors.Is(err, identity.ErrSSORequired) {
		t.Errorf("a reset: %v", err)
	}
	set(false)
	if _, err := w.ResetPassword(t.Context(), ticket, "battery staple"); err != nil {
		t.Errorf("a reset when it is not required any more: %v", err)
	}
}

func TestNobodyMakesAnAccountWhereTheOrganizationSignsIn(t *testing.T) {
	w, box := mailing(t)
	w.requires(t, rolecall.TenantSSO{Required: true, Except: []string{"peter@acme.example"}}, acmeSSO())
	up := func(email string) error {
		_, err := w.SignUp(t.Context(), "", identity.NewUser{User: rolecall.User{Email: email}, Password: "correct horse"}, "192.0.2.1")
		return err
	}
	if err := up("Robin@Acme.example"); !errors.Is(err, identity.ErrSSORequired) {
		t.Errorf("a sign-up: %v", err)
	}
	if _, err := w.BeginSignUp(t.Context(), "", "robin@acme.example", "192.0.2.1"); !errors.Is(err, identity.ErrSSORequired) {
		t.Errorf("a door's own sign-up: %v", err)
	}
	for _, email := range []string{"robin@home.example", "peter@acme.example"} {
		if err := up(email); err != nil {
			t.Errorf("a sign-up with %s: %v", email, err)
		}
	}
	invited, err := w.Invite(t.Context(), owner, identity.NewInvitation{Tenant: "acme", Email: "robin@acme.example"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Redeem(t.Context(), invited.Ticket, identity.Redeemer{New: identity.NewUser{Password: "correct horse"}}); !errors.Is(err, identity.ErrSSORequired) {
		t.Errorf("an invitation: %v", err)
	}

	w.user(t, identity.NewUser{User: rolecall.User{ID: "robin", Email: "robin@acme.example"}, Password: "correct horse", Tenants: []rolecall.TenantID{"acme"}})
	box.sent = nil
	if err := w.RequestReset(t.Context(), "robin@acme.example", "192.0.2.1", ""); err != nil {
		t.Fatalf("asking for a new password: %v: it must say the same of everybody", err)
	}
	w.Close() // waits for the mail
	if len(box.sent) != 1 || strings.Contains(box.sent[0].Text, "ticket=") || strings.Contains(box.sent[0].HTML, "href") || !strings.Contains(box.sent[0].Text, "sign in at Acme directory") {
		t.Errorf("the mails are %+v, want one that leads to Acme directory", box.sent)
	}
}

func TestTheSignInLogSaysWhoHasToSignInElsewhere(t *testing.T) {
	w := newWorld(t)
	w.requires(t, rolecall.TenantSSO{Required: true}, acmeSSO())
	w.user(t, identity.NewUser{User: rolecall.User{ID: "robin", Email: "robin@acme.example"}, Password: "correct horse", Tenants: []rolecall.TenantID{"acme"}})
	signIn(t.Context(), w, "robin@acme.example", "correct horse")
	if got := w.logged(t, identity.EventQuery{}); len(got) != 1 || got[0] != "sign_in sso_required by robin as robin@acme.example from 192.0.2.1" {
		t.Errorf("the log is %q", got)
	}
}

func TestWhatATenantCantSayOfSingleSignOn(t *testing.T) {
	w := newWorld(t)
	for name, sso := range map[string]rolecall.TenantSSO{
		"an empty name":   {Required: true, Except: []string{""}},
		"the same twice":  {Required: true, Except: []string{"peter", "peter"}},
		"too many":        {Required: true, Except: strings.Split(strings.Repeat("x,", 100)+"x", ",")},
		"a line of two":   {Except: []string{"pe\nter"}},
		"a name too long": {Except: []string{strings.Repeat("x", 300)}},
	} {
		_, err := w.rc.Write(t.Context(), owner, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme", SSO: sso}))
		if !errors.Is(err, rolecall.ErrInvalid) || fieldOf(err) != "sso.except" {
			t.Errorf("%s: %v, want sso.except to be invalid", name, err)
		}
	}
}
