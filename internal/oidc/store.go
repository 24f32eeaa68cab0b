package oidc

import (
	"crypto/sha256"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/oidc/state"
)

// What is kept of sign-ins.
type (
	Store       = state.Store
	Interaction = state.Interaction
	Grant       = state.Grant
	GrantData   = state.GrantData
	Token       = state.Token
	CodeData    = state.CodeData
	Consent     = state.Consent
)

// InteractionData is what an interaction is about.
type InteractionData struct {
	// Request is what an application asked for, nil if none did.
	Request *Request `json:"request,omitempty"`
	// Login is the login that the interaction has come to, "" before.
	Login string `json:"login,omitempty"`
	// Values are the pages' own.
	Values map[string]string `json:"values,omitempty"`
}

// secretChars is the length of codes, refresh tokens and the like: 256 bits.
const secretChars = 43

// newSecret returns a text that can't be guessed, and its hash.
func newSecret() (text string, hash []byte) {
	text = rolecall.RandomText(secretChars)
	return text, hashOf(text)
}

func hashOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}
