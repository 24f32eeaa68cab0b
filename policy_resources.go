package rolecall

import (
	"slices"
	"strings"
	"time"
)

// WhichResources returns a page of the resources of a type that q asks for.
//
// A policy knows a resource by what is narrowed to it: an assignment or a
// direct grant of anybody, valid now or not, in q's tenant or everywhere. What
// is held in another tenant says nothing, not even that a resource exists.
func (p *Policy) WhichResources(q WhichResourcesQuery, now time.Time) Resources {
	asked := Request{Subject: q.Subject, Permission: q.Permission, API: q.API, Tenant: q.Tenant}
	var resolved question
	s, _, known := p.subjects.find(string(q.Subject))
	if !known || s.blocked() || !asked.valid() || p.resolve(&resolved, &asked, now) != "" {
		return Resources{}
	}
	if q.Type == "" || strings.Contains(q.Type, ":") {
		return Resources{} // no resource has such a type
	}
	every := p.allows(s, &resolved)

	found := resourcePage{limit: pageLimit(q.Limit)}
	prefix := q.Type + ":"
	// Of what one subject holds, look at what is narrowed to resources of the
	// type that come after those of the page before.
	look := func(x *extra) {
		if x == nil {
			return
		}
		first, _ := slices.BinarySearchFunc(x.specials, max(prefix, q.After), compareResource)
		for _, one := range x.specials[first:] {
			if !strings.HasPrefix(one.resource, prefix) {
				return
			}
			if one.resource == q.After || one.tenant != 0 && one.tenant != resolved.tenant {
				continue
			}
			of := resolved
			of.resource = one.resource
			if every || p.allows(s, &of) {
				found.add(one.resource)
			}
		}
	}
	if every {
		for n := range p.subjects.count {
			look(p.subjects.at(n).extra)
		}
	} else {
		look(s.extra)
		for _, group := range p.groupsOf(s) {
			look(p.subjects.at(p.groups.at(group).subject).extra)
		}
	}
	page, next := found.done()
	return Resources{page, next, every}
}

// A resourcePage collects resources that come in any order and more than once.
// It keeps little more than the limit that it returns.
type resourcePage struct {
	limit int
	all   []string
	last  string // of those kept, once there are enough
}

func (f *resourcePage) add(resource string) {
	if f.last != "" && resource >= f.last {
		return
	}
	if f.all = append(f.all, resource); len(f.all) < 2*f.limit+2 {
		return
	}
	f.sort()
	if len(f.all) > f.limit {
		f.all = f.all[:f.limit+1]
		f.last = f.all[f.limit]
	}
}

func (f *resourcePage) sort() {
	slices.Sort(f.all)
	f.all = slices.Compact(f.all)
}

// done returns the page and its last resource, if there are more.
func (f *resourcePage) done() (page []string, next string) {
	f.sort()
	if len(f.all) <= f.limit {
		return f.all, ""
	}
	return f.all[:f.limit], f.all[f.limit-1]
}
