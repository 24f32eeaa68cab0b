package identity

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// A pbkdf2Hash is a password's PBKDF2 hash (RFC 8018) from another system. None is
// made here: its owner's first sign-in makes it Argon2id.
type pbkdf2Hash struct {
	digest     string
	iterations int
	salt, key  []byte
}

var pbkdf2Digests = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// Bounds on hashes from elsewhere. The iterations are about a second.
const (
	maxIterations = 3_000_000
	maxSalt       = 128
	minKey        = 16
	maxKey        = 64
)

// EncodePBKDF2 writes a hash in the form that the tools of Auth0 have, which is that
// of Argon2id: $pbkdf2-sha256$i=600000,l=32$salt$key, in base64 without padding.
func EncodePBKDF2(digest string, iterations int64, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$pbkdf2-%s$i=%d,l=%d$%s$%s", digest, iterations, len(key), b64.EncodeToString(salt), b64.EncodeToString(key))
}

// isPBKDF2 reports whether a hash is one of PBKDF2: as EncodePBKDF2 writes it or as
// Django does, pbkdf2_sha256$600000$salt$key with the salt as text.
func isPBKDF2(hash string) bool {
	return strings.HasPrefix(hash, "$pbkdf2-") || strings.HasPrefix(hash, "pbkdf2_")
}

// decodePBKDF2 reads a hash, and refuses what it would not write.
func decodePBKDF2(hash string) (p pbkdf2Hash, ok bool) {
	var err error
	if django, is := strings.CutPrefix(hash, "pbkdf2_"); is {
		part := strings.Split(django, "$")
		if len(part) != 4 {
			return p, false
		}
		p.digest, p.salt = part[0], []byte(part[2])
		if p.iterations, err = strconv.Atoi(part[1]); err != nil || strconv.Itoa(p.iterations) != part[1] {
			return p, false
		}
		p.key, err = base64.StdEncoding.Strict().DecodeString(part[3])
		return p, err == nil && pbkdf2Digests[p.digest] != nil
	}
	part := strings.Split(hash, "$") // the first is empty
	if len(part) != 5 {
		return p, false
	}
	var length int
	p.digest = strings.TrimPrefix(part[1], "pbkdf2-")
	if _, err = fmt.Sscanf(part[2], "i=%d,l=%d", &p.iterations, &length); err != nil {
		return p, false
	}
	b64 := base64.RawStdEncoding.Strict()
	if p.salt, err = b64.DecodeString(part[3]); err != nil {
		return p, false
	}
	if p.key, err = b64.DecodeString(part[4]); err != nil {
		return p, false
	}
	return p, pbkdf2Digests[p.digest] != nil && EncodePBKDF2(p.digest, int64(p.iterations), p.salt, p.key) == hash
}

// check refuses what is too costly, or no hash of a password.
func (p pbkdf2Hash) check(field string) error {
	switch {
	case p.iterations < 1 || p.iterations > maxIterations:
		return refuse(field, "must have 1 to %d iterations", maxIterations)
	case len(p.salt) < 1 || len(p.salt) > maxSalt, len(p.key) < minKey || len(p.key) > maxKey:
		return refuse(field, "must have a salt of 1 to %d bytes and a key of %d to %d", maxSalt, minKey, maxKey)
	}
	return nil
}

// matches reports whether password is the one that was hashed.
func (p pbkdf2Hash) matches(password string) (bool, error) {
	key, err := pbkdf2.Key(pbkdf2Digests[p.digest], password, p.salt, p.iterations, len(p.key))
	return err == nil && subtle.ConstantTimeCompare(key, p.key) == 1, err
}
