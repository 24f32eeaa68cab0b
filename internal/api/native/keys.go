package native

import (
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

type createKeyInput struct {
	Body newKey
}

// A newKey is an access key to be made.
type newKey struct {
	ID          rolecall.CredentialID `json:"id,omitempty"`
	Name        string                `json:"name"`
	Description string                `json:"description,omitempty"`
	Subject     rolecall.SubjectID    `json:"subject,omitempty"`
	Roles       []newRole             `json:"roles,omitempty"`
	ExpiresAt   time.Time             `json:"expires_at,omitzero"`
	Password    string                `json:"password,omitempty"`
}

// A shownKey is an access key with its secret. No other answer holds it.
type shownKey struct {
	rolecall.Credential
	Secret string `json:"secret,omitempty"`
}

func (h *Handler) createKey(c *call, in *createKeyInput) (none shownKey, err error) {
	b := in.Body
	key, err := h.identity.CreateKey(c.r.Context(), c.by, identity.NewKey{
		ID: b.ID, Name: b.Name, Description: b.Description, Subject: b.Subject,
		Roles: assignments(b.Roles), ExpiresAt: b.ExpiresAt, Password: b.Password, From: api.Address(c.r),
	})
	if err != nil {
		return none, err
	}
	c.wrote(key.Receipt)
	c.locate("/keys", key.Credential.Key())
	return shownKey{*key.Credential, key.Secret}, nil
}

type keyInput struct {
	ID rolecall.CredentialID `path:"id"`
}

func (h *Handler) rotateKey(c *call, in *keyInput) (none shownKey, err error) {
	key, err := h.identity.RotateKey(c.r.Context(), c.by, in.ID)
	if err != nil {
		return none, err
	}
	c.wrote(key.Receipt)
	return shownKey{*key.Credential, key.Secret}, nil
}

func (h *Handler) deleteKey(c *call, in *keyInput) (none nothing, err error) {
	receipt, err := h.identity.DeleteKey(c.r.Context(), c.by, in.ID)
	if err == nil {
		c.wrote(receipt)
	}
	return none, err
}

type rotateSigningKeyInput struct {
	Body newSigningKey
}

// A newSigningKey follows the newest of its algorithm.
type newSigningKey struct {
	Algorithm string `json:"algorithm,omitempty"`
	Overlap   int    `json:"overlap,omitempty"` // seconds
}

// A madeSigningKey names a new signing key.
type madeSigningKey struct {
	ID rolecall.KeyID `json:"id"`
}

func (h *Handler) rotateSigningKey(c *call, in *rotateSigningKeyInput) (made madeSigningKey, err error) {
	b := in.Body
	if b.Algorithm == "" {
		b.Algorithm = token.RS256
	}
	overlap, err := seconds("overlap", b.Overlap)
	if err != nil {
		return made, err
	}
	made.ID, err = h.keys.Rotate(c.r.Context(), c.by, b.Algorithm, overlap)
	return made, err
}
