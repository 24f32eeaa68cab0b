package auth0

import (
	"context"
	"slices"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// enabledBody is what is sent of a connection of an organization.
type enabledBody struct {
	ID     string `json:"connection_id"`
	Join   *bool  `json:"assign_membership_on_login"`
	Shown  *bool  `json:"show_as_button"`
	Signup *bool  `json:"is_signup_enabled"`
}

// apply returns a connection with what was sent.
func (in enabledBody) apply(to identity.TenantConnection) identity.TenantConnection {
	if in.Join != nil {
		to.Join = *in.Join
	}
	if in.Shown != nil {
		to.Hidden = !*in.Shown
	}
	if in.Signup != nil {
		to.Signup = *in.Signup
	}
	return to
}

func setEnabled(t *rolecall.Tenant, all []identity.TenantConnection) error {
	return identity.SetTenantConnections(t, all)
}

// describeEnabled returns connections of an organization as this API shows them.
// Those that are deleted are left out.
func describeEnabled(known []*identity.Connection, all []identity.TenantConnection) []object {
	shown := []object{}
	for _, one := range all {
		at := slices.IndexFunc(known, func(k *identity.Connection) bool { return k.ID == one.Connection })
		if at < 0 {
			continue
		}
		shown = append(shown, object{
			"connection_id": one.Connection, "assign_membership_on_login": one.Join,
			"show_as_button": !one.Hidden, "is_signup_enabled": one.Signup,
			"connection": object{"name": known[at].Name, "strategy": known[at].Strategy},
		})
	}
	return shown
}

// listEnabled serves GET /organizations/{id}/enabled_connections.
func listEnabled(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	known, err := c.identity.Connections(c.r.Context())
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err != nil {
			return err
		}
		all, err := identity.TenantConnections(o.Tenant)
		if err != nil {
			return err
		}
		found, err := part(p, describeEnabled(known, all), func(o object) string { return o["connection_id"].(string) })
		if err == nil {
			answer, err = c.answer(p, "enabled_connections", found.items, found.total, found.next, object{"limit": len(found.items)})
		}
		return err
	})
}

var noEnabled = notFound.because("No connection found by that id")

// getEnabled serves GET /organizations/{id}/enabled_connections/{connection_id}.
func getEnabled(c *call) (answer reply, err error) {
	known, err := c.identity.Connections(c.r.Context())
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err != nil {
			return err
		}
		all, err := identity.TenantConnections(o.Tenant)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(one identity.TenantConnection) bool { return one.Connection != c.named["connection_id"] })
		shown := describeEnabled(known, all)
		if len(shown) == 0 {
			return noEnabled
		}
		answer, err = c.one(shown[0])
		return err
	})
}

// changeEnabled makes a write that changes the connections of an organization,
// and answers with what change returns.
func (c *call) changeEnabled(status int, change func(all []identity.TenantConnection) (to []identity.TenantConnection, shown *identity.TenantConnection, err error)) (answer reply, err error) {
	known, err := c.identity.Connections(c.r.Context())
	if err != nil {
		return reply{}, err
	}
	answer.status = status
	err = c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		all, err := identity.TenantConnections(o.Tenant)
		if err != nil {
			return nil, err
		}
		all, one, err := change(all)
		if err != nil {
			return nil, err
		}
		if err := setEnabled(o.Tenant, all); err != nil {
			return nil, err
		}
		if one != nil {
			if shown := describeEnabled(known, []identity.TenantConnection{*one}); len(shown) > 0 {
				answer.body = shown[0]
			}
		}
		return []rolecall.Op{rolecall.Update(o.Tenant)}, nil
	})
	return answer, err
}

// addEnabled serves POST /organizations/{id}/enabled_connections.
func addEnabled(c *call) (reply, error) {
	var in enabledBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	if in.ID == "" {
		return reply{}, required("connection_id")
	}
	connection, err := c.connectionNamed(in.ID)
	if err != nil {
		return reply{}, err
	}
	return c.changeEnabled(201, func(all []identity.TenantConnection) ([]identity.TenantConnection, *identity.TenantConnection, error) {
		if slices.ContainsFunc(all, func(one identity.TenantConnection) bool { return one.Connection == connection.ID }) {
			return nil, nil, conflicting.because("The connection is already enabled for the organization.")
		}
		made := in.apply(identity.TenantConnection{Connection: connection.ID})
		return append(all, made), &made, nil
	})
}

// updateEnabled serves PATCH /organizations/{id}/enabled_connections/{connection_id}.
func updateEnabled(c *call) (reply, error) {
	var in enabledBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	return c.changeEnabled(200, func(all []identity.TenantConnection) ([]identity.TenantConnection, *identity.TenantConnection, error) {
		at := c.enabledAt(all)
		if at < 0 {
			return nil, nil, noEnabled
		}
		all[at] = in.apply(all[at])
		return all, &all[at], nil
	})
}

func (c *call) enabledAt(all []identity.TenantConnection) int {
	return slices.IndexFunc(all, func(one identity.TenantConnection) bool { return one.Connection == c.named["connection_id"] })
}

// removeEnabled serves DELETE /organizations/{id}/enabled_connections/{connection_id}.
func removeEnabled(c *call) (reply, error) {
	return c.changeEnabled(204, func(all []identity.TenantConnection) ([]identity.TenantConnection, *identity.TenantConnection, error) {
		at := c.enabledAt(all)
		if at < 0 {
			return all, nil, nil
		}
		return slices.Delete(all, at, at+1), nil, nil
	})
}
