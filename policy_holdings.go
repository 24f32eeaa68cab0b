package rolecall

import (
	"math"
	"slices"
)

// This file reads a policy back: exactly and completely, where Decide is quick.
// Everything but Decide is built on it.

// number returns the number of a record of one of the kinds that a Policy keeps by id.
func (p *Policy) number(kind Kind, id string) (number uint32, ok bool) {
	switch kind {
	case KindAPI:
		return p.apis.ids.find(0, id)
	case KindPermission:
		return p.permissions.ids.find(0, id)
	case KindTenant:
		return p.tenants.ids.find(0, id)
	case KindRole:
		return p.roles.ids.find(0, id)
	case KindConstraint:
		return p.constraints.ids.find(0, id)
	case KindSession:
		return p.sessions.ids.find(0, id)
	case KindUser, KindClient, KindGroup, kindSubject:
		s, number, ok := p.subjects.find(id)
		return number, ok && (kind == kindSubject || kind == s.kind())
	}
	return 0, false
}

// exists reports whether a record of one of the kinds that a Policy keeps by id
// (api, permission, role, tenant, user, client, group, or kindSubject for any
// of the last three) has the id.
func (p *Policy) exists(kind Kind, id string) bool {
	_, ok := p.number(kind, id)
	return ok
}

// groupOf returns the number among groups of a subject that is one.
func (p *Policy) groupOf(subject uint32) (group uint32, ok bool) {
	s := p.subjects.at(subject)
	if s.kind() != KindGroup {
		return 0, false
	}
	return s.extra.group, true
}

// permissionRef returns the name of the permission with a number in p.
func (p *Policy) permissionRef(number int) (PermissionID, PermissionRef) {
	n := uint32(number)
	api := p.permissions.titles.space(n)
	return PermissionID(p.permissions.ids.of(n)), PermissionRef{p.apis.identifiers.of(api), p.permissions.titles.of(n)}
}

// permissionNumber returns the number of a permission in p.
func (p *Policy) permissionNumber(id PermissionID) (number int, ok bool) {
	n, ok := p.number(KindPermission, string(id))
	return int(n), ok
}

// roleTenant returns the tenant that a role belongs to, "" for the project's roles.
func (p *Policy) roleTenant(id RoleID) TenantID {
	n, ok := p.number(KindRole, string(id))
	if !ok {
		return ""
	}
	return p.tenantID(p.roles.titles.space(n))
}

func (p *Policy) tenantID(number uint32) TenantID {
	if number == 0 {
		return ""
	}
	return TenantID(p.tenants.ids.of(number))
}

// permissionsOf returns the permissions of an API.
func (p *Policy) permissionsOf(api APIID) (set permissionSet) {
	of, ok := p.number(KindAPI, string(api))
	if !ok {
		return nil
	}
	for n := range p.permissions.ids.count {
		if p.permissions.ids.of(n) != "" && p.permissions.titles.space(n) == of {
			set = set.with(single(n))
		}
	}
	return set
}

// A holding is one assignment or direct grant that counts for a subject: its
// own, or that of a group it is in.
type holding struct {
	role       RoleID       // of an assignment
	permission PermissionID // of a direct grant
	number     uint32       // of the one or the other, in the policy that made the holding
	Scope
	Validity
	groups []SubjectID // the way to it: from a group that the subject is a member of to the one that holds it
}

// maxWays bounds how many ways through groups are told apart. Beyond it, every
// group that a subject is in is still reached, by a shortest way.
const maxWays = 1000

// counted returns all that counts for a subject, valid now or not, blocked or
// not. It does not say by which ways: what a group holds appears once.
func (p *Policy) counted(subject SubjectID) []holding {
	s, _, ok := p.subjects.find(string(subject))
	if !ok {
		return nil
	}
	all := p.own(nil, s, nil)
	for _, g := range p.groupsOf(s) {
		all = p.own(all, p.subjects.at(p.groups.at(g).subject), nil)
	}
	return all
}

// groupsOf returns the groups that a subject is in, through any number of
// groups, ascending.
func (p *Policy) groupsOf(s subject) (all []uint32) {
	for in := s.row().groups(); len(in) > 0; in = in[8:] {
		group := in.at(0).role()
		all = append(append(all, group), p.groups.at(group).above...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A reach is all that counts for a subject, and the ways to it: for the paths by
// which it has many things.
type reach struct {
	p    *Policy
	s    subject
	own  []holding
	ways [][]uint32
	held map[uint32][]holding // of each group that a way ends with
}

func (p *Policy) reach(s subject) *reach {
	r := &reach{p, s, p.own(nil, s, nil), p.ways(s), map[uint32][]holding{}}
	for _, way := range r.ways {
		if g := way[len(way)-1]; r.held[g] == nil {
			r.held[g] = p.own(nil, p.subjects.at(p.groups.at(g).subject), nil)
		}
	}
	return r
}

// byRole returns what narrows r to the holdings that give a role, themselves or by
// inheritance, for one who asks for many: each holding is looked at once, and
// not again for every role.
func (r *reach) byRole() func(role uint32) *reach {
	const own = math.MaxUint32                 // no group's number
	places := map[uint32]map[uint32][]uint32{} // by role and group, or own: the holdings that give the role
	index := func(group uint32, all []holding) {
		note := func(role uint32, i int) {
			if places[role] == nil {
				places[role] = map[uint32][]uint32{}
			}
			places[role][group] = append(places[role][group], uint32(i))
		}
		for i := range all {
			if n := all[i].number; all[i].role != "" {
				note(n, i)
				for _, below := range (*r.p.roles.all.at(n)).below {
					note(below, i)
				}
			}
		}
	}
	index(own, r.own)
	for group, all := range r.held {
		index(group, all)
	}
	of := func(all []holding, at []uint32) []holding {
		some := make([]holding, len(at))
		for i, n := range at {
			some[i] = all[n]
		}
		return some
	}
	return func(role uint32) *reach {
		narrow := &reach{p: r.p, s: r.s, held: map[uint32][]holding{}}
		for group, at := range places[role] {
			if group == own {
				narrow.own = of(r.own, at)
			} else {
				narrow.held[group], narrow.ways = of(r.held[group], at), r.ways
			}
		}
		return narrow
	}
}

// each calls visit with the holdings that match, until visit returns false. One
// that is reached by two ways through groups comes twice.
func (r *reach) each(match func(*holding) bool, visit func(holding) bool) {
	filter := func(all []holding) (some []holding) {
		for i := range all {
			if match(&all[i]) {
				some = append(some, all[i])
			}
		}
		return some
	}
	for _, h := range filter(r.own) {
		if !visit(h) {
			return
		}
	}
	matching := map[uint32][]holding{}
	for _, way := range r.ways {
		group := way[len(way)-1]
		some, known := matching[group]
		if !known {
			some = filter(r.held[group])
			matching[group] = some
		}
		if len(some) == 0 {
			continue
		}
		ids := r.p.groupIDs(way)
		for _, h := range some {
			h.groups = ids
			if !visit(h) {
				return
			}
		}
	}
}

func (p *Policy) groupIDs(way []uint32) []SubjectID {
	ids := make([]SubjectID, len(way))
	for i, n := range way {
		ids[i] = p.subjects.id(p.groups.at(n).subject)
	}
	return ids
}

// own appends what a subject itself holds to all.
func (p *Policy) own(all []holding, s subject, groups []SubjectID) []holding {
	for row := s.row(); len(row) > 0; row = row[8:] {
		if pair := row.at(0); pair.tenant() != inGroup && pair.role() != 0 {
			all = append(all, holding{
				role:   RoleID(p.roles.ids.of(pair.role())),
				number: pair.role(),
				Scope:  Scope{Tenant: p.tenantID(pair.tenant())},
				groups: groups,
			})
		}
	}
	if s.extra == nil {
		return all
	}
	for _, s := range s.extra.specials {
		h := holding{Scope: Scope{p.tenantID(s.tenant), s.resource}, Validity: s.validity(), groups: groups}
		if s.role != 0 {
			h.role, h.number = RoleID(p.roles.ids.of(s.role)), s.role
		} else {
			h.permission, h.number = PermissionID(p.permissions.ids.of(s.permission)), s.permission
		}
		all = append(all, h)
	}
	return all
}

// ways returns every way from a subject up through groups, shorter ones first:
// each a list that ends with the group it leads to.
func (p *Policy) ways(s subject) [][]uint32 {
	var ways [][]uint32
	seen := map[uint32]bool{}
	step := func(way []uint32, group uint32) {
		if len(ways) < maxWays || !seen[group] {
			seen[group] = true
			ways = append(ways, append(slices.Clip(way), group))
		}
	}
	for in := s.row().groups(); len(in) > 0; in = in[8:] {
		step(nil, in.at(0).role())
	}
	for i := 0; i < len(ways); i++ {
		for _, parent := range p.groups.at(ways[i][len(ways[i])-1]).parents {
			step(ways[i], parent)
		}
	}
	return ways
}

// gives returns the permissions that a holding gives, inherited ones included.
// The set is shared and must not be changed, and is only good until the next
// change to an edit of p.
func (p *Policy) gives(h holding) permissionSet {
	if h.role != "" {
		if n, ok := p.number(KindRole, string(h.role)); ok {
			return p.roles.closed(n)
		}
	} else if n, ok := p.number(KindPermission, string(h.permission)); ok {
		return single(n)
	}
	return nil
}

// memberships returns the scope everywhere, and that of each tenant that a
// subject is a member of.
func (p *Policy) memberships(id SubjectID) []Scope {
	all := []Scope{{}}
	if s, _, ok := p.subjects.find(string(id)); ok {
		for row := s.row(); len(row) > 0; row = row[8:] {
			if pair := row.at(0); pair.tenant() != inGroup && pair.role() == 0 {
				all = append(all, Scope{Tenant: p.tenantID(pair.tenant())})
			}
		}
	}
	return all
}

// inherits reports whether role senior has junior's permissions, by being it or
// by inheriting from it through any number of roles.
func (p *Policy) inherits(senior, junior RoleID) bool {
	s, known := p.number(KindRole, string(senior))
	j, ok := p.number(KindRole, string(junior))
	return known && ok && p.roles.inherits(s, j)
}

// within reports whether member is group or is in it, through any number of groups.
func (p *Policy) within(member, group SubjectID) bool {
	m, _, known := p.subjects.find(string(member))
	g, _, ok := p.subjects.find(string(group))
	return known && ok && g.kind() == KindGroup && (member == group || p.groups.hold(m.row(), g.extra.group))
}

// eachHolder calls visit with every user and client that holds role or a role
// that inherits from it, in any scope, at any time, directly or through groups,
// until visit returns false. An empty role means every user and client.
func (p *Policy) eachHolder(role RoleID, visit func(SubjectID) bool) {
	if role == "" {
		p.eachPerson(func(s subject) bool { return visit(SubjectID(s.name())) })
		return
	}
	if target, ok := p.number(KindRole, string(role)); ok {
		p.eachAmong(p.roles.above([]uint32{target}), nil, visit)
	}
}

// eachMember calls visit with every user and client in group, through any
// number of groups, once each, until visit returns false.
func (p *Policy) eachMember(group SubjectID, visit func(SubjectID) bool) {
	s, _, ok := p.subjects.find(string(group))
	if ok && s.kind() == KindGroup {
		p.eachAmong(nil, []uint32{s.extra.group}, visit)
	}
}

// eachAmong calls visit with every user and client that holds one of roles, a set
// of numbers, directly or through groups, or is in one of groups, through any
// number of groups, until visit returns false. It looks at everybody once.
func (p *Policy) eachAmong(roles []bool, groups []uint32, visit func(SubjectID) bool) {
	holds := func(s subject) bool {
		if roles == nil {
			return false
		}
		for row := s.row(); len(row) > 0; row = row[8:] {
			if pair := row.at(0); pair.tenant() != inGroup && roles[pair.role()] {
				return true
			}
		}
		return s.extra != nil && slices.ContainsFunc(s.extra.specials, func(s special) bool { return roles[s.role] })
	}
	in := make([]bool, p.groups.count)
	for _, n := range groups {
		in[n] = true
	}
	for n := range p.groups.count {
		if g := p.groups.at(n); g != nil && holds(p.subjects.at(g.subject)) {
			in[n] = true
			groups = append(groups, n)
		}
	}
	for len(groups) > 0 {
		n := groups[len(groups)-1]
		groups = groups[:len(groups)-1]
		for _, member := range p.groups.at(n).members {
			if !in[member] {
				in[member] = true
				groups = append(groups, member)
			}
		}
	}
	p.eachPerson(func(s subject) bool {
		return !(holds(s) || inAny(s.row(), in)) || visit(SubjectID(s.name()))
	})
}

// eachPerson calls visit with every user and client, until visit returns false.
func (p *Policy) eachPerson(visit func(subject) bool) {
	for n := range p.subjects.count {
		if s := p.subjects.at(n); len(s.record) > 0 && s.flags()&flagKind != flagGroup && !visit(s) {
			return
		}
	}
}

// inAny reports whether a subject with a row is immediately in one of groups.
func inAny(row row, groups []bool) bool {
	for in := row.groups(); len(in) > 0; in = in[8:] {
		if groups[in.at(0).role()] {
			return true
		}
	}
	return false
}
