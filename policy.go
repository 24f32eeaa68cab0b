package rolecall

import "time"

// A Policy is an immutable snapshot of all that a decision needs, at one
// revision. Its methods are pure: the time is an argument.
type Policy struct {
	revision Revision
}

// Revision returns the revision that p is a snapshot of.
func (p *Policy) Revision() Revision { return p.revision }

// Decide answers req at now. It does not allocate.
func (p *Policy) Decide(req Request, now time.Time) Decision { panic("soon") }

// Explain answers req at now with everything that the answer rests on.
func (p *Policy) Explain(req Request, now time.Time) Explanation { panic("soon") }

// WhoCan returns a page of the subjects whom q's request allows, and the After
// of the next page, "" if this is the last.
func (p *Policy) WhoCan(q WhoCanQuery, now time.Time) (page []SubjectID, next SubjectID) {
	panic("soon")
}

// WhatCan returns a page of the permissions that q's subject holds, and the
// After of the next page, zero if this is the last.
func (p *Policy) WhatCan(q WhatCanQuery, now time.Time) (page []EffectivePermission, next PermissionRef) {
	panic("soon")
}

// EffectiveRoles returns the roles that subject holds in scope, in byte order of ids.
func (p *Policy) EffectiveRoles(subject SubjectID, scope Scope, now time.Time) []EffectiveRole {
	panic("soon")
}

// Authority returns what a token for api (by identifier; "" is the default API)
// and tenant says of subject.
func (p *Policy) Authority(subject SubjectID, api string, tenant TenantID, now time.Time) Authority {
	panic("soon")
}

// What follows is for the Service.

// newPolicy returns an empty policy, at revision 0.
func newPolicy() *Policy { panic("soon") }

// edit returns a draft of p's successor. p stays as it is.
func (p *Policy) edit() *edit { panic("soon") }

// An edit is a policy in the making. It answers like a Policy at any time,
// through p, and shares with its ancestor all that it has not changed.
// At most one edit of a line of policies is in use at a time.
type edit struct {
	p *Policy
}

// apply makes one change: before is nil for a creation, after for a deletion.
// Kinds that a Policy does not keep are ignored. References must exist and
// edges make no cycle: the Service has checked. Deleting what others refer to
// takes deleting those first.
func (e *edit) apply(before, after Record) { panic("soon") }

// done freezes the edit into the policy of a revision. The edit is not used again.
func (e *edit) done(r Revision) *Policy { panic("soon") }

// exists reports whether a record of one of the kinds that a Policy keeps by id
// (api, permission, role, tenant, user, client, group, or kindSubject for any
// of the last three) has the id.
func (p *Policy) exists(kind Kind, id string) bool { panic("soon") }

// A holding is one assignment or direct grant that counts for a subject: its
// own, or that of a group it is in.
type holding struct {
	role       RoleID       // of an assignment
	permission PermissionID // of a direct grant
	Scope
	Validity
	groups []SubjectID // the way to it: from a group that the subject is a member of to the one that holds it
}

// holdings returns all that counts for a subject, valid now or not, blocked or
// not. A holding that is reached by two ways through groups appears twice.
func (p *Policy) holdings(subject SubjectID) []holding { panic("soon") }

// gives returns the permissions that a holding gives, inherited ones included.
// The set is shared and must not be changed.
func (p *Policy) gives(h holding) permissionSet { panic("soon") }

// permissionRef returns the name of the permission with a number in p.
func (p *Policy) permissionRef(number int) (PermissionID, PermissionRef) { panic("soon") }

// permissionNumber returns the number of a permission in p.
func (p *Policy) permissionNumber(id PermissionID) (number int, ok bool) { panic("soon") }

// inherits reports whether role senior has junior's permissions, by being it or
// by inheriting from it through any number of roles.
func (p *Policy) inherits(senior, junior RoleID) bool { panic("soon") }

// within reports whether member is group or is in it, through any number of groups.
func (p *Policy) within(member, group SubjectID) bool { panic("soon") }

// eachHolder calls visit with every user and client that holds role or a role
// that inherits from it, in any scope, at any time, directly or through groups.
// An empty role means every user and client.
func (p *Policy) eachHolder(role RoleID, visit func(SubjectID) bool) { panic("soon") }

// eachMember calls visit with every user and client in group, through any
// number of groups, once each.
func (p *Policy) eachMember(group SubjectID, visit func(SubjectID) bool) { panic("soon") }

// roleTenant returns the tenant that a role belongs to, "" for the project's roles.
func (p *Policy) roleTenant(id RoleID) TenantID { panic("soon") }

// memberships returns the scope everywhere, and that of each tenant that a
// subject is a member of.
func (p *Policy) memberships(id SubjectID) []Scope { panic("soon") }
