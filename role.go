package rolecall

// A Role is a named set of permissions. It belongs to the project or, with
// Tenant, to one tenant, and is then assignable only there. Its name is unique
// where it belongs.
type Role struct {
	ID          RoleID     `json:"id"`
	Tenant      TenantID   `json:"tenant,omitempty"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Default     bool       `json:"default,omitempty"` // new users get it: a project's role everywhere, a tenant's role there
	Private     bool       `json:"private,omitempty"` // not shown to a tenant's administrators
	Attributes  Attributes `json:"attributes,omitempty"`
	Stamps
}

func (r *Role) Kind() Kind  { return KindRole }
func (r *Role) Key() string { return string(r.ID) }

func (r *Role) refs() []ref {
	return references(ref{"tenant", KindTenant, string(r.Tenant)})
}

func (r *Role) check() error {
	return firstError(
		checkID("id", string(r.ID)),
		checkName("name", r.Name),
		checkText("description", r.Description, MaxTextRunes),
		checkAttributes(&r.Attributes),
	)
}

// An Inheritance gives Senior every permission of Junior: the immediate edge
// Senior ≥ Junior of INCITS 359's role hierarchy. Edges form no cycle. A
// project's role can't inherit from a tenant's, nor one tenant's from another's.
// A role inherits from at most [MaxInherited], through any number of roles.
type Inheritance struct {
	Senior RoleID `json:"senior"`
	Junior RoleID `json:"junior"`
}

func (i *Inheritance) Kind() Kind  { return KindInheritance }
func (i *Inheritance) Key() string { return key(i.Senior, string(i.Junior)) }

func (i *Inheritance) refs() []ref {
	return references(ref{"senior", KindRole, string(i.Senior)}, ref{"junior", KindRole, string(i.Junior)})
}

func (i *Inheritance) check() error {
	return firstError(checkID("senior", string(i.Senior)), checkID("junior", string(i.Junior)))
}

// A Grant puts a permission into a role: a pair of INCITS 359's PA.
type Grant struct {
	Role       RoleID       `json:"role"`
	Permission PermissionID `json:"permission"`
}

func (g *Grant) Kind() Kind  { return KindGrant }
func (g *Grant) Key() string { return key(g.Role, string(g.Permission)) }

func (g *Grant) refs() []ref {
	return references(ref{"role", KindRole, string(g.Role)}, ref{"permission", KindPermission, string(g.Permission)})
}

func (g *Grant) check() error {
	return firstError(checkID("role", string(g.Role)), checkID("permission", string(g.Permission)))
}
