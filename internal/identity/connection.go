package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// A Connection is where users come from, as Auth0 has it: here a set of users
// with passwords, since no other can sign in. Users of all connections are one
// set: a login id is unique among them.
//
// A connection is a setting, connection/<id>. The first one, which every project
// has, is none until it is changed; see [Connections].
type Connection struct {
	ID          string `json:"id"`
	Name        string `json:"name"` // unique; what a caller names it by
	Strategy    string `json:"strategy"`
	DisplayName string `json:"display_name,omitempty"`

	// Clients are the applications that its users may sign in to. With
	// AllClients they are those that they may not.
	AllClients bool                 `json:"all_clients,omitempty"`
	Clients    []rolecall.SubjectID `json:"clients,omitempty"`

	DisableSignup bool `json:"disable_signup,omitempty"` // nobody may sign up by themselves
	// Policy and MinLength are what a new password must keep to. Those of
	// the first connection are the project's PasswordRules.
	Policy    PasswordPolicy `json:"password_policy,omitempty"`
	MinLength int            `json:"min_length,omitempty"`

	// Attributes is what a vendor's API keeps beside it.
	Attributes rolecall.Attributes `json:"attributes,omitempty"`
}

const (
	// PasswordStrategy is the strategy of connections whose users have passwords.
	PasswordStrategy = "auth0"

	FirstConnectionID   = "con_UsernamePassword"
	FirstConnectionName = "Username-Password-Authentication"

	connectionPrefix = "connection/"
	maxConnections   = 1000 // clients of one
)

// A PasswordPolicy names rules for passwords, as Auth0 does.
type PasswordPolicy string

const (
	PolicyNone      PasswordPolicy = "none"      // any password
	PolicyLow       PasswordPolicy = "low"       // at least 6 characters
	PolicyFair      PasswordPolicy = "fair"      // 8, with lower case, upper case and a number
	PolicyGood      PasswordPolicy = "good"      // and a special character
	PolicyExcellent PasswordPolicy = "excellent" // 10
)

// Rules returns what p asks, with at least minLength characters if that is not 0.
func (p PasswordPolicy) Rules(minLength int) PasswordRules {
	rules := PasswordRules{MinLength: 1}
	switch p {
	case "":
		rules = DefaultRules
	case PolicyLow:
		rules.MinLength = 6
	case PolicyFair, PolicyGood, PolicyExcellent:
		rules = PasswordRules{MinLength: 8, Lowercase: true, Uppercase: true, Number: true, NonAlphanumeric: p != PolicyFair}
		if p == PolicyExcellent {
			rules.MinLength = 10
		}
	}
	if minLength > 0 {
		rules.MinLength = minLength
	}
	return rules
}

// First reports whether c is the connection that every project has.
func (c *Connection) First() bool { return c.ID == FirstConnectionID }

// EnabledFor reports whether c's users may sign in to a client.
func (c *Connection) EnabledFor(client rolecall.SubjectID) bool {
	return slices.Contains(c.Clients, client) != c.AllClients
}

// Enable lets c's users sign in to a client, or not.
func (c *Connection) Enable(client rolecall.SubjectID, yes bool) {
	c.Clients = slices.DeleteFunc(slices.Clone(c.Clients), func(id rolecall.SubjectID) bool { return id == client })
	if yes != c.AllClients {
		c.Clients = append(c.Clients, client)
	}
}

func (c *Connection) check() error {
	plain := func(r rune) bool {
		return r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	switch {
	case c.Name == "":
		return refuse("name", "is required")
	case len(c.Name) > 128 || strings.Trim(c.Name, "-") != c.Name || strings.ContainsFunc(c.Name, func(r rune) bool { return !plain(r) }):
		return refuse("name", "must be at most 128 letters, digits and hyphens, and neither begin nor end with a hyphen")
	case c.Strategy == "":
		return refuse("strategy", "is required")
	case len(c.Strategy) > 128:
		return refuse("strategy", "must be at most 128 bytes")
	case len([]rune(c.DisplayName)) > rolecall.MaxNameRunes:
		return refuse("display_name", "must be at most %d characters", rolecall.MaxNameRunes)
	case len(c.Clients) > maxConnections:
		return refuse("enabled_clients", "must be at most %d", maxConnections)
	case c.MinLength < 0 || c.MinLength > 128:
		return refuse("options.password_complexity_options.min_length", "must be 1 to 128")
	case c.First() && (c.Name != FirstConnectionName || c.Strategy != PasswordStrategy):
		return refuse("name", "of the first connection can't be changed, nor can its strategy")
	}
	switch c.Policy {
	case "", PolicyNone, PolicyLow, PolicyFair, PolicyGood, PolicyExcellent:
		return nil
	}
	return refuse("options.passwordPolicy", "must be one of none, low, fair, good, excellent")
}

// Connections returns a project's connections, in the order of their names. The
// first one is among them. It takes rolecall:settings.read.
func Connections(ctx context.Context, v *rolecall.View) ([]*Connection, error) {
	settings, err := rolecall.All[*rolecall.Setting](ctx, v, rolecall.Query{Kind: rolecall.KindSetting, Where: []rolecall.Condition{
		{Field: "name", Op: rolecall.Prefix, Values: []string{connectionPrefix}},
	}})
	if err != nil {
		return nil, err
	}
	var all []*Connection
	for _, s := range settings {
		c := new(Connection)
		if err := json.Unmarshal(s.Value, c); err != nil || connectionPrefix+c.ID != s.Name {
			return nil, refuse(s.Name, "is a setting that must hold a connection")
		}
		all = append(all, c)
	}
	if !slices.ContainsFunc(all, (*Connection).First) {
		all = append(all, &Connection{ID: FirstConnectionID, Name: FirstConnectionName, Strategy: PasswordStrategy, AllClients: true})
	}
	slices.SortFunc(all, func(a, b *Connection) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Connections returns the project's connections, whoever asks.
func (i *Identity) Connections(ctx context.Context) (all []*Connection, err error) {
	return all, i.rc.View(ctx, reader, func(v *rolecall.View) error {
		all, err = Connections(ctx, v)
		return err
	})
}

// Connection returns the connection with an id or name, or an error that is
// rolecall.ErrNotFound.
func (i *Identity) Connection(ctx context.Context, which string) (*Connection, error) {
	all, err := i.Connections(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.ID == which || c.Name == which {
			return c, nil
		}
	}
	return nil, &rolecall.FieldError{Field: "connection", Rule: fmt.Sprintf("%q does not exist", which), Kind: rolecall.ErrNotFound}
}

// SaveConnection returns the operations that make a connection, or put it in the
// place of the one with its id. Clients that don't exist are left out. The
// password rules of the first one become the project's.
func SaveConnection(c Connection) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := c.check(); err != nil {
			return nil, err
		}
		all, err := Connections(ctx, v)
		if err != nil {
			return nil, err
		}
		var old Connection
		for _, other := range all {
			if other.ID == c.ID {
				old = *other
			} else if other.Name == c.Name {
				return nil, &rolecall.FieldError{Field: "name", Rule: fmt.Sprintf("%q is taken", c.Name), Kind: rolecall.ErrConflict}
			}
		}
		value, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		ops := []rolecall.Op{rolecall.Put(&rolecall.Setting{Name: connectionPrefix + c.ID, Value: value})}
		if c.First() && (c.Policy != old.Policy || c.MinLength != old.MinLength) {
			rules, err := json.Marshal(c.Policy.Rules(c.MinLength))
			if err != nil {
				return nil, err
			}
			ops = append(ops, rolecall.Put(&rolecall.Setting{Name: PasswordPolicySetting, Value: rules}))
		}
		return ops, nil
	})
}

// DeleteConnection returns the operation that deletes a connection. Its users
// stay. The first one can't be deleted.
func DeleteConnection(id string) rolecall.Op {
	if id == FirstConnectionID {
		return rolecall.Plan(func(context.Context, *rolecall.View) ([]rolecall.Op, error) {
			return nil, refuse("connection", "is the first one, and can't be deleted")
		})
	}
	return rolecall.Delete(&rolecall.Setting{Name: connectionPrefix + id})
}

// A TenantConnection says how users of a connection take part in a tenant. It
// stands in the tenant's attributes, under "connections": who may change the
// tenant may change it. A member of the tenant may sign in to it without one.
type TenantConnection struct {
	Connection string `json:"connection"` // its id
	// Join makes who signs in to the tenant a member of it.
	Join   bool `json:"join,omitempty"`
	Hidden bool `json:"hidden,omitempty"` // not shown on the tenant's sign-in page
	Signup bool `json:"signup,omitempty"` // people may sign up to the tenant; takes Join
}

const tenantConnectionsKey = "connections"

// TenantConnections returns how connections take part in a tenant, in the order
// in which they were added.
func TenantConnections(t *rolecall.Tenant) (all []TenantConnection, err error) {
	attributes := map[string]json.RawMessage{}
	if len(t.Attributes) > 0 {
		err = json.Unmarshal(t.Attributes, &attributes)
	}
	if own := attributes[tenantConnectionsKey]; err == nil && len(own) > 0 {
		if json.Unmarshal(own, &all) != nil {
			return nil, nil // another's, by the same name
		}
	}
	return all, err
}

// SetTenantConnections puts all in the place of what TenantConnections returns.
func SetTenantConnections(t *rolecall.Tenant, all []TenantConnection) error {
	for _, c := range all {
		if c.Signup && !c.Join {
			return refuse("is_signup_enabled", "takes assign_membership_on_login")
		}
	}
	attributes := map[string]json.RawMessage{}
	if len(t.Attributes) > 0 {
		if err := json.Unmarshal(t.Attributes, &attributes); err != nil {
			return errors.Join(err, rolecall.ErrCorrupt)
		}
	}
	delete(attributes, tenantConnectionsKey)
	if len(all) > 0 {
		own, err := json.Marshal(all)
		if err != nil {
			return err
		}
		attributes[tenantConnectionsKey] = own
	}
	text, err := json.Marshal(attributes)
	t.Attributes = text
	return err
}
