package native

import (
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

type inviteInput struct {
	Body newInvitation
}

// A newInvitation asks somebody to join.
type newInvitation struct {
	Email      string              `json:"email"`
	Tenant     rolecall.TenantID   `json:"tenant,omitempty"`
	Roles      []rolecall.RoleID   `json:"roles,omitempty"`
	Client     rolecall.SubjectID  `json:"client,omitempty"`
	Inviter    string              `json:"inviter,omitempty"`
	Lifetime   int                 `json:"lifetime,omitempty"` // seconds
	Show       bool                `json:"show,omitempty"`
	Attributes rolecall.Attributes `json:"attributes,omitempty"`
}

// A madeInvitation is an invitation with its roles, and how the invited hear of it.
type madeInvitation struct {
	rolecall.Invitation
	Roles []rolecall.RoleID `json:"roles,omitempty"`
	Sent  bool              `json:"sent"`
	Link  string            `json:"link,omitempty"`
}

func (h *Handler) invite(c *call, in *inviteInput) (none madeInvitation, err error) {
	b := in.Body
	lifetime, err := seconds("lifetime", b.Lifetime)
	if err != nil {
		return none, err
	}
	made, err := h.identity.InviteAndSend(c.r.Context(), c.by, identity.NewInvitation{
		Email: b.Email, Tenant: b.Tenant, Roles: b.Roles, Client: b.Client, Inviter: b.Inviter,
		Lifetime: lifetime, Shown: b.Show, Attributes: b.Attributes,
	})
	if err != nil {
		return none, err
	}
	c.wrote(made.Receipt)
	c.locate("/invitations", made.Key())
	return madeInvitation{*made.Invitation, made.Roles, made.Sent, made.Link}, nil
}
