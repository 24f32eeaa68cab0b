package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/migrate"
)

// remote is the project of a server, asked over HTTP. What its access key holds
// decides what the commands may do.
type remote struct{ *client.Client }

// remoteTimeout is how long a server may take for one answer: verifying a
// journal reads all of it.
const remoteTimeout = 2 * time.Minute

func openRemote(ctx context.Context, flags remoteFlags) (project, error) {
	options := []client.Option{client.Timeout(remoteTimeout)}
	if flags.caFile != "" {
		pem, err := os.ReadFile(flags.caFile)
		if err != nil {
			return nil, err
		}
		options = append(options, client.CA(pem))
	}
	c, err := client.Dial(ctx, flags.server, flags.key, options...)
	if err != nil {
		return nil, err
	}
	return remote{c}, nil
}

func (r remote) with(t terms) *client.Client {
	return r.Client.With(client.Terms{Reason: t.reason, DryRun: t.dryRun})
}

func (r remote) List(ctx context.Context, q rolecall.Query) (rolecall.Page, error) {
	if q.Kind == rolecall.KindCredential { // a server shows access keys only
		q.Where = slices.DeleteFunc(slices.Clone(q.Where), func(c rolecall.Condition) bool { return c.Field == "type" })
	}
	return r.Client.List(ctx, q)
}

func (r remote) WhoCan(ctx context.Context, q rolecall.WhoCanQuery) ([]rolecall.SubjectID, rolecall.SubjectID, error) {
	page, next, _, err := r.Client.WhoCan(ctx, q)
	return page, next, err
}

func (r remote) WhatCan(ctx context.Context, q rolecall.WhatCanQuery) ([]rolecall.EffectivePermission, rolecall.PermissionRef, error) {
	page, next, _, err := r.Client.WhatCan(ctx, q)
	return page, next, err
}

func (r remote) Write(ctx context.Context, t terms, changes ...change) (rolecall.Receipt, error) {
	var ops []client.Op
	for _, c := range changes {
		switch c.do {
		case create:
			ops = append(ops, client.Create(c.record))
		case put:
			ops = append(ops, client.Put(c.record))
		case remove, unassign, revoke:
			ops = append(ops, client.Delete(c.record))
		case modify:
			after, receipt, err := client.Patch(ctx, r.with(t), c.record, c.patch)
			if err == nil && !receipt.DryRun {
				receipt.Changes = []rolecall.Change{{After: after}}
			}
			return receipt, err
		}
	}
	return r.with(t).Write(ctx, ops...)
}

func (r remote) Import(ctx context.Context, t terms, rows []row, replace bool) error {
	var ops []client.Op
	var of []int // the row of each operation
	for i, row := range rows {
		made, err := r.importOps(ctx, row, replace)
		if err != nil {
			return &rolecall.OpError{Index: i, Err: err}
		}
		for range made {
			of = append(of, i)
		}
		ops = append(ops, made...)
	}
	_, err := r.with(t).Write(ctx, ops...)
	return errors.Join(ofRows(err, of)...)
}

// importOps returns the operations of a row. A user's login ids are records of
// their own; its password hash can't be sent.
func (r remote) importOps(ctx context.Context, in row, replace bool) ([]client.Op, error) {
	make := client.Create
	if replace {
		make = client.Put
	}
	if in.user == nil {
		return []client.Op{make(in.record)}, nil
	}
	if in.user.PasswordHash != "" {
		return nil, errors.New("password_hash can be imported into the data file only")
	}
	ops := []client.Op{make(&in.user.User)}
	for _, login := range in.user.Logins() {
		id := &rolecall.LoginID{Login: login, Subject: in.user.ID}
		if replace {
			found, err := client.Find(ctx, r.Client, id)
			if err == nil && found.Subject == id.Subject {
				continue
			}
			if err != nil && !errors.Is(err, rolecall.ErrNotFound) {
				return nil, err
			}
		}
		ops = append(ops, client.Create(id))
	}
	return ops, nil
}

func (r remote) NewPassword(context.Context, migrate.Password) (*rolecall.Credential, error) {
	return nil, &rolecall.FieldError{Field: "password", Rule: "can be imported into the data file only; --no-passwords leaves passwords out", Kind: rolecall.ErrInvalid}
}

func (r remote) CreateUser(ctx context.Context, t terms, u identity.NewUser) (*rolecall.User, rolecall.Receipt, error) {
	user, receipt, err := r.with(t).CreateUser(ctx, client.NewUser{
		User: u.User, LoginIDs: u.LoginIDs, Password: u.Password, PasswordHash: u.PasswordHash,
		Temporary: u.Temporary, Tenants: u.Tenants, Roles: newRoles(u.Roles),
	})
	if user == nil { // a dry run
		user = &u.User
	}
	return user, receipt, err
}

func newRoles(as []rolecall.Assignment) []client.NewRole {
	roles := make([]client.NewRole, len(as))
	for i, a := range as {
		roles[i] = client.NewRole{Role: a.Role, Scope: a.Scope, Source: a.Source, Validity: a.Validity, Reason: a.Reason}
	}
	return roles
}

func (r remote) SetPassword(ctx context.Context, t terms, user rolecall.SubjectID, c identity.PasswordChange) error {
	_, err := r.with(t).SetPassword(ctx, user, c.Password, c.Temporary)
	return err
}

func (r remote) CreateKey(ctx context.Context, t terms, k identity.NewKey) (*identity.Key, error) {
	return keyOf(r.with(t).CreateKey(ctx, client.NewKey{
		ID: k.ID, Name: k.Name, Description: k.Description, Subject: k.Subject, Roles: newRoles(k.Roles), ExpiresAt: k.ExpiresAt,
		Password: k.Password,
	}))
}

func (r remote) RotateKey(ctx context.Context, t terms, id rolecall.CredentialID) (*identity.Key, error) {
	return keyOf(r.with(t).RotateKey(ctx, id))
}

func keyOf(made *client.Key, receipt rolecall.Receipt, err error) (*identity.Key, error) {
	if err != nil || made == nil {
		return &identity.Key{Receipt: receipt}, err
	}
	return &identity.Key{Secret: made.Secret, Credential: &made.Credential, Receipt: receipt}, nil
}

func (r remote) DeleteKey(ctx context.Context, t terms, id rolecall.CredentialID) (rolecall.Receipt, error) {
	return r.with(t).DeleteKey(ctx, id)
}

func (r remote) Invite(ctx context.Context, t terms, n identity.NewInvitation) (*identity.Invited, error) {
	made, receipt, err := r.with(t).Invite(ctx, client.NewInvitation{
		Email: n.Email, Tenant: n.Tenant, Roles: n.Roles, Client: n.Client, Inviter: n.Inviter, Lifetime: n.Lifetime, Show: n.Shown,
	})
	if err != nil || made == nil {
		return &identity.Invited{Receipt: receipt}, err
	}
	return &identity.Invited{Invitation: &made.Invitation, Roles: made.Roles, Sent: made.Sent, Link: made.Link, Receipt: receipt}, nil
}

func (r remote) Token(ctx context.Context, q tokenQuery) (issued, error) {
	if q.subject != "" {
		return issued{}, fmt.Errorf("a server gives a token to who signs in: use --login, or leave SUBJECT out for the key's own")
	}
	got, err := r.Client.Token(ctx, client.TokenRequest{Login: q.login, Password: q.password, API: q.api, Tenant: q.tenant, Lifetime: q.lifetime})
	if err != nil {
		return issued{}, err
	}
	return issued{got.AccessToken, "Bearer", int64(got.ExpiresIn.Seconds())}, nil
}

func (r remote) Self(ctx context.Context) (rolecall.SubjectID, error) {
	me, err := r.Me(ctx)
	return me.Subject, err
}

func (r remote) Close() error { return nil }
