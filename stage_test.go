package rolecall_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// noon is when the tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A stage is a fresh project with some records on it, and a clock to turn.
type stage struct {
	*rolecall.Service
	t   testing.TB
	now time.Time
}

// newStage opens a project in memory and writes records to it.
func newStage(t testing.TB, records ...rolecall.Record) *stage {
	t.Helper()
	s := &stage{t: t, now: noon}
	service, err := rolecall.Open(context.Background(), sqlite.Memory(), rolecall.WithClock(func() time.Time { return s.now }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.Close() })
	s.Service = service
	s.add(records...)
	return s
}

// add writes records as the system, each of which must be new.
func (s *stage) add(records ...rolecall.Record) {
	s.t.Helper()
	if len(records) == 0 {
		return
	}
	ops := make([]rolecall.Op, len(records))
	for i, r := range records {
		ops[i] = rolecall.Create(r)
	}
	if _, err := s.Write(context.Background(), rolecall.System("test"), ops...); err != nil {
		s.t.Fatal(err)
	}
}

// as makes a write as a subject.
func (s *stage) as(subject rolecall.SubjectID, ops ...rolecall.Op) error {
	_, err := s.Write(context.Background(), rolecall.Actor{Subject: subject, Door: "test"}, ops...)
	return err
}

// can asks in a scope, at the stage's time.
func (s *stage) can(subject rolecall.SubjectID, permission string, scope rolecall.Scope) bool {
	s.t.Helper()
	d, err := s.Check(context.Background(), rolecall.Request{
		Subject: subject, Permission: permission, Tenant: scope.Tenant, Resource: scope.Resource,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return d.Allowed
}

// unchanged runs f and fails the test if the project moved.
func (s *stage) unchanged(f func()) {
	s.t.Helper()
	before := s.Revision()
	f()
	if after := s.Revision(); after != before {
		s.t.Errorf("revision moved from %d to %d", before, after)
	}
}

// Short forms, so that the tables read.

func user(id rolecall.SubjectID) *rolecall.User { return &rolecall.User{ID: id, Name: string(id)} }

func group(id rolecall.SubjectID) *rolecall.Group { return &rolecall.Group{ID: id, Name: string(id)} }

func tenant(id rolecall.TenantID) *rolecall.Tenant {
	return &rolecall.Tenant{ID: id, Name: string(id)}
}

func role(id rolecall.RoleID) *rolecall.Role { return &rolecall.Role{ID: id, Name: string(id)} }

func tenantRole(t rolecall.TenantID, id rolecall.RoleID) *rolecall.Role {
	return &rolecall.Role{ID: id, Name: string(id), Tenant: t}
}

func permission(id rolecall.PermissionID) *rolecall.Permission {
	return &rolecall.Permission{ID: id, Name: string(id)}
}

func grant(r rolecall.RoleID, p rolecall.PermissionID) *rolecall.Grant {
	return &rolecall.Grant{Role: r, Permission: p}
}

func inherits(senior, junior rolecall.RoleID) *rolecall.Inheritance {
	return &rolecall.Inheritance{Senior: senior, Junior: junior}
}

func member(g, m rolecall.SubjectID) *rolecall.GroupMember {
	return &rolecall.GroupMember{Group: g, Member: m}
}

var everywhere = rolecall.Scope{}

func in(t rolecall.TenantID) rolecall.Scope { return rolecall.Scope{Tenant: t} }

func assigned(s rolecall.SubjectID, r rolecall.RoleID, where rolecall.Scope) *rolecall.Assignment {
	return &rolecall.Assignment{Subject: s, Role: r, Scope: where}
}

func until(a *rolecall.Assignment, end time.Time) *rolecall.Assignment {
	a.ExpiresAt = end
	return a
}

func direct(s rolecall.SubjectID, p rolecall.PermissionID, where rolecall.Scope) *rolecall.DirectGrant {
	return &rolecall.DirectGrant{Subject: s, Permission: p, Scope: where}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// openFile opens a project in a file.
func openFile(t testing.TB, path string) *rolecall.Service {
	t.Helper()
	s, err := rolecall.Open(context.Background(), sqlite.File(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func from(a *rolecall.Assignment, begin time.Time) *rolecall.Assignment {
	a.StartsAt = begin
	return a
}

func defaultRole(id rolecall.RoleID) *rolecall.Role {
	return &rolecall.Role{ID: id, Name: string(id), Default: true}
}
