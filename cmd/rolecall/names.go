package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// names turns ids into what people call them, for tables. It asks for many at once.
type names struct {
	ctx   context.Context
	p     project
	known map[rolecall.Kind]map[string]string
}

func newNames(ctx context.Context, p project) *names {
	return &names{ctx, p, map[rolecall.Kind]map[string]string{}}
}

// refers says which fields of records hold ids, and of what.
var refers = map[string]rolecall.Kind{
	"api": rolecall.KindAPI, "permission": rolecall.KindPermission, "tenant": rolecall.KindTenant,
	"role": rolecall.KindRole, "senior": rolecall.KindRole, "junior": rolecall.KindRole,
	"group": rolecall.KindGroup, "member": kindSubject, "subject": kindSubject,
}

// learn finds the names of what fields of records refer to.
func (n *names) learn(records []rolecall.Record, fields []string) error {
	wanted := map[rolecall.Kind][]string{}
	for _, field := range fields {
		kind, ok := refers[field]
		if !ok {
			continue
		}
		for _, r := range records {
			if id, ok := valuesOf(r)[field].(string); ok && id != "" {
				wanted[kind] = append(wanted[kind], id)
			}
		}
	}
	for kind, ids := range wanted {
		if err := n.find(kind, ids); err != nil {
			return err
		}
	}
	return nil
}

// find finds the names of the records of a kind with ids.
func (n *names) find(kind rolecall.Kind, ids []string) error {
	known := n.known[kind]
	if known == nil {
		known = map[string]string{}
		n.known[kind] = known
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { _, ok := known[id]; return ok })
	for _, kind := range meant(kind) {
		for some := range slices.Chunk(ids, 500) {
			page, err := n.p.List(n.ctx, rolecall.Query{Kind: kind, Limit: rolecall.MaxPage,
				Where: []rolecall.Condition{{Field: "id", Op: rolecall.In, Values: some}}})
			if err != nil {
				return err
			}
			for _, r := range page.Records {
				known[r.Key()] = called(r)
			}
		}
	}
	return nil
}

// of returns the name of the record of a kind with an id, or the id.
func (n *names) of(kind rolecall.Kind, id string) string {
	if name := n.known[kind][id]; name != "" {
		return name
	}
	return id
}

// called is what people call a record: its e-mail address, identifier or name.
func called(r rolecall.Record) string {
	values := valuesOf(r)
	for _, field := range []string{"identifier", "email", "name"} {
		if text, ok := values[field].(string); ok && text != "" {
			return text
		}
	}
	return r.Key()
}

// title is what people call a record and, behind it, its id.
func title(r rolecall.Record) string {
	if name := called(r); name != r.Key() {
		return name + " (" + r.Key() + ")"
	}
	return strings.ReplaceAll(r.Key(), "\t", " ")
}

// rows writes a title and a row for each record, with these fields.
func (n *names) rows(w io.Writer, records []rolecall.Record, fields []string) {
	titles := make([]string, len(fields))
	for i, f := range fields {
		titles[i] = strings.ToUpper(spaced(f))
	}
	fmt.Fprintln(w, strings.Join(titles, "\t"))
	for _, r := range records {
		values := valuesOf(r)
		cells := make([]string, len(fields))
		for i, f := range fields {
			cells[i] = n.cell(f, values[f])
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
}

// cell is how a table shows the value of a field.
func (n *names) cell(field string, value any) string {
	text := cell(value)
	if kind, ok := refers[field]; ok {
		return n.of(kind, text)
	}
	return text
}
