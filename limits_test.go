package rolecall_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

// What one edge leads to is bounded, and what goes beyond is refused by the name
// of the field, the one who would have too many, and the bound.
func TestClosuresAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a large world")
	}
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

// The journal writes times as RFC 3339 has them, with years of four digits in UTC.
func TestTimesAreInFourDigitYears(t *testing.T) {
	s := newStage(t, user("ann"), role("clerk"), permission("read"))
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	late, early, far := at("9999-12-31T23:59:59-01:00"), at("0000-01-01T00:00:00+01:00"), time.Unix(1<<53, 0)
	for field, v := range map[string][]rolecall.Validity{
		"starts_at":  {{StartsAt: early}, {StartsAt: late}, {StartsAt: far}},
		"expires_at": {{ExpiresAt: late}, {ExpiresAt: far}},
	} {
		for _, when := range v {
			for _, r := range []rolecall.Record{
				&rolecall.Assignment{Subject: "ann", Role: "clerk", Validity: when},
				&rolecall.DirectGrant{Subject: "ann", Permission: "read", Validity: when},
				&rolecall.Credential{ID: "key", Subject: "ann", Type: rolecall.AccessKey, Hash: rolecall.Secret("x"), Validity: when},
			} {
				s.unchanged(func() {
					_, err := s.Write(context.Background(), rolecall.System("test"), rolecall.Create(r))
					var fault *rolecall.FieldError
					if !errors.As(err, &fault) || fault.Field != field || !errors.Is(err, rolecall.ErrInvalid) {
						t.Errorf("%s with %+v: %v, want %s refused", r.Kind(), when, err, field)
					}
				})
			}
		}
	}
	s.add(&rolecall.Assignment{Subject: "ann", Role: "clerk", Validity: rolecall.Validity{StartsAt: at("0000-01-01T00:00:00Z"), ExpiresAt: at("9999-12-31T23:59:59Z")}})
}

// Who holds much may let many into a group that holds as much: what each gets is
// compared with what its giver holds once, and not all with all.
func TestManyJoinAGroupThatHoldsMuch(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a large world")
	}
	const many = 3000
	records := []rolecall.Record{tenant("acme"), user("boss"), permission("read"), permission("other"), group("g"), assigned("boss", rolecall.RoleAdministrator, rolecall.Scope{})}
	var joins []rolecall.Op
	for i := range many {
		where := rolecall.Scope{Tenant: "acme", Resource: fmt.Sprint("doc:", i)}
		id := rolecall.SubjectID(fmt.Sprint("u", i))
		records = append(records, user(id), direct("boss", "read", where), direct("g", "read", where))
		joins = append(joins, rolecall.Create(member("g", id)))
	}
	s := newStage(t, records...)
	s.add(direct("g", "other", in("acme")))
	s.unchanged(func() {
		wantError(t, s.as("boss", joins...), rolecall.ErrEscalation)
	})
	s.add(direct("boss", "other", rolecall.Scope{}))
	if err := s.as("boss", joins...); err != nil {
		t.Fatal(err)
	}
	if last := rolecall.SubjectID(fmt.Sprint("u", many-1)); !s.can(last, "read", rolecall.Scope{Tenant: "acme", Resource: "doc:7"}) {
		t.Error("the last one may not")
	}
}
