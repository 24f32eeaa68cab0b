package rolecall

// A Tenant is a customer organization: Auth0's "organization", Descope's "tenant".
type Tenant struct {
	ID         TenantID   `json:"id"`
	Name       string     `json:"name"` // unique
	Attributes Attributes `json:"attributes,omitempty"`
	Stamps
}

func (t *Tenant) Kind() Kind  { return KindTenant }
func (t *Tenant) Key() string { return string(t.ID) }
func (t *Tenant) refs() []ref { return nil }

func (t *Tenant) check() error {
	return firstError(
		checkID("id", string(t.ID)),
		checkName("name", t.Name),
		checkAttributes(&t.Attributes),
	)
}

// A Membership says that a user or client belongs to a tenant. It gives no
// permission by itself, and a role may be assigned in a tenant without it.
type Membership struct {
	Tenant  TenantID  `json:"tenant"`
	Subject SubjectID `json:"subject"`
	Source  Source    `json:"source"`
}

func (m *Membership) Kind() Kind  { return KindMembership }
func (m *Membership) Key() string { return key(m.Tenant, string(m.Subject)) }

func (m *Membership) refs() []ref {
	return references(ref{"tenant", KindTenant, string(m.Tenant)}, ref{"subject", kindSubject, string(m.Subject)})
}

func (m *Membership) check() error {
	m.Source.normalize()
	return firstError(checkID("tenant", string(m.Tenant)), checkID("subject", string(m.Subject)), m.Source.check())
}
