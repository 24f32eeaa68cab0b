package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

func (a *app) token() *cobra.Command {
	var q tokenQuery
	var subject, api, tenant string
	cmd := &cobra.Command{
		Use:   "token [SUBJECT]",
		Short: "Get a token that says what somebody may do",
		Long: `Get a token (a JWT) for an API and, if asked, a tenant. On the data file it is
issued for any SUBJECT; its issuer is --url, which must be the server's. With
--login the password is asked for, and that user signs in. On a server without
--login, the access key signs in.`,
		Example: `  rolecall token alice@example.com --api https://hello.example.com
  rolecall token --server http://127.0.0.1:8787 --login alice@example.com`,
		Args: arguments(0, 1),
	}
	flags := cmd.Flags()
	flags.StringVar(&q.login, "login", "", "sign in with this login `id` and a password")
	flags.StringVar(&api, "api", "", "the `API` that the token is for (default the project itself)")
	flags.StringVar(&tenant, "tenant", "", "what is held in this `tenant`")
	flags.DurationVar(&q.lifetime, "lifetime", 0, "how long the token counts (default 1h, at most 24h)")
	flags.AddFlag(a.flags.Lookup("url"))
	flags.AddFlag(a.flags.Lookup("secret-file"))
	stdin := passwordFlag(cmd)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) (err error) {
		switch {
		case len(args) == 1 && q.login != "":
			return &usageError{cmd.CommandPath(), fmt.Errorf("name either SUBJECT or --login")}
		case len(args) == 1:
			q.subject, err = findSubject(cmd.Context(), p, args[0])
			subject = args[0]
		case q.login != "":
			q.password, err = a.password(*stdin)
		case a.remote.server == "":
			return &usageError{cmd.CommandPath(), fmt.Errorf("say for whom: SUBJECT or --login")}
		}
		if err != nil {
			return err
		}
		if q.tenant, err = findTenant(cmd.Context(), p, tenant); err != nil {
			return err
		}
		if api != "" {
			found, err := find(cmd.Context(), p, rolecall.KindAPI, api)
			if err != nil {
				return err
			}
			q.api = found.(*rolecall.API).Identifier
		}
		got, err := p.Token(cmd.Context(), q)
		if err != nil {
			return err
		}
		return a.show(got, func() {
			if subject != "" {
				expires := time.Now().Add(time.Duration(got.ExpiresIn) * time.Second)
				fmt.Fprintf(a.stderr, "a token for %s, until %s:\n", subject, expires.UTC().Format(time.RFC3339))
			}
			fmt.Fprintln(a.stdout, got.AccessToken)
		})
	})
	return cmd
}
