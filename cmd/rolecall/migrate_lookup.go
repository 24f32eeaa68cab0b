package main

import (
	"context"
	"slices"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// A lookup is what the project has of what items hold.
type lookup struct {
	records   map[rolecall.Kind]map[string]rolecall.Record // by key
	passwords map[rolecall.SubjectID]bool
	hidden    bool // passwords are not shown
}

// foundBy says by which field, and which value of it, a record is listed.
func foundBy(r rolecall.Record) (field, value string) {
	switch r := r.(type) {
	case *rolecall.Grant:
		return "role", string(r.Role)
	case *rolecall.Inheritance:
		return "senior", string(r.Senior)
	case *rolecall.Membership:
		return "subject", string(r.Subject)
	case *rolecall.Assignment:
		return "subject", string(r.Subject)
	case *rolecall.DirectGrant:
		return "subject", string(r.Subject)
	case *rolecall.GroupMember:
		return "member", string(r.Member)
	case *rolecall.LoginID:
		return "login", r.Login
	case *rolecall.Setting:
		return "name", r.Name
	}
	return "id", r.Key()
}

// atOnce is how many values one list is asked for, so that it fits in a URL.
const atOnce = 100

// lookUp reads what is there of items, many records at once.
func (m *migration) lookUp(ctx context.Context, items []*migrate.Item) (*lookup, error) {
	type index struct {
		kind  rolecall.Kind
		field string
	}
	wanted, passwords := map[index][]string{}, []string{}
	for _, item := range items {
		for _, part := range item.Parts {
			if part.Password != nil {
				passwords = append(passwords, string(part.Password.Subject))
				continue
			}
			field, value := foundBy(part.Record)
			at := index{part.Record.Kind(), field}
			wanted[at] = append(wanted[at], value)
		}
	}
	_, isRemote := m.project.(remote)
	l := &lookup{map[rolecall.Kind]map[string]rolecall.Record{}, map[rolecall.SubjectID]bool{}, isRemote}
	list := func(kind rolecall.Kind, field string, values []string, found func(rolecall.Record)) error {
		slices.Sort(values)
		for some := range slices.Chunk(slices.Compact(values), atOnce) {
			records, err := migrate.All[rolecall.Record](ctx, m.project, rolecall.Query{
				Kind: kind, Where: []rolecall.Condition{{Field: field, Op: rolecall.In, Values: some}},
			})
			if err != nil {
				return err
			}
			for _, r := range records {
				found(r)
			}
		}
		return nil
	}
	for at, values := range wanted {
		byKey := map[string]rolecall.Record{}
		l.records[at.kind] = byKey
		if err := list(at.kind, at.field, values, func(r rolecall.Record) { byKey[r.Key()] = r }); err != nil {
			return nil, err
		}
	}
	if isRemote {
		return l, nil
	}
	return l, list(rolecall.KindCredential, "subject", passwords, func(r rolecall.Record) {
		if c := r.(*rolecall.Credential); c.Type == rolecall.Password {
			l.passwords[c.Subject] = true
		}
	})
}
