package rolecall

import (
	"hash/maphash"
	"slices"
)

// groups keeps how groups are nested. What a group holds is its row among
// subjects, like anyone's, and there too are the groups that it is in.
type groups struct {
	numbers
	titles names // in space 0
	all    vector[*group]
}

type group struct {
	owner   uint64
	subject uint32   // its number among subjects
	parents []uint32 // the groups that it is in immediately
	members []uint32 // the groups that are in it immediately
	above   []uint32 // the groups that it is in through any number of groups, ascending
}

func newGroups(seed maphash.Seed) groups { return groups{titles: newNames(seed)} }

func (g *groups) at(number uint32) *group { return *g.all.at(number) }

// add makes a group.
func (g *groups) add(title string, subject uint32, owner uint64) uint32 {
	number := g.take()
	g.titles.set(number, 0, title, owner)
	*g.all.edit(number, owner) = &group{owner: owner, subject: subject}
	return number
}

// remove deletes a group that is in no group and has no member.
func (g *groups) remove(number uint32, owner uint64) {
	g.titles.clear(number, owner)
	*g.all.edit(number, owner) = nil
	g.give(number)
}

// group returns a group for owner to change.
func (g *groups) group(number uint32, owner uint64) *group {
	at := g.all.edit(number, owner)
	if was := *at; was.owner != owner {
		*at = &group{owner, was.subject, slices.Clone(was.parents), slices.Clone(was.members), slices.Clone(was.above)}
	}
	return *at
}

// nest puts a group into another.
func (g *groups) nest(member, parent uint32, owner uint64) {
	m, p := g.group(member, owner), g.group(parent, owner)
	m.parents = append(m.parents, parent)
	p.members = append(p.members, member)
	g.lift(member, lineage(parent, p.above), owner)
}

// lift puts more groups, ascending, above a group and those in it. One that has
// them all already ends the way: so have all in it.
func (g *groups) lift(number uint32, more []uint32, owner uint64) {
	if lacks(g.at(number).above, more) == 0 {
		return
	}
	group := g.group(number, owner)
	group.above = merge(group.above, more)
	for _, member := range group.members {
		g.lift(member, more, owner)
	}
}

// unnest takes a group out of another.
func (g *groups) unnest(member, parent uint32, owner uint64) {
	m, p := g.group(member, owner), g.group(parent, owner)
	m.parents = slices.DeleteFunc(m.parents, func(n uint32) bool { return n == parent })
	p.members = slices.DeleteFunc(p.members, func(n uint32) bool { return n == member })
	g.close(member, owner)
}

// close derives again which groups a group and those in it are in.
func (g *groups) close(number uint32, owner uint64) {
	members := func(n uint32) []uint32 { return g.at(n).members }
	for _, n := range reached(number, members) {
		group := g.group(n, owner)
		group.above = group.above[:0]
		for _, parent := range group.parents {
			group.above = append(append(group.above, parent), g.at(parent).above...)
		}
		slices.Sort(group.above)
		group.above = slices.Clip(slices.Compact(group.above))
	}
}

// contains reports whether a group is in another, through any number of groups.
func (g *groups) contains(other, number uint32) bool {
	_, found := slices.BinarySearch(g.at(number).above, other)
	return found
}

// hold reports whether a subject with a row is in a group, through any number of groups.
func (g *groups) hold(row row, group uint32) bool {
	for in := row.groups(); len(in) >= 8; in = in[8:] {
		if n := in.at(0).role(); n == group || g.contains(group, n) {
			return true
		}
	}
	return false
}
