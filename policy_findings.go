package rolecall

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// Findings count what a policy holds, and name what in it asks for somebody's
// attention. They are of everything or, for a tenant, of its members and its
// own roles. Lists are bounded by maxFindings; the counts beside them are not.
type Findings struct {
	Revision Revision

	Users, Clients, Groups int
	Tenants, APIs          int // 0 for a tenant
	Roles, Permissions     int // a tenant's own roles; all permissions
	Owners                 int // active users who are an owner for good: see ErrLockOut
	Unassigned             int // roles that nobody holds, nor one that inherits from them, now or later
	UnassignedRoles        []RoleID
	Empty                  int // roles that give nothing
	EmptyRoles             []RoleID
	Ungranted              int // permissions that no role gives and nobody holds directly
	UngrantedPermissions   []PermissionID
	HoldNothing            int // active users that hold no role and no permission, themselves or by a group
	UsersHoldNothing       []SubjectID
	Ending                 int // assignments and direct grants that end soon
	EndingSoon             []Ending
	Alike                  []Alike
}

// An Ending is an assignment or a direct grant that is about to end.
type Ending struct {
	Subject    SubjectID
	Role       RoleID       // of an assignment
	Permission PermissionID // of a direct grant
	Scope
	Validity
}

// Alike are two roles that give nearly the same: at least nine permissions in ten.
type Alike struct {
	A, B         RoleID
	Both         int // permissions that both give
	OnlyA, OnlyB int
}

// Bounds of findings.
const (
	maxFindings    = 20
	maxAlikeRoles  = 4000 // roles that are compared with one another
	minAlike       = 3    // permissions of roles that are worth comparing
	alikeInHundred = 90
)

// Findings looks through p: through everything if tenant is "". What ends
// before soon is about to end. It takes time in the number of subjects: some
// milliseconds for 100,000.
func (p *Policy) Findings(tenant TenantID, now, soon time.Time) Findings {
	f := Findings{Revision: p.revision}
	var in uint32
	if tenant != "" {
		n, ok := p.number(KindTenant, string(tenant))
		if !ok {
			return f
		}
		in = n
	}
	l := &survey{p: p, in: in, from: now.UnixMilli(), until: soon.UnixMilli(), held: make([]bool, p.roles.count)}
	l.groups()
	l.count(&f)
	slices.SortFunc(l.ending, func(a, b Ending) int {
		return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Role, b.Role))
	})
	f.Ending, f.EndingSoon = len(l.ending), l.ending[:min(len(l.ending), maxFindings)]
	p.findRoles(&f, in, l.held, l.direct)
	f.Owners = p.countOwners(tenant, now)
	if in == 0 {
		f.Tenants, f.APIs = p.tenants.ids.inUse(), p.apis.ids.inUse()
	}
	return f
}

// A survey is a look at what every subject holds, for what is about a tenant, or
// about everything if in is 0.
type survey struct {
	p           *Policy
	in          uint32
	from, until int64 // now and soon, in Unix milliseconds

	held   []bool        // by role: somebody is assigned it
	direct permissionSet // what somebody is granted without a role
	ending []Ending
	giving []bool // by group: it holds something, or is in one that does
}

// holds looks at what a subject itself holds, and reports whether something of it
// counts here, now or later.
func (l *survey) holds(s subject) (any bool) {
	for row := s.row(); len(row) > 0; row = row[8:] {
		if pair := row.at(0); pair.tenant() != inGroup && pair.role() != 0 {
			l.held[pair.role()] = true
			any = any || l.in == 0 || pair.tenant() == 0 || pair.tenant() == l.in
		}
	}
	if s.extra == nil {
		return any
	}
	for _, one := range s.extra.specials {
		if one.until <= l.from {
			continue
		}
		here := l.in == 0 || one.tenant == l.in
		any = any || here || one.tenant == 0
		if one.role != 0 {
			l.held[one.role] = true
		} else {
			l.direct = l.direct.with(single(one.permission))
		}
		if here && one.until <= l.until {
			l.ending = append(l.ending, l.p.ending(s, one))
		}
	}
	return any
}

// groups looks at what groups hold.
func (l *survey) groups() {
	all := &l.p.groups
	l.giving = make([]bool, all.count)
	for n := range all.count {
		if g := all.at(n); g != nil {
			l.giving[n] = l.holds(l.p.subjects.at(g.subject))
		}
	}
	for n := range all.count {
		if g := all.at(n); g != nil {
			l.giving[n] = l.giving[n] || slices.ContainsFunc(g.above, func(up uint32) bool { return l.giving[up] })
		}
	}
}

// count looks at what users and clients hold, and counts who is here.
func (l *survey) count(f *Findings) {
	for n := range l.p.subjects.count {
		s := l.p.subjects.at(n)
		if len(s.record) == 0 {
			continue
		}
		here := l.in == 0
		if !here {
			at := s.row().from(newPair(l.in, 0))
			here = at < s.row().len() && s.row().at(at) == newPair(l.in, 0)
		}
		switch s.kind() {
		case KindGroup:
			if here {
				f.Groups++
			}
			continue
		case KindClient:
			l.holds(s)
			if here {
				f.Clients++
			}
			continue
		}
		any := l.holds(s)
		if !here {
			continue
		}
		f.Users++
		if !any && !s.blocked() && !inAny(s.row(), l.giving) {
			if f.HoldNothing++; len(f.UsersHoldNothing) < maxFindings {
				f.UsersHoldNothing = append(f.UsersHoldNothing, SubjectID(s.name()))
			}
		}
	}
}

func (p *Policy) ending(s subject, one special) Ending {
	e := Ending{Subject: SubjectID(s.name()), Scope: Scope{p.tenantID(one.tenant), one.resource}, Validity: one.validity()}
	if one.role != 0 {
		e.Role = RoleID(p.roles.ids.of(one.role))
	} else {
		e.Permission = PermissionID(p.permissions.ids.of(one.permission))
	}
	return e
}

// findRoles finds what is about roles and permissions. held are the roles that
// somebody is assigned, direct what somebody is granted without a role.
func (p *Policy) findRoles(f *Findings, in uint32, held []bool, direct permissionSet) {
	given := slices.Clone(direct)
	var mine []uint32
	for n := uint32(1); n < p.roles.count; n++ {
		if p.roles.ids.of(n) == "" {
			continue
		}
		given = given.with(p.roles.closed(n))
		if held[n] {
			for _, below := range (*p.roles.all.at(n)).below {
				held[below] = true
			}
		}
		if in == 0 || p.roles.titles.space(n) == in {
			f.Roles++
			mine = append(mine, n)
		}
	}
	built := func(n uint32) bool { return builtInRole(RoleID(p.roles.ids.of(n))) }
	for _, n := range mine {
		if !held[n] && !built(n) {
			if f.Unassigned++; len(f.UnassignedRoles) < maxFindings {
				f.UnassignedRoles = append(f.UnassignedRoles, RoleID(p.roles.ids.of(n)))
			}
		}
		if p.roles.closed(n).empty() {
			if f.Empty++; len(f.EmptyRoles) < maxFindings {
				f.EmptyRoles = append(f.EmptyRoles, RoleID(p.roles.ids.of(n)))
			}
		}
	}
	for n := range p.permissions.count {
		if p.permissions.ids.of(n) == "" {
			continue
		}
		f.Permissions++
		if in == 0 && !given.has(n) {
			if f.Ungranted++; len(f.UngrantedPermissions) < maxFindings {
				f.UngrantedPermissions = append(f.UngrantedPermissions, PermissionID(p.permissions.ids.of(n)))
			}
		}
	}
	p.findAlike(f, slices.DeleteFunc(mine, built))
}

// findAlike finds pairs of roles of one place that give nearly the same, and of
// which neither inherits from the other.
func (p *Policy) findAlike(f *Findings, all []uint32) {
	type sized struct {
		role, size uint32
	}
	var roles []sized
	for _, n := range all {
		size := 0
		for _, word := range p.roles.closed(n) {
			size += bits.OnesCount64(word)
		}
		if size >= minAlike {
			roles = append(roles, sized{n, uint32(size)})
		}
	}
	roles = roles[:min(len(roles), maxAlikeRoles)]
	slices.SortFunc(roles, func(a, b sized) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.role, b.role)) })
	for i, a := range roles {
		first := p.roles.closed(a.role)
		for _, b := range roles[i+1:] {
			if a.size*100 < b.size*alikeInHundred { // so are all that follow
				break
			}
			if p.roles.titles.space(a.role) != p.roles.titles.space(b.role) {
				continue
			}
			both, second := 0, p.roles.closed(b.role)
			for w := range min(len(first), len(second)) {
				both += bits.OnesCount64(first[w] & second[w])
			}
			if either := int(a.size) + int(b.size) - both; both*100 < either*alikeInHundred ||
				p.roles.inherits(a.role, b.role) || p.roles.inherits(b.role, a.role) {
				continue
			}
			f.Alike = append(f.Alike, Alike{
				A: RoleID(p.roles.ids.of(a.role)), B: RoleID(p.roles.ids.of(b.role)),
				Both: both, OnlyA: int(a.size) - both, OnlyB: int(b.size) - both,
			})
			if len(f.Alike) == maxFindings {
				return
			}
		}
	}
}

// countOwners counts who is an owner for good: of the project, or of a tenant.
func (p *Policy) countOwners(tenant TenantID, now time.Time) (n int) {
	role := RoleOwner
	if tenant != "" {
		role = RoleTenantOwner
	}
	p.eachHolder(role, func(id SubjectID) bool {
		if p.isOwner(id, role, Scope{Tenant: tenant}, now) {
			n++
		}
		return true
	})
	return n
}

// inUse counts the names that are in use.
func (s *names) inUse() (n int) {
	for i := range s.count {
		if s.all.at(i).text != "" {
			n++
		}
	}
	return n
}
