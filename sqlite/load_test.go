package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rolecall/rolecall"
)

// BenchmarkLoad reads what a policy keeps of ROLECALL_BENCH_USERS users (100,000
// unless set), each with four assignments in 1,000 tenants, of 10,000 roles: first
// the rows alone, then everything from the file to the first decision.
func BenchmarkLoad(b *testing.B) {
	ctx := context.Background()
	users := 100_000
	if text := os.Getenv("ROLECALL_BENCH_USERS"); text != "" {
		var err error
		if users, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	path := city(b, users)
	b.Run("rows", func(b *testing.B) {
		db, err := Open(ctx, path)
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
		b.ReportMetric(float64(rows)/float64(b.N), "rows")
	})
	b.Run("policy", func(b *testing.B) {
		for b.Loop() {
			rc, err := rolecall.Open(ctx, File(path))
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			rc.Close()
			b.StartTimer()
		}
		b.ReportMetric(float64(5*users+11_000)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// What the benchmarks read is a project as the schema has it today.
func TestACityIsAProject(t *testing.T) {
	rc, err := rolecall.Open(t.Context(), File(city(t, 10)))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	const zero = "_0000000000000000"
	d, err := rc.Check(t.Context(), rolecall.Request{Subject: "usr" + zero, Role: "Role 0", Tenant: "ten" + zero})
	if err != nil || !d.Allowed {
		t.Errorf("its first user has the first role in the first tenant: %+v, %v", d, err)
	}
}

// city makes a file with many users, by SQL alone.
func city(t testing.TB, users int) string {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "city.db")
	db, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := connector(path, "WAL", settings{synchronous: "OFF"}, "cache_size(-200000)").Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// An id is a prefix and 16 digits that come in no order, as real ones do.
	id := func(prefix, n string) string {
		return fmt.Sprintf("printf('%s_%%08x%%08x', (%s) * 2654435761 %% 4294967296, %[2]s)", prefix, n)
	}
	count := func(n int) string {
		return fmt.Sprintf("WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < %d)", n)
	}
	for _, q := range []string{
		"BEGIN",
		"DROP INDEX users_name", "DROP INDEX users_email", "DROP INDEX assignments_role", "DROP INDEX assignments_tenant",
		"INSERT INTO project VALUES ('P', 1, 1, zeroblob(32))",
		"INSERT INTO tenants (id, name) " + count(1000) + " SELECT " + id("ten", "i") + ", 'Tenant ' || i FROM c",
		"INSERT INTO roles (id, tenant, name, description, \"default\", private) " + count(10000) + " SELECT " + id("rol", "i") + ", '', 'Role ' || i, '', 0, 0 FROM c",
		"INSERT INTO subjects (id, kind) " + count(users) + " SELECT " + id("usr", "i") + ", 'user' FROM c ORDER BY 1",
		"INSERT INTO users (id, name, blocked, email, email_verified, phone, phone_verified, picture, created_at, updated_at) " + count(users) + " SELECT " + id("usr", "i") +
			", 'User Number ' || i, 0, 'user' || i || '@example.com', 1, '', 0, '', 1767000000000, 1767000000000 FROM c ORDER BY 1",
		"INSERT INTO assignments (subject, role, tenant, resource, source, reason) " + count(4*users) + " SELECT " + id("usr", "i/4") + ", " + id("rol", "(i * 31 % 10000)") + ", " +
			id("ten", "(i/4 % 997 + i % 4)") + ", '', 'manual', '' FROM c ORDER BY 1, 2, 3",
		"CREATE INDEX users_name ON users (name)", "CREATE INDEX users_email ON users (email)", // quicker at the end
		"CREATE INDEX assignments_role ON assignments (role)", "CREATE INDEX assignments_tenant ON assignments (tenant)",
		"COMMIT",
		"PRAGMA wal_checkpoint(TRUNCATE)",
	} {
		if _, err := c.(driver.ExecerContext).ExecContext(ctx, q, nil); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	return path
}
