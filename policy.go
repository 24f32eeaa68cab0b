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
	}
	p.tenants.take()
	p.apis.take()
	return p
}

// Revision returns the revision that p is a snapshot of.
func (p *Policy) Revision() Revision { return p.revision }

// Decide answers req at now. It does not allocate.
func (p *Policy) Decide(req Request, now time.Time) Decision {
	d := Decision{Reason: p.reason(&req, now), Revision: p.revision}
	d.Allowed = d.Reason == Granted
	return d
}

func (p *Policy) reason(req *Request, now time.Time) Reason {
	if !req.valid() {
		return InvalidRequest
	}
	subject, ok := p.subjects.find(string(req.Subject))
	if !ok {
		return UnknownSubject
	}
	if p.blocked(subject) {
		return Blocked
	}
	var q question
	if reason := p.resolve(&q, req, now); reason != "" {
		return reason
	}
	if !p.allows(subject, &q) {
		return NotGranted
	}
	return Granted
}

// valid reports whether req asks exactly one thing.
func (req *Request) valid() bool {
	asked := 0
	for _, text := range [...]string{req.Permission, req.Role, req.Group, string(req.Any)} {
		if text != "" {
			asked++
		}
	}
	switch req.Any {
	case "", KindPermission, KindRole, KindGroup, KindUser:
		return asked == 1
	}
	return false
}

// A question is a Request in numbers, less its subject.
type question struct {
	ask        Kind   // KindPermission, KindRole or KindGroup: this one; or what any is enough of
	any        bool   // whatever one it is
	permission uint32 // for KindPermission
	roles      [2]uint32
	group      uint32 // for KindGroup
	tenant     uint32 // 0 for none
	resource   string
	now        int64 // Unix milliseconds
}

// resolve turns what req asks into numbers. It returns the reason to deny if
// something does not exist.
func (p *Policy) resolve(q *question, req *Request, now time.Time) Reason {
	q.resource, q.now = req.Resource, now.UnixMilli()
	known := true
	if req.Tenant != "" {
		q.tenant, known = p.tenants.ids.find(0, string(req.Tenant))
	}
	switch {
	case req.Permission != "":
		q.ask = KindPermission
		api, ok := p.api(req.API)
		if !ok {
			return UnknownAPI
		}
		if q.permission, ok = p.permissions.titles.find(api, req.Permission); !ok {
			return UnknownPermission
		}
	case req.Role != "":
		q.ask = KindRole
		var ok, own bool
		q.roles[0], ok = p.roles.titles.find(0, req.Role)
		if q.tenant != 0 {
			q.roles[1], own = p.roles.titles.find(q.tenant, req.Role)
		}
		if !ok && !own {
			return UnknownRole
		}
	case req.Group != "":
		q.ask = KindGroup
		var ok bool
		if q.group, ok = p.group(req.Group); !ok {
			return UnknownGroup
		}
	default:
		q.ask, q.any = req.Any, true
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
	if subject, ok := p.subjects.find(idOrName); ok {
		if r, x := p.subjects.at(subject); r.kind() == KindGroup {
			return x.group, true
		}
	}
	return p.groups.titles.find(0, idOrName)
}

func (p *Policy) blocked(subject uint32) bool {
	r, _ := p.subjects.at(subject)
	return r.flags()&flagBlocked != 0
}

// allows reports whether a subject that is not blocked has what q asks for.
func (p *Policy) allows(subject uint32, q *question) bool {
	r, x := p.subjects.at(subject)
	row := wholeRow(r, x)
	switch {
	case q.ask == KindUser:
		return true
	case q.ask == KindGroup && q.any:
		return len(row.in(inGroup)) > 0
	case q.ask == KindGroup:
		return p.groups.hold(row, q.group)
	case p.holds(row, x, q):
		return true
	}
	for in := row.in(inGroup); len(in) > 0; in = in[8:] {
		group := p.groups.at(in.at(0).role())
		if p.groupHolds(group, q) {
			return true
		}
		for _, above := range group.above {
			if p.groupHolds(p.groups.at(above), q) {
				return true
			}
		}
	}
	return false
}

func (p *Policy) groupHolds(g *group, q *question) bool {
	r, x := p.subjects.at(g.subject)
	return p.holds(wholeRow(r, x), x, q)
}

// holds reports whether a row and extra that are no group's members' have what q asks for.
func (p *Policy) holds(row row, x *extra, q *question) bool {
	if x == nil {
		for ; len(row) > 0; row = row[8:] {
			if pair := row.at(0); (pair.tenant() == 0 || pair.tenant() == q.tenant) && p.answers(pair.role(), q) {
				return true
			}
		}
		return false
	}
	if p.anyAnswers(row.in(0), q) || q.tenant != 0 && p.anyAnswers(row.in(q.tenant), q) {
		return true
	}
	return p.anySpecialAnswers(x.on(""), q) || q.resource != "" && p.anySpecialAnswers(x.on(q.resource), q)
}

func (p *Policy) anyAnswers(row row, q *question) bool {
	for ; len(row) > 0; row = row[8:] {
		if p.answers(row.at(0).role(), q) {
			return true
		}
	}
	return false
}

func (p *Policy) anySpecialAnswers(specials []special, q *question) bool {
	for i := range specials {
		s := &specials[i]
		if (s.tenant == 0 || s.tenant == q.tenant) && s.from <= q.now && q.now < s.until && p.specialAnswers(s, q) {
			return true
		}
	}
	return false
}

func (p *Policy) specialAnswers(s *special, q *question) bool {
	if s.role != 0 {
		return p.answers(s.role, q)
	}
	return q.ask == KindPermission && (q.any || s.permission == q.permission)
}

// answers reports whether a role is or gives what q asks for. Role 0 never does.
func (p *Policy) answers(role uint32, q *question) bool {
	switch {
	case q.ask == KindPermission && !q.any:
		return p.roles.gives(role, q.permission)
	case role == 0:
		return false
	case q.ask == KindPermission:
		return !p.roles.closed(role).empty()
	case q.any:
		return true
	}
	return p.roles.inherits(role, q.roles[0]) || p.roles.inherits(role, q.roles[1])
}
