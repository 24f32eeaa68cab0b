package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/server"
)

// The process's exit codes. A denial of can-i is exitFailed, and no answer is exitUsage.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run does what args say and returns the exit code.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, lookup: os.LookupEnv}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)

	var code exitCode
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "rolecall: %v\nSee '%s --help'.\n", usage, usage.command)
		return exitUsage
	}
	fmt.Fprintf(stderr, "rolecall: %s\n", sentence(err))
	return exitFailed
}

// An app is one run of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(string) (string, bool) // the environment

	settings *server.Config // of serve; the command line uses its data folder, URL and secret
	flags    *pflag.FlagSet // of settings
	remote   remoteFlags
	config   string // the settings' file

	output string // table or json
	dryRun bool
	reason string
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rolecall",
		Short: "Role-based access control: who may do what, where, and why",
		Long: `Rolecall answers one question: may this subject do this, here?

Commands work on the data file in --data or the PostgreSQL database that --store
names, also while a server has it open, or with --server and ROLECALL_KEY (or --key-file) on a server over HTTP. What has a
name can be named by it or by its id; where a name is ambiguous, the id is asked
for. A flag such as --data can also be set as ROLECALL_DATA in the environment.
After -- nothing is a flag: 'rolecall role delete -- -night' names one with a dash.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          family,
		Args:          cobra.ArbitraryArgs,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if !errors.Is(err, pflag.ErrHelp) && strings.HasPrefix(err.Error(), "unknown") {
			err = fmt.Errorf("%w; what begins with a dash and is no flag comes after --", err)
		}
		return &usageError{cmd.CommandPath(), err}
	})
	root.CompletionOptions.HiddenDefaultCmd = false

	a.flags = pflag.NewFlagSet("settings", pflag.ContinueOnError)
	a.settings = server.Flags(a.flags)
	flags := root.PersistentFlags()
	flags.AddFlag(a.flags.Lookup("data"))
	flags.AddFlag(a.flags.Lookup("store"))
	flags.StringVar(&a.config, "config", "", "JSON `file` of settings, with the names of serve's flags")
	flags.StringVarP(&a.output, "output", "o", "table", "table, for people, or json, for programs")
	a.remote.define(flags)

	for _, k := range kinds() {
		root.AddCommand(a.kindCommand(k))
	}
	root.AddCommand(a.serve(), a.demo(), a.superadmin(), a.invite(),
		a.assign(), a.unassign(), a.grant(), a.revoke(),
		a.canI(), a.whoCan(), a.whatCan(), a.explain(), a.token(),
		a.audit(), a.backup(), a.restore(), a.migrate(), a.copyCommand(), a.importCommand(), a.webhook(), a.sso(), a.setting(), a.signingKey(), a.version())
	return root
}

// settle completes the settings from the environment and the file.
func (a *app) settle() error {
	file := a.config
	if file == "" {
		file, _ = a.lookup(server.EnvPrefix + "CONFIG")
	}
	if a.output != "table" && a.output != "json" {
		return &usageError{"rolecall", fmt.Errorf("--output %q must be table or json", a.output)}
	}
	data, store := a.flags.Lookup("data").Changed, a.flags.Lookup("store").Changed
	if data && store {
		return &usageError{"rolecall", errors.New("--data and --store exclude each other")}
	}
	if err := server.Settle(a.flags, a.lookup, file); err != nil {
		return err
	}
	if data { // which the command line says, and the store the environment
		a.settings.Store = ""
	}
	return nil
}

// family runs a command that only has commands below it.
func family(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	err := fmt.Errorf("there is no command %q", cmd.CommandPath()+" "+args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return &usageError{cmd.CommandPath(), err}
}

// arguments demands between least and most arguments; most < 0 means any number.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return &usageError{cmd.CommandPath(), fmt.Errorf("usage: %s", cmd.UseLine())}
		case most >= 0 && len(args) > most:
			return &usageError{cmd.CommandPath(), fmt.Errorf("there is no place for %q; usage: %s", args[most], cmd.UseLine())}
		}
		return nil
	}
}

// A usageError is a command line that can't be understood.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// An exitCode ends the process without another word.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// sentence is what a person reads of an error: for a write of several
// operations, each one's own error. The kind that ends a wrapped error, as in
// "…: not found", is for programs.
func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	ops := rolecall.OpErrors(err)
	if len(ops) == 0 {
		return withoutKind(err)
	}
	lines := make([]string, len(ops))
	for i, op := range ops {
		lines[i] = withoutKind(op.Err)
	}
	return strings.Join(lines, "\n")
}

func withoutKind(err error) string {
	text := err.Error()
	for _, kind := range []error{rolecall.ErrInvalid, rolecall.ErrNotFound, rolecall.ErrConflict, rolecall.ErrForbidden,
		rolecall.ErrSeparation, rolecall.ErrLockOut, rolecall.ErrReferenced, rolecall.ErrCorrupt, rolecall.ErrUnavailable} {
		if errors.Is(err, kind) {
			text = strings.TrimSuffix(text, ": "+kind.Error())
		}
	}
	return text
}
