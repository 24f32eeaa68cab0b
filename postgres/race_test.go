package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/postgres"
)

// services opens a project several times, as nodes do.
func services(t *testing.T, source string, n int) []*rolecall.Service {
	t.Helper()
	all := make([]*rolecall.Service, n)
	for i := range all {
		rc, err := rolecall.Open(context.Background(), postgres.Database(source))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { rc.Close() })
		all[i] = rc
	}
	return all
}

// Two writes on two nodes, each allowed by itself: an invariant is checked
// against what the other left.
func TestInvariantsHoldAcrossNodes(t *testing.T) {
	ctx := context.Background()
	nodes := services(t, pgtest.Source(t), 3)
	by := rolecall.System("test")
	for round := range 10 {
		tenant := rolecall.TenantID(fmt.Sprint("t", round))
		in := rolecall.Scope{Tenant: tenant}
		owner := func(n int) *rolecall.Assignment {
			return &rolecall.Assignment{Subject: rolecall.SubjectID(fmt.Sprintf("%s-owner%d", tenant, n)), Role: rolecall.RoleTenantOwner, Scope: in}
		}
		ops := []rolecall.Op{rolecall.Create(&rolecall.Tenant{ID: tenant, Name: string(tenant)})}
		for n := range nodes {
			ops = append(ops, rolecall.Create(&rolecall.User{ID: owner(n).Subject}), rolecall.Put(owner(n)))
		}
		if _, err := nodes[0].Write(ctx, by, ops...); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		errs := make([]error, len(nodes))
		for n, rc := range nodes {
			group.Go(func() { _, errs[n] = rc.Write(ctx, by, rolecall.Unassign(*owner(n))) })
		}
		group.Wait()
		refused := 0
		for _, err := range errs {
			if errors.Is(err, rolecall.ErrLockOut) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 1 {
			t.Errorf("round %d: %d of %d owners stayed, want 1", round, refused, len(nodes))
		}
	}
}

// The duties of one user are given by two nodes at once: one comes too late.
func TestSeparationOfDutyAcrossNodes(t *testing.T) {
	ctx := context.Background()
	nodes := services(t, pgtest.Source(t), 2)
	by := rolecall.System("test")
	ops := []rolecall.Op{rolecall.Create(&rolecall.Constraint{ID: "c", Name: "c", MaxAllowed: 1})}
	for n := range nodes {
		role := rolecall.RoleID(fmt.Sprint("r", n))
		ops = append(ops, rolecall.Create(&rolecall.Role{ID: role, Name: string(role)}),
			rolecall.Create(&rolecall.ConstraintRole{Constraint: "c", Role: role}))
	}
	if _, err := nodes[0].Write(ctx, by, ops...); err != nil {
		t.Fatal(err)
	}
	for round := range 10 {
		user := rolecall.SubjectID(fmt.Sprint("u", round))
		if _, err := nodes[0].Write(ctx, by, rolecall.Create(&rolecall.User{ID: user})); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		errs := make([]error, len(nodes))
		for n, rc := range nodes {
			group.Go(func() {
				_, errs[n] = rc.Write(ctx, by, rolecall.Create(&rolecall.Assignment{Subject: user, Role: rolecall.RoleID(fmt.Sprint("r", n))}))
			})
		}
		group.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("round %d: the two writes gave %v and %v, want one of them refused", round, errs[0], errs[1])
		}
	}
}

// Of each write the other nodes are told: they need not look by themselves.
func TestNodesAreWoken(t *testing.T) {
	ctx := t.Context()
	source := pgtest.Source(t)
	node := services(t, source, 1)[0]
	db, err := postgres.Open(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	woken := make(chan struct{}, 100)
	var watching sync.WaitGroup
	defer watching.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watching.Go(func() { db.Watch(ctx, func() { woken <- struct{}{} }) })
	<-woken // it listens
	for n := range 20 {
		if _, err := node.Write(ctx, rolecall.System("test"), rolecall.Create(&rolecall.User{ID: rolecall.SubjectID(fmt.Sprint("u", n))})); err != nil {
			t.Fatal(err)
		}
		select {
		case <-woken:
		case <-time.After(time.Minute):
			t.Fatalf("write %d was not announced", n)
		}
	}
}

// A node that can't reach its database decides for a while, and says so.
func TestANodeWithoutItsDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for seconds")
	}
	cluster, err := pgtest.Start()
	if err != nil {
		pgtest.Missing(t, err)
	}
	defer cluster.Stop()
	const staleFor = rolecall.FreshFor + 4*time.Second // so that we look while its answers are marked
	key := founded(t, cluster.Source, rolecall.Create(&rolecall.User{ID: "ann"}), rolecall.Create(&rolecall.Permission{ID: "p", Name: "p"}),
		rolecall.Create(&rolecall.DirectGrant{Subject: "ann", Permission: "p"}))
	n := newNode(t, cluster.Source, key, staleFor)
	n.start()
	defer func() { n.process.Process.Kill(); n.process.Wait() }()
	n.ready("ready")
	c := newClient(time.Minute)
	check := func() answer {
		t.Helper()
		a, err := n.ask(c, "POST", "/check", "", `{"subject":"ann","permission":"p"}`)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := check(); a.status != 200 || !allowed(a) {
		t.Fatalf("with its database: %d %s, stale: %v", a.status, a.body, a.stale)
	}
	if _, err := n.ask(c, "POST", "/users", "", `{"name":"bob"}`); err != nil { // the key was verified before this
		t.Fatal(err)
	}
	if err := cluster.Down(); err != nil {
		t.Fatal(err)
	}
	down := time.Now()
	// It goes by how old its snapshot is, however late we look.
	fresh := down // when it was last asked what it said was fresh
	var marked, refused time.Duration
	for refused == 0 {
		sent := time.Now()
		a := check()
		switch {
		case a.status == 200 && allowed(a) && sent.Sub(down) > staleFor:
			t.Fatalf("asked %v after its database went, it still answers", sent.Sub(down))
		case a.status == 200 && allowed(a) && a.stale:
			if marked == 0 {
				marked = sent.Sub(down)
				if a, err := n.ask(c, "POST", "/users", "", `{"name":"eve"}`); err != nil || a.status != 503 {
					t.Fatalf("a write: %v, %d %s", err, a.status, a.body)
				}
			}
		case a.status == 200 && allowed(a) && sent.Sub(down) > rolecall.FreshFor:
			t.Fatalf("asked %v after its database went, it answers as if it knew", sent.Sub(down))
		case a.status == 200 && allowed(a):
			fresh = sent
		case a.status == 503:
			refused = time.Since(down)
			if since := time.Since(fresh); since < staleFor-rolecall.FreshFor {
				t.Errorf("it refused to answer %v after an answer that was fresh", since)
			}
		default:
			t.Fatalf("%v after its database went: %d %s", sent.Sub(down), a.status, a.body)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("marked after %v, refused after %v", marked, refused)
	if marked == 0 {
		t.Error("no answer was marked")
	}
	if a, err := n.ask(c, "POST", "/users", "", `{"name":"eve"}`); err != nil || a.status != 503 {
		t.Errorf("a write: %v, %d %s", err, a.status, a.body)
	}
	if got := n.health(); got != "the store does not answer" {
		t.Errorf("/readyz says %q", got)
	}
	if err := cluster.Up(); err != nil {
		t.Fatal(err)
	}
	n.ready("ready")
	for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		a := check()
		if a.status == 200 && !a.stale && allowed(a) {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("when it is back: %d %s, stale: %v", a.status, a.body, a.stale)
		}
	}
}
