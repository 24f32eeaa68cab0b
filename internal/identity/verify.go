package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rolecall/rolecall"
)

// VerifyKey returns the credential whose secret is presented from a remote
// address, with or without a port, which the caller must not change. It is
// ErrBadCredentials if there is none, or it does not count now, or not from
// there: expired, disabled, or its subject blocked.
func (i *Identity) VerifyKey(ctx context.Context, secret, from string) (*rolecall.Credential, error) {
	sum, ok := hashKey(secret)
	if !ok {
		return nil, ErrBadCredentials
	}
	at := i.rc.Revision()
	known := i.keys.get(sum)
	if known == nil || known.revision < i.rc.ChangedAt(rolecall.KindCredential) {
		var err error
		if known, err = i.readKey(ctx, secret, sum, known, at); err != nil {
			return nil, err
		}
	}
	return i.count(known, from)
}

// count returns a key that was verified if it counts now and from an address, and
// notes its use.
func (i *Identity) count(known *knownKey, from string) (*rolecall.Credential, error) {
	now := i.rc.Now()
	if c := known.credential; c.Disabled || !c.Validity.At(now) || !known.place.permits(from) {
		return nil, ErrBadCredentials
	}
	if ok, _ := i.active(known.credential.Subject, now); !ok {
		return nil, ErrBadCredentials
	}
	if known.due(now) {
		i.marks.note(known.credential.ID, now)
	}
	return known.credential, nil
}

// readKey reads the key whose text hashes to sum from the store, and remembers
// it as of a revision that was current before. known is what was remembered, if
// anything.
func (i *Identity) readKey(ctx context.Context, text string, sum [sha256.Size]byte, known *knownKey, at rolecall.Revision) (*knownKey, error) {
	id, ok := parseKey(text)
	if !ok {
		return nil, ErrBadCredentials
	}
	c, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Credential{ID: id})
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, ErrBadCredentials
	}
	if err != nil {
		return nil, err
	}
	if c.Type != rolecall.AccessKey || subtle.ConstantTimeCompare(c.Hash, sum[:]) != 1 {
		return nil, ErrBadCredentials
	}
	return i.remember(ctx, sum, c, known, at)
}

// remember keeps a key that was verified, as of revision at. known is what was
// remembered of it before, if anything.
func (i *Identity) remember(ctx context.Context, sum [sha256.Size]byte, c *rolecall.Credential, known *knownKey, at rolecall.Revision) (*knownKey, error) {
	// The key may be another process's, newer than what decisions are made with.
	if err := i.rc.CatchUp(ctx); err != nil {
		return nil, err
	}
	fresh := &knownKey{credential: c, place: placeOf(c), revision: at}
	if known != nil {
		fresh.noted.Store(known.noted.Load())
	}
	i.keys.put(sum, fresh)
	return fresh, nil
}

// A knownKey is an access key that was verified, as of a revision.
type knownKey struct {
	credential *rolecall.Credential
	place      place
	revision   rolecall.Revision
	noted      atomic.Int64 // when it was last noted as used, in Unix milliseconds
}

// noteEvery is how often the use of one key is noted.
const noteEvery = time.Minute

// due reports whether k's use is to be noted, and counts it as noted.
func (k *knownKey) due(now time.Time) bool {
	last, at := k.noted.Load(), now.UnixMilli()
	return at-last >= noteEvery.Milliseconds() && k.noted.CompareAndSwap(last, at)
}

// A keyCache remembers the keys that were verified lately, by the hash of their
// text: finding one takes its text, so looking here tells nothing else. It holds
// two generations; when the younger is full, the older is forgotten.
type keyCache struct {
	mu           sync.RWMutex
	young, older map[[sha256.Size]byte]*knownKey
}

const generation = 4096

func newKeyCache() *keyCache {
	return &keyCache{young: map[[sha256.Size]byte]*knownKey{}}
}

func (c *keyCache) get(sum [sha256.Size]byte) *knownKey {
	c.mu.RLock()
	k, young := c.young[sum]
	if !young {
		k = c.older[sum]
	}
	c.mu.RUnlock()
	if k != nil && !young {
		c.put(sum, k)
	}
	return k
}

func (c *keyCache) put(sum [sha256.Size]byte, k *knownKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= generation {
		c.young, c.older = make(map[[sha256.Size]byte]*knownKey, generation), c.young
	}
	c.young[sum] = k
}
