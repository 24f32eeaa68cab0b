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
