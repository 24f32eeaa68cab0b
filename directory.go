package rolecall

import (
	"context"
	"errors"
	"slices"
)

// A Directory knows the users of an application that keeps them itself, so that
// Rolecall need not: who they are is the Directory's to say, and what they may is
// the policy's. The users of a Service without one are its own table.
//
// Its users are all there: they are listed, found and shown by every door, and
// hold nothing. One that is given something, blocked or made a member gets a
// User record in the same write, with the id alone. Only such a user is known to
// decisions, so [Request] with Any = KindUser is no test of being signed in.
//
// Methods are called while a page is made, and User also within a write, which
// nothing else of the project is then written beside: they must not write to
// the Service. They may be called concurrently.
type Directory interface {
	// User returns what people know a user by, or an error that is ErrNotFound.
	// Blocked is not looked at: who is blocked here is the policy's to say too.
	User(ctx context.Context, id SubjectID) (*User, error)

	// Users returns a page of users, on the terms of [Reader]. Of q are set, at
	// most, Search, Sort (a field of User, as in JSON), Desc, After, Limit, Total,
	// and in Where conditions on id, name and email that are Equal or In. What a
	// directory can't search or sort by is ErrInvalid.
	Users(ctx context.Context, q Query) (Page, error)
}

// WithDirectory makes the users of an application those of the Service.
func WithDirectory(d Directory) Option { return func(s *Service) { s.directory = d } }

// Directory returns what WithDirectory set, nil if that is nothing.
func (s *Service) Directory() Directory { return s.directory }

// user returns a user as the directory knows it, and blocked or not as stored
// says, which is nil if there is no record.
func (v *View) user(ctx context.Context, id SubjectID, stored *User) (*User, error) {
	host, err := v.users.User(ctx, id)
	switch {
	case err == nil:
		return merged(host, id, stored), nil
	case errors.Is(err, ErrNotFound) && stored != nil: // gone from the application, and still known here
		return stored, nil
	}
	return nil, err
}

func merged(host *User, id SubjectID, stored *User) *User {
	u := *host
	u.ID, u.Blocked = id, false
	if stored != nil {
		u.Blocked = stored.Blocked
		if u.Stamps == (Stamps{}) {
			u.Stamps = stored.Stamps
		}
	}
	return &u
}

// listUsers is List of users, with a directory. What the directory can't know,
// such as who belongs to a tenant, is asked of the table.
func (v *View) listUsers(ctx context.Context, q Query) (Page, error) {
	theirs := q.Tenant == "" && q.Group == "" && !slices.ContainsFunc(q.Where, func(c Condition) bool {
		return !slices.Contains([]string{"id", "name", "email"}, c.Field)
	})
	if !theirs {
		page, err := v.reader.List(ctx, q)
		for i := 0; i < len(page.Records) && err == nil; i++ {
			stored := page.Records[i].(*User)
			page.Records[i], err = v.user(ctx, stored.ID, stored)
		}
		return page, err
	}
	page, err := v.users.Users(ctx, q)
	for i := 0; i < len(page.Records) && err == nil; i++ {
		host := page.Records[i].(*User)
		page.Records[i] = merged(host, host.ID, v.state.known(host.ID))
	}
	return page, err
}

// known returns what a policy knows of a user, nil if it is none.
func (p *Policy) known(id SubjectID) *User {
	s, _, ok := p.subjects.find(string(id))
	if !ok || s.kind() != KindUser {
		return nil
	}
	return &User{ID: id, Blocked: s.blocked()}
}

// adopt makes a record of a user whom the directory has, for a change that
// refers to it or is about it. It is no right of the actor's to make users.
func (d *draft) adopt(ctx context.Context, id SubjectID) error {
	if d.directory == nil || d.edit.p.exists(kindSubject, string(id)) {
		return nil
	}
	switch _, err := d.directory.User(ctx, id); {
	case errors.Is(err, ErrNotFound):
		return nil // what comes next says so, in its words
	case err != nil:
		return err
	}
	u := &User{ID: id, Stamps: Stamps{d.now, d.now}}
	if err := firstError(u.check(), notReserved(id)); err != nil {
		return err
	}
	if err := d.tx.Insert(ctx, u); err != nil {
		return err
	}
	d.note(nil, u)
	return d.follow(ctx, u)
}

// adoptAll adopts whom a record refers to.
func (d *draft) adoptAll(ctx context.Context, r Record) error {
	if d.directory == nil {
		return nil
	}
	for _, ref := range r.refs() {
		if ref.kind == kindSubject || ref.kind == KindUser {
			if err := d.adopt(ctx, SubjectID(ref.id)); err != nil {
				return err
			}
		}
	}
	return nil
}
