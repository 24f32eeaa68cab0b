package rolecall

// A Session is a set of roles that a user or client has switched on: its active
// role set, of INCITS 359. A Request that names one is decided by those roles
// alone, and direct grants do not count. An active role counts while its
// subject holds it, so one that is taken away is gone from the next decision.
//
// Who signs in gets a login, not a Session.
type Session struct {
	ID      SessionID `json:"id"`
	Subject SubjectID `json:"subject"`
	// Tenant is where the roles are held. Requests must ask about the same.
	Tenant   TenantID `json:"tenant,omitempty"`
	Validity          // ExpiresAt is required
	Stamps
}

func (s *Session) Kind() Kind  { return KindSession }
func (s *Session) Key() string { return string(s.ID) }

func (s *Session) refs() []ref {
	return references(ref{"subject", kindSubject, string(s.Subject)}, ref{"tenant", KindTenant, string(s.Tenant)})
}

func (s *Session) check() error {
	s.Validity.normalize()
	if s.ExpiresAt.IsZero() {
		return invalid("expires_at", "is required")
	}
	return firstError(checkID("id", string(s.ID)), checkID("subject", string(s.Subject)), s.Validity.check())
}

// A SessionRole is an active role of a session. Making one is AddActiveRole of
// INCITS 359, deleting it DropActiveRole.
type SessionRole struct {
	Session SessionID `json:"session"`
	Role    RoleID    `json:"role"`
}

func (r *SessionRole) Kind() Kind  { return KindSessionRole }
func (r *SessionRole) Key() string { return key(r.Session, string(r.Role)) }

func (r *SessionRole) refs() []ref {
	return references(ref{"session", KindSession, string(r.Session)}, ref{"role", KindRole, string(r.Role)})
}

func (r *SessionRole) check() error {
	return firstError(checkID("session", string(r.Session)), checkID("role", string(r.Role)))
}
