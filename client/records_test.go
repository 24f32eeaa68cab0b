package client_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

// TestRecordsOfEveryKind makes a record of each kind, finds and lists it, and
// deletes it. Ids are of the sort that come from other systems.
func TestRecordsOfEveryKind(t *testing.T) {
	c := newServer(t).dial(t, "")
	ctx := t.Context()
	later := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	records := []rolecall.Record{
		&rolecall.API{ID: "https://api.example.com/", Identifier: "https://api.example.com/", Name: "API", Attributes: []byte(`{"a":1}`)},
		&rolecall.Permission{ID: "read:all", API: "https://api.example.com/", Name: "read:all things"},
		&rolecall.Tenant{ID: "org_é/1", Name: "Acme"},
		&rolecall.Role{ID: "auth0|12?x=#y", Name: "Editor", Tenant: "org_é/1"},
		&rolecall.Role{ID: "junior", Name: "Junior", Tenant: "org_é/1"},
		&rolecall.Inheritance{Senior: "auth0|12?x=#y", Junior: "junior"},
		&rolecall.Grant{Role: "junior", Permission: "read:all"},
		&rolecall.User{ID: "auth0|a b", Name: "Alice", Email: "alice@example.com"},
		&rolecall.Client{ID: "..", Name: "Robot"},
		&rolecall.Group{ID: "g", Name: "Staff"},
		&rolecall.GroupMember{Group: "g", Member: "auth0|a b", Source: rolecall.SourceSCIM},
		&rolecall.Membership{Tenant: "org_é/1", Subject: "auth0|a b", Source: rolecall.SourceManual},
		&rolecall.Assignment{Subject: "auth0|a b", Role: "junior", Scope: rolecall.Scope{Tenant: "org_é/1"}, Source: rolecall.SourceManual},
		&rolecall.Assignment{Subject: "auth0|a b", Role: "junior", Scope: rolecall.Scope{Tenant: "org_é/1", Resource: "doc:7"}, Source: rolecall.SourceImport, Validity: rolecall.Validity{ExpiresAt: later}, Reason: "a test"},
		&rolecall.DirectGrant{Subject: "g", Permission: "read:all", Source: rolecall.SourceManual},
		&rolecall.LoginID{Login: "alice@example.com", Subject: "auth0|a b"},
		&rolecall.Constraint{ID: "apart", Name: "Apart", Type: rolecall.Static, Tenant: "org_é/1", MaxAllowed: 1},
		&rolecall.ConstraintRole{Constraint: "apart", Role: "auth0|12?x=#y"},
		&rolecall.Session{ID: "s", Subject: "auth0|a b", Tenant: "org_é/1", Validity: rolecall.Validity{ExpiresAt: later}},
		&rolecall.SessionRole{Session: "s", Role: "junior"},
		&rolecall.ClientGrant{ID: "cgr_1", Client: "..", API: "https://api.example.com/", For: rolecall.ForClient, Scope: []string{"read:all things"}},
		&rolecall.Setting{Name: "branding", Value: []byte(`{"color":"red"}`)},
	}
	made := map[rolecall.Kind]bool{}
	for _, r := range records {
		made[r.Kind()] = true
		receipt := write(t, c, client.Create(r))
		if len(receipt.Changes) != 1 || receipt.Changes[0].Before != nil || receipt.Changes[0].After.Key() != r.Key() {
			t.Errorf("creating a %s made %+v", r.Kind(), receipt.Changes)
		}
	}
	for _, kind := range rolecall.Kinds {
		if !made[kind] && !slices.Contains([]rolecall.Kind{rolecall.KindCredential, rolecall.KindSigningKey, rolecall.KindInvitation, rolecall.KindInvitationRole}, kind) {
			t.Errorf("there is no %s among the records", kind)
		}
	}
	stamps := cmpopts.IgnoreTypes(rolecall.Stamps{})
	for _, want := range records {
		got, err := client.Find(ctx, c, want)
		if err != nil {
			t.Errorf("Find %s: %v", want.Kind(), err)
			continue
		}
		if diff := cmp.Diff(want, got, stamps); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Kind(), diff)
		}
		found := 0
		for page := (rolecall.Query{Kind: want.Kind(), Limit: 1}); ; {
			p, err := c.List(ctx, page)
			if err != nil {
				t.Fatalf("List %s: %v", want.Kind(), err)
			}
			for _, r := range p.Records {
				if r.Key() == want.Key() {
					found++
				}
			}
			if page.After = p.Next; p.Next == "" {
				break
			}
		}
		if found != 1 {
			t.Errorf("List %s shows the record %d times", want.Kind(), found)
		}
	}
	for i := len(records) - 1; i >= 0; i-- {
		write(t, c, client.Delete(records[i]))
		if _, err := client.Find(ctx, c, records[i]); !errors.Is(err, rolecall.ErrNotFound) {
			t.Errorf("a deleted %s: %v", records[i].Kind(), err)
		}
	}
}

func TestLists(t *testing.T) {
	c := newServer(t).dial(t, "")
	var ops []client.Op
	for i := range 25 {
		ops = append(ops, client.Create(&rolecall.User{ID: rolecall.SubjectID(fmt.Sprintf("u%02d", i)), Name: fmt.Sprintf("User %d", i%5), Blocked: i%2 == 0}))
	}
	ops = append(ops, client.Create(&rolecall.Group{ID: "g", Name: "Staff"}), client.Create(&rolecall.GroupMember{Group: "g", Member: "u07"}),
		client.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}), client.Create(&rolecall.Membership{Tenant: "acme", Subject: "u09"}))
	write(t, c, ops...)
	for _, tt := range []struct {
		name string
		q    rolecall.Query
		want string
	}{
		{"by page", rolecall.Query{Limit: 10, Where: []rolecall.Condition{rolecall.Where("blocked", "true")}}, "u00 u02 u04 u06 u08 u10 u12 u14 u16 u18 u20 u22 u24"},
		{"in descending order", rolecall.Query{Sort: "id", Desc: true, Where: []rolecall.Condition{rolecall.Where("name", "User 3")}}, "u23 u18 u13 u08 u03"},
		{"one of several", rolecall.Query{Where: []rolecall.Condition{{Field: "id", Op: rolecall.In, Values: []string{"u01", "u02", "none"}}}}, "u01 u02"},
		{"by text", rolecall.Query{Search: "USER 4"}, "u04 u09 u14 u19 u24"},
		{"of a group", rolecall.Query{Group: "g"}, "u07"},
		{"of a tenant", rolecall.Query{Tenant: "acme"}, "u09"},
		{"of nobody", rolecall.Query{Search: "nobody"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var ids []string
			for u, err := range client.All[*rolecall.User](t.Context(), c, tt.q) {
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, string(u.ID))
			}
			if got := strings.Join(ids, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	page, err := c.List(t.Context(), rolecall.Query{Kind: rolecall.KindUser, Limit: 2, Total: true})
	if err != nil || len(page.Records) != 2 || page.Total != 25 || page.Next == "" {
		t.Errorf("a page with its total: %+v, %v", page, err)
	}
	for _, err := range client.All[*rolecall.User](t.Context(), c, rolecall.Query{Sort: "height"}) {
		if !errors.Is(err, rolecall.ErrInvalid) {
			t.Errorf("an unknown field gives %v", err)
		}
	}
	for range client.All[*rolecall.User](t.Context(), c, rolecall.Query{Limit: 1}) {
		break // must not go on
	}
}

func TestWrites(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "")
	blog(t, c)
	ctx := t.Context()

	t.Run("a patch changes what it names", func(t *testing.T) {
		write(t, c, client.Update(&rolecall.Role{ID: "editor", Name: "Editor", Description: "edits"}))
		role, receipt, err := client.Patch(ctx, c, &rolecall.Role{ID: "editor"}, map[string]any{"name": "Chief"})
		if err != nil || role.Name != "Chief" || role.Description != "edits" || receipt.Revision != s.rc.Revision() {
			t.Errorf("Patch = %+v, %+v, %v", role, receipt, err)
		}
		if _, _, err := client.Patch(ctx, c, &rolecall.Role{ID: "editor"}, map[string]any{"nmae": "x"}); !errors.Is(err, rolecall.ErrInvalid) {
			t.Errorf("an unknown field gives %v", err)
		}
		if _, _, err := client.Patch(ctx, c, &rolecall.Grant{}, nil); !errors.Is(err, rolecall.ErrInvalid) {
			t.Errorf("a record without an id gives %v", err)
		}
	})
	t.Run("a dry run shows who gains and loses, and changes nothing", func(t *testing.T) {
		before := s.rc.Revision()
		dry := c.With(client.Terms{DryRun: true})
		receipt, err := dry.AssignRoles(ctx, rolecall.Assignment{Subject: "carol", Role: "editor"})
		want := []rolecall.Effect{{Subject: "carol", PermissionRef: rolecall.PermissionRef{API: "default", Name: "post.publish"}}}
		if err != nil || !receipt.DryRun || !cmp.Equal(receipt.Gained, want) || len(receipt.Lost) != 0 {
			t.Errorf("assigning: %+v, %v", receipt, err)
		}
		receipt, err = dry.UnassignRoles(ctx, rolecall.Assignment{Subject: "alice", Role: "editor"})
		if err != nil || len(receipt.Lost) != 1 || receipt.Lost[0].Subject != "alice" {
			t.Errorf("unassigning: %+v, %v", receipt, err)
		}
		if user, receipt, err := dry.CreateUser(ctx, client.NewUser{User: rolecall.User{ID: "dave"}}); user != nil || !receipt.DryRun || err != nil {
			t.Errorf("making a user: %+v, %+v, %v", user, receipt, err)
		}
		if key, receipt, err := dry.CreateKey(ctx, client.NewKey{Name: "robot"}); key != nil || !receipt.DryRun || err != nil {
			t.Errorf("making a key: %+v, %+v, %v", key, receipt, err)
		}
		if role, receipt, err := client.Patch(ctx, dry, &rolecall.Role{ID: "editor"}, map[string]any{"name": "X"}); role != nil || !receipt.DryRun || err != nil {
			t.Errorf("a patch: %+v, %+v, %v", role, receipt, err)
		}
		if s.rc.Revision() != before {
			t.Errorf("the revision went from %d to %d", before, s.rc.Revision())
		}
	})
	t.Run("an idempotency key makes a write once", func(t *testing.T) {
		once := c.With(client.Terms{IdempotencyKey: "import-7"})
		first := write(t, once, client.Create(&rolecall.User{ID: "frank"}))
		again := write(t, once, client.Create(&rolecall.User{ID: "frank"}))
		if first.Replayed || !again.Replayed || again.Revision != first.Revision {
			t.Errorf("first %+v, again %+v", first, again)
		}
	})
	t.Run("a reason is in the journal", func(t *testing.T) {
		write(t, c.With(client.Terms{Reason: "ticket 7"}), client.Create(&rolecall.User{ID: "grace"}))
		entries, err := c.Audit(ctx, rolecall.EntryQuery{Newest: true, Limit: 1})
		if err != nil || len(entries) != 1 || entries[0].Reason != "ticket 7" || entries[0].Subject != "grace" || entries[0].Door != "native" {
			t.Errorf("the newest entries are %+v, %v", entries, err)
		}
		entries, err = c.Audit(ctx, rolecall.EntryQuery{Subject: "grace", Kind: rolecall.KindUser, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)})
		if err != nil || len(entries) != 1 {
			t.Errorf("grace's entries are %+v, %v", entries, err)
		}
		head, err := c.VerifyAudit(ctx)
		project, at, err2 := c.Revision(ctx)
		if err != nil || err2 != nil || head.Project != project || head.Revision != at || project != s.rc.Project() {
			t.Errorf("VerifyAudit = %+v, %v; Revision = %q, %d, %v", head, err, project, at, err2)
		}
	})
}
