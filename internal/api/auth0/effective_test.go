package auth0

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

// What comes by groups is effective, and not the user's own.
func TestEffectiveRolesAndPermissionsCountGroups(t *testing.T) {
	s := newStage(t)
	org := rolecall.TenantID(s.fill.Replace("${org}"))
	s.write(t,
		rolecall.Create(&rolecall.Group{ID: "staff", Name: "Staff"}), rolecall.Create(&rolecall.Group{ID: "all", Name: "All"}),
		rolecall.Create(&rolecall.GroupMember{Group: "staff", Member: "auth0|bob"}), rolecall.Create(&rolecall.GroupMember{Group: "all", Member: "staff"}),
		rolecall.Create(&rolecall.Role{ID: "junior", Name: "Junior"}), rolecall.Create(&rolecall.Role{ID: "senior", Name: "Senior"}),
		rolecall.Create(&rolecall.Inheritance{Senior: "senior", Junior: "reader"}),
		rolecall.Create(&rolecall.Assignment{Subject: "all", Role: "senior"}),
		rolecall.Create(&rolecall.Assignment{Subject: "auth0|bob", Role: "senior"}),
		rolecall.Create(&rolecall.Assignment{Subject: "staff", Role: "junior", Scope: rolecall.Scope{Tenant: org}}),
	)
	for path, want := range map[string]string{
		"/users/${other}/effective-roles":                                                                                           `{"roles":[{"id":"senior","name":"Senior","description":"","sources":["direct","groups"]}]}`,
		"/users/${other}/effective-roles/sources/groups?role_id=senior":                                                             `{"groups":[{"id":"all","name":"All","description":""}]}`,
		"/users/${other}/effective-roles/sources/groups?role_id=junior":                                                             `{"groups":[]}`,
		"/organizations/${org}/members/${other}/effective-roles":                                                                    `{"roles":[{"id":"junior","name":"Junior","description":"","sources":["groups"]}]}`,
		"/organizations/${org}/members/${other}/effective-roles/sources/groups?role_id=junior":                                      `{"groups":[{"id":"staff","name":"Staff","description":""}]}`,
		"/users/${other}/effective-permissions?resource_server_identifier=https://api":                                              `{"permissions":[{"permission_name":"read","description":"","resource_server_name":"API","resource_server_identifier":"https://api","sources":["roles"]}]}`,
		"/users/${other}/effective-permissions?resource_server_identifier=https://x":                                                `{"permissions":[]}`,
		"/users/${other}/effective-permissions/sources/effective-roles?resource_server_identifier=https://api&permission_name=read": `{"roles":[{"id":"senior","name":"Senior","description":"","sources":["direct","groups"]}]}`,
		"/users/${other}/roles":                        `[{"id":"senior","name":"Senior","description":""}]`,
		"/users/${other}/permissions":                  `[{"permission_name":"read","description":"","resource_server_name":"API","resource_server_identifier":"https://api","sources":[{"source_id":"senior","source_name":"Senior","source_type":"ROLE"}]}]`,
		"/organizations/${org}/members/${other}/roles": `[]`,
	} {
		got := s.ask(t, "GET", path, "")
		var is, wanted any
		if json.Unmarshal([]byte(got.Body), &is) != nil || json.Unmarshal([]byte(want), &wanted) != nil {
			t.Fatalf("%s = %d %s", path, got.Status, got.Body)
		}
		if d := cmp.Diff(wanted, is); d != "" {
			t.Errorf("%s (-want +got):\n%s", path, d)
		}
	}
}
