package rolecall

import (
	"context"
	"fmt"
	"slices"
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
// refuses the constraint. Everybody is looked at at most once, however many the
// changes are, in the state that comes out.
func separation(_ context.Context, d *draft) (int, error) {
	p := d.edit.p
	if p.constraints.count == 0 || !slices.ContainsFunc(d.changes, func(c Change) bool { return separable(c.After) }) {
		return 0, nil
	}
	duties := p.duties()
	if who := d.crowded(duties); who != nil {
		for i, c := range d.changes {
			if p.leads(c.After, who) {
				return d.ops[i], who
			}
		}
		return 0, who
	}
	all := false // whether every session has been looked at
	for i, c := range d.changes {
		var err error
		switch r := c.After.(type) {
		case *SessionRole:
			err = p.activeApart(r.Session)
		case *Inheritance, *Constraint, *ConstraintRole:
			if !all {
				all, err = true, p.activeApart("")
			}
		}
		if err != nil {
			return d.ops[i], err
		}
	}
	return 0, nil
}

// separable reports whether a change to a record, as it is afterwards, can make
// somebody have more roles, or fewer allowed.
func separable(after Record) bool {
	switch after.(type) {
	case *Assignment, *GroupMember, *Inheritance, *Constraint, *ConstraintRole, *SessionRole:
		return true
	}
	return false
}

// crowded returns how one of those whom d's changes concern breaks one of duties,
// nil if nobody does.
func (d *draft) crowded(duties []duty) (broken *SeparationError) {
	p := d.edit.p
	counts := func(role uint32) bool {
		return slices.ContainsFunc(duties, func(c duty) bool { return c.counts[role] })
	}
	people, groups, roles := []SubjectID{}, []uint32{}, []uint32{}
	subject := func(id SubjectID) {
		if n, ok := p.number(kindSubject, string(id)); ok {
			if group, ok := p.groupOf(n); ok {
				groups = append(groups, group)
			} else {
				people = append(people, id)
			}
		}
	}
	for _, c := range d.changes {
		switch r := c.After.(type) {
		case *Assignment:
			if n, ok := p.number(KindRole, string(r.Role)); ok && counts(n) {
				subject(r.Subject)
			}
		case *GroupMember:
			subject(r.Member)
		case *Inheritance:
			if n, ok := p.number(KindRole, string(r.Senior)); ok && counts(n) {
				roles = append(roles, n)
			}
		case *Constraint, *ConstraintRole:
			for _, one := range duties {
				if ConstraintID(one.id) == constraintOf(r) {
					roles = append(roles, one.roles...)
				}
			}
		}
	}
	seen := map[SubjectID]bool{}
	person := func(id SubjectID) bool {
		if !seen[id] {
			seen[id] = true
			broken = p.heldApart(id, duties, d.now)
		}
		return broken == nil
	}
	for _, id := range people {
		if !person(id) {
			return broken
		}
	}
	if len(groups) > 0 || len(roles) > 0 {
		p.eachAmong(p.roles.above(roles), groups, person)
	}
	return broken
}

// constraintOf returns the constraint that a record is, or a role of.
func constraintOf(r Record) ConstraintID {
	switch r := r.(type) {
	case *Constraint:
		return r.ID
	case *ConstraintRole:
		return r.Constraint
	}
	return ""
}

// leads reports whether a change to a record, as it is afterwards, concerns the
// one who breaks a constraint, or the constraint.
func (p *Policy) leads(after Record, broken *SeparationError) bool {
	switch r := after.(type) {
	case *Assignment:
		return p.within(broken.Subject, r.Subject)
	case *GroupMember:
		return p.within(broken.Subject, r.Member)
	case *Inheritance:
		return slices.ContainsFunc(p.counted(broken.Subject), func(h holding) bool { return h.role != "" && p.inherits(h.role, r.Senior) })
	}
	return after != nil && constraintOf(after) == broken.Constraint
}

// heldApart returns how a subject breaks one of duties, nil if it does not.
func (p *Policy) heldApart(subject SubjectID, duties []duty, now time.Time) *SeparationError {
	held := p.counted(subject)
	for i := range duties {
		c := &duties[i]
		if roles, where, found := p.crowds(held, c, now); found {
			return &SeparationError{ConstraintID(c.id), c.most, subject, "", roles, where}
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
