package rolecall_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"pgregory.net/rapid"
)

// TestLimitedAdministratorsStayLimited lets administrators do what they like.
// None holds "crown", and one of them administers one tenant only: whatever
// they write, alone or one after the other, nobody comes to hold "crown", no
// one gets hold of an account that does, and what the tenant's administrator
// gives stays in that tenant.
func TestLimitedAdministratorsStayLimited(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t,
			permission("crown"), permission("a"), permission("b"), tenant("acme"), tenant("globex"),
			role("royal"), grant("royal", "crown"), role("r1"), grant("r1", "a"), role("r2"), tenantRole("acme", "ra"), grant("ra", "b"),
			group("g1"), group("g2"), group("royals"), assigned("royals", "royal", everywhere),
			user("olga"), assigned("olga", rolecall.RoleOwner, everywhere), assigned("olga", "royal", everywhere),
			user("queen"), assigned("queen", "royal", in("acme")), user("princess"), member("royals", "princess"),
			&rolecall.User{ID: "exiled", Blocked: true}, assigned("exiled", "royal", everywhere),
			user("adam"), assigned("adam", rolecall.RoleAdministrator, everywhere), assigned("adam", "r1", everywhere),
			user("temp"), until(assigned("temp", rolecall.RoleAdministrator, everywhere), noon.Add(time.Hour)),
			user("tina"), assigned("tina", rolecall.RoleTenantOwner, in("acme")), assigned("tina", "ra", in("acme")),
			user("bob"), user("eve"),
		)
		royal := []rolecall.SubjectID{"olga", "queen", "princess", "exiled"}
		actors := []rolecall.SubjectID{"adam", "temp", "tina", "bob", "eve"}
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			by := rapid.SampledFrom(actors).Draw(rt, "by")
			ops := rapid.SliceOfN(rapid.Custom(anyOp), 1, 3).Draw(rt, "ops")
			if rapid.IntRange(0, 9).Draw(rt, "later") == 0 {
				s.now = s.now.Add(20 * time.Minute)
			}
			had := map[rolecall.SubjectID][]string{}
			if by == "tina" {
				for _, who := range append(actors, "g1", "g2") {
					had[who] = outside(s, who)
				}
			}
			if err := s.as(by, ops...); err != nil {
				if !errors.Is(err, rolecall.ErrEscalation) && !errors.Is(err, rolecall.ErrForbidden) && !errors.Is(err, rolecall.ErrInvalid) &&
					!errors.Is(err, rolecall.ErrConflict) && !errors.Is(err, rolecall.ErrNotFound) && !errors.Is(err, rolecall.ErrLockOut) {
					rt.Fatalf("%s: %v", by, err)
				}
				continue
			}
			for _, who := range append(actors, "g1", "g2") {
				for _, tenant := range []rolecall.TenantID{"", "acme", "globex"} {
					for _, later := range []time.Duration{0, 30 * time.Minute, 2 * time.Hour, 48 * time.Hour} {
						asked := rolecall.Request{Subject: who, Permission: "crown", Tenant: tenant}
						if s.Policy().Decide(asked, s.now.Add(later)).Allowed {
							rt.Fatalf("after a write of %s, %s holds crown in %q in %v", by, who, tenant, later)
						}
					}
				}
			}
			for _, who := range royal {
				if !crowned(s, who) {
					continue // somebody took it away, which is anybody's who may administer
				}
				page, err := s.List(t.Context(), system, rolecall.Query{Kind: rolecall.KindCredential, Where: []rolecall.Condition{rolecall.Where("subject", who)}})
				if err != nil {
					rt.Fatal(err)
				}
				if len(page.Records) > 0 {
					rt.Fatalf("after a write of %s, there is a password for %s", by, who)
				}
			}
			for who, before := range had {
				if after := outside(s, who); !subset(after, before) {
					rt.Fatalf("after a write of tina's, %s holds outside acme %q, before %q", who, after, before)
				}
			}
		}
		if _, err := s.VerifyAudit(t.Context(), system, nil); err != nil {
			rt.Fatal(err)
		}
	})
}

// crowned reports whether who, blocked or not, still holds "crown" somewhere.
func crowned(s *stage, who rolecall.SubjectID) bool {
	x := s.Policy().Explain(rolecall.Request{Subject: who, Permission: "crown", Tenant: "acme"}, s.now)
	return len(x.Paths) > 0 || slices.ContainsFunc(x.Near, func(n rolecall.Near) bool { return n.Blocks == rolecall.SubjectBlocked })
}

// outside lists what a subject holds outside acme.
func outside(s *stage, who rolecall.SubjectID) (all []string) {
	for _, tenant := range []rolecall.TenantID{"", "globex"} {
		page, _ := s.Policy().WhatCan(rolecall.WhatCanQuery{Subject: who, Tenant: tenant, Limit: rolecall.MaxPage}, s.now)
		for _, p := range page {
			all = append(all, string(tenant)+" "+p.Name)
		}
	}
	return all
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// anyOp draws an operation that somebody might try.
func anyOp(rt *rapid.T) rolecall.Op {
	subject := rapid.SampledFrom([]rolecall.SubjectID{"adam", "temp", "tina", "bob", "eve", "queen", "princess", "exiled", "g1", "g2", "royals"})
	groups := rapid.SampledFrom([]rolecall.SubjectID{"g1", "g2", "royals"})
	roles := rapid.SampledFrom([]rolecall.RoleID{"royal", "r1", "r2", "ra", rolecall.RoleOwner, rolecall.RoleAdministrator, rolecall.RoleTenantOwner, rolecall.RoleTenantAdmin})
	permissions := rapid.SampledFrom([]rolecall.PermissionID{"crown", "a", "b", rolecall.PermissionEscalate, "rolecall:members.write"})
	scope := rapid.SampledFrom([]rolecall.Scope{{}, {Tenant: "acme"}, {Tenant: "globex"}, {Resource: "doc:1"}, {Tenant: "acme", Resource: "doc:1"}})
	ends := rapid.SampledFrom([]time.Time{{}, noon.Add(30 * time.Minute), noon.Add(100 * time.Hour)})

	var r rolecall.Record
	switch rapid.IntRange(0, 10).Draw(rt, "what") {
	case 0, 1:
		r = until(assigned(subject.Draw(rt, "subject"), roles.Draw(rt, "role"), scope.Draw(rt, "scope")), ends.Draw(rt, "end"))
	case 2:
		r = grant(roles.Draw(rt, "role"), permissions.Draw(rt, "permission"))
	case 3:
		r = inherits(roles.Draw(rt, "senior"), roles.Draw(rt, "junior"))
	case 4:
		r = member(groups.Draw(rt, "group"), subject.Draw(rt, "member"))
	case 5:
		g := direct(subject.Draw(rt, "subject"), permissions.Draw(rt, "permission"), scope.Draw(rt, "scope"))
		g.ExpiresAt = ends.Draw(rt, "end")
		r = g
	case 6:
		blocked := rapid.Bool().Draw(rt, "blocked")
		return rolecall.Modify(user(subject.Draw(rt, "subject")), func(u *rolecall.User) error { u.Blocked = blocked; return nil })
	case 7:
		r = password(subject.Draw(rt, "subject"))
	case 8:
		id := roles.Draw(rt, "role")
		return rolecall.Modify(role(id), func(r *rolecall.Role) error { r.Default = !r.Default; return nil })
	case 9:
		name := string(permissions.Draw(rt, "name"))
		return rolecall.Modify(permission(permissions.Draw(rt, "permission")), func(p *rolecall.Permission) error { p.Name = name; return nil })
	case 10:
		return rolecall.Delete(rapid.SampledFrom([]rolecall.Record{
			permission("a"), permission("crown"), role("r1"), group("g1"), tenant("globex"),
		}).Draw(rt, "deleted"))
	}
	if rapid.Bool().Draw(rt, "delete") {
		return rolecall.Delete(r)
	}
	return rolecall.Put(r)
}
