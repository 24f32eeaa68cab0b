package rolecall

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A View is one state, as one actor may read it. It is for one goroutine, until
// the function that it was given to returns.
type View struct {
	reader Reader
	by     Actor
	rights *Policy // says what by may read
	state  *Policy // says where a record is
	now    time.Time
	users  Directory // nil if users are what the table says

	service *Service
}

// View calls f with a view of one state for by. What is read meanwhile with the
// view's Context is of the same state.
func (s *Service) View(ctx context.Context, by Actor, f func(*View) error) error {
	now, err := s.moment()
	if err != nil {
		return err
	}
	return s.read(ctx, func(r Reader) error {
		p := s.Policy()
		return f(&View{reader: r, by: by, rights: p, state: p, now: now, users: s.directory, service: s})
	})
}

// reading is the key of the reader of an open view of a Service in a context.
type reading struct{ *Service }

// read calls f with a reader: that of the view that ctx comes from, if it comes
// from one, since who holds a connection must not wait for another.
func (s *Service) read(ctx context.Context, f func(Reader) error) error {
	if r, ok := ctx.Value(reading{s}).(Reader); ok {
		return f(r)
	}
	return s.store.Read(ctx, f)
}

// Context returns ctx for calls of the Service while the view is open: they read
// the view's state, as whoever they say. A function that was given a view must
// make them with it, and not keep it.
func (v *View) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, reading{v.service}, v.reader)
}

// Plan is an operation that is worked out in the write's transaction: plan
// reads the state that the operations before it left, and returns what to do
// there. No other write comes between reading and doing.
//
// Operations of a plan may be plans. Those of Modify are read when they run.
func Plan(plan func(context.Context, *View) ([]Op, error)) Op {
	return Op{func(ctx context.Context, d *draft) error {
		ops, err := plan(ctx, &View{reader: d.tx, by: d.by, rights: d.base, state: d.edit.p, now: d.now, users: d.directory, service: d.service})
		for i := 0; i < len(ops) && err == nil; i++ {
			err = ops[i].do(ctx, d)
		}
		return err
	}}
}

// Now returns the time that the view is taken at.
func (v *View) Now() time.Time { return v.now }

// Revision returns the revision of the state. It may be newer than what
// decisions are made at.
func (v *View) Revision() Revision { return v.reader.Head().Revision }

// Get returns a record. It takes the read permission of its kind, where the record
// is; of one elsewhere nothing is said that is not said of one that does not exist.
func (v *View) Get(ctx context.Context, kind Kind, key string) (Record, error) {
	record, err := v.reader.Get(ctx, kind, key)
	if kind == KindUser && v.users != nil && (err == nil || errors.Is(err, ErrNotFound)) {
		stored, _ := record.(*User)
		record, err = v.user(ctx, SubjectID(key), stored)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, unseen(v.rights, v.by, kind, key, adminOf[kind]+".read", v.now)
	case err != nil:
		return nil, err
	case mayRead(v.rights, v.by, kind, places(v.state, record), v.now) != nil:
		return nil, unseen(v.rights, v.by, kind, key, adminOf[kind]+".read", v.now)
	}
	return record, nil
}

// List returns a page of records. It takes the read permission of the kind:
// in q.Tenant if that is set, everywhere otherwise.
func (v *View) List(ctx context.Context, q Query) (page Page, err error) {
	if NewRecord(q.Kind) == nil {
		return Page{}, invalid("kind", "must be one of the known kinds")
	}
	if err := mayRead(v.rights, v.by, q.Kind, []Scope{{Tenant: q.Tenant}}, v.now); err != nil {
		return Page{}, err
	}
	if q.Limit, err = pageSize(q.Limit); err != nil {
		return Page{}, err
	}
	if q.Kind == KindUser && v.users != nil {
		return v.listUsers(ctx, q)
	}
	return v.reader.List(ctx, q)
}

// Look returns the record with like's key, as Get does. Where there is none, it
// is an error that is ErrNotFound and names what is missing.
func Look[R Record](ctx context.Context, v *View, like R) (R, error) {
	var none R
	found, err := v.Get(ctx, like.Kind(), like.Key())
	if errors.Is(err, ErrNotFound) {
		return none, unknown(string(like.Kind()), like.Key())
	}
	if err != nil {
		return none, err
	}
	return found.(R), nil
}

// All returns every record that q selects, whatever its limit, in q's order.
func All[R Record](ctx context.Context, v *View, q Query) (all []R, err error) {
	for q.Limit = MaxPage; ; {
		page, err := v.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			one, ok := r.(R)
			if !ok {
				return nil, fmt.Errorf("records of kind %s are listed as %T", q.Kind, one)
			}
			all = append(all, one)
		}
		if q.After = page.Next; q.After == "" {
			return all, nil
		}
	}
}
