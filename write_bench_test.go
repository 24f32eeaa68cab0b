package rolecall_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// crowd is a real store that says, when it is loaded, that many more users hold
// many more assignments; and a stopwatch that starts when a commit returns.
type crowd struct {
	rolecall.Store
	users, assignments int
	committed          time.Time
}

func (c *crowd) Load(ctx context.Context, visit func(rolecall.Record) error) (rolecall.Head, error) {
	head, err := c.Store.Load(ctx, visit)
	if err != nil {
		return head, err
	}
	for i := 1; i < c.users; i++ {
		if err := visit(&rolecall.User{ID: rolecall.SubjectID(fmt.Sprint("user-", i))}); err != nil {
			return head, err
		}
	}
	for i := 1; i < c.assignments; i++ {
		a := assigned(rolecall.SubjectID(fmt.Sprint("user-", i%c.users)), rolecall.RoleID(fmt.Sprint("role-", i%97)), everywhere)
		if err := visit(a); err != nil {
			return head, err
		}
	}
	return head, nil
}

func (c *crowd) Write(ctx context.Context, f func(rolecall.Tx) error) error {
	err := c.Store.Write(ctx, f)
	c.committed = time.Now()
	return err
}

// BenchmarkVisible times a write on a file with fsync on, and from the return
// of its commit until a decision is made with it, in small and large projects.
func BenchmarkVisible(b *testing.B) {
	for _, users := range []int{1_000, 1_000_000} {
		if users > 1_000 && testing.Short() {
			continue
		}
		b.Run(fmt.Sprint("users=", users), func(b *testing.B) {
			store, err := sqlite.Open(b.Context(), b.TempDir()+"/rolecall.db")
			if err != nil {
				b.Fatal(err)
			}
			seed, err := rolecall.New(b.Context(), store)
			if err != nil {
				b.Fatal(err)
			}
			records := []rolecall.Op{rolecall.Create(user("user-0")), rolecall.Create(permission("p")), rolecall.Create(role("r")), rolecall.Create(grant("r", "p"))}
			for i := range 97 {
				records = append(records, rolecall.Create(role(rolecall.RoleID(fmt.Sprint("role-", i)))))
			}
			if _, err := seed.Write(b.Context(), system, records...); err != nil {
				b.Fatal(err)
			}
			big := &crowd{Store: store, users: users, assignments: 4 * users}
			s, err := rolecall.New(b.Context(), big)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()

			asked := rolecall.Request{Subject: "user-0", Permission: "p"}
			var visible []time.Duration
			for i := 0; b.Loop(); i++ {
				op := rolecall.Create(assigned("user-0", "r", everywhere))
				if i%2 == 1 {
					op = rolecall.Delete(assigned("user-0", "r", everywhere))
				}
				if _, err := s.Write(b.Context(), system, op); err != nil {
					b.Fatal(err)
				}
				if got := s.Policy().Decide(asked, noon).Allowed; got != (i%2 == 0) {
					b.Fatalf("after write %d: %v", i, got)
				}
				visible = append(visible, time.Since(big.committed))
			}
			slices.Sort(visible)
			b.ReportMetric(float64(visible[len(visible)/2].Nanoseconds())/1e3, "visible-p50-µs")
			b.ReportMetric(float64(visible[len(visible)*99/100].Nanoseconds())/1e3, "visible-p99-µs")
		})
	}
}
