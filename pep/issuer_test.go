package pep_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall/pep"
)

const audience = "https://api.example.com"

// noon is when the tests of tokens take place.
var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// Keys are made once: an RSA key takes a while.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
	edKey    = sync.OnceValue(func() ed25519.PrivateKey { _, k, _ := ed25519.GenerateKey(rand.Reader); return k })
)

// An issuer publishes keys at a URL, as an authorization server does, and signs
// tokens with them or with whatever a test wants.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	keys    []jose.JSONWebKey
	down    bool
	gate    chan struct{} // what an answer waits for, if not nil
	fetches atomic.Int64
}

func newIssuer(t testing.TB, keys ...jose.JSONWebKey) *issuer {
	i := &issuer{keys: keys}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		i.fetches.Add(1)
		i.mu.Lock()
		keys, down, gate := i.keys, i.down, i.gate
		i.mu.Unlock()
		if gate != nil {
			<-gate
		}
		if down {
			http.Error(w, "down", http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: keys})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) publish(keys ...jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

func (i *issuer) setDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// name is what the issuer calls itself in "iss".
func (i *issuer) name() string { return i.URL + "/" }

// verifier returns a Verifier of i's tokens, at noon unless change says otherwise.
func (i *issuer) verifier(t testing.TB, change func(*pep.Tokens)) *pep.Verifier {
	t.Helper()
	tokens := pep.Tokens{Issuer: i.name(), Audience: audience, Clock: func() time.Time { return noon }}
	if change != nil {
		change(&tokens)
	}
	v, err := pep.NewVerifier(tokens)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// claims returns the claims of a good token, changed: a nil value removes a claim.
func (i *issuer) claims(changes map[string]any) map[string]any {
	claims := map[string]any{
		"iss": i.name(), "sub": "alice", "aud": audience,
		"iat": noon.Add(-time.Minute).Unix(), "exp": noon.Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// public returns the public half of a key, as it is published.
func public(id string, key any) jose.JSONWebKey {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return jose.JSONWebKey{KeyID: id, Key: &k.PublicKey, Use: "sig", Algorithm: "RS256"}
	case *ecdsa.PrivateKey:
		return jose.JSONWebKey{KeyID: id, Key: &k.PublicKey, Use: "sig", Algorithm: "ES256"}
	case ed25519.PrivateKey:
		return jose.JSONWebKey{KeyID: id, Key: k.Public().(ed25519.PublicKey), Use: "sig", Algorithm: "EdDSA"}
	}
	panic("unknown type of key")
}

// sign returns a token of any JSON value or text, with extra headers.
func sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, headers map[string]any, claims any) string {
	t.Helper()
	payload, ok := claims.(string)
	if !ok {
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		payload = string(text)
	}
	options := &jose.SignerOptions{}
	for name, value := range headers {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// token returns a good token by the RSA key "rsa", with changed claims.
func (i *issuer) token(t testing.TB, changes map[string]any) string {
	t.Helper()
	return sign(t, jose.RS256, rsaKey(), map[string]any{"kid": "rsa"}, i.claims(changes))
}

func base64url(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
