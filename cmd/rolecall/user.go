package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// userCreate takes the place of the usual create: a user comes with login ids,
// a password, tenants and roles, all in one write.
func (a *app) userCreate(k kind) *cobra.Command {
	var logins, tenants, roles []string
	var temporary bool
	cmd := a.writes(&cobra.Command{
		Use:   "create EMAIL",
		Short: "Make a user",
		Long: `Make a user. Without --login the e-mail address is what the user signs in with;
without --password-stdin the user has no password yet.`,
		Args: arguments(1, 1),
	})
	read := a.createFlags(cmd, k)
	cmd.Flags().StringArrayVar(&logins, "login", nil, "a `text` to sign in with (default the e-mail address); may be repeated")
	cmd.Flags().StringArrayVar(&tenants, "tenant", nil, "make the user a member of this `tenant`; may be repeated")
	cmd.Flags().StringArrayVar(&roles, "role", nil, "give the user this `role`: everywhere or, with one --tenant, there; may be repeated")
	cmd.Flags().BoolVar(&temporary, "temporary", false, "the password has to be replaced at the first sign-in")
	stdin := passwordFlag(cmd)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		r, err := read(cmd, p, args[0])
		if err != nil {
			return err
		}
		u := identity.NewUser{User: *r.(*rolecall.User), LoginIDs: logins, Temporary: temporary}
		if u.Tenants, u.Roles, err = places(cmd, p, tenants, roles); err != nil {
			return err
		}
		if *stdin {
			if u.Password, err = a.newPassword(true); err != nil {
				return err
			}
		}
		user, receipt, err := p.CreateUser(cmd.Context(), a.terms(), u)
		if err != nil {
			return err
		}
		return a.created(k, receipt, user)
	})
	return cmd
}

// places finds tenants and, held in the one tenant or everywhere, roles.
func places(cmd *cobra.Command, p project, tenants, roles []string) (ids []rolecall.TenantID, held []rolecall.Assignment, err error) {
	for _, text := range tenants {
		id, err := findTenant(cmd.Context(), p, text)
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, id)
	}
	var scope rolecall.Scope
	switch {
	case len(ids) == 1:
		scope.Tenant = ids[0]
	case len(ids) > 1 && len(roles) > 0:
		return nil, nil, &usageError{cmd.CommandPath(), errors.New("with several --tenant, give roles with 'rolecall assign'")}
	}
	for _, text := range roles {
		role, err := findRole(cmd.Context(), p, text, scope.Tenant)
		if err != nil {
			return nil, nil, err
		}
		held = append(held, rolecall.Assignment{Role: role, Scope: scope})
	}
	return ids, held, nil
}

func (a *app) userBlock() *cobra.Command {
	return a.setField("user", "block USER", "Block a user: no permission counts, no sign-in", "blocked", true, "blocked")
}

func (a *app) userUnblock() *cobra.Command {
	return a.setField("user", "unblock USER", "End a user's block", "blocked", false, "unblocked")
}

// setField returns a command that sets a field of the record that it names.
func (a *app) setField(of, use, short, field string, value any, done string) *cobra.Command {
	return a.writes(&cobra.Command{
		Use: use, Short: short, Args: arguments(1, 1),
		RunE: a.on(func(cmd *cobra.Command, p project, args []string) error {
			return a.modify(cmd, p, kindOf(of), args[0], map[string]any{field: value}, done)
		}),
	})
}

// kindOf returns the row of kinds with a name.
func kindOf(name string) kind {
	for _, k := range kinds() {
		if k.name == name {
			return k
		}
	}
	panic("there is no kind " + name)
}

func (a *app) userPasswd() *cobra.Command {
	var temporary bool
	cmd := &cobra.Command{Use: "passwd USER", Short: "Set a user's password", Args: arguments(1, 1)}
	cmd.Flags().BoolVar(&temporary, "temporary", false, "the password has to be replaced at the next sign-in")
	stdin := passwordFlag(cmd)
	cmd.RunE = a.onNamed(kindOf("user"), func(cmd *cobra.Command, p project, r rolecall.Record) error {
		return a.setPassword(cmd, p, r.(*rolecall.User), *stdin, temporary)
	})
	return cmd
}
