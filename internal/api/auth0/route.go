package auth0

// routes are the calls of the API, in the order of Auth0's reference. A token
// needs one of the scopes.
var routes = []route{
	{"GET", "/roles", "read:roles", listRoles},
	{"POST", "/roles", "create:roles", createRole},
	{"GET", "/roles/{id}", "read:roles", getRole},
	{"PATCH", "/roles/{id}", "update:roles", updateRole},
	{"DELETE", "/roles/{id}", "delete:roles", deleteRole},
	{"GET", "/roles/{id}/permissions", "read:roles", listRolePermissions},
	{"POST", "/roles/{id}/permissions", "update:roles", addRolePermissions},
	{"DELETE", "/roles/{id}/permissions", "update:roles", removeRolePermissions},
	{"GET", "/roles/{id}/users", "read:roles read:users read:role_members", listRoleUsers},
	{"POST", "/roles/{id}/users", "create:role_members update:roles", addRoleUsers},

	{"GET", "/users", "read:users", listUsers},
	{"POST", "/users", "create:users", createUser},
	{"GET", "/users-by-email", "read:users", usersByEmail},
	{"GET", "/users/{id}", "read:users", getUser},
	{"PATCH", "/users/{id}", "update:users update:users_app_metadata", updateUser},
	{"DELETE", "/users/{id}", "delete:users", deleteUser},
	{"GET", "/users/{id}/roles", "read:users read:roles read:role_members", listUserRoles},
	{"POST", "/users/{id}/roles", "create:role_members update:users", addUserRoles},
	{"DELETE", "/users/{id}/roles", "delete:role_members update:users", removeUserRoles},
	{"GET", "/users/{id}/permissions", "read:users", listUserPermissions},
	{"POST", "/users/{id}/permissions", "update:users", addUserPermissions},
	{"DELETE", "/users/{id}/permissions", "update:users", removeUserPermissions},

	{"GET", "/resource-servers", "read:resource_servers", listServers},
	{"POST", "/resource-servers", "create:resource_servers", createServer},
	{"GET", "/resource-servers/{id}", "read:resource_servers", getServer},
	{"PATCH", "/resource-servers/{id}", "update:resource_servers", updateServer},
	{"DELETE", "/resource-servers/{id}", "delete:resource_servers", deleteServer},

	{"GET", "/clients", "read:clients read:client_summary", listClients},
	{"POST", "/clients", "create:clients", createClient},
	{"GET", "/clients/{id}", "read:clients", getClient},
	{"PATCH", "/clients/{id}", "update:clients", updateClient},
	{"DELETE", "/clients/{id}", "delete:clients", deleteClient},
	{"POST", "/clients/{id}/rotate-secret", "update:client_keys", rotateSecret},

	{"GET", "/client-grants", "read:client_grants", listGrants},
	{"POST", "/client-grants", "create:client_grants", createGrant},
	{"GET", "/client-grants/{id}", "read:client_grants", getGrant},
	{"PATCH", "/client-grants/{id}", "update:client_grants", updateGrant},
	{"DELETE", "/client-grants/{id}", "delete:client_grants", deleteGrant},
}
