package token

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/rolecall/rolecall"
)

// A Box keeps secrets that have to be used again, as private halves are kept:
// sealed if there is a secret, open if not. Its purpose sets its seals apart.
type Box struct {
	secret  []byte
	purpose string
}

// Box returns a Box that seals with k's secret.
func (k *Keys) Box(purpose string) Box { return Box{k.secret, purpose} }

// Seal returns the form in which to store the secret of what has an id.
func (b Box) Seal(id string, text []byte) (rolecall.Secret, error) {
	if len(b.secret) == 0 {
		return append([]byte(openMark), text...), nil
	}
	aead, err := b.aead()
	if err != nil {
		return nil, err
	}
	return aead.Seal([]byte(sealedMark), nil, text, []byte(id)), nil
}

// Open returns what Seal was given.
func (b Box) Open(id string, stored rolecall.Secret) ([]byte, error) {
	if text, ok := bytes.CutPrefix(stored, []byte(openMark)); ok {
		return text, nil
	}
	sealed, ok := bytes.CutPrefix(stored, []byte(sealedMark))
	if !ok {
		return nil, fmt.Errorf("the secret of %q is not one that was stored here: %w", id, rolecall.ErrCorrupt)
	}
	aead, err := b.aead()
	if err != nil {
		return nil, fmt.Errorf("the secret of %q is sealed: the secret that it was sealed with is needed", id)
	}
	text, err := aead.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("the secret of %q was sealed with another secret than the one that is configured", id)
	}
	return text, nil
}

func (b Box) aead() (cipher.AEAD, error) {
	if len(b.secret) < minSecretBytes {
		return nil, refuse("secret", "must have at least %d bytes", minSecretBytes)
	}
	derived, err := hkdf.Key(sha256.New, b.secret, nil, "rolecall "+b.purpose+", AES-256-GCM", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
