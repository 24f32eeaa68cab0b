package rolecall_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/rolecall/rolecall"
)

// What one edge leads to is bounded, and what goes beyond is refused by the name
// of the field, the one who would have too many, and the bound.
func TestClosuresAreBounded(t *testing.T) {
	const most = rolecall.MaxInherited
	roleID := func(i int) rolecall.RoleID { return rolecall.RoleID(fmt.Sprintf("r%04d", i)) }
	groupID := func(i int) rolecall.SubjectID { return rolecall.SubjectID(fmt.Sprintf("g%04d", i)) }
	var records []rolecall.Record
	for i := range most + 2 {
		records = append(records, role(roleID(i)), group(groupID(i)))
	}
	s := newStage(t, records...)
	var edges []rolecall.Record
	for i := 1; i <= most; i++ { // role 1 inherits from a thousand, role 0 from none
		edges = append(edges, inherits(roleID(i), roleID(i+1)), member(groupID(i+1), groupID(i)))
	}
	s.add(edges...)
	for name, tt := range map[string]struct {
		add         rolecall.Record
		field, rule string
	}{
		"one role above a chain": {inherits(roleID(0), roleID(1)), "junior", fmt.Sprintf(`would have role "r0000" inherit from more than %d roles`, most)},
		"one group in a nest":    {member(groupID(1), groupID(0)), "group", fmt.Sprintf(`would have group "g0000" be in more than %d groups`, most)},
	} {
		t.Run(name, func(t *testing.T) {
			s.unchanged(func() {
				_, err := s.Write(context.Background(), rolecall.System("test"), rolecall.Put(tt.add))
				var fault *rolecall.FieldError
				if !errors.As(err, &fault) || fault.Field != tt.field || fault.Rule != tt.rule || !errors.Is(err, rolecall.ErrInvalid) {
					t.Errorf("got %v, want %s %s", err, tt.field, tt.rule)
				}
			})
		})
	}
	s.add(inherits(roleID(0), roleID(2)), member(groupID(2), groupID(0))) // a thousand it may be
}

// A constraint has at most a thousand roles, which is what max_allowed may be.
func TestAConstraintsRolesAreBounded(t *testing.T) {
	var records []rolecall.Record
	for i := range 1001 {
		records = append(records, role(rolecall.RoleID(fmt.Sprint(i))))
	}
	records = append(records, &rolecall.Constraint{ID: "c", Name: "c", MaxAllowed: 1000})
	for i := range 1000 {
		records = append(records, &rolecall.ConstraintRole{Constraint: "c", Role: rolecall.RoleID(fmt.Sprint(i))})
	}
	s := newStage(t, records...)
	s.unchanged(func() {
		if _, err := s.Write(context.Background(), rolecall.System("test"), rolecall.Put(records[len(records)-1])); err != nil {
			t.Errorf("one that is there already: %v", err)
		}
		_, err := s.Write(context.Background(), rolecall.System("test"), rolecall.Put(&rolecall.ConstraintRole{Constraint: "c", Role: "1000"}))
		var fault *rolecall.FieldError
		if !errors.As(err, &fault) || fault.Field != "role" || !errors.Is(err, rolecall.ErrInvalid) {
			t.Errorf("got %v, want role refused", err)
		}
	})
}
