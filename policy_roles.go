package rolecall

import (
	"hash/maphash"
	"slices"
)

// roles keeps what roles give. What a decision needs, the permissions of each
// role with the inherited ones, is a matrix of bits apart from the rest.
type roles struct {
	numbers       // from 1: role 0 gives nothing
	ids     names // in space 0
	titles  names // in the space of the role's tenant's number
	all     vector[*role]
	pages   vector[*rolePage]
}

type role struct {
	owner   uint64
	seniors []uint32      // the roles that inherit from it immediately
	juniors []uint32      // the roles that it inherits from immediately
	below   []uint32      // the roles that it inherits from through any number of roles, ascending
	grants  permissionSet // what is granted to the role itself
}

const pageRoles = 64

// A rolePage keeps the bits of pageRoles roles: stride words for each.
type rolePage struct {
	owner  uint64
	stride uint32
	bits   []uint64
}

func newRoles(seed maphash.Seed) roles {
	r := roles{ids: newNames(seed), titles: newNames(seed)}
	r.take()
	*r.all.edit(0, 0) = &role{}
	*r.pages.edit(0, 0) = &rolePage{}
	return r
}

func (s permissionSet) has(number uint32) bool {
	word := number / 64
	return int(word) < len(s) && s[word]>>(number%64)&1 != 0
}

// covers reports whether s has all that other has.
func (s permissionSet) covers(other permissionSet) bool {
	for i, word := range other {
		if i < len(s) {
			word &^= s[i]
		}
		if word != 0 {
			return false
		}
	}
	return true
}

// with returns s, changed to have also what other has.
func (s permissionSet) with(other permissionSet) permissionSet {
	for len(s) < len(other) {
		s = append(s, 0)
	}
	for i, word := range other {
		s[i] |= word
	}
	return s
}

// single returns the set of one permission.
func single(number uint32) permissionSet {
	set := make(permissionSet, number/64+1)
	set[number/64] = 1 << (number % 64)
	return set
}

// gives reports whether a role has a permission, itself or by inheritance.
func (r *roles) gives(number, permission uint32) bool {
	page := *r.pages.at(number / pageRoles)
	word := permission / 64
	return word < page.stride && page.bits[number%pageRoles*page.stride+word]>>(permission%64)&1 != 0
}

// closed returns the permissions that a role has, itself or by inheritance. It
// is part of r.
func (r *roles) closed(number uint32) permissionSet {
	page := *r.pages.at(number / pageRoles)
	at := number % pageRoles * page.stride
	return page.bits[at : at+page.stride : at+page.stride]
}

// inherits reports whether senior is junior or inherits from it.
func (r *roles) inherits(senior, junior uint32) bool {
	if senior == junior {
		return true
	}
	_, found := slices.BinarySearch((*r.all.at(senior)).below, junior)
	return found
}

// add makes a role.
func (r *roles) add(id string, tenant uint32, title string, owner uint64) {
	number := r.take()
	r.ids.set(number, 0, id, owner)
	r.titles.set(number, tenant, title, owner)
	*r.all.edit(number, owner) = &role{owner: owner}
	if page := r.pages.edit(number/pageRoles, owner); *page == nil {
		*page = &rolePage{owner: owner}
	}
}

// remove deletes a role that has no grants and no edges.
func (r *roles) remove(number uint32, owner uint64) {
	r.ids.clear(number, owner)
	r.titles.clear(number, owner)
	r.give(number)
}

// role returns a role for owner to change.
func (r *roles) role(number uint32, owner uint64) *role {
	at := r.all.edit(number, owner)
	if was := *at; was.owner != owner {
		*at = &role{owner, slices.Clone(was.seniors), slices.Clone(was.juniors), slices.Clone(was.below), slices.Clone(was.grants)}
	}
	return *at
}

// set replaces the closed permissions of a role.
func (r *roles) set(number uint32, closed permissionSet, owner uint64) {
	at := r.pages.edit(number/pageRoles, owner)
	page := *at
	for len(closed) > 0 && closed[len(closed)-1] == 0 {
		closed = closed[:len(closed)-1]
	}
	if stride := max(page.stride, uint32(len(closed))); page.owner != owner || page.stride != stride {
		wider := &rolePage{owner, stride, make([]uint64, pageRoles*stride)}
		for i := range uint32(pageRoles) {
			copy(wider.bits[i*stride:], page.bits[i*page.stride:(i+1)*page.stride])
		}
		page, *at = wider, wider
	}
	row := page.bits[number%pageRoles*page.stride:][:page.stride]
	clear(row[copy(row, closed):])
}

// grant puts a permission into a role.
func (r *roles) grant(number, permission uint32, owner uint64) {
	one := single(permission)
	was := r.role(number, owner)
	was.grants = was.grants.with(one)
	r.raise(number, one, owner)
}

// raise gives a role more permissions, and with it those that inherit from it.
// One that has them all already ends the way: so have all above it.
func (r *roles) raise(number uint32, more permissionSet, owner uint64) {
	closed := r.closed(number)
	if closed.covers(more) {
		return
	}
	r.set(number, slices.Clone(closed).with(more), owner)
	for _, senior := range (*r.all.at(number)).seniors {
		r.raise(senior, more, owner)
	}
}

// revoke takes a permission out of a role.
func (r *roles) revoke(number, permission uint32, owner uint64) bool {
	role := r.role(number, owner)
	if !role.grants.has(permission) {
		return false
	}
	role.grants[permission/64] &^= 1 << (permission % 64)
	r.close(number, owner)
	return true
}

// inherit makes senior inherit from junior immediately.
func (r *roles) inherit(senior, junior uint32, owner uint64) {
	s, j := r.role(senior, owner), r.role(junior, owner)
	s.juniors = append(s.juniors, junior)
	j.seniors = append(j.seniors, senior)
	r.deepen(senior, lineage(junior, j.below), owner)
	r.raise(senior, r.closed(junior), owner)
}

// deepen puts more roles, ascending, below a role and those that inherit from
// it. One that has them all already ends the way: so have all above it.
func (r *roles) deepen(number uint32, more []uint32, owner uint64) {
	if lacks((*r.all.at(number)).below, more) == 0 {
		return
	}
	role := r.role(number, owner)
	role.below = merge(role.below, more)
	for _, senior := range role.seniors {
		r.deepen(senior, more, owner)
	}
}

// disinherit takes that away, and reports whether it was there.
func (r *roles) disinherit(senior, junior uint32, owner uint64) bool {
	s, j := r.role(senior, owner), r.role(junior, owner)
	at := slices.Index(s.juniors, junior)
	if at < 0 {
		return false
	}
	s.juniors = slices.Delete(s.juniors, at, at+1)
	at = slices.Index(j.seniors, senior)
	j.seniors = slices.Delete(j.seniors, at, at+1)
	r.close(senior, owner)
	return true
}

// close derives again what a role and those that inherit from it have: the
// permissions and the roles below.
func (r *roles) close(number uint32, owner uint64) {
	seniors := func(n uint32) []uint32 { return (*r.all.at(n)).seniors }
	for _, n := range reached(number, seniors) {
		role := r.role(n, owner)
		closed := slices.Clone(role.grants)
		role.below = role.below[:0]
		for _, junior := range role.juniors {
			closed = closed.with(r.closed(junior))
			role.below = append(append(role.below, junior), (*r.all.at(junior)).below...)
		}
		slices.Sort(role.below)
		role.below = slices.Clip(slices.Compact(role.below))
		r.set(n, closed, owner)
	}
}

// above returns, as a set, roles and all that inherit from one of them.
func (r *roles) above(numbers []uint32) []bool {
	all := make([]bool, r.count)
	todo := slices.Clone(numbers)
	for _, n := range numbers {
		all[n] = true
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, senior := range (*r.all.at(n)).seniors {
			if !all[senior] {
				all[senior] = true
				todo = append(todo, senior)
			}
		}
	}
	return all
}

// reached returns start and all that next leads to from there, each after
// everything that leads to it. There must be no cycle.
func reached(start uint32, next func(uint32) []uint32) []uint32 {
	var order []uint32
	seen := map[uint32]bool{}
	var visit func(uint32)
	visit = func(n uint32) {
		seen[n] = true
		for _, m := range next(n) {
			if !seen[m] {
				visit(m)
			}
		}
		order = append(order, n)
	}
	visit(start)
	slices.Reverse(order)
	return order
}
