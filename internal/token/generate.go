package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall"
)

// generate makes a new key pair for an algorithm.
func (k *Keys) generate(algorithm string) (*rolecall.SigningKey, error) {
	var private crypto.Signer
	var err error
	switch algorithm {
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, checkAlgorithm(algorithm)
	}
	if err != nil {
		return nil, fmt.Errorf("can't make a key for %s: %w", algorithm, err)
	}
	record := &rolecall.SigningKey{ID: rolecall.KeyID(rolecall.NewID("sig")), Algorithm: algorithm}
	public := jose.JSONWebKey{Key: private.Public(), KeyID: string(record.ID), Algorithm: algorithm, Use: "sig"}
	if record.Public, err = public.MarshalJSON(); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	record.Private, err = k.seal(record.ID, der)
	return record, err
}

func checkAlgorithm(algorithm string) error {
	switch algorithm {
	case RS256, ES256, EdDSA:
		return nil
	}
	return refuse("algorithm", "must be RS256, ES256 or EdDSA")
}

// fits reports whether a public key is one for an algorithm.
func fits(public any, algorithm string) bool {
	switch p := public.(type) {
	case *rsa.PublicKey:
		return algorithm == RS256 && p.Size() >= 2048/8
	case *ecdsa.PublicKey:
		return algorithm == ES256 && p.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return algorithm == EdDSA
	}
	return false
}
