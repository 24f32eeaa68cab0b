package rolecall_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

func TestPermissionsAreWhatTheCodeNames(t *testing.T) {
	blog := rolecall.PermissionRef{API: "https://blog", Name: "post"}
	s := newStage(t, &rolecall.API{ID: "blog", Identifier: "https://blog", Name: "Blog"}, &rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Shop"},
		permission("kept"), permission("unused"),
		&rolecall.Permission{ID: "b1", API: "blog", Name: "old"}, &rolecall.Permission{ID: "s1", API: "shop", Name: "buy"})
	named := []rolecall.PermissionRef{{Name: "kept"}, {Name: "new"}, {API: "default", Name: "new"}, blog, blog}
	sync, err := s.SyncPermissions(t.Context(), system, named...)
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for _, p := range sync.Missing {
		made = append(made, string(p.API)+" "+p.Name)
	}
	if diff := cmp.Diff([]string{"default new", "blog post"}, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	// Of the shop nothing is named: its permissions are somebody else's.
	if diff := cmp.Diff([]rolecall.PermissionRef{{API: "default", Name: "unused"}, {API: "https://blog", Name: "old"}}, sync.Unused); diff != "" {
		t.Errorf("unused (-want +got):\n%s", diff)
	}
	before := s.Revision()
	again, err := s.SyncPermissions(t.Context(), system, named...)
	if err != nil || len(again.Missing) != 0 || s.Revision() != before {
		t.Errorf("a second time: %+v, %v, revision %d", again, err, s.Revision())
	}
	s.unchanged(func() {
		if _, err := s.SyncPermissions(t.Context(), system, rolecall.PermissionRef{API: "https://nowhere", Name: "x"}, rolecall.PermissionRef{Name: "y"}); !errors.Is(err, rolecall.ErrNotFound) {
			t.Errorf("of an unknown API: %v", err)
		}
		if _, err := s.SyncPermissions(t.Context(), rolecall.Actor{Subject: "nobody", Door: "test"}, rolecall.PermissionRef{Name: "y"}); !errors.Is(err, rolecall.ErrForbidden) {
			t.Errorf("by who may not: %v", err)
		}
	})
}
