package pep

import (
	"crypto/sha256"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// verified is a token that was good, and the key that it was signed with.
type verified struct {
	claims *Claims
	key    *jose.JSONWebKey
}

// A cache remembers verified tokens by their SHA-256, so that it holds nothing
// that could be used. It has two halves: when the new one is full, the old one
// is forgotten. What is used stays.
type cache struct {
	mu       sync.RWMutex
	half     int
	new, old map[[sha256.Size]byte]verified
}

func newCache(size int) *cache {
	return &cache{half: max(size/2, 1), new: make(map[[sha256.Size]byte]verified)}
}

func (c *cache) get(hash [sha256.Size]byte) (verified, bool) {
	c.mu.RLock()
	v, ok := c.new[hash]
	if ok {
		c.mu.RUnlock()
		return v, true
	}
	v, ok = c.old[hash]
	c.mu.RUnlock()
	if ok {
		c.put(hash, v)
	}
	return v, ok
}

func (c *cache) put(hash [sha256.Size]byte, v verified) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.new) >= c.half {
		c.new, c.old = make(map[[sha256.Size]byte]verified), c.new
	}
	c.new[hash] = v
}
