package rolecall

import (
	"hash/maphash"
	"time"
)

// A Policy is an immutable snapshot of all that a decision needs, at one
// revision. Its methods are pure: the time is an argument.
//
// It numbers what ids and names stand for, and decides with numbers alone. The
// policies that follow one another share all that did not change between them.
type Policy struct {
	revision Revision
	line     *line

	subjects    subjects
	groups      groups
	roles       roles
	tenants     tenants
	apis        apis
	permissions permissions
	constraints constraints
	sessions    sessions
}

// A line is a policy and all that descend from it.
type line struct {
	edits uint64 // counts them; changed only by the one who may edit
}

// tenants are numbered from 1: in pairs, 0 is everywhere.
type tenants struct {
	numbers
	ids names
}

// apis are numbered; the default API is 0.
type apis struct {
	numbers
	ids         names
	identifiers names
}

// permissions are numbered from 0, so that bits can stand for them.
type permissions struct {
	numbers
	ids    names
	titles names // in the space of the API's number
}

// newPolicy returns an empty policy, at revision 0.
func newPolicy() *Policy {
	seed := maphash.MakeSeed()
	p := &Policy{
		line:        &line{},
		subjects:    newSubjects(seed),
		groups:      newGroups(seed),
		roles:       newRoles(seed),
		tenants:     tenants{ids: newNames(seed)},
		apis:        apis{ids: newNames(seed), identifiers: newNames(seed)},
		permissions: permissions{ids: newNames(seed), titles: newNames(seed)},
		constraints: newConstraints(seed),
		sessions:    newSessions(seed),
	}
	p.tenants.take()
	p.apis.take()
	return p
}

// Revision returns the revision that p is a snapshot of.
func (p *Policy) Revision() Revision { return p.revision }

// Decide answers req at now. It does not allocate.
//
// It is small enough to become part of its caller, who then hands over no copy: the
// processor could read one only when all before it is done, the last decision too.
func (p *Policy) Decide(req Request, now time.Time) Decision { return p.decide(&req, now) }

// Can reports whether a subject holds a permission of the default API in a tenant,
// or everywhere if that is "": whether Decide allows the Request that says no more.
//
// It takes the question as it is, which a program that asks it a million times a
// second notices: to fill the fields of a Request and hand it over takes about as
// long as to decide.
func (p *Policy) Can(subject SubjectID, permission string, tenant TenantID, now time.Time) bool {
	s, _, ok := p.subjects.find(string(subject))
	if !ok || s.blocked() {
		return false
	}
	q := question{ask: askPermission, now: now}
	if tenant != "" {
		if q.tenant, ok = p.tenants.ids.find(0, string(tenant)); !ok {
			return false
		}
	}
	api, ok := p.api("")
	if !ok {
		return false
	}
	q.permission, ok = p.permissions.titles.find(api, permission)
	return ok && p.allows(s, &q)
}

// decide is Decide for who has the request already: copying one takes longer than
// a look at what it asks.
//
//go:noinline
func (p *Policy) decide(req *Request, now time.Time) Decision {
	reason := p.reason(req, now)
	return Decision{reason == Granted, reason, p.revision}
}

func (p *Policy) reason(req *Request, now time.Time) Reason {
	if !req.valid() {
		return InvalidRequest
	}
	s, number, ok := p.subjects.find(string(req.Subject))
	if !ok {
		return UnknownSubject
	}
	if s.blocked() {
		return Blocked
	}
	var q question
	if reason := p.resolve(&q, req, now); reason != "" {
		return reason
	}
	if req.Session != "" {
		session, ok := p.open(req.Session, number, &q)
		if !ok {
			return UnknownSession
		}
		if q.byRole() && !p.activates(session, s, &q) {
			return NotGranted
		}
	}
	if !p.allows(s, &q) { // also where a session allows: its roles are among those held
		return NotGranted
	}
	return Granted
}

// byRole reports whether it is roles that answer q.
func (q *question) byRole() bool {
	return q.ask == askPermission || q.ask == askRole || q.ask == askAnyPermission || q.ask == askAnyRole
}

// valid reports whether req asks exactly one thing.
func (req *Request) valid() bool {
	if req.Permission != "" {
		return req.Role == "" && req.Group == "" && req.Any == ""
	}
	if req.Role != "" {
		return req.Group == "" && req.Any == ""
	}
	if req.Group != "" {
		return req.Any == ""
	}
	return req.Any == KindPermission || req.Any == KindRole || req.Any == KindGroup || req.Any == KindUser
}

// A question is a Request in numbers, less its subject.
type question struct {
	ask        ask
	permission uint32    // for askPermission
	roles      [2]uint32 // for askRole: either; 0 is none
	group      uint32    // for askGroup
	tenant     uint32    // 0 is none
	resource   string
	now        time.Time
}

// An ask is what a question is for.
type ask int

const (
	askPermission ask = iota
	askRole
	askAnyPermission
	askAnyRole
	askGroup
	askAnyGroup
	askAnyUser
)

// resolve turns what req asks into numbers. It returns the reason to deny if
// something does not exist.
func (p *Policy) resolve(q *question, req *Request, now time.Time) Reason {
	q.resource, q.now = req.Resource, now
	known := true
	if req.Tenant != "" {
		q.tenant, known = p.tenants.ids.find(0, string(req.Tenant))
	}
	switch {
	case req.Permission != "":
		api, ok := p.api(req.API)
		if !ok {
			return UnknownAPI
		}
		if q.permission, ok = p.permissions.titles.find(api, req.Permission); !ok {
			return UnknownPermission
		}
	case req.Role != "":
		q.ask = askRole
		var project, local bool
		q.roles[0], project = p.roles.titles.find(0, req.Role)
		if q.tenant != 0 {
			q.roles[1], local = p.roles.titles.find(q.tenant, req.Role)
		}
		if !project && !local {
			return UnknownRole
		}
	case req.Group != "":
		q.ask = askGroup
		var ok bool
		if q.group, ok = p.group(req.Group); !ok {
			return UnknownGroup
		}
	case req.Any == KindPermission:
		q.ask = askAnyPermission
	case req.Any == KindRole:
		q.ask = askAnyRole
	case req.Any == KindGroup:
		q.ask = askAnyGroup
	default:
		q.ask = askAnyUser
	}
	if !known {
		return UnknownTenant
	}
	return ""
}

// api returns the number of the API with an identifier; "" is the default API's.
func (p *Policy) api(identifier string) (number uint32, ok bool) {
	if identifier == "" {
		return 0, p.apis.ids.count > 0 && p.apis.ids.of(0) != ""
	}
	return p.apis.identifiers.find(0, identifier)
}

// group returns the number of the group with an id or else with a name.
func (p *Policy) group(idOrName string) (number uint32, ok bool) {
	if s, _, ok := p.subjects.find(idOrName); ok && s.kind() == KindGroup {
		return s.extra.group, true
	}
	return p.groups.titles.find(0, idOrName)
}

// allows reports whether a subject that is not blocked has what q asks for.
func (p *Policy) allows(s subject, q *question) bool {
	switch q.ask {
	case askAnyUser:
		return true
	case askAnyGroup:
		return len(s.row().groups()) > 0
	case askGroup:
		return p.groups.hold(s.row(), q.group)
	}
	if p.holds(s, q) {
		return true
	}
	for in := s.row().groups(); len(in) >= 8; in = in[8:] {
		group := p.groups.at(in.at(0).role())
		if p.holds(p.subjects.at(group.subject), q) {
			return true
		}
		for _, above := range group.above {
			if p.holds(p.subjects.at(p.groups.at(above).subject), q) {
				return true
			}
		}
	}
	return false
}

// holds reports whether a subject has what q asks for, groups aside.
func (p *Policy) holds(s subject, q *question) bool {
	if s.extra == nil {
		for row := s.packed(); len(row) >= 8; row = row[8:] {
			pair := row.at(0)
			if tenant := pair.tenant(); tenant != 0 && tenant != q.tenant {
				continue
			}
			if q.ask == askPermission { // as answers does: the common question saves the call
				if p.roles.gives(pair.role(), q.permission) {
					return true
				}
			} else if p.answers(pair.role(), q) {
				return true
			}
		}
		return false
	}
	row := s.row()
	return p.anyAnswers(row.in(0), q) || q.tenant != 0 && p.anyAnswers(row.in(q.tenant), q) ||
		p.anySpecialAnswers(s.extra.on(""), q) || q.resource != "" && p.anySpecialAnswers(s.extra.on(q.resource), q)
}

func (p *Policy) anyAnswers(row row, q *question) bool {
	for ; len(row) >= 8; row = row[8:] {
		if p.answers(row.at(0).role(), q) {
			return true
		}
	}
	return false
}

func (p *Policy) anySpecialAnswers(specials []special, q *question) bool {
	now := q.now.UnixMilli()
	for i := range specials {
		s := &specials[i]
		if (s.tenant == 0 || s.tenant == q.tenant) && s.from <= now && now < s.until && p.specialAnswers(s, q) {
			return true
		}
	}
	return false
}

func (p *Policy) specialAnswers(s *special, q *question) bool {
	if s.role != 0 {
		return p.answers(s.role, q)
	}
	return q.ask == askAnyPermission || q.ask == askPermission && s.permission == q.permission
}

// answers reports whether a role is or gives what q asks for. Role 0 never does.
func (p *Policy) answers(role uint32, q *question) bool {
	switch q.ask {
	case askPermission:
		return p.roles.gives(role, q.permission)
	case askAnyPermission:
		return !p.roles.closed(role).empty()
	case askRole:
		return role != 0 && (p.roles.inherits(role, q.roles[0]) || p.roles.inherits(role, q.roles[1]))
	}
	return role != 0 // askAnyRole
}
