package rolecall

import "strings"

// An Invitation asks somebody, by e-mail, to join a tenant or, without one, the
// project. Whoever presents its ticket becomes a member, and gets its
// InvitationRoles; the package identity makes and redeems tickets. It can't be
// changed, since the one who made it answers for what it gives: it is deleted,
// and made anew.
type Invitation struct {
	ID     InvitationID `json:"id"`
	Tenant TenantID     `json:"tenant,omitempty"`
	Email  string       `json:"email"`
	// Client is the application that the invited begin at; "" means none.
	Client  SubjectID `json:"client,omitempty"`
	Inviter string    `json:"inviter,omitempty"` // as the invited read it: a name
	Ticket  Secret    `json:"-"`                 // a SHA-256
	// Proves says that whoever presents the ticket reads the mail of Email, as far
	// as those who answer for the invitation could see to it.
	Proves     bool       `json:"proves,omitempty"`
	Attributes Attributes `json:"attributes,omitempty"`
	Validity
	Stamps
}

func (i *Invitation) Kind() Kind  { return KindInvitation }
func (i *Invitation) Key() string { return string(i.ID) }

func (i *Invitation) refs() []ref {
	return references(ref{"tenant", KindTenant, string(i.Tenant)}, ref{"client", KindClient, string(i.Client)})
}

func (i *Invitation) check() error {
	i.Validity.normalize()
	if at := strings.LastIndexByte(i.Email, '@'); at <= 0 || at == len(i.Email)-1 {
		return invalid("email", "must be an e-mail address")
	}
	if i.ExpiresAt.IsZero() {
		return invalid("expires_at", "is required")
	}
	return firstError(
		checkID("id", string(i.ID)),
		checkText("email", i.Email, MaxNameRunes),
		checkText("inviter", i.Inviter, MaxNameRunes),
		i.Validity.check(),
		checkAttributes(&i.Attributes),
	)
}

// An InvitationRole is a role that the invited will get, in Tenant, which is the
// invitation's own. Who makes one gives the role, as if by an Assignment.
type InvitationRole struct {
	Invitation InvitationID `json:"invitation"`
	Role       RoleID       `json:"role"`
	Tenant     TenantID     `json:"tenant,omitempty"`
}

func (r *InvitationRole) Kind() Kind  { return KindInvitationRole }
func (r *InvitationRole) Key() string { return key(r.Invitation, string(r.Role)) }

func (r *InvitationRole) refs() []ref {
	return references(ref{"role", KindRole, string(r.Role)}, ref{"tenant", KindTenant, string(r.Tenant)})
}

func (r *InvitationRole) check() error {
	return firstError(checkID("invitation", string(r.Invitation)), checkID("role", string(r.Role)))
}
