package rolecall

import (
	"hash/maphash"
	"sync/atomic"
)

// An index leads from hashes to numbers. It is one open-addressing table that
// every policy of a line reads, without a lock, while an edit adds to it.
//
// It is a hint: a slot may have been left by an edit that was dropped, or lead
// to what has been renamed or deleted since, or is younger than the policy that
// asks. So whoever follows one looks whether its own number is the one meant,
// and goes on to the next slot if not. An edit that needs a larger table makes
// one for itself and its successors.
type index struct {
	slots []atomic.Uint64 // {tag, number + 1}; 0 is free; as many as a power of two
	used  *int            // counts the slots that aren't free
}

// newIndex returns an index with room for n numbers and some more.
func newIndex(n int) index {
	size := 8
	for size < 2*n {
		size *= 2
	}
	return index{make([]atomic.Uint64, size), new(int)}
}

// full reports whether the index must be rebuilt before another number is
// added. Up to there chains of slots stay short.
func (x *index) full() bool { return *x.used >= len(x.slots)/8*5 }

// slot returns the slot at a place in tag's chain, which begins at place tag
// and ends with a slot that is 0.
func (x *index) slot(place uint32) uint64 {
	return x.slots[int(place)&(len(x.slots)-1)].Load()
}

// add leads tag to number.
func (x *index) add(tag, number uint32) {
	slot := uint64(tag)<<32 | uint64(number+1)
	place := tag
	for {
		switch x.slot(place) {
		case slot:
			return // an edit that was dropped, or a name of before, left it
		case 0:
			x.slots[int(place)&(len(x.slots)-1)].Store(slot)
			*x.used++
			return
		}
		place++
	}
}

// names leads from names to numbers and back. A name is unique in its space.
type names struct {
	seed maphash.Seed
	index
	all   vector[name]
	count uint32 // all numbers are below
}

type name struct {
	text  string // "" if the number is free
	space uint32
}

func newNames(seed maphash.Seed) names { return names{seed: seed, index: newIndex(0)} }

func (s *names) tag(space uint32, text string) uint32 {
	return uint32(maphash.String(s.seed, text)) ^ space*0x9e3779b9
}

// find returns the number of a name, and whether it has one.
func (s *names) find(space uint32, text string) (number uint32, ok bool) {
	tag := s.tag(space, text)
	for place := tag; ; place++ {
		slot := s.slot(place)
		if slot == 0 {
			return 0, false
		}
		if number := uint32(slot) - 1; uint32(slot>>32) == tag && number < s.count {
			if name := s.all.at(number); name.space == space && name.text == text && text != "" {
				return number, true
			}
		}
	}
}

// of returns the name with a number that is in use.
func (s *names) of(number uint32) string { return s.all.at(number).text }

// space returns the space of the name with a number that is in use.
func (s *names) space(number uint32) uint32 { return s.all.at(number).space }

// set gives a number its name, in place of the one that it has.
func (s *names) set(number, space uint32, text string, owner uint64) {
	*s.all.edit(number, owner) = name{text, space}
	s.count = max(s.count, number+1)
	if s.full() {
		s.index = newIndex(int(s.count))
		for n := range s.count {
			if name := s.all.at(n); name.text != "" {
				s.add(s.tag(name.space, name.text), n)
			}
		}
		return
	}
	s.add(s.tag(space, text), number)
}

// clear takes a number's name away.
func (s *names) clear(number uint32, owner uint64) {
	*s.all.edit(number, owner) = name{}
}
