package auth0

import (
	"context"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// A permission is one with the API that it is of.
type permission struct {
	*rolecall.Permission
	api *rolecall.API
	// identifier is the API's, as this API shows it.
	identifier string
}

func (p permission) key() string { return p.identifier + "\t" + p.Name }

func (p permission) describe() object {
	return object{
		"permission_name": p.Name, "description": p.Description,
		"resource_server_name": p.api.Name, "resource_server_identifier": p.identifier,
	}
}

// identifierOf returns what an API is called here: the AdminAPI is this one.
func (h *Handler) identifierOf(a *rolecall.API) string {
	if a.ID == rolecall.AdminAPI {
		return h.audience
	}
	return a.Identifier
}

// permissionsWithIDs returns those of the permissions with ids that exist, in
// the order of their keys.
func (c *call) permissionsWithIDs(ctx context.Context, v *rolecall.View, ids []rolecall.PermissionID) ([]permission, error) {
	found, err := related[*rolecall.Permission](ctx, v, rolecall.KindPermission, "id", texts(ids))
	if err != nil {
		return nil, err
	}
	apis, err := rolecall.All[*rolecall.API](ctx, v, rolecall.Query{Kind: rolecall.KindAPI})
	if err != nil {
		return nil, err
	}
	of := byKey(apis)
	var all []permission
	for _, p := range found {
		if a := of[string(p.API)]; a != nil {
			all = append(all, permission{p, a, c.identifierOf(a)})
		}
	}
	slices.SortFunc(all, func(a, b permission) int { return strings.Compare(a.key(), b.key()) })
	return all, nil
}

// A permissionName names a permission.
type permissionName struct {
	API  string `json:"resource_server_identifier"`
	Name string `json:"permission_name"`
}

type permissionsBody struct {
	Permissions []permissionName `json:"permissions"`
}

// permissionsNamed returns the permissions with names, each once. With strict,
// each must exist.
func (c *call) permissionsNamed(ctx context.Context, v *rolecall.View, names []permissionName, strict bool) (all []*rolecall.Permission, err error) {
	if len(names) == 0 {
		return nil, required("permissions")
	}
	apis := map[string]map[string]*rolecall.Permission{} // by identifier, then by name
	for i, n := range names {
		if n.API == "" || n.Name == "" {
			return nil, invalidBody.because("permissions[%d] must have a resource_server_identifier and a permission_name", i)
		}
		known, ok := apis[n.API]
		if !ok {
			if known, err = c.permissionsOfAPI(ctx, v, n.API); err != nil {
				return nil, err
			}
			apis[n.API] = known
		}
		p := known[n.Name]
		switch {
		case p != nil && !slices.Contains(all, p):
			all = append(all, p)
		case p == nil && strict:
			return nil, invalidBody.because("permissions[%d]: the resource server %q has no permission %q", i, n.API, n.Name)
		}
	}
	return all, nil
}

// permissionsOfAPI returns the permissions of the API with an identifier, by
// name; none if there is no such API.
func (c *call) permissionsOfAPI(ctx context.Context, v *rolecall.View, identifier string) (map[string]*rolecall.Permission, error) {
	a, err := c.apiNamed(ctx, v, identifier)
	if a == nil || err != nil {
		return nil, err
	}
	found, err := permissionsOn(ctx, v, a.ID)
	all := make(map[string]*rolecall.Permission, len(found))
	for _, p := range found {
		all[p.Name] = p
	}
	return all, err
}

// permissionsOn returns the permissions of an API, in the order of their names.
func permissionsOn(ctx context.Context, v *rolecall.View, id rolecall.APIID) ([]*rolecall.Permission, error) {
	return rolecall.All[*rolecall.Permission](ctx, v, rolecall.Query{Kind: rolecall.KindPermission, Sort: "name", Where: []rolecall.Condition{
		rolecall.Where("api", id),
	}})
}

// apiNamed returns the API with an identifier, nil if there is none.
func (c *call) apiNamed(ctx context.Context, v *rolecall.View, identifier string) (*rolecall.API, error) {
	if identifier == c.audience {
		return rolecall.Look(ctx, v, &rolecall.API{ID: rolecall.AdminAPI})
	}
	found, err := related[*rolecall.API](ctx, v, rolecall.KindAPI, "identifier", []string{identifier})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}
