package oidc

import (
	"context"
	"errors"
	"sync"

	"github.com/rolecall/rolecall"
)

// records remembers what was read of the core, until the revision moves: the
// same few clients and APIs are asked for again and again. What does not exist
// is not remembered, so that asking for anything costs no memory.
type records struct {
	mu       sync.Mutex
	revision rolecall.Revision
	known    map[string]any
}

// remembered returns what read reads, once for each name and revision.
func remembered[T any](ctx context.Context, p *Provider, name string, read func() (T, error)) (T, error) {
	at := p.rc.Revision() // before reading: what is read may be newer, never older
	m := &p.records
	m.mu.Lock()
	if m.revision != at || m.known == nil {
		m.revision, m.known = at, map[string]any{}
	}
	found, ok := m.known[name]
	m.mu.Unlock()
	if ok {
		return found.(T), nil
	}
	one, err := read()
	if err != nil {
		return one, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.revision == at {
		m.known[name] = one
	}
	return one, nil
}

// find returns the record with like's key. It must not be changed.
func find[R rolecall.Record](ctx context.Context, p *Provider, like R) (R, error) {
	return remembered(ctx, p, string(like.Kind())+"\n"+like.Key(), func() (R, error) {
		return rolecall.Find(ctx, p.rc, system, like)
	})
}

// one returns the only record that a query selects, or an error that is ErrNotFound.
func one[R rolecall.Record](ctx context.Context, p *Provider, name string, q rolecall.Query) (R, error) {
	return remembered(ctx, p, name, func() (none R, err error) {
		q.Limit = 1
		page, err := p.rc.List(ctx, system, q)
		if err != nil {
			return none, err
		}
		if len(page.Records) == 0 {
			return none, rolecall.ErrNotFound
		}
		return page.Records[0].(R), nil
	})
}

func missing(err error) bool { return errors.Is(err, rolecall.ErrNotFound) }

// exists turns ErrNotFound into false.
func exists(err error) (bool, error) {
	if missing(err) {
		return false, nil
	}
	return err == nil, err
}
