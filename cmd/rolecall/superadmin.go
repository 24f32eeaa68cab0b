package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// superadmin is the family of commands for super admins: users who hold the
// role Owner everywhere.
func (a *app) superadmin() *cobra.Command {
	cmd := &cobra.Command{
		Use: "superadmin", Short: "Super admins: users who hold the role Owner everywhere",
		RunE: family, Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(a.superadminCreate(), a.superadminList(), a.superadminPasswd(), a.superadminDelete())
	return cmd
}

func (a *app) superadminCreate() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "create EMAIL",
		Short: "Make a user who may do everything",
		Long: `Make a user who may do everything. The password is asked for twice, or comes from
standard input with --password-stdin. Without a project in the data folder this
begins one. To give Owner to a user who exists: rolecall assign owner EMAIL.`,
		Args: arguments(1, 1),
	}
	cmd.Flags().StringVar(&name, "name", "", "name for people")
	stdin := passwordFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		password, err := a.newPassword(*stdin) // before anything is opened or made
		if err != nil {
			return err
		}
		return a.onNew(true, func(cmd *cobra.Command, p project, args []string) error {
			if _, err := find(cmd.Context(), p, rolecall.KindUser, args[0]); err == nil {
				return fmt.Errorf("the user %s exists already: 'rolecall superadmin passwd' changes the password, 'rolecall assign owner' gives the role", args[0])
			} else if !errors.Is(err, rolecall.ErrNotFound) {
				return err
			}
			user, _, err := p.CreateUser(cmd.Context(), a.terms(), identity.NewUser{
				User:     rolecall.User{Email: args[0], Name: name},
				Password: password,
				Roles:    []rolecall.Assignment{{Role: rolecall.RoleOwner}},
			})
			if err != nil {
				return err
			}
			return a.show(user, func() { fmt.Fprintf(a.stdout, "created super admin %s\n", title(user)) })
		})(cmd, args)
	}
	return cmd
}

func (a *app) superadminList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List super admins", Args: arguments(0, 0),
		RunE: a.on(func(cmd *cobra.Command, p project, _ []string) error {
			owners, err := owners(cmd.Context(), p)
			if err != nil {
				return err
			}
			return a.table(cmd, p, owners, []string{"id", "email", "name"})
		}),
	}
}

// owners returns the users who hold Owner everywhere, directly or through groups, now.
func owners(ctx context.Context, p project) (users []rolecall.Record, err error) {
	q := rolecall.WhoCanQuery{Permission: rolecall.PermissionEscalate, API: string(rolecall.AdminAPI), Limit: rolecall.MaxPage}
	for {
		page, next, err := p.WhoCan(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, id := range page {
			d, err := p.Check(ctx, rolecall.Request{Subject: id, Role: ownerName})
			if err != nil {
				return nil, err
			}
			user, err := p.Get(ctx, rolecall.KindUser, string(id))
			if errors.Is(err, rolecall.ErrNotFound) { // a client
				continue
			}
			if err != nil {
				return nil, err
			}
			if d.Allowed {
				users = append(users, user)
			}
		}
		if next == "" {
			return users, nil
		}
		q.After = next
	}
}

// ownerName is the name of the built-in role Owner.
const ownerName = "Owner"

// findOwner returns the super admin that text means.
func findOwner(ctx context.Context, p project, text string) (*rolecall.User, error) {
	r, err := find(ctx, p, rolecall.KindUser, text)
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, fmt.Errorf("there is no super admin %q: %w", text, rolecall.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	d, err := p.Check(ctx, rolecall.Request{Subject: rolecall.SubjectID(r.Key()), Role: ownerName})
	if err != nil {
		return nil, err
	}
	if !d.Allowed {
		return nil, fmt.Errorf("%s is a user, but no super admin", text)
	}
	return r.(*rolecall.User), nil
}

func (a *app) superadminPasswd() *cobra.Command {
	cmd := &cobra.Command{Use: "passwd EMAIL", Short: "Change a super admin's password", Args: arguments(1, 1)}
	stdin := passwordFlag(cmd)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		user, err := findOwner(cmd.Context(), p, args[0])
		if err != nil {
			return err
		}
		return a.setPassword(cmd, p, user, *stdin, false)
	})
	return cmd
}

// setPassword asks for a new password and sets it.
func (a *app) setPassword(cmd *cobra.Command, p project, user *rolecall.User, stdin, temporary bool) error {
	password, err := a.newPassword(stdin)
	if err != nil {
		return err
	}
	change := identity.PasswordChange{Password: password, Temporary: temporary}
	if err := p.SetPassword(cmd.Context(), a.terms(), user.ID, change); err != nil {
		return err
	}
	return a.show(user, func() { fmt.Fprintf(a.stdout, "changed the password of %s\n", title(user)) })
}

func (a *app) superadminDelete() *cobra.Command {
	var yes bool
	cmd := a.writes(&cobra.Command{
		Use: "delete EMAIL", Aliases: []string{"rm"},
		Short: "Delete a super admin's user; the last one can't be",
		Args:  arguments(1, 1),
	})
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "don't ask")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		user, err := findOwner(cmd.Context(), p, args[0])
		if err != nil {
			return err
		}
		if !yes && !a.dryRun && !a.confirm("Delete the super admin "+title(user)+"?") {
			return errors.New("not deleted")
		}
		receipt, err := p.Write(cmd.Context(), a.terms(), change{do: remove, record: user})
		if err != nil {
			return err
		}
		return a.deleted("super admin", user, receipt)
	})
	return cmd
}
