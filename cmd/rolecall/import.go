package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

func (a *app) importCommand() *cobra.Command {
	im := importer{app: a}
	cmd := a.writes(&cobra.Command{
		Use:   "import FILE|-",
		Short: "Make records from JSON lines, or what another system's files hold",
		Long: `Make records from JSON lines, one record in its JSON form on each, with its kind:

  {"kind":"role","id":"editor","name":"Editor"}
  {"kind":"user","id":"u1","email":"ada@example.com","login_ids":["ada"],"password_hash":"$2y$10$…"}
  {"kind":"assignment","subject":"u1","role":"editor"}

The kinds are api, permission, tenant, role, inheritance, grant, user, client,
group, group_member, membership, assignment, direct_grant, login_id and setting.
References are by id, to what exists or stands on a line before. An id that is
left out is made. Login ids of a user are its e-mail address by default; password
hashes are Argon2id, bcrypt or PBKDF2 strings, and taken on the data file only.

Lines are written in batches, each all or nothing, in order. The first batch with
an error ends the import: its errors are reported by line, the batches before it
stay. With --keep-going the lines with errors are left out and the rest goes on.
What exists already is an error, or is replaced with --replace. With --dry-run all
lines are one batch, and nothing is changed. Exits 1 if any line has an error.`,
		Args: arguments(1, 1),
	})
	flags := cmd.Flags()
	flags.IntVar(&im.batch, "batch", 1000, "`lines` in a batch")
	flags.BoolVar(&im.keepGoing, "keep-going", false, "leave out the lines with errors")
	flags.BoolVar(&im.replace, "replace", false, "replace records that exist already")
	cmd.AddCommand(a.importDescope(), a.importAuth0())
	run := a.onNew(true, func(cmd *cobra.Command, p project, _ []string) error {
		im.project = p
		return im.run(cmd.Context())
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if im.batch < 1 {
			return &usageError{cmd.CommandPath(), errors.New("--batch must be at least 1")}
		}
		im.input, im.size = a.stdin, 0
		if args[0] != "-" {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			im.input = f
			if info, err := f.Stat(); err == nil {
				im.size = info.Size()
			}
		}
		return run(cmd, args)
	}
	return cmd
}

// An importer is one import.
type importer struct {
	app       *app
	project   project
	input     io.Reader
	size      int64 // of the input in bytes; 0 if unknown
	batch     int
	keepGoing bool
	replace   bool

	report importReport
	bar    *progress
}

// An importReport is what came of an import.
type importReport struct {
	Imported int         `json:"imported"` // lines
	Failed   int         `json:"failed"`
	DryRun   bool        `json:"dry_run,omitempty"`
	Errors   []lineError `json:"errors"`
}

// A lineError is what is wrong with a line of the input.
type lineError struct {
	Line   int    `json:"line"`
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
}

// errStopped ends an import at the first batch with an error.
var errStopped = errors.New("stopped")

func (im *importer) run(ctx context.Context) error {
	im.report = importReport{DryRun: im.app.dryRun, Errors: []lineError{}}
	im.bar = newProgress(im.app.stderr, im.size, "lines")
	if im.app.dryRun {
		im.batch = 1 << 30
	}
	err := im.lines(ctx)
	im.bar.done()
	switch {
	case err == nil, errors.Is(err, errStopped):
		return im.tell(err)
	case im.report.Imported > 0:
		return fmt.Errorf("%s are imported, then: %w", count(im.report.Imported, "line"), err)
	}
	return err
}

// lines reads the input and writes it, batch by batch.
func (im *importer) lines(ctx context.Context) error {
	var rows []row
	in := newRowReader(im.input)
	for {
		r, err := in.next()
		if err == io.EOF {
			return im.flush(ctx, rows)
		}
		if err != nil && r.line == 0 {
			return err // the input can't be read any further
		}
		if err != nil {
			im.fail(r, err)
			if im.keepGoing {
				continue
			}
			if len(rows) > 0 {
				return im.reportAll(ctx, rows)
			}
			return errStopped
		}
		if rows = append(rows, r); len(rows) == im.batch {
			if err := im.flush(ctx, rows); err != nil {
				return err
			}
			rows = nil
			im.bar.at(in.read, im.report.Imported)
		}
	}
}

// reportAll finds, without a change, what else is wrong with the batch that a
// line could not be read of.
func (im *importer) reportAll(ctx context.Context, rows []row) error {
	t := im.app.terms()
	t.dryRun = true
	if err := im.project.Import(ctx, t, rows, im.replace); err != nil {
		for _, op := range rolecall.OpErrors(err) {
			im.fail(rows[op.Index], op.Err)
		}
	}
	return errStopped
}

// flush writes a batch. With keepGoing it writes what is left without the lines
// that have errors.
func (im *importer) flush(ctx context.Context, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	err := im.project.Import(ctx, im.app.terms(), rows, im.replace)
	if err == nil {
		im.report.Imported += len(rows)
		return nil
	}
	failed := map[int]bool{}
	for _, op := range rolecall.OpErrors(err) {
		if !failed[op.Index] {
			failed[op.Index] = true
			im.fail(rows[op.Index], op.Err)
		}
	}
	if len(failed) == 0 { // no line is to blame
		return err
	}
	if !im.keepGoing {
		return errStopped
	}
	var good []row
	for i, r := range rows {
		if !failed[i] {
			good = append(good, r)
		}
	}
	return im.flush(ctx, good)
}

func (im *importer) fail(r row, err error) {
	e := lineError{Line: r.line, Detail: sentence(err)}
	var field *rolecall.FieldError
	if errors.As(err, &field) {
		e.Field = field.Field
	}
	im.report.Errors = append(im.report.Errors, e)
	im.report.Failed++
}

// tell prints the report. stopped is errStopped if lines after it were not looked at.
func (im *importer) tell(stopped error) error {
	slices.SortFunc(im.report.Errors, func(a, b lineError) int { return a.Line - b.Line })
	err := im.app.show(im.report, func() {
		for _, e := range im.report.Errors {
			fmt.Fprintf(im.app.stderr, "line %d: %s\n", e.Line, e.Detail)
		}
		switch {
		case im.report.DryRun:
			fmt.Fprintf(im.app.stdout, "dry run: nothing was changed; %s could be imported, %d have errors\n", count(im.report.Imported, "line"), im.report.Failed)
		case stopped != nil:
			fmt.Fprintf(im.app.stdout, "imported %s; stopped at a batch with errors, of which nothing was written\n", count(im.report.Imported, "line"))
		case im.report.Failed > 0:
			fmt.Fprintf(im.app.stdout, "imported %s; %d have errors and were left out\n", count(im.report.Imported, "line"), im.report.Failed)
		default:
			fmt.Fprintf(im.app.stdout, "imported %s\n", count(im.report.Imported, "line"))
		}
	})
	if err == nil && im.report.Failed > 0 {
		return exitCode(exitFailed)
	}
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
