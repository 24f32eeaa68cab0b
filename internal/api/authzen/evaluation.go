package authzen

import (
	"cmp"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

const (
	pathEvaluation  = "/access/v1/evaluation"
	pathEvaluations = "/access/v1/evaluations"
)

// maxEvaluations is the most items of a batch.
const maxEvaluations = 1000

// A decision is the answer to an evaluation. It has a context only if the
// evaluation's own asks for one: callers compare decisions as text.
type decision struct {
	Decision bool         `json:"decision"`
	Context  *explanation `json:"context,omitempty"`
}

type explanation struct {
	Reason rolecall.Reason `json:"reason"`
	Error  string          `json:"error,omitempty"` // what is wrong with an item of a batch
}

// An evaluation is one question: its members, each read or what is wrong with it.
type evaluation struct {
	subject, resource attempt[entity]
	action            attempt[string]
	explain           attempt[bool]
}

type attempt[T any] struct {
	value T
	err   error
}

func try[T any](value T, err error) attempt[T] { return attempt[T]{value, err} }

// newEvaluation returns an evaluation that lacks everything.
func newEvaluation() (e evaluation) {
	e.subject.err, e.action.err, e.resource.err = missing("subject"), missing("action"), missing("resource")
	return e
}

// read reads the members that m has, each in place of what e has, as a whole.
func (e *evaluation) read(m members) {
	if m.has("subject") {
		e.subject = try(m.entity("subject", whole))
	}
	if m.has("action") {
		e.action = try(m.action())
	}
	if m.has("resource") {
		e.resource = try(m.entity("resource", whole))
	}
	if m.has("context") {
		e.explain = try(m.explain())
	}
}

// err returns the first thing that is wrong with e.
func (e *evaluation) err() error {
	return cmp.Or(e.subject.err, e.action.err, e.resource.err, e.explain.err)
}

// evaluate serves the Access Evaluation API.
func evaluate(p *point, body members) (any, error) {
	e := newEvaluation()
	e.read(body)
	if err := e.err(); err != nil {
		return nil, err
	}
	return p.evaluate(e), nil
}

func (p *point) evaluate(e evaluation) decision {
	began := time.Now()
	d := p.decide(e.subject.value, e.action.value, e.resource.value)
	p.rc.Decided(p.by, p.request(e.subject.value, e.action.value, e.resource.value), d, time.Since(began))
	answer := decision{Decision: d.Allowed}
	if e.explain.value {
		answer.Context = &explanation{Reason: d.Reason}
	}
	return answer
}

// evaluateAll serves the Access Evaluations API.
//
// A member that an item has replaces the body's as a whole. So what is wrong is
// told item by item, after that: the body's own may be incomplete as long as no
// item needs them. What is wrong with an item denies it and nothing else.
func evaluateAll(p *point, body members) (any, error) {
	for _, name := range []string{"subject", "action", "resource", "context"} {
		if _, err := body.object(name); err != nil {
			return nil, err
		}
	}
	last, err := body.semantic()
	if err != nil {
		return nil, err
	}
	items, err := body.list("evaluations", maxEvaluations)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return evaluate(p, body)
	}
	defaults := newEvaluation()
	defaults.read(body)
	answer := struct {
		Evaluations []decision `json:"evaluations"`
	}{[]decision{}}
	for _, item := range items {
		d := p.evaluateItem(defaults, item)
		answer.Evaluations = append(answer.Evaluations, d)
		if last(d.Decision) {
			break
		}
	}
	return answer, nil
}

// evaluateItem answers an item of a batch that begins as e.
func (p *point) evaluateItem(e evaluation, item string) decision {
	own, err := readMembers(item)
	if err != nil {
		return decision{}
	}
	e.read(own)
	switch err := e.err(); {
	case err == nil:
		return p.evaluate(e)
	case e.explain.value:
		return decision{Context: &explanation{rolecall.InvalidRequest, err.Error()}}
	}
	return decision{}
}

// semantic reads options.evaluations_semantic: it says, of a decision, whether
// it is the last.
func (m members) semantic() (last func(allowed bool) bool, err error) {
	options, err := m.object("options")
	if err != nil {
		return nil, err
	}
	name, err := options.text("evaluations_semantic")
	if err != nil {
		return nil, api.At("options", err)
	}
	switch name {
	case "", "execute_all":
		return func(bool) bool { return false }, nil
	case "deny_on_first_deny":
		return func(allowed bool) bool { return !allowed }, nil
	case "permit_on_first_permit":
		return func(allowed bool) bool { return allowed }, nil
	}
	return nil, api.Fault("options.evaluations_semantic",
		"must be execute_all, deny_on_first_deny or permit_on_first_permit")
}
