package rolecall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// A draft is a write in progress: the policy it began with, the one it would
// make, and the changes between them. Every change goes through create, update
// or remove, which leave the rows and the edited policy in step.
type draft struct {
	by        Actor
	tx        Tx
	now       time.Time
	founding  bool
	service   *Service
	directory Directory // nil without one
	base      *Policy   // before the write
	edit      *edit     // edit.p is the policy after the changes so far

	op       int // index of the operation that is running
	changes  []Change
	ops      []int // for each change, the operation that made it
	defaults map[TenantID][]RoleID
}

// run does every operation, then asks whether what came out may be.
func (d *draft) run(ctx context.Context, ops []Op) error {
	var failed []error
	for i, op := range ops {
		d.op = i
		if err := op.do(ctx, d); err != nil {
			if !fault(err) || len(ops) == 1 {
				return err
			}
			failed = append(failed, &OpError{Index: i, Err: err})
		}
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	for _, invariant := range invariants {
		if i, err := invariant(ctx, d); err != nil {
			if len(ops) == 1 {
				return err
			}
			return errors.Join(&OpError{Index: i, Err: err})
		}
	}
	return nil
}

// fault reports whether err is the caller's, so that the operations after it
// are worth trying for the sake of the report.
func fault(err error) bool {
	for _, kind := range []error{ErrInvalid, ErrNotFound, ErrConflict, ErrForbidden} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// clone returns a copy of r that shares no field that check or Write sets.
func clone(r Record) Record {
	c := reflect.New(reflect.TypeOf(r).Elem())
	c.Elem().Set(reflect.ValueOf(r).Elem())
	return c.Interface().(Record)
}

// get returns the record with like's key, if the actor may know of it.
func (d *draft) get(ctx context.Context, like Record) (Record, error) {
	if like.Kind() == KindUser {
		if err := d.adopt(ctx, SubjectID(like.Key())); err != nil {
			return nil, err
		}
	}
	r, err := d.tx.Get(ctx, like.Kind(), like.Key())
	if errors.Is(err, ErrNotFound) {
		return nil, unseen(d.base, d.by, like.Kind(), like.Key(), adminOf[like.Kind()]+".write", d.now)
	}
	if err == nil {
		err = d.show(r)
	}
	return r, err
}

func (d *draft) create(ctx context.Context, r Record) error {
	if err := r.check(); err != nil {
		return err
	}
	if err := d.allow(nil, r); err != nil {
		return err
	}
	if err := d.adoptAll(ctx, r); err != nil {
		return err
	}
	if err := d.fits(ctx, nil, r); err != nil {
		return err
	}
	if s, ok := r.(stamped); ok {
		s.stamps().CreatedAt, s.stamps().UpdatedAt = d.now, d.now
	}
	if err := d.tx.Insert(ctx, r); err != nil {
		return err
	}
	d.note(nil, r)
	return d.follow(ctx, r)
}

func (d *draft) update(ctx context.Context, before, after Record) error {
	if err := after.check(); err != nil {
		return err
	}
	if after.Key() != before.Key() {
		return invalid("id", "can't be changed")
	}
	if s, ok := after.(stamped); ok {
		*s.stamps() = *before.(stamped).stamps()
	}
	if reflect.DeepEqual(before, after) {
		return d.allow(before, after) // who may not write may not learn what is there
	}
	if err := d.allow(before, after); err != nil {
		return err
	}
	if err := d.fits(ctx, before, after); err != nil {
		return err
	}
	if s, ok := after.(stamped); ok {
		s.stamps().UpdatedAt = d.now
	}
	if err := d.tx.Update(ctx, after); err != nil {
		return err
	}
	d.note(before, after)
	return nil
}

func (d *draft) remove(ctx context.Context, r Record) error {
	if err := d.allow(r, nil); err != nil {
		return err
	}
	return d.cascade(ctx, r)
}

// removeAll removes what q selects in a scope, of one source if that is given.
// Who may not write there does not learn whether there is any.
func (d *draft) removeAll(ctx context.Context, what string, in Scope, source Source, q Query) error {
	if err := mayDo(d.base, d.by, adminOf[q.Kind]+".write", in, d.now); err != nil {
		return err
	}
	if source != "" {
		q.Where = append(q.Where, Where("source", source))
	}
	page, err := d.tx.List(ctx, q)
	if err != nil {
		return err
	}
	if len(page.Records) == 0 {
		return &FieldError{Field: what, Rule: "does not exist", Kind: ErrNotFound}
	}
	for _, r := range page.Records {
		if err := d.remove(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// cascade removes what refers to r, each as a change of its own, and then r.
func (d *draft) cascade(ctx context.Context, r Record) error {
	end := func(r Record) error {
		if err := d.tx.Delete(ctx, r); err != nil {
			return err
		}
		d.note(r, nil)
		return nil
	}
	if err := d.tx.Referring(ctx, r.Kind(), r.Key(), end); err != nil {
		return err
	}
	return end(r)
}

// note brings the edited policy and the list of changes in step with the rows.
func (d *draft) note(before, after Record) {
	d.edit.apply(before, after)
	d.changes = append(d.changes, Change{before, after})
	d.ops = append(d.ops, d.op)
	if (Change{before, after}).record().Kind() == KindRole {
		d.defaults = nil
	}
}

// follow makes what comes with a new record: default roles for a new user, for a
// new member of a tenant the tenant's, and with a session the end of its
// subject's expired ones.
func (d *draft) follow(ctx context.Context, r Record) error {
	switch r := r.(type) {
	case *User:
		return d.assignDefaults(ctx, r.ID, "")
	case *Membership:
		if d.edit.p.exists(KindUser, string(r.Subject)) {
			return d.assignDefaults(ctx, r.Subject, r.Tenant)
		}
	case *Session:
		return d.endSessions(ctx, r.Subject)
	}
	return nil
}

// endSessions deletes the sessions of a subject that have expired: nobody else does.
func (d *draft) endSessions(ctx context.Context, of SubjectID) error {
	page, err := d.tx.List(ctx, Query{Kind: KindSession, Where: []Condition{
		Where("subject", of), {Field: "expires_at", Op: NotAfter, Values: []string{d.now.Format(time.RFC3339Nano)}},
	}})
	for i := 0; i < len(page.Records) && err == nil; i++ {
		err = d.cascade(ctx, page.Records[i])
	}
	return err
}

func (d *draft) assignDefaults(ctx context.Context, user SubjectID, tenant TenantID) error {
	roles, ok := d.defaults[tenant]
	if !ok {
		page, err := d.tx.List(ctx, Query{Kind: KindRole, Where: []Condition{Where("default", "true"), Where("tenant", tenant)}})
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			roles = append(roles, r.(*Role).ID)
		}
		if d.defaults == nil {
			d.defaults = map[TenantID][]RoleID{}
		}
		d.defaults[tenant] = roles
	}
	for _, role := range roles {
		a := &Assignment{Subject: user, Role: role, Scope: Scope{Tenant: tenant}, Source: SourceDefault}
		if err := d.tx.Insert(ctx, a); err != nil {
			return err
		}
		d.note(nil, a)
	}
	return nil
}

// entries returns the journal entries of d's changes, as what follows head.
func (d *draft) entries(head Head, revision Revision) ([]*Entry, error) {
	entries := make([]*Entry, len(d.changes))
	for i, c := range d.changes {
		r := c.record()
		e := &Entry{
			Time:  d.now,
			Actor: d.by.Subject, OnBehalfOf: d.by.OnBehalfOf, Door: d.by.Door, RequestID: d.by.RequestID, Reason: d.by.Reason,
			Kind: r.Kind(), Key: r.Key(),
		}
		e.Subject, e.Tenant = d.concerns(r)
		var err error
		if e.Before, err = encodeRecord(c.Before); err != nil {
			return nil, err
		}
		if e.After, err = encodeRecord(c.After); err != nil {
			return nil, err
		}
		head = e.Seal(head, revision)
		entries[i] = e
	}
	return entries, nil
}

// encodeRecord gives the journal's form of a record, nothing for nil.
func encodeRecord(r Record) (json.RawMessage, error) {
	if r == nil {
		return nil, nil
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", r.Kind(), r.Key(), err)
	}
	return data, nil
}

// concerns returns the subject and the tenant that a record is about.
func (d *draft) concerns(r Record) (SubjectID, TenantID) {
	roleTenant := func(id RoleID) TenantID {
		if d.base.exists(KindRole, string(id)) {
			return d.base.roleTenant(id)
		}
		return d.edit.p.roleTenant(id)
	}
	switch r := r.(type) {
	case *Role:
		return "", r.Tenant
	case *Grant:
		return "", roleTenant(r.Role)
	case *Inheritance:
		return "", roleTenant(r.Senior)
	case *Tenant:
		return "", r.ID
	case *User:
		return r.ID, ""
	case *Client:
		return r.ID, ""
	case *Group:
		return r.ID, ""
	case *GroupMember:
		return r.Member, ""
	case *Membership:
		return r.Subject, r.Tenant
	case *Assignment:
		return r.Subject, r.Tenant
	case *DirectGrant:
		return r.Subject, r.Tenant
	case *Constraint:
		return "", r.Tenant
	case *ConstraintRole:
		if d.base.exists(KindConstraint, string(r.Constraint)) {
			return "", d.base.constraintTenant(r.Constraint)
		}
		return "", d.edit.p.constraintTenant(r.Constraint)
	case *Session:
		return r.Subject, r.Tenant
	case *SessionRole:
		if d.base.exists(KindSession, string(r.Session)) {
			return d.base.sessionOf(r.Session)
		}
		return d.edit.p.sessionOf(r.Session)
	case *Invitation:
		return "", r.Tenant
	case *InvitationRole:
		return "", r.Tenant
	case *ClientGrant:
		return r.Client, ""
	case *LoginID:
		return r.Subject, ""
	case *Credential:
		return r.Subject, ""
	}
	return "", ""
}
