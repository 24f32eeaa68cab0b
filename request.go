package rolecall

import (
	"slices"
	"time"
)

// A Request asks one question: may Subject do Permission, in Tenant, on
// Resource? It names what it asks about; names and ids that do not exist are
// denied, not errors.
//
// Instead of a Permission it may name a Role or a Group, or say with Any that
// one of a kind is enough. Exactly one of Permission, Role, Group and Any is
// set; any other request is denied.
type Request struct {
	Subject    SubjectID `json:"subject"`
	Permission string    `json:"permission,omitempty"` // by name
	API        string    `json:"api,omitempty"`        // by identifier; empty means the default API
	Tenant     TenantID  `json:"tenant,omitempty"`     // empty asks what is held everywhere
	Resource   string    `json:"resource,omitempty"`   // "type:id"; empty asks what is held for every resource
	// Session, if set, decides by the roles that are active in it, and not by all
	// that Subject holds: CheckAccess of INCITS 359.
	Session SessionID `json:"session,omitempty"`

	Role  string `json:"role,omitempty"`  // by name: held in this scope, directly, by inheritance or through a group
	Group string `json:"group,omitempty"` // by name or id: is a member, directly or through other groups
	// Any is KindPermission, KindRole or KindGroup: at least one of them, of any
	// API for a permission. KindUser asks only that the subject exists and is
	// not blocked.
	Any Kind `json:"any,omitempty"`
}

// A Decision is the answer to a Request, with its reason. It was taken against
// one revision: it never mixes the state before and after a write.
type Decision struct {
	Allowed  bool     `json:"allowed"`
	Reason   Reason   `json:"reason"`
	Revision Revision `json:"revision"`
}

// A Revision counts a project's committed writes. It starts at 1, with the
// write that makes the project.
type Revision int64

// A Reason says why a decision came out as it did: for a denial, the first of
// these that applies.
type Reason string

const (
	Granted           Reason = "granted"
	InvalidRequest    Reason = "invalid_request" // not exactly one of permission, role, group and any
	UnknownSubject    Reason = "unknown_subject"
	Blocked           Reason = "blocked"
	UnknownAPI        Reason = "unknown_api"
	UnknownPermission Reason = "unknown_permission"
	UnknownRole       Reason = "unknown_role"
	UnknownGroup      Reason = "unknown_group"
	UnknownTenant     Reason = "unknown_tenant"
	UnknownSession    Reason = "unknown_session" // there is none, it is over, or another subject's
	NotGranted        Reason = "not_granted"
)

// An Explanation is a Decision with all that it rests on. For a request that is
// allowed, Paths holds every way that grants it. For one that is denied, Near
// holds the ways that would grant it but for one thing: another tenant or
// resource, a validity that is over or has not begun, a blocked subject, a role
// that is not active in the session.
type Explanation struct {
	Request
	Decision
	Paths []Path `json:"paths"`
	Near  []Near `json:"near,omitempty"`
	// GivenBy lists, for a denial, the ids of roles that give the permission
	// and could be assigned in the asked scope.
	GivenBy []RoleID `json:"given_by,omitempty"`
}

// A Path is one way from a subject to what was asked:
// subject, groups, roles, permission.
type Path struct {
	Steps []Step `json:"steps"`
	// Scope and Validity are those of the assignment or direct grant on the way.
	Scope
	Validity
}

// A Step is one thing on a Path.
type Step struct {
	Kind Kind   `json:"kind"` // user, client, group, role or permission
	ID   string `json:"id"`
	Name string `json:"name,omitempty"` // of groups, roles and permissions
}

// A Near is a Path that does not count, and the reason.
type Near struct {
	Path
	Blocks Obstacle `json:"blocks"`
}

// An Obstacle is what keeps a Path from granting.
type Obstacle string

const (
	SubjectBlocked Obstacle = "subject_blocked"
	Expired        Obstacle = "expired"
	NotStarted     Obstacle = "not_started"
	OtherTenant    Obstacle = "other_tenant"
	OtherResource  Obstacle = "other_resource"
	NotActive      Obstacle = "not_active"
)

// A WhoCanQuery asks for the users and clients that a Request with this
// permission, tenant and resource would allow.
type WhoCanQuery struct {
	Permission string   `json:"permission"`
	API        string   `json:"api,omitempty"`
	Tenant     TenantID `json:"tenant,omitempty"`
	Resource   string   `json:"resource,omitempty"`
	Kind       Kind     `json:"kind,omitempty"` // only users, KindUser, or only clients, KindClient
	// After is the last subject of the page before; results are in byte order of ids.
	After SubjectID `json:"after,omitempty"`
	Limit int       `json:"limit,omitempty"` // at most MaxPage; 0 means DefaultPage
}

// Sizes of a page of results.
const (
	DefaultPage = 50
	MaxPage     = 1000
)

// A WhatCanQuery asks for every permission that Subject holds in a scope.
type WhatCanQuery struct {
	Subject  SubjectID `json:"subject"`
	API      string    `json:"api,omitempty"` // only this API's; empty means every API's
	Tenant   TenantID  `json:"tenant,omitempty"`
	Resource string    `json:"resource,omitempty"`
	// After is the last permission of the page before; results are in byte order
	// of API identifier and name.
	After PermissionRef `json:"after,omitzero"`
	Limit int           `json:"limit,omitempty"`
}

// A WhichResourcesQuery asks for the resources of Type on which a Request with
// this subject, permission and tenant would be allowed.
type WhichResourcesQuery struct {
	Subject    SubjectID `json:"subject"`
	Permission string    `json:"permission"`
	API        string    `json:"api,omitempty"`
	Tenant     TenantID  `json:"tenant,omitempty"`
	Type       string    `json:"type"` // of a "type:id": what is before the first colon
	// After is the last resource of the page before; results are in byte order.
	After string `json:"after,omitempty"`
	Limit int    `json:"limit,omitempty"` // at most MaxPage; 0 means DefaultPage
}

// Resources is a page of the answer to a WhichResourcesQuery.
type Resources struct {
	Page []string // each a "type:id", in byte order
	Next string   // the After of the next page, "" if this is the last
	// Every says that the subject is allowed on each resource of the type, and
	// so on those too that no assignment or direct grant names.
	Every bool
}

// A PermissionRef names a permission as a Request does.
type PermissionRef struct {
	API  string `json:"api"` // the identifier
	Name string `json:"name"`
}

// An EffectivePermission is one that a subject holds, with every way it gets it
// or, where those of a whole page are more than 20,000, with some.
type EffectivePermission struct {
	PermissionRef
	ID    PermissionID `json:"id"`
	Paths []Path       `json:"paths"`
}

// An EffectiveRole is a role that a subject holds: assigned to it or to a group
// it is in, or inherited from such a role. Its Paths are every way or, where
// those of all roles are more than 20,000, some.
type EffectiveRole struct {
	ID     RoleID   `json:"id"`
	Name   string   `json:"name"`
	Tenant TenantID `json:"tenant,omitempty"` // the role's own, not the assignment's
	Paths  []Path   `json:"paths"`
}

// An Authority is what a token says of a subject: what it holds at one revision.
type Authority struct {
	Revision    Revision
	Permissions []string          // names, of the asked API, in the asked scope; sorted
	Roles       []string          // names of the roles held in the asked scope, inherited ones too; sorted
	Tenants     []TenantAuthority // every tenant that the subject is a member of or holds something in; by id
	Until       time.Time         // when the first of all this expires; zero if nothing does
}

// In reports whether a tenant is one of a.Tenants.
func (a Authority) In(tenant TenantID) bool {
	return slices.ContainsFunc(a.Tenants, func(t TenantAuthority) bool { return t.Tenant == tenant })
}

// A TenantAuthority is what a subject holds in exactly one tenant, whether or not
// it holds the same everywhere too.
type TenantAuthority struct {
	Tenant      TenantID
	Permissions []string
	Roles       []string
}
