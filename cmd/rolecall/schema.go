package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/server"
)

// migrate is the family of commands for the tables of a project.
func (a *app) migrate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "The tables of the data file or database",
		Long: `The tables of the data file or database. Every command brings them up to date when it
opens a project; these do it alone, or look. On PostgreSQL, 'migrate up' can be run by
a user who may make tables, and the nodes by one who may only read and write them.`,
		RunE: family, Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(&cobra.Command{
		Use: "status", Short: "Say which schema there is, and touch nothing", Args: arguments(0, 0),
		RunE: a.onTables(func(cmd *cobra.Command) error {
			s, err := server.SchemaOf(cmd.Context(), a.settings.Data, a.settings.Store)
			if err != nil {
				return err
			}
			return a.show(s, func() { fmt.Fprintln(a.stdout, describe(s)) })
		}),
	}, &cobra.Command{
		Use: "up", Short: "Bring the schema up to date, or make it", Args: arguments(0, 0),
		RunE: a.onTables(func(cmd *cobra.Command) error {
			before, err := server.SchemaOf(cmd.Context(), a.settings.Data, a.settings.Store)
			if err != nil {
				return err
			}
			s, err := server.Migrate(cmd.Context(), a.settings.Data, a.settings.Store)
			if err != nil {
				return err
			}
			return a.show(s, func() {
				if s.Version > before.Version {
					fmt.Fprintf(a.stdout, "%s: brought from schema %d to %d\n", s.Place, before.Version, s.Version)
				} else {
					fmt.Fprintln(a.stdout, describe(s))
				}
			})
		}),
	})
	return cmd
}

// onTables makes a command's function of one that works beneath the project.
func (a *app) onTables(f func(cmd *cobra.Command) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if err := a.settle(); err != nil {
			return err
		}
		if a.remote.server != "" {
			return errDataFile
		}
		return f(cmd)
	}
}

func describe(s server.Schema) string {
	switch {
	case s.Version == 0:
		return fmt.Sprintf("%s: no project yet; this program makes schema %d", s.Place, s.Known)
	case s.Version < s.Known:
		return fmt.Sprintf("%s: schema %d; this program knows %d, and 'rolecall migrate up' brings it there", s.Place, s.Version, s.Known)
	case s.Least > s.Known:
		return fmt.Sprintf("%s: schema %d of a newer version of rolecall; this one knows %d, and can't work with it: upgrade rolecall", s.Place, s.Version, s.Known)
	case s.Version > s.Known:
		return fmt.Sprintf("%s: schema %d of a newer version of rolecall; this one knows %d, and works with it", s.Place, s.Version, s.Known)
	}
	return fmt.Sprintf("%s: schema %d, up to date", s.Place, s.Version)
}

func (a *app) copyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy a project between a data file and PostgreSQL",
		Long: `Copy a whole project to a place that holds none, and read all of it again: every row
must be the same and the journal one chain before the copy counts. A place is
sqlite: and a data folder or file, or a PostgreSQL database:

  rolecall copy sqlite:rolecall-data postgres://user@host/app

Stop the servers that use FROM first. What they write during the copy is not in it.
A password belongs in PGPASSWORD or ~/.pgpass, since others can see the command.`,
		Args: arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.settle(); err != nil {
				return err
			}
			copied, err := server.Copy(cmd.Context(), args[0], args[1])
			if errors.Is(err, rolecall.ErrConflict) || errors.Is(err, server.ErrExists) {
				return fmt.Errorf("%w: copy to an empty place", err)
			}
			if err != nil {
				return err
			}
			return a.show(copied, func() {
				w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				for _, t := range copied.Tables {
					if t.Rows > 0 {
						fmt.Fprintf(w, "%s\t%d\n", t.Name, t.Rows)
					}
				}
				w.Flush()
				fmt.Fprintf(a.stdout, "copied the project %s at revision %d; every row is the same, and its journal of %d entries is verified\n",
					copied.Head.Project, copied.Head.Revision, copied.Head.Seq)
			})
		},
	}
}
