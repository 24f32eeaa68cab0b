package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An organization is a tenant, as this API keeps it.
type organization struct {
	*rolecall.Tenant
	kept organizationMore
}

// organizationMore is what this API keeps beside a tenant.
type organizationMore struct {
	DisplayName string  `json:"display_name,omitempty"`
	Metadata    members `json:"metadata,omitempty"`
	Extra       members `json:"extra,omitempty"` // the branding too
}

const (
	maxMetadata      = 25
	maxMetadataBytes = 255
	maxOrgName       = 50
)

var organizationFields = []field[*organization]{
	{"id", func(o *organization) any { return o.ID }, nil},
	{"name", func(o *organization) any { return o.Name }, put("name", func(o *organization, name string) error {
		o.Name = name
		return checkOrgName(name)
	})},
	{"display_name", func(o *organization) any {
		if o.kept.DisplayName == "" {
			return o.Name
		}
		return o.kept.DisplayName
	}, textOf("display_name", func(o *organization) *string { return &o.kept.DisplayName })},
	{"metadata", func(o *organization) any {
		if len(o.kept.Metadata) == 0 {
			return nil
		}
		return o.kept.Metadata
	}, func(o *organization, value json.RawMessage) error {
		var in map[string]*string
		if err := scan("metadata", value, &in); err != nil {
			return err
		}
		if len(in) > maxMetadata {
			return invalidBody.because("metadata must have at most %d members", maxMetadata)
		}
		o.kept.Metadata = nil
		for name, text := range in {
			if text == nil {
				continue
			}
			if len(*text) > maxMetadataBytes || len(name) > maxMetadataBytes {
				return invalidBody.because("metadata must have names and values of at most %d bytes", maxMetadataBytes)
			}
			if o.kept.Metadata == nil {
				o.kept.Metadata = members{}
			}
			o.kept.Metadata[name], _ = json.Marshal(*text) // a string has a JSON form
		}
		return nil
	}},
	{"branding", nil, func(o *organization, value json.RawMessage) error {
		var in map[string]json.RawMessage
		if err := scan("branding", value, &in); err != nil {
			return err
		}
		if o.kept.Extra = o.kept.Extra.patched(members{"branding": value}); in == nil {
			delete(o.kept.Extra, "branding")
		}
		return nil
	}},
	{"enabled_connections", nil, nil}, // when it is made, and by calls of their own
}

// checkOrgName asks for a name that fits into addresses.
func checkOrgName(name string) error {
	fits := func(r rune) bool { return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' }
	if name == "" || len(name) > maxOrgName || strings.IndexFunc(name, func(r rune) bool { return !fits(r) }) >= 0 ||
		name[0] == '-' || name[0] == '_' {
		return invalidBody.because("name must be 1 to %d small letters, digits, - and _, and begin with a letter or digit", maxOrgName)
	}
	return nil
}

func (o *organization) set(in members) (err error) {
	if err := apply(o, organizationFields, &o.kept.Extra, in); err != nil {
		return err
	}
	o.Attributes, err = withMore(o.Attributes, o.kept)
	return err
}

func (o *organization) describe() object { return show(o, organizationFields, o.kept.Extra) }

func loadOrganization(t *rolecall.Tenant) (*organization, error) {
	kept, err := more[organizationMore](t.Attributes)
	return &organization{t, kept}, err
}

var noOrganization = notFound.because("No organization found by that id or name")

// findOrganization returns the organization with an id.
func findOrganization(ctx context.Context, v *rolecall.View, id string) (*organization, error) {
	t, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: rolecall.TenantID(id)})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = noOrganization
	}
	if err != nil {
		return nil, err
	}
	return loadOrganization(t)
}

// org returns the organization that the path names.
func (c *call) org(ctx context.Context, v *rolecall.View) (*organization, error) {
	return findOrganization(ctx, v, c.named["id"])
}

// describeOrganizations returns tenants as this API shows them.
func describeOrganizations(tenants []*rolecall.Tenant) ([]object, error) {
	all := make([]object, len(tenants))
	for i, t := range tenants {
		o, err := loadOrganization(t)
		if err != nil {
			return nil, err
		}
		all[i] = o.describe()
	}
	return all, nil
}

// listOrganizations serves GET /organizations.
func listOrganizations(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	order, desc, err := sorting(c.text("sort"))
	if err != nil {
		return reply{}, err
	}
	by := map[string]string{"": "", "id": "", "name": "name", "created_at": "created_at"}
	if _, known := by[order]; !known {
		return reply{}, invalidQuery.because("sort must be by id, name or created_at")
	}
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := fetch[*rolecall.Tenant](ctx, v, p, rolecall.Query{Kind: rolecall.KindTenant, Sort: by[order], Desc: desc})
		if err != nil {
			return err
		}
		all, err := describeOrganizations(found.items)
		if err == nil {
			answer, err = c.answer(p, "organizations", all, found.total, found.next, nil)
		}
		return err
	})
}

// createOrganization serves POST /organizations. Its connections come back in
// this answer alone.
func createOrganization(c *call) (reply, error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	o := &organization{Tenant: &rolecall.Tenant{ID: rolecall.TenantID(rolecall.NewID("org"))}}
	if len(in["name"]) == 0 {
		return reply{}, required("name")
	}
	var wanted []enabledBody
	if err := scan("enabled_connections", in["enabled_connections"], &wanted); err != nil {
		return reply{}, err
	}
	delete(in, "enabled_connections")
	if err := o.set(in); err != nil {
		return reply{}, err
	}
	var enabled []identity.TenantConnection
	for _, w := range wanted {
		connection, err := c.connectionNamed(w.ID)
		if err != nil {
			return reply{}, err
		}
		enabled = append(enabled, w.apply(identity.TenantConnection{Connection: connection.ID}))
	}
	if err := setEnabled(o.Tenant, enabled); err != nil {
		return reply{}, err
	}
	if err := c.write(rolecall.Create(o.Tenant)); err != nil {
		return reply{}, orgConflict(err)
	}
	shown := o.describe()
	if len(enabled) > 0 {
		known, err := c.identity.Connections(c.r.Context())
		if err != nil {
			return reply{}, err
		}
		shown["enabled_connections"] = describeEnabled(known, enabled)
	}
	return reply{201, shown}, nil
}

func orgConflict(err error) error {
	if errors.Is(err, rolecall.ErrConflict) && isField(err, "name") {
		return conflicting.because("An organization with this name already exists.")
	}
	return err
}

// getOrganization serves GET /organizations/{id}.
func getOrganization(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		o, err := c.org(ctx, v)
		if err == nil {
			answer, err = c.one(o.describe())
		}
		return err
	})
}

// organizationByName serves GET /organizations/name/{name}.
func organizationByName(c *call) (answer reply, err error) {
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := related[*rolecall.Tenant](ctx, v, rolecall.KindTenant, "name", []string{c.named["name"]})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return noOrganization
		}
		all, err := describeOrganizations(found)
		if err == nil {
			answer, err = c.one(all[0])
		}
		return err
	})
}

// updateOrganization serves PATCH /organizations/{id}.
func updateOrganization(c *call) (answer reply, err error) {
	in, err := c.body()
	if err != nil {
		return reply{}, err
	}
	err = c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		var name string
		if json.Unmarshal(in["name"], &name) == nil && name == o.Name { // another door's name may stay as it is
			delete(in, "name")
		}
		if err := o.set(in); err != nil {
			return nil, err
		}
		answer = ok(o.describe())
		return []rolecall.Op{rolecall.Update(o.Tenant)}, nil
	})
	return answer, orgConflict(err)
}

// deleteOrganization serves DELETE /organizations/{id}: one that is not there is 404.
func deleteOrganization(c *call) (reply, error) {
	return done, c.plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		o, err := c.org(ctx, v)
		if err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Delete(o.Tenant)}, nil
	})
}

// listUserOrganizations serves GET /users/{id}/organizations.
func listUserOrganizations(c *call) (reply, error) {
	return c.userList("organizations", func(ctx context.Context, v *rolecall.View, u *rolecall.User) ([]object, error) {
		joined, err := related[*rolecall.Membership](ctx, v, rolecall.KindMembership, "subject", []string{string(u.ID)})
		if err != nil {
			return nil, err
		}
		ids := make([]rolecall.TenantID, len(joined))
		for i, m := range joined {
			ids[i] = m.Tenant
		}
		found, err := related[*rolecall.Tenant](ctx, v, rolecall.KindTenant, "id", texts(ids))
		if err != nil {
			return nil, err
		}
		slices.SortFunc(found, func(a, b *rolecall.Tenant) int { return strings.Compare(a.Name, b.Name) })
		return describeOrganizations(found)
	})
}
