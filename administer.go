package rolecall

import "time"

// This file says who may administer. It is RBAC itself: AdminAPI's permissions,
// held through ordinary roles, everywhere or in one tenant.

// Built-in roles. They can't be changed or deleted.
const (
	RoleOwner         RoleID = "owner"         // everything, including what it does not hold itself
	RoleAdministrator RoleID = "administrator" // everything but giving what it does not hold
	RoleAuditor       RoleID = "auditor"       // reads everything
	RoleTenantOwner   RoleID = "tenant-owner"  // for one tenant: its members, roles and profile
	RoleTenantAdmin   RoleID = "tenant-admin"  // for one tenant: its members
)

// PermissionEscalate lets an actor give what it does not hold. Only Owner has it.
const PermissionEscalate = "rolecall:escalate"

// adminPermissions are the AdminAPI's, each with what it is for. A permission's
// id is its name.
var adminPermissions = []struct{ name, description string }{
	{"rolecall:apis.read", "See APIs and their permissions"},
	{"rolecall:apis.write", "Make, change and delete APIs and their permissions"},
	{"rolecall:roles.read", "See roles and what they give"},
	{"rolecall:roles.write", "Make, change and delete roles and what they give"},
	{"rolecall:tenants.read", "See tenants"},
	{"rolecall:tenants.write", "Make, change and delete tenants"},
	{"rolecall:users.read", "See users, clients and groups"},
	{"rolecall:users.write", "Make, change, block and delete users, clients and groups"},
	{"rolecall:members.read", "See who holds which role, and who belongs to a tenant"},
	{"rolecall:members.write", "Assign and unassign roles, grant directly, and change who belongs to a tenant"},
	{"rolecall:credentials.read", "See which passwords and access keys exist, never the secrets"},
	{"rolecall:credentials.write", "Set passwords and make access keys for others"},
	{"rolecall:settings.read", "See settings and signing keys"},
	{"rolecall:settings.write", "Change settings and rotate signing keys"},
	{PermissionAuditRead, "Read and verify the journal"},
	{PermissionCheck, "Ask for decisions about others"},
	{PermissionEscalate, "Give permissions that one does not hold"},
}

// builtInRoles are made with the project. Every permission but escalate is
// Administrator's; the readers' are Auditor's.
var builtInRoles = []struct {
	role        Role
	permissions func(name string) bool
}{
	{Role{ID: RoleOwner, Name: "Owner", Description: "Everything"},
		func(string) bool { return true }},
	{Role{ID: RoleAdministrator, Name: "Administrator", Description: "Everything but giving what one does not hold"},
		func(name string) bool { return name != PermissionEscalate }},
	{Role{ID: RoleAuditor, Name: "Auditor", Description: "Reads everything"},
		func(name string) bool { return isRead(name) || name == PermissionCheck }},
	{Role{ID: RoleTenantOwner, Name: "Tenant Owner", Description: "In one tenant: its profile, roles and members"},
		one("rolecall:tenants.read", "rolecall:tenants.write", "rolecall:roles.read", "rolecall:roles.write",
			"rolecall:users.read", "rolecall:members.read", "rolecall:members.write", PermissionAuditRead, PermissionCheck)},
	{Role{ID: RoleTenantAdmin, Name: "Tenant Admin", Description: "In one tenant: its members"},
		one("rolecall:tenants.read", "rolecall:roles.read", "rolecall:users.read",
			"rolecall:members.read", "rolecall:members.write", PermissionCheck)},
}

func isRead(name string) bool {
	const suffix = ".read"
	return len(name) > len(suffix) && name[len(name)-len(suffix):] == suffix
}

func one(of ...string) func(string) bool {
	return func(name string) bool {
		for _, n := range of {
			if n == name {
				return true
			}
		}
		return false
	}
}

// BuiltIn reports whether a record is part of what every project has, and so
// can't be changed or deleted.
func BuiltIn(r Record) bool {
	switch r := r.(type) {
	case *API:
		return r.ID == DefaultAPI || r.ID == AdminAPI
	case *Permission:
		return r.API == AdminAPI
	case *Role:
		return builtInRole(r.ID)
	case *Grant:
		return builtInRole(r.Role)
	case *Inheritance:
		return builtInRole(r.Senior)
	}
	return false
}

func builtInRole(id RoleID) bool {
	for _, b := range builtInRoles {
		if b.role.ID == id {
			return true
		}
	}
	return false
}

// foundation is the first write of every project.
func foundation() []Op {
	ops := []Op{
		Create(&API{ID: DefaultAPI, Identifier: "default", Name: "Default", Description: "The project's own permissions"}),
		Create(&API{ID: AdminAPI, Identifier: "rolecall", Name: "Rolecall", Description: "What it takes to administer this project"}),
	}
	for _, p := range adminPermissions {
		ops = append(ops, Create(&Permission{ID: PermissionID(p.name), API: AdminAPI, Name: p.name, Description: p.description}))
	}
	for _, b := range builtInRoles {
		role := b.role
		ops = append(ops, Create(&role))
		for _, p := range adminPermissions {
			if b.permissions(p.name) {
				ops = append(ops, Create(&Grant{Role: role.ID, Permission: PermissionID(p.name)}))
			}
		}
	}
	return ops
}

// adminOf names the family of permissions for each kind: family.read and family.write.
var adminOf = map[Kind]string{
	KindAPI: "rolecall:apis", KindPermission: "rolecall:apis",
	KindRole: "rolecall:roles", KindInheritance: "rolecall:roles", KindGrant: "rolecall:roles",
	KindConstraint: "rolecall:roles", KindConstraintRole: "rolecall:roles",
	KindSession: "rolecall:members", KindSessionRole: "rolecall:members",
	KindTenant: "rolecall:tenants",
	KindUser:   "rolecall:users", KindClient: "rolecall:users", KindGroup: "rolecall:users", KindGroupMember: "rolecall:users",
	KindMembership: "rolecall:members", KindAssignment: "rolecall:members", KindDirectGrant: "rolecall:members",
	KindClientGrant: "rolecall:users", KindInvitation: "rolecall:members", KindInvitationRole: "rolecall:members",
	KindLoginID: "rolecall:users", KindCredential: "rolecall:credentials",
	KindSigningKey: "rolecall:settings", KindSetting: "rolecall:settings",
}

// mayDo reports, as a *MissingError, that by lacks an admin permission in scope.
func mayDo(p *Policy, by Actor, permission string, scope Scope, now time.Time) error {
	if by.trusted {
		return nil
	}
	asked := Request{Subject: by.Subject, API: string(AdminAPI), Permission: permission, Tenant: scope.Tenant, Resource: scope.Resource}
	if by.Subject != "" && by.lends(permission) {
		d := p.Decide(asked, now)
		if d.Reason == UnknownTenant { // who may do it everywhere may, and is told that the tenant does not exist
			asked.Tenant = ""
			d = p.Decide(asked, now)
		}
		if d.Allowed {
			return nil
		}
	}
	return &MissingError{Permission: permission, API: string(AdminAPI), Scope: scope, Kind: ErrForbidden}
}

// May reports, as an error that is ErrForbidden, that by lacks a permission of
// AdminAPI in a scope: for what is no record, and so not Write's to refuse.
func (s *Service) May(by Actor, permission string, in Scope) error {
	now, err := s.moment()
	if err != nil {
		return err
	}
	return mayDo(s.Policy(), by, permission, in, now)
}

// mayAsk reports whether by may ask for decisions about subject: about itself
// always, about others with PermissionCheck.
func mayAsk(p *Policy, by Actor, subject SubjectID, scope Scope, now time.Time) error {
	if subject != "" && subject == by.Subject {
		return nil
	}
	return mayDo(p, by, PermissionCheck, Scope{Tenant: scope.Tenant}, now)
}

// mayRead reports whether by may read a record of kind that is in any of places.
func mayRead(p *Policy, by Actor, kind Kind, places []Scope, now time.Time) (err error) {
	for _, place := range places {
		if err = mayDo(p, by, adminOf[kind]+".read", place, now); err == nil {
			return nil
		}
	}
	return err
}

// places lists where a record is: who administers any of them may read it.
// What belongs to no tenant is everywhere.
func places(p *Policy, r Record) []Scope {
	switch r := r.(type) {
	case *Role:
		return []Scope{{Tenant: r.Tenant}}
	case *Grant:
		return []Scope{{Tenant: p.roleTenant(r.Role)}}
	case *Inheritance:
		return []Scope{{Tenant: p.roleTenant(r.Senior)}}
	case *Tenant:
		return []Scope{{Tenant: r.ID}}
	case *Membership:
		return []Scope{{Tenant: r.Tenant}}
	case *Assignment:
		return []Scope{{Tenant: r.Tenant}}
	case *DirectGrant:
		return []Scope{{Tenant: r.Tenant}}
	case *Constraint:
		return []Scope{{Tenant: r.Tenant}}
	case *ConstraintRole:
		return []Scope{{Tenant: p.constraintTenant(r.Constraint)}}
	case *Session:
		return []Scope{{Tenant: r.Tenant}}
	case *SessionRole:
		_, tenant := p.sessionOf(r.Session)
		return []Scope{{Tenant: tenant}}
	case *Invitation:
		return []Scope{{Tenant: r.Tenant}}
	case *InvitationRole:
		return []Scope{{Tenant: r.Tenant}}
	case *User:
		return p.memberships(r.ID)
	case *Client:
		return p.memberships(r.ID)
	}
	return []Scope{{}}
}
