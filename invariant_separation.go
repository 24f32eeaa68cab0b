package rolecall

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// A SeparationError is ErrSeparation, and ErrConflict, and says which
// constraint a write would break.
type SeparationError struct {
	Constraint ConstraintID
	MaxAllowed int
	Subject    SubjectID
	Session    SessionID // of a dynamic constraint
	Roles      []RoleID
	Scope      // where
}

func (e *SeparationError) Error() string {
	where, has := e.Scope.String(), "hold"
	if e.Session != "" {
		has = fmt.Sprintf("have active in session %q", e.Session)
	}
	names := make([]string, len(e.Roles))
	for i, r := range e.Roles {
		names[i] = fmt.Sprintf("%q", string(r))
	}
	return fmt.Sprintf("%q would %s the roles %s %s, and constraint %q allows %d of them: %v",
		e.Subject, has, strings.Join(names, " and "), where, e.Constraint, e.MaxAllowed, ErrSeparation)
}

func (e *SeparationError) Unwrap() []error { return []error{ErrSeparation, ErrConflict} }

// separation: no user or client comes to hold, and no session to have active,
// more roles of a constraint than it allows. What was so before the constraint
// refuses the constraint.
func separation(_ context.Context, d *draft) (int, error) {
	p := d.edit.p
	if p.constraints.count == 0 {
		return 0, nil
	}
	people, sets := map[SubjectID]bool{}, map[ConstraintID]bool{} // looked at, in the state that comes out
	for i, c := range d.changes {
		var err error
		person := func(s SubjectID) bool {
			if !people[s] {
				people[s] = true
				err = p.heldApart(s, d.now)
			}
			return err == nil
		}
		set := func(id ConstraintID) error {
			n, ok := p.constraints.ids.find(0, string(id))
			if !ok || sets[id] {
				return nil
			}
			sets[id] = true
			one := *p.constraints.all.at(n)
			if one.dynamic {
				return p.activeApart("")
			}
			for _, role := range one.roles {
				if p.eachHolder(RoleID(p.roles.ids.of(role)), person); err != nil {
					break
				}
			}
			return err
		}
		switch r := c.After.(type) {
		case *Assignment:
			if n, ok := p.number(KindRole, string(r.Role)); ok && p.constrained(n) {
				p.eachOf(r.Subject, person)
			}
		case *GroupMember:
			p.eachOf(r.Member, person)
		case *Inheritance:
			if p.eachHolder(r.Senior, person); err == nil {
				err = p.activeApart("")
			}
		case *Constraint:
			err = set(r.ID)
		case *ConstraintRole:
			err = set(r.Constraint)
		case *SessionRole:
			err = p.activeApart(r.Session)
		}
		if err != nil {
			return d.ops[i], err
		}
	}
	return 0, nil
}

// constrained reports whether a static constraint counts a role.
func (p *Policy) constrained(role uint32) (found bool) {
	for _, c := range p.constraints.each(false) {
		found = found || p.counts(c, role)
	}
	return found
}

// eachOf calls visit with a user or client, or with each in a group.
func (p *Policy) eachOf(subject SubjectID, visit func(SubjectID) bool) {
	if p.exists(KindGroup, string(subject)) {
		p.eachMember(subject, visit)
	} else if p.exists(kindSubject, string(subject)) {
		visit(subject)
	}
}

// heldApart reports the static constraint that a subject breaks.
func (p *Policy) heldApart(subject SubjectID, now time.Time) error {
	for id, c := range p.constraints.each(false) {
		if roles, where, found := p.crowds(subject, c, now); found {
			return &SeparationError{ConstraintID(id), c.most, subject, "", roles, where}
		}
	}
	return nil
}

// activeApart reports the dynamic constraint that a session breaks, or any
// session if id is "".
func (p *Policy) activeApart(id SessionID) error {
	for n := range p.sessions.count {
		s := *p.sessions.all.at(n)
		if s == nil || id != "" && p.sessions.ids.of(n) != string(id) {
			continue
		}
		for constraint, c := range p.constraints.each(true) {
			if roles, found := p.activeTogether(s, c); found {
				return &SeparationError{ConstraintID(constraint), c.most, p.subjects.id(s.subject),
					SessionID(p.sessions.ids.of(n)), roles, Scope{Tenant: p.tenantID(s.tenant)}}
			}
		}
	}
	return nil
}
