package token

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/recent"
)

// Expect is what a token must say to be accepted.
type Expect struct {
	Issuer   string // exactly; "" means that of Keys
	Audience string // exactly one of the token's; required
	// Expired accepts a token that has expired, as a hint of who somebody was.
	Expired bool
}

// Verified is what a verified token says. It is shared and must not be changed.
type Verified struct {
	Issuer    string
	Subject   rolecall.SubjectID
	Audience  []string
	Issued    time.Time
	NotBefore time.Time // zero if the token does not say
	Expires   time.Time
	ID        string
	KeyID     rolecall.KeyID
	Claims    map[string]any // every claim, as encoding/json reads it

	key *key
}

// Verify returns what a token says, or an error that is ErrInvalidToken. The
// signature is checked once; who it is for, and when, at every call.
func (k *Keys) Verify(ctx context.Context, raw string, want Expect) (*Verified, error) {
	if want.Issuer == "" {
		want.Issuer = k.issuer
	}
	if len(raw) > MaxBytes {
		return nil, bad("it is longer than %d bytes", MaxBytes)
	}
	set, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	now := k.rc.Now()
	sum := hash(raw)
	v := set.verified.Get(sum)
	if v == nil {
		if v, err = set.verify(raw); err != nil {
			return nil, err
		}
	}
	if err := v.check(want, now, k.leeway); err != nil {
		return nil, err
	}
	set.verified.Keep(sum, v)
	return v, nil
}

func hash(raw string) recent.Sum {
	var room [2048]byte // the stack, for a token of the usual length
	return sha256.Sum256(append(room[:0], raw...))
}

func bad(why string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidToken, fmt.Sprintf(why, args...))
}

// verify checks what does not depend on the time and the verifier: the form,
// the header and the signature.
func (s *keySet) verify(raw string) (*Verified, error) {
	algorithm, id, err := parseHeader(raw)
	if err != nil {
		return nil, err
	}
	key := s.find(id)
	switch {
	case key == nil:
		return nil, bad("no key has its kid")
	case algorithm != key.Algorithm:
		return nil, bad("its alg is not its key's")
	}
	// go-jose reads the header anew, and must come to the same.
	parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(key.Algorithm)})
	if err != nil || len(parsed.Signatures) != 1 || parsed.Signatures[0].Protected.KeyID != string(key.ID) {
		return nil, bad("it is not in the compact form of RFC 7515")
	}
	payload, err := parsed.Verify(key.public.Key)
	if err != nil {
		return nil, bad("its signature is wrong")
	}
	return readClaims(payload, key)
}

// parseHeader returns the alg and the kid of a token. Its header must hold these
// and typ, and nothing else: all else would be a way to tell the verifier what
// to trust ("jwk", "jku", "x5c", "x5u"), or an extension that it does not know,
// as "crit" announces.
func parseHeader(raw string) (algorithm string, id rolecall.KeyID, err error) {
	first, rest, _ := strings.Cut(raw, ".")
	if strings.Count(rest, ".") != 1 || strings.ContainsAny(raw, "\r\n") {
		return "", "", bad("it is no access key, and not in the compact form of RFC 7515")
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return "", "", bad("its header is not in base64url")
	}
	var header map[string]string
	if err := josejson.Unmarshal(text, &header); err != nil { // it refuses doubled names
		return "", "", bad("its header is not a JSON object of texts")
	}
	algorithm, id = header["alg"], rolecall.KeyID(header["kid"])
	switch {
	case checkAlgorithm(algorithm) != nil:
		return "", "", bad("its alg must be RS256, ES256 or EdDSA")
	case header["typ"] != TypeJWT && header["typ"] != TypeAccess:
		return "", "", bad("its typ must be %s or %s", TypeJWT, TypeAccess)
	case id == "" || len(header) != 3:
		return "", "", bad("its header must hold alg, kid and typ alone")
	}
	return algorithm, id, nil
}

// readClaims reads what a key has signed.
func readClaims(payload []byte, key *key) (*Verified, error) {
	v := &Verified{KeyID: key.ID, key: key}
	var c jwt.Claims
	if josejson.Unmarshal(payload, &c) != nil || json.Unmarshal(payload, &v.Claims) != nil {
		return nil, bad("its claims are not a JSON object of RFC 7519")
	}
	if c.Expiry == nil || c.IssuedAt == nil || c.Subject == "" {
		return nil, bad("it lacks exp, iat or sub")
	}
	v.Issuer, v.Subject, v.Audience, v.ID = c.Issuer, rolecall.SubjectID(c.Subject), c.Audience, c.ID
	v.Issued, v.Expires = c.IssuedAt.Time().UTC(), c.Expiry.Time().UTC()
	if c.NotBefore != nil {
		v.NotBefore = c.NotBefore.Time().UTC()
	}
	return v, nil
}

// check reports why v does not count for want at now.
func (v *Verified) check(want Expect, now time.Time, leeway time.Duration) error {
	switch {
	case want.Issuer == "" || v.Issuer != want.Issuer:
		return bad("its iss is another")
	case want.Audience == "" || !slices.Contains(v.Audience, want.Audience):
		return bad("its aud is another")
	case !want.Expired && !now.Before(v.Expires):
		return bad("it has expired")
	case v.NotBefore.After(now.Add(leeway)):
		return bad("it does not count yet")
	case v.Issued.After(now.Add(leeway)):
		return bad("it was issued in the future")
	case !v.key.published(now):
		return bad("its key is no longer used")
	}
	return nil
}
