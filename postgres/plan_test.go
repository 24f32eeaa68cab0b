package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rolecall/rolecall/internal/pgtest"
)

// Entries are selected by a value and read in the journal's order. PostgreSQL must
// find them by the index of the value, whose entries are few, and not by reading
// the journal from one end until it has enough.
func TestTheJournalIsReadByItsIndexes(t *testing.T) {
	ctx := context.Background()
	source := pgtest.Source(t)
	db, err := Open(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	pgtest.Exec(t, source, `
		INSERT INTO journal (seq, revision, time, actor, on_behalf_of, door, request_id, reason, kind, key, subject, tenant, prev, hash)
		SELECT i, i / 10, i, 'a' || i % 100, '', '', '', '', 'user', 'k' || i % 5000, 's' || i % 5000, 't' || i % 100, '', ''
		FROM generate_series(1, 20000) AS i`, "ANALYZE")
	c, err := pgx.Connect(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, "SET plan_cache_mode = force_generic_plan"); err != nil { // one for all values
		t.Fatal(err)
	}
	for column, term := range map[string]string{
		"key":     "kind || '' = 'user' AND key = $1",
		"subject": "subject = $1 AND subject <> ''",
		"tenant":  "tenant = $1 AND tenant <> ''",
		"actor":   "actor = $1",
	} {
		for _, direction := range []string{"", " DESC"} {
			name := column + strings.TrimSpace(direction)
			_, err := c.Exec(ctx, fmt.Sprintf("PREPARE %s (text, bigint, bigint, bigint) AS %s WHERE %s AND seq > $2 AND seq < $3 ORDER BY seq%s LIMIT $4",
				name, "SELECT seq, before, after FROM journal", term, direction))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := c.Query(ctx, "EXPLAIN EXECUTE "+name+" ('k77', 0, 9223372036854775807, 1)", pgx.QueryExecModeSimpleProtocol)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			plan := strings.Join(lines, "\n")
			if !strings.Contains(plan, "journal_"+column) || strings.Contains(plan, "Sort") {
				t.Errorf("by %s%s:\n%s", column, direction, plan)
			}
		}
	}
}
