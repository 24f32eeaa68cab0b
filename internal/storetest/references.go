package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/rolecall/rolecall"
)

// town is a small project in which every kind of reference is made.
func town() []rolecall.Record {
	const by = rolecall.SourceManual
	acme := rolecall.Scope{Tenant: "acme"}
	return []rolecall.Record{
		&rolecall.API{ID: "api", Identifier: "api", Name: "api"},
		&rolecall.API{ID: "other", Identifier: "other", Name: "other"},
		&rolecall.Permission{ID: "read", API: "api", Name: "read"},
		&rolecall.Permission{ID: "write", API: "other", Name: "write"},
		&rolecall.Tenant{ID: "acme", Name: "acme"},
		&rolecall.Tenant{ID: "empty", Name: "empty"},
		&rolecall.Role{ID: "boss", Name: "boss"},
		&rolecall.Role{ID: "clerk", Name: "clerk"},
		&rolecall.Role{ID: "local", Tenant: "acme", Name: "local"},
		&rolecall.Inheritance{Senior: "boss", Junior: "clerk"},
		&rolecall.Inheritance{Senior: "local", Junior: "clerk"},
		&rolecall.Grant{Role: "clerk", Permission: "read"},
		&rolecall.Grant{Role: "local", Permission: "write"},
		&rolecall.User{ID: "ann"}, &rolecall.User{ID: "bob"},
		&rolecall.Client{ID: "robot"},
		&rolecall.Group{ID: "staff", Name: "staff"}, &rolecall.Group{ID: "all", Name: "all"},
		&rolecall.GroupMember{Group: "all", Member: "staff", Source: by},
		&rolecall.GroupMember{Group: "staff", Member: "ann", Source: by},
		&rolecall.GroupMember{Group: "staff", Member: "robot", Source: by},
		&rolecall.Membership{Tenant: "acme", Subject: "ann", Source: by},
		&rolecall.Membership{Tenant: "acme", Subject: "robot", Source: by},
		&rolecall.Assignment{Subject: "ann", Role: "boss", Source: by},
		&rolecall.Assignment{Subject: "ann", Role: "local", Scope: acme, Source: by},
		&rolecall.Assignment{Subject: "bob", Role: "clerk", Scope: acme, Source: by},
		&rolecall.Assignment{Subject: "staff", Role: "clerk", Source: by},
		&rolecall.DirectGrant{Subject: "robot", Permission: "read", Source: by},
		&rolecall.DirectGrant{Subject: "bob", Permission: "write", Scope: acme, Source: by},
		&rolecall.LoginID{Login: "ann@example.com", Subject: "ann"},
		&rolecall.Credential{ID: "secret", Subject: "ann", Type: rolecall.Password},
		&rolecall.Credential{ID: "key", Subject: "robot", Type: rolecall.AccessKey},
		&rolecall.SigningKey{ID: "kid", Public: []byte(`{}`)},
		&rolecall.Setting{Name: "s", Value: []byte(`1`)},
		&rolecall.ClientGrant{ID: "cgr", Client: "robot", API: "api", For: rolecall.ForClient},
		&rolecall.Invitation{ID: "inv", Tenant: "acme", Email: "zoe@example.com"},
		&rolecall.InvitationRole{Invitation: "inv", Role: "local", Tenant: "acme"},
		&rolecall.Constraint{ID: "apart", Name: "apart", MaxAllowed: 1},
		&rolecall.ConstraintRole{Constraint: "apart", Role: "boss"},
		&rolecall.Session{ID: "s", Subject: "ann", Tenant: "acme"},
		&rolecall.SessionRole{Session: "s", Role: "local"},
	}
}

func referenced(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(town()...)
	unused := map[string]bool{"tenant empty": true}
	s.write(func(tx rolecall.Tx) error {
		for _, r := range town() {
			switch r.Kind() {
			case rolecall.KindAPI, rolecall.KindPermission, rolecall.KindTenant, rolecall.KindRole,
				rolecall.KindUser, rolecall.KindClient, rolecall.KindGroup:
				what := fmt.Sprint(r.Kind(), " ", r.Key())
				err := tx.Delete(ctx, r)
				if !unused[what] {
					wants(t, "delete "+what, err, rolecall.ErrReferenced, "")
				} else if err != nil {
					t.Errorf("delete %s: %v", what, err)
				}
			}
		}
		return nil
	})
}

func dangling(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(town()...)
	const by = rolecall.SourceManual
	nowhere := rolecall.Scope{Tenant: "none"}
	inserts := []struct {
		field string
		r     rolecall.Record
	}{
		{"api", &rolecall.Permission{ID: "x", API: "none", Name: "x"}},
		{"tenant", &rolecall.Role{ID: "x", Tenant: "none", Name: "x"}},
		{"senior", &rolecall.Inheritance{Senior: "none", Junior: "boss"}},
		{"junior", &rolecall.Inheritance{Senior: "boss", Junior: "none"}},
		{"role", &rolecall.Grant{Role: "none", Permission: "read"}},
		{"permission", &rolecall.Grant{Role: "boss", Permission: "none"}},
		{"group", &rolecall.GroupMember{Group: "none", Member: "ann", Source: by}},
		{"group", &rolecall.GroupMember{Group: "bob", Member: "ann", Source: by}}, // a user, not a group
		{"member", &rolecall.GroupMember{Group: "staff", Member: "none", Source: by}},
		{"tenant", &rolecall.Membership{Tenant: "none", Subject: "ann", Source: by}},
		{"subject", &rolecall.Membership{Tenant: "acme", Subject: "none", Source: by}},
		{"subject", &rolecall.Assignment{Subject: "none", Role: "boss", Source: by}},
		{"role", &rolecall.Assignment{Subject: "ann", Role: "none", Source: by}},
		{"tenant", &rolecall.Assignment{Subject: "ann", Role: "boss", Scope: nowhere, Source: by}},
		{"subject", &rolecall.DirectGrant{Subject: "none", Permission: "read", Source: by}},
		{"permission", &rolecall.DirectGrant{Subject: "ann", Permission: "none", Source: by}},
		{"tenant", &rolecall.DirectGrant{Subject: "ann", Permission: "read", Scope: nowhere, Source: by}},
		{"subject", &rolecall.LoginID{Login: "x", Subject: "none"}},
		{"subject", &rolecall.Credential{ID: "x", Subject: "none", Type: rolecall.AccessKey}},
	}
	for _, test := range inserts {
		what := fmt.Sprintf("insert %s %q", test.r.Kind(), test.r.Key())
		err := s.Write(ctx, func(tx rolecall.Tx) error {
			if err := put(tx, &rolecall.User{ID: "eve"}); err != nil {
				t.Error(err)
			}
			wants(t, what, tx.Insert(ctx, test.r), rolecall.ErrNotFound, test.field)
			return nil // the transaction ends with the error all the same
		})
		wants(t, what+", then commit", err, rolecall.ErrNotFound, test.field)
	}
	err := s.Write(ctx, func(tx rolecall.Tx) error {
		return tx.Update(ctx, &rolecall.Permission{ID: "read", API: "none", Name: "read"})
	})
	wants(t, "update a permission", err, rolecall.ErrNotFound, "api")
	err = s.Write(ctx, func(tx rolecall.Tx) error {
		return tx.Update(ctx, &rolecall.Role{ID: "local", Tenant: "none", Name: "local"})
	})
	wants(t, "update a role", err, rolecall.ErrNotFound, "tenant")
	if got := len(s.list(rolecall.Query{Kind: rolecall.KindUser}).Records); got != 2 {
		t.Errorf("%d users after all that was refused, want 2", got)
	}
}

func referring(t *testing.T, e Engine) {
	ctx := context.Background()
	tests := []struct {
		kind rolecall.Kind
		id   string
		want []string
	}{
		{rolecall.KindAPI, "api", []string{"client_grant cgr", "direct_grant robot\tread\t\t\tmanual", "grant clerk\tread", "permission read"}},
		{rolecall.KindPermission, "write", []string{"direct_grant bob\twrite\tacme\t\tmanual", "grant local\twrite"}},
		{rolecall.KindTenant, "acme", []string{
			"invitation_role inv\tlocal", "invitation inv", "session_role s\tlocal", "session s",
			"direct_grant bob\twrite\tacme\t\tmanual",
			"assignment ann\tlocal\tacme\t\tmanual", "assignment bob\tclerk\tacme\t\tmanual",
			"membership acme\tann", "membership acme\trobot",
			"grant local\twrite", "inheritance local\tclerk", "role local",
		}},
		{rolecall.KindTenant, "empty", nil},
		{rolecall.KindConstraint, "apart", []string{"constraint_role apart\tboss"}},
		{rolecall.KindRole, "boss", []string{"assignment ann\tboss\t\t\tmanual", "constraint_role apart\tboss", "inheritance boss\tclerk"}},
		{rolecall.KindRole, "clerk", []string{
			"assignment bob\tclerk\tacme\t\tmanual", "assignment staff\tclerk\t\t\tmanual",
			"grant clerk\tread", "inheritance boss\tclerk", "inheritance local\tclerk",
		}},
		{rolecall.KindUser, "ann", []string{
			"credential secret", "login_id ann@example.com", "session_role s\tlocal", "session s",
			"assignment ann\tboss\t\t\tmanual", "assignment ann\tlocal\tacme\t\tmanual",
			"membership acme\tann", "group_member staff\tann",
		}},
		{rolecall.KindInvitation, "inv", []string{"invitation_role inv\tlocal"}},
		{rolecall.KindClient, "robot", []string{
			"client_grant cgr", "credential key", "direct_grant robot\tread\t\t\tmanual", "membership acme\trobot", "group_member staff\trobot",
		}},
		{rolecall.KindGroup, "staff", []string{
			"assignment staff\tclerk\t\t\tmanual",
			"group_member staff\tann", "group_member staff\trobot", "group_member all\tstaff",
		}},
		{rolecall.KindGrant, "clerk\tread", nil},
		{rolecall.KindSetting, "s", nil},
		{rolecall.KindUser, "nobody", nil},
		{rolecall.KindUser, "\xff\x00", nil},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.kind, " ", test.id), func(t *testing.T) {
			s := e.open(t)
			s.put(town()...)
			s.write(func(tx rolecall.Tx) error {
				var got []string
				list := func(r rolecall.Record) error {
					got = append(got, fmt.Sprint(r.Kind(), " ", r.Key()))
					return nil
				}
				if err := tx.Referring(ctx, test.kind, test.id, list); err != nil {
					return err
				}
				same(t, "what refers", got, test.want)
				if err := tx.Referring(ctx, test.kind, test.id, func(r rolecall.Record) error { return tx.Delete(ctx, r) }); err != nil {
					return err
				}
				r, err := tx.Get(ctx, test.kind, test.id)
				if err != nil {
					return nil
				}
				return tx.Delete(ctx, r)
			})
		})
	}
}

func referringMany(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	const n = 1700 // more than a store reads at a time
	records := []rolecall.Record{&rolecall.Tenant{ID: "t", Name: "t"}, &rolecall.Role{ID: "r", Tenant: "t", Name: "r"}}
	for i := range n {
		id := rolecall.SubjectID(fmt.Sprintf("u%04d", i*7%n))
		records = append(records, &rolecall.User{ID: id},
			&rolecall.Assignment{Subject: id, Role: "r", Scope: rolecall.Scope{Tenant: "t"}, Source: rolecall.SourceManual},
			&rolecall.Membership{Tenant: "t", Subject: id, Source: rolecall.SourceManual})
	}
	s.put(records...)
	s.write(func(tx rolecall.Tx) error {
		seen := map[string]int{}
		err := tx.Referring(ctx, rolecall.KindTenant, "t", func(r rolecall.Record) error {
			seen[fmt.Sprint(r.Kind(), " ", r.Key())]++
			return tx.Delete(ctx, r)
		})
		if len(seen) != 2*n+1 {
			t.Errorf("visited %d records, want %d", len(seen), 2*n+1)
		}
		if err != nil {
			return err
		}
		return tx.Delete(ctx, &rolecall.Tenant{ID: "t"})
	})
}
