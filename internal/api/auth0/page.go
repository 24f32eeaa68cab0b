package auth0

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

const (
	defaultPage = 50
	maxPage     = 100
	maxPages    = 1 << 20
)

// A paging is which part of a list is asked for, and how it is answered: as an
// array, with totals, or from a checkpoint to the next.
type paging struct {
	page, per  int
	totals     bool
	checkpoint bool
	take       int
	from       string
}

func (c *call) paging() (p paging, err error) {
	if p.page, err = c.number("page", 0, maxPages); err != nil {
		return p, err
	}
	if p.per, err = c.number("per_page", defaultPage, maxPage); err != nil {
		return p, err
	}
	totals, err := c.flag("include_totals")
	if err != nil {
		return p, err
	}
	p.totals = totals != nil && *totals
	p.checkpoint = c.query.Has("take") || c.query.Has("from")
	if p.take, err = c.number("take", defaultPage, maxPage); err == nil && p.checkpoint && p.take == 0 {
		err = invalidQuery.because("take must be a number from 1 to %d", maxPage)
	}
	p.from = c.text("from")
	return p, err
}

// A list is the part of a list that was asked for.
type list[T any] struct {
	items []T
	total int
	next  string // "" on the last page
}

// part returns the asked part of all, which are sorted by key, or in another
// order that a checkpoint does not find its way in.
func part[T any](p paging, all []T, key func(T) string) (l list[T], err error) {
	l.total = len(all)
	if !p.checkpoint {
		from := min(len(all), p.page*p.per)
		l.items = all[from:min(len(all), from+p.per)]
		return l, nil
	}
	from := 0
	if p.from != "" {
		last, err := base64.RawURLEncoding.DecodeString(p.from)
		if err != nil {
			return l, badCheckpoint
		}
		if at := slices.IndexFunc(all, func(item T) bool { return key(item) == string(last) }); at >= 0 {
			from = at + 1
		} else if from = slices.IndexFunc(all, func(item T) bool { return key(item) > string(last) }); from < 0 {
			from = len(all)
		}
	}
	to := min(len(all), from+p.take)
	if l.items = all[from:to]; to < len(all) {
		l.next = base64.RawURLEncoding.EncodeToString([]byte(key(all[to-1])))
	}
	return l, nil
}

var badCheckpoint = invalidQuery.because("from must be the next of an earlier page")

// fetch returns the asked part of what a query selects.
func fetch[R rolecall.Record](ctx context.Context, v *rolecall.View, p paging, q rolecall.Query) (l list[R], err error) {
	if p.checkpoint {
		q.Limit, q.After = p.take, p.from
		page, err := v.List(ctx, q)
		if err != nil {
			if p.from != "" && isField(err, "after") {
				err = badCheckpoint
			}
			return l, err
		}
		for _, r := range page.Records {
			l.items = append(l.items, r.(R))
		}
		l.next = page.Next
		return l, nil
	}
	skip := p.page * p.per
	q.Limit, q.Total = rolecall.MaxPage, true
	for at := 0; ; {
		page, err := v.List(ctx, q)
		if err != nil {
			return l, err
		}
		if q.Total {
			l.total, q.Total = page.Total, false
		}
		for _, r := range page.Records {
			if at >= skip && len(l.items) < p.per {
				l.items = append(l.items, r.(R))
			}
			at++
		}
		if q.After = page.Next; q.After == "" || len(l.items) >= p.per {
			return l, nil
		}
	}
}

// answer returns items in the asked form, with those of the fields that are
// asked for. What a list with totals says further is in more.
func (c *call) answer(p paging, name string, items []object, total int, next string, more object) (reply, error) {
	pick, err := c.pick()
	if err != nil {
		return reply{}, err
	}
	shown := make([]object, len(items))
	for i, item := range items {
		shown[i] = pick(item)
	}
	switch {
	case p.checkpoint:
		all := object{name: shown}
		if next != "" {
			all["next"] = next
		}
		return ok(all), nil
	case p.totals:
		all := object{name: shown, "start": p.page * p.per, "limit": p.per, "total": total}
		for member, value := range more {
			if all[member] = value; value == nil {
				delete(all, member)
			}
		}
		return ok(all), nil
	}
	return ok(shown), nil
}

// pick returns what leaves of an object the fields that are asked for.
func (c *call) pick() (func(object) object, error) {
	asked := c.text("fields")
	include, err := c.flag("include_fields")
	if err != nil || asked == "" {
		return func(o object) object { return o }, err
	}
	names := strings.Split(asked, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	with := include == nil || *include
	return func(o object) object {
		some := object{}
		for name, value := range o {
			if slices.Contains(names, name) == with {
				some[name] = value
			}
		}
		return some
	}, nil
}

// one answers with one object.
func (c *call) one(o object) (reply, error) {
	pick, err := c.pick()
	if err != nil {
		return reply{}, err
	}
	return ok(pick(o)), nil
}
