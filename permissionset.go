package rolecall

import (
	"iter"
	"math/bits"
)

// A permissionSet is a bit for each permission's number. Sets may have different
// lengths; what is not there is not in the set.
type permissionSet []uint64

func (s permissionSet) empty() bool {
	for _, word := range s {
		if word != 0 {
			return false
		}
	}
	return true
}

// first returns the smallest number in s, which is not empty.
func (s permissionSet) first() int {
	for n := range s.numbers() {
		return n
	}
	return -1
}

// numbers yields the numbers in s, in order.
func (s permissionSet) numbers() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(i*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// subtract takes the numbers of other out of s.
func (s permissionSet) subtract(other permissionSet) {
	for i := range min(len(s), len(other)) {
		s[i] &^= other[i]
	}
}
