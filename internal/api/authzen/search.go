package authzen

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

const (
	pathSubjectSearch  = "/access/v1/search/subject"
	pathResourceSearch = "/access/v1/search/resource"
	pathActionSearch   = "/access/v1/search/action"
)

// A found is the answer to a search, of entities or of actions.
type found[T any] struct {
	Page    *page     `json:"page,omitempty"`
	Context *openEnds `json:"context,omitempty"`
	Results []T       `json:"results"`
}

type page struct {
	NextToken string `json:"next_token"` // empty on the last page
	Count     int    `json:"count"`
}

// openEnds says that results can't name everything.
type openEnds struct {
	// Every says that the subject may do it to each resource of the type, and
	// not only to those that are known and listed.
	Every bool `json:"every"`
}

type action struct {
	Name string `json:"name"`
}

// searchSubjects serves the Subject Search API: who may do action to resource?
func searchSubjects(p *point, body members) (any, error) {
	kind, err := body.entity("subject", typeOnly)
	if err != nil {
		return nil, err
	}
	name, err := body.action()
	if err != nil {
		return nil, err
	}
	resource, err := body.entity("resource", whole)
	if err != nil {
		return nil, err
	}
	at, err := p.readPage(body, "subject", kind.Type, name, resource.Type, resource.ID)
	if err != nil {
		return nil, err
	}
	var results []entity
	var next rolecall.SubjectID
	of, isType := p.kinds[kind.Type]
	scope, isResource := p.scope(resource)
	permission, isAction := p.permission(resource.Type, name)
	if isType && isResource && isAction {
		var ids []rolecall.SubjectID
		ids, next = p.policy.WhoCan(rolecall.WhoCanQuery{
			Permission: permission, API: p.api, Tenant: p.tenant, Resource: scope,
			Kind: of, After: rolecall.SubjectID(at.after), Limit: at.limit,
		}, p.now)
		for _, id := range ids {
			results = append(results, entity{kind.Type, string(id)})
		}
	}
	return answer(at, results, string(next)), nil
}

// searchResources serves the Resource Search API: to which resources may
// subject do action?
func searchResources(p *point, body members) (any, error) {
	subject, err := body.entity("subject", whole)
	if err != nil {
		return nil, err
	}
	name, err := body.action()
	if err != nil {
		return nil, err
	}
	kind, err := body.entity("resource", typeOnly)
	if err != nil {
		return nil, err
	}
	at, err := p.readPage(body, "resource", subject.Type, subject.ID, name, kind.Type)
	if err != nil {
		return nil, err
	}
	if listed, ok := p.resources[kind.Type]; ok {
		results, next := p.allowedOf(listed, at, subject, name, kind.Type)
		return answer(at, results, next), nil
	}
	var known rolecall.Resources
	permission, isAction := p.permission(kind.Type, name)
	if isAction && p.isSubject(subject) {
		known = p.policy.WhichResources(rolecall.WhichResourcesQuery{
			Subject: rolecall.SubjectID(subject.ID), Permission: permission, API: p.api, Tenant: p.tenant,
			Type: kind.Type, After: at.after, Limit: at.limit,
		}, p.now)
	}
	var results []entity
	for _, resource := range known.Page {
		results = append(results, entity{kind.Type, strings.TrimPrefix(resource, kind.Type+":")})
	}
	found := answer(at, results, known.Next)
	if known.Every {
		found.Context = &openEnds{Every: true}
	}
	return found, nil
}

// allowedOf returns a page of the listed resources to which subject may do action.
func (p *point) allowedOf(listed ids, at position, subject entity, action, kind string) (results []entity, next string) {
	first, found := slices.BinarySearch(listed, at.after)
	if found {
		first++
	}
	for _, id := range listed[first:] {
		resource := entity{kind, id}
		if !p.decide(subject, action, resource).Allowed {
			continue
		}
		if len(results) == at.limit {
			return results, results[at.limit-1].ID
		}
		results = append(results, resource)
	}
	return results, ""
}

// searchActions serves the Action Search API: what may subject do to resource?
func searchActions(p *point, body members) (any, error) {
	subject, err := body.entity("subject", whole)
	if err != nil {
		return nil, err
	}
	resource, err := body.entity("resource", whole)
	if err != nil {
		return nil, err
	}
	at, err := p.readPage(body, "action", subject.Type, subject.ID, resource.Type, resource.ID)
	if err != nil {
		return nil, err
	}
	var results []action
	var next string
	if scope, ok := p.scope(resource); ok && p.isSubject(subject) {
		results, next = p.actionsOn(at, subject, resource.Type, scope)
	}
	return answer(at, results, next), nil
}

// actionsOn returns a page of the actions that subject may do to the resource
// of a type that is scope to the core.
func (p *point) actionsOn(at position, subject entity, kind, scope string) (results []action, next string) {
	q := rolecall.WhatCanQuery{
		Subject: rolecall.SubjectID(subject.ID), API: p.api, Tenant: p.tenant, Resource: scope,
		After: rolecall.PermissionRef{API: p.api, Name: at.after}, Limit: rolecall.MaxPage,
	}
	for {
		held, after := p.policy.WhatCan(q, p.now)
		for _, permission := range held {
			name, ok := p.action(kind, permission.Name)
			if !ok {
				continue
			}
			if len(results) == at.limit {
				return results, next
			}
			results = append(results, action{name})
			next = permission.Name
		}
		if after == (rolecall.PermissionRef{}) {
			return results, ""
		}
		q.After = after
	}
}

// defaultLimit is the size of a page when none is asked for: the largest, since
// many callers follow no token.
const defaultLimit = rolecall.MaxPage

// A position is where a page of results begins, and its size.
type position struct {
	after string // the last result of the page before, as the core has it
	limit int
	query []string
	asked bool // the request has a page
}

// readPage reads the member page of a search for what query says. A token holds
// for that search alone, and for the limit that it began with.
func (p *point) readPage(body members, query ...string) (at position, err error) {
	at = position{limit: defaultLimit, asked: body.has("page"), query: append(query, string(p.tenant))}
	asked, err := body.object("page")
	if err != nil {
		return at, err
	}
	limit, err := asked.count("limit")
	if err != nil {
		return at, api.At("page", err)
	}
	token, err := asked.text("token")
	if err != nil {
		return at, api.At("page", err)
	}
	if _, err := asked.object("properties"); err != nil {
		return at, api.At("page", err)
	}
	if limit > 0 {
		at.limit = min(limit, rolecall.MaxPage)
	}
	if token == "" {
		return at, nil
	}
	return at.resume(token, limit > 0)
}

// token returns the next_token for the page after the result next, and "" for "".
func (at position) token(next string) string {
	if next == "" {
		return ""
	}
	return api.Cursor(strconv.Itoa(at.limit)+" "+next, at.query...)
}

// resume returns the position in a token. The limit may be left out of the
// request that brings it, but not be another.
func (at position) resume(token string, limited bool) (position, error) {
	text, err := api.ParseCursor(token, at.query...)
	size, after, _ := strings.Cut(text, " ")
	limit, notNumber := strconv.Atoi(size)
	if err != nil || notNumber != nil || limit < 1 || limit > rolecall.MaxPage {
		return at, api.Fault("page.token", "must be the next_token of a page of this search")
	}
	if limited && limit != at.limit {
		return at, api.Fault("page.limit", "must stay as it was on the first page")
	}
	at.after, at.limit = after, limit
	return at, nil
}

// answer returns results as a page, if there are more or a page was asked for.
func answer[T any](at position, results []T, next string) *found[T] {
	f := &found[T]{Results: results}
	if results == nil {
		f.Results = []T{}
	}
	if at.asked || next != "" {
		f.Page = &page{at.token(next), len(results)}
	}
	return f
}
