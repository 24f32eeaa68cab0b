package pep

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

// asymmetric lists every algorithm that a Verifier may be told to accept.
var asymmetric = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// fetchTimeout is how long a JWKS URL has for its answer.
const fetchTimeout = 5 * time.Second

// minRSABits is the least length of an RSA key, RFC 7518 section 3.3.
const minRSABits = 2048

// A keySet holds the usable keys of a JWK set by id. It is the keys of a fixed set.
type keySet map[string]*jose.JSONWebKey

// errUnknownKey is what a token is refused with whose key is not in use.
var errUnknownKey = bad("the token's key is not in use")

func (s keySet) key(_ context.Context, id string) (*jose.JSONWebKey, error) {
	if key := s[id]; key != nil {
		return key, nil
	}
	return nil, errUnknownKey
}

// usable returns those of all that can verify a signature: public, with an id,
// for signatures, and long enough. A key that old has too stays the same pointer.
func usable(all []jose.JSONWebKey, old keySet) keySet {
	set := make(keySet, len(all))
	for _, key := range all {
		if key.KeyID == "" || set[key.KeyID] != nil || !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
			continue
		}
		if public, ok := key.Key.(*rsa.PublicKey); ok && public.N.BitLen() < minRSABits {
			continue
		}
		set[key.KeyID] = &key
		if before := old[key.KeyID]; before != nil && same(before, &key) {
			set[key.KeyID] = before
		}
	}
	return set
}

func same(a, b *jose.JSONWebKey) bool {
	one, err1 := a.Thumbprint(crypto.SHA256)
	two, err2 := b.Thumbprint(crypto.SHA256)
	return err1 == nil && err2 == nil && a.Algorithm == b.Algorithm && bytes.Equal(one, two)
}

// fits reports whether a key is one for an algorithm, RFC 7518 section 3.1. The
// token chooses the algorithm, so the key has to agree.
func fits(key *jose.JSONWebKey, algorithm jose.SignatureAlgorithm) bool {
	if key.Algorithm != "" && key.Algorithm != string(algorithm) {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return algorithm[0] == 'R' || algorithm[0] == 'P'
	case *ecdsa.PublicKey:
		return algorithm == jose.ES256 && public.Curve == elliptic.P256() ||
			algorithm == jose.ES384 && public.Curve == elliptic.P384() ||
			algorithm == jose.ES512 && public.Curve == elliptic.P521()
	case ed25519.PublicKey:
		return algorithm == jose.EdDSA
	}
	return false
}

// remoteKeys is the keys of a JWK set at a URL, RFC 7517 section 5.
type remoteKeys struct {
	url    string
	http   *http.Client
	limits Tokens // MaxAge, MaxStale, CoolDown and Clock
	state  atomic.Pointer[fetched]

	mu       sync.Mutex
	fetching chan struct{} // closed when the fetch that is under way ends; nil without one
}

// fetched is what is known of a remote set. It is not changed.
type fetched struct {
	keys  keySet
	at    time.Time // when keys were fetched; zero if never
	tried time.Time // when the last fetch began
	err   error     // why the last fetch failed
}

func newRemoteKeys(address string, t Tokens) (*remoteKeys, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("pep: the JWKS URL can't be read")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("pep: the JWKS URL must be https: %s", u.Redacted())
	}
	k := &remoteKeys{url: address, http: t.HTTP, limits: t}
	if k.http == nil {
		k.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	k.state.Store(new(fetched))
	return k, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (k *remoteKeys) key(ctx context.Context, id string) (*jose.JSONWebKey, error) {
	state, now := k.state.Load(), k.limits.Clock()
	known, age := state.keys[id], now.Sub(state.at)
	if known != nil && age < k.limits.MaxAge {
		return known, nil
	}
	fetching := k.refresh(ctx, now)
	if known != nil && state.err != nil && age < k.limits.MaxStale {
		return known, nil // the source is away: nobody waits for it
	}
	if fetching != nil {
		select {
		case <-fetching:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	state = k.state.Load()
	if state.at.IsZero() || now.Sub(state.at) >= k.limits.MaxStale {
		return nil, fmt.Errorf("pep: no keys from %s: %w", k.url, state.err)
	}
	if key := state.keys[id]; key != nil {
		return key, nil
	}
	if state.err != nil { // the key may be new
		return nil, fmt.Errorf("pep: no new keys from %s: %w", k.url, state.err)
	}
	return nil, errUnknownKey
}

// refresh makes sure that the set is being fetched, unless that was tried a
// moment ago, and returns a channel that is closed when the fetch has ended, or
// nil. Everybody shares one fetch, which nobody's cancellation stops.
func (k *remoteKeys) refresh(ctx context.Context, now time.Time) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fetching != nil {
		return k.fetching
	}
	old := k.state.Load()
	if !old.tried.IsZero() && now.Sub(old.tried) < k.limits.CoolDown {
		return nil
	}
	done := make(chan struct{})
	k.fetching = done
	go func() {
		next := k.fetch(context.WithoutCancel(ctx), old, now)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.state.Store(next)
		k.fetching = nil
		close(done)
	}()
	return done
}

// fetch returns what is known after asking once more.
func (k *remoteKeys) fetch(ctx context.Context, old *fetched, now time.Time) *fetched {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	all, err := k.get(ctx)
	if err != nil {
		return &fetched{keys: old.keys, at: old.at, tried: now, err: err}
	}
	return &fetched{keys: usable(all, old.keys), at: now, tried: now}
}

// get asks the URL. A set larger than 1 MiB is cut off, and so can't be read.
func (k *remoteKeys) get(ctx context.Context) ([]jose.JSONWebKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := k.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", response.Status)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("not a JWK set: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil { // RFC 7517 section 5: ignore what is not understood
			keys = append(keys, key)
		}
	}
	return keys, nil
}
