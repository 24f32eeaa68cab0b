// Package pgtest gives tests a real PostgreSQL: the one that ROLECALL_TEST_PG
// names or, once for each test binary, a private cluster in a temporary folder
// that is gone when the binary ends, however it ends.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// shared is the cluster that the tests of a binary have in common. It is kept
// here, since one that nobody refers to may end.
var shared = sync.OnceValues(func() (*Cluster, error) {
	if source := os.Getenv("ROLECALL_TEST_PG"); source != "" {
		return &Cluster{Source: source}, nil
	}
	return Start()
})

// Source returns the data source of a new and empty schema, which is dropped
// when the test ends. Without PostgreSQL the test is skipped, or fails if CI is set.
func Source(t testing.TB) string {
	t.Helper()
	cluster, err := shared()
	if err != nil {
		Missing(t, err)
	}
	source := cluster.Source
	schema := fmt.Sprintf("test_%d_%d", os.Getpid(), next())
	Exec(t, source, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { Exec(t, source, "DROP SCHEMA "+schema+" CASCADE") })
	return In(source, schema)
}

// Missing ends a test that PostgreSQL is missing for.
func Missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("PostgreSQL is needed: %v", err)
	}
	t.Skipf("NOT TESTED ON POSTGRESQL: %v", err)
}

var next = func() func() int {
	var mu sync.Mutex
	n := 0
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		n++
		return n
	}
}()

// In returns source with a schema to work in.
func In(source, schema string) string { return With(source, "search_path", schema) }

// With returns source with a parameter.
func With(source, name, value string) string {
	u, err := url.Parse(source)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// Exec runs statements on a connection of their own.
func Exec(t testing.TB, source string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for _, s := range statements {
		if _, err := c.Exec(ctx, s); err != nil {
			t.Fatalf("%.60s: %v", s, err)
		}
	}
}
