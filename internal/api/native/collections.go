package native

import (
	"net/http"
	"net/url"
	"reflect"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
)

// A collection is the records of one kind, as the API shows them. What its
// routes do follows from this description.
type collection struct {
	path string
	kind rolecall.Kind
	one  string // "an API"
	many string // "APIs"
	does string // which of the verbs below it has

	family string // of the permissions that it takes: rolecall:family.read, and .write

	// An entity has an id, in a field of this name, and a record that is made
	// without one gets one that begins with prefix.
	id, prefix string
	// A tuple is identified by several fields.
	key, scope []string // required, and optional

	where rolecall.Condition // holds for all of the collection, if it is set
}

// The verbs of a collection.
const (
	canList   = "list "
	canGet    = "get "
	canCreate = "create "
	canPatch  = "patch "
	canPut    = "put "
	canDelete = "delete "

	asEntity = canList + canGet + canCreate + canPatch + canDelete
	asTuple  = canList + canPut + canDelete
)

var collections = []collection{
	{path: "/apis", kind: rolecall.KindAPI, one: "an API", many: "APIs", does: asEntity,
		family: "apis", id: "id", prefix: "api"},
	{path: "/permissions", kind: rolecall.KindPermission, one: "a permission", many: "permissions", does: asEntity,
		family: "apis", id: "id", prefix: "perm"},
	{path: "/roles", kind: rolecall.KindRole, one: "a role", many: "roles", does: asEntity,
		family: "roles", id: "id", prefix: "role"},
	{path: "/inheritances", kind: rolecall.KindInheritance, one: "an inheritance", many: "inheritances", does: asTuple,
		family: "roles", key: []string{"senior", "junior"}},
	{path: "/grants", kind: rolecall.KindGrant, one: "a grant", many: "grants of permissions to roles", does: asTuple,
		family: "roles", key: []string{"role", "permission"}},
	{path: "/constraints", kind: rolecall.KindConstraint, one: "a constraint", many: "constraints: separations of duty", does: asEntity,
		family: "roles", id: "id", prefix: "constraint"},
	{path: "/constraint-roles", kind: rolecall.KindConstraintRole, one: "a constraint's role", many: "roles that constraints keep apart", does: asTuple,
		family: "roles", key: []string{"constraint", "role"}},
	{path: "/sessions", kind: rolecall.KindSession, one: "a session", many: "sessions", does: asEntity,
		family: "members", id: "id", prefix: "session"},
	{path: "/session-roles", kind: rolecall.KindSessionRole, one: "an active role", many: "active roles of sessions", does: asTuple,
		family: "members", key: []string{"session", "role"}},
	{path: "/tenants", kind: rolecall.KindTenant, one: "a tenant", many: "tenants", does: asEntity,
		family: "tenants", id: "id", prefix: "tenant"},
	{path: "/memberships", kind: rolecall.KindMembership, one: "a membership", many: "memberships in tenants", does: asTuple,
		family: "members", key: []string{"tenant", "subject"}},
	{path: "/users", kind: rolecall.KindUser, one: "a user", many: "users", does: canList + canGet + canPatch + canDelete,
		family: "users", id: "id", prefix: "user"},
	{path: "/clients", kind: rolecall.KindClient, one: "a client", many: "clients", does: asEntity,
		family: "users", id: "id", prefix: "client"},
	{path: "/groups", kind: rolecall.KindGroup, one: "a group", many: "groups", does: asEntity,
		family: "users", id: "id", prefix: "group"},
	{path: "/group-members", kind: rolecall.KindGroupMember, one: "a group's member", many: "members of groups", does: asTuple,
		family: "users", key: []string{"group", "member"}},
	{path: "/assignments", kind: rolecall.KindAssignment, one: "an assignment", many: "assignments of roles to subjects", does: asTuple,
		family: "members", key: []string{"subject", "role"}, scope: []string{"tenant", "resource", "source"}},
	{path: "/direct-grants", kind: rolecall.KindDirectGrant, one: "a direct grant", many: "grants of permissions to subjects", does: asTuple,
		family: "members", key: []string{"subject", "permission"}, scope: []string{"tenant", "resource", "source"}},
	{path: "/login-ids", kind: rolecall.KindLoginID, one: "a login id", many: "login ids", does: asTuple,
		family: "users", key: []string{"login"}},
	{path: "/keys", kind: rolecall.KindCredential, one: "an access key", many: "access keys", does: canList + canGet + canPatch,
		family: "credentials", id: "id", where: rolecall.Where("type", rolecall.AccessKey)},
	{path: "/signing-keys", kind: rolecall.KindSigningKey, one: "a signing key", many: "signing keys", does: canList + canGet + canDelete,
		family: "settings", id: "id"},
	{path: "/settings", kind: rolecall.KindSetting, one: "a setting", many: "settings", does: asEntity,
		family: "settings", id: "name"},
	{path: "/client-grants", kind: rolecall.KindClientGrant, one: "a client grant", many: "grants of APIs to clients", does: asEntity,
		family: "users", id: "id", prefix: "cgr"},
	{path: "/invitations", kind: rolecall.KindInvitation, one: "an invitation", many: "invitations", does: canList + canGet + canDelete,
		family: "members", id: "id"},
	{path: "/invitation-roles", kind: rolecall.KindInvitationRole, one: "an invitation's role", many: "roles that invitations give", does: canList,
		family: "members", key: []string{"invitation", "role"}},
}

// record returns the type of a collection's records.
func (c collection) record() reflect.Type { return reflect.TypeOf(rolecall.NewRecord(c.kind)).Elem() }

// like returns a record that has the given fields, to find or delete one by.
func (c collection) like(fields map[string]string) (rolecall.Record, error) {
	r := rolecall.NewRecord(c.kind)
	v := reflect.ValueOf(r).Elem()
	for name, text := range fields {
		field, _ := api.FieldsOf(v.Type()).Named(name)
		if err := api.ParseText(text, v.FieldByIndex(field.Index)); err != nil {
			return nil, api.At(name, err)
		}
	}
	return normal(r), nil
}

// addressed returns the record that a path names by its id.
func (c collection) addressed(r *http.Request) (rolecall.Record, error) {
	return c.like(map[string]string{c.id: r.PathValue("id")})
}

// selected returns the record that a query names by its key.
func (c collection) selected(query url.Values) (rolecall.Record, error) {
	fields := map[string]string{}
	for _, name := range c.key {
		if !query.Has(name) {
			return nil, api.Fault(name, "is required")
		}
		fields[name] = query.Get(name)
	}
	for _, name := range c.scope {
		fields[name] = query.Get(name)
	}
	return c.like(fields)
}

// admits reports whether a record of the kind is of the collection.
func (c collection) admits(r rolecall.Record) error {
	if c.where.Field == "" {
		return nil
	}
	v := reflect.ValueOf(r).Elem()
	if f, _ := api.FieldsOf(v.Type()).Named(c.where.Field); v.FieldByIndex(f.Index).String() != c.where.Values[0] {
		return &rolecall.FieldError{Field: c.id, Rule: "is not that of " + c.one, Kind: rolecall.ErrNotFound}
	}
	return nil
}

// normal puts what is compared by byte into the form that it is kept in.
func normal(r rolecall.Record) rolecall.Record {
	if l, ok := r.(*rolecall.LoginID); ok {
		l.Login = identity.NormalLogin(l.Login)
	}
	return r
}

// remove returns the operation that deletes a record, known by its key. An
// assignment or direct grant that names no source means those of every source.
func remove(r rolecall.Record) rolecall.Op {
	switch r := r.(type) {
	case *rolecall.Assignment:
		return rolecall.Unassign(*r)
	case *rolecall.DirectGrant:
		return rolecall.Revoke(*r)
	}
	return rolecall.Delete(r)
}
