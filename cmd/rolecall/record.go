package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

// kindCommand returns the family of commands of a kind: create, list, show,
// rename and delete, and what it has besides.
func (a *app) kindCommand(k kind) *cobra.Command {
	family := &cobra.Command{Use: k.name, Aliases: []string{k.plural}, Short: k.about, RunE: family, Args: cobra.ArbitraryArgs}
	create := (*app).recordCreate
	if k.create != nil {
		create = k.create
	}
	family.AddCommand(create(a, k), a.recordList(k), a.recordShow(k), a.recordRename(k), a.recordDelete(k))
	for _, more := range k.more {
		family.AddCommand(more(a))
	}
	return family
}

func (a *app) recordCreate(k kind) *cobra.Command {
	cmd := a.writes(&cobra.Command{
		Use:   "create " + k.argumentUse,
		Short: "Make a " + k.name,
		Args:  arguments(1, 1),
	})
	read := a.createFlags(cmd, k)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		r, err := read(cmd, p, args[0])
		if err != nil {
			return err
		}
		receipt, err := p.Write(cmd.Context(), a.terms(), change{do: create, record: r})
		if err != nil {
			return err
		}
		return a.created(k, receipt, r)
	})
	return cmd
}

// createFlags defines the flags of a kind's fields, and returns what makes a
// record of the argument and them.
func (a *app) createFlags(cmd *cobra.Command, k kind) func(*cobra.Command, project, string) (rolecall.Record, error) {
	cmd.Flags().String("id", "", "the `id` (default one is made)")
	for _, f := range k.fields {
		f.define(cmd)
	}
	return func(cmd *cobra.Command, p project, argument string) (rolecall.Record, error) {
		object := map[string]any{k.argument: argument}
		for _, f := range k.fields {
			if err := f.read(cmd, p, object); err != nil {
				return nil, err
			}
		}
		if object["id"], _ = cmd.Flags().GetString("id"); object["id"] == "" {
			object["id"] = rolecall.NewID(k.prefix)
		}
		if k.kind == rolecall.KindAPI && object["name"] == nil {
			object["name"] = argument
		}
		return k.record(object)
	}
}

// record makes a record of its JSON form.
func (k kind) record(object map[string]any) (rolecall.Record, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	r := rolecall.NewRecord(k.kind)
	return r, json.Unmarshal(data, r)
}

func (f field) define(cmd *cobra.Command) {
	if f.boolean {
		cmd.Flags().Bool(f.flag, false, f.use)
	} else if f.number {
		cmd.Flags().Int(f.flag, f.preset, f.use)
	} else {
		cmd.Flags().String(f.flag, "", f.use)
	}
}

// read puts the value of f's flag into object, if the flag is set.
func (f field) read(cmd *cobra.Command, p project, object map[string]any) error {
	if f.number { // its preset counts, too
		object[f.json], _ = cmd.Flags().GetInt(f.flag)
		return nil
	}
	if !cmd.Flags().Changed(f.flag) {
		return nil
	}
	if f.boolean {
		object[f.json], _ = cmd.Flags().GetBool(f.flag)
		return nil
	}
	text, _ := cmd.Flags().GetString(f.flag)
	if f.refers != "" {
		found, err := find(cmd.Context(), p, f.refers, text)
		if err != nil {
			return err
		}
		text = found.Key()
	}
	object[f.json] = text
	return nil
}

// created says what a create did: the record as it is stored.
func (a *app) created(k kind, receipt rolecall.Receipt, r rolecall.Record) error {
	if receipt.DryRun {
		return a.effects(receipt)
	}
	for _, c := range receipt.Changes {
		if c.After != nil && c.After.Kind() == r.Kind() && c.After.Key() == r.Key() {
			r = c.After
		}
	}
	return a.show(r, func() { fmt.Fprintf(a.stdout, "created %s %s\n", k.name, title(r)) })
}

func (a *app) recordList(k kind) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List " + k.plural, Args: arguments(0, 0)}
	var q rolecall.Query
	var limit int
	cmd.Flags().StringVar(&q.Search, "search", "", "only those with this `text` in the id, a name or an e-mail address")
	cmd.Flags().StringVar(&q.Sort, "sort", "", "sort by this `field`, as in JSON; with - before it, downward")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most this `many` (default all)")
	for _, f := range k.filters {
		f.define(cmd)
	}
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, _ []string) error {
		q.Kind = k.kind
		q.Sort, q.Desc = strings.CutPrefix(q.Sort, "-")
		for field, value := range k.only {
			q.Where = append(q.Where, rolecall.Where(field, value))
		}
		if err := k.filter(cmd, p, &q); err != nil {
			return err
		}
		records, err := all(cmd.Context(), p, q, limit)
		if err != nil {
			return err
		}
		return a.table(cmd, p, records, k.columns)
	})
	return cmd
}

// filter puts the filters that flags set into q.
func (k kind) filter(cmd *cobra.Command, p project, q *rolecall.Query) error {
	object := map[string]any{}
	for _, f := range k.filters {
		if err := f.read(cmd, p, object); err != nil {
			return err
		}
	}
	for field, value := range object {
		text := fmt.Sprint(value)
		switch field {
		case "tenant":
			q.Tenant = rolecall.TenantID(text)
		case "group":
			q.Group = rolecall.SubjectID(text)
		default:
			q.Where = append(q.Where, rolecall.Where(field, text))
		}
	}
	return nil
}

func (a *app) recordShow(k kind) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show " + strings.ToUpper(k.name),
		Short: "Show a " + k.name + " and what refers to it",
		Args:  arguments(1, 1),
	}
	k.scoped(cmd)
	cmd.RunE = a.onNamed(k, func(cmd *cobra.Command, p project, r rolecall.Record) error {
		shown := []section{}
		for _, rel := range k.related {
			records, err := all(cmd.Context(), p, rolecall.Query{Kind: rel.kind, Where: []rolecall.Condition{rolecall.Where(rel.by, r.Key())}}, 0)
			if err != nil {
				return err
			}
			shown = append(shown, section{rel.title, rel.columns, records})
		}
		return a.sheet(cmd, p, r, shown)
	})
	return cmd
}

func (a *app) recordRename(k kind) *cobra.Command {
	cmd := a.writes(&cobra.Command{
		Use:   "rename " + strings.ToUpper(k.name) + " NAME",
		Short: "Change the name of a " + k.name + "; its id and all references stay",
		Args:  arguments(2, 2),
	})
	k.scoped(cmd)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		return a.modify(cmd, p, k, args[0], map[string]any{"name": args[1]}, "renamed")
	})
	return cmd
}

// modify changes fields of the record that text names.
func (a *app) modify(cmd *cobra.Command, p project, k kind, text string, fields map[string]any, done string) error {
	r, err := k.find(cmd, p, text)
	if err != nil {
		return err
	}
	receipt, err := p.Write(cmd.Context(), a.terms(), change{do: modify, record: r, patch: fields})
	if err != nil {
		return err
	}
	if receipt.DryRun {
		return a.effects(receipt)
	}
	if len(receipt.Changes) > 0 {
		r = receipt.Changes[0].After
	}
	return a.show(r, func() { fmt.Fprintf(a.stdout, "%s %s %s\n", done, k.name, title(r)) })
}

func (a *app) recordDelete(k kind) *cobra.Command {
	cmd := a.writes(&cobra.Command{
		Use:     "delete " + strings.ToUpper(k.name),
		Aliases: []string{"rm"},
		Short:   "Delete a " + k.name + " and everything that refers to it",
		Args:    arguments(1, 1),
	})
	k.scoped(cmd)
	cmd.RunE = a.onNamed(k, func(cmd *cobra.Command, p project, r rolecall.Record) (err error) {
		var receipt rolecall.Receipt
		if k.remove != nil {
			receipt, err = k.remove(cmd, p, a.terms(), r)
		} else {
			receipt, err = p.Write(cmd.Context(), a.terms(), change{do: remove, record: r})
		}
		if err != nil {
			return err
		}
		return a.deleted(k.name, r, receipt)
	})
	return cmd
}

// deleted says what a deletion took with it.
func (a *app) deleted(what string, r rolecall.Record, receipt rolecall.Receipt) error {
	if receipt.DryRun {
		return a.effects(receipt)
	}
	return a.show(r, func() {
		fmt.Fprintf(a.stdout, "deleted %s %s", what, title(r))
		if with := len(receipt.Changes) - 1; with == 1 {
			fmt.Fprint(a.stdout, " and 1 record that referred to it")
		} else if with > 1 {
			fmt.Fprintf(a.stdout, " and %d records that referred to it", with)
		}
		fmt.Fprintln(a.stdout)
	})
}

// scoped adds the flag that tells records of the same name apart.
func (k kind) scoped(cmd *cobra.Command) {
	if k.scope != nil {
		k.scope.define(cmd)
	}
}

// onNamed makes a command of f, which works on the record that the argument names.
func (a *app) onNamed(k kind, f func(*cobra.Command, project, rolecall.Record) error) func(*cobra.Command, []string) error {
	return a.on(func(cmd *cobra.Command, p project, args []string) error {
		r, err := k.find(cmd, p, args[0])
		if err != nil {
			return err
		}
		return f(cmd, p, r)
	})
}
