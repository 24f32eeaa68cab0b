package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/storetest"
	"github.com/rolecall/rolecall/postgres"
)

// The conformance suite holds through a pooler that gives a connection to somebody
// else after each transaction.
func TestDatabaseBehindAPooler(t *testing.T) {
	if testing.Short() {
		t.Skip("the conformance suite once more")
	}
	b := pgtest.NewBouncer(t, pgtest.Source(t), "transaction", "")
	storetest.Run(t, storetest.Engine{
		New:     func(t *testing.T) rolecall.Opener { return postgres.Database(b.Source(t)) },
		Lasting: true,
	})
}

// Two nodes see each other's writes through a pooler, whichever way it shares
// connections, and go on when the database behind it was away.
func TestNodesBehindAPooler(t *testing.T) {
	if testing.Short() {
		t.Skip("starts nodes")
	}
	for _, mode := range []string{"session", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			cluster, err := pgtest.Start()
			if err != nil {
				pgtest.Missing(t, err)
			}
			t.Cleanup(cluster.Stop)
			source := pgtest.NewBouncer(t, cluster.Source, mode, "").Source(t)
			key := founded(t, source,
				rolecall.Create(&rolecall.Permission{ID: "p", Name: "p"}), rolecall.Create(&rolecall.Role{ID: "r", Name: "r"}),
				rolecall.Create(&rolecall.Grant{Role: "r", Permission: "p"}), rolecall.Create(&rolecall.User{ID: "u"}))
			nodes := []*node{newNode(t, source, key, time.Minute), newNode(t, source, key, time.Minute)}
			for _, n := range nodes {
				n.start()
				defer func() { n.process.Process.Kill(); n.process.Wait() }()
			}
			c := newClient(20 * time.Second)
			// insist sends a request until it is not put off.
			insist := func(n *node, method, path, key, body string) answer {
				t.Helper()
				for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
					a, err := n.ask(c, method, path, key, body)
					if err == nil && a.status != 503 {
						return a
					}
					if time.Now().After(until) {
						t.Fatalf("%s %s: %v, %d %s", method, path, err, a.status, a.body)
					}
				}
			}
			rounds := func(first, last int) {
				t.Helper()
				for round := first; round < last; round++ {
					at, other := nodes[round%2], nodes[(round+1)%2]
					give := round%4 < 2
					method, path, body := "PUT", "/assignments", `{"subject":"u","role":"r"}`
					if !give {
						method, path, body = "DELETE", "/assignments?subject=u&role=r", ""
					}
					w := insist(at, method, path, fmt.Sprint("round-", round), body)
					if w.status/100 != 2 && !(method == "DELETE" && round%2 == 1 && w.status == 404) {
						t.Fatalf("round %d: %d %s", round, w.status, w.body)
					}
					r := insist(other, "POST", fmt.Sprintf("/check?at_least=%d", w.revision), "", `{"subject":"u","permission":"p"}`)
					if r.status != 200 || r.revision < w.revision || allowed(r) != give {
						t.Fatalf("round %d: at %d the other node says %d at %d: %s", round, w.revision, r.status, r.revision, r.body)
					}
				}
			}
			for _, n := range nodes {
				n.ready("ready")
			}
			rounds(0, 20)
			if err := cluster.Down(); err != nil {
				t.Fatal(err)
			}
			nodes[0].ready("stale")
			if err := cluster.Up(); err != nil {
				t.Fatal(err)
			}
			for _, n := range nodes {
				n.ready("ready")
			}
			rounds(20, 40)
		})
	}
}

// What a pooler would change without a word, or break at some time, is refused in
// one line when a node starts.
func TestAPoolerThatDoesNotServe(t *testing.T) {
	for _, tt := range []struct{ name, settings, parameter, value, says string }{
		{"a setting that it does not carry", "", "search_path", "elsewhere", "a pooler before it does not carry the setting search_path"},
		{"a setting that it drops", "ignore_startup_parameters = search_path", "search_path", "elsewhere", "a pooler before it drops the search_path"},
		{"another setting that it does not carry", "", "lock_timeout", "5s", "a pooler before it does not carry the setting lock_timeout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := pgtest.NewBouncer(t, pgtest.Source(t), "transaction", tt.settings).Source(t)
			db, err := postgres.Open(context.Background(), pgtest.With(source, tt.parameter, tt.value))
			if err == nil {
				db.Close()
				t.Fatal("it was opened")
			}
			if !errors.Is(err, rolecall.ErrInvalid) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one line with %q", err, tt.says)
			}
			if db, err = postgres.Open(context.Background(), source); err != nil {
				t.Fatalf("without the setting: %v", err)
			}
			db.Close()
		})
	}
}
