package postgres

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

const (
	folder       = "../internal/store/migrations/"
	goldenSchema = "../internal/store/schema_postgres.golden.sql"
)

// schema describes the tables of a project, and what PostgreSQL made of their
// constraints and indexes.
func schema(t *testing.T, source string) string {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	lines := func(query string) string {
		t.Helper()
		rows, err := c.Query(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(all, "\n") + "\n"
	}
	text := lines(`SELECT format('version %s, works with programs that know %s', version, oldest) FROM rolecall_schema`)
	text += lines(`
		SELECT CASE WHEN ordinal_position = 1 THEN E'\n' || table_name || E'\n' ELSE '' END ||
			format(E'\t%s %s%s%s%s', column_name, data_type, ' COLLATE ' || collation_name,
				CASE is_nullable WHEN 'NO' THEN ' NOT NULL' END, ' DEFAULT ' || column_default)
		FROM information_schema.columns WHERE table_schema = current_schema()
		ORDER BY table_name COLLATE "C", ordinal_position`)
	text += "\n" + lines(`
		SELECT line FROM (
			SELECT format('%s: %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
			WHERE connamespace = current_schema()::regnamespace AND contype <> 'n') AS all_of_them (line)
		ORDER BY line COLLATE "C"`)
	text += "\n" + lines(`
		SELECT line FROM (
			SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes
			WHERE schemaname = current_schema()) AS all_of_them (line)
		ORDER BY line COLLATE "C"`)
	return text
}

func TestTheSchemaIsTheGoldenOne(t *testing.T) {
	source := pgtest.Source(t)
	db, err := Open(context.Background(), source)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	got := schema(t, source)
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
	files := migrations(t, "postgres")
	for n := 1; n < len(files); n++ {
		source := pgtest.Source(t)
		for _, file := range files[:n] {
			script, err := os.ReadFile(folder + "postgres/" + file)
			if err != nil {
				t.Fatal(err)
			}
			pgtest.Exec(t, source, string(script))
		}
		pgtest.Exec(t, source, fmt.Sprintf("UPDATE rolecall_schema SET version = %d", n),
			`INSERT INTO project VALUES ('P', 7, 9, decode(repeat('00', 32), 'hex'))`)
		db, err := Open(context.Background(), source)
		if err != nil {
			t.Fatal(err)
		}
		head, err := db.Head(context.Background())
		if err != nil || head.Revision != 7 {
			t.Errorf("from version %d: head %v, %v; want the one that was there", n, head, err)
		}
		db.Close()
		if d := cmp.Diff(string(want), schema(t, source)); d != "" {
			t.Errorf("from version %d (-want +got):\n%s", n, d)
		}
	}
}

func migrations(t *testing.T, engine string) []string {
	t.Helper()
	files, err := filepath.Glob(folder + engine + "/*.sql")
	if err != nil || len(files) != store.Latest(engine) {
		t.Fatalf("%d migrations of %s, %v; want %d", len(files), engine, err, store.Latest(engine))
	}
	for i, file := range files {
		files[i] = filepath.Base(file)
		if !strings.HasPrefix(files[i], fmt.Sprintf("%04d_", i+1)) {
			t.Errorf("%s is migration %d", files[i], i+1)
		}
	}
	return files
}

// Every column of text must say that it is compared by byte.
func TestTextIsComparedByByte(t *testing.T) {
	text, err := os.ReadFile(goldenSchema)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "\t") && strings.Contains(line, " text") && !strings.Contains(line, " COLLATE C") {
			t.Errorf("no collation: %s", line)
		}
	}
}

// Nodes that start at once make one schema, one after the other.
func TestSeveralNodesMakeTheSchemaAtOnce(t *testing.T) {
	source := pgtest.Source(t)
	const nodes = 6
	failed := make(chan error)
	for range nodes {
		go func() {
			db, err := Open(context.Background(), source)
			if err == nil {
				err = db.Close()
			}
			failed <- err
		}()
	}
	for range nodes {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	want, err := os.ReadFile(goldenSchema)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), schema(t, source)); d != "" {
		t.Errorf("the schema (-want +got):\n%s", d)
	}
}

// A later release's schema is worked with as long as that release allows it.
func TestOneReleaseApart(t *testing.T) {
	ctx := context.Background()
	source := pgtest.Source(t)
	open := func() error {
		db, err := Open(ctx, source)
		if err == nil {
			err = db.Close()
		}
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	known := store.Latest("postgres")
	set := func(version, oldest int) {
		pgtest.Exec(t, source, fmt.Sprintf("UPDATE rolecall_schema SET version = %d, oldest = %d", version, oldest))
	}
	set(known+2, known)
	if err := open(); err != nil {
		t.Errorf("the next release's schema: %v", err)
	}
	set(known+2, known+1)
	err := open()
	if err == nil || !strings.Contains(err.Error(), "newer version of rolecall") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the release after the next: got error %v", err)
	}
	if !slices.Contains(strings.Split(schema(t, source), "\n"), fmt.Sprintf("version %d, works with programs that know %d", known+2, known+1)) {
		t.Error("the schema was changed")
	}
}
