package authzen

import (
	"context"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A point is the decision point of a tenant, or of the project if that is
// empty, as one request sees it: all of it at one revision.
type point struct {
	rc     *rolecall.Service
	by     rolecall.Actor
	tenant rolecall.TenantID
	policy *rolecall.Policy
	now    time.Time
	*profile
}

// point returns the decision point of a tenant to a caller who may ask it.
func (h *Handler) point(ctx context.Context, by rolecall.Actor, tenant rolecall.TenantID) (*point, error) {
	policy, err := h.rc.Snapshot(by, tenant)
	if err != nil {
		return nil, err
	}
	profile, err := h.profiles.get(ctx, tenant, policy.Revision())
	if err != nil {
		return nil, err
	}
	return &point{h.rc, by, tenant, policy, h.rc.Now(), profile}, nil
}

// unknownResource is the reason to deny what is asked about a resource that its
// type does not list.
const unknownResource rolecall.Reason = "unknown_resource"

// decide answers whether subject may do action to resource.
func (p *point) decide(subject entity, action string, resource entity) rolecall.Decision {
	denied := rolecall.Decision{Revision: p.policy.Revision()}
	if !p.isSubject(subject) {
		denied.Reason = rolecall.UnknownSubject
		return denied
	}
	scope, ok := p.scope(resource)
	if !ok {
		denied.Reason = unknownResource
		return denied
	}
	permission, ok := p.permission(resource.Type, action)
	if !ok {
		denied.Reason = rolecall.UnknownPermission
		return denied
	}
	return p.policy.Decide(rolecall.Request{
		Subject:    rolecall.SubjectID(subject.ID),
		Permission: permission,
		API:        p.api,
		Tenant:     p.tenant,
		Resource:   scope,
	}, p.now)
}

// request is what decide asks, as far as it can be asked.
func (p *point) request(subject entity, action string, resource entity) rolecall.Request {
	req := rolecall.Request{Subject: rolecall.SubjectID(subject.ID), Permission: action, API: p.api, Tenant: p.tenant}
	if name, ok := p.permission(resource.Type, action); ok {
		req.Permission = name
	}
	req.Resource, _ = p.scope(resource)
	return req
}

// isSubject reports whether a subject of the type has the id. Types are not
// apart: each is another name for users or for clients. But a client's id that
// is a user's elsewhere must not borrow what the user may do.
func (p *point) isSubject(e entity) bool {
	kind, ok := p.kinds[e.Type]
	return ok && p.policy.KindOf(rolecall.SubjectID(e.ID)) == kind
}

// scope returns the "type:id" that a resource is to the core, and whether there
// is one: a type has no colon, or two resources could be one, and a type that
// lists its resources has no others.
func (p *point) scope(e entity) (string, bool) {
	if strings.Contains(e.Type, ":") {
		return "", false
	}
	if listed, ok := p.resources[e.Type]; ok && !listed.has(e.ID) {
		return "", false
	}
	return e.Type + ":" + e.ID, true
}

// permission returns the name of the permission to do action to resources of a
// type, and whether there is one: the type's own, or else one for every type.
func (p *point) permission(kind, action string) (string, bool) {
	if name, ok := p.spelling.join(kind, action); ok && p.knows(name) {
		return name, true
	}
	return action, p.spelling.plain(action) && p.knows(action)
}

// action is permission turned around: the action on resources of a type that a
// permission stands for, and whether there is one.
func (p *point) action(kind, permission string) (string, bool) {
	if p.spelling.plain(permission) {
		own, ok := p.spelling.join(kind, permission)
		return permission, !ok || !p.knows(own)
	}
	of, action := p.spelling.split(permission)
	return action, of == kind && action != ""
}

func (p *point) knows(permission string) bool {
	return p.policy.Knows(rolecall.PermissionRef{API: p.api, Name: permission})
}
