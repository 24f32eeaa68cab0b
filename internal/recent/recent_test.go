package recent_test

import (
	"encoding/binary"
	"testing"

	"github.com/rolecall/rolecall/internal/recent"
)

func sum(n int) (s recent.Sum) {
	binary.BigEndian.PutUint64(s[:], uint64(n))
	return s
}

func TestACacheKeepsTwoGenerations(t *testing.T) {
	for _, tt := range []struct {
		name string
		add  func(c *recent.Cache[int], s recent.Sum, v *int)
	}{
		{"put", (*recent.Cache[int]).Put},
		{"kept", (*recent.Cache[int]).Keep},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := recent.New[int]()
			const many = 5*recent.Generation + 1
			for n := range many {
				tt.add(c, sum(n), &n)
			}
			found := 0
			for n := range many {
				if v := c.Get(sum(n)); v != nil {
					found++
					if *v != n {
						t.Fatalf("%d is remembered for %d", *v, n)
					}
				}
			}
			if found < recent.Generation || found > 2*recent.Generation {
				t.Errorf("%d of %d are remembered, want %d to %d", found, many, recent.Generation, 2*recent.Generation)
			}
			if c.Get(sum(many-recent.Generation)) == nil || c.Get(sum(many-1)) == nil || c.Get(sum(0)) != nil {
				t.Error("it is not the newest that are remembered")
			}
		})
	}
}

func TestWhatIsKeptOutlivesWhatIsNot(t *testing.T) {
	c := recent.New[int]()
	one, two := 1, 2
	c.Put(sum(-1), &one)
	c.Put(sum(-2), &two)
	for n := range 3 * recent.Generation {
		c.Put(sum(n), &n)
		if v := c.Get(sum(-1)); v != nil {
			c.Keep(sum(-1), v)
		}
		c.Get(sum(-2)) // to look is not to keep
	}
	if c.Get(sum(-1)) != &one {
		t.Error("what was kept again and again is forgotten")
	}
	if c.Get(sum(-2)) != nil {
		t.Error("what nobody kept is remembered")
	}
}

func TestWhatIsKeptDoesNotTakeThePlaceOfTheNewest(t *testing.T) {
	c := recent.New[int]()
	old, fresh := 1, 2
	c.Put(sum(1), &old)
	c.Put(sum(1), &fresh)
	c.Keep(sum(1), &old)
	if c.Get(sum(1)) != &fresh {
		t.Error("what was read before is remembered, not what took its place")
	}
}
