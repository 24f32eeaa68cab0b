package rolecall

import "slices"

// A Tenant is a customer organization: Auth0's "organization", Descope's "tenant".
type Tenant struct {
	ID         TenantID   `json:"id"`
	Name       string     `json:"name"` // unique
	SSO        TenantSSO  `json:"sso,omitzero"`
	Attributes Attributes `json:"attributes,omitempty"`
	Stamps
}

// A TenantSSO says whether a tenant's members have to sign in at the tenant's own
// provider. It decides nothing here: the package identity obeys it, and lets those
// in by a password whom no provider of the tenant could sign in.
type TenantSSO struct {
	Required bool `json:"required,omitempty"`
	// Except are users who may use a password all the same: ids, or what they type
	// to sign in.
	Except []string `json:"except,omitempty"`
}

// maxSSOExcept bounds the users of a TenantSSO's Except.
const maxSSOExcept = 100

func (s *TenantSSO) check() error {
	if len(s.Except) > maxSSOExcept {
		return invalid("sso.except", "must be at most %d users", maxSSOExcept)
	}
	for i, id := range s.Except {
		if err := checkID("sso.except", id); err != nil {
			return err
		}
		if slices.Contains(s.Except[:i], id) {
			return invalid("sso.except", "must name nobody twice")
		}
	}
	if len(s.Except) == 0 {
		s.Except = nil
	}
	return nil
}

func (t *Tenant) Kind() Kind  { return KindTenant }
func (t *Tenant) Key() string { return string(t.ID) }
func (t *Tenant) refs() []ref { return nil }

func (t *Tenant) check() error {
	return firstError(
		checkID("id", string(t.ID)),
		checkName("name", t.Name),
		t.SSO.check(),
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
