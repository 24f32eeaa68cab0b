package console

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rolecall/rolecall"
)

// Denials remembers the last denials that a Service decided, in the memory of
// this process: who lately wanted what in vain. Each question is kept once, with
// how often it came. It is an Observer, for [rolecall.WithObserver], and the
// overview shows it, by [ShowDenials].
type Denials struct {
	mu   sync.Mutex
	last []denial
	sums []uint64 // of their questions, in the same order
	when []uint64 // each came last, in the same order: counts all that came
	came uint64
}

// A denial is a question that was denied, and when last.
type denial struct {
	rolecall.Request
	Reason rolecall.Reason
	At     time.Time
	Times  int
}

// Bounds of what is remembered: how many questions, how many of them from one
// list, and how long each may be.
const (
	maxDenials     = 50
	maxListDenials = 8
	maxDenialBytes = 2048
)

// Decided implements [rolecall.Observer]. What it takes to administer is left
// out: the console asks that itself, for each of its buttons. Of a list the first
// few are enough: all would displace what anybody else was denied.
func (d *Denials) Decided(_ rolecall.Actor, asked []rolecall.Request, decisions []rolecall.Decision, _ time.Duration) {
	var now time.Time
	noted := 0
	for i := range decisions {
		if q := &asked[i]; !decisions[i].Allowed && q.API != string(rolecall.AdminAPI) && size(q) <= maxDenialBytes {
			if noted == 0 {
				now = time.Now().UTC()
				d.mu.Lock()
				defer d.mu.Unlock()
			}
			d.note(q, decisions[i].Reason, now)
			if noted++; noted == maxListDenials {
				return
			}
		}
	}
}

func size(q *rolecall.Request) int {
	return len(q.Subject) + len(q.Permission) + len(q.API) + len(q.Tenant) + len(q.Resource) + len(q.Session) + len(q.Role) + len(q.Group) + len(q.Any)
}

// Wrote implements [rolecall.Observer].
func (d *Denials) Wrote(rolecall.Actor, rolecall.Receipt, error, time.Duration) {}

// note is on the way of every decision: it compares sums, not questions, and
// moves nothing. Call with mu held.
func (d *Denials) note(q *rolecall.Request, reason rolecall.Reason, now time.Time) {
	d.came++
	sum := sumOf(q)
	if i := slices.Index(d.sums, sum); i >= 0 && d.last[i].Request == *q {
		one := &d.last[i]
		one.Reason, one.At, one.Times = reason, now, one.Times+1
		d.when[i] = d.came
		return
	}
	i := len(d.last)
	if i == maxDenials {
		i = slices.Index(d.when, slices.Min(d.when))
	} else {
		d.last, d.sums, d.when = append(d.last, denial{}), append(d.sums, 0), append(d.when, 0)
	}
	d.last[i], d.sums[i], d.when[i] = denial{own(q), reason, now, 1}, sum, d.came
}

var denialSeed = maphash.MakeSeed()

func sumOf(q *rolecall.Request) (sum uint64) {
	for _, part := range [...]string{string(q.Subject), q.Permission, q.API, string(q.Tenant), q.Resource, string(q.Session), q.Role, q.Group, string(q.Any)} {
		sum = bits.RotateLeft64(sum, 7)
		if part != "" {
			sum ^= maphash.String(denialSeed, part)
		}
	}
	return sum
}

// own returns q in memory of its own: its parts may be parts of a whole request's body.
func own(q *rolecall.Request) rolecall.Request {
	text := string(q.Subject) + q.Permission + q.API + string(q.Tenant) + q.Resource + string(q.Session) + q.Role + q.Group + string(q.Any)
	next := func(part string) string {
		part, text = text[:len(part)], text[len(part):]
		return part
	}
	return rolecall.Request{
		Subject: rolecall.SubjectID(next(string(q.Subject))), Permission: next(q.Permission), API: next(q.API),
		Tenant: rolecall.TenantID(next(string(q.Tenant))), Resource: next(q.Resource), Session: rolecall.SessionID(next(string(q.Session))),
		Role: next(q.Role), Group: next(q.Group), Any: rolecall.Kind(next(string(q.Any))),
	}
}

// newest returns up to n denials in a tenant, or anywhere, the newest first.
func (d *Denials) newest(tenant rolecall.TenantID, n int) (all []denial) {
	d.mu.Lock()
	defer d.mu.Unlock()
	order := make([]int, 0, len(d.last))
	for i, one := range d.last {
		if tenant == "" || one.Tenant == tenant {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(d.when[b], d.when[a]) })
	for _, i := range order[:min(n, len(order))] {
		all = append(all, d.last[i])
	}
	return all
}

// A shownDenial is a denial as the overview shows it.
type shownDenial struct {
	denial
	Who  named
	What string
	Why  string // the URL of its explanation
}

// Said is the reason as people read it.
func (d shownDenial) Said() string { return strings.ReplaceAll(string(d.Reason), "_", " ") }

// shownDenials is how many denials the overview shows.
const shownDenials = 8

// readDenials reads the last denials, for who may ask about others.
func (p *overviewPage) readDenials() error {
	if !p.Remembers() {
		return nil
	}
	for _, d := range p.denials.newest(p.Tenant, shownDenials) {
		if err := p.learn(kindSubject, string(d.Subject)); err != nil {
			return err
		}
		s := shownDenial{denial: d, Who: p.Name(kindSubject, d.Subject), What: d.Permission}
		switch {
		case d.Role != "":
			s.What = "role " + d.Role
		case d.Group != "":
			s.What = "group " + d.Group
		case d.Any != "":
			s.What = "any " + string(d.Any)
		}
		if d.Permission != "" {
			s.Why = p.Link("/explain", "subject", d.Subject, "permission", d.Permission, "tenant", d.Tenant, "resource", d.Resource, "session", d.Session)
		}
		p.Denials = append(p.Denials, s)
	}
	return nil
}
