package token_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/token"
)

var secret = []byte("a secret of more than 16 bytes")

// isPKCS8 reports whether a private key can be read from somewhere in data.
func isPKCS8(data []byte) bool {
	for i := range data {
		if _, err := x509.ParsePKCS8PrivateKey(data[i:]); err == nil {
			return true
		}
	}
	return false
}

func TestASealedKeyIsUnreadableWithoutTheSecret(t *testing.T) {
	w := newWorld(t, token.WithSecret(secret))
	raw := w.issue(t, w.claims())
	stored := w.records(t)[0]
	if isPKCS8(stored.Private) {
		t.Errorf("the private half can be read")
	}
	for name, tt := range map[string]struct {
		keys *token.Keys
		want string
	}{
		"with the secret":       {w.keys(token.WithSecret(secret)), ""},
		"without":               {w.keys(), "is sealed: the secret that it was sealed with is needed"},
		"with another":          {w.keys(token.WithSecret([]byte("another of more than 16 bytes"))), "was sealed with another secret than the one that is configured"},
		"with one too short":    {w.keys(token.WithSecret(secret[:15])), "secret must have at least 16 bytes"},
		"with its first letter": {w.keys(token.WithSecret(secret[:29])), "was sealed with another secret"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.keys.Issue(t.Context(), w.claims())
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Issue = %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), string(secret[:15])) {
				t.Errorf("the error holds the secret")
			}
			if _, err := tt.keys.Verify(t.Context(), raw, expect); err != nil {
				t.Errorf("Verify, which needs no private half: %v", err)
			}
		})
	}
}

func TestASealDoesNotOpenAsAnotherKeys(t *testing.T) {
	w := newWorld(t, token.WithSecret(secret))
	w.issue(t, w.claims())
	one := w.records(t)[0]
	if _, err := w.Rotate(t.Context(), owner, token.EdDSA, 0); err != nil {
		t.Fatal(err)
	}
	for _, r := range w.records(t) {
		if r.ID != one.ID {
			w.write(t, rolecall.Modify(r, func(r *rolecall.SigningKey) error { r.Private = one.Private; return nil }))
		}
	}
	if _, err := w.Issue(t.Context(), w.claims()); err == nil || !strings.Contains(err.Error(), "another secret") {
		t.Errorf("Issue = %v, want it refused", err)
	}
}

func TestAKeyThatWasStoredOpenIsSealed(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.claims())
	es256 := w.claims()
	es256.Algorithm = token.ES256
	w.issue(t, es256)
	for _, r := range w.records(t) {
		if !isPKCS8(r.Private) {
			t.Fatalf("the key for %s was not stored open", r.Algorithm)
		}
	}
	sealing := w.keys(token.WithSecret(secret))
	if _, err := sealing.Issue(t.Context(), w.claims()); err != nil {
		t.Fatal(err)
	}
	for _, r := range w.records(t) {
		if isPKCS8(r.Private) {
			t.Errorf("the key for %s is still open", r.Algorithm)
		}
	}
	if len(w.records(t)) != 2 {
		t.Errorf("%d keys, want the two from before", len(w.records(t)))
	}
	if _, err := sealing.Verify(t.Context(), raw, expect); err != nil {
		t.Errorf("a token from before: %v", err)
	}
	if _, err := sealing.Issue(t.Context(), es256); err != nil {
		t.Errorf("the other key: %v", err)
	}
	if _, err := w.Issue(t.Context(), w.claims()); err == nil {
		t.Errorf("a process that knows no secret still signs")
	}
}

func TestPrivateHalvesAreNotInTheJournal(t *testing.T) {
	w := newWorld(t)
	w.issue(t, w.claims())
	r := w.records(t)[0]
	private, err := x509.ParsePKCS8PrivateKey(bytes.TrimPrefix(r.Private, []byte("open:")))
	if err != nil {
		t.Fatal(err)
	}
	seed := private.(ed25519.PrivateKey).Seed()
	journal := w.journal(t)
	if !strings.Contains(journal, string(r.ID)) || !strings.Contains(journal, base64.RawURLEncoding.EncodeToString(private.(ed25519.PrivateKey).Public().(ed25519.PublicKey))) {
		t.Fatalf("the journal does not tell of the key")
	}
	for name, text := range map[string]string{
		"base64url": base64.RawURLEncoding.EncodeToString(seed), "base64": base64.StdEncoding.EncodeToString(r.Private), `a JWK's "d"`: `"d":`,
	} {
		if strings.Contains(journal, text) {
			t.Errorf("the journal holds a private half, as %s", name)
		}
	}
}

func TestADamagedKeyIsNamed(t *testing.T) {
	for name, damage := range map[string]func(*rolecall.SigningKey){
		"no private half":           func(r *rolecall.SigningKey) { r.Private = nil },
		"a cut private half":        func(r *rolecall.SigningKey) { r.Private = r.Private[:len(r.Private)-1] },
		"another public half":       func(r *rolecall.SigningKey) { r.Public = []byte(`{"kty":"oct","k":"AAAA"}`) },
		"no public half":            func(r *rolecall.SigningKey) { r.Public = []byte(`{}`) },
		"a key of another strength": func(r *rolecall.SigningKey) { r.Algorithm = token.RS256 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.issue(t, w.claims())
			r := w.records(t)[0]
			w.write(t, rolecall.Modify(r, func(r *rolecall.SigningKey) error { damage(r); return nil }))
			_, err := w.keys().Issue(t.Context(), w.claims())
			if !errors.Is(err, rolecall.ErrCorrupt) || !strings.Contains(err.Error(), string(r.ID)) {
				t.Errorf("Issue = %v, want %v and the key's id", err, rolecall.ErrCorrupt)
			}
		})
	}
}

func TestAKeyThatIsNotForItsAlgorithmIsRefused(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	exchange, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, algorithm string
		private         any
		public          any // nil for the one that is there
	}{
		{"RSA of 1024 bits", token.RS256, weak, weak.Public()},
		{"RSA for EdDSA", token.EdDSA, strong, strong.Public()},
		{"the curve P-384 for ES256", token.ES256, curve, curve.Public()},
		{"Ed25519 for RS256", token.RS256, edwards, edwards.Public()},
		{"a private half that signs nothing", token.EdDSA, exchange, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.issue(t, w.claims())
			r := w.records(t)[0]
			der, err := x509.MarshalPKCS8PrivateKey(tt.private)
			if err != nil {
				t.Fatal(err)
			}
			w.write(t, rolecall.Modify(r, func(r *rolecall.SigningKey) error {
				r.Algorithm, r.Private = tt.algorithm, append([]byte("open:"), der...)
				if tt.public != nil {
					r.Public, err = jose.JSONWebKey{Key: tt.public, KeyID: string(r.ID), Algorithm: tt.algorithm, Use: "sig"}.MarshalJSON()
				}
				return err
			}))
			claims := w.claims()
			claims.Algorithm = tt.algorithm
			if _, err := w.keys().Issue(t.Context(), claims); !errors.Is(err, rolecall.ErrCorrupt) {
				t.Errorf("Issue = %v, want %v", err, rolecall.ErrCorrupt)
			}
		})
	}
}
