package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/migrate"
	"github.com/rolecall/rolecall/internal/server"
	"github.com/rolecall/rolecall/internal/webhook"
)

// A project is what commands work on: the data file, or a server over HTTP.
type project interface {
	rolecall.Checker

	Get(ctx context.Context, kind rolecall.Kind, key string) (rolecall.Record, error)
	List(ctx context.Context, q rolecall.Query) (rolecall.Page, error)
	Explain(ctx context.Context, req rolecall.Request) (rolecall.Explanation, error)
	WhoCan(ctx context.Context, q rolecall.WhoCanQuery) (page []rolecall.SubjectID, next rolecall.SubjectID, err error)
	WhatCan(ctx context.Context, q rolecall.WhatCanQuery) (page []rolecall.EffectivePermission, next rolecall.PermissionRef, err error)
	Audit(ctx context.Context, q rolecall.EntryQuery) ([]*rolecall.Entry, error)
	VerifyAudit(ctx context.Context) (rolecall.Head, error)
	SignIns(ctx context.Context, q client.SignInQuery) (events []client.SignInEvent, next string, err error)

	Write(ctx context.Context, t terms, changes ...change) (rolecall.Receipt, error)
	// Import makes the records of rows, or replaces them: all or nothing. An
	// *rolecall.OpError has the index of its row.
	Import(ctx context.Context, t terms, rows []row, replace bool) error
	// NewPassword returns the credential of a user's first password, for a Write.
	NewPassword(ctx context.Context, p migrate.Password) (*rolecall.Credential, error)
	CreateUser(ctx context.Context, t terms, u identity.NewUser) (*rolecall.User, rolecall.Receipt, error)
	SetPassword(ctx context.Context, t terms, user rolecall.SubjectID, c identity.PasswordChange) error
	CreateKey(ctx context.Context, t terms, k identity.NewKey) (*identity.Key, error)
	RotateKey(ctx context.Context, t terms, id rolecall.CredentialID) (*identity.Key, error)
	DeleteKey(ctx context.Context, t terms, id rolecall.CredentialID) (rolecall.Receipt, error)
	Invite(ctx context.Context, t terms, n identity.NewInvitation) (*identity.Invited, error)
	Token(ctx context.Context, q tokenQuery) (issued, error)
	Webhooks(ctx context.Context) ([]webhook.Listed, error)
	AddWebhook(ctx context.Context, t terms, w webhook.Hook) (webhook.Hook, string, rolecall.Receipt, error)
	RotateWebhook(ctx context.Context, t terms, id string) (webhook.Hook, string, rolecall.Receipt, error)
	ChangeWebhook(ctx context.Context, t terms, id string, fields map[string]any) (webhook.Hook, rolecall.Receipt, error)
	EnableWebhook(ctx context.Context, t terms, id string, enabled bool) (rolecall.Receipt, error)
	DeleteWebhook(ctx context.Context, t terms, id string) (rolecall.Receipt, error)
	TestWebhook(ctx context.Context, id string) (webhook.Tested, error)
	RotateSigningKey(ctx context.Context, t terms, algorithm string, overlap time.Duration) (rolecall.KeyID, error)
	SSO(ctx context.Context, tenant rolecall.TenantID, id string) (*client.TenantSSO, error)
	PutSSO(ctx context.Context, t terms, tenant rolecall.TenantID, id string, sso client.SSO, secret string) (*client.TenantSSO, rolecall.Receipt, error)
	DeleteSSO(ctx context.Context, t terms, tenant rolecall.TenantID, id string) (rolecall.Receipt, error)

	// Self returns the subject that the commands act as, "" for the data file's holder.
	Self(ctx context.Context) (rolecall.SubjectID, error)
	Close() error
}

// A change is one operation of a write, as both kinds of project can do it.
type change struct {
	do     verb
	record rolecall.Record
	patch  map[string]any // of modify: fields as in JSON, with their new values
}

type verb string

const (
	create   verb = "create"
	put      verb = "put"
	modify   verb = "modify"
	remove   verb = "delete"
	unassign verb = "unassign"
	revoke   verb = "revoke"
)

// terms are those of a write.
type terms struct {
	dryRun bool
	reason string
}

func (a *app) terms() terms { return terms{a.dryRun, a.reason} }

// remoteFlags say which server to work on. Without one it is the data file.
type remoteFlags struct {
	server, key, keyFile, caFile string
}

func (r *remoteFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&r.server, "server", "", "work on the server at this `URL` instead of the data file")
	flags.StringVar(&r.keyFile, "key-file", "", "`file` that holds the access key for --server")
	flags.StringVar(&r.caFile, "ca-file", "", "trust only the authorities in this PEM `file` for --server")
	flags.StringVar(&r.key, "key", "", "the access key itself; others on this machine can see it, so prefer ROLECALL_KEY or --key-file")
}

// settle completes the flags from the environment.
func (r *remoteFlags) settle(lookup func(string) (string, bool)) error {
	for name, value := range map[string]*string{"SERVER": &r.server, "KEY_FILE": &r.keyFile, "CA_FILE": &r.caFile} {
		if *value == "" {
			*value, _ = lookup(server.EnvPrefix + name)
		}
	}
	switch {
	case r.server == "" || r.key != "":
		return nil
	case r.keyFile != "":
		key, err := os.ReadFile(r.keyFile)
		r.key = strings.TrimSpace(string(key))
		return err
	}
	if r.key, _ = lookup(server.EnvPrefix + "KEY"); r.key == "" {
		return errors.New("--server needs an access key in ROLECALL_KEY or --key-file")
	}
	return nil
}

// open opens the project that the flags name, then the environment: the server
// or the data file. The file must be there, unless create is set.
func (a *app) open(ctx context.Context, create bool) (project, error) {
	data := a.flags.Lookup("data").Changed || a.flags.Lookup("store").Changed
	if data && a.remote.server != "" {
		return nil, &usageError{"rolecall", errors.New("--data and --server exclude each other, and so do --store and --server")}
	}
	if err := a.settle(); err != nil {
		return nil, err
	}
	if !data {
		if err := a.remote.settle(a.lookup); err != nil {
			return nil, err
		}
		if a.remote.server != "" {
			return openRemote(ctx, a.remote)
		}
	}
	return a.openLocal(ctx, create)
}

// on makes a command's function of one that works on a project.
func (a *app) on(f func(cmd *cobra.Command, p project, args []string) error) func(*cobra.Command, []string) error {
	return a.onNew(false, f)
}

func (a *app) onNew(create bool, f func(cmd *cobra.Command, p project, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		p, err := a.open(cmd.Context(), create)
		if errors.Is(err, server.ErrNoProject) {
			return fmt.Errorf("%w; name the folder with --data or the database with --store, or begin one with 'rolecall serve' or 'rolecall superadmin create'", err)
		}
		if err != nil {
			return err
		}
		defer func() {
			if e := p.Close(); err == nil {
				err = e
			}
		}()
		return f(cmd, p, args)
	}
}

// writes adds the flags of commands that change something.
func (a *app) writes(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&a.dryRun, "dry-run", false, "change nothing; show who would gain and lose what")
	cmd.Flags().StringVar(&a.reason, "reason", "", "why, for the journal")
	return cmd
}

// A tokenQuery asks for a token: for a subject, on the data file, or by signing
// in, on a server.
type tokenQuery struct {
	subject  rolecall.SubjectID
	login    string
	password string
	key      string
	api      string
	tenant   rolecall.TenantID
	lifetime time.Duration
}

// issued is a token as POST /token answers it.
type issued struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}
