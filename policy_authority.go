package rolecall

import (
	"slices"
	"strings"
	"time"
)

// Authority returns what a token for api (by identifier; "" is the default API)
// and tenant says of subject. It says nothing of a subject that is blocked or
// does not exist, nor for a tenant that does not exist.
func (p *Policy) Authority(subject SubjectID, api string, tenant TenantID, now time.Time) Authority {
	a := Authority{Revision: p.revision}
	if !p.Decide(Request{Subject: subject, Any: KindUser, Tenant: tenant}, now).Allowed {
		return a
	}
	a.Permissions, a.Roles = p.names(p.counting(subject, Scope{Tenant: tenant}, now), api)

	in := map[TenantID][]holding{}
	for _, place := range p.memberships(subject) {
		in[place.Tenant] = nil
	}
	for _, h := range p.counted(subject) {
		if !h.At(now) || h.Tenant == "" && h.Resource != "" {
			continue
		}
		if a.Until.IsZero() || !h.ExpiresAt.IsZero() && h.ExpiresAt.Before(a.Until) {
			a.Until = h.ExpiresAt
		}
		if held := in[h.Tenant]; h.Resource == "" {
			in[h.Tenant] = append(held, h)
		} else {
			in[h.Tenant] = held // there is something to do in the tenant, if only on a resource
		}
	}
	delete(in, "")
	for tenant, held := range in {
		t := TenantAuthority{Tenant: tenant}
		t.Permissions, t.Roles = p.names(held, api)
		a.Tenants = append(a.Tenants, t)
	}
	slices.SortFunc(a.Tenants, func(a, b TenantAuthority) int { return strings.Compare(string(a.Tenant), string(b.Tenant)) })
	return a
}

// AdministersBeyond reports whether a subject holds a permission of AdminAPI, on
// whatever resource, everywhere or in another tenant than one: now or, if it has
// not begun, later.
func (p *Policy) AdministersBeyond(subject SubjectID, tenant TenantID, now time.Time) bool {
	of, ok := p.number(KindAPI, string(AdminAPI))
	if !ok {
		return false
	}
	for _, h := range p.counted(subject) {
		if h.Tenant == tenant && tenant != "" || !h.ExpiresAt.IsZero() && !now.Before(h.ExpiresAt) {
			continue
		}
		for n := range p.gives(h).numbers() {
			if p.permissions.titles.space(uint32(n)) == of {
				return true
			}
		}
	}
	return false
}

// names returns the names of an API's permissions and of the roles that
// holdings give, sorted.
func (p *Policy) names(holdings []holding, api string) (permissions, roles []string) {
	of, known := p.api(api)
	var held permissionSet
	for _, h := range holdings {
		held = held.with(p.gives(h))
	}
	for n := range held.numbers() {
		if known && p.permissions.titles.space(uint32(n)) == of {
			permissions = append(permissions, p.permissions.titles.of(uint32(n)))
		}
	}
	for _, n := range p.rolesOf(holdings) {
		roles = append(roles, p.roles.titles.of(n))
	}
	slices.Sort(permissions)
	slices.Sort(roles)
	return permissions, slices.Compact(roles) // a project's role and a tenant's may share a name
}
