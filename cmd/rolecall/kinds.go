package main

import (
	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

// kinds lists what can be created, listed, shown, renamed and deleted. The
// commands of each are made from its row; record.go has them.
func kinds() []kind {
	return []kind{
		{
			name: "api", plural: "apis", kind: rolecall.KindAPI, prefix: "api",
			about:    "APIs: what tokens are for, and the home of permissions",
			argument: "identifier", argumentUse: "IDENTIFIER",
			fields:  []field{nameField, descriptionField},
			columns: []string{"id", "identifier", "name", "description"},
			related: []related{{"permissions", rolecall.KindPermission, "api", []string{"name", "id", "description"}}},
		},
		{
			name: "permission", plural: "permissions", kind: rolecall.KindPermission, prefix: "perm",
			about:    "Permissions: what may be done",
			argument: "name", argumentUse: "NAME",
			fields:  []field{apiField, descriptionField},
			filters: []field{apiField},
			scope:   &apiField,
			columns: []string{"id", "api", "name", "description"},
			related: []related{
				{"roles", rolecall.KindGrant, "permission", []string{"role"}},
				{"direct_grants", rolecall.KindDirectGrant, "permission", []string{"subject", "tenant", "resource", "expires_at"}},
			},
			more: []func(*app) *cobra.Command{(*app).permissionSync},
		},
		{
			name: "role", plural: "roles", kind: rolecall.KindRole, prefix: "role",
			about:    "Roles: named sets of permissions",
			argument: "name", argumentUse: "NAME",
			fields: []field{
				descriptionField,
				tenantField,
				{flag: "default", json: "default", use: "new users get the role", boolean: true},
				{flag: "private", json: "private", use: "tenants' administrators don't see the role", boolean: true},
			},
			filters: []field{tenantField},
			scope:   &tenantField,
			columns: []string{"id", "name", "tenant", "default", "description"},
			related: []related{
				{"grants", rolecall.KindGrant, "role", []string{"permission"}},
				{"inherits", rolecall.KindInheritance, "senior", []string{"junior"}},
				{"inherited_by", rolecall.KindInheritance, "junior", []string{"senior"}},
				{"assignments", rolecall.KindAssignment, "role", []string{"subject", "tenant", "resource", "source", "expires_at"}},
			},
			more: []func(*app) *cobra.Command{(*app).roleInherit, (*app).roleDisinherit},
		},
		{
			name: "constraint", plural: "constraints", kind: rolecall.KindConstraint, prefix: "constraint",
			about:    "Constraints: roles that one subject may not have together",
			argument: "name", argumentUse: "NAME",
			fields: []field{
				descriptionField,
				{flag: "type", json: "type", use: "static: of the roles held, or dynamic: of those active in a session (default static)"},
				tenantField,
				{flag: "max-allowed", json: "max_allowed", use: "how many of the roles are allowed together", number: true, preset: 1},
			},
			filters: []field{tenantField},
			columns: []string{"id", "name", "type", "tenant", "max_allowed", "description"},
			related: []related{{"roles", rolecall.KindConstraintRole, "constraint", []string{"role"}}},
			more:    []func(*app) *cobra.Command{(*app).constraintAdd, (*app).constraintRemove},
		},
		{
			name: "group", plural: "groups", kind: rolecall.KindGroup, prefix: "group",
			about:    "Groups: sets of users, clients and groups",
			argument: "name", argumentUse: "NAME",
			fields:  []field{descriptionField},
			columns: []string{"id", "name", "description"},
			related: []related{
				{"members", rolecall.KindGroupMember, "group", []string{"member", "source"}},
				{"groups", rolecall.KindGroupMember, "member", []string{"group"}},
				{"assignments", rolecall.KindAssignment, "subject", []string{"role", "tenant", "resource", "source", "expires_at"}},
				{"direct_grants", rolecall.KindDirectGrant, "subject", []string{"permission", "tenant", "resource", "expires_at"}},
			},
			more: []func(*app) *cobra.Command{(*app).groupAdd, (*app).groupRemove},
		},
		{
			name: "tenant", plural: "tenants", kind: rolecall.KindTenant, prefix: "tenant",
			about:    "Tenants: customer organizations",
			argument: "name", argumentUse: "NAME",
			columns: []string{"id", "name", "created_at"},
			related: []related{
				{"members", rolecall.KindMembership, "tenant", []string{"subject", "source"}},
				{"roles", rolecall.KindRole, "tenant", []string{"id", "name"}},
				{"assignments", rolecall.KindAssignment, "tenant", []string{"subject", "role", "resource", "source", "expires_at"}},
			},
			more: []func(*app) *cobra.Command{(*app).tenantAdd, (*app).tenantRemove},
		},
		{
			name: "user", plural: "users", kind: rolecall.KindUser, prefix: "usr",
			about:    "Users: people",
			argument: "email", argumentUse: "EMAIL",
			fields: []field{
				nameField,
				{flag: "phone", json: "phone", use: "phone `number`"},
				{flag: "picture", json: "picture", use: "`URL` of a picture"},
			},
			filters: []field{
				memberField,
				{flag: "group", json: "group", use: "only immediate members of this `group`", refers: rolecall.KindGroup},
				{flag: "blocked", json: "blocked", use: "only users who are blocked", boolean: true},
			},
			columns: []string{"id", "email", "name", "blocked"},
			related: append([]related{
				{"login_ids", rolecall.KindLoginID, "subject", []string{"login"}},
				{"tenants", rolecall.KindMembership, "subject", []string{"tenant"}},
				{"credentials", rolecall.KindCredential, "subject", []string{"id", "type", "name", "disabled", "expires_at"}},
			}, held...),
			create: (*app).userCreate,
			more:   []func(*app) *cobra.Command{(*app).userBlock, (*app).userUnblock, (*app).userPasswd},
		},
		{
			name: "client", plural: "clients", kind: rolecall.KindClient, prefix: "client",
			about:    "Clients: machines; an access key without a subject makes its own",
			argument: "name", argumentUse: "NAME",
			fields:  []field{descriptionField},
			filters: []field{memberField},
			columns: []string{"id", "name", "blocked", "description"},
			related: append([]related{
				{"credentials", rolecall.KindCredential, "subject", []string{"id", "type", "name", "disabled", "expires_at"}},
			}, held...),
		},
		{
			name: "key", plural: "keys", kind: rolecall.KindCredential, prefix: "key",
			about:    "Access keys: what machines sign in with",
			argument: "name", argumentUse: "NAME",
			only:    map[string]string{"type": string(rolecall.AccessKey)},
			filters: []field{{flag: "subject", json: "subject", use: "only keys of this `subject`", refers: kindSubject}},
			columns: []string{"id", "name", "subject", "disabled", "expires_at"},
			create:  (*app).keyCreate,
			remove:  keyDelete,
			more:    []func(*app) *cobra.Command{(*app).keyRotate, (*app).keyDisable, (*app).keyEnable},
		},
	}
}

var (
	nameField        = field{flag: "name", json: "name", use: "name for people"}
	descriptionField = field{flag: "description", json: "description", use: "what it is for"}
	apiField         = field{flag: "api", json: "api", use: "the `API` that the permission belongs to", refers: rolecall.KindAPI}
	tenantField      = field{flag: "tenant", json: "tenant", use: "the `tenant` that the role belongs to", refers: rolecall.KindTenant}
	memberField      = field{flag: "tenant", json: "tenant", use: "only members of this `tenant`", refers: rolecall.KindTenant}
)

// held is what any subject holds.
var held = []related{
	{"groups", rolecall.KindGroupMember, "member", []string{"group"}},
	{"assignments", rolecall.KindAssignment, "subject", []string{"role", "tenant", "resource", "source", "expires_at"}},
	{"direct_grants", rolecall.KindDirectGrant, "subject", []string{"permission", "tenant", "resource", "expires_at"}},
}

// kindSubject stands for whichever of user, client and group is meant.
const kindSubject rolecall.Kind = "subject"

// A kind is a sort of record that has commands.
type kind struct {
	name, plural          string
	kind                  rolecall.Kind
	prefix                string // of ids that are made
	about                 string
	argument, argumentUse string            // what create's argument is: a field as in JSON
	fields                []field           // that create sets by flag
	filters               []field           // that list selects by
	scope                 *field            // in which names are unique
	only                  map[string]string // what every record of the kind has: field to value
	columns               []string          // of list's table: fields as in JSON
	related               []related         // what show lists too

	create func(*app, kind) *cobra.Command // in place of the usual one
	remove func(cmd *cobra.Command, p project, t terms, r rolecall.Record) (rolecall.Receipt, error)
	more   []func(*app) *cobra.Command
}

// A field is a flag and the field of the record's JSON form that it stands for.
type field struct {
	flag, json, use string
	boolean         bool
	number          bool
	preset          int           // of a number
	refers          rolecall.Kind // the flag names a record of this kind, the field holds its id
}

// related is a list of records that refer to the shown one.
type related struct {
	title   string
	kind    rolecall.Kind
	by      string // the field that refers
	columns []string
}
