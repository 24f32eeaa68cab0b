package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/webhook"
)

// A shownWebhook is a webhook with its secret, as POST /webhooks answers it.
type shownWebhook struct {
	webhook.Hook
	Secret string `json:"secret"`
}

func (a *app) webhook() *cobra.Command {
	cmd := &cobra.Command{Use: "webhook", Short: "Webhooks: who is told of changes", RunE: family, Args: cobra.ArbitraryArgs}
	list := &cobra.Command{Use: "list", Short: "Show every webhook, and how it does", Args: arguments(0, 0)}
	list.RunE = a.on(func(cmd *cobra.Command, p project, _ []string) error {
		all, err := p.Webhooks(cmd.Context())
		if err != nil {
			return err
		}
		return a.show(append([]webhook.Listed{}, all...), func() { a.lines(func(w io.Writer) { webhookRows(w, all) }) })
	})
	test := &cobra.Command{Use: "test WEBHOOK", Short: "Send a webhook an event of type test", Args: arguments(1, 1)}
	test.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		t, err := p.TestWebhook(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if err := a.show(t, func() {
			if t.Delivered {
				fmt.Fprintf(a.stdout, "%s took the test: it answers %d\n", args[0], t.Status)
			}
		}); err != nil || t.Delivered {
			return err
		}
		return fmt.Errorf("%s did not take the test: %s", args[0], t.Error)
	})
	cmd.AddCommand(a.webhookAdd(), list, a.webhookChange(), test, a.webhookRotate(),
		a.webhookSet("disable", "Tell a webhook nothing for now", "disabled", func(cmd *cobra.Command, p project, id string) (rolecall.Receipt, error) {
			return p.EnableWebhook(cmd.Context(), a.terms(), id, false)
		}),
		a.webhookSet("enable", "Tell a webhook again, from where it was", "enabled", func(cmd *cobra.Command, p project, id string) (rolecall.Receipt, error) {
			return p.EnableWebhook(cmd.Context(), a.terms(), id, true)
		}),
		a.webhookSet("remove", "Delete a webhook", "deleted", func(cmd *cobra.Command, p project, id string) (rolecall.Receipt, error) {
			return p.DeleteWebhook(cmd.Context(), a.terms(), id)
		}))
	return cmd
}

func (a *app) webhookAdd() *cobra.Command {
	var w webhook.Hook
	var kinds []string
	var tenant string
	cmd := a.writes(&cobra.Command{
		Use:   "add URL",
		Short: "Have a URL told of changes; its secret is shown once",
		Long: `Have a URL told of changes: a POST request for each write, signed with the secret
that goes to standard output, in the order of revisions, and repeated until it is
answered by a status of 2xx. A server delivers; see docs/operations.md.`,
		Args: arguments(1, 1),
	})
	flags := cmd.Flags()
	flags.AddFlag(a.flags.Lookup("secret-file"))
	flags.StringVar(&w.ID, "id", "", "the `id`, hook_ and letters and digits (default one is made)")
	flags.StringVar(&w.Description, "description", "", "what it is for")
	flags.StringArrayVar(&kinds, "kind", nil, "only changes to records of this `kind`, such as assignment; may be repeated")
	flags.StringVar(&tenant, "tenant", "", "only what concerns this `tenant`, by id")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		w.URL, w.Tenant = args[0], rolecall.TenantID(tenant)
		for _, k := range kinds {
			w.Kinds = append(w.Kinds, rolecall.Kind(k))
		}
		return a.webhookMade("created")(p.AddWebhook(cmd.Context(), a.terms(), w))
	})
	return cmd
}

func (a *app) webhookChange() *cobra.Command {
	var to, description, tenant string
	var kinds []string
	cmd := a.writes(&cobra.Command{
		Use:   "change WEBHOOK",
		Short: "Change where a webhook is told, or of what",
		Long: `Change where a webhook is told, or of what. What no flag names stays, and so does
the secret. An empty --kind or --tenant means all.`,
		Args: arguments(1, 1),
	})
	flags := cmd.Flags()
	flags.StringVar(&to, "url", "", "the `URL` that is told")
	flags.StringVar(&description, "description", "", "what it is for")
	flags.StringArrayVar(&kinds, "kind", nil, "only changes to records of this `kind`, in place of those before; may be repeated")
	flags.StringVar(&tenant, "tenant", "", "only what concerns this `tenant`, by id")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		fields := map[string]any{}
		for name, value := range map[string]string{"url": to, "description": description, "tenant": tenant} {
			if flags.Changed(name) {
				fields[name] = value
			}
		}
		if flags.Changed("kind") {
			fields["kinds"] = slices.DeleteFunc(kinds, func(k string) bool { return k == "" })
		}
		if len(fields) == 0 {
			return &usageError{cmd.CommandPath(), errors.New("say what to change: --url, --description, --kind or --tenant")}
		}
		hook, receipt, err := p.ChangeWebhook(cmd.Context(), a.terms(), args[0], fields)
		if err != nil {
			return err
		}
		if receipt.DryRun {
			return a.effects(receipt)
		}
		return a.show(hook, func() { fmt.Fprintf(a.stdout, "changed webhook %s\n", args[0]) })
	})
	return cmd
}

func (a *app) webhookRotate() *cobra.Command {
	cmd := a.writes(&cobra.Command{Use: "rotate WEBHOOK", Short: "Give a webhook a new secret", Args: arguments(1, 1)})
	cmd.Flags().AddFlag(a.flags.Lookup("secret-file"))
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		return a.webhookMade("rotated")(p.RotateWebhook(cmd.Context(), a.terms(), args[0]))
	})
	return cmd
}

// webhookMade shows a new secret: that alone on standard output.
func (a *app) webhookMade(done string) func(webhook.Hook, string, rolecall.Receipt, error) error {
	return func(made webhook.Hook, secret string, receipt rolecall.Receipt, err error) error {
		if err != nil {
			return err
		}
		if receipt.DryRun {
			return a.effects(receipt)
		}
		return a.show(shownWebhook{made, secret}, func() {
			fmt.Fprintf(a.stderr, "%s webhook %s; this is its secret, which is not shown again:\n", done, made.ID)
			fmt.Fprintln(a.stdout, secret)
		})
	}
}

func (a *app) webhookSet(name, short, done string, do func(*cobra.Command, project, string) (rolecall.Receipt, error)) *cobra.Command {
	cmd := a.writes(&cobra.Command{Use: name + " WEBHOOK", Short: short, Args: arguments(1, 1)})
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		receipt, err := do(cmd, p, args[0])
		if err != nil {
			return err
		}
		if receipt.DryRun {
			return a.effects(receipt)
		}
		return a.show(map[string]string{"id": args[0]}, func() { fmt.Fprintf(a.stdout, "%s webhook %s\n", done, args[0]) })
	})
	return cmd
}

func webhookRows(w io.Writer, all []webhook.Listed) {
	fmt.Fprintln(w, "ID\tURL\tKINDS\tTENANT\tREVISION\tSTATE")
	for _, h := range all {
		var kinds []string
		for _, k := range h.Kinds {
			kinds = append(kinds, string(k))
		}
		state := "ok"
		switch {
		case h.Disabled:
			state = "disabled"
		case h.Error != "":
			state = h.Error
			if h.Failures > 1 {
				state += fmt.Sprintf(", %d times", h.Failures)
			}
			if !h.NextAt.IsZero() {
				state += ", next at " + h.NextAt.UTC().Format(time.RFC3339)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", h.ID, h.URL, strings.Join(kinds, " "), h.Tenant, h.Revision, state)
	}
}

func (l local) Webhooks(ctx context.Context) ([]webhook.Listed, error) {
	return l.Project.Webhooks.List(ctx, system)
}

func (l local) AddWebhook(ctx context.Context, t terms, w webhook.Hook) (webhook.Hook, string, rolecall.Receipt, error) {
	return l.Project.Webhooks.Add(ctx, t.by(), w)
}

func (l local) RotateWebhook(ctx context.Context, t terms, id string) (webhook.Hook, string, rolecall.Receipt, error) {
	return l.Project.Webhooks.Rotate(ctx, t.by(), id)
}

func (l local) ChangeWebhook(ctx context.Context, t terms, id string, fields map[string]any) (webhook.Hook, rolecall.Receipt, error) {
	patch, err := json.Marshal(fields)
	if err != nil {
		return webhook.Hook{}, rolecall.Receipt{}, err
	}
	return l.Project.Webhooks.Change(ctx, t.by(), id, func(k *webhook.Hook) error { return json.Unmarshal(patch, k) })
}

func (l local) EnableWebhook(ctx context.Context, t terms, id string, enabled bool) (rolecall.Receipt, error) {
	return l.Project.Webhooks.Enable(ctx, t.by(), id, enabled)
}

func (l local) DeleteWebhook(ctx context.Context, t terms, id string) (rolecall.Receipt, error) {
	return l.Project.Webhooks.Remove(ctx, t.by(), id)
}

func (l local) TestWebhook(ctx context.Context, id string) (webhook.Tested, error) {
	return l.Project.Webhooks.Test(ctx, system, id)
}

func (r remote) Webhooks(ctx context.Context) (all []webhook.Listed, err error) {
	got, err := r.Client.Webhooks(ctx)
	for _, w := range got {
		all = append(all, webhook.Listed{Hook: hookOf(w), Revision: w.Revision, Failures: w.Failures, NextAt: w.NextAt, TriedAt: w.TriedAt, Error: w.Error})
	}
	return all, err
}

func hookOf(w client.Webhook) webhook.Hook {
	return webhook.Hook{ID: w.ID, URL: w.URL, Description: w.Description, Kinds: w.Kinds, Tenant: w.Tenant, Disabled: w.Disabled, RotatedAt: w.RotatedAt}
}

func (r remote) AddWebhook(ctx context.Context, t terms, w webhook.Hook) (webhook.Hook, string, rolecall.Receipt, error) {
	return madeOf(r.with(t).AddWebhook(ctx, client.Webhook{ID: w.ID, URL: w.URL, Description: w.Description, Kinds: w.Kinds, Tenant: w.Tenant, Disabled: w.Disabled}))
}

func (r remote) RotateWebhook(ctx context.Context, t terms, id string) (webhook.Hook, string, rolecall.Receipt, error) {
	return madeOf(r.with(t).RotateWebhook(ctx, id))
}

func madeOf(made *client.Webhook, secret string, receipt rolecall.Receipt, err error) (webhook.Hook, string, rolecall.Receipt, error) {
	if made == nil {
		return webhook.Hook{}, "", receipt, err
	}
	return hookOf(*made), secret, receipt, err
}

func (r remote) ChangeWebhook(ctx context.Context, t terms, id string, fields map[string]any) (webhook.Hook, rolecall.Receipt, error) {
	changed, receipt, err := r.with(t).ChangeWebhook(ctx, id, fields)
	if changed == nil {
		return webhook.Hook{}, receipt, err
	}
	return hookOf(*changed), receipt, err
}

func (r remote) EnableWebhook(ctx context.Context, t terms, id string, enabled bool) (rolecall.Receipt, error) {
	return r.with(t).EnableWebhook(ctx, id, enabled)
}

func (r remote) DeleteWebhook(ctx context.Context, t terms, id string) (rolecall.Receipt, error) {
	return r.with(t).DeleteWebhook(ctx, id)
}

func (r remote) TestWebhook(ctx context.Context, id string) (webhook.Tested, error) {
	t, err := r.Client.TestWebhook(ctx, id)
	return webhook.Tested{Delivered: t.Delivered, Status: t.Status, Error: t.Error, Took: t.Took}, err
}
