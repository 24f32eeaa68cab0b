package rolecall

import "slices"

// This file bounds what follows from few edges: n roles that inherit from one
// that inherits from n are 2n edges, and n² pairs of which one inherits from the
// other. The pairs are kept, so that a decision looks none of them up by walking.

// Bounds of what an edge leads to, through any number of others.
const (
	MaxInherited = 1000 // roles that one role inherits from
	MaxWithin    = 1000 // groups that one group is in
)

// lineage returns number and its closure, ascending.
func lineage(number uint32, closure []uint32) []uint32 {
	at, _ := slices.BinarySearch(closure, number)
	return slices.Insert(slices.Clone(closure), at, number)
}

// merge adds to a what it lacks of b, both ascending, and may change a's elements.
func merge(a, b []uint32) []uint32 {
	from, to := len(a)-1, len(a)+lacks(a, b)-1
	all := slices.Grow(a, to-from)[:to+1]
	for i := len(b) - 1; to > from; to-- {
		switch {
		case from >= 0 && i >= 0 && all[from] == b[i]:
			all[to] = all[from]
			from, i = from-1, i-1
		case i < 0 || from >= 0 && all[from] > b[i]:
			all[to] = all[from]
			from--
		default:
			all[to] = b[i]
			i--
		}
	}
	return all
}

// lacks returns how many of b are not in a, both ascending.
func lacks(a, b []uint32) (count int) {
	for _, n := range b {
		at, found := slices.BinarySearch(a, n)
		if a = a[at:]; !found {
			count++
		}
	}
	return count
}

// outgrown returns the first of all whose closure would have more than most
// numbers if it had those of more too.
func outgrown(all []uint32, closure func(uint32) []uint32, more []uint32, most int) (number uint32, found bool) {
	for _, n := range all {
		if has := closure(n); len(has)+len(more) > most && len(has)+lacks(has, more) > most {
			return n, true
		}
	}
	return 0, false
}

// tooManyBelow returns a role that would inherit from more than MaxInherited, if
// senior inherited from junior.
func (p *Policy) tooManyBelow(senior, junior RoleID) (RoleID, bool) {
	s, _ := p.number(KindRole, string(senior))
	j, _ := p.number(KindRole, string(junior))
	seniors := func(n uint32) []uint32 { return (*p.roles.all.at(n)).seniors }
	below := func(n uint32) []uint32 { return (*p.roles.all.at(n)).below }
	n, found := outgrown(reached(s, seniors), below, lineage(j, below(j)), MaxInherited)
	return RoleID(p.roles.ids.of(n)), found
}

// tooManyAbove returns a group that would be in more than MaxWithin, if member
// were in group.
func (p *Policy) tooManyAbove(group, member SubjectID) (SubjectID, bool) {
	g, _, _ := p.subjects.find(string(group))
	m, _, _ := p.subjects.find(string(member))
	if m.kind() != KindGroup {
		return "", false
	}
	members := func(n uint32) []uint32 { return p.groups.at(n).members }
	above := func(n uint32) []uint32 { return p.groups.at(n).above }
	n, found := outgrown(reached(m.extra.group, members), above, lineage(g.extra.group, above(g.extra.group)), MaxWithin)
	if !found {
		return "", false
	}
	return p.subjects.id(p.groups.at(n).subject), true
}
