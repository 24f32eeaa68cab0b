package auth0

import (
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// A Scope is a right to administer by the name that Auth0 has for it, with the
// permissions of rolecall.AdminAPI that it stands for.
//
// A token needs the scope, and whoever it is for the permissions, when the call
// is made. A permission of the AdminAPI is a scope by its own name as well.
type Scope struct {
	Name        string
	Description string
	Permissions []string
}

// Audience returns what tokens for this API are made for: the AdminAPI by the
// name that Auth0's clients know it by. The issuer ends in a slash.
func Audience(issuer string) string { return issuer + "api/v2/" }

// Permissions of the AdminAPI.
const (
	readAPIs, writeAPIs               = "rolecall:apis.read", "rolecall:apis.write"
	readRoles, writeRoles             = "rolecall:roles.read", "rolecall:roles.write"
	readTenants, writeTenants         = "rolecall:tenants.read", "rolecall:tenants.write"
	readUsers, writeUsers             = "rolecall:users.read", "rolecall:users.write"
	readMembers, writeMembers         = "rolecall:members.read", "rolecall:members.write"
	readCredentials, writeCredentials = "rolecall:credentials.read", "rolecall:credentials.write"
	readSettings, writeSettings       = "rolecall:settings.read", "rolecall:settings.write"
)

// Scopes lists every scope of this API. What a scope changes it may also read,
// since answers show what was changed.
var Scopes = []Scope{
	{"read:users", "Read users", []string{readUsers, readMembers, readRoles, readTenants, readAPIs, readCredentials}},
	{"create:users", "Create users", []string{readUsers, writeUsers, writeCredentials}},
	{"update:users", "Update users", []string{readUsers, writeUsers, readCredentials, writeCredentials, readMembers, writeMembers, readRoles, readAPIs}},
	{"delete:users", "Delete users", []string{readUsers, writeUsers}},
	{"read:users_app_metadata", "Read users' app_metadata", []string{readUsers}},
	{"create:users_app_metadata", "Create users' app_metadata", []string{readUsers, writeUsers}},
	{"update:users_app_metadata", "Update users' app_metadata", []string{readUsers, writeUsers}},
	{"delete:users_app_metadata", "Delete users' app_metadata", []string{readUsers, writeUsers}},
	{"create:user_tickets", "Create tickets for users", []string{readUsers, writeUsers, writeCredentials}},
	{"read:sessions", "Read sessions", []string{readUsers, readCredentials}},
	{"delete:sessions", "End sessions", []string{readUsers, writeCredentials}},
	{"read:refresh_tokens", "Read refresh tokens", []string{readUsers, readCredentials}},
	{"delete:refresh_tokens", "Revoke refresh tokens", []string{readUsers, writeCredentials}},

	{"read:roles", "Read roles", []string{readRoles, readAPIs, readMembers, readUsers}},
	{"create:roles", "Create roles", []string{readRoles, writeRoles}},
	{"update:roles", "Update roles", []string{readRoles, writeRoles, readAPIs, readUsers, readMembers, writeMembers}},
	{"delete:roles", "Delete roles", []string{readRoles, writeRoles}},
	{"read:role_members", "Read who holds roles", []string{readRoles, readMembers, readUsers}},
	{"create:role_members", "Assign roles", []string{readRoles, readUsers, readMembers, writeMembers}},
	{"delete:role_members", "Take roles away", []string{readRoles, readUsers, readMembers, writeMembers}},

	{"read:resource_servers", "Read resource servers", []string{readAPIs}},
	{"create:resource_servers", "Create resource servers", []string{readAPIs, writeAPIs}},
	{"update:resource_servers", "Update resource servers", []string{readAPIs, writeAPIs}},
	{"delete:resource_servers", "Delete resource servers", []string{readAPIs, writeAPIs}},

	{"read:clients", "Read clients", []string{readUsers}},
	{"create:clients", "Create clients", []string{readUsers, writeUsers, writeCredentials}},
	{"update:clients", "Update clients", []string{readUsers, writeUsers}},
	{"delete:clients", "Delete clients", []string{readUsers, writeUsers}},
	{"read:client_summary", "Read clients' names", []string{readUsers}},
	{"read:client_keys", "Read clients' keys, but no secret, which nobody can", []string{readUsers}},
	{"update:client_keys", "Rotate clients' secrets", []string{readUsers, readCredentials, writeCredentials}},

	{"read:client_grants", "Read client grants", []string{readUsers, readAPIs}},
	{"create:client_grants", "Create client grants", []string{readUsers, writeUsers, readMembers, writeMembers, readAPIs}},
	{"update:client_grants", "Update client grants", []string{readUsers, writeUsers, readMembers, writeMembers, readAPIs}},
	{"delete:client_grants", "Delete client grants", []string{readUsers, writeUsers, readMembers, writeMembers, readAPIs}},

	{"read:connections", "Read connections", []string{readSettings, readUsers}},
	{"create:connections", "Create connections", []string{readSettings, writeSettings, readUsers}},
	{"update:connections", "Update connections", []string{readSettings, writeSettings, readUsers}},
	{"delete:connections", "Delete connections", []string{readSettings, writeSettings}},

	{"read:organizations", "Read organizations", []string{readTenants, readUsers, readMembers}},
	{"create:organizations", "Create organizations", []string{readTenants, writeTenants}},
	{"update:organizations", "Update organizations", []string{readTenants, writeTenants}},
	{"delete:organizations", "Delete organizations", []string{readTenants, writeTenants}},
	{"read:organization_members", "Read members", []string{readTenants, readMembers, readUsers}},
	{"create:organization_members", "Add members", []string{readTenants, readUsers, readMembers, writeMembers}},
	{"delete:organization_members", "Remove members", []string{readTenants, readUsers, readMembers, writeMembers}},
	{"read:organization_member_roles", "Read members' roles", []string{readTenants, readMembers, readRoles, readUsers}},
	{"create:organization_member_roles", "Assign roles to members", []string{readTenants, readRoles, readUsers, readMembers, writeMembers}},
	{"delete:organization_member_roles", "Take roles away from members", []string{readTenants, readRoles, readUsers, readMembers, writeMembers}},
	{"read:organization_member_effective_roles", "Read members' roles, with those by groups", []string{readTenants, readMembers, readRoles, readUsers}},
	{"read:organization_connections", "Read organizations' connections", []string{readTenants}},
	{"create:organization_connections", "Enable connections for organizations", []string{readTenants, writeTenants}},
	{"update:organization_connections", "Change organizations' connections", []string{readTenants, writeTenants}},
	{"delete:organization_connections", "Disable connections for organizations", []string{readTenants, writeTenants}},
	{"read:organization_invitations", "Read invitations", []string{readTenants, readMembers}},
	{"create:organization_invitations", "Invite people", []string{readTenants, readRoles, readUsers, readMembers, writeMembers}},
	{"delete:organization_invitations", "Take invitations back", []string{readTenants, readMembers, writeMembers}},
	{"read:organization_client_grants", "Read organizations' client grants", []string{readTenants, readUsers, readAPIs, readMembers}},
	{"create:organization_client_grants", "Let clients act for organizations", []string{readTenants, readUsers, readAPIs, readMembers, writeMembers}},
	{"delete:organization_client_grants", "Let clients act for organizations no more", []string{readTenants, readUsers, readAPIs, readMembers, writeMembers}},

	{"read:logs", "Read the log", []string{rolecall.PermissionAuditRead}},
	{"read:logs_users", "Read the log of a user", []string{rolecall.PermissionAuditRead}},
	{"read:tenant_settings", "Read the project's settings", []string{readSettings}},
	{"update:tenant_settings", "Change the project's settings", []string{readSettings, writeSettings}},
}

// ScopePermissions returns what each scope stands for: what a provider of tokens
// for Audience knows the AdminAPI's scopes by.
func ScopePermissions() map[string][]string {
	all := make(map[string][]string, len(Scopes))
	for _, s := range Scopes {
		all[s.Name] = slices.Clone(s.Permissions)
	}
	return all
}

// standFor returns the permissions of the AdminAPI that a token's scopes stand
// for: a name that is none of this API's scopes stands for itself.
func standFor(names []string) []string {
	all := []string{}
	for _, name := range names {
		if at := slices.IndexFunc(Scopes, func(s Scope) bool { return s.Name == name }); at >= 0 {
			all = append(all, Scopes[at].Permissions...)
		} else {
			all = append(all, name)
		}
	}
	return all
}

// permissionsOf returns the permissions of the AdminAPI that scopes stand for,
// each once and sorted, and the first name that is no scope.
func permissionsOf(names []string, known func(permission string) bool) (all []string, unknown string) {
	for _, name := range names {
		at := slices.IndexFunc(Scopes, func(s Scope) bool { return s.Name == name })
		switch {
		case at >= 0:
			all = append(all, Scopes[at].Permissions...)
		case known(name):
			all = append(all, name)
		default:
			return nil, name
		}
	}
	slices.SortFunc(all, strings.Compare)
	return slices.Compact(all), ""
}
