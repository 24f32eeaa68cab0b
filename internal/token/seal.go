package token

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	"github.com/rolecall/rolecall"
)

// A private half is stored as PKCS #8 (RFC 5958), after a word that says whether
// it is sealed: with AES-256-GCM, under a random nonce, with the key's id as
// additional data, so that one key's seal does not open as another's. The
// sealing key is derived from the secret by HKDF with SHA-256 (RFC 5869).
const (
	openMark   = "open:"
	sealedMark = "sealed:"

	sealInfo       = "rolecall signing keys, AES-256-GCM"
	minSecretBytes = 16
)

// seal returns the form in which to store the private half of the key with an id.
func (k *Keys) seal(id rolecall.KeyID, der []byte) (rolecall.Secret, error) {
	if len(k.secret) == 0 {
		return append([]byte(openMark), der...), nil
	}
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	return aead.Seal([]byte(sealedMark), nil, der, []byte(id)), nil
}

// open returns the private half of a key.
func (k *Keys) open(record rolecall.SigningKey) (crypto.Signer, error) {
	der, isOpen := bytes.CutPrefix(record.Private, []byte(openMark))
	if !isOpen {
		sealed, isSealed := bytes.CutPrefix(record.Private, []byte(sealedMark))
		switch {
		case !isSealed:
			return nil, fmt.Errorf("signing key %q does not hold a private key: %w", record.ID, rolecall.ErrCorrupt)
		case len(k.secret) == 0:
			return nil, fmt.Errorf("signing key %q is sealed: the secret that it was sealed with is needed", record.ID)
		}
		aead, err := k.aead()
		if err != nil {
			return nil, err
		}
		if der, err = aead.Open(nil, nil, sealed, []byte(record.ID)); err != nil {
			return nil, fmt.Errorf("signing key %q was sealed with another secret than the one that is configured", record.ID)
		}
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("signing key %q does not hold a private key: %w", record.ID, rolecall.ErrCorrupt)
	}
	signer, ok := private.(crypto.Signer)
	if !ok || !fits(signer.Public(), record.Algorithm) {
		return nil, fmt.Errorf("signing key %q is not one for %s: %w", record.ID, record.Algorithm, rolecall.ErrCorrupt)
	}
	return signer, nil
}

func (k *Keys) aead() (cipher.AEAD, error) {
	if len(k.secret) < minSecretBytes {
		return nil, refuse("secret", "must have at least %d bytes", minSecretBytes)
	}
	derived, err := hkdf.Key(sha256.New, k.secret, nil, sealInfo, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// unsealed reports whether a key is stored open although there is a secret.
func (k *Keys) unsealed(key *key) bool {
	return len(k.secret) > 0 && bytes.HasPrefix(key.Private, []byte(openMark))
}

// sealAll seals every key that is stored open.
func (k *Keys) sealAll(ctx context.Context, set *keySet) error {
	var ops []rolecall.Op
	for _, key := range set.keys {
		if !k.unsealed(key) {
			continue
		}
		sealed, err := k.seal(key.ID, bytes.TrimPrefix(key.Private, []byte(openMark)))
		if err != nil {
			return err
		}
		ops = append(ops, rolecall.Modify(&rolecall.SigningKey{ID: key.ID}, func(r *rolecall.SigningKey) error {
			r.Private = sealed
			return nil
		}))
	}
	_, err := k.rc.Write(ctx, because("the private half was sealed"), ops...)
	return err
}

// Ready reports why tokens can't be signed, or nil: that the newest key of an
// algorithm is sealed with a secret that is not the configured one. It makes no key.
func (k *Keys) Ready(ctx context.Context) error {
	set, err := k.read(ctx)
	if err != nil {
		return err
	}
	now := k.rc.Now()
	for _, algorithm := range []string{RS256, ES256, EdDSA} {
		key := set.signing(algorithm, now, now)
		if key == nil {
			continue
		}
		if _, err := key.signers(); err != nil {
			return err
		}
	}
	return nil
}
