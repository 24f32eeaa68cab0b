package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/auth0"
	"github.com/rolecall/rolecall/internal/api/descope"
	"github.com/rolecall/rolecall/internal/migrate"
)

// A reader reads what files of one vendor's hold. there is the project that it
// is to be made in.
type reader func(ctx context.Context, there migrate.Lister, files []migrate.File) (*migrate.Export, error)

func (a *app) importDescope() *cobra.Command {
	return a.importFrom("Descope", `Import what Descope's management API answers, in any number of files: permission/all,
role/all, tenant/all, user/search and users/load, v2's sso/settings, project
snapshots. A file may hold several answers, one after another.

Passwords are in no answer. They come as the body of user/create/batch has them,
{"users":[{"loginId":"ada@example.com","hashedPassword":{"bcrypt":{"hash":"…"}}}]},
beside the answers that show the users, with hashes of bcrypt, Argon2, PBKDF2 or Django.`,
		func(cmd *cobra.Command) reader {
			roles := rolesFlag(cmd)
			return func(ctx context.Context, there migrate.Lister, files []migrate.File) (*migrate.Export, error) {
				named, err := roles()
				if err != nil {
					return nil, err
				}
				return descope.ReadExport(ctx, there, files, descope.ExportOptions{Roles: named})
			}
		})
}

func (a *app) importAuth0() *cobra.Command {
	return a.importFrom("Auth0", `Import users, roles, resource servers and organizations, in any number of files:
what Auth0's Management API answers of them, its user exports, one user a line,
the files of its bulk imports and of its deploy command, and its exports of
password hashes.

An answer about a part of something goes beside the id that it was asked for:
{"id":"rol_…","permissions":[…],"users":[…]}, {"id":"org_…","members":[…]},
{"user_id":"auth0|…","roles":[…],"permissions":[…]}.`,
		func(cmd *cobra.Command) reader {
			roles := rolesFlag(cmd)
			return func(ctx context.Context, there migrate.Lister, files []migrate.File) (*migrate.Export, error) {
				named, err := roles()
				if err != nil {
					return nil, err
				}
				return auth0.ReadExport(ctx, there, files, auth0.ExportOptions{Roles: named})
			}
		})
}

// rolesFlag adds the flag that gives roles of the files other names, and returns
// what reads it.
func rolesFlag(cmd *cobra.Command) func() (map[string]string, error) {
	var roles []string
	cmd.Flags().StringArrayVar(&roles, "role", nil, "`NAME=NEW`: give the files' role NAME another name, or mean the role NEW that is here; may be repeated")
	return func() (map[string]string, error) {
		all := map[string]string{}
		for _, text := range roles {
			from, to, ok := strings.Cut(text, "=")
			if !ok || from == "" || to == "" {
				return nil, &usageError{cmd.CommandPath(), fmt.Errorf("--role %q must be NAME=NEW", text)}
			}
			all[from] = to
		}
		return all, nil
	}
}

// importFrom returns the command that imports from a vendor's system. define
// adds the vendor's own flags, and returns how its files are read.
func (a *app) importFrom(vendor, about string, define func(*cobra.Command) reader) *cobra.Command {
	m := migration{app: a}
	cmd := a.writes(&cobra.Command{
		Use:   strings.ToLower(vendor) + " FILE|-…",
		Short: "Import users, tenants, roles and permissions from " + vendor,
		Long: about + `

Ids are kept. Assignments and memberships have the source "import". What is
there as the files have it stays as it is, so that a second import changes
nothing; what is there and differs is an error, or changed with --replace.
Nothing is taken away, and a password that is there stays.

First all files are read: if anything in them can't be imported, nothing is
written. Then they are written in batches, each all or nothing; the first with an
error ends the import. With --keep-going what has errors is left out. At last
everything is read again and compared with the files, as --verify alone does.
Exits 1 if anything has an error, or is not as the files say.

Passwords can be imported into the data file only: over HTTP, leave them out by
--no-passwords.`,
		Args: arguments(1, -1),
	})
	flags := cmd.Flags()
	flags.IntVar(&m.batch, "batch", 1000, "`records` in a batch, at most 10000")
	flags.BoolVar(&m.keepGoing, "keep-going", false, "leave out what has errors")
	flags.BoolVar(&m.replace, "replace", false, "change what is there and differs")
	flags.BoolVar(&m.verifyOnly, "verify", false, "change nothing; compare what is there with the files")
	flags.BoolVar(&m.noPasswords, "no-passwords", false, "leave out passwords")
	read := define(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case m.batch < 1 || m.batch > 10000:
			return &usageError{cmd.CommandPath(), errors.New("--batch must be from 1 to 10000")}
		case m.verifyOnly && (a.dryRun || m.replace):
			return &usageError{cmd.CommandPath(), errors.New("--verify changes nothing: leave out --dry-run and --replace")}
		}
		return a.onNew(!m.verifyOnly, func(cmd *cobra.Command, p project, args []string) error {
			m.project = p
			return m.run(cmd.Context(), read, args)
		})(cmd, args)
	}
	return cmd
}

// A migration is one import from another system.
type migration struct {
	app     *app
	project project

	batch       int // records
	keepGoing   bool
	replace     bool
	verifyOnly  bool
	noPasswords bool

	report   migrationReport
	bar      *progress
	defaults []*rolecall.Role // that new users and members get, when the import begins
	later    []later          // roles that become defaults at the end
}

// later is a role of the files that new users get: only once the import has
// made its own, which hold what the files say and no more.
type later struct {
	item *migrate.Item
	role *rolecall.Role
}

func (m *migration) run(ctx context.Context, read reader, names []string) error {
	files, err := m.app.readFiles(names)
	if err != nil {
		return err
	}
	export, err := read(ctx, m.project, files)
	if err != nil {
		return err
	}
	if m.noPasswords {
		withoutPasswords(export.Items)
	}
	m.report = migrationReport{DryRun: m.app.dryRun, Items: map[string]*tally{}, Errors: []fileError{}, Notes: append([]string{}, export.Notes...)}
	for _, p := range export.Problems {
		m.report.fail(p)
	}
	m.bar = newProgress(m.app.stderr, int64(len(export.Items)), "items")
	defer m.bar.done()
	stopped := false
	if !m.verifyOnly {
		stopped, err = m.write(ctx, export)
		if err != nil {
			m.bar.done()
			if m.report.written() > 0 {
				return fmt.Errorf("%s were written, then: %w", count(m.report.written(), "item"), err)
			}
			return err
		}
	}
	if !m.app.dryRun && !stopped {
		if err := m.verify(ctx, export.Items); err != nil {
			return err
		}
	}
	m.bar.done()
	return m.tell(stopped)
}

// readFiles reads the files with names, "-" being the standard input.
func (a *app) readFiles(names []string) (files []migrate.File, err error) {
	for _, name := range names {
		f := migrate.File{Name: name}
		if name == "-" {
			f.Name = "standard input"
			f.Data, err = io.ReadAll(a.stdin)
		} else {
			f.Data, err = os.ReadFile(name)
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func withoutPasswords(items []*migrate.Item) {
	for _, item := range items {
		kept := item.Parts[:0:0]
		for _, p := range item.Parts {
			if p.Password == nil {
				kept = append(kept, p)
			}
		}
		item.Parts = kept
	}
}
