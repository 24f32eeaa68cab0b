package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// write makes what the files hold and is not there. stopped reports that some
// of it was not tried, for errors before.
func (m *migration) write(ctx context.Context, export *migrate.Export) (stopped bool, err error) {
	if len(export.Problems) > 0 && !m.keepGoing {
		return true, nil
	}
	m.defaults, err = migrate.All[*rolecall.Role](ctx, m.project, rolecall.Query{
		Kind: rolecall.KindRole, Where: []rolecall.Condition{rolecall.Where("default", "true")},
	})
	if err != nil {
		return true, err
	}
	var batch []*migrate.Item
	records := 0
	for i, item := range export.Items {
		if batch = append(batch, item); m.app.dryRun {
			continue
		}
		if records += len(item.Parts); records >= m.batch {
			if stopped, err := m.flush(ctx, batch); stopped || err != nil {
				return true, err
			}
			batch, records = nil, 0
			m.bar.at(int64(i), i)
		}
	}
	if stopped, err := m.flush(ctx, batch); stopped || err != nil || m.app.dryRun {
		return stopped, err
	}
	problems, err := m.do(ctx, m.lasts())
	for _, p := range problems {
		m.report.fail(p.Problem)
	}
	return len(problems) > 0, err
}

// A step is a change that comes of a part of an item.
type step struct {
	change change
	item   *migrate.Item
	part   migrate.Part
}

// flush writes a batch of items. With keepGoing it writes what is left without
// those that have errors.
func (m *migration) flush(ctx context.Context, items []*migrate.Item) (stopped bool, err error) {
	later := len(m.later)
	plan, err := m.plan(ctx, items)
	if err != nil {
		return true, err
	}
	failed := map[*migrate.Item]bool{}
	for _, p := range plan.problems {
		failed[p.item] = true
		m.report.fail(p.Problem)
	}
	if len(failed) == 0 {
		problems, err := m.do(ctx, plan.steps)
		if err != nil {
			return true, err
		}
		for _, p := range problems {
			if !failed[p.item] {
				failed[p.item] = true
				m.report.fail(p.Problem)
			}
		}
	}
	if len(failed) == 0 {
		for _, item := range items {
			m.report.count(item.What, plan.state[item])
		}
		return false, nil
	}
	if !m.keepGoing {
		return true, nil
	}
	m.later = m.later[:later]
	var good []*migrate.Item
	for _, item := range items {
		if !failed[item] {
			good = append(good, item)
		}
	}
	return m.flush(ctx, good)
}

// lasts returns the steps that make roles of the files defaults.
func (m *migration) lasts() (steps []step) {
	for _, l := range m.later {
		steps = append(steps, step{change{do: put, record: l.role}, l.item, migrate.Part{Field: "default", Record: l.role}})
	}
	return steps
}

// A problem is one of an item.
type problem struct {
	item *migrate.Item
	migrate.Problem
}

func problemOf(item *migrate.Item, part migrate.Part, err error) problem {
	at := item.Place
	at.Field = part.Field
	var field *rolecall.FieldError
	if at.Field == "" && errors.As(err, &field) {
		at.Field = field.Field
	}
	return problem{item, migrate.Problem{Place: at, Err: err}}
}

// maxRemote is how many records a server takes in one write.
const maxRemote = 10_000

// do makes one write, all or nothing, and returns what is wrong with its steps.
func (m *migration) do(ctx context.Context, steps []step) (problems []problem, err error) {
	if len(steps) == 0 {
		return nil, nil
	}
	if _, over := m.project.(remote); over && m.app.dryRun && len(steps) > maxRemote {
		return nil, fmt.Errorf("a dry run over HTTP is one write of at most %d records, and these files need %d: run it on the data file, or on fewer files", maxRemote, len(steps))
	}
	changes := make([]change, len(steps))
	for i, s := range steps {
		changes[i] = s.change
	}
	receipt, err := m.project.Write(ctx, m.app.terms(), changes...)
	if err == nil {
		m.report.Gained = append(m.report.Gained, receipt.Gained...)
		m.report.Lost = append(m.report.Lost, receipt.Lost...)
		m.report.Truncated = m.report.Truncated || receipt.Truncated
		return nil, nil
	}
	ops := rolecall.OpErrors(err)
	if len(ops) == 0 && len(steps) == 1 {
		ops = []*rolecall.OpError{{Err: err}}
	}
	for _, op := range ops {
		s := steps[op.Index]
		problems = append(problems, problemOf(s.item, s.part, op.Err))
	}
	if len(problems) == 0 {
		return nil, err
	}
	return problems, nil
}
