package console

import (
	"reflect"

	"github.com/rolecall/rolecall"
)

// goStruct is a question as a composite literal.
func goStruct(v any) string { return goValue(reflect.ValueOf(v)) }

// A whoPage lists who may do something.
type whoPage struct {
	*question
	Rows   []whoRow
	Next   string
	Copies []snippet
}

type whoRow struct {
	Who  named
	Way  []rolecall.Step // the shortest that grants it, without its ends
	More int             // other ways
	Why  string          // the URL of the explanation
}

func whoCan(c *call) (any, error) {
	c.Title = "Who can"
	q, err := c.question("permission")
	if err != nil {
		return nil, err
	}
	q.Fields = append(q.Fields, field{Name: "kind", Label: "Of the kind", Type: "select", Value: c.Value("kind"), Options: []option{{"", "Users and clients"}, {"user", "Users"}, {"client", "Clients"}}})
	p := &whoPage{question: q}
	if !q.Asked {
		return p, nil
	}
	ask := rolecall.WhoCanQuery{
		Permission: q.permission.Label, API: q.identifier, Tenant: rolecall.TenantID(q.tenant.ID), Resource: c.Value("resource"),
		Kind: rolecall.Kind(c.Value("kind")), After: rolecall.SubjectID(c.Value("after")), Limit: pageSize,
	}
	page, next, _, err := c.rc.WhoCan(c.ctx, c.by, ask)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(page))
	for i, id := range page {
		ids[i] = string(id)
	}
	if err := c.learn(kindSubject, ids...); err != nil {
		return nil, err
	}
	for _, id := range ids {
		one := q.request()
		one.Subject = rolecall.SubjectID(id)
		answer, err := c.rc.Explain(c.ctx, c.by, one)
		if err != nil {
			return nil, err
		}
		row := whoRow{Who: c.Name(kindSubject, id), More: max(0, len(answer.Paths)-1)}
		if len(answer.Paths) > 0 {
			row.Way = between(answer.Paths[0].Steps, id)
		}
		row.Why = q.link("/explain", "subject", id, "permission", q.permission.ID)
		p.Rows = append(p.Rows, row)
	}
	if next != "" {
		p.Next = (&listing{c: c}).url("after", string(next))
	}
	ask.After, ask.Limit = "", 0
	var command []string
	if ask.Kind == "" { // which the command does not ask for
		command = inPlace([]string{"who-can", ask.Permission}, ask.API, ask.Tenant, ask.Resource)
	}
	p.Copies = c.asking("who-can", ask, command, "page, next, at, err := rc.WhoCan(ctx, by, %s)")
	return p, nil
}

// A whatPage lists what somebody may do.
type whatPage struct {
	*question
	Rows   []effective
	Next   string
	Copies []snippet
}

func whatCan(c *call) (any, error) {
	c.Title = "What can"
	q, err := c.question("subject")
	if err != nil {
		return nil, err
	}
	p := &whatPage{question: q}
	if !q.Asked {
		return p, nil
	}
	ask := rolecall.WhatCanQuery{
		Subject: rolecall.SubjectID(q.subject.ID), Tenant: rolecall.TenantID(q.tenant.ID), Resource: c.Value("resource"),
		After: rolecall.PermissionRef{API: c.Value("after_api"), Name: c.Value("after")}, Limit: pageSize,
	}
	page, next, _, err := c.rc.WhatCan(c.ctx, c.by, ask)
	if err != nil {
		return nil, err
	}
	p.Rows = effectives(page, q.subject.ID)
	if next != (rolecall.PermissionRef{}) {
		p.Next = (&listing{c: c}).url("after", next.Name, "after_api", next.API)
	}
	ask.After, ask.Limit = rolecall.PermissionRef{}, 0
	p.Copies = c.asking("what-can", ask, inPlace([]string{"what-can", string(ask.Subject)}, "", ask.Tenant, ask.Resource), "page, next, at, err := rc.WhatCan(ctx, by, %s)")
	return p, nil
}
