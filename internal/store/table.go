package store

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
)

// A table says how the records of one kind are kept. Everything the store does
// with records, it does by these descriptions.
type table struct {
	kind   rolecall.Kind
	key    int // how many of the first fields make up the record's key
	fields func(rolecall.Record) []field

	unique []unique    // beside the key
	refs   []reference // in the order of the record's fields
	// search names the fields that Query.Search looks in.
	search []string
	// tenant is the condition on which a row concerns the tenant $1; "" means
	// that the kind concerns none.
	tenant string

	name    string // in SQL
	columns []field
	sql     statements
}

// A unique set of columns. The last one is named when it is taken.
type unique struct {
	columns []string
	where   string // counts only rows on this condition; "" means all
}

// A reference is a column that holds another record's id.
type reference struct {
	column string
	to     rolecall.Kind
	// optional columns may be '' and so have no foreign key in the schema.
	optional bool
}

// subject stands for whichever of user, client and group has the id.
const subject rolecall.Kind = "subject"

// tables holds a description for each of rolecall.Kinds, in their order.
var tables = []*table{{
	kind: rolecall.KindAPI, key: 1,
	fields: of(func(r *rolecall.API) []field {
		return append([]field{
			text("id", &r.ID), text("identifier", &r.Identifier), text("name", &r.Name),
			text("description", &r.Description), document("tokens", &r.Tokens), object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"identifier"}}, {columns: []string{"name"}}},
	search: []string{"id", "identifier", "name"},
}, {
	kind: rolecall.KindPermission, key: 1,
	fields: of(func(r *rolecall.Permission) []field {
		return append([]field{
			text("id", &r.ID), text("api", &r.API), text("name", &r.Name), text("description", &r.Description),
		}, stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"api", "name"}}},
	refs:   []reference{{column: "api", to: rolecall.KindAPI}},
	search: []string{"id", "name"},
}, {
	kind: rolecall.KindTenant, key: 1,
	fields: of(func(r *rolecall.Tenant) []field {
		return append([]field{
			text("id", &r.ID), text("name", &r.Name), document("sso", &r.SSO), object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"name"}}},
	search: []string{"id", "name"},
	tenant: `id = $1`,
}, {
	kind: rolecall.KindRole, key: 1,
	fields: of(func(r *rolecall.Role) []field {
		return append([]field{
			text("id", &r.ID), text("tenant", &r.Tenant), text("name", &r.Name), text("description", &r.Description),
			flag("default", &r.Default), flag("private", &r.Private), object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"tenant", "name"}}},
	refs:   []reference{{column: "tenant", to: rolecall.KindTenant, optional: true}},
	search: []string{"id", "name"},
	tenant: `tenant = $1`,
}, {
	kind: rolecall.KindInheritance, key: 2,
	fields: of(func(r *rolecall.Inheritance) []field {
		return []field{text("senior", &r.Senior), text("junior", &r.Junior)}
	}),
	refs:   []reference{{column: "senior", to: rolecall.KindRole}, {column: "junior", to: rolecall.KindRole}},
	search: []string{"senior", "junior"},
	tenant: `senior IN (SELECT id FROM roles WHERE tenant = $1)`,
}, {
	kind: rolecall.KindGrant, key: 2,
	fields: of(func(r *rolecall.Grant) []field {
		return []field{text("role", &r.Role), text("permission", &r.Permission)}
	}),
	refs:   []reference{{column: "role", to: rolecall.KindRole}, {column: "permission", to: rolecall.KindPermission}},
	search: []string{"role", "permission"},
	tenant: `role IN (SELECT id FROM roles WHERE tenant = $1)`,
}, {
	kind: rolecall.KindConstraint, key: 1,
	fields: of(func(r *rolecall.Constraint) []field {
		return append([]field{
			text("id", &r.ID), text("name", &r.Name), text("description", &r.Description), text("type", &r.Type),
			text("tenant", &r.Tenant), count("max_allowed", &r.MaxAllowed), object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"name"}}},
	refs:   []reference{{column: "tenant", to: rolecall.KindTenant, optional: true}},
	search: []string{"id", "name"},
	tenant: `tenant = $1`,
}, {
	kind: rolecall.KindConstraintRole, key: 2,
	fields: of(func(r *rolecall.ConstraintRole) []field {
		return []field{text("constraint", &r.Constraint), text("role", &r.Role)}
	}),
	refs:   []reference{{column: "constraint", to: rolecall.KindConstraint}, {column: "role", to: rolecall.KindRole}},
	search: []string{"constraint", "role"},
	tenant: `"constraint" IN (SELECT id FROM constraints WHERE tenant = $1)`,
}, {
	kind: rolecall.KindUser, key: 1,
	fields: of(func(r *rolecall.User) []field {
		return append([]field{
			text("id", &r.ID), text("name", &r.Name), flag("blocked", &r.Blocked),
			text("email", &r.Email), flag("email_verified", &r.EmailVerified),
			text("phone", &r.Phone), flag("phone_verified", &r.PhoneVerified),
			text("picture", &r.Picture), object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	search: []string{"id", "name", "email"},
	tenant: memberOfTenant,
}, {
	kind: rolecall.KindClient, key: 1,
	fields: of(func(r *rolecall.Client) []field {
		return append([]field{
			text("id", &r.ID), text("name", &r.Name), text("description", &r.Description),
			flag("blocked", &r.Blocked), document("oauth", &r.OAuth), object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	search: []string{"id", "name"},
	tenant: memberOfTenant,
}, {
	kind: rolecall.KindGroup, key: 1,
	fields: of(func(r *rolecall.Group) []field {
		return append([]field{
			text("id", &r.ID), text("name", &r.Name), text("description", &r.Description),
			object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"name"}}},
	search: []string{"id", "name"},
	tenant: memberOfTenant,
}, {
	kind: rolecall.KindGroupMember, key: 2,
	fields: of(func(r *rolecall.GroupMember) []field {
		return []field{text("group", &r.Group), text("member", &r.Member), text("source", &r.Source)}
	}),
	refs:   []reference{{column: "group", to: rolecall.KindGroup}, {column: "member", to: subject}},
	search: []string{"group", "member"},
	tenant: `"group" IN (SELECT subject FROM memberships WHERE tenant = $1)`,
}, {
	kind: rolecall.KindMembership, key: 2,
	fields: of(func(r *rolecall.Membership) []field {
		return []field{text("tenant", &r.Tenant), text("subject", &r.Subject), text("source", &r.Source)}
	}),
	refs:   []reference{{column: "tenant", to: rolecall.KindTenant}, {column: "subject", to: subject}},
	search: []string{"tenant", "subject"},
	tenant: `tenant = $1`,
}, {
	kind: rolecall.KindAssignment, key: 5,
	fields: of(func(r *rolecall.Assignment) []field {
		return append(append([]field{
			text("subject", &r.Subject), text("role", &r.Role), text("tenant", &r.Tenant),
			text("resource", &r.Resource), text("source", &r.Source),
		}, validity(&r.Validity)...), text("reason", &r.Reason))
	}),
	refs: []reference{
		{column: "subject", to: subject}, {column: "role", to: rolecall.KindRole},
		{column: "tenant", to: rolecall.KindTenant, optional: true},
	},
	search: []string{"subject", "role", "tenant", "resource"},
	tenant: `tenant = $1`,
}, {
	kind: rolecall.KindDirectGrant, key: 5,
	fields: of(func(r *rolecall.DirectGrant) []field {
		return append(append([]field{
			text("subject", &r.Subject), text("permission", &r.Permission), text("tenant", &r.Tenant),
			text("resource", &r.Resource), text("source", &r.Source),
		}, validity(&r.Validity)...), text("reason", &r.Reason))
	}),
	refs: []reference{
		{column: "subject", to: subject}, {column: "permission", to: rolecall.KindPermission},
		{column: "tenant", to: rolecall.KindTenant, optional: true},
	},
	search: []string{"subject", "permission", "tenant", "resource"},
	tenant: `tenant = $1`,
}, {
	kind: rolecall.KindSession, key: 1,
	fields: of(func(r *rolecall.Session) []field {
		return append(append([]field{
			text("id", &r.ID), text("subject", &r.Subject), text("tenant", &r.Tenant),
		}, validity(&r.Validity)...), stamps(&r.Stamps)...)
	}),
	refs: []reference{
		{column: "subject", to: subject},
		{column: "tenant", to: rolecall.KindTenant, optional: true},
	},
	search: []string{"id", "subject"},
	tenant: `tenant = $1`,
}, {
	kind: rolecall.KindSessionRole, key: 2,
	fields: of(func(r *rolecall.SessionRole) []field {
		return []field{text("session", &r.Session), text("role", &r.Role)}
	}),
	refs:   []reference{{column: "session", to: rolecall.KindSession}, {column: "role", to: rolecall.KindRole}},
	search: []string{"session", "role"},
	tenant: `session IN (SELECT id FROM sessions WHERE tenant = $1)`,
}, {
	kind: rolecall.KindLoginID, key: 1,
	fields: of(func(r *rolecall.LoginID) []field {
		return []field{text("login", &r.Login), text("subject", &r.Subject)}
	}),
	refs:   []reference{{column: "subject", to: subject}},
	search: []string{"login", "subject"},
	tenant: ofMemberOfTenant,
}, {
	kind: rolecall.KindCredential, key: 1,
	fields: of(func(r *rolecall.Credential) []field {
		return append(append([]field{
			text("id", &r.ID), text("subject", &r.Subject), text("type", &r.Type), text("name", &r.Name),
			secret("hash", &r.Hash), flag("temporary", &r.Temporary), flag("disabled", &r.Disabled),
			object("attributes", &r.Attributes),
		}, validity(&r.Validity)...), stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"subject", "type"}, where: `type = 'password'`}},
	refs:   []reference{{column: "subject", to: subject}},
	search: []string{"id", "subject", "name"},
	tenant: ofMemberOfTenant,
}, {
	kind: rolecall.KindSigningKey, key: 1,
	fields: of(func(r *rolecall.SigningKey) []field {
		return append(append([]field{
			text("id", &r.ID), text("algorithm", &r.Algorithm), object("public", &r.Public), secret("private", &r.Private),
		}, validity(&r.Validity)...), stamps(&r.Stamps)...)
	}),
	search: []string{"id"},
}, {
	kind: rolecall.KindSetting, key: 1,
	fields: of(func(r *rolecall.Setting) []field {
		return append([]field{text("name", &r.Name), object("value", &r.Value), secret("secret", &r.Secret)}, stamps(&r.Stamps)...)
	}),
	search: []string{"name"},
}, {
	kind: rolecall.KindClientGrant, key: 1,
	fields: of(func(r *rolecall.ClientGrant) []field {
		return append([]field{
			text("id", &r.ID), text("client", &r.Client), text("api", &r.API), text("for", &r.For),
			document("scope", &r.Scope), flag("all_scopes", &r.AllScopes),
			text("tenants", &r.Tenants), flag("any_tenant", &r.AnyTenant), object("attributes", &r.Attributes),
		}, stamps(&r.Stamps)...)
	}),
	unique: []unique{{columns: []string{"for", "client", "api"}}},
	refs:   []reference{{column: "client", to: rolecall.KindClient}, {column: "api", to: rolecall.KindAPI}},
	search: []string{"id", "client", "api"},
	tenant: `client IN (SELECT subject FROM memberships WHERE tenant = $1)`,
}, {
	kind: rolecall.KindInvitation, key: 1,
	fields: of(func(r *rolecall.Invitation) []field {
		return append(append([]field{
			text("id", &r.ID), text("tenant", &r.Tenant), text("email", &r.Email), text("client", &r.Client),
			text("inviter", &r.Inviter), secret("ticket", &r.Ticket), flag("proves", &r.Proves),
			object("attributes", &r.Attributes),
		}, validity(&r.Validity)...), stamps(&r.Stamps)...)
	}),
	refs: []reference{
		{column: "tenant", to: rolecall.KindTenant, optional: true},
		{column: "client", to: rolecall.KindClient, optional: true},
	},
	search: []string{"id", "email"},
	tenant: `tenant = $1`,
}, {
	kind: rolecall.KindInvitationRole, key: 2,
	fields: of(func(r *rolecall.InvitationRole) []field {
		return []field{text("invitation", &r.Invitation), text("role", &r.Role), text("tenant", &r.Tenant)}
	}),
	refs: []reference{
		{column: "invitation", to: rolecall.KindInvitation}, {column: "role", to: rolecall.KindRole},
		{column: "tenant", to: rolecall.KindTenant, optional: true},
	},
	search: []string{"invitation", "role"},
	tenant: `tenant = $1`,
}}

const (
	memberOfTenant   = `id IN (SELECT subject FROM memberships WHERE tenant = $1)`
	ofMemberOfTenant = `subject IN (SELECT subject FROM memberships WHERE tenant = $1)`
	memberOfGroup    = `id IN (SELECT member FROM group_members WHERE "group" = $1)`
)

// of makes a function of one kind's record a function of any record.
func of[R rolecall.Record](fields func(R) []field) func(rolecall.Record) []field {
	return func(r rolecall.Record) []field { return fields(r.(R)) }
}

// byKind finds a kind's table.
var byKind = func() map[rolecall.Kind]*table {
	all := map[rolecall.Kind]*table{}
	for _, t := range tables {
		t.name = string(t.kind) + "s"
		t.columns = t.fields(rolecall.NewRecord(t.kind))
		all[t.kind] = t
	}
	for _, t := range tables {
		t.sql = t.statements()
	}
	return all
}()

func tableOf(kind rolecall.Kind) (*table, error) {
	if t := byKind[kind]; t != nil {
		return t, nil
	}
	return nil, &rolecall.FieldError{Field: "kind", Rule: fmt.Sprintf("%q is unknown", kind), Kind: rolecall.ErrInvalid}
}

// isSubject reports whether a kind's records are subjects, whose ids are one space.
func isSubject(kind rolecall.Kind) bool {
	return kind == rolecall.KindUser || kind == rolecall.KindClient || kind == rolecall.KindGroup
}

// column finds a column by its name.
func (t *table) column(name string) (field, bool) {
	for _, c := range t.columns {
		if c.name == name {
			return c, true
		}
	}
	return field{}, false
}

// keys returns the names of the columns that make up the key.
func (t *table) keys() []string { return names(t.columns[:t.key]) }

func names(fields []field) []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.name
	}
	return all
}

// split takes a record's key apart: one value for each column of the key.
func (t *table) split(key string) ([]any, bool) {
	parts := strings.Split(key, "\t")
	if len(parts) != t.key {
		return nil, false
	}
	values := make([]any, len(parts))
	for i, p := range parts {
		if !storable(p) {
			return nil, false
		}
		values[i] = p
	}
	return values, true
}

// quote makes a column's name safe: "group" and "default" are words of SQL.
func quote(name string) string { return `"` + name + `"` }

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = quote(n)
	}
	return strings.Join(all, ", ")
}

// places returns "$from, $from+1, …", n of them.
func places(from, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(all, ", ")
}

// equals returns `"a" = $from AND "b" = $from+1 …`.
func equals(names []string, from int) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = quote(n) + " = $" + strconv.Itoa(from+i)
	}
	return strings.Join(all, " AND ")
}
