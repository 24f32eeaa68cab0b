package rolecall

import (
	"cmp"
	"context"
	"slices"
)

// A PermissionSync is what came of comparing the permissions that an
// application's code names with those that there are.
type PermissionSync struct {
	Missing []*Permission   // named and not there: to be created, or created
	Unused  []PermissionRef // there, of an API that is named, and not named itself
}

// ComparePermissions compares what code names, such as all that the guards of
// package pep require, with the permissions that there are. An empty API means
// the default API; one that is not among apis is ErrNotFound.
func ComparePermissions(apis []*API, there []*Permission, named []PermissionRef) (PermissionSync, error) {
	var sync PermissionSync
	named = slices.Clone(named)
	byRef := func(a, b PermissionRef) int { return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Name, b.Name)) }
	slices.SortFunc(named, byRef)
	for _, ref := range slices.Compact(named) {
		api := slices.IndexFunc(apis, func(a *API) bool {
			return ref.API == "" && a.ID == DefaultAPI || ref.API != "" && a.Identifier == ref.API
		})
		if api < 0 {
			return PermissionSync{}, unknown("api", ref.API)
		}
		found := slices.ContainsFunc(slices.Concat(there, sync.Missing), func(p *Permission) bool { return p.API == apis[api].ID && p.Name == ref.Name })
		if !found {
			sync.Missing = append(sync.Missing, &Permission{ID: PermissionID(NewID("perm")), API: apis[api].ID, Name: ref.Name})
		}
	}
	for _, p := range there {
		i := slices.IndexFunc(apis, func(a *API) bool { return a.ID == p.API })
		if i < 0 {
			continue
		}
		identifiers := []string{apis[i].Identifier}
		if p.API == DefaultAPI {
			identifiers = append(identifiers, "")
		}
		of, used := false, false
		for _, ref := range named {
			if slices.Contains(identifiers, ref.API) {
				of, used = true, used || ref.Name == p.Name
			}
		}
		if of && !used {
			sync.Unused = append(sync.Unused, PermissionRef{apis[i].Identifier, p.Name})
		}
	}
	slices.SortFunc(sync.Unused, byRef)
	return sync, nil
}

// SyncPermissions creates the permissions that code names and that are not
// there, in one write, and reports those that nothing names. It deletes nothing.
//
//	sync, err := rc.SyncPermissions(ctx, rolecall.System("blog"), guard.Permissions()...)
func (s *Service) SyncPermissions(ctx context.Context, by Actor, named ...PermissionRef) (sync PermissionSync, err error) {
	_, err = s.Write(ctx, by, Plan(func(ctx context.Context, v *View) ([]Op, error) {
		apis, err := All[*API](ctx, v, Query{Kind: KindAPI})
		if err != nil {
			return nil, err
		}
		there, err := All[*Permission](ctx, v, Query{Kind: KindPermission})
		if err != nil {
			return nil, err
		}
		if sync, err = ComparePermissions(apis, there, named); err != nil {
			return nil, err
		}
		ops := make([]Op, len(sync.Missing))
		for i, p := range sync.Missing {
			ops[i] = Create(p)
		}
		return ops, nil
	}))
	return sync, err
}
