package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/migrate"
	"github.com/rolecall/rolecall/internal/server"
	"github.com/rolecall/rolecall/internal/token"
)

// local is the project in a data file. Whoever may write the file may do everything.
type local struct{ *server.Project }

func (a *app) openLocal(ctx context.Context, create bool) (project, error) {
	options, err := a.settings.ProjectOptions()
	if err != nil {
		return nil, err
	}
	options.Create = create
	p, err := server.Open(ctx, a.settings.Data, options)
	if err != nil {
		return nil, err
	}
	return local{p}, nil
}

var system = rolecall.System("cli")

// by is the actor of a write.
func (t terms) by() rolecall.Actor {
	by := system
	by.DryRun, by.Reason = t.dryRun, t.reason
	return by
}

func (l local) Check(ctx context.Context, req rolecall.Request) (rolecall.Decision, error) {
	return l.Rolecall.Check(ctx, req)
}

func (l local) CheckAll(ctx context.Context, reqs []rolecall.Request) ([]rolecall.Decision, error) {
	return l.Rolecall.CheckAll(ctx, reqs)
}

func (l local) Get(ctx context.Context, kind rolecall.Kind, key string) (rolecall.Record, error) {
	return l.Rolecall.Get(ctx, system, kind, key)
}

func (l local) List(ctx context.Context, q rolecall.Query) (rolecall.Page, error) {
	return l.Rolecall.List(ctx, system, q)
}

func (l local) Explain(ctx context.Context, req rolecall.Request) (rolecall.Explanation, error) {
	return l.Rolecall.Explain(ctx, system, req)
}

func (l local) WhoCan(ctx context.Context, q rolecall.WhoCanQuery) ([]rolecall.SubjectID, rolecall.SubjectID, error) {
	page, next, _, err := l.Rolecall.WhoCan(ctx, system, q)
	return page, next, err
}

func (l local) WhatCan(ctx context.Context, q rolecall.WhatCanQuery) ([]rolecall.EffectivePermission, rolecall.PermissionRef, error) {
	page, next, _, err := l.Rolecall.WhatCan(ctx, system, q)
	return page, next, err
}

func (l local) Audit(ctx context.Context, q rolecall.EntryQuery) ([]*rolecall.Entry, error) {
	return l.Rolecall.Audit(ctx, system, q)
}

func (l local) VerifyAudit(ctx context.Context) (rolecall.Head, error) {
	return l.Rolecall.VerifyAudit(ctx, system, nil)
}

func (l local) SignIns(ctx context.Context, q client.SignInQuery) (all []client.SignInEvent, next string, err error) {
	after, _ := strconv.ParseInt(q.Cursor, 10, 64) // "" is 0, and the rest ours
	events, err := l.Identity.Events(ctx, system, identity.EventQuery{
		Subject: q.Subject, Client: q.Client, Tenant: q.Tenant, Kind: identity.EventKind(q.Event), Failed: q.Failed,
		From: q.From, To: q.To, After: after, Newest: q.Newest, Limit: q.Limit,
	})
	for _, e := range events {
		all = append(all, client.SignInEvent{
			ID: e.ID, Seq: e.Seq, Time: e.Time, Event: string(e.Kind), Failure: string(e.Failure), Detail: e.Detail, Subject: e.Subject, Login: e.Login,
			Client: e.Client, Tenant: e.Tenant, Audience: e.Audience, Address: e.Address, Agent: e.Agent, Door: e.Door, Repeats: e.Repeats,
		})
		next = strconv.FormatInt(e.ID, 10)
	}
	if len(events) < q.Limit {
		next = ""
	}
	return all, next, err
}

func (l local) Write(ctx context.Context, t terms, changes ...change) (rolecall.Receipt, error) {
	ops := make([]rolecall.Op, len(changes))
	for i, c := range changes {
		ops[i] = c.op()
	}
	return l.Rolecall.Write(ctx, t.by(), ops...)
}

func (c change) op() rolecall.Op {
	switch c.do {
	case create:
		return rolecall.Create(c.record)
	case put:
		return rolecall.Put(c.record)
	case remove:
		return rolecall.Delete(c.record)
	case unassign:
		return rolecall.Unassign(*c.record.(*rolecall.Assignment))
	case revoke:
		return rolecall.Revoke(*c.record.(*rolecall.DirectGrant))
	}
	return rolecall.Modify(c.record, func(r rolecall.Record) error {
		patch, err := json.Marshal(c.patch)
		if err != nil {
			return err
		}
		return json.Unmarshal(patch, r)
	})
}

func (l local) Import(ctx context.Context, t terms, rows []row, replace bool) error {
	var ops []rolecall.Op
	var of []int // the row of each operation
	var wrong []error
	for i, r := range rows {
		made, err := l.importOps(ctx, r, replace)
		if err != nil {
			wrong = append(wrong, &rolecall.OpError{Index: i, Err: err})
		}
		for range made {
			of = append(of, i)
		}
		ops = append(ops, made...)
	}
	t.dryRun = t.dryRun || len(wrong) > 0 // what else is wrong
	_, err := l.Rolecall.Write(ctx, t.by(), ops...)
	if err == nil {
		return errors.Join(wrong...)
	}
	return errors.Join(append(wrong, ofRows(err, of)...)...)
}

// ofRows returns the errors of single operations in err with the indexes of
// their rows, or err itself if it has none. of holds the row of each operation.
func ofRows(err error, of []int) []error {
	ops := rolecall.OpErrors(err)
	if len(ops) == 0 && len(of) == 1 && err != nil {
		ops = []*rolecall.OpError{{Err: err}}
	}
	if len(ops) == 0 {
		return []error{err}
	}
	rows := make([]error, len(ops))
	for i, op := range ops {
		rows[i] = &rolecall.OpError{Index: of[op.Index], Err: op.Err}
	}
	return rows
}

func (l local) importOps(ctx context.Context, r row, replace bool) ([]rolecall.Op, error) {
	switch {
	case r.user != nil && replace:
		return l.Identity.ReplaceOps(ctx, *r.user)
	case r.user != nil:
		return l.Identity.CreateOps(ctx, *r.user)
	case replace:
		return []rolecall.Op{rolecall.Put(r.record)}, nil
	}
	return []rolecall.Op{rolecall.Create(r.record)}, nil
}

func (l local) NewPassword(ctx context.Context, p migrate.Password) (*rolecall.Credential, error) {
	return l.Identity.NewPassword(ctx, p.Subject, p.Text, p.Hash, p.Names...)
}

func (l local) CreateUser(ctx context.Context, t terms, u identity.NewUser) (*rolecall.User, rolecall.Receipt, error) {
	return l.Identity.CreateUser(ctx, t.by(), u)
}

func (l local) SetPassword(ctx context.Context, t terms, user rolecall.SubjectID, c identity.PasswordChange) error {
	_, err := l.Identity.SetPassword(ctx, t.by(), user, c)
	return err
}

func (l local) CreateKey(ctx context.Context, t terms, k identity.NewKey) (*identity.Key, error) {
	k.Password = "" // who may write the file may do everything
	return l.Identity.CreateKey(ctx, t.by(), k)
}

func (l local) RotateKey(ctx context.Context, t terms, id rolecall.CredentialID) (*identity.Key, error) {
	return l.Identity.RotateKey(ctx, t.by(), id)
}

func (l local) DeleteKey(ctx context.Context, t terms, id rolecall.CredentialID) (rolecall.Receipt, error) {
	return l.Identity.DeleteKey(ctx, t.by(), id)
}

func (l local) Invite(ctx context.Context, t terms, n identity.NewInvitation) (*identity.Invited, error) {
	return l.Identity.InviteAndSend(ctx, t.by(), n)
}

// Token issues a token for any subject, or for whom a login and password or a key prove.
func (l local) Token(ctx context.Context, q tokenQuery) (issued, error) {
	req := token.TokenRequest{Subject: q.subject, API: q.api, Tenant: q.tenant, Lifetime: q.lifetime}
	switch {
	case q.login != "":
		user, err := l.Identity.SignIn(ctx, identity.SignIn{Login: q.login, Password: q.password, Note: identity.Event{Door: "cli"}})
		if err != nil {
			return issued{}, err
		}
		req.Subject = user
	case q.key != "":
		credential, err := l.Identity.VerifyKey(ctx, q.key, "")
		if err != nil {
			return issued{}, err
		}
		req.Subject, req.Until = credential.Subject, credential.ExpiresAt
	}
	raw, expires, err := l.Tokens.TokenFor(ctx, req)
	return issued{raw, "Bearer", int64(time.Until(expires).Round(time.Second).Seconds())}, err
}

func (l local) Self(context.Context) (rolecall.SubjectID, error) { return "", nil }
