package postgres_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/postgres"
)

// Two nodes whose clocks are as far apart as nodes that start may be: one as much
// ahead of the database as the other is behind it.
func TestNodesWhoseClocksAreApart(t *testing.T) {
	ctx := t.Context()
	source := pgtest.Source(t)
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var now atomic.Pointer[time.Time] // by the database
	set := func(t time.Time) { now.Store(&t) }
	set(noon)
	node := func(off time.Duration) *rolecall.Service {
		t.Helper()
		rc, err := rolecall.Open(ctx, postgres.Database(source), rolecall.WithClock(func() time.Time { return now.Load().Add(off) }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { rc.Close() })
		return rc
	}
	ahead, behind := node(30*time.Second), node(-30*time.Second)
	by := rolecall.System("test")
	// each waits until both have what one has written.
	write := func(rc *rolecall.Service, ops ...rolecall.Op) {
		t.Helper()
		receipt, err := rc.Write(ctx, by, ops...)
		if err != nil {
			t.Fatal(err)
		}
		for _, rc := range []*rolecall.Service{ahead, behind} {
			patient, cancel := context.WithTimeout(ctx, time.Minute)
			err := rc.WaitFor(patient, receipt.Revision)
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			if rc.Revision() < receipt.Revision {
				t.Fatalf("at %d after waiting for %d", rc.Revision(), receipt.Revision)
			}
		}
	}
	write(ahead,
		rolecall.Create(&rolecall.Permission{ID: "p", Name: "p"}), rolecall.Create(&rolecall.Role{ID: "r", Name: "r"}),
		rolecall.Create(&rolecall.Grant{Role: "r", Permission: "p"}), rolecall.Create(&rolecall.User{ID: "u"}))
	// From noon to a minute later, by the one who writes: each judges it by its own clock.
	write(behind, rolecall.Create(&rolecall.Assignment{Subject: "u", Role: "r",
		Validity: rolecall.Validity{StartsAt: noon, ExpiresAt: noon.Add(time.Minute)}}))
	for _, tt := range []struct {
		at            time.Duration // after noon, by the database
		ahead, behind bool
	}{
		{-31 * time.Second, false, false},
		{-30 * time.Second, true, false},
		{29 * time.Second, true, false},
		{30 * time.Second, false, true},
		{89 * time.Second, false, true},
		{90 * time.Second, false, false},
	} {
		set(noon.Add(tt.at))
		for _, n := range []struct {
			name string
			rc   *rolecall.Service
			want bool
		}{{"ahead", ahead, tt.ahead}, {"behind", behind, tt.behind}} {
			d, err := n.rc.Check(ctx, rolecall.Request{Subject: "u", Permission: "p"})
			if err != nil || d.Allowed != n.want {
				t.Errorf("%v from noon, by the node that is %s: %v, %v, want %v", tt.at, n.name, d.Allowed, err, n.want)
			}
		}
	}

	// A token of either is taken by the other at once, and by both not for ever.
	set(noon)
	keys := map[string]*token.Keys{"ahead": token.New(ahead, token.WithIssuer("https://a/")), "behind": token.New(behind, token.WithIssuer("https://a/"))}
	for from, k := range keys {
		set(noon)
		raw, err := k.Issue(ctx, token.Claims{Subject: "u", Audience: []string{"x"}, Expires: noon.Add(5 * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		write(ahead, rolecall.Create(&rolecall.User{ID: rolecall.SubjectID("after-" + from)})) // so that both have the key
		for at, k := range keys {
			set(noon)
			if _, err := k.Verify(ctx, raw, token.Expect{Audience: "x"}); err != nil {
				t.Errorf("a token of the node that is %s, at the one that is %s: %v", from, at, err)
			}
			set(noon.Add(5*time.Minute + 30*time.Second))
			if _, err := k.Verify(ctx, raw, token.Expect{Audience: "x"}); err == nil {
				t.Errorf("a token of the node that is %s is taken by the one that is %s when it is over by every clock", from, at)
			}
		}
	}

	// The order of the journal is not that of its times, and it is whole.
	set(noon)
	write(ahead, rolecall.Create(&rolecall.User{ID: "first"}))
	write(behind, rolecall.Create(&rolecall.User{ID: "second"}))
	entries, err := behind.Audit(ctx, by, rolecall.EntryQuery{Kind: rolecall.KindUser, Newest: true, Limit: 2})
	if err != nil || len(entries) != 2 || entries[0].Key != "second" || !entries[0].Time.Before(entries[1].Time) {
		t.Errorf("the last of the journal: %+v, %v", entries, err)
	}
	if _, err := ahead.VerifyAudit(ctx, by, nil); err != nil {
		t.Error(err)
	}
	for name, rc := range map[string]*rolecall.Service{"ahead": ahead, "behind": behind} {
		if err := rc.Usable(); err != nil {
			t.Errorf("how old the answers of the node that is %s are, goes by its clock: %v", name, err)
		}
	}
}
