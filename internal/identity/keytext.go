package identity

import (
	"crypto/sha256"
	"strings"

	"github.com/rolecall/rolecall"
)

// The text of an access key: rck_<id>_<secret>, where <id> is the credential's
// id without its prefix, and <secret> 43 random letters and digits, 256 bits.
// It has no colon, so that it fits where "user:password" is expected.
const (
	// KeyPrefix begins the text of every access key, which tells it from a token.
	KeyPrefix = "rck_"

	keyIDPrefix    = "key_"
	keySecretChars = 43
	maxKeyIDBytes  = 64
	maxKeyBytes    = len(KeyPrefix) + maxKeyIDBytes - len(keyIDPrefix) + 1 + keySecretChars
)

// newKeyText returns a new text for the access key with an id.
func newKeyText(id rolecall.CredentialID) string {
	return KeyPrefix + strings.TrimPrefix(string(id), keyIDPrefix) + "_" + rolecall.RandomText(keySecretChars)
}

// parseKey returns the id of the access key that a text claims to be.
func parseKey(text string) (id rolecall.CredentialID, ok bool) {
	rest, ok := strings.CutPrefix(text, KeyPrefix)
	if !ok {
		return "", false
	}
	name, secret, ok := strings.Cut(rest, "_")
	if !ok || len(secret) != keySecretChars || !alphanumeric(secret) {
		return "", false
	}
	id = rolecall.CredentialID(keyIDPrefix + name)
	return id, checkKeyID(id) == nil
}

// checkKeyID reports what is wrong with the id of an access key: it is part of
// the key's text.
func checkKeyID(id rolecall.CredentialID) error {
	name, ok := strings.CutPrefix(string(id), keyIDPrefix)
	if !ok || name == "" || len(id) > maxKeyIDBytes || !alphanumeric(name) {
		return refuse("id", "must be %s and letters and digits, %d at most", keyIDPrefix, maxKeyIDBytes)
	}
	return nil
}

func alphanumeric(text string) bool {
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// hashKey returns the hash of a key's text, or false if no key has one as long.
// The text is as random as a hash is wide, so there is nothing for a slow hash
// to protect.
func hashKey(text string) (sum [sha256.Size]byte, ok bool) {
	var room [maxKeyBytes]byte // on the stack: every request with a key comes this way
	if len(text) > len(room) {
		return sum, false
	}
	return sha256.Sum256(room[:copy(room[:], text)]), true
}
