package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A shownInvitation is a new invitation as POST /invitations answers it.
type shownInvitation struct {
	*rolecall.Invitation
	Roles []rolecall.RoleID `json:"roles,omitempty"`
	Sent  bool              `json:"sent"`
	Link  string            `json:"link,omitempty"`
}

func (a *app) invite() *cobra.Command {
	var tenant, client, inviter string
	var roles []string
	var lifetime time.Duration
	var show bool
	cmd := a.writes(&cobra.Command{
		Use:   "invite EMAIL",
		Short: "Invite somebody to a tenant, or to the project",
		Long: `Invite somebody to a tenant, or to the project. Who accepts signs up, or signs in,
with that e-mail address, and gets the roles.

The link is mailed; with --show, or without a mail server, it is shown once, on
standard output, to be handed over:

  rolecall invite ada@example.com --tenant acme --role Admin`,
		Args: arguments(1, 1),
	})
	flags := cmd.Flags()
	flags.StringVar(&tenant, "tenant", "", "the `tenant` to join (default the project)")
	flags.StringArrayVar(&roles, "role", nil, "give this `role` there; may be repeated")
	flags.StringVar(&client, "client", "", "the `application` to begin at")
	flags.StringVar(&inviter, "from", "", "the `name` of who invites, as the invited read it")
	flags.DurationVar(&lifetime, "lifetime", 0, "how long it counts (default 168h)")
	flags.BoolVar(&show, "show", false, "show the link, and mail nothing")
	for _, of := range []string{"url", "smtp-url", "mail-from"} { // of the server whose data file it is
		flags.AddFlag(a.flags.Lookup(of))
	}
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		n := identity.NewInvitation{Email: args[0], Inviter: inviter, Lifetime: lifetime, Shown: show}
		var tenants []string
		if tenant != "" {
			tenants = []string{tenant}
		}
		ids, held, err := places(cmd, p, tenants, roles)
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			n.Tenant = ids[0]
		}
		for _, assignment := range held {
			n.Roles = append(n.Roles, assignment.Role)
		}
		if client != "" {
			if n.Client, err = findSubject(cmd.Context(), p, client); err != nil {
				return err
			}
		}
		made, err := p.Invite(cmd.Context(), a.terms(), n)
		if err != nil {
			return err
		}
		if made.Receipt.DryRun {
			return a.effects(made.Receipt)
		}
		return a.show(shownInvitation{made.Invitation, made.Roles, made.Sent, made.Link}, func() {
			switch until := made.ExpiresAt.Format("2006-01-02 15:04 UTC"); {
			case made.Sent:
				fmt.Fprintf(a.stdout, "invited %s by mail, until %s\n", made.Email, until)
			case made.Link == "":
				fmt.Fprintf(a.stderr, "invited %s until %s, but the mail could not be sent: delete the invitation %s, and invite again\n", made.Email, until, made.ID)
			default:
				fmt.Fprintf(a.stderr, "invited %s until %s; this is the link for them, which is not shown again:\n", made.Email, until)
				fmt.Fprintln(a.stdout, made.Link)
			}
		})
	})
	return cmd
}
