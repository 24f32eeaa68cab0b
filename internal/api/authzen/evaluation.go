package authzen

import (
	"maps"

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

// An evaluation is one question.
type evaluation struct {
	subject  entity
	action   string
	resource entity
	explain  bool
}

func readEvaluation(m members) (e evaluation, err error) {
	if e.explain, err = m.explain(); err != nil {
		return e, err
	}
	if e.subject, err = m.entity("subject", whole); err != nil {
		return e, err
	}
	if e.action, err = m.action(); err != nil {
		return e, err
	}
	e.resource, err = m.entity("resource", whole)
	return e, err
}

// evaluate serves the Access Evaluation API.
func evaluate(p *point, body members) (any, error) {
	e, err := readEvaluation(body)
	if err != nil {
		return nil, err
	}
	return p.evaluate(e), nil
}

func (p *point) evaluate(e evaluation) decision {
	d := p.decide(e.subject, e.action, e.resource)
	answer := decision{Decision: d.Allowed}
	if e.explain {
		answer.Context = &explanation{Reason: d.Reason}
	}
	return answer
}

// evaluateAll serves the Access Evaluations API.
//
// A member that an item has replaces the body's as a whole. So entities are
// read item by item, after that: the body's own may be incomplete as long as no
// item needs them. What is wrong with an item denies it and nothing else.
func evaluateAll(p *point, body members) (any, error) {
	for _, name := range itemMembers {
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
	answer := struct {
		Evaluations []decision `json:"evaluations"`
	}{[]decision{}}
	for _, item := range items {
		d := p.evaluateItem(body, item)
		answer.Evaluations = append(answer.Evaluations, d)
		if last(d.Decision) {
			break
		}
	}
	return answer, nil
}

// itemMembers are what an item of a batch may have in place of the body's.
var itemMembers = []string{"subject", "action", "resource", "context"}

func (p *point) evaluateItem(body members, item string) decision {
	own, err := readMembers(item)
	if err != nil {
		return decision{}
	}
	m := maps.Clone(body)
	for _, name := range itemMembers {
		if own.has(name) {
			m[name] = own[name]
		}
	}
	e, err := readEvaluation(m)
	switch {
	case err == nil:
		return p.evaluate(e)
	case e.explain:
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
