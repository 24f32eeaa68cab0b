package auth0

import (
	"context"
	"slices"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

func TestScopesStandForPermissionsThatExist(t *testing.T) {
	ctx := context.Background()
	store, err := sqlite.Memory().OpenStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rc, err := rolecall.New(ctx, store)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	seen := map[string]bool{}
	for _, s := range Scopes {
		if seen[s.Name] || len(s.Permissions) == 0 || s.Description == "" {
			t.Errorf("%s is there twice, or stands for nothing, or is not described", s.Name)
		}
		seen[s.Name] = true
		for _, p := range s.Permissions {
			if _, err := rolecall.Find(ctx, rc, rolecall.System("test"), &rolecall.Permission{ID: rolecall.PermissionID(p)}); err != nil {
				t.Errorf("%s stands for %s: %v", s.Name, p, err)
			}
		}
		if slices.Contains(s.Permissions, rolecall.PermissionEscalate) {
			t.Errorf("%s gives what its holder does not hold", s.Name)
		}
	}
}

func TestPermissionsOfScopes(t *testing.T) {
	own := func(name string) bool { return name == "rolecall:check" }
	got, unknown := permissionsOf([]string{"create:organizations", "rolecall:check", "read:organizations"}, own)
	want := []string{"rolecall:check", readMembers, readTenants, writeTenants, readUsers}
	if slices.Sort(want); !slices.Equal(got, want) || unknown != "" {
		t.Errorf("permissionsOf = %v, %q, want %v", got, unknown, want)
	}
	if _, unknown := permissionsOf([]string{"read:users", "read:shoes"}, own); unknown != "read:shoes" {
		t.Errorf("unknown = %q", unknown)
	}
}
