package rolecall_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

// escalationStage has an administrator "adam", who holds every permission to
// administer, but of the project's own permissions only "read"; a tenant's
// administrator "tina"; "olga", who owns the project; and "sue", who writes the
// project's settings, and assigns roles in one tenant.
func escalationStage(t *testing.T) *stage {
	s := newStage(t,
		permission("read"), permission("write"),
		tenant("acme"), tenant("globex"),
		role("reader"), grant("reader", "read"),
		role("writer"), grant("writer", "write"),
		role("empty"), tenantRole("acme", "acme-writer"), grant("acme-writer", "write"),
		user("olga"), assigned("olga", rolecall.RoleOwner, everywhere),
		user("adam"), assigned("adam", rolecall.RoleAdministrator, everywhere), assigned("adam", "reader", everywhere),
		user("tina"), assigned("tina", rolecall.RoleTenantOwner, in("acme")), assigned("tina", "reader", in("acme")),
		user("bob"), user("wendy"), assigned("wendy", "writer", everywhere),
		group("readers"), assigned("readers", "reader", everywhere),
		group("writers"), assigned("writers", "writer", everywhere),
		group("outer"), member("outer", "readers"),
	)
	s.add(role("setter"), grant("setter", "rolecall:settings.write"),
		user("sue"), assigned("sue", "setter", everywhere), assigned("sue", rolecall.RoleTenantOwner, in("acme")), assigned("sue", "reader", everywhere))
	s.add(role("double"), grant("double", "write"), &rolecall.Role{ID: "namesake", Tenant: "acme", Name: "double"}, tenantRole("acme", "acme-empty"))
	blocked := user("blocked-writer")
	blocked.Blocked = true
	s.add(blocked, assigned("blocked-writer", "writer", everywhere))
	return s
}

func TestNobodyGivesWhatTheyDoNotHold(t *testing.T) {
	noonTomorrow := noon.Add(24 * time.Hour)
	whole := t
	var s *stage // made anew after what is allowed; the rest must change nothing
	for _, tt := range []struct {
		name string
		by   rolecall.SubjectID
		op   rolecall.Op
		want error // nil: allowed
	}{
		{"assigning a role one holds", "adam", rolecall.Create(assigned("bob", "reader", everywhere)), nil},
		{"assigning a role one does not hold", "adam", rolecall.Create(assigned("bob", "writer", everywhere)), rolecall.ErrEscalation},
		{"to oneself", "adam", rolecall.Create(assigned("adam", "writer", everywhere)), rolecall.ErrEscalation},
		{"to a group", "adam", rolecall.Create(assigned("readers", "writer", everywhere)), rolecall.ErrEscalation},
		{"an empty role", "adam", rolecall.Create(assigned("bob", "empty", everywhere)), nil},
		{"assigning Owner", "adam", rolecall.Create(assigned("adam", rolecall.RoleOwner, everywhere)), rolecall.ErrEscalation},
		{"for some time", "adam", rolecall.Create(until(assigned("bob", "reader", everywhere), noonTomorrow)), nil},
		{"an owner gives what it does not hold", "olga", rolecall.Create(assigned("bob", "writer", everywhere)), nil},

		{"in one's tenant", "tina", rolecall.Create(assigned("bob", "reader", in("acme"))), nil},
		{"in one's tenant, what one holds nowhere", "tina", rolecall.Create(assigned("bob", "writer", in("acme"))), rolecall.ErrEscalation},
		{"in another tenant", "tina", rolecall.Create(assigned("bob", "reader", in("globex"))), rolecall.ErrForbidden},
		{"everywhere, by a tenant's owner", "tina", rolecall.Create(assigned("bob", "reader", everywhere)), rolecall.ErrForbidden},
		{"the tenant's own role, stronger than oneself", "tina", rolecall.Create(assigned("bob", "acme-writer", in("acme"))), rolecall.ErrEscalation},
		{"the role of the tenant's owner", "tina", rolecall.Create(assigned("bob", rolecall.RoleTenantOwner, in("acme"))), nil},

		{"mapping a provider's groups to a role one does not hold", "adam", rolecall.Create(ssoOf("acme", `"mapping":[{"role":"writer","groups":["g"]}]`)), rolecall.ErrEscalation},
		{"giving it to all whom a provider signs in", "adam", rolecall.Create(ssoOf("acme", `"defaultRoles":["reader","writer"]`)), rolecall.ErrEscalation},
		{"mapping to a role one does not hold, in other letters", "adam", rolecall.Create(ssoOf("acme", `"Mapping":[{"ROLE":"writer"}]`)), rolecall.ErrEscalation},
		{"mapping to a role one does not hold, later", "adam", rolecall.Plan(func(context.Context, *rolecall.View) ([]rolecall.Op, error) {
			return []rolecall.Op{rolecall.Create(ssoOf("acme", `"mapping":[]`)), rolecall.Modify(ssoOf("acme", ""), func(s *rolecall.Setting) error {
				s.Value = []byte(`{"tenant":"acme","mapping":[{"role":"acme-writer"}]}`)
				return nil
			})}, nil
		}), rolecall.ErrEscalation},
		{"mapping to a role one holds", "adam", rolecall.Create(ssoOf("acme", `"mapping":[{"role":"reader"}]`)), nil},
		{"mapping to any role, as an owner", "olga", rolecall.Create(ssoOf("acme", `"mapping":[{"role":"writer"}],"domains":["x.example"],"oidc":{"issuer":"i","clientId":"c"}`)), nil},
		{"letting a provider sign in as who has an account", "adam", rolecall.Create(ssoOf("acme", `"domains":["x.example"],"oidc":{"issuer":"i","clientId":"c"}`)), rolecall.ErrEscalation},
		{"letting it, by an address that says who somebody is", "adam", rolecall.Create(ssoOf("acme", `"oidc":{"issuer":"i","clientId":"c","userDataUrl":"https://i/me"}`)), rolecall.ErrEscalation},
		{"letting it, by an address that gives ID tokens", "adam", rolecall.Create(ssoOf("acme", `"oidc":{"issuer":"i","clientId":"c","tokenUrl":"https://i/token"}`)), rolecall.ErrEscalation},
		{"letting it, by keys of another address", "adam", rolecall.Create(ssoOf("acme", `"oidc":{"issuer":"i","clientId":"c","JWKsUrl":"https://i/keys"}`)), rolecall.ErrEscalation},
		{"a provider that is found by the issuer's own document", "adam", rolecall.Create(ssoOf("acme", `"oidc":{"issuer":"i","clientId":"c"}`)), nil},
		{"naming domains of a provider that signs nobody in", "adam", rolecall.Create(ssoOf("acme", `"domains":["x.example"]`)), nil},
		{"mapping in a tenant's own setting, by its owner", "tina", rolecall.Create(ssoOf("acme", `"mapping":[{"role":"reader"}]`)), rolecall.ErrForbidden},
		{"mapping to a role one holds, in the tenant where one assigns roles", "sue", rolecall.Create(ssoOf("acme", `"mapping":[{"role":"reader"}]`)), nil},
		{"mapping to a role one holds, where one assigns none", "sue", rolecall.Create(ssoOf("globex", `"mapping":[{"role":"reader"}]`)), rolecall.ErrForbidden},
		{"mapping to a role that does not exist", "adam", rolecall.Create(ssoOf("acme", `"mapping":[{"role":"nothing"}]`)), rolecall.ErrNotFound},
		{"a provider's setting of one tenant that is about another", "olga", rolecall.Create(&rolecall.Setting{Name: "sso:globex", Value: []byte(`{"tenant":"acme"}`)}), rolecall.ErrInvalid},
		{"a provider's setting that can't be read", "olga", rolecall.Create(&rolecall.Setting{Name: "sso:acme", Value: []byte(`["acme"]`)}), rolecall.ErrInvalid},
		{"a provider's setting by its own id", "adam", rolecall.Create(&rolecall.Setting{Name: "sso:acme:a%2Fb", Value: []byte(`{"tenant":"acme","ssoId":"a/b"}`)}), nil},

		{"granting to a role what one holds", "adam", rolecall.Create(grant("empty", "read")), nil},
		{"granting to a role what one does not hold", "adam", rolecall.Create(grant("reader", "write")), rolecall.ErrEscalation},
		{"granting to a project's role, by a tenant's owner", "tina", rolecall.Create(grant("reader", "read")), rolecall.ErrForbidden},
		{"granting to the tenant's role what one holds there", "tina", rolecall.Create(grant("acme-writer", "read")), nil},
		{"granting directly", "adam", rolecall.Create(direct("bob", "write", everywhere)), rolecall.ErrEscalation},
		{"granting directly what one holds", "adam", rolecall.Create(direct("bob", "read", in("acme"))), nil},
		{"inheriting from a stronger role", "adam", rolecall.Create(inherits("reader", "writer")), rolecall.ErrEscalation},
		{"inheriting from one's own", "adam", rolecall.Create(inherits("empty", "reader")), nil},
		{"making a stronger role the default", "adam", rolecall.Modify(role("writer"), func(r *rolecall.Role) error { r.Default = true; return nil }), rolecall.ErrEscalation},

		{"putting into a group", "adam", rolecall.Create(member("readers", "bob")), nil},
		{"putting into a stronger group", "adam", rolecall.Create(member("writers", "bob")), rolecall.ErrEscalation},
		{"joining a stronger group", "adam", rolecall.Create(member("writers", "adam")), rolecall.ErrEscalation},
		{"nesting a group into a stronger one", "adam", rolecall.Create(member("writers", "readers")), rolecall.ErrEscalation},
		{"nesting the other way round", "adam", rolecall.Create(member("readers", "writers")), nil},

		{"unblocking one who holds more", "adam", rolecall.Modify(user("blocked-writer"), func(u *rolecall.User) error { u.Blocked = false; return nil }), rolecall.ErrEscalation},
		{"blocking one who holds more", "adam", rolecall.Modify(user("wendy"), func(u *rolecall.User) error { u.Blocked = true; return nil }), nil},
		{"setting the password of one who holds more", "adam", rolecall.Create(password("wendy")), rolecall.ErrEscalation},
		{"setting the password of one who holds less", "adam", rolecall.Create(password("bob")), nil},
		{"setting one's own password", "bob", rolecall.Create(password("bob")), rolecall.ErrForbidden},
		{"setting one's own password, as one who sets others'", "adam", rolecall.Create(password("adam")), nil},
		{"setting another's password without any right", "bob", rolecall.Create(password("adam")), rolecall.ErrForbidden},
		{"making a login id for one who holds more", "adam", rolecall.Create(&rolecall.LoginID{Login: "w@x", Subject: "wendy"}), rolecall.ErrEscalation},
		{"changing the e-mail address of one who holds more", "adam", rolecall.Modify(user("wendy"), func(u *rolecall.User) error { u.Email = "adam@x"; return nil }), rolecall.ErrEscalation},
		{"renaming a permission", "adam", rolecall.Modify(permission("read"), func(p *rolecall.Permission) error { p.Name = "delete"; return nil }), rolecall.ErrEscalation},
		{"describing a permission", "adam", rolecall.Modify(permission("read"), func(p *rolecall.Permission) error { p.Description = "d"; return nil }), nil},
		{"making a permission", "adam", rolecall.Create(permission("new")), nil},
		{"bringing a signing key", "adam", rolecall.Create(&rolecall.SigningKey{ID: "k", Algorithm: "RS256", Public: []byte("{}")}), rolecall.ErrEscalation},

		{"naming a tenant's role like one of the project's that one holds", "tina", rolecall.Create(&rolecall.Role{ID: "r", Tenant: "acme", Name: "reader"}), nil},
		{"naming it like one that one lacks, for guards that ask by name", "tina", rolecall.Create(&rolecall.Role{ID: "r", Tenant: "acme", Name: "writer"}), rolecall.ErrEscalation},
		{"renaming it so", "tina", rolecall.Modify(&rolecall.Role{ID: "acme-writer"}, func(r *rolecall.Role) error { r.Name = "writer"; return nil }), rolecall.ErrEscalation},
		{"naming it like a built-in one", "tina", rolecall.Create(&rolecall.Role{ID: "r", Tenant: "acme", Name: "Owner"}), rolecall.ErrEscalation},
		{"describing one that has such a name", "tina", rolecall.Modify(&rolecall.Role{ID: "namesake"}, func(r *rolecall.Role) error { r.Description = "d"; return nil }), nil},
		{"naming a project's role like a tenant's that gives more", "adam", rolecall.Create(&rolecall.Role{ID: "r", Name: "acme-writer"}), rolecall.ErrEscalation},
		{"naming it like a tenant's that gives nothing", "adam", rolecall.Create(&rolecall.Role{ID: "r", Name: "acme-empty"}), nil},

		{"by nobody", "", rolecall.Create(user("new")), rolecall.ErrForbidden},
		{"by a stranger", "stranger", rolecall.Create(user("new")), rolecall.ErrForbidden},
		{"by one without the permission", "bob", rolecall.Create(user("new")), rolecall.ErrForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if s == nil {
				s = escalationStage(whole)
			}
			before := s.Revision()
			err := s.as(tt.by, tt.op)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if moved := s.Revision() != before; moved != (err == nil) {
				t.Errorf("moved = %v with error %v", moved, err)
			}
			if err == nil {
				s = nil
			}
		})
	}
}

// ssoOf is the setting of a tenant's own provider, with more members.
func ssoOf(tenant, more string) *rolecall.Setting {
	value := `{"tenant":"` + tenant + `"}`
	if more != "" {
		value = `{"tenant":"` + tenant + `",` + more + `}`
	}
	return &rolecall.Setting{Name: "sso:" + tenant, Value: []byte(value)}
}

func password(subject rolecall.SubjectID) *rolecall.Credential {
	return &rolecall.Credential{ID: rolecall.CredentialID("pwd-" + subject), Subject: subject, Type: rolecall.Password, Hash: rolecall.Secret("x")}
}

func TestNobodyGivesForLongerThanTheyHold(t *testing.T) {
	tomorrow, nextWeek := noon.Add(24*time.Hour), noon.Add(7*24*time.Hour)
	s := newStage(t,
		permission("read"), role("reader"), grant("reader", "read"),
		user("bob"), user("temp"), until(assigned("temp", "reader", everywhere), tomorrow),
		assigned("temp", rolecall.RoleAdministrator, everywhere),
	)
	wantError(t, s.as("temp", rolecall.Put(until(assigned("temp", "reader", everywhere), nextWeek))), rolecall.ErrEscalation)
	wantError(t, s.as("temp", rolecall.Create(assigned("bob", "reader", everywhere))), rolecall.ErrEscalation)
	if err := s.as("temp", rolecall.Create(until(assigned("bob", "reader", everywhere), tomorrow))); err != nil {
		t.Errorf("until as long as one's own: %v", err)
	}
	s.now = tomorrow
	wantError(t, s.as("temp", rolecall.Create(until(assigned("temp", "reader", in("")), nextWeek))), rolecall.ErrConflict)
	wantError(t, s.as("temp", rolecall.Put(until(assigned("bob", "reader", everywhere), nextWeek))), rolecall.ErrEscalation)
}

func TestGivingIsJudgedByTheStateBeforeTheWrite(t *testing.T) {
	s := escalationStage(t)
	err := s.as("adam",
		rolecall.Create(assigned("adam", "empty", everywhere)),
		rolecall.Create(grant("empty", "write")),
		rolecall.Create(direct("bob", "write", everywhere)))
	wantError(t, err, rolecall.ErrEscalation)
	if all := rolecall.OpErrors(err); len(all) != 1 || all[0].Index == 2 {
		t.Errorf("OpErrors = %v, want the first operation at fault", all)
	}
	if s.can("bob", "write", everywhere) {
		t.Error("bob can write")
	}
}

func TestGivingIsNotFooledByWhatTakesThePlaceOfAnother(t *testing.T) {
	s := escalationStage(t)
	// "read", which adam holds, makes room for a new permission that takes the
	// name, and the id, of one that he does not hold.
	for _, id := range []rolecall.PermissionID{"read", "write", "other"} {
		err := s.as("adam",
			rolecall.Delete(permission("write")),
			rolecall.Delete(permission("read")),
			rolecall.Create(&rolecall.Permission{ID: id, Name: "write"}),
			rolecall.Create(grant("reader", id)))
		wantError(t, err, rolecall.ErrEscalation)
	}
}

func TestSomebodyStaysInCharge(t *testing.T) {
	secondOwner := []rolecall.Record{user("otto"), assigned("otto", rolecall.RoleOwner, everywhere)}
	block := rolecall.Modify(user("olga"), func(u *rolecall.User) error { u.Blocked = true; return nil })
	demote := rolecall.Delete(assigned("olga", rolecall.RoleOwner, everywhere))
	for _, tt := range []struct {
		name string
		more []rolecall.Record
		ops  []rolecall.Op
		want error
	}{
		{"demoting the last owner", nil, []rolecall.Op{demote}, rolecall.ErrLockOut},
		{"deleting the last owner", nil, []rolecall.Op{rolecall.Delete(user("olga"))}, rolecall.ErrLockOut},
		{"blocking the last owner", nil, []rolecall.Op{block}, rolecall.ErrLockOut},
		{"letting the last owner expire", nil, []rolecall.Op{rolecall.Put(until(assigned("olga", rolecall.RoleOwner, everywhere), noon.Add(time.Hour)))}, rolecall.ErrLockOut},
		{"demoting one of two", secondOwner, []rolecall.Op{demote}, nil},
		{"blocking one of two", secondOwner, []rolecall.Op{block}, nil},
		{"demoting both at once", secondOwner, []rolecall.Op{demote, rolecall.Delete(user("otto"))}, rolecall.ErrLockOut},
		{"handing over in one write", []rolecall.Record{user("otto")}, []rolecall.Op{demote, rolecall.Create(assigned("otto", rolecall.RoleOwner, everywhere))}, nil},
		{"a blocked second owner does not count",
			[]rolecall.Record{&rolecall.User{ID: "otto", Blocked: true}, assigned("otto", rolecall.RoleOwner, everywhere)}, []rolecall.Op{demote}, rolecall.ErrLockOut},
		{"a temporary second owner does not count",
			[]rolecall.Record{user("otto"), until(assigned("otto", rolecall.RoleOwner, everywhere), noon.Add(time.Hour))}, []rolecall.Op{demote}, rolecall.ErrLockOut},
		{"a machine does not count",
			[]rolecall.Record{&rolecall.Client{ID: "bot", Name: "bot"}, assigned("bot", rolecall.RoleOwner, everywhere)}, []rolecall.Op{demote}, rolecall.ErrLockOut},
		{"an owner in one tenant does not count",
			[]rolecall.Record{tenant("acme"), user("otto"), assigned("otto", rolecall.RoleOwner, in("acme"))}, []rolecall.Op{demote}, rolecall.ErrLockOut},
		{"an owner through groups counts",
			[]rolecall.Record{user("otto"), group("in"), group("out"), member("out", "in"), member("in", "otto"), assigned("out", rolecall.RoleOwner, everywhere)}, []rolecall.Op{demote}, nil},
		{"leaving the group that owns",
			[]rolecall.Record{user("otto"), group("g"), member("g", "otto"), assigned("g", rolecall.RoleOwner, everywhere)},
			[]rolecall.Op{demote, rolecall.Delete(member("g", "otto"))}, rolecall.ErrLockOut},
		{"deleting the group that owns",
			[]rolecall.Record{user("otto"), group("g"), member("g", "otto"), assigned("g", rolecall.RoleOwner, everywhere)},
			[]rolecall.Op{demote, rolecall.Delete(group("g"))}, rolecall.ErrLockOut},
		{"cutting the role that inherits from Owner",
			[]rolecall.Record{user("otto"), role("boss"), inherits("boss", rolecall.RoleOwner), assigned("otto", "boss", everywhere)},
			[]rolecall.Op{demote, rolecall.Delete(inherits("boss", rolecall.RoleOwner))}, rolecall.ErrLockOut},

		{"demoting the last owner of a tenant",
			[]rolecall.Record{tenant("acme"), user("tina"), assigned("tina", rolecall.RoleTenantOwner, in("acme"))},
			[]rolecall.Op{rolecall.Delete(assigned("tina", rolecall.RoleTenantOwner, in("acme")))}, rolecall.ErrLockOut},
		{"deleting the last owner of a tenant",
			[]rolecall.Record{tenant("acme"), user("tina"), assigned("tina", rolecall.RoleTenantOwner, in("acme"))},
			[]rolecall.Op{rolecall.Delete(user("tina"))}, rolecall.ErrLockOut},
		{"deleting a tenant with its owner",
			[]rolecall.Record{tenant("acme"), user("tina"), assigned("tina", rolecall.RoleTenantOwner, in("acme"))},
			[]rolecall.Op{rolecall.Delete(tenant("acme"))}, nil},
		{"another tenant's owner does not count",
			[]rolecall.Record{tenant("acme"), tenant("globex"), user("tina"), assigned("tina", rolecall.RoleTenantOwner, in("acme")), assigned("tina", rolecall.RoleTenantOwner, in("globex"))},
			[]rolecall.Op{rolecall.Delete(assigned("tina", rolecall.RoleTenantOwner, in("acme")))}, rolecall.ErrLockOut},
		{"deleting a user who owns nothing", []rolecall.Record{user("bob")}, []rolecall.Op{rolecall.Delete(user("bob"))}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, user("olga"), assigned("olga", rolecall.RoleOwner, everywhere))
			s.add(tt.more...)
			before := s.Revision()
			_, err := s.Write(t.Context(), rolecall.System("test"), tt.ops...)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if moved := s.Revision() != before; moved != (err == nil) {
				t.Errorf("moved = %v with error %v", moved, err)
			}
		})
	}
}

func TestBuiltInsStay(t *testing.T) {
	s := newStage(t, permission("read"))
	for _, op := range []rolecall.Op{
		rolecall.Delete(role(rolecall.RoleOwner)),
		rolecall.Modify(role(rolecall.RoleAuditor), func(r *rolecall.Role) error { r.Name = "x"; return nil }),
		rolecall.Create(grant(rolecall.RoleAuditor, "read")),
		rolecall.Delete(grant(rolecall.RoleOwner, rolecall.PermissionEscalate)),
		rolecall.Create(inherits(rolecall.RoleAuditor, rolecall.RoleOwner)),
		rolecall.Delete(&rolecall.API{ID: rolecall.AdminAPI}),
		rolecall.Delete(&rolecall.API{ID: rolecall.DefaultAPI}),
		rolecall.Delete(permission(rolecall.PermissionCheck)),
		rolecall.Create(&rolecall.Permission{ID: "x", API: rolecall.AdminAPI, Name: "x"}),
	} {
		s.unchanged(func() {
			_, err := s.Write(t.Context(), rolecall.System("test"), op)
			wantError(t, err, rolecall.ErrForbidden)
		})
	}
}

// Whether there is an assignment elsewhere is told only to who could end it.
func TestNobodyLearnsOfAssignmentsByEndingThem(t *testing.T) {
	s := escalationStage(t)
	s.add(assigned("bob", "reader", in("globex")), direct("bob", "read", in("globex")))
	for _, op := range []rolecall.Op{
		rolecall.Unassign(*assigned("bob", "reader", in("globex"))),
		rolecall.Unassign(*assigned("wendy", "reader", in("globex"))),
		rolecall.Revoke(*direct("bob", "read", in("globex"))),
		rolecall.Revoke(*direct("wendy", "read", in("globex"))),
	} {
		wantError(t, s.as("tina", op), rolecall.ErrForbidden)
	}
	wantError(t, s.as("tina", rolecall.Unassign(*assigned("bob", "reader", in("acme")))), rolecall.ErrNotFound)
}

// What somebody holds in another tenant is not told with a denial in one's own.
func TestExplainKeepsOtherTenantsToThemselves(t *testing.T) {
	s := escalationStage(t)
	s.add(assigned("bob", "reader", in("globex")))
	asked := rolecall.Request{Subject: "bob", Permission: "read", Tenant: "acme"}
	for by, want := range map[rolecall.SubjectID]int{"tina": 0, "olga": 1, "bob": 1} {
		e, err := s.Explain(t.Context(), rolecall.Actor{Subject: by, Door: "test"}, asked)
		if err != nil || e.Allowed || len(e.Near) != want {
			t.Errorf("%s is told of %d ways, %v, want %d", by, len(e.Near), err, want)
		}
	}
}
