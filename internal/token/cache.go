package token

import (
	"crypto/sha256"
	"sync"
)

// A cache remembers tokens whose signature was verified with one set of keys.
// It holds two generations; when the younger is full, the older is forgotten.
type cache struct {
	mu           sync.RWMutex
	young, older map[[sha256.Size]byte]*Verified
}

const generation = 4096

func newCache() *cache { return &cache{young: map[[sha256.Size]byte]*Verified{}} }

func hash(raw string) [sha256.Size]byte {
	var room [2048]byte // the stack, for a token of the usual length
	return sha256.Sum256(append(room[:0], raw...))
}

func (c *cache) get(sum [sha256.Size]byte) *Verified {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if v := c.young[sum]; v != nil {
		return v
	}
	return c.older[sum]
}

// put remembers v, or keeps it from being forgotten.
func (c *cache) put(sum [sha256.Size]byte, v *Verified) {
	c.mu.RLock()
	young := c.young[sum] != nil
	c.mu.RUnlock()
	if young {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= generation {
		c.young, c.older = make(map[[sha256.Size]byte]*Verified, generation), c.young
	}
	c.young[sum] = v
}
