// Package token makes and verifies JSON Web Tokens (RFC 7519) and keeps the keys
// that sign them.
//
// Signing keys are records of the core, so that making and rotating one is
// journalled; their private halves never reach the journal, and are sealed in
// the store when there is a secret to seal them with. What a token says of a
// subject is the Policy's to say; who asked for it is the package identity's.
package token

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

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

// Lifetimes of tokens.
const (
	DefaultLifetime = time.Hour
	MaxLifetime     = 24 * time.Hour      // of a token that a TokenRequest asks for
	MaxRefresh      = 30 * 24 * time.Hour // of any token: a refresh token, which is looked up, lasts longest
)

// Keys are a project's signing keys. It is safe for concurrent use.
type Keys struct {
	rc     *rolecall.Service
	issuer string
	secret []byte
	leeway time.Duration

	mu  sync.Mutex // held while keys are read or made
	set atomic.Pointer[keySet]
}

// An Option changes how Keys work.
type Option func(*Keys)

// WithIssuer names the issuer of the project's own tokens: an absolute URL, by
// custom with a slash at its end.
func WithIssuer(url string) Option { return func(k *Keys) { k.issuer = url } }

// WithSecret seals the private halves of keys in the store with a key that is
// derived from secret: at least 16 bytes, as random as a key. Keys that were
// stored open are sealed when a token is next issued.
func WithSecret(secret []byte) Option { return func(k *Keys) { k.secret = secret } }

// WithLeeway sets how far ahead the issuer's clock may be: a token from the
// future counts if it is no more than this from it. The default is 60 seconds.
// It does not prolong a token, since what the token rests on may end with it.
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

// self makes the changes that the process makes of its own accord, and reads
// private halves.
var self = rolecall.System("token")

// refuse says which field of the input breaks which rule.
func refuse(field, rule string, args ...any) error {
	return &rolecall.FieldError{Field: field, Rule: fmt.Sprintf(rule, args...), Kind: rolecall.ErrInvalid}
}
