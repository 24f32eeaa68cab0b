package rolecall

import "slices"

// nodeSize is how many items a write to a vector copies.
const nodeSize = 128

// A vector is an array that many policies share. Changing an item copies the
// node that holds it and the list of nodes, unless the change's owner made
// those copies already; whoever holds the vector of before sees nothing of it.
//
// An owner is the number of an edit. No two edits of a line share one, so what
// an edit has copied is its own to change until it is done, and nobody's after.
type vector[T any] struct {
	owner uint64 // of the list of nodes
	nodes []*node[T]
}

type node[T any] struct {
	owner uint64
	items [nodeSize]T
}

// at returns item i, which must be there, to read.
func (v *vector[T]) at(i uint32) *T {
	return &v.nodes[i/nodeSize].items[i%nodeSize]
}

// edit returns item i for owner to change, making it and those before it if
// they are not there.
func (v *vector[T]) edit(i uint32, owner uint64) *T {
	if v.owner != owner {
		v.nodes, v.owner = slices.Clone(v.nodes), owner
	}
	for len(v.nodes) <= int(i/nodeSize) {
		v.nodes = append(v.nodes, &node[T]{owner: owner})
	}
	n := v.nodes[i/nodeSize]
	if n.owner != owner {
		n = &node[T]{owner, n.items}
		v.nodes[i/nodeSize] = n
	}
	return &n.items[i%nodeSize]
}

// numbers hands out numbers, the ones that were given back first. What an edit
// gives back it does not get again: until it is done, a number means the same
// in the policy before and after, so that the two can be compared by number.
type numbers struct {
	count uint32 // all numbers are below
	freed *freed
	given *freed // back, by the edit in progress
}

// A freed number is one that was given back, and those before it.
type freed struct {
	number uint32
	next   *freed
}

func (s *numbers) take() uint32 {
	if f := s.freed; f != nil {
		s.freed = f.next
		return f.number
	}
	s.count++
	return s.count - 1
}

func (s *numbers) give(n uint32) { s.given = &freed{n, s.given} }

// settle ends an edit: what it gave back may be taken.
func (s *numbers) settle() {
	for ; s.given != nil; s.given = s.given.next {
		s.freed = &freed{s.given.number, s.freed}
	}
}
