package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

// signingKey is the family of commands for the keys that sign tokens.
func (a *app) signingKey() *cobra.Command {
	cmd := &cobra.Command{
		Use: "signing-key", Aliases: []string{"signing-keys"}, Short: "Signing keys: what tokens are signed with",
		RunE: family, Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(a.signingKeyList(), a.signingKeyRotate())
	return cmd
}

func (a *app) signingKeyList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List signing keys, the newest first", Args: arguments(0, 0)}
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, _ []string) error {
		records, err := all(cmd.Context(), p, rolecall.Query{Kind: rolecall.KindSigningKey}, 0)
		if err != nil {
			return err
		}
		keys := make([]*rolecall.SigningKey, len(records))
		for i, r := range records {
			keys[i] = r.(*rolecall.SigningKey)
		}
		slices.SortStableFunc(keys, func(a, b *rolecall.SigningKey) int { return b.StartsAt.Compare(a.StartsAt) })
		return a.show(keys, func() {
			a.lines(func(w io.Writer) {
				fmt.Fprintln(w, "ID\tALGORITHM\tSIGNS FROM\tPUBLISHED UNTIL")
				for _, k := range keys {
					until := ""
					if !k.ExpiresAt.IsZero() {
						until = k.ExpiresAt.UTC().Format(time.RFC3339)
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.ID, k.Algorithm, k.StartsAt.UTC().Format(time.RFC3339), until)
				}
			})
		})
	})
	return cmd
}

func (a *app) signingKeyRotate() *cobra.Command {
	var algorithm string
	var overlap time.Duration
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Sign with a new key from now on",
		Long: `Sign with a new key from now on. The one before stays published until every token
that it signed has expired, or for --overlap: a short one ends such tokens early, as
it should when somebody else has the key.`,
		Args: arguments(0, 0),
	}
	cmd.Flags().AddFlag(a.flags.Lookup("secret-file"))
	cmd.Flags().StringVar(&algorithm, "algorithm", "RS256", "RS256, ES256 or EdDSA")
	cmd.Flags().DurationVar(&overlap, "overlap", 0, "how long the key before is published (default until all it signed has expired)")
	cmd.Flags().StringVar(&a.reason, "reason", "", "why, for the journal")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, _ []string) error {
		id, err := p.RotateSigningKey(cmd.Context(), a.terms(), algorithm, overlap)
		if err != nil {
			return err
		}
		return a.show(map[string]rolecall.KeyID{"id": id}, func() { fmt.Fprintf(a.stdout, "tokens are signed with %s from now on\n", id) })
	})
	return cmd
}

func (l local) RotateSigningKey(ctx context.Context, t terms, algorithm string, overlap time.Duration) (rolecall.KeyID, error) {
	return l.Tokens.Rotate(ctx, t.by(), algorithm, overlap)
}

func (r remote) RotateSigningKey(ctx context.Context, t terms, algorithm string, overlap time.Duration) (rolecall.KeyID, error) {
	return r.with(t).RotateSigningKey(ctx, algorithm, overlap)
}
