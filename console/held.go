package console

import (
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A held is an assignment or a direct grant as tables show it.
type held struct {
	rolecall.Scope
	rolecall.Validity
	Key    string // of the record
	Who    named  // the subject
	Role   named  // or the permission
	Source rolecall.Source
	Reason string
	State  string // "now", "later" or "expired"
	Via    string // the group that holds it or the role that inherits it, if it is another
	End    control
}

// Named is what the row is called where it is chosen.
func (h held) Named() string { return h.Who.Label + ", " + h.Role.Label }

func state(v rolecall.Validity, now time.Time) string {
	switch {
	case v.At(now):
		return "now"
	case !v.StartsAt.IsZero() && now.Before(v.StartsAt):
		return "later"
	}
	return "expired"
}

// assignments returns records as tables show them.
func (c *call) assignments(all []*rolecall.Assignment) ([]held, error) {
	var subjects, roles []string
	var tenants []rolecall.TenantID
	for _, a := range all {
		subjects, roles, tenants = append(subjects, string(a.Subject)), append(roles, string(a.Role)), append(tenants, a.Tenant)
	}
	if err := c.learnTenants(tenants...); err != nil {
		return nil, err
	}
	if err := c.learn(kindSubject, subjects...); err != nil {
		return nil, err
	}
	if err := c.learn(rolecall.KindRole, roles...); err != nil {
		return nil, err
	}
	rows := make([]held, len(all))
	for i, a := range all {
		rows[i] = held{
			Scope: a.Scope, Validity: a.Validity, Source: a.Source, Reason: a.Reason, Key: a.Key(),
			Who: c.Name(kindSubject, a.Subject), Role: c.Name(rolecall.KindRole, a.Role), State: state(a.Validity, c.Now()),
			End: c.Do("Unassign", "/unassign", "subject", a.Subject, "role", a.Role, "tenant", a.Tenant, "resource", a.Resource, "source", a.Source),
		}
	}
	return rows, nil
}

// grants returns direct grants as tables show them.
func (c *call) grants(all []*rolecall.DirectGrant) ([]held, error) {
	var subjects, permissions []string
	var tenants []rolecall.TenantID
	for _, g := range all {
		subjects, permissions, tenants = append(subjects, string(g.Subject)), append(permissions, string(g.Permission)), append(tenants, g.Tenant)
	}
	if err := c.learnTenants(tenants...); err != nil {
		return nil, err
	}
	if err := c.learn(kindSubject, subjects...); err != nil {
		return nil, err
	}
	if err := c.learn(rolecall.KindPermission, permissions...); err != nil {
		return nil, err
	}
	rows := make([]held, len(all))
	for i, g := range all {
		rows[i] = held{
			Scope: g.Scope, Validity: g.Validity, Source: g.Source, Reason: g.Reason, Key: g.Key(),
			Who: c.Name(kindSubject, g.Subject), Role: c.Name(rolecall.KindPermission, g.Permission), State: state(g.Validity, c.Now()),
			End: c.Do("Revoke", "/revoke", "subject", g.Subject, "permission", g.Permission, "tenant", g.Tenant, "resource", g.Resource, "source", g.Source),
		}
	}
	return rows, nil
}

// holdings are what one subject holds itself, in this scope.
type holdings struct {
	Roles  []held
	Grants []held
}

// maxHeld bounds the rows of a part of a page. What is beyond has a list of its own.
const maxHeld = 200

func (c *call) holdings(subject rolecall.SubjectID) (h holdings, err error) {
	where := []rolecall.Condition{rolecall.Where("subject", subject)}
	roles, err := c.some(rolecall.Query{Kind: rolecall.KindAssignment, Tenant: c.Tenant, Where: where})
	if err == nil {
		h.Roles, err = c.assignments(as[*rolecall.Assignment](roles))
	}
	if err != nil {
		return h, err
	}
	grants, err := c.some(rolecall.Query{Kind: rolecall.KindDirectGrant, Tenant: c.Tenant, Where: where})
	if err == nil {
		h.Grants, err = c.grants(as[*rolecall.DirectGrant](grants))
	}
	return h, err
}

// some returns the first records that q selects, none if the viewer may not
// read the kind here.
func (c *call) some(q rolecall.Query) ([]rolecall.Record, error) {
	q.Limit = maxHeld
	page, err := c.view.List(c.ctx, q)
	if forbidden(err) {
		return nil, nil
	}
	return page.Records, err
}

// An effective is a permission that somebody holds, and the first of the ways.
type effective struct {
	rolecall.PermissionRef
	ID   rolecall.PermissionID
	Way  []rolecall.Step // between the subject and the permission
	More int             // ways
	rolecall.Scope
	rolecall.Validity
	State string
}

// effective returns what a subject may do in a tenant, or everywhere, and
// whether that is all of it.
func (c *call) effective(subject rolecall.SubjectID, tenant rolecall.TenantID, limit int) ([]effective, bool, error) {
	page, next, _, err := c.rc.WhatCan(c.ctx, c.by, rolecall.WhatCanQuery{Subject: subject, Tenant: tenant, Limit: limit})
	if err != nil {
		return nil, false, err
	}
	return effectives(page, string(subject)), next == rolecall.PermissionRef{}, nil
}

// effectives returns permissions of a subject as tables show them.
func effectives(page []rolecall.EffectivePermission, subject string) []effective {
	all := make([]effective, len(page))
	for i, p := range page {
		all[i] = effective{PermissionRef: p.PermissionRef, ID: p.ID, More: len(p.Paths) - 1, State: "now"}
		if len(p.Paths) > 0 {
			first := p.Paths[0]
			all[i].Scope, all[i].Validity = first.Scope, first.Validity
			all[i].Way = between(first.Steps, subject)
		}
	}
	return all
}

// between returns the groups and roles of a way, without its ends.
func between(steps []rolecall.Step, subject string) []rolecall.Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s rolecall.Step) bool {
		return s.Kind == rolecall.KindUser || s.Kind == rolecall.KindClient || s.Kind == rolecall.KindPermission || s.ID == subject
	})
}

// byIdentifier says where the permissions of several APIs are told apart.
func (e effective) Home() string {
	if e.API == string(rolecall.DefaultAPI) {
		return ""
	}
	return strings.TrimPrefix(e.API, "https://")
}

func unassign(c *call) (*change, error) {
	a := &rolecall.Assignment{
		Subject: rolecall.SubjectID(c.Value("subject")), Role: rolecall.RoleID(c.Value("role")),
		Scope:  rolecall.Scope{Tenant: rolecall.TenantID(c.Value("tenant")), Resource: c.Value("resource")},
		Source: rolecall.Source(c.Value("source")),
	}
	if err := c.learn(kindSubject, string(a.Subject)); err != nil {
		return nil, err
	}
	if err := c.learn(rolecall.KindRole, string(a.Role)); err != nil {
		return nil, err
	}
	role, who := c.Name(rolecall.KindRole, a.Role).Label, c.Name(kindSubject, a.Subject).Label
	return &change{
		Title: "Take the role " + role + " from " + who + "?", Text: "It is assigned " + c.in(a.Scope) + ".",
		Verb: "Unassign", Danger: true,
		steps: steps{remove(a)}, then: c.backOr(c.Link("/")), said: who + " does not hold " + role + " " + c.in(a.Scope) + " any more.",
	}, nil
}

func revoke(c *call) (*change, error) {
	g := &rolecall.DirectGrant{
		Subject: rolecall.SubjectID(c.Value("subject")), Permission: rolecall.PermissionID(c.Value("permission")),
		Scope:  rolecall.Scope{Tenant: rolecall.TenantID(c.Value("tenant")), Resource: c.Value("resource")},
		Source: rolecall.Source(c.Value("source")),
	}
	if err := c.learn(kindSubject, string(g.Subject)); err != nil {
		return nil, err
	}
	if err := c.learn(rolecall.KindPermission, string(g.Permission)); err != nil {
		return nil, err
	}
	permission, who := c.Name(rolecall.KindPermission, g.Permission).Label, c.Name(kindSubject, g.Subject).Label
	return &change{
		Title: "Revoke " + permission + " from " + who + "?", Text: "It is granted directly, " + c.in(g.Scope) + ".",
		Verb: "Revoke", Danger: true,
		steps: steps{remove(g)}, then: c.backOr(c.Link("/")), said: who + " is not granted " + permission + " directly any more.",
	}, nil
}
