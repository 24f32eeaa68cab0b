package rolecall_test

import (
	"context"
	"testing"

	"github.com/rolecall/rolecall"
)

// Only who may do a thing everywhere is told that a tenant does not exist.
func TestAnUnknownTenant(t *testing.T) {
	records := append(blog(), user("root"), user("local"), role("other"),
		assigned("root", rolecall.RoleOwner, everywhere), assigned("local", rolecall.RoleTenantOwner, in("acme")))
	s := newStage(t, records...)
	ctx := context.Background()
	ask := func(by rolecall.SubjectID) ([]rolecall.Decision, error) {
		return s.Decide(ctx, rolecall.Actor{Subject: by}, rolecall.Request{Subject: "alice", Permission: "post.read", Tenant: "nope"})
	}

	wantError(t, s.as("root", rolecall.Create(assigned("alice", "other", in("nope")))), rolecall.ErrNotFound)
	wantError(t, s.as("local", rolecall.Create(assigned("alice", "other", in("nope")))), rolecall.ErrForbidden)
	if got, err := ask("root"); err != nil || got[0].Reason != rolecall.UnknownTenant {
		t.Errorf("Decide as the owner = %v, %v, want %s", got, err, rolecall.UnknownTenant)
	}
	_, err := ask("local")
	wantError(t, err, rolecall.ErrForbidden)

	// A tenant may be made together with what is in it.
	if err := s.as("root", rolecall.Create(tenant("new")), rolecall.Create(assigned("alice", "other", in("new")))); err != nil {
		t.Errorf("a tenant and an assignment in it = %v", err)
	}
}

// Decide asks of each question whether the actor may ask it, also when it may
// ask the one before.
func TestDecideAsksForEachQuestion(t *testing.T) {
	s := newStage(t, append(blog(), user("local"), assigned("local", rolecall.RoleTenantAdmin, in("acme")))...)
	own := rolecall.Request{Subject: "local", Permission: "post.read"}
	here := rolecall.Request{Subject: "alice", Permission: "post.read", Tenant: "acme"}
	there := rolecall.Request{Subject: "alice", Permission: "post.read", Tenant: "globex"}
	nowhere := rolecall.Request{Subject: "alice", Permission: "post.read"}
	nobody := rolecall.Request{Permission: "post.read"}
	for _, tt := range []struct {
		name string
		reqs []rolecall.Request
		want error
	}{
		{"about oneself anywhere, and about others in one's tenant", []rolecall.Request{own, here, own, here}, nil},
		{"about others in another tenant", []rolecall.Request{here, here, there}, rolecall.ErrForbidden},
		{"about others everywhere, after oneself", []rolecall.Request{own, nowhere}, rolecall.ErrForbidden},
		{"about nobody", []rolecall.Request{own, nobody}, rolecall.ErrForbidden},
	} {
		got, err := s.Decide(context.Background(), rolecall.Actor{Subject: "local"}, tt.reqs...)
		if tt.want != nil {
			wantError(t, err, tt.want)
		} else if err != nil || len(got) != len(tt.reqs) {
			t.Errorf("%s: Decide = %v, %v, want %d answers", tt.name, got, err, len(tt.reqs))
		}
	}
}
