package console

import (
	"slices"
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
	last []denial // the newest last
}

// A denial is a question that was denied, and when last.
type denial struct {
	rolecall.Request
	Reason rolecall.Reason
	At     time.Time
	Times  int
}

// Bounds of what is remembered: how many questions, and how long each may be.
const (
	maxDenials     = 50
	maxDenialBytes = 2048
)

// Decided implements [rolecall.Observer]. What it takes to administer is left
// out: the console asks that itself, for each of its buttons.
func (d *Denials) Decided(_ rolecall.Actor, asked []rolecall.Request, decisions []rolecall.Decision, _ time.Duration) {
	for i, decision := range decisions {
		if q := &asked[i]; !decision.Allowed && q.API != string(rolecall.AdminAPI) && size(q) <= maxDenialBytes {
			d.note(denial{*q, decision.Reason, time.Now().UTC(), 1})
		}
	}
}

func size(q *rolecall.Request) int {
	return len(q.Subject) + len(q.Permission) + len(q.API) + len(q.Tenant) + len(q.Resource) + len(q.Session) + len(q.Role) + len(q.Group) + len(q.Any)
}

// Wrote implements [rolecall.Observer].
func (d *Denials) Wrote(rolecall.Actor, rolecall.Receipt, error, time.Duration) {}

func (d *Denials) note(one denial) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.IndexFunc(d.last, func(o denial) bool { return o.Request == one.Request }); i >= 0 {
		one.Times += d.last[i].Times
		d.last = slices.Delete(d.last, i, i+1)
	} else if len(d.last) == maxDenials {
		d.last = slices.Delete(d.last, 0, 1)
	}
	d.last = append(d.last, one)
}

// newest returns up to n denials in a tenant, or anywhere, the newest first.
func (d *Denials) newest(tenant rolecall.TenantID, n int) (all []denial) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range slices.Backward(d.last) {
		if (tenant == "" || one.Tenant == tenant) && len(all) < n {
			all = append(all, one)
		}
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
