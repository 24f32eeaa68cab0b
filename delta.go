package rolecall

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// A Delta is what one write, or a few, changed of what a copy holds. It leads
// from one position to another and fits nowhere else.
type Delta struct {
	From     Revision  // the revision before
	Revision Revision  // the revision after
	Prev     Hash      // the mark before
	Mark     Hash      // the mark after
	Time     time.Time // of the last write
	Changes  []Change  // in order; there may be none

	once sync.Once
	text []byte
	err  error
}

// A wireDelta is a Delta's JSON form.
type wireDelta struct {
	From     Revision     `json:"from"`
	Revision Revision     `json:"revision"`
	Prev     Hash         `json:"prev"`
	Mark     Hash         `json:"mark"`
	Time     time.Time    `json:"time"`
	Changes  []wireChange `json:"changes"`
}

type wireChange struct {
	Kind   Kind  `json:"kind"`
	Before *bare `json:"before,omitempty"`
	After  *bare `json:"after,omitempty"`
}

// MarshalJSON makes d's form, once for all that it is sent to.
func (d *Delta) MarshalJSON() ([]byte, error) {
	d.once.Do(func() {
		w := wireDelta{d.From, d.Revision, d.Prev, d.Mark, d.Time, make([]wireChange, 0, len(d.Changes))}
		for _, c := range d.Changes {
			w.Changes = append(w.Changes, wireChange{c.record().Kind(), strip(c.Before), strip(c.After)})
		}
		d.text, d.err = json.Marshal(w)
	})
	return d.text, d.err
}

// UnmarshalJSON reads what MarshalJSON made.
func (d *Delta) UnmarshalJSON(text []byte) error {
	var w wireDelta
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	d.From, d.Revision, d.Prev, d.Mark, d.Time, d.Changes = w.From, w.Revision, w.Prev, w.Mark, w.Time, nil
	for i, c := range w.Changes {
		before, err := c.Before.record(c.Kind)
		if err != nil {
			return fmt.Errorf("change %d: before: %w", i, err)
		}
		after, err := c.After.record(c.Kind)
		if err != nil {
			return fmt.Errorf("change %d: after: %w", i, err)
		}
		if before == nil && after == nil {
			return fmt.Errorf("change %d has neither before nor after: %w", i, ErrCorrupt)
		}
		d.Changes = append(d.Changes, Change{before, after})
	}
	return nil
}

// kept returns what a policy keeps of a change, and whether there is anything.
func kept(c Change) (Change, bool) {
	before, after := strip(c.Before), strip(c.After)
	switch {
	case before == nil && after == nil:
		return Change{}, false // no kind of a policy's
	case before != nil && after != nil && *before == *after:
		return Change{}, false // a profile, a description, a reason
	}
	return c, true
}

// A bare is what a policy keeps of a record, of any kind.
type bare struct {
	ID         string    `json:"id,omitempty"`
	Identifier string    `json:"identifier,omitempty"`
	API        string    `json:"api,omitempty"`
	Name       string    `json:"name,omitempty"`
	Blocked    bool      `json:"blocked,omitempty"`
	Senior     string    `json:"senior,omitempty"`
	Junior     string    `json:"junior,omitempty"`
	Group      string    `json:"group,omitempty"`
	Member     string    `json:"member,omitempty"`
	Subject    string    `json:"subject,omitempty"`
	Role       string    `json:"role,omitempty"`
	Permission string    `json:"permission,omitempty"`
	Tenant     string    `json:"tenant,omitempty"`
	Resource   string    `json:"resource,omitempty"`
	Session    string    `json:"session,omitempty"`
	StartsAt   time.Time `json:"starts_at,omitzero"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
}

// strip returns what a policy keeps of r, nil for nothing.
func strip(r Record) *bare {
	switch r := r.(type) {
	case *API:
		return &bare{ID: string(r.ID), Identifier: r.Identifier}
	case *Permission:
		return &bare{ID: string(r.ID), API: string(r.API), Name: r.Name}
	case *Tenant:
		return &bare{ID: string(r.ID)}
	case *Role:
		return &bare{ID: string(r.ID), Tenant: string(r.Tenant), Name: r.Name}
	case *Inheritance:
		return &bare{Senior: string(r.Senior), Junior: string(r.Junior)}
	case *Grant:
		return &bare{Role: string(r.Role), Permission: string(r.Permission)}
	case *User:
		return &bare{ID: string(r.ID), Blocked: r.Blocked}
	case *Client:
		return &bare{ID: string(r.ID), Blocked: r.Blocked}
	case *Group:
		return &bare{ID: string(r.ID), Name: r.Name}
	case *GroupMember:
		return &bare{Group: string(r.Group), Member: string(r.Member)}
	case *Membership:
		return &bare{Tenant: string(r.Tenant), Subject: string(r.Subject)}
	case *Assignment:
		return &bare{Subject: string(r.Subject), Role: string(r.Role), Tenant: string(r.Tenant), Resource: r.Resource, StartsAt: r.StartsAt, ExpiresAt: r.ExpiresAt}
	case *DirectGrant:
		return &bare{Subject: string(r.Subject), Permission: string(r.Permission), Tenant: string(r.Tenant), Resource: r.Resource, StartsAt: r.StartsAt, ExpiresAt: r.ExpiresAt}
	case *Session:
		return &bare{ID: string(r.ID), Subject: string(r.Subject), Tenant: string(r.Tenant), StartsAt: r.StartsAt, ExpiresAt: r.ExpiresAt}
	case *SessionRole:
		return &bare{Session: string(r.Session), Role: string(r.Role)}
	}
	return nil
}

// record returns the record of a kind that b is, nil if b is. One that nothing
// identifies, or of a kind that a policy does not keep, is ErrCorrupt.
func (b *bare) record(kind Kind) (Record, error) {
	if b == nil {
		return nil, nil
	}
	r := b.of(kind)
	if r == nil {
		return nil, fmt.Errorf("no copy holds records of kind %q: %w", kind, ErrCorrupt)
	}
	for _, ref := range r.refs() {
		if len(ref.id) > MaxIDBytes {
			return nil, fmt.Errorf("%s %s is too long: %w", kind, ref.field, ErrCorrupt)
		}
	}
	if r.Key() == "" || len(b.ID) > MaxIDBytes {
		return nil, fmt.Errorf("%s has no id: %w", kind, ErrCorrupt)
	}
	return r, nil
}

func (b *bare) of(kind Kind) Record {
	scope, validity := Scope{TenantID(b.Tenant), b.Resource}, Validity{b.StartsAt, b.ExpiresAt}
	switch kind {
	case KindAPI:
		return &API{ID: APIID(b.ID), Identifier: b.Identifier}
	case KindPermission:
		return &Permission{ID: PermissionID(b.ID), API: APIID(b.API), Name: b.Name}
	case KindTenant:
		return &Tenant{ID: TenantID(b.ID)}
	case KindRole:
		return &Role{ID: RoleID(b.ID), Tenant: TenantID(b.Tenant), Name: b.Name}
	case KindInheritance:
		return &Inheritance{RoleID(b.Senior), RoleID(b.Junior)}
	case KindGrant:
		return &Grant{RoleID(b.Role), PermissionID(b.Permission)}
	case KindUser:
		return &User{ID: SubjectID(b.ID), Blocked: b.Blocked}
	case KindClient:
		return &Client{ID: SubjectID(b.ID), Blocked: b.Blocked}
	case KindGroup:
		return &Group{ID: SubjectID(b.ID), Name: b.Name}
	case KindGroupMember:
		return &GroupMember{Group: SubjectID(b.Group), Member: SubjectID(b.Member)}
	case KindMembership:
		return &Membership{Tenant: TenantID(b.Tenant), Subject: SubjectID(b.Subject)}
	case KindAssignment:
		return &Assignment{Subject: SubjectID(b.Subject), Role: RoleID(b.Role), Scope: scope, Validity: validity}
	case KindDirectGrant:
		return &DirectGrant{Subject: SubjectID(b.Subject), Permission: PermissionID(b.Permission), Scope: scope, Validity: validity}
	case KindSession:
		return &Session{ID: SessionID(b.ID), Subject: SubjectID(b.Subject), Tenant: TenantID(b.Tenant), Validity: validity}
	case KindSessionRole:
		return &SessionRole{SessionID(b.Session), RoleID(b.Role)}
	}
	return nil
}
