package rolecall

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Decide allocates nothing, whatever is asked.
func TestDecideDoesNotAllocate(t *testing.T) {
	for _, table := range readTables(t) {
		p := table.world().policy(1)
		for _, q := range table.questions {
			if n := testing.AllocsPerRun(10, func() { p.Decide(q.Request, q.at) }); n > 0 {
				t.Errorf("%s: %s: %v allocations", table.name, q.line, n)
			}
			if n := testing.AllocsPerRun(10, func() { p.Can(q.Subject, q.Permission, q.Tenant, q.at) }); n > 0 {
				t.Errorf("%s: %s: %v allocations of Can", table.name, q.line, n)
			}
		}
	}
}

// While policies are made and published, every answer is that of one revision.
func TestReadersBesideAWriter(t *testing.T) {
	type state struct {
		p       *Policy
		answers map[Request]Reason // what the reference answers
	}
	var requests []Request
	for i := range 40 {
		requests = append(requests, Request{Subject: SubjectID(fmt.Sprint("u", i%20)), Permission: fmt.Sprint("p", i%3), Tenant: TenantID(fmt.Sprint("t", i%2))})
	}
	now := func(p *Policy, w world) *state {
		s := &state{p, map[Request]Reason{}}
		for _, req := range requests {
			s.answers[req] = w.reason(req, noon)
		}
		return s
	}
	w := newWorld()
	w.apply(nil, &API{ID: DefaultAPI, Identifier: "default"})
	for i := range 3 {
		id := fmt.Sprint(i)
		w.apply(nil, &Permission{ID: PermissionID(id), API: DefaultAPI, Name: "p" + id})
		w.apply(nil, &Role{ID: RoleID(id), Name: id})
		w.apply(nil, &Tenant{ID: TenantID("t" + id)})
	}
	var current atomic.Pointer[state]
	current.Store(now(w.policy(1), w))
	var readers sync.WaitGroup
	var done atomic.Bool
	for r := range 2 {
		readers.Go(func() {
			for i := r; !done.Load(); i++ {
				s, req := current.Load(), requests[i%len(requests)]
				if d := s.p.Decide(req, noon); d.Reason != s.answers[req] || d.Revision != s.p.Revision() {
					t.Errorf("at revision %d, Decide(%+v) = %+v, want %v", s.p.Revision(), req, d, s.answers[req])
					return
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(7, 8))
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline) || current.Load().p.Revision() < 10; {
		was := current.Load()
		next, e := w.clone(), was.p.edit()
		for range 1 + random.IntN(5) {
			user := &User{ID: SubjectID(fmt.Sprint("u", random.IntN(20)))}
			role := RoleID(fmt.Sprint(random.IntN(3)))
			var changes []Change
			switch there := next[KindUser][user.Key()]; {
			case there == nil:
				changes = []Change{{nil, user}, {nil, &Assignment{Subject: user.ID, Role: role, Scope: Scope{Tenant: TenantID(fmt.Sprint("t", random.IntN(2)))}}}}
			case random.IntN(2) == 0:
				for _, d := range next.withDependents(there) {
					changes = append(changes, Change{d, nil})
				}
			default:
				r := &Grant{role, PermissionID(fmt.Sprint(random.IntN(3)))}
				if there := next[KindGrant][r.Key()]; there != nil {
					changes = []Change{{there, nil}}
				} else {
					changes = []Change{{nil, r}}
				}
			}
			for _, c := range changes {
				next.apply(c.Before, c.After)
				e.apply(c.Before, c.After)
			}
		}
		if random.IntN(3) > 0 { // else it is dropped
			w = next
			current.Store(now(e.done(was.p.Revision()+1), w))
		}
	}
	done.Store(true)
	readers.Wait()
}
