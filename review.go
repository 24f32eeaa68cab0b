package rolecall

import (
	"context"
	"slices"
	"time"
)

// This file is what may be read, by whom. Decisions about oneself are free;
// decisions about others, and records, take a permission of the AdminAPI.

// PermissionCheck is what it takes to ask for decisions about others.
const PermissionCheck = "rolecall:check"

// Decide answers reqs from one snapshot, for by: about itself, or with
// rolecall:check in the asked tenant, or on the resource "api:<id>" for the
// permissions of one API.
func (s *Service) Decide(ctx context.Context, by Actor, reqs ...Request) ([]Decision, error) {
	now, err := s.moment()
	if err != nil {
		return nil, err
	}
	p := s.Policy()
	decisions := make([]Decision, len(reqs))
	// Who may ask everywhere may ask everything, so that a long list asks once.
	everything := len(reqs) > 1 && mayDo(p, by, PermissionCheck, Scope{}, now) == nil
	for i := range reqs {
		if !everything {
			if err := mayAskOf(p, by, &reqs[i], now); err != nil {
				return nil, err
			}
		}
		decisions[i] = p.decide(&reqs[i], now)
	}
	if s.observer != nil {
		s.observer.Decided(by, reqs, decisions, time.Since(now))
	}
	return decisions, nil
}

// Snapshot returns the newest policy to an actor with rolecall:check in tenant,
// or everywhere if that is empty. All that is asked of it is answered at one
// revision; asking only about tenant is left to the caller.
func (s *Service) Snapshot(by Actor, tenant TenantID) (*Policy, error) {
	now, err := s.moment()
	if err != nil {
		return nil, err
	}
	p := s.Policy()
	if err := mayAsk(p, by, "", Scope{Tenant: tenant}, now); err != nil {
		return nil, err
	}
	return p, nil
}

// Explain answers req with everything that the answer rests on. It takes what
// Decide takes; of ways that nearly grant, those in other tenants are told only
// to who may ask there.
func (s *Service) Explain(ctx context.Context, by Actor, req Request) (Explanation, error) {
	now, err := s.moment()
	if err != nil {
		return Explanation{}, err
	}
	p := s.Policy()
	if err := mayAsk(p, by, req.Subject, Scope{Tenant: req.Tenant}, now); err != nil {
		return Explanation{}, err
	}
	e := p.Explain(req, now)
	e.Near = slices.DeleteFunc(e.Near, func(n Near) bool {
		return n.Tenant != "" && n.Tenant != req.Tenant && mayAsk(p, by, req.Subject, n.Scope, now) != nil
	})
	return e, nil
}

// WhoCan returns the subjects whom a request would allow. It takes rolecall:check in q's tenant.
func (s *Service) WhoCan(ctx context.Context, by Actor, q WhoCanQuery) (page []SubjectID, next SubjectID, at Revision, err error) {
	now, err := s.moment()
	if err != nil {
		return nil, "", 0, err
	}
	p := s.Policy()
	if err := mayAsk(p, by, "", Scope{Tenant: q.Tenant}, now); err != nil {
		return nil, "", 0, err
	}
	if q.Limit, err = pageSize(q.Limit); err != nil {
		return nil, "", 0, err
	}
	page, next = p.WhoCan(q, now)
	return page, next, p.Revision(), nil
}

// WhatCan returns the permissions that q's subject holds in a scope. It takes what Decide takes.
func (s *Service) WhatCan(ctx context.Context, by Actor, q WhatCanQuery) (page []EffectivePermission, next PermissionRef, at Revision, err error) {
	now, err := s.moment()
	if err != nil {
		return nil, PermissionRef{}, 0, err
	}
	p := s.Policy()
	if err := mayAsk(p, by, q.Subject, Scope{Tenant: q.Tenant}, now); err != nil {
		return nil, PermissionRef{}, 0, err
	}
	if q.Limit, err = pageSize(q.Limit); err != nil {
		return nil, PermissionRef{}, 0, err
	}
	page, next = p.WhatCan(q, now)
	return page, next, p.Revision(), nil
}

// WhichResources returns the resources of a type on which q's subject is
// allowed; see [Policy.WhichResources]. It takes what Decide takes.
func (s *Service) WhichResources(ctx context.Context, by Actor, q WhichResourcesQuery) (found Resources, at Revision, err error) {
	now, err := s.moment()
	if err != nil {
		return Resources{}, 0, err
	}
	p := s.Policy()
	if err := mayAsk(p, by, q.Subject, Scope{Tenant: q.Tenant}, now); err != nil {
		return Resources{}, 0, err
	}
	if q.Limit, err = pageSize(q.Limit); err != nil {
		return Resources{}, 0, err
	}
	return p.WhichResources(q, now), p.Revision(), nil
}

// EffectiveRoles returns the roles that subject holds in scope: AuthorizedRoles
// of INCITS 359. It takes what Decide takes.
func (s *Service) EffectiveRoles(ctx context.Context, by Actor, subject SubjectID, scope Scope) ([]EffectiveRole, Revision, error) {
	now, err := s.moment()
	if err != nil {
		return nil, 0, err
	}
	p := s.Policy()
	if err := mayAsk(p, by, subject, scope, now); err != nil {
		return nil, 0, err
	}
	return p.EffectiveRoles(subject, scope, now), p.Revision(), nil
}

// Get returns a record. It takes the read permission of its kind, where the record is.
func (s *Service) Get(ctx context.Context, by Actor, kind Kind, key string) (found Record, err error) {
	err = s.View(ctx, by, func(v *View) error {
		found, err = v.Get(ctx, kind, key)
		return err
	})
	return found, err
}

// Find returns the record with like's key, as Get does:
//
//	role, err := rolecall.Find(ctx, rc, by, &rolecall.Role{ID: "editor"})
func Find[R Record](ctx context.Context, s *Service, by Actor, like R) (R, error) {
	found, err := s.Get(ctx, by, like.Kind(), like.Key())
	if err != nil {
		var none R
		return none, err
	}
	return found.(R), nil
}

// List returns a page of records. It takes the read permission of the kind:
// in q.Tenant if that is set, everywhere otherwise.
func (s *Service) List(ctx context.Context, by Actor, q Query) (page Page, err error) {
	err = s.View(ctx, by, func(v *View) error {
		page, err = v.List(ctx, q)
		return err
	})
	return page, err
}

// pageSize applies the default and the ceiling to an asked page size.
func pageSize(asked int) (int, error) {
	switch {
	case asked < 0 || asked > MaxPage:
		return 0, invalid("limit", "must be between 1 and %d", MaxPage)
	case asked == 0:
		return DefaultPage, nil
	}
	return asked, nil
}
