package descope

// A route is one call of the API. A path that ends in "/" takes one segment more.
type route struct {
	method, path string
	endpoint
}

// management is what management keys are for, in the order of the SDKs' README.
var management = []route{
	{"GET", "/v1/mgmt/permission/all", manage((*call).allPermissions)},
	{"POST", "/v1/mgmt/permission/create", manage((*call).createPermission)},
	{"POST", "/v1/mgmt/permission/create/batch", manage((*call).createPermissions)},
	{"POST", "/v1/mgmt/permission/update", manage((*call).updatePermission)},
	{"POST", "/v1/mgmt/permission/update/batch", manage((*call).updatePermissions)},
	{"POST", "/v1/mgmt/permission/delete", manage((*call).deletePermission)},
	{"POST", "/v1/mgmt/permission/delete/batch", manage((*call).deletePermissions)},

	{"GET", "/v1/mgmt/role/all", manage((*call).allRoles)},
	{"POST", "/v1/mgmt/role/search", manage((*call).searchRoles)},
	{"POST", "/v1/mgmt/role/create", manage((*call).createRole)},
	{"POST", "/v1/mgmt/role/create/batch", manage((*call).createRoles)},
	{"POST", "/v1/mgmt/role/update", manage((*call).updateRole)},
	{"POST", "/v1/mgmt/role/update/batch", manage((*call).updateRoles)},
	{"POST", "/v1/mgmt/role/delete", manage((*call).deleteRole)},
	{"POST", "/v1/mgmt/role/delete/batch", manage((*call).deleteRoles)},

	{"POST", "/v1/mgmt/tenant/create", manage((*call).createTenant)},
	{"POST", "/v1/mgmt/tenant/update", manage((*call).updateTenant)},
	{"POST", "/v1/mgmt/tenant/updateDefaultRoles", manage((*call).updateDefaultRoles)},
	{"POST", "/v1/mgmt/tenant/delete", manage((*call).deleteTenant)},
	{"GET", "/v1/mgmt/tenant", manage((*call).loadTenant)},
	{"GET", "/v1/mgmt/tenant/all", manage((*call).allTenants)},
	{"POST", "/v1/mgmt/tenant/search", manage((*call).searchTenants)},

	{"POST", "/v1/mgmt/user/create", manage((*call).createUser)},
	{"POST", "/v1/mgmt/user/create/test", manage((*call).createTestUser)},
	{"POST", "/v1/mgmt/user/create/batch", manage((*call).createUsers)},
	{"POST", "/v1/mgmt/user/update", manage((*call).updateUser)},
	{"PATCH", "/v1/mgmt/user/patch", manage((*call).patchUser)},
	{"PATCH", "/v1/mgmt/user/patch/batch", manage((*call).patchUsers)},
	{"POST", "/v1/mgmt/user/delete", manage((*call).deleteUser)},
	{"POST", "/v1/mgmt/user/delete/batch", manage((*call).deleteUsers)},
	{"DELETE", "/v1/mgmt/user/test/delete/all", manage((*call).deleteTestUsers)},
	{"GET", "/v1/mgmt/user", manage((*call).loadUser)},
	{"POST", "/v1/mgmt/users/load", manage((*call).loadUsers)},
	{"POST", "/v2/mgmt/user/search", manage((*call).searchUsers)},
	{"POST", "/v2/mgmt/user/search/test", manage((*call).searchTestUsers)},
	{"POST", "/v1/mgmt/user/update/status", manage((*call).setUserStatus)},
	{"POST", "/v1/mgmt/user/update/loginid", manage((*call).setLoginID)},
	{"POST", "/v1/mgmt/user/update/email", manage((*call).setEmail)},
	{"POST", "/v1/mgmt/user/update/phone", manage((*call).setPhone)},
	{"POST", "/v1/mgmt/user/update/name", manage((*call).setName)},
	{"POST", "/v1/mgmt/user/update/picture", manage((*call).setPicture)},
	{"POST", "/v1/mgmt/user/update/customAttribute", manage((*call).setCustomAttribute)},
	{"POST", "/v1/mgmt/user/update/role/set", manage((*call).setUserRoles)},
	{"POST", "/v2/mgmt/user/update/role/add", manage((*call).addUserRoles)},
	{"POST", "/v1/mgmt/user/update/role/remove", manage((*call).removeUserRoles)},
	{"POST", "/v1/mgmt/user/update/tenant/add", manage((*call).addUserTenant)},
	{"POST", "/v1/mgmt/user/update/tenant/remove", manage((*call).removeUserTenant)},

	{"POST", "/v1/mgmt/accesskey/create", manage((*call).createKey)},
	{"GET", "/v1/mgmt/accesskey", manage((*call).loadKey)},
	{"POST", "/v1/mgmt/accesskey/search", manage((*call).searchKeys)},
	{"POST", "/v1/mgmt/accesskey/update", manage((*call).updateKey)},
	{"POST", "/v1/mgmt/accesskey/activate", manage((*call).activateKey)},
	{"POST", "/v1/mgmt/accesskey/activate/batch", manage((*call).activateKeys)},
	{"POST", "/v1/mgmt/accesskey/deactivate", manage((*call).deactivateKey)},
	{"POST", "/v1/mgmt/accesskey/deactivate/batch", manage((*call).deactivateKeys)},
	{"POST", "/v1/mgmt/accesskey/delete", manage((*call).deleteKey)},
	{"POST", "/v1/mgmt/accesskey/delete/batch", manage((*call).deleteKeys)},
	{"POST", "/v1/mgmt/accesskey/rotate", manage((*call).rotateKey)},

	{"GET", "/v2/mgmt/sso/settings", manage((*call).loadSSO)},
	{"GET", "/v2/mgmt/sso/settings/all", manage((*call).loadAllSSO)},
	{"POST", "/v1/mgmt/sso/settings/new", manage((*call).newSSO)},
	{"POST", "/v1/mgmt/sso/saml", manage((*call).configureSAML)},
	{"POST", "/v1/mgmt/sso/saml/metadata", manage((*call).configureSAMLMetadata)},
	{"POST", "/v1/mgmt/sso/oidc", manage((*call).configureOIDC)},
	{"DELETE", "/v1/mgmt/sso/settings", manage((*call).deleteSSOSettings)},

	{"POST", "/v1/mgmt/group/all", manage((*call).allGroups)},
	{"POST", "/v1/mgmt/group/member/all", manage((*call).memberGroups)},
	{"POST", "/v1/mgmt/group/members", manage((*call).groupMembers)},

	{"POST", "/v1/mgmt/audit/search", manage((*call).searchAudit)},
	{"POST", "/v1/mgmt/audit/event", manage((*call).createEvent)},

	{"POST", "/v1/mgmt/project/snapshot/export", manage((*call).exportSnapshot)},
	{"POST", "/v1/mgmt/project/snapshot/import", manage((*call).importSnapshot)},
	{"POST", "/v1/mgmt/project/snapshot/validate", manage((*call).validateSnapshot)},
	{"POST", "/v1/mgmt/project/export", manage((*call).exportSnapshot)},
	{"POST", "/v1/mgmt/project/import", manage((*call).importSnapshot)},

	{"GET", "/v1/mgmt/license", manage((*call).license)},
}
