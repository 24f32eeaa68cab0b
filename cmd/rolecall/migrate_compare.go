package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// What became of an item.
type itemState int

const (
	same itemState = iota
	changed
	made
)

// A plan is what has to be done about items, as the project is now.
type plan struct {
	steps    []step
	state    map[*migrate.Item]itemState
	problems []problem
}

func (m *migration) plan(ctx context.Context, items []*migrate.Item) (*plan, error) {
	there, err := m.lookUp(ctx, items)
	if err != nil {
		return nil, err
	}
	p := &plan{state: map[*migrate.Item]itemState{}}
	for _, item := range items {
		for n, part := range item.Parts {
			steps, err := m.stepsFor(ctx, there, item, part)
			if err != nil {
				if !errors.Is(err, rolecall.ErrConflict) && !errors.Is(err, rolecall.ErrInvalid) {
					return nil, err
				}
				p.problems = append(p.problems, problemOf(item, part, err))
				break
			}
			p.steps = append(p.steps, steps...)
			switch {
			case len(steps) == 0:
			case n == 0 && steps[0].change.do == create:
				p.state[item] = made
			case p.state[item] == same:
				p.state[item] = changed
			}
		}
	}
	return p, nil
}

// stepsFor returns what to do about a part. It is ErrConflict or ErrInvalid if nothing can be.
func (m *migration) stepsFor(ctx context.Context, there *lookup, item *migrate.Item, part migrate.Part) ([]step, error) {
	if part.Password != nil {
		if there.passwords[part.Password.Subject] {
			return nil, nil
		}
		made, err := m.project.NewPassword(ctx, *part.Password)
		if err != nil {
			return nil, err
		}
		return []step{{change{do: create, record: made}, item, part}}, nil
	}
	old := there.records[part.Record.Kind()][part.Record.Key()]
	if old == nil {
		return m.stepsToMake(item, part), nil
	}
	wanted, differs, err := compare(part.Record, old)
	switch {
	case err != nil:
		return nil, err
	case len(differs) == 0:
		return nil, nil
	case part.Record.Kind() == rolecall.KindLoginID:
		return nil, fmt.Errorf("the login id %q is another user's: %w", part.Record.Key(), rolecall.ErrConflict)
	case !m.replace:
		return nil, fmt.Errorf("%s; --replace changes it: %w", unlike(part.Record, differs), rolecall.ErrConflict)
	}
	return []step{{change{do: put, record: m.notYetDefault(item, wanted, old)}, item, part}}, nil
}

// notYetDefault returns a role without what makes new users get it, and keeps
// that for the end, unless they get it already.
func (m *migration) notYetDefault(item *migrate.Item, r, old rolecall.Record) rolecall.Record {
	role, ok := r.(*rolecall.Role)
	if !ok || !role.Default {
		return r
	}
	if old, ok := old.(*rolecall.Role); ok && old.Default {
		return r
	}
	m.later = append(m.later, later{item, role})
	plain := *role
	plain.Default = false
	return &plain
}

func unlike(r rolecall.Record, differs []string) string {
	return fmt.Sprintf("the %s %q is there, and differs in %s", r.Kind(), strings.ReplaceAll(r.Key(), "\t", " "), strings.Join(differs, ", "))
}

// stepsToMake returns the steps that make a part. A role that new users get becomes so at
// the end; what new users and members get by themselves is taken from
// those that the import makes.
func (m *migration) stepsToMake(item *migrate.Item, part migrate.Part) []step {
	steps := []step{{change{do: create, record: m.notYetDefault(item, part.Record, nil)}, item, part}}
	takeDefaults := func(user rolecall.SubjectID, tenant rolecall.TenantID) {
		for _, r := range m.defaults {
			if r.Tenant == tenant {
				steps = append(steps, step{change{do: remove, record: &rolecall.Assignment{
					Subject: user, Role: r.ID, Scope: rolecall.Scope{Tenant: tenant}, Source: rolecall.SourceDefault,
				}}, item, part})
			}
		}
	}
	switch r := part.Record.(type) {
	case *rolecall.User:
		takeDefaults(r.ID, "")
	case *rolecall.Membership:
		takeDefaults(r.Subject, r.Tenant)
	}
	return steps
}

// verify reads everything again and compares it with the files.
func (m *migration) verify(ctx context.Context, items []*migrate.Item) error {
	for some := range slices.Chunk(items, 500) {
		there, err := m.lookUp(ctx, some)
		if err != nil {
			return err
		}
		for _, item := range some {
			m.report.Compared++
			if p := there.unlike(item); p != nil {
				if !m.report.failed[item.Place] {
					m.report.fail(p.Problem)
				}
				continue
			}
			m.report.Matched++
		}
	}
	return nil
}

// unlike returns what is not there of an item, or differs.
func (l *lookup) unlike(item *migrate.Item) *problem {
	for _, part := range item.Parts {
		var err error
		if part.Password != nil {
			if !l.passwords[part.Password.Subject] && !l.hidden {
				err = errors.New("there is no password")
			}
		} else if old := l.records[part.Record.Kind()][part.Record.Key()]; old == nil {
			err = fmt.Errorf("the %s %q is not there", part.Record.Kind(), strings.ReplaceAll(part.Record.Key(), "\t", " "))
		} else {
			var differs []string
			if _, differs, err = compare(part.Record, old); err == nil && len(differs) > 0 {
				err = errors.New(unlike(part.Record, differs))
			}
		}
		if err != nil {
			p := problemOf(item, part, err)
			return &p
		}
	}
	return nil
}

// compare returns what old becomes by an import of r, and the fields, as in
// JSON, in which that differs from old. When it was made is nobody's to import, a
// membership's source whoever made it first says, and attributes that r does
// not have stay.
func compare(r, old rolecall.Record) (wanted rolecall.Record, differs []string, err error) {
	is, was := valuesOf(r), valuesOf(old)
	for _, values := range []map[string]any{is, was} {
		delete(values, "created_at")
		delete(values, "updated_at")
		if r.Kind() == rolecall.KindMembership {
			delete(values, "source")
		}
	}
	attributes, _ := was["attributes"].(map[string]any)
	attributes = maps.Clone(attributes)
	if own, ok := is["attributes"].(map[string]any); ok {
		if attributes == nil {
			attributes = map[string]any{}
		}
		maps.Copy(attributes, own)
	}
	if delete(is, "attributes"); len(attributes) > 0 {
		is["attributes"] = attributes
	}
	fields := map[string]bool{}
	for _, values := range []map[string]any{is, was} {
		for field := range values {
			if !reflect.DeepEqual(is[field], was[field]) {
				fields[field] = true
			}
		}
	}
	text, err := json.Marshal(is)
	if err != nil {
		return nil, nil, err
	}
	wanted = rolecall.NewRecord(r.Kind())
	return wanted, slices.Sorted(maps.Keys(fields)), json.Unmarshal(text, wanted)
}
