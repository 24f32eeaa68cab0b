package token

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/rolecall/rolecall"
)

// Claims are what a token says.
type Claims struct {
	Issuer    string // "" means that of Keys
	Subject   rolecall.SubjectID
	Audience  []string
	Issued    time.Time // zero means now
	Expires   time.Time // at most MaxRefresh after Issued
	ID        string    // the "jti"; made if empty
	Anonymous bool      // has no "jti"
	Extra     map[string]any
	// Algorithm is RS256 if empty.
	Algorithm string
	Type      string // TypeJWT if empty
}

// The "typ" of tokens. There are no others.
const (
	TypeJWT    = "JWT"
	TypeAccess = "at+jwt" // an access token of RFC 9068
)

// MaxBytes bounds a token, made or verified.
const MaxBytes = 64 << 10

// Issue returns a signed token in its compact form (RFC 7515, section 3.1).
// Times in it are whole seconds, rounded down.
func (k *Keys) Issue(ctx context.Context, c Claims) (string, error) {
	if c.Issuer == "" {
		c.Issuer = k.issuer
	}
	if c.Issued.IsZero() {
		c.Issued = k.rc.Now()
	}
	if c.ID == "" && !c.Anonymous {
		c.ID = rolecall.RandomText(22)
	}
	if c.Type == "" {
		c.Type = TypeJWT
	}
	if c.Algorithm == "" {
		c.Algorithm = RS256
	}
	payload, err := c.payload()
	if err != nil {
		return "", err
	}
	key, err := k.signing(ctx, c.Algorithm, k.rc.Now(), c.Expires)
	if err != nil {
		return "", err
	}
	signer, err := key.signer(c.Type)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	raw, err := signed.CompactSerialize()
	if err == nil && len(raw) > MaxBytes {
		return "", refuse("token", "would have %d bytes, more than %d", len(raw), MaxBytes)
	}
	return raw, err
}

// payload returns the claims as JSON, in the order of their names.
func (c Claims) payload() ([]byte, error) {
	switch {
	case c.Issuer == "":
		return nil, refuse("issuer", "is required")
	case c.Subject == "":
		return nil, refuse("subject", "is required")
	case len(c.Audience) == 0:
		return nil, refuse("audience", "is required")
	case c.Expires.Before(c.Issued):
		return nil, refuse("expires", "must be after issued")
	case c.Expires.Sub(c.Issued) > MaxRefresh:
		return nil, refuse("expires", "must be at most %s after issued", MaxRefresh)
	}
	if err := checkAlgorithm(c.Algorithm); err != nil {
		return nil, err
	}
	if c.Type != TypeJWT && c.Type != TypeAccess {
		return nil, refuse("type", "must be %s or %s", TypeJWT, TypeAccess)
	}
	all := map[string]any{
		"iss": c.Issuer, "sub": c.Subject, "aud": c.Audience,
		"iat": c.Issued.Unix(), "exp": c.Expires.Unix(), "jti": c.ID,
	}
	if c.Anonymous {
		delete(all, "jti")
	}
	if len(c.Audience) == 1 {
		all["aud"] = c.Audience[0]
	}
	for name := range c.Extra {
		if _, taken := all[name]; taken || name == "nbf" || name == "jti" {
			return nil, refuse("extra", "must not hold %s", name)
		}
	}
	maps.Copy(all, c.Extra)
	return json.Marshal(all)
}
