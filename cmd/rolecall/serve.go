package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall/internal/server"
)

func (a *app) serve() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server. It needs no configuration: the data file is made in the folder
rolecall-data. With --store it is a node, one of any number, on a PostgreSQL
database. What a flag sets can also be set in the environment, as in
ROLECALL_LOG_LEVEL, or in the JSON file that --config or ROLECALL_CONFIG names, as
in {"log_level": "warn"}. A flag wins over the environment, that over the file.

SIGTERM and Ctrl-C stop it: /readyz fails, requests in progress finish.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.settle(); err != nil {
				return err
			}
			logs, err := a.settings.Logs(a.stderr)
			if err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			defer logs.Close()
			a.settings.Log, a.settings.Access = logs.Log, logs.Access
			s, err := server.New(cmd.Context(), *a.settings)
			if err != nil {
				return err
			}
			if err := a.greet(cmd, s); err != nil {
				s.Close()
				return err
			}
			defer runtime.KeepAlive(makeRoom())
			return s.Run(cmd.Context())
		},
	}
	cmd.Flags().AddFlagSet(a.flags)
	return cmd
}

// makeRoom lets the heap of a small project grow by 16 MB more before garbage is
// collected: Go does that when a heap has doubled, which one of 3 MB does every few
// hundred requests. Nothing is written to what it returns, so that no memory is
// used for it. Whoever sets GOGC or GOMEMLIMIT has decided otherwise.
func makeRoom() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, 16<<20)
}

// where is what other commands take to work on the same project. What names a
// database may hold a password, which is not to be shown.
func (a *app) where() string {
	if a.settings.Store != "" {
		return "--store …"
	}
	return "--data " + shellQuote(a.settings.Data)
}

// trust says how clients are told to trust the authority in a file.
const trust = `Clients have to trust its certificate authority, which certifies this machine alone:

  export SSL_CERT_FILE=%[1]s         Go, Python, Ruby, PHP
  export NODE_EXTRA_CA_CERTS=%[1]s   Node
  curl --cacert %[1]s %[2]shealthz
  Browsers: import the file as an authority, or accept the warning

`

// greet says where the server is, and how to begin if nobody may administer it yet.
func (a *app) greet(cmd *cobra.Command, s *server.Server) error {
	// Without the slash at its end: some vendors' SDKs put a path behind what they are given.
	fmt.Fprintf(a.stdout, "Rolecall %s serves the project %s at %s\n", built().Version, s.Rolecall.Project(), strings.TrimSuffix(s.URL(), "/"))
	if s.Dev != nil {
		fmt.Fprintf(a.stdout, "Development: sign in as %s; the secrets are in %s; mails are at %sdev/mail\n", s.Dev.OwnerEmail, s.DevFile(), s.URL())
		if s.Dev.CAFile != "" {
			fmt.Fprintf(a.stdout, trust, shellQuote(s.Dev.CAFile), s.URL())
		}
		return nil
	}
	owners, err := owners(cmd.Context(), local{s.Project})
	if err != nil || len(owners) > 0 {
		return err
	}
	fmt.Fprintf(a.stdout, "Nobody may administer it yet. Make the first super admin, while it runs, by\n\n  rolecall superadmin create you@example.com %s\n\n", a.where())
	return nil
}
