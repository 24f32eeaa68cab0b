package rolecall

// A Constraint forbids one subject to have more than MaxAllowed of its roles: a
// separation of duty relation of INCITS 359, whose n, "n or more are forbidden",
// is MaxAllowed + 1. Roles are counted with those that they inherit from and
// those of groups, in each tenant apart. Its roles are its ConstraintRoles; with
// MaxAllowed of them or fewer it forbids nothing. Its name is unique.
type Constraint struct {
	ID          ConstraintID   `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Type        ConstraintType `json:"type"`
	// Tenant is the only one that the constraint is about; "" means each, and
	// what is held outside of all.
	Tenant     TenantID   `json:"tenant,omitempty"`
	MaxAllowed int        `json:"max_allowed"` // at least 1
	Attributes Attributes `json:"attributes,omitempty"`
	Stamps
}

// A ConstraintType says when a Constraint counts roles.
type ConstraintType string

const (
	// Static constraints count the roles that a user or client holds, at any time
	// from now on: SSD.
	Static ConstraintType = "static"
	// Dynamic constraints count the roles that are active in one session: DSD.
	// What is decided without a session they do not bear on.
	Dynamic ConstraintType = "dynamic"
)

func (c *Constraint) Kind() Kind  { return KindConstraint }
func (c *Constraint) Key() string { return string(c.ID) }

func (c *Constraint) refs() []ref {
	return references(ref{"tenant", KindTenant, string(c.Tenant)})
}

const maxConstraintRoles = 1000

func (c *Constraint) check() error {
	if c.Type == "" {
		c.Type = Static
	}
	if c.MaxAllowed < 1 || c.MaxAllowed > maxConstraintRoles {
		return invalid("max_allowed", "must be 1 to %d", maxConstraintRoles)
	}
	return firstError(
		checkID("id", string(c.ID)),
		checkName("name", c.Name),
		checkText("description", c.Description, MaxTextRunes),
		oneOf("type", c.Type, Static, Dynamic),
		checkAttributes(&c.Attributes),
	)
}

// A ConstraintRole is one of the roles that a Constraint keeps apart. A
// tenant's role can only be in a constraint of that tenant.
type ConstraintRole struct {
	Constraint ConstraintID `json:"constraint"`
	Role       RoleID       `json:"role"`
}

func (r *ConstraintRole) Kind() Kind  { return KindConstraintRole }
func (r *ConstraintRole) Key() string { return key(r.Constraint, string(r.Role)) }

func (r *ConstraintRole) refs() []ref {
	return references(ref{"constraint", KindConstraint, string(r.Constraint)}, ref{"role", KindRole, string(r.Role)})
}

func (r *ConstraintRole) check() error {
	return firstError(checkID("constraint", string(r.Constraint)), checkID("role", string(r.Role)))
}
