package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// A migrationReport is what came of an import from another system.
type migrationReport struct {
	DryRun    bool              `json:"dry_run,omitempty"`
	Items     map[string]*tally `json:"items"` // by what they are
	Errors    []fileError       `json:"errors"`
	Notes     []string          `json:"notes"`
	Compared  int               `json:"compared"` // with the files, at the end
	Matched   int               `json:"matched"`
	Gained    []rolecall.Effect `json:"gained,omitempty"` // of a dry run
	Lost      []rolecall.Effect `json:"lost,omitempty"`
	Truncated bool              `json:"truncated,omitempty"`

	sorts  []string               // of Items, in the order of the import
	failed map[migrate.Place]bool // items, by where they stand
}

// A tally counts items of one sort.
type tally struct {
	Made    int `json:"made"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
}

// A fileError is what is wrong with something in a file.
type fileError struct {
	migrate.Place
	Detail string `json:"detail"`
}

func (r *migrationReport) fail(p migrate.Problem) {
	r.Errors = append(r.Errors, fileError{p.Place, sentence(p.Err)})
	if r.failed == nil {
		r.failed = map[migrate.Place]bool{}
	}
	p.Field = ""
	r.failed[p.Place] = true
}

func (r *migrationReport) count(what string, s itemState) {
	t := r.Items[what]
	if t == nil {
		t = &tally{}
		r.Items[what], r.sorts = t, append(r.sorts, what)
	}
	switch s {
	case made:
		t.Made++
	case changed:
		t.Changed++
	default:
		t.Same++
	}
}

// written is how many items were made or changed.
func (r *migrationReport) written() (n int) {
	for _, t := range r.Items {
		n += t.Made + t.Changed
	}
	return n
}

// tell prints the report. stopped says that not everything was tried.
func (m *migration) tell(stopped bool) error {
	r := &m.report
	slices.SortStableFunc(r.Errors, func(a, b fileError) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	err := m.app.show(r, func() {
		for _, e := range r.Errors {
			fmt.Fprintf(m.app.stderr, "%s: %s\n", e.Place, e.about())
		}
		for _, note := range r.Notes {
			fmt.Fprintf(m.app.stderr, "note: %s\n", note)
		}
		m.people(stopped)
	})
	if err == nil && (len(r.Errors) > 0 || r.Matched < r.Compared) {
		return exitCode(exitFailed)
	}
	return err
}

// about is the detail, with the field that it is about.
func (e fileError) about() string {
	switch {
	case e.Field == "" || strings.HasPrefix(e.Detail, e.Field+" "):
		return e.Detail
	case strings.HasPrefix(e.Detail, "is ") || strings.HasPrefix(e.Detail, "must "):
		return e.Field + " " + e.Detail
	}
	return e.Field + ": " + e.Detail
}

func (m *migration) people(stopped bool) {
	r, out := &m.report, m.app.stdout
	if len(r.Items) > 0 {
		m.app.lines(func(w io.Writer) {
			fmt.Fprintln(w, "\tMADE\tCHANGED\tTHERE ALREADY")
			for _, what := range r.sorts {
				t := r.Items[what]
				fmt.Fprintf(w, "%ss\t%d\t%d\t%d\n", what, t.Made, t.Changed, t.Same)
			}
		})
	}
	switch {
	case r.DryRun && stopped:
		fmt.Fprintln(out, "dry run: nothing was changed, and nothing would be: there are errors")
	case r.DryRun:
		m.app.effects(rolecall.Receipt{Gained: r.Gained, Lost: r.Lost, Truncated: r.Truncated})
	case stopped && r.written() == 0:
		fmt.Fprintln(out, "there are errors: nothing was written")
	case stopped:
		fmt.Fprintln(out, "stopped at a batch with errors, of which nothing was written")
	default:
		fmt.Fprintf(out, "verified: %d of %s are as the files say\n", r.Matched, count(r.Compared, "item"))
	}
}
