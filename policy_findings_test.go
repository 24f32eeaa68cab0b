package rolecall_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

func TestFindingsNameWhatAsksForAttention(t *testing.T) {
	soon := rolecall.Validity{ExpiresAt: noon.Add(24 * time.Hour)}
	s := newStage(t,
		&rolecall.Tenant{ID: "acme", Name: "acme"},
		&rolecall.Permission{ID: "read", Name: "read"}, &rolecall.Permission{ID: "write", Name: "write"},
		&rolecall.Permission{ID: "print", Name: "print"}, &rolecall.Permission{ID: "lost", Name: "lost"},
		&rolecall.Permission{ID: "alone", Name: "alone"},
		&rolecall.Role{ID: "clerk", Name: "clerk"}, &rolecall.Role{ID: "teller", Name: "teller"},
		&rolecall.Role{ID: "chief", Name: "chief"}, &rolecall.Role{ID: "hollow", Name: "hollow"},
		&rolecall.Role{ID: "idle", Name: "idle", Tenant: "acme"},
		&rolecall.Grant{Role: "clerk", Permission: "read"}, &rolecall.Grant{Role: "clerk", Permission: "write"}, &rolecall.Grant{Role: "clerk", Permission: "print"},
		&rolecall.Grant{Role: "teller", Permission: "read"}, &rolecall.Grant{Role: "teller", Permission: "write"}, &rolecall.Grant{Role: "teller", Permission: "print"},
		&rolecall.Inheritance{Senior: "chief", Junior: "clerk"},
		&rolecall.Group{ID: "all", Name: "all"}, &rolecall.Group{ID: "some", Name: "some"}, &rolecall.Group{ID: "none", Name: "none"},
		&rolecall.User{ID: "ada"}, &rolecall.User{ID: "bob"}, &rolecall.User{ID: "cleo"}, &rolecall.User{ID: "dan", Blocked: true},
		&rolecall.User{ID: "eve"}, &rolecall.Client{ID: "robot", Name: "robot"},
		&rolecall.GroupMember{Group: "all", Member: "some"}, &rolecall.GroupMember{Group: "some", Member: "bob"}, &rolecall.GroupMember{Group: "none", Member: "cleo"},
		&rolecall.Assignment{Subject: "all", Role: "chief"},
		&rolecall.Assignment{Subject: "ada", Role: "owner"},
		&rolecall.Assignment{Subject: "eve", Role: "hollow", Validity: soon},
		&rolecall.DirectGrant{Subject: "eve", Permission: "alone"},
		&rolecall.Membership{Tenant: "acme", Subject: "cleo"}, &rolecall.Membership{Tenant: "acme", Subject: "eve"},
	)
	got := s.Policy().Findings("", noon, noon.Add(48*time.Hour))
	got.Revision, got.Roles, got.Permissions = 0, got.Roles-5, got.Permissions-17 // less those of every project
	want := rolecall.Findings{
		Users: 5, Clients: 1, Groups: 3, Tenants: 1, APIs: 2, Roles: 5, Permissions: 5, Owners: 1,
		Unassigned: 2, UnassignedRoles: []rolecall.RoleID{"idle", "teller"},
		Empty: 2, EmptyRoles: []rolecall.RoleID{"hollow", "idle"},
		Ungranted: 1, UngrantedPermissions: []rolecall.PermissionID{"lost"},
		HoldNothing: 1, UsersHoldNothing: []rolecall.SubjectID{"cleo"},
		Ending: 1, EndingSoon: []rolecall.Ending{{Subject: "eve", Role: "hollow", Validity: soon}},
		Alike: []rolecall.Alike{{A: "clerk", B: "teller", Both: 3}, {A: "teller", B: "chief", Both: 3}},
	}
	sorted := cmp.Transformer("sorted", func(all []rolecall.RoleID) map[rolecall.RoleID]bool {
		set := map[rolecall.RoleID]bool{}
		for _, id := range all {
			set[id] = true
		}
		return set
	})
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Error(diff)
	}

	in := s.Policy().Findings("acme", noon, noon.Add(48*time.Hour))
	if in.Users != 2 || in.HoldNothing != 1 || in.Roles != 1 || in.Unassigned != 1 || in.Owners != 0 || in.Ending != 0 {
		t.Errorf("in the tenant: %+v", in)
	}
	if none := s.Policy().Findings("nowhere", noon, noon); none.Users != 0 {
		t.Errorf("in no tenant: %+v", none)
	}
}

func TestAMatrixTellsGrantedFromInherited(t *testing.T) {
	s := newStage(t,
		&rolecall.Permission{ID: "read", Name: "read"}, &rolecall.Permission{ID: "write", Name: "write"},
		&rolecall.Role{ID: "top", Name: "top"}, &rolecall.Role{ID: "middle", Name: "middle"}, &rolecall.Role{ID: "low", Name: "low"},
		&rolecall.Inheritance{Senior: "top", Junior: "middle"}, &rolecall.Inheritance{Senior: "middle", Junior: "low"},
		&rolecall.Grant{Role: "low", Permission: "read"}, &rolecall.Grant{Role: "top", Permission: "read"}, &rolecall.Grant{Role: "middle", Permission: "write"},
	)
	p := s.Policy()
	no, own, inherited, both := rolecall.Cell{}, rolecall.Cell{Granted: true}, rolecall.Cell{Inherited: true}, rolecall.Cell{Granted: true, Inherited: true}
	want := [][]rolecall.Cell{{both, inherited, own, no}, {inherited, own, no, no}, {no, no, no, no}}
	got := p.Matrix([]rolecall.PermissionID{"read", "write", "gone"}, []rolecall.RoleID{"top", "middle", "low", "gone"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]rolecall.RoleID{"low"}, p.InheritedFrom("top", "read")); diff != "" {
		t.Error(diff)
	}
	if from := p.InheritedFrom("low", "read"); from != nil {
		t.Errorf("low inherits from %v", from)
	}
}
