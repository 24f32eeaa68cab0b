package native

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// routes returns a collection's routes: what it does, done to any record.
func (c collection) routes(h *Handler) (all []route) {
	add := func(verb, method, path, summary, permission string, e endpoint) {
		if strings.Contains(c.does, verb) {
			all = append(all, route{method, c.path + path, "Records", summary, e.needs("rolecall:" + c.family + permission)})
		}
	}
	id := parameter{name: "id", in: "path", kind: reflect.TypeFor[string](), required: true}
	record := endpoint{limit: api.MaxBody, status: http.StatusOK, reply: c.record()}

	e := record
	e.reply, e.parameters, e.serve = listOf(c.record()), c.filters(), c.list(h)
	add(canList, "GET", "", "List "+c.many+".", ".read", e)

	e = record
	e.terms, e.body, e.status, e.serve = writing, c.record(), http.StatusCreated, c.create(h)
	add(canCreate, "POST", "", "Make "+c.one+".", ".write", e)

	e = record
	e.parameters, e.serve = []parameter{id}, c.get(h)
	add(canGet, "GET", "/{id}", "Get "+c.one+".", ".read", e)

	e = record
	e.terms, e.parameters, e.body, e.serve = writing, []parameter{id}, c.record(), c.patch(h)
	e.mediaType = mergePatch
	add(canPatch, "PATCH", "/{id}", "Change "+c.one+": a JSON merge patch.", ".write", e)

	e = record
	e.terms, e.body, e.also, e.serve = writing, c.record(), http.StatusCreated, c.put(h)
	add(canPut, "PUT", "", "Make "+c.one+", or replace the one that is there.", ".write", e)

	e = record
	e.terms, e.reply, e.status, e.serve = writing, nil, http.StatusNoContent, c.delete(h)
	if c.id != "" {
		e.parameters = []parameter{id}
		add(canDelete, "DELETE", "/{id}", "Delete "+c.one+", and all that refers to it.", ".write", e)
	} else {
		e.parameters = c.keys()
		add(canDelete, "DELETE", "", "Delete "+c.one+".", ".write", e)
	}
	return all
}

// mergePatch is the media type of RFC 7396.
const mergePatch = "application/merge-patch+json"

// A page is a part of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // the cursor of the next page; absent on the last
	Total *int   `json:"total,omitempty"`
}

// listOf returns the type of a page of a collection's records.
func listOf(record reflect.Type) reflect.Type {
	p := reflect.TypeFor[page[rolecall.Record]]()
	fields := slices.Collect(func(yield func(reflect.StructField) bool) {
		for i := range p.NumField() {
			f := p.Field(i)
			if f.Name == "Items" {
				f.Type = reflect.SliceOf(record)
			}
			if !yield(f) {
				return
			}
		}
	})
	return reflect.StructOf(fields)
}

// paging are the query parameters of every list. limit and cursor decide which
// part of it is answered, the others what it is.
var paging = []parameter{
	{name: "limit", in: "query", kind: reflect.TypeFor[int]()},
	{name: "cursor", in: "query", kind: reflect.TypeFor[string]()},
	{name: "total", in: "query", kind: reflect.TypeFor[bool]()},
	{name: "search", in: "query", kind: reflect.TypeFor[string]()},
	{name: "sort", in: "query", kind: reflect.TypeFor[string]()},
}

// filters returns the parameters of a list.
func (c collection) filters() []parameter {
	all := slices.Clone(paging)
	if c.ofTenant() {
		all = append(all, parameter{name: "tenant", in: "query", kind: reflect.TypeFor[string]()})
	}
	if c.ofGroup() {
		all = append(all, parameter{name: "group", in: "query", kind: reflect.TypeFor[string]()})
	}
	for _, f := range api.FieldsOf(c.record()).All() {
		if f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Int || f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() || f.Name == c.where.Field || c.ofTenant() && f.Name == "tenant" {
			continue
		}
		all = append(all, parameter{name: f.Name, in: "query", kind: f.Type, many: true, note: "Only " + c.many + " with this " + f.Name + "."})
	}
	return all
}

// ofTenant reports whether the records may concern a tenant.
func (c collection) ofTenant() bool {
	switch c.kind {
	case rolecall.KindAPI, rolecall.KindPermission, rolecall.KindSigningKey, rolecall.KindSetting:
		return false
	}
	return true
}

// ofGroup reports whether the records may be members of a group.
func (c collection) ofGroup() bool {
	return c.kind == rolecall.KindUser || c.kind == rolecall.KindClient || c.kind == rolecall.KindGroup
}

// keys returns the parameters that name a tuple.
func (c collection) keys() (all []parameter) {
	for _, f := range api.FieldsOf(c.record()).All() {
		if required := slices.Contains(c.key, f.Name); required || slices.Contains(c.scope, f.Name) {
			note := "Which " + f.Name + " it has."
			switch {
			case f.Name == "source":
				note = "Which source it has; left out, any."
			case !required:
				note = "Which " + f.Name + " it has; left out, none."
			}
			all = append(all, parameter{name: f.Name, in: "query", kind: f.Type, required: required, note: note})
		}
	}
	return all
}

func (c collection) list(h *Handler) func(*call) (any, error) {
	return func(call *call) (any, error) {
		q := rolecall.Query{Kind: c.kind, Search: call.query.Get("search")}
		if c.where.Field != "" {
			q.Where = append(q.Where, c.where)
		}
		err := call.parse("total", &q.Total)
		if err == nil {
			q.Limit, err = call.limit()
		}
		if err != nil {
			return nil, err
		}
		if q.Sort, q.Desc = call.query.Get("sort"), false; strings.HasPrefix(q.Sort, "-") {
			q.Sort, q.Desc = q.Sort[1:], true
		}
		for name, values := range call.query {
			switch {
			case name == "tenant" && c.ofTenant() && values[0] != "":
				q.Tenant = rolecall.TenantID(values[0])
			case name == "group" && c.ofGroup():
				q.Group = rolecall.SubjectID(values[0])
			case slices.ContainsFunc(paging, func(p parameter) bool { return p.name == name }) || name == "at_least":
			default:
				q.Where = append(q.Where, rolecall.Condition{Field: name, Op: rolecall.In, Values: values})
			}
		}
		q.After, err = call.cursor()
		if err != nil {
			return nil, err
		}
		found, err := h.rc.List(call.r.Context(), call.by, q)
		if err != nil {
			return nil, err
		}
		p := page[rolecall.Record]{Items: listed(found.Records), Next: call.next(found.Next)}
		if q.Total {
			p.Total = &found.Total
		}
		return p, nil
	}
}

// limit returns the asked size of a page.
func (c *call) limit() (limit int, err error) {
	if err := c.parse("limit", &limit); err != nil {
		return 0, err
	}
	if c.query.Has("limit") && limit == 0 {
		limit = -1
	}
	return pageSize(limit)
}

// pageSize returns the size of a page for an asked one, 0 for none.
func pageSize(asked int) (int, error) {
	switch {
	case asked == 0:
		return rolecall.DefaultPage, nil
	case asked < 0 || asked > rolecall.MaxPage:
		return 0, api.Fault("limit", "must be between 1 and "+strconv.Itoa(rolecall.MaxPage))
	}
	return asked, nil
}

// cursor returns the position that a query's cursor holds.
func (c *call) cursor() (position string, err error) {
	return api.ParseCursor(c.query.Get("cursor"), c.listing()...)
}

// after returns the number that a query's cursor holds, or first if there is no cursor.
func (c *call) after(first int64) (int64, error) {
	position, err := c.cursor()
	if err != nil || position == "" {
		return first, err
	}
	n, err := strconv.ParseInt(position, 10, 64)
	if err != nil || n < 1 {
		return 0, api.Fault("cursor", "must be the next of a page")
	}
	return n, nil
}

// next returns the cursor for the position where the next page begins.
func (c *call) next(position string) string { return api.Cursor(position, c.listing()...) }

// listing returns what makes the caller's query the one that a cursor belongs to.
func (c *call) listing() []string {
	q := url.Values{}
	for name, values := range c.query {
		switch name {
		case "cursor", "limit", "total", "at_least":
		default:
			q[name] = values
		}
	}
	return []string{c.r.URL.EscapedPath(), q.Encode()}
}

func (c collection) get(h *Handler) func(*call) (any, error) {
	return func(call *call) (any, error) {
		like, err := c.addressed(call.r)
		if err != nil {
			return nil, err
		}
		r, err := h.rc.Get(call.r.Context(), call.by, c.kind, like.Key())
		if err != nil {
			return nil, err
		}
		return r, c.admits(r)
	}
}

func (c collection) create(h *Handler) func(*call) (any, error) {
	return func(call *call) (any, error) {
		r := rolecall.NewRecord(c.kind)
		if err := api.Decode(call.body, r); err != nil {
			return nil, err
		}
		if c.prefix != "" && r.Key() == "" {
			made, err := c.like(map[string]string{c.id: rolecall.NewID(c.prefix)})
			if err != nil {
				return nil, err
			}
			id, _ := api.FieldsOf(c.record()).Named(c.id)
			reflect.ValueOf(r).Elem().FieldByIndex(id.Index).SetString(made.Key())
		}
		receipt, err := h.writeOne(call, rolecall.Create(r))
		if err != nil {
			return nil, err
		}
		created := stored(receipt, c.kind)
		if created != nil {
			call.locate(c.path, created.Key())
		}
		return created, nil
	}
}

// locate sets the Location of a new entity.
func (c *call) locate(path, id string) {
	c.w.Header().Set("Location", Prefix+path+"/"+url.PathEscape(id))
}

// writeOne makes a write of one operation.
func (h *Handler) writeOne(call *call, op rolecall.Op) (rolecall.Receipt, error) {
	receipt, err := h.rc.Write(call.r.Context(), call.by, op)
	if err == nil {
		call.wrote(receipt)
	}
	return receipt, err
}

// stored returns the first record of a kind that a write left, nil if it left none.
func stored(receipt rolecall.Receipt, kind rolecall.Kind) rolecall.Record {
	for _, change := range receipt.Changes {
		if change.After != nil && change.After.Kind() == kind {
			return change.After
		}
	}
	return nil
}

func (c collection) patch(h *Handler) func(*call) (any, error) {
	return func(call *call) (any, error) {
		like, err := c.addressed(call.r)
		if err != nil {
			return nil, err
		}
		var same rolecall.Record // what is there, when the patch changes nothing
		receipt, err := h.writeOne(call, rolecall.Modify(like, func(r rolecall.Record) error {
			if err := c.admits(r); err != nil {
				return err
			}
			same = r
			return api.Patch(call.body, r)
		}))
		if err != nil {
			return nil, err
		}
		if r := stored(receipt, c.kind); r != nil {
			return r, nil
		}
		return same, nil
	}
}

func (c collection) put(h *Handler) func(*call) (any, error) {
	return func(call *call) (any, error) {
		r := rolecall.NewRecord(c.kind)
		if err := api.Decode(call.body, r); err != nil {
			return nil, err
		}
		receipt, err := h.writeOne(call, rolecall.Put(normal(r)))
		if err != nil {
			return nil, err
		}
		for _, change := range receipt.Changes {
			if change.After != nil && change.After.Kind() == c.kind {
				if change.Before == nil {
					call.status = http.StatusCreated
				}
				return change.After, nil
			}
		}
		return rolecall.Normal(normal(r)) // it was there already
	}
}

func (c collection) delete(h *Handler) func(*call) (any, error) {
	return func(call *call) (any, error) {
		var like rolecall.Record
		var err error
		if c.id != "" {
			like, err = c.addressed(call.r)
		} else {
			like, err = c.selected(call.query)
		}
		if err != nil {
			return nil, err
		}
		_, err = h.writeOne(call, remove(like))
		return nil, err
	}
}
