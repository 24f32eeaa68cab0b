package native

import (
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A newRole is an assignment to whoever is being made.
type newRole struct {
	Role rolecall.RoleID `json:"role"`
	rolecall.Scope
	Source rolecall.Source `json:"source,omitempty"`
	rolecall.Validity
	Reason string `json:"reason,omitempty"`
}

func assignments(roles []newRole) []rolecall.Assignment {
	all := make([]rolecall.Assignment, len(roles))
	for i, r := range roles {
		all[i] = rolecall.Assignment{Role: r.Role, Scope: r.Scope, Source: r.Source, Validity: r.Validity, Reason: r.Reason}
	}
	return all
}

type createUserInput struct {
	Body newUser
}

// A newUser is a user with all that it starts with.
type newUser struct {
	rolecall.User
	LoginIDs     []string            `json:"login_ids,omitempty"`
	Password     string              `json:"password,omitempty"`
	PasswordHash string              `json:"password_hash,omitempty"`
	Temporary    bool                `json:"temporary,omitempty"`
	Tenants      []rolecall.TenantID `json:"tenants,omitempty"`
	Roles        []newRole           `json:"roles,omitempty"`
}

func (h *Handler) createUser(c *call, in *createUserInput) (*rolecall.User, error) {
	b := in.Body
	user, receipt, err := h.identity.CreateUser(c.r.Context(), c.by, identity.NewUser{
		User: b.User, LoginIDs: b.LoginIDs, Password: b.Password, PasswordHash: b.PasswordHash, Temporary: b.Temporary,
		Tenants: b.Tenants, Roles: assignments(b.Roles),
	})
	if err != nil {
		return nil, err
	}
	c.wrote(receipt)
	c.locate("/users", user.Key())
	return user, nil
}

type setPasswordInput struct {
	ID   rolecall.SubjectID `path:"id"`
	Body newPassword
}

type newPassword struct {
	Password  string `json:"password"`
	Temporary bool   `json:"temporary,omitempty"`
}

func (h *Handler) setPassword(c *call, in *setPasswordInput) (none nothing, err error) {
	receipt, err := h.identity.SetPassword(c.r.Context(), c.by, in.ID, identity.PasswordChange(in.Body))
	if err == nil {
		c.wrote(receipt)
	}
	return none, err
}
