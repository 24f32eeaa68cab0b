package postgres

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
)

// benchUsers is how many users benchmarks are run with: ROLECALL_BENCH_USERS,
// 100,000 unless set.
func benchUsers(b *testing.B) int {
	text := os.Getenv("ROLECALL_BENCH_USERS")
	if text == "" {
		return 100_000
	}
	users, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return users
}

// BenchmarkLoad reads what a policy keeps of a number of users, each with four
// assignments in 1,000 tenants, of 10,000 roles: by a bare COPY TO of the same
// rows, whose text is thrown away; the rows alone; and everything from the
// connection to the first decision. The ratios are to the COPY.
func BenchmarkLoad(b *testing.B) {
	ctx := context.Background()
	users := benchUsers(b)
	source := pgtest.Source(b)
	city(b, source, users)
	var bare time.Duration
	b.Run("copy", func(b *testing.B) {
		c, err := pgx.Connect(ctx, source)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close(ctx)
		for b.Loop() {
			for _, table := range []string{"tenants", "roles", "users", "assignments"} {
				if _, err := c.PgConn().CopyTo(ctx, io.Discard, "COPY "+table+" TO STDOUT"); err != nil {
					b.Fatal(err)
				}
			}
		}
		bare = b.Elapsed() / time.Duration(b.N)
		b.ReportMetric(float64(5*users+11_000)/bare.Seconds(), "rows/s")
	})
	b.Run("rows", func(b *testing.B) {
		db, err := Open(ctx, source)
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		rows := 0
		for b.Loop() {
			if _, err := db.Load(ctx, func(rolecall.Record) error { rows++; return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/bare.Seconds(), "×copy")
	})
	b.Run("policy", func(b *testing.B) {
		for b.Loop() {
			rc, err := rolecall.Open(ctx, Database(source))
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			rc.Close()
			b.StartTimer()
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/bare.Seconds(), "×copy")
	})
}

// BenchmarkWrite makes one assignment with a number of users around it. The
// database does not wait for its disk here: the figure is what grows with the
// number, or does not.
func BenchmarkWrite(b *testing.B) {
	ctx := context.Background()
	for _, users := range []int{1000, benchUsers(b)} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			source := pgtest.Source(b)
			city(b, source, users)
			rc, err := rolecall.Open(ctx, Database(source))
			if err != nil {
				b.Fatal(err)
			}
			defer rc.Close()
			by := rolecall.System("bench")
			var all []time.Duration
			for n := 0; b.Loop(); n++ {
				a := rolecall.Assignment{Subject: rolecall.SubjectID(id("usr", rand.IntN(users))), Role: rolecall.RoleID(id("rol", n%10_000))}
				began := time.Now()
				if _, err := rc.AssignRoles(ctx, by, a); err != nil {
					b.Fatal(err)
				}
				all = append(all, time.Since(began))
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
		})
	}
}

// id is a prefix and 16 digits that come in no order, as real ones do.
func id(prefix string, n int) string {
	return fmt.Sprintf("%s_%08x%08x", prefix, int64(n)*2654435761%4294967296, n)
}

// What the benchmarks read is a project as the schema has it today.
func TestACityIsAProject(t *testing.T) {
	source := pgtest.Source(t)
	city(t, source, 10)
	rc, err := rolecall.Open(t.Context(), Database(source))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	d, err := rc.Check(t.Context(), rolecall.Request{Subject: rolecall.SubjectID(id("usr", 0)), Role: "Role 0", Tenant: rolecall.TenantID(id("ten", 0))})
	if err != nil || !d.Allowed {
		t.Errorf("its first user has the first role in the first tenant: %+v, %v", d, err)
	}
}

// city fills a schema with many users, by SQL alone.
func city(t testing.TB, source string, users int) {
	db, err := Open(context.Background(), source)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	id := func(prefix, n string) string {
		return fmt.Sprintf("'%s_' || lpad(to_hex((%s)::bigint * 2654435761 %% 4294967296), 8, '0') || lpad(to_hex((%[2]s)::bigint), 8, '0')", prefix, n)
	}
	count := func(n int) string { return fmt.Sprintf(" FROM generate_series(0, %d) AS i", n-1) }
	pgtest.Exec(t, source,
		"INSERT INTO project VALUES ('P', 1, 1, decode(repeat('00', 32), 'hex'))",
		"INSERT INTO tenants (id, name) SELECT "+id("ten", "i")+", 'Tenant ' || i"+count(1000),
		"INSERT INTO roles (id, tenant, name, description, \"default\", private) SELECT "+id("rol", "i")+", '', 'Role ' || i, '', 0, 0"+count(10000),
		"INSERT INTO subjects (id, kind) SELECT "+id("usr", "i")+", 'user'"+count(users),
		"INSERT INTO users (id, name, blocked, email, email_verified, phone, phone_verified, picture, created_at, updated_at) SELECT "+id("usr", "i")+
			", 'User Number ' || i, 0, 'user' || i || '@example.com', 1, '', 0, '', 1767000000000, 1767000000000"+count(users),
		"INSERT INTO assignments (subject, role, tenant, resource, source, reason) SELECT "+id("usr", "i/4")+", "+id("rol", "i::bigint * 31 % 10000")+", "+
			id("ten", "i/4 % 997 + i % 4")+", '', 'manual', ''"+count(4*users),
		"ANALYZE")
}
