package rolecall_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

// Whoever may not see a record gets the same error for it as for one that does not
// exist, by every call that takes its key: whether it is there does not show.
func TestWhatOneMayNotSeeIsAsIfItWereNotThere(t *testing.T) {
	records := func(key string) []rolecall.Record {
		return []rolecall.Record{
			&rolecall.API{ID: rolecall.APIID(key), Identifier: key, Name: key},
			permission(rolecall.PermissionID(key)),
			role(rolecall.RoleID(key)),
			tenantRole("globex", rolecall.RoleID(key+"-globex")),
			tenant(rolecall.TenantID(key)),
			user(rolecall.SubjectID(key)),
			group(rolecall.SubjectID(key + "-group")),
			&rolecall.Client{ID: rolecall.SubjectID(key + "-client"), Name: key},
			&rolecall.Constraint{ID: rolecall.ConstraintID(key), Name: key, MaxAllowed: 1, Tenant: "globex"},
			&rolecall.Setting{Name: key, Value: []byte(`1`)},
			&rolecall.LoginID{Login: key, Subject: "wendy"},
			&rolecall.Credential{ID: rolecall.CredentialID(key), Subject: "wendy", Type: rolecall.Password, Hash: rolecall.Secret("x")},
			&rolecall.Membership{Tenant: "globex", Subject: rolecall.SubjectID(key)},
		}
	}
	s := escalationStage(t)
	hidden, missing := records("hidden"), records("missing")
	s.add(hidden...)
	refusal := errors.New("refused by what it was to be")
	ways := map[string]func(by rolecall.Actor, r rolecall.Record) error{
		"read": func(by rolecall.Actor, r rolecall.Record) error { return get(s, r)(by) },
		"replaced": func(by rolecall.Actor, r rolecall.Record) error {
			_, err := s.Write(context.Background(), by, rolecall.Update(r))
			return err
		},
		"changed": func(by rolecall.Actor, r rolecall.Record) error {
			_, err := s.Write(context.Background(), by, rolecall.Modify(r, func(rolecall.Record) error { return refusal }))
			return err
		},
		"deleted": func(by rolecall.Actor, r rolecall.Record) error {
			_, err := s.Write(context.Background(), by, rolecall.Delete(r))
			return err
		},
	}
	for by, somewhere := range map[rolecall.SubjectID]bool{"bob": false, "tina": true, "": false} {
		for i := range hidden {
			for way, try := range ways {
				t.Run(fmt.Sprintf("%s %s by %q", hidden[i].Kind(), way, by), func(t *testing.T) {
					there, not := try(rolecall.Actor{Subject: by}, hidden[i]), try(rolecall.Actor{Subject: by}, missing[i])
					if there == nil || not == nil {
						t.Fatalf("of one that is there: %v, of one that is not: %v", there, not)
					}
					if got, want := strings.ReplaceAll(there.Error(), "hidden", "missing"), not.Error(); got != want {
						t.Errorf("of one that is there: %s\nof one that is not: %s", got, want)
					}
					for _, kind := range []error{rolecall.ErrNotFound, rolecall.ErrForbidden} {
						if errors.Is(there, kind) != errors.Is(not, kind) {
							t.Errorf("%v: of one that is there: %v, of one that is not: %v", kind, errors.Is(there, kind), errors.Is(not, kind))
						}
					}
					if !somewhere && !errors.Is(not, rolecall.ErrForbidden) {
						t.Errorf("who may see nothing is told %v", not)
					}
				})
			}
		}
	}
	// Who may see what there is learns what is missing.
	for _, r := range missing {
		for way, try := range ways {
			if err := try(rolecall.Actor{Subject: "olga"}, r); !errors.Is(err, rolecall.ErrNotFound) {
				t.Errorf("%s %s by an owner: %v", r.Kind(), way, err)
			}
		}
	}
}

// Whoever makes something, and names what they may not see, learns no more than that
// a key is taken: not where, whose, or what. Whether a key is free is all that can't be kept from who
// may choose one.
func TestWhoMakesSomethingLearnsOnlyThatAKeyIsTaken(t *testing.T) {
	s := escalationStage(t)
	until := rolecall.Validity{ExpiresAt: noon.AddDate(0, 0, 1)}
	s.add(tenantRole("globex", "hidden"), tenantRole("globex", "hidden-too"),
		&rolecall.Constraint{ID: "hidden", Name: "hidden", MaxAllowed: 1, Tenant: "globex"}, &rolecall.Constraint{ID: "mine", Name: "mine", MaxAllowed: 1, Tenant: "acme"},
		user("wally"), assigned("wally", "hidden", in("globex")),
		&rolecall.Session{ID: "hidden", Subject: "wally", Tenant: "globex", Validity: until},
	)
	tina := rolecall.Actor{Subject: "tina", Door: "test"}
	try := func(op rolecall.Op, dry bool) string {
		by := tina
		by.DryRun = dry
		_, err := s.Write(context.Background(), by, op)
		return strings.ReplaceAll(fmt.Sprint(err), "hidden", "missing")
	}
	refer := func(key string) map[string]rolecall.Record {
		r := rolecall.RoleID(key)
		return map[string]rolecall.Record{
			"a role's permission":             grant(r, "write"),
			"a role above a hidden one":       &rolecall.Inheritance{Senior: "acme-empty", Junior: r},
			"a role below a hidden one":       &rolecall.Inheritance{Senior: r, Junior: "acme-empty"},
			"a hidden role in one's tenant":   assigned("bob", r, in("acme")),
			"a hidden role in its tenant":     assigned("bob", r, in("globex")),
			"a constraint of a hidden role":   &rolecall.ConstraintRole{Constraint: "mine", Role: r},
			"a hidden constraint":             &rolecall.ConstraintRole{Constraint: rolecall.ConstraintID(key), Role: "acme-empty"},
			"a hidden session's role":         &rolecall.SessionRole{Session: rolecall.SessionID(key), Role: "acme-empty"},
			"an invitation with hidden roles": &rolecall.InvitationRole{Invitation: "none", Role: r, Tenant: "acme"},
		}
	}
	missing := refer("missing")
	for name, hidden := range refer("hidden") {
		for way, op := range map[string]func(rolecall.Record) rolecall.Op{"created": rolecall.Create, "put": rolecall.Put, "deleted": rolecall.Delete} {
			for _, dry := range []bool{true, false} {
				there, not := try(op(hidden), dry), try(op(missing[name]), dry)
				if there != not || there == "<nil>" {
					t.Errorf("%s, %s:\n  of one that is there: %s\n  of one that is not: %s", name, way, there, not)
				}
			}
		}
	}
	for name, r := range map[string]rolecall.Record{
		"a role's id":         &rolecall.Role{ID: "hidden", Tenant: "acme", Name: "Mine"},
		"a constraint's id":   &rolecall.Constraint{ID: "hidden", Name: "Mine", MaxAllowed: 1, Tenant: "acme"},
		"a constraint's name": &rolecall.Constraint{ID: "mine-too", Name: "hidden", MaxAllowed: 1, Tenant: "acme"},
		"a session's id":      &rolecall.Session{ID: "hidden", Subject: "bob", Tenant: "acme", Validity: until},
	} {
		field := "id"
		if name == "a constraint's name" {
			field = "name"
		}
		for way, op := range map[string]rolecall.Op{"created": rolecall.Create(r), "put": rolecall.Put(r)} {
			if said := try(op, false); said != field+" is taken" {
				t.Errorf("%s, %s: %s", name, way, said)
			}
		}
	}
	// Who may see it is told what is wrong.
	for name, op := range map[string]rolecall.Op{
		"must be the role's own tenant": rolecall.Create(assigned("bob", "hidden", in("acme"))),
		"can't be changed":              rolecall.Put(&rolecall.Role{ID: "hidden", Tenant: "acme", Name: "Mine"}),
	} {
		if _, err := s.Write(context.Background(), rolecall.Actor{Subject: "olga"}, op); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("an owner is told %v, want %s", err, name)
		}
	}
}
