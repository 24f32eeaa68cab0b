package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A shownKey is a new key as POST /keys answers it.
type shownKey struct {
	*rolecall.Credential
	Secret string `json:"secret"`
}

// keyCreate takes the place of the usual create: the secret is made, and shown once.
func (a *app) keyCreate(k kind) *cobra.Command {
	var id, subject, tenant, expires string
	var roles []string
	cmd := a.writes(&cobra.Command{
		Use:   "create NAME",
		Short: "Make an access key; its secret is shown once",
		Long: `Make an access key. Without --subject it gets a client of its own. Only the secret
goes to standard output, so that it can be put into a file:

  rolecall key create deploy --role Administrator > deploy.key

On a server, a key for oneself takes one's password, by --password-stdin, or the
permission rolecall:credentials.write.`,
		Args: arguments(1, 1),
	})
	flags := cmd.Flags()
	flags.StringVar(&id, "id", "", "the `id` (default one is made)")
	flags.StringVar(&subject, "subject", "", "the user or client that the key is for (default a client of its own)")
	flags.StringArrayVar(&roles, "role", nil, "give the key's subject this `role`; may be repeated")
	flags.StringVar(&tenant, "tenant", "", "give the roles in this `tenant` only")
	flags.StringVar(&expires, "expires", "", "until this `time` (2027-01-31, 2027-01-31T09:00:00Z, or from now: 12h, 30d)")
	proof := cmd.Flags().Bool("password-stdin", false, "read your own password from standard input, for a key of your own")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) (err error) {
		key := identity.NewKey{ID: rolecall.CredentialID(id), Name: args[0]}
		if key.ExpiresAt, err = parseTime(expires, time.Now()); err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		if subject != "" {
			if key.Subject, err = findSubject(cmd.Context(), p, subject); err != nil {
				return err
			}
		}
		var tenants []string
		if tenant != "" {
			tenants = []string{tenant}
		}
		if _, key.Roles, err = places(cmd, p, tenants, roles); err != nil {
			return err
		}
		if *proof {
			if key.Password, err = a.password(true); err != nil {
				return err
			}
		}
		made, err := p.CreateKey(cmd.Context(), a.terms(), key)
		if err != nil {
			return err
		}
		return a.keyMade("created", made)
	})
	return cmd
}

// keyMade shows a new secret: that alone on standard output.
func (a *app) keyMade(done string, made *identity.Key) error {
	if made.Receipt.DryRun {
		return a.effects(made.Receipt)
	}
	return a.show(shownKey{made.Credential, made.Secret}, func() {
		fmt.Fprintf(a.stderr, "%s key %s of %s; this is its secret, which is not shown again:\n", done, title(made.Credential), made.Credential.Subject)
		fmt.Fprintln(a.stdout, made.Secret)
	})
}

func keyDelete(cmd *cobra.Command, p project, t terms, r rolecall.Record) (rolecall.Receipt, error) {
	return p.DeleteKey(cmd.Context(), t, r.(*rolecall.Credential).ID)
}

func (a *app) keyRotate() *cobra.Command {
	return a.writes(&cobra.Command{
		Use: "rotate KEY", Short: "Give a key a new secret; the old one stops working at once", Args: arguments(1, 1),
		RunE: a.onNamed(kindOf("key"), func(cmd *cobra.Command, p project, r rolecall.Record) error {
			made, err := p.RotateKey(cmd.Context(), a.terms(), r.(*rolecall.Credential).ID)
			if err != nil {
				return err
			}
			return a.keyMade("rotated", made)
		}),
	})
}

func (a *app) keyDisable() *cobra.Command {
	return a.setField("key", "disable KEY", "Make a key stop working", "disabled", true, "disabled")
}

func (a *app) keyEnable() *cobra.Command {
	return a.setField("key", "enable KEY", "Make a disabled key work again", "disabled", false, "enabled")
}
