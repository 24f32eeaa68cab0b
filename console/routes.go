package console

import (
	"net/http"

	"github.com/rolecall/rolecall"
)

// A route is a page that is shown or a change that is made, and what it takes.
type route struct {
	path     string // within a prefix and, for one tenant, /t/{tenant}
	needs    string // the permission of the AdminAPI; "" is anybody who is signed in
	at       place  // where it is needed
	template string // under pages/, without .html

	show func(*call) (any, error)     // GET
	do   func(*call) (*change, error) // POST
}

// A place says where a route's permission is needed. It only decides what is
// offered: the Service decides what is done.
type place int

const (
	here       place = iota // in the tenant of the URL, or everywhere if it has none
	everywhere              // also when one tenant is shown
	outside                 // nowhere: the page is for who is not signed in, too
)

func page(path, needs string, at place, template string, show func(*call) (any, error)) route {
	return route{path: path, needs: needs, at: at, template: template, show: show}
}

func act(path, needs string, at place, do func(*call) (*change, error)) route {
	return route{path: path, needs: needs, at: at, do: do}
}

// table is the whole console.
func table() []route {
	return []route{
		page("/{$}", "", here, "home", home),
		page("/overview", "rolecall:members.read", here, "overview", overview),
		page("/matrix", "rolecall:roles.read", here, "matrix", matrix),
		act("/matrix/save", "rolecall:roles.write", here, saveMatrix),
		page("/explain", "rolecall:check", here, "explain", explain),
		page("/who-can", "rolecall:check", here, "who-can", whoCan),
		page("/what-can", "rolecall:check", here, "what-can", whatCan),
		page("/graph", "rolecall:check", here, "graph", graph),
		page("/audit", "rolecall:audit.read", here, "audit/list", audit),
		page("/audit/sign-ins", "rolecall:audit.read", here, "audit/sign-ins", signIns),
		page("/audit.csv", "rolecall:audit.read", here, "", auditCSV),
		act("/audit/verify", "rolecall:audit.read", everywhere, verifyAudit),
		page("/applications", "rolecall:users.read", everywhere, "applications/list", applications),
		page("/applications/{id}", "rolecall:users.read", everywhere, "applications/show", application),
		page("/applications/{id}/preview", "rolecall:check", everywhere, "applications/preview", preview),
		page("/new/application", "rolecall:users.write", everywhere, "form", applicationForm),
		act("/new/application", "rolecall:users.write", everywhere, createApplication),
		page("/applications/{id}/edit", "rolecall:users.write", everywhere, "form", editApplicationForm),
		act("/applications/{id}/edit", "rolecall:users.write", everywhere, editApplication),
		act("/applications/{id}/block", "rolecall:users.write", everywhere, blockApplication(true)),
		act("/applications/{id}/unblock", "rolecall:users.write", everywhere, blockApplication(false)),
		act("/applications/{id}/delete", "rolecall:users.write", everywhere, deleteApplication),
		act("/applications/{id}/secret", "rolecall:credentials.write", everywhere, addSecret(false)),
		act("/applications/{id}/rotate", "rolecall:credentials.write", everywhere, addSecret(true)),
		act("/secrets/{id}/delete", "rolecall:credentials.write", everywhere, deleteSecret),
		page("/applications/{id}/grant", "rolecall:users.write", everywhere, "form", clientGrantForm),
		act("/applications/{id}/grant", "rolecall:users.write", everywhere, createClientGrant),
		page("/client-grants/{id}/edit", "rolecall:users.write", everywhere, "form", editClientGrantForm),
		act("/client-grants/{id}/edit", "rolecall:users.write", everywhere, editClientGrant),
		act("/client-grants/{id}/delete", "rolecall:users.write", everywhere, deleteClientGrant),
		page("/apis/{id}/tokens", "rolecall:apis.write", everywhere, "form", tokenRulesForm),
		act("/apis/{id}/tokens", "rolecall:apis.write", everywhere, editTokenRules),

		page("/constraints", "rolecall:roles.read", here, "constraints/list", constraints),
		page("/constraints/{id}", "rolecall:roles.read", here, "constraints/show", constraint),
		page("/new/constraint", "rolecall:roles.write", here, "form", constraintForm),
		act("/new/constraint", "rolecall:roles.write", here, createConstraint),
		page("/constraints/{id}/edit", "rolecall:roles.write", here, "form", editConstraintForm),
		act("/constraints/{id}/edit", "rolecall:roles.write", here, editConstraint),
		act("/constraints/{id}/delete", "rolecall:roles.write", here, deleteConstraint),
		page("/constraints/{id}/add", "rolecall:roles.write", here, "form", constrainForm),
		act("/constraints/{id}/add", "rolecall:roles.write", here, constrain),
		act("/constraints/{id}/drop", "rolecall:roles.write", here, unconstrain),
		page("/sessions", "rolecall:members.read", here, "sessions/list", sessions),
		page("/new/session", "rolecall:members.write", here, "form", sessionForm),
		act("/new/session", "rolecall:members.write", here, createSession),
		page("/sessions/{id}/activate", "rolecall:members.write", here, "form", activateForm),
		act("/sessions/{id}/activate", "rolecall:members.write", here, activate),
		act("/sessions/{id}/drop", "rolecall:members.write", here, dropRole),
		act("/sessions/{id}/end", "rolecall:members.write", here, endSession),

		page("/settings", "rolecall:settings.read", everywhere, "settings/show", settings),
		page("/settings/rotate", "rolecall:settings.write", everywhere, "form", rotateForm),
		act("/settings/rotate", "rolecall:settings.write", everywhere, rotateSigningKey),
		page("/settings/passwords", "rolecall:settings.write", everywhere, "form", passwordRulesForm),
		act("/settings/passwords", "rolecall:settings.write", everywhere, savePasswordRules),

		page("/webhooks", "rolecall:settings.read", everywhere, "webhooks/list", webhooks),
		page("/webhooks/{id}", "rolecall:settings.read", everywhere, "webhooks/show", webhookShown),
		page("/new/webhook", "rolecall:settings.write", everywhere, "form", webhookForm),
		act("/new/webhook", "rolecall:settings.write", everywhere, createWebhook),
		page("/webhooks/{id}/edit", "rolecall:settings.write", everywhere, "form", editWebhookForm),
		act("/webhooks/{id}/edit", "rolecall:settings.write", everywhere, editWebhook),
		act("/webhooks/{id}/test", "rolecall:settings.write", everywhere, testWebhook),
		act("/webhooks/{id}/rotate", "rolecall:settings.write", everywhere, rotateWebhook),
		act("/webhooks/{id}/disable", "rolecall:settings.write", everywhere, enableWebhook(false)),
		act("/webhooks/{id}/enable", "rolecall:settings.write", everywhere, enableWebhook(true)),
		act("/webhooks/{id}/delete", "rolecall:settings.write", everywhere, deleteWebhook),

		page("/sign-in", "", outside, "signin", signInPage),
		act("/sign-in", "", outside, signIn),
		act("/sign-out", "", outside, signOut),
		act("/theme", "", outside, setTheme),
		page("/search", "", here, "search", search),
		page("/pick/{kind}", "", here, "pick", pick),
		page("/help", "", here, "help", help),
		page("/account", "", here, "account", account),
		act("/account/logins/{id}/end", "", here, endLogin),
		page("/password", "", outside, "password", passwordPage),
		act("/password", "", outside, changePassword),

		page("/users", "rolecall:users.read", here, "users/list", users),
		page("/users.csv", "rolecall:users.read", here, "", asCSV(rolecall.KindUser)),
		page("/users/{id}", "rolecall:users.read", here, "users/show", user),
		page("/new/user", "rolecall:users.write", everywhere, "form", userForm),
		act("/new/user", "rolecall:users.write", everywhere, createUser),
		page("/users/{id}/edit", "rolecall:users.write", everywhere, "form", editUserForm),
		act("/users/{id}/edit", "rolecall:users.write", everywhere, editUser),
		act("/users/{id}/block", "rolecall:users.write", everywhere, blockUser(true)),
		act("/users/{id}/unblock", "rolecall:users.write", everywhere, blockUser(false)),
		act("/users/{id}/delete", "rolecall:users.write", everywhere, deleteUser),
		page("/users/{id}/password", "rolecall:credentials.write", everywhere, "form", passwordForUserForm),
		act("/users/{id}/password", "rolecall:credentials.write", everywhere, setPasswordOfUser),
		act("/users/{id}/sign-out", "rolecall:credentials.write", everywhere, endUsersLogins),
		act("/bulk/users", "rolecall:users.write", everywhere, bulk(rolecall.KindUser)),

		page("/assignments", "rolecall:members.read", here, "held/list", assignmentsPage),
		page("/assignments.csv", "rolecall:members.read", here, "", asCSV(rolecall.KindAssignment)),
		page("/grants", "rolecall:members.read", here, "held/list", grantsPage),
		page("/grants.csv", "rolecall:members.read", here, "", asCSV(rolecall.KindDirectGrant)),
		page("/assign", "rolecall:members.write", here, "form", assignForm),
		act("/assign", "rolecall:members.write", here, assign),
		act("/unassign", "rolecall:members.write", here, unassign),
		act("/bulk/assignments", "rolecall:members.write", here, bulk(rolecall.KindAssignment)),
		page("/grant", "rolecall:members.write", here, "form", grantForm),
		act("/grant", "rolecall:members.write", here, grant),
		act("/revoke", "rolecall:members.write", here, revoke),
		act("/bulk/grants", "rolecall:members.write", here, bulk(rolecall.KindDirectGrant)),

		page("/groups", "rolecall:users.read", everywhere, "groups/list", groups),
		page("/groups.csv", "rolecall:users.read", everywhere, "", asCSV(rolecall.KindGroup)),
		act("/bulk/groups", "rolecall:users.write", everywhere, bulk(rolecall.KindGroup)),
		page("/groups/{id}", "rolecall:users.read", everywhere, "groups/show", group),
		page("/new/group", "rolecall:users.write", everywhere, "form", groupForm),
		act("/new/group", "rolecall:users.write", everywhere, createGroup),
		page("/groups/{id}/edit", "rolecall:users.write", everywhere, "form", editGroupForm),
		act("/groups/{id}/edit", "rolecall:users.write", everywhere, editGroup),
		act("/groups/{id}/delete", "rolecall:users.write", everywhere, deleteGroup),
		page("/join/group", "rolecall:users.write", everywhere, "form", joinGroupForm),
		act("/join/group", "rolecall:users.write", everywhere, joinGroup),
		act("/groups/{id}/remove", "rolecall:users.write", everywhere, leaveGroup),
		act("/groups/{id}/bulk", "rolecall:users.write", everywhere, bulk(rolecall.KindGroupMember)),

		page("/roles", "rolecall:roles.read", here, "roles/list", roles),
		page("/roles.csv", "rolecall:roles.read", here, "", asCSV(rolecall.KindRole)),
		act("/bulk/roles", "rolecall:roles.write", here, bulk(rolecall.KindRole)),
		page("/roles/{id}", "rolecall:roles.read", here, "roles/show", role),
		page("/compare", "rolecall:roles.read", here, "roles/compare", compare),
		page("/new/role", "rolecall:roles.write", here, "form", roleForm),
		act("/new/role", "rolecall:roles.write", here, createRole),
		page("/roles/{id}/edit", "rolecall:roles.write", here, "form", editRoleForm),
		act("/roles/{id}/edit", "rolecall:roles.write", here, editRole),
		act("/roles/{id}/delete", "rolecall:roles.write", here, deleteRole),
		page("/roles/{id}/grant", "rolecall:roles.write", here, "form", grantToRoleForm),
		act("/roles/{id}/grant", "rolecall:roles.write", here, grantToRole),
		act("/roles/{id}/ungrant", "rolecall:roles.write", here, ungrant),
		act("/roles/{id}/bulk", "rolecall:roles.write", here, bulk(rolecall.KindGrant)),
		page("/roles/{id}/inherit", "rolecall:roles.write", here, "form", inheritForm),
		act("/roles/{id}/inherit", "rolecall:roles.write", here, inherit),
		act("/roles/{id}/disinherit", "rolecall:roles.write", here, disinherit),

		page("/permissions", "rolecall:apis.read", everywhere, "permissions/list", permissions),
		page("/permissions.csv", "rolecall:apis.read", everywhere, "", asCSV(rolecall.KindPermission)),
		act("/bulk/permissions", "rolecall:apis.write", everywhere, bulk(rolecall.KindPermission)),
		page("/permissions/{id}", "rolecall:apis.read", everywhere, "permissions/show", permission),
		page("/new/permission", "rolecall:apis.write", everywhere, "form", permissionForm),
		act("/new/permission", "rolecall:apis.write", everywhere, createPermission),
		page("/permissions/{id}/edit", "rolecall:apis.write", everywhere, "form", editPermissionForm),
		act("/permissions/{id}/edit", "rolecall:apis.write", everywhere, editPermission),
		act("/permissions/{id}/delete", "rolecall:apis.write", everywhere, deletePermission),

		page("/apis", "rolecall:apis.read", everywhere, "apis/list", apis),
		page("/apis.csv", "rolecall:apis.read", everywhere, "", asCSV(rolecall.KindAPI)),
		page("/apis/{id}", "rolecall:apis.read", everywhere, "apis/show", api),
		page("/new/api", "rolecall:apis.write", everywhere, "form", apiForm),
		act("/new/api", "rolecall:apis.write", everywhere, createAPI),
		page("/apis/{id}/edit", "rolecall:apis.write", everywhere, "form", editAPIForm),
		act("/apis/{id}/edit", "rolecall:apis.write", everywhere, editAPI),
		act("/apis/{id}/delete", "rolecall:apis.write", everywhere, deleteAPI),

		page("/tenants", "rolecall:tenants.read", here, "tenants/list", tenants),
		page("/tenants.csv", "rolecall:tenants.read", here, "", asCSV(rolecall.KindTenant)),
		act("/bulk/tenants", "rolecall:tenants.write", everywhere, bulk(rolecall.KindTenant)),
		page("/tenants/{id}", "rolecall:tenants.read", here, "tenants/show", tenant),
		page("/new/tenant", "rolecall:tenants.write", everywhere, "form", tenantForm),
		act("/new/tenant", "rolecall:tenants.write", everywhere, createTenant),
		page("/tenants/{id}/edit", "rolecall:tenants.write", here, "form", editTenantForm),
		act("/tenants/{id}/edit", "rolecall:tenants.write", here, editTenant),
		page("/tenants/{id}/sso", "rolecall:tenants.write", here, "form", ssoForm),
		act("/tenants/{id}/sso", "rolecall:tenants.write", here, saveSSO),
		act("/tenants/{id}/delete", "rolecall:tenants.write", everywhere, deleteTenant),
		page("/join/tenant", "rolecall:members.write", here, "form", joinTenantForm),
		act("/join/tenant", "rolecall:members.write", here, joinTenant),
		act("/tenants/{id}/remove", "rolecall:members.write", here, leaveTenant),
		act("/tenants/{id}/bulk", "rolecall:members.write", here, bulk(rolecall.KindMembership)),
		page("/invite", "rolecall:members.write", here, "form", inviteForm),
		act("/invite", "rolecall:members.write", here, invite),
		act("/invitations/{id}/delete", "rolecall:members.write", here, deleteInvitation),

		page("/keys", "rolecall:credentials.read", everywhere, "keys/list", keys),
		page("/keys.csv", "rolecall:credentials.read", everywhere, "", asCSV(rolecall.KindCredential)),
		page("/keys/{id}", "rolecall:credentials.read", everywhere, "keys/show", key),
		page("/new/key", "rolecall:credentials.write", everywhere, "form", keyForm),
		act("/new/key", "rolecall:credentials.write", everywhere, createKey),
		act("/keys/{id}/rotate", "rolecall:credentials.write", everywhere, rotateKey),
		act("/keys/{id}/disable", "rolecall:credentials.write", everywhere, disableKey(true)),
		act("/keys/{id}/enable", "rolecall:credentials.write", everywhere, disableKey(false)),
		act("/keys/{id}/delete", "rolecall:credentials.write", everywhere, deleteKey),
		act("/bulk/keys", "rolecall:credentials.write", everywhere, bulk(rolecall.KindCredential)),
	}
}

// sections is the navigation. A line whose page is not in the table is left out.
var sections = []section{
	{"", []navLink{
		{"Overview", "/overview", "o"},
	}},
	{"Access", []navLink{
		{"Access matrix", "/matrix", "m"},
		{"Roles", "/roles", "r"},
		{"Permissions", "/permissions", "p"},
		{"APIs", "/apis", "i"},
		{"Assignments", "/assignments", "d"},
		{"Direct grants", "/grants", "x"},
		{"Constraints", "/constraints", "c"},
		{"Sessions", "/sessions", "y"},
		{"Explain", "/explain", "e"},
		{"Who can", "/who-can", "w"},
		{"Graph", "/graph", "h"},
	}},
	{"Directory", []navLink{
		{"Users", "/users", "u"},
		{"Tenants", "/tenants", "t"},
		{"Groups", "/groups", "g"},
	}},
	{"System", []navLink{
		{"Applications", "/applications", "a"},
		{"Access keys", "/keys", "k"},
		{"Webhooks", "/webhooks", "b"},
		{"Audit log", "/audit", "l"},
		{"Settings", "/settings", "s"},
	}},
}

// A section is a part of the navigation.
type section struct {
	Title string
	Links []navLink
}

// A navLink leads to a page, as do the keys g and Key.
type navLink struct{ Label, Path, Key string }

// findRoute returns the route with a method and path, nil if there is none.
func (h *console) findRoute(method, path string) *route {
	for i := range h.routes {
		if h.routes[i].path == path && h.routes[i].method() == method {
			return &h.routes[i]
		}
	}
	return nil
}

func (r *route) method() string {
	if r.do != nil {
		return http.MethodPost
	}
	return http.MethodGet
}
