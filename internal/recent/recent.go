// Package recent remembers what was verified lately, so that it need not be
// verified again: access keys and secrets for the package identity, tokens for
// the package token. Whether what is remembered still counts is theirs to ask.
package recent

import (
	"crypto/sha256"
	"sync"
)

// A Sum is the hash of a text that was verified, and all that is kept of it.
// Finding what it stands for takes the whole text, so looking tells nothing of
// other texts, however long it takes.
type Sum = [sha256.Size]byte

// A Cache remembers a value for each Sum. It holds two generations: when the
// younger is full, the older is forgotten. It is safe for concurrent use.
type Cache[V any] struct {
	mu           sync.RWMutex
	young, older map[Sum]*V
}

// Generation is how many values a generation has. A Cache keeps at least the
// newest Generation, and at most twice as many.
const Generation = 4096

// New returns an empty Cache.
func New[V any]() *Cache[V] { return &Cache[V]{young: map[Sum]*V{}} }

// Get returns what is remembered for sum, or nil.
func (c *Cache[V]) Get(sum Sum) *V {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if v := c.young[sum]; v != nil {
		return v
	}
	return c.older[sum]
}

// Put remembers v, in the place of what was remembered for sum.
func (c *Cache[V]) Put(sum Sum, v *V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(sum, v)
}

// Keep has v, which Get found or which is new, be among the newest. It takes the
// place of nothing that another made the newest in the meantime.
func (c *Cache[V]) Keep(sum Sum, v *V) {
	c.mu.RLock()
	young := c.young[sum] != nil
	c.mu.RUnlock()
	if young {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young[sum] == nil {
		c.put(sum, v)
	}
}

func (c *Cache[V]) put(sum Sum, v *V) {
	if len(c.young) >= Generation {
		c.young, c.older = make(map[Sum]*V, Generation), c.young
	}
	c.young[sum] = v
}
