package client

import (
	"context"
	"fmt"

	"github.com/rolecall/rolecall"
)

// Check answers one question. About others than the key's own subject it takes
// rolecall:check, as all questions do.
func (c *Client) Check(ctx context.Context, req rolecall.Request) (d rolecall.Decision, err error) {
	err = c.ask(ctx, "/check", req, &d)
	return d, err
}

// Can answers the plain question: may a subject do something, here? It is Check,
// of a permission of the default API in a tenant, or everywhere if that is "".
func (c *Client) Can(ctx context.Context, subject rolecall.SubjectID, permission string, tenant rolecall.TenantID) (bool, error) {
	d, err := c.Check(ctx, rolecall.Request{Subject: subject, Permission: permission, Tenant: tenant})
	return d.Allowed, err
}

// CheckAll answers up to 1000 questions in one round trip, all at one revision.
func (c *Client) CheckAll(ctx context.Context, reqs []rolecall.Request) ([]rolecall.Decision, error) {
	if len(reqs) == 0 {
		return nil, nil
	}
	var reply struct {
		Decisions []rolecall.Decision `json:"decisions"`
	}
	err := c.read(ctx, call{method: "POST", path: "/check", body: map[string]any{"checks": reqs}}, &reply)
	if err == nil && len(reply.Decisions) != len(reqs) {
		err = fmt.Errorf("the server answers %d of %d questions", len(reply.Decisions), len(reqs))
	}
	if err != nil {
		return nil, err
	}
	return reply.Decisions, nil
}

// Explain answers req with everything that the answer rests on.
func (c *Client) Explain(ctx context.Context, req rolecall.Request) (e rolecall.Explanation, err error) {
	err = c.ask(ctx, "/explain", req, &e)
	return e, err
}

// A scopeQuery is the body of the questions that answer with a list.
type scopeQuery struct {
	Subject    rolecall.SubjectID `json:"subject,omitempty"`
	Permission string             `json:"permission,omitempty"`
	API        string             `json:"api,omitempty"`
	rolecall.Scope
	Limit  int    `json:"limit,omitempty"`
	Cursor string `json:"cursor,omitempty"`
}

type answer[T any] struct {
	Items    []T               `json:"items"`
	Next     string            `json:"next"`
	Revision rolecall.Revision `json:"revision"`
}

// WhoCan returns a page of the users and clients whom a request would allow.
// next goes into q.After, to get the next page; it is "" on the last. Over HTTP
// it is a cursor for this query, and not an id.
func (c *Client) WhoCan(ctx context.Context, q rolecall.WhoCanQuery) (page []rolecall.SubjectID, next rolecall.SubjectID, at rolecall.Revision, err error) {
	var reply answer[rolecall.SubjectID]
	err = c.ask(ctx, "/who-can", scopeQuery{Permission: q.Permission, API: q.API,
		Scope: rolecall.Scope{Tenant: q.Tenant, Resource: q.Resource}, Limit: q.Limit, Cursor: string(q.After)}, &reply)
	return reply.Items, rolecall.SubjectID(reply.Next), reply.Revision, err
}

// WhatCan returns a page of the permissions that q's subject holds in a scope.
// next goes into q.After, to get the next page; it is zero on the last. Over
// HTTP its Name is a cursor for this query.
func (c *Client) WhatCan(ctx context.Context, q rolecall.WhatCanQuery) (page []rolecall.EffectivePermission, next rolecall.PermissionRef, at rolecall.Revision, err error) {
	var reply answer[rolecall.EffectivePermission]
	err = c.ask(ctx, "/what-can", scopeQuery{Subject: q.Subject, API: q.API,
		Scope: rolecall.Scope{Tenant: q.Tenant, Resource: q.Resource}, Limit: q.Limit, Cursor: q.After.Name}, &reply)
	return reply.Items, rolecall.PermissionRef{Name: reply.Next}, reply.Revision, err
}

// EffectiveRoles returns the roles that subject holds in scope: assigned,
// through groups, and inherited. It always asks the newest policy.
func (c *Client) EffectiveRoles(ctx context.Context, subject rolecall.SubjectID, scope rolecall.Scope) ([]rolecall.EffectiveRole, rolecall.Revision, error) {
	var reply answer[rolecall.EffectiveRole]
	err := c.read(ctx, call{method: "POST", path: "/effective-roles", body: scopeQuery{Subject: subject, Scope: scope}}, &reply)
	return reply.Items, reply.Revision, err
}

// A Self is who the holder of an access key is, and what it may administer.
type Self struct {
	Subject     rolecall.SubjectID `json:"subject"`
	Roles       []string           `json:"roles"`       // names, held everywhere
	Permissions []string           `json:"permissions"` // to administer, held everywhere
	Tenants     []struct {
		Tenant      rolecall.TenantID `json:"tenant"`
		Roles       []string          `json:"roles"`
		Permissions []string          `json:"permissions"`
	} `json:"tenants"` // what is held in one tenant beyond that
	Revision rolecall.Revision `json:"revision"`
}

// Me returns who the Client acts as.
func (c *Client) Me(ctx context.Context) (me Self, err error) {
	err = c.read(ctx, call{method: "GET", path: "/me"}, &me)
	return me, err
}

// Revision returns the project's id, and the revision that decisions are made at.
func (c *Client) Revision(ctx context.Context) (project string, at rolecall.Revision, err error) {
	var reply struct {
		Project  string            `json:"project"`
		Revision rolecall.Revision `json:"revision"`
	}
	err = c.read(ctx, call{method: "GET", path: "/revision"}, &reply)
	return reply.Project, reply.Revision, err
}
