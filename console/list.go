package console

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/rolecall/rolecall"
)

// pageSize is how many rows a page shows.
const pageSize = 50

// text is anything as text.
func text(v any) string { return fmt.Sprint(v) }

// list returns every record that q selects, as the viewer.
func list[R rolecall.Record](c *call, q rolecall.Query) ([]R, error) {
	return rolecall.All[R](c.ctx, c.view, q)
}

// look returns the record with like's key, as the viewer.
func look[R rolecall.Record](c *call, like R) (R, error) {
	return rolecall.Look(c.ctx, c.view, like)
}

// A listing is one page of a list, whose search, filters, order and place are
// all in the URL.
type listing struct {
	c     *call
	query rolecall.Query
	sorts []string

	Search string
	Total  int
	From   int // the first row's number, from 1
	To     int
	next   string
	more   bool // than Total
}

// page reads one page of what q selects, as the URL says: ?q= searches, ?sort=
// orders by one of sorts, with a minus in front downwards, ?after= is the place.
func (c *call) page(q rolecall.Query, sorts ...string) (*listing, []rolecall.Record, error) {
	return c.pageFrom(c.view.List, q, sorts...)
}

// pageFrom is page of what list lists.
func (c *call) pageFrom(list func(context.Context, rolecall.Query) (rolecall.Page, error), q rolecall.Query, sorts ...string) (*listing, []rolecall.Record, error) {
	l := &listing{c: c, query: q, sorts: sorts, Search: c.Value("q")}
	l.query.Search = l.Search
	if l.query.Limit == 0 {
		l.query.Limit = pageSize
	}
	// What is searched for is found by reading all rows once: not a second time
	// to count them, nor in another order than they are kept in, unless q asks.
	l.query.Total = q.Total || l.Search == ""
	sort := c.Value("sort")
	if len(sort) > 0 && sort[0] == '-' {
		l.query.Desc, sort = true, sort[1:]
	}
	for _, known := range sorts {
		if sort == known {
			l.query.Sort = sort
		}
	}
	if l.query.Sort == "" && len(sorts) > 0 && l.Search == "" {
		l.query.Sort, l.query.Desc = sorts[0], false
	}
	l.query.After = c.Value("after")
	page, err := list(c.ctx, l.query)
	if err != nil {
		return l, nil, err
	}
	l.Total, l.next = page.Total, page.Next
	if l.query.After != "" {
		l.From, _ = strconv.Atoi(c.Value("from"))
	}
	l.From = max(1, l.From)
	l.To = l.From + len(page.Records) - 1
	if !l.query.Total {
		l.Total, l.more = l.To, l.next != ""
	}
	return l, page.Records, nil
}

// url is the page's own URL with some parameters changed, and without its place.
func (l *listing) url(pairs ...string) string {
	query := url.Values{}
	for name, values := range l.c.r.URL.Query() {
		if name != "after" && name != "from" && len(values) > 0 && values[0] != "" {
			query[name] = values[:1]
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if query.Del(pairs[i]); pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return "?"
	}
	return "?" + query.Encode()
}

// Count is how many rows the whole list has, as far as they were counted.
func (l *listing) Count() string {
	if l.more {
		return number(l.Total) + "+"
	}
	return number(l.Total)
}

// Next and First lead to other pages of the list, "" where there is none.
func (l *listing) Next() string {
	if l.next == "" {
		return ""
	}
	return l.url("after", l.next, "from", strconv.Itoa(l.To+1))
}

func (l *listing) First() string {
	if l.query.After == "" {
		return ""
	}
	return l.url()
}

// With leads to the list with one filter changed.
func (l *listing) With(name, value string) string { return l.url(name, value) }

// Is reports whether a filter has a value.
func (l *listing) Is(name, value string) bool { return l.c.Value(name) == value }

// CSV leads to the same list as a file.
func (l *listing) CSV() string {
	args := []any{}
	for _, name := range filters {
		args = append(args, name, l.c.Value(name))
	}
	return l.c.Link(listOf[l.query.Kind]+".csv", args...)
}

// Filters are the parameters that narrow the list.
func (l *listing) Filters() (all []hidden) {
	for _, name := range filters {
		if v := l.c.Value(name); v != "" {
			all = append(all, hidden{name, v})
		}
	}
	return all
}

// A column is the head of one that the list can be sorted by.
type column struct{ Label, URL, Sorted string }

// Column returns the head of a column: the link to sort by it, or to turn the
// order round.
func (l *listing) Column(label, field string) column {
	made := column{Label: label, URL: l.url("sort", field)}
	if l.query.Sort == field {
		made.Sorted = "ascending"
		if made.URL = l.url("sort", "-"+field); l.query.Desc {
			made.Sorted, made.URL = "descending", l.url("sort", field)
		}
	}
	return made
}

// Filtered reports whether the list leaves something out.
func (l *listing) Filtered() bool { return l.Search != "" || len(l.query.Where) > 0 }

// Fields are the parameters to keep when the list is searched.
func (l *listing) Fields() (all []hidden) {
	for name, values := range l.c.r.URL.Query() {
		if name != "q" && name != "after" && name != "from" && len(values) > 0 && values[0] != "" {
			all = append(all, hidden{name, values[0]})
		}
	}
	return all
}
