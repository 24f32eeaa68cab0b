package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
)

// A database may hand on its lines in pieces of any size.
func TestLinesBecomeRecordsHoweverTheyArrive(t *testing.T) {
	text := strings.Repeat("ann\tclerk\t\tdoc:1\tmanual\t\\N\t\\N\n"+
		"b\\\\o\\tb\tclerk\tacme\t\tscim\t1000\t2000\n", 3000)
	first := rolecall.Assignment{Subject: "ann", Role: "clerk", Scope: rolecall.Scope{Resource: "doc:1"}, Source: rolecall.SourceManual}
	second := rolecall.Assignment{Subject: "b\\o\tb", Role: "clerk", Scope: rolecall.Scope{Tenant: "acme"}, Source: rolecall.SourceSCIM,
		Validity: rolecall.Validity{StartsAt: time.Unix(1, 0).UTC(), ExpiresAt: time.Unix(2, 0).UTC()}}
	for _, size := range []int{1, 7, 31, 4096, 100_000, len(text)} {
		to := make(chan *batch, 100)
		table := byKind[rolecall.KindAssignment]
		w := &lineWriter{ctx: context.Background(), table: table, to: to}
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.send(len(w.text)); err != nil {
			t.Fatal(err)
		}
		close(to)
		n := 0
		for b := range to {
			err := b.visit(func(r rolecall.Record) error {
				want := first
				if n++; n%2 == 0 {
					want = second
				}
				if d := cmp.Diff(&want, r); d != "" {
					t.Fatalf("in pieces of %d, record %d (-want +got):\n%s", size, n, d)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if n != 6000 {
			t.Errorf("in pieces of %d: %d records, want 6000", size, n)
		}
	}
}
