package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

// permissionSync makes the permissions that an application's code names.
func (a *app) permissionSync() *cobra.Command {
	return a.writes(&cobra.Command{
		Use:   "sync FILE",
		Short: "Make the permissions that an application's code names, and list the unused ones",
		Long: `Make the permissions that an application's code names and that are not there, and
list those of the same APIs that it does not name. Nothing is deleted.

FILE is what the application says it requires: the permissions of its guards,
pep.Guard's Permissions, as JSON, or one name in a line. "-" is standard input.`,
		Example: "  myapp --permissions | rolecall permission sync -",
		Args:    arguments(1, 1),
		RunE: a.on(func(cmd *cobra.Command, p project, args []string) error {
			named, err := a.readPermissions(args[0])
			if err != nil {
				return err
			}
			var apis []*rolecall.API
			var there []*rolecall.Permission
			for _, kind := range []rolecall.Kind{rolecall.KindAPI, rolecall.KindPermission} {
				records, err := all(cmd.Context(), p, rolecall.Query{Kind: kind}, 0)
				if err != nil {
					return err
				}
				for _, r := range records {
					switch r := r.(type) {
					case *rolecall.API:
						apis = append(apis, r)
					case *rolecall.Permission:
						there = append(there, r)
					}
				}
			}
			sync, err := rolecall.ComparePermissions(apis, there, named)
			if err != nil {
				return err
			}
			var changes []change
			var records []rolecall.Record
			for _, r := range sync.Missing {
				changes, records = append(changes, change{do: create, record: r}), append(records, r)
			}
			return a.write(cmd, p, changes, records, func() {
				for _, r := range sync.Missing {
					fmt.Fprintf(a.stdout, "created permission %s\n", title(r))
				}
				for _, ref := range sync.Unused {
					fmt.Fprintf(a.stdout, "unused: %s of %s\n", ref.Name, ref.API)
				}
				fmt.Fprintf(a.stdout, "%d named, %d created, %d unused\n", len(named), len(sync.Missing), len(sync.Unused))
			})
		}),
	})
}

// readPermissions reads what an application's code names.
func (a *app) readPermissions(file string) (named []rolecall.PermissionRef, err error) {
	input := a.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		input = f
	}
	data, err := io.ReadAll(io.LimitReader(input, 1<<22))
	if err != nil {
		return nil, err
	}
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '[' {
		if err := json.Unmarshal(text, &named); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return named, nil
	}
	for line := range strings.Lines(string(data)) {
		if name := strings.TrimSpace(line); name != "" {
			named = append(named, rolecall.PermissionRef{Name: name})
		}
	}
	return named, nil
}
