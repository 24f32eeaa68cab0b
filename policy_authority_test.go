package rolecall_test

import (
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

func TestWhoAdministersMoreThanATenant(t *testing.T) {
	at := func(tenant rolecall.TenantID, resource string) rolecall.Scope {
		return rolecall.Scope{Tenant: tenant, Resource: resource}
	}
	from := rolecall.Validity{StartsAt: noon.AddDate(1, 0, 0)}
	until := rolecall.Validity{ExpiresAt: noon.Add(time.Hour)}
	for _, tt := range []struct {
		name  string
		holds rolecall.Record // by u
		want  bool
	}{
		{"nothing", nil, false},
		{"what administers nothing, everywhere", &rolecall.Assignment{Subject: "u", Role: "editor"}, false},
		{"the tenant", &rolecall.Assignment{Subject: "u", Role: rolecall.RoleTenantOwner, Scope: at("acme", "")}, false},
		{"another tenant", &rolecall.Assignment{Subject: "u", Role: rolecall.RoleTenantAdmin, Scope: at("globex", "")}, true},
		{"another tenant, by inheritance", &rolecall.Assignment{Subject: "u", Role: "chief", Scope: at("globex", "")}, true},
		{"everything", &rolecall.Assignment{Subject: "u", Role: rolecall.RoleOwner}, true},
		{"everything, from next year", &rolecall.Assignment{Subject: "u", Role: rolecall.RoleOwner, Validity: from}, true},
		{"another tenant, from next year", &rolecall.Assignment{Subject: "u", Role: rolecall.RoleTenantAdmin, Scope: at("globex", ""), Validity: from}, true},
		{"everything, until an hour ago", &rolecall.Assignment{Subject: "u", Role: rolecall.RoleOwner, Validity: until}, false},
		{"one thing of all", &rolecall.DirectGrant{Subject: "u", Permission: rolecall.PermissionAuditRead}, true},
		{"one thing of all, on a resource", &rolecall.DirectGrant{Subject: "u", Permission: rolecall.PermissionCheck, Scope: at("", "api:x")}, true},
		{"everything, through a group", &rolecall.Assignment{Subject: "staff", Role: rolecall.RoleOwner, Validity: from}, true},
	} {
		s := newStage(t,
			&rolecall.Tenant{ID: "acme", Name: "Acme"}, &rolecall.Tenant{ID: "globex", Name: "Globex"},
			&rolecall.User{ID: "u", Name: "U"}, &rolecall.Group{ID: "staff", Name: "Staff"}, &rolecall.GroupMember{Group: "staff", Member: "u"},
			&rolecall.Role{ID: "editor", Name: "Editor"}, &rolecall.Role{ID: "chief", Name: "Chief"},
			&rolecall.Inheritance{Senior: "chief", Junior: rolecall.RoleTenantAdmin},
		)
		if tt.holds != nil {
			s.add(tt.holds)
		}
		if got := s.Policy().AdministersBeyond("u", "acme", noon.Add(2*time.Hour)); got != tt.want {
			t.Errorf("who administers %s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
