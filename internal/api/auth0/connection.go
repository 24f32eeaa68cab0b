package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// connectionMore is what this API keeps beside a connection.
type connectionMore struct {
	Options members `json:"options,omitempty"`
	Extra   members `json:"extra,omitempty"`
}

// A connectionDraft is a connection while it is made or changed.
type connectionDraft struct {
	*identity.Connection
	kept connectionMore
}

var connectionFields = []field[*connectionDraft]{
	{"id", nil, nil},
	{"name", nil, put("name", func(d *connectionDraft, name string) error {
		d.Name = name
		return nil
	})},
	{"strategy", nil, put("strategy", func(d *connectionDraft, strategy string) error {
		d.Strategy = strategy
		return nil
	})},
	{"display_name", nil, put("display_name", func(d *connectionDraft, name string) error {
		d.DisplayName = name
		return nil
	})},
	{"options", nil, (*connectionDraft).setOptions},
	{"enabled_clients", nil, put("enabled_clients", func(d *connectionDraft, clients []rolecall.SubjectID) error {
		d.AllClients, d.Clients = false, clients
		return nil
	})},
	{"realms", nil, func(*connectionDraft, json.RawMessage) error { return nil }}, // always the name
}

// setOptions replaces the options as a whole.
func (d *connectionDraft) setOptions(value json.RawMessage) error {
	var in struct {
		DisableSignup bool                    `json:"disable_signup"`
		Policy        identity.PasswordPolicy `json:"passwordPolicy"`
		Complexity    struct {
			MinLength int `json:"min_length"`
		} `json:"password_complexity_options"`
	}
	if err := scan("options", value, &in); err != nil {
		return err
	}
	var kept members
	if err := scan("options", value, &kept); err != nil {
		return err
	}
	d.DisableSignup, d.Policy, d.MinLength = in.DisableSignup, in.Policy, in.Complexity.MinLength
	for _, name := range []string{"disable_signup", "passwordPolicy"} {
		delete(kept, name)
	}
	for name := range kept {
		if isSecret(name) {
			delete(kept, name)
		}
	}
	d.kept.Options = kept
	return nil
}

func loadConnection(c *identity.Connection) (*connectionDraft, error) {
	kept, err := more[connectionMore](c.Attributes)
	return &connectionDraft{c, kept}, err
}

// set puts what was sent into a connection.
func (d *connectionDraft) set(in members) (err error) {
	if err := apply(d, connectionFields, &d.kept.Extra, in); err != nil {
		return err
	}
	d.Attributes, err = withMore(d.Attributes, d.kept)
	return err
}

// describe returns a connection as this API shows it, with those of the clients
// that it is enabled for.
func (d *connectionDraft) describe(clients []*rolecall.Client) object {
	o := object{"is_domain_connection": false}
	for name, value := range d.kept.Extra {
		o[name] = value
	}
	options := object{"brute_force_protection": true, "mfa": object{"active": true, "return_enroll_settings": true}, "requires_username": false}
	for name, value := range d.kept.Options {
		options[name] = value
	}
	options["disable_signup"] = d.DisableSignup
	if d.Policy != "" {
		options["passwordPolicy"] = d.Policy
	}
	enabled := []rolecall.SubjectID{}
	for _, k := range clients {
		if d.EnabledFor(k.ID) {
			enabled = append(enabled, k.ID)
		}
	}
	o["id"], o["name"], o["strategy"], o["realms"] = d.ID, d.Name, d.Strategy, []string{d.Name}
	o["options"], o["enabled_clients"] = options, enabled
	o.set("display_name", d.DisplayName)
	return o
}

// connectionNamed returns the connection with an id, which a body named.
func (c *call) connectionNamed(id string) (*identity.Connection, error) {
	found, err := c.identity.Connection(c.r.Context(), id)
	if errors.Is(err, rolecall.ErrNotFound) || err == nil && found.ID != id {
		err = invalidBody.because("connection_id: the connection %q does not exist", id)
	}
	return found, err
}

// findConnection returns the connection that the path names.
func (c *call) findConnection(ctx context.Context, v *rolecall.View) (*connectionDraft, error) {
	all, err := identity.Connections(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, found := range all {
		if found.ID == c.named["id"] {
			return loadConnection(found)
		}
	}
	return nil, noConnection.because("The connection does not exist")
}

// clientsOf returns all clients.
func clientsOf(ctx context.Context, v *rolecall.View) ([]*rolecall.Client, error) {
	return rolecall.All[*rolecall.Client](ctx, v, rolecall.Query{Kind: rolecall.KindClient})
}

// listConnections serves GET /connections.
func listConnections(c *call) (answer reply, err error) {
	return c.connectionList(func(found *identity.Connection) bool {
		name, strategies := c.text("name"), c.query["strategy"]
		return (name == "" || found.Name == name) && (len(strategies) == 0 || slices.Contains(strategies, found.Strategy))
	})
}

// clientConnections serves GET /clients/{id}/connections.
func clientConnections(c *call) (reply, error) {
	err := c.view(func(ctx context.Context, v *rolecall.View) error {
		_, err := findClient(ctx, v, c.named["id"])
		return err
	})
	if err != nil {
		return reply{}, err
	}
	c.checkpoints()
	return c.connectionList(func(found *identity.Connection) bool { return found.EnabledFor(rolecall.SubjectID(c.named["id"])) })
}

func (c *call) connectionList(keep func(*identity.Connection) bool) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		all, err := identity.Connections(ctx, v)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(one *identity.Connection) bool { return !keep(one) })
		found, err := part(p, all, func(one *identity.Connection) string { return one.Name })
		if err != nil {
			return err
		}
		clients, err := clientsOf(ctx, v)
		if err != nil {
			return err
		}
		shown := make([]object, len(found.items))
		for i, one := range found.items {
			d, err := loadConnection(one)
			if err != nil {
				return err
			}
			shown[i] = d.describe(clients)
		}
		answer, err = c.answer(p, "connections", shown, found.total, found.next, nil)
		return err
	})
}

// getConnection serves GET /connections/{id}.
func getConnection(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		d, err := c.findConnection(ctx, v)
		if err != nil {
			return err
		}
		clients, err := clientsOf(ctx, v)
		if err == nil {
			answer, err = c.one(d.describe(clients))
		}
		return err
	})
}

// createConnection serves POST /connections. Users of other strategies than
// auth0 can't sign in.
func createConnection(c *call) (answer reply, err error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	for _, name := range []string{"name", "strategy"} {
		if len(in[name]) == 0 {
			return reply{}, required(name)
		}
	}
	d := &connectionDraft{Connection: &identity.Connection{ID: rolecall.NewID("con")}}
	if err := d.set(in); err != nil {
		return reply{}, err
	}
	err = c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		clients, err := clientsOf(ctx, v)
		answer = reply{201, d.describe(clients)}
		return []rolecall.Op{identity.SaveConnection(*d.Connection)}, err
	})
	if errors.Is(err, rolecall.ErrConflict) {
		err = conflicting.because("A connection with the same name already exists")
	}
	return answer, err
}

// updateConnection serves PATCH /connections/{id}.
func updateConnection(c *call) (answer reply, err error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	return answer, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		d, err := c.findConnection(ctx, v)
		if err != nil {
			return nil, err
		}
		name, strategy := d.Name, d.Strategy
		if err := d.set(in); err != nil {
			return nil, err
		}
		if d.Name != name || d.Strategy != strategy {
			return nil, invalidBody.because("Payload validation error: 'Additional properties not allowed: name, strategy'.")
		}
		clients, err := clientsOf(ctx, v)
		answer = ok(d.describe(clients))
		return []rolecall.Op{identity.SaveConnection(*d.Connection)}, err
	})
}

// deleteConnection serves DELETE /connections/{id}.
func deleteConnection(c *call) (reply, error) {
	err := c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if _, err := c.findConnection(ctx, v); err != nil {
			return nil, err
		}
		return []rolecall.Op{identity.DeleteConnection(c.named["id"])}, nil
	})
	if errors.Is(err, rolecall.ErrNotFound) {
		return done, nil
	}
	return reply{202, object{"deleted_at": stamp(c.rc.Now())}}, err
}

// listConnectionClients serves GET /connections/{id}/clients.
func listConnectionClients(c *call) (answer reply, err error) {
	c.checkpoints()
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		d, err := c.findConnection(ctx, v)
		if err != nil {
			return err
		}
		clients, err := clientsOf(ctx, v)
		if err != nil {
			return err
		}
		clients = slices.DeleteFunc(clients, func(k *rolecall.Client) bool { return !d.EnabledFor(k.ID) })
		found, err := part(p, clients, (*rolecall.Client).Key)
		if err == nil {
			answer, err = c.answer(p, "clients", each(found.items, func(k *rolecall.Client) object {
				return object{"client_id": k.ID}
			}), 0, found.next, nil)
		}
		return err
	})
}

const maxClientChanges = 50

// updateConnectionClients serves PATCH /connections/{id}/clients, whose body is
// an array.
func updateConnectionClients(c *call) (reply, error) {
	var in []struct {
		Client rolecall.SubjectID `json:"client_id"`
		Status *bool              `json:"status"`
	}
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	if len(in) == 0 || len(in) > maxClientChanges {
		return reply{}, invalidBody.because("the body must be an array of 1 to %d clients", maxClientChanges)
	}
	return done, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		d, err := c.findConnection(ctx, v)
		if err != nil {
			return nil, err
		}
		for i, change := range in {
			if change.Client == "" || change.Status == nil {
				return nil, invalidBody.because("[%d] must have a client_id and a status", i)
			}
			if _, err := findClient(ctx, v, string(change.Client)); errors.Is(err, rolecall.ErrNotFound) {
				return nil, invalidBody.because("[%d].client_id: the client does not exist", i)
			} else if err != nil {
				return nil, err
			}
			d.Enable(change.Client, *change.Status)
		}
		return []rolecall.Op{identity.SaveConnection(*d.Connection)}, nil
	})
}
