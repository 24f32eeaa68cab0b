package pep

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Tokens says which tokens a [Verifier] accepts. Issuer and Audience are
// required; the zero value of everything else is a good default.
type Tokens struct {
	Issuer   string // what "iss" must be, to the byte
	Audience string // what "aud" must be or contain: the identifier of the API

	// Where the issuer's public keys come from: a URL, by default the Issuer
	// followed by ".well-known/jwks.json", or Keys, a fixed set. The URL must be
	// https, unless its host is this machine: whoever can change the answer can
	// make tokens.
	JWKS string
	Keys *jose.JSONWebKeySet
	HTTP *http.Client // to ask that URL, in at most 5 seconds; the default follows no redirect

	// Algorithms lists the accepted signature algorithms, of the asymmetric ones
	// of RFC 7518 and RFC 8037. The default is RS256, ES256 and EdDSA.
	Algorithms []string

	// MaxAge is how long keys are used before they are fetched again (default 10
	// minutes), and MaxStale how long they are used when that fails (1 hour).
	// CoolDown is the least time between two fetches (5 seconds): a key that is
	// not known is looked for at once, but not more often.
	MaxAge, MaxStale, CoolDown time.Duration

	// Leeway is how far the issuer's clock may be ahead of ours (default 5
	// seconds). It counts for "nbf" and "iat". Nothing makes "exp" later.
	Leeway time.Duration

	CacheSize int              // tokens to remember as verified; default 8192
	Clock     func() time.Time // default time.Now
}

// A Verifier verifies JSON Web Tokens, RFC 7519, by RFC 8725's advice. It
// remembers those that it verified, by their hash, until they expire or their
// key is no longer published. It is safe for concurrent use.
type Verifier struct {
	tokens     Tokens
	algorithms []jose.SignatureAlgorithm
	keys       keys
	verified   *cache
}

// keys finds the key with an id: the same pointer for as long as the key is
// unchanged. An id that is not in use is ErrBadCredentials; any other error
// means that nobody knows.
type keys interface {
	key(ctx context.Context, id string) (*jose.JSONWebKey, error)
}

// maxTokenBytes is the length of the longest token that is looked at.
const maxTokenBytes = 16 << 10

// NewVerifier returns a Verifier of t, or an error if t is incomplete or unsafe.
func NewVerifier(t Tokens) (*Verifier, error) {
	if t.Issuer == "" || t.Audience == "" {
		return nil, errors.New("pep: a Verifier needs an issuer and an audience")
	}
	t.MaxAge = cmp.Or(t.MaxAge, 10*time.Minute)
	t.MaxStale = cmp.Or(t.MaxStale, time.Hour)
	t.CoolDown = cmp.Or(t.CoolDown, 5*time.Second)
	t.Leeway = cmp.Or(t.Leeway, 5*time.Second)
	t.CacheSize = cmp.Or(t.CacheSize, 8192)
	if t.Clock == nil {
		t.Clock = time.Now
	}
	if len(t.Algorithms) == 0 {
		t.Algorithms = []string{"RS256", "ES256", "EdDSA"}
	}
	v := &Verifier{tokens: t, verified: newCache(t.CacheSize)}
	for _, name := range t.Algorithms {
		if !slices.Contains(asymmetric, jose.SignatureAlgorithm(name)) {
			return nil, fmt.Errorf("pep: %q is not a public-key signature algorithm", name)
		}
		v.algorithms = append(v.algorithms, jose.SignatureAlgorithm(name))
	}
	if t.Keys != nil {
		v.keys = usable(t.Keys.Keys, nil)
		return v, nil
	}
	remote, err := newRemoteKeys(cmp.Or(t.JWKS, strings.TrimSuffix(t.Issuer, "/")+"/.well-known/jwks.json"), t)
	if err != nil {
		return nil, err
	}
	v.keys = remote
	return v, nil
}

// Verify returns the claims of raw if it is a token that v accepts now. An error
// that is ErrBadCredentials says what is wrong with it; any other means that the
// keys can't be had, so that nobody knows.
func (v *Verifier) Verify(ctx context.Context, raw string) (*Claims, error) {
	if len(raw) > maxTokenBytes {
		return nil, bad("the token is too long")
	}
	now := v.tokens.Clock()
	var usual [2 << 10]byte // the bytes of most tokens fit, without an allocation
	hash := sha256.Sum256(append(usual[:0], raw...))
	if known, ok := v.verified.get(hash); ok && now.Before(known.claims.Expires) {
		switch key, err := v.keys.key(ctx, known.key.KeyID); {
		case err != nil:
			return nil, err
		case key == known.key:
			return known.claims, nil
		}
	}
	claims, key, err := v.verify(ctx, raw, now)
	if err != nil {
		return nil, err
	}
	v.verified.put(hash, verified{claims, key})
	return claims, nil
}

func (v *Verifier) verify(ctx context.Context, raw string, now time.Time) (*Claims, *jose.JSONWebKey, error) {
	head, err := parseHeader(raw)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(v.algorithms, head.Algorithm) {
		return nil, nil, bad("the token's algorithm is not accepted")
	}
	key, err := v.keys.key(ctx, head.KeyID)
	if err != nil {
		return nil, nil, err
	}
	if !fits(key, head.Algorithm) {
		return nil, nil, bad("the token's algorithm is not its key's")
	}
	signed, err := jose.ParseSignedCompact(raw, v.algorithms)
	if err != nil {
		return nil, nil, bad("the token can't be read")
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return nil, nil, bad("the token's signature is wrong")
	}
	claims, standard, err := parseClaims(payload)
	if err != nil {
		return nil, nil, err
	}
	return claims, key, v.accept(claims, standard, now)
}

// A header is a token's JOSE header, RFC 7515 section 4, as far as it matters.
type header struct {
	Algorithm jose.SignatureAlgorithm `json:"alg"`
	KeyID     string                  `json:"kid"`
	Type      string                  `json:"typ"`
	Critical  json.RawMessage         `json:"crit"`
	JWK       json.RawMessage         `json:"jwk"`
	JKU       json.RawMessage         `json:"jku"`
	X5C       json.RawMessage         `json:"x5c"`
	X5U       json.RawMessage         `json:"x5u"`
}

func parseHeader(raw string) (h header, err error) {
	first, rest, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil || strings.Count(rest, ".") != 1 || json.Unmarshal(text, &h) != nil {
		return header{}, bad("the token can't be read")
	}
	switch {
	case h.Critical != nil:
		return header{}, bad("the token demands an extension")
	case h.JWK != nil || h.JKU != nil || h.X5C != nil || h.X5U != nil:
		return header{}, bad("the token brings its own key")
	case h.KeyID == "":
		return header{}, bad("the token names no key")
	}
	// RFC 8725 section 3.11: what is made for another purpose says so.
	switch strings.TrimPrefix(strings.ToLower(h.Type), "application/") {
	case "", "jwt", "at+jwt":
		return h, nil
	}
	return header{}, bad("the token is not an access token")
}

// accept refuses claims that are not for us, or not now.
func (v *Verifier) accept(c *Claims, standard *jwt.Claims, now time.Time) error {
	ahead := now.Add(v.tokens.Leeway)
	switch {
	case c.Issuer != v.tokens.Issuer:
		return bad("the token is from another issuer")
	case !slices.Contains(c.Audience, v.tokens.Audience):
		return bad("the token is for another audience")
	case c.Subject == "":
		return bad("the token names no subject")
	case standard.Expiry == nil:
		return bad("the token has no expiry")
	case !now.Before(c.Expires):
		return bad("the token has expired")
	case standard.NotBefore != nil && ahead.Before(standard.NotBefore.Time()):
		return bad("the token is not valid yet")
	case standard.IssuedAt != nil && ahead.Before(c.Issued):
		return bad("the token was issued in the future")
	}
	return nil
}
