// Package token makes and verifies JSON Web Tokens (RFC 7519) and keeps the keys
// that sign them.
//
// Signing keys are records of the core, so that making and rotating one is
// journalled; their private halves never reach the journal, and are sealed in
// the store when there is a secret to seal them with. What a token says of a
// subject is the Policy's to say; who asked for it is the package identity's.
package token

import (
	"context"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall"
)

// ErrInvalidToken means that a token is not one to be trusted, here and now.
// The error's text says why, and never holds the token.
var ErrInvalidToken = errors.New("the token is not valid")

// The signature algorithms, of RFC 7518 and RFC 8037. There are no others.
const (
	RS256 = "RS256" // 2048 bits; the default, since every client reads it
	ES256 = "ES256"
	EdDSA = "EdDSA" // Ed25519
)

// Keys are a project's signing keys. It is safe for concurrent use.
type Keys struct {
	rc     *rolecall.Service
	issuer string
	secret []byte
	leeway time.Duration
}

// An Option changes how Keys work.
type Option func(*Keys)

// WithIssuer names the issuer of the project's own tokens: an absolute URL, by
// custom with a slash at its end.
func WithIssuer(url string) Option { return func(k *Keys) { k.issuer = url } }

// WithSecret seals the private halves of keys in the store with a key that is
// derived from secret: at least 16 bytes, as random as a key. Keys that were
// stored open are sealed when they are next read.
func WithSecret(secret []byte) Option { return func(k *Keys) { k.secret = secret } }

// WithLeeway sets how far the clocks of issuer and verifier may differ. The
// default is 60 seconds.
func WithLeeway(d time.Duration) Option { return func(k *Keys) { k.leeway = d } }

// New returns the signing keys of a project. The first key of an algorithm is
// made when it is first needed. The time is the Service's.
func New(rc *rolecall.Service, options ...Option) *Keys {
	k := &Keys{rc: rc, leeway: 60 * time.Second}
	for _, o := range options {
		o(k)
	}
	return k
}

// Issuer returns what WithIssuer set.
func (k *Keys) Issuer() string { return k.issuer }

// Claims are what a token says.
type Claims struct {
	Issuer   string // "" means that of Keys
	Subject  rolecall.SubjectID
	Audience []string
	Issued   time.Time // zero means now
	Expires  time.Time
	ID       string         // "jti"; made if empty
	Extra    map[string]any // any claim beside these
	// Algorithm is RS256 if empty.
	Algorithm string
}

// Issue returns a signed token in its compact form (RFC 7515, section 3.1).
func (k *Keys) Issue(ctx context.Context, c Claims) (string, error) { panic("soon") }

// Expect is what a token must say to be accepted.
type Expect struct {
	Issuer   string // exactly; "" means that of Keys
	Audience string // exactly one of the token's; required
}

// Verified is what a verified token says. It is shared and must not be changed.
type Verified struct {
	Issuer   string
	Subject  rolecall.SubjectID
	Audience []string
	Issued   time.Time
	Expires  time.Time
	ID       string
	KeyID    rolecall.KeyID
	Claims   map[string]any // every claim, as encoding/json reads it
}

// Verify returns what a token says, or an error that is ErrInvalidToken.
func (k *Keys) Verify(ctx context.Context, raw string, want Expect) (*Verified, error) {
	panic("soon")
}

// JWKS returns the public halves of all keys that sign, will sign, or have
// signed tokens that still count (RFC 7517, section 5). It marshals to JSON.
func (k *Keys) JWKS(ctx context.Context) (jose.JSONWebKeySet, error) { panic("soon") }

// Rotate makes a new key for an algorithm, which signs from now on, in a write
// by by. The keys before it stay published for overlap, or, if that is 0, until
// every token that they signed has expired.
func (k *Keys) Rotate(ctx context.Context, by rolecall.Actor, algorithm string, overlap time.Duration) (rolecall.KeyID, error) {
	panic("soon")
}
