package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// setting is the family of commands for what holds in the whole project.
func (a *app) setting() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "setting",
		Aliases: []string{"settings"},
		Short:   "Settings: what holds in the whole project",
		Long: `Settings: what holds in the whole project. Each is a name and a value in JSON.
Names without a meaning here are kept for programs of yours. These have one:

  friendly_name    a text: what people call the project, in mails and on pages
  password_policy  {"min_length": 12, "lowercase": true, "uppercase": true,
                   "number": true, "non_alphanumeric": true}
  sign_in_log      {"days": 30, "most": 50000}: how much the sign-in log keeps
  logout_uris      ["https://app.example.com/"]: where a logout may lead
  authzen          how AuthZEN's questions are translated: docs/compat/authzen.md

Single sign-on has commands of its own: 'rolecall sso'.`,
		RunE: family, Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(a.settingList(), a.settingShow(), a.settingSet(), a.settingDelete())
	return cmd
}

func (a *app) settingList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List settings", Args: arguments(0, 0)}
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, _ []string) error {
		records, err := all(cmd.Context(), p, rolecall.Query{Kind: rolecall.KindSetting}, 0)
		if err != nil {
			return err
		}
		return a.table(cmd, p, records, []string{"name", "value"})
	})
	return cmd
}

func (a *app) settingShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show NAME", Short: "Show the value of a setting", Args: arguments(1, 1)}
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		r, err := p.Get(cmd.Context(), rolecall.KindSetting, args[0])
		if errors.Is(err, rolecall.ErrNotFound) {
			return fmt.Errorf("there is no setting %q: %w", args[0], rolecall.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return a.show(r, func() { fmt.Fprintln(a.stdout, string(r.(*rolecall.Setting).Value)) })
	})
	return cmd
}

func (a *app) settingSet() *cobra.Command {
	var file string
	cmd := a.writes(&cobra.Command{
		Use:   "set NAME [VALUE]",
		Short: "Give a setting a value, in JSON",
		Long: `Give a setting a value, in JSON, in place of the one that it has. A text is
written in quotes, which the shell must leave alone:

  rolecall setting set friendly_name '"Acme"'
  rolecall setting set sign_in_log '{"days": 90, "most": 200000}'`,
		Args: arguments(1, 2),
	})
	cmd.Flags().StringVar(&file, "file", "", "read the value from this `file`, - for standard input")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		if strings.HasPrefix(args[0], rolecall.SSOPrefix) {
			return fmt.Errorf("%s is a tenant's single sign-on: 'rolecall sso set' changes it", args[0])
		}
		if (len(args) == 2) == (file != "") {
			return &usageError{cmd.CommandPath(), errors.New("the value is the second argument, or in the --file")}
		}
		var value []byte
		var err error
		switch file {
		case "":
			value = []byte(args[1])
		case "-":
			value, err = io.ReadAll(io.LimitReader(a.stdin, rolecall.MaxAttributesBytes+1))
		default:
			value, err = os.ReadFile(file)
		}
		if err != nil {
			return err
		}
		if !json.Valid(value) {
			quoted, _ := json.Marshal(strings.TrimSpace(string(value)))
			return fmt.Errorf("the value must be JSON; if it is a text, write %s", shellQuote(string(quoted)))
		}
		if err := fitsSetting(args[0], value); err != nil {
			return err
		}
		s := &rolecall.Setting{Name: args[0], Value: value}
		receipt, err := p.Write(cmd.Context(), a.terms(), change{do: put, record: s})
		if err != nil {
			return err
		}
		if receipt.DryRun {
			return a.effects(receipt)
		}
		return a.show(s, func() { fmt.Fprintf(a.stdout, "set %s\n", s.Name) })
	})
	return cmd
}

// fitsSetting reports whether a setting that has a meaning is given a value of its
// form: another would be found out by whoever signs up next.
func fitsSetting(name string, value []byte) error {
	var form any
	like := ""
	switch name {
	case identity.NameSetting:
		form, like = new(string), `a text, as in "Acme"`
	case identity.PasswordPolicySetting:
		form, like = new(identity.PasswordRules), `like {"min_length": 12, "lowercase": true, "uppercase": true, "number": true, "non_alphanumeric": true}`
	case identity.EventSetting:
		form, like = new(identity.EventKeep), `like {"days": 30, "most": 50000}`
	case "logout_uris":
		form, like = new([]string), `like ["https://app.example.com/"]`
	default:
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(form); err != nil || string(bytes.TrimSpace(value)) == "null" {
		return fmt.Errorf("%s must be %s", name, like)
	}
	return nil
}

func (a *app) settingDelete() *cobra.Command {
	cmd := a.writes(&cobra.Command{Use: "delete NAME", Aliases: []string{"rm"}, Short: "Delete a setting, so that what is usual holds", Args: arguments(1, 1)})
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		if strings.HasPrefix(args[0], rolecall.SSOPrefix) {
			return fmt.Errorf("%s is a tenant's single sign-on: 'rolecall sso remove' deletes it", args[0])
		}
		s := &rolecall.Setting{Name: args[0]}
		receipt, err := p.Write(cmd.Context(), a.terms(), change{do: remove, record: s})
		if errors.Is(err, rolecall.ErrNotFound) {
			return fmt.Errorf("there is no setting %q: %w", args[0], rolecall.ErrNotFound)
		}
		if err != nil {
			return err
		}
		if receipt.DryRun {
			return a.effects(receipt)
		}
		return a.show(map[string]string{"name": s.Name}, func() { fmt.Fprintf(a.stdout, "deleted setting %s\n", s.Name) })
	})
	return cmd
}
