package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

// This file is what relates records: roles to roles, members to groups and tenants.

func (a *app) roleInherit() *cobra.Command {
	return a.relate("inherit ROLE FROM...", "Give a role every permission of other roles", rolecall.KindRole, put, "inherits from", inheritance)
}

func (a *app) roleDisinherit() *cobra.Command {
	return a.relate("disinherit ROLE FROM...", "End a role's inheritance from other roles", rolecall.KindRole, remove, "no longer inherits from", inheritance)
}

func (a *app) groupAdd() *cobra.Command {
	return a.relate("add GROUP MEMBER...", "Put users, clients or groups into a group", kindSubject, put, "now has", groupMember)
}

func (a *app) groupRemove() *cobra.Command {
	return a.relate("remove GROUP MEMBER...", "Take users, clients or groups out of a group", kindSubject, remove, "no longer has", groupMember)
}

func (a *app) tenantAdd() *cobra.Command {
	return a.relate("add TENANT MEMBER...", "Make users or clients members of a tenant", kindSubject, put, "now has", membership)
}

func (a *app) tenantRemove() *cobra.Command {
	return a.relate("remove TENANT MEMBER...", "End users' or clients' membership of a tenant", kindSubject, remove, "no longer has", membership)
}

func (a *app) constraintAdd() *cobra.Command {
	return a.relate("add CONSTRAINT ROLE...", "Keep roles apart", rolecall.KindRole, put, "now keeps apart", constraintRole)
}

func (a *app) constraintRemove() *cobra.Command {
	return a.relate("remove CONSTRAINT ROLE...", "Keep roles apart no longer", rolecall.KindRole, remove, "no longer keeps apart", constraintRole)
}

// A relation makes a record that relates two others.
type relation struct {
	first rolecall.Kind
	make  func(first, second string) rolecall.Record
}

var (
	inheritance = relation{rolecall.KindRole, func(senior, junior string) rolecall.Record {
		return &rolecall.Inheritance{Senior: rolecall.RoleID(senior), Junior: rolecall.RoleID(junior)}
	}}
	groupMember = relation{rolecall.KindGroup, func(group, member string) rolecall.Record {
		return &rolecall.GroupMember{Group: rolecall.SubjectID(group), Member: rolecall.SubjectID(member)}
	}}
	constraintRole = relation{rolecall.KindConstraint, func(constraint, role string) rolecall.Record {
		return &rolecall.ConstraintRole{Constraint: rolecall.ConstraintID(constraint), Role: rolecall.RoleID(role)}
	}}
	membership = relation{rolecall.KindTenant, func(tenant, subject string) rolecall.Record {
		return &rolecall.Membership{Tenant: rolecall.TenantID(tenant), Subject: rolecall.SubjectID(subject)}
	}}
)

// relate returns a command that relates its first argument to each of the
// others, which are of kind second: all or nothing.
func (a *app) relate(use, short string, second rolecall.Kind, do verb, now string, rel relation) *cobra.Command {
	return a.writes(&cobra.Command{
		Use: use, Short: short, Args: arguments(2, -1),
		RunE: a.on(func(cmd *cobra.Command, p project, args []string) error {
			one, err := find(cmd.Context(), p, rel.first, args[0])
			if err != nil {
				return err
			}
			var changes []change
			var records []rolecall.Record
			for _, text := range args[1:] {
				other, err := find(cmd.Context(), p, second, text)
				if err != nil {
					return err
				}
				r := rel.make(one.Key(), other.Key())
				records = append(records, r)
				changes = append(changes, change{do: do, record: r})
			}
			return a.write(cmd, p, changes, records, func() {
				for _, text := range args[1:] {
					fmt.Fprintf(a.stdout, "%s %s %s\n", args[0], now, text)
				}
			})
		}),
	})
}

// write makes changes and prints the records, or what people says.
func (a *app) write(cmd *cobra.Command, p project, changes []change, records []rolecall.Record, people func()) error {
	receipt, err := p.Write(cmd.Context(), a.terms(), changes...)
	if err != nil {
		return err
	}
	if receipt.DryRun {
		return a.effects(receipt)
	}
	return a.show(records, people)
}
