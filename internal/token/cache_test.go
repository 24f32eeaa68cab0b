package token

import (
	"encoding/binary"
	"testing"
)

func TestACacheKeepsTwoGenerations(t *testing.T) {
	c := newCache()
	sum := func(n int) (s [32]byte) {
		binary.BigEndian.PutUint64(s[:], uint64(n))
		return s
	}
	const many = 5*generation + 1
	for n := range many {
		c.put(sum(n), &Verified{KeyID: "k"})
	}
	kept := 0
	for n := range many {
		if c.get(sum(n)) != nil {
			kept++
		}
	}
	if kept < generation || kept > 2*generation {
		t.Errorf("%d of %d tokens are kept, want %d to %d", kept, many, generation, 2*generation)
	}
	if c.get(sum(many-1)) == nil || c.get(sum(0)) != nil {
		t.Error("it is not the newest that are kept")
	}
}
