package rolecall

import "time"

// A Part is what of a policy a copy holds. The zero Part is all of it; one with
// a Tenant, an API or both answers only questions about those.
//
// It holds what the answers to those questions rest on: what is held in the
// tenant and everywhere, by whom, directly or through which groups, and the
// roles that give something there. Subjects that hold nothing there are not in
// it, nor is what they are in other tenants or may do by other APIs.
type Part struct {
	Tenant TenantID `json:"tenant,omitempty"`
	API    string   `json:"api,omitempty"` // by identifier; the default API is "default"
}

// Answers reports whether a copy of the part can answer req, as an error that is
// ErrForbidden if not: the key that made the copy may not ask anything else.
//
// Whether a subject exists or is in a group is no question about a tenant or an
// API. What is asked with a tenant, but about roles, no API alone can answer.
func (t Part) Answers(req Request) error {
	api := req.API
	if api == "" {
		api = defaultIdentifier
	}
	switch {
	case t == Part{}:
		return nil
	case t.Tenant != "" && req.Tenant != t.Tenant,
		t.API != "" && (req.Permission == "" || api != t.API),
		req.Group != "" || req.Any == KindGroup || req.Any == KindUser:
		return &MissingError{Permission: PermissionCheck, API: string(AdminAPI), Scope: Scope{Tenant: req.Tenant}, Kind: ErrForbidden}
	}
	return nil
}

// defaultIdentifier is the identifier of DefaultAPI.
const defaultIdentifier = "default"

// scope is where rolecall:check is asked of who wants a copy of t: in the
// tenant, and on the resource "api:<id>" for one API.
func (t Part) scope(p *Policy) Scope {
	s := Scope{Tenant: t.Tenant}
	if t.API != "" {
		if n, ok := p.api(t.API); ok {
			s.Resource = apiResource(p, n)
		}
	}
	return s
}

// apiResource names an API as a resource: who holds rolecall:check on it may
// ask about its permissions.
func apiResource(p *Policy, api uint32) string { return "api:" + p.apis.ids.of(api) }

// mayAskOf reports whether by may have the answer to req: about itself always,
// about others with rolecall:check in the tenant, or on the API of the permission.
func mayAskOf(p *Policy, by Actor, req *Request, now time.Time) error {
	err := mayAsk(p, by, req.Subject, Scope{Tenant: req.Tenant}, now)
	if err == nil || req.Permission == "" {
		return err
	}
	if n, ok := p.api(req.API); ok {
		if mayDo(p, by, PermissionCheck, Scope{req.Tenant, apiResource(p, n)}, now) == nil {
			return nil
		}
	}
	return err
}

// A sight says what of a policy is in a part. It is for one goroutine.
type sight struct {
	p       *Policy
	limited bool
	inside  uint32 // the tenant's number; 0 is every tenant
	byAPI   bool
	of      uint32        // the API's number
	gives   permissionSet // the API's permissions
	groups  map[uint32]bool
	roles   map[uint32]bool
}

// sight returns what t is of p. It is ErrNotFound if t's tenant or API is not there.
func (p *Policy) sight(t Part) (*sight, error) {
	v := &sight{p: p, limited: t != Part{}, groups: map[uint32]bool{}, roles: map[uint32]bool{}}
	if t.Tenant != "" {
		n, ok := p.number(KindTenant, string(t.Tenant))
		if !ok {
			return nil, unknown("tenant", t.Tenant)
		}
		v.inside = n
	}
	if t.API != "" {
		n, ok := p.api(t.API)
		if !ok {
			return nil, unknown("api", t.API)
		}
		v.byAPI, v.of = true, n
		v.gives = p.permissionsOf(APIID(p.apis.ids.of(n)))
	}
	return v, nil
}

func (v *sight) api(n uint32) bool        { return !v.byAPI || n == v.of }
func (v *sight) permission(n uint32) bool { return !v.byAPI || v.gives.has(n) }
func (v *sight) tenant(n uint32) bool     { return v.inside == 0 || n == v.inside }

// held reports whether what is held in a tenant, or everywhere, is seen.
func (v *sight) held(tenant uint32) bool { return tenant == 0 || v.tenant(tenant) }

// member reports whether it is seen who is a member of a tenant.
func (v *sight) member(tenant uint32) bool { return !v.byAPI && v.tenant(tenant) }

func (v *sight) role(n uint32) bool {
	if !v.limited {
		return true
	}
	seen, known := v.roles[n]
	if !known {
		seen = v.held(v.p.roles.titles.space(n)) && (!v.byAPI || v.meets(v.p.roles.closed(n)))
		v.roles[n] = seen
	}
	return seen
}

// meets reports whether a permission of the API is in set.
func (v *sight) meets(set permissionSet) bool {
	for i := range min(len(set), len(v.gives)) {
		if set[i]&v.gives[i] != 0 {
			return true
		}
	}
	return false
}

func (v *sight) special(s *special) bool {
	if !v.held(s.tenant) {
		return false
	}
	if s.role != 0 {
		return v.role(s.role)
	}
	return v.permission(s.permission)
}

// group reports whether a group is seen: it or one above it holds something.
func (v *sight) group(n uint32) bool {
	if !v.limited {
		return true
	}
	seen, known := v.groups[n]
	if known {
		return seen
	}
	g := v.p.groups.at(n)
	seen = v.holds(v.p.subjects.at(g.subject))
	for i := 0; i < len(g.above) && !seen; i++ {
		seen = v.holds(v.p.subjects.at(v.p.groups.at(g.above[i]).subject))
	}
	v.groups[n] = seen
	return seen
}

// holds reports whether a subject itself holds or is something that is seen.
func (v *sight) holds(s subject) bool {
	for row := s.row(); len(row) >= 8; row = row[8:] {
		switch pair := row.at(0); {
		case pair.tenant() == inGroup:
		case pair.role() == 0:
			if v.member(pair.tenant()) {
				return true
			}
		case v.held(pair.tenant()) && v.role(pair.role()):
			return true
		}
	}
	if s.extra != nil {
		for i := range s.extra.specials {
			if v.special(&s.extra.specials[i]) {
				return true
			}
		}
	}
	return false
}

// subject reports whether a subject is seen.
func (v *sight) subject(s subject) bool {
	if !v.limited {
		return true
	}
	if s.kind() == KindGroup {
		return v.group(s.extra.group)
	}
	for in := s.row().groups(); len(in) >= 8; in = in[8:] {
		if v.group(in.at(0).role()) {
			return true
		}
	}
	return v.holds(s)
}

// session reports whether a session is seen.
func (v *sight) session(n uint32) bool {
	s := *v.p.sessions.all.at(n)
	return v.tenant(s.tenant) && v.subject(v.p.subjects.at(s.subject))
}

// sessionsOf reports whether one of subjects has a session.
func (v *sight) sessionsOf(subjects map[SubjectID]bool) bool {
	for n := range v.p.sessions.ids.count {
		if v.p.sessions.ids.of(n) != "" && subjects[v.p.subjects.id((*v.p.sessions.all.at(n)).subject)] {
			return true
		}
	}
	return false
}

// sees reports whether the record of one of the kinds that a policy keeps by id
// is there and seen.
func (v *sight) sees(kind Kind, id string) bool {
	n, ok := v.p.number(kind, id)
	if !ok {
		return false
	}
	switch kind {
	case KindAPI:
		return v.api(n)
	case KindPermission:
		return v.permission(n)
	case KindTenant:
		return v.tenant(n)
	case KindRole:
		return v.role(n)
	case KindSession:
		return v.session(n)
	}
	return v.subject(v.p.subjects.at(n))
}
