package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall/internal/server"
)

// errDataFile is what commands say that need the data file itself.
var errDataFile = errors.New("this works on the data file only: run it where the file is, without --server")

func (a *app) backup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the project to a new file, also while a server runs",
		Args:  arguments(1, 1),
		RunE: a.on(func(cmd *cobra.Command, p project, args []string) error {
			l, ok := p.(local)
			if !ok {
				return errDataFile
			}
			head, err := l.Backup(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.show(head, func() {
				fmt.Fprintf(a.stdout, "backed up the project %s at revision %d to %s\n", head.Project, head.Revision, args[0])
			})
		}),
	}
}

func (a *app) restore() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the data file from a backup",
		Long: `Make the data file from a backup. The backup's journal is verified first; the data
file is replaced in one step, or not at all. No server may be using the folder.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.settle(); err != nil {
				return err
			}
			if a.remote.server != "" {
				return errDataFile
			}
			if a.settings.Store != "" {
				return errors.New("a project in PostgreSQL is restored by PostgreSQL's own tools; 'rolecall copy' copies a data file to an empty database")
			}
			head, err := server.Restore(cmd.Context(), args[0], a.settings.Data, force)
			if errors.Is(err, server.ErrExists) {
				return fmt.Errorf("%w; --force replaces it", err)
			}
			if err != nil {
				return err
			}
			return a.show(head, func() {
				fmt.Fprintf(a.stdout, "restored the project %s at revision %d; its journal of %d entries is verified\n", head.Project, head.Revision, head.Seq)
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the project that is there")
	return cmd
}
