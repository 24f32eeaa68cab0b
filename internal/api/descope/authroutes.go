package descope

// authentication is what applications call with the project id alone, or with a
// token of the user whom it concerns, and what management keys do with users'
// passwords and tokens.
var authentication = []route{
	{"GET", "/v2/keys/", public((*call).publicKeys)},

	{"POST", "/v1/auth/password/signup", open((*call).signUp)},
	{"POST", "/v1/auth/password/signin", open((*call).signIn)},
	{"POST", "/v1/auth/password/replace", open((*call).replacePassword)},
	{"POST", "/v1/auth/password/update", open((*call).updatePassword)},
	{"GET", "/v1/auth/password/policy", open((*call).passwordPolicy)},

	{"POST", "/v1/auth/refresh", open((*call).refresh)},
	{"POST", "/v1/auth/logout", open((*call).logout)},
	{"POST", "/v1/auth/logoutall", open((*call).logoutAll)},
	{"GET", "/v1/auth/me", open((*call).me)},
	{"POST", "/v1/auth/me/tenants", open((*call).myTenants)},
	{"POST", "/v1/auth/tenant/select", open((*call).selectTenant)},
	{"POST", "/v1/auth/accesskey/exchange", open((*call).exchangeKey)},

	{"POST", "/v1/mgmt/jwt/update", manage((*call).updateJWT)},
	{"POST", "/v1/mgmt/auth/signin", manage((*call).signInAs)},
	{"POST", "/v1/mgmt/user/logout", manage((*call).logoutUser)},
	{"POST", "/v1/mgmt/user/password/set/active", manage((*call).setActivePassword)},
	{"POST", "/v1/mgmt/user/password/set/temporary", manage((*call).setTemporaryPassword)},
	{"POST", "/v1/mgmt/user/password/set", manage((*call).setPassword)},
	{"POST", "/v1/mgmt/user/password/expire", manage((*call).expirePassword)},
}
