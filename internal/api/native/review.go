package native

import (
	"encoding/json"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// past lets a question be asked of a past revision, at today's time. It takes
// rolecall:audit.read.
type past struct {
	AsOf rolecall.Revision `query:"as_of"`
}

// policy returns the policy of the asked revision, nil for the newest.
func (q past) policy(h *Handler, c *call) (*rolecall.Policy, error) {
	if !c.query.Has("as_of") {
		return nil, nil
	}
	return h.rc.AsOf(c.r.Context(), c.by, q.AsOf)
}

type explainInput struct {
	past
	Body rolecall.Request
}

func (h *Handler) explain(c *call, in *explainInput) (e rolecall.Explanation, err error) {
	p, err := in.policy(h, c)
	switch {
	case err != nil:
	case p != nil:
		e = p.Explain(in.Body, h.rc.Now())
	default:
		e, err = h.rc.Explain(c.r.Context(), c.by, in.Body)
	}
	e.Paths = listed(e.Paths)
	return e, err
}

// An answer is a page of a list that was made at one revision.
type answer[T any] struct {
	Items    []T               `json:"items"`
	Next     string            `json:"next,omitempty"`
	Revision rolecall.Revision `json:"revision"`
}

type whoCanInput struct {
	past
	Body whoCanQuery
}

type whoCanQuery struct {
	Permission string            `json:"permission"`
	API        string            `json:"api,omitempty"`
	Tenant     rolecall.TenantID `json:"tenant,omitempty"`
	Resource   string            `json:"resource,omitempty"`
	Limit      int               `json:"limit,omitempty"`
	Cursor     string            `json:"cursor,omitempty"`
}

func (h *Handler) whoCan(c *call, in *whoCanInput) (none answer[rolecall.SubjectID], err error) {
	b := in.Body
	if b.Permission == "" {
		return none, api.Fault("permission", "is required")
	}
	limit, err := pageSize(b.Limit)
	if err != nil {
		return none, err
	}
	list := []string{"who-can", b.Permission, b.API, string(b.Tenant), b.Resource, c.query.Get("as_of")}
	after, err := api.ParseCursor(b.Cursor, list...)
	if err != nil {
		return none, err
	}
	q := rolecall.WhoCanQuery{Permission: b.Permission, API: b.API, Tenant: b.Tenant, Resource: b.Resource,
		After: rolecall.SubjectID(after), Limit: limit}
	p, err := in.policy(h, c)
	if err != nil {
		return none, err
	}
	var found []rolecall.SubjectID
	var next rolecall.SubjectID
	var at rolecall.Revision
	if p != nil {
		found, next = p.WhoCan(q, h.rc.Now())
		at = p.Revision()
	} else if found, next, at, err = h.rc.WhoCan(c.r.Context(), c.by, q); err != nil {
		return none, err
	}
	return answer[rolecall.SubjectID]{listed(found), api.Cursor(string(next), list...), at}, nil
}

type whatCanInput struct {
	past
	Body whatCanQuery
}

type whatCanQuery struct {
	Subject  rolecall.SubjectID `json:"subject"`
	API      string             `json:"api,omitempty"`
	Tenant   rolecall.TenantID  `json:"tenant,omitempty"`
	Resource string             `json:"resource,omitempty"`
	Limit    int                `json:"limit,omitempty"`
	Cursor   string             `json:"cursor,omitempty"`
}

func (h *Handler) whatCan(c *call, in *whatCanInput) (none answer[rolecall.EffectivePermission], err error) {
	b := in.Body
	if b.Subject == "" {
		return none, api.Fault("subject", "is required")
	}
	limit, err := pageSize(b.Limit)
	if err != nil {
		return none, err
	}
	list := []string{"what-can", string(b.Subject), b.API, string(b.Tenant), b.Resource, c.query.Get("as_of")}
	q := rolecall.WhatCanQuery{Subject: b.Subject, API: b.API, Tenant: b.Tenant, Resource: b.Resource, Limit: limit}
	after, err := api.ParseCursor(b.Cursor, list...)
	if err != nil {
		return none, err
	}
	if after != "" && api.Decode(after, &q.After) != nil {
		return none, api.Fault("cursor", "must be the next of a page")
	}
	p, err := in.policy(h, c)
	if err != nil {
		return none, err
	}
	var found []rolecall.EffectivePermission
	var next rolecall.PermissionRef
	var at rolecall.Revision
	if p != nil {
		found, next = p.WhatCan(q, h.rc.Now())
		at = p.Revision()
	} else if found, next, at, err = h.rc.WhatCan(c.r.Context(), c.by, q); err != nil {
		return none, err
	}
	var position []byte
	if next != (rolecall.PermissionRef{}) {
		if position, err = json.Marshal(next); err != nil {
			return none, err
		}
	}
	return answer[rolecall.EffectivePermission]{listed(found), api.Cursor(string(position), list...), at}, nil
}

type whichResourcesInput struct {
	Body whichResourcesQuery
}

type whichResourcesQuery struct {
	Subject    rolecall.SubjectID `json:"subject"`
	Permission string             `json:"permission"`
	API        string             `json:"api,omitempty"`
	Tenant     rolecall.TenantID  `json:"tenant,omitempty"`
	Type       string             `json:"type"` // what is before the first colon of a resource
	Limit      int                `json:"limit,omitempty"`
	Cursor     string             `json:"cursor,omitempty"`
}

// A resourceAnswer is a page of resources, each a "type:id".
type resourceAnswer struct {
	answer[string]
	Every bool `json:"every"` // every resource of the type, also those that are not listed
}

func (h *Handler) whichResources(c *call, in *whichResourcesInput) (none resourceAnswer, err error) {
	b := in.Body
	switch {
	case b.Subject == "":
		return none, api.Fault("subject", "is required")
	case b.Permission == "":
		return none, api.Fault("permission", "is required")
	case b.Type == "":
		return none, api.Fault("type", "is required")
	}
	q := rolecall.WhichResourcesQuery{Subject: b.Subject, Permission: b.Permission, API: b.API, Tenant: b.Tenant, Type: b.Type}
	if q.Limit, err = pageSize(b.Limit); err != nil {
		return none, err
	}
	list := []string{"which-resources", string(b.Subject), b.Permission, b.API, string(b.Tenant), b.Type}
	if q.After, err = api.ParseCursor(b.Cursor, list...); err != nil {
		return none, err
	}
	found, at, err := h.rc.WhichResources(c.r.Context(), c.by, q)
	if err != nil {
		return none, err
	}
	return resourceAnswer{answer[string]{listed(found.Page), api.Cursor(found.Next, list...), at}, found.Every}, nil
}

type effectiveRolesInput struct {
	Body effectiveRolesQuery
}

type effectiveRolesQuery struct {
	Subject rolecall.SubjectID `json:"subject"`
	rolecall.Scope
}

func (h *Handler) effectiveRoles(c *call, in *effectiveRolesInput) (none answer[rolecall.EffectiveRole], err error) {
	if in.Body.Subject == "" {
		return none, api.Fault("subject", "is required")
	}
	roles, at, err := h.rc.EffectiveRoles(c.r.Context(), c.by, in.Body.Subject, in.Body.Scope)
	if err != nil {
		return none, err
	}
	return answer[rolecall.EffectiveRole]{listed(roles), "", at}, nil
}
