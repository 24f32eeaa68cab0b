package sqlite

import (
	"context"
	"database/sql/driver"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall/internal/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

const goldenSchema = "../internal/store/schema_sqlite.golden.sql"

// schema returns the statements that make a file's tables and indexes.
func schema(t *testing.T, path string) string {
	t.Helper()
	c, err := (&keeping{dsn: untouched(path)}).Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var text strings.Builder
	for _, name := range []string{"application_id", "user_version"} {
		n, err := pragma(c, name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "PRAGMA %s = %d;\n", name, n)
	}
	rows, err := c.(driver.QueryerContext).QueryContext(context.Background(),
		"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	row := make([]driver.Value, 1)
	for {
		if err := rows.Next(row); err == io.EOF {
			return text.String()
		} else if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "\n%s;\n", row[0])
	}
}

func TestTheSchemaIsTheGoldenOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	got := schema(t, path)
	if *update {
		if err := os.WriteFile(goldenSchema, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenSchema)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("the migrations do not make the schema in %s; if they should, run go test -update (-want +got):\n%s", goldenSchema, d)
	}
}

func TestEveryOlderSchemaBecomesTheGoldenOne(t *testing.T) {
	want, err := os.ReadFile(goldenSchema)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../internal/store/migrations/sqlite/*.sql")
	if err != nil || len(files) != store.Latest("sqlite") {
		t.Fatalf("%d migrations, %v; want %d", len(files), err, store.Latest("sqlite"))
	}
	for version := 1; version < len(files); version++ {
		path := filepath.Join(t.TempDir(), "app.db")
		for _, file := range files[:version] {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			run(t, path, string(script))
		}
		run(t, path, fmt.Sprintf("PRAGMA user_version = %d", version), "INSERT INTO project VALUES ('P', 7, 9, zeroblob(32))")
		db, err := Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		head, err := db.Head(context.Background())
		if err != nil || head.Revision != 7 {
			t.Errorf("from version %d: head %v, %v; want the one that was there", version, head, err)
		}
		db.Close()
		if d := cmp.Diff(string(want), schema(t, path)); d != "" {
			t.Errorf("from version %d (-want +got):\n%s", version, d)
		}
	}
}
