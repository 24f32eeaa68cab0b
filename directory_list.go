package rolecall

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A UserList is a Directory of an application with few users: it returns all of
// them, each time that it is asked, and the rest is done here. From some
// thousands on, a Directory that asks its database is better.
//
//	rolecall.WithDirectory(rolecall.UserList(func(ctx context.Context) ([]*rolecall.User, error) {
//		return app.allUsers(ctx)
//	}))
type UserList func(context.Context) ([]*User, error)

// User implements [Directory].
func (l UserList) User(ctx context.Context, id SubjectID) (*User, error) {
	all, err := l(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(u *User) bool { return u.ID == id }); i >= 0 {
		return all[i], nil
	}
	return nil, fmt.Errorf("user %q: %w", id, ErrNotFound)
}

// Users implements [Directory].
func (l UserList) Users(ctx context.Context, q Query) (Page, error) {
	all, err := l(ctx)
	if err != nil {
		return Page{}, err
	}
	order := func(a, b *User) int { return cmp.Compare(a.ID, b.ID) }
	if q.Sort != "" {
		field, ok := userFields[q.Sort]
		if !ok {
			return Page{}, invalid("sort", "can't be %q", q.Sort)
		}
		order = func(a, b *User) int { return cmp.Or(cmp.Compare(field(a), field(b)), cmp.Compare(a.ID, b.ID)) }
	}
	var found []*User
	for _, u := range all {
		if matches(u, q) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, order)
	if q.Desc {
		slices.Reverse(found)
	}
	page := Page{Total: len(found)}
	if q.After != "" { // the id of the last user of the page before
		i := slices.IndexFunc(found, func(u *User) bool { return string(u.ID) == q.After })
		if i < 0 {
			return Page{}, invalid("cursor", "is none of this list")
		}
		found = found[i+1:]
	}
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
		page.Next = string(found[q.Limit-1].ID)
	}
	for _, u := range found {
		page.Records = append(page.Records, u)
	}
	return page, nil
}

// userFields are the fields to sort and select by.
var userFields = map[string]func(*User) string{
	"id":         func(u *User) string { return string(u.ID) },
	"name":       func(u *User) string { return u.Name },
	"email":      func(u *User) string { return u.Email },
	"created_at": func(u *User) string { return u.CreatedAt.UTC().Format(time.RFC3339) },
}

// matches reports whether a user is one that q selects.
func matches(u *User, q Query) bool {
	for _, c := range q.Where {
		if field := userFields[c.Field]; field == nil || !slices.Contains(c.Values, field(u)) {
			return false
		}
	}
	sought := strings.ToLower(q.Search)
	return slices.ContainsFunc([]string{string(u.ID), u.Name, u.Email}, func(text string) bool {
		return strings.Contains(strings.ToLower(text), sought)
	})
}
