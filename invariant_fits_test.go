package rolecall_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

// TestWhatARecordMayNotBecome holds the rules of a record that only the records
// around it can break, for who may do everything.
func TestWhatARecordMayNotBecome(t *testing.T) {
	hour := rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}
	past := rolecall.Validity{ExpiresAt: noon.Add(-time.Hour)}
	session := func(change func(*rolecall.Session)) *rolecall.Session {
		s := &rolecall.Session{ID: "s", Subject: "alice", Tenant: "acme", Validity: hour}
		change(s)
		return s
	}
	key := func(change func(*rolecall.Credential)) *rolecall.Credential {
		c := &rolecall.Credential{ID: "key", Subject: "alice", Type: rolecall.AccessKey, Hash: rolecall.Secret("hash"), Validity: hour}
		change(c)
		return c
	}
	clientGrant := func(change func(*rolecall.ClientGrant)) *rolecall.ClientGrant {
		g := &rolecall.ClientGrant{ID: "cg", Client: "bot", API: "shop", For: rolecall.ForClient, Scope: []string{}}
		change(g)
		return g
	}
	invitation := &rolecall.Invitation{ID: "inv", Tenant: "acme", Email: "a@example.com", Ticket: rolecall.Secret("ticket"), Validity: hour}
	s := newStage(t, append(blog(), group("team"), group("all"), member("all", "team"), &rolecall.Client{ID: "bot", Name: "bot"}, &rolecall.Client{ID: "other", Name: "other"},
		tenantRole("acme", "acme-only"), tenantRole("globex", "globex-only"),
		&rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Shop"},
		&rolecall.Constraint{ID: "apart", Name: "apart", Type: rolecall.Static, Tenant: "acme", MaxAllowed: 1},
		session(func(*rolecall.Session) {}), key(func(*rolecall.Credential) {}), clientGrant(func(*rolecall.ClientGrant) {}),
		invitation, &rolecall.Invitation{ID: "project", Email: "a@example.com", Ticket: rolecall.Secret("another"), Validity: hour}, &rolecall.InvitationRole{Invitation: "inv", Role: "reader", Tenant: "acme"},
		&rolecall.LoginID{Login: "alice@example.com", Subject: "alice"})...)
	for _, tt := range []struct {
		name  string
		op    rolecall.Op
		want  error
		field string
	}{
		{"another API for a permission", rolecall.Update(&rolecall.Permission{ID: "post.read", API: "shop", Name: "post.read"}), rolecall.ErrInvalid, "api"},
		{"another tenant for a constraint", rolecall.Update(&rolecall.Constraint{ID: "apart", Name: "apart", Type: rolecall.Static, Tenant: "globex", MaxAllowed: 1}), rolecall.ErrInvalid, "tenant"},
		{"a tenant's role in another tenant's constraint", rolecall.Create(&rolecall.ConstraintRole{Constraint: "apart", Role: "globex-only"}), rolecall.ErrInvalid, "role"},
		{"another subject for a session", rolecall.Update(session(func(s *rolecall.Session) { s.Subject = "bob" })), rolecall.ErrInvalid, "subject"},
		{"another tenant for a session", rolecall.Update(session(func(s *rolecall.Session) { s.Tenant = "globex" })), rolecall.ErrInvalid, "subject"},
		{"a session that is over", rolecall.Update(session(func(s *rolecall.Session) { s.Validity = past })), rolecall.ErrInvalid, "expires_at"},
		{"a session of a group", rolecall.Create(session(func(s *rolecall.Session) { s.ID, s.Subject = "s2", "team" })), rolecall.ErrInvalid, "subject"},
		{"another subject for a key", rolecall.Update(key(func(c *rolecall.Credential) { c.Subject = "bob" })), rolecall.ErrInvalid, "subject"},
		{"another type for a key", rolecall.Update(key(func(c *rolecall.Credential) { c.Type = rolecall.ClientSecret })), rolecall.ErrInvalid, "subject"},
		{"a key that is over", rolecall.Update(key(func(c *rolecall.Credential) { c.Validity = past })), rolecall.ErrInvalid, "expires_at"},
		{"a key of a group", rolecall.Create(key(func(c *rolecall.Credential) { c.ID, c.Subject = "k2", "team" })), rolecall.ErrInvalid, "subject"},
		{"another client for a client grant", rolecall.Update(clientGrant(func(g *rolecall.ClientGrant) { g.Client = "other" })), rolecall.ErrInvalid, "client"},
		{"another API for a client grant", rolecall.Update(clientGrant(func(g *rolecall.ClientGrant) { g.API = "default" })), rolecall.ErrInvalid, "client"},
		{"another use for a client grant", rolecall.Update(clientGrant(func(g *rolecall.ClientGrant) { g.For = rolecall.ForUser })), rolecall.ErrInvalid, "client"},
		{"another text for an invitation", rolecall.Update(&rolecall.Invitation{ID: "inv", Tenant: "acme", Email: "b@example.com", Ticket: rolecall.Secret("ticket"), Validity: hour}), rolecall.ErrInvalid, "invitation"},
		{"an invitation that is over", rolecall.Create(&rolecall.Invitation{ID: "late", Tenant: "acme", Email: "a@example.com", Ticket: rolecall.Secret("late"), Validity: past}), rolecall.ErrInvalid, "expires_at"},
		{"a tenant's role in another tenant's invitation", rolecall.Create(&rolecall.InvitationRole{Invitation: "inv", Role: "globex-only", Tenant: "acme"}), rolecall.ErrInvalid, "tenant"},
		{"another tenant for an invitation's role", rolecall.Update(&rolecall.InvitationRole{Invitation: "inv", Role: "reader", Tenant: "globex"}), rolecall.ErrNotFound, "invitation"},
		{"a role in another tenant than its invitation's", rolecall.Create(&rolecall.InvitationRole{Invitation: "inv", Role: "editor", Tenant: "globex"}), rolecall.ErrNotFound, "invitation"},
		{"a role everywhere of a tenant's invitation", rolecall.Create(&rolecall.InvitationRole{Invitation: "inv", Role: "editor"}), rolecall.ErrNotFound, "invitation"},
		{"a role in a tenant of the project's invitation", rolecall.Create(&rolecall.InvitationRole{Invitation: "project", Role: "editor", Tenant: "acme"}), rolecall.ErrNotFound, "invitation"},
		{"a role of no invitation", rolecall.Create(&rolecall.InvitationRole{Invitation: "nope", Role: "editor", Tenant: "acme"}), rolecall.ErrNotFound, "invitation"},
		{"another tenant for an invitation's role, that of none", rolecall.Update(&rolecall.InvitationRole{Invitation: "inv", Role: "reader"}), rolecall.ErrNotFound, "invitation"},
		{"somebody else's login id", rolecall.Put(&rolecall.LoginID{Login: "alice@example.com", Subject: "bob"}), rolecall.ErrConflict, "login"},
		{"a group's login id", rolecall.Create(&rolecall.LoginID{Login: "team@example.com", Subject: "team"}), rolecall.ErrInvalid, "subject"},
		{"a group's membership", rolecall.Create(&rolecall.Membership{Tenant: "acme", Subject: "team"}), rolecall.ErrInvalid, "subject"},
		{"a cycle of two groups", rolecall.Create(member("team", "all")), rolecall.ErrInvalid, "member"},
		{"a direct grant that is over", rolecall.Create(&rolecall.DirectGrant{Subject: "bob", Permission: "post.read", Validity: past}), rolecall.ErrInvalid, "expires_at"},
		{"a tenant's role that inherits from another tenant's", rolecall.Create(inherits("acme-only", "globex-only")), rolecall.ErrInvalid, "junior"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.unchanged(func() {
				_, err := s.Write(t.Context(), system, tt.op)
				wantError(t, err, tt.want)
				var field *rolecall.FieldError
				if !errors.As(err, &field) || field.Field != tt.field {
					t.Errorf("got %v, want an error that names %q", err, tt.field)
				}
			})
		})
	}
}

func TestWhatARecordMayBecome(t *testing.T) {
	s := newStage(t, append(blog(), tenantRole("acme", "acme-only"), tenantRole("acme", "acme-senior"), &rolecall.Client{ID: "bot", Name: "bot"},
		&rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Shop"}, &rolecall.Permission{ID: "buy", API: "shop", Name: "buy"},
		&rolecall.Constraint{ID: "apart", Name: "apart", Type: rolecall.Static, Tenant: "acme", MaxAllowed: 1},
		&rolecall.ClientGrant{ID: "cg", Client: "bot", API: "shop", For: rolecall.ForClient, Scope: []string{}},
		&rolecall.Invitation{ID: "inv", Tenant: "acme", Email: "a@example.com", Ticket: rolecall.Secret("ticket"), Validity: rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}})...)
	for _, tt := range []struct {
		name string
		op   rolecall.Op
	}{
		{"an API of another name", rolecall.Update(&rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Store"})},
		{"a permission of another name", rolecall.Update(&rolecall.Permission{ID: "buy", API: "shop", Name: "order"})},
		{"a tenant's role of another name", rolecall.Update(&rolecall.Role{ID: "acme-only", Tenant: "acme", Name: "clerk"})},
		{"a constraint that allows more", rolecall.Update(&rolecall.Constraint{ID: "apart", Name: "apart", Type: rolecall.Static, Tenant: "acme", MaxAllowed: 2})},
		{"a client grant with a scope", rolecall.Update(&rolecall.ClientGrant{ID: "cg", Client: "bot", API: "shop", For: rolecall.ForClient, Scope: []string{"order"}})},
		{"a tenant's role that inherits from the project's", rolecall.Create(inherits("acme-senior", "reader"))},
		{"a tenant's role that inherits from another of its own", rolecall.Create(inherits("acme-senior", "acme-only"))},
		{"a tenant's role in its tenant", rolecall.Create(assigned("bob", "acme-only", in("acme")))},
		{"a tenant's role in its tenant's constraint", rolecall.Create(&rolecall.ConstraintRole{Constraint: "apart", Role: "acme-only"})},
		{"the project's role in a tenant's constraint", rolecall.Create(&rolecall.ConstraintRole{Constraint: "apart", Role: "reader"})},
		{"a tenant's role in its invitation", rolecall.Create(&rolecall.InvitationRole{Invitation: "inv", Role: "acme-only", Tenant: "acme"})},
		{"the project's role in a tenant's invitation", rolecall.Create(&rolecall.InvitationRole{Invitation: "inv", Role: "reader", Tenant: "acme"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := s.Write(t.Context(), system, tt.op); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is over stays as it is: it can be described, and does not get another end
// that is over too.
func TestWhatIsOverMayStillBeDescribed(t *testing.T) {
	hour, half := rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}, rolecall.Validity{ExpiresAt: noon.Add(time.Hour / 2)}
	trial := func(v rolecall.Validity, reason string) *rolecall.Assignment {
		return &rolecall.Assignment{Subject: "alice", Role: "reader", Validity: v, Reason: reason}
	}
	key := func(v rolecall.Validity, name string) *rolecall.Credential {
		return &rolecall.Credential{ID: "key", Subject: "alice", Type: rolecall.AccessKey, Hash: rolecall.Secret("hash"), Validity: v, Name: name}
	}
	s := newStage(t, append(blog(), trial(hour, ""), key(hour, "old"))...)
	s.now = noon.Add(2 * time.Hour)
	for _, r := range []rolecall.Record{trial(hour, "a trial"), key(hour, "of the trial")} {
		if _, err := s.Write(t.Context(), system, rolecall.Put(r)); err != nil {
			t.Errorf("%s: %v", r.Kind(), err)
		}
	}
	for _, r := range []rolecall.Record{trial(half, "a trial"), key(half, "of the trial")} {
		_, err := s.Write(t.Context(), system, rolecall.Put(r))
		wantError(t, err, rolecall.ErrInvalid)
	}
}
