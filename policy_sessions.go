package rolecall

import (
	"hash/maphash"
	"math"
	"slices"
	"time"
)

// sessions keeps which roles are active in each session.
type sessions struct {
	numbers
	ids names
	all vector[*session]
}

type session struct {
	owner       uint64
	subject     uint32
	tenant      uint32 // 0 is none
	from, until int64  // Unix milliseconds
	roles       []uint32
}

func newSessions(seed maphash.Seed) sessions { return sessions{ids: newNames(seed)} }

func (s *sessions) add(id string, one session, owner uint64) {
	number := s.take()
	one.owner = owner
	s.ids.set(number, 0, id, owner)
	*s.all.edit(number, owner) = &one
}

func (s *sessions) remove(number uint32, owner uint64) {
	s.ids.clear(number, owner)
	*s.all.edit(number, owner) = nil
	s.give(number)
}

// session returns a session for owner to change.
func (s *sessions) session(number uint32, owner uint64) *session {
	at := s.all.edit(number, owner)
	if was := *at; was.owner != owner {
		changed := *was
		changed.owner, changed.roles = owner, slices.Clone(was.roles)
		*at = &changed
	}
	return *at
}

// bounds returns a validity in Unix milliseconds.
func (v Validity) bounds() (from, until int64) {
	from, until = math.MinInt64, math.MaxInt64
	if !v.StartsAt.IsZero() {
		from = v.StartsAt.UnixMilli()
	}
	if !v.ExpiresAt.IsZero() {
		until = v.ExpiresAt.UnixMilli()
	}
	return from, until
}

// sessionOf returns whose a session is, and in which tenant; "" if there is none.
func (p *Policy) sessionOf(id SessionID) (SubjectID, TenantID) {
	n, ok := p.number(KindSession, string(id))
	if !ok {
		return "", ""
	}
	s := *p.sessions.all.at(n)
	return p.subjects.id(s.subject), p.tenantID(s.tenant)
}

// open returns the session with an id if it is the subject's with a number, and
// counts at q's time.
func (p *Policy) open(id SessionID, subject uint32, q *question) (*session, bool) {
	n, ok := p.sessions.ids.find(0, string(id))
	if !ok {
		return nil, false
	}
	s := *p.sessions.all.at(n)
	now := q.now.UnixMilli()
	return s, s.subject == subject && s.from <= now && now < s.until
}

// activates reports whether an active role of session answers q, and its
// subject holds that role where q asks.
func (p *Policy) activates(session *session, s subject, q *question) bool {
	if session.tenant != q.tenant {
		return false
	}
	return slices.ContainsFunc(session.roles, func(role uint32) bool {
		held := *q
		held.ask, held.roles = askRole, [2]uint32{role}
		return p.answers(role, q) && p.allows(s, &held)
	})
}

// mayActivate reports whether the subject of a session holds a role where the
// session is: AuthorizedRoles of INCITS 359.
func (p *Policy) mayActivate(id SessionID, role RoleID, now time.Time) bool {
	n, known := p.number(KindSession, string(id))
	r, ok := p.number(KindRole, string(role))
	if !known || !ok {
		return false
	}
	session := *p.sessions.all.at(n)
	s := p.subjects.at(session.subject)
	return !s.blocked() && p.allows(s, &question{ask: askRole, roles: [2]uint32{r}, tenant: session.tenant, now: now})
}

// passes reports whether a path that answers q goes through an active role of session.
func (p *Policy) passes(session *session, path Path, q *question) bool {
	if session.tenant != q.tenant {
		return false
	}
	return slices.ContainsFunc(path.Steps, func(step Step) bool {
		if step.Kind != KindRole {
			return false
		}
		n, _ := p.number(KindRole, step.ID)
		if q.ask == askPermission || q.ask == askRole { // the path names every role on the way
			return slices.Contains(session.roles, n)
		}
		return slices.ContainsFunc(session.roles, func(role uint32) bool { return p.roles.inherits(n, role) && p.answers(role, q) })
	})
}
