package rolecall

import "encoding/json"

// A LoginID is what a user types to sign in: an e-mail address, a user name, a
// phone number. Each belongs to one user. The package identity gives it its
// normal form; here it is compared by byte.
type LoginID struct {
	Login   string    `json:"login"`
	Subject SubjectID `json:"subject"`
}

func (l *LoginID) Kind() Kind  { return KindLoginID }
func (l *LoginID) Key() string { return l.Login }

func (l *LoginID) refs() []ref {
	return references(ref{"subject", kindSubject, string(l.Subject)})
}

func (l *LoginID) check() error {
	return firstError(checkID("login", l.Login), checkID("subject", string(l.Subject)))
}

// A CredentialType says how a credential proves who somebody is.
type CredentialType string

const (
	Password  CredentialType = "password"   // at most one for each user; Hash is an Argon2id, bcrypt or PBKDF2 string
	AccessKey CredentialType = "access_key" // any number for each client or user; Hash is a SHA-256
	// ClientSecret proves a client to the token endpoint. Any number; Hash is a SHA-256.
	ClientSecret CredentialType = "client_secret"
)

// A Credential proves who a subject is. Whoever sets one can act as the subject,
// so setting another's takes every permission that the other holds.
type Credential struct {
	ID      CredentialID   `json:"id"`
	Subject SubjectID      `json:"subject"`
	Type    CredentialType `json:"type"`
	Name    string         `json:"name,omitempty"`
	Hash    Secret         `json:"-"` // what the package identity compares
	// Temporary marks a password that has to be replaced at the next sign-in.
	Temporary  bool       `json:"temporary,omitempty"`
	Disabled   bool       `json:"disabled,omitempty"`
	Attributes Attributes `json:"attributes,omitempty"`
	Validity
	Stamps
}

func (c *Credential) Kind() Kind  { return KindCredential }
func (c *Credential) Key() string { return string(c.ID) }

func (c *Credential) refs() []ref {
	return references(ref{"subject", kindSubject, string(c.Subject)})
}

func (c *Credential) check() error {
	c.Validity.normalize()
	if c.Type != Password && c.Type != AccessKey && c.Type != ClientSecret {
		return invalid("type", "must be password, access_key or client_secret")
	}
	return firstError(
		checkID("id", string(c.ID)),
		checkID("subject", string(c.Subject)),
		checkText("name", c.Name, MaxNameRunes),
		c.Validity.check(),
		checkAttributes(&c.Attributes),
	)
}

// A SigningKey signs tokens. The package token makes and reads both halves.
type SigningKey struct {
	ID        KeyID           `json:"id"`        // the "kid"
	Algorithm string          `json:"algorithm"` // of RFC 7518 and RFC 8037: RS256, ES256 or EdDSA
	Public    json.RawMessage `json:"public"`    // a JWK, RFC 7517
	Private   Secret          `json:"-"`         // sealed when the server is given a secret
	// Validity: a key signs from StartsAt on, while it is the newest of its
	// algorithm, and is published until ExpiresAt.
	Validity
	Stamps
}

func (k *SigningKey) Kind() Kind  { return KindSigningKey }
func (k *SigningKey) Key() string { return string(k.ID) }
func (k *SigningKey) refs() []ref { return nil }

func (k *SigningKey) check() error {
	k.Validity.normalize()
	if k.Algorithm != "RS256" && k.Algorithm != "ES256" && k.Algorithm != "EdDSA" {
		return invalid("algorithm", "must be RS256, ES256 or EdDSA")
	}
	if !isJSON(k.Public) {
		return invalid("public", "must be a JSON Web Key")
	}
	return firstError(checkID("id", string(k.ID)), k.Validity.check())
}

// A Setting is one named choice of the project, as JSON.
type Setting struct {
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value"`
	Secret Secret          `json:"-"` // what Value takes to be of use and nobody is shown; nil for most
	Stamps
}

func (s *Setting) Kind() Kind  { return KindSetting }
func (s *Setting) Key() string { return s.Name }
func (s *Setting) refs() []ref { return nil }

func (s *Setting) check() error {
	if !isJSON(s.Value) || len(s.Value) > MaxAttributesBytes {
		return invalid("value", "must be JSON of at most %d bytes", MaxAttributesBytes)
	}
	if len(s.Secret) > MaxAttributesBytes {
		return invalid("secret", "must be at most %d bytes", MaxAttributesBytes)
	}
	return checkID("name", s.Name)
}
