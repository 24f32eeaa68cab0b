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

	{"GET", "/v1/mgmt/license", manage((*call).license)},
}
