package rolecall_test

import (
	"context"
	"errors"
	"testing"

	"github.com/rolecall/rolecall"
)

// An application acts in somebody's name within what it was let do: what it may
// not use, it may not give either, and what is its subject's own is not its.
func TestAnActorKeepsWithinWhatItWasLent(t *testing.T) {
	members := []string{"rolecall:members.write"}
	for _, tt := range []struct {
		name   string
		by     rolecall.SubjectID
		within []string
		op     rolecall.Op
		want   error // nil: allowed
	}{
		{"without a bound", "olga", nil, rolecall.Create(role("new")), nil},
		{"with one that allows nothing", "olga", []string{}, rolecall.Create(role("new")), rolecall.ErrForbidden},
		{"what it was not lent", "olga", members, rolecall.Create(role("new")), rolecall.ErrForbidden},
		{"what it was lent", "adam", members, rolecall.Create(assigned("bob", "reader", everywhere)), nil},
		{"what it was lent, by who does not hold it", "bob", members, rolecall.Create(assigned("bob", "reader", everywhere)), rolecall.ErrForbidden},
		{"giving what its subject does not hold", "olga", members, rolecall.Create(assigned("bob", "writer", everywhere)), rolecall.ErrEscalation},
		{"the same, lent", "olga", append(members, rolecall.PermissionEscalate), rolecall.Create(assigned("bob", "writer", everywhere)), nil},
		{"giving what it was not lent", "olga", members, rolecall.Create(assigned("bob", rolecall.RoleAuditor, everywhere)), rolecall.ErrEscalation},
		{"taking everything", "olga", members, rolecall.Create(assigned("bob", rolecall.RoleOwner, everywhere)), rolecall.ErrEscalation},
		{"its subject's keys", "bob", []string{}, rolecall.Delete(&rolecall.Credential{ID: "key"}), rolecall.ErrForbidden},
		{"its subject's sessions", "bob", []string{}, rolecall.Delete(&rolecall.Session{ID: "session"}), rolecall.ErrForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := escalationStage(t)
			s.add(
				&rolecall.Credential{ID: "key", Subject: "bob", Type: rolecall.AccessKey, Hash: rolecall.Secret("x")},
				&rolecall.Session{ID: "session", Subject: "bob", Validity: rolecall.Validity{ExpiresAt: noon.AddDate(0, 0, 1)}},
			)
			before := s.Revision()
			_, err := s.Write(context.Background(), rolecall.Actor{Subject: tt.by, Door: "test", Within: tt.within}, tt.op)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if moved := s.Revision() != before; moved != (tt.want == nil) {
				t.Errorf("moved = %v with error %v", moved, err)
			}
		})
	}
}
